"""A judge's transport to a worker: the methods of `transport.Local`, over a channel."""

import builtins
import importlib
import time
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any

from ..judging import codec, crossing
from ..judging.transport import CannotCross, CannotSend, Handle, Lost, Transport
from .host import Worker

_MODULES = ("numpy.exceptions", "numpy.linalg")       # besides builtins: whose exceptions a check may ask for by class


class _There:
    """What a handle refers to: an object's number on the learner's side."""

    __slots__ = ("number", "__name__")

    def __init__(self, number: int, name: str):
        self.number, self.__name__ = number, name


class Remote:
    """Transport to the names in a worker, for one check.

    Every call has a time limit, and all calls together have one. When either is over, or the process ends, Lost is raised.
    """

    def __init__(self, worker: Worker, *, counting: bool = False):
        self._worker, self._counting = worker, counting
        self._deadline = time.monotonic() + (worker.limits.check)
        self._functions: list[Callable] = []
        self.lost = ""
        self.lines = 0                                 # when counting: most lines of one call
        self.packages: set[str] = set()                # when counting: packages entered by any call

    def has(self, name: str) -> bool:
        return self._ask("has", name) is True

    def get(self, name: str) -> Any:
        return self._ask("get", name)

    def call(self, target: Handle, args: list, kwargs: dict) -> tuple[Any, dict[int | str, Any]]:
        value = self._ask("counted_call" if self._counting else "call", target, args, kwargs)
        if self._counting and type(value) is tuple and len(value) == 4:
            self.lines = max(self.lines, value[2] if type(value[2]) is int else 0)
            self.packages |= {p for p in value[3] if type(p) is str} if type(value[3]) is list else set()
            value = value[:2]
        if type(value) is not tuple or len(value) != 2 or type(value[1]) is not dict:
            raise Lost("Your code answered with what is no result of a call.")
        given = {*range(len(args)), *kwargs}
        return value[0], {k: v for k, v in value[1].items() if k in given}

    def attribute(self, target: Handle, name: str) -> Any:
        return self._ask("attribute", target, name)

    def set_attribute(self, target: Handle, name: str, value: Any) -> None:
        self._ask("set_attribute", target, name, value)

    def item(self, target: Handle, key: Any) -> Any:
        return self._ask("item", target, key)

    def set_item(self, target: Handle, key: Any, value: Any) -> None:
        self._ask("set_item", target, key, value)

    def length(self, target: Handle) -> int:
        value = self._ask("length", target)
        if type(value) is not int or value < 0:
            raise CannotCross("its length is no whole number")
        return value

    def items(self, target: Handle) -> list:
        value = self._ask("items", target)
        if type(value) is not list:
            raise CannotCross("its items are no list")
        return value

    def evaluate(self, expression: str, inputs: dict[str, Any]) -> Any:
        return self._ask("evaluate", expression, inputs)

    @staticmethod
    def where(error: BaseException) -> str:
        return getattr(error, "_where", "")

    @staticmethod
    def function_that_raised(error: BaseException) -> str:
        return getattr(error, "_function", "")

    # ------------------------------------------------------------------------------------------------ crossing

    def _ask(self, operation: str, *arguments: Any) -> Any:
        if self.lost or not self._worker.alive:
            raise Lost(self.lost or "Your code ended its own process.")
        left = self._deadline - time.monotonic()
        if left <= 0:
            self.lost = "The check took too long with all its calls of your code."
            raise Lost(self.lost)
        self._functions = list(self._worker.bound)
        try:
            reply = self._worker.ask(operation, *arguments, seconds=min(left, self._worker.limits.call), reference=self._refer,
                                     resolve=_resolve, functions=self._functions)
        except Lost as error:
            self.lost = str(error)
            raise
        if reply["ok"] is True:
            return reply.get("v")
        if reply.get("kind") == "cannot cross":
            raise CannotCross(_text(reply.get("text")))
        raise _exception(reply)

    def _refer(self, value: Any) -> dict:
        if isinstance(value, Handle) and isinstance(value.reference, _There):
            return {"~": "handle", "i": value.reference.number}
        if isinstance(value, (FunctionType, MethodType)):
            self._functions.append(value)
            return {"~": "callback", "i": len(self._functions) - 1}
        raise CannotSend(crossing.refusal(value) or f"a {type(value).__name__} does not cross")


_remote: type[Transport] = Remote                      # for the type checker: Remote has what a check asks for


def _resolve(tree: dict) -> Any:
    return codec.handle_of(tree, _There)


def _exception(reply: dict) -> Exception:
    """The learner's exception as one of our own: of the same built-in class, with the same name, text and place."""
    pairs = (pair for pair in reply.get("types") or [] if type(pair) is list and len(pair) == 2)
    types = [(module, name) for module, name in pairs if type(module) is str and type(name) is str]
    base = next((found for found in map(_known, types) if found), Exception)
    name = types[0][1][:100] if types else "Exception"
    text = _text(reply.get("text"))
    kind: Any = type(name, (base,), {"__str__": lambda self: text, "__module__": base.__module__})
    error = kind.__new__(kind)
    error.args = (text,)
    error._where, error._function = _text(reply.get("where")), _text(reply.get("function"))
    if isinstance(reply.get("name"), str) and isinstance(error, (AttributeError, NameError)):
        error.name = reply["name"][:200]
    return error


def _known(place: tuple[str, str]) -> type[Exception] | None:
    module, name = place
    if module != "builtins" and module not in _MODULES:
        return None
    found = getattr(builtins if module == "builtins" else importlib.import_module(module), name, None)
    return found if isinstance(found, type) and issubclass(found, Exception) else None


def _text(value: Any) -> str:
    return value[:2000] if type(value) is str else ""
