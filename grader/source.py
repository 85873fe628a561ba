"""Lesson sources: py:percent files with marks, read into cells and refused, with a cure, where they are wrong."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import jupytext

ROOT = Path(__file__).resolve().parent.parent          # the clone, when the package is installed from one
SOLUTIONS = ROOT / "solutions"

MARKS = {                                              # mark: (cell types, further keys it takes, keys it needs)
    "solve": (("code",), ("policy",), ()),
    "check": (("code",), ("points",), ("points",)),
    "answer": (("markdown", "code"), ("points",), ("points",)),
    "given": (("code", "markdown"), (), ()),
    "wrong": (("code",), ("why",), ("why",)),
    "right": (("code",), ("how",), ("how",)),
    "hint": (("markdown",), (), ()),
    "picture": (("code",), (), ()),
}
POLICIES = ("no-python-loops", "numpy-only")           # what an exercise may ask for, see policies
FLAGS = ("given", "picture")                           # marks without a value
NEVER_SHIPPED = ("wrong", "right", "hint")
MAX_CODE_LINES = 30

_CELL = re.compile(r"^# %%(?!%)(.*)$")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CHECK_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)?")
_IMAGE_WITHOUT_ALT = re.compile(r"!\[\s*\]\(|<img(?![^>]*\balt=\"[^\"]+\")[^>]*>")
_TITLE = re.compile(r"^#\s+(.+)$", re.M)
_EXERCISE_NUMBER = re.compile(r"^# #{2,4}\s+Exercise\s+(\d+)", re.M)
_EXERCISE_TITLE = re.compile(r"^#{2,4}\s+(?:Exercise\s+[\d.]+\s*·\s*)?(.+?)\s*(?:\([^()]*(?:★|minutes)[^()]*\))?\s*$", re.M)
_REGIONS = {"solve": "SOLUTION", "check": "HIDDEN TESTS"}
_REGION_LINE = re.compile(r"^\s*###\s*(BEGIN|END)\s+(SOLUTION|HIDDEN TESTS)\s*$")


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
            if cell.kind == "markdown" and (found := _TITLE.search(cell.text)):
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


def names(folder: Path | None = None) -> list[str]:
    """Names of all lessons under a folder of sources: lectures by name, then each assignment's in the order of their exercises' numbers."""
    folder = folder or SOLUTIONS
    found = {p.relative_to(folder).with_suffix("").as_posix(): p for p in folder.rglob("*.py")}

    def place(name: str) -> tuple:
        if name.startswith("lectures/"):
            return False, "", 0, name
        number = _EXERCISE_NUMBER.search(found[name].read_text(encoding="utf-8", errors="replace"))
        return True, name.rpartition("/")[0], int(number[1]) if number else 99, name

    return sorted(found, key=place)


def load(name: str, folder: Path | None = None) -> Lesson:
    """Read and check one lesson's source; raises FileNotFoundError where there is none and SourceError where it is wrong."""
    path = (folder or SOLUTIONS) / f"{name}.py"
    if not path.is_file():
        raise FileNotFoundError(f"there is no lesson {name!r}: {path} does not exist")
    lesson, problems = _read(name, path)
    problems += list(_problems(lesson)) if lesson else []
    if problems:
        raise SourceError([f"{path}:{line}: {text}" for line, text in sorted(problems)])
    return lesson


def region(cell: Cell) -> tuple[str, str]:
    """A check cell's visible and hidden text."""
    outside, inside, within = [], [], False
    for line in cell.text.splitlines():
        mark = _REGION_LINE.match(line)
        if mark:
            within = mark[1] == "BEGIN"
        else:
            (inside if within else outside).append(line)
    return "\n".join(outside).rstrip(), "\n".join(inside).strip("\n")


def without_marks(cell: Cell) -> str:
    """A cell's text without the lines that open and close a region: a solution as a learner would have written it."""
    return "\n".join(line for line in cell.text.splitlines() if not _REGION_LINE.match(line))


# ------------------------------------------------------------------------------------------------------ reading

