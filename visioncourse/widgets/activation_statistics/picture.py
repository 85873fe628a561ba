"""Signals through a deep network before any training: activations forward, gradients backward, and their picture.

signals.js computes the same numbers; tests/widgets/test_activation_statistics.py keeps both equal to torch.
"""

import numpy as np

from ..shared.png import plain_figure, to_png
from ..shared.random_numbers import normals

N, WIDTH, BINS = 128, 64, 31  # examples, units in each layer (and inputs), bars of a histogram
FORWARD, BACKWARD = "#004488", "#CC5511"
INITS = {"zero": "zero", "small": "small (0.01)", "large": "large (1)", "xavier": "Xavier", "he": "He"}
NAMES = {"linear": "none", "sigmoid": "sigmoid", "tanh": "tanh", "relu": "ReLU", "leaky": "leaky ReLU", "elu": "ELU", "gelu": "GELU"}


def scale(init: str, fan_in: int, fan_out: int) -> float:
    """Standard deviation of the weights. Xavier: Glorot and Bengio (2010); He: He and others (2015)."""
    return {"zero": 0.0, "small": 0.01, "large": 1.0, "xavier": np.sqrt(2 / (fan_in + fan_out)), "he": np.sqrt(2 / fan_in)}[init]


def bent(z: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """What the nonlinearity makes of z, and its slope there."""
    if name == "sigmoid":
        a = 1 / (1 + np.exp(-np.clip(z, -700, 700)))
        return a, a * (1 - a)
    if name == "tanh":
        a = np.tanh(z)
        return a, 1 - a * a
    if name == "gelu":  # in the form with tanh
        inner = np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))
        return z * (1 + inner) / 2, (1 + inner) / 2 + z * (1 - inner**2) * np.sqrt(2 / np.pi) * (1 + 0.134145 * z**2) / 2
    if name == "elu":
        low = np.exp(np.minimum(z, 0))
        return np.where(z > 0, z, low - 1), np.where(z > 0, 1, low)
    slope = np.where(z > 0, 1.0, {"linear": 1.0, "relu": 0.0, "leaky": 0.01}[name])
    return z * slope, slope


def passes(nonlinearity: str, init: str, gain: float, depth: int, norm: bool, seed: int) -> list[dict]:
    """For each layer: activations a (N, WIDTH), gradients da by them, flat (N, WIDTH).

    Inputs and the gradient that enters behind the last layer are standard normal. norm: batch normalization before the
    nonlinearity (scale 1, shift 0). flat: where the slope is below a hundredth of the steepest, so that next to nothing comes back.
    """
    h, layers = normals(1000 * seed, N * WIDTH).reshape(N, WIDTH), []
    for depth_of in range(depth):
        W = normals(1000 * seed + 100 + depth_of, WIDTH * WIDTH).reshape(WIDTH, WIDTH) * (gain * scale(init, WIDTH, WIDTH))
        z, spread = h @ W, None
        if norm:
            spread = np.sqrt(z.var(axis=0) + 1e-5)
            z = (z - z.mean(axis=0)) / spread
        h, slope = bent(z, nonlinearity)
        steepest = 0.25 if nonlinearity == "sigmoid" else 1.0
        layers.append({"W": W, "z": z, "spread": spread, "slope": slope, "a": h, "flat": np.abs(slope) < 0.01 * steepest})
    d = normals(1000 * seed + 1, N * WIDTH).reshape(N, WIDTH)
    for layer in reversed(layers):
        layer["da"] = d
        dz = d * layer["slope"]
        if norm:
            dz = (dz - dz.mean(axis=0) - layer["z"] * (dz * layer["z"]).mean(axis=0)) / layer["spread"]
        d = dz @ layer["W"].T
    return layers


def statistics(layers: list[dict]) -> list[dict]:
    """For each layer the mean and std of the activations, the std of the gradients, and the shares of flat places and dead units.

    A unit is dead when it is flat for every example.
    """
    return [{"mean": float(layer["a"].mean()), "std": float(layer["a"].std()), "back": float(layer["da"].std()),
             "flat": float(layer["flat"].mean()), "dead": float(layer["flat"].all(axis=0).mean())} for layer in layers]


def reach(values: list[np.ndarray]) -> float:
    """How far histograms that share a scale go to either side: to the largest three standard deviations (from 0)."""
    return max(1e-30, *(3 * float(np.sqrt((v * v).mean())) for v in values))


def counts(values: np.ndarray, limit: float) -> np.ndarray:
    """How many values fall into each of BINS bars from -limit to limit; the outer bars take what lies beyond."""
    bar = np.clip(np.floor((values.ravel() / limit + 1) / 2 * BINS), 0, BINS - 1).astype(int)
    return np.bincount(bar, minlength=BINS)


def draw(layers: list[dict], title: str) -> bytes:
    """PNG of the histograms of activations (above) and gradients (below) in each layer, and of their std against the layer."""
    known, depth = statistics(layers), len(layers)
    with plain_figure(1000, 470) as figure:
        figure.suptitle(title, fontsize=12)
        grid = figure.add_gridspec(3, depth, height_ratios=(1, 1, 1.3), left=0.07, right=0.98, top=0.88, bottom=0.1,
                                   hspace=0.35, wspace=0.1)
        for line, (key, color, name) in enumerate((("a", FORWARD, "activations"), ("da", BACKWARD, "gradients"))):
            limit = reach([layer[key] for layer in layers])
            for n, layer in enumerate(layers):
                ax = figure.add_subplot(grid[line, n])
                ax.stairs(np.sqrt(counts(layer[key], limit)), np.linspace(-1, 1, BINS + 1), fill=True, color=color)
                ax.set(xticks=[], yticks=[], xlim=(-1, 1), ylim=(0, np.sqrt(N * WIDTH)), ylabel="" if n else name)
                said = f"{n + 1}: dead {known[n]['dead']:.0%}" if key == "a" else f"std {known[n]['back']:.1e}"
                ax.set_title(said, fontsize=8 if depth < 11 else 6.5)
        chart = figure.add_subplot(grid[2, :])
        for key, color, style, name in (("std", FORWARD, "o-", "activations"), ("back", BACKWARD, "D--", "gradients")):
            chart.semilogy(range(1, depth + 1), [max(stats[key], 1e-30) for stats in known], style, color=color, label=name)
        low, high = limits(known)
        chart.set(xlabel="layer", ylabel="std", ylim=(low, high), xticks=range(1, depth + 1), xlim=(0.5, depth + 0.5))
        chart.grid(alpha=0.3)
        chart.legend(fontsize=9)
        return to_png(figure)


def limits(known: list[dict]) -> tuple[float, float]:
    """Lowest and highest std that the chart shows: all that are above 1e-12, and at least from 0.1 to 10."""
    seen = [stats[key] for stats in known for key in ("std", "back") if stats[key] > 1e-12]
    return min([0.1, *(v / 2 for v in seen)]), max([10, *(2 * v for v in seen)])
