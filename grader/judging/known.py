"""What is known of an exercise before anybody answers it: what its known mistakes make cross, and which arguments its solution changes.

It is data, computed once and kept by everything that it depends on and nothing else: the texts of the check, of the answers and of
the statements that they need, the course's modules that these reach, the judge, and the versions of the packages. So a diagnosis
is a comparison, and a comma in the prose costs nothing.
"""

import contextlib
import hashlib
import importlib.metadata
import os
import pickle
import platform
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from visioncourse.files import replacing

from .. import threads
from ..lesson import dependencies, modules, read
from ..lesson.cells import ROOT, Cell, Exercise, Lesson, without_marks
from . import codec
from .proxies import Run
from .run import DEFAULT_SEED, reach, run_check
from .sketches import alike, sketch
from .transport import Handle
from .trials import Names, try_answers

FOLDER = ROOT / "build" / "known"
_PACKAGES = ("numpy", "torch", "scipy", "scikit-learn", "scikit-image", "matplotlib")
_MOST = 64 << 20                                       # bytes of one file

Crossings = list[tuple[str, Any]]                      # (what crossed, its sketch), in order
Many = dict[tuple[str, str], "Known"]                  # by lesson and check


@dataclass(frozen=True)
class Known:
    """Of one check and seed. overwritten: arguments that the solution changes, as (call, argument). mistakes: by `why`, what crosses."""

    overwritten: frozenset[tuple[int, int | str]] = frozenset()
    mistakes: dict[str, Crossings] = field(default_factory=dict)

    def names(self, run: Run) -> list[str]:
        """The `why` of every mistake that makes the same cross as a run that was made with stop=False."""
        return self.coinciding(crossings(run))

    def coinciding(self, crossed: Crossings) -> list[str]:
        """The `why` of every mistake that makes the same cross."""
        return [why for why, theirs in self.mistakes.items() if coincide(crossed, theirs)]


def known(lesson: Lesson, check: Cell, seed: int = DEFAULT_SEED) -> Known:
    """What is known for a check and a seed: from memory, from the disk, or computed now and kept."""
    exercise = lesson.exercise_of(check)
    name = key(lesson, exercise, check, seed)
    if name not in _memory:
        found = _read(name)
        if found is None:
            prepare(lesson, exercise, [seed])
        else:
            _memory[name] = found
    return _memory[name]


def prepare(lesson: Lesson, exercise: Exercise, seeds: Sequence[int]) -> None:
    """Have what is known of all checks of an exercise computed for these seeds, and keep it.

    A process of its own computes it: whoever calls may have threads, which no fork survives, or a learner's settings.
    """
    start = f"import sys; sys.path[:] = {[p for p in sys.path if p]!r}; from grader.judging.known import serve; serve()"
    asked = pickle.dumps((lesson, exercise.name, list(seeds)))
    done = subprocess.run([sys.executable, "-c", start], input=asked, stdout=subprocess.PIPE, check=True)
    found: dict[tuple[str, int], Known] = pickle.loads(done.stdout)
    for check in exercise.checks:
        for seed in seeds:
            keep(lesson, check, seed, found[check.name, seed])


def within(lesson: Lesson, check: Cell, seed: int, seconds: float) -> Known | None:
    """The same where it is at hand or can be computed within so many seconds; else None, and it is computed in the background."""
    place = lesson.name, lesson.exercise_of(check).name
    if not is_kept(lesson, check, seed):
        if place not in _running:
            _running[place] = begin(":".join(place), seed)
        with contextlib.suppress(subprocess.TimeoutExpired):
            _running[place].wait(seconds)
            del _running[place]
    return known(lesson, check, seed) if is_kept(lesson, check, seed) else None


def begin(place: str, seed: int = DEFAULT_SEED) -> subprocess.Popen[bytes]:
    """Start computing, in the background and at the lowest priority, what is known of a lesson or of an exercise as "a1/knn:two-loops"."""
    places = [p for p in sys.path if p]
    start = f"import sys; sys.path[:] = {places!r}; from grader.judging.known import compute; compute({place!r}, {seed})"
    return subprocess.Popen([sys.executable, "-c", start], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def compute(place: str, seed: int) -> None:
    """What `begin` starts: compute and keep whatever is not kept yet, one exercise after the other."""
    threads.one_each()
    if hasattr(os, "nice"):
        os.nice(19)
    lesson, wanted = read.find(place)
    for exercise in lesson.exercises.values():
        if wanted in ("", exercise.name) and not all(is_kept(lesson, check, seed) for check in exercise.checks):
            found = computed(lesson, exercise, [seed])
            for check in exercise.checks:
                keep(lesson, check, seed, found[check.name, seed])


def serve() -> None:
    """Compute what `prepare` asks for on standard input and write it to standard output."""
    threads.one_each()
    lesson, name, seeds = pickle.load(sys.stdin.buffer)
    target = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)                                      # whatever prints must not meet the answer
    target.write(pickle.dumps(computed(lesson, lesson.exercises[name], seeds)))
    target.close()


