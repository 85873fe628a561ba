"""The verdict on one check: what happened, in words for the learner, a failure with its diagnosis."""

import ast
import difflib
from functools import lru_cache
from typing import Any

from visioncourse.desk.testing import CheckFailed, summary
from visioncourse.desk.verdict import Verdict

from ..lesson import dependencies, read
from ..lesson.cells import Cell, Exercise, Lesson, python
from . import known, policies
from .properties import Words
from .proxies import Run
from .run import DEFAULT_SEED, reach, run_check
from .transport import CannotCross, CannotSend, Lost, Transport

PATIENCE = 3.0                                         # seconds
_NOT_YET = "Whether it is a known mistake is still being computed; run this cell again in a little while to see."


def judge_in_process(lesson_name: str, check_name: str, names: dict[str, Any]) -> Verdict | None:
    """The verdict on the learner's names in this process; None where the course's solutions are not at hand."""
    try:
        lesson = load_lesson(lesson_name)
    except FileNotFoundError:
        return None
    cell = lesson.check(check_name)
    if cell is None:
        checks = [c.name for c in lesson.cells if c.mark == "check"]
        near = difflib.get_close_matches(check_name, checks, 1)
        raise ValueError(f"{lesson_name} has no check {check_name!r}; "
                         + (f"did you mean {near[0]!r}?" if near else f"it has {', '.join(checks)}"))
    return judge(lesson, cell, names, patience=PATIENCE)


def judge(lesson: Lesson, cell: Cell, names: dict[str, Any], seed: int = DEFAULT_SEED, *, patience: float | None = None) -> Verdict:
    """The verdict on names of this process: a notebook's, or those that `run.variant_names` has made."""
    exercise = lesson.exercise_of(cell)
    return verdict(lesson, cell, reach(exercise, names), seed, patience=patience, **written(exercise, names))


def get_ready(lesson_name: str) -> None:
    """Begin in the background what the first failed check of a lesson would have to wait for."""
    if (read.SOLUTIONS / f"{lesson_name}.py").is_file():
        known.begin(lesson_name)


def written(exercise: Exercise, names: dict[str, Any]) -> dict[str, Any]:
    """What a policy asks of names of this process: the text of the answer, and packages by the names that they have there."""
    if not exercise.solve.policy:
        return {}
    return {"answer": policies.text_of(exercise, names), "packages": policies.packages_of(names)}


