"""Widgets with ipywidgets alone, where anywidget is missing: controls above a picture that is drawn anew."""

from .base import image_tag


def value_controls(demo, **controls):
    """The controls, each named like the value of the scene that it sets, above the picture of a demo."""
    import ipywidgets

    picture = ipywidgets.HTML()

    def show(_=None):
        demo.receive(demo.state()["scene"] | {name: control.value for name, control in controls.items()})
        picture.value = image_tag(demo)

    for name, control in controls.items():
        control.description = name
        control.observe(show, "value")
    show()
    return ipywidgets.VBox([*controls.values(), picture])


def scene_controls(demo, values, watched, rows):
    """The rows above the picture of a demo, drawn anew with values(), a part of the scene, whenever a watched control changes."""
    import ipywidgets

    picture = ipywidgets.HTML()

    def show(_=None):
        scene = demo.state()["scene"]
        demo.receive(scene | values() | {"turn": scene["turn"] + 1})
        picture.value = image_tag(demo)

    for control in watched:
        control.observe(show, "value")
    show()
    return ipywidgets.VBox([*rows, picture])
