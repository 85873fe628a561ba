"""Reads lesson sources: py:percent files with marks, into cells; refused, with a cure, where they are wrong."""

import re
from pathlib import Path

import jupytext
from nbformat import NotebookNode

from . import rules
from .cells import FLAGS, POLICIES, ROOT, Cell, Lesson, SourceError
from .marks import MARKS, Mark

SOLUTIONS = ROOT / "solutions"
_KEYS = {*MARKS, *(key for mark in MARKS.values() for key in mark.takes)}     # all that may stand on a cell line
_UNMARKED = Mark(("code", "markdown", "raw"), (), (), "", "")
_CELL = re.compile(r"^# %%(?!%)(.*)$")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CHECK_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)?")
_EXERCISE_NUMBER = re.compile(r"^# #{2,4}\s+Exercise\s+(\d+)", re.M)


def names(folder: Path | None = None) -> list[str]:
    """Names of all lessons under a folder of sources: lectures by name, then each assignment's in the order of their exercises' numbers."""
    folder = folder or SOLUTIONS
    found = {p.relative_to(folder).with_suffix("").as_posix(): p for p in folder.rglob("*.py")}

    def place(name: str) -> tuple[bool, str, int, str]:
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
    lesson, found = _read(name, path)
    found += rules.problems(lesson) if lesson else []
    if found or lesson is None:
        raise SourceError([f"{path}:{line}: {text}" for line, text in sorted(found)])
    return lesson


def _read(name: str, path: Path) -> tuple[Lesson | None, list[tuple[int, str]]]:
    text = path.read_text(encoding="utf-8")
    heads = [(i, m[1].strip()) for i, line in enumerate(text.splitlines(), 1) if (m := _CELL.match(line))]
    if not text.startswith("# %%"):
        return None, [(1, "the file must begin with a cell line; put `# %% [markdown]` and the title first")]
    notebook = jupytext.reads(text, fmt="py:percent")
    if len(notebook.cells) != len(heads):
        return None, [(1, f"{len(heads)} cell lines but jupytext reads {len(notebook.cells)} cells; is there a `# %%` inside a text?")]
    cells, problems = [], []
    for (line, _), cell in zip(heads, notebook.cells, strict=True):
        read, faults = _cell(line, cell)
        cells.append(read)
        problems += [(line, fault) for fault in faults]
    return Lesson(name, path, tuple(cells)), problems


def _cell(line: int, cell: NotebookNode) -> tuple[Cell, list[str]]:
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
    return Cell(cell.cell_type, cell.source, line, mark, name, points, policy, why), faults
