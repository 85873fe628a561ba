"""k nearest neighbours in the plane, over points that hands can move."""

import base64

import numpy as np

from ._base import Demo
from ._learner import Learner, one_line
from ._points import MOST_POINTS, own_points
from .presets import knn_presets
from .render import knn

MOST_K = 15
COARSE, DRAGGED, FINE = 25, 75, 150  # cells along a side that the learner's code is asked for


class KnnBoundary(Demo):
    """Decision regions of k nearest neighbours; points can be dragged, added, deleted and given another class.

    X (N, 2) and y (N,) are the points and their labels 0, 1, ...; without them a preset is shown: "blobs", "imbalance",
    "outlier" or "moons". k is 1 to 15 and at most N (deleting points takes it down), metric "l1" or "l2", classes 2 to
    4, held_out (Xh, yh) the points of the second accuracy. With fit(X, y, k) -> predict, where predict(Q (M, 2)) gives
    labels (M,), the regions are drawn by your own code, and metric is only what its votes are compared with. X, y, k,
    metric and classes follow what hands do. ValueError says which argument cannot be shown.
    """

    title = "k nearest neighbours"
    esm = ("common.js", "plane.js", "knn_votes.js", "knn.js")

    def __init__(self, X=None, y=None, k=1, metric="l2", classes=None, fit=None, held_out=None, preset=None):
        if (X is None) != (y is None) or (X is not None and preset):
            raise ValueError("give X and y together, or a preset, or none of them")
        if X is None and held_out is not None:
            raise ValueError("held_out goes with X and y; a preset brings its own")
        if classes not in (None, 2, 3, 4):
            raise ValueError(f"classes={classes}: choose 2, 3 or 4")
        yours = {} if X is None else {"yours": own_points(X, y, held_out, classes)}
        self.presets = yours | knn_presets()
        self.preset = preset or next(iter(self.presets))
        if self.preset not in self.presets:
            raise ValueError(f"preset={preset!r}: choose one of {', '.join(self.presets)}")
        self.classes = int(classes or self._base["classes"])
        if metric not in ("l1", "l2"):
            raise ValueError(f'metric={metric!r}: choose "l1" or "l2"')
        if fit is not None and not callable(fit):
            raise ValueError("fit must be a function fit(X, y, k) that returns a function predict(Q)")
        self.X, self.y = self._pick("points")
        most = min(MOST_K, len(self.X))
        if k not in range(1, most + 1):
            raise ValueError(f"k={k}: k must be a whole number from 1 to {most}, for {len(self.X)} points")
        self.k, self.metric, self.fit = int(k), metric, fit
        self._learner, self._turn, self._seen = fit and Learner(fit), 0, None

    def picture(self) -> bytes:
        masks, curves, message = self._see()
        title = f"k nearest neighbours: k = {self.k}, {self._how}"
        return knn.draw(self.X, self.y, self.k, self._base["view"], masks, curves, title, message)

    def describe(self) -> str:
        masks, curves, message = self._see()
        text = f"Regions of k nearest neighbours around {len(self.X)} points, k = {self.k}, {self._how}: "
        if message:
            return text + message + "."
        shares = [f"{knn.NAMES[c]} {np.mean(masks == 1 << c):.0%}" for c in range(self.classes)]
        tied = np.mean(knn.ties(masks))
        shares += [f"ties {tied:.0%}"] if tied else []
        right = [f"{curve[self.k]:.0%} of the {name} points" for name, curve in curves.items() if self.k in curve]
        judged = "; right for " + " and ".join(right) if right else ""
        return f"{text}{', '.join(shares)} of the plane{judged}."

    def state(self) -> dict:
        points = [[float(x), float(y), int(label)] for (x, y), label in zip(self.X, self.y)]
        start = {"names": knn.NAMES, "colors": knn.COLORS, "white": knn.WHITE, "stripes": knn.STRIPES,
                 "mostK": MOST_K, "mostPoints": MOST_POINTS, "presets": self.presets, "python": bool(self.fit)}
        scene = {"points": points, "k": self.k, "metric": self.metric, "classes": self.classes,
                 "preset": self.preset, "final": True, "turn": self._turn}
        return {"start": start, "scene": scene, "answer": self._answer() if self.fit else {}}

    def receive(self, scene: dict) -> dict | None:
        points = np.array(scene["points"], float)
        self.X, self.y = points[:, :2], points[:, 2].astype(np.int64)
        self.k, self.metric, self.classes = scene["k"], scene["metric"], scene["classes"]
        self.preset, self._turn, self._seen = scene["preset"], scene["turn"], None
        return self._answer(scene["final"]) if self.fit else None

    def refresh(self) -> None:
        self._seen = None

    def build_plain(self):
        from .plain import knn_controls

        return knn_controls(self)

    @property
    def _base(self) -> dict:
        return self.presets[self.preset]

    @property
    def _how(self) -> str:
        return "your code" if self.fit else f"{self.metric.upper()} distance"

    def _pick(self, which: str):
        """Coordinates (N, 2) and labels (N,) of the preset's points of the classes shown."""
        points = np.array([p for p in self._base[which] if p[2] < self.classes], float).reshape(-1, 3)
        return points[:, :2], points[:, 2].astype(np.int64)

    def _see(self, final: bool = True):
        """Masks of the regions, {name: {k: accuracy}} and a message, computed once for each state."""
        if self._seen is None:
            self._seen = self._see_by_fit(final) if self.fit else self._see_by_us()
        return self._seen

    def _judges(self):
        held_out = self._pick("held_out")
        return {"training": (self.X, self.y)} | ({"held out": held_out} if len(held_out[1]) else {})

    def _see_by_us(self):
        ks = range(1, min(MOST_K, len(self.X)) + 1)
        curves = {name: knn.accuracies(self.X, self.y, *judge, self.metric, self.classes, ks)
                  for name, judge in self._judges().items()}
        masks = knn.regions(self.X, self.y, self.k, self.metric, self.classes, self._base["view"], FINE)
        return masks, curves, ""

    def _see_by_fit(self, final: bool):
        """Finer regions and more of the curve, the faster the learner's code is; it is first asked for a coarse picture."""
        seconds, sizes = (1.0, (FINE, DRAGGED, 50)) if final else (0.1, (DRAGGED, 50))
        try:
            masks = self._fitted(COARSE) if final else None
            size = next((size for size in sizes if self._learner.affords(size**2, seconds)), COARSE)
            masks = masks if final and size == COARSE else self._fitted(size)
        except Exception as error:  # whatever the learner's code does, the widget lives on
            return np.zeros((COARSE, COARSE), np.uint8), {}, one_line(error)
        return masks, self._curves_by_fit() if final else {}, ""

    def _fitted(self, size: int):
        Q = knn.pixel_centres(self._base["view"], size)
        labels = self._learner.labels(self.X, self.y, self.k, Q, self.classes)
        return (1 << labels).astype(np.uint8).reshape(size, size)

    def _curves_by_fit(self):
        """{name: {k: accuracy}} for the k at which the learner's code works, or for the current k alone if it is slow."""
        ks = range(1, min(MOST_K, len(self.X)) + 1)
        curves = {}
        for name, (Q, wanted) in self._judges().items():
            for k in ks if self._learner.affords(len(ks) * len(Q), 1.0) else [self.k]:
                try:
                    got = self._learner.labels(self.X, self.y, k, Q, self.classes)
                except Exception:  # the message comes when this k is chosen
                    continue
                curves.setdefault(name, {})[k] = float(np.mean(got == wanted))
        return curves

    def _answer(self, final: bool = True) -> dict:
        """What the browser draws; the masks as base64, because Colab drops the buffers of a widget that opens."""
        masks, curves, message = self._see(final)
        return {"turn": self._turn, "final": final, "size": len(masks), "masks": base64.b64encode(masks.tobytes()).decode(),
                "curves": {name: list(curve.items()) for name, curve in curves.items()}, "message": message}
