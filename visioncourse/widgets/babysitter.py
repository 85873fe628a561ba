"""Sitting beside a training: the learning rate moves while the network learns, and the curves answer."""

import functools

import numpy as np

from ._base import Demo
from .render import babysitter as render
from .render import knn

RATES, BATCHES, PENALTIES = (1e-4, 10.0), (4, 20, 200), (0.0, 1e-4, 1e-3, 1e-2, 0.1)
SETS = ("spirals", "moons", "wrong labels")


class Babysitter(Demo):
    """Loss, accuracy and update/weight ratio of a small network while it trains under a learning rate that hands move.

    data is "spirals", "moons" (200 points to train on) or "wrong labels" (40, and a fifth of them wrong), with 200 held out; rate the learning
    rate, 0.0001 to 10, or {step: rate} with the rate from each step on, the first of them 0; steps, 0 to 1500, is how
    far the training has come; l2 is 0 to 0.1, batch 4, 20 or 200. They follow what hands do. ValueError says what cannot be shown.
    """

    title = "babysitter"
    esm = ("common.js", "parts.js", "plane.js", "sgd.js", "net.js", "babysitter.js")

    def __init__(self, data="spirals", rate=0.1, steps=150, l2=0.0, batch=20):
        if data not in SETS:
            raise ValueError(f"data={data!r}: choose one of {', '.join(SETS)}")
        rates = dict(rate) if isinstance(rate, dict) else {0: rate}
        if 0 not in rates or not all(n in range(render.MOST + 1) for n in rates):
            raise ValueError(f"rate={rate}: give {{step: rate}} with whole steps from 0, the first of them 0, to {render.MOST}")
        if not all(RATES[0] <= value <= RATES[1] for value in rates.values()):
            raise ValueError(f"rate={rate}: give learning rates from {RATES[0]:g} to {RATES[1]:g}")
        if steps not in range(render.MOST + 1):
            raise ValueError(f"steps={steps}: give a whole number from 0 to {render.MOST}")
        if l2 not in PENALTIES:
            raise ValueError(f"l2={l2}: choose one of {', '.join(f'{v:g}' for v in PENALTIES)}")
        if batch not in BATCHES:
            raise ValueError(f"batch={batch}: choose one of {', '.join(map(str, BATCHES))}")
        self.data, self.steps, self.l2, self.batch, self.seed = data, int(steps), float(l2), int(batch), 1
        self.rates = {int(n): float(value) for n, value in sorted(rates.items())}
        self._seen = None

    def picture(self) -> bytes:
        net, log = self._see()
        return render.draw(points(self.data), net, log, f"{self.data} after {len(log) - 1} steps")

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
        start = {"sets": {name: points(name) for name in SETS}, "rates": RATES, "batches": BATCHES, "penalties": PENALTIES, "most": render.MOST, "right": render.RIGHT,
                 "hidden": render.HIDDEN, "colors": knn.COLORS, "white": knn.WHITE, "stripes": knn.STRIPES, "lines": [render.TRAIN, render.HELD, render.RATE]}
        scene = {"data": self.data, "rates": [[n, rate] for n, rate in self.rates.items()], "steps": self.steps, "l2": self.l2, "batch": self.batch, "seed": self.seed}
        return {"start": start, "scene": scene, "answer": {}}

    def receive(self, scene: dict) -> None:
        self.data, self.rates, self.steps = scene["data"], {int(n): float(rate) for n, rate in scene["rates"]}, scene["steps"]
        self.l2, self.batch, self.seed, self._seen = float(scene["l2"]), scene["batch"], scene["seed"], None

    def refresh(self) -> None:
        self._seen = None

    def build_plain(self):
        import ipywidgets as w

        from .plain_values import value_controls

        rates = [(f"{rate:g}", [[0, rate]]) for rate in sorted({*self.rates.values(), 0.001, 0.01, 0.1, 1.0})]
        now = [[0, self.rates[0]]]
        return value_controls(self, data=w.Dropdown(options=list(SETS), value=self.data), rates=w.Dropdown(options=rates, value=now),
                              steps=w.IntSlider(value=self.steps, max=render.MOST, continuous_update=False),
                              l2=w.Dropdown(options=list(PENALTIES), value=self.l2), batch=w.Dropdown(options=list(BATCHES), value=self.batch))

    def _see(self):
        """The network and its records, computed once for each state."""
        self._seen = self._seen or render.train(points(self.data), self.rates, self.batch, self.l2, self.seed, self.steps)
        return self._seen


@functools.cache
def points(name: str) -> dict:
    """Points [x, y, label] to train on and held out, with the view (left, bottom, side) and the number of classes."""
    rng = np.random.default_rng(11)

    def draw(n: int, wrong: float):
        classes = 3 if name == "spirals" else 2
        y, t = np.arange(n) % classes, rng.random(n)
        if name == "spirals":
            angle = 2 * np.pi * (y / 3 + 0.75 * t) + rng.normal(0, 0.12, n)
            X = (0.15 + 1.6 * t)[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
        elif name == "moons":
            X = np.column_stack([np.cos(np.pi * t) + y - 0.5, np.sin(np.pi * t) * (1 - 2 * y) + y / 2 - 0.25]) * 1.2 + rng.normal(0, 0.2, (n, 2))
        else:
            X = rng.normal(0, 0.75, (n, 2)) + np.array([-0.7, 0.7])[y][:, None]
        y = np.where(rng.random(n) < wrong, (y + 1) % classes, y)
        return [[*np.round(x, 3).tolist(), int(c)] for x, c in zip(np.clip(X, -1.95, 1.95), y)]

    train = draw(40, 0.2) if name == "wrong labels" else draw(200, 0)
    return {"train": train, "held_out": draw(200, 0), "view": (-2, -2, 4), "classes": 3 if name == "spirals" else 2}
