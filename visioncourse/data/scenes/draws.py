"""Random numbers by name: what image 7 draws under "wheel radius" depends on nothing else.

A generator that is used up in order ties each picture to all pictures made before it.
Here a number is a hash of (seed, split, index, name, position), so that any image can be made alone, in any order,
in any batch, and a new named draw in one object leaves all other pictures as they were.
The hash is the finalizer of SplitMix64 (Steele, Lea and Flood 2014; constants by Stafford), in whole numbers throughout.
"""

from functools import cache
from hashlib import blake2b

import numpy as np

_STEP = np.uint64(0x9E3779B97F4A7C15)  # 2^64 divided by the golden ratio: spreads neighbouring counters far apart
_HALVES = np.uint64(0x0000FFFF0000FFFF)
_LOW = np.uint64(0x00000000FFFFFFFF)
_SUM_MEAN = np.float32(2 * 65535)
_SUM_DEVIATION = np.float32(np.sqrt(4 * (65536**2 - 1) / 12))


class Draws:
    """Independent random numbers for each of N images, looked up by name; every array returned begins with N."""

    def __init__(self, keys: np.ndarray):
        self.keys = keys  # (N,) uint64

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, rows) -> "Draws":
        return Draws(self.keys[rows])

    def under(self, name: str) -> "Draws":
        """A fresh set of names for each image, such as one per object in it."""
        return Draws(_mix(self.keys ^ _number(name)))

    def bits(self, name: str, *shape: int) -> np.ndarray:
        """Hashes, (N, *shape) uint64."""
        keys = _mix(self.keys ^ _number(name))
        counter = np.arange(1, 1 + int(np.prod(shape)), dtype=np.uint64) * _STEP
        return _mix(keys[:, None] + counter).reshape(len(keys), *shape)

    def uniform(self, name: str, low=0.0, high=1.0, *shape: int) -> np.ndarray:
        """Uniform in [low, high), (N, *shape) float32."""
        unit = (self.bits(name, *shape) >> np.uint64(40)).astype(np.float32) * np.float32(2**-24)
        return np.float32(low) + np.float32(high - low) * unit

    def normal(self, name: str, *shape: int) -> np.ndarray:
        """Nearly normal, mean 0 and deviation 1, (N, *shape) float32: the sum of four uniform numbers, never beyond 3.47."""
        bits = self.bits(name, *shape)
        pairs = (bits & _HALVES) + ((bits >> np.uint64(16)) & _HALVES)
        total = (pairs & _LOW) + (pairs >> np.uint64(32))
        return (total.astype(np.float32) - _SUM_MEAN) / _SUM_DEVIATION

    def chance(self, name: str, probability) -> np.ndarray:
        """True with the given probability, (N,) bool."""
        return self.uniform(name) < probability

    def integer(self, name: str, low: int, high: int) -> np.ndarray:
        """Uniform among low, ..., high - 1, (N,) int64."""
        return low + (self.uniform(name) * (high - low)).astype(np.int64)

    def pick(self, name: str, weights: np.ndarray) -> np.ndarray:
        """A column for each row of weights (N, K), in proportion to them; (N,) int64."""
        edges = np.cumsum(weights, axis=1)
        ticket = self.uniform(name).astype(np.float64) * edges[:, -1]
        return (edges <= ticket[:, None]).sum(axis=1)


def draws_for(seed: int, split: str, indices: np.ndarray) -> Draws:
    """The draws of the given images of a split; seed from 0 to 2^63 - 1, indices (N,) of whole numbers from 0."""
    start = _mix(np.array([seed], np.uint64) ^ _number(f"split {split}"))
    return Draws(_mix(start + (np.asarray(indices).astype(np.uint64) + np.uint64(1)) * _STEP))


@cache
def _number(name: str) -> np.uint64:
    return np.uint64(int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little"))


def _mix(z: np.ndarray) -> np.ndarray:
    z = z ^ (z >> np.uint64(30))
    z *= np.uint64(0xBF58476D1CE4E5B9)
    z ^= z >> np.uint64(27)
    z *= np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return z
