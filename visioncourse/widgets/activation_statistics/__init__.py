"""What becomes of signals in a deep network before it learns anything: activations forward, gradients backward."""

import numpy as np

from ..shared.arguments import number, one_of, whole
from ..shared.base import Demo
from . import picture as render

DEEPEST, GAINS = 12, (0.1, 10)


class ActivationStatistics(Demo):
    """Histograms, spread and dead units of every layer of a network that has just been initialised, forward and backward.

    nonlinearity is "linear", "sigmoid", "tanh", "relu", "leaky", "elu" or "gelu"; init "zero", "small" (0.01), "large" (1), "xavier" or
    "he"; gain, 0.1 to 10, multiplies the weights; depth is 1 to 12 layers of 64 units, fed with 128 normal examples; batch_norm
    puts batch normalization before each nonlinearity. They follow what hands do. ValueError says what cannot be shown.
    """

    title = "activation statistics"
    esm = ("shared/esm/common.js", "shared/esm/parts.js", "activation_statistics/signals.js", "activation_statistics/view.js")

    def __init__(self, nonlinearity="tanh", init="small", depth=8, gain=1.0, batch_norm=False):
        one_of(render.NAMES, nonlinearity=nonlinearity)
        one_of(render.INITS, init=init)
        whole(1, DEEPEST, "whole number of layers", depth=depth)
        number(*GAINS, gain=gain)
        self.nonlinearity, self.init, self.depth, self.gain = nonlinearity, init, int(depth), float(gain)
        self.batch_norm, self.seed = bool(batch_norm), 1

    def picture(self) -> bytes:
        return render.draw(self._layers(), self._how())

    def describe(self) -> str:
        known = render.statistics(self._layers())
        first, last, dead, flat = known[0], known[-1], *(np.mean([stats[key] for stats in known]) for key in ("dead", "flat"))
        return (f"{self._how()}: the std of the activations goes from {first['std']:.2g} in layer 1 "
                f"to {last['std']:.2g} in layer {self.depth}, "
                f"that of the gradients from {last['back']:.2g} in layer {self.depth} to {first['back']:.2g} in layer 1; "
                f"{dead:.0%} of the units are dead and {flat:.0%} of the places flat.")

    def state(self) -> dict:
        start = {"names": render.NAMES, "inits": render.INITS, "deepest": DEEPEST, "forward": render.FORWARD, "backward": render.BACKWARD}
        return {"start": start, "scene": {**self._settings(), "seed": self.seed}, "answer": {}}

    def receive(self, scene: dict) -> None:
        self.nonlinearity, self.init, self.depth, self.gain = scene["nonlinearity"], scene["init"], scene["depth"], float(scene["gain"])
        self.batch_norm, self.seed = scene["norm"], scene["seed"]

    def refresh(self) -> None:
        """Nothing is kept between pictures."""

    def build_plain(self):
        import ipywidgets as w

        from ..shared.controls import value_controls

        return value_controls(self, nonlinearity=w.Dropdown(options=list(render.NAMES), value=self.nonlinearity),
                              init=w.Dropdown(options=list(render.INITS), value=self.init),
                              depth=w.IntSlider(value=self.depth, min=1, max=DEEPEST),
                              gain=w.FloatLogSlider(value=self.gain, min=-1, max=1),
                              norm=w.Checkbox(value=self.batch_norm))

    def _settings(self) -> dict:
        return {"nonlinearity": self.nonlinearity, "init": self.init, "gain": self.gain, "depth": self.depth, "norm": self.batch_norm}

    def _layers(self) -> list[dict]:
        return render.passes(**self._settings(), seed=self.seed)

    def _how(self) -> str:
        gain = "" if self.gain == 1 else f" times {self.gain:.3g}"
        norm = ", with batch normalization" if self.batch_norm else ""
        named = "without nonlinearity" if self.nonlinearity == "linear" else f"of {render.NAMES[self.nonlinearity]}"
        return f"{self.depth} layers {named}, {render.INITS[self.init]} weights{gain}{norm}"
