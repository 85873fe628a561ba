"""`python -m grader grade ASSIGNMENT`: sanitise, execute, judge, record, for a whole class, again and again without harm."""

import contextlib
import fcntl
import hashlib
import json
import os
import platform
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from visioncourse.files import write_whole

from ..sandbox import doctor
from ..sandbox.limits import Limits
from . import course_folder
from .assignment import Assignment, open_assignment
from .gradebook import CannotRecord, NotRecorded, Recorded, Recorder
from .pool import Outcome, Pool
from .results import Settings, Store
from .warmup import import_for_checks, know_mistakes, warm_process

MINIMUM_LEVEL = 1
_EARLIEST = datetime(2000, 1, 1)                       # no work was handed in before


@dataclass
class Summary:
    """What a run has done. problems: what the instructor should know, one line each."""

    executed: int = 0
    unchanged: int = 0
    recorded: int = 0
    level: int = 0
    problems: list[str] = field(default_factory=list)


def grade(folder: Path, name: str, *, jobs: int = 0, shard: str = "", cluster: str = "", unsafe: bool = False, limits: Limits | None = None,
          minimum: int = MINIMUM_LEVEL, level: int | None = None, follow_through: bool = True, console: Console | None = None) -> Summary:
    """Mark every submission of an assignment and record the results.

    jobs: processes; 0 means one per core that this process may use. shard: "2/5" marks the second fifth and records nothing.
    cluster: address of a Dask scheduler. unsafe: go on where the machine offers less than the level `minimum`.
    level: not the best that works, but this.
    Raises ValueError, with what to do, where nothing can be graded.
    """
    assignment = open_assignment(folder, name)
    unsayable, todo = _sayable(assignment.submissions())
    todo = _shard(todo, shard)
    if not todo:
        raise ValueError(f"nobody has handed in {name}: there is no folder {assignment.folder / 'submitted'}/STUDENT/{name}"
                         + (f" in shard {shard}" if shard else ""))
    level = _level(minimum, unsafe, level) if not cluster else -1
    settings = Settings(assignment.seed, level, limits or Limits(), follow_through)
    summary = Summary(level=level, problems=unsayable)
    if set(str(assignment.folder)) & course_folder.PATTERN:
        summary.problems.append("nbgrader's own commands, such as generate_feedback, take a path with [, ], * or ? for a pattern: rename "
                                f"{assignment.folder} before you use them")
    store = Store(assignment.place / "results")
    with _locked(assignment.place / ("lock" if not shard else f"lock-{shard.replace('/', '-of-')}")), contextlib.ExitStack() as stack:
        recorder = None
        if not shard:
            recorder = stack.enter_context(Recorder(assignment.folder, name))
            _compare_with_roster(assignment, recorder, todo, summary)
        outcomes = _local(assignment, settings, store, jobs, todo, stack, alone=not recorder) if not cluster \
            else _on_cluster(cluster, assignment, settings, store, todo, minimum)
        bar = stack.enter_context(_progress(console))
        row = bar.add_task(f"grading {name}", total=len(todo))
        for outcome in outcomes:
            _take(outcome, assignment, store, recorder, summary)
            bar.advance(row)
            bar.refresh()
    return summary


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
    try:
        result = store.load(outcome.key)
    except (OSError, ValueError) as error:
        summary.problems.append(f"{outcome.student}: not recorded: the result cannot be read ({error}); run the same command again")
        return
    if not any(said.workers for said in result.lessons.values()):
        summary.problems.append(f"{outcome.student}: nothing to grade: {'; '.join(result.notes)}")
    try:
        recorder.record(outcome.student, result, timestamp)
        marks.put(outcome.student, outcome.key, timestamp)
    except NotRecorded as error:
        summary.problems.append(f"{outcome.student}: graded and not recorded: {error}")
        return
    except OSError as error:
        raise CannotRecord(f"{outcome.student} could not be recorded: {error}. Nothing is lost; run the same command again.") from error
    summary.recorded += 1
    if set(outcome.student) & course_folder.PATTERN:
        summary.problems.append(f"{outcome.student}: graded and recorded; nbgrader's own commands, such as generate_feedback, take a name "
                                "with [, ], * or ? for a pattern: rename the folder before you use them")


