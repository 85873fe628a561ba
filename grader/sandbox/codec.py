"""Plain values as frames: a msgpack tree and the raw bytes of its arrays. No pickle; everything is checked on arrival.

A frame is `tree length, number of buffers` (two 32-bit numbers), the buffers' lengths (64 bits each), the tree, the buffers.
In the tree, None, bool, float, str, bytes, 64-bit int and list stand for themselves; everything else is a map with a tag
under the key "~". Arrays and tensors carry dtype, shape and the number of their buffer.
"""

import importlib
import math
import re
import struct
import sys
from collections.abc import Callable
from typing import Any

import msgpack
import numpy as np

from ..judging.transport import CannotSend, Handle

MAX_DEPTH = 40                                         # a little more than transport.MAX_DEPTH, for the frame around a value
MAX_NODES = 400_000
MAX_DIMENSIONS = 32
_HEAD = struct.Struct("<II")
_MAX_BUFFERS = 4096
_NUMERIC = frozenset(np.dtype(d).str for d in "? b B h H i I q Q e f d F D".split())
_TEXT = re.compile(r"[<>|][US]\d{1,6}|<[mM]8\[\w{1,4}\]")
_TENSOR_ONLY = ("bfloat16",)
_NAMED = ("builtins", "numpy", "torch", "torch.nn.functional", "math", "scipy.special")


class BadFrame(Exception):
    """Bytes from the other side that are no valid frame: what was wrong with them."""


def encode(value: Any, reference: Callable[[Any], dict] | None = None) -> list[bytes | memoryview]:
    """A value as the parts of one frame; `reference` turns what is no plain data into a tagged map, or raises CannotSend."""
    buffers: list[memoryview | bytes] = []
    tree = msgpack.packb(_pack(value, buffers, reference, 0))
    lengths = [len(b) for b in buffers]
    return [_HEAD.pack(len(tree), len(buffers)) + struct.pack(f"<{len(buffers)}Q", *lengths) + tree, *buffers]


def decode(read: Callable[[int], bytearray], limit: int, resolve: Callable[[dict], Any] | None = None, *, names: bool = False) -> Any:
    """Read one frame of at most `limit` bytes and return its value; `resolve` turns tagged maps of references into objects.

    `read(n)` returns exactly n bytes or raises. names: accept public names such as np.float64 (only from the trusted side).
    Raises BadFrame for anything that `encode` does not make; after that nothing
    more can be read from the same source.
    """
    length, count = _HEAD.unpack(read(_HEAD.size))
    if count > _MAX_BUFFERS or length > limit:
        raise BadFrame(f"a frame of {length} bytes and {count} arrays")
    lengths = struct.unpack(f"<{count}Q", read(8 * count)) if count else ()
    if length + sum(lengths) > limit:
        raise BadFrame(f"a frame of {length + sum(lengths)} bytes, more than {limit}")
    tree = read(length)
    buffers = [read(n) for n in lengths]
    try:
        parsed = msgpack.unpackb(bytes(tree), strict_map_key=True, max_str_len=length, max_bin_len=length,
                                 max_array_len=MAX_NODES, max_map_len=64, max_ext_len=0)
    except Exception as error:                         # msgpack raises many kinds, all of which mean the same here
        raise BadFrame(f"not msgpack: {type(error).__name__}") from None
    return _Unpacker(buffers, resolve, names).value(parsed, 0)


# ------------------------------------------------------------------------------------------------------- writing

