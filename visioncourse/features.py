"""Hand-made descriptions of a picture: histograms of oriented gradients and of hue, and a table of them for many pictures."""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.colors import rgb_to_hsv

CELL = 8                                               # pixels along the side of a HOG cell
ORIENTATIONS = 9                                       # directions, 20 degrees each; a direction and its opposite are one

_GRAY = np.array([0.299, 0.587, 0.114])                # ITU-R BT.601, how bright each colour looks


def extract_features(imgs: np.ndarray, feature_fns: Sequence[Callable[[np.ndarray], np.ndarray]], verbose: bool = False) -> np.ndarray:
    """One row of features for each picture: the results of all functions side by side.

    imgs: (N, H, W, C). feature_fns: each takes one picture and returns one row of numbers. verbose: print how far it is.
    Returns (N, F). Raises ValueError for no picture, no function, or a function that returns no single row.
    """
    if len(imgs) == 0 or len(feature_fns) == 0:
        raise ValueError(f"{len(imgs)} pictures and {len(feature_fns)} feature functions: both must be at least one")
    rows = []
    for i, image in enumerate(imgs):
        parts = [np.asarray(describe(image)) for describe in feature_fns]
        for describe, part in zip(feature_fns, parts, strict=True):
            if part.ndim != 1:
                raise ValueError(f"{getattr(describe, '__name__', 'a feature function')} returned shape {part.shape}: "
                                 "it must return one row of numbers")
        rows.append(np.concatenate(parts))
        if verbose and (i + 1) % 1000 == 0:
            print(f"Done extracting features for {i + 1} / {len(imgs)} images")
    return np.array(rows)


def hog_feature(im: np.ndarray) -> np.ndarray:
    """Histogram of oriented gradients (Dalal and Triggs, 2005), without their normalization over blocks.

    im: (H, W, 3) or (H, W), bytes or floats, at least 8 pixels high and wide. Gradients are central differences, 0 at the border.
    Each cell of 8 by 8 pixels gives 9 numbers, the mean strength of the gradients in each of 9 directions from 0 to 180 degrees.
    Returns them row by row, cell by cell: 144 numbers for 32 by 32 pixels. Rows and columns beyond the last whole cell are left out.
    """
    gray = np.asarray(im, dtype=float) @ _GRAY if np.ndim(im) == 3 else np.asarray(im, dtype=float)
    if gray.ndim != 2 or min(gray.shape) < CELL:
        raise ValueError(f"a picture of shape {np.shape(im)}: it must be (H, W, 3) or (H, W) with at least {CELL} pixels each way")
    gx, gy = np.zeros_like(gray), np.zeros_like(gray)
    gx[:, 1:-1] = gray[:, 2:] - gray[:, :-2]
    gy[1:-1] = gray[2:] - gray[:-2]
    strength = np.hypot(gx, gy)
    direction = np.degrees(np.arctan2(gy, gx)) % 180
    bins = np.minimum((direction * ORIENTATIONS / 180).astype(int), ORIENTATIONS - 1)
    rows, columns = gray.shape[0] // CELL, gray.shape[1] // CELL
    y, x = np.indices((rows * CELL, columns * CELL)) // CELL
    cell = (y * columns + x) * ORIENTATIONS + bins[:rows * CELL, :columns * CELL]
    sums = np.bincount(cell.ravel(), strength[:rows * CELL, :columns * CELL].ravel(), minlength=rows * columns * ORIENTATIONS)
    return sums / CELL ** 2


def color_histogram_hsv(im: np.ndarray, nbin: int = 10, xmin: float = 0, xmax: float = 255, normalized: bool = True) -> np.ndarray:
    """How often each hue occurs: `nbin` numbers over equal intervals of the colour circle.

    im: (H, W, 3) with values from 0 to xmax. xmin, xmax: ends of the scale on which the hue is laid out.
    normalized: the shares, which add up to 1, and not the counts.
    """
    if np.ndim(im) != 3 or np.shape(im)[2] != 3:
        raise ValueError(f"a picture of shape {np.shape(im)}: hue needs three colours, (H, W, 3)")
    hue = rgb_to_hsv(np.asarray(im, dtype=float) / xmax)[..., 0] * xmax
    counts, _ = np.histogram(hue, bins=nbin, range=(xmin, xmax))
    return counts / max(counts.sum(), 1) if normalized else counts
