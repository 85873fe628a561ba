"""What this kernel is at: the lesson that was set up, whether a grader runs it, and IPython's shell where there is one."""

import os
import sys
from typing import Any

_lesson = ""
_edition = ""
_earlier: list[str] = []                               # lessons that were set up in this process, in order


def begin(lesson: str, edition: str) -> None:
    """Note that a notebook of this lesson and edition works in this kernel now."""
    global _lesson, _edition
    _lesson, _edition = lesson, edition
    if lesson not in _earlier:
        _earlier.append(lesson)


def state() -> tuple[str, str, tuple[str, ...]]:
    """Lesson and edition that `vc.setup` was called with last, "" before; and the lessons that it was called with earlier."""
    return _lesson, _edition, tuple(name for name in _earlier if name != _lesson)


def lesson() -> str:
    """Name of the lesson that `vc.setup` was called with.

    Raises RuntimeError where it was not: after a restart of the kernel the first cell has to run again.
    """
    if not _lesson:
        raise RuntimeError("Run the first code cell of this notebook (imports and vc.setup) first, then this one again.")
    return _lesson


def under_grader() -> bool:
    """Whether nbgrader runs this notebook: checks, widgets and hooks then stay silent."""
    return bool(os.environ.get("NBGRADER_EXECUTION") or os.environ.get("NBGRADER_VALIDATING"))


def shell() -> Any:
    """IPython's shell, or None in plain Python."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None
