"""Training of a small network in the plane under a learning rate that moves, and the picture of its curves.

net.js trains the same network; tests/widgets/test_babysitter.py keeps both equal to torch.
"""

import numpy as np

from ..shared.plane import COLORS, MARKERS, paint, pixel_centres
from ..shared.png import plain_figure, to_png
from ..shared.random_numbers import normals, uniforms

HIDDEN, MOST = 24, 1500   # units in each of two hidden layers, steps at most
RIGHT = 1e-3              # the update/weight ratio that the rule of thumb wants
TRAIN, HELD, RATE = "#222222", "#8A3B8F", "#CC5511"


def fresh(seed: int, classes: int) -> list[list[np.ndarray]]:
    """Weights and biases [[W (in, out), b (out,)], ...] after He and others (2015); the last layer a tenth of it, and so it guesses."""
    net = []
    for n, (fan_in, fan_out) in enumerate(((2, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, classes))):
        size = np.sqrt(2 / fan_in) * (0.1 if n == 2 else 1)
        net.append([size * normals(1000 * seed + n, fan_in * fan_out).reshape(fan_in, fan_out), np.zeros(fan_out)])
    return net


def forward(net, X: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """Inputs of every layer and the scores (N, C) of the last; ReLU between the layers."""
    inputs = [X]
    for W, b in net[:-1]:
        inputs.append(np.maximum(0, inputs[-1] @ W + b))
    return inputs, inputs[-1] @ net[-1][0] + net[-1][1]


def loss_of(scores: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean cross-entropy of scores (N, C) for labels y (N,), and its gradient by the scores."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    p = np.exp(shifted)
    total = p.sum(axis=1, keepdims=True)
    rows = np.arange(len(y))
    loss = float(np.mean(np.log(total[:, 0]) - shifted[rows, y]))
    p /= total
    p[rows, y] -= 1
    return loss, p / len(y)


def step(net, X: np.ndarray, y: np.ndarray, rate: float, l2: float) -> float:
    """One step of SGD in place on the loss plus l2 times the squared weights; length of the update over length of the weights."""
    inputs, scores = forward(net, X)
    d, moved, size = loss_of(scores, y)[1], 0.0, 0.0
    for (W, b), h in zip(net[::-1], inputs[::-1], strict=True):
        dW, db = h.T @ d + 2 * l2 * W, d.sum(axis=0)
        d = (d @ W.T) * (h > 0)
        size, moved = size + (W**2).sum(), moved + (rate * dW**2 * rate).sum()
        W -= rate * dW
        b -= rate * db
    return float(np.sqrt(moved / size)) if size else 0.0


def train(data: dict, rates: dict[int, float], batch: int, l2: float, seed: int, steps: int) -> tuple[list, list[dict]]:
    """The network after `steps` steps, and what was known before each of them and after the last.

    data: train and held_out, each [[x, y, label], ...], and classes. rates: the learning rate from a step on. A record holds
    loss, accuracy, and those of the held out points (held_loss, held_accuracy), the ratio of the step before, and the rate. It ends
    early where the loss is no number any more.
    """
    (X, y), (Xh, yh) = (_split(data[part]) for part in ("train", "held_out"))
    net, log, ratio, rate = fresh(seed, data["classes"]), [], None, rates[0]
    chosen = np.floor(uniforms(1000 * seed + 9, steps * batch).reshape(steps, batch) * len(y)).astype(int)
    with np.errstate(all="ignore"):
        for n in range(steps + 1):
            rate, (scores, held) = rates.get(n, rate), (forward(net, points)[1] for points in (X, Xh))
            loss = loss_of(scores, y)[0]
            log.append({"loss": loss, "accuracy": float((scores.argmax(axis=1) == y).mean()), "held_loss": loss_of(held, yh)[0],
                        "held_accuracy": float((held.argmax(axis=1) == yh).mean()), "ratio": ratio, "rate": rate})
            if n == steps or not np.isfinite(loss):
                break
            ratio = step(net, X[chosen[n]], y[chosen[n]], rate, l2)
    return net, log


def _split(points) -> tuple[np.ndarray, np.ndarray]:
    points = np.array(points)
    return points[:, :2], points[:, 2].astype(int)


def draw(data: dict, net, log: list[dict], title: str) -> bytes:
    """PNG of the regions on the left; of the losses, accuracies, update/weight ratio and learning rate against the step on the right."""
    (X, y), C = _split(data["train"]), data["classes"]
    left, bottom, side = data["view"]
    with plain_figure(950, 500) as figure, np.errstate(all="ignore"):
        grid = figure.add_gridspec(3, 2, width_ratios=(1, 1.15), left=0.04, right=0.98, top=0.91, bottom=0.1, wspace=0.16, hspace=0.42)
        plane = figure.add_subplot(grid[:, 0])
        labels = np.nan_to_num(forward(net, pixel_centres(data["view"], 150))[1]).argmax(axis=1)
        regions = paint((1 << labels).astype(np.uint8).reshape(150, 150))
        plane.imshow(regions, extent=(left, left + side, bottom, bottom + side), interpolation="nearest")
        for c in range(C):
            plane.scatter(*X[y == c].T, s=22, c=COLORS[c], marker=MARKERS[c], edgecolors="white", linewidths=0.7)
        plane.set(title=title, xticks=[], yticks=[])
        guess, steps = np.log(C), np.arange(len(log))
        loss, accuracy, ratio = (figure.add_subplot(grid[n, 1]) for n in range(3))
        for ax, key in ((loss, "loss"), (accuracy, "accuracy")):
            ax.plot(steps, [now[key] for now in log], color=TRAIN, label="training")
            ax.plot(steps, [now[f"held_{key}"] for now in log], "--", color=HELD, label="held out")
        loss.axhline(guess, color="#777777", ls=":", lw=1)
        loss.set(title="loss (dotted: guessing)", ylim=(0, 1.6 * guess))
        loss.legend(fontsize=8, loc="upper right")
        accuracy.set(title="accuracy", ylim=(0, 1.02))
        shares = [np.nan if now["ratio"] is None else max(now["ratio"], 1e-9) for now in log]
        ratio.semilogy(steps, shares, color=TRAIN, lw=1, label="update / weights")
        ratio.semilogy(steps, [now["rate"] for now in log], "--", color=RATE, label="learning rate")
        ratio.axhline(RIGHT, color="#777777", ls=":", lw=1)
        ratio.set(title="update / weights (dotted: the usual 0.001) and learning rate", xlabel="step")
        ratio.legend(fontsize=8, loc="lower right")
        for ax in (loss, accuracy, ratio):
            ax.set_xlim(0, max(20, len(log) - 1))
            ax.title.set_fontsize(10)
            ax.grid(alpha=0.3)
        return to_png(figure)
