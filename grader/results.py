"""Results of marking, as files named after what they depend on: submission, lessons, seed, settings, versions of the code.

Equal input means an equal name, so nothing is executed twice, an interrupted run goes on where it was, and folders of results
that several machines have made are merged by copying.
"""

import hashlib
import importlib.metadata
import json
import os
import platform
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from . import marking, source
from .marking import Settings
from .source import Lesson
from .submissions import Submission

_VERSIONS = ("numpy", "torch", "scipy", "ipython", "matplotlib", "scikit-learn", "scikit-image")


def key(submission: Submission, lessons: list[Lesson], settings: Settings, extra: dict[str, bytes] | None = None) -> str:
    """The name of a result. Of the sandbox's level it holds only whether there was one: work run without may have touched its result."""
    parts = [submission.digest(), *(hashlib.sha256(lesson.path.read_bytes()).hexdigest() for lesson in lessons), str(settings.seed),
             str(settings.level == 0), str(settings.follow_through), json.dumps(settings.limits.as_dict()), environment(),
             *(f"{n}:{hashlib.sha256(c).hexdigest()}" for n, c in sorted((extra or {}).items()))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:40]


@cache
def environment() -> str:
    """Digest of everything but the submission that a verdict depends on: Python, packages, and the code that judges."""
    whole = hashlib.sha256(f"{marking.FORMAT} {platform.python_version()} {platform.machine()}".encode())
    for name in _VERSIONS:
        try:
            whole.update(f"{name} {importlib.metadata.version(name)}".encode())
        except importlib.metadata.PackageNotFoundError:
            continue
    here = Path(__file__).parent
    names = ("judge", "transport", "slices", "source", "marking", "submissions", "policies", "counting")
    for path in [*(here / f"{n}.py" for n in names), *sorted((here / "sandbox").glob("*.py")), source.ROOT / "visioncourse" / "testing.py"]:
        if path.is_file():
            whole.update(path.read_bytes())
    return whole.hexdigest()


class Store:
    """A folder of results."""

    def __init__(self, folder: Path):
        self.folder = folder

    def path(self, name: str) -> Path:
        return self.folder / name[:2] / f"{name}.json"

    def has(self, name: str) -> bool:
        return self.path(name).is_file()

    def load(self, name: str) -> dict[str, Any]:
        return json.loads(self.path(name).read_text(encoding="utf-8"))

    def save(self, name: str, result: dict[str, Any]) -> None:
        """Write as a whole or not at all. Raises OSError, for instance where the disk is full."""
        write_whole(self.path(name), json.dumps(result, ensure_ascii=False, separators=(",", ":")))

    def names(self) -> Iterator[str]:
        return (p.stem for p in sorted(self.folder.glob("??/*.json")))


def write_whole(path: Path, text: str) -> None:
    """Replace a file so that whoever reads it, or restarts after a crash, sees the old or the new one and nothing between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="surrogatepass") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(scratch, path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise
