"""A computation that goes on beside the notebook, step by step, and can be stopped between two steps."""

import threading
from collections.abc import Callable, Iterator


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

    def stop(self) -> None:
        """Return when the step that is under way has ended; it will not be shown."""
        self.stopped.set()
        self.join()
