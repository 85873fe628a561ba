"""A linear classifier in the plane: points and weights that hands can move, four losses, and steps of gradient descent."""

import numpy as np

from ..shared.arguments import one_of
from ..shared.base import Demo
from ..shared.plane import COLORS, NAMES, STRIPES, WHITE
from ..shared.points import MOST_POINTS, columns, point_sets
from ..shared.presets import linear_presets
from . import picture as render
from .learner_loss import ask


class LinearClassifier(Demo):
    """Regions, zero lines, losses and gradients of a linear classifier whose points and weights can be edited and trained.

    X (N, 2) and y (N,) are the points and their labels 0, 1, ... (2 to 4 classes); without them a preset is shown:
    "clouds", "one stray", "opposite corners" or "ring". loss is "svm", "one-vs-all", "structured" or "softmax", or your own
    function loss(W, X, y, reg) -> (number, gradient (3, C)) with a column of ones in X (N, 3), whose gradient is then shown
    beside the numerical one and takes the steps. W (3, C) holds the biases in its last row. X, y, W, loss, l2 and rate
    follow what hands do. ValueError says which argument cannot be shown.
    """

    title = "linear classifier"
    esm = ("shared/esm/common.js", "shared/esm/plane.js", "linear/log_slider.js", "linear/losses.js", "linear/view.js")

    def __init__(self, X=None, y=None, W=None, loss="svm", l2=0.0, rate=0.1, preset=None):
        if not callable(loss):
            one_of(render.LOSSES, ", or give a function loss(W, X, y, reg)", loss=loss)
        if not l2 >= 0 or not rate > 0:
            raise ValueError(f"l2={l2}, rate={rate}: l2 must not be negative and the rate must be positive")
        self.presets, self.preset = point_sets(linear_presets(), preset, X, y)
        self.X, self.y = columns(self.presets[self.preset]["points"])
        self.classes = self.presets[self.preset]["classes"]
        self.W = render.first_weights(self.classes) if W is None else np.array(W, float)
        if self.W.shape != (3, self.classes) or not np.isfinite(self.W).all():
            raise ValueError(f"W has shape {self.W.shape}; wanted {(3, self.classes)}, two weights and a bias for each class, all finite")
        self.mine = loss if callable(loss) else None
        self.loss = "mine" if callable(loss) else loss
        self.l2, self.rate, self._turn = float(l2), float(rate), 0

    def picture(self) -> bytes:
        seen, answer = self._see()
        gradient, numeric = (answer["gradient"], answer["numeric"]) if answer.get("gradient") else (seen["gradient"], None)
        return render.draw(self.X, self.y, self.W, self.presets[self.preset]["view"], seen["each"], np.array(gradient),
                           None if numeric is None else np.array(numeric), f"Linear classifier, {self._how}", self._sum(seen, answer))

    def describe(self) -> str:
        seen, answer = self._see()
        right = np.mean(seen["scores"].argmax(axis=1) == self.y)
        return (f"Linear classifier of {len(self.X)} points in {self.classes} classes, {self._how}: "
                f"{self._sum(seen, answer)}; {right:.0%} of the points right.")

    def state(self) -> dict:
        points = [[float(a), float(b), int(label)] for (a, b), label in zip(self.X, self.y, strict=True)]
        start = {"names": NAMES, "colors": COLORS, "white": WHITE, "stripes": STRIPES, "mostPoints": MOST_POINTS,
                 "presets": self.presets, "losses": render.LOSSES, "python": bool(self.mine)}
        scene = {"points": points, "classes": self.classes, "W": self.W.tolist(), "loss": self.loss, "l2": self.l2,
                 "rate": self.rate, "preset": self.preset, "turn": self._turn}
        return {"start": start, "scene": scene, "answer": self._answer()}

    def receive(self, scene: dict) -> dict | None:
        self.X, self.y = columns(scene["points"])
        self.W = np.array(scene["W"], float)
        self.classes, self.loss, self.preset = scene["classes"], scene["loss"], scene["preset"]
        self.l2, self.rate, self._turn = float(scene["l2"]), float(scene["rate"]), scene["turn"]
        return self._answer() if self.mine else None

    def refresh(self) -> None:
        """Nothing is kept: the learner's function is asked anew for every picture."""

    def build_plain(self):
        from .controls import linear_controls

        return linear_controls(self)

    @property
    def _how(self) -> str:
        return "your loss" if self.mine else f"{render.LOSSES[self.loss]} loss"

    def _see(self):
        return render.evaluate(self.X, self.y, self.W, "softmax" if self.mine else self.loss, self.l2), self._answer()

    def _answer(self) -> dict:
        """What the learner's loss says at W; nothing where the loss is not the learner's."""
        return {"turn": self._turn, **ask(self.mine, self.W, self.X, self.y, self.l2)} if self.mine else {}

    def _sum(self, seen, answer) -> str:
        if self.mine:
            return answer["message"] or f"your total loss {answer['total']:.3f}, gradients differ by {answer['gap']:.0e} at most"
        return f"data loss {seen['data']:.3f} + L2 penalty {seen['penalty']:.3f} = {seen['data'] + seen['penalty']:.3f}"
