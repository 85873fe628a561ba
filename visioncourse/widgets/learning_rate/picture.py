"""Minibatch SGD of a softmax classifier on a fixed set of examples, and the picture of its loss curves.

sgd.js computes the same losses from the same random batches; tests/widgets/test_learning_rate.py keeps the two equal.
"""

import functools
from collections.abc import Iterator

import numpy as np

from ..shared.png import plain_figure, to_png

N, D, C = 256, 6, 4  # examples, features with the column of ones, classes


@functools.cache
def examples() -> tuple[np.ndarray, np.ndarray]:
    """X (N, D) with a last column of ones, and labels (N,): overlapping clouds, one direction much wider than another."""
    rng = np.random.default_rng(3)
    y = np.arange(N) % C
    X = rng.normal(size=(C, D))[y] + rng.normal(size=(N, D))
    X = X * [2.0, 1.5, 1.0, 0.6, 0.3, 0] + [0, 0, 0, 0, 0, 1]
    return np.round(X, 3), y


def generator(seed: int) -> Iterator[float]:
    """Uniform numbers from 0 to 1, the same as in the browser (mulberry32, a public-domain generator of Tommy Ettinger)."""
    state, mask = seed & 0xFFFFFFFF, 0xFFFFFFFF
    while True:
        state = (state + 0x6D2B79F5) & mask
        t = ((state ^ (state >> 15)) * (1 | state)) & mask
        t = (t + ((t ^ (t >> 7)) * (61 | t)) & mask) ^ t
        yield ((t ^ (t >> 14)) & mask) / 4294967296


def mean_loss(X: np.ndarray, y: np.ndarray, W: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean cross-entropy of W (D, C) on X (N, D) with labels y (N,), and its gradient (D, C)."""
    scores = X @ W
    scores = scores - scores.max(axis=1, keepdims=True)
    p = np.exp(scores)
    p /= p.sum(axis=1, keepdims=True)
    rows = np.arange(len(y))
    loss = float(np.mean(np.log(np.exp(scores).sum(axis=1)) - scores[rows, y]))
    p[rows, y] -= 1
    return loss, X.T @ p / len(y)


def train(X: np.ndarray, y: np.ndarray, classes: int, rate: float, batch: int, steps: int, seed: int) -> np.ndarray:
    """Losses of the whole set before each step and after the last (steps + 1,); a batch of len(y) is the whole set."""
    numbers, N = generator(seed), len(y)
    W, losses = np.zeros((X.shape[1], classes)), []
    for _ in range(steps):
        loss, gradient = mean_loss(X, y, W)
        losses.append(loss)
        if batch < N:
            rows = [int(next(numbers) * N) for _ in range(batch)]
            gradient = mean_loss(X[rows], y[rows], W)[1]
        W = W - rate * gradient
    return np.array([*losses, mean_loss(X, y, W)[0]])


def draw(curve: np.ndarray, rates, final, rate: float, batch: int, classes: int, title: str) -> bytes:
    """PNG of the loss against the step on the left and of the last loss against the learning rate on the right."""
    guess = np.log(classes)
    with plain_figure(900, 380) as figure:
        left, right = figure.subplots(1, 2, width_ratios=(3, 2))
        figure.subplots_adjust(left=0.06, right=0.98, top=0.9, bottom=0.13, wspace=0.17)
        left.plot(curve, color="#004488", lw=1.8)
        left.set(title=title, xlabel="step", ylabel="loss of the whole set", xlim=(0, len(curve) - 1), ylim=(0, 2.2 * guess))
        right.semilogx(rates, np.minimum(final, 2.2 * guess), "o-", color="#004488", ms=3)
        right.axvline(rate, color="#222222", lw=6, alpha=0.15)
        right.set(title="Loss after the last step", xlabel=f"learning rate (batch of {batch})", ylim=(0, 2.2 * guess))
        for ax in (left, right):
            ax.axhline(guess, color="#777777", ls=":", lw=1)
            ax.text(0.03, 1 / 2.2 + 0.01, "guessing", transform=ax.transAxes, va="bottom", color="#555555", fontsize=9)
            ax.grid(alpha=0.3)
        return to_png(figure)
