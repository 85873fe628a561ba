"""Runs a check's text on proxies of the learner's names and records each value that crosses.

What the text imports is bound to modules of the judge's own, every other name to a proxy over a transport.
"""

import ast
import contextlib
import io
import linecache
import random
import sys
import warnings
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from visioncourse.desk import testing

from ..lesson import dependencies
from ..lesson.cells import Cell, Exercise, Lesson
from .counting import Counts
from .properties import prepared, property_of
from .proxies import Run, Session, beside
from .transport import Local, Lost, Transport

DEFAULT_SEED = 0


def variant_names(lesson: Lesson, cell: Cell, replaced: dict[int, str], seed: int = DEFAULT_SEED) -> dict[str, Any]:
    """The names a check needs, made by running only the cells before it that they depend on.

    replaced: texts by line of the cell they stand in for, such as a wrong answer for its solve cell.
    A statement that raises is skipped, as a notebook goes on after a cell that failed.
    """
    before = [replaced.get(c.line, c.text) for c in lesson.executed_before(cell)]
    wanted = dependencies.free_names(cell.text) | {"vc"}
    names: dict[str, Any] = {"__name__": "__main__"}
    with undisturbed(seed):
        for place, statement in dependencies.needed_statements(before, wanted, dependencies.imported_names(lesson)):
            with contextlib.suppress(Exception):
                execute(statement, before[place], names)
    return names


def reach(exercise: Exercise, names: dict[str, Any]) -> Local:
    """A transport to names of this process, which counts lines where the exercise has a policy."""
    return Local(names, Counts() if exercise.solve.policy else None)


def execute(statement: ast.stmt, text: str, names: dict[str, Any]) -> None:
    """Run one statement of a cell with that text. Raises what it raises."""
    exec(compile(ast.Module([statement], []), _file(text), "exec"), names)


def _file(text: str) -> str:
    """The name under which Python finds a cell's lines again, as a kernel's cells are found: for "where" and for policies."""
    name = f"<cell {zlib.crc32(text.encode()):08x}>"
    if name not in linecache.cache:
        linecache.cache[name] = len(text), None, text.splitlines(keepends=True), name
    return name


def run_check(lesson: Lesson, cell: Cell, transport: Transport, seed: int = DEFAULT_SEED, *, stop: bool = True,
              keep_inputs: bool = False) -> Run:
    """Execute a check's visible and hidden text on the names behind `transport`.

    stop: end at the first failure; without it go on with the next statement, so that all values cross that can.
    keep_inputs: arguments stay as the check made them, whatever the learner's code does to them.
    """
    run = Run(keep_inputs=keep_inputs)
    body, run.total = prepared(cell)
    names = {"__name__": "check", "__property__": property_of(run), "__begin__": run.passed.discard, "__held__": run.passed.add}
    with undisturbed(seed), testing.judged(seed, lambda e, i: beside(run, transport, e, i)):
        exec(compile(check_imports(lesson, cell), "<imports>", "exec"), names)
        for name in sorted(dependencies.free_names(cell.text) - {"rng"} - set(names)):
            if transport.has(name):
                value = transport.get(name)
                run.crossings.append((name, value))
                names[name] = Session(run, transport).here(value)
            else:
                run.missing.append(name)
        if run.missing:
            run.crossings.append(("missing", tuple(run.missing)))
            return run
        for statement in body:
            try:
                exec(statement, names)
            except Exception as error:
                run.error = run.error or error
                if stop or isinstance(error, Lost):
                    break
    return run


def check_imports(lesson: Lesson, cell: Cell) -> ast.Module:
    """The lesson's import statements that a check's text needs."""
    wanted = dependencies.free_names(cell.text) | {"vc"}
    used = [t for t in dependencies.imports(lesson) if any((a.asname or a.name.partition(".")[0]) in wanted for a in t.names)]
    return ast.Module(list(used), [])


@contextlib.contextmanager
def undisturbed(seed: int) -> Iterator[None]:
    """Seeded generators, no output and no warnings within; the learner's generators as they were after."""
    torch = sys.modules.get("torch")
    states = random.getstate(), np.random.get_state(), torch.get_rng_state() if torch else None
    random.seed(seed)
    np.random.seed(seed % 2**32)                       # NumPy takes no more; a class's seed has 63 bits
    if torch:
        torch.default_generator.manual_seed(seed)      # not torch.manual_seed: it seeds accelerators too, and those are not put back
    try:
        with contextlib.ExitStack() as stack:
            if "IPython" in sys.modules:
                from IPython.utils.capture import capture_output
                stack.enter_context(capture_output())
            else:
                stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
            stack.enter_context(warnings.catch_warnings(action="ignore"))
            yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        if torch:
            torch.set_rng_state(states[2])
