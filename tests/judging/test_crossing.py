"""One rule says what crosses to the learner's code, in the notebook's own process as through the channel of a class."""

import functools
import io

import numpy as np
import pytest
import torch

from grader.judging import codec, crossing
from grader.judging.transport import CannotSend, Local, identical

CROSSES = [
    None, 3, 2.5, 1j, "text", b"bytes", range(3), slice(2), [1, (2.0, {"a": {3}})], np.arange(3), np.float32(2), np.dtype("i4"),
    torch.ones(2), torch.ones(2).shape, torch.float16, torch.device("cpu"), np.float64, torch.relu, np.random.default_rng(1),
    torch.Generator().manual_seed(1)]
STAYS = [
    torch.nn.Linear(2, 3), [torch.nn.Linear(2, 3)], {"net": torch.nn.ReLU()}, functools.partial(max, 1), object(),
    np.array([object()]), torch.utils.data.DataLoader([1, 2]), 1 << 40_000, torch.eye(2).to_sparse(), np.random.RandomState(0),
    io.StringIO(), iter([1])]


def name(value):
    return f"{type(value).__name__}-{'huge' if type(value) is int and value > 99 else str(value)[:20]}".replace("\n", " ")


def locally(value):
    kept = []
    local = Local({"keep": kept.append})
    local.call(local.get("keep"), [value], {})
    return kept[0]


def through_the_channel(value):
    stream = io.BytesIO(b"".join(bytes(p) for p in codec.encode(value)))
    return codec.decode(lambda n: bytearray(stream.read(n)), 1 << 24, names=True)


@pytest.mark.parametrize("way", [locally, through_the_channel])
@pytest.mark.parametrize("value", CROSSES, ids=name)
def test_what_crosses_arrives_equal_on_both_ways(value, way):
    wanted = tuple(value) if isinstance(value, torch.Size) else value
    got = way(value)
    assert crossing.refusal(value) == "" and type(got) is type(wanted) and (got is wanted or identical(got, wanted))


@pytest.mark.parametrize("way", [locally, through_the_channel])
@pytest.mark.parametrize("value", STAYS, ids=name)
def test_what_stays_is_refused_on_both_ways_in_the_same_words(value, way):
    with pytest.raises(CannotSend) as raised:
        way(value)
    assert str(raised.value) == crossing.refusal(value) != ""


def test_drawing_from_a_torch_generator_moves_the_checks_own():
    ours, same = torch.Generator().manual_seed(5), torch.Generator().manual_seed(5)
    local = Local({"draw": lambda g: torch.rand(3, generator=g)})
    first, changed = local.call(local.get("draw"), [ours], {})
    assert torch.equal(first, torch.rand(3, generator=same)) and torch.equal(changed[0], same.get_state())


@pytest.mark.parametrize("value", [torch.float64, torch.device("cpu"), np.dtype("f4")], ids=str)
def test_dtypes_and_devices_come_back_as_values_that_compare(value):
    assert Local({"x": value}).get("x") == value
