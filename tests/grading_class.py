"""A small class for tests: a course folder made from a lesson of its own, and submissions as students make them."""

import json
import os
import re
import shutil
from contextlib import contextmanager
from pathlib import Path

import nbformat

from grader.classroom import course_folder
from grader.lesson import read
from grader.notebook import build

SOLUTIONS = Path(__file__).parent / "fixtures" / "solutions"
LESSON, ASSIGNMENT, NOTEBOOK = "a9/practice", "a9", "practice.ipynb"


@contextmanager
def fixture_lessons():
    """The lessons of tests/fixtures/solutions in place of the course's."""
    before, read.SOLUTIONS = read.SOLUTIONS, SOLUTIONS
    try:
        yield read.load(LESSON)
    finally:
        read.SOLUTIONS = before


def make_course(folder: Path, roster: list[str] = ()) -> Path:
    """A course folder with the assignment a9."""
    path = None
    if roster:
        path = folder.parent / "roster.csv"
        path.write_text("id\n" + "\n".join(roster) + "\n")
    course_folder.make(folder, roster=path)
    return folder


def notebook(answers: dict[str, str] | None = None, *, solved: bool = True) -> nbformat.NotebookNode:
    """The released notebook with the reference answers written in (or the stubs left), `answers` in place of some."""
    lesson = read.load(LESSON)
    made = build.learner_notebook(lesson)
    for cell in made.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if name in lesson.exercises and solved:
            visible = [x for x in lesson.exercises[name].solve.text.splitlines() if not re.match(r"\s*### ", x)]
            cell.source = "\n".join(visible)
        if answers and name in answers:
            cell.source = answers[name]
    return made


def hand_in(folder: Path, student: str, what, files: dict[str, bytes] | None = None) -> Path:
    """Put a notebook (or a file's bytes) into a student's folder."""
    place = folder / "submitted" / student / ASSIGNMENT
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    if isinstance(what, bytes):
        (place / NOTEBOOK).write_bytes(what)
    elif what is not None:
        nbformat.write(what, place / NOTEBOOK)
    for name, content in (files or {}).items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(content)
    return place


def with_cell(made: nbformat.NotebookNode, text: str, *, before: str = "", after: str = "") -> nbformat.NotebookNode:
    """Insert a code cell beside the cell with that nbgrader id; at the end where none is named."""
    position = len(made.cells)
    for number, cell in enumerate(made.cells):
        if cell.metadata.get("nbgrader", {}).get("grade_id") == (before or after):
            position = number + bool(after)
    made.cells.insert(position, nbformat.v4.new_code_cell(text))
    return made


def cell_of(made: nbformat.NotebookNode, name: str) -> nbformat.NotebookNode:
    return next(c for c in made.cells if c.metadata.get("nbgrader", {}).get("grade_id") == name)


def scores(folder: Path, assignment: str = ASSIGNMENT) -> dict[str, dict[str, float | None]]:
    """Automatic scores in the gradebook, by student and cell."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        return {s.student.id: {g.cell.name: g.auto_score for n in s.notebooks for g in n.grades if g.cell.name.startswith("check")}
                for s in book.find_assignment(assignment).submissions}


def result_of(folder: Path, student: str, assignment: str = ASSIGNMENT) -> dict:
    """The stored result that the gradebook's scores of a student come from."""
    key = json.loads((folder / "grading" / assignment / "recorded" / f"{student}.json").read_text())["key"]
    return json.loads((folder / "grading" / assignment / "results" / key[:2] / f"{key}.json").read_text())


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


FULL = {"check-softmax": 3.0, "check-cross-entropy": 2.0, "check-distances": 3.0, "check-step": 2.0}
assert os.path.isdir(SOLUTIONS)
