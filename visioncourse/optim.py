"""Update rules that an earlier exercise asked for: `rule(w, dw, config=None) -> (next_w, config)`, computed by torch.optim.

config holds the rule's settings and its state; a missing setting gets its default, and a missing config is an empty one. The
config that is returned goes into the next call.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from .layers import one_thread

Config = dict[str, Any]


def sgd(w: np.ndarray, dw: np.ndarray, config: Config | None = None) -> tuple[np.ndarray, Config]:
    """Stochastic gradient descent. Settings: learning_rate (1e-2)."""
    config = _filled(config, learning_rate=1e-2)
    return _step(torch.optim.SGD, w, dw, {}, lr=config["learning_rate"])[0], config


def sgd_momentum(w: np.ndarray, dw: np.ndarray, config: Config | None = None) -> tuple[np.ndarray, Config]:
    """Gradient descent with momentum. Settings: learning_rate (1e-2), momentum (0.9). State: velocity, of the shape of w."""
    config = _filled(config, learning_rate=1e-2, momentum=0.9, velocity=np.zeros_like(w))
    rate = config["learning_rate"]
    if rate == 0:                                             # nothing moves w but the velocity, which torch keeps divided by the rate
        raise ValueError("learning_rate=0: a rule that never moves learns nothing; choose a positive rate")
    next_w, state = _step(torch.optim.SGD, w, dw, {"momentum_buffer": -config["velocity"] / rate}, lr=rate, momentum=config["momentum"])
    return next_w, config | {"velocity": -rate * state["momentum_buffer"]}


def rmsprop(w: np.ndarray, dw: np.ndarray, config: Config | None = None) -> tuple[np.ndarray, Config]:
    """RMSProp. Settings: learning_rate (1e-2), decay_rate (0.99), epsilon (1e-8, beside the root). State: cache."""
    config = _filled(config, learning_rate=1e-2, decay_rate=0.99, epsilon=1e-8, cache=np.zeros_like(w))
    next_w, state = _step(torch.optim.RMSprop, w, dw, {"square_avg": config["cache"], "step": 0},
                          lr=config["learning_rate"], alpha=config["decay_rate"], eps=config["epsilon"])
    return next_w, config | {"cache": state["square_avg"]}


def adam(w: np.ndarray, dw: np.ndarray, config: Config | None = None) -> tuple[np.ndarray, Config]:
    """Adam with bias correction. Settings: learning_rate (1e-3), beta1 (0.9), beta2 (0.999), epsilon (1e-8). State: m, v, t."""
    config = _filled(config, learning_rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8, m=np.zeros_like(w), v=np.zeros_like(w), t=0)
    next_w, state = _step(torch.optim.Adam, w, dw, {"exp_avg": config["m"], "exp_avg_sq": config["v"], "step": config["t"]},
                          lr=config["learning_rate"], betas=(config["beta1"], config["beta2"]), eps=config["epsilon"])
    return next_w, config | {"m": state["exp_avg"], "v": state["exp_avg_sq"], "t": config["t"] + 1}


def _filled(config: Config | None, **defaults: Any) -> Config:
    return defaults | (config or {})


def _step(kind: Callable[..., torch.optim.Optimizer], w: np.ndarray, dw: np.ndarray, state: dict,
          **settings: Any) -> tuple[np.ndarray, dict]:
    """One step of a torch optimizer from a given state: the new weights and the new state, both as NumPy."""
    if np.shape(w) != np.shape(dw):
        raise ValueError(f"w has shape {np.shape(w)} but dw has {np.shape(dw)}: a gradient has the shape of its variable")
    weights = torch.tensor(np.asarray(w), requires_grad=True)
    weights.grad = torch.tensor(np.asarray(dw)).to(weights.dtype)
    optimizer = kind([weights], foreach=False, **settings)
    for name, value in state.items():
        value = torch.tensor(value, dtype=torch.float32 if name == "step" else weights.dtype)
        optimizer.state[weights][name] = value
    with one_thread():
        optimizer.step()
    after = {k: v.numpy() for k, v in optimizer.state[weights].items() if isinstance(v, torch.Tensor)}
    return weights.detach().numpy(), after