def _pack(value: Any, buffers: list, reference: Callable | None, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise CannotSend(f"nested more than {MAX_DEPTH} deep")
    kind = type(value)
    if value is None or kind in (bool, float, str, bytes):
        return value
    if kind is int:
        return value if -2**63 <= value < 2**64 else {"~": "int", "v": _big(value)}
    if kind is list:
        return [_pack(x, buffers, reference, depth + 1) for x in value]
    if kind in (tuple, set, frozenset):
        return {"~": kind.__name__, "v": [_pack(x, buffers, reference, depth + 1) for x in value]}
    if kind is dict:
        return {"~": "dict", "v": [[_pack(k, buffers, reference, depth + 1), _pack(v, buffers, reference, depth + 1)]
                                   for k, v in value.items()]}
    if kind is complex:
        return {"~": "complex", "v": [value.real, value.imag]}
    if kind in (range, slice):
        return {"~": kind.__name__, "v": [_pack(x, buffers, reference, depth + 1) for x in (value.start, value.stop, value.step)]}
    if isinstance(value, np.generic) and _sendable(value.dtype):
        return {"~": "scalar", **_buffer(np.asarray(value), buffers)}
    if kind is np.ndarray and _sendable(value.dtype):
        return {"~": "array", **_buffer(value, buffers)}
    if kind.__module__.startswith("torch") and hasattr(value, "detach") and not isinstance(value, type):
        return _pack_tensor(value, buffers)
    if isinstance(value, np.dtype) and _sendable(value):
        return {"~": "dtype", "v": value.str}
    if kind is np.random.Generator:
        return {"~": "generator", "v": _pack(value.bit_generator.state, buffers, reference, depth + 1)}
    if (name := _qualified(value)) is not None:
        return {"~": "name", "v": list(name)}
    if reference is not None:
        return reference(value)
    raise CannotSend(f"{kind.__name__} objects do not cross")


def _big(value: int) -> bytes:
    if value.bit_length() > 32_000:
        raise CannotSend("a whole number of more than 32,000 bits")
    return value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)


def _sendable(dtype: np.dtype) -> bool:
    return dtype.str in _NUMERIC or dtype.newbyteorder("<").str in _NUMERIC or bool(_TEXT.fullmatch(dtype.str))


def _buffer(array: np.ndarray, buffers: list) -> dict:
    shape = list(array.shape)
    flat = np.ascontiguousarray(array).reshape(-1)
    if flat.dtype.byteorder == ">":
        flat = flat.astype(flat.dtype.newbyteorder("<"))
    buffers.append(flat.view(np.uint8).data if flat.size and flat.dtype.itemsize else b"")
    return {"d": flat.dtype.str, "s": shape, "b": len(buffers) - 1}


def _pack_tensor(value: Any, buffers: list) -> dict:
    import torch

    plain, said = value.detach().cpu(), str(value.dtype).removeprefix("torch.")
    if said in _TENSOR_ONLY:
        plain = plain.view(torch.int16)
    elif plain.is_sparse or plain.is_quantized:
        raise CannotSend("a sparse or quantized tensor")
    plain = plain.resolve_conj().resolve_neg()
    return {"~": "tensor", "t": said, "r": bool(value.requires_grad), **_buffer(plain.contiguous().numpy(), buffers)}


def _qualified(value: Any) -> tuple[str, str] | None:
    """Module and name of a public type, torch dtype or function of Python, NumPy or torch."""
    name = str(value).rpartition(".")[2] if type(value).__name__ == "dtype" else getattr(value, "__name__", None)
    if not isinstance(name, str) or not (callable(value) or type(value).__name__ == "dtype"):
        return None
    return next(((module, name) for module in _NAMED if module in sys.modules and getattr(sys.modules[module], name, None) is value), None)


# ------------------------------------------------------------------------------------------------------- reading

