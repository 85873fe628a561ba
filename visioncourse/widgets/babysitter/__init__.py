"""Sitting beside a training: the learning rate moves while the network learns, and the curves answer."""

import numpy as np

from ..shared.arguments import one_of, whole
from ..shared.base import Demo
from ..shared.plane import COLORS, STRIPES, WHITE
from ..shared.presets import TRAINING_SETS, training_points
from . import picture as render

RATES, BATCHES, PENALTIES = (1e-4, 10.0), (4, 20, 200), (0.0, 1e-4, 1e-3, 1e-2, 0.1)


class Babysitter(Demo):
    """Loss, accuracy and update/weight ratio of a small network while it trains under a learning rate that hands move.

    data is "spirals", "moons" (200 points to train on) or "wrong labels" (40, and a fifth of them wrong), with 200 held out;
    rate the learning rate, 0.0001 to 10, or {step: rate} with the rate from each step on, the first of them 0; steps, 0 to 1500,
    is how far the training has come; l2 is 0 to 0.1, batch 4, 20 or 200. They follow what hands do. ValueError says what cannot
    be shown.
    """

    title = "babysitter"
    esm = ("shared/esm/common.js", "shared/esm/parts.js", "shared/esm/plane.js", "shared/esm/generator.js",
           "babysitter/net.js", "babysitter/view.js")

    def __init__(self, data="spirals", rate=0.1, steps=150, l2=0.0, batch=20):
        one_of(TRAINING_SETS, data=data)
        one_of(PENALTIES, l2=l2)
        one_of(BATCHES, batch=batch)
        whole(0, render.MOST, steps=steps)
        rates = dict(rate) if isinstance(rate, dict) else {0: rate}
        if 0 not in rates or not all(n in range(render.MOST + 1) for n in rates):
            raise ValueError(f"rate={rate}: give {{step: rate}} with whole steps from 0, the first of them 0, to {render.MOST}")
        if not all(RATES[0] <= value <= RATES[1] for value in rates.values()):
            raise ValueError(f"rate={rate}: give learning rates from {RATES[0]:g} to {RATES[1]:g}")
        self.data, self.steps, self.l2, self.batch, self.seed = data, int(steps), float(l2), int(batch), 1
        self.rates = {int(n): float(value) for n, value in sorted(rates.items())}
        self._seen = None

    def picture(self) -> bytes:
        net, log = self._see()
        return render.draw(training_points(self.data), net, log, f"{self.data} after {len(log) - 1} steps")

    def describe(self) -> str:
        log = self._see()[1]
        first, last, rates = log[0], log[-1], " then ".join(f"{rate:g}" for n, rate in self.rates.items() if n < max(1, self.steps))
        told = f"Training on {self.data}, learning rate {rates}, {len(log) - 1} steps: "
        if not np.isfinite(last["loss"]):
            return told + "the loss has become no number, because the rate was too large."
        ratio = f", update/weight ratio {last['ratio']:.1e}" if last["ratio"] is not None else ""
        return (f"{told}loss from {first['loss']:.2f} to {last['loss']:.2f} ({last['held_loss']:.2f} held out), "
                f"accuracy {last['accuracy']:.0%} ({last['held_accuracy']:.0%} held out){ratio}.")

    def state(self) -> dict:
        start = {"sets": {name: training_points(name) for name in TRAINING_SETS}, "rates": RATES, "batches": BATCHES,
                 "penalties": PENALTIES, "most": render.MOST, "right": render.RIGHT, "hidden": render.HIDDEN,
                 "colors": COLORS, "white": WHITE, "stripes": STRIPES, "lines": [render.TRAIN, render.HELD, render.RATE]}
        scene = {"data": self.data, "rates": [[n, rate] for n, rate in self.rates.items()], "steps": self.steps,
                 "l2": self.l2, "batch": self.batch, "seed": self.seed}
        return {"start": start, "scene": scene, "answer": {}}

    def receive(self, scene: dict) -> None:
        self.data, self.rates, self.steps = scene["data"], {int(n): float(rate) for n, rate in scene["rates"]}, scene["steps"]
        self.l2, self.batch, self.seed, self._seen = float(scene["l2"]), scene["batch"], scene["seed"], None

    def refresh(self) -> None:
        self._seen = None

    def build_plain(self):
        import ipywidgets as w

        from ..shared.controls import value_controls

        rates = [(f"{rate:g}", [[0, rate]]) for rate in sorted({*self.rates.values(), 0.001, 0.01, 0.1, 1.0})]
        now = [[0, self.rates[0]]]
        return value_controls(self, data=w.Dropdown(options=list(TRAINING_SETS), value=self.data),
                              rates=w.Dropdown(options=rates, value=now),
                              steps=w.IntSlider(value=self.steps, max=render.MOST, continuous_update=False),
                              l2=w.Dropdown(options=list(PENALTIES), value=self.l2),
                              batch=w.Dropdown(options=list(BATCHES), value=self.batch))

    def _see(self):
        """The network and its records, computed once for each state."""
        self._seen = self._seen or render.train(training_points(self.data), self.rates, self.batch, self.l2, self.seed, self.steps)
        return self._seen
