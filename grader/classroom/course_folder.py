"""A class: an nbgrader course folder made from the lessons, and the bundle that students receive."""

import csv
import re
import secrets
from pathlib import Path

import nbformat

from ..lesson import read
from ..lesson.cells import ROOT
from ..notebook import build
from ..notebook.texts import ANSWER_STUB, STUB

CONFIG = '''"""nbgrader's settings for this course. Written once by `python -m grader class`; yours to edit."""

import os
import secrets
import sys

from grader.nbgrader_plugins import ClearRunOutput, DeduplicateCells, KeepTestsHidden, PlainScores
from nbgrader.preprocessors import (AssignLatePenalties, CheckCellMetadata, ClearHiddenTests, ClearMarkScheme, ClearOutput,
                                    ClearSolutions, ComputeChecksums, Execute, GetGrades, IgnorePattern, IncludeHeaderFooter,
                                    LimitOutput, LockCells, OverwriteCells, OverwriteKernelspec, SaveAutoGrades, SaveCells)
from nbconvert.preprocessors import ClearMetadataPreprocessor, CSSHTMLHeaderPreprocessor

c = get_config()  # noqa: F821
c.CourseDirectory.root = os.path.dirname(os.path.abspath(__file__))
c.CourseDirectory.course_id = {course_id!r}
c.NbGrader.logfile = os.path.join(c.CourseDirectory.root, "nbgrader.log")

# nbgrader calls alembic by name when it makes the gradebook; this finds it although the environment is not activated.
os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ.get("PATH", "")

# Hidden tests draw their inputs from this number. Keep it with the grades: the same number gives the same inputs.
os.environ["VISIONCOURSE_SEED"] = "{seed}"

# What students see in place of a solution, the same as in lectures/ and assignments/.
c.ClearSolutions.code_stub = {{"python": {stub!r}}}
c.ClearSolutions.text_stub = {answer!r}

# Released notebooks keep the pictures that the build has stored.
c.GenerateAssignment.preprocessors = [
    IncludeHeaderFooter, LockCells, ClearSolutions, ClearRunOutput, CheckCellMetadata, ComputeChecksums, SaveCells,
    ClearHiddenTests, ClearMarkScheme, ComputeChecksums, CheckCellMetadata]

# A cell tagged "skip-execution" is not run, has no output, and no output is full marks. No student can guess this tag.
c.Execute.skip_cells_with_tag = secrets.token_hex(16)
c.Execute.timeout = 60                          # seconds a cell; 30 is short for a laptop that grades while it is used
c.Execute.shutdown_kernel = "immediate"         # a graceful end costs a second a student

# Check cells that a student has deleted come back; a duplicated cell is an ordinary one, where stock nbgrader stops the class.
c.OverwriteCells.add_missing_cells = True
c.Autograde.sanitize_preprocessors = [ClearOutput, DeduplicateCells, OverwriteKernelspec, OverwriteCells, CheckCellMetadata]

# A warning on stderr is no failure, and partial credit is a plain number or nothing.
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = "(?s).*"
c.Autograde.autograde_preprocessors = [
    Execute, IgnorePattern, PlainScores, ClearMetadataPreprocessor, LimitOutput, SaveAutoGrades, AssignLatePenalties, CheckCellMetadata]

# Hidden tests stay hidden in feedback, in cells and in tracebacks.
c.GenerateFeedback.preprocessors = [GetGrades, KeepTestsHidden, CSSHTMLHeaderPreprocessor]
'''
PATTERN = frozenset("[]*?")                            # signs of a name that nbgrader takes for a pattern of names
_STUDENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]*")


def assignment_id(lesson: str) -> str:
    """nbgrader's id for a lesson's assignment, without the slash that breaks it: "lecture02", "a1"."""
    folder, _, name = lesson.partition("/")
    return f"lecture{name[:2]}" if folder == "lectures" else folder


