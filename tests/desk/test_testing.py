"""vc.assert_close, vc.draw, vc.rng, vc.assert_raises: strict where it matters, and clear about what is wrong."""

import numpy as np
import pytest

import visioncourse as vc


@pytest.mark.parametrize("got, wanted", [
    ([1, 2], np.array([1.0, 2.0])), (np.float32([1, 2]) * np.float32(1.00001), [1, 2]), (3, 3.0),
    (np.array([np.nan, 1]), [np.nan, 1]), (np.array([np.inf]), [np.inf]), (np.array([True]), [1]), (np.zeros((0, 3)), np.ones((0, 3))),
])
def test_close_values_are_accepted(got, wanted):
    vc.assert_close(got, wanted, "values")


def test_tensors_are_accepted_also_those_that_need_a_gradient():
    torch = pytest.importorskip("torch")
    vc.assert_close(torch.ones(3, requires_grad=True), np.ones(3), "values")
    vc.assert_close(torch.ones(3, dtype=torch.bfloat16), np.ones(3), "values")


@pytest.mark.parametrize("got, wanted, said", [
    (None, [1], "is a `return` missing"),
    ("text", [1], "no array of numbers"),
    (np.zeros((2, 3)), np.zeros((3, 2)), "transposed"),
    (np.zeros((3, 1)), np.zeros(3), "length 1 too many"),
    (np.zeros(3), np.zeros((3, 1)), "an axis is missing"),
    (np.array([1, np.nan]), [1, 2], "1 of 2 values are nan, the first at [1]"),
    (np.arange(20.0), np.arange(20.0) + (np.arange(20) == 7), "1 of 20 values differ, most at [7]: got 7, wanted 8"),
    ([[1, 2], [3]], [1], "no array of numbers"),
    (np.array([1e-3]), [2e-3], "differ"),
])
def test_what_is_wrong_is_said(got, wanted, said):
    with pytest.raises(vc.CheckFailed) as raised:
        vc.assert_close(got, wanted, "values")
    assert said in str(raised.value)


def test_a_value_that_is_equal_to_everything_is_not_accepted():
    class Always:
        def __eq__(self, other):
            return True

    with pytest.raises(vc.CheckFailed):
        vc.assert_close(Always(), 3, "value")


def test_draw_is_reproducible_and_gives_the_shapes_asked_for():
    a, b = vc.draw(vc.rng("x"), (50, 7), (20, 7), scale=3.0, dtype="float32")
    again = vc.draw(vc.rng("x"), (50, 7), scale=3.0, dtype="float32")
    assert a.shape == (50, 7) and b.shape == (20, 7) and a.dtype == np.float32 and (a == again).all()
    assert not (vc.draw(vc.rng("y"), (50, 7)) == vc.draw(vc.rng("x"), (50, 7))).any()


def test_the_grader_sets_the_seed(monkeypatch):
    before = vc.rng("x").random()
    monkeypatch.setenv("VISIONCOURSE_SEED", "12345678901234567890")
    assert vc.rng("x").random() != before


def test_assert_raises():
    vc.assert_raises(ValueError, int, "x")
    with pytest.raises(vc.CheckFailed, match="Nothing was raised"):
        vc.assert_raises(ValueError, int, "1")
    with pytest.raises(vc.CheckFailed, match="TypeError was raised instead"):
        vc.assert_raises(ValueError, int, [])


def test_add_to_refuses_what_is_no_class():
    with pytest.raises(TypeError, match="ClassName"):
        vc.add_to(3)


def test_unknown_names_of_the_package_are_explained():
    with pytest.raises(AttributeError, match="it offers"):
        vc.chek
