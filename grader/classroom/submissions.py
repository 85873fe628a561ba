"""A student's submission as it was handed in: read without trust, matched to the source, mended where that can be done.

Cells are matched by nbgrader's id, then by the cell's own id, then by what they contain. What is put right is told to the
instructor and the student. No file is followed out of the folder, and nothing here executes anything.
"""

import ast
import hashlib
import json
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from rapidfuzz import fuzz

from ..lesson import dependencies
from ..lesson.cells import NEVER_SHIPPED, UNREADABLE, Cell, Lesson, python
from ..notebook import build
from ..notebook.texts import NBGRADER_FLAGS, check_text

MAX_BYTES = 64 << 20                                   # of all files together
MAX_FILES = 500
_ALIKE = 80                                            # percent of a text that must agree for it to be taken for the same
_SKIPPED = {".ipynb_checkpoints", "__pycache__", ".git", "timestamp.txt"}


@dataclass
class Submission:
    """Files by path relative to the folder, and what could not be taken."""

    files: dict[str, bytes] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def digest(self) -> str:
        """The same for the same files, whoever handed them in."""
        whole = hashlib.sha256()
        for name in sorted(self.files):
            whole.update(f"{len(name.encode())}:{name}:{len(self.files[name])}:".encode() + self.files[name])
        for problem in self.problems:
            whole.update(problem.encode())
        return whole.hexdigest()


@dataclass
class Place:
    """A cell of the notebook that will run: its text, and which cell of the source it is, if any."""

    kind: str
    text: str
    mark: Cell | None = None
    identity: str = ""
    metadata: dict = field(default_factory=dict)
    attachments: dict = field(default_factory=dict)


def read(folder: Path) -> Submission:
    """Everything in a submission's folder; links, devices, oversized and unreadable files are left out and named."""
    found, total = Submission(), 0

    def fail(error: OSError) -> None:
        found.problems.append(f"{_whole(_relative(error.filename, folder))} cannot be read: {error.strerror}")

    for place, folders, names in os.walk(folder, onerror=fail):
        folders[:] = sorted(d for d in folders if d not in _SKIPPED and not os.path.islink(os.path.join(place, d)))
        for name in sorted(set(names) - _SKIPPED):
            path = os.path.join(place, name)
            shown = _relative(path, folder)
            if _whole(shown) != shown:
                found.problems.append(f"{_whole(shown)} was left out: its name is no text in UTF-8")
                continue
            try:
                number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            except OSError as error:
                found.problems.append(f"{shown} is a link and was left out" if os.path.islink(path)
                                      else f"{shown} cannot be read: {error.strerror}")
                continue
            with os.fdopen(number, "rb") as file:
                size = os.fstat(number)
                if not stat.S_ISREG(size.st_mode):
                    found.problems.append(f"{shown} is no ordinary file and was left out")
                elif total + size.st_size > MAX_BYTES or len(found.files) >= MAX_FILES:
                    found.problems.append(f"{shown} was left out: a submission may have {MAX_FILES} files of {MAX_BYTES >> 20} MB together")
                else:
                    found.files[shown] = file.read(size.st_size + 1)[: size.st_size]
                    total += size.st_size
    return found


def notebooks(submission: Submission, lessons: list[Lesson]) -> tuple[dict[str, list[dict] | None], list[str]]:
    """Raw cells of each lesson's notebook (None where it is missing), and what was renamed, is corrupt or unknown."""
    notes, parsed = [], {}
    for name, content in submission.files.items():
        if name.endswith(".ipynb") and "/" not in name:
            cells, problem = _raw_cells(content)
            if problem:
                notes.append(f"{name} is not a notebook ({problem})")
            else:
                parsed[name] = cells
    found: dict[str, list[dict] | None] = {}
    for lesson in lessons:
        found[lesson.name] = parsed.pop(f"{Path(lesson.name).name}.ipynb", None)
    for lesson in lessons:
        if found[lesson.name] is None and parsed:
            best = max(parsed, key=lambda name: _kinship(parsed[name], lesson))
            if _kinship(parsed[best], lesson) >= 0.5:
                found[lesson.name] = parsed.pop(best)
                notes.append(f"{best} was taken for {Path(lesson.name).name}.ipynb, which it contains")
    for lesson in lessons:
        if found[lesson.name] is None:
            notes.append(f"{Path(lesson.name).name}.ipynb is missing")
    notes += [f"{name} belongs to no lesson of this assignment and was not run" for name in parsed]
    return found, notes


def mend(cells: list[dict], lesson: Lesson) -> tuple[list[Place], list[str]]:
    """The notebook that will run, with every marked cell of the source exactly once and in order, and what was put right."""
    wanted = marked_cells(lesson)
    places = [Place(c["cell_type"], c["source"], metadata=_kept(c), attachments=c.get("attachments", {})) for c in cells]
    notes = _match(places, cells, wanted)
    _restore_order(places, wanted, notes)
    _put_back(places, wanted, notes)
    for place in places:
        if place.mark is not None:
            place.identity = wanted[place.mark][0]
            if place.mark.mark in ("check", "given"):
                text = released(lesson, place.mark)
                if place.mark.mark == "check" and _squeezed(place.text) not in (_squeezed(text), _squeezed(check_text(place.mark))):
                    notes.append(f"the text of the check {place.mark.name} had been changed; the source's was used")
                place.text = text
            place.kind = place.mark.kind
    return places, notes


def marked_cells(lesson: Lesson) -> dict[Cell, tuple[str, str]]:
    """nbgrader's id and the released text of every cell of a lesson that nbgrader knows, in order."""
    return dict(_marked_cells(lesson))


def released(lesson: Lesson, cell: Cell) -> str:
    """A marked cell's text as students receive it."""
    return marked_cells(lesson)[cell][1]


# ---------------------------------------------------------------------------------------------------- matching

_cache: dict[int, tuple] = {}


def _marked_cells(lesson: Lesson) -> list[tuple[Cell, tuple[str, str]]]:
    held = _cache.get(id(lesson))
    if held is None or held[0] is not lesson:
        shipped = [c for c in lesson.cells if c.mark not in NEVER_SHIPPED]
        notebook = build.learner_notebook(lesson)
        pairs = [(cell, (made.metadata["nbgrader"]["grade_id"], made.source)) for cell, made in zip(shipped, notebook.cells, strict=True)
                 if "nbgrader" in made.metadata]
        held = _cache[id(lesson)] = (lesson, pairs)
    return held[1]


def _match(places: list[Place], raw: list[dict], wanted: dict[Cell, tuple[str, str]]) -> list[str]:
    notes: list[str] = []
    by_id = {identity: cell for cell, (identity, _) in wanted.items()}
    claims: dict[Cell, list[int]] = {}
    for number, cell in enumerate(raw):
        nbgrader = cell["metadata"].get("nbgrader")
        name = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
        known = by_id.get(name) if isinstance(name, str) else None
        if known is not None and known.kind == cell["cell_type"]:
            claims.setdefault(known, []).append(number)
    taken = {n for numbers in claims.values() for n in numbers}
    for known, (identity, text) in wanted.items():     # ids of the cells themselves: editors keep them when they drop metadata
        if known not in claims:
            short = identity.removeprefix("given-")
            same = [n for n, c in enumerate(raw) if n not in taken and c.get("id") == short and c["cell_type"] == known.kind]
            if not same:
                same = [n for n in (_by_content(known, text, raw, taken),) if n is not None]
            if same:
                claims[known] = same
                taken.update(same)
                notes.append(f"{_said(known)} had lost its id and was recognised by its contents")
    for known, numbers in claims.items():
        numbers = _unanimous(known, wanted[known][1], numbers, places, notes)
        places[numbers[-1]].mark = known
    return notes


def _unanimous(known: Cell, text: str, numbers: list[int], places: list[Place], notes: list[str]) -> list[int]:
    """Of several copies the last one counts, as in a kernel; untouched copies beside a written one are taken out of the run."""
    if len(numbers) > 1:
        touched = [n for n in numbers if _squeezed(places[n].text) != _squeezed(text)]
        if known.mark in ("solve", "answer") and touched and len(touched) < len(numbers):
            for n in set(numbers) - set(touched):
                places[n].text = ""
            numbers = touched
        notes.append(f"{_said(known)} was there {len(numbers)} times; the last one counts" if len(numbers) > 1
                     else f"{_said(known)} was there more than once; the one that was written in counts")
    return numbers


def _by_content(known: Cell, text: str, raw: list[dict], taken: set[int]) -> int | None:
    best: float = _ALIKE
    found: int | None = None
    defined = dependencies.bound_names(text) if known.mark == "solve" else set()
    for number, cell in enumerate(raw):
        if number in taken or cell["cell_type"] != known.kind or not cell["source"].strip():
            continue
        score = fuzz.ratio(_squeezed(cell["source"]), _squeezed(text))
        if defined and _defines(cell["source"], text):
            score = 100
        if score >= best and (score > best or found is None):
            best, found = score, number
    return found


