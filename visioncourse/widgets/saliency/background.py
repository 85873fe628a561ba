"""Computations that go on beside the notebook, step by step, and can be stopped between two steps."""

import functools
import threading
from collections.abc import Callable, Iterator

from ..shared.base import Demo


class Background(threading.Thread):
    """Takes steps one after the other and hands each to `show`, until they end or stop() is called."""

    def __init__(self, steps: Iterator, show: Callable):
        super().__init__(daemon=True, name="visioncourse")
        self.steps, self.show, self.stopped = steps, show, threading.Event()

    def run(self) -> None:
        for step in self.steps:
            if self.stopped.is_set():
                return
            self.show(step)

    def stop(self) -> bool:
        """Return when the step that is under way has ended; it will not be shown. Whether there was anything to stop."""
        going = self.is_alive()
        self.stopped.set()
        self.join()
        return going


class Stepwise(Demo):
    """A demo whose answers take their time: the first is given at once, and the widget gets the others from the background."""

    _work: Background | None = None

    def _begin(self, answers: Iterator[dict]) -> dict:
        """The first of the answers, which tell the share that is done; the last where no widget could show those that follow."""
        answers, widget = _with_errors(answers), self.__dict__.get("widget")
        first = next(answers)
        if not hasattr(widget, "answer"):
            return [first, *answers][-1]
        if first["share"] < 1:
            self._work = Background(answers, functools.partial(setattr, widget, "answer"))
            self._work.start()
        return first

    def _halt(self) -> bool:
        """End what goes on in the background; whether there was anything."""
        work, self._work = self._work, None
        return work is not None and work.stop()


def _with_errors(answers: Iterator[dict]) -> Iterator[dict]:
    """The answers, and in one line what went wrong: what the learner gives, such as a network, may fail in any way."""
    try:
        yield from answers
    except Exception as error:
        yield {"message": " ".join(f"{type(error).__name__}: {error}".split()), "share": 1}
