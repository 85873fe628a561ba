"""An assignment of a course folder, ready to be marked or reported on."""

import os
from dataclasses import dataclass
from pathlib import Path

from ..lesson import read
from ..lesson.cells import Lesson
from . import course_folder, submissions


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


def open_assignment(folder: Path, name: str) -> Assignment:
    """Find an assignment in a course folder. Raises ValueError that says what is there."""
    folder = folder.expanduser().resolve()
    if not (folder / "nbgrader_config.py").is_file():
        raise ValueError(f"{folder} is no course folder (no nbgrader_config.py); make one with `python -m grader class {folder}`")
    by_assignment: dict[str, list[str]] = {}
    for lesson in read.names():
        by_assignment.setdefault(course_folder.assignment_id(lesson), []).append(lesson)
    if name not in by_assignment:
        raise ValueError(f"there is no assignment {name!r}; there are {', '.join(sorted(by_assignment)) or 'none'}")
    if not (folder / "source" / name).is_dir():
        raise ValueError(f"{folder} has no {name} yet; run `python -m grader class {folder}` to bring it up to date")
    course_folder.api_of(folder)                                # runs nbgrader_config.py, which sets the seed
    seed = os.environ.get("VISIONCOURSE_SEED", "0")
    if not seed.isdigit():
        raise ValueError(f"VISIONCOURSE_SEED={seed!r} in {folder / 'nbgrader_config.py'}: a seed is a whole number")
    lessons = [read.load(lesson) for lesson in by_assignment[name]]
    given = submissions.read(folder / "source" / name)
    return Assignment(folder, name, lessons, int(seed), {n: c for n, c in given.files.items() if not n.endswith(".ipynb")})
