"""The trusted side of the sandbox: starts the warm process, asks it for workers, bounds what they do."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

from .. import threads
from ..judging.codec import BadFrame
from ..judging.transport import Lost
from .channel import Channel, Closed
from .limits import Limits

_START_SECONDS = 120
_SPAWN_SECONDS = 30
_CHATTER = 64 << 20                                    # bytes of outputs that one cell may send before it is stopped
_SIGNALS = {signal.SIGSEGV: "it crashed (segmentation fault)", signal.SIGKILL: "it was killed", signal.SIGABRT: "it aborted",
            signal.SIGBUS: "it crashed (bus error)", signal.SIGXCPU: "it used too much processor time",
            signal.SIGFPE: "it crashed (arithmetic error)", signal.SIGILL: "it crashed (illegal instruction)"}


class NoSandbox(RuntimeError):
    """The machine could not start a worker at the level that was asked for."""


class Ended(Exception):
    """The worker is gone; the message says why, in words for the learner. `tampering`: it broke the protocol first."""

    def __init__(self, reason: str, tampering: bool = False):
        self.tampering = tampering
        super().__init__(reason)


@dataclass
class Cell:
    """What executing one cell gave. ended: why it was stopped, "" where it was not."""

    outputs: list[dict] = field(default_factory=list)
    ok: bool = False
    ended: str = ""
    alive: bool = True
    seconds: float = 0.0


class Warm:
    """A warm process. Belongs to the process that starts it; `line` gives others a way to ask it for workers."""

    def __init__(self, level: int, limits: Limits, *, readable: tuple[str, ...] = ()):
        self.level, self.limits = level, limits
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        places = [p for p in sys.path if p and os.path.isdir(p)]
        start = f"import sys; sys.path[:] = {places!r}; from grader.sandbox.warm import main; main({theirs.fileno()})"
        # Not -I, which would ignore the hash seed too; the environment is made here, so there is nothing else to ignore.
        self.process = subprocess.Popen([sys.executable, "-s", "-P", "-c", start], env=_environment(), pass_fds=[theirs.fileno()],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/")
        theirs.close()
        self.line = Line(ours, limits)
        try:
            self.line.ask({"plan": level, "limits": limits.as_dict(), "readable": [*_packages(), *readable]}, timeout=_START_SECONDS)
        except (NoSandbox, OSError) as error:
            self._end()
            told = self.process.stderr.read() if self.process.stderr else None
            self.close()
            said = (told or b"").decode(errors="replace").strip().splitlines()
            raise NoSandbox(f"{error}; {said[-1]}" if said else str(error)) from None

    def preload(self, modules: list[str]) -> list[str]:
        """Import modules for all workers to come; returns those that could not be imported."""
        return self.line.ask({"import": modules}, timeout=_START_SECONDS)["missing"]

    def new_line(self, processor: int | None = None) -> "Line":
        """A line of its own for another process (forked from this one) that will ask for workers, on one processor or any."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        socket.send_fds(self.line.end, [b'{"line": true}'], [theirs.fileno()])
        theirs.close()
        return Line(ours, self.limits, processor)

    def close(self) -> None:
        self._end()
        if self.process.stderr:
            self.process.stderr.close()

    def _end(self) -> None:
        self.line.end.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> "Warm":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


class Line:
    """A connection to a warm process."""

    def __init__(self, end: socket.socket, limits: Limits, processor: int | None = None):
        self.end, self.limits, self.processor = end, limits, processor

    def ask(self, request: dict, ends: list[socket.socket] | None = None, timeout: float = _SPAWN_SECONDS) -> dict:
        """One question and its answer. Raises NoSandbox where there is none or it is an error."""
        self.end.settimeout(timeout)
        try:
            if ends:
                socket.send_fds(self.end, [json.dumps(request).encode()], [e.fileno() for e in ends])
            else:
                self.end.send(json.dumps(request).encode())
            answer = json.loads(self.end.recv(1 << 20) or b'{"error": "the warm process ended"}')
        except OSError as error:
            raise NoSandbox(f"the warm process does not answer: {error}") from None
        if "error" in answer:
            raise NoSandbox(answer["error"])
        return answer

    def spawn(self) -> "Worker":
        """A new worker, jailed and ready. Raises NoSandbox."""
        work, work_there = socket.socketpair()
        control, control_there = socket.socketpair()
        try:
            self.ask({"spawn": True, "processor": self.processor}, [work_there, control_there])
        finally:
            work_there.close()
            control_there.close()
        work.settimeout(_SPAWN_SECONDS)
        try:
            said = work.recv(5, socket.MSG_WAITALL)
        except OSError as error:
            raise NoSandbox(f"a worker did not start: {error}") from None
        if said != b"ready":
            said += work.recv(500) if said else b""
            control.close()
            raise NoSandbox(said.decode(errors="replace") or "a worker ended before it was ready")
        return Worker(work, control, self.limits)


