"""What the last build made from what: git-ignored, it only saves time and tells work of a learner's from what was built."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import nbformat

from ..lesson import modules, read
from ..lesson.cells import ROOT, is_python
from .texts import digest

MANIFEST = ROOT / "build" / "manifest.json"            # what was built from what; git-ignored, only saves time


def read_manifest() -> dict[str, Any]:
    """What the last build made from what; entries of another form, as of an older version, count as none."""
    try:
        found = json.loads(MANIFEST.read_text(encoding="utf-8"))
        return {name: entry for name, entry in found.items() if isinstance(entry, str if name == "course" else dict)}
    except (OSError, ValueError, AttributeError):
        return {}


def origin(name: str) -> str:
    """Digest of what a notebook is made from: its source, the numbers it refers to, what its code reaches, the code that makes it."""
    text = (read.SOLUTIONS / f"{name}.py").read_bytes()
    drawn = any(cell.startswith(b"picture") and b"vc.progress(" in cell for cell in text.split(b"\n# %% "))
    whole = [(read.SOLUTIONS / f"{n}.py").read_bytes() for n in read.names()] if drawn else []         # a map shows every lesson
    others = re.findall(rb"\{\{exercise ([^{}\s]+):", text)
    outlines = read.outlines() if others else {}
    reached = modules.digest_of(modules.course_files(_code(text.decode("utf-8", "replace"))))
    return digest(_machinery(), text, reached, *whole, *(repr(outlines.get(other.decode())) for other in others))


def _code(text: str) -> list[str]:
    """The code cells of a source; one that is not Python is the reader's to refuse."""
    cells = [cell.partition("\n") for cell in text.split("\n# %% ")]
    found = [body for head, _, body in cells if not head.startswith("[markdown]")]
    return [body for body in found if is_python(body)]


def is_built(path: Path, entry: dict[str, str] | None) -> bool:
    """Whether a notebook is as the build left it."""
    return entry is not None and entry.get("file") == digest(path.read_bytes())


def same_cells(path: Path, text: str) -> bool:
    """Whether a notebook has the cells of a built one; outputs do not count."""
    try:
        mine, made = ([(c.cell_type, c.source) for c in nbformat.reads(t, as_version=4).cells]
                      for t in (path.read_text(encoding="utf-8"), text))
    except Exception:                                  # no notebook: whatever it is, somebody may want it
        return False
    return mine == made


@cache
def _machinery() -> str:
    """Digest of the code that makes notebooks and pictures, and of the settings."""
    files = [*sorted(p for room in ("lesson", "notebook") for p in (ROOT / "grader" / room).glob("*.py")),
             ROOT / "grader" / "nbgrader_plugins.py",
             ROOT / "pyproject.toml",
             *sorted((ROOT / "visioncourse" / "desk").glob("*.py"))]
    return digest(*(p.read_bytes() for p in files))
