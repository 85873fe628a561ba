"""What the arguments of widgets may be; the ValueError says what was given and what is wanted."""

from collections.abc import Collection
from typing import Any

import numpy as np


def one_of(known: Collection, hint: str = "", **given: Any) -> None:
    """Each argument given by name is one of `known`. hint: what else may be given, for the message."""
    for name, value in given.items():
        if np.ndim(value) or value not in known:
            choices = ", ".join(f"{k:g}" if isinstance(k, float) else str(k) for k in known)
            raise ValueError(f"{name}={value!r}: choose one of {choices}{hint}")


def whole(low: int, high: int, what: str = "whole number", **given: Any) -> None:
    """Each argument given by name is a whole number from low to high."""
    for name, value in given.items():
        if value not in range(low, high + 1):
            raise ValueError(f"{name}={value}: give a {what} from {low} to {high}")


def number(low: float, high: float, what: str = "number", **given: Any) -> None:
    """Each argument given by name is a number from low to high."""
    for name, value in given.items():
        if not low <= value <= high:
            raise ValueError(f"{name}={value}: give a {what} from {low:g} to {high:g}")
