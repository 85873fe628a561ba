"""Proves the course: every check passes its solution and other right answers, fails its stub as not attempted, and fails
every wrong answer and names it; every notebook runs from top to bottom in its time.

Each answer is judged by the function that learners and classes get, with ten seeds, one after the other in one process, as a
learner checks again and again; and once as plain text in one namespace, as stock nbgrader runs it. Both must agree. Beside the
written answers every exercise is tried with random results and with results for other inputs. A proof without a fault is kept by
what it depends on: an unchanged exercise costs nothing.
"""

import contextlib
import hashlib
import io
import json
import multiprocessing
import os
import time
import warnings
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from visioncourse.files import write_whole

from . import threads
from .judging import answers, distorted, known, policies, verdicts
from .judging.known import Crossings, Known
from .judging.run import DEFAULT_SEED, check_imports, reach, run_check
from .judging.trials import Names, try_answers
from .lesson import modules, read
from .lesson.cells import ROOT, Cell, Exercise, Lesson, region, without_marks
from .notebook import build, execute
from .notebook.texts import stub

SEEDS = tuple(range(10))
NAMED = SEEDS[:2]                                      # with which a wrong answer must be named
FOLDER = ROOT / "build" / "proofs"
_MISTYPED = ("NameError", "UnboundLocalError", "SyntaxError", "ImportError", "ModuleNotFoundError")


@dataclass
class Proof:
    """What was found about one exercise."""

    lesson: str
    exercise: str
    checks: int = 0
    right: int = 0
    wrong: int = 0
    named: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)


@dataclass
class Tried:
    """What one check says of one answer. By seed: status, headline, what crossed. plain: what the plain text raised, or None."""

    statuses: dict[int, str] = field(default_factory=dict)
    headlines: dict[int, str] = field(default_factory=dict)
    crossed: dict[int, Crossings] = field(default_factory=dict)
    overwritten: dict[int, frozenset[tuple[int, int | str]]] = field(default_factory=dict)
    raised: str = ""                                   # the kind of the learner's last error
    unnoticed: set[str] = field(default_factory=set)   # ways of spoiling results that the check accepts
    plain: str | None = None

    def passes(self, seed: int) -> bool:
        """Whether the check passes with this seed."""
        return self.statuses[seed] == "passed"


def verify(names: list[str], *, notebooks: bool = True, jobs: int = 0, fresh: bool = False, console: Console | None = None) -> bool:
    """Verify lessons, or exercises alone as "a1/knn:two-loops"; print a table and every fault, and say whether there was none."""
    console = console or Console()
    proofs, runs, kept = prove(names, notebooks=notebooks, jobs=jobs, fresh=fresh, console=console)
    table = Table(title="exercises", title_justify="left")
    for heading in ("lesson", "exercise", "checks", "right answers", "wrong answers", "named", "seconds", ""):
        number = heading in ("checks", "right answers", "wrong answers", "named", "seconds")
        table.add_column(heading, justify="right" if number else "left")
    for p in proofs:
        table.add_row(p.lesson, p.exercise, str(p.checks), str(p.right), str(p.wrong), str(p.named), f"{p.seconds:.1f}",
                      "ok" if not p.faults else f"{len(p.faults)} faults")
    console.print(table)
    for run in runs:
        console.print(f"{run.lesson}: ran in {run.seconds:.1f} s", markup=False)
    faults = [f"{p.lesson}: {p.exercise}: {fault}" for p in proofs for fault in p.faults]
    faults += [f"{run.lesson}: {fault}" for run in runs for fault in run.faults]
    for note in (f"{run.lesson}: {note}" for run in runs for note in run.notes):
        console.print(f"note: {note}", markup=False)
    for fault in faults:
        console.print(f"FAULT {fault}", markup=False)
    if kept:
        console.print(f"{kept} of these are unchanged since they were proved; --fresh proves them again")
    console.print(f"{len(proofs)} exercises, {sum(p.checks for p in proofs)} checks, {sum(p.right for p in proofs)} right and "
                  f"{sum(p.wrong for p in proofs)} wrong answers, {sum(p.named for p in proofs)} of them named; "
                  f"{len(runs)} notebooks run; {len(faults)} faults")
    return not faults


