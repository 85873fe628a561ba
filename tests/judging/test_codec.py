"""The channel carries plain data both ways and takes nothing else, whatever the other side sends."""

import io
import math
import struct

import msgpack
import numpy as np
import pytest
import torch

from grader.judging import codec
from grader.judging.codec import BadFrame, decode, encode
from grader.judging.transport import CannotSend
from grader.judging.transport import identical as _identical

VALUES = [
    None, True, 3, -2**63, 2**64 - 1, 10**300, -10**40, 1.5, math.inf, 2 + 3j, "text \N{SNOWMAN}", b"bytes", [], [1, [2, [3]]],
    (1, "a"), {1, 2}, frozenset({"x"}), {"a": 1, 2: (3,)}, range(2, 9, 3), slice(None, 3), np.float32(1.5), np.bool_(True), np.int8(-3),
    np.zeros((0, 3)), np.arange(6).reshape(2, 3), np.arange(24.0).reshape(2, 3, 4).transpose(2, 0, 1)[::-1], np.array(5),
    np.array(["ab", "c"]), np.array([True, False]), np.array([1 + 2j]), np.arange(3, dtype=">i4"), np.array(["2020-01-01"], dtype="M8[D]"),
    torch.arange(6.0).reshape(2, 3).t(), torch.ones(2, requires_grad=True), torch.ones(3, dtype=torch.bfloat16), torch.zeros(0, 2),
    torch.tensor(4), torch.tensor([True]), torch.ones(2, dtype=torch.complex64).conj(),
]


def through(value, **options):
    stream = io.BytesIO(b"".join(bytes(p) for p in encode(value)))
    return decode(lambda n: bytearray(stream.read(n)), 1 << 24, **options)


@pytest.mark.parametrize("value", VALUES, ids=lambda v: f"{type(v).__name__}-{str(v)[:20]}")
def test_a_plain_value_arrives_as_it_was(value):
    got = through(value)
    assert type(got) is type(value)
    if isinstance(value, np.ndarray):
        value = value.astype(value.dtype.newbyteorder("<"))
    if isinstance(value, torch.Tensor):
        assert got.dtype == value.dtype and got.requires_grad == value.requires_grad and torch.equal(got, value)
    else:
        assert _identical(value, got)


def test_nan_arrives_as_nan():
    assert math.isnan(through(math.nan)) and np.isnan(through(np.array([np.nan]))).all()


@pytest.mark.parametrize("value", [np.float32, int, torch.relu], ids=["float32", "int", "relu"])
def test_public_names_cross_towards_the_learner_alone(value):
    assert through(value, names=True) is value or through(value, names=True) == value
    with pytest.raises(BadFrame):
        through(value)


def test_a_random_generator_crosses_by_its_state_towards_the_learner_alone():
    value = np.random.default_rng(3)
    assert _identical(value, through(value, names=True))
    with pytest.raises(BadFrame):
        through(value)


@pytest.mark.parametrize("value", [object(), np.array([object()]), lambda: 1, 1 << 40_000], ids=lambda v: type(v).__name__)
def test_what_is_no_plain_data_is_not_sent(value):
    with pytest.raises(CannotSend):
        encode(value)


def test_deep_values_are_refused_on_both_sides():
    deep = []
    for _ in range(100):
        deep = [deep]
    with pytest.raises(CannotSend):
        encode(deep)
    with pytest.raises(BadFrame):
        raw(deep)


ARRAY = {"~": "array", "d": "<f8", "s": [2], "b": 0}
BAD = {
    "a negative shape": (dict(ARRAY, s=[-2]), [b"x" * 16]),
    "a shape too large": (dict(ARRAY, s=[1 << 45, 0]), [b"x" * 16]),
    "more than it carries": (dict(ARRAY, s=[3]), [b"x" * 16]),
    "less than it carries": (dict(ARRAY, s=[1]), [b"x" * 16]),
    "an overflowing product": (dict(ARRAY, s=[2**32, 2**32, 2]), [b"x" * 16]),
    "objects": (dict(ARRAY, d="|O"), [b"x" * 16]),
    "a record dtype": (dict(ARRAY, d="f8,i4"), [b"x" * 24]),
    "no such buffer": (dict(ARRAY, b=1), [b"x" * 16]),
    "a negative buffer": (dict(ARRAY, b=-1), [b"x" * 16]),
    "a dtype that is no text": (dict(ARRAY, d=["<f8"]), [b"x" * 16]),
    "truth values of 7": (dict(ARRAY, d="|b1", s=[16]), [b"\x07" * 16]),
    "text beyond Unicode": (dict(ARRAY, d="<U4", s=[1]), [b"\xff" * 16]),
    "a tensor that lies": (dict(ARRAY, **{"~": "tensor", "t": "float32", "r": False}), [b"x" * 16]),
    "an unknown tag": ({"~": "pickle", "v": b"cos\nsystem\n(S'true'\ntR."}, []),
    "a method's name as tag": ({"~": "value", "v": 1}, []),
    "a dunder as tag": ({"~": "__init__"}, []),
    "no tag": ({"v": 1}, []),
    "a public name": ({"~": "name", "v": ["builtins", "eval"]}, []),
    "a huge number": ({"~": "int", "v": b"\xff" * 10_000}, []),
    "a set of lists": ({"~": "set", "v": [[1]]}, []),
    "too many values": ([0] * (codec.MAX_NODES + 1), []),
    "a dict of odd pairs": ({"~": "dict", "v": [[1, 2, 3]]}, []),
    "a complex of text": ({"~": "complex", "v": ["x", 1]}, []),
}


def raw(tree, buffers=()):
    body = msgpack.packb(tree)
    data = struct.pack("<II", len(body), len(buffers)) + struct.pack(f"<{len(buffers)}Q", *map(len, buffers)) + body + b"".join(buffers)
    stream = io.BytesIO(data)
    return decode(lambda n: bytearray(stream.read(n)), 1 << 24)


@pytest.mark.parametrize("name", BAD)
def test_a_frame_that_encode_does_not_make_is_refused(name):
    with pytest.raises(BadFrame):
        raw(*BAD[name])


@pytest.mark.parametrize("data", [b"\xff" * 8, struct.pack("<II", 10, 5000), struct.pack("<II", 0, 1) + struct.pack("<Q", 1 << 60),
                                  struct.pack("<II", 3, 0) + b"\xc1\xc1\xc1", struct.pack("<II", 4, 0) + b"\xc7\x01\x05x"], ids=range(5))
def test_lengths_that_are_too_large_and_junk_are_refused_before_anything_is_read(data):
    stream = io.BytesIO(data)

    def read(n):
        assert n < 1 << 24, "memory was asked for before the length was checked"
        return bytearray(stream.read(n))

    with pytest.raises(BadFrame):
        decode(read, 1 << 24)
