"""Checking at once: `vc.check`, `vc.hint`, and the hook that shows a verdict where a failed check would show a traceback."""

import contextlib
import json
import os
import re
import sys
from typing import Any

from . import current, journal, troubles
from .testing import CheckFailed, namespace
from .verdict import Verdict

_CALL = re.compile(r"""^\s*vc\.check\(\s*["']([^"']+)["']\s*\)""", re.M)
_opened: dict[tuple[str, str], int] = {}               # hints shown so far


def check(name: str) -> None:
    """Run the visible and, in a clone of the course, the hidden tests of one exercise and show one short verdict.

    Silent under nbgrader. Raises ValueError for a name that this lesson does not have.
    """
    if current.under_grader():
        return
    _show(_judge(name, namespace(sys._getframe(1))))


def hint(name: str) -> None:
    """Show the next hint of an exercise; after the last one, start again with the first."""
    lesson = current.lesson()
    exercises = journal.course().get(lesson, {}).get("exercises", {})
    if name not in exercises:
        raise ValueError(_unknown(name, lesson, exercises))
    hints, named = exercises[name]["hints"], f"exercise {exercises[name]['number']} · {exercises[name]['title']}"
    if not hints:
        _show_markdown(f"There is no hint for {named}.")
        return
    turn = _opened.get((lesson, name), 0)
    _opened[lesson, name] = turn + 1
    _show_markdown(f"**Hint {turn % len(hints) + 1} of {len(hints)} for {named}.** {hints[turn % len(hints)]}")


def get_ready(lesson: str) -> None:
    """Begin in the background what the first failed check would have to wait for, where somebody works in a notebook of a clone."""
    if current.shell() is None or not troubles.seen():
        return
    with contextlib.suppress(ImportError, OSError):
        from grader.judging import verdicts
        verdicts.get_ready(lesson)


def install_hook() -> None:
    """Let IPython show a verdict in place of the traceback when the visible part of a check cell fails."""
    if (shell := current.shell()) is not None:
        shell.set_custom_exc((Exception,), _explain)


def _explain(shell, kind, error, trace, tb_offset=None):
    """IPython's custom exception handler: only a check cell's own failure is replaced, all else keeps its traceback."""
    found = _CALL.search(_running_cell(shell))
    if found and not isinstance(error, KeyboardInterrupt):
        try:
            verdict = _judge(found[1], shell.user_ns, error)
        except Exception:                              # a verdict must never hide what really happened
            verdict = None
        if verdict is not None and verdict.status != "passed":
            _show(verdict)
            return None
    shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
    if missing := troubles.missing(error):
        troubles.show(troubles.notice([missing]))
    return None


def _running_cell(shell) -> str:
    cells = shell.user_ns.get("In") or [""]
    return cells[-1]


def _judge(name: str, names: dict[str, Any], error: Exception | None = None) -> Verdict:
    lesson = current.lesson()
    try:
        from grader.judging.verdicts import judge_in_process
    except ImportError:
        verdict = None
    else:
        verdict = judge_in_process(lesson, name, names)
    if verdict is None:
        verdict = _visible_only(lesson, name, error)
    if verdict.status == "passed":
        trouble = journal.record(lesson, name, worth=verdict.worth, hidden=verdict.hidden)
        verdict.note = " ".join(filter(None, [verdict.note, trouble]))
    return verdict


def _visible_only(lesson: str, name: str, error: Exception | None) -> Verdict:
    """The verdict where the course's solutions are not at hand: all visible asserts before `vc.check` have held, or `error`."""
    exercises = journal.course().get(lesson, {}).get("exercises", {})
    worth = {check: points for e in exercises.values() for check, points in e["checks"].items()}
    if exercises and name not in worth:
        raise ValueError(_unknown(name, lesson, worth))
    verdict = Verdict(lesson, name, "passed", worth=worth.get(name, 0), hidden=False)
    if error is None:
        verdict.note = "The tests you can see hold. Your instructor's grader runs the rest."
    elif isinstance(error, NotImplementedError):
        verdict.status, verdict.headline = "not attempted", "Write your code where the cell says so, run it, then run this cell again."
    elif isinstance(error, NameError):
        verdict.status, verdict.headline = "not attempted", f"{error}. Run the cell of the exercise first."
    else:
        verdict.status = "failed"
        named = isinstance(error, AssertionError) and str(error)
        verdict.headline = str(error).splitlines()[0] if named else f"{type(error).__name__}: {error}"
        if isinstance(error, CheckFailed) and error.values:
            from .testing import summary
            verdict.facts = [("got", summary(error.got)), ("wanted", summary(error.wanted))]
    return verdict


def _show(verdict: Verdict) -> None:
    target = os.environ.get("VISIONCOURSE_VERDICTS")   # the terminal's `grader check` reads verdicts from this file
    if target:
        with open(target, "a", encoding="utf-8") as file:
            file.write(json.dumps(verdict.as_dict()) + "\n")
    if current.shell() is not None:
        from IPython.display import display
        display(verdict)
    else:
        print(verdict)


def _show_markdown(text: str) -> None:
    if current.shell() is not None:
        from IPython.display import Markdown, display
        display(Markdown(text))
    else:
        print(text)


def _unknown(name: str, lesson: str, known) -> str:
    return f"{lesson} has no exercise {name!r}; it has {', '.join(known) or 'none'}"
