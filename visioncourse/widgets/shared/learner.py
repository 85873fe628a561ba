"""The learner's own code inside a widget: asked for no more than it can do in time, its failures told in one line."""

import time
import traceback
from pathlib import Path

import numpy as np


class Unusable(ValueError):
    """The learner's function ran, and what it returned cannot be shown."""


class Learner:
    """fit(X, y, k) -> predict, predict(Q (M, 2)) -> labels (M,), and how long it takes for one label."""

    def __init__(self, fit):
        self.fit, self.seconds = fit, 0.0

    def labels(self, X, y, k: int, Q: np.ndarray, classes: int) -> np.ndarray:
        """Labels (M,) of Q (M, 2); Unusable says what is wrong with what came back."""
        began = time.perf_counter()
        predict = self.fit(X.copy(), y.copy(), k)
        if not callable(predict):
            raise Unusable(f"your fit returned {type(predict).__name__}; it must return a function predict(Q)")
        labels = np.asarray(predict(Q.copy()))
        self.seconds = (time.perf_counter() - began) / len(Q)
        if labels.shape != (len(Q),):
            raise Unusable(f"your predict returned shape {labels.shape} for {len(Q)} points; wanted {(len(Q),)}")
        strange = ~np.isin(labels, np.arange(classes))
        if strange.any():
            raise Unusable(f"your predict returned the label {labels[strange][0]}; the labels are 0 to {classes - 1}")
        return labels.astype(np.int64)

    def affords(self, count: int, seconds: float) -> bool:
        """Whether count labels take less than the seconds given, judged by the last call."""
        return count * self.seconds < seconds


class Unhurried(Learner):
    """The same for a picture that is kept, whose bytes no clock may choose."""

    def affords(self, count: int, seconds: float) -> bool:
        return True


def one_line(error: Exception, asked: str, most: int = 160) -> str:
    """The error in one line, with the learner's function (asked, if none was entered) and line; a stub is called not written yet."""
    if isinstance(error, Unusable):
        return str(error)
    widgets = Path(__file__).parent.parent
    frames = [f for f in traceback.extract_tb(error.__traceback__)
              if widgets not in Path(f.filename).parents and "site-packages" not in f.filename]
    name, line = (frames[-1].name, frames[-1].lineno) if frames else (asked, None)
    if isinstance(error, NotImplementedError):
        return f"your {name} is not written yet"
    what = " ".join(f"{type(error).__name__}: {error}".split())
    told = f"your {name}, line {line}: {what}" if line else f"your {name}: {what}"
    return told if len(told) <= most else told[: most - 1] + "…"
