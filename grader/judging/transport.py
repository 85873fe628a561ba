"""How a check reaches the learner's objects: by name, call, attribute and item, with plain data crossing by value.

`Local` reaches objects of the same process; a channel to a sandbox offers the same methods. Whatever is no plain data stays
on the learner's side and is known here as a `Handle`.
"""

import copy
import itertools
import linecache
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from . import crossing
from .counting import Counts

MAX_ITEMS = 100_000
_ATOMS = (type(None), bool, int, float, complex, str, bytes, range, slice)


@dataclass(frozen=True, eq=False)
class Handle:
    """A reference to an object on the learner's side; `kind` is its type's name."""

    reference: Any
    kind: str


class CannotCross(TypeError):
    """A value that is neither plain data nor to be referred to, such as an array of Python objects."""


class CannotSend(TypeError):
    """A value of a check's that a channel does not carry: a mistake of the check, not of the learner."""


class Lost(Exception):
    """The learner's code did not answer: it took too long, or its process ended; the message says which, for the learner."""


class Transport(Protocol):
    """How a check reaches the learner's names, wherever they are.

    What comes back is plain data or a Handle. CannotCross: a result that is neither. CannotSend: an argument that no transport
    carries, which is the check's fault. Lost: the learner's code does not answer. Anything else that is raised is the learner's.
    """

    lines: int                                         # most lines that one call has executed, where lines are counted
    packages: set[str]                                 # packages that calls have entered, where lines are counted

    def has(self, name: str) -> bool: ...
    def get(self, name: str) -> Any: ...
    def call(self, target: Handle, args: list[Any], kwargs: dict[str, Any]) -> tuple[Any, dict[int | str, Any]]:
        """The result, and the new value of every argument that the call changed, by position or name."""
    def attribute(self, target: Handle, name: str) -> Any: ...
    def set_attribute(self, target: Handle, name: str, value: Any) -> None: ...
    def item(self, target: Handle, key: Any) -> Any: ...
    def set_item(self, target: Handle, key: Any, value: Any) -> None: ...
    def length(self, target: Handle) -> int: ...
    def items(self, target: Handle) -> list[Any]: ...
    def evaluate(self, expression: str, inputs: dict[str, Any]) -> Any: ...
    def where(self, error: BaseException) -> str:
        """The learner's line that raised, in words; "" where it is not known."""
    def function_that_raised(self, error: BaseException) -> str:
        """Name of the innermost function on the way to an error of the learner's code."""


class Local:
    """Transport to the names of a notebook in this very process.

    Arguments cross as copies, as they would to another process; what the callee changes in them is reported back.
    """

    def __init__(self, names: dict[str, Any], counts: Counts | None = None):
        self._names, self._counts = names, counts
        self.lines = 0                                 # with counts: most lines of one call
        self.packages: set[str] = set()                # with counts: packages entered by any call

    def has(self, name: str) -> bool:
        return name in self._names

    def get(self, name: str) -> Any:
        return outward(self._names[name])

    def call(self, target: Handle, args: list[Any], kwargs: dict[str, Any]) -> tuple[Any, dict[int | str, Any]]:
        """Result of the call, and the new value of every array, list or dict argument that it changed, by position or name.

        Of a random generator that was drawn from, the new value is its state.
        """
        given: dict[int | str, Any] = dict(enumerate(args))
        given.update(kwargs)
        inside = {key: inward(value) for key, value in given.items()}
        arguments = [inside[i] for i in range(len(args))], {k: inside[k] for k in kwargs}
        if self._counts is None:
            value = target.reference(*arguments[0], **arguments[1])
        else:
            self._counts.lines = 0
            with self._counts:
                value = target.reference(*arguments[0], **arguments[1])
            self.lines = max(self.lines, self._counts.lines)
            self.packages |= self._counts.packages
        changed = {key: outward(_data(inside[key])) for key, before in given.items()
                   if _is_mutable(before) and not identical(before, inside[key])}
        return outward(value), changed

    def attribute(self, target: Handle, name: str) -> Any:
        return outward(getattr(target.reference, name))

    def set_attribute(self, target: Handle, name: str, value: Any) -> None:
        setattr(target.reference, name, inward(value))

    def item(self, target: Handle, key: Any) -> Any:
        return outward(target.reference[inward(key)])

    def set_item(self, target: Handle, key: Any, value: Any) -> None:
        target.reference[inward(key)] = inward(value)

    def length(self, target: Handle) -> int:
        return int(len(target.reference))

    def items(self, target: Handle) -> list[Any]:
        """Everything an iterable gives, up to a bound, so that an endless generator is an error and no hang."""
        found = list(itertools.islice(iter(target.reference), MAX_ITEMS + 1))
        if len(found) > MAX_ITEMS:
            raise CannotCross(f"the result never ends: more than {MAX_ITEMS} items")
        return [outward(x) for x in found]

    def evaluate(self, expression: str, inputs: dict[str, Any]) -> Any:
        return outward(eval(expression, {**self._names, **{k: inward(v) for k, v in inputs.items()}}))

    @staticmethod
    def where(error: BaseException) -> str:
        """The learner's line that raised: the innermost one that comes from a notebook cell."""
        found, trace = "", error.__traceback__
        while trace is not None:
            name = trace.tb_frame.f_code.co_filename
            if name.startswith("<") or "ipykernel" in name or "ipython-input" in name:
                line = linecache.getline(name, trace.tb_lineno).strip()
                found = f"line {trace.tb_lineno}, in {trace.tb_frame.f_code.co_name}" + (f": {line}" if line else "")
            trace = trace.tb_next
        return found

    @staticmethod
    def function_that_raised(error: BaseException) -> str:
        """Name of the innermost function on the way to `error`."""
        name, trace = "", error.__traceback__
        while trace is not None:
            name, trace = trace.tb_frame.f_code.co_name, trace.tb_next
        return name


