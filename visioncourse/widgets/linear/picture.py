"""Scores, losses and gradients of a linear classifier in the plane, and their picture.

losses.js computes the same numbers; tests/widgets/test_linear.py keeps the two equal.
"""

import numpy as np

from ..shared.plane import COLORS, MARKERS, NAMES, paint, pixel_centres
from ..shared.png import plain_figure, to_png

LOSSES = {"svm": "SVM (Weston-Watkins)", "one-vs-all": "one against all", "structured": "structured SVM", "softmax": "softmax"}


def losses_of(scores: np.ndarray, y: np.ndarray, loss: str) -> tuple[np.ndarray, np.ndarray]:
    """Loss of each example (N,) and its gradient by the scores (N, C), for scores (N, C), labels y (N,) and margin 1.

    Where a loss has a corner the gradient is that of its flat side; of equally threatening classes the first one counts.
    """
    rows = np.arange(len(y))
    right = np.eye(scores.shape[1])[y]
    if loss == "softmax":
        shifted = scores - scores.max(axis=1, keepdims=True)
        exponentials = np.exp(shifted)
        total = exponentials.sum(axis=1)
        return np.log(total) - shifted[rows, y], exponentials / total[:, None] - right
    if loss == "one-vs-all":
        sign = 2 * right - 1
        short = np.maximum(0, 1 - sign * scores)
        return short.sum(axis=1), -sign * (short > 0)
    short = np.maximum(0, scores - scores[rows, y][:, None] + 1)
    short[rows, y] = 0
    if loss == "structured":
        short = short * (np.arange(scores.shape[1]) == short.argmax(axis=1)[:, None])
    pushed = (short > 0).astype(float)
    return short.sum(axis=1), pushed - right * pushed.sum(axis=1, keepdims=True)


def evaluate(X: np.ndarray, y: np.ndarray, W: np.ndarray, loss: str, l2: float) -> dict:
    """What there is to know at W (3, C), whose last row is the bias: scores (N, C), each (N,), data, penalty, gradient (3, C).

    The loss is the mean over the examples plus l2 times the sum of the squared weights without the biases.
    """
    X1 = np.column_stack([X, np.ones(len(X))])
    scores = X1 @ W
    each, by_scores = losses_of(scores, y, loss)
    free = W * [[1], [1], [0]]
    return {"scores": scores, "each": each, "data": each.mean(), "penalty": l2 * (free**2).sum(),
            "gradient": X1.T @ by_scores / len(X) + 2 * l2 * free}


def first_weights(classes: int) -> np.ndarray:
    """Weights (3, classes) to begin with: short, in different directions, with small biases."""
    angle = 0.4 + 2 * np.pi * np.arange(classes) / classes
    return np.round(np.stack([0.8 * np.cos(angle), 0.8 * np.sin(angle), np.array([0.4, -0.3, 0.2, -0.4])[:classes]]), 2)


def draw(X, y, W, view, each, gradient, numeric, title: str, said: str) -> bytes:
    """PNG of the regions with zero lines, arrows and margin band on the left, losses of the points and weights on the right.

    numeric: a second gradient (3, C) to stand beside the first, or None. said: the line below the table.
    """
    left, bottom, side = view
    C, size = W.shape[1], 220
    with plain_figure(900, 470) as figure:
        plane = figure.add_axes((0.055, 0.105, 0.434, 0.83))
        box = (left, left + side, bottom, bottom + side)
        cells = pixel_centres(view, size) @ W[:2] + W[2]
        top = np.sort(cells, axis=1)
        pale = (top[:, -1] - top[:, -2] < 1).reshape(size, size, 1)
        colors = paint((1 << cells.argmax(axis=1)).astype(np.uint8).reshape(size, size))
        plane.imshow(np.where(pale, (0.45 * colors + 0.55 * 255).astype(np.uint8), colors), extent=box, interpolation="nearest")
        for c in range(C):
            w, length = W[:2, c], np.hypot(*W[:2, c])
            if length < 1e-9:
                continue
            foot = -W[2, c] * w / length**2
            along = 2 * side * np.array([-w[1], w[0]]) / length
            ends = np.array([foot - along, foot + along]).T
            plane.plot(*ends, color="white", lw=3.5)
            plane.plot(*ends, "--", color=COLORS[c], lw=2)
            plane.annotate("", foot + 0.13 * side * w / length, foot, arrowprops={"arrowstyle": "-|>", "color": COLORS[c], "lw": 2})
        for c in np.unique(y):
            plane.scatter(*X[y == c].T, s=44, c=COLORS[c], marker=MARKERS[c], edgecolors="white", linewidths=1.1,
                          label=f"{NAMES[c]} (class {c})")
        plane.set(xlim=box[:2], ylim=box[2:], title=title, xlabel="$x_1$", ylabel="$x_2$")

        bars = figure.add_axes((0.58, 0.63, 0.4, 0.305))
        bars.bar(range(1, len(X) + 1), each, color=[COLORS[c] for c in y])
        bars.set(title="Loss of each point", xlabel="point", ylim=(0, 1.1 * max(0.5, each.max())))
        handles, labels = plane.get_legend_handles_labels()
        figure.legend(handles, labels, loc="lower left", bbox_to_anchor=(0.572, 0.44), ncols=2, frameon=False, fontsize=9)
        lines = ["class         " + "".join(f"{NAMES[c]:>11s}" for c in range(C))]
        compared = gradient if numeric is None else numeric
        for name, row, below, beside in zip(("w1", "w2", "b"), W, gradient, compared, strict=True):
            lines.append(f"{name:13s} " + "".join(f"{v:11.3f}" for v in row))
            lines.append(f"  {'gradient' if numeric is None else 'yours':11s} " + "".join(f"{v:+11.3f}" for v in below))
            if numeric is not None:
                lines.append("  numerical   " + "".join(f"{v:+11.3f}" for v in beside))
        figure.text(0.56, 0.425, "\n".join(lines), family="monospace", fontsize=8.5 if C < 4 else 7.5, va="top", linespacing=1.25)
        figure.text(0.56, 0.035, said, fontsize=9.5, va="bottom", wrap=True)
        return to_png(figure)
