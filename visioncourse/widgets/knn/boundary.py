"""Regions and accuracies of k nearest neighbours in the plane: by votes, or by the learner's own fit as far as it is fast enough."""

import base64
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..shared.learner import Learner, Unhurried, one_line
from ..shared.plane import NAMES, pixel_centres
from . import picture as render

MOST_K = 15
COARSE, DRAGGED, FINE = 25, 75, 150  # cells along a side that the learner's code is asked for


@dataclass(frozen=True)
class Plane:
    """Points X (N, 2) of the classes y (N,), k of which vote in the view (left, bottom, side); held_out (Xh, yh) judges them."""

    X: np.ndarray
    y: np.ndarray
    k: int
    classes: int
    view: tuple[float, float, float]
    held_out: tuple[np.ndarray, np.ndarray]

    @property
    def judges(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """The points (M, 2) with their labels (M,) that accuracies are shares of, by name."""
        return {"training": (self.X, self.y)} | ({"held out": self.held_out} if len(self.held_out[1]) else {})

    @property
    def ks(self) -> range:
        """Every k for which an accuracy is asked."""
        return range(1, min(MOST_K, len(self.X)) + 1)


class Boundary(NamedTuple):
    """masks (n, n) of the regions as in picture.py, curves {name: {k: accuracy}}, and in one line what went wrong."""

    masks: np.ndarray
    curves: dict[str, dict[int, float]]
    message: str = ""

    def told(self, plane: Plane) -> str:
        """The areas of the regions and the accuracies at k, or what went wrong."""
        if self.message:
            return self.message
        shares = [f"{NAMES[c]} {np.mean(self.masks == 1 << c):.0%}" for c in range(plane.classes)]
        tied = np.mean(render.ties(self.masks))
        shares += [f"ties {tied:.0%}"] if tied else []
        right = [f"{curve[plane.k]:.0%} of the {name} points" for name, curve in self.curves.items() if plane.k in curve]
        judged = "; right for " + " and ".join(right) if right else ""
        return f"{', '.join(shares)} of the plane{judged}"

    def packed(self) -> dict:
        """The same as JSON; the masks as base64, because Colab drops the buffers of a widget that opens."""
        return {"size": len(self.masks), "masks": base64.b64encode(self.masks.tobytes()).decode(),
                "curves": {name: list(curve.items()) for name, curve in self.curves.items()}, "message": self.message}


def by_votes(plane: Plane, metric: str) -> Boundary:
    """The boundary by the votes of the k nearest points."""
    curves = {name: render.accuracies(plane.X, plane.y, *judge, metric, plane.classes, plane.ks) for name, judge in plane.judges.items()}
    return Boundary(render.regions(plane.X, plane.y, plane.k, metric, plane.classes, plane.view, FINE), curves)


def by_fit(plane: Plane, learner: Learner, final: bool = True, hurry: bool = True) -> Boundary:
    """The boundary that the learner's code draws: the faster it is, the finer and with more of the curves; without hurry all of it.

    It is first asked for a coarse picture; while hands move (not final), for less, and for no curve. Its errors become the message.
    """
    learner = learner if hurry else Unhurried(learner.fit)
    seconds, sizes = (1.0, (FINE, DRAGGED, 50)) if final else (0.1, (DRAGGED, 50))
    try:
        masks = _masks(plane, learner, COARSE) if final else None
        size = next((size for size in sizes if learner.affords(size**2, seconds)), COARSE)
        if masks is None or size != COARSE:
            masks = _masks(plane, learner, size)
    except Exception as error:  # whatever the learner's code does, the widget lives on
        return Boundary(np.zeros((COARSE, COARSE), np.uint8), {}, one_line(error, "fit"))
    return Boundary(masks, _curves(plane, learner) if final else {})


def _masks(plane: Plane, learner: Learner, size: int) -> np.ndarray:
    labels = learner.labels(plane.X, plane.y, plane.k, pixel_centres(plane.view, size), plane.classes)
    return (1 << labels).astype(np.uint8).reshape(size, size)


def _curves(plane: Plane, learner: Learner) -> dict[str, dict[int, float]]:
    """{name: {k: accuracy}} for the k at which the learner's code works, or for the current k alone if it is slow."""
    curves: dict[str, dict[int, float]] = {}
    for name, (Q, wanted) in plane.judges.items():
        for k in plane.ks if learner.affords(len(plane.ks) * len(Q), 1.0) else [plane.k]:
            try:
                got = learner.labels(plane.X, plane.y, k, Q, plane.classes)
            except Exception:  # the message comes when this k is chosen
                continue
            curves.setdefault(name, {})[k] = float(np.mean(got == wanted))
    return curves
