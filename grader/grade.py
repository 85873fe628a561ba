"""`python -m grader grade ASSIGNMENT`: sanitise, execute, judge, record, for a whole class, again and again without harm."""

import contextlib
import fcntl
import hashlib
import importlib
import json
import os
import platform
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from . import build, course, judge, results, slices, source, submissions
from .marking import Settings
from .pool import Outcome, Pool
from .record import CannotRecord, Recorded, Recorder
from .results import Store
from .sandbox import doctor
from .sandbox.host import Warm
from .sandbox.limits import Limits
from .source import Lesson

MINIMUM_LEVEL = 1


@dataclass
class Summary:
    """What a run has done. problems: what the instructor should know, one line each."""

    executed: int = 0
    unchanged: int = 0
    recorded: int = 0
    level: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass
class Assignment:
    """An assignment of a course folder, ready to be marked."""

    folder: Path
    name: str
    lessons: list[Lesson]
    seed: int
    extra: dict[str, bytes]

    @property
    def place(self) -> Path:
        return self.folder / "grading" / self.name

    def submissions(self) -> list[tuple[str, Path]]:
        """Students with a folder for this assignment, in order."""
        found = (self.folder / "submitted").glob(f"*/{self.name}")
        return sorted((p.parent.name, p) for p in found if p.is_dir() and not p.is_symlink())


def grade(folder: Path, name: str, *, jobs: int = 0, shard: str = "", cluster: str = "", unsafe: bool = False, limits: Limits | None = None,
          minimum: int = MINIMUM_LEVEL, level: int | None = None, follow_through: bool = True, console: Console | None = None) -> Summary:
    """Mark every submission of an assignment and record the results.

    jobs: processes; 0 means one per core that this process may use. shard: "2/5" marks the second fifth and records nothing. cluster: address of a Dask
    scheduler. unsafe: go on where the machine offers less than the level `minimum`. level: not the best that works, but this.
    Raises ValueError, with what to do, where nothing can be graded.
    """
    assignment = open_assignment(folder, name)
    todo = _shard(assignment.submissions(), shard)
    if not todo:
        raise ValueError(f"nobody has handed in {name}: there is no folder {assignment.folder / 'submitted'}/STUDENT/{name}"
                         + (f" in shard {shard}" if shard else ""))
    level = _level(minimum, unsafe, level) if not cluster else -1
    settings = Settings(assignment.seed, level, limits or Limits(), follow_through)
    summary = Summary(level=level)
    store = Store(assignment.place / "results")
    with _locked(assignment.place / ("lock" if not shard else f"lock-{shard.replace('/', '-of-')}")), contextlib.ExitStack() as stack:
        recorder = None
        if not shard:
            recorder = stack.enter_context(Recorder(assignment.folder, name))
            _compare_with_roster(assignment, recorder, todo, summary)
        outcomes = _local(assignment, settings, store, jobs, todo, stack, summary, alone=not recorder) if not cluster \
            else _on_cluster(cluster, assignment, settings, store, todo, minimum)
        bar = stack.enter_context(_progress(console))
        row = bar.add_task(f"grading {name}", total=len(todo))
        for outcome in outcomes:
            _take(outcome, assignment, store, recorder, summary)
            bar.advance(row)
            bar.refresh()
    return summary


def open_assignment(folder: Path, name: str) -> Assignment:
    """Find an assignment in a course folder. Raises ValueError that says what is there."""
    folder = folder.expanduser().resolve()
    if not (folder / "nbgrader_config.py").is_file():
        raise ValueError(f"{folder} is no course folder (no nbgrader_config.py); make one with `python -m grader class {folder}`")
    by_assignment: dict[str, list[str]] = {}
    for lesson in source.names():
        by_assignment.setdefault(course.assignment_id(lesson), []).append(lesson)
    if name not in by_assignment:
        raise ValueError(f"there is no assignment {name!r}; there are {', '.join(sorted(by_assignment)) or 'none'}")
    if not (folder / "source" / name).is_dir():
        raise ValueError(f"{folder} has no {name} yet; run `python -m grader class {folder}` to bring it up to date")
    course._api(folder)                                # runs nbgrader_config.py, which sets the seed
    seed = os.environ.get("VISIONCOURSE_SEED", "0")
    if not seed.isdigit():
        raise ValueError(f"VISIONCOURSE_SEED={seed!r} in {folder / 'nbgrader_config.py'}: a seed is a whole number")
    lessons = [source.load(lesson) for lesson in by_assignment[name]]
    given = submissions.read(folder / "source" / name)
    return Assignment(folder, name, lessons, int(seed), {n: c for n, c in given.files.items() if not n.endswith(".ipynb")})


