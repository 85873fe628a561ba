"""One submission from files to verdicts: its notebooks run in the sandbox, its checks are judged out here.

A cell that hangs or ends the process costs that cell: a fresh worker repeats the earlier cells that succeeded and the run
goes on. The result is plain data and holds no student's name, so that equal submissions have equal results.
"""

import ast
import contextlib
import hashlib
import re
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Any

from visioncourse.verdict import Verdict

from . import judge, policies, slices, source, submissions
from .sandbox.host import Line, Worker
from .sandbox.limits import Limits
from .sandbox.remote import Remote
from .source import Cell, Exercise, Lesson, exercise_of
from .submissions import Place, Submission
from .transport import Lost, _identical

FORMAT = 1                                             # of results; a change makes old results count as missing
_SIGNS = {                                             # what honest work has no use for: told to the instructor, costs no point
    r"ast_transformers|input_transformers|set_custom_exc|_showtraceback": "changes how IPython runs cells",
    r"\bgc\.get_(objects|referrers)|_getframe|f_back|f_globals": "searches the memory of the process",
    r"/proc/|gradebook|autograded|NBGRADER_|nbgrader_config": "looks for the grader",
    r"\bos\.(kill|fork|execv|setsid)|getppid|SIGKILL": "handles processes",
    r"\bctypes\b|\bptrace\b": "reaches below Python",
    r"(np|numpy)\.(testing\.\w+|allclose|array_equal|isclose|any|all)\s*=[^=]|builtins\.\w+\s*=[^=]": "replaces functions that tests use",
    r"def __(eq|array_function|array_ufunc|array)__": "defines objects that choose what they are equal to",
    r"\bset(trace|profile)\b|co_filename|(?m:^)__name__\s*=[^=]": "hides from the counting of lines",
    r"\bsocket\b|urllib|requests\.(get|post)|http\.client": "uses the network",
    r"vc\.(check|assert_close|assert_raises|beside|rng)\s*=[^=]|visioncourse\.testing": "replaces the course's checks",
}


@dataclass(frozen=True)
class Settings:
    """How a class is marked; part of what a result depends on."""

    seed: int
    level: int
    limits: Limits = Limits()
    follow_through: bool = True


def mark(line: Line, lessons: list[Lesson], submission: Submission, settings: Settings, extra: dict[str, bytes] | None = None) -> dict[str, Any]:
    """The result of one submission, as plain data: per lesson the executed notebook, verdicts and what happened on the way.

    extra: the assignment's own files, which a notebook finds beside itself, over the student's of the same names.
    """
    found, notes = submissions.notebooks(submission, lessons)
    files = {n: c for n, c in submission.files.items() if not n.endswith(".ipynb")} | (extra or {})
    result = {"format": FORMAT, "seed": settings.seed, "level": settings.level, "notes": [*submission.problems, *notes], "lessons": {}}
    for lesson in lessons:
        cells = found[lesson.name]
        marked = _nothing(lesson) if cells is None else _mark_notebook(line, lesson, cells, files, settings, submission.digest())
        _tell(marked, result["notes"])
        result["lessons"][lesson.name] = marked
    return result


def public(verdict: dict[str, Any]) -> Verdict:
    """A verdict as students see it: what the check says, the diagnosis, their own input and result; no expected value."""
    facts = [(label, _without_wanted(text)) for label, text in verdict["facts"] if label != "wanted"]
    headline = "A hidden property does not hold." if verdict["headline"].startswith("assert ") else verdict["headline"]
    return Verdict(**{**verdict, "headline": headline, "facts": [f for f in facts if f[1]]})


# ------------------------------------------------------------------------------------------------------ a notebook

