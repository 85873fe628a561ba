"""What a lesson is made of: cells with marks, exercises, and the text of a cell as Python, as stub, in regions."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]                 # the clone, when the package is installed from one
POLICIES = ("no-python-loops", "numpy-only")           # what an exercise may ask for, see policies
FLAGS = ("given", "picture")                           # marks without a value
NEVER_SHIPPED = ("wrong", "right", "hint")
TITLE = re.compile(r"^#\s+(.+)$", re.M)
_EXERCISE_TITLE = re.compile(r"^#{2,4}\s+(?:Exercise\s+[\d.]+\s*·\s*)?(.+?)\s*(?:\([^()]*(?:★|minutes)[^()]*\))?\s*$", re.M)
REGIONS = {"solve": "SOLUTION", "check": "HIDDEN TESTS"}
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
    why: str = ""                                      # of a wrong answer: the mistake; of a right one: how it is written


@dataclass
class Exercise:
    """What belongs to one exercise."""

    name: str
    title: str
    solve: Cell
    checks: list[Cell] = field(default_factory=list)
    wrong: list[Cell] = field(default_factory=list)
    right: list[Cell] = field(default_factory=list)
    hints: list[Cell] = field(default_factory=list)


@dataclass(frozen=True)
class Lesson:
    """One notebook's source. name: its path under solutions/ without .py, such as "a1/knn"."""

    name: str
    path: Path
    cells: tuple[Cell, ...]

    @cached_property
    def title(self) -> str:
        """The first heading."""
        for cell in self.cells:
            if cell.kind == "markdown" and (found := TITLE.search(cell.text)):
                return found[1].strip()
        return self.name

    @cached_property
    def exercises(self) -> dict[str, Exercise]:
        """Every exercise by name, in order."""
        found: dict[str, Exercise] = {}
        heading = ""
        for cell in self.cells:
            if cell.kind == "markdown" and not cell.mark and (titles := _EXERCISE_TITLE.findall(cell.text)):
                heading = titles[-1]
            if cell.mark == "solve":
                found[cell.name] = Exercise(cell.name, heading or cell.name, cell)
        for cell in self.cells:
            owner = found.get(exercise_of(cell.name))
            if owner and cell.mark in ("check", "wrong", "right", "hint"):
                {"check": owner.checks, "wrong": owner.wrong, "right": owner.right, "hint": owner.hints}[cell.mark].append(cell)
        return found

    def check(self, name: str) -> Cell | None:
        """The check cell of that name."""
        return next((c for c in self.cells if c.mark == "check" and c.name == name), None)


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


def python(text: str) -> str:
    """A code cell's text with IPython's magics and shell lines turned into comments, so that it parses as Python."""
    return "\n".join(re.sub(r"^(\s*)([%!].*)$", r"\1pass  # \2", line) for line in text.splitlines())
