"""Tries answers of an exercise on its checks: what comes before the answer is run once, and each answer in a fork of its own.

So a training of five networks that stands above an exercise is run once for all its answers, and an answer that trains is run
once for all checks and seeds. A fork takes random generators along, so that each answer computes what it would have by itself.
"""

import ast
import contextlib
import importlib
import os
import pickle
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..lesson import dependencies
from ..lesson.cells import Cell, Exercise, Lesson
from .run import DEFAULT_SEED, execute, undisturbed

Names = dict[str, Any]
Steps = list[tuple[int, str, ast.stmt]]                # statements with the line and the text of their cells


def try_answers(lesson: Lesson, exercise: Exercise, answers: Sequence[str],
                work: Callable[[int, Cell, Names], Any]) -> Iterator[tuple[int, list[Any]]]:
    """For each answer its place in `answers` and what `work(place, check, names)` returns for every check of the exercise, in order.

    names: those of a notebook in which everything that the checks need has been run, with that answer in its cell. `work` runs
    in a process of its own and returns plain data. The first answer comes first; the others in any order, those that need the
    same before them together. Where there are no forks, everything is run anew for every answer.
    """
    groups: dict[str, list[tuple[Steps, int]]] = {}
    for place, answer in enumerate(answers):
        steps = _steps(lesson, exercise, answer)
        groups.setdefault(_prefix_key(exercise, steps), []).append((steps, place))
    for group in groups.values():
        names: Names = {}
        for steps, place in group:
            before = [step for step in steps if step[0] < exercise.solve.line]
            if not names or not hasattr(os, "fork"):
                names = {"__name__": "__main__"}
                with undisturbed(DEFAULT_SEED):
                    _run(before, names)

            def rest(steps: Steps = steps, place: int = place, names: Names = names) -> tuple[list[Any], list[str]]:
                return list(_checked(exercise, steps, place, names, work)), list(sys.modules)

            found, loaded = in_a_fork(rest)
            if not place:
                _load(loaded)
            yield place, found


def _load(names: list[str]) -> None:
    """Load here what the first answer and its checks have loaded, so that the other forks need not each load it again."""
    for name in names:
        if name not in sys.modules and name.partition(".")[0] not in ("__main__", "__mp_main__"):
            with contextlib.suppress(Exception), warnings.catch_warnings(action="ignore"):
                importlib.import_module(name)


def in_a_fork(action: Callable[[], Any]) -> Any:
    """What `action` returns, computed in a fork of this process; what it raises there is raised here as RuntimeError."""
    if not hasattr(os, "fork"):
        return action()
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        os.close(ours)
        if "torch" in sys.modules:
            sys.modules["torch"].set_num_threads(1)    # libgomp hangs in a child whose parent has used more than one
        try:
            outcome = "value", action()
        except BaseException as error:
            outcome = "error", f"{type(error).__name__}: {error}"
        with contextlib.suppress(BaseException), os.fdopen(theirs, "wb") as file:
            pickle.dump(outcome, file)
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as file:
        sent = file.read()
    os.waitpid(child, 0)
    if not sent:
        raise RuntimeError("the process that tried an answer ended without a word")
    kind, value = pickle.loads(sent)
    if kind == "error":
        raise RuntimeError(value)
    return value


def _checked(exercise: Exercise, steps: Steps, place: int, names: Names, work: Callable[[int, Cell, Names], Any]) -> Iterator[Any]:
    done = exercise.solve.line
    with undisturbed(DEFAULT_SEED):
        for check in exercise.checks:
            _run([step for step in steps if done <= step[0] < check.line], names)
            done = check.line
            yield work(place, check, names)


def _run(steps: Steps, names: Names) -> None:
    """A statement that raises is skipped, as a notebook goes on after a cell that failed."""
    for _, text, statement in steps:
        with contextlib.suppress(Exception):
            execute(statement, text, names)


def _steps(lesson: Lesson, exercise: Exercise, answer: str) -> Steps:
    """The statements that any check of the exercise needs, up to its last check, with an answer in the solve cell."""
    before = lesson.executed_before(exercise.checks[-1])
    texts = [answer if c is exercise.solve else c.text for c in before]
    wanted = {"vc"}.union(*(dependencies.free_names(check.text) for check in exercise.checks))
    needed = dependencies.needed_statements(texts, wanted, dependencies.imported_names(lesson))
    return [(before[number].line, texts[number], statement) for number, statement in needed]


def _prefix_key(exercise: Exercise, steps: Steps) -> str:
    return "\n".join(ast.unparse(statement) for line, _, statement in steps if line < exercise.solve.line)
