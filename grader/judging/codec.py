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

from . import crossing
from .crossing import NAMED, NUMERIC, TEXT
from .transport import CannotSend, Handle

MAX_DEPTH = 40                                         # a little more than crossing.MAX_DEPTH, for the frame around a value
MAX_NODES = 400_000
MAX_DIMENSIONS = 32
_HEAD = struct.Struct("<II")
_MAX_BUFFERS = 4096
_TENSOR_ONLY = ("bfloat16",)


class BadFrame(Exception):
    """Bytes from the other side that are no valid frame: what was wrong with them."""


def encode(value: Any, reference: Callable[[Any], dict[str, Any]] | None = None) -> list[bytes | memoryview]:
    """A value as the parts of one frame; `reference` turns what is no plain data into a tagged map, or raises CannotSend."""
    buffers: list[memoryview | bytes] = []
    tree = msgpack.packb(_pack(value, buffers, reference, 0))
    lengths = [len(b) for b in buffers]
    return [_HEAD.pack(len(tree), len(buffers)) + struct.pack(f"<{len(buffers)}Q", *lengths) + tree, *buffers]


def decode(read: Callable[[int], bytearray], limit: int, resolve: Callable[[dict[str, Any]], Any] | None = None, *,
           names: bool = False) -> Any:
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

def _pack(value: Any, buffers: list[Any], reference: Callable[[Any], dict[str, Any]] | None, depth: int) -> Any:
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
    if isinstance(value, np.generic) and crossing.sendable(value.dtype):
        return {"~": "scalar", **_buffer(np.asarray(value), buffers)}
    if kind is np.ndarray and crossing.sendable(value.dtype):
        return {"~": "array", **_buffer(value, buffers)}
    if crossing.is_tensor(value):
        return _pack_tensor(value, buffers)
    if crossing.is_torch(value, "Size"):
        return {"~": "tuple", "v": list(value)}
    if crossing.is_torch(value, "dtype", "device"):
        return {"~": kind.__name__, "v": str(value), "m": "torch"}
    if crossing.is_torch(value, "Generator"):
        return {"~": "torch generator", "v": value.get_state().numpy().tobytes()}
    if isinstance(value, np.dtype) and crossing.sendable(value):
        return {"~": "dtype", "v": value.str, "m": "numpy"}
    if kind is np.random.Generator:
        return {"~": "generator", "v": _pack(value.bit_generator.state, buffers, reference, depth + 1)}
    if (name := crossing.public_name(value)) is not None:
        return {"~": "name", "v": list(name)}
    if reference is not None:
        return reference(value)
    raise CannotSend(crossing.refusal(value) or f"a {kind.__name__} does not cross")


def _big(value: int) -> bytes:
    if value.bit_length() > crossing.LONGEST_INT:
        raise CannotSend(crossing.refusal(value))
    return value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)


def _buffer(array: np.ndarray, buffers: list[Any]) -> dict[str, Any]:
    shape = list(array.shape)
    flat = np.ascontiguousarray(array).reshape(-1)
    if flat.dtype.byteorder == ">":
        flat = flat.astype(flat.dtype.newbyteorder("<"))
    buffers.append(flat.view(np.uint8).data if flat.size and flat.dtype.itemsize else b"")
    return {"d": flat.dtype.str, "s": shape, "b": len(buffers) - 1}


def _pack_tensor(value: Any, buffers: list[Any]) -> dict[str, Any]:
    import torch

    plain, said = value.detach().cpu(), str(value.dtype).removeprefix("torch.")
    if said in _TENSOR_ONLY:
        plain = plain.view(torch.int16)
    elif plain.is_sparse or plain.is_quantized:
        raise CannotSend(crossing.refusal(value))
    plain = plain.resolve_conj().resolve_neg()
    return {"~": "tensor", "t": said, "r": bool(value.requires_grad), **_buffer(plain.contiguous().numpy(), buffers)}


# ------------------------------------------------------------------------------------------------------- reading

