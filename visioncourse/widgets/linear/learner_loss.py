"""The learner's own loss of a linear classifier, with the numerical gradient to set beside its own."""

from collections.abc import Callable

import numpy as np

from ..shared.learner import one_line

STEP = 1e-5  # of the numerical gradient


def ask(loss: Callable, W: np.ndarray, X: np.ndarray, y: np.ndarray, l2: float) -> dict:
    """What loss(W, X, y, l2) -> (number, gradient (3, C)) says at W (3, C), where X (N, 2) gets a column of ones.

    total, gradient, the numerical gradient as numeric, and gap, how far the two are apart at most; or a message where it fails.
    """
    X1 = np.column_stack([X, np.ones(len(X))])
    try:
        got = loss(W.copy(), X1.copy(), y.copy(), l2)
        if not isinstance(got, (tuple, list)) or len(got) != 2:
            return {"message": f"your loss returned {type(got).__name__}; it must return the pair (number, gradient)"}
        total, gradient = got
        gradient = np.asarray(gradient, float)
        if gradient.shape != W.shape:
            return {"message": f"your gradient has shape {gradient.shape}; wanted {W.shape}, that of W"}
        numeric = np.zeros_like(W)
        for place in np.ndindex(W.shape):
            step = np.zeros_like(W)
            step[place] = STEP
            above, below = (float(loss(at, X1.copy(), y.copy(), l2)[0]) for at in (W + step, W - step))
            numeric[place] = (above - below) / (2 * STEP)
    except Exception as error:
        return {"message": one_line(error, "loss")}
    return {"message": "", "total": float(total), "gradient": gradient.tolist(), "numeric": numeric.tolist(),
            "gap": float(np.abs(gradient - numeric).max())}
