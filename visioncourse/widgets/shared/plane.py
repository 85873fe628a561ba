"""Classes in the plane: their names, colours and marks, and the colours of their regions; esm/plane.js paints the same."""

import numpy as np

NAMES = ("circle", "square", "triangle", "diamond")
COLORS = ("#004488", "#DDAA33", "#BB5566", "#66CCEE")  # Paul Tol, high contrast; then the cyan of his bright scheme
MARKERS = ("o", "s", "^", "D")
WHITE = 0.4  # share of white in the colour of a region: more, and colour-blind eyes lose the third class
STRIPES = 50  # half-periods of a tie's hatching along one side


def pixel_centres(view: tuple[float, float, float], size: int) -> np.ndarray:
    """Centres of size x size cells of the square view = (left, bottom, side), (size*size, 2), top row first."""
    left, bottom, side = view
    t = (np.arange(size) + 0.5) / size
    x, y = np.meshgrid(left + t * side, bottom + (1 - t) * side)
    return np.column_stack([x.ravel(), y.ravel()])


def paint(masks: np.ndarray) -> np.ndarray:
    """Colours (H, W, 3) uint8 of masks (H, W): the tint of the winner, stripes of the tints of those that tie."""
    full = np.array([[int(color[i : i + 2], 16) for i in (1, 3, 5)] for color in COLORS])
    tints = np.round(full * (1 - WHITE) + 255 * WHITE).astype(np.uint8)
    stripe = np.add.outer(np.arange(len(masks)), np.arange(masks.shape[1])) * STRIPES // len(masks)
    colors = np.full((*masks.shape, 3), 238, np.uint8)
    for mask in np.unique(masks[masks > 0]):
        tied = [c for c in range(len(NAMES)) if mask >> c & 1]
        here = masks == mask
        colors[here] = tints[np.array(tied)[stripe[here] % len(tied)]]
    return colors
