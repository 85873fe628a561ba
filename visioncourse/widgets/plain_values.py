"""A widget with ipywidgets alone, where anywidget is missing: one control for each value of the scene."""

from ._base import image_tag


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