@dataclass
class _Sitting:
    """One run of a notebook, in as many workers as it takes."""

    line: Line
    places: list[Place]
    files: dict[str, bytes]
    settings: Settings
    start: int                                         # number for the generators of the worker
    outputs: dict[int, list[dict]] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)
    tampering: list[str] = field(default_factory=list)
    bindings: dict[int, list[tuple[str, str, Callable]]] = field(default_factory=dict)     # after a cell: what then comes from us
    done: list[int] = field(default_factory=list)
    worker: Worker | None = None
    workers: int = 0
    deadline: float = 0.0

    def __post_init__(self) -> None:
        self.deadline = time.monotonic() + self.settings.limits.submission

    def execute(self, number: int) -> None:
        """Run one cell and keep what it shows."""
        worker = self.ready()
        if worker is None:
            self.outputs[number] = [_error("NotRun", "This cell was not run: the notebook had used up its time or its number of restarts.")]
            return
        cell = worker.execute(self.places[number].text, self._seconds())
        self.counts[number] = len(self.counts) + 1
        self.outputs[number] = cell.outputs
        if cell.ended:
            said = f"This cell was stopped: {cell.ended}."
            self.outputs[number].append(_error("Stopped", said))
            self.events.append(f"cell {number + 1} was stopped: {cell.ended}")
        for output in cell.outputs:
            if output["output_type"] == "execute_result":
                output["execution_count"] = self.counts[number]
            output.pop("display_id", None)
        if cell.ok:
            self.done.append(number)
        self._bind(number)
        self._watch()

    def ready(self) -> Worker | None:
        """A living worker in which everything that has succeeded so far has been run; None where no more may be started."""
        while self.worker is None or not self.worker.alive:
            if self.workers > self.settings.limits.replays or time.monotonic() > self.deadline:
                return None
            self.worker, self.workers = self.line.spawn(), self.workers + 1
            with contextlib.suppress(Lost):
                if self.files:
                    self.worker.ask("files", self.files, seconds=60)
                self.worker.ask("seed", self.start, seconds=60)
                self._replay()
        return self.worker

    def judge(self, lesson: Lesson, check: Cell, answer: str) -> Verdict:
        """The verdict on one check; the worker may be dead afterwards."""
        worker = self.ready()
        if worker is None:
            return Verdict(lesson.name, check.name, "failed", worth=check.points, headline="The notebook had used up its time before this check.")
        policy = lesson.exercises[exercise_of(check.name)].solve.policy
        remote = Remote(worker, counting=bool(policy))
        packages = policies.imported([p.text for p in self.places if p.kind == "code"]) if policy else {}
        said = _in_time(lambda: judge.verdict(lesson, check, remote, self.settings.seed, answer=answer, packages=packages),
                        self.settings.limits.check + 5, lesson, check)
        if worker.alive:
            with contextlib.suppress(Lost):
                worker.ask("forget", seconds=5)
        self._watch()
        return said

    def close(self) -> None:
        if self.worker is not None:
            self.worker.kill()

    def _replay(self) -> None:
        for number in list(self.done):
            if not self.worker.execute(self.places[number].text, self._seconds()).ok:
                self.events.append(f"cell {number + 1} did not succeed when it was repeated in a fresh process")
                self.done.remove(number)
            if not self.worker.alive:
                return
            self._bind(number)

    def _bind(self, number: int) -> None:
        for place, name, function in self.bindings.get(number, []):
            if self.worker.alive:
                with contextlib.suppress(Lost):
                    self.worker.bind(place, name, function)

    def _seconds(self) -> float:
        return max(0.1, min(self.settings.limits.cell, self.deadline - time.monotonic()))

    def _watch(self) -> None:
        if self.worker is not None and self.worker.tampering:
            self.tampering.append(self.worker.tampering)
            self.worker.tampering = ""


