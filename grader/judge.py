"""Runs a check's text on proxies of the learner's names, says what failed, and which known mistake it was.

The judge binds what the text imports to modules of its own and every other name to a proxy over a transport, and records
each value that crosses. A failure is diagnosed by running the same text, with the same seed, on every known wrong answer:
the one whose crossing values all coincide with the learner's is named. The diagnosing runs do not stop at the first failure,
so that two mistakes that agree on an easy example are told apart by the random ones after it.
"""

import ast
import contextlib
import difflib
import io
import operator
import random
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any

import numpy as np
from visioncourse import testing
from visioncourse.testing import CheckFailed, summary
from visioncourse.verdict import Verdict

from . import policies, slices, source
from .counting import Counts
from .source import Cell, Exercise, Lesson, exercise_of
from .transport import CannotCross, CannotSend, Handle, Local, Lost

DEFAULT_SEED = 0
_OPERATORS = {ast.Eq: ("==", operator.eq), ast.NotEq: ("!=", operator.ne), ast.Lt: ("<", operator.lt), ast.LtE: ("<=", operator.le),
              ast.Gt: (">", operator.gt), ast.GtE: (">=", operator.ge), ast.Is: ("is", operator.is_),
              ast.IsNot: ("is not", operator.is_not), ast.In: ("in", lambda a, b: a in b), ast.NotIn: ("not in", lambda a, b: a not in b)}


@dataclass
class Run:
    """One execution of a check's text: what crossed, what held, and what stopped it."""

    crossings: list[tuple[str, Any]] = field(default_factory=list)
    passed: set[int] = field(default_factory=set)
    total: int = 0
    error: BaseException | None = None
    raised: BaseException | None = None                # the last exception that the learner's code raised
    last_call: str = ""
    last_result: Any = None
    missing: list[str] = field(default_factory=list)   # names the text needs and the learner does not have
    calls: int = 0
    overwritten: set[tuple[int, int | str]] = field(default_factory=set)     # arguments that a call changed: (call, argument)
    keep_inputs: bool = False                          # what a call changed in its arguments does not reach the check

    @property
    def ok(self) -> bool:
        return self.error is None and not self.missing


def judge_in_process(lesson_name: str, check_name: str, names: dict[str, Any]) -> Verdict | None:
    """The verdict on the learner's names in this process; None where the course's solutions are not at hand."""
    try:
        lesson = load_lesson(lesson_name)
    except FileNotFoundError:
        return None
    cell = lesson.check(check_name)
    if cell is None:
        known = [c.name for c in lesson.cells if c.mark == "check"]
        near = difflib.get_close_matches(check_name, known, 1)
        raise ValueError(f"{lesson_name} has no check {check_name!r}" + (f"; did you mean {near[0]!r}?" if near else f"; it has {', '.join(known)}"))
    exercise = lesson.exercises[exercise_of(cell.name)]
    if not exercise.solve.policy:
        return verdict(lesson, cell, Local(names))
    return verdict(lesson, cell, Local(names, Counts()), answer=policies.text_of(exercise, names), packages=policies.packages_of(names))


