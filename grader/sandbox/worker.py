"""Inside the jail: runs cells and answers a judge's requests about the notebook's names.

Everything here shares a process with the student's code and is no more trusted than it.
"""

import contextlib
import os
import random
import signal
import socket
import sys
import threading
from typing import Any

import numpy as np

from ..judging import crossing, transport
from ..judging.counting import Counts
from ..judging.transport import CannotCross, Handle, Local
from .channel import Channel, Closed
from .limits import Limits
from .shell import Shell

MAX_TEXT = 2000


def serve(end: socket.socket, shell: Shell, limits: Limits) -> None:
    """Answer requests until the other side goes away."""
    worker = _Worker(end, shell, limits)
    signal.signal(signal.SIGINT, worker.interrupted)
    while True:
        try:
            request = worker.channel.receive(worker.resolve, names=True)
        except Closed:
            return
        except Exception as error:                     # what came was whole: a notebook has broken what reads it
            worker.refuse(error)
            continue
        worker.answer(request)


class _Callback(crossing.Callback):
    """A function of the check's, called from the learner's code."""

    def __init__(self, worker: "_Worker", number: int):
        self._worker, self._number = worker, number

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._worker.call_back(self._number, args, kwargs)


class _Worker:
    def __init__(self, end: socket.socket, shell: Shell, limits: Limits):
        self.channel, self.shell = Channel(end, 1 << 31), shell
        self.local = Local(shell.user_ns)
        self.objects: dict[int, Any] = {}
        self.running = False
        self.number = 0
        self.lock = threading.RLock()
        native = _unlinked()
        os.dup2(native, 1)
        os.dup2(native, 2)
        shell.open(lambda output: self.send({"out": output}), limits.output, native)

    def interrupted(self, *_: Any) -> None:
        if self.running:
            raise KeyboardInterrupt

    def answer(self, request: dict) -> None:
        self.number = request["n"]
        action = getattr(self, f"do_{request['op']}")
        self.running = True
        try:
            value = action(*request["a"])
            self.running = False
            reply = {"ok": True, "v": value}
        except BaseException as error:                 # the student's code may raise anything, SystemExit included
            self.running = False
            reply = {"ok": False, **self.describe(error)}
        try:
            self.send(reply)
        except Closed:
            raise
        except BaseException as error:
            self.send({"ok": False, "kind": "cannot cross", "text": f"{type(error).__name__}: {error}"[:MAX_TEXT]})

    def refuse(self, error: Exception) -> None:
        """Answer a request that could not be read."""
        self.number += 1
        self.send({"ok": False, **self.describe(error)})

    def send(self, message: dict) -> None:
        with self.lock:
            self.channel.send({"n": self.number, **message}, self.refer)

    # ----------------------------------------------------------------------------------------- what can be asked

    def do_execute(self, text: str) -> bool:
        return self.shell.run(text)

    def do_files(self, files: dict[str, bytes]) -> None:
        for name, content in files.items():
            if os.path.dirname(name):
                os.makedirs(os.path.dirname(name), exist_ok=True)
            with open(name, "wb") as file:
                file.write(content)

    def do_seed(self, number: int) -> None:
        random.seed(number)
        np.random.seed(number % 2**32)
        if "torch" in sys.modules:
            sys.modules["torch"].manual_seed(number)

    def do_modules(self) -> list[str]:
        return sorted(name for name in sys.modules if isinstance(name, str))

    def do_forget(self) -> None:
        self.objects.clear()

    def do_has(self, name: str) -> bool:
        return self.local.has(name)

    def do_get(self, name: str) -> Any:
        return self.local.get(name)

    def do_call(self, target: Handle, args: list, kwargs: dict) -> tuple:
        with _silent(self.shell):
            return self.local.call(target, args, kwargs)

    def do_counted_call(self, target: Handle, args: list, kwargs: dict) -> tuple:
        """A call, and how many lines of the notebook's own Python it ran and which packages it entered."""
        local = Local(self.shell.user_ns, Counts(os.environ["HOME"]))
        with _silent(self.shell):
            value, changed = local.call(target, args, kwargs)
        return value, changed, local.lines, sorted(local.packages)

    def do_bind(self, place: str, name: str, number: int) -> None:
        """Put a function of the supervisor's where the notebook has one of that name: as method of the class `place`, or at the top."""
        function = _Callback(self, number)

        def method(self: Any, *args: Any, **kwargs: Any) -> Any:
            value, changed = function(_plain_state(self), *args, **kwargs)
            self.__dict__.update(changed)
            return value

        if place:
            setattr(self.shell.user_ns[place], name, method)
        else:
            self.shell.user_ns[name] = function

    def do_attribute(self, target: Handle, name: str) -> Any:
        return self.local.attribute(target, name)

    def do_set_attribute(self, target: Handle, name: str, value: Any) -> None:
        self.local.set_attribute(target, name, value)

    def do_item(self, target: Handle, key: Any) -> Any:
        return self.local.item(target, key)

    def do_set_item(self, target: Handle, key: Any, value: Any) -> None:
        self.local.set_item(target, key, value)

    def do_length(self, target: Handle) -> int:
        return self.local.length(target)

    def do_items(self, target: Handle) -> list:
        with _silent(self.shell):
            return self.local.items(target)

    def do_evaluate(self, expression: str, inputs: dict) -> Any:
        with _silent(self.shell):
            return self.local.evaluate(expression, inputs)

    def call_back(self, number: int, args: tuple, kwargs: dict) -> Any:
        with self.lock:
            self.send({"callback": number, "a": [transport.outward(a) for a in args],
                       "k": {k: transport.outward(v) for k, v in kwargs.items()}})
            reply = self.channel.receive(self.resolve, names=True)
        if reply["ok"]:
            return transport.inward(reply["v"])
        kind = getattr(__import__("builtins"), reply["type"], RuntimeError)
        raise (kind if isinstance(kind, type) and issubclass(kind, Exception) else RuntimeError)(reply["text"])

    # ----------------------------------------------------------------------------------------- references

    def refer(self, value: Any) -> dict:
        if not isinstance(value, Handle):
            raise CannotCross(f"a {type(value).__name__} does not cross")
        number = len(self.objects) + 1
        self.objects[number] = value.reference
        name = getattr(value.reference, "__name__", "")
        return {"~": "handle", "i": number, "c": value.kind[:200], "n": name[:200] if isinstance(name, str) else ""}

    def resolve(self, tree: dict) -> Any:
        if tree["~"] == "callback":
            return _Callback(self, tree["i"])
        found = self.objects[tree["i"]]
        return Handle(found, type(found).__name__)

    def describe(self, error: BaseException) -> dict:
        """An exception as plain data: its types' names, its text, and the learner's line."""
        if isinstance(error, CannotCross):
            return {"kind": "cannot cross", "text": str(error)[:MAX_TEXT]}
        with contextlib.suppress(BaseException):
            name = getattr(error, "name", None)
            return {"kind": "raised", "types": [[t.__module__, t.__name__] for t in type(error).__mro__[:12]],
                    "text": str(error)[:MAX_TEXT],
                    "name": name if isinstance(name, str) else None, "where": Local.where(error)[:MAX_TEXT],
                    "function": Local.function_that_raised(error)[:200]}
        return {"kind": "raised", "types": [["builtins", "Exception"]], "text": "", "name": None, "where": "", "function": ""}


def _plain_state(learners: Any) -> dict[str, Any]:
    """The attributes of an object that are plain data."""
    found = {}
    for name, value in vars(learners).items():
        with contextlib.suppress(CannotCross):
            crossing = transport.outward(value)
            if not isinstance(crossing, Handle):
                found[name] = crossing
    return found


@contextlib.contextmanager
def _silent(shell: Shell):
    """What the learner's code prints while a check calls it goes nowhere, as in `vc.check`."""
    emit, shell.outputs.emit = shell.outputs.emit, lambda output: None
    try:
        yield
    finally:
        shell.outputs.begin()
        with contextlib.suppress(Exception):
            shell.flush()
        shell.outputs.emit = emit


def _unlinked() -> int:
    """A file without a name in the home folder."""
    name = os.path.join(os.environ["HOME"], f".native-{os.getpid()}")
    number = os.open(name, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_APPEND, 0o600)
    os.unlink(name)
    return number
