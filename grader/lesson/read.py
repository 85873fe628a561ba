"""Reads lesson sources: py:percent files with marks, into cells; refused, with a cure, where they are wrong."""

import contextlib
import difflib
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from visioncourse.files import write_whole

from . import rules
from .cells import FLAGS, POLICIES, ROOT, Cell, Lesson, Outline, SourceError, lesson_number, without_marks
from .marks import MARKS, Mark
from .patches import PatchError, is_patch, patched

if TYPE_CHECKING:
    from nbformat import NotebookNode

SOLUTIONS = ROOT / "solutions"
KEPT = ROOT / "build" / "lessons"                      # sources that have been read and found right; git-ignored
_KEYS = {"part", *MARKS, *(key for mark in MARKS.values() for key in mark.takes)}     # all that may stand on a cell line
_UNMARKED = Mark(("code", "markdown", "raw"), ("part",), (), "", "")
_CELL = re.compile(r"^# %%(?!%)(.*)$")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CHECK_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)?")
_PART = re.compile(r"^# %%.*\bpart\s*=\s*(\d+)\s*$")
_SOLVE_LINE = re.compile(r"^# %%(?!%).*?\bsolve\s*=\s*[\"']([^\"']+)[\"']", re.M)


def names(folder: Path | None = None) -> list[str]:
    """Names of all lessons under a folder of sources: lectures by name, then each assignment's by its part. Reads first lines alone."""
    folder = folder or SOLUTIONS
    found = {p.relative_to(folder).with_suffix("").as_posix(): p for p in folder.rglob("*.py")}

    def place(name: str) -> tuple[bool, str, int, str]:
        if name.startswith("lectures/"):
            return False, "", 0, name
        with found[name].open(encoding="utf-8", errors="replace") as file:
            return True, name.rpartition("/")[0], _part(file.readline()) or 99, name

    return sorted(found, key=place)


def outlines(folder: Path | None = None) -> dict[str, Outline]:
    """What every lesson under a folder is to the others, from its cell lines; none of them needs to be right."""
    found = {}
    for name in names(folder):
        text = ((folder or SOLUTIONS) / f"{name}.py").read_text(encoding="utf-8", errors="replace")
        found[name] = Outline(lesson_number(name, _part(text.partition("\n")[0])), tuple(_SOLVE_LINE.findall(text)))
    return found


def _part(line: str) -> int:
    """The part of an assignment that a file's first line gives, or 0."""
    found = _PART.match(line)
    return int(found[1]) if found else 0