_local: type[Transport] = Local                        # for the type checker: Local has what a check asks for


def inward(value: Any) -> Any:
    """A judge's value as the learner's code receives it: handles become the objects, data is copied.

    Raises CannotSend, which is the check's fault, for what no transport carries.
    """
    if isinstance(value, Handle):
        return value.reference
    if type(value) in (list, tuple, set, frozenset):
        return type(value)(inward(x) for x in value)
    if type(value) is dict:
        return {inward(k): inward(v) for k, v in value.items()}
    if why := crossing.refusal(value):
        raise CannotSend(why)
    if isinstance(value, np.ndarray):
        return value.copy()
    if crossing.is_tensor(value):
        return value.detach().clone().requires_grad_(value.requires_grad)
    if crossing.is_torch(value, "Size"):
        return tuple(value)
    if isinstance(value, np.random.Generator):
        return copy.deepcopy(value)
    if crossing.is_torch(value, "Generator"):
        return type(value)().set_state(value.get_state())
    return value                                       # numbers, strings, dtypes, public names, functions of the check


def outward(value: Any, depth: int = 0) -> Any:
    """A learner's value as the judge receives it: a copy made of exact plain types, or a handle."""
    if depth > crossing.MAX_DEPTH:
        raise CannotCross(f"the result is nested more than {crossing.MAX_DEPTH} deep")
    kind = type(value)
    if kind in _ATOMS:
        return value
    if isinstance(value, memoryview):
        value = np.asarray(value)
    if isinstance(value, (np.generic, np.ndarray)) and value.dtype.kind in "fcmM" and not crossing.sendable(value.dtype):
        cure = "give its unit, such as 's'" if value.dtype.kind in "mM" else "use float64"
        raise CannotCross(f"the result is of the dtype {value.dtype}, which is not the same on every machine: {cure}")
    if isinstance(value, np.generic):
        return np.asarray(value).copy()[()] if value.dtype.kind in "biufcSUmM" else Handle(value, kind.__name__)
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "biufcSUmM":
            raise CannotCross(f"the result is an array of {value.dtype} (Python objects): are its rows of different lengths?")
        return np.array(value, subok=False)
    if crossing.is_tensor(value):
        return value.detach().clone().requires_grad_(value.requires_grad)
    if isinstance(value, (list, tuple, set, frozenset)):
        group = next(p for p in (list, tuple, set, frozenset) if isinstance(value, p))
        return group(outward(x, depth + 1) for x in value)
    if isinstance(value, dict):
        return {outward(k, depth + 1): outward(v, depth + 1) for k, v in value.items()}
    if crossing.is_torch(value, "dtype", "device") or isinstance(value, np.dtype) and crossing.sendable(value):
        return value
    for plain in (bool, int, float, str):              # subclasses, such as an Enum of numbers
        if isinstance(value, plain):
            return plain(value)
    return Handle(value, kind.__name__)


def _is_mutable(value: Any) -> bool:
    return isinstance(value, (np.ndarray, list, dict)) or crossing.is_generator(value) or crossing.is_tensor(value)


def _data(value: Any) -> Any:
    """What crosses of a changed argument: of a generator its state."""
    if isinstance(value, np.random.Generator):
        return value.bit_generator.state
    return value.get_state() if crossing.is_torch(value, "Generator") else value


def identical(a: Any, b: Any) -> bool:
    """Whether two values are equal to the last bit, nan equal to nan."""
    if isinstance(a, Handle):                          # the same object of the learner's, whatever has become of it
        return (b.reference if isinstance(b, Handle) else b) is a.reference
    if crossing.is_generator(a):
        return type(a) is type(b) and identical(_data(a), _data(b))
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()
    if crossing.is_tensor(a):
        return crossing.is_tensor(b) and a.shape == b.shape and a.dtype == b.dtype and bool(((a == b) | ((a != a) & (b != b))).all())
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(identical, a, b))
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(identical(a[k], b[k]) for k in a)
    return a is b or (type(a) is type(b) and bool(a == b))
