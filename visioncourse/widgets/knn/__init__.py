"""k nearest neighbours in the plane, over points that hands can move."""

from ..shared.base import Demo, mode
from ..shared.learner import Learner
from ..shared.plane import COLORS, NAMES, STRIPES, WHITE
from ..shared.points import MOST_POINTS, columns, point_sets
from ..shared.presets import knn_presets
from . import picture as render
from .boundary import MOST_K, Boundary, Plane, by_fit, by_votes


class KnnBoundary(Demo):
    """Decision regions of k nearest neighbours; points can be dragged, added, deleted and given another class.

    X (N, 2) and y (N,) are the points and their labels 0, 1, ...; without them a preset is shown: "blobs", "imbalance",
    "outlier" or "moons". k is 1 to 15 and at most N (deleting points takes it down), metric "l1" or "l2", classes 2 to
    4, held_out (Xh, yh) the points of the second accuracy. With fit(X, y, k) -> predict, where predict(Q (M, 2)) gives
    labels (M,), the regions are drawn by your own code, and metric is only what its votes are compared with. X, y, k,
    metric and classes follow what hands do. ValueError says which argument cannot be shown.
    """

    title = "k nearest neighbours"
    esm = ("shared/esm/common.js", "shared/esm/plane.js", "knn/region_names.js", "knn/accuracy_chart.js", "knn/votes.js", "knn/view.js")

    def __init__(self, X=None, y=None, k=1, metric="l2", classes=None, fit=None, held_out=None, preset=None):
        if classes not in (None, 2, 3, 4):
            raise ValueError(f"classes={classes}: choose 2, 3 or 4")
        self.presets, self.preset = point_sets(knn_presets(), preset, X, y, held_out, classes)
        self.classes = int(classes or self._base["classes"])
        self.X, self.y = self._shown("points")
        if metric not in ("l1", "l2"):
            raise ValueError(f'metric={metric!r}: choose "l1" or "l2"')
        if fit is not None and not callable(fit):
            raise ValueError("fit must be a function fit(X, y, k) that returns a function predict(Q)")
        most = min(MOST_K, len(self.X))
        if k not in range(1, most + 1):
            raise ValueError(f"k={k}: k must be a whole number from 1 to {most}, for {len(self.X)} points")
        self.k, self.metric, self.fit = int(k), metric, fit
        self._learner, self._turn, self._seen = fit and Learner(fit), 0, {}

    def picture(self) -> bytes:
        title = f"k nearest neighbours: k = {self.k}, {self._how}"
        masks, curves, message = self._see()
        return render.draw(self.X, self.y, self.k, self._base["view"], masks, curves, title, message)

    def describe(self) -> str:
        text = f"Regions of k nearest neighbours around {len(self.X)} points, k = {self.k}, {self._how}"
        return f"{text}: {self._see().told(self._plane)}."

    def state(self) -> dict:
        points = [[float(x), float(y), int(label)] for (x, y), label in zip(self.X, self.y, strict=True)]
        start = {"names": NAMES, "colors": COLORS, "white": WHITE, "stripes": STRIPES,
                 "mostK": MOST_K, "mostPoints": MOST_POINTS, "presets": self.presets, "python": bool(self.fit)}
        scene = {"points": points, "k": self.k, "metric": self.metric, "classes": self.classes,
                 "preset": self.preset, "final": True, "turn": self._turn}
        return {"start": start, "scene": scene, "answer": self._answer() if self.fit else {}}

    def receive(self, scene: dict) -> dict | None:
        self.X, self.y = columns(scene["points"])
        self.k, self.metric, self.classes = scene["k"], scene["metric"], scene["classes"]
        self.preset, self._turn, self._seen = scene["preset"], scene["turn"], {}
        return self._answer(scene["final"]) if self.fit else None

    def refresh(self) -> None:
        self._seen = {}

    def build_plain(self):
        from .controls import knn_controls

        return knn_controls(self)

    @property
    def _base(self) -> dict:
        return self.presets[self.preset]

    @property
    def _how(self) -> str:
        return "your code" if self.fit else f"{self.metric.upper()} distance"

    def _shown(self, kind: str):
        """Coordinates and labels of the preset's points, of the classes that are shown."""
        return columns([p for p in self._base[kind] if p[2] < self.classes])

    @property
    def _plane(self) -> Plane:
        return Plane(self.X, self.y, self.k, self.classes, self._base["view"], self._shown("held_out"))

    def _see(self, final: bool = True) -> Boundary:
        """The boundary, computed once for each state: for a live widget what is there in time, for a picture that is kept all of it."""
        hurry = mode() == "live"
        if hurry not in self._seen:
            self._seen[hurry] = by_fit(self._plane, self._learner, final, hurry) if self.fit else by_votes(self._plane, self.metric)
        return self._seen[hurry]

    def _answer(self, final: bool = True) -> dict:
        return {"turn": self._turn, "final": final} | self._see(final).packed()
