"""Where made or downloaded data lie on disk, and how a file there is always either whole or absent."""

import os
import warnings
from pathlib import Path
from typing import Any, cast

import numpy as np

from ..files import replacing

_REPOSITORY = Path(__file__).resolve().parents[2]


def cache_dir() -> Path:
    """The folder for data: $VISIONCOURSE_CACHE, else data/cache of a clone, else the user's cache; it may not exist yet."""
    chosen = os.environ.get("VISIONCOURSE_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    if (_REPOSITORY / "pyproject.toml").is_file() and (_REPOSITORY / "solutions").is_dir():
        return _REPOSITORY / "data" / "cache"
    from platformdirs import user_cache_path
    return user_cache_path("visioncourse")


def write_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write an npz file that appears whole or not at all; raises OSError where that is impossible."""
    with replacing(path) as file:
        np.savez(file, **cast(dict[str, Any], arrays))        # numpy's types know a keyword of its own besides


def read_arrays(path: Path) -> dict[str, np.ndarray] | None:
    """The arrays of an npz file, or None where the file is absent, unreadable or damaged."""
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except Exception:  # one wrong byte in a zip file can surface as almost any error
        return None


def remember(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Keep arrays for next time if the disk allows it; one warning and no file if it does not."""
    try:
        write_arrays(path, arrays)
    except OSError as problem:
        reason = problem.strerror or problem
        warnings.warn(f"the data could not be kept in {path.parent} ({reason}); they will be made again next time", stacklevel=2)
