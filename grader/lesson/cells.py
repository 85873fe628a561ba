"""What a lesson is made of: cells with marks, exercises, and the text of a cell as Python, as stub, in regions."""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]                 # the clone, when the package is installed from one
POLICIES = ("no-python-loops", "numpy-only")           # what an exercise may ask for, see policies
FLAGS = ("given", "picture")                           # marks without a value
NEVER_SHIPPED = ("wrong", "right", "hint")
TITLE = re.compile(r"^#\s+(.+)$", re.M)
HEADING = re.compile(r"^### Exercise · (\S.*?) \(((?=[★☆]{3} )★+☆*) · ([1-9]\d*) minutes?\)$", re.M)     # title, stars, minutes
SECTION = re.compile(r"^## (\d+) · (.+?)\s*$", re.M)  # number, title
CONTENTS = "{{contents}}"                              # where the table of sections and exercises stands
REFERENCE = re.compile(r"\{\{exercise ([^{}\s]+)\}\}") # to an exercise, by its name or by its lesson's, a colon, its name
_LECTURE = re.compile(r"lectures/(\d+)_")
REGIONS = {"solve": "SOLUTION", "check": "HIDDEN TESTS"}
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)     # what Python says of a text that it cannot parse
REGION_LINE = re.compile(r"^\s*###\s*(BEGIN|END)\s+(SOLUTION|HIDDEN TESTS)\s*$")


class SourceError(Exception):
    """One or more mistakes in a lesson's source, each with file, line and cure."""

    def __init__(self, problems: list[str]):
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True)
class Cell:
    """One cell of a source. `line` counts from 1 and is where the cell line `# %%` stands."""

    kind: str                                          # "code" or "markdown"
    text: str
    line: int
    mark: str = ""
    name: str = ""                                     # of the exercise, check or answer
    points: float = 0
    policy: str = ""                                   # of a solve cell: "no-python-loops" or "numpy-only"
    raises: str = ""                                   # of a wrong answer: an error such as NameError that is the mistake itself
    why: str = ""                                      # of a wrong answer: the mistake; of a right one: how it is written
    part: Any = None                                   # of an assignment's first cell: which part this notebook is, as it is written

    @property
    def prose(self) -> bool:
        """Whether it is text that learners get as it is: there headings count."""
        return self.kind == "markdown" and self.mark in ("", "given")


@dataclass
class Exercise:
    """What belongs to one exercise. number: such as "2.1", from its place; title, stars and minutes: from its heading."""

    name: str
    number: str
    title: str
    stars: int
    minutes: int
    solve: Cell
    heading: Cell | None = None                        # the text cell above the solve cell that has the heading
    checks: list[Cell] = field(default_factory=list)
    wrong: list[Cell] = field(default_factory=list)
    right: list[Cell] = field(default_factory=list)
    hints: list[Cell] = field(default_factory=list)


@dataclass(frozen=True)
class Section:
    """One numbered section of a lesson. line: of its heading in the source."""

    number: int
    title: str
    line: int
    exercises: list[Exercise] = field(default_factory=list)


@dataclass(frozen=True)
class Outline:
    """What other lessons need to know of one: the number of its lecture or part, and its exercises' names in order."""

    number: int
    exercises: tuple[str, ...]


@dataclass(frozen=True)
class Lesson:
    """One notebook's source. name: its path under solutions/ without .py, such as "a1/knn". others: every other lesson by name."""

    name: str
    path: Path
    cells: tuple[Cell, ...]
    others: Mapping[str, Outline] = field(default_factory=dict, compare=False)

    @cached_property
    def title(self) -> str:
        """The first heading."""
        for cell in self.cells:
            if cell.kind == "markdown" and (found := TITLE.search(cell.text)):
                return found[1].strip()
        return self.name

    @property
    def number(self) -> int:
        """What its exercises' numbers begin with: the lecture's number, or the part of the assignment; 0 where none is given."""
        return lesson_number(self.name, self.cells[0].part if self.cells else None)

    @cached_property
    def exercises(self) -> dict[str, Exercise]:
        """Every exercise by name, in order, numbered as it comes."""
        found: dict[str, Exercise] = {}
        heading, above = None, None
        for cell in self.cells:
            if cell.prose and (read := HEADING.search(cell.text)):
                heading, above = read, cell
            if cell.mark == "solve":
                title, stars, minutes = heading.groups() if heading else (cell.name, "", "0")
                number = f"{self.number}.{len(found) + 1}"
                found[cell.name] = Exercise(cell.name, number, title, stars.count("★"), int(minutes), cell, above)
                heading, above = None, None
        for cell in self.cells:
            owner = found.get(exercise_of(cell.name))
            if owner and cell.mark in ("check", "wrong", "right", "hint"):
                {"check": owner.checks, "wrong": owner.wrong, "right": owner.right, "hint": owner.hints}[cell.mark].append(cell)
        return found

    def executed_before(self, cell: Cell) -> list[Cell]:
        """The code cells above a cell that a kernel has executed when it comes to it, checks left out."""
        return [c for c in self.cells if c.line < cell.line and c.kind == "code" and c.mark in ("given", "solve", "", "picture")]

    def exercise_of(self, check: Cell) -> Exercise:
        """The exercise that a check belongs to."""
        return self.exercises[exercise_of(check.name)]

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """The numbered sections, `## 1 · Title`, each with its exercises; what comes before the first belongs to none."""
        found: list[Section] = []
        for cell in self.cells:
            for number, line in enumerate(cell.text.splitlines(), 1) if cell.prose else ():
                if read := SECTION.match(line):
                    found.append(Section(int(read[1]), read[2], cell.line + number))
            if cell.mark == "solve" and found:
                found[-1].exercises.append(self.exercises[cell.name])
        return tuple(found)

    def check(self, name: str) -> Cell | None:
        """The check cell of that name."""
        return next((c for c in self.cells if c.mark == "check" and c.name == name), None)


def lesson_number(name: str, part: Any) -> int:
    """A lecture's number from its name, an assignment's from its part; 0 where there is none that counts."""
    if name.startswith("lectures/"):
        found = _LECTURE.match(name)
        return int(found[1]) if found else 0
    return part if type(part) is int and part > 0 else 0


def exercise_of(name: str) -> str:
    """"two-loops.speed" -> "two-loops"."""
    return name.partition(".")[0]


def region(cell: Cell) -> tuple[str, str]:
    """A check cell's visible and hidden text."""
    outside: list[str] = []
    inside: list[str] = []
    within = False
    for line in cell.text.splitlines():
        mark = REGION_LINE.match(line)
        if mark:
            within = mark[1] == "BEGIN"
        else:
            (inside if within else outside).append(line)
    return "\n".join(outside).rstrip(), "\n".join(inside).strip("\n")


def without_marks(cell: Cell) -> str:
    """A cell's text without the lines that open and close a region: a solution as a learner would have written it."""
    return "\n".join(line for line in cell.text.splitlines() if not REGION_LINE.match(line))


def is_python(text: str) -> bool:
    """Whether a code cell's text parses."""
    try:
        ast.parse(python(text))
        return True
    except (SyntaxError, ValueError):
        return False


def python(text: str) -> str:
    """A code cell's text with IPython's magics and shell lines turned into comments, so that it parses as Python."""
    return "\n".join(re.sub(r"^(\s*)([%!].*)$", r"\1pass  # \2", line) for line in text.splitlines())