def computed(lesson: Lesson, exercise: Exercise, seeds: Sequence[int]) -> dict[tuple[str, int], Known]:
    """What is known, by check and seed, computed in forks of this process, which must have one thread alone."""
    mistakes = exercise.wrong
    answers = [without_marks(exercise.solve), *(cell.text for cell in mistakes)]

    def work(place: int, check: Cell, names: Names) -> list[tuple[set[tuple[int, int | str]], Crossings]]:
        runs = [run_check(lesson, check, reach(exercise, names), seed, stop=False) for seed in seeds]
        return [(run.overwritten, crossings(run)) for run in runs]

    tried = dict(try_answers(lesson, exercise, answers, work))
    return {(check.name, seed): Known(frozenset(tried[0][number][turn][0]),
                                      {cell.why: tried[place][number][turn][1] for place, cell in enumerate(mistakes, 1)})
            for number, check in enumerate(exercise.checks) for turn, seed in enumerate(seeds)}


def keep(lesson: Lesson, check: Cell, seed: int, found: Known) -> None:
    """Remember what is known of a check and a seed, in memory and, where that is possible, on the disk."""
    remember(lesson, check, seed, found)
    name = key(lesson, lesson.exercise_of(check), check, seed)
    with contextlib.suppress(OSError), replacing(FOLDER / name[:2] / name) as file:
        for part in codec.encode([sorted(found.overwritten, key=str), found.mistakes], _reference):
            file.write(part)


def remember(lesson: Lesson, check: Cell, seed: int, found: Known) -> None:
    """Remember what is known of a check and a seed in this process alone."""
    _memory[key(lesson, lesson.exercise_of(check), check, seed)] = found


def is_kept(lesson: Lesson, check: Cell, seed: int = DEFAULT_SEED) -> bool:
    """Whether what is known of a check and a seed is at hand without computing it."""
    name = key(lesson, lesson.exercise_of(check), check, seed)
    return name in _memory or (FOLDER / name[:2] / name).is_file()


def crossings(run: Run) -> Crossings:
    """What crossed in a run, as it is kept."""
    return [(what, sketch(value)) for what, value in run.crossings]


def key(lesson: Lesson, exercise: Exercise, check: Cell, seed: int) -> str:
    """The name under which it is kept what is known of a check and a seed."""
    return hashlib.sha256(f"{_dependencies(lesson, exercise, check)} {seed}".encode()).hexdigest()[:40]


@cache
def machinery() -> str:
    """A digest of the judge and of the packages that answers compute with."""
    rooms = [p for room in ("judging", "lesson") for p in (ROOT / "grader" / room).glob("*.py")]
    versions = []
    for name in _PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions.append(f"{name} {importlib.metadata.version(name)}")
    return modules.digest_of(rooms) + f" {platform.python_version()} {platform.machine()} {versions}"


def needed_texts(lesson: Lesson, exercise: Exercise, check: Cell, answers: Iterable[str]) -> list[str]:
    """The statements, as texts, that a check needs with each of these answers."""
    before = lesson.executed_before(check)
    wanted, imported = dependencies.free_names(check.text) | {"vc"}, dependencies.imported_names(lesson)
    found = []
    for answer in answers:
        texts = [answer if c is exercise.solve else c.text for c in before]
        found += [dependencies.text_of(tree) for _, tree in dependencies.needed_statements(texts, wanted, imported)]
    return found


_memory: dict[str, Known] = {}
_running: dict[tuple[str, str], subprocess.Popen[bytes]] = {}
_digests: dict[tuple[int, str], tuple[Lesson, str]] = {}


def _dependencies(lesson: Lesson, exercise: Exercise, check: Cell) -> str:
    held = _digests.get((id(lesson), check.name))
    if held is None or held[0] is not lesson:
        texts = needed_texts(lesson, exercise, check, [without_marks(exercise.solve), *(c.text for c in exercise.wrong)])
        whole = hashlib.sha256(machinery().encode())
        for part in (check.name, check.text, *(c.why + "\0" + c.text for c in exercise.wrong), *dict.fromkeys(texts),
                     modules.digest_of(modules.course_files([check.text, *texts]))):
            whole.update(part.encode() + b"\0")
        held = _digests[id(lesson), check.name] = (lesson, whole.hexdigest())
    return held[1]


def coincide(a: Crossings, b: Crossings) -> bool:
    """Whether two answers made the same cross."""
    return len(a) == len(b) and all(x[0] == y[0] and alike(x[1], y[1]) for x, y in zip(a, b, strict=True))


def _read(name: str) -> Known | None:
    path = FOLDER / name[:2] / name
    try:
        with path.open("rb") as file:
            overwritten, mistakes = codec.decode(lambda n: bytearray(file.read(n)), _MOST, _resolve, names=True)
        return Known(frozenset((call, argument) for call, argument in overwritten), mistakes)
    except FileNotFoundError:
        return None
    except Exception:                                  # damaged: it is computed again
        return None


def _reference(value: Any) -> dict[str, Any]:
    return {"~": "handle", "i": 0, "c": value.kind if isinstance(value, Handle) else type(value).__name__, "n": ""}


def _resolve(tree: dict[str, Any]) -> Handle:
    return codec.handle_of(tree, lambda number, name: None)
