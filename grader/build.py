"""From sources to notebooks: expands the marks into nbgrader's metadata, releases through nbgrader's own preprocessors, and
writes only what has changed. Building twice gives the same bytes: ids are derived, versions and times left out.
"""

import ast
import base64
import contextlib
import hashlib
import io
import json
import os
import tempfile
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from . import slices, source
from .source import ROOT, Cell, Lesson, region

MANIFEST = ROOT / "build" / "manifest.json"            # what was built from what; git-ignored, only saves time
COURSE = ROOT / "visioncourse" / "course.json"
STUB = "# YOUR CODE HERE\nraise NotImplementedError()"
ANSWER_STUB = "*Double-click here and write your answer.*"

_FLAGS = {                                             # mark: (grade, solution, locked), see nbgrader's metadata version 3
    "solve": (False, True, False),
    "check": (True, False, True),
    "answer": (True, True, False),
    "given": (False, False, True),
}


def instructor_notebook(lesson: Lesson, *, pictures: bool = True) -> nbformat.NotebookNode:
    """The notebook with solutions and hidden tests, as nbgrader's source/ folder holds it."""
    cells, seen = [], {}
    first_code = next(c for c in lesson.cells if c.kind == "code")
    for cell in lesson.cells:
        if cell.mark in source.NEVER_SHIPPED:
            continue
        text = _check_text(cell) if cell.mark == "check" else cell.text
        if cell is lesson.cells[0]:
            text = _badge(lesson) + text
        if cell is first_code:
            text = _with_install_line(text)
        key = grade_id(cell) if cell.mark in _FLAGS and cell.mark != "given" else hashlib.sha256(cell.text.encode()).hexdigest()[:12]
        seen[key] = seen.get(key, 0) + 1
        identity = key if seen[key] == 1 else f"{key}-{seen[key]}"
        made = (new_markdown_cell if cell.kind == "markdown" else new_code_cell)(text, id=identity[:64])
        if cell.mark in _FLAGS:
            grade, solution, locked = _FLAGS[cell.mark]
            made.metadata["nbgrader"] = {"schema_version": 3, "grade_id": identity if cell.mark != "given" else f"given-{identity}",
                                         "grade": grade, "solution": solution, "locked": locked, "task": False}
            if grade:
                made.metadata["nbgrader"]["points"] = cell.points
        if cell.mark == "picture" and pictures:
            made.metadata["picture"] = True
            made.outputs = pictures_of(lesson, cell)
        cells.append(made)
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    notebook = new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})
    nbformat.validate(notebook)
    return notebook


def learner_notebook(lesson: Lesson) -> nbformat.NotebookNode:
    """The released notebook: no solutions, no hidden tests, no outputs but the stored pictures."""
    notebook = instructor_notebook(lesson)
    for preprocessor in _release_preprocessors():
        notebook, _ = preprocessor.preprocess(notebook, {})
    return notebook


def grade_id(cell: Cell) -> str:
    """nbgrader's id of a solve, check or answer cell: its name, with check- before a check's and -- for the dot of a part."""
    return ("check-" if cell.mark == "check" else "") + cell.name.replace(".", "--")


def stub(cell: Cell) -> str:
    """A solve cell as the learner first sees it."""
    lines, within = [], False
    for line in cell.text.splitlines():
        if line.strip() == "### BEGIN SOLUTION":
            indent = line[: len(line) - len(line.lstrip())]
            lines += [indent + part for part in STUB.splitlines()]
            within = True
        elif line.strip() == "### END SOLUTION":
            within = False
        elif not within:
            lines.append(line)
    return "\n".join(lines)