def warm_process(lessons: list[Lesson], settings: Settings, cache: Path, summary: Summary | None = None) -> Warm:
    """A warm process that has imported what the reference run of the lessons imports."""
    warm = Warm(settings.level, settings.limits)
    try:
        wanted = _modules(warm, lessons, settings, cache, summary)
        warm.preload(wanted)
        return warm
    except BaseException:
        warm.close()
        raise


def import_for_checks(lessons: Iterable[Lesson]) -> None:
    """Import what checks import, once, before judging processes are forked."""
    for lesson in lessons:
        for check in (c for c in lesson.cells if c.mark == "check"):
            with contextlib.suppress(Exception):
                exec(compile(judge.check_imports(lesson, check), "<imports>", "exec"), {})
            for statement in slices.statements(check.text):
                for node in getattr(statement.tree, "names", []):
                    with contextlib.suppress(Exception):
                        importlib.import_module(getattr(statement.tree, "module", None) or node.name)


# ------------------------------------------------------------------------------------------------------- steps

def _take(outcome: Outcome, assignment: Assignment, store: Store, recorder: Recorder | None, summary: Summary) -> None:
    if outcome.problem:
        summary.problems.append(f"{outcome.student}: not graded: {outcome.problem}")
        return
    summary.executed += outcome.fresh
    summary.unchanged += not outcome.fresh
    if recorder is None:
        return
    marks = Recorded(assignment.place / "recorded")
    timestamp = _timestamp(assignment, outcome.student, summary)
    if marks.get(outcome.student) == {"key": outcome.key, "timestamp": timestamp} and outcome.student in recorder.recorded_before:
        return
    result = store.load(outcome.key)
    if not any(said["workers"] for said in result["lessons"].values()):
        summary.problems.append(f"{outcome.student}: nothing to grade: {'; '.join(result['notes'])}")
    try:
        recorder.record(outcome.student, result, timestamp)
        marks.put(outcome.student, outcome.key, timestamp)
    except OSError as error:
        raise CannotRecord(f"{outcome.student} could not be recorded: {error}. Nothing is lost; run the same command again.") from error
    summary.recorded += 1


def _local(assignment: Assignment, settings: Settings, store: Store, jobs: int, todo: list, stack: contextlib.ExitStack,
           summary: Summary, *, alone: bool) -> Iterator[Outcome]:
    warm = stack.enter_context(warm_process(assignment.lessons, settings, assignment.place, summary))
    import_for_checks(assignment.lessons)
    workers = stack.enter_context(Pool(warm, assignment.lessons, settings, store, assignment.extra, min(jobs or len(os.sched_getaffinity(0)), len(todo)), alone))
    return workers.run(iter(todo))


def _on_cluster(address: str, assignment: Assignment, settings: Settings, store: Store, todo: list, minimum: int) -> Iterator[Outcome]:
    from . import cluster

    return cluster.run(address, assignment, settings, store, todo, minimum)


def _modules(warm: Warm, lessons: list[Lesson], settings: Settings, cache: Path, summary: Summary | None) -> list[str]:
    """Modules that running the lessons' solutions imports: seen once, kept beside the results."""
    what = [sys.version, results.environment(), str(settings.level), str(settings.limits), *(lesson.path.read_text("utf-8") for lesson in lessons)]
    digest = hashlib.sha256("".join(what).encode()).hexdigest()
    kept = cache / "modules.json"
    with contextlib.suppress(OSError, ValueError, KeyError):
        found = json.loads(kept.read_text(encoding="utf-8"))
        if found["digest"] == digest:
            return found["modules"]
    modules: set[str] = set()
    before = set(sys.builtin_module_names)
    for lesson in lessons:
        with contextlib.closing(_Reference(warm, lesson)) as run:
            if run.failure:
                raise ValueError(f"nobody was graded: the reference solution of {lesson.name} does not run in the sandbox here. {run.failure} "
                                 "If a package is missing or lies in a folder that the sandbox does not show, install it into this Python's site-packages.")
            modules |= run.modules() - before
    kept_names = sorted(m for m in modules if m.partition(".")[0] not in ("__main__", "__mp_main__") and not m.startswith("grader"))
    with contextlib.suppress(OSError):
        results.write_whole(kept, json.dumps({"digest": digest, "modules": kept_names}))
    return kept_names