def _defines(text: str, released_text: str) -> bool:
    """Whether a text defines the same functions and classes, with the same decorators, as a released stub."""
    def heads(code: str) -> set[str]:
        return {f"{[ast.unparse(d) for d in n.decorator_list]}{n.name}" for n in ast.parse(python(code)).body
                if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    try:
        asked = heads(released_text)
        return bool(asked) and asked <= heads(text)
    except UNREADABLE:
        return False


def _restore_order(places: list[Place], wanted: dict[Cell, tuple[str, str]], notes: list[str]) -> None:
    order = {cell: n for n, cell in enumerate(wanted)}
    rank = {n: order[p.mark] for n, p in enumerate(places) if p.mark is not None}
    slots, ranked = list(rank), sorted(rank, key=rank.__getitem__)
    if ranked != slots:
        notes.append("cells were in another order than in the source and were put back")
        moved = [places[n] for n in ranked]
        for n, place in zip(slots, moved, strict=True):
            places[n] = place


def _put_back(places: list[Place], wanted: dict[Cell, tuple[str, str]], notes: list[str]) -> None:
    have = {p.mark for p in places if p.mark is not None}
    position = 0
    for cell, (_, text) in wanted.items():
        if cell in have:
            position = next(n for n, p in enumerate(places) if p.mark is cell) + 1
        else:
            places.insert(position, Place(cell.kind, text, cell))
            notes.append(f"{_said(cell)} was missing and was put back as released")
            position += 1


def _said(cell: Cell) -> str:
    names = {"given": "the given cell", "solve": f"the answer to {cell.name}", "check": f"the check {cell.name}",
             "answer": f"the written answer {cell.name}"}
    return names[cell.mark]


# ---------------------------------------------------------------------------------------------------- reading

def _raw_cells(content: bytes) -> tuple[list[dict], str]:
    """Cells as plain dicts with cell_type, source (one text), metadata and id; or what is wrong with the file."""
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
        if type(notebook) is not dict:
            return [], "no JSON object"
        if notebook.get("nbformat") != 4:
            notebook = json.loads(nbformat.writes(nbformat.reads(content.decode(), as_version=4)))
        cells = [_raw_cell(cell) for cell in _whole(notebook["cells"])]
    except RecursionError:
        return [], "nested too deep"
    except Exception as error:                         # whatever a broken file can make a parser raise
        return [], f"{type(error).__name__}: {str(error).splitlines()[0][:100] if str(error) else ''}"
    return [c for c in cells if c is not None], ""


def _whole(value: Any) -> Any:
    """JSON's data with a replacement sign for every half of a character, which no file in UTF-8 and no process takes."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(x) for x in value]
    if isinstance(value, dict):
        return {_whole(k): _whole(v) for k, v in value.items()}
    return value


def _raw_cell(cell: Any) -> dict | None:
    if type(cell) is not dict or cell.get("cell_type") not in ("code", "markdown", "raw"):
        return None
    text = cell.get("source", "")
    text = "".join(map(str, text)) if isinstance(text, list) else str(text)
    metadata = cell.get("metadata")
    made = {"cell_type": cell["cell_type"], "source": text, "metadata": metadata if isinstance(metadata, dict) else {},
            "id": cell.get("id")}
    if isinstance(cell.get("attachments"), dict):
        made["attachments"] = cell["attachments"]
    return made


def _kept(cell: dict) -> dict:
    """Of a student's metadata only that a picture was stored there; tags, scores and the rest are the source's to say."""
    return {"picture": True} if cell["metadata"].get("picture") is True else {}


def _kinship(cells: list[dict], lesson: Lesson) -> float:
    """Share of the lesson's exercises and checks whose ids or definitions a notebook holds."""
    wanted = {c: w for c, w in marked_cells(lesson).items() if c.mark in ("solve", "check")}
    ids = {name for c in cells if isinstance(n := c["metadata"].get("nbgrader"), dict) and isinstance(name := n.get("grade_id"), str)}
    held = sum(identity in ids or any(c["cell_type"] == "code" and (_defines(c["source"], text) or c["source"] == text) for c in cells)
               for identity, text in wanted.values())
    return held / max(1, len(wanted))


def _squeezed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines() if line.strip())


def _relative(path: str | os.PathLike, folder: Path) -> str:
    return os.path.relpath(path, folder)


def notebook_of(places: Iterable[Place], outputs: dict[int, list[dict]], counts: dict[int, int]) -> dict:
    """An executed notebook as plain data, with ids and metadata that nbgrader accepts."""
    cells = []
    for number, place in enumerate(places):
        cell: dict[str, Any] = {"id": f"cell-{number}", "cell_type": "code" if place.kind == "code" else "markdown",
                                "source": place.text, "metadata": dict(place.metadata)}
        if place.kind == "code":
            cell |= {"outputs": outputs.get(number, []), "execution_count": counts.get(number)}
        elif place.attachments:
            cell["attachments"] = place.attachments
        if place.mark is not None:
            grade, solution, locked = NBGRADER_FLAGS[place.mark.mark]
            cell["metadata"]["nbgrader"] = {"schema_version": 3, "grade_id": place.identity, "grade": grade, "solution": solution,
                                         "locked": locked, "task": False, **({"points": place.mark.points} if grade else {})}
        cells.append(cell)
    return {"cells": cells, "metadata": {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
                                         "language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5}
