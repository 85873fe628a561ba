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
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from visioncourse import journal

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
            text = _first_lines(lesson) + text.replace(f'vc.setup("{lesson.name}")', f'vc.setup("{lesson.name}", edition="{edition(lesson)}")')
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


def edition(lesson: Lesson) -> str:
    """Eight digits that change when a learner's cells, what is given to them, or what checks show and ask for change; prose does not count."""
    shown = {"given": lambda c: c.text, "solve": stub, "check": lambda c: c.text}
    return _digest(*(f"{c.name}\n{shown[c.mark](c)}" for c in lesson.cells if c.mark in shown and c.kind == "code"))[:8]


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
        with contextlib.redirect_stdout(io.StringIO()), _nobodys_record():
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


@contextlib.contextmanager
def _nobodys_record() -> Iterator[None]:
    """Within this block no exercise has been done: a map of the course must not show what its builder has."""
    before = os.environ.get("VISIONCOURSE_HOME")
    with tempfile.TemporaryDirectory() as home:
        os.environ["VISIONCOURSE_HOME"] = home
        try:
            yield
        finally:
            del os.environ["VISIONCOURSE_HOME"]
            if before is not None:
                os.environ["VISIONCOURSE_HOME"] = before


@contextlib.contextmanager
def _course(contents: str) -> Iterator[None]:
    """Within this block the course holds these contents, which may not be written yet."""
    before = journal.course
    journal.course = lambda: json.loads(contents)
    try:
        yield
    finally:
        journal.course = before


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
    """course.json: what `vc.setup`, `vc.hint` and `vc.progress` know of the course."""
    contents = {
        lesson.name: {"title": lesson.title, "edition": edition(lesson), "needs": _needs(lesson), "exercises": {
            e.name: {"title": e.title, "checks": {c.name: c.points for c in e.checks}, "hints": [h.text for h in e.hints]}
            for e in lesson.exercises.values()}}
        for lesson in lessons}
    return json.dumps(contents, indent=1, ensure_ascii=False) + "\n"


def _needs(lesson: Lesson) -> list[str]:
    """Modules that the released notebook imports, Python's own and this project's left out."""
    found = set()
    for cell in lesson.cells:
        if cell.kind == "code" and cell.mark not in source.NEVER_SHIPPED:
            text = region(cell)[0] if cell.mark == "check" else stub(cell) if cell.mark == "solve" else cell.text
            for node in ast.walk(ast.parse(source.python(text))):
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
    everything = source.names()
    state = _manifest()
    chosen = [n for n in everything if names is None or n in names]
    changed = [n for n in chosen if force or not target(n).is_file() or state.get(n, {}).get("from") != _origin(n)]
    done: dict[str, list[str]] = {"built": [], "unchanged": [n for n in chosen if n not in changed], "kept": [], "removed": []}
    if changed or not COURSE.is_file() or state.get("course") != _digest(COURSE.read_bytes()) or names is None and set(everything) != set(state) - {"course"}:
        texts = _texts(changed, everything)
        _write(COURSE, texts[COURSE])
        for name in changed:
            path, text = target(name), texts[target(name)]
            if not force and path.is_file() and not _is_built(path, state.get(name)) and not _same_cells(path, text):
                done["kept"].append(name)
                state[name] = {"from": _origin(name), "file": ""}
            else:
                _write(path, text)
                done["built"].append(name)
                state[name] = {"from": _origin(name), "file": _digest(text)}
    for name in set(state) - set(everything) - {"course"} if names is None else ():
        entry, path = state.pop(name), target(name)
        if path.is_file() and _is_built(path, entry):
            path.unlink()
            done["removed"].append(str(path.relative_to(ROOT)))
    _write(MANIFEST, json.dumps(state | {"course": _digest(COURSE.read_bytes())}, indent=1))
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
    contents = course_contents(lessons.values())
    texts = {}
    for name in changed:
        try:
            with _course(contents):
                texts[target(name)] = render(learner_notebook(lessons[name]))
        except source.SourceError as error:
            problems += error.problems
    if problems:
        raise source.SourceError(problems)
    return texts | {COURSE: contents}


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


def _manifest() -> dict:
    """What the last build made from what; entries of another form, as of an older version, count as none."""
    try:
        found = json.loads(MANIFEST.read_text(encoding="utf-8"))
        return {name: entry for name, entry in found.items() if isinstance(entry, str if name == "course" else dict)}
    except (OSError, ValueError, AttributeError):
        return {}


def _origin(name: str) -> str:
    """Digest of what a lesson's notebook is made from."""
    text = (source.SOLUTIONS / f"{name}.py").read_bytes()
    drawn = any(cell.startswith(b"picture") and b"vc.progress(" in cell for cell in text.split(b"\n# %% "))
    whole = [(source.SOLUTIONS / f"{n}.py").read_bytes() for n in source.names()] if drawn else []         # a map shows every lesson
    return _digest(_machinery(), text, *whole)


def _is_built(path: Path, entry: dict | None) -> bool:
    """Whether a notebook is as the build left it."""
    return bool(entry) and entry.get("file") == _digest(path.read_bytes())


def _same_cells(path: Path, text: str) -> bool:
    """Whether a notebook has the cells of a built one; outputs do not count."""
    try:
        mine, made = ([(c.cell_type, c.source) for c in nbformat.reads(t, as_version=4).cells] for t in (path.read_text(encoding="utf-8"), text))
    except Exception:                                  # no notebook: whatever it is, somebody may want it
        return False
    return mine == made


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


def _first_lines(lesson: Lesson) -> str:
    """What stands above a notebook's first imports: the package is installed from its repository, or what to do is said."""
    address = repository()
    if address:
        return ("try:\n    import visioncourse                                  # here already: nothing is installed\n"
                "except ModuleNotFoundError:                              # Colab, or a bare Jupyter\n"
                f"    %pip install -q git+{address}\n\n")
    return _EXPLANATION.format(root="/".join([".."] * (len(target(lesson.name).relative_to(ROOT).parts) - 1)))


_EXPLANATION = '''\
try:
    import visioncourse.first_aid                        # explains what is missing here, and the cure
except ImportError:
    raise ImportError("This notebook's Python does not have the course. Start Jupyter with `make lab`, or (VS Code)\\n"
                      "choose the kernel .venv at the top right; or run %pip install -e {root} here, and restart.") from None

'''


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
