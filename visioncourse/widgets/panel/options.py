"""Controls from plain values: a tuple is a slider, a bool a check box, a list a list."""

from typing import Any

import numpy as np


def kind_of(given: Any) -> str:
    """slider, check or list."""
    return {tuple: "slider", bool: "check"}.get(type(given), "list")


def options_of(name: str, given: Any) -> list:
    """All values that a control may take; ValueError says which control has none."""
    if isinstance(given, bool):
        return [False, True]
    if isinstance(given, list) and given:
        return given
    numbers = isinstance(given, tuple) and len(given) in (2, 3) and all(np.isreal(v) for v in given)
    if numbers and given[0] < given[1] and all(v > 0 for v in given[2:]):
        low, high = given[:2]
        whole = all(isinstance(v, int | np.integer) for v in given)
        step = given[2] if given[2:] else 1 if whole else (high - low) / 100
        count = int((high - low) / step + 1e-9) + 1
        return [low + n * step if whole else float(f"{low + n * step:.10g}") for n in range(count)]
    raise ValueError(f"{name}={given!r}: give (low, high), (low, high, step), a list of values, True or False")


def text_of(value: Any) -> str:
    """A value as a control shows it."""
    return f"{value:.6g}" if isinstance(value, float) else getattr(value, "__name__", str(value))
