"""Convolution with ipywidgets alone, where anywidget is missing."""

from ..shared.controls import value_controls
from .kernels import SIZES, presets


def convolution_controls(demo):
    """A list of pictures, one of kernels, and a slider for each number, above the picture."""
    import ipywidgets as w

    kernels = [(f"{name}, {K} x {K}", kernel.tolist()) for K in SIZES for name, kernel in presets(K).items()]
    mine = [] if demo.kernel.tolist() in [kernel for _, kernel in kernels] else [("yours", demo.kernel.tolist())]
    sliders = {name: w.IntSlider(value=getattr(demo, name), min=low, max=high) for name, (low, high) in demo.limits.items()}
    return value_controls(demo, image=w.Dropdown(options=list(demo.state()["start"]["pictures"]), value=demo.image),
                          kernel=w.Dropdown(options=mine + kernels, value=demo.kernel.tolist()), **sliders)
