"""Layers that an earlier exercise asked for, ready to use: the same names and signatures, computed by torch's autograd.

A later notebook imports them, so that it never depends on an earlier answer. Every `*_forward` returns (out, cache) and every
`*_backward(dout, cache)` the gradients in the order of the arguments. Arrays are NumPy's, of the dtype that came in; a cache
holds what the forward pass was given.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
import torch.nn.functional as F


def affine_forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, tuple]:
    """Fully connected layer: each of the N examples as a row, times w, plus b.

    x: (N, d1, ..., dk). w: (D, M) with D = d1 · ... · dk. b: (M,). Returns out (N, M) and the cache.
    Raises ValueError for shapes that do not fit.
    """
    _check_affine(x, w, b)
    (out,) = _values(_affine, x, w, b)
    return out, (x, w, b)


def affine_backward(dout: np.ndarray, cache: tuple) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients (dx, dw, db) of the layer for upstream gradient dout (N, M); dx has the shape of x."""
    dx, dw, db = _gradients(_affine, dout, *cache)
    return dx, dw, db


def relu_forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """max(0, x) for every entry of an array of any shape, and the cache."""
    (out,) = _values(torch.relu, x)
    return out, x


def relu_backward(dout: np.ndarray, cache: np.ndarray) -> np.ndarray:
    """Gradient dx of the ReLU for upstream gradient dout; 0 where x is exactly 0."""
    return _gradients(torch.relu, dout, cache)[0]


def affine_relu_forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, tuple]:
    """A fully connected layer followed by a ReLU; shapes as in `affine_forward`."""
    a, fc_cache = affine_forward(x, w, b)
    out, relu_cache = relu_forward(a)
    return out, (fc_cache, relu_cache)


def affine_relu_backward(dout: np.ndarray, cache: tuple) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients (dx, dw, db) of the pair for upstream gradient dout (N, M)."""
    fc_cache, relu_cache = cache
    return affine_backward(relu_backward(dout, relu_cache), fc_cache)


def softmax_loss(x: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean cross-entropy of scores x (N, C) for labels y (N,), without regularization, and its gradient dx (N, C)."""
    return _loss(lambda scores, labels: F.cross_entropy(scores, labels), x, y)


def svm_loss(x: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean multiclass hinge loss with margin 1 of scores x (N, C) for labels y (N,), and its gradient dx (N, C)."""
    return _loss(_hinge, x, y)


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute in one thread.

    Torch's threads and those of NumPy's BLAS wait for work by spinning: called in turn, they take the cores from each other.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _affine(x: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return x.reshape(len(x), -1) @ w + b


def _hinge(scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    # relu and not multi_margin_loss: the library divides by C, and the gradient at a margin of exactly 0 is 0 here
    margins = torch.relu(scores - scores.gather(1, labels[:, None]) + 1)
    return (margins.sum() - len(labels)) / len(labels)        # each correct class adds 1


def _values(function: Callable, *inputs: np.ndarray) -> list[np.ndarray]:
    with torch.no_grad(), one_thread():
        return [function(*map(_tensor, inputs)).numpy()]


def _gradients(function: Callable, dout: np.ndarray, *inputs: np.ndarray) -> tuple[np.ndarray, ...]:
    tensors = [_tensor(a).requires_grad_() for a in inputs]
    with torch.enable_grad(), one_thread():
        out = function(*tensors)
        if np.shape(dout) != tuple(out.shape):
            raise ValueError(f"dout has shape {np.shape(dout)} but the output has {tuple(out.shape)}: "
                             "the upstream gradient has the shape of the output")
        return tuple(g.numpy() for g in torch.autograd.grad(out, tensors, _tensor(dout).to(out.dtype)))


def _loss(function: Callable, x: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    labels = np.asarray(y)
    if np.ndim(x) != 2 or labels.shape != (len(x),):
        raise ValueError(f"scores of shape {np.shape(x)} and labels of shape {labels.shape}: they must be (N, C) and (N,)")
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= x.shape[1]:
        raise ValueError(f"labels must be whole numbers from 0 to {x.shape[1] - 1}")
    scores = _tensor(x).requires_grad_()
    with torch.enable_grad(), one_thread():
        loss = function(scores, torch.from_numpy(labels.astype(np.int64)))
        (dx,) = torch.autograd.grad(loss, scores)
    return loss.item(), dx.numpy()


def _tensor(array: np.ndarray) -> torch.Tensor:
    """A tensor over the same memory where that is possible, so that nothing is copied that need not be."""
    array = np.asarray(array)
    if array.dtype.kind != "f":
        array = array.astype(np.float64)
    if not array.flags.writeable or any(s < 0 for s in array.strides):
        array = array.copy()
    return torch.from_numpy(array)


def _check_affine(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> None:
    features = int(np.prod(np.shape(x)[1:]))
    if np.ndim(w) != 2 or np.shape(w)[0] != features or np.shape(b) != (np.shape(w)[1],):
        raise ValueError(f"x {np.shape(x)} has {features} features an example, w is {np.shape(w)}, b is {np.shape(b)}: "
                         f"w must be ({features}, M) and b (M,)")
