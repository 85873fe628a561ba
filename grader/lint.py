"""Rules for checks: what makes one text judge the same in the learner's kernel and in a process of its own."""

import ast
from collections.abc import Iterator

from . import slices
from .source import Cell, Lesson, exercise_of, region

_REFUSED_CALLS = {"type", "getattr", "setattr", "hasattr", "vars", "dir", "id", "globals", "locals", "eval", "exec", "compile",
                  "open", "input", "__import__", "super", "issubclass"}
_REFUSED_MODULES = {"inspect", "gc", "sys", "os", "subprocess", "ctypes", "pickle", "importlib", "traceback", "grader"}
_PLAIN_TYPES = {"int", "float", "bool", "str", "list", "tuple", "dict", "complex", "np.ndarray", "np.integer", "np.floating",
                "np.generic", "np.bool_", "torch.Tensor", "numbers.Number", "numbers.Integral", "numbers.Real"}


def problems(lesson: Lesson) -> Iterator[tuple[int, str]]:
    """Every broken rule of a lesson's checks, wrong and right answers, as (line, text)."""
    modules = slices.imported_names(lesson)
    elsewhere = {}                                     # name -> line of a shipped cell, other than a check, that binds it
    for cell in lesson.cells:
        if cell.kind == "code" and cell.mark not in ("check", "wrong", "right"):
            for name in slices.bound_names(cell.text):
                elsewhere.setdefault(name, cell.line)
    for cell in lesson.cells:
        if cell.mark == "check":
            yield from ((cell.line, p) for p in _check_problems(lesson, cell, modules, elsewhere))
        if cell.mark in ("wrong", "right"):
            solve = lesson.exercises[exercise_of(cell.name)].solve if exercise_of(cell.name) in lesson.exercises else None
            missing = slices.bound_names(solve.text) - slices.bound_names(cell.text) if solve else set()
            if missing:
                yield cell.line, f"replaces the whole solve cell but does not define {', '.join(sorted(missing))}"


def _check_problems(lesson: Lesson, cell: Cell, modules: set[str], elsewhere: dict[str, int]) -> Iterator[str]:
    visible, hidden = region(cell)
    if "vc.check(" in cell.text or "vc.rng(" in cell.text:
        yield "the build adds vc.check(…) and rng = vc.rng(…) to a check; remove them"
    before = {n for c in lesson.cells if c.line < cell.line and c.kind == "code" and c.mark not in ("check", "wrong", "right")
              for n in slices.bound_names(c.text)}
    bound = slices.bound_names(cell.text)
    for name in sorted((bound & set(elsewhere)) - modules - {"_"}):
        yield f"assigns {name}, which line {elsewhere[name]} defines for the learner; choose another name"
    for name in sorted(slices.free_names("rng = 0\n" + visible + "\n" + hidden) - before - modules):
        yield f"uses {name}, which no import, given, solve or ordinary cell before it defines"
    if "rng" in slices.free_names(visible):
        yield "the visible part uses rng, which exists in the hidden part alone"
    for node in ast.walk(ast.parse(visible)):
        if isinstance(node, ast.Assert) and node.msg is None:
            yield f"`{ast.unparse(node)[:60]}` has no message; say what the learner probably did"
    for node in ast.walk(ast.parse(cell.text)):
        yield from _refused(node)


def _refused(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id in _REFUSED_CALLS:
            yield f"calls {node.func.id}(), which means nothing on a proxy; call the learner's work or use vc.beside"
        if node.func.id == "isinstance" and len(node.args) == 2:
            kinds = node.args[1].elts if isinstance(node.args[1], ast.Tuple) else [node.args[1]]
            for kind in kinds:
                if ast.unparse(kind) not in _PLAIN_TYPES:
                    yield f"isinstance(…, {ast.unparse(kind)}): only plain data crosses; use vc.beside for objects"
    if isinstance(node, ast.Attribute) and node.attr.startswith("__"):
        yield f"reads .{node.attr}; use vc.beside for what lies inside an object"
    if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("np.random", "numpy.random") and node.attr != "default_rng":
        yield f"uses np.random.{node.attr}; draw inputs from rng, whose seed the grader records"
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.name.partition(".")[0] in _REFUSED_MODULES:
                yield f"imports {alias.name}"
    if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in _REFUSED_MODULES:
        yield f"imports from {node.module}"
