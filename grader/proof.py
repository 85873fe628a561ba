"""Proves the course: every check passes its solution and other right answers, fails its stub as not attempted, and fails
every wrong answer and names it; every notebook runs from top to bottom in its time.

Each answer is tried twice: through proxies, as `vc.check` and the grader judge, and as plain text in one namespace, as stock
nbgrader runs it. Both must agree.
"""

import contextlib
import io
import multiprocessing
import os
import time
import warnings
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from . import threads
from .judging import diagnosis, policies, verdicts
from .judging.counting import Counts
from .judging.run import DEFAULT_SEED, check_imports, run_check, variant_names
from .judging.transport import Local
from .lesson import dependencies, read
from .lesson.cells import Cell, Exercise, Lesson, region
from .notebook import execute
from .notebook.texts import stub

SEEDS = (0, 1, 2)


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


def verify(names: list[str], *, notebooks: bool = True, jobs: int = 0, console: Console | None = None) -> bool:
    """Verify the lessons, print a table and every fault, and say whether there was none."""
    console = console or Console()
    proofs, runs = prove(names, notebooks=notebooks, jobs=jobs, console=console)
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
    console.print(f"{len(proofs)} exercises, {sum(p.checks for p in proofs)} checks, {sum(p.right for p in proofs)} right and "
                  f"{sum(p.wrong for p in proofs)} wrong answers, {sum(p.named for p in proofs)} of them named; "
                  f"{len(runs)} notebooks run; {len(faults)} faults")
    return not faults


def prove(names: list[str], *, notebooks: bool = True, jobs: int = 0,
          console: Console | None = None) -> tuple[list[Proof], list[execute.Execution]]:
    """The proofs of all exercises and the executions of all notebooks, in the order of the course, made in parallel."""
    lessons = [read.load(name) for name in names]
    tasks: list[tuple[str, ...]] = [(name,) for name in names] if notebooks else []
    tasks += [(lesson.name, exercise) for lesson in lessons for exercise in lesson.exercises]
    found = {}
    threads.one_each()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs or os.cpu_count() or 1, mp_context=context) as pool, \
            Progress(console=console, transient=True, disable=not (console and console.is_terminal)) as bar:
        row = bar.add_task("verifying", total=len(tasks))
        pending = {pool.submit(_task, *task): task for task in tasks}
        for future in as_completed(pending):
            found[pending[future]] = future.result()
            bar.advance(row)
    return [found[t] for t in tasks if len(t) == 2], [found[t] for t in tasks if len(t) == 1]


def _task(name: str, exercise: str | None = None):
    if exercise is None:
        return execute.execute(name)
    lesson = read.load(name)
    return prove_exercise(lesson, lesson.exercises[exercise])


def prove_exercise(lesson: Lesson, exercise: Exercise) -> Proof:
    """Try every known answer of one exercise on its checks."""
    start = time.monotonic()
    proof = Proof(lesson.name, exercise.name, len(exercise.checks), len(exercise.right), len(exercise.wrong))
    for answer, said in [(exercise.solve, "its solution"), *((cell, f"the right answer '{cell.why}'") for cell in exercise.right)]:
        for check in exercise.checks:
            for seed in SEEDS if "rng" in dependencies.free_names(region(check)[1]) else SEEDS[:1]:
                proof.faults += _refusals(lesson, exercise, check, answer, said, seed)
        if why := _against_policy(lesson, exercise, answer):
            proof.faults.append(f"{said} breaks the exercise's own policy: {why}")
    for check in exercise.checks:
        verdict = verdicts.verdict(lesson, check, _learner(lesson, exercise, check, stub(exercise.solve)))
        if verdict.status != "not attempted":
            proof.faults.append(f"check {check.name} calls the empty stub {verdict.status!r}, not 'not attempted': {verdict.headline}")
        if _run_plainly(lesson, exercise, check, stub(exercise.solve), SEEDS[0]) is None:
            proof.faults.append(f"check {check.name} accepts the empty stub")
    failing = {check.name: 0 for check in exercise.checks}
    for answer in exercise.wrong:
        proof.named += _try_wrong(lesson, exercise, answer, proof.faults, failing)
    proof.faults += [f"check {name} fails no wrong answer: nothing shows that it tests anything" for name, n in failing.items() if not n]
    proof.seconds = time.monotonic() - start
    return proof