def _read(name: str, path: Path) -> tuple[Lesson | None, list[tuple[int, str]]]:
    text = path.read_text(encoding="utf-8")
    heads = [(i, m[1].strip()) for i, line in enumerate(text.splitlines(), 1) if (m := _CELL.match(line))]
    if not text.startswith("# %%"):
        return None, [(1, "the file must begin with a cell line; put `# %% [markdown]` and the title first")]
    notebook = jupytext.reads(text, fmt="py:percent")
    if len(notebook.cells) != len(heads):
        return None, [(1, f"{len(heads)} cell lines but jupytext reads {len(notebook.cells)} cells; is there a `# %%` inside a text?")]
    cells, problems = [], []
    for (line, head), cell in zip(heads, notebook.cells):
        read, faults = _cell(line, cell)
        cells.append(read)
        problems += [(line, fault) for fault in faults]
    return Lesson(name, path, tuple(cells)), problems


def _cell(line: int, cell) -> tuple[Cell, list[str]]:
    metadata = {k: v for k, v in cell.metadata.items() if k != "lines_to_next_cell"}
    title = metadata.pop("title", None)
    faults = []
    if title in FLAGS:
        metadata[title] = ""
    elif title is not None:
        faults.append(f"unknown mark {title!r}; the marks are {', '.join(MARKS)}")
    marks = [key for key in metadata if key in MARKS]
    if len(marks) > 1:
        faults.append(f"two marks on one cell ({' and '.join(marks)}); split the cell")
    mark = marks[0] if marks else ""
    kinds, optional, needed = MARKS.get(mark, (("code", "markdown", "raw"), (), ()))
    for key in metadata:
        if key != mark and key not in optional:
            known = ", ".join((*MARKS, "points", "why", "how", "policy"))
            faults.append(f"{mark or 'an unmarked cell'} takes no {key!r}" if key in known else f"unknown mark {key!r}; the marks are {', '.join(MARKS)}")
    for key in needed:
        if metadata.get(key) in (None, ""):
            example = {"points": "points=2", "why": 'why="forgot the square root"', "how": 'how="with einsum"'}[key]
            faults.append(f"{mark}={metadata.get(mark)!r} needs {key}; add {example}")
    if mark and cell.cell_type not in kinds:
        faults.append(f"{mark} belongs on a {' or '.join(kinds)} cell, this one is {cell.cell_type}")
    name = str(metadata.get(mark, "")) if mark and mark not in FLAGS else ""
    if mark and mark not in FLAGS and not (_CHECK_NAME if mark == "check" else _NAME).fullmatch(name):
        faults.append(f"{mark}={name!r}: a name is lower-case words with hyphens, such as two-loops" + (", or two-loops.speed" if mark == "check" else ""))
    points = metadata.get("points", 0)
    if not isinstance(points, (int, float)) or isinstance(points, bool) or points < 0 or ("points" in metadata and points == 0):
        faults.append(f"points={points!r}: points must be a positive number")
        points = 0
    why = str(metadata.get("why", metadata.get("how", "")))
    policy = str(metadata.get("policy", ""))
    if policy and policy not in POLICIES:
        faults.append(f"policy={policy!r}: the policies are {' and '.join(POLICIES)}")
    return Cell(cell.cell_type, cell.source, line, mark, name, points, policy, why), faults


# ------------------------------------------------------------------------------------------------------ refusing

def _problems(lesson: Lesson) -> Iterator[tuple[int, str]]:
    yield from _name_problems(lesson)
    yield from _first_cell_problems(lesson)
    for cell in lesson.cells:
        yield from ((cell.line, p) for p in _region_problems(cell))
        if cell.kind == "markdown" and _IMAGE_WITHOUT_ALT.search(cell.text):
            yield cell.line, "an image without alt text; write ![what the picture shows](address)"
        if cell.kind == "code":
            count = sum(bool(line.strip()) for line in cell.text.splitlines())
            if count > MAX_CODE_LINES:
                yield cell.line, f"a code cell of {count} lines; split it, {MAX_CODE_LINES} is the most"
            if (error := _syntax_error(cell.text)) is not None:
                yield cell.line + (error.lineno or 0), f"not Python: {error.msg}"
                return
    from . import lint                                 # here, because lint reads lessons
    yield from lint.problems(lesson)


