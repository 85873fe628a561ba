"""What the course holds, and what this learner has done: read by `vc.hint` and `vc.progress`, written by `vc.check`.

The course's contents come from `course.json`, which the build writes. A learner's record is one small file in the user's
data folder (platformdirs), or in $VISIONCOURSE_HOME.
"""

import json
import os
import tempfile
from datetime import datetime
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path

import platformdirs


@cache
def course() -> dict[str, dict]:
    """Every lesson by name, in the order of the course: title, and per exercise its title, checks with points, and hints."""
    try:
        return json.loads(files("visioncourse").joinpath("course.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}


def path() -> Path:
    """The file that keeps this learner's record."""
    home = os.environ.get("VISIONCOURSE_HOME") or platformdirs.user_data_dir("visioncourse", appauthor=False)
    return Path(home) / "progress.json"


def read() -> dict[str, dict]:
    """{"lesson:check": {"points": earned, "worth": possible, "hidden": bool, "when": ISO time}}; empty where nothing was done."""
    try:
        done = json.loads(path().read_text(encoding="utf-8"))
        return done if isinstance(done, dict) else {}
    except (OSError, ValueError):
        return {}


def record(lesson: str, check: str, *, worth: float, hidden: bool) -> str:
    """Note that a check has passed; return "" or, where it could not be written, a sentence that says so.

    The file is replaced as a whole, so an interruption leaves the old one.
    """
    target = path()
    done = read()
    before = done.get(f"{lesson}:{check}", {})
    done[f"{lesson}:{check}"] = {
        "worth": worth, "hidden": hidden or before.get("hidden", False),
        "when": before.get("when") or datetime.now().isoformat(timespec="seconds"),
    }
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(dir=target.parent, prefix=".progress-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(done, file, indent=1, sort_keys=True)
            os.replace(scratch, target)
        except BaseException:
            Path(scratch).unlink(missing_ok=True)
            raise
    except OSError as error:
        return f"Your progress could not be saved in {target.parent}: {error.strerror or error}."
    return ""


class Progress:
    """What is done across the course; shows itself as a table in a notebook and as text in a terminal."""

    def __init__(self) -> None:
        done = read()
        self.rows = []                       # (lesson, title, [(exercise, title, passed checks, checks, points, worth)])
        for lesson, contents in course().items():
            exercises = []
            for name, exercise in contents["exercises"].items():
                checks = exercise["checks"]
                passed = [c for c in checks if f"{lesson}:{c}" in done]
                exercises.append((name, exercise["title"], len(passed), len(checks),
                                  sum(checks[c] for c in passed), sum(checks.values())))
            self.rows.append((lesson, contents["title"], exercises))

    def __str__(self) -> str:
        lines = []
        for lesson, title, exercises in self.rows:
            lines.append(f"{title}  ({lesson})  {_bar(exercises)}  {_count(exercises)}")
            lines += [f"    {_sign(passed, total)} {name:24s} {earned:g} of {worth:g} points"
                      for name, _, passed, total, earned, worth in exercises]
        return "\n".join(lines) or "There are no lessons here."

    __repr__ = __str__

    def _repr_html_(self) -> str:
        out = []
        for lesson, title, exercises in self.rows:
            share = 100 * sum(e[2] == e[3] for e in exercises) / max(len(exercises), 1)
            marks = " ".join(
                f"<span title='{escape(t, quote=True)}' style='white-space:nowrap;margin-right:10px'>{_sign(p, n)} {escape(name)}</span>"
                for name, t, p, n, _, _ in exercises)
            out.append(
                f"<div style='margin:6px 0'><b>{escape(title)}</b> <span style='opacity:.75'>{escape(lesson)} · {_count(exercises)}</span>"
                f"<div role='img' aria-label='{share:.0f} percent done' style='height:8px;max-width:420px;margin:4px 0;"
                f"background:rgba(128,128,128,.3);border-radius:4px'><div style='height:8px;width:{share:.0f}%;background:#0072B2;"
                f"border-radius:4px'></div></div><div>{marks}</div></div>")
        return "".join(out) or "There are no lessons here."


def progress() -> Progress:
    """Table of what this learner has done across the course."""
    return Progress()


def _sign(passed: int, total: int) -> str:
    return "\N{CHECK MARK}" if passed == total else "\N{CIRCLE WITH LEFT HALF BLACK}" if passed else "\N{WHITE CIRCLE}"


def _bar(exercises: list[tuple]) -> str:
    done = sum(e[2] == e[3] for e in exercises)
    return "[" + "#" * done + "." * (len(exercises) - done) + "]"


def _count(exercises: list[tuple]) -> str:
    done = sum(e[2] == e[3] for e in exercises)
    earned, worth = sum(e[4] for e in exercises), sum(e[5] for e in exercises)
    return f"{done} of {len(exercises)} exercises, {earned:g} of {worth:g} points"
