"""What check cells use: fresh inputs, comparisons that explain themselves, and work done beside the learner's objects.

The same text runs in three places: in the learner's kernel (stock nbgrader), in the learner's process through proxies
(`vc.check`), and in a trusted process that reaches the learner's through a channel. Nothing here may assume which.
"""

import os
import sys
import zlib
from collections.abc import Callable
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from . import current

_seed: ContextVar[int | None] = ContextVar("seed", default=None)
_evaluate: ContextVar[Callable | None] = ContextVar("evaluate", default=None)


class CheckFailed(AssertionError):
    """A property does not hold: its name, what the learner's code gave, what it should have given, and where they differ."""

    def __init__(self, name: str, got: Any = None, wanted: Any = None, detail: str = "", *, values: bool = True):
        self.name, self.got, self.wanted, self.detail, self.values = name, got, wanted, detail, values
        lines = [name] + ([detail] if detail else [])
        if values:
            lines += [f"  got:    {summary(got)}", f"  wanted: {summary(wanted)}"]
        super().__init__("\n".join(lines))


@contextmanager
def judged(seed: int, evaluate: Callable | None):
    """Within this block `rng` uses `seed` and `beside` uses `evaluate(expression, inputs)`: how a judge runs a check."""
    tokens = _seed.set(seed), _evaluate.set(evaluate)
    try:
        yield
    finally:
        _seed.reset(tokens[0])
        _evaluate.reset(tokens[1])


def rng(name: str) -> np.random.Generator:
    """Random generator of one exercise, seeded by the grader's seed (or $VISIONCOURSE_SEED, or 0) and the exercise's name."""
    seed = _seed.get()
    if seed is None:
        seed = int(os.environ.get("VISIONCOURSE_SEED", "0"))
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def draw(rng: np.random.Generator, *shapes: tuple[int, ...], scale: float = 1.0, dtype: Any = float):
    """Independent normal arrays of mean 0 and standard deviation `scale`, one per shape; a single array for a single shape."""
    if not shapes:
        raise ValueError("draw needs at least one shape, such as draw(rng, (50, 7))")
    arrays = tuple((scale * rng.standard_normal(shape)).astype(dtype) for shape in shapes)
    return arrays[0] if len(arrays) == 1 else arrays


def assert_close(got: Any, wanted: Any, name: str, *, rtol: float | None = None, atol: float = 1e-8) -> None:
    """Raise CheckFailed unless `got` has the shape of `wanted` and |got - wanted| <= atol + rtol |wanted| everywhere.

    got, wanted: numbers, sequences, NumPy arrays or torch tensors.
    rtol: 1e-6 by default; 1e-4 where `got` is float32 (and 1e-2 for half precision), so that precision is not punished.
    """
    a, b = as_array(got), as_array(wanted)
    if b is None:
        raise TypeError(f"{name}: the wanted value is not numeric: {summary(wanted)}")
    if got is None:
        raise CheckFailed(name, got, wanted, "The result is None: is a `return` missing?")
    if a is None:
        raise CheckFailed(name, got, wanted, f"The result is no array of numbers but {_kind(got)}.")
    if a.shape != b.shape:
        raise CheckFailed(name, got, wanted, _shape_mismatch(a.shape, b.shape))
    if rtol is None:
        rtol = {np.dtype("float16"): 1e-2, np.dtype("float32"): 1e-4}.get(a.dtype, 1e-6)
        atol = max(atol, rtol * 1e-2) if rtol > 1e-6 else atol
    same_nan = np.isnan(a) & np.isnan(b)
    with np.errstate(invalid="ignore", over="ignore"):
        gap = np.abs(a.astype(_wide(a)) - b.astype(_wide(b)))
        near = (gap <= atol + rtol * np.abs(b)) | same_nan | (a == b)
    if near.all():
        return
    raise CheckFailed(name, got, wanted, _worst(a, b, gap, near))


def assert_raises(error: type[BaseException], function: Callable, *args: Any, **kwargs: Any) -> None:
    """Raise CheckFailed unless calling `function` with these arguments raises `error`."""
    wanted = f"{error.__name__} is raised"
    try:
        value = function(*args, **kwargs)
    except error:
        return
    except NotImplementedError:
        raise
    except Exception as other:
        raise CheckFailed(wanted, detail=f"{type(other).__name__} was raised instead: {other}", values=False) from None
    raise CheckFailed(wanted, detail=f"Nothing was raised; the call returned {summary(value)}.", values=False)


