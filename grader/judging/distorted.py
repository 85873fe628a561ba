"""A right answer whose results are spoilt on their way: every check must notice, or it tests less than it seems to."""

from typing import Any

import numpy as np

from . import crossing
from .transport import Handle, Local

WAYS = {"random": "random results of the right shape and type", "other": "results that are right for other inputs"}


class Distorted(Local):
    """Transport to right answers. way: "random" changes numbers in results, "other" numbers of arrays in arguments.

    touched: whether there were any.
    """

    def __init__(self, names: dict[str, Any], way: str, seed: int):
        super().__init__(names)
        self._way, self._rng, self.touched = way, np.random.default_rng([seed, 977]), False

    def call(self, target: Handle, args: list[Any], kwargs: dict[str, Any]) -> tuple[Any, dict[int | str, Any]]:
        """As in Local, with the result or the arguments spoilt."""
        if self._way == "random":
            value, changed = super().call(target, args, kwargs)
            return self._spoilt(value), changed
        spoilt = [self._spoilt(x) for x in args], {k: self._spoilt(x) for k, x in kwargs.items()}
        return super().call(target, *spoilt)[0], {}

    def evaluate(self, expression: str, inputs: dict[str, Any]) -> Any:
        """As in Local, with the result or the inputs spoilt."""
        if self._way == "random":
            return self._spoilt(super().evaluate(expression, inputs))
        return super().evaluate(expression, {k: self._spoilt(x) for k, x in inputs.items()})

    def _spoilt(self, value: Any) -> Any:
        """The same kinds and shapes with other numbers; what is no array of numbers, or one of a single truth value, stays."""
        if type(value) in (list, tuple):
            return type(value)(self._spoilt(x) for x in value)
        if type(value) is dict:
            return {k: self._spoilt(x) for k, x in value.items()}
        if crossing.is_tensor(value):
            import torch

            spoilt = torch.from_numpy(np.array(self._spoilt(value.detach().cpu().numpy()))).to(value.dtype)
            return spoilt.requires_grad_(value.requires_grad)
        if self._way == "random" and (type(value) in (int, float) or isinstance(value, np.generic) and value.dtype.kind in "fiu"):
            self.touched = True
            return type(value)(value + self._rng.integers(1, 4))
        if isinstance(value, np.ndarray) and value.size and value.dtype.kind in "fiub":
            self.touched = True
            return self._array(value)
        return value

    def _array(self, value: np.ndarray) -> np.ndarray:
        if value.dtype.kind == "f":
            size = np.nanstd(np.where(np.isfinite(value), value, np.nan)) if np.isfinite(value).any() else 1.0
            spoilt: np.ndarray = np.nan_to_num(value) + (1 + size) * self._rng.standard_normal(value.shape)
            return spoilt.astype(value.dtype)
        if value.dtype.kind == "b":
            return self._rng.random(value.shape) < 0.5
        low, high = int(value.min()), int(value.max())
        return self._rng.integers(low, high + 1, value.shape).astype(value.dtype)
