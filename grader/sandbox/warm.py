"""The warm process: imports the heavy packages once, then forks a worker for each request. Executed fresh, never forked.

Whatever it knows its workers know, so it is given no name, no seed, no source, no gradebook: only the names of public
modules, limits and a line to the supervisor. It has one thread when it forks; a second one would be lost in the child with
whatever lock it holds (libgomp then hangs).
"""

import array
import contextlib
import gc
import importlib
import io
import itertools
import json
import os
import select
import socket
import sys
from typing import TYPE_CHECKING

from . import system
from .limits import Limits

if TYPE_CHECKING:
    from . import jail

_FIRST = ("numpy", "IPython", "IPython.core.ultratb", "IPython.core.oinspect", "IPython.core.completerlib", "IPython.core.magics",
          "stack_data", "matplotlib_inline.backend_inline", "msgpack", "visioncourse", "visioncourse.desk.session", "visioncourse.testing",
          "visioncourse.classes", "visioncourse.desk.checking", "visioncourse.data", "grader.sandbox.worker")

_BROKEN = 70                                           # exit code of a worker whose own code failed
_SLOTS = 160                                           # spare users, from one on, that are left to one warm process


def main(descriptor: int) -> None:
    """Serve until the supervisor's end of the socket is closed.

    Requests are JSON datagrams: {"plan": …}, {"import": [names]}, {"spawn": true, "processor": …} with two sockets,
    {"line": true} with one.
    """
    lines = [socket.socket(fileno=descriptor)]
    state = _Warm()
    while lines:
        ready, _, _ = select.select(lines, [], [], 1.0)
        state.reap()
        for line in ready:
            try:
                text, ends = _receive(line)
            except OSError:
                text, ends = b"", []
            if not text:
                if line is lines[0]:
                    os._exit(0)                        # the supervisor is gone: wardens see their own lines close
                lines.remove(line)
                line.close()
                continue
            request = json.loads(text)
            if request.get("line"):
                lines += ends
                continue
            try:
                answer = state.answer(request, ends, lines)
            except Exception as error:
                answer = {"error": f"{type(error).__name__}: {error}"}
            finally:
                for end in ends:
                    end.close()
            with contextlib.suppress(OSError):
                line.send(json.dumps(answer).encode())


class _Warm:
    def __init__(self) -> None:
        from .shell import Shell

        self.plan: jail.Plan | None = None
        self.shell = Shell()
        self.wardens: dict[int, int] = {}              # slot by process: workers that live at once have different ones
        self.first_slot = os.getpid() % 25 * _SLOTS
        self.load(_FIRST)

    def answer(self, request: dict, ends: list[socket.socket], lines: list[socket.socket]) -> dict:
        if "plan" in request:
            from . import jail

            self.plan = jail.plan(request["plan"], Limits(**request["limits"]), tuple(request["readable"]))
            return {"threads": _threads()}
        if "import" in request:
            return {"missing": self.load(request["import"]), "threads": _threads()}
        return {"warden": self.spawn(*ends, lines=lines, processor=request["processor"])}

    def load(self, names) -> list[str]:
        """Import what can be imported; the rest is returned."""
        from . import own

        missing = []
        for name in names:
            try:
                with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                    importlib.import_module(name)
            except BaseException:
                missing.append(name)
        self.shell.warm_up()
        own.keep_references()
        if "torch" in sys.modules:
            sys.modules["torch"].set_num_threads(1)
        gc.collect()
        gc.freeze()
        system.huge_pages()
        if _threads() != 1:
            raise RuntimeError(f"the warm process has {_threads()} threads; it must have one when it forks")
        return missing

    def spawn(self, work: socket.socket, control: socket.socket, *, lines: list[socket.socket], processor: int | None) -> int:
        slot = next(n for n in itertools.count(self.first_slot) if n not in self.wardens.values())
        leave, child = os._exit, os.fork()
        if child:
            self.wardens[child] = slot
            return child
        ready = False
        try:
            if processor is not None:
                os.sched_setaffinity(0, {processor})
            for line in lines:
                line.close()
            from . import jail, worker

            if self.plan is None:
                raise RuntimeError("a worker was asked for before the plan of its jail")
            jail.enter(self.plan, control, work.fileno(), slot)
            os.write(work.fileno(), b"ready")
            ready = True
            worker.serve(work, self.shell, self.plan.limits)
        except BaseException as error:
            if ready:                                  # from here on the line carries frames alone: the warden tells of the end
                leave(_BROKEN)
            with contextlib.suppress(Exception):
                os.write(work.fileno(), f"jail: {type(error).__name__}: {error}".encode()[:500])
        finally:
            leave(0)

    def reap(self) -> None:
        for child in list(self.wardens):
            with contextlib.suppress(ChildProcessError):
                if os.waitpid(child, os.WNOHANG)[0] == 0:
                    continue
            del self.wardens[child]


def _receive(line: socket.socket) -> tuple[bytes, list[socket.socket]]:
    numbers = array.array("i")
    text, extra, _, _ = line.recvmsg(1 << 20, socket.CMSG_SPACE(2 * numbers.itemsize))
    for level, kind, data in extra:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            numbers.frombytes(data[: len(data) - len(data) % numbers.itemsize])
    return text, [socket.socket(fileno=n) for n in numbers]


def _threads() -> int:
    return len(os.listdir("/proc/self/task"))