def prove(names: list[str], *, notebooks: bool = True, jobs: int = 0, fresh: bool = False,
          console: Console | None = None) -> tuple[list[Proof], list[execute.Execution], int]:
    """The proofs of all exercises and the executions of all notebooks, in the order of the course, made in parallel; how many were kept.

    names: of lessons, or of exercises as "a1/knn:two-loops", for which no notebook is run.
    """
    lessons: dict[str, Lesson] = {}
    tasks: dict[tuple[str, str], str] = {}             # (lesson, exercise, or "" for the notebook): key of the proof
    for name in names:
        lesson, chosen = read.find(name)
        lessons[lesson.name] = lesson
        if ":" not in name and notebooks:
            tasks[lesson.name, ""] = _notebook_key(lesson)
        for exercise in lesson.exercises.values():
            if chosen in ("", exercise.name):
                tasks[lesson.name, exercise.name] = _exercise_key(lesson, exercise)
    found: dict[tuple[str, str], Any] = {}
    if not fresh:
        found = {task: kept for task, key in tasks.items() if (kept := _kept(task, key)) is not None}
    todo = [task for task in tasks if task not in found]
    kept_count = len(found)
    if todo:
        threads.one_each()
        seconds = _last_seconds()
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(min(jobs or os.cpu_count() or 1, len(todo)), mp_context=context) as pool, \
                Progress(console=console, transient=True, disable=not (console and console.is_terminal)) as bar:
            row = bar.add_task("verifying", total=len(todo))
            longest_first = sorted(todo, key=lambda task: -seconds.get(" ".join(task), 1e9 if not task[1] else 1e8))
            pending = {pool.submit(_task, *task): task for task in longest_first}
            for future in as_completed(pending):
                task = pending[future]
                found[task] = future.result()
                _keep(task, tasks[task], found[task])
                bar.advance(row)
    return [found[t] for t in tasks if t[1]], [found[t] for t in tasks if not t[1]], kept_count


def _task(name: str, exercise: str) -> Proof | execute.Execution:
    if not exercise:
        return execute.execute(name)
    lesson = read.load(name)
    return prove_exercise(lesson, lesson.exercises[exercise])


# ----------------------------------------------------------------------------------------------- one exercise

def prove_exercise(lesson: Lesson, exercise: Exercise) -> Proof:
    """Try every known answer of one exercise on its checks, in forks of this process, which must have one thread alone."""
    start = time.monotonic()
    proof = Proof(lesson.name, exercise.name, len(exercise.checks), len(exercise.right), len(exercise.wrong))
    texts = [without_marks(exercise.solve), stub(exercise.solve), *(c.text for c in exercise.right), *(c.text for c in exercise.wrong)]
    first_wrong = 2 + len(exercise.right)

    def work(place: int, check: Cell, names: Names) -> Tried:
        return _try(lesson, exercise, check, names, texts[place], solution=place == 0, stub=place == 1, wrong=place >= first_wrong)

    tried: dict[int, list[Tried]] = {}
    for place, results in try_answers(lesson, exercise, texts, work):
        tried[place] = results
        if place == 0:
            _remember(lesson, exercise, results)
    for place, cell in enumerate([exercise.solve, *exercise.right]):
        said = f"the right answer '{cell.why}'" if place else "its solution"
        proof.faults += _refusals(lesson, exercise, tried[place + 1 if place else 0], texts[place + 1 if place else 0], said)
    for check, result in zip(exercise.checks, tried[1], strict=True):
        if result.statuses[DEFAULT_SEED] != "not attempted":
            proof.faults.append(f"check {check.name} calls the empty stub {result.statuses[DEFAULT_SEED]!r}, not 'not attempted': "
                                f"{result.headlines[DEFAULT_SEED]}")
        if result.plain is None:
            proof.faults.append(f"check {check.name} accepts the empty stub")
    proof.named = _wrong(lesson, exercise, {cell.why: tried[first_wrong + n] for n, cell in enumerate(exercise.wrong)}, proof.faults)
    proof.faults += _distortions(tried[0])
    proof.seconds = time.monotonic() - start
    return proof


