"""`Solver`: the training loop of the classic handouts, with the same protocol and keywords, and a live view of loss, accuracy and updates.

A model has `.params`, a dictionary of arrays; `.loss(X)` gives scores (N, C) and `.loss(X, y)` gives (loss, gradients), the
gradients under the same names as the parameters.
"""

import contextlib
import pickle
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from .live import LiveTraining

_KEYWORDS: dict[str, Any] = dict(update_rule="sgd", optim_config={}, lr_decay=1.0, batch_size=100, num_epochs=10, num_train_samples=1000,
                 num_val_samples=None, checkpoint_name=None, print_every=10, verbose=True)


class Solver:
    """Trains a model by stochastic gradient descent or another update rule, and keeps the parameters that do best on validation data.

    data: dictionary with X_train, y_train, X_val, y_val.
    update_rule: a function `rule(w, dw, config) -> (next_w, config)` or the name of one in visioncourse.optim.
    optim_config: settings of the rule, such as {"learning_rate": 1e-3}; every parameter gets a copy of its own.
    lr_decay: factor on the learning rate after each epoch. batch_size, num_epochs: as they say.
    num_train_samples, num_val_samples: how many examples an accuracy is measured on; None for all.
    checkpoint_name: where given, the state of the training is pickled to NAME_epoch_E.pkl after each epoch.
    print_every: iterations between two printed losses. verbose: False for silence.
    Raises ValueError for an unknown keyword or update rule, and KeyError for data without one of the four arrays.

    After `train`: loss_history (one number an iteration), train_acc_history and val_acc_history (one before the first epoch
    and one after each), best_val_acc, best_params (which the model then has), optim_configs, epoch.
    """

    update_rule: Callable[..., tuple[np.ndarray, dict[str, Any]]]
    optim_config: dict[str, Any]
    lr_decay: float
    batch_size: int
    num_epochs: int
    num_train_samples: int | None
    num_val_samples: int | None
    checkpoint_name: str | None
    print_every: int
    verbose: bool
    _left_off: tuple[int, dict[str, np.ndarray], LiveTraining | None] | None       # iterations done, parameters, view

    def __init__(self, model: Any, data: dict[str, np.ndarray], **kwargs: Any):
        unknown = [name for name in kwargs if name not in _KEYWORDS]
        if unknown:
            raise ValueError(f"unknown keyword {', '.join(unknown)}: Solver takes {', '.join(_KEYWORDS)}")
        settings = _KEYWORDS | kwargs
        self.model = model
        self.X_train, self.y_train = data["X_train"], data["y_train"]
        self.X_val, self.y_val = data["X_val"], data["y_val"]
        for name in _KEYWORDS:
            setattr(self, name, settings[name])
        self.update_rule = _rule(settings["update_rule"])
        self._reset()

    def train(self) -> None:
        """Train for `num_epochs` epochs; afterwards the model has the parameters that did best on the validation data.

        An interrupt ends the training early, with the best parameters so far (see LiveTraining; with verbose=False it also ends the cell);
        another call of `train` then does the rest, from the parameters as they were at the interrupt.
        """
        per_epoch = max(len(self.X_train) // self.batch_size, 1)
        total = self.num_epochs * per_epoch
        start, params, view = self._left_off or (0, self.model.params, _View(total) if self.verbose and total else None)
        if params is self.best_params:                 # what did best is kept, whatever follows
            params = {name: w.copy() for name, w in params.items()}
        if not self._left_off:
            self._finished = self._counted = self._measured = -1
        self.model.params, self._left_off = params, None
        before = len(self.loss_history) - start
        with view or contextlib.nullcontext():
            try:
                if self._finished < start - 1:         # the interrupt came between a step and what belongs to it
                    self._after_step(start - 1, total, per_epoch, view, None)
                for t in range(start, total):
                    grads = self._step()
                    self._after_step(t, total, per_epoch, view, grads)
            except KeyboardInterrupt:
                self._left_off = len(self.loss_history) - before, self.model.params, view
                self._keep_best()
                raise
        if not self._left_off:
            self._keep_best()

    def check_accuracy(self, X: np.ndarray, y: np.ndarray, num_samples: int | None = None, batch_size: int = 100) -> float:
        """Share of the examples X (N, ...) whose highest score is that of their label y (N,).

        num_samples: measure on that many, drawn at random, where there are more. batch_size: how many are scored at once.
        """
        if num_samples is not None and len(X) > num_samples:
            chosen = np.random.choice(len(X), num_samples)
            X, y = X[chosen], y[chosen]
        guesses = [np.argmax(self.model.loss(X[i:i + batch_size]), axis=1) for i in range(0, len(X), batch_size)]
        return float(np.mean(np.concatenate(guesses) == y))

    def _reset(self) -> None:
        self.epoch = 0
        self._left_off = None
        # last iteration that was finished, whose epoch was counted, that was measured
        self._finished = self._counted = self._measured = -1
        self.best_val_acc: float = 0
        self.best_params: dict[str, np.ndarray] = {}
        self.loss_history: list[float] = []
        self.train_acc_history: list[float] = []
        self.val_acc_history: list[float] = []
        self.optim_configs = {name: dict(self.optim_config) for name in self.model.params}

    def _after_step(self, t: int, total: int, per_epoch: int, view: LiveTraining | None, grads: dict[str, np.ndarray] | None) -> None:
        """Print, count epochs and measure, each once for an iteration, however often it is interrupted."""
        if self.verbose and t % self.print_every == 0:
            _say(f"(Iteration {t + 1} / {total}) loss: {self.loss_history[-1]:f}")
        end_of_epoch = (t + 1) % per_epoch == 0
        if end_of_epoch and self._counted != t:
            self._counted, self.epoch = t, self.epoch + 1
            for config in self.optim_configs.values():
                if "learning_rate" in config:
                    config["learning_rate"] *= self.lr_decay
        accuracies = {}
        if (t == 0 or t == total - 1 or end_of_epoch) and self._measured != t:
            accuracies = self._measure(t)
        if view:
            view.update(t, loss=self.loss_history[-1], **accuracies, model=self.model.params, gradients=grads)
        self._finished = t

    def _step(self) -> dict[str, np.ndarray]:
        chosen = np.random.choice(len(self.X_train), self.batch_size)
        loss, grads = self.model.loss(self.X_train[chosen], self.y_train[chosen])
        self.loss_history.append(loss)
        for name, w in self.model.params.items():
            if name not in grads:
                raise KeyError(f"loss gave no gradient for {name}; it gave {', '.join(grads) or 'none'}")
            self.model.params[name], self.optim_configs[name] = self.update_rule(w, grads[name], self.optim_configs[name])
        return grads

    def _measure(self, t: int) -> dict[str, float]:
        train = self.check_accuracy(self.X_train, self.y_train, num_samples=self.num_train_samples)
        val = self.check_accuracy(self.X_val, self.y_val, num_samples=self.num_val_samples)
        if val > self.best_val_acc:
            self.best_val_acc, self.best_params = val, {name: w.copy() for name, w in self.model.params.items()}
        self.train_acc_history.append(train)
        self.val_acc_history.append(val)
        self._measured = t                             # an interrupt is most likely where something is written, below
        self._save_checkpoint()
        if self.verbose:
            _say(f"(Epoch {self.epoch} / {self.num_epochs}) train acc: {train:f}; val_acc: {val:f}")
        return {"train_accuracy": train, "val_accuracy": val}

    def _keep_best(self) -> None:
        if self.best_params:
            self.model.params = self.best_params

    def _save_checkpoint(self) -> None:
        if self.checkpoint_name is None:
            return
        names = ("model", "update_rule", "lr_decay", "optim_config", "batch_size", "num_train_samples", "num_val_samples", "epoch",
                 "loss_history", "train_acc_history", "val_acc_history")
        with open(f"{self.checkpoint_name}_epoch_{self.epoch}.pkl", "wb") as file:
            pickle.dump({name: getattr(self, name) for name in names}, file)


def _rule(rule: str | Callable) -> Callable:
    if callable(rule):
        return rule
    from . import optim
    known = ("sgd", "sgd_momentum", "rmsprop", "adam")
    if rule not in known:
        raise ValueError(f"update_rule={rule!r}: give one of {', '.join(known)}, or a function rule(w, dw, config)")
    return getattr(optim, rule)


def _say(line: str) -> None:
    if sys.stdout.isatty():                                   # above the progress bar, not through it
        from tqdm import tqdm
        tqdm.write(line, file=sys.stdout)
    else:
        print(line)


class _View(LiveTraining):
    _speaks = False                                            # the solver prints lines of its own
