"""What an exercise may forbid in how it is solved: read from the answer's text, confirmed by counting while it runs."""

import ast
import inspect
import linecache
from collections.abc import Iterator
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

from ..lesson import dependencies
from ..lesson.cells import UNREADABLE, Exercise, python

MOST_LINES = 200                                       # that one call of an answer without loops may execute
_LOOPS = {ast.For: "a for loop", ast.AsyncFor: "a for loop", ast.While: "a while loop", ast.ListComp: "a list comprehension",
          ast.SetComp: "a set comprehension", ast.DictComp: "a dict comprehension", ast.GeneratorExp: "a generator expression"}
_HIDDEN_LOOPS = {"starmap", "vectorize", "apply_along_axis", "apply_over_axes", "fromiter", "frompyfunc", "fromfunction", "piecewise"}
_LOOPING_NAMES = {"map", "filter", "reduce"}           # by themselves; np.add.reduce is no loop in Python
_PLAIN = {"numpy", "math", "visioncourse", "typing", "collections", "functools", "itertools", "operator", "builtins"}
_OTHER_WORK = {"torch", "scipy", "sklearn", "skimage", "cv2", "PIL", "tensorflow", "jax", "numba", "pandas", "cupy", "subprocess", "ctypes"}
_EVASIONS = {"eval", "exec", "compile", "__import__"}


def broken(exercise: Exercise, answer: str, packages: dict[str, str]) -> str:
    """Why the text of a solve cell breaks its exercise's policy, "" where it does not.

    Only what the exercise's own names depend on counts: a loop that prints results below the function is nobody's business.
    packages: package by the name that it or something of it has in the notebook.
    """
    policy = exercise.solve.policy
    try:
        tree = dependencies.needed([answer], _names(exercise), packages)
    except (RecursionError, MemoryError):
        return f"Your answer has an expression too long to be read. {_wish(policy)}"
    except UNREADABLE:
        return ""                                      # it will fail by itself, with a better message
    found = next(_no_loops(tree) if policy == "no-python-loops" else _numpy_only(tree, packages), "")
    return f"{found} {_wish(policy)}" if found else ""


def contradicted(exercise: Exercise, lines: int, packages: set[str]) -> str:
    """Why what was counted while the answer ran breaks the policy although its text does not, "" where it does not.

    lines: most that one call ran of the notebook's own Python; packages: those that calls entered.
    """
    policy = exercise.solve.policy
    if policy == "no-python-loops" and lines > MOST_LINES:
        return f"One call ran {lines:,} lines of Python, as many as only a loop or a recursion runs. {_wish(policy)}"
    used = sorted(packages & _OTHER_WORK)
    if policy == "numpy-only" and used:
        return f"The call went into {', '.join(used)}. {_wish(policy)}"
    return ""


def is_refusal(exercise: Exercise, headline: str) -> bool:
    """Whether a verdict's headline refuses an answer for the exercise's policy, as `broken` and `contradicted` say it."""
    return bool(exercise.solve.policy) and headline.endswith(_wish(exercise.solve.policy))


def imported(texts: list[str]) -> dict[str, str]:
    """Package by bound name, for all import statements of code cells."""
    found: dict[str, str] = {}
    for text in texts:
        try:
            tree = ast.parse(python(text))
        except UNREADABLE:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found |= {(a.asname or a.name.partition(".")[0]): a.name.partition(".")[0] for a in node.names}
            if isinstance(node, ast.ImportFrom) and node.module:
                found |= {(a.asname or a.name): node.module.partition(".")[0] for a in node.names}
    return found


def packages_of(names: dict[str, Any]) -> dict[str, str]:
    """Package by bound name, for the modules, functions and classes of others among a notebook's names."""
    found = {}
    for name, value in list(names.items()):
        module = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
        if not isinstance(module, str) or module in ("__main__", "builtins"):
            continue
        if isinstance(value, (ModuleType, type, FunctionType, BuiltinFunctionType)):
            found[name] = module.partition(".")[0]
    return found


def text_of(exercise: Exercise, names: dict[str, Any]) -> str:
    """The cells that the exercise's functions and methods among a notebook's names come from; "" where nobody kept them."""
    files = {}
    for name in _names(exercise):
        value = names.get(name)
        own = [value] if not isinstance(value, type) else [v for k, v in vars(value).items() if k in _functions(exercise)]
        for function in own:
            code = getattr(inspect.unwrap(function) if callable(function) else function, "__code__", None)
            if code is not None:
                files[code.co_filename] = "".join(linecache.getlines(code.co_filename))
    return "\n".join(files.values())


def _wish(policy: str) -> str:
    return {"no-python-loops": "This exercise asks for operations on whole arrays, without a loop in Python.",
            "numpy-only": "This exercise asks for NumPy alone."}[policy]


def _names(exercise: Exercise) -> set[str]:
    """What the reference answer binds, and the classes that it adds to."""
    return set().union(*(s.binds | s.changes for s in dependencies.statements(exercise.solve.text)))


def _functions(exercise: Exercise) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(python(exercise.solve.text))) if isinstance(node, ast.FunctionDef)}


def _no_loops(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if type(node) in _LOOPS and isinstance(node, (ast.stmt, ast.expr)):
            yield f"Line {node.lineno} of your answer is {_LOOPS[type(node)]}."
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in _HIDDEN_LOOPS or ast.unparse(node.func).removeprefix("functools.") in _LOOPING_NAMES:
                yield f"Line {node.lineno} of your answer calls {name}, which loops in Python."
            if name in _EVASIONS and isinstance(node.func, ast.Name):
                yield f"Line {node.lineno} of your answer calls {name}, which hides what it does."


def _numpy_only(tree: ast.AST, packages: dict[str, str]) -> Iterator[str]:
    own = imported([ast.unparse(tree)])
    local = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)} \
        | {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)} | _defined(tree)
    packages = {**{name: package for name, package in packages.items() if name not in local}, **own}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            package = packages.get(node.id, "numpy")
            if package not in _PLAIN:
                yield f"Line {node.lineno} of your answer uses {package}."
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for package in imported([ast.unparse(node)]).values():
                if package not in _PLAIN:
                    yield f"Line {node.lineno} of your answer imports {package}."
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _EVASIONS:
            yield f"Line {node.lineno} of your answer calls {node.func.id}, which hides what it does."


def _defined(tree: ast.AST) -> set[str]:
    return {n.name for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