def pictures_of(lesson: Lesson, cell: Cell) -> list:
    """The static picture of a `picture` cell's last expression, made by running just the statements it needs.

    The expression is a widget (with picture() and describe()) or a matplotlib Figure with a title.
    Raises SourceError where the cell fails, or shows no picture, or one without a text for those who cannot see it.
    """
    before = [c.text for c in lesson.cells if c.line < cell.line and c.kind == "code" and c.mark in ("given", "solve", "", "picture")]
    own = ast.parse(source.python(cell.text)).body
    wanted = set().union(*(s.uses for s in slices.statements(cell.text)))
    module = slices.needed(before, wanted, slices.imported_names(lesson))
    shown, names = None, {"__name__": "__main__"}
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(ast.Module(module.body + own[:-1], []), str(lesson.path), "exec"), names)
            if own and isinstance(own[-1], ast.Expr):
                shown = eval(compile(ast.Expression(own[-1].value), str(lesson.path), "eval"), names)
    except Exception as error:
        raise _picture_error(lesson, cell, f"fails: {type(error).__name__}: {error}") from error
    if hasattr(shown, "picture") and hasattr(shown, "describe"):
        png, text = shown.picture(), shown.describe()
    elif hasattr(shown, "savefig"):
        buffer = io.BytesIO()
        shown.savefig(buffer, format="png", dpi=80, metadata={"Software": None})
        png = buffer.getvalue()
        text = ". ".join(filter(None, [shown.get_suptitle(), *(axes.get_title() for axes in shown.axes)]))
    else:
        raise _picture_error(lesson, cell, "shows no picture; end it with a widget or a figure")
    if not text:
        raise _picture_error(lesson, cell, "shows a picture without words; give the figure a title")
    data = {"image/png": base64.b64encode(png).decode(), "text/plain": text}
    return [new_output("display_data", data, metadata={"image/png": {"alt": text}})]


def _picture_error(lesson: Lesson, cell: Cell, problem: str) -> source.SourceError:
    return source.SourceError([f"{lesson.path}:{cell.line}: the picture cell {problem}"])


# ---------------------------------------------------------------------------------------------- writing

def target(name: str, root: Path = ROOT) -> Path:
    """Where a lesson's released notebook stands."""
    return root / (f"{name}.ipynb" if name.startswith("lectures/") else f"assignments/{name}.ipynb")


def render(notebook: nbformat.NotebookNode) -> str:
    """A notebook's bytes as text."""
    return nbformat.writes(notebook, indent=1) + "\n"


def course_contents(lessons: Iterable[Lesson]) -> str:
    """course.json: what `vc.hint` and `vc.progress` know of the course."""
    contents = {
        lesson.name: {"title": lesson.title, "exercises": {
            e.name: {"title": e.title, "checks": {c.name: c.points for c in e.checks}, "hints": [h.text for h in e.hints]}
            for e in lesson.exercises.values()}}
        for lesson in lessons}
    return json.dumps(contents, indent=1, ensure_ascii=False) + "\n"


def build(names: list[str] | None = None, *, force: bool = False) -> dict[str, list[str]]:
    """Build all lessons, or those named; unchanged ones cost nothing. Returns {"built": [...], "unchanged": [...], "removed": [...]}.

    Raises SourceError with every mistake of every source; then nothing is written.
    """
    everything = source.names()
    state = {} if force else _manifest()
    done: dict[str, list[str]] = {"built": [], "unchanged": [], "removed": []}
    chosen = [n for n in everything if names is None or n in names]
    changed = [n for n in chosen if state.get(n) != _state(n)]
    done["unchanged"] = [n for n in chosen if n not in changed]
    stale_course = not COURSE.is_file() or state.get("course") != _digest(COURSE.read_bytes())
    if changed or stale_course or names is None and set(everything) != set(state) - {"course"}:
        texts = _texts(changed, everything)
        for path, text in texts.items():
            _write(path, text)
        done["built"] = changed
    if names is None:
        for path in _generated() - {target(n) for n in everything}:
            path.unlink()
            done["removed"].append(str(path.relative_to(ROOT)))
    state = {n: s for n, s in state.items() if n in everything}
    state |= {n: _state(n) for n in changed} | {"course": _digest(COURSE.read_bytes())}
    _write(MANIFEST, json.dumps(state, indent=1))
    return done


def differences() -> list[str]:
    """Every generated file that differs from what the sources give now, is missing, or has no source."""
    everything = source.names()
    wanted = _texts(everything, everything)
    found = [f"{p.relative_to(ROOT)}: {'differs from its source' if p.is_file() else 'is missing'}"
             for p, text in wanted.items() if not p.is_file() or p.read_text(encoding="utf-8") != text]
    return found + [f"{p.relative_to(ROOT)}: has no source under solutions/" for p in sorted(_generated() - set(wanted))]


