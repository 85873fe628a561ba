"""GraphStepper with ipywidgets alone, where anywidget is missing."""

from ..shared.base import image_tag
from .picture import words


def graph_controls(demo):
    """A slider for the step and a number field for each input, above the picture and what the step does."""
    import ipywidgets

    step = ipywidgets.IntSlider(description="step", value=demo.step, max=len(demo.steps) - 1)
    named = [(i, demo.graph["names"][i]) for i, x in enumerate(demo.leaves) if x is not None]
    inputs = {i: ipywidgets.FloatText(description=name, value=demo.leaves[i]) for i, name in named}
    picture = ipywidgets.HTML()

    def show(_=None):
        demo.step, demo.leaves = step.value, [inputs[i].value if i in inputs else None for i in range(len(demo.leaves))]
        picture.value = f"{image_tag(demo)}<p>{words(demo.graph, demo.steps[demo.step])}</p>"

    for control in (step, *inputs.values()):
        control.observe(show, "value")
    show()
    return ipywidgets.VBox([step, ipywidgets.HBox([*inputs.values()], layout={"flex_flow": "wrap"}), picture])