def load_lesson(name: str) -> Lesson:
    """A lesson's source, read again only when its file has changed."""
    path = source.SOLUTIONS / f"{name}.py"
    if not path.is_file():
        raise FileNotFoundError(path)
    return _load_lesson(name, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _load_lesson(name: str, _changed: int) -> Lesson:
    return source.load(name)


def verdict(lesson: Lesson, cell: Cell, transport, seed: int = DEFAULT_SEED, *, answer: str = "", packages: dict[str, str] | None = None) -> Verdict:
    """Run a check on the learner's names behind `transport` and say the outcome in words, a failure with its diagnosis.

    For an exercise with a policy: answer, the text of the learner's cell; packages, by the names that they have in the notebook.
    """
    exercise = lesson.exercises[exercise_of(cell.name)]
    run = run_check(lesson, cell, transport, seed)
    if run.ok and run.overwritten - _solved(lesson, cell, seed).overwritten:
        # Inputs that the learner's code overwrote must not make its result true: it has to hold for what was given too.
        again = run_check(lesson, cell, transport, seed, keep_inputs=True)
        if not again.ok:
            run = again
            run.error = run.error if isinstance(run.error, Lost) else CheckFailed(
                "The result is right only for the input as your code changed it, not for the input that it was given.", values=False)
    said = Verdict(lesson.name, cell.name, "passed" if run.ok else "failed", len(run.passed), run.total,
                   points=cell.points if run.ok else 0, worth=cell.points)
    if run.ok:
        why = exercise.solve.policy and (policies.broken(exercise, answer, packages or {})
                                         or policies.contradicted(exercise, transport.lines, transport.packages))
        if why:
            said.status, said.points, said.headline = "failed", 0, why
        return said
    error = run.error
    own = slices.bound_names(exercise.solve.text)
    if run.missing:
        said.status = "not attempted"
        said.headline = f"{_listed(run.missing)} {'is' if len(run.missing) == 1 else 'are'} not defined: write and run the cell above first."
    elif isinstance(error, Lost):
        said.headline = str(error)
        said.facts = [("input", run.last_call)] if run.last_call else []
    elif isinstance(error, CannotSend):
        said.status, said.headline = "broken", str(error)
    elif isinstance(error, NotImplementedError) and error is run.raised:
        said.status = "not attempted"
        name = transport.function_that_raised(error)
        said.headline = ("Write your code where the cell says so, run it, then run this cell again." if name in own or name in _functions(exercise.solve) or name == "<module>"
                         else f"{name} is not written yet, and this check needs it: do that exercise first.")
    elif isinstance(error, AttributeError) and error is run.raised and getattr(error, "name", None) in own:
        said.status = "not attempted"
        said.headline = f"{error.name} is not there yet: write and run the cell above first."
    elif isinstance(error, CheckFailed):
        said.headline = error.name
        said.facts = [(label, text) for label, text in (
            ("input", run.last_call),
            ("got", summary(error.got) if error.values else ""),
            ("wanted", _wanted(error.wanted) if error.values else ""),
            ("where", error.detail)) if text]
    elif error is run.raised:
        said.headline = f"Your code raised {type(error).__name__}: {_first_line(error)}"
        said.facts = [(label, text) for label, text in (("input", run.last_call), ("where", transport.where(error))) if text]
    elif isinstance(error, CannotCross):
        said.headline = f"Your result cannot be used: {error}"
        said.facts = [("input", run.last_call)] if run.last_call else []
    else:
        said.headline = f"The check could not use your result: {type(error).__name__}: {_first_line(error)}"
        said.facts = [("input", run.last_call), ("got", summary(run.last_result))] if run.last_call else []
    if said.status == "failed" and not isinstance(error, Lost):
        mistakes = diagnose(lesson, exercise, cell, run_check(lesson, cell, transport, seed, stop=False), seed)
        said.diagnosis = f"it looks like a known mistake: {mistakes[0]}." if len(mistakes) == 1 else ""
    return said


def diagnose(lesson: Lesson, exercise: Exercise, cell: Cell, run: Run, seed: int = DEFAULT_SEED) -> list[str]:
    """The `why` of every wrong answer whose crossing values all coincide with those of `run` (made with stop=False)."""
    found = []
    for variant in exercise.wrong:
        if _coincide(run.crossings, _crossings_of(lesson, cell, exercise.solve.line, variant.text, seed)):
            found.append(variant.why)
    return found


@lru_cache(maxsize=64)
def _crossings_of(lesson: Lesson, cell: Cell, line: int, text: str, seed: int) -> list[tuple[str, Any]]:
    """What crosses when a known mistake is checked: the same for every learner who gets the same inputs."""
    return run_check(lesson, cell, Local(variant_names(lesson, cell, {line: text}, seed)), seed, stop=False).crossings


@lru_cache(maxsize=32)
def _solved(lesson: Lesson, cell: Cell, seed: int) -> Run:
    return run_check(lesson, cell, Local(variant_names(lesson, cell, {}, seed)), seed)


def variant_names(lesson: Lesson, cell: Cell, replaced: dict[int, str], seed: int = DEFAULT_SEED) -> dict[str, Any]:
    """The names a check needs, made by running only the cells before it that they depend on.

    replaced: texts by line of the cell they stand in for, such as a wrong answer for its solve cell.
    A statement that raises is skipped, as a notebook goes on after a cell that failed.
    """
    before = [replaced.get(c.line, c.text) for c in lesson.cells
              if c.line < cell.line and c.kind == "code" and c.mark in ("given", "solve", "", "picture")]
    modules = slices.imported_names(lesson)
    module = slices.needed(before, slices.free_names(cell.text) | {"vc"}, modules)
    names: dict[str, Any] = {"__name__": "__main__"}
    with _undisturbed(seed):
        for statement in module.body:
            with contextlib.suppress(Exception):
                exec(compile(ast.Module([statement], []), "<solution>", "exec"), names)
    return names


def run_check(lesson: Lesson, cell: Cell, transport, seed: int = DEFAULT_SEED, *, stop: bool = True, keep_inputs: bool = False) -> Run:
    """Execute a check's visible and hidden text on the names behind `transport`.

    stop: end at the first failure; without it go on with the next statement, so that all values cross that can.
    keep_inputs: arguments stay as the check made them, whatever the learner's code does to them.
    """
    run = Run(keep_inputs=keep_inputs)
    body, run.total = _prepared(cell)
    names = {"__name__": "check", "__property__": _property(run), "__begin__": run.passed.discard, "__held__": run.passed.add}
    with _undisturbed(seed), testing.judged(seed, lambda e, i: _beside(run, transport, e, i)):
        exec(compile(check_imports(lesson, cell), "<imports>", "exec"), names)
        for name in sorted(slices.free_names(cell.text) - {"rng"} - set(names)):
            if transport.has(name):
                value = transport.get(name)
                run.crossings.append((name, value))
                names[name] = _Session(run, transport).here(value)
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
    wanted = slices.free_names(cell.text) | {"vc"}
    used = [t for t in slices.imports(lesson) if any((a.asname or a.name.partition(".")[0]) in wanted for a in t.names)]
    return ast.Module(used, [])


# -------------------------------------------------------------------------------------------------- proxies

class _Session:
    """Lets proxies of one run talk to its transport, and records what crosses."""

    def __init__(self, run: Run, transport):
        self.run, self.transport = run, transport

    def here(self, value: Any) -> Any:
        if isinstance(value, Handle):
            return Proxy(self, value)
        if type(value) in (list, tuple, set, frozenset):
            return type(value)(self.here(x) for x in value)
        if type(value) is dict:
            return {k: self.here(v) for k, v in value.items()}
        return value

    def there(self, value: Any) -> Any:
        """A judge's value as a transport takes it: proxies become handles, functions receive and return what a check knows."""
        if isinstance(value, Proxy):
            return value._handle
        if type(value) in (list, tuple, set):
            return type(value)(self.there(x) for x in value)
        if type(value) is dict:
            return {k: self.there(v) for k, v in value.items()}
        if isinstance(value, FunctionType) and value.__module__ == "check":
            return lambda *args, **kwargs: self.there(value(*map(self.here, args), **{k: self.here(v) for k, v in kwargs.items()}))
        return value

    def do(self, what: str, action: Callable, *args: Any) -> Any:
        try:
            value = action(*[self.there(a) for a in args])
        except (Lost, CannotSend):
            raise
        except CannotCross as error:
            self.run.crossings.append((what, ("cannot cross", str(error))))
            raise
        except Exception as error:
            self.run.raised = error
            self.run.crossings.append((what, ("raised", type(error).__name__)))
            raise
        self.run.crossings.append((what, value))
        return self.here(value)

    def call(self, handle: Handle, args: tuple, kwargs: dict) -> Any:
        shown = [_shown(a) for a in args] + [f"{k}={_shown(v)}" for k, v in kwargs.items()]
        self.run.last_call = f"{_name(handle)}({', '.join(shown)})"
        result = self.do("call", lambda h, a, k: self.transport.call(h, a, k), handle, list(args), kwargs)
        value, changed = result
        self.run.last_result = value
        self.run.calls += 1
        for key, new in changed.items():
            self.run.overwritten.add((self.run.calls, key))
            if not self.run.keep_inputs:
                _overwrite(args[key] if isinstance(key, int) else kwargs[key], new)
        return value


class Proxy:
    """Stands for an object on the learner's side: calls, attributes, items, length and iteration reach it."""

    __slots__ = ("_session", "_handle")
    __opaque__ = True                                  # vc.assert_close and summaries do not look inside

    def __init__(self, session: _Session, handle: Handle):
        object.__setattr__(self, "_session", session)
        object.__setattr__(self, "_handle", handle)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._session.call(self._handle, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._session.do(f".{name}", self._session.transport.attribute, self._handle, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._session.do(f".{name} =", self._session.transport.set_attribute, self._handle, name, value)

    def __getitem__(self, key: Any) -> Any:
        return self._session.do("[]", self._session.transport.item, self._handle, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._session.do("[] =", self._session.transport.set_item, self._handle, key, value)

    def __len__(self) -> int:
        return self._session.do("len", self._session.transport.length, self._handle)

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator:
        return iter(self._session.do("iter", self._session.transport.items, self._handle))

    def __repr__(self) -> str:
        return f"<{_name(self._handle)}>"


def _beside(run: Run, transport, expression: str, inputs: dict[str, Any]) -> Any:
    run.last_call = f"{expression} with {', '.join(f'{k} = {_shown(v)}' for k, v in inputs.items())}" if inputs else expression
    run.last_result = _Session(run, transport).do("beside", transport.evaluate, expression, inputs)
    return run.last_result


def _shown(value: Any) -> str:
    """A short line about an argument, the same in every process: functions by name, not by address."""
    return getattr(value, "__name__", "a function") if isinstance(value, FunctionType) else summary(value)


def _overwrite(old: Any, new: Any) -> None:
    """Do to the judge's argument what the learner's code did to its copy."""
    if isinstance(old, np.ndarray):
        if old.shape != new.shape:
            if old.size != new.size or not old.flags.c_contiguous:
                raise CannotCross(f"your code gave an argument of shape {old.shape} the shape {new.shape}")
            old.shape = new.shape
        old[...] = new
    elif isinstance(old, np.random.Generator):
        old.bit_generator.state = new
    elif isinstance(old, list):
        old[:] = new
    elif isinstance(old, dict):
        old.clear()
        old.update(new)
    else:
        old.data.copy_(new)


def _name(handle: Handle) -> str:
    name = getattr(handle.reference, "__name__", None)
    return name if isinstance(name, str) and name else handle.kind


# ------------------------------------------------------------------------------------------------ the text

@lru_cache(maxsize=256)
def _prepared(cell: Cell) -> tuple[tuple[CodeType, ...], int]:
    """A check's statements, ready to be executed one by one, and how many properties they assert."""
    visible, hidden = source.region(cell)
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
        simple = isinstance(test, ast.Compare) and len(test.ops) == 1
        sides = [test.left, test.comparators[0]] if simple else [test, ast.Constant(None)]
        sign = _OPERATORS[type(test.ops[0])][0] if simple else ""
        message = ast.Lambda(ast.arguments([], [], None, [], [], None, []), node.msg or ast.Constant(f"assert {ast.unparse(test)}"))
        call = ast.Call(ast.Name("__property__", ast.Load()), [ast.Constant(number), ast.Constant(sign), *sides, message], [])
        return ast.copy_location(ast.Expr(call), node)

    def visit_Expr(self, node: ast.Expr) -> ast.stmt | list[ast.stmt]:
        if isinstance(node.value, ast.Call) and ast.unparse(node.value.func).startswith("vc.assert_"):
            number, self.count = self.count, self.count + 1
            begin, held = (ast.Expr(ast.Call(ast.Name(f, ast.Load()), [ast.Constant(number)], [])) for f in ("__begin__", "__held__"))
            return [ast.copy_location(begin, node), node, ast.copy_location(held, node)]
        return node


def _property(run: Run) -> Callable:
    compare = dict(_OPERATORS.values())

    def holds(number: int, sign: str, left: Any, right: Any, message: Callable[[], Any]) -> None:
        if sign and not isinstance(left, Proxy):
            value = compare[sign](left, right)
        else:
            value = compare[sign](left, right) if sign else left
        if value:
            run.passed.add(number)
            return
        run.passed.discard(number)                     # it may have held for an earlier input
        wanted = right if sign in ("==", "is") else _Words(f"{sign} {summary(right)}")
        raise CheckFailed(str(message()), left, wanted, values=bool(sign))

    return holds


class _Words(str):
    """Text that stands for a wanted value, shown as it is."""


def _wanted(value: Any) -> str:
    return str(value) if isinstance(value, _Words) else summary(value)


@contextlib.contextmanager
def _undisturbed(seed: int):
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


def _coincide(a: list[tuple[str, Any]], b: list[tuple[str, Any]]) -> bool:
    return len(a) == len(b) and all(x[0] == y[0] and _alike(x[1], y[1]) for x, y in zip(a, b))


def _alike(a: Any, b: Any) -> bool:
    """Whether two crossing values are the same up to rounding; objects are alike when their types' names are."""
    if isinstance(a, Handle) or isinstance(b, Handle):
        return isinstance(a, Handle) and isinstance(b, Handle) and a.kind == b.kind
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)) and type(a) is type(b):
        return len(a) == len(b) and all(map(_alike, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_alike(a[k], b[k]) for k in a)
    x, y = testing._array(a), testing._array(b)
    if x is None or y is None:
        return type(a) is type(b) and bool(a == b)
    if x.size == y.size == 0:                          # an empty list and an array of shape (0, 2)
        return True
    return x.shape == y.shape and bool(np.allclose(x, y, rtol=1e-4, atol=1e-6 * (1 + float(np.abs(np.nan_to_num(y)).max(initial=0))), equal_nan=True))


def _functions(cell: Cell) -> set[str]:
    """Names of all functions in a cell, methods of its classes among them."""
    return {node.name for node in ast.walk(ast.parse(source.python(cell.text))) if isinstance(node, ast.FunctionDef)}


def _listed(names: list[str]) -> str:
    return ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1]


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0][:200]