class _Unpacker:
    """Rebuilds the value of one frame from exact plain types."""

    def __init__(self, buffers: list[bytearray], resolve: Callable[[dict], Any] | None, names: bool):
        self.buffers, self.resolve, self.nodes = buffers, resolve, 0
        self.tags = {"tuple": self._tuple, "set": self._set, "frozenset": self._frozenset, "dict": self._dict, "int": self._int,
                     "complex": self._complex, "range": self._range, "slice": self._slice, "array": self._array,
                     "scalar": self._scalar, "tensor": self._tensor}
        if names:
            self.tags |= {"name": self._name, "dtype": self._dtype, "generator": self._generator}

    def value(self, tree: Any, depth: int) -> Any:
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise BadFrame("too deep" if depth > MAX_DEPTH else f"more than {MAX_NODES} values")
        kind = type(tree)
        if tree is None or kind in (bool, int, float, str, bytes):
            return tree
        if kind is list:
            return [self.value(x, depth + 1) for x in tree]
        if kind is not dict or not isinstance(tree.get("~"), str):
            raise BadFrame(f"a {kind.__name__} in the tree")
        method = self.tags.get(tree["~"])
        if method is not None:
            try:
                return method(tree, depth)
            except BadFrame:
                raise
            except Exception as error:                 # a missing key, a wrong type: all the same
                raise BadFrame(f"a bad {tree['~'][:20]} ({type(error).__name__})") from None
        if self.resolve is None:
            raise BadFrame(f"unknown tag {tree['~'][:20]!r}")
        return self.resolve(tree)

    def _items(self, tree: dict, depth: int) -> list:
        if type(tree["v"]) is not list:
            raise BadFrame("no list")
        return [self.value(x, depth + 1) for x in tree["v"]]

    def _tuple(self, tree: dict, depth: int) -> tuple:
        return tuple(self._items(tree, depth))

    def _set(self, tree: dict, depth: int) -> set:
        return set(self._items(tree, depth))

    def _frozenset(self, tree: dict, depth: int) -> frozenset:
        return frozenset(self._items(tree, depth))

    def _dict(self, tree: dict, depth: int) -> dict:
        return {self.value(k, depth + 1): self.value(v, depth + 1) for k, v in tree["v"]}

    def _int(self, tree: dict, depth: int) -> int:
        if len(tree["v"]) > 4001:
            raise BadFrame("a huge number")
        return int.from_bytes(tree["v"], "little", signed=True)

    def _complex(self, tree: dict, depth: int) -> complex:
        return complex(*map(float, tree["v"]))

    def _range(self, tree: dict, depth: int) -> range:
        return range(*self._items(tree, depth))

    def _slice(self, tree: dict, depth: int) -> slice:
        return slice(*self._items(tree, depth))

    def _array(self, tree: dict, depth: int) -> np.ndarray:
        dtype, shape, number = tree["d"], tree["s"], tree["b"]
        if type(dtype) is not str or not (dtype in _NUMERIC or _TEXT.fullmatch(dtype)):
            raise BadFrame("an array of an unknown dtype")
        if type(shape) is not list or len(shape) > MAX_DIMENSIONS or any(type(n) is not int or not 0 <= n < 2**40 for n in shape):
            raise BadFrame("an array of an impossible shape")
        if type(number) is not int or not 0 <= number < len(self.buffers):
            raise BadFrame("an array without its numbers")
        kind, data = np.dtype(dtype), self.buffers[number]
        if math.prod(shape) * kind.itemsize != len(data):
            raise BadFrame(f"an array that claims the shape {tuple(shape)} but carries {len(data)} bytes")
        if not len(data):
            return np.empty(shape, kind)
        array = np.frombuffer(data, kind).reshape(shape)
        if kind.kind == "b" and (np.frombuffer(data, np.uint8) > 1).any():
            raise BadFrame("truth values other than 0 and 1")
        if kind.kind == "U" and (np.frombuffer(data, np.uint32) > sys.maxunicode).any():
            raise BadFrame("text that is no Unicode")
        return array

    def _scalar(self, tree: dict, depth: int) -> Any:
        if tree["s"] != []:
            raise BadFrame("a scalar with a shape")
        return self._array(tree, depth)[()]

    def _tensor(self, tree: dict, depth: int) -> Any:
        import torch

        array, said = self._array(tree, depth), tree["t"]
        made = torch.from_numpy(array) if array.size else torch.from_numpy(array.copy())
        if said in _TENSOR_ONLY:
            made = made.view(getattr(torch, said))
        elif str(made.dtype) != f"torch.{said}":
            raise BadFrame("a tensor of another dtype than it says")
        return made.requires_grad_(tree["r"] is True) if made.is_floating_point() or made.is_complex() else made

    def _name(self, tree: dict, depth: int) -> Any:
        module, name = tree["v"]
        if module not in _NAMED:
            raise BadFrame("an unknown name")
        return getattr(importlib.import_module(module), name)

    def _generator(self, tree: dict, depth: int) -> np.random.Generator:
        made = np.random.default_rng(0)
        made.bit_generator.state = self.value(tree["v"], depth + 1)
        return made

    def _dtype(self, tree: dict, depth: int) -> np.dtype:
        return np.dtype(tree["v"])


def handle_of(tree: dict, make: Callable[[int, str], Any]) -> Handle:
    """The handle in a tagged map from the learner's side; `make(number, name)` builds what it refers to."""
    number, kind, name = tree.get("i"), tree.get("c"), tree.get("n")
    if tree.get("~") != "handle" or type(number) is not int or type(kind) is not str or len(kind) > 200:
        raise BadFrame("neither a value nor a reference")
    return Handle(make(number, name if type(name) is str and len(name) <= 200 else ""), kind)
