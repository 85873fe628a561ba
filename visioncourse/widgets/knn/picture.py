"""Votes, decision regions and accuracies of k nearest neighbours in the plane, and their picture.

A region is a mask of the classes with the most votes (bit c for class c): a power of two is a clear winner, anything
else a tie. votes.js computes the same masks; tests/widgets/test_knn_votes.py keeps the two equal.
"""

import numpy as np

from ..shared.plane import COLORS, MARKERS, NAMES, paint, pixel_centres
from ..shared.png import plain_figure, to_png


def votes(X: np.ndarray, y: np.ndarray, Q: np.ndarray, k: int, metric: str, classes: int) -> np.ndarray:
    """Votes (M, classes) of the k points of X (N, 2) nearest to each of Q (M, 2); of equally near points the earlier."""
    dx, dy = Q[:, :1] - X[:, 0], Q[:, 1:] - X[:, 1]
    distance = dx * dx + dy * dy if metric == "l2" else abs(dx) + abs(dy)  # (M, N)
    farthest = np.partition(distance, k - 1, axis=1)[:, k - 1 : k]
    nearer, level = distance < farthest, distance == farthest
    places = k - nearer.sum(axis=1, keepdims=True)
    chosen = nearer | (level & (level.cumsum(axis=1) <= places))
    return (chosen.astype(np.float32) @ np.eye(classes, dtype=np.float32)[y]).astype(int)


def winners(count: np.ndarray) -> np.ndarray:
    """Mask (M,) uint8 of the classes that share the most votes in each row of count (M, classes)."""
    most = count == count.max(axis=1, keepdims=True)
    return (most << np.arange(count.shape[1])).sum(axis=1).astype(np.uint8)


def ties(masks: np.ndarray) -> np.ndarray:
    """Whether each mask names more than one class."""
    return (masks & (masks - 1)) > 0


def regions(X, y, k, metric, classes, view, size) -> np.ndarray:
    """Masks (size, size) of the winners at each cell of the view, top row first."""
    return winners(votes(X, y, pixel_centres(view, size), k, metric, classes)).reshape(size, size)


def accuracies(X, y, Q, labels, metric, classes, ks) -> dict[int, float]:
    """{k: share of Q whose label is the winner} for each k of ks; a tie goes to the smaller label."""
    return {k: float((votes(X, y, Q, k, metric, classes).argmax(axis=1) == labels).mean()) for k in ks}


def draw(X, y, k, view, masks, curves: dict[str, dict[int, float]], title: str, message: str = "") -> bytes:
    """PNG of the regions with the points on the left and the accuracies against k on the right.

    curves maps a name to {k: accuracy}; message is printed across the plane, for code that could not run.
    """
    left, bottom, side = view
    with plain_figure(900, 470) as figure:
        plane = figure.add_axes((0.055, 0.105, 0.434, 0.83))
        box = (left, left + side, bottom, bottom + side)
        plane.imshow(paint(masks), extent=box, interpolation="nearest")
        for c in np.unique(y):
            at = X[y == c].T
            label = f"{NAMES[c]} (class {c})"
            plane.scatter(*at, s=44, c=COLORS[c], marker=MARKERS[c], edgecolors="white", linewidths=1.1, label=label)
        plane.set(xlim=box[:2], ylim=box[2:], title=title, xlabel="$x_1$", ylabel="$x_2$")
        plane.text(0.5, 0.5, message, transform=plane.transAxes, ha="center", va="center", wrap=True,
                   bbox={"facecolor": "white", "edgecolor": "#BB5566", "pad": 8}, visible=bool(message))

        chart = figure.add_axes((0.58, 0.36, 0.4, 0.575))
        lines = {"training": ("-", "o", "#222222"), "held out": ("--", "D", "#8A3B8F")}
        for name, curve in curves.items():
            style, marker, color = lines[name]
            chart.plot(list(curve), [100 * v for v in curve.values()], style, marker=marker, ms=4, color=color,
                       label=f"{name} points")
        chart.axvline(k, color="#222222", lw=6, alpha=0.15)
        chart.set(title="Accuracy against k", xlabel="k", ylabel="% right", xticks=range(1, 16, 2), xlim=(0.4, 15.6))
        lowest = min([50, *(10 * np.floor(10 * v) for curve in curves.values() for v in curve.values())])
        chart.set_ylim(lowest - 1.5, 101.5)
        chart.grid(alpha=0.3)
        if curves:
            chart.legend(loc="lower left", fontsize=9)
        handles, labels = plane.get_legend_handles_labels()
        figure.legend(handles, labels, loc="lower left", bbox_to_anchor=(0.572, 0.09), ncols=2, frameon=False)
        figure.text(0.583, 0.065, "Stripes mark ties.", fontsize=9, color="#444444",
                    visible=bool(ties(masks).any()))
        return to_png(figure)
