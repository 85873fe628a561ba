"""Processes that mark: each judges in itself and has its students' code run in workers of one warm process that all share.

Judging is kept out of the process that schedules and records, because a learner's result can be made to fill the memory of
whoever computes with it. A process that dies takes one submission with it, which is tried once more.
"""

import contextlib
import multiprocessing
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from ..lesson.cells import Lesson
from ..sandbox import system
from ..sandbox.host import Line, Warm
from . import marking, results, submissions
from .results import Settings, Store

_JUDGE_MEMORY = 6 << 30                                # bytes of data beyond what a judging process has when it starts
_TRIES = 2
_ENDED = "the process that judged it ended"
_AHEAD = 2                                             # tasks that a judging process holds, so as not to wait for the recording


@dataclass(frozen=True)
class Outcome:
    """One submission is marked, or could not be: then `problem` says why. fresh: executed now, not found among the results."""

    student: str
    key: str = ""
    problem: str = ""
    fresh: bool = False
    seconds: float = 0.0


class Pool:
    """So many judging processes over one warm process. alone: nothing else of ours, such as recording, works at the same time."""

    def __init__(self, warm: Warm, lessons: list[Lesson], settings: Settings, store: Store, extra: dict[str, bytes],
                 count: int, alone: bool):
        self._warm, self._job = warm, (lessons, settings, store, extra)
        # Twice what one submission may take, for a judging process that no longer answers to its own clock.
        self._patience = 2 * settings.limits.submission * max(1, len(lessons)) + 120
        # Alone and one for each processor: each keeps to one, with its workers, which answer it one at a time. With fewer nobody
        # is tied down, since other runs on this machine would choose the same processors.
        processors = sorted(os.sched_getaffinity(0))
        self._judges = [self._start(processor) for processor in (processors if alone and count == len(processors) else [None] * count)]

    def run(self, tasks: Iterator[tuple[str, Path]]) -> Iterator[Outcome]:
        """Mark the submissions (student, folder) and yield each outcome as it comes. Takes a task only when a process has room for it."""
        waiting: list[_Task] = []
        queue = (_Task(student, folder) for student, folder in tasks)
        done: list[Outcome] = []
        while True:
            done += self._hand_out(queue, waiting)     # before the caller, who records, takes its time
            yield from done
            held: dict[Any, _Judge] = {judge.line: judge for judge in self._judges if judge.held}
            done = []
            if not (held or waiting):
                return
            for line in wait(list(held), timeout=1.0) if held else []:
                try:
                    done.append(held[line].answer())
                except (EOFError, OSError):
                    done += self._replace(held[line], _ENDED, waiting)
            for judge in [j for j in self._judges if j.held and time.monotonic() - j.since > self._patience]:
                done += self._replace(judge, f"it was not done after {self._patience:g} s", waiting)

    def close(self) -> None:
        for judge in self._judges:
            judge.line.close()
        for judge in self._judges:
            judge.process.join(5)
            if judge.process.is_alive():
                judge.process.kill()
                judge.process.join()

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _hand_out(self, tasks: Iterator["_Task"], waiting: list["_Task"]) -> list[Outcome]:
        """Fill up every process, first those that have nothing."""
        done: list[Outcome] = []
        for room in range(_AHEAD):
            for judge in [j for j in self._judges if len(j.held) <= room]:
                task = waiting.pop() if waiting else next(tasks, None)
                if task is not None and not judge.take(task):
                    done += self._replace(judge, _ENDED if len(judge.held) > 1 else "", waiting)
        return done

    def _replace(self, judge: "_Judge", why: str, waiting: list["_Task"]) -> list[Outcome]:
        """A fresh process for one that ended; the task it was at is tried again or, the second time, given up."""
        judge.process.kill()
        judge.process.join()
        judge.line.close()
        self._judges[self._judges.index(judge)] = self._start(judge.processor)
        at, *untouched = judge.held
        waiting += reversed(untouched)
        at.tried += bool(why)
        if at.tried < _TRIES:
            waiting.append(at)
            return []
        return [Outcome(at.student, problem=f"{why}, {_TRIES} times")]

    def _start(self, processor: int | None) -> "_Judge":
        ours, theirs = multiprocessing.Pipe()
        line = self._warm.new_line(processor)
        others = [j.line for j in getattr(self, "_judges", [])]
        process = multiprocessing.get_context("fork").Process(target=_serve, args=(theirs, ours, others, line, *self._job), daemon=True)
        process.start()
        theirs.close()
        line.end.close()
        return _Judge(process, ours, processor)


@dataclass(eq=False)
class _Task:
    student: str
    folder: Path
    tried: int = 0


@dataclass(eq=False)
class _Judge:
    """A judging process and the tasks it holds; it is at the first of them, since the time `since`."""

    process: BaseProcess
    line: Connection
    processor: int | None                              # the only one that it runs on
    held: list[_Task] = field(default_factory=list)
    since: float = 0.0

    def take(self, task: _Task) -> bool:
        """Hand over one task more; False if the process has ended."""
        self.since = self.since if self.held else time.monotonic()
        self.held.append(task)
        try:
            self.line.send((task.student, task.folder))
        except OSError:
            return False
        return True

    def answer(self) -> Outcome:
        """The outcome of the task it was at. Raises EOFError or OSError if the process has ended."""
        outcome = self.line.recv()
        self.held.pop(0)
        self.since = time.monotonic()
        return outcome


def mark_folder(line: Line, folder: Path, lessons: list[Lesson], settings: Settings, store: Store,
                extra: dict[str, bytes]) -> tuple[str, bool]:
    """Mark one submission unless its result is there already; returns the result's key and whether it was executed."""
    submission = submissions.read(folder)
    key = results.key(submission, lessons, settings, extra)
    if store.has(key):
        return key, False
    store.save(key, marking.mark(line, lessons, submission, settings, extra))
    return key, True


def _serve(tasks: Connection, parents: Connection, others: list[Connection], line: Line, lessons: list[Lesson], settings: Settings,
           store: Store, extra: dict[str, bytes]) -> None:
    system.die_with_parent(signal.SIGKILL)
    for connection in (parents, *others):              # inherited by the fork: held open, they would outlive the parent
        with contextlib.suppress(OSError):
            connection.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)       # Ctrl-C reaches the whole group; the parent decides
    if line.processor is not None:
        os.sched_setaffinity(0, {line.processor})
    _bound_memory()
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)        # libgomp hangs in a child whose parent has used more than one
    sys.stdout = open(os.devnull, "w", encoding="utf-8")
    while True:
        try:
            student, folder = tasks.recv()
        except (EOFError, OSError):
            os._exit(0)
        start = time.monotonic()
        try:
            key, fresh = mark_folder(line, folder, lessons, settings, store, extra)
            outcome = Outcome(student, key, fresh=fresh, seconds=time.monotonic() - start)
        except Exception as error:                     # one submission must never stop the class
            outcome = Outcome(student, problem=f"{type(error).__name__}: {error}", seconds=time.monotonic() - start)
        try:
            tasks.send(outcome)
        except OSError:
            os._exit(0)


def _bound_memory() -> None:
    with open("/proc/self/statm", encoding="ascii") as file:
        data = int(file.read().split()[5]) * resource.getpagesize()
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    wanted = data + _JUDGE_MEMORY
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
