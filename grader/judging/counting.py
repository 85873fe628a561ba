"""Counts what a call runs: lines of the notebook's own Python, and the packages that it enters."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


class Counts:
    """While it is entered: `lines` executed of notebook cells (and of modules below `folder`), `packages` whose functions are called."""

    def __init__(self, folder: str = "") -> None:
        self.lines = 0
        self.packages: set[str] = set()
        self._folder = folder

    def __enter__(self) -> "Counts":
        self._before = sys.gettrace(), sys.getprofile()
        sys.setprofile(self._called)
        sys.settrace(self._traced)
        return self

    def __exit__(self, *_: Any) -> None:
        sys.settrace(self._before[0])
        sys.setprofile(self._before[1])

    def _traced(self, frame: FrameType, event: str, _: Any) -> Callable[..., Any] | None:
        name = frame.f_code.co_filename
        # a notebook can set __name__
        cell = frame.f_globals.get("__name__") == "__main__" or name.startswith("<ipython") or "ipykernel_" in name
        if not cell and not (self._folder and name.startswith(self._folder)):
            return None
        self.lines += event == "line"
        return self._traced

    def _called(self, frame: FrameType, event: str, function: Any) -> None:
        module = frame.f_globals.get("__name__") if event == "call" else getattr(function, "__module__", None)
        if event in ("call", "c_call") and isinstance(module, str):
            self.packages.add(module.partition(".")[0])
