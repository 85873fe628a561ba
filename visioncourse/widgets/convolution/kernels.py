"""Kernels by name, and the learner's own."""

import numpy as np

from ..shared.arguments import one_of

SIZES = (3, 5)


def presets(K: int) -> dict[str, np.ndarray]:
    """Kernels (K, K) by name."""
    one, box = np.zeros((K, K)), np.full((K, K), 1 / K**2)
    one[K // 2, K // 2] = 1
    slope = np.add.outer(np.arange(K), np.arange(K)) - (K - 1.0)
    sharpen = 5 * one - np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]]) if K == 3 else 2 * one - box
    random = np.round(np.random.default_rng(K).normal(size=(K, K)), 1)
    return {"identity": one, "blur": box, "sharpen": sharpen, "edges": K**2 * one - 1, "emboss": slope + one, "random": random}


def kernel_of(kernel, size: int) -> np.ndarray:
    """The kernel (K, K) that a name and a size stand for, or the learner's own; ValueError says what is wrong with it."""
    if size not in SIZES:
        raise ValueError(f"size={size}: a named kernel has size 3 or 5")
    if isinstance(kernel, str):
        one_of(presets(size), ", or give an array (3, 3) or (5, 5)", kernel=kernel)
        return presets(size)[kernel]
    kernel = np.array(kernel, float)
    if kernel.shape not in {(K, K) for K in SIZES} or not np.isfinite(kernel).all():
        raise ValueError(f"kernel has shape {kernel.shape}; wanted (3, 3) or (5, 5), all finite numbers")
    return kernel
