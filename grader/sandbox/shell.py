"""IPython without a kernel: cells run as in a notebook, their outputs go to a function, bounded.

What ipykernel does around IPython's shell and a notebook can see is done here too: rich display, the last expression, inline
figures, magics, `!commands`, top-level await, and the error that `input()` raises where nobody can answer.
"""

import base64
import builtins
import contextlib
import getpass
import io
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Any as AnyTrait
from traitlets.config import Config

BACKEND = "module://matplotlib_inline.backend_inline"
_FLUSH_SECONDS = 0.02


class Outputs:
    """Where a cell's outputs go: at most `limit` bytes a cell reach `emit`, and then one notice."""

    def __init__(self) -> None:
        self.emit: Callable[[dict], None] = lambda output: None
        self.limit = self.left = 1 << 20

    def begin(self) -> None:
        """Start counting for a new cell."""
        self.left = self.limit

    def add(self, output: dict) -> None:
        size = sum(len(v) if isinstance(v, str) else 100 for v in (output.get("data") or {}).values()) if "data" in output \
            else len(output.get("text", "")) + sum(map(len, output.get("traceback", [])))
        pictures = any(kind.startswith("image/") for kind in output.get("data") or {})
        if self.left <= 0 and output["output_type"] != "error":
            return
        if size > self.left * (4 if pictures else 1):
            if "text" in output:
                self.emit({**output, "text": output["text"][: self.left]})
            if output["output_type"] == "error":
                output = {**output, "traceback": output["traceback"][-3:]}
                self.emit({**output, "traceback": [line[-2000:] for line in output["traceback"]], "evalue": output["evalue"][:2000]})
            self.left = 0
            self.emit({"output_type": "stream", "name": "stdout", "text": f"\n[output cut at {self.limit} bytes]\n"})
            return
        self.left -= 0 if pictures else size
        self.emit(output)


class _Stream(io.TextIOBase):
    """sys.stdout or sys.stderr of a cell."""

    encoding, errors = "utf-8", "replace"

    def __init__(self, name: str, outputs: Outputs):
        self._name, self._outputs, self._size, self._flushed = name, outputs, 0, 0.0
        self._parts: list[str] = []

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1 if self._name == "stdout" else 2

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if self._outputs.left > 0:
            self._parts.append(text)
            self._size += len(text)
            if self._size > 1 << 16 or ("\n" in text and time.monotonic() - self._flushed > _FLUSH_SECONDS):
                self.flush()
        return len(text)

    def flush(self) -> None:
        if self._parts:
            text, self._parts, self._size, self._flushed = "".join(self._parts), [], 0, time.monotonic()
            self._outputs.add({"output_type": "stream", "name": self._name, "text": text})


class _Publisher(DisplayPublisher):
    shell: Any

    def publish(self, data, metadata=None, source=None, *, transient=None, update=False, **kwargs):
        self.shell.flush()
        known = (transient or {}).get("display_id")
        self.shell.outputs.add({"output_type": "update_display_data" if update else "display_data", "data": _plain(data),
                                "metadata": metadata or {}, **({"display_id": str(known)} if known else {})})

    def clear_output(self, wait=False):
        self.shell.flush()
        self.shell.outputs.add({"output_type": "clear_output"})


class _Hook(DisplayHook):
    shell: Any
    _found: tuple | None = None

    def start_displayhook(self):
        self._found = None

    def write_output_prompt(self):
        pass

    def write_format_data(self, format_dict, md_dict=None):
        self._found = format_dict, md_dict or {}

    def finish_displayhook(self):
        if self._found and self._found[0]:
            self.shell.flush()
            self.shell.outputs.add({"output_type": "execute_result", "data": _plain(self._found[0]), "metadata": self._found[1],
                                    "execution_count": self.shell.execution_count})
        self._is_active = False


class Shell(InteractiveShell):
    """The shell of one notebook. Made once in the warm process; `open` is called in each worker."""

    outputs = AnyTrait()

    def __init__(self) -> None:
        config = Config()
        config.HistoryManager.enabled = False          # no database, no thread
        config.InteractiveShell.colors = "nocolor"
        config.InteractiveShell.autocall = 0
        self.outputs = Outputs()
        super().__init__(config=config, display_pub_class=_Publisher, displayhook_class=_Hook)
        InteractiveShell._instance = Shell._instance = self       # type: ignore[assignment]    # traitlets says None, and means this
        self.display_pub.shell = self

    def warm_up(self) -> None:
        """Do once what is slow the first time and that workers can inherit: a traceback (70 ms), a figure (130 ms)."""
        try:
            exec(compile("1 / 0", "<warm>", "exec"), {})
        except ZeroDivisionError:
            self.InteractiveTB.structured_traceback(*sys.exc_info())
        self.run_cell("pass", store_history=False)
        if self.display_formatter is not None:
            self.display_formatter.format(1)
        if "matplotlib.pyplot" in sys.modules:
            from IPython.core.pylabtools import print_figure
            from matplotlib import pyplot

            figure = pyplot.figure()
            figure.add_subplot(title="x", xlabel="y").plot([0, 1])
            print_figure(figure)
            pyplot.close("all")

    def open(self, emit: Callable[[dict], None], limit: int, native: int) -> None:
        """Begin to send outputs to `emit`; `native`: a file that holds what is written to the process's own stdout and stderr."""
        import asyncio

        self.outputs.emit, self.outputs.limit, self._native = emit, limit, native
        sys.stdout, sys.stderr = _Stream("stdout", self.outputs), _Stream("stderr", self.outputs)
        builtins.input = getpass.getpass = _no_input
        asyncio.set_event_loop(asyncio.new_event_loop())
        with contextlib.suppress(ImportError):
            from matplotlib_inline import backend_inline
            backend_inline.configure_inline_support(self, BACKEND)

    def run(self, text: str) -> bool:
        """Execute one cell and say whether it ended without an error."""
        self.outputs.begin()
        done = self.run_cell(text, store_history=True)
        self.flush()
        return bool(done.success)

    def flush(self) -> None:
        """Send what has been written so far, what C code and subprocesses wrote included."""
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):       # a notebook may have put anything there
                stream.flush()
        size = os.fstat(self._native).st_size
        if size:
            text = os.pread(self._native, self.outputs.limit, 0).decode("utf-8", "replace")
            os.ftruncate(self._native, 0)
            self.outputs.add({"output_type": "stream", "name": "stdout", "text": text})

    def system(self, cmd: str) -> None:
        """`!command`: without a pseudo-terminal, which a jail does not have."""
        done = subprocess.run(["/bin/sh", "-c", self.var_expand(cmd, depth=1)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        self.user_ns["_exit_code"] = done.returncode
        print(done.stdout.decode("utf-8", "replace"), end="")

    def _showtraceback(self, etype, evalue, stb):
        self.flush()
        self.outputs.add({"output_type": "error", "ename": str(getattr(etype, "__name__", etype)), "evalue": _said(evalue),
                          "traceback": list(stb)})

    def enable_gui(self, gui=None):
        pass

    def ask_exit(self):
        self.exit_now = False


def _no_input(*_: Any, **__: Any) -> str:
    from IPython.core.error import StdinNotImplementedError

    raise StdinNotImplementedError("raw_input was called, but this frontend does not support input requests.")


def _plain(data: dict) -> dict:
    return {str(kind): base64.b64encode(v).decode() if isinstance(v, bytes) else v for kind, v in data.items()}


def _said(error: Any) -> str:
    try:
        return str(error)
    except Exception:
        return "(its text cannot be shown)"
