"""The first line of every notebook: seeds, device, versions, data, what is wrong here, and checks that explain instead of a traceback."""

import platform
import random
import sys
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from .. import data
from . import current, troubles
from .checking import get_ready, install_hook

SEED = 231                                             # the seed of the classic handouts


def setup(lesson: str, edition: str = "") -> None:
    """Prepare a notebook and print one line about it: seeds, device, versions, data at hand; below it what is wrong here, with its cure.

    lesson: the lesson's name as the first cell gives it, such as "lectures/02_image_classification".
    edition: which version of the lesson's exercises the notebook holds; the build adds it.
    Seeds `random`, NumPy and (where it is loaded) torch with 231, and lets `vc.check` explain failed checks.
    """
    if not isinstance(lesson, str) or not lesson:
        raise ValueError(f"setup needs the lesson's name, such as 'lectures/02_image_classification', not {lesson!r}")
    current.begin(lesson, edition)
    try:
        _prepare(lesson)
    finally:                                           # where preparing fails, a trouble is likely to be the reason
        found = [f for f in troubles.examine(*current.state()) if f.cure] if troubles.seen() else []
        if found:
            troubles.show(troubles.notice(found))


def _prepare(lesson: str) -> None:
    random.seed(SEED)
    np.random.seed(SEED)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(SEED)
    if not current.under_grader():
        install_hook()
        get_ready(lesson)
    print(" · ".join([f"See for Yourself: {lesson.rpartition('/')[2]}", f"Python {platform.python_version()}",
                      f"NumPy {np.__version__}", _torch(torch), data.status()]))


def device() -> str:
    """The best device torch can use here: "cuda", "mps" or "cpu"."""
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def scale() -> int:
    """How many times larger data and models may be than a laptop's: 1 on a CPU, 4 on Apple's GPU, 10 on CUDA."""
    return {"cpu": 1, "mps": 4, "cuda": 10}[device()]


def _torch(torch) -> str:
    if torch is not None:
        return f"torch {torch.__version__} on {device()}"
    try:
        return f"torch {version('torch')} (loaded when needed)"
    except PackageNotFoundError:
        return "torch is not installed"