def _texts(changed: list[str], everything: list[str]) -> dict[Path, str]:
    problems, lessons = [], {}
    for name in everything:
        try:
            lessons[name] = source.load(name)
        except source.SourceError as error:
            problems += error.problems
    if problems:
        raise source.SourceError(problems)
    texts = {}
    for name in changed:
        try:
            texts[target(name)] = render(learner_notebook(lessons[name]))
        except source.SourceError as error:
            problems += error.problems
    if problems:
        raise source.SourceError(problems)
    return texts | {COURSE: course_contents(lessons.values())}


def _generated() -> set[Path]:
    return {p for folder in ("lectures", "assignments") for p in (ROOT / folder).rglob("*.ipynb")
            if ".ipynb_checkpoints" not in p.parts}


def _write(path: Path, text: str) -> None:
    """Replace a file as a whole, so that an interruption leaves the old one; leave one alone that is as it should be."""
    if path.is_file() and path.read_bytes() == text.encode():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.chmod(scratch, 0o644)
        os.replace(scratch, path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


def _manifest() -> dict[str, str]:
    try:
        return json.loads(MANIFEST.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _state(name: str) -> str:
    """Digest of what a lesson's notebook is made from and of the notebook itself: equal means nothing to do."""
    path, made = source.SOLUTIONS / f"{name}.py", target(name)
    parts = [_machinery(), path.read_bytes(), made.read_bytes() if made.is_file() else b""]
    return _digest(*parts)


@cache
def _machinery() -> str:
    """Digest of the code that makes notebooks and pictures, and of the settings."""
    files = [*sorted((ROOT / "grader").glob("*.py")), ROOT / "pyproject.toml",
             *sorted(p for p in (ROOT / "visioncourse").rglob("*") if p.suffix in (".py", ".js", ".css", ".toml"))]
    return _digest(*(p.read_bytes() for p in files))


def _digest(*parts: bytes | str) -> str:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(part.encode() if isinstance(part, str) else part)
        whole.update(b"\0")
    return whole.hexdigest()


# ---------------------------------------------------------------------------------------------- texts

def _check_text(cell: Cell) -> str:
    visible, hidden = region(cell)
    lines = [visible, f'vc.check("{cell.name}")']
    if hidden:
        lines += ["### BEGIN HIDDEN TESTS", f'rng = vc.rng("{cell.name}")', hidden, "### END HIDDEN TESTS"]
    return "\n".join(filter(None, lines))


def repository() -> str:
    """The repository's address from pyproject.toml, or "" where none is set."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return settings.get("tool", {}).get("see-for-yourself", {}).get("repository", "").rstrip("/")


def _badge(lesson: Lesson) -> str:
    address = repository()
    if not address.startswith("https://github.com/"):
        return ""
    owner = address.removeprefix("https://github.com/").removesuffix(".git")
    place = target(lesson.name).relative_to(ROOT).as_posix()
    return (f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
            f"(https://colab.research.google.com/github/{owner}/blob/main/{place})\n\n")


def _with_install_line(text: str) -> str:
    address = repository()
    if not address:
        return text
    return ("try:\n    import visioncourse                                  # here already: nothing is installed\n"
            "except ModuleNotFoundError:                              # Colab, or a bare Jupyter\n"
            f'    %pip install -q git+{address}\n\n{text}')


@cache
def _release_preprocessors() -> list:
    from nbgrader.preprocessors import CheckCellMetadata, ClearHiddenTests, ClearMarkScheme, ClearSolutions, ComputeChecksums, LockCells
    from traitlets.config import Config

    from .nbgrader_plugins import ClearRunOutput

    config = Config()
    config.ClearSolutions.code_stub = {"python": STUB}
    config.ClearSolutions.text_stub = ANSWER_STUB
    kinds = (LockCells, ClearSolutions, ClearRunOutput, CheckCellMetadata, ComputeChecksums, ClearHiddenTests, ClearMarkScheme,
             ComputeChecksums, CheckCellMetadata)      # nbgrader's generate_assignment without its database
    return [kind(config=config) for kind in kinds]
