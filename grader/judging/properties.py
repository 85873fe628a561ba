"""A check's text as code whose asserts are properties: each is counted, keeps both of its sides, and is noted when it holds.

    assert distance(a, b) == 5, "the 3-4-5 triangle"        # as the author wrote it
    __property__(0, "==", distance(a, b), 5, lambda: "the 3-4-5 triangle")

    vc.assert_close(got, wanted, "distances")               # as the author wrote it
    __begin__(1); vc.assert_close(got, wanted, "distances"); __held__(1)

A property in a loop holds when it has held for every round.
"""

import ast
import operator
from collections.abc import Callable
from functools import lru_cache
from types import CodeType
from typing import Any

from visioncourse.desk.testing import CheckFailed, summary

from ..lesson.cells import Cell, region
from .proxies import Run

_OPERATORS = {ast.Eq: ("==", operator.eq), ast.NotEq: ("!=", operator.ne), ast.Lt: ("<", operator.lt), ast.LtE: ("<=", operator.le),
              ast.Gt: (">", operator.gt), ast.GtE: (">=", operator.ge), ast.Is: ("is", operator.is_),
              ast.IsNot: ("is not", operator.is_not), ast.In: ("in", lambda a, b: a in b), ast.NotIn: ("not in", lambda a, b: a not in b)}


@lru_cache(maxsize=256)
def prepared(cell: Cell) -> tuple[tuple[CodeType, ...], int]:
    """A check's statements, ready to be executed one by one, and how many properties they assert."""
    visible, hidden = region(cell)
    start = f"rng = vc.rng({cell.name!r})\n" if hidden else ""
    counter = _Properties()
    tree = counter.visit(ast.parse(f"{visible}\n{start}{hidden}"))
    ast.fix_missing_locations(tree)
    return tuple(compile(ast.Module([s], []), f"<check {cell.name}>", "exec") for s in tree.body), counter.count


class _Properties(ast.NodeTransformer):
    """Turns each assert into a call that keeps both sides, and notes after each `vc.assert_…` that it has held."""

    def __init__(self) -> None:
        self.count = 0

    def visit_Assert(self, node: ast.Assert) -> ast.stmt:
        number, self.count = self.count, self.count + 1
        test = node.test
        sides, sign = [test, ast.Constant(None)], ""
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            sides, sign = [test.left, test.comparators[0]], _OPERATORS[type(test.ops[0])][0]
        message = ast.Lambda(ast.arguments([], [], None, [], [], None, []), node.msg or ast.Constant(f"assert {ast.unparse(test)}"))
        call = ast.Call(ast.Name("__property__", ast.Load()), [ast.Constant(number), ast.Constant(sign), *sides, message], [])
        return ast.copy_location(ast.Expr(call), node)

    def visit_Expr(self, node: ast.Expr) -> ast.stmt | list[ast.stmt]:
        if isinstance(node.value, ast.Call) and ast.unparse(node.value.func).startswith("vc.assert_"):
            number, self.count = self.count, self.count + 1
            begin, held = (ast.Expr(ast.Call(ast.Name(f, ast.Load()), [ast.Constant(number)], [])) for f in ("__begin__", "__held__"))
            return [ast.copy_location(begin, node), node, ast.copy_location(held, node)]
        return node


def property_of(run: Run) -> Callable[..., None]:
    """What `__property__` stands for in a run: it notes a property that holds and raises CheckFailed for one that does not."""
    compare = dict(_OPERATORS.values())

    def holds(number: int, sign: str, left: Any, right: Any, message: Callable[[], Any]) -> None:
        if compare[sign](left, right) if sign else left:
            run.passed.add(number)
            return
        run.passed.discard(number)                     # it may have held for an earlier input
        wanted = right if sign in ("==", "is") else Words(f"{sign} {summary(right)}")
        raise CheckFailed(str(message()), left, wanted, values=bool(sign))

    return holds


class Words(str):
    """Text that stands for a wanted value, shown as it is."""
