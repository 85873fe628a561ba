"""From sources to notebooks: expands the marks into nbgrader's metadata, releases through nbgrader's own preprocessors, and
writes only what has changed. Building twice gives the same bytes: ids are derived, versions and times left out.
"""

import ast
import hashlib
import json
import multiprocessing
import os
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from visioncourse.files import write_whole

from .. import threads
from ..lesson import read
from ..lesson.cells import NEVER_SHIPPED, ROOT, Lesson, SourceError, python, region
from ..lesson.marks import MARKS
from .manifest import MANIFEST, is_built, origin, read_manifest, same_cells
from .pictures import course_holding, pictures_of
from .readme import tables, updated
from .texts import ANSWER_STUB, NBGRADER_FLAGS, STUB, badge, check_text, digest, edition, first_lines, grade_id, prose, stub, target

_MANY = 6                                              # lessons from which on processes pay for their start
COURSE = ROOT / "visioncourse" / "course.json"
README = ROOT / "README.md"


def instructor_notebook(lesson: Lesson, *, pictures: bool = True) -> nbformat.NotebookNode:
    """The notebook with solutions and hidden tests, as nbgrader's source/ folder holds it."""
    cells: list[nbformat.NotebookNode] = []
    seen: dict[str, int] = {}
    first_code = next(c for c in lesson.cells if c.kind == "code")
    for cell in lesson.cells:
        if cell.mark in NEVER_SHIPPED:
            continue
        text = check_text(cell) if cell.mark == "check" else prose(lesson, cell) if cell.kind == "markdown" else cell.text
        if cell is lesson.cells[0]:
            text = badge(lesson) + text
        if cell is first_code:
            plain, full = f'vc.setup("{lesson.name}")', f'vc.setup("{lesson.name}", edition="{edition(lesson)}")'
            text = first_lines(lesson) + text.replace(plain, full)
        named = cell.mark in NBGRADER_FLAGS and cell.mark != "given"
        key = grade_id(cell) if named else hashlib.sha256(cell.text.encode()).hexdigest()[:12]
        seen[key] = seen.get(key, 0) + 1
        identity = key if seen[key] == 1 else f"{key}-{seen[key]}"
        made = new_markdown_cell(text, id=identity[:64]) if cell.kind == "markdown" else new_code_cell(text, id=identity[:64])
        if cell.mark in NBGRADER_FLAGS:
            grade, solution, locked = NBGRADER_FLAGS[cell.mark]
            made.metadata["nbgrader"] = {"schema_version": 3, "grade_id": identity if cell.mark != "given" else f"given-{identity}",
                                         "grade": grade, "solution": solution, "locked": locked, "task": False}
            if grade:
                made.metadata["nbgrader"]["points"] = cell.points
        if cell.mark == "picture" and pictures:
            made.metadata["picture"] = True
            made.outputs = pictures_of(lesson, cell)
        cells.append(made)
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    notebook: nbformat.NotebookNode = new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})
    nbformat.validate(notebook)
    return notebook


def learner_notebook(lesson: Lesson) -> nbformat.NotebookNode:
    """The released notebook: no solutions, no hidden tests, no outputs but the stored pictures."""
    notebook = instructor_notebook(lesson)
    for preprocessor in _release_preprocessors():
        notebook, _ = preprocessor.preprocess(notebook, {})
    return notebook


def render(notebook: nbformat.NotebookNode) -> str:
    """A notebook's bytes as text."""
    return str(nbformat.writes(notebook, indent=1)) + "\n"


def course_contents(lessons: Iterable[Lesson]) -> str:
    """course.json: what `vc.setup`, `vc.hint` and `vc.progress` know of the course."""
    contents = {
        lesson.name: {"title": lesson.title, "edition": edition(lesson), "needs": _needs(lesson), "exercises": {
            e.name: {"number": e.number, "title": e.title, "stars": e.stars, "minutes": e.minutes,
                     "checks": {c.name: c.points for c in e.checks}, "hints": [prose(lesson, h) for h in e.hints]}
            for e in lesson.exercises.values()}}
        for lesson in lessons}
    return json.dumps(contents, indent=1, ensure_ascii=False) + "\n"


def _needs(lesson: Lesson) -> list[str]:
    """Modules that the released notebook imports, Python's own and this project's left out."""
    found = set()
    for cell in lesson.cells:
        if cell.kind == "code" and cell.mark not in NEVER_SHIPPED:
            text = region(cell)[0] if cell.mark == "check" else stub(cell) if cell.mark == "solve" else cell.text
            for node in ast.walk(ast.parse(python(text))):
                if isinstance(node, ast.Import):
                    found |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module:
                    found.add(node.module.partition(".")[0])
    return sorted(found - sys.stdlib_module_names - {"visioncourse", "grader"})


