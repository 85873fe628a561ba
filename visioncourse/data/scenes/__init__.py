"""Scenes: a small procedural world of pictures whose every fact is known. No download, no licence, NumPy only.

Picture `i` of a (seed, preset, split) is always the same, made alone or among thousands.
At another `size` it shows the same thing; under another `preset` the same kind of object, in a look that is harder to read.
"""

from dataclasses import fields
from itertools import chain

import numpy as np

from ..arguments import checked_choice, checked_integer
from .groups import MOST_OBJECTS, SeveralObjects, paint_several
from .singles import SingleObjects, paint_singles
from .world import BACKGROUND_NAMES, CLASSES, COLOR_NAMES, COLOR_RGB, HELD_OUT, PRESETS, SIZES, SPLITS, VERSION

SMALLEST, LARGEST = 16, 128  # picture sizes in pixels
MOST_BYTES = 4 * 2**30

__all__ = [
    "BACKGROUND_NAMES", "CLASSES", "COLOR_NAMES", "COLOR_RGB", "HELD_OUT", "MOST_OBJECTS", "PRESETS", "SIZES", "SPLITS",
    "VERSION", "SeveralObjects", "SingleObjects", "several", "single",
]


def single(
    count: int, *, size: int = 32, preset: str = "default", seed: int = 0, split: str = "train", start: int = 0,
) -> SingleObjects:
    """Pictures number start, ..., start + count - 1 of one object each.

    size in pixels (16 to 128); preset "default", "hard" or "clean"; split "train", "val", "test" or "held-out",
    the last with the class and color combinations that the others never have. Raises ValueError for anything else.
    """
    indices = checked_indices(count, size, preset, seed, split, start)
    return _joined(paint_singles(indices, size, PRESETS[preset], seed, split))


def several(
    count: int, *, size: int = 64, preset: str = "default", seed: int = 0, split: str = "train", start: int = 0,
) -> SeveralObjects:
    """Pictures number start, ..., start + count - 1 of one to four objects; arguments as for `single`.

    Presets change light, texture and noise; there is no clutter, so that every shape in a picture is listed.
    In the split "held-out" all objects have held-out combinations of class and color.
    """
    indices = checked_indices(count, size, preset, seed, split, start)
    return _joined(paint_several(indices, size, PRESETS[preset], seed, split))


def images_and_labels(
    count: int, *, size: int, preset: str, seed: int, split: str, start: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """As `single`, but only images (N, S, S, 3) uint8 and labels (N,) int64, so that memory holds little else."""
    indices = checked_indices(count, size, preset, seed, split, start)
    images, labels = np.empty((count, size, size, 3), np.uint8), np.empty(count, np.int64)
    done = 0
    for batch in paint_singles(indices, size, PRESETS[preset], seed, split):
        images[done:done + len(batch)], labels[done:done + len(batch)] = batch.images, batch.labels
        done += len(batch)
    return images, labels


def checked_indices(count, size, preset, seed, split, start) -> np.ndarray:
    """The picture numbers asked for, once everything about the request is known to make sense; (N,) int64."""
    count = checked_integer("count", count, least=1)
    size = checked_integer("size", size, least=SMALLEST, most=LARGEST, unit="pixels")
    start = checked_integer("start", start, least=0, most=2**62)
    checked_integer("seed", seed, least=0, most=2**63 - 1)
    checked_choice("preset", preset, PRESETS)
    checked_choice("split", split, SPLITS)
    if count * size * size * 3 > MOST_BYTES:
        most = MOST_BYTES // (size * size * 3)
        raise ValueError(f"{count:,} pictures of {size} pixels take more than {MOST_BYTES >> 30} GiB: at most {most:,} at a time")
    return np.arange(start, start + count, dtype=np.int64)


def _joined(batches):
    """One record of the whole from records of the same kind for each batch."""
    batches = list(batches)
    columns = ([getattr(batch, field.name) for batch in batches] for field in fields(batches[0]))
    whole = (tuple(chain(*parts)) if isinstance(parts[0], tuple) else np.concatenate(parts) for parts in columns)
    return type(batches[0])(*whole)
