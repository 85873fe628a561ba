"""Photographs that come with the course, as small gray squares."""

import numpy as np

SIDE = 128  # pixels along a square
PHOTOS = {"astronaut": (0, 128, 256), "chelsea": (0, 80, 300), "coffee": (0, 90, 400), "motorcycle": (100, 280, 400)}  # top, left, side


def gray_photo(name: str) -> np.ndarray:
    """The photograph as bytes (128, 128)."""
    from PIL import Image

    from ...data import photo

    top, left, side = PHOTOS[name]
    square = Image.fromarray(photo(name)[top : top + side, left : left + side]).convert("L")
    return np.asarray(square.resize((SIDE, SIDE), Image.Resampling.BOX))