def _try(lesson: Lesson, exercise: Exercise, check: Cell, names: Names, answer: str, *, solution: bool, stub: bool, wrong: bool) -> Tried:
    """One check with every seed on names that hold an answer; in a process of its own."""
    tried = Tried()
    plain_names = dict(names)
    for seed in SEEDS[:1] if stub else SEEDS:
        if solution:
            run = run_check(lesson, check, reach(exercise, names), seed, stop=False)
            tried.overwritten[seed] = frozenset(run.overwritten)
            known.remember(lesson, check, seed, Known(tried.overwritten[seed]))
            if run.ok and seed != DEFAULT_SEED and not exercise.solve.policy:
                tried.statuses[seed], tried.headlines[seed] = "passed", ""      # a verdict would run the very same once more
                continue
        said, _ = verdicts.outcome(lesson, check, reach(exercise, names), seed, **verdicts.written(exercise, names))
        tried.statuses[seed], tried.headlines[seed] = said.status, said.headline
        if wrong and seed in NAMED:
            run = run_check(lesson, check, reach(exercise, names), seed, stop=False)
            tried.crossed[seed] = known.crossings(run)
            tried.raised = type(run.raised).__name__ if run.raised is not None and run.error is run.raised else tried.raised
        if solution and seed == DEFAULT_SEED:
            for way in distorted.WAYS:
                spoilt = distorted.Distorted(names, way, seed)
                if run_check(lesson, check, spoilt, seed).ok and spoilt.touched:
                    tried.unnoticed.add(way)
    error = _run_plainly(lesson, check, plain_names, DEFAULT_SEED)
    tried.plain = None if error is None else _short(error)
    return tried


def _remember(lesson: Lesson, exercise: Exercise, results: list[Tried]) -> None:
    """What is known from the solution, for the forks that come."""
    for check, result in zip(exercise.checks, results, strict=True):
        for seed, overwritten in result.overwritten.items():
            known.remember(lesson, check, seed, Known(overwritten))


def _refusals(lesson: Lesson, exercise: Exercise, results: list[Tried], answer: str, said: str) -> list[str]:
    found = []
    for check, result in zip(exercise.checks, results, strict=True):
        refused = [seed for seed in SEEDS if not result.passes(seed)]
        if refused:
            headline = result.headlines[refused[0]]
            for_its_policy = " for its policy" if policies.is_refusal(exercise, headline) else ""
            found.append(f"check {check.name} refuses {said}{for_its_policy} ({_seeds(refused)}): {headline}")
        if result.plain is not None:
            found.append(f"check {check.name} refuses {said} under stock nbgrader (seed {DEFAULT_SEED}): {result.plain}")
    if why := _against_policy(lesson, exercise, answer):
        found.append(f"{said} breaks the exercise's own policy: {why}")
    return found


def _wrong(lesson: Lesson, exercise: Exercise, tried: dict[str, list[Tried]], faults: list[str]) -> int:
    """How many wrong answers are named; notes what is amiss in `faults`."""
    mistakes = [{seed: Known(mistakes={why: results[n].crossed[seed] for why, results in tried.items()}) for seed in NAMED}
                for n in range(len(exercise.checks))]
    failing = dict.fromkeys((check.name for check in exercise.checks), 0)
    named = 0
    for cell in exercise.wrong:
        results = tried[cell.why]
        for check, result in zip(exercise.checks, results, strict=True):
            failing[check.name] += not result.passes(DEFAULT_SEED)
            by_policy = policies.is_refusal(exercise, result.headlines[DEFAULT_SEED])
            if not by_policy and result.passes(DEFAULT_SEED) != (result.plain is None):
                faults.append(f"check {check.name} and stock nbgrader disagree on '{cell.why}': "
                              f"{result.headlines[DEFAULT_SEED] or result.plain}")
            if result.raised in _MISTYPED and cell.raises != result.raised:
                faults.append(f"the wrong answer '{cell.why}' (line {cell.line}) ends in {result.raised} and proves nothing; mend it, "
                              f'or say raises="{result.raised}" on its cell line')
        accepted = [seed for seed in SEEDS if all(result.passes(seed) for result in results)]
        if accepted:
            faults.append(f"accepts the wrong answer '{cell.why}' (line {cell.line})"
                          + (f" with {_seeds(accepted)} of {len(SEEDS)}" if len(accepted) < len(SEEDS) else ""))
            continue
        if _against_policy(lesson, exercise, cell.text):          # refused for how it is written, and the verdict says for what
            named += 1
            continue
        unnamed = [(seed, mistaken) for seed in NAMED if (mistaken := _unnamed(exercise, results, mistakes, cell.why, seed)) is not None]
        named += not unnamed
        if unnamed:
            seed, mistaken = unnamed[0]
            faults.append(f"does not name the wrong answer '{cell.why}' (line {cell.line}, seed {seed}): {answers.why_not_named(mistaken)}")
    faults += [f"check {name} fails no wrong answer: nothing shows that it tests anything" for name, n in failing.items() if not n]
    return named