def _local(assignment: Assignment, settings: Settings, store: Store, jobs: int, todo: list, stack: contextlib.ExitStack,
           *, alone: bool) -> Iterator[Outcome]:
    warm = stack.enter_context(warm_process(assignment.lessons, settings, assignment.place))
    import_for_checks(assignment.lessons)
    know_mistakes(assignment.lessons, settings.seed, jobs or len(os.sched_getaffinity(0)))
    workers = stack.enter_context(Pool(warm, assignment.lessons, settings, store, assignment.extra,
                                       min(jobs or len(os.sched_getaffinity(0)), len(todo)), alone))
    return workers.run(iter(todo))


def _on_cluster(address: str, assignment: Assignment, settings: Settings, store: Store, todo: list, minimum: int) -> Iterator[Outcome]:
    from . import cluster

    return cluster.run(address, assignment, settings, store, todo, minimum)


def _level(minimum: int, unsafe: bool, level: int | None) -> int:
    best, why = doctor.best_level()
    if level is not None and level > best:
        raise ValueError(f"level {level} is not to be had here: {why}")
    chosen = best if level is None else level
    if chosen < minimum and not unsafe:
        raise ValueError(f"this machine ({platform.system()}) cannot lock students' code in: {why}. "
                         "`python -m grader doctor` shows what is missing. "
                         "To run it all the same, with nothing but limits around it, add --unsafe.")
    return chosen


def _sayable(todo: list[tuple[str, Path]]) -> tuple[list[str], list[tuple[str, Path]]]:
    """What is wrong with names of students that are no text, which no gradebook holds; and the others."""
    odd = [student for student, _ in todo if not _is_text(student)]
    return [f"{repr(student)[1:-1]}: not graded: the folder's name is no plain text in UTF-8, which the gradebook needs; rename it"
            for student in odd], [(student, folder) for student, folder in todo if student not in odd]


def _is_text(name: str) -> bool:
    try:
        name.encode()
        return name.isprintable() and name == name.strip()
    except UnicodeEncodeError:
        return False


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
    write_whole(noted, json.dumps(sorted(added | {s for s, _ in todo} - students)))


def _timestamp(assignment: Assignment, student: str, summary: Summary) -> str:
    """What a student's timestamp.txt says, or "" where there is none that nbgrader can use."""
    path = assignment.folder / "submitted" / student / assignment.name / "timestamp.txt"
    if not os.path.lexists(path):
        return ""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            text = file.read(200).decode("utf-8", "replace").strip()
    except OSError as error:
        summary.problems.append(f"{student}: timestamp.txt cannot be read ({error.strerror}) and was ignored")
        return ""
    if why := _no_time(text):
        summary.problems.append(f"{student}: timestamp.txt {why} ({text[:40]!r}) and was ignored")
        return ""
    if not _has_zone(text):
        summary.problems.append(f"{student}: timestamp.txt names no time zone that is known ({text[:40]!r}); it is read as UTC, "
                                "as nbgrader does")
    return text


def _no_time(text: str) -> str:
    """Why a text is no time of handing in for nbgrader; "" where it is one."""
    from nbgrader.utils import parse_utc

    try:
        with warnings.catch_warnings(action="ignore"):     # of zones that it does not know
            when = parse_utc(text)
    except Exception:                                  # nbgrader and dateutil raise many kinds
        return "holds no time"
    if not _EARLIEST < when < datetime.now() + timedelta(days=366):
        return "holds a time at which nothing can have been handed in"
    return ""


def _has_zone(text: str) -> bool:
    from dateutil import parser, tz

    words = text.split(" ")
    with warnings.catch_warnings(action="ignore"):
        if len(words) == 3:
            return words[2][:1] in "+-" and words[2][1:].isdigit() or tz.gettz(words[2]) is not None
        return parser.parse(text).tzinfo is not None


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
                    TimeRemainingColumn(), console=console, auto_refresh=False, transient=True,
                    disable=not (console and console.is_terminal))
