"""Point sets for the plane, each with the view (left, bottom, side) and the number of classes that a widget shows first."""

import functools

import numpy as np

Cloud = tuple[float, float, float, int, int]  # centre x, centre y, spread, points, label
TRAINING_SETS = ("spirals", "moons", "wrong labels")


def knn_presets() -> dict[str, dict]:
    """Training and held-out points by name: {"points": [[x, y, label], ...], "held_out": ..., "view": ..., "classes": n}."""
    corners = [(0.3, 0.32), (0.7, 0.36), (0.48, 0.72), (0.82, 0.8)]
    blobs = [(*centre, 0.15, 18, c) for c, centre in enumerate(corners)]
    imbalance = [(0.42, 0.45, 0.17, 46, 0), (0.68, 0.62, 0.07, 7, 1), (0.22, 0.78, 0.07, 7, 2), (0.75, 0.2, 0.07, 7, 3)]
    tight = [(0.27, 0.35, 0.08, 16, 0), (0.72, 0.6, 0.08, 16, 1), (0.25, 0.8, 0.06, 12, 2), (0.75, 0.18, 0.06, 12, 3)]
    strays = [[0.29, 0.37, 1], [0.7, 0.62, 0]]
    corners_free = [(0.12, 0.12, 0.05, 12, 2), (0.88, 0.88, 0.05, 12, 3)]
    return {
        "blobs": _preset(3, lambda rng: _clouds(rng, blobs)),
        "imbalance": _preset(2, lambda rng: _clouds(rng, imbalance)),
        "outlier": _preset(2, lambda rng: _clouds(rng, tight), strays),
        "moons": _preset(2, lambda rng: _moons(rng) + _clouds(rng, corners_free)),
    }


def linear_presets() -> dict[str, dict]:
    """Points by name in the same form, two or three classes and none held out."""
    rng = np.random.default_rng(5)

    def cloud(x, y, n, c, spread=0.33):
        return [[*np.round(rng.normal((x, y), spread), 2).tolist(), c] for _ in range(n)]

    clouds = cloud(-0.9, -0.6, 7, 0) + cloud(0.9, -0.5, 7, 1) + cloud(0, 1.0, 7, 2)
    two = cloud(-0.9, 0, 9, 0, 0.3) + cloud(0.6, 0.2, 9, 1, 0.3)
    corners = cloud(-1, -1, 6, 0, 0.25) + cloud(1, 1, 6, 0, 0.25) + cloud(-1, 1, 6, 1, 0.25) + cloud(1, -1, 6, 1, 0.25)
    around = np.arange(12) * np.pi / 6
    ring = cloud(0, 0, 8, 0, 0.25) + [[round(1.4 * float(np.cos(a)), 2), round(1.4 * float(np.sin(a)), 2), 1] for a in around]
    sets = {"clouds": (clouds, 3), "one stray": (two + [[1.7, 1.6, 0]], 2), "opposite corners": (corners, 2), "ring": (ring, 2)}
    return {name: {"points": points, "held_out": [], "view": (-2.0, -2.0, 4.0), "classes": n} for name, (points, n) in sets.items()}


@functools.cache
def training_points(name: str) -> dict:
    """Points [x, y, label] to train on and held out, with the view (left, bottom, side) and the number of classes."""
    rng = np.random.default_rng(11)

    def draw(n: int, wrong: float):
        classes = 3 if name == "spirals" else 2
        y, t = np.arange(n) % classes, rng.random(n)
        if name == "spirals":
            angle = 2 * np.pi * (y / 3 + 0.75 * t) + rng.normal(0, 0.12, n)
            X = (0.15 + 1.6 * t)[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
        elif name == "moons":
            arcs = np.column_stack([np.cos(np.pi * t) + y - 0.5, np.sin(np.pi * t) * (1 - 2 * y) + y / 2 - 0.25])
            X = arcs * 1.2 + rng.normal(0, 0.2, (n, 2))
        else:
            X = rng.normal(0, 0.75, (n, 2)) + np.array([-0.7, 0.7])[y][:, None]
        y = np.where(rng.random(n) < wrong, (y + 1) % classes, y)
        return [[*np.round(x, 3).tolist(), int(c)] for x, c in zip(np.clip(X, -1.95, 1.95), y, strict=True)]

    train = draw(40, 0.2) if name == "wrong labels" else draw(200, 0)
    return {"train": train, "held_out": draw(200, 0), "view": (-2, -2, 4), "classes": 3 if name == "spirals" else 2}


def _preset(classes, sample, extra=()):
    points, held_out = sample(np.random.default_rng(7)), sample(np.random.default_rng(8))
    return {"points": points + list(extra), "held_out": held_out, "view": (0.0, 0.0, 1.0), "classes": classes}


def _clouds(rng, clouds: list[Cloud]):
    return [point for x, y, spread, n, c in clouds for point in _rounded(rng.normal((x, y), spread, (n, 2)), c)]


def _moons(rng):
    angle = np.linspace(0, np.pi, 22)
    upper = np.column_stack([0.38 + 0.27 * np.cos(angle), 0.47 + 0.3 * np.sin(angle)])
    lower = np.column_stack([0.62 - 0.27 * np.cos(angle), 0.53 - 0.3 * np.sin(angle)])
    return [point for c, arc in enumerate((upper, lower)) for point in _rounded(rng.normal(arc, 0.045), c)]


def _rounded(xy, label):
    return [[round(float(x), 3), round(float(y), 3), label] for x, y in np.clip(xy, 0.02, 0.98)]
