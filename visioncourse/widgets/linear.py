"""A linear classifier in the plane: points and weights that hands can move, four losses, and steps of gradient descent."""

import numpy as np

from ._base import Demo
from ._learner import one_line
from ._points import MOST_POINTS, own_points
from .render import knn, linear

VIEW = (-2.0, -2.0, 4.0)
STEP = 1e-5  # of the numerical gradient


class LinearClassifier(Demo):
    """Regions, zero lines, losses and gradients of a linear classifier whose points and weights can be edited and trained.

    X (N, 2) and y (N,) are the points and their labels 0, 1, ... (2 to 4 classes); without them a preset is shown:
    "clouds", "one stray", "opposite corners" or "ring". loss is "svm", "one-vs-all", "structured" or "softmax", or your own
    function loss(W, X, y, reg) -> (number, gradient (3, C)) with a column of ones in X (N, 3), whose gradient is then shown
    beside the numerical one and takes the steps. W (3, C) holds the biases in its last row. X, y, W, loss, l2 and rate
    follow what hands do. ValueError says which argument cannot be shown.
    """

    title = "linear classifier"
    esm = ("common.js", "plane.js", "linear_losses.js", "linear.js")

    def __init__(self, X=None, y=None, W=None, loss="svm", l2=0.0, rate=0.1, preset=None):
        if (X is None) != (y is None) or (X is not None and preset):
            raise ValueError("give X and y together, or a preset, or none of them")
        if not callable(loss) and loss not in linear.LOSSES:
            raise ValueError(f"loss={loss!r}: choose one of {', '.join(linear.LOSSES)}, or give a function loss(W, X, y, reg)")
        if not l2 >= 0 or not rate > 0:
            raise ValueError(f"l2={l2}, rate={rate}: l2 must not be negative and the rate must be positive")
        yours = {} if X is None else {"yours": own_points(X, y)}
        self.presets = yours | presets()
        self.preset = preset or next(iter(self.presets))
        if self.preset not in self.presets:
            raise ValueError(f"preset={preset!r}: choose one of {', '.join(self.presets)}")
        shown = self.presets[self.preset]
        points, self.classes = np.array(shown["points"], float), shown["classes"]
        self.X, self.y = points[:, :2], points[:, 2].astype(np.int64)
        self.W = start(self.classes) if W is None else np.array(W, float)
        if self.W.shape != (3, self.classes) or not np.isfinite(self.W).all():
            raise ValueError(f"W has shape {self.W.shape}; wanted {(3, self.classes)}, two weights and a bias for each class, all finite")
        self.mine, self.loss = (loss, "mine") if callable(loss) else (None, loss)
        self.l2, self.rate, self._turn = float(l2), float(rate), 0

    def picture(self) -> bytes:
        seen, answer = self._see()
        gradient, numeric = (answer["gradient"], answer["numeric"]) if answer.get("gradient") else (seen["gradient"], None)
        return linear.draw(self.X, self.y, self.W, self.presets[self.preset]["view"], seen["each"], np.array(gradient),
                           None if numeric is None else np.array(numeric), f"Linear classifier, {self._how}", self._sum(seen, answer))

    def describe(self) -> str:
        seen, answer = self._see()
        right = np.mean(seen["scores"].argmax(axis=1) == self.y)
        return f"Linear classifier of {len(self.X)} points in {self.classes} classes, {self._how}: {self._sum(seen, answer)}; {right:.0%} of the points right."

    def state(self) -> dict:
        points = [[float(a), float(b), int(label)] for (a, b), label in zip(self.X, self.y)]
        start = {"names": knn.NAMES, "colors": knn.COLORS, "white": knn.WHITE, "stripes": knn.STRIPES, "mostPoints": MOST_POINTS,
                 "presets": self.presets, "losses": linear.LOSSES, "python": bool(self.mine)}
        scene = {"points": points, "classes": self.classes, "W": self.W.tolist(), "loss": self.loss, "l2": self.l2,
                 "rate": self.rate, "preset": self.preset, "turn": self._turn}
        return {"start": start, "scene": scene, "answer": self._answer()}

    def receive(self, scene: dict) -> dict | None:
        points = np.array(scene["points"], float)
        self.X, self.y, self.W = points[:, :2], points[:, 2].astype(np.int64), np.array(scene["W"], float)
        self.classes, self.loss, self.preset = scene["classes"], scene["loss"], scene["preset"]
        self.l2, self.rate, self._turn = float(scene["l2"]), float(scene["rate"]), scene["turn"]
        return self._answer() if self.mine else None

    def refresh(self) -> None:
        """Nothing is kept: the learner's function is asked anew for every picture."""

    def build_plain(self):
        from .plain_scene import linear_controls

        return linear_controls(self)

    @property
    def _how(self) -> str:
        return "your loss" if self.mine else f"{linear.LOSSES[self.loss]} loss"

    def _see(self):
        return linear.evaluate(self.X, self.y, self.W, "softmax" if self.mine else self.loss, self.l2), self._answer()

    def _sum(self, seen, answer) -> str:
        if self.mine:
            return answer["message"] or f"your total loss {answer['total']:.3f}, gradients differ by {answer['gap']:.0e} at most"
        return f"data loss {seen['data']:.3f} + L2 penalty {seen['penalty']:.3f} = {seen['data'] + seen['penalty']:.3f}"

    def _answer(self) -> dict:
        """What the learner's function says at W, the numerical gradient of its loss, and a message where it fails."""
        if not self.mine:
            return {}
        X1, W = np.column_stack([self.X, np.ones(len(self.X))]), self.W
        try:
            total, gradient = self.mine(W.copy(), X1.copy(), self.y.copy(), self.l2)
            gradient = np.asarray(gradient, float)
            if gradient.shape != W.shape:
                return {"turn": self._turn, "message": f"your gradient has shape {gradient.shape}; wanted {W.shape}, that of W"}
            numeric = np.zeros_like(W)
            for place in np.ndindex(W.shape):
                step = np.zeros_like(W)
                step[place] = STEP
                above, below = (float(self.mine(at, X1.copy(), self.y.copy(), self.l2)[0]) for at in (W + step, W - step))
                numeric[place] = (above - below) / (2 * STEP)
        except Exception as error:
            return {"turn": self._turn, "message": one_line(error)}
        return {"turn": self._turn, "message": "", "total": float(total), "gradient": gradient.tolist(), "numeric": numeric.tolist(),
                "gap": float(np.abs(gradient - numeric).max())}


