"""Point sets for the plane, four classes each, of which a widget shows the first few."""

import numpy as np

Cloud = tuple[float, float, float, int, int]  # centre x, centre y, spread, points, label


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
