"""`load`: images, labels and class names of any data set of the course, in one format."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from . import cifar10, digits, scenes
from .arguments import checked_choice, checked_integer
from .cache import cache_dir, read_arrays, remember

NAMES = ("scenes", "digits", "cifar10")
_WORTH_KEEPING = 2**21  # pixels of a split: below this (2,048 pictures of 32 px) making them again is as good as reading them


@dataclass(frozen=True)
class Dataset:
    """Images (N, H, W, C) uint8 and labels (N,) int64 of three splits; label k means classes[k]."""

    X_train: np.ndarray
    y_train: np.ndarray
    X_val: np.ndarray
    y_val: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    classes: tuple[str, ...]
    name: str

    def __repr__(self) -> str:
        size = "×".join(map(str, self.X_train.shape[1:]))
        counts = f"{len(self.y_train):,} train, {len(self.y_val):,} val, {len(self.y_test):,} test"
        return f"Dataset({self.name}: {counts}, {size}, {len(self.classes)} classes)"


def load(
    name: str = "scenes", *, train: int | None = None, val: int = 0, test: int = 500,
    size: int | None = None, preset: str = "default", seed: int = 0,
) -> Dataset:
    """A data set: "scenes" (made here, any number of images), "digits" (1,797 of 8×8) or "cifar10" (after a download).

    train, val, test: how many images; train=None means 5,000, for digits all that val and test leave.
    size: pixels, from 16 to 128, for scenes only (None means 32; digits have 8, cifar10 32).
    preset: "default", "hard" or "clean", for scenes only. seed: another world of scenes, another shuffle of digits;
    cifar10 keeps its official order: the first `train` images, the following `val`, the first `test` of its test set.
    Raises ValueError for a request that makes no sense, DataNotFound where a download is missing.
    """
    checked_choice("name", name, NAMES)
    some = checked_integer("train", 5000 if train is None else train, least=1)
    val = checked_integer("val", val, least=0)
    test = checked_integer("test", test, least=0)
    seed = checked_integer("seed", seed, least=0, most=2**63 - 1)
    if name == "scenes":
        return _load_scenes(some, val, test, 32 if size is None else size, preset, seed)
    source = digits if name == "digits" else cifar10
    if size not in (None, source.SIZE):
        raise ValueError(f'size={size!r}: {name} has images of {source.SIZE} pixels; leave size out, or take "scenes"')
    if preset != "default":
        raise ValueError(f'preset={preset!r}: {name} has no presets; leave preset out, or take "scenes"')
    X_train, y_train, X_val, y_val, X_test, y_test = source.splits(None if train is None and name == "digits" else some, val, test, seed)
    return Dataset(X_train, y_train, X_val, y_val, X_test, y_test, classes=source.classes(), name=name)


def status() -> str:
    """What data there are, in a few words, for the line that a notebook prints first."""
    return "data: scenes (built in), cifar10 " + ("here" if cifar10.path().is_file() else "not downloaded")


def _load_scenes(train: int, val: int, test: int, size: int, preset: str, seed: int) -> Dataset:
    for split, count in (("train", train), ("val", val), ("test", test)):
        scenes.checked_indices(max(count, 1), size, preset, seed, split, start=0)
    X_train, y_train = _scenes_split(train, size, preset, seed, "train")
    X_val, y_val = _scenes_split(val, size, preset, seed, "val")
    X_test, y_test = _scenes_split(test, size, preset, seed, "test")
    return Dataset(X_train, y_train, X_val, y_val, X_test, y_test, classes=scenes.CLASSES, name="scenes")


def _scenes_split(count: int, size: int, preset: str, seed: int, split: str) -> tuple[np.ndarray, np.ndarray]:
    """The first `count` pictures of a split, from the cache as far as it goes."""
    if count == 0:
        return np.empty((0, size, size, 3), np.uint8), np.empty(0, np.int64)
    request: dict[str, Any] = dict(size=size, preset=preset, seed=seed, split=split)
    if count * size * size < _WORTH_KEEPING:
        images, labels = _few_scenes(count, size, preset, seed, split)
        return images.copy(), labels.copy()            # whoever loads may change what they get
    path = cache_dir() / f"scenes-v{scenes.VERSION}-{preset}-{size}px-seed{seed}-{split}.npz"
    kept = read_arrays(path)
    if kept is not None and _fits(kept, size):
        X, y = kept["X"], kept["y"]
    else:
        X, y = np.empty((0, size, size, 3), np.uint8), np.empty(0, np.int64)
    if len(y) < count:
        more_X, more_y = scenes.images_and_labels(count - len(y), start=len(y), **request)
        X, y = np.concatenate([X, more_X]), np.concatenate([y, more_y])
        remember(path, {"X": X, "y": y})
    return X[:count], y[:count]


@lru_cache(maxsize=6)                                  # at most 6 MB each: a check loads the same pictures for every answer that it tries
def _few_scenes(count: int, size: int, preset: str, seed: int, split: str) -> tuple[np.ndarray, np.ndarray]:
    return scenes.images_and_labels(count, size=size, preset=preset, seed=seed, split=split)


def _fits(kept: dict[str, np.ndarray], size: int) -> bool:
    return (
        kept.keys() == {"X", "y"} and kept["X"].dtype == np.uint8 and kept["y"].dtype == np.int64
        and kept["X"].shape[1:] == (size, size, 3) and kept["y"].shape == kept["X"].shape[:1]
    )
