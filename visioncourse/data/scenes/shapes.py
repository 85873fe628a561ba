"""Signed distance to simple shapes: negative inside, positive outside, in the units of the coordinates.

Coordinates `at` are a pair (x, y) of arrays (N, S, S), x to the right and y down; sizes are numbers or arrays (N, 1, 1).
"""

import numpy as np


def circle(at, center, radius):
    x, y = at
    return np.sqrt((x - center[0]) ** 2 + (y - center[1]) ** 2) - radius


def ellipse(at, center, radii):
    """Close to a distance near the edge, which is all that painting needs."""
    x, y = at
    across, down = radii
    inside = np.sqrt(((x - center[0]) / across) ** 2 + ((y - center[1]) / down) ** 2)
    return (inside - 1) * np.minimum(across, down)


def rectangle(at, center, half):
    x, y = at
    return np.maximum(np.abs(x - center[0]) - half[0], np.abs(y - center[1]) - half[1])


def segment(at, start, end, radius):
    """A line from start to end with round ends."""
    x, y = at
    along_x, along_y = end[0] - start[0], end[1] - start[1]
    length_squared = along_x * along_x + along_y * along_y + 1e-9
    t = ((x - start[0]) * along_x + (y - start[1]) * along_y) / length_squared
    t = np.clip(t, 0, 1)
    return np.sqrt((x - start[0] - t * along_x) ** 2 + (y - start[1] - t * along_y) ** 2) - radius


def polygon(at, *points):
    """A convex polygon, its corners in either order."""
    x, y = at
    edges = list(zip(points, points[1:] + points[:1], strict=True))
    area = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in edges)
    outward = np.where(np.asarray(area) > 0, 1, -1).astype(np.float32)
    distance = None
    for (x0, y0), (x1, y1) in edges:
        along_x, along_y = x1 - x0, y1 - y0
        scale = outward / np.sqrt(np.asarray(along_x * along_x + along_y * along_y, np.float32))
        side = (x - x0) * (along_y * scale) - (y - y0) * (along_x * scale)
        distance = side if distance is None else np.maximum(distance, side)
    return distance


def inside_both(a, b):
    return np.maximum(a, b)


def inside_either(a, b):
    return np.minimum(a, b)


def shrink(distance, margin):
    """The same shape, smaller by margin all around."""
    return distance + margin