def load(name: str, folder: Path | None = None) -> Lesson:
    """Read and check one lesson's source; raises FileNotFoundError where there is none and SourceError where it is wrong."""
    path = (folder or SOLUTIONS) / f"{name}.py"
    if not path.is_file():
        raise FileNotFoundError(f"there is no lesson {name!r}: {path} does not exist")
    others = outlines(folder)
    others.pop(name, None)
    text = path.read_text(encoding="utf-8")
    key = hashlib.sha256(f"{_reader()}\0{name}\0{sorted(others.items())}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()
    if (cells := _kept_cells(key)) is not None:
        return Lesson(name, path, cells, others)
    lesson, found = parse(name, path, others)
    found += rules.unfinished(text)
    found += rules.problems(lesson) if lesson else []
    if found or lesson is None:
        raise SourceError([f"{path}:{line}: {text}" for line, text in sorted(found)])
    with contextlib.suppress(OSError):
        write_whole(KEPT / f"{key}.json", json.dumps([asdict(cell) for cell in lesson.cells]))
    return lesson


def _kept_cells(key: str) -> tuple[Cell, ...] | None:
    """The cells of a source that was read before, so that a learner's first check need not load what reads sources."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        return tuple(Cell(**cell) for cell in json.loads((KEPT / f"{key}.json").read_text(encoding="utf-8")))
    return None


@cache
def _reader() -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))).hexdigest()


def find(place: str, folder: Path | None = None) -> tuple[Lesson, str]:
    """Lesson and exercise or check of a place such as "a1/knn", "a1/knn:two-loops" or "a1/knn:two-loops.speed"; "" where none is named.

    Raises ValueError, which names what is near, where the lesson has no such exercise or check.
    """
    name, _, wanted = place.partition(":")
    lesson = load(name, folder)
    if wanted and wanted not in lesson.exercises and not lesson.check(wanted):
        raise ValueError(f"{name} has no exercise {wanted!r}; {nearest(wanted, _exercises_and_checks(lesson))}")
    return lesson, wanted


def nearest(wanted: str, known: list[str]) -> str:
    """"did you mean …?" with the names that are like the wanted one; all there are, where none is."""
    near = list(dict.fromkeys([n for n in known if wanted in n][:3] + difflib.get_close_matches(wanted, known, 3)))
    return f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known) or 'none'}"


def _exercises_and_checks(lesson: Lesson) -> list[str]:
    return list(dict.fromkeys([*lesson.exercises, *(c.name for c in lesson.cells if c.mark == "check")]))


def parse(name: str, path: Path, others: dict[str, Outline] | None = None) -> tuple[Lesson | None, list[tuple[int, str]]]:
    """A source's cells, whether or not they make a lesson, and what is wrong with their marks; None where they cannot be told apart."""
    text = path.read_text(encoding="utf-8")
    heads = [(i, m[1].strip()) for i, line in enumerate(text.splitlines(), 1) if (m := _CELL.match(line))]
    if not text.startswith("# %%"):
        return None, [(1, "the file must begin with a cell line; put `# %% [markdown]` and the title first")]
    import jupytext  # here, because it loads a grammar of addresses for two seconds

    notebook = jupytext.reads(text, fmt="py:percent")
    if len(notebook.cells) != len(heads):
        return None, [(1, f"{len(heads)} cell lines but jupytext reads {len(notebook.cells)} cells; is there a `# %%` inside a text?")]
    cells, problems = [], []
    for (line, _), cell in zip(heads, notebook.cells, strict=True):
        read, faults = _cell(line, cell)
        cells.append(read)
        problems += [(line, fault) for fault in faults]
    return Lesson(name, path, tuple(_in_full(cells, problems)), others or {}), problems


def _in_full(cells: list[Cell], problems: list[tuple[int, str]]) -> Iterator[Cell]:
    """The cells with every answer that is written as changes of its solution in full."""
    solutions = {cell.name: without_marks(cell) for cell in cells if cell.mark == "solve"}
    for cell in cells:
        if cell.mark in ("wrong", "right") and cell.name in solutions and is_patch(cell.text):
            try:
                cell = replace(cell, text=patched(solutions[cell.name], cell.text))
            except PatchError as error:
                problems.append((cell.line, f'{cell.mark}="{cell.name}" {error}'))
        yield cell


def _cell(line: int, cell: "NotebookNode") -> tuple[Cell, list[str]]:
    metadata = {k: v for k, v in cell.metadata.items() if k != "lines_to_next_cell"}
    title, part = metadata.pop("title", None), metadata.pop("part", None)
    faults = []
    if title in FLAGS:
        metadata[title] = ""
    elif title is not None:
        faults.append(f"unknown mark {title!r}; the marks are {', '.join(MARKS)}")
    marks = [key for key in metadata if key in MARKS]
    if len(marks) > 1:
        faults.append(f"two marks on one cell ({' and '.join(marks)}); split the cell")
    mark = marks[0] if marks else ""
    allowed = MARKS.get(mark, _UNMARKED)
    for key in metadata:
        if key != mark and key not in allowed.takes:
            faults.append(f"{mark or 'an unmarked cell'} takes no {key!r}" if key in _KEYS
                          else f"unknown mark {key!r}; the marks are {', '.join(MARKS)}")
    for key in allowed.needs:
        if metadata.get(key) in (None, ""):
            example = {"points": "points=2", "why": 'why="forgot the square root"', "how": 'how="with einsum"'}[key]
            faults.append(f"{mark}={metadata.get(mark)!r} needs {key}; add {example}")
    if mark and cell.cell_type not in allowed.kinds:
        faults.append(f"{mark} belongs on a {' or '.join(allowed.kinds)} cell, this one is {cell.cell_type}")
    name = str(metadata.get(mark, "")) if mark and mark not in FLAGS else ""
    if mark and mark not in FLAGS and not (_CHECK_NAME if mark == "check" else _NAME).fullmatch(name):
        faults.append(f"{mark}={name!r}: a name is lower-case words with hyphens, such as two-loops"
                      + (", or two-loops.speed" if mark == "check" else ""))
    points = metadata.get("points", 0)
    if not isinstance(points, (int, float)) or isinstance(points, bool) or points < 0 or ("points" in metadata and points == 0):
        faults.append(f"points={points!r}: points must be a positive number")
        points = 0
    why = str(metadata.get("why", metadata.get("how", "")))
    policy = str(metadata.get("policy", ""))
    if policy and policy not in POLICIES:
        faults.append(f"policy={policy!r}: the policies are {' and '.join(POLICIES)}")
    raises = str(metadata.get("raises", ""))
    return Cell(cell.cell_type, cell.source, line, mark, name, points, policy=policy, raises=raises, why=why, part=part), faults
