"""Pictures that are small enough to be computed with cell by cell, and to be shown so."""

import functools

import numpy as np

from ..shared.photos import PHOTOS, gray_photo

SIDE, LARGEST = 40, 64  # pixels along the photographs, and at most along a picture of your own
STOCK = {**dict.fromkeys(PHOTOS, (SIDE, SIDE)), "numbers": (8, 8)}  # shapes of the pictures that come with the widget


def own(image) -> np.ndarray:
    """The learner's picture as numbers (H, W)."""
    image = np.asarray(image, float)
    image = image.mean(axis=2) if image.ndim == 3 and image.shape[2] == 3 else image
    if image.ndim != 2 or not all(3 <= side <= LARGEST for side in image.shape):
        raise ValueError(f"image has shape {image.shape}; wanted (H, W) or (H, W, 3), 3 to {LARGEST} pixels on a side")
    if not np.isfinite(image).all():
        raise ValueError("image holds values that are not finite numbers")
    return image


def white(image: np.ndarray) -> float:
    """What is drawn white: 255 for bytes, 1 for shares, else the largest value."""
    top = float(image.max())
    return next((limit for limit in (1.0, 255.0) if limit / 4 < top <= limit), top if top > 0 else 1.0)


@functools.cache
def stock(name: str) -> np.ndarray:
    """A picture of STOCK: a photograph (40, 40), or whole numbers (8, 8)."""
    if name == "numbers":
        bright = np.add.outer(np.arange(8), np.arange(8)) > 6
        return np.where(bright, 9.0, 1.0) + np.eye(8)
    from PIL import Image

    return np.asarray(Image.fromarray(gray_photo(name)).resize((SIDE, SIDE), Image.Resampling.BOX), float)
