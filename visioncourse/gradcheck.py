"""Numerical gradients: the slow and certain way to find out whether a derivative written by hand is right.

Names and signatures are those of the classic handouts. All functions change `x` in place while they work and put every
value back, also when `f` fails; so `f` may read `x` through its argument or through a variable of its own.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike


def eval_numerical_gradient(f: Callable[[np.ndarray], float], x: np.ndarray, verbose: bool = True, h: float = 1e-5) -> np.ndarray:
    """Gradient of the number f(x) with respect to every entry of x, by centred differences (f(x + h) - f(x - h)) / 2h.

    x: float array of any shape. Returns an array of that shape. verbose: print each entry as it is found.
    Raises ValueError for an x that cannot be nudged, and where f gives no single number.
    """
    gradient = np.zeros(_nudgeable(x).shape)
    for place in np.ndindex(x.shape):
        above, below = _both_sides(lambda at: _single(f(at)), x, place, h)
        gradient[place] = (above - below) / (2 * h)
        if verbose:
            print(tuple(map(int, place)), gradient[place])
    return gradient


def eval_numerical_gradient_array(f: Callable[[np.ndarray], np.ndarray], x: np.ndarray, df: np.ndarray, h: float = 1e-5) -> np.ndarray:
    """Gradient of sum(f(x) * df) with respect to every entry of x: what a layer's backward pass gives for upstream `df`.

    x: float array of any shape. df: array of the shape of f(x), or a number. Returns an array of the shape of x.
    Raises ValueError for an x that cannot be nudged, and where f(x) and df differ in shape.
    """
    gradient = np.zeros(_nudgeable(x).shape)
    for place in np.ndindex(x.shape):
        above, below = _both_sides(lambda at: np.array(f(at), dtype=float), x, place, h)
        if np.ndim(df) and np.shape(df) != above.shape:
            raise ValueError(f"f(x) has shape {above.shape} but df has {np.shape(df)}: the upstream gradient has the shape of the output")
        gradient[place] = np.sum((above - below) * df) / (2 * h)
    return gradient


def grad_check_sparse(f: Callable[[np.ndarray], float], x: np.ndarray, analytic_grad: np.ndarray, num_checks: int = 10,
                      h: float = 1e-5) -> float:
    """Compare `analytic_grad` with centred differences of f at `num_checks` random places of x; print each, return the worst
    relative error.

    x, analytic_grad: arrays of one shape. The places depend on the shape alone, so that a second run compares the same ones.
    Raises ValueError for shapes that differ and for an x that cannot be nudged.
    """
    _nudgeable(x)
    if np.shape(analytic_grad) != x.shape:
        raise ValueError(f"x has shape {x.shape} but analytic_grad has {np.shape(analytic_grad)}: a gradient has the shape of its variable")
    if num_checks < 1:
        raise ValueError(f"num_checks={num_checks}: compare at least one place")
    rng = np.random.default_rng([231, *x.shape])
    worst = 0.0
    for _ in range(num_checks):
        place = tuple(int(rng.integers(n)) for n in x.shape)
        above, below = _both_sides(lambda at: _single(f(at)), x, place, h)
        numerical, analytic = (above - below) / (2 * h), float(analytic_grad[place])
        error = rel_error(numerical, analytic)
        print(f"numerical: {numerical:f} analytic: {analytic:f}, relative error: {error:e}")
        worst = max(worst, error)
    return worst


def rel_error(x: ArrayLike, y: ArrayLike) -> float:
    """Largest |x - y| / max(1e-8, |x| + |y|) over all entries: 0 if equal, 1 where the signs differ; nan if any entry is nan.

    Raises ValueError for shapes that differ and for empty arrays.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.shape != y.shape:
        raise ValueError(f"shapes {x.shape} and {y.shape} differ: compare arrays of one shape")
    if x.size == 0:
        raise ValueError("the arrays are empty: there is nothing to compare")
    return float(np.max(np.abs(x - y) / np.maximum(1e-8, np.abs(x) + np.abs(y))))


def _nudgeable(x: np.ndarray) -> np.ndarray:
    if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
        kind = f"dtype {x.dtype}" if isinstance(x, np.ndarray) else type(x).__name__
        raise ValueError(f"x is of {kind}: a small step needs a NumPy array of floats, such as x.astype(float)")
    if x.size == 0:
        raise ValueError("x is empty: there is nothing to nudge")
    if not x.flags.writeable:
        raise ValueError("x is read-only: give a copy, x.copy()")
    return x


def _both_sides(f: Callable, x: np.ndarray, place: tuple[int, ...], h: float):
    """f with the entry at `place` moved up by h, and down by h."""
    if not h > 0:
        raise ValueError(f"h={h}: the step must be positive")
    old = x[place]
    try:
        x[place] = old + h
        above = f(x)
        x[place] = old - h
        return above, f(x)
    finally:
        x[place] = old


def _single(value) -> float:
    if np.size(value) != 1:
        raise ValueError(f"f(x) has shape {np.shape(value)}, not a single number: use eval_numerical_gradient_array")
    return float(np.reshape(value, ()))
