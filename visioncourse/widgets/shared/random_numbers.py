"""Random numbers that are the same in the browser."""

import numpy as np


def uniforms(seed: int, count: int) -> np.ndarray:
    """Numbers (count,) from 0 to 1, the same as in the browser (mulberry32, a public-domain generator of Tommy Ettinger)."""
    state = (seed + 0x6D2B79F5 * np.arange(1, count + 1, dtype=np.uint64)).astype(np.uint32)
    t = (state ^ (state >> 15)) * (1 | state)
    t = (t + (t ^ (t >> 7)) * (61 | t)) ^ t
    return (t ^ (t >> 14)) / 2**32


def normals(seed: int, count: int) -> np.ndarray:
    """Standard normal numbers (count,), count even, the same as in the browser (Box and Muller, 1958)."""
    u = uniforms(seed, count).reshape(-1, 2)
    radius, angle = np.sqrt(-2 * np.log(1 - u[:, 0])), 2 * np.pi * u[:, 1]
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).ravel()
