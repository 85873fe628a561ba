"""Classifiers that an earlier exercise asked for, ready to use: the same names and signatures, computed by torch.

`LinearSVM` and `Softmax` learn one matrix of weights; `TwoLayerNet` follows the protocol of `Solver`.
"""

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F

from . import layers


class LinearClassifier:
    """Scores X @ W, learnt by stochastic gradient descent. W (D, C) is None before the first training."""

    def __init__(self) -> None:
        self.W: np.ndarray | None = None

    def train(self, X: np.ndarray, y: np.ndarray, learning_rate: float = 1e-3, reg: float = 1e-5, num_iters: int = 100,
              batch_size: int = 200, verbose: bool = False) -> list[float]:
        """Minimise `loss` plus reg · sum(W²) from the weights at hand; returns the loss of each iteration.

        X: (N, D). y: (N,) whole numbers. Batches are drawn with replacement. verbose: print every 100 iterations.
        """
        if self.W is None:
            self.W = 0.001 * np.random.randn(X.shape[1], int(np.max(y)) + 1)
        W = torch.tensor(self.W, requires_grad=True)
        examples, labels = torch.as_tensor(np.asarray(X)), torch.as_tensor(np.asarray(y, dtype=np.int64))
        optimizer = torch.optim.SGD([W], lr=learning_rate)
        losses = []
        for i in range(num_iters):
            chosen = torch.from_numpy(np.random.choice(len(X), batch_size))
            with layers.one_thread():
                loss = self._objective(examples[chosen].to(W.dtype) @ W, labels[chosen]) + reg * W.square().sum()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            losses.append(loss.item())
            if verbose and i % 100 == 0:
                print(f"iteration {i} / {num_iters}: loss {losses[-1]:f}")
        self.W = W.detach().numpy()
        return losses

    def predict(self, X: np.ndarray) -> np.ndarray:
        """The class with the highest score for each row of X (N, D): (N,)."""
        if self.W is None:
            raise ValueError("there are no weights yet: call train first")
        return torch.from_numpy(np.asarray(X, dtype=self.W.dtype) @ self.W).argmax(dim=1).numpy()

    _objective: Callable


class LinearSVM(LinearClassifier):
    """Linear classifier with the multiclass hinge loss, margin 1."""

    _objective = staticmethod(layers._hinge)


class Softmax(LinearClassifier):
    """Linear classifier with the cross-entropy loss."""

    _objective = staticmethod(F.cross_entropy)


class TwoLayerNet:
    """affine - relu - affine - softmax, with 0.5 · reg · sum(W²) for both weight matrices.

    params: W1 (input_dim, hidden_dim), b1, W2 (hidden_dim, num_classes), b2; normal weights of standard deviation weight_scale,
    zero biases.
    """

    def __init__(self, input_dim: int = 3 * 32 * 32, hidden_dim: int = 100, num_classes: int = 10, weight_scale: float = 1e-3,
                 reg: float = 0.0):
        self.reg = reg
        self.params = {
            "W1": weight_scale * np.random.randn(input_dim, hidden_dim), "b1": np.zeros(hidden_dim),
            "W2": weight_scale * np.random.randn(hidden_dim, num_classes), "b2": np.zeros(num_classes),
        }

    def loss(self, X: np.ndarray, y: np.ndarray | None = None):
        """Scores (N, C) for X (N, ...) alone; with labels y (N,) the loss and a dictionary of gradients."""
        with layers.one_thread():
            return self._loss(X, y)

    def _loss(self, X: np.ndarray, y: np.ndarray | None):
        p = {name: torch.tensor(w, requires_grad=y is not None) for name, w in self.params.items()}
        x = torch.from_numpy(np.asarray(X, dtype=self.params["W1"].dtype)).reshape(len(X), -1)
        scores = torch.relu(x @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]
        if y is None:
            return scores.numpy()
        penalty = 0.5 * self.reg * (p["W1"].square().sum() + p["W2"].square().sum())
        loss = F.cross_entropy(scores, torch.as_tensor(np.asarray(y, dtype=np.int64))) + penalty
        grads = torch.autograd.grad(loss, list(p.values()))
        return loss.item(), {name: g.numpy() for name, g in zip(p, grads, strict=True)}
