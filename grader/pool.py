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
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from . import marking, results, submissions
from .marking import Settings
from .results import Store
from .sandbox import system
from .sandbox.host import Line, Warm
from .source import Lesson

_JUDGE_MEMORY = 6 << 30                                # bytes of data beyond what a judging process has when it starts
_TRIES = 2


@dataclass(frozen=True)
class Outcome:
    """One submission is marked, or could not be: then `problem` says why. fresh: executed now, not found among the results."""

    student: str
    key: str = ""
    problem: str = ""
    fresh: bool = False
    seconds: float = 0.0


class Pool:
    """So many judging processes over one warm process."""

    def __init__(self, warm: Warm, lessons: list[Lesson], settings: Settings, store: Store, extra: dict[str, bytes], count: int):
        self._warm, self._job = warm, (lessons, settings, store, extra)
        # Twice what one submission may take, for a judging process that no longer answers to its own clock.
        self._patience = 2 * settings.limits.submission * max(1, len(lessons)) + 120
        self._judges = [self._start() for _ in range(count)]

    def run(self, tasks: Iterator[tuple[str, Path]]) -> Iterator[Outcome]:
        """Mark the submissions (student, folder) and yield each outcome as it comes. Takes a task only when a process is free."""
        waiting: list[tuple[str, Path, int]] = []
        busy: dict[Connection, tuple] = {}
        idle = list(self._judges)
        tasks = iter(tasks)
        while True:
            while idle:
                task = waiting.pop() if waiting else next(((*t, 1) for t in tasks), None)
                if task is None:
                    break
                judge = idle.pop()
                try:
                    judge.line.send(task[:2])
                except OSError:                        # it ended while it had nothing to do
                    yield from self._replace(judge, (*task[:2], 0), idle, waiting, "")
                    continue
                busy[judge.line] = (judge, task, time.monotonic())
            if not busy:
                return
            for line in wait(list(busy), timeout=1.0):
                judge, task, _ = busy.pop(line)
                try:
                    outcome = line.recv()
                    idle.append(judge)
                    yield outcome
                except (EOFError, OSError):
                    yield from self._replace(judge, task, idle, waiting, "the process that judged it ended")
            for line, (judge, task, since) in list(busy.items()):
                if time.monotonic() - since > self._patience:
                    del busy[line]
                    yield from self._replace(judge, task, idle, waiting, f"it was not done after {self._patience:g} s")

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

    def _replace(self, judge: "_Judge", task: tuple, idle: list, waiting: list, why: str) -> Iterator[Outcome]:
        judge.process.kill()
        judge.process.join()
        judge.line.close()
        self._judges.remove(judge)
        fresh = self._start()
        self._judges.append(fresh)
        idle.append(fresh)
        student, folder, tried = task
        if tried < _TRIES:
            waiting.append((student, folder, tried + 1))
        else:
            yield Outcome(student, problem=f"{why}, {_TRIES} times")

    def _start(self) -> "_Judge":
        ours, theirs = multiprocessing.Pipe()
        line = self._warm.new_line()
        others = [j.line for j in getattr(self, "_judges", [])]
        process = multiprocessing.get_context("fork").Process(target=_serve, args=(theirs, ours, others, line, *self._job), daemon=True)
        process.start()
        theirs.close()
        line.end.close()
        return _Judge(process, ours)


@dataclass(eq=False)
class _Judge:
    process: multiprocessing.Process
    line: Connection


def mark_folder(line: Line, folder: Path, lessons: list[Lesson], settings: Settings, store: Store, extra: dict[str, bytes]) -> tuple[str, bool]:
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
    _bound_memory()
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)        # libgomp hangs in a child whose parent has used more than one
    sys.stdout = open(os.devnull, "w", encoding="utf-8")     # noqa: SIM115
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