def _mark_notebook(line: Line, lesson: Lesson, cells: list[dict], files: dict[str, bytes], settings: Settings, digest: str) -> dict[str, Any]:
    began = time.monotonic()
    places, mended = submissions.mend(cells, lesson)
    start = int(hashlib.sha256(f"{digest}{lesson.name}".encode()).hexdigest()[:12], 16)
    sitting = _Sitting(line, places, files, settings, start)
    answers = {p.mark.name: p.text for p in places if p.mark is not None and p.mark.mark == "solve"}
    verdicts: dict[str, Verdict] = {}
    try:
        for number, place in enumerate(places):
            if place.kind != "code" or not place.text.strip():
                continue
            if place.mark is not None and place.mark.mark == "check":
                verdicts[place.mark.name] = sitting.judge(lesson, place.mark, answers.get(exercise_of(place.mark.name), ""))
            else:
                sitting.execute(number)
    finally:
        sitting.close()
    if settings.follow_through:
        _follow_through(sitting, lesson, verdicts, answers)
    for number, place in enumerate(places):
        if place.mark is not None and place.mark.mark == "check" and place.mark.name in verdicts:
            sitting.outputs[number] = _shown(verdicts[place.mark.name])
    tampering = [*sitting.tampering, *_signs(places), *(n for n in mended if "had been changed" in n)]
    return {"notebook": submissions.notebook_of(places, sitting.outputs, sitting.counts), "mended": mended, "events": sitting.events,
            "checks": {name: v.as_dict() for name, v in verdicts.items()}, "tampering": list(dict.fromkeys(tampering)),
            "answers": answers, "seconds": time.monotonic() - began, "workers": sitting.workers}


def _nothing(lesson: Lesson) -> dict[str, Any]:
    """The result of a notebook that is not there: as released, with nothing attempted."""
    places, _ = submissions.mend([], lesson)
    checks = {c.name: Verdict(lesson.name, c.name, "not attempted", worth=c.points, headline="There was no notebook to mark.")
              for c in lesson.cells if c.mark == "check"}
    outputs = {n: _shown(checks[p.mark.name]) for n, p in enumerate(places) if p.mark is not None and p.mark.mark == "check"}
    return {"notebook": submissions.notebook_of(places, outputs, {}), "mended": [], "events": [], "checks": {n: v.as_dict() for n, v in checks.items()},
            "tampering": [], "answers": {}, "seconds": 0.0, "workers": 0}


def _tell(marked: dict[str, Any], notes: list[str]) -> None:
    """Put what was mended or lost on top of the executed notebook, where feedback shows it."""
    told = [*notes, *marked["mended"], *marked["events"]]
    if told:
        text = "**What the grader found and put right**\n\n" + "\n".join(f"- {escape(line)}" for line in told)
        marked["notebook"]["cells"].insert(0, {"cell_type": "markdown", "id": "grader-notes", "metadata": {}, "source": text})


def _in_time(action: Callable[[], Verdict], seconds: float, lesson: Lesson, check: Cell) -> Verdict:
    """What the check itself computes is bounded too: a result may be made to keep it busy, or to fill its memory."""
    class _TooLong(BaseException):
        pass

    def stop(*_: Any) -> None:
        raise _TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    headline = ""
    try:
        return action()
    except _TooLong:
        headline = f"The check did not end within {seconds:g} s with the results of your code."
    except (MemoryError, RecursionError) as error:
        headline = f"The check could not use the results of your code: {type(error).__name__}."
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return Verdict(lesson.name, check.name, "failed", worth=check.points, headline=headline)


def _shown(verdict: Verdict) -> list[dict]:
    """The output of a check cell: the verdict for people, and for nbgrader an error where there are no points."""
    said = public(verdict.as_dict())
    shown = [{"output_type": "display_data", "metadata": {}, "data": {"text/html": said._repr_html_(), "text/plain": str(said)}}]
    if verdict.points < verdict.worth:
        shown.append(_error("CheckFailed", said.headline or said.title()))
    return shown


def _error(name: str, text: str) -> dict:
    return {"output_type": "error", "ename": name, "evalue": text, "traceback": [text]}


def _without_wanted(text: str) -> str:
    return re.sub(r"(: got [^\n]*)?,? wanted [^\n]*$", ".", text) if "wanted" in text and not text.startswith("The shape") else text


