"""Marks again what fails only through an earlier exercise, with a right answer in place of that one."""

import ast
import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from visioncourse.desk.verdict import Verdict

from ..judging.run import variant_names
from ..judging.transport import identical
from ..lesson import dependencies
from ..lesson.cells import Cell, Exercise, Lesson, exercise_of, python
from ..sandbox import system
from .sitting import Sitting


def follow_through(sitting: Sitting, lesson: Lesson, verdicts: dict[str, Verdict], answers: dict[str, str]) -> None:
    """Judge again, with the reference answers of failed earlier exercises in place, what fails only because of them.

    The reference does not enter the sandbox: its functions run here and the notebook's names call them.
    """
    failed = {exercise_of(name) for name, v in verdicts.items() if v.status != "passed"}
    for exercise in lesson.exercises.values():
        again = [c for c in exercise.checks if c.name in verdicts and verdicts[c.name].status == "failed"]
        needs = [e for e in _prerequisites(lesson, exercise) if e.name in failed] if again else []
        if not needs:
            continue
        functions = {e.name: [(place, name, _bounded(function, sitting.settings.limits.call)) for place, name, function in
                              _reference(lesson, exercise, e, sitting.settings.seed)] for e in needs}
        if not all(functions.values()):
            continue
        second = Sitting(sitting.line, sitting.places, sitting.files, sitting.settings, sitting.start)
        second.deadline = sitting.deadline
        second.bindings = {n: functions[p.mark.name] for n, p in enumerate(sitting.places)
                           if p.mark is not None and p.mark.mark == "solve" and p.mark.name in functions}
        try:
            for number, place in enumerate(sitting.places):
                if place.mark in again:
                    said = second.judge(lesson, place.mark, answers.get(exercise.name, ""))
                    if said.status == "passed":
                        titles = " and ".join(e.title for e in needs)
                        said.note = (f"Marked with a correct answer to {titles} in place of yours: "
                                     "this exercise fails only because of that one.")
                        verdicts[place.mark.name] = said
                elif place.kind == "code" and place.text.strip() and not (place.mark is not None and place.mark.mark == "check"):
                    second.execute(number)
                if place.mark is again[-1]:
                    break
        finally:
            second.close()


def _prerequisites(lesson: Lesson, exercise: Exercise) -> list[Exercise]:
    """Earlier exercises whose answers the reference answer and the checks of this one use."""
    modules = dependencies.imported_names(lesson)
    wanted = dependencies.free_names(exercise.solve.text)
    attributes = {n.attr for n in ast.walk(ast.parse(python(exercise.solve.text))) if isinstance(n, ast.Attribute)}
    for check in exercise.checks:
        wanted |= dependencies.free_names(check.text)
    found = []
    for other in lesson.exercises.values():
        if other is exercise or other.solve.line > exercise.solve.line:
            continue
        tops, methods = _defined(other.solve)
        used = tops & wanted or {name for _, name in methods if name in attributes}
        if used and not (tops & modules):
            found.append(other)
    return found


def _defined(solve: Cell) -> tuple[set[str], set[tuple[str, str]]]:
    """Functions of a solve cell: those at the top, and methods put into a class with `@vc.add_to(Class)`."""
    tops, methods = set(), set()
    for node in ast.parse(python(solve.text)).body:
        if isinstance(node, ast.FunctionDef):
            classes = [ast.unparse(d.args[0]) for d in node.decorator_list if isinstance(d, ast.Call)
                       and ast.unparse(d.func).endswith("add_to")]
            methods.add((classes[0], node.name)) if classes else tops.add(node.name)
    return tops, methods


def _reference(lesson: Lesson, exercise: Exercise, needed: Exercise, seed: int) -> list[tuple[str, str, Callable]]:
    """The functions of a needed exercise's reference answer, callable from a notebook; [] where it defines other things too."""
    tops, methods = _defined(needed.solve)
    if dependencies.bound_names(needed.solve.text) - tops - {name for _, name in methods}:
        return []
    names = variant_names(lesson, exercise.checks[-1], {}, seed)
    try:
        return [*(("", name, names[name]) for name in sorted(tops)),
                *((place, name, _as_method(names[place], name)) for place, name in sorted(methods))]
    except KeyError:
        return []


def _bounded(function: Callable, seconds: float) -> Callable:
    """The function called in a fork that is ended after so many seconds: what a learner passes may keep it busy for ever."""
    def call(*args: Any, **kwargs: Any) -> Any:
        ours, theirs = multiprocessing.Pipe(duplex=False)
        child = os.fork()                              # multiprocessing allows a judging process no children
        if not child:
            try:
                _send(theirs, function, args, kwargs)
            finally:
                os._exit(0)
        theirs.close()
        try:
            if not ours.poll(seconds):
                raise TimeoutError(f"the correct answer to an earlier exercise took longer than {seconds:g} s with these arguments")
            good, value = ours.recv()
        except EOFError:
            raise MemoryError("the correct answer to an earlier exercise could not be computed with these arguments") from None
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            ours.close()
        if not good:
            raise value
        return value

    return call


def _send(line: Connection, function: Callable, args: tuple, kwargs: dict[str, Any]) -> None:
    system.die_with_parent(signal.SIGKILL)
    signal.setitimer(signal.ITIMER_REAL, 0)
    try:
        line.send((True, function(*args, **kwargs)))
    except Exception as error:
        kind = next(t for t in type(error).__mro__ if t.__module__ == "builtins")
        line.send((False, kind(str(error))))


def _as_method(kind: type, name: str) -> Callable:
    """A method that works on an object's plain attributes and returns its value and the attributes that it changed."""
    def call(state: dict[str, Any], *args: Any, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
        made: Any = object.__new__(kind)
        made.__dict__.update(state)
        value = getattr(kind, name)(made, *args, **kwargs)
        return value, {k: v for k, v in made.__dict__.items() if k not in state or not identical(state[k], v)}

    return call
