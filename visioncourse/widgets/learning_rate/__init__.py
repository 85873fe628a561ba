"""Loss against learning rate and batch size: a training that takes a blink, so that one can see what the two do."""

import functools

import numpy as np

from ..shared.arguments import number, one_of
from ..shared.base import Demo
from . import picture as render
from .picture import C, D, N, examples

STEPS = 100
RATES = [float(f"{10 ** (e / 6):.3g}") for e in range(-24, 13)]  # 0.0001 to 100
BATCHES = [1, 2, 4, 8, 16, 32, 64, 128, N]
SEED = 1


class LearningRate(Demo):
    """Loss curve of a small softmax classifier, trained anew in the browser for every learning rate and batch size.

    rate is one of the values that the slider has, or is taken to the nearest of them; batch is a power of two from 1 to 256,
    where 256 is the whole set. Curves can be kept for comparison and drawn against steps or against examples seen.
    rate, batch and seed follow what hands do. ValueError says which argument is out of range.
    """

    title = "learning rate and batch size"
    esm = ("shared/esm/common.js", "shared/esm/generator.js", "learning_rate/sgd.js", "learning_rate/view.js")

    def __init__(self, rate=0.1, batch=32):
        number(RATES[0], RATES[-1], "learning rate", rate=rate)
        one_of(BATCHES, batch=batch)
        self.rate = min(RATES, key=lambda r: abs(np.log(r / rate)))
        self.batch, self.seed, self._turn = batch, SEED, 0

    def picture(self) -> bytes:
        title = f"Softmax loss, learning rate {self.rate:g}, {self._batch_name}"
        return render.draw(self._curve(self.rate), RATES[::2], self._finals(), self.rate, self.batch, C, title)

    def describe(self) -> str:
        curve, finals = self._curve(self.rate), self._finals()
        best = RATES[::2][int(np.argmin(finals))]
        return (f"Loss curve of a softmax classifier, learning rate {self.rate:g}, {self._batch_name}: "
                f"from {curve[0]:.2f} to {curve[-1]:.2f} in {STEPS} steps, highest on the way {curve.max():.2f}; "
                f"of the rates tried, {best:g} gets lowest ({min(finals):.2f}).")

    def state(self) -> dict:
        X, y = examples()
        start = {"X": X.tolist(), "y": y.tolist(), "D": D, "C": C, "steps": STEPS, "rates": RATES, "batches": BATCHES}
        return {"start": start, "scene": {"rate": self.rate, "batch": self.batch, "seed": self.seed, "turn": self._turn}, "answer": {}}

    def receive(self, scene: dict) -> None:
        self.rate, self.batch, self.seed, self._turn = float(scene["rate"]), int(scene["batch"]), int(scene["seed"]), scene["turn"]

    def refresh(self) -> None:
        """Nothing is kept between pictures."""

    def build_plain(self):
        from .controls import rate_controls

        return rate_controls(self)

    @property
    def _batch_name(self) -> str:
        return f"the whole set of {N}" if self.batch == N else f"batches of {self.batch}"

    def _curve(self, rate: float) -> np.ndarray:
        return curve(rate, self.batch, self.seed)

    def _finals(self) -> list[float]:
        """The loss after the last step for every second rate."""
        return [float(self._curve(rate)[-1]) for rate in RATES[::2]]


@functools.lru_cache(maxsize=256)
def curve(rate: float, batch: int, seed: int) -> np.ndarray:
    """Losses (STEPS + 1,) of one training."""
    return render.train(*examples(), C, rate, batch, STEPS, seed)
