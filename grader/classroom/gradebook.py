"""Writes results into nbgrader's gradebook, by nbgrader's own autograde on notebooks that have been executed already."""

import contextlib
import fnmatch
import json
import logging
import shutil
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat

from visioncourse.files import write_whole

from . import course_folder
from .results import Result
from .safe_html import harmless

_DONE = {"ClearOutput", "DeduplicateIds", "DeduplicateCells", "Execute", "IgnorePattern", "PlainScores", "ClearMetadataPreprocessor",
         "LimitOutput", "CheckCellMetadata"}


class CannotRecord(ValueError):
    """The gradebook could not be written to; every result is kept, and the same command goes on from here."""


class NotRecorded(ValueError):
    """nbgrader cannot take this one student's result; nothing else is the matter."""


class Recorder:
    """Records the results of one assignment. Open it once for a whole class."""

    def __init__(self, folder: Path, assignment: str):
        from nbgrader.api import Gradebook
        from nbgrader.converters import Autograde

        self.folder, self.assignment = folder, assignment
        self.recorded_before: set[str] = set()
        self.scratch = folder / "grading" / assignment / "executed"
        shutil.rmtree(self.scratch, ignore_errors=True)
        api = course_folder.api_of(folder)
        self.url = api.coursedir.db_url
        self._stack = contextlib.ExitStack()
        with _explained(folder):
            self.gradebook = Gradebook(self.url, api.coursedir.course_id)
        self._stack.callback(self.gradebook.close)
        self._stack.enter_context(_shared(self.gradebook))
        self._converter = _in_one_pass(Autograde)(coursedir=api.coursedir, parent=api)
        self._converter.force = True
        # As with --no-execute, less what could only repeat what has been done to these notebooks already.
        steps = (*self._converter.sanitize_preprocessors, *self._converter.autograde_preprocessors)
        self._converter.sanitize_preprocessors = [step for step in steps if getattr(step, "__name__", "") not in _DONE]
        self._converter.log = logging.getLogger("grader.record")
        self._converter.log.setLevel(logging.ERROR)
        self._converter.log.propagate = False
        self._messages = _Messages()
        self._converter.log.addHandler(self._messages)
        api.coursedir.assignment_id = assignment
        api.coursedir.submitted_directory = str(self.scratch.relative_to(folder))
        self._coursedir = api.coursedir

    def students(self) -> set[str]:
        """Students of the gradebook."""
        return {s.id for s in self.gradebook.students}

    def recorded(self) -> set[str]:
        """Students whose submission of this assignment the gradebook knows."""
        from nbgrader.api import MissingEntry

        try:
            return {s.student.id for s in self.gradebook.find_assignment(self.assignment).submissions}
        except MissingEntry:
            return set()

    def record(self, student: str, result: Result, timestamp: str = "") -> None:
        """Put one student's result into the gradebook and autograded/. Raises CannotRecord or NotRecorded; nothing is lost then."""
        place = self.scratch / student / self.assignment
        with _explained(self.folder):
            place.mkdir(parents=True, exist_ok=True)
            if timestamp:
                (place / "timestamp.txt").write_text(timestamp, encoding="utf-8")
            for lesson, found in result.lessons.items():
                name = f"{Path(lesson).name}.ipynb"
                (place / name).write_text(nbformat.writes(nbformat.from_dict(harmless(found.notebook))), encoding="utf-8")
            self._messages.lines.clear()
            self._coursedir.student_id = student
            try:
                with contextlib.redirect_stdout(sys.stderr), self._once(), warnings.catch_warnings(action="ignore"):
                    self._converter.start()            # with one session SQLAlchemy remarks on objects that are added a moment later
            except BaseException as error:
                self.gradebook.db.rollback()
                if not isinstance(error, Exception):
                    raise
                lines = self._messages.lines or [f"{type(error).__name__}: {error}"]
                if _concerns_all("\n".join(lines)) or isinstance(error, OSError):
                    raise CannotRecord(_reason(lines, self.folder)) from error
                raise NotRecorded(f"nbgrader could not record it: {_told(lines)}") from error
            finally:
                self.gradebook.db.expunge_all()
                shutil.rmtree(self.scratch / student, ignore_errors=True)

    @contextlib.contextmanager
    def _once(self) -> Iterator[None]:
        """One transaction for one student, where nbgrader makes a dozen: after a crash the gradebook has all of it or nothing."""
        session = self.gradebook.db
        self.gradebook.db = _Flushing(session)
        try:
            yield
            session.commit()
        finally:
            self.gradebook.db = session

    def close(self) -> None:
        self._stack.close()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


