"""Panel with ipywidgets alone, where anywidget is missing."""

import html

from ..shared.base import image_tag


def panel_controls(panel):
    """One control for each of the panel's, above its picture or what went wrong."""
    import ipywidgets as w

    picture, controls = w.HTML(), {}
    for name, kind, labels in panel.state()["start"]["controls"]:
        options = [(text, i) for i, text in enumerate(labels)]
        make = w.SelectionSlider if kind == "slider" else w.Dropdown
        controls[name] = make(description=name, options=options, value=panel.state()["scene"][name])

    def show(_=None):
        failed = panel.receive({name: control.value for name, control in controls.items()}).get("failed")
        picture.value = f"<p>{html.escape(failed)}</p>" if failed else image_tag(panel)

    for control in controls.values():
        control.observe(show, "value")
    show()
    return w.VBox([*controls.values(), picture])
