"""Which statements of a notebook are needed for some names: static analysis, so that one exercise runs without the rest.

A statement counts as changing a name when it assigns it, deletes it, assigns to its attribute or item, calls a method of it
(`model.fit(X)`), or adds a method to it with `@vc.add_to(Class)`. That is more than needed, never less, for the plain code of
a lesson; changes through an alias (`b = a; b.append(1)`) are not seen.
"""

import ast
import builtins
import symtable
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from .cells import Lesson, python

_SEEDERS = {"seed", "manual_seed"}
_PURE = frozenset("""all any argmax argmin argsort astype copy count cumsum detach dot endswith flatten float format get index
                  isdigit item items join keys lower max mean min nonzero numpy prod ravel replace reshape round sort_values split
                  squeeze startswith std strip sum swapaxes tobytes tolist trace transpose unsqueeze upper values var""".split()
                  )                                    # methods by whose name everybody knows that they change nothing


@dataclass(frozen=True)
class Statement:
    """One top-level statement: its syntax tree, the names it reads from the module, and the names it binds or changes."""

    tree: ast.stmt
    uses: frozenset[str]
    binds: frozenset[str]
    changes: frozenset[str]


def statements(text: str, modules: Iterable[str] = ()) -> tuple[Statement, ...]:
    """The top-level statements of a cell. `modules`: imported names, whose method calls change nothing."""
    return _statements(text, frozenset(modules))


@lru_cache(maxsize=4096)                               # a proof asks for the same few hundred cells thousands of times
def _statements(text: str, modules: frozenset[str]) -> tuple[Statement, ...]:
    found = []
    for tree in ast.parse(python(text)).body:
        uses, binds = _names(tree)
        found.append(Statement(tree, frozenset(uses), frozenset(binds), frozenset(_changes(tree, modules))))
    return tuple(found)


def free_names(text: str) -> set[str]:
    """Names that a cell reads, also inside `vc.beside("…")`, and does not bind itself before, builtins left out."""
    return set(_free_names(text))


@lru_cache(maxsize=4096)                               # the same checks, for every submission
def _free_names(text: str) -> frozenset[str]:
    free = _beside_names(text)
    bound: set[str] = set()
    for statement in statements(text):
        compound = hasattr(statement.tree, "body") or hasattr(statement.tree, "cases")
        free |= statement.uses - bound - (statement.binds if compound else frozenset())
        bound |= statement.binds
    return frozenset(name for name in free if not hasattr(builtins, name))


def bound_names(text: str) -> set[str]:
    """Names that a cell binds at the top level (not those of functions' insides)."""
    return set().union(*(s.binds for s in statements(text)))


def imports(lesson: Lesson) -> list[ast.Import | ast.ImportFrom]:
    """The import statements of a lesson's given and ordinary cells: the modules that a judge can load by itself."""
    return [s.tree for cell in lesson.cells if cell.kind == "code" and cell.mark in ("given", "", "picture")
            for s in statements(cell.text) if isinstance(s.tree, (ast.Import, ast.ImportFrom))]


def imported_names(lesson: Lesson) -> set[str]:
    """The names that these import statements bind."""
    return {alias.asname or alias.name.partition(".")[0] for tree in imports(lesson) for alias in tree.names}


def needed(texts: list[str], wanted: Iterable[str], modules: Iterable[str] = ()) -> ast.Module:
    """The statements of `texts` (cells in order) that the names `wanted` depend on, as one module in the original order."""
    return ast.Module([tree for _, tree in needed_statements(texts, wanted, modules)], [])


def needed_statements(texts: list[str], wanted: Iterable[str], modules: Iterable[str] = ()) -> list[tuple[int, ast.stmt]]:
    """The same statements, each with the place of its text in `texts`."""
    every = [(place, s) for place, text in enumerate(texts) for s in statements(text, modules)]
    wanted, before = set(wanted), -1
    while len(wanted) > before:                        # until nothing new is wanted: a class may grow after its first object
        before = len(wanted)
        for _, statement in reversed(every):
            if (statement.binds | statement.changes) & wanted:
                wanted |= statement.uses | statement.changes
    return [(place, s.tree) for place, s in every if (s.binds | s.changes) & wanted]


@lru_cache(maxsize=8192)                               # trees are those of the cached statements
def text_of(tree: ast.stmt) -> str:
    """A statement as text."""
    return ast.unparse(tree)


def _beside_names(text: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(python(text))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "vc.beside" and node.args and isinstance(node.args[0], ast.Constant):
            given = {keyword.arg for keyword in node.keywords}
            if None not in given:                      # with **inputs nobody can say here which names are given
                uses, binds = _names(ast.Expr(ast.parse(str(node.args[0].value), mode="eval").body))
                found |= uses - binds - given
    return found


def _names(tree: ast.stmt) -> tuple[set[str], set[str]]:
    table = symtable.symtable(ast.unparse(tree), "cell", "exec")
    uses = {s.get_name() for s in table.get_symbols() if s.is_referenced()}
    binds = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
    pending = list(table.get_children())
    while pending:
        inner = pending.pop()
        uses |= {s.get_name() for s in inner.get_symbols() if s.is_global() and s.is_referenced()}
        binds |= {s.get_name() for s in inner.get_symbols() if s.is_declared_global() and s.is_assigned()}
        pending += inner.get_children()
    return uses, binds


def _changes(tree: ast.stmt, modules: frozenset[str]) -> set[str]:
    found: set[str] = set()
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith("add_to") and decorator.args:
                    found.add(_base(decorator.args[0]))
            continue                                   # what a function does happens when it is called
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, (ast.Store, ast.Del)):
            found.add(_base(node))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            base = _base(node.func)
            if node.func.attr not in _PURE and (base not in modules or node.func.attr in _SEEDERS):
                found.add(base)
        pending += ast.iter_child_nodes(node)
    return found - {""}


def _base(node: ast.AST) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
