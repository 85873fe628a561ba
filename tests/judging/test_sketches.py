"""Kept values are small, and alike exactly where the values are the same up to rounding."""

import numpy as np
import pytest
import torch

from grader.judging import codec
from grader.judging.sketches import alike, sketch
from grader.judging.transport import Handle

VALUES = [
    None, 3, "text", (1, 2.5), [np.arange(3)], {"a": np.ones(5)}, np.zeros((0, 2)), np.arange(3000.0).reshape(30, 100),
    torch.arange(500.0), np.array([True] * 200), list(range(1000)), np.arange(300) + 1j, {1, 2}]


def rough(value, by):
    rng = np.random.default_rng(0)
    return value * (1 + by * rng.standard_normal(np.shape(value)))


@pytest.mark.parametrize("value", VALUES, ids=lambda v: f"{type(v).__name__}-{np.shape(v) if not isinstance(v, (dict, set)) else ''}")
def test_a_value_is_like_itself(value):
    assert alike(sketch(value), sketch(value))


@pytest.mark.parametrize("size", [10, 100, 5000, 200_000])
def test_rounding_does_not_count_and_one_changed_number_does(size):
    value = np.random.default_rng(1).standard_normal(size)
    changed = value.copy()
    changed[size // 3 + 1] += 1.0
    assert alike(sketch(value), sketch(rough(value, 1e-6)))
    assert not alike(sketch(value), sketch(changed))


@pytest.mark.parametrize("change", [
    lambda x: -x, lambda x: 1.01 * x, lambda x: x[::-1], lambda x: x.reshape(-1, 2), lambda x: np.where(x > 1, np.nan, x),
    lambda x: np.roll(x, 1), lambda x: x + 0.001], ids=range(7))
def test_another_array_is_not_alike(change):
    value = np.random.default_rng(2).standard_normal(4000)
    assert not alike(sketch(value), sketch(change(value)))


def test_the_same_numbers_are_alike_as_list_tuple_or_array_whatever_their_length():
    for n in (3, 300):
        assert alike(sketch(list(range(n))), sketch(tuple(range(n)))) and alike(sketch(list(range(n))), sketch(np.arange(n)))


def test_objects_are_alike_when_their_kinds_are():
    assert alike(sketch(Handle(object(), "Net")), sketch(Handle(object(), "Net")))
    assert not alike(sketch(Handle(object(), "Net")), sketch(Handle(object(), "Tree")))


def test_nine_million_numbers_are_kept_in_two_kilobytes():
    kept = sketch(np.random.default_rng(0).standard_normal((3000, 3073)))
    assert sum(len(bytes(part)) for part in codec.encode(kept)) < 2000


def test_arrays_that_are_no_numbers_are_alike_when_they_are_equal():
    for a in (np.zeros(3, "m8[s]"), np.array(["2026-01-01", "2026-01-02"], "M8[D]")):
        assert alike(sketch(a), sketch(a.copy())) and not alike(sketch(a), sketch(a + 1)) and not alike(sketch(a), sketch(a[:2][:1]))
