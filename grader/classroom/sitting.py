"""One run of a submitted notebook in the sandbox, in as many workers as it takes, and the judging of its checks on the way.

A cell that hangs or ends the process costs that cell: a fresh worker repeats the earlier cells that succeeded and the run
goes on.
"""

import contextlib
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from visioncourse.desk.verdict import Verdict

from ..judging import policies, verdicts
from ..judging.transport import Lost
from ..lesson.cells import Cell, Lesson, exercise_of
from ..sandbox.host import Line, Worker
from ..sandbox.remote import Remote
from .results import Settings
from .submissions import Place


@dataclass
class Sitting:
    """One run of a notebook, in as many workers as it takes."""

    line: Line
    places: list[Place]
    files: dict[str, bytes]
    settings: Settings
    start: int                                         # number for the generators of the worker
    outputs: dict[int, list[dict]] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)
    tampering: list[str] = field(default_factory=list)
    bindings: dict[int, list[tuple[str, str, Callable]]] = field(default_factory=dict)     # after a cell: what then comes from us
    done: list[int] = field(default_factory=list)
    worker: Worker | None = None
    workers: int = 0
    deadline: float = 0.0

    def __post_init__(self) -> None:
        self.deadline = time.monotonic() + self.settings.limits.submission

    def execute(self, number: int) -> None:
        """Run one cell and keep what it shows."""
        worker = self.ready()
        if worker is None:
            why = "This cell was not run: the notebook had used up its time or its number of restarts."
            self.outputs[number] = [error_output("NotRun", why)]
            return
        cell = worker.execute(self.places[number].text, self._seconds())
        self.counts[number] = len(self.counts) + 1
        self.outputs[number] = cell.outputs
        if cell.ended:
            said = f"This cell was stopped: {cell.ended}."
            self.outputs[number].append(error_output("Stopped", said))
            self.events.append(f"cell {number + 1} was stopped: {cell.ended}")
        for output in cell.outputs:
            if output["output_type"] == "execute_result":
                output["execution_count"] = self.counts[number]
            output.pop("display_id", None)
        if cell.ok:
            self.done.append(number)
        self._bind(number, worker)
        self._watch()

    def ready(self) -> Worker | None:
        """A living worker in which everything that has succeeded so far has been run; None where no more may be started."""
        while self.worker is None or not self.worker.alive:
            if self.workers > self.settings.limits.replays or time.monotonic() > self.deadline:
                return None
            self.worker, self.workers = self.line.spawn(), self.workers + 1
            with contextlib.suppress(Lost):
                if self.files:
                    self.worker.ask("files", self.files, seconds=60)
                self.worker.ask("seed", self.start, seconds=60)
                self._replay(self.worker)
        return self.worker

    def judge(self, lesson: Lesson, check: Cell, answer: str) -> Verdict:
        """The verdict on one check; the worker may be dead afterwards."""
        worker = self.ready()
        if worker is None:
            return Verdict(lesson.name, check.name, "failed", worth=check.points,
                           headline="The notebook had used up its time before this check.")
        policy = lesson.exercises[exercise_of(check.name)].solve.policy
        remote = Remote(worker, counting=bool(policy))
        packages = policies.imported([p.text for p in self.places if p.kind == "code"]) if policy else {}
        said = in_time(lambda: verdicts.verdict(lesson, check, remote, self.settings.seed, answer=answer, packages=packages),
                        self.settings.limits.check + 5, lesson, check)
        if worker.alive:
            with contextlib.suppress(Lost):
                worker.ask("forget", seconds=5)
        self._watch()
        return said

    def close(self) -> None:
        if self.worker is not None:
            self.worker.kill()

    def _replay(self, worker: Worker) -> None:
        for number in list(self.done):
            if not worker.execute(self.places[number].text, self._seconds()).ok:
                self.events.append(f"cell {number + 1} did not succeed when it was repeated in a fresh process")
                self.done.remove(number)
            if not worker.alive:
                return
            self._bind(number, worker)

    def _bind(self, number: int, worker: Worker) -> None:
        for place, name, function in self.bindings.get(number, []):
            if worker.alive:
                with contextlib.suppress(Lost):
                    worker.bind(place, name, function)

    def _seconds(self) -> float:
        return max(0.1, min(self.settings.limits.cell, self.deadline - time.monotonic()))

    def _watch(self) -> None:
        if self.worker is not None and self.worker.tampering:
            self.tampering.append(self.worker.tampering)
            self.worker.tampering = ""


def in_time(action: Callable[[], Verdict], seconds: float, lesson: Lesson, check: Cell) -> Verdict:
    """What the check itself computes is bounded too: a result may be made to keep it busy, or to fill its memory."""
    class _TooLong(BaseException):
        pass

    def stop(*_: Any) -> None:
        raise _TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    headline = ""
    try:
        return action()
    except _TooLong:
        headline = f"The check did not end within {seconds:g} s with the results of your code."
    except (MemoryError, RecursionError) as error:
        headline = f"The check could not use the results of your code: {type(error).__name__}."
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return Verdict(lesson.name, check.name, "failed", worth=check.points, headline=headline)


def error_output(name: str, text: str) -> dict:
    return {"output_type": "error", "ename": name, "evalue": text, "traceback": [text]}