def beside(expression: str, **inputs: Any) -> Any:
    """Value of a Python expression computed next to the learner's objects, with `inputs` as additional names.

    For what cannot cross a process border, such as a gradient through the learner's module. The result must be plain data.
    """
    evaluate = _evaluate.get()
    if evaluate is not None:
        return evaluate(expression, inputs)
    return eval(expression, {**namespace(sys._getframe(1)), **inputs})


def namespace(frame) -> dict[str, Any]:
    """The names of the notebook this runs in: IPython's, or the globals of `frame` in a plain script."""
    shell = current.shell()
    return shell.user_ns if shell is not None else frame.f_globals


# ---------------------------------------------------------------------------------------------- words for values

def summary(value: Any, limit: int = 12) -> str:
    """One short line that describes a value: small values in full, arrays by shape, dtype and range."""
    array = as_array(value) if not isinstance(value, (bool, int, float, str)) else None
    if array is not None and array.ndim and not isinstance(value, (list, tuple)):
        if array.size <= limit:
            inner = np.array2string(array, precision=6, separator=", ").replace("\n", "")
            return f"{inner}  {array.dtype}, shape {array.shape}"
        if array.dtype.kind in "biuf" and array.size:
            with np.errstate(invalid="ignore"):
                span = f", from {_number(np.nanmin(array))} to {_number(np.nanmax(array))}" if not np.isnan(array).all() else ", all nan"
            return f"{array.dtype} array of shape {array.shape}{span}"
        return f"{array.dtype} array of shape {array.shape}"
    if isinstance(value, (float, np.floating)):
        return _number(value)
    text = repr(_plain(value))
    return text if len(text) <= 120 else text[:117] + "..."


class _Text(str):
    """Text that stands for a value inside a list or dictionary."""

    __repr__ = str.__str__


def _plain(value: Any) -> Any:
    """A value as a learner would write it: numbers without NumPy's types, larger arrays by type and shape."""
    if isinstance(value, np.generic):
        return value.item()
    if type(value) in (list, tuple):
        return type(value)(map(_plain, value))
    if type(value) is dict:
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, np.ndarray) or hasattr(value, "detach"):
        array = as_array(value)
        if array is not None:
            return array.tolist() if array.size <= 4 else _Text(f"{array.dtype} {array.shape}")
    return value


def _number(x) -> str:
    return f"{float(x):.7g}" if np.dtype(type(x)).kind == "f" else str(x)


def _kind(value: Any) -> str:
    if _opaque(value):
        return f"an object {value!r}"
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def as_array(value: Any) -> np.ndarray | None:
    """A value as an array of numbers or truth values, or None where it is none."""
    if _opaque(value) or isinstance(value, (list, tuple)) and any(map(_opaque, value)):
        return None
    if hasattr(value, "detach"):                       # a torch tensor, without importing torch
        value = value.detach().cpu()
        value = (value.float() if str(value.dtype) == "torch.bfloat16" else value).numpy()
    try:
        array = np.asarray(value)
    except (ValueError, TypeError):
        return None
    return array if array.dtype.kind in "biufc" else None


def _opaque(value: Any) -> bool:
    """Whether a value is a judge's stand-in for an object of the learner's, which must not be looked into."""
    return bool(getattr(type(value), "__opaque__", False))


def _wide(array: np.ndarray) -> type:
    return complex if array.dtype.kind == "c" else np.float64


def _shape_mismatch(got: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    said = f"The shape is {got}, wanted is {wanted}"
    if len(got) == len(wanted) == 2 and got == wanted[::-1]:
        return said + ": it looks transposed."
    if len(got) > len(wanted) and tuple(n for n in got if n != 1) == tuple(n for n in wanted if n != 1):
        return said + ": there is an axis of length 1 too many."
    if len(got) < len(wanted):
        return said + ": an axis is missing."
    return said + "."


def _worst(a: np.ndarray, b: np.ndarray, gap: np.ndarray, near: np.ndarray) -> str:
    bad = int((~near).sum())
    nans = int((np.isnan(a) & ~np.isnan(b)).sum())
    if a.ndim == 0:
        return ""
    if nans:
        return f"{nans} of {a.size} values are nan, the first at {_index(np.isnan(a) & ~np.isnan(b))}."
    where = np.unravel_index(np.argmax(np.where(near, -1.0, np.nan_to_num(gap, nan=np.inf))), a.shape)
    place = f"[{', '.join(str(int(i)) for i in where)}]"
    return f"{bad} of {a.size} values differ, most at {place}: got {_number(a[where])}, wanted {_number(b[where])}."


def _index(mask: np.ndarray) -> str:
    return f"[{', '.join(str(int(i)) for i in np.argwhere(mask)[0])}]"
