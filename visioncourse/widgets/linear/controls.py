"""LinearClassifier with ipywidgets alone, where anywidget is missing: a control for each value of the scene."""

from ..shared.controls import scene_controls
from .picture import LOSSES


def linear_controls(demo):
    """Loss, L2, step size, steps, and every weight as a number field, above the picture of a LinearClassifier."""
    import ipywidgets

    fields = [[ipywidgets.FloatText(value=w, description=f"{name}, class {c}", step=0.1) for c, w in enumerate(row)]
              for name, row in zip(("w1", "w2", "b"), demo.W, strict=True)]
    losses = ["mine"] if demo.mine else [(name, key) for key, name in LOSSES.items()]
    loss = ipywidgets.Dropdown(description="loss", options=losses, value=demo.loss)
    l2 = ipywidgets.FloatSlider(description="L2", value=demo.l2, min=0, max=1, step=0.01)
    rate = ipywidgets.FloatLogSlider(description="step size", value=demo.rate, min=-2, max=0.5)
    step = ipywidgets.Button(description="step")

    def values():
        return {"W": [[field.value for field in row] for row in fields], "loss": loss.value, "l2": l2.value, "rate": rate.value}

    def descend(_):
        seen, answer = demo._see()
        for row, slopes in zip(fields, answer.get("gradient", seen["gradient"]), strict=True):
            for field, slope in zip(row, slopes, strict=True):
                field.value -= rate.value * float(slope)

    step.on_click(descend)
    return scene_controls(demo, values, [loss, l2, rate, *sum(fields, [])],
                          [loss, l2, rate, step, *(ipywidgets.HBox(row) for row in fields)])
