"""`new`: writes the scaffold of a lesson, or appends the scaffold of an exercise to a lesson that is there."""

import re
from pathlib import Path

from visioncourse.files import write_whole

from ..lesson import dependencies, read, rules
from ..lesson.cells import Cell, Lesson, SourceError
from . import scaffold

_LECTURE = re.compile(r"lectures/\d\d_[a-z0-9]+(_[a-z0-9]+)*")
_ASSIGNMENT = re.compile(r"a[1-9]\d*/[a-z][a-z0-9]*(_[a-z0-9]+)*")
_EXERCISE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_PART = re.compile(r"\bpart=(\d+)")


def lesson(name: str, title: str, folder: Path | None = None) -> Path:
    """Write the scaffold of a lesson and return its file.

    name: "lectures/05_convnets" or "a2/dropout". Raises ValueError where the name is bad, taken, or there is no clone to write into.
    """
    folder = _sources(folder)
    if not _LECTURE.fullmatch(name) and not _ASSIGNMENT.fullmatch(name):
        raise ValueError(f"{name!r} is no name for a lesson: a lecture is named as lectures/05_convnets, the notebook of an assignment "
                         "as a2/dropout, in lower case with underscores")
    if not title.strip() or "\n" in title or "TODO" in title:
        raise ValueError(f'a lesson needs a title in one line: python -m grader new {name} "Title"')
    path = folder / f"{name}.py"
    if path.exists():
        raise ValueError(f"{path} is there already; an exercise is added to it by: python -m grader new {name} --exercise NAME")
    if name.startswith("lectures/"):
        number = name.removeprefix("lectures/")[:2]
        if there := sorted((folder / "lectures").glob(f"{number}_*.py")):
            raise ValueError(f"lecture {number} is there already: lectures/{there[0].stem}; choose another number")
    write_whole(path, scaffold.lesson(name, title.strip(), 0 if name.startswith("lectures/") else _next_part(path.parent)))
    return path


def exercise(name: str, wanted: str, title: str = "", folder: Path | None = None) -> Path:
    """Append the scaffold of exercise `wanted` to a lesson's source and return its file; it may still have TODOs and other mistakes.

    title: in the heading; made of the name where none is given. Raises ValueError where the exercise is there or its name is bad.
    """
    folder = _sources(folder)
    path = folder / f"{name}.py"
    if not path.is_file():
        raise ValueError(f"there is no lesson {name!r}; {read.nearest(name, read.names(folder))}")
    if not _EXERCISE.fullmatch(wanted):
        raise ValueError(f"{wanted!r} is no name for an exercise: a name is lower-case words with hyphens, such as mean-filter")
    if "\n" in title or "TODO" in title:
        raise ValueError("the title of an exercise is one line, without the word TODO")
    source = path.read_text(encoding="utf-8")
    found, problems = read.parse(name, path)
    if found is None:
        raise SourceError([f"{path}:{line}: {text}" for line, text in problems])
    for cell in found.cells:
        if cell.name == wanted and cell.mark in ("solve", "answer"):
            raise ValueError(f"{name} has an exercise {wanted!r} already, on line {cell.line}; choose another name")
    text = scaffold.exercise(wanted, title.strip(), *_bound(found), numpy="np" in _imported(found))
    write_whole(path, f"{source.rstrip()}\n\n{text}")
    return path


def places(path: Path) -> int:
    """How many lines of a source are still to be filled in."""
    return len(rules.unfinished(path.read_text(encoding="utf-8")))


def _sources(folder: Path | None) -> Path:
    folder = folder or read.SOLUTIONS
    if not folder.is_dir():
        raise ValueError(f"writing lessons needs a clone of the course, where their sources stand under solutions/; there is no {folder}")
    return folder


def _next_part(assignment: Path) -> int:
    """The number after the last part of an assignment, as the first lines of its sources say."""
    firsts = [path.read_text(encoding="utf-8").partition("\n")[0] for path in assignment.glob("*.py")]
    return max((int(part[1]) for first in firsts if (part := _PART.search(first))), default=0) + 1


def _bound(found: Lesson) -> tuple[set[str], set[str]]:
    """The names that a lesson's cells define, and those that checks define; cells that are no Python yet are left out."""
    bound, in_checks = {"np", "vc", "rng", "scipy"}, set[str]()
    for cell in _readable(found):
        if cell.mark not in ("wrong", "right"):
            (in_checks if cell.mark == "check" else bound).update(dependencies.bound_names(cell.text))
    return bound, in_checks


def _imported(found: Lesson) -> set[str]:
    return dependencies.imported_names(Lesson(found.name, found.path, tuple(_readable(found))))


def _readable(found: Lesson) -> list[Cell]:
    return [cell for cell in found.cells if cell.kind == "code" and rules.syntax_error(cell.text) is None]
