"""Checks of what a caller asks for, with errors that name the argument, the value and what would be right."""

from collections.abc import Iterable
from difflib import get_close_matches
from operator import index


def checked_integer(name: str, value, *, least: int, most: int | None = None, unit: str = "") -> int:
    """The value as an int between least and most; raises ValueError otherwise, also for bool and float."""
    wanted = f"a whole number from {least:,}" + (f" to {most:,}" if most is not None else " up") + (f" ({unit})" if unit else "")
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise ValueError(f"{name}={value!r}: {name} must be {wanted}")
    value = index(value)
    if value < least or (most is not None and value > most):
        raise ValueError(f"{name}={value:,}: {name} must be {wanted}")
    return value


def checked_choice(name: str, value, known: Iterable[str]) -> str:
    """The value if it is one of the known names; raises ValueError with all of them and the nearest otherwise."""
    known = list(known)
    if isinstance(value, str) and value in known:
        return value
    near = get_close_matches(str(value).lower(), known, n=1)
    hint = f'; did you mean "{near[0]}"?' if near else ""
    raise ValueError(f"{name}={value!r}: {name} is one of " + ", ".join(f'"{k}"' for k in known) + hint)