def _signs(places: list[Place]) -> Iterator[str]:
    for number, place in enumerate(places, 1):
        if place.kind == "code" and (place.mark is None or place.mark.mark == "solve"):
            for pattern, meaning in _SIGNS.items():
                if re.search(pattern, place.text):
                    yield f"cell {number} {meaning}"


# -------------------------------------------------------------------------------------------------- follow-through

def _follow_through(sitting: _Sitting, lesson: Lesson, verdicts: dict[str, Verdict], answers: dict[str, str]) -> None:
    """Judge again, with the reference answers of failed earlier exercises in place, what fails only because of them.

    The reference does not enter the sandbox: its functions run here and the notebook's names call them.
    """
    failed = {exercise_of(name) for name, v in verdicts.items() if v.status != "passed"}
    for exercise in lesson.exercises.values():
        again = [c for c in exercise.checks if c.name in verdicts and verdicts[c.name].status == "failed"]
        needs = [e for e in _prerequisites(lesson, exercise) if e.name in failed] if again else []
        if not needs:
            continue
        functions = {e.name: _reference(lesson, exercise, e, sitting.settings.seed) for e in needs}
        if not all(functions.values()):
            continue
        second = _Sitting(sitting.line, sitting.places, sitting.files, sitting.settings, sitting.start)
        second.deadline = sitting.deadline
        second.bindings = {n: functions[p.mark.name] for n, p in enumerate(sitting.places)
                           if p.mark is not None and p.mark.mark == "solve" and p.mark.name in functions}
        try:
            for number, place in enumerate(sitting.places):
                if place.mark in again:
                    said = second.judge(lesson, place.mark, answers.get(exercise.name, ""))
                    if said.status == "passed":
                        titles = " and ".join(e.title for e in needs)
                        said.note = f"Marked with a correct answer to {titles} in place of yours: this exercise fails only because of that one."
                        verdicts[place.mark.name] = said
                elif place.kind == "code" and place.text.strip() and not (place.mark is not None and place.mark.mark == "check"):
                    second.execute(number)
                if place.mark is again[-1]:
                    break
        finally:
            second.close()


def _prerequisites(lesson: Lesson, exercise: Exercise) -> list[Exercise]:
    """Earlier exercises whose answers the reference answer and the checks of this one use."""
    modules = slices.imported_names(lesson)
    wanted = slices.free_names(exercise.solve.text)
    attributes = {n.attr for n in ast.walk(ast.parse(source.python(exercise.solve.text))) if isinstance(n, ast.Attribute)}
    for check in exercise.checks:
        wanted |= slices.free_names(check.text)
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
    for node in ast.parse(source.python(solve.text)).body:
        if isinstance(node, ast.FunctionDef):
            classes = [ast.unparse(d.args[0]) for d in node.decorator_list if isinstance(d, ast.Call) and ast.unparse(d.func).endswith("add_to")]
            methods.add((classes[0], node.name)) if classes else tops.add(node.name)
    return tops, methods


def _reference(lesson: Lesson, exercise: Exercise, needed: Exercise, seed: int) -> list[tuple[str, str, Callable]]:
    """The functions of a needed exercise's reference answer, callable from a notebook; [] where it defines other things too."""
    tops, methods = _defined(needed.solve)
    if slices.bound_names(needed.solve.text) - tops - {name for _, name in methods}:
        return []
    names = judge.variant_names(lesson, exercise.checks[-1], {}, seed)
    try:
        return [*(("", name, names[name]) for name in sorted(tops)),
                *((place, name, _as_method(names[place], name)) for place, name in sorted(methods))]
    except KeyError:
        return []


def _as_method(kind: type, name: str) -> Callable:
    """A method that works on an object's plain attributes and returns its value and the attributes that it changed."""
    def call(state: dict[str, Any], *args: Any, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
        made = object.__new__(kind)
        made.__dict__.update(state)
        value = getattr(kind, name)(made, *args, **kwargs)
        return value, {k: v for k, v in made.__dict__.items() if k not in state or not _identical(state[k], v)}

    return call


