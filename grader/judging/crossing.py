"""What crosses between a check and the learner's code: one rule for every transport, so that a proof sees what a class will see.

Towards the learner: None, bool, int, float, complex, str, bytes, range, slice, lists, tuples (torch.Size becomes one), sets and
dicts of what crosses; NumPy arrays, numbers and dtypes; dense torch tensors, dtypes and devices; random generators of NumPy and
torch, by their state; public types and functions of a few packages by name; plain functions of the check, which are called back.
Handles are what the learner's side gave out before, and go home. Nothing else: no module, data loader, partial, file.
Towards the check: the same data, but generators, types and functions become handles, as everything that is no data.
"""

import re
import sys
from types import FunctionType, MethodType
from typing import Any

import numpy as np

MAX_DEPTH = 32
LONGEST_INT = 32_000                                   # bits
NAMED = ("builtins", "numpy", "torch", "torch.nn.functional", "math", "scipy.special")     # whose public names cross
NUMERIC = frozenset(np.dtype(d).str for d in "? b B h H i I q Q e f d F D".split())
TEXT = re.compile(r"[<>|][US]\d{1,6}|<[mM]8\[\w{1,4}\]")
_ATOMS = (type(None), bool, float, complex, str, bytes, range, slice)
_COLLECTIONS = (list, tuple, set, frozenset)


class Callback:
    """A function of the check's, as a process calls it that only has its number."""


def refusal(value: Any, depth: int = 0) -> str:
    """Why a check's value does not cross to the learner's code, for the check's author; "" where it does."""
    kind = type(value)
    if depth > MAX_DEPTH:
        return f"it is nested more than {MAX_DEPTH} deep"
    if kind in _ATOMS:
        return ""
    if kind is int:
        return "" if value.bit_length() <= LONGEST_INT else f"a whole number of more than {LONGEST_INT:,} bits does not cross"
    if kind in _COLLECTIONS:
        return next(filter(None, (refusal(x, depth + 1) for x in value)), "")
    if kind is dict:
        return next(filter(None, (refusal(x, depth + 1) for pair in value.items() for x in pair)), "")
    if kind is np.ndarray or isinstance(value, np.generic):
        return "" if sendable(value.dtype) else f"an array of {value.dtype} does not cross"
    if isinstance(value, np.dtype):
        return "" if sendable(value) else f"the dtype {value} does not cross"
    if is_tensor(value):
        return "a sparse or quantized tensor does not cross" if value.is_sparse or value.is_quantized else ""
    if isinstance(value, (FunctionType, MethodType, Callback, np.random.Generator)):
        return ""
    if is_torch(value, "Size", "device", "dtype", "Generator"):
        return ""
    if public_name(value) is not None:
        return ""
    if kind.__module__ == "builtins":
        return f"a {kind.__name__} does not cross"
    return f"a {kind.__module__.partition('.')[0]} {kind.__name__} does not cross; build it beside the learner's code with vc.beside"


def sendable(dtype: np.dtype) -> bool:
    """Whether arrays of a dtype cross: numbers, truth values, text, dates."""
    return dtype.str in NUMERIC or dtype.newbyteorder("<").str in NUMERIC or bool(TEXT.fullmatch(dtype.str))


def is_tensor(value: Any) -> bool:
    """Whether a value is a torch tensor; torch is not imported for it."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def is_torch(value: Any, *names: str) -> bool:
    """Whether a value is of one of torch's classes with these names; torch is not imported for it."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, tuple(getattr(torch, name) for name in names))


def is_generator(value: Any) -> bool:
    """Whether a value is a random generator, whose state is what crosses."""
    return isinstance(value, np.random.Generator) or is_torch(value, "Generator")


def public_name(value: Any) -> tuple[str, str] | None:
    """Module and name of a public type, torch dtype or function of Python, NumPy or torch."""
    name = str(value).rpartition(".")[2] if type(value).__name__ == "dtype" else getattr(value, "__name__", None)
    if not isinstance(name, str) or not (callable(value) or type(value).__name__ == "dtype"):
        return None
    return next(((module, name) for module in NAMED if module in sys.modules and getattr(sys.modules[module], name, None) is value), None)