class Recorded:
    """Which result of which student is in the gradebook: one small file each, written after the gradebook."""

    def __init__(self, folder: Path):
        self.folder = folder

    def get(self, student: str) -> dict[str, str]:
        with contextlib.suppress(OSError, ValueError):
            return json.loads((self.folder / f"{student}.json").read_text(encoding="utf-8"))
        return {}

    def put(self, student: str, key: str, timestamp: str) -> None:
        write_whole(self.folder / f"{student}.json", json.dumps({"key": key, "timestamp": timestamp}), durable=True)

    def all(self) -> Iterator[tuple[str, str]]:
        for path in sorted(self.folder.glob("*.json")):
            found = self.get(path.stem)
            if found:
                yield path.stem, found["key"]


def _in_one_pass(autograde: type) -> type:
    """nbgrader's Autograde that reads and writes a notebook once; the stock one writes it after sanitizing, to read it again."""
    class InOnePass(autograde):
        def init_notebooks(self) -> None:
            """Every notebook of the one student, whatever signs the name has; the stock method takes it for a pattern."""
            place = self._format_source(self.coursedir.assignment_id, self.coursedir.student_id)
            self.assignments = {place: sorted(str(path) for path in Path(place).iterdir() if path.suffix == ".ipynb")}
            self.notebooks: list[str] = []

        def convert_single_notebook(self, notebook_filename: str) -> None:
            self._init_preprocessors()
            super(autograde, self).convert_single_notebook(notebook_filename)     # type: ignore[arg-type]    # nbgrader has no types

    return InOnePass


class _Flushing:
    """A session whose commits only flush."""

    def __init__(self, session):
        self._session = session

    def commit(self) -> None:
        self._session.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


class _Messages(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines += record.getMessage().splitlines()


@contextlib.contextmanager
def _shared(gradebook) -> Iterator[None]:
    """Within this block nbgrader's autograde uses one open gradebook where it would open nine for each submission.

    Opening creates an engine and inspects every table each time: two thirds of what nbgrader spends on a submission that is
    executed already. The methods called, and so the rows written, are the same.
    """
    from nbgrader import utils
    from nbgrader.converters import autograde
    from nbgrader.preprocessors import latesubmissions, overwritecells, overwritekernelspec, saveautogrades

    class Open:
        def __new__(cls, *_: Any, **__: Any):
            return cls.held

        held: Any = None

    class Held:
        def __enter__(self):
            return gradebook

        def __exit__(self, *_: Any) -> None:
            return None

        def __getattr__(self, name: str) -> Any:
            return getattr(gradebook, name)

    Open.held = Held()
    modules = (autograde, latesubmissions, overwritecells, overwritekernelspec, saveautogrades)
    before = [module.Gradebook for module in modules]
    is_ignored, utils.is_ignored = utils.is_ignored, _is_ignored
    for module in modules:
        module.Gradebook = Open
    try:
        yield
    finally:
        utils.is_ignored = is_ignored
        for module, kept in zip(modules, before, strict=True):
            module.Gradebook = kept


def _is_ignored(filename: str, ignore_globs: list[str] | None = None) -> bool:
    """As nbgrader's function of this name, which takes the folder's name for a pattern too."""
    name = Path(filename).name
    return any(fnmatch.fnmatch(name, pattern) and (pattern.startswith(".") or not name.startswith(".")) for pattern in ignore_globs or ())


@contextlib.contextmanager
def _explained(folder: Path) -> Iterator[None]:
    import sqlalchemy.exc

    try:
        yield
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise CannotRecord(_reason(str(error).splitlines(), folder)) from error
    except OSError as error:
        if isinstance(error, CannotRecord):
            raise
        raise CannotRecord(_reason([str(error)], folder)) from error


def _reason(lines: list[str], folder: Path) -> str:
    said = "\n".join(lines)
    again = "Nothing is lost: every result so far is kept; run the same command again"
    if "database is locked" in said:
        return (f"the gradebook {folder / 'gradebook.db'} is locked by another program, such as formgrader or nbgrader. "
                f"{again} when it is free.")
    if "No space left" in said or "disk is full" in said:
        return f"the disk with {folder} is full. {again} when there is room."
    if "readonly database" in said or "Permission denied" in said or "unable to open" in said:
        return f"{folder} cannot be written to: {lines[-1]}. {again} when it can."
    return f"nbgrader could not record: {_told(lines)}. {again}."


def _told(lines: list[str]) -> str:
    told = [line.strip() for line in lines if "Error" in line or "Exception" in line]
    return (told or lines or ["no reason given"])[-1]


def _concerns_all(said: str) -> bool:
    """Whether what nbgrader said is about the gradebook or the disk and not about one student's work."""
    return any(sign in said for sign in ("sqlalchemy.exc", "OSError", "PermissionError", "No space left", "older version", "SchemaToo",
                                         "database is locked", "No assignment with ID"))
