"""Stand-ins for objects on the learner's side: what a check does to them reaches the learner's objects and is recorded in a Run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

import numpy as np

from visioncourse.desk.testing import summary

from . import crossing
from .transport import CannotCross, CannotSend, Handle, Lost, Transport


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


class Session:
    """Lets proxies of one run talk to its transport, and records what crosses."""

    def __init__(self, run: Run, transport: Transport):
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

    def do(self, what: str, action: Callable[..., Any], *args: Any) -> Any:
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

    def call(self, handle: Handle, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        shown = [_shown(a) for a in args] + [f"{k}={_shown(v)}" for k, v in kwargs.items()]
        self.run.last_call = f"{_name(handle)}({', '.join(shown)})"
        result = self.do("call", lambda h, a, k: self.transport.call(h, a, k), handle, list(args), kwargs)
        value, changed = result
        self.run.last_result = value
        self.run.calls += 1
        for key, new in changed.items():
            old = args[key] if isinstance(key, int) else kwargs[key]
            drawn = crossing.is_generator(old)         # drawing from a generator is what it is given for: no damage
            if not drawn:
                self.run.overwritten.add((self.run.calls, key))
            if drawn or not self.run.keep_inputs:
                _overwrite(old, new)
        return value


class Proxy:
    """Stands for an object on the learner's side: calls, attributes, items, length and iteration reach it."""

    __slots__ = ("_session", "_handle")
    __opaque__ = True                                  # vc.assert_close and summaries do not look inside

    def __init__(self, session: Session, handle: Handle):
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
        return int(self._session.do("len", self._session.transport.length, self._handle))

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[Any]:
        return iter(self._session.do("iter", self._session.transport.items, self._handle))

    def __repr__(self) -> str:
        return f"<{_name(self._handle)}>"


def beside(run: Run, transport: Transport, expression: str, inputs: dict[str, Any]) -> Any:
    run.last_call = f"{expression} with {', '.join(f'{k} = {_shown(v)}' for k, v in inputs.items())}" if inputs else expression
    run.last_result = Session(run, transport).do("beside", transport.evaluate, expression, inputs)
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
    elif crossing.is_torch(old, "Generator"):
        old.set_state(new)
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