def start(classes: int) -> np.ndarray:
    """Weights (3, classes) to begin with: short, in different directions, with small biases."""
    angle = 0.4 + 2 * np.pi * np.arange(classes) / classes
    return np.round(np.stack([0.8 * np.cos(angle), 0.8 * np.sin(angle), np.array([0.4, -0.3, 0.2, -0.4])[:classes]]), 2)


def presets() -> dict[str, dict]:
    """Points by name, in the form that KnnBoundary uses."""
    rng = np.random.default_rng(5)
    cloud = lambda x, y, n, c, spread=0.33: [[*np.round(rng.normal((x, y), spread), 2).tolist(), c] for _ in range(n)]
    clouds = cloud(-0.9, -0.6, 7, 0) + cloud(0.9, -0.5, 7, 1) + cloud(0, 1.0, 7, 2)
    two = cloud(-0.9, 0, 9, 0, 0.3) + cloud(0.6, 0.2, 9, 1, 0.3)
    corners = cloud(-1, -1, 6, 0, 0.25) + cloud(1, 1, 6, 0, 0.25) + cloud(-1, 1, 6, 1, 0.25) + cloud(1, -1, 6, 1, 0.25)
    ring = cloud(0, 0, 8, 0, 0.25) + [[round(1.4 * float(np.cos(a)), 2), round(1.4 * float(np.sin(a)), 2), 1] for a in np.arange(12) * np.pi / 6]
    sets = {"clouds": (clouds, 3), "one stray": (two + [[1.7, 1.6, 0]], 2), "opposite corners": (corners, 2), "ring": (ring, 2)}
    return {name: {"points": points, "held_out": [], "view": VIEW, "classes": n} for name, (points, n) in sets.items()}
