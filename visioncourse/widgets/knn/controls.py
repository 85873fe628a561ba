"""KnnBoundary with ipywidgets alone, where anywidget is missing: sliders in place of hands."""

from ..shared.base import image_tag
from ..shared.plane import NAMES


def knn_controls(demo):
    """k, metric, and one point at a time with its place and class, above the picture of a KnnBoundary."""
    import ipywidgets

    scene = demo.state()["scene"]
    points = scene["points"]
    left, bottom, side = demo.presets[demo.preset]["view"]
    names = [(name, c) for c, name in enumerate(NAMES[: demo.classes])]
    k = ipywidgets.IntSlider(description="k", value=demo.k, min=1, max=min(15, len(points)))
    metric = ipywidgets.ToggleButtons(description="metric", options=["l1", "l2"], value=demo.metric)
    number = ipywidgets.BoundedIntText(description="point", value=1, min=1, max=len(points))
    x = ipywidgets.FloatSlider(description="x1", min=left, max=left + side, step=side / 100)
    y = ipywidgets.FloatSlider(description="x2", min=bottom, max=bottom + side, step=side / 100)
    label = ipywidgets.Dropdown(description="class", options=names)
    twin, drop = ipywidgets.Button(description="copy this point"), ipywidgets.Button(description="delete it")
    picture = ipywidgets.HTML()
    place = (x, y, label)

    def show(_=None):
        k.max = min(15, len(points))  # takes k down with it
        scene.update(k=k.value, metric=metric.value)
        demo.receive(scene)
        picture.value = image_tag(demo)

    def move(_):
        points[number.value - 1] = [x.value, y.value, label.value]
        show()

    def choose(_=None):
        for control in place:
            control.unobserve(move, "value")
        x.value, y.value, label.value = points[number.value - 1]
        for control in place:
            control.observe(move, "value")

    def copy(_):
        points.append(list(points[number.value - 1]))
        number.max = number.value = len(points)
        show()

    def delete(_):
        if len(points) > 1:
            del points[number.value - 1]
            number.max = len(points)
            choose()
            show()

    for control in place:
        control.observe(move, "value")
    for control in (k, metric):
        control.observe(show, "value")
    number.observe(choose, "value")
    twin.on_click(copy)
    drop.on_click(delete)
    choose()
    show()
    return ipywidgets.VBox([k, metric, ipywidgets.HBox([number, label]), x, y, ipywidgets.HBox([twin, drop]), picture])