def load_lesson(name: str) -> Lesson:
    """A lesson's source, read again only when its file has changed."""
    path = read.SOLUTIONS / f"{name}.py"
    if not path.is_file():
        raise FileNotFoundError(path)
    return _load_lesson(name, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _load_lesson(name: str, _changed: int) -> Lesson:
    return read.load(name)


def verdict(lesson: Lesson, cell: Cell, transport: Transport, seed: int = DEFAULT_SEED, *,
            answer: str = "", packages: dict[str, str] | None = None, patience: float | None = None) -> Verdict:
    """Run a check on the learner's names behind `transport` and say the outcome in words, a failure with its diagnosis.

    patience: seconds that a diagnosis may take where its known mistakes have not been computed yet; None: as long as it takes.

    For an exercise with a policy: answer, the text of the learner's cell; packages, by the names that they have in the notebook.
    """
    said, has_a_cause = outcome(lesson, cell, transport, seed, answer=answer, packages=packages)
    if has_a_cause:
        found = known.known(lesson, cell, seed) if patience is None else known.within(lesson, cell, seed, patience)
        mistakes = found.names(run_check(lesson, cell, transport, seed, stop=False)) if found else []
        said.diagnosis = diagnosed(mistakes[0]) if len(mistakes) == 1 else ""
        said.note = "" if found else _NOT_YET
    return said


def outcome(lesson: Lesson, cell: Cell, transport: Transport, seed: int = DEFAULT_SEED, *,
            answer: str = "", packages: dict[str, str] | None = None) -> tuple[Verdict, bool]:
    """The verdict without a diagnosis, and whether there is something to diagnose."""
    exercise = lesson.exercise_of(cell)
    run = _fair_run(lesson, cell, transport, seed)
    said = Verdict(lesson.name, cell.name, "passed" if run.ok else "failed", len(run.passed), run.total,
                   points=cell.points if run.ok else 0, worth=cell.points)
    if run.ok:
        why = exercise.solve.policy and (policies.broken(exercise, answer, packages or {})
                                         or policies.contradicted(exercise, transport.lines, transport.packages))
        if why:
            said.status, said.points, said.headline = "failed", 0, why
        return said, False
    said.status, said.headline, said.facts = _outcome(exercise, run, transport)
    return said, said.status == "failed" and not isinstance(run.error, Lost)


def diagnosed(why: str) -> str:
    """The diagnosis that names a known mistake."""
    return f"it looks like a known mistake: {why}."


def _fair_run(lesson: Lesson, cell: Cell, transport: Transport, seed: int) -> Run:
    """A run whose inputs the learner's code has not bent: what it overwrote must not make its result true."""
    run = run_check(lesson, cell, transport, seed)
    if not (run.ok and run.overwritten - known.known(lesson, cell, seed).overwritten):
        return run
    again = run_check(lesson, cell, transport, seed, keep_inputs=True)
    if again.ok:
        return run
    if not isinstance(again.error, Lost):
        again.error = CheckFailed("The result is right only for the input as your code changed it, not for the input that it was given.",
                                  values=False)
    return again


Facts = list[tuple[str, str]]                          # (label, text): input, got, wanted, where


def _outcome(exercise: Exercise, run: Run, transport: Transport) -> tuple[str, str, Facts]:
    """Status, headline and facts of a run that did not pass."""
    error = run.error
    own = dependencies.bound_names(exercise.solve.text)
    asked = [("input", run.last_call)] if run.last_call else []
    if run.missing:
        are = "is" if len(run.missing) == 1 else "are"
        return "not attempted", f"{_listed(run.missing)} {are} not defined: write and run the cell above first.", []
    if isinstance(error, Lost):
        return "failed", str(error), asked
    if isinstance(error, CannotSend):
        return "broken", str(error), []
    if isinstance(error, CheckFailed):
        return "failed", error.name, _comparison(run, error)
    if error is not None and error is run.raised:
        return _raised(error, run, own | _functions(exercise.solve), own, transport)
    if isinstance(error, CannotCross):
        return "failed", f"Your result cannot be used: {error}", asked
    said = f"{type(error).__name__}: {_first_line(error)}" if error is not None else "it did not come to its end"
    return ("failed", f"The check could not use your result: {said}",
            [*asked, ("got", summary(run.last_result))] if asked else [])


def _raised(error: BaseException, run: Run, functions: set[str], own: set[str], transport: Transport) -> tuple[str, str, Facts]:
    """What is said of an exception that the learner's code raised."""
    if isinstance(error, NotImplementedError):
        name = transport.function_that_raised(error)
        if name in functions or name == "<module>":
            return "not attempted", "Write your code where the cell says so, run it, then run this cell again.", []
        return "not attempted", f"{name} is not written yet, and this check needs it: do that exercise first.", []
    if isinstance(error, AttributeError) and getattr(error, "name", None) in own:
        return "not attempted", f"{error.name} is not there yet: write and run the cell above first.", []
    facts = [(label, text) for label, text in (("input", run.last_call), ("where", transport.where(error))) if text]
    return "failed", f"Your code raised {type(error).__name__}: {_first_line(error)}", facts


def _comparison(run: Run, error: CheckFailed) -> Facts:
    facts = [("input", run.last_call), ("got", summary(error.got) if error.values else ""),
             ("wanted", _wanted(error.wanted) if error.values else ""), ("where", error.detail)]
    return [(label, text) for label, text in facts if text]


def _wanted(value: Any) -> str:
    return str(value) if isinstance(value, Words) else summary(value)


def _functions(cell: Cell) -> set[str]:
    """Names of all functions in a cell, methods of its classes among them."""
    return {node.name for node in ast.walk(ast.parse(python(cell.text))) if isinstance(node, ast.FunctionDef)}


def _listed(names: list[str]) -> str:
    return ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1]


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0][:200]