class Worker:
    """One jailed process with one submission's names in it."""

    def __init__(self, work: socket.socket, control: socket.socket, limits: Limits):
        self.channel, self.control, self.limits = Channel(work, limits.frame), control, limits
        self.alive, self.number, self.tampering = True, 0, ""
        self.bound: list[Callable] = []                # our functions that the notebook may call at any time, see `bind`

    def execute(self, text: str, seconds: float) -> Cell:
        """Run one cell for at most so many seconds; then interrupt it, and end the process if that does not help."""
        cell, start = Cell(), time.monotonic()
        kept, heard = 0, self.channel.received
        deadline, interrupted = start + seconds, False
        try:
            self._send("execute", [text], deadline)
            while True:
                try:
                    message = self._receive(deadline)
                except TimeoutError:
                    if interrupted:
                        raise Ended(f"it ran longer than {seconds:g} s and could not be interrupted") from None
                    interrupted, deadline = True, time.monotonic() + self.limits.grace
                    self._order(b"i")
                    continue
                if "callback" in message and self.bound and not interrupted:
                    self._reply(message, self.bound, deadline)
                    continue
                if "out" in message:
                    kept += _keep(cell.outputs, message["out"], 4 * self.limits.output + _pictures(cell.outputs) - kept)
                    if self.channel.received - heard > _CHATTER:
                        raise Ended(f"it wrote more than {_CHATTER >> 20} MB of output")
                    continue
                cell.ok = message.get("ok") is True and message.get("v") is True
                break
        except Ended as error:
            cell.ended, cell.alive = str(error), False
            self._stop(error)
        if interrupted and cell.alive:
            cell.ended, cell.ok = f"it ran longer than {seconds:g} s and was interrupted", False
        cell.seconds = time.monotonic() - start
        return cell

    def ask(self, operation: str, *arguments: Any, seconds: float, reference: Callable | None = None, resolve: Callable | None = None,
            functions: list[Callable] | None = None) -> dict:
        """One request and its reply; `functions` are those of ours that the learner's code may call meanwhile.

        Raises Lost (the worker lives, or not: see `alive`).
        """
        deadline, interrupted = time.monotonic() + seconds, False
        try:
            self._send(operation, list(arguments), deadline, reference)
            while True:
                try:
                    message = self._receive(deadline, resolve)
                except TimeoutError:
                    if interrupted:
                        raise Ended(f"took longer than {seconds:g} s and could not be interrupted") from None
                    interrupted, deadline = True, time.monotonic() + self.limits.grace
                    self._order(b"i")
                    continue
                if "callback" in message and functions and not interrupted:
                    self._reply(message, functions, deadline, reference)
                elif "ok" in message:
                    if interrupted:
                        raise Lost(f"Your code took longer than {seconds:g} s and was interrupted.")
                    return message
                elif "out" not in message:
                    raise Ended("it sent what nobody asked for", tampering=True)
        except Ended as error:
            self._stop(error)
            raise Lost(f"Your code ended its own process while it was called: {error}." if not str(error).startswith("took")
                       else f"Your code {error}.") from error
        except (Closed, TimeoutError) as error:
            self.kill()
            raise Lost("Your code did not take its input.") from error

    def bind(self, place: str, name: str, function: Callable) -> None:
        """Let the notebook's `name` (of the class `place`, where that is not "") be a function that runs here."""
        self.bound.append(function)
        self.ask("bind", place, name, len(self.bound) - 1, seconds=self.limits.call)

    def _reply(self, message: dict, functions: list[Callable], deadline: float, reference: Callable | None = None) -> None:
        """Call one of our functions for the learner's code and send what it gives."""
        number, args, kwargs = message["callback"], message.get("a"), message.get("k")
        try:
            if type(number) is not int or not 0 <= number < len(functions) or type(args) is not list or type(kwargs) is not dict:
                raise TypeError("no such function")
            self.channel.send({"ok": True, "v": functions[number](*args, **kwargs)}, reference, deadline)
        except (Closed, TimeoutError):
            raise Ended(self._why()) from None
        except Exception as error:
            kind = next(t.__name__ for t in type(error).__mro__ if t.__module__ == "builtins")
            self.channel.send({"ok": False, "type": kind, "text": str(error)[:2000]}, None, deadline)

    def kill(self) -> None:
        """End the worker and everything it started; wait until nothing is left."""
        if not self.alive:
            return
        self.alive = False
        with contextlib.suppress(OSError):
            self._order(b"k")
            self.control.settimeout(10)
            while self.control.recv(4096):
                pass
        self.control.close()
        self.channel.close()

    def _stop(self, error: Ended) -> None:
        if error.tampering:
            self.tampering = str(error)
        self.kill()

    def _send(self, operation: str, arguments: list, deadline: float, reference: Callable | None = None) -> None:
        self.number += 1
        try:
            self.channel.send({"op": operation, "n": self.number, "a": arguments}, reference, deadline)
        except (Closed, TimeoutError):
            raise Ended(self._why()) from None

    def _receive(self, deadline: float, resolve: Callable | None = None) -> dict:
        try:
            message = self.channel.receive(resolve, deadline)
        except Closed:
            raise Ended(self._why()) from None
        except BadFrame as error:
            raise Ended(f"it broke the line to the grader ({error})", tampering=True) from None
        if type(message) is not dict or message.get("n") != self.number:
            raise Ended("it broke the line to the grader (an answer out of turn)", tampering=True)
        return message

    def _order(self, what: bytes) -> None:
        with contextlib.suppress(OSError):
            self.control.send(what)

    def _why(self) -> str:
        """What the warden says of the end."""
        if not self.alive:
            return "the process ended before"
        self.control.settimeout(10)
        with contextlib.suppress(OSError, ValueError):
            said = json.loads(self.control.recv(4096))
            if said["reason"]:
                return said["reason"]
            if said["signal"] is not None:
                return _SIGNALS.get(said["signal"], f"it was ended by signal {said['signal']}")
            return f"the process ended itself (exit code {said['code']})"
        return "the process ended"


