"""`try`: what a learner is told, in seconds, for the empty stub, the solution, and every right and wrong answer of one exercise."""

import ast
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from visioncourse.desk.verdict import Verdict

from ..judging import answers, policies, verdicts
from ..judging.run import DEFAULT_SEED
from ..lesson import read
from ..lesson.cells import Cell, Exercise, Lesson, exercise_of, python, without_marks
from ..notebook.texts import stub

KINDS = ("stub", "solution", "right", "wrong")


@dataclass(frozen=True)
class Answer:
    """One answer to try: its kind (one of KINDS, or "own"), its text, how it is announced, and of a wrong one the mistake."""

    kind: str
    text: str
    title: str
    why: str = ""


def trial(place: str, *, only: str = "", answer: Path | None = None, seed: int = DEFAULT_SEED, console: Console) -> bool:
    """Print the verdicts on the answers of an exercise, or of one check of it, and say whether all is as expected.

    place: "a1/knn:two-loops", or "a1/knn:two-loops.speed" for one check. only: one of KINDS. answer: a file with an answer of
    one's own, which is tried in place of the listed ones and is expected to pass. Raises ValueError where there is no such
    exercise or nothing to try.
    """
    start = time.monotonic()
    lesson, wanted = read.find(place)
    exercise, checks = _chosen(lesson, wanted)
    tried = [_own(answer)] if answer else [a for a in _listed(exercise) if only in ("", a.kind)]
    if not tried:
        raise ValueError(f"{lesson.name}:{exercise.name} has no {only} answer")
    amiss, refused = [], set()
    for each in tried:
        said = [answers.told(lesson, exercise, check, each.text, seed) for check in checks]
        outcome, fine = _outcome(lesson, exercise, checks, each, said, seed)
        amiss += [] if fine else [f"{each.title}: {outcome}"]
        refused |= {v.check for v in said if each.kind == "wrong" and v.status != "passed"}
        console.print(f"{each.title}: {outcome}", markup=False)
        for verdict in said:
            console.print("\n".join(f"    {line}" for line in str(verdict).splitlines()), markup=False)
        console.print()
    if answer:
        return not amiss
    if only in ("", "wrong"):
        idle = [check.name for check in checks if check.name not in refused]
        amiss += [f"check {name} fails no wrong answer: nothing shows that it tests anything" for name in idle]
    for line in amiss:
        console.print(f"NOT AS EXPECTED {line}", markup=False)
    result = f"{len(amiss)} not as expected" if amiss else "all as expected"
    console.print(f"{lesson.name}:{wanted}, seed {seed}: {_counted(tried)}; {result}; {time.monotonic() - start:.1f} s", markup=False)
    return not amiss


def _chosen(lesson: Lesson, wanted: str) -> tuple[Exercise, list[Cell]]:
    """The exercise and those of its checks that are asked for."""
    if not wanted:
        raise ValueError(f"say which exercise, as in {lesson.name}:{next(iter(lesson.exercises), 'NAME')}; "
                         f"there are {', '.join(lesson.exercises) or 'none'}")
    exercise = lesson.exercises[exercise_of(wanted)]
    return exercise, [check for check in exercise.checks if wanted in (exercise.name, check.name)]


def _listed(exercise: Exercise) -> Iterator[Answer]:
    yield Answer("stub", stub(exercise.solve), "stub")
    yield Answer("solution", without_marks(exercise.solve), f"solution (line {exercise.solve.line})")
    for cell in exercise.right:
        yield Answer("right", cell.text, f"right '{cell.why}' (line {cell.line})")
    for cell in exercise.wrong:
        yield Answer("wrong", cell.text, f"wrong '{cell.why}' (line {cell.line})", cell.why)


def _own(path: Path) -> Answer:
    text = path.read_text(encoding="utf-8")
    try:
        ast.parse(python(text))
    except SyntaxError as error:
        raise ValueError(f"{path}:{error.lineno}: not Python: {error.msg}") from None
    return Answer("own", text, str(path))


def _outcome(lesson: Lesson, exercise: Exercise, checks: list[Cell], answer: Answer, said: list[Verdict], seed: int) -> tuple[str, bool]:
    """What became of an answer, in two or three words, and whether that is expected."""
    passed = all(v.status == "passed" for v in said)
    if answer.kind == "stub":
        fine = all(v.status == "not attempted" for v in said)
        return "not attempted" if fine else "ACCEPTED" if passed else "must be called not attempted by every check", fine
    if answer.kind != "wrong":
        return "passes" if passed else "REFUSED", passed
    if passed:                                         # one check alone need not refuse every wrong answer
        whole = len(checks) == len(exercise.checks)
        return "ACCEPTED" if whole else "accepted by this check", not whole
    if any(_names(exercise, v, answer.why) for v in said):
        return "named", True
    mistaken = [answers.mistakes(lesson, exercise, c, answer.text, seed) for c, v in zip(checks, said, strict=True) if v.status != "passed"]
    return f"refused but not named: {answers.why_not_named(mistaken[-1])}", False


def _names(exercise: Exercise, verdict: Verdict, why: str) -> bool:
    return verdict.diagnosis == verdicts.diagnosed(why) or policies.is_refusal(exercise, verdict.headline)


def _counted(tried: list[Answer]) -> str:
    counts = {kind: sum(a.kind == kind for a in tried) for kind in KINDS}
    return ", ".join(f"{count} {kind}" if kind in ("right", "wrong") else f"the {kind}" for kind, count in counts.items() if count)
