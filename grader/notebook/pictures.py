"""The static pictures that a release stores, made by running just the statements that each of them needs."""

import ast
import base64
import contextlib
import io
import json
import os
import tempfile
from collections.abc import Iterator
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output

from visioncourse.desk import journal
from visioncourse.widgets.shared.base import static

from ..lesson import dependencies
from ..lesson.cells import Cell, Lesson, SourceError, python


def pictures_of(lesson: Lesson, cell: Cell) -> list[NotebookNode]:
    """The static picture of a `picture` cell's last expression, made by running just the statements it needs.

    The expression is a widget (with picture() and describe()) or a matplotlib Figure with a title.
    Raises SourceError where the cell fails, or shows no picture, or one without a text for those who cannot see it.
    """
    before = [c.text for c in lesson.executed_before(cell)]
    own = ast.parse(python(cell.text)).body
    wanted = set().union(*(s.uses for s in dependencies.statements(cell.text)))
    module = dependencies.needed(before, wanted, dependencies.imported_names(lesson))
    shown: Any = None
    names: dict[str, Any] = {"__name__": "__main__"}
    try:
        with contextlib.redirect_stdout(io.StringIO()), _nobodys_record(), static():
            exec(compile(ast.Module(module.body + own[:-1], []), str(lesson.path), "exec"), names)
            if own and isinstance(own[-1], ast.Expr):
                shown = eval(compile(ast.Expression(own[-1].value), str(lesson.path), "eval"), names)
    except Exception as error:
        raise _picture_error(lesson, cell, f"fails: {type(error).__name__}: {error}") from error
    if hasattr(shown, "picture") and hasattr(shown, "describe"):
        with static():
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
def course_holding(contents: str) -> Iterator[None]:
    """Within this block the course holds these contents, which may not be written yet."""
    before = journal.course
    journal.course = lambda: json.loads(contents)      # type: ignore[assignment]    # cached there, of no matter here
    try:
        yield
    finally:
        journal.course = before


def _picture_error(lesson: Lesson, cell: Cell, problem: str) -> SourceError:
    return SourceError([f"{lesson.path}:{cell.line}: the picture cell {problem}"])