class _Reference:
    """A worker that has run a lesson's own solution; only the names of the modules that it loaded are taken from it.

    failure: which cell did not succeed and why. Where the reference fails every student would, for no fault of theirs.
    """

    def __init__(self, warm: Warm, lesson: Lesson):
        self.worker, self.failure = warm.line.spawn(), ""
        for number, cell in enumerate(build.instructor_notebook(lesson, pictures=False).cells, 1):
            if cell.cell_type == "code" and not cell.metadata.get("nbgrader", {}).get("grade"):
                ran = self.worker.execute(cell.source, warm.limits.cell)
                if not ran.ok:
                    said = [f"{o['ename']}: {o['evalue']}" for o in ran.outputs if o["output_type"] == "error"]
                    self.failure = f"Cell {number} failed: {ran.ended or (said or ['no reason given'])[-1]}."
                    return

    def modules(self) -> set[str]:
        if not self.worker.alive:
            return set()
        found = self.worker.ask("modules", seconds=30)["v"]
        return {m for m in found if type(m) is str} if type(found) is list else set()

    def close(self) -> None:
        self.worker.kill()


def _level(minimum: int, unsafe: bool, level: int | None) -> int:
    best, why = doctor.best_level()
    if level is not None and level > best:
        raise ValueError(f"level {level} is not to be had here: {why}")
    chosen = best if level is None else level
    if chosen < minimum and not unsafe:
        raise ValueError(f"this machine ({platform.system()}) cannot lock students' code in: {why}. `python -m grader doctor` shows what is missing. "
                         "To run it all the same, with nothing but limits around it, add --unsafe.")
    return chosen


def _shard(todo: list[tuple[str, Path]], shard: str) -> list[tuple[str, Path]]:
    if not shard:
        return todo
    part, _, parts = shard.partition("/")
    if not (part.isdigit() and parts.isdigit() and 1 <= int(part) <= int(parts)):
        raise ValueError(f"--shard {shard}: write it as 2/5, the second of five")
    return [t for t in todo if int(hashlib.sha256(t[0].encode()).hexdigest(), 16) % int(parts) == int(part) - 1]


def _compare_with_roster(assignment: Assignment, recorder: Recorder, todo: list[tuple[str, Path]], summary: Summary) -> None:
    """Name those who handed in and are in no roster. Whom recording has added to the gradebook is noted, so as not to be taken for one."""
    noted = assignment.folder / "grading" / "added.json"
    added: set[str] = set()
    with contextlib.suppress(OSError, ValueError):
        added = set(json.loads(noted.read_text(encoding="utf-8")))
    students = recorder.students()
    recorder.recorded_before = recorder.recorded()
    unknown = [student for student, _ in todo if student not in students - added]
    if students - added and unknown:
        shown = ", ".join(unknown[:10]) + (f" and {len(unknown) - 10} more" if len(unknown) > 10 else "")
        summary.problems.append(f"not in the roster, graded all the same: {shown}")
    results.write_whole(noted, json.dumps(sorted(added | {s for s, _ in todo} - students)))


def _timestamp(assignment: Assignment, student: str, summary: Summary) -> str:
    path = assignment.folder / "submitted" / student / assignment.name / "timestamp.txt"
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return ""
    with os.fdopen(number, "rb") as file:
        text = file.read(200).decode("utf-8", "replace").strip()
    try:
        from dateutil import parser
        parser.parse(text)
        return text
    except (ValueError, OverflowError):
        summary.problems.append(f"{student}: timestamp.txt holds no time ({text[:40]!r}) and was ignored")
        return ""


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ValueError(f"{path.parent.name} is being graded by another process; wait for it or end it") from None
        yield


class _Rate(ProgressColumn):
    """Submissions a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f}/s" if task.speed else "")


def _progress(console: Console | None) -> Progress:
    # No refreshing thread: a judging process may have to be forked anew at any time.
    return Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(),
                    TimeRemainingColumn(), console=console, auto_refresh=False, transient=True, disable=not (console and console.is_terminal))

