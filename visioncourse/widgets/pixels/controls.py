"""PixelsToParts with ipywidgets alone, where anywidget is missing: a control for each value of the scene."""

from ..shared.base import image_tag
from ..shared.photos import PHOTOS
from .picture import MOST, WAYS


def part_controls(demo):
    """Photograph, place of the box, light and what is compared, above the picture of a PixelsToParts."""
    import ipywidgets

    picture = ipywidgets.HTML()
    controls = {
        "photo": ipywidgets.Dropdown(options=list(PHOTOS), value=demo.photo), "by": ipywidgets.ToggleButtons(options=WAYS, value=demo.by),
        "row": ipywidgets.IntSlider(demo.row, 0, MOST), "column": ipywidgets.IntSlider(demo.column, 0, MOST),
        "light": ipywidgets.FloatSlider(demo.light, min=0.05, max=1, step=0.05),
    }

    def show(_=None):
        demo.receive({name: control.value for name, control in controls.items()})
        picture.value = image_tag(demo)

    for name, control in controls.items():
        control.description = name
        control.observe(show, "value")
    show()
    return ipywidgets.VBox([*controls.values(), picture])
