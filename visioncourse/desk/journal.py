"""What the course holds, and what this learner has done: read by `vc.hint` and `vc.progress`, written by `vc.check`.

The course's contents come from `course.json`, which the build writes. A learner's record is one small file in the user's
data folder (platformdirs), or in $VISIONCOURSE_HOME.
"""

import json
import os
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path

import platformdirs

from ..files import write_whole


@cache
def course() -> dict[str, dict]:
    """Every lesson by name, in the order of the course: title, edition, modules it needs, and its exercises.

    An exercise has number, title, stars, minutes, checks with their points, and hints.
    """
    try:
        return json.loads(files("visioncourse").joinpath("course.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}


def path() -> Path:
    """The file that keeps this learner's record."""
    home = os.environ.get("VISIONCOURSE_HOME") or platformdirs.user_data_dir("visioncourse", appauthor=False)
    return Path(home) / "progress.json"


def read() -> dict[str, dict]:
    """{"lesson:check": {"worth": points, "hidden": bool, "when": ISO time}}; empty where nothing was done."""
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
        write_whole(target, json.dumps(done, indent=1, sort_keys=True))
    except OSError as error:
        return f"Your progress could not be saved in {target.parent}: {error.strerror or error}."
    return ""
