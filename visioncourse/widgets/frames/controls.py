"""Frames with ipywidgets alone, where anywidget is missing."""

from ..shared.base import image_tag


def frame_controls(demo):
    """One slider for each axis, above the picture."""
    import ipywidgets

    picture = ipywidgets.HTML()
    options = {name: [(f"{i + 1}: {value}", i) for i, value in enumerate(values)] for name, values in demo.axes.items()}
    sliders = [ipywidgets.SelectionSlider(description=name, options=options[name], value=demo.at[name]) for name in demo.axes]

    def show(_=None):
        demo.receive({"at": [slider.value for slider in sliders]})
        picture.value = image_tag(demo)

    for slider in sliders:
        slider.observe(show, "value")
    show()
    return ipywidgets.VBox([*sliders, picture])