class _Unpacker:
    """Rebuilds the value of one frame from exact plain types."""

    def __init__(self, buffers: list[bytearray], resolve: Callable[[dict[str, Any]], Any] | None, names: bool):
        self.buffers, self.resolve, self.nodes = buffers, resolve, 0
        self.tags = {"tuple": self._tuple, "set": self._set, "frozenset": self._frozenset, "dict": self._dict, "int": self._int,
                     "complex": self._complex, "range": self._range, "slice": self._slice, "array": self._array,
                     "scalar": self._scalar, "tensor": self._tensor, "dtype": self._dtype, "device": self._device}
        if names:
            self.tags |= {"name": self._name, "generator": self._generator, "torch generator": self._torch_generator}

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

    def _items(self, tree: dict[str, Any], depth: int) -> list[Any]:
        if type(tree["v"]) is not list:
            raise BadFrame("no list")
        return [self.value(x, depth + 1) for x in tree["v"]]

    def _tuple(self, tree: dict[str, Any], depth: int) -> tuple[Any, ...]:
        return tuple(self._items(tree, depth))

    def _set(self, tree: dict[str, Any], depth: int) -> set[Any]:
        return set(self._items(tree, depth))

    def _frozenset(self, tree: dict[str, Any], depth: int) -> frozenset[Any]:
        return frozenset(self._items(tree, depth))

    def _dict(self, tree: dict[str, Any], depth: int) -> dict[str, Any]:
        return {self.value(k, depth + 1): self.value(v, depth + 1) for k, v in tree["v"]}

    def _int(self, tree: dict[str, Any], depth: int) -> int:
        if len(tree["v"]) > 4001:
            raise BadFrame("a huge number")
        return int.from_bytes(tree["v"], "little", signed=True)

    def _complex(self, tree: dict[str, Any], depth: int) -> complex:
        return complex(*map(float, tree["v"]))

    def _range(self, tree: dict[str, Any], depth: int) -> range:
        return range(*self._items(tree, depth))

    def _slice(self, tree: dict[str, Any], depth: int) -> slice:
        return slice(*self._items(tree, depth))

    def _array(self, tree: dict[str, Any], depth: int) -> np.ndarray:
        dtype, shape, number = tree["d"], tree["s"], tree["b"]
        if type(dtype) is not str or not (dtype in NUMERIC or TEXT.fullmatch(dtype)):
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

    def _scalar(self, tree: dict[str, Any], depth: int) -> Any:
        if tree["s"] != []:
            raise BadFrame("a scalar with a shape")
        return self._array(tree, depth)[()]

    def _tensor(self, tree: dict[str, Any], depth: int) -> Any:
        import torch

        array, said = self._array(tree, depth), tree["t"]
        made = torch.from_numpy(array) if array.size else torch.from_numpy(array.copy())
        if said in _TENSOR_ONLY:
            made = made.view(getattr(torch, said))
        elif str(made.dtype) != f"torch.{said}":
            raise BadFrame("a tensor of another dtype than it says")
        return made.requires_grad_(tree["r"] is True) if made.is_floating_point() or made.is_complex() else made

    def _name(self, tree: dict[str, Any], depth: int) -> Any:
        module, name = tree["v"]
        if module not in NAMED:
            raise BadFrame("an unknown name")
        return getattr(importlib.import_module(module), name)

    def _generator(self, tree: dict[str, Any], depth: int) -> np.random.Generator:
        made = np.random.default_rng(0)
        made.bit_generator.state = self.value(tree["v"], depth + 1)
        return made

    def _torch_generator(self, tree: dict[str, Any], depth: int) -> Any:
        import torch

        return torch.Generator().set_state(torch.frombuffer(bytearray(tree["v"]), dtype=torch.uint8))

    def _dtype(self, tree: dict[str, Any], depth: int) -> Any:
        said = tree["v"]
        if tree["m"] == "numpy" and type(said) is str and (said in NUMERIC or TEXT.fullmatch(said)):
            return np.dtype(said)
        import torch

        found = getattr(torch, said.removeprefix("torch."), None) if type(said) is str and len(said) < 40 else None
        if not isinstance(found, torch.dtype):
            raise BadFrame("an unknown dtype")
        return found

    def _device(self, tree: dict[str, Any], depth: int) -> Any:
        import torch

        if not re.fullmatch(r"(cpu|cuda|mps|meta|xpu)(:\d{1,3})?", tree["v"]):
            raise BadFrame("an unknown device")
        return torch.device(tree["v"])


def handle_of(tree: dict[str, Any], make: Callable[[int, str], Any]) -> Handle:
    """The handle in a tagged map from the learner's side; `make(number, name)` builds what it refers to."""
    number, kind, name = tree.get("i"), tree.get("c"), tree.get("n")
    if tree.get("~") != "handle" or type(number) is not int or type(kind) is not str or len(kind) > 200:
        raise BadFrame("neither a value nor a reference")
    return Handle(make(number, name if type(name) is str and len(name) <= 200 else ""), kind)
