"""LearningRate with ipywidgets alone, where anywidget is missing: a control for each value of the scene."""

from ..shared.controls import scene_controls


def rate_controls(demo):
    """Learning rate, batch size and the seed of the batches, above the picture of a LearningRate."""
    import ipywidgets

    start = demo.state()["start"]
    rate = ipywidgets.SelectionSlider(description="rate", options=start["rates"], value=demo.rate)
    batch = ipywidgets.SelectionSlider(description="batch", options=start["batches"], value=demo.batch)
    seed = ipywidgets.BoundedIntText(description="seed", value=demo.seed, min=0, max=999)
    controls = [rate, batch, seed]
    return scene_controls(demo, lambda: {"rate": rate.value, "batch": batch.value, "seed": seed.value}, controls, controls)