def _name_problems(lesson: Lesson) -> Iterator[tuple[int, str]]:
    seen: dict[tuple[str, str], int] = {}
    for cell in lesson.cells:
        if cell.mark in ("solve", "check", "answer"):
            key = ("check" if cell.mark == "check" else "solve", cell.name)
            if key in seen:
                yield cell.line, f"{cell.mark}={cell.name!r} stands already on line {seen[key]}; names are unique in a notebook"
            seen.setdefault(key, cell.line)
    for cell in lesson.cells:
        if cell.mark in ("check", "wrong", "right", "hint") and exercise_of(cell.name) not in lesson.exercises:
            yield cell.line, f'{cell.mark}="{cell.name}" without a cell solve="{exercise_of(cell.name)}"'
    for exercise in lesson.exercises.values():
        if not exercise.checks:
            yield exercise.solve.line, f'solve="{exercise.name}" without a cell check="{exercise.name}"'
        if len(exercise.wrong) < 2:
            yield exercise.solve.line, (f'solve="{exercise.name}" has {len(exercise.wrong)} wrong answers; '
                                        f'write at least two cells wrong="{exercise.name}" with the mistakes people make')
        if len({c.why for c in exercise.wrong}) < len(exercise.wrong):
            yield exercise.solve.line, f'two wrong answers of "{exercise.name}" have the same why; a diagnosis must tell them apart'


def _first_cell_problems(lesson: Lesson) -> Iterator[tuple[int, str]]:
    first = next((c for c in lesson.cells if c.kind == "code"), None)
    cure = f'the first code cell must be marked `given` and call vc.setup("{lesson.name}") after `import visioncourse as vc`'
    if first is None or first.mark != "given" or f'vc.setup("{lesson.name}")' not in first.text or "import visioncourse as vc" not in first.text:
        yield first.line if first else 1, cure
    if not lesson.cells or lesson.cells[0].kind != "markdown" or not _TITLE.search(lesson.cells[0].text):
        yield 1, "the first cell must be markdown with the notebook's title as `# Title`"


def _region_problems(cell: Cell) -> Iterator[str]:
    open_name = None
    regions = 0
    for number, line in enumerate(cell.text.splitlines(), 1):
        mark = _REGION_LINE.match(line)
        if not mark:
            if re.search(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS|MARK SCHEME)", line):
                yield f"line {number} of the cell names a region but is no `### BEGIN …` or `### END …` line of its own"
            continue
        edge, name = mark[1], mark[2]
        if _REGIONS.get(cell.mark) != name:
            if cell.mark in ("wrong", "right") and name == "SOLUTION":
                yield "a wrong or right answer is a whole cell; remove the SOLUTION lines"
            else:
                yield f"### {edge} {name} belongs in a {'solve' if name == 'SOLUTION' else 'check'} cell"
        elif edge == "BEGIN" and open_name:
            yield f"### BEGIN {name} inside a region; close the first with ### END {open_name}"
        elif edge == "END" and not open_name:
            yield f"### END {name} without ### BEGIN {name}"
        open_name = name if edge == "BEGIN" else None
        regions += edge == "BEGIN"
    if open_name:
        yield f"### BEGIN {open_name} is never closed; add ### END {open_name}"
    if cell.mark == "solve" and not regions:
        yield "a solve cell without ### BEGIN SOLUTION … ### END SOLUTION"
    if cell.mark == "check" and regions > 1:
        yield "two hidden regions in one check; keep one, at the end"
    if cell.mark == "check" and regions == 1 and cell.text.rstrip().splitlines()[-1].strip() != "### END HIDDEN TESTS":
        yield "visible lines after ### END HIDDEN TESTS; hidden tests come last"


def _syntax_error(text: str) -> SyntaxError | None:
    try:
        ast.parse(python(text))
        return None
    except SyntaxError as error:
        return error


def python(text: str) -> str:
    """A code cell's text with IPython's magics and shell lines turned into comments, so that it parses as Python."""
    return "\n".join(re.sub(r"^(\s*)([%!].*)$", r"\1pass  # \2", line) for line in text.splitlines())
