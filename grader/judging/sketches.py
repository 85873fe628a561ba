"""What is kept of the values that have crossed: enough to tell whether other values are the same up to rounding, and small.

A large array is kept as its shape, some of its numbers, and the sums of all of them under random signs: two arrays that agree in
these agree everywhere, but for differences no larger than rounding.
"""

from functools import lru_cache
from typing import Any

import numpy as np

from visioncourse.desk.testing import as_array

from .transport import Handle

WHOLE = 64                                             # elements up to which an array is kept as it is
_SAMPLES, _SUMS, _ROW = 32, 8, 1024
_TAG = "sketch of an array"


def sketch(value: Any) -> Any:
    """A value as it is kept: plain data in which large arrays are sketches, and handles are their kinds alone."""
    if isinstance(value, Handle):
        return Handle(None, value.kind)
    if type(value) in (list, tuple, set, frozenset):
        if type(value) in (list, tuple) and len(value) > WHOLE and (array := as_array(value)) is not None:
            return _sketched(array)
        return type(value)(sketch(x) for x in value)
    if type(value) is dict:
        return {k: sketch(v) for k, v in value.items()}
    array = as_array(value) if hasattr(value, "dtype") else None
    return value if array is None else array if array.size <= WHOLE else _sketched(array)


def alike(a: Any, b: Any) -> bool:
    """Whether two sketches are of values that are the same up to rounding; objects are alike when their types' names are."""
    if isinstance(a, Handle) or isinstance(b, Handle):
        return isinstance(a, Handle) and isinstance(b, Handle) and a.kind == b.kind
    if isinstance(a, (list, tuple)) and type(a) is type(b):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        if (_TAG in a) != (_TAG in b):
            return False
        return _alike_sketches(a, b) if _TAG in a else a.keys() == b.keys() and all(alike(a[k], b[k]) for k in a)
    x, y = as_array(a), as_array(b)
    if x is None or y is None:
        return type(a) is type(b) and (bool(np.array_equal(a, b)) if isinstance(a, np.ndarray) else bool(a == b))
    if x.size == y.size == 0:                          # an empty list and an array of shape (0, 2)
        return True
    return x.shape == y.shape and _close(x, y, float(np.abs(np.nan_to_num(y)).max(initial=0)))


def _sketched(array: np.ndarray) -> dict[str, Any]:
    flat = array.reshape(-1)
    numbers = flat.astype(complex if flat.dtype.kind == "c" else float)
    finite = np.isfinite(numbers)
    odd = int(np.isnan(numbers).sum()), int((~finite).sum())
    numbers = np.where(finite, numbers, 0)
    size = float(np.abs(numbers).max(initial=0))
    return {_TAG: True, "shape": array.shape, "odd": odd, "size": size, "some": flat[:: max(1, len(flat) // _SAMPLES)][:_SAMPLES].copy(),
            "norm": float(np.sqrt((np.abs(numbers) ** 2).mean())), "sums": _sums(numbers)}


def _alike_sketches(a: dict[str, Any], b: dict[str, Any]) -> bool:
    if a["shape"] != b["shape"] or a["odd"] != b["odd"] or not _close(a["some"], b["some"], b["size"]):
        return False
    # Rounding that differs from element to element moves a sum under random signs by about its own size.
    gap = 3e-4 * max(a["norm"], b["norm"]) + 3e-6 * (1 + b["size"])
    return abs(a["norm"] - b["norm"]) <= gap and bool((np.abs(a["sums"] - b["sums"]) <= gap).all())


def _close(x: np.ndarray, y: np.ndarray, size: float) -> bool:
    return bool(np.allclose(x, y, rtol=1e-4, atol=1e-6 * (1 + size), equal_nan=True))


def _sums(numbers: np.ndarray) -> np.ndarray:
    """Sums under random signs, over the root of their number; an element's sign is that of its row times that of its column."""
    rows = -(-len(numbers) // _ROW)
    table = np.pad(numbers, (0, rows * _ROW - len(numbers))).reshape(rows, _ROW)
    sums: np.ndarray = ((table @ _signs(_ROW)) * _signs(rows)).sum(0) / np.sqrt(len(numbers))
    return sums


@lru_cache(maxsize=16)
def _signs(length: int) -> np.ndarray:
    return np.random.default_rng([length, 20170410]).choice([-1.0, 1.0], (length, _SUMS))
