import numpy as np
import pytest

from visioncourse.gradcheck import eval_numerical_gradient, eval_numerical_gradient_array, grad_check_sparse, rel_error


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_gradient_of_a_cubic_is_known(rng):
    x = rng.normal(size=(3, 4))
    np.testing.assert_allclose(eval_numerical_gradient(lambda v: np.sum(v ** 3), x, verbose=False), 3 * x ** 2, rtol=1e-6)


def test_f_may_read_the_variable_instead_of_its_argument(rng):
    W = rng.normal(size=5)
    np.testing.assert_allclose(eval_numerical_gradient(lambda _: W @ W, W, verbose=False), 2 * W, rtol=1e-6)


def test_a_view_that_is_not_contiguous_is_nudged_in_place(rng):
    base = rng.normal(size=(4, 6))
    view = base.T[::2]
    np.testing.assert_allclose(eval_numerical_gradient(lambda _: np.sum(base ** 2), view, verbose=False), 2 * view, rtol=1e-6)


def test_array_gradient_is_the_jacobian_transposed_times_upstream(rng):
    A, x, df = rng.normal(size=(4, 3)), rng.normal(size=3), rng.normal(size=4)
    np.testing.assert_allclose(eval_numerical_gradient_array(lambda v: A @ v, x, df), A.T @ df, rtol=1e-6)


def test_array_gradient_survives_a_function_that_reuses_its_buffer(rng):
    x, out = rng.normal(size=3), np.empty(3)
    np.testing.assert_allclose(eval_numerical_gradient_array(lambda v: np.multiply(v, v, out=out), x, np.ones(3)), 2 * x, rtol=1e-6)


def test_a_wider_step_is_obeyed():
    x = np.array([0.0])
    assert eval_numerical_gradient(lambda v: v[0] ** 3, x, verbose=False, h=0.5)[0] == pytest.approx(0.25)


def test_verbose_prints_every_entry(capsys):
    eval_numerical_gradient(lambda v: v.sum(), np.zeros((2, 2)))
    assert [line.split(")")[0] for line in capsys.readouterr().out.splitlines()] == ["(0, 0", "(0, 1", "(1, 0", "(1, 1"]


def test_values_are_put_back_even_when_f_fails(rng):
    x = rng.normal(size=4)
    before = x.copy()
    eval_numerical_gradient(lambda v: v.sum(), x, verbose=False)
    np.testing.assert_array_equal(x, before)
    with pytest.raises(ZeroDivisionError):
        eval_numerical_gradient(lambda v: 1 / 0, x, verbose=False)
    np.testing.assert_array_equal(x, before)


def test_sparse_check_accepts_the_true_gradient_and_refuses_a_wrong_one(rng, capsys):
    x = rng.normal(size=(5, 6))

    def f(v):
        return np.sum(v ** 2)

    assert grad_check_sparse(f, x, 2 * x) < 1e-6
    assert grad_check_sparse(f, x, x) > 0.3
    assert capsys.readouterr().out.count("relative error") == 20


def test_sparse_check_looks_at_the_same_places_each_time(capsys):
    x = np.arange(12.0).reshape(3, 4)
    seen = []
    for _ in range(2):
        grad_check_sparse(lambda v: np.sum(v ** 2), x, 2 * x, num_checks=4)
        seen.append(capsys.readouterr().out)
    assert seen[0] == seen[1] and seen[0].count("\n") == 4


@pytest.mark.parametrize("x, message", [
    (np.arange(3), "dtype int64"),
    ([1.0, 2.0], "list"),
    (np.zeros((0, 3)), "empty"),
])
def test_what_cannot_be_nudged_is_refused(x, message):
    for check in (lambda: eval_numerical_gradient(np.sum, x), lambda: eval_numerical_gradient_array(np.sum, x, 1.0),
                  lambda: grad_check_sparse(np.sum, x, x)):
        with pytest.raises(ValueError, match=message):
            check()


def test_a_read_only_array_is_refused():
    x = np.zeros(3)
    x.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        eval_numerical_gradient(np.sum, x)


def test_other_bad_input_is_refused():
    x = np.ones(3)
    with pytest.raises(ValueError, match="not a single number"):
        eval_numerical_gradient(lambda v: v, x, verbose=False)
    with pytest.raises(ValueError, match="df has"):
        eval_numerical_gradient_array(lambda v: v, x, np.ones(4))
    with pytest.raises(ValueError, match="shape of its variable"):
        grad_check_sparse(np.sum, x, np.ones(4))
    with pytest.raises(ValueError, match="num_checks=0"):
        grad_check_sparse(np.sum, x, x, num_checks=0)
    with pytest.raises(ValueError, match="h=0"):
        eval_numerical_gradient(np.sum, x, verbose=False, h=0)


def test_relative_error_is_the_worst_entry():
    assert rel_error(np.array([1.0, 2.0]), np.array([1.0, 2.0])) == 0
    assert rel_error(np.array([1.0, 3.0]), np.array([1.0, 1.0])) == pytest.approx(0.5)
    assert rel_error(np.array([1.0]), np.array([-1.0])) == 1
    assert rel_error(1e-9, 0.0) == pytest.approx(0.1), "tiny numbers are measured against 1e-8"
    assert np.isnan(rel_error(np.array([np.nan, 1.0]), np.array([0.0, 1.0])))


def test_relative_error_refuses_what_cannot_be_compared():
    with pytest.raises(ValueError, match="differ"):
        rel_error(np.ones(3), np.ones((3, 1)))
    with pytest.raises(ValueError, match="empty"):
        rel_error(np.ones(0), np.ones(0))
