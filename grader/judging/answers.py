"""Known answers of an exercise on its checks: with what a check reaches them, what their learner is told, why none is named."""

from visioncourse.desk.verdict import Verdict

from ..lesson.cells import Cell, Exercise, Lesson
from . import verdicts
from .known import known
from .run import DEFAULT_SEED, reach, run_check, variant_names
from .transport import Local


def reached(lesson: Lesson, exercise: Exercise, check: Cell, answer: str, seed: int = DEFAULT_SEED) -> Local:
    """The names that a check needs, with `answer` in the place of the exercise's own cell, for a run of the check."""
    return reach(exercise, variant_names(lesson, check, {exercise.solve.line: answer}, seed))


def told(lesson: Lesson, exercise: Exercise, check: Cell, answer: str, seed: int = DEFAULT_SEED) -> Verdict:
    """What `vc.check` tells a learner whose cell holds `answer`, and whose other cells are right."""
    return verdicts.judge(lesson, check, variant_names(lesson, check, {exercise.solve.line: answer}, seed), seed)


def mistakes(lesson: Lesson, exercise: Exercise, check: Cell, answer: str, seed: int = DEFAULT_SEED) -> list[str]:
    """The `why` of every known mistake that gives what `answer` gives in this check."""
    run = run_check(lesson, check, reached(lesson, exercise, check, answer, seed), seed, stop=False)
    return known(lesson, check, seed).names(run)


def why_not_named(mistaken: list[str]) -> str:
    """What keeps a wrong answer from being named, where these mistakes give what it gives."""
    return f"it cannot be told from {mistaken}" if mistaken else "its results differ when it runs again"
