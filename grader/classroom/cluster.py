"""The same marking on a Dask cluster. A Dask worker never runs a student's code: it hands submissions to a station.

A station is a process of its own, executed by the Dask worker and ending with it, that has a warm process and marks one
submission at a time. Lessons and files travel as bytes, results come back as JSON; Dask's own messages are trusted, so a
cluster belongs on a network of its own or behind TLS.
"""

import atexit
import contextlib
import os
import pickle
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from .. import threads
from ..judging import known
from . import results, submissions, warmup
from .pool import Outcome
from .results import Result, Settings, Store

_AHEAD = 3                                             # submissions per thread of the cluster that are on their way
_RETRIES = 3


def run(address: str, assignment: Any, settings: Settings, store: Store, todo: list[tuple[str, Path]], minimum: int) -> Iterator[Outcome]:
    """Mark submissions on the cluster whose scheduler has that address, and yield outcomes as they come.

    Raises ValueError where there is no such cluster or dask.distributed is not installed.
    """
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise ValueError("--cluster needs dask.distributed: pip install 'visioncourse[cluster]'") from None
    try:
        client = Client(address, timeout=10)
    except OSError as error:
        raise ValueError(f"no Dask scheduler answers at {address}: {error}") from None
    with client:
        mistakes = warmup.know_mistakes(assignment.lessons, settings.seed, len(os.sched_getaffinity(0)))
        job = client.scatter(pickle.dumps((assignment.lessons, settings, assignment.extra, minimum, results.environment(), mistakes)),
                             hash=True, broadcast=True)
        waiting = iter(todo)
        flying: dict[Any, tuple[str, str]] = {}
        done = as_completed()
        finished: list[Outcome] = []

        def send() -> bool:
            for student, folder in waiting:
                submission = submissions.read(folder)
                key = results.key(submission, assignment.lessons, settings, assignment.extra)
                if store.has(key):
                    finished.append(Outcome(student, key))
                    return True
                future = client.submit(_mark, job, pickle.dumps(submission), retries=_RETRIES, pure=False)
                flying[future] = student, key
                done.add(future)
                return True
            return False

        more = True
        while more or flying:
            while more and len(flying) < _AHEAD * max(1, sum(client.nthreads().values())):
                more = send()
                yield from finished
                finished.clear()
            if not flying:
                continue
            future = next(done)
            student, key = flying.pop(future)
            try:
                store.save(key, Result.from_json(future.result()))
                yield Outcome(student, key, fresh=True)
            except Exception as error:                 # a submission that ends worker after worker, or a station that cannot start
                if isinstance(error, OSError):
                    raise
                yield Outcome(student, problem=f"{type(error).__name__}: {error}")
            future.release()


# -------------------------------------------------------------------------------------------- in a Dask worker

_station: "_Station | None" = None
_one_at_a_time = threading.Lock()


def _mark(job: bytes, submission: bytes) -> str:
    global _station
    with _one_at_a_time:
        if _station is None or _station.job != job or not _station.alive():
            if _station is not None:
                _station.close()
            _station = _Station(job)
        return _station.mark(submission)


class _Station:
    def __init__(self, job: bytes):
        self.job = job
        start = f"import sys; sys.path[:] = {[p for p in sys.path if p]!r}; from grader.classroom.cluster import station; station()"
        self.process = subprocess.Popen([sys.executable, "-c", start], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("a station without pipes")
        self._input, self._output = self.process.stdin, self.process.stdout
        atexit.register(self.close)
        _send(self._input, job)

    def alive(self) -> bool:
        return self.process.poll() is None

    def mark(self, submission: bytes) -> str:
        _send(self._input, submission)
        kind, text = pickle.loads(_receive(self._output))
        if kind != "result":
            raise RuntimeError(text)
        return text

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._output.close()
        with contextlib.suppress(OSError):             # what it had not taken yet
            self._input.close()


def station() -> None:
    """Mark what comes in on standard input until it ends."""

    threads.one_each()
    source, target = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)                                      # whatever prints must not meet the results
    lessons, settings, extra, minimum, environment, mistakes = pickle.loads(_receive(source))
    try:
        from ..sandbox import doctor
        from . import marking

        level, why = doctor.best_level()
        if level < minimum:
            raise RuntimeError(f"this worker cannot lock students' code in: {why}")
        if results.environment() != environment:
            raise RuntimeError("this worker has other versions of Python, the packages or the grader than the machine that records")
        settings = replace(settings, level=level)
        warm = warmup.warm_process(lessons, settings, Path(os.devnull))
        warmup.import_for_checks(lessons)
        for lesson in lessons:
            for check in (c for c in lesson.cells if c.mark == "check"):
                known.remember(lesson, check, settings.seed, mistakes[lesson.name, check.name])
    except Exception as error:
        warm, trouble = None, f"{type(error).__name__}: {error}"
    while True:
        try:
            submission = pickle.loads(_receive(source))
        except EOFError:
            break
        if warm is None:
            answer = "error", trouble
        else:
            try:
                answer = "result", marking.mark(warm.line, lessons, submission, settings, extra).json()
            except Exception as error:
                answer = "error", f"{type(error).__name__}: {error}"
        _send(target, pickle.dumps(answer))
    if warm is not None:
        warm.close()


def _send(file: IO[bytes], content: bytes) -> None:
    file.write(struct.pack("<Q", len(content)) + content)
    file.flush()


def _receive(file: IO[bytes]) -> bytes:
    head = file.read(8)
    if len(head) < 8:
        raise EOFError
    content = file.read(struct.unpack("<Q", head)[0])
    return content
