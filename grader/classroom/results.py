"""Results of marking, as files named after what they depend on: submission, lessons, seed, settings, versions of the code.

Equal input means an equal name, so nothing is executed twice, an interrupted run goes on where it was, and folders of results
that several machines have made are merged by copying.
"""

import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from visioncourse.desk.verdict import Verdict
from visioncourse.files import write_whole

from ..lesson import modules
from ..lesson.cells import ROOT, Lesson
from ..sandbox.limits import Limits
from .submissions import Submission

FORMAT = 2                                             # of results; a change makes old results count as missing
_VERSIONS = ("numpy", "torch", "scipy", "ipython", "matplotlib", "scikit-learn", "scikit-image")


@dataclass(frozen=True)
class Settings:
    """How a class is marked; part of what a result depends on."""

    seed: int
    level: int
    limits: Limits = Limits()
    follow_through: bool = True


@dataclass
class Marked:
    """What came of one notebook of a submission.

    notebook: the executed notebook as JSON data. answers: texts of the answer cells by exercise. mended, events: what was put
    right, and what was stopped on the way, in sentences. tampering: signs of it, for the instructor alone.
    workers: processes that it took; 0 where there was no notebook.
    """

    notebook: dict[str, Any]
    checks: dict[str, Verdict]
    mended: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    tampering: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    workers: int = 0


@dataclass
class Result:
    """What came of one submission: plain data without the student's name, so that equal submissions have equal results."""

    seed: int
    level: int
    notes: list[str] = field(default_factory=list)     # about the files: renamed, left out, unreadable
    lessons: dict[str, Marked] = field(default_factory=dict)
    format: int = FORMAT

    def json(self) -> str:
        """The result as text; `from_json` reads it."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Result":
        """The result that `json` has written. Raises ValueError where the text is damaged or of another format."""
        try:
            found = json.loads(text)
            if found["format"] != FORMAT:
                raise ValueError(f"a result of format {found['format']}, this is {FORMAT}")
            lessons = {name: Marked(**{**marked, "checks": {n: Verdict.from_dict(v) for n, v in marked["checks"].items()}})
                       for name, marked in found.pop("lessons").items()}
            return cls(**found, lessons=lessons)
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"no result: {type(error).__name__}: {error}") from error


def key(submission: Submission, lessons: list[Lesson], settings: Settings, extra: dict[str, bytes] | None = None) -> str:
    """The name of a result. Of the sandbox's level it holds only whether there was one: work run without may have touched its result."""
    parts = [submission.digest(), *map(lesson_digest, lessons), str(settings.seed),
             str(settings.level == 0), str(settings.follow_through), json.dumps(settings.limits.as_dict()), environment(),
             *(f"{n}:{hashlib.sha256(c).hexdigest()}" for n, c in sorted((extra or {}).items()))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:40]


def lesson_digest(lesson: Lesson) -> str:
    """Digest of what results depend on in a lesson: its code, checks and answers, written questions, the modules it imports; no prose."""
    held = _lessons.get(id(lesson))
    if held is None or held[0] is not lesson:
        cells = [c for c in lesson.cells if c.kind == "code" or c.mark in ("given", "answer")]
        texts = [f"{c.kind} {c.mark} {c.name} {c.points} {c.policy} {c.raises} {c.why}\0{c.text}" for c in cells]
        titles = [f"{e.name} {e.title}" for e in lesson.exercises.values()]
        reached = modules.digest_of(modules.course_files(c.text for c in cells if c.kind == "code"))
        whole = hashlib.sha256("\0".join([lesson.name, *texts, *titles, reached]).encode("utf-8", "surrogatepass"))
        held = _lessons[id(lesson)] = (lesson, whole.hexdigest())
    return held[1]


_lessons: dict[int, tuple[Lesson, str]] = {}


@cache
def environment() -> str:
    """Digest of what every verdict depends on beside submission and lesson: Python, packages, and the code that judges."""
    whole = hashlib.sha256(f"{FORMAT} {platform.python_version()} {platform.machine()}".encode())
    for name in _VERSIONS:
        try:
            whole.update(f"{name} {importlib.metadata.version(name)}".encode())
        except importlib.metadata.PackageNotFoundError:
            continue
    grader, desk = Path(__file__).parents[1], ROOT / "visioncourse" / "desk"
    rooms = ("lesson", "notebook", "judging", "sandbox")
    marking = [grader / "classroom" / f"{n}.py" for n in ("submissions", "sitting", "marking", "follow_through")]
    for path in [*(p for room in rooms for p in sorted((grader / room).glob("*.py"))), *marking, desk / "testing.py", desk / "verdict.py"]:
        whole.update(path.read_bytes())
    return whole.hexdigest()


class Store:
    """A folder of results."""

    def __init__(self, folder: Path):
        self.folder = folder

    def path(self, name: str) -> Path:
        return self.folder / name[:2] / f"{name}.json"

    def has(self, name: str) -> bool:
        """Whether the result is there and whole; a damaged one counts as missing."""
        try:
            self.load(name)
            return True
        except (OSError, ValueError):
            return False

    def load(self, name: str) -> Result:
        """Raises OSError or ValueError where the file is missing or damaged."""
        return Result.from_json(self.path(name).read_text(encoding="utf-8", errors="surrogatepass"))

    def save(self, name: str, result: Result) -> None:
        """Write as a whole or not at all, in place of a damaged one. Raises OSError, for instance where the disk is full."""
        path = self.path(name)
        if path.is_dir():
            path.rename(path.with_name(f"{name}.damaged-{uuid4().hex}"))
        write_whole(path, result.json(), durable=True)

    def names(self) -> Iterator[str]:
        return (p.stem for p in sorted(self.folder.glob("??/*.json")))
