"""Which known mistake a failure is: the same check, with the same seed, is run on every known wrong answer, and the one whose
crossing values all coincide with the learner's is named.

The diagnosing runs do not stop at the first failure, so that two mistakes that agree on an easy example are told apart by
the random ones after it.
"""

from functools import lru_cache
from typing import Any

import numpy as np

from visioncourse.desk import testing

from ..lesson.cells import Cell, Exercise, Lesson
from .proxies import Run
from .run import DEFAULT_SEED, run_check, variant_names
from .transport import Handle, Local


def diagnose(lesson: Lesson, exercise: Exercise, cell: Cell, run: Run, seed: int = DEFAULT_SEED) -> list[str]:
    """The `why` of every wrong answer whose crossing values all coincide with those of `run` (made with stop=False)."""
    found = []
    for variant in exercise.wrong:
        if _coincide(run.crossings, _crossings_of(lesson, cell, exercise.solve.line, variant.text, seed)):
            found.append(variant.why)
    return found


@lru_cache(maxsize=64)
def _crossings_of(lesson: Lesson, cell: Cell, line: int, text: str, seed: int) -> list[tuple[str, Any]]:
    """What crosses when a known mistake is checked: the same for every learner who gets the same inputs."""
    return run_check(lesson, cell, Local(variant_names(lesson, cell, {line: text}, seed)), seed, stop=False).crossings


@lru_cache(maxsize=32)
def solved(lesson: Lesson, cell: Cell, seed: int) -> Run:
    return run_check(lesson, cell, Local(variant_names(lesson, cell, {}, seed)), seed)


def _coincide(a: list[tuple[str, Any]], b: list[tuple[str, Any]]) -> bool:
    return len(a) == len(b) and all(x[0] == y[0] and _alike(x[1], y[1]) for x, y in zip(a, b, strict=True))


def _alike(a: Any, b: Any) -> bool:
    """Whether two crossing values are the same up to rounding; objects are alike when their types' names are."""
    if isinstance(a, Handle) or isinstance(b, Handle):
        return isinstance(a, Handle) and isinstance(b, Handle) and a.kind == b.kind
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)) and type(a) is type(b):
        return len(a) == len(b) and all(map(_alike, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_alike(a[k], b[k]) for k in a)
    x, y = testing._array(a), testing._array(b)
    if x is None or y is None:
        return type(a) is type(b) and bool(a == b)
    if x.size == y.size == 0:                          # an empty list and an array of shape (0, 2)
        return True
    return x.shape == y.shape and bool(np.allclose(x, y, rtol=1e-4, atol=1e-6 * (1 + float(np.abs(np.nan_to_num(y)).max(initial=0))),
                                                   equal_nan=True))