def build(names: list[str] | None = None, *, force: bool = False) -> dict[str, list[str]]:
    """Build all lessons, or those named; unchanged ones cost nothing. Returns {"built": [...], "unchanged", "kept", "removed"}.

    A notebook whose cells somebody has changed since it was built holds work: it is kept, unless `force` is given.
    Raises SourceError with every mistake of every source; then nothing is written.
    """
    everything = read.names()
    state = read_manifest()
    chosen = [n for n in everything if names is None or n in names]
    changed = [n for n in chosen if force or not target(n).is_file() or state.get(n, {}).get("from") != origin(n)]
    done: dict[str, list[str]] = {"built": [], "unchanged": [n for n in chosen if n not in changed], "kept": [], "removed": []}
    other = names is None and set(everything) != set(state) - {"course"}
    if changed or other or not COURSE.is_file() or state.get("course") != digest(COURSE.read_bytes()):
        texts = _texts(changed, everything)
        _write(COURSE, texts[COURSE])
        for name in changed:
            path, text = target(name), texts[target(name)]
            if not force and path.is_file() and not is_built(path, state.get(name)) and not same_cells(path, text):
                done["kept"].append(name)
                state[name] = {"from": origin(name), "file": ""}
            else:
                _write(path, text)
                done["built"].append(name)
                state[name] = {"from": origin(name), "file": digest(text)}
    for name in set(state) - set(everything) - {"course"} if names is None else ():
        entry, path = state.pop(name), target(name)
        if path.is_file() and is_built(path, entry):
            path.unlink()
            done["removed"].append(str(path.relative_to(ROOT)))
    if README.is_file():
        _write(README, _readme(COURSE.read_text(encoding="utf-8")))
    _write(MANIFEST, json.dumps(state | {"course": digest(COURSE.read_bytes())}, indent=1))
    return done


def differences() -> list[str]:
    """Every generated file that differs from what the sources give now, is missing, or has no source."""
    everything = read.names()
    state = read_manifest()
    fresh = [n for n in everything if target(n).is_file() and is_built(target(n), state.get(n)) and state[n].get("from") == origin(n)]
    wanted = _texts([n for n in everything if n not in fresh], everything)
    found = [f"{p.relative_to(ROOT)}: {'differs from its source' if p.is_file() else 'is missing'}"
             for p, text in wanted.items() if not p.is_file() or p.read_text(encoding="utf-8") != text]
    return found + [f"{p.relative_to(ROOT)}: has no source under solutions/"
                    for p in sorted(_generated() - {target(n) for n in everything})]


def _texts(changed: list[str], everything: list[str]) -> dict[Path, str]:
    problems, lessons = [], {}
    for name in everything:
        try:
            lessons[name] = read.load(name)
        except SourceError as error:
            problems += error.problems
    if problems:
        raise SourceError(problems)
    contents = course_contents(lessons.values())
    texts = {}
    for name, (text, found) in zip(changed, _rendered(changed, contents), strict=True):
        texts[target(name)] = text
        problems += found
    if problems:
        raise SourceError(problems)
    return texts | {COURSE: contents} | ({README: _readme(contents)} if README.is_file() else {})


def _rendered(names: list[str], contents: str) -> list[tuple[str, list[str]]]:
    """Of each lesson its released notebook as text, and what is wrong with its pictures; several at a time where there are many."""
    if len(names) < _MANY:
        return [_one_rendered(name, contents) for name in names]
    with ProcessPoolExecutor(min(len(names), os.cpu_count() or 1), multiprocessing.get_context("spawn"), threads.one_each) as pool:
        return list(pool.map(_one_rendered, names, [contents] * len(names)))


def _one_rendered(name: str, contents: str) -> tuple[str, list[str]]:
    try:
        with course_holding(contents):
            return render(learner_notebook(read.load(name))), []
    except SourceError as error:
        return "", error.problems


def _readme(contents: str) -> str:
    """README with the tables of these contents of course.json; a copy of the packages alone has no README."""
    return updated(README.read_text(encoding="utf-8"), tables(MARKS, json.loads(contents)))


def _generated() -> set[Path]:
    return {p for folder in ("lectures", "assignments") for p in (ROOT / folder).rglob("*.ipynb")
            if ".ipynb_checkpoints" not in p.parts}


def _write(path: Path, text: str) -> None:
    """Write a file, but leave one alone that is as it should be."""
    if not path.is_file() or path.read_bytes() != text.encode():
        write_whole(path, text)


@cache
def _release_preprocessors() -> list[Any]:
    from nbgrader.preprocessors import CheckCellMetadata, ClearHiddenTests, ClearMarkScheme, ClearSolutions, ComputeChecksums, LockCells
    from traitlets.config import Config

    from ..nbgrader_plugins import ClearRunOutput

    config = Config()
    config.ClearSolutions.code_stub = {"python": STUB}
    config.ClearSolutions.text_stub = ANSWER_STUB
    kinds = (LockCells, ClearSolutions, ClearRunOutput, CheckCellMetadata, ComputeChecksums, ClearHiddenTests, ClearMarkScheme,
             ComputeChecksums, CheckCellMetadata)      # nbgrader's generate_assignment without its database
    return [kind(config=config) for kind in kinds]