def _refusals(lesson: Lesson, exercise: Exercise, check: Cell, answer: Cell, said: str, seed: int) -> list[str]:
    found = []
    learner = _learner(lesson, exercise, check, answer.text, seed)
    run = run_check(lesson, check, learner, seed)
    if run.ok and (why := policies.contradicted(exercise, learner.lines, learner.packages)):
        found.append(f"check {check.name} refuses {said} for its policy (seed {seed}): {why}")
    if not run.ok:
        found.append(f"check {check.name} refuses {said} (seed {seed}): {_short(run.error) or f'undefined {run.missing}'}")
    error = _run_plainly(lesson, exercise, check, answer.text, seed)
    if error is not None:
        found.append(f"check {check.name} refuses {said} under stock nbgrader (seed {seed}): {_short(error)}")
    return found


def _try_wrong(lesson: Lesson, exercise: Exercise, answer: Cell, faults: list[str], failing: dict[str, int]) -> bool:
    """Whether the wrong answer is named; notes the checks it fails in `failing` and what is amiss in `faults`."""
    accepted, mistaken, named = True, [], False
    if _against_policy(lesson, exercise, answer):      # refused for how it is written, and the verdict says for what
        return True
    for check in exercise.checks:
        learner = _learner(lesson, exercise, check, answer.text)
        run = run_check(lesson, check, learner, stop=False)
        plain = _run_plainly(lesson, exercise, check, answer.text, DEFAULT_SEED)
        if run.ok != (plain is None):
            faults.append(f"check {check.name} and stock nbgrader disagree on '{answer.why}': {_short(run.error or plain)}")
        forbidden = run.ok and policies.contradicted(exercise, learner.lines, learner.packages)
        if run.ok and not forbidden:
            continue
        accepted = False
        failing[check.name] += 1
        if forbidden:                                  # by how it computes, and the verdict says so
            named = True
            continue
        mistaken = diagnosis.diagnose(lesson, exercise, check, run)
        named = named or mistaken == [answer.why]
    if accepted:
        faults.append(f"accepts the wrong answer '{answer.why}' (line {answer.line})")
    elif not named:
        faults.append(f"does not name the wrong answer '{answer.why}' (line {answer.line}): "
                      + (f"it cannot be told from {mistaken}" if mistaken else "its results differ when it runs again"))
    return named


def _against_policy(lesson: Lesson, exercise: Exercise, answer: Cell) -> str:
    if not exercise.solve.policy:
        return ""
    return policies.broken(exercise, answer.text, policies.imported([c.text for c in lesson.cells if c.kind == "code"]))


def _learner(lesson: Lesson, exercise: Exercise, check: Cell, answer: str, seed: int = DEFAULT_SEED) -> Local:
    return Local(variant_names(lesson, check, {exercise.solve.line: answer}, seed), Counts() if exercise.solve.policy else None)


def _run_plainly(lesson: Lesson, exercise: Exercise, check: Cell, answer: str, seed: int) -> Exception | None:
    """What the check's plain text raises in one namespace with the answer, as in a kernel of stock nbgrader."""
    from visioncourse.desk import testing

    names = variant_names(lesson, check, {exercise.solve.line: answer}, seed)
    visible, hidden = region(check)
    text = f"{visible}\nrng = vc.rng({check.name!r})\n{hidden}"
    modules = check_imports(lesson, check)
    with testing.judged(seed, None), contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(action="ignore"):
        try:
            exec(compile(modules, "<imports>", "exec"), names)
            exec(compile(text, f"<check {check.name}>", "exec"), names)
        except Exception as error:
            return error
    return None


def _short(error: BaseException | None) -> str:
    return f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}" if error else ""
