"""What an exercise may forbid in how it is solved: read from the answer's text, confirmed by counting while it runs."""

import ast
from collections.abc import Iterator

from . import source

MOST_LINES = 400                                       # that one call of an answer without loops may execute
_LOOPS = {ast.For: "a for loop", ast.AsyncFor: "a for loop", ast.While: "a while loop", ast.ListComp: "a list comprehension",
          ast.SetComp: "a set comprehension", ast.DictComp: "a dict comprehension", ast.GeneratorExp: "a generator expression"}
_HIDDEN_LOOPS = {"map", "filter", "reduce", "starmap", "vectorize", "apply_along_axis", "apply_over_axes", "fromiter", "frompyfunc",
                 "fromfunction", "piecewise", "vmap"}
_PLAIN = {"numpy", "math", "visioncourse", "typing", "collections", "functools", "itertools", "operator", "builtins"}
_OTHER_WORK = {"torch", "scipy", "sklearn", "skimage", "cv2", "PIL", "tensorflow", "jax", "numba", "pandas", "cupy", "subprocess", "ctypes"}
_EVASIONS = {"eval", "exec", "compile", "__import__"}


def broken(policy: str, answer: str, notebook_imports: dict[str, str]) -> str:
    """Why a solve cell's text breaks its exercise's policy, "" where it does not.

    notebook_imports: package by the name that import statements of the notebook bind.
    """
    try:
        tree = ast.parse(source.python(answer))
    except SyntaxError:
        return ""                                      # it will fail by itself, with a better message
    found = next(_no_loops(tree) if policy == "no-python-loops" else _numpy_only(tree, notebook_imports), "")
    return f"{found} This exercise asks for {_wish(policy)}." if found else ""


def contradicted(policy: str, lines: int, packages: set[str]) -> str:
    """Why what was counted while the answer ran breaks the policy although its text does not, "" where it does not."""
    if policy == "no-python-loops" and lines > MOST_LINES:
        return f"One call ran {lines:,} lines of Python, as many as only a loop or a recursion runs. This exercise asks for {_wish(policy)}."
    used = sorted(packages & _OTHER_WORK)
    if policy == "numpy-only" and used:
        return f"The call went into {', '.join(used)}. This exercise asks for {_wish(policy)}."
    return ""


def imported(texts: list[str]) -> dict[str, str]:
    """Package by bound name, for all import statements of code cells."""
    found = {}
    for text in texts:
        try:
            tree = ast.parse(source.python(text))
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found |= {(a.asname or a.name.partition(".")[0]): a.name.partition(".")[0] for a in node.names}
            if isinstance(node, ast.ImportFrom) and node.module:
                found |= {(a.asname or a.name): node.module.partition(".")[0] for a in node.names}
    return found


def _wish(policy: str) -> str:
    return {"no-python-loops": "whole-array operations without a Python loop", "numpy-only": "NumPy alone"}[policy]


def _no_loops(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if type(node) in _LOOPS:
            yield f"Line {node.lineno} of your answer is {_LOOPS[type(node)]}."
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in _HIDDEN_LOOPS:
                yield f"Line {node.lineno} of your answer calls {name}, which loops in Python."
            if name in _EVASIONS and isinstance(node.func, ast.Name):
                yield f"Line {node.lineno} of your answer calls {name}, which hides what it does."


def _numpy_only(tree: ast.AST, notebook_imports: dict[str, str]) -> Iterator[str]:
    own = imported([ast.unparse(tree)])
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            package = {**notebook_imports, **own}.get(node.id, "numpy")
            if package not in _PLAIN:
                yield f"Line {node.lineno} of your answer uses {package}."
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for package in imported([ast.unparse(node)]).values():
                if package not in _PLAIN:
                    yield f"Line {node.lineno} of your answer imports {package}."
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in _EVASIONS:
            yield f"Line {node.lineno} of your answer calls {node.func.id}, which hides what it does."