def _unnamed(exercise: Exercise, results: list[Tried], mistakes: list[dict[int, Known]], why: str, seed: int) -> list[str] | None:
    """None where some failing check names the mistake with this seed; else the mistakes that the last of them would name."""
    mistaken: list[str] = []
    for number, result in enumerate(results):
        if result.passes(seed):
            continue
        if policies.is_refusal(exercise, result.headlines[seed]):
            return None
        mistaken = mistakes[number][seed].coinciding(result.crossed[seed])
        if mistaken == [why]:
            return None
    return mistaken


def _distortions(results: list[Tried]) -> list[str]:
    """Where every check of an exercise accepts results that are made up, or that were computed for other inputs."""
    return [f"accepts {said}" for way, said in distorted.WAYS.items() if all(way in result.unnoticed for result in results)]


def _against_policy(lesson: Lesson, exercise: Exercise, answer: str) -> str:
    if not exercise.solve.policy:
        return ""
    return policies.broken(exercise, answer, policies.imported([c.text for c in lesson.cells if c.kind == "code"]))


def _run_plainly(lesson: Lesson, check: Cell, names: dict[str, Any], seed: int) -> Exception | None:
    """What the check's plain text raises in one namespace with the answer, as in a kernel of stock nbgrader."""
    from visioncourse.desk import testing

    visible, hidden = region(check)
    text = f"{visible}\nrng = vc.rng({check.name!r})\n{hidden}"
    with testing.judged(seed, None), contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(action="ignore"):
        try:
            exec(compile(check_imports(lesson, check), "<imports>", "exec"), names)
            exec(compile(text, f"<check {check.name}>", "exec"), names)
        except Exception as error:
            return error
    return None


def _seeds(seeds: list[int]) -> str:
    return f"seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}"


def _short(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"


# ---------------------------------------------------------------------------------------------------- keeping

def _exercise_key(lesson: Lesson, exercise: Exercise) -> str:
    """A digest of all that the proof of an exercise depends on."""
    others = [*exercise.right, *exercise.wrong]
    texts = [without_marks(exercise.solve), *(c.text for c in others)]
    parts = [_machinery(), exercise.solve.text, exercise.solve.policy, *(f"{c.mark} {c.why} {c.raises} {c.text}" for c in others)]
    for check in exercise.checks:
        needed = known.needed_texts(lesson, exercise, check, texts)
        parts += [check.name, check.text, *dict.fromkeys(needed), modules.digest_of(modules.course_files([check.text, *needed]))]
    return _digest(*parts)


def _notebook_key(lesson: Lesson) -> str:
    """A digest of all that running a notebook depends on."""
    texts = [c.text for c in lesson.cells if c.kind == "code"]
    notebook = build.render(build.instructor_notebook(lesson, pictures=False))
    return _digest(_machinery(), notebook, modules.digest_of(modules.course_files(texts)))


@cache
def _machinery() -> str:
    rooms = [ROOT / "grader" / "proof.py", *(ROOT / "grader" / "notebook").glob("*.py"), *(ROOT / "visioncourse" / "desk").glob("*.py")]
    return f"{known.machinery()} {modules.digest_of(rooms)} {SEEDS}"


def _digest(*parts: str) -> str:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return whole.hexdigest()[:40]


def _path(task: tuple[str, str]) -> Path:
    lesson, exercise = task
    return FOLDER / lesson / f"{exercise or 'notebook'}.json"


def _kept(task: tuple[str, str], key: str) -> Proof | execute.Execution | None:
    """A proof without a fault that was made of the very same."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        found = json.loads(_path(task).read_text(encoding="utf-8"))
        if found["key"] == key and (task[1] or execute.copy_of(task[0]).is_file()):
            return Proof(**found["found"]) if task[1] else execute.Execution(**found["found"])
    return None


def _keep(task: tuple[str, str], key: str, found: Proof | execute.Execution) -> None:
    with contextlib.suppress(OSError):
        if not found.faults:
            write_whole(_path(task), json.dumps({"key": key, "found": asdict(found)}))
        write_whole(FOLDER / "seconds.json", json.dumps(_last_seconds() | {" ".join(task): round(found.seconds, 1)}))


def _last_seconds() -> dict[str, float]:
    """How long each task took when it was last done, so that the longest begin first."""
    with contextlib.suppress(OSError, ValueError):
        found = json.loads((FOLDER / "seconds.json").read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else {}
    return {}