def _pictures(outputs: list[dict]) -> int:
    return 0 if len(outputs) > 200 else 8 << 20        # room for figures beside the text


def _keep(outputs: list[dict], output: Any, room: int) -> int:
    """Add one output in nbformat's shape, if it is one and there is room; returns its size."""
    clean = _cleaned(output)
    if clean is None:
        return 0
    if clean["output_type"] == "clear_output":
        outputs.clear()
        return 0
    size = len(json.dumps(clean))
    if size > room or len(outputs) > 2000:
        return 0
    last = outputs[-1] if outputs else {}
    if clean["output_type"] == "stream" and last.get("output_type") == "stream" and last["name"] == clean["name"]:
        last["text"] += clean["text"]
    elif clean["output_type"] == "update_display_data":
        known = [o for o in outputs if o.get("display_id") == clean.get("display_id") is not None]
        for one in known:
            one["data"], one["metadata"] = clean["data"], clean["metadata"]
    else:
        outputs.append(clean)
    return size


def _cleaned(output: Any) -> dict | None:
    """An output made of exactly the fields and types that nbformat knows; None for anything else."""
    if type(output) is not dict:
        return None
    kind = output.get("output_type")

    def text(key: str) -> str:
        return output[key] if type(output.get(key)) is str else ""

    if kind == "clear_output":
        return {"output_type": kind}
    if kind == "stream":
        return {"output_type": kind, "name": "stderr" if output.get("name") == "stderr" else "stdout", "text": text("text")}
    if kind == "error":
        lines = output.get("traceback")
        return {"output_type": kind, "ename": text("ename")[:200], "evalue": text("evalue"),
                "traceback": [x for x in lines if type(x) is str] if type(lines) is list else []}
    if kind in ("display_data", "execute_result", "update_display_data"):
        data = output.get("data")
        clean = {"output_type": kind, "metadata": {},
                 "data": {k: v for k, v in data.items() if type(k) is str and _plain_json(v)} if type(data) is dict else {}}
        if type(output.get("display_id")) is str:
            clean["display_id"] = output["display_id"][:200]
        if kind == "execute_result":
            clean["execution_count"] = None
        return clean
    return None


def _plain_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
        return True
    except (TypeError, ValueError, RecursionError):
        return False


def _packages() -> list[str]:
    """Folders that notebooks need besides Python's own: the helper package and the data that it finds."""
    import visioncourse
    from visioncourse import data

    places = [*visioncourse.__path__]
    with contextlib.suppress(Exception):
        places.append(str(data.cache_dir()))
    return [p for p in places if os.path.isdir(p)]


def _environment() -> dict[str, str]:
    from visioncourse import data

    cache = Path(platformdirs.user_cache_dir("see-for-yourself")) / "matplotlib"
    with contextlib.suppress(OSError):
        cache.mkdir(parents=True, exist_ok=True)
    return {"PATH": f"{os.path.dirname(sys.executable)}:/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/tmp", "USER": "student",
            "LOGNAME": "student", "PYTHONHASHSEED": "0", **threads.SETTINGS,
            "MPLBACKEND": "module://matplotlib_inline.backend_inline", "MPLCONFIGDIR": str(cache), "NBGRADER_EXECUTION": "autograde",
            "VISIONCOURSE_CACHE": str(data.cache_dir()), "PYTHONDONTWRITEBYTECODE": "1",
            "PYTORCH_NVML_BASED_CUDA_CHECK": "1", "CUDA_VISIBLE_DEVICES": ""}
