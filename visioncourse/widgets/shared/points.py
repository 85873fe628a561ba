"""Sets of points for the plane, a learner's own among them, or what is wrong with those."""

from typing import Any

import numpy as np

from .arguments import one_of

MOST_POINTS = 300


def point_sets(presets: dict, preset=None, X=None, y=None, held_out=None, classes=None) -> tuple[dict[str, dict], str]:
    """The sets that a widget offers, own points before the presets, and the name of the one it begins with.

    ValueError says what does not fit.
    """
    if (X is None) != (y is None) or (X is not None and preset):
        raise ValueError("give X and y together, or a preset, or none of them")
    if X is None and held_out is not None:
        raise ValueError("held_out goes with X and y; a preset brings its own")
    sets = presets if X is None else {"yours": own_points(X, y, held_out, classes)} | presets
    first = preset or next(iter(sets))
    one_of(sets, preset=first)
    return sets, first


def columns(points: list) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates (N, 2) and labels (N,) of points [[x, y, label], ...]."""
    table = np.array(points, float).reshape(-1, 3)
    return table[:, :2], table[:, 2].astype(np.int64)


def own_points(X, y, held_out=None, classes=None) -> dict:
    """X (N, 2) and y (N,) in the form of a preset, in a square view with a margin; ValueError says what is wrong with them."""
    points = _points(X, y, "X", "y")
    held = _points(*_pair(held_out), "held_out's X", "held_out's y") if held_out is not None else []
    if not 1 <= len(points) <= MOST_POINTS:
        raise ValueError(f"X has {len(points)} points; give 1 to {MOST_POINTS}, so that hands can move them")
    largest = max(label for *_, label in points + held)
    shown = max(2, largest + 1) if classes is None else classes
    if largest >= shown or largest > 3:
        raise ValueError(f"the label {largest} is out of range: labels are 0 to {min(shown, 4) - 1}")
    xy = np.array(points + held)[:, :2]
    side = 1.16 * (float(np.ptp(xy, axis=0).max()) or 1.0)
    left, bottom = (xy.min(axis=0) + xy.max(axis=0)) / 2 - side / 2
    return {"points": points, "held_out": held, "view": (float(left), float(bottom), side), "classes": shown}


def _pair(held_out) -> tuple[Any, Any]:
    if not isinstance(held_out, (tuple, list)) or len(held_out) != 2:
        raise ValueError("held_out must be a pair (Xh, yh)")
    return held_out[0], held_out[1]


def _points(X, y, X_name: str, y_name: str) -> list[list]:
    X, y = np.asarray(X, float), np.asarray(y)
    if X.ndim != 2 or X.shape[1] != 2:
        raise ValueError(f"{X_name} has shape {X.shape}; wanted (N, 2), one row of two coordinates for each point")
    if y.shape != (len(X),):
        raise ValueError(f"{y_name} has shape {y.shape}; wanted {(len(X),)}, one label for each point")
    if not np.isfinite(X).all():
        raise ValueError(f"{X_name} holds {np.count_nonzero(~np.isfinite(X))} values that are not finite numbers")
    if not np.isin(y, np.arange(4)).all():
        raise ValueError(f"{y_name} holds the label {y[~np.isin(y, np.arange(4))][0]}; labels are 0, 1, 2 or 3")
    return [[float(a), float(b), int(label)] for (a, b), label in zip(X, y, strict=True)]