def make(folder: Path, *, roster: Path | None = None, course_id: str = "see-for-yourself") -> list[str]:
    """Make or bring up to date a course folder: settings, source/, release/, gradebook with the roster. Returns what was done.

    Raises ValueError for a folder inside this repository, a roster that cannot be used, or an assignment that nbgrader refuses.
    """
    folder = folder.expanduser().resolve()
    if folder.is_relative_to(ROOT):
        raise ValueError(f"{folder} lies inside this repository; students' work must not: choose a folder elsewhere")
    if folder.is_file():
        raise ValueError(f"{folder} is a file; name a folder")
    if set(str(folder)) & PATTERN:
        raise ValueError(f"{folder}: nbgrader takes a path with [, ], * or ? for a pattern; choose a folder without them")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", course_id):
        raise ValueError(f"course id {course_id!r}: use letters, digits, - and _")
    students = read_roster(roster) if roster else []
    folder.mkdir(parents=True, exist_ok=True)
    done = []
    config = folder / "nbgrader_config.py"
    if config.exists():
        done.append(f"kept {config}")
    else:
        config.write_text(CONFIG.format(course_id=course_id, seed=secrets.randbits(63), stub=STUB, answer=ANSWER_STUB),
                          encoding="utf-8")
        done.append(f"wrote {config}")
    assignments: dict[str, list[str]] = {}
    for name in read.names():
        assignments.setdefault(assignment_id(name), []).append(name)
    for assignment, lessons in assignments.items():
        for name in lessons:
            path = folder / "source" / assignment / f"{Path(name).name}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(build.instructor_notebook(read.load(name)), path)
    api = api_of(folder)
    for assignment, lessons in assignments.items():
        result = api.generate_assignment(assignment, force=True, create=True)
        if not result["success"]:
            raise ValueError(f"nbgrader could not release {assignment}: {_last_error(result)}")
        done.append(f"released {assignment}: {', '.join(Path(n).name for n in lessons)}")
    if students:
        with api.gradebook as book:
            for student in students:
                book.update_or_create_student(student.pop("id"), **student)
        done.append(f"{len(students)} students in the gradebook")
    return done


def read_roster(path: Path) -> list[dict[str, str]]:
    """Students of a CSV file with the column id and, as you like, first_name, last_name, email, lms_user_id.

    Raises ValueError that names every line that cannot be used.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
            columns = list(rows[0]) if rows else []
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is not a CSV file in UTF-8: {error}") from error
    if not rows:
        raise ValueError(f"{path} names no students; its first line must be a header such as id,first_name,last_name,email")
    if "id" not in columns:
        raise ValueError(f"{path} has no column id; it has {', '.join(map(str, columns))}")
    known = ("first_name", "last_name", "email", "lms_user_id")
    problems: list[str] = []
    seen: dict[str, int] = {}
    students: list[dict[str, str]] = []
    for line, row in enumerate(rows, 2):
        name = (row["id"] or "").strip()
        if not _STUDENT_ID.fullmatch(name):
            problems.append(f"line {line}: id {name!r} (use letters, digits and . _ - @)")
        elif name in seen:
            problems.append(f"line {line}: id {name!r} stands already on line {seen[name]}")
        seen.setdefault(name, line)
        students.append({"id": name} | {k: row[k].strip() for k in known if (row.get(k) or "").strip()})
    if problems:
        raise ValueError(f"{path}: {'; '.join(problems)}")
    return students


def api_of(folder: Path):
    from nbgrader.apps import NbGraderAPI, NbGraderApp
    from traitlets.config import PyFileConfigLoader

    del NbGraderApp                                    # importing it registers nbgrader's configurable classes
    return NbGraderAPI(config=PyFileConfigLoader("nbgrader_config.py", path=str(folder)).load_config())


def _last_error(result: dict) -> str:
    lines = [line.strip() for line in (result.get("log") or result.get("error") or "").splitlines() if line.strip()]
    told = [line for line in lines if "Error" in line and not line.startswith("[ERROR] There was")]
    return (told or lines or ["no reason given"])[-1]
