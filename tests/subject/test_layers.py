import numpy as np
import pytest
import torch
import torch.nn.functional as F

from visioncourse import classifiers, layers, optim
from visioncourse.gradcheck import eval_numerical_gradient, eval_numerical_gradient_array, rel_error


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_affine_flattens_each_example(rng):
    x, w, b = rng.normal(size=(2, 4, 5)), rng.normal(size=(20, 3)), rng.normal(size=3)
    out, _ = layers.affine_forward(x, w, b)
    np.testing.assert_allclose(out, np.einsum("nij,ijm->nm", x, w.reshape(4, 5, 3)) + b)


@pytest.mark.parametrize("which", [0, 1, 2])
def test_affine_gradients_agree_with_small_steps(rng, which):
    inputs = [rng.normal(size=(3, 2, 2)), rng.normal(size=(4, 5)), rng.normal(size=5)]
    dout = rng.normal(size=(3, 5))
    for forward, backward in ((layers.affine_forward, layers.affine_backward), (layers.affine_relu_forward, layers.affine_relu_backward)):
        found = backward(dout, forward(*inputs)[1])[which]
        assert found.shape == inputs[which].shape
        numeric = eval_numerical_gradient_array(lambda _, forward=forward: forward(*inputs)[0], inputs[which], dout)
        assert rel_error(found, numeric) < 1e-6


def test_relu_lets_nothing_through_at_and_below_zero():
    out, cache = layers.relu_forward(np.array([[-1.0, 0.0, 2.0]]))
    np.testing.assert_array_equal(out, [[0, 0, 2]])
    np.testing.assert_array_equal(layers.relu_backward(np.array([[5.0, 5.0, 5.0]]), cache), [[0, 0, 5]])


@pytest.mark.parametrize("loss", [layers.softmax_loss, layers.svm_loss])
def test_loss_gradients_agree_with_small_steps(rng, loss):
    x, y = rng.normal(size=(6, 4)), rng.integers(0, 4, 6)
    assert rel_error(loss(x, y)[1], eval_numerical_gradient(lambda v: loss(v, y)[0], x, verbose=False)) < 1e-6


def test_first_losses_of_ten_classes_are_log_ten_and_nine(rng):
    x, y = 1e-4 * rng.normal(size=(50, 10)), rng.integers(0, 10, 50)
    assert layers.softmax_loss(x, y)[0] == pytest.approx(np.log(10), abs=1e-3)
    assert layers.svm_loss(x, y)[0] == pytest.approx(9, abs=1e-3)


def test_svm_loss_is_the_librarys_times_the_number_of_classes(rng):
    x, y = rng.normal(size=(7, 5)), rng.integers(0, 5, 7)
    assert layers.svm_loss(x, y)[0] == pytest.approx(5 * F.multi_margin_loss(torch.tensor(x), torch.tensor(y)).item())


def test_float32_stays_float32_and_inputs_stay_as_they_are(rng):
    x, w, b = rng.normal(size=(3, 4)).astype(np.float32), rng.normal(size=(4, 2)).astype(np.float32), np.zeros(2, np.float32)
    kept = [a.copy() for a in (x, w, b)]
    out, cache = layers.affine_relu_forward(x, w, b)
    assert out.dtype == np.float32
    assert all(g.dtype == np.float32 for g in layers.affine_relu_backward(np.ones_like(out), cache))
    assert all(np.array_equal(a, k) for a, k in zip((x, w, b), kept, strict=True))


@pytest.mark.parametrize("call, said", [
    (lambda: layers.affine_forward(np.ones((2, 3)), np.ones((4, 2)), np.ones(2)), "3 features"),
    (lambda: layers.softmax_loss(np.ones((2, 3)), np.array([0, 3])), "from 0 to 2"),
    (lambda: layers.svm_loss(np.ones((2, 3)), np.array([0])), "must be"),
    (lambda: layers.relu_backward(np.ones(3), np.ones(4)), "dout has shape"),
])
def test_what_does_not_fit_is_refused_with_the_reason(call, said):
    with pytest.raises(ValueError, match=said):
        call()


@pytest.mark.parametrize("rule, state",
                         [(optim.sgd, ()), (optim.sgd_momentum, ("velocity",)), (optim.rmsprop, ("cache",)), (optim.adam, ("m", "v"))])
def test_a_rule_steps_against_the_gradient_and_leaves_its_input_alone(rng, rule, state):
    w, dw = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    kept = w.copy()
    next_w, config = rule(w, dw)
    assert np.array_equal(w, kept) and next_w.dtype == w.dtype
    assert all(config[name].shape == w.shape for name in state)
    again, _ = rule(next_w, dw, config)
    assert (np.sign(again - next_w) == -np.sign(dw)).all()


def test_momentum_velocity_holds_the_step_itself(rng):
    w, dw, v = rng.normal(size=(3, 2, 4))
    next_w, config = optim.sgd_momentum(w, dw, {"learning_rate": 1e-3, "velocity": v})
    np.testing.assert_allclose(config["velocity"], 0.9 * v - 1e-3 * dw)
    np.testing.assert_allclose(next_w, w + config["velocity"])


def test_first_step_of_adam_has_the_length_of_the_learning_rate(rng):
    w, dw = rng.normal(size=(2, 4, 5))
    next_w, config = optim.adam(w, dw)
    np.testing.assert_allclose(next_w, w - 1e-3 * np.sign(dw), rtol=1e-6)
    assert config["t"] == 1


def test_linear_classifiers_separate_two_clouds(rng):
    np.random.seed(0)
    X = np.concatenate([rng.normal(size=(50, 3)) + 3, rng.normal(size=(50, 3)) - 3])
    y = np.repeat([0, 1], 50)
    for kind in (classifiers.LinearSVM, classifiers.Softmax):
        classifier = kind()
        with pytest.raises(ValueError, match="train first"):
            classifier.predict(X)
        losses = classifier.train(X, y, learning_rate=0.1, num_iters=50)
        assert len(losses) == 50 and losses[-1] < losses[0]
        assert np.mean(classifier.predict(X) == y) > 0.95


def test_two_layer_net_has_the_classic_loss():
    net = classifiers.TwoLayerNet(5, 50, 7)
    net.params = {"W1": np.linspace(-0.7, 0.3, 250).reshape(5, 50), "b1": np.linspace(-0.1, 0.9, 50),
                  "W2": np.linspace(-0.3, 0.4, 350).reshape(50, 7), "b2": np.linspace(-0.9, 0.1, 7)}
    X, y = np.linspace(-5.5, 4.5, 15).reshape(5, 3).T, np.array([0, 5, 1])
    assert net.loss(X, y)[0] == pytest.approx(3.4702243556, abs=1e-9)
    net.reg = 1.0
    loss, grads = net.loss(X, y)
    assert loss == pytest.approx(26.5948426952, abs=1e-9)
    numeric = eval_numerical_gradient(lambda _: net.loss(X, y)[0], net.params["W2"], verbose=False)
    assert rel_error(grads["W2"], numeric) < 1e-6


def test_torch_has_its_threads_back_afterwards(rng):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        out, cache = layers.affine_forward(rng.normal(size=(2, 3)), np.ones((3, 2)), np.ones(2))
        layers.affine_backward(out, cache)
        with pytest.raises(ValueError):
            layers.affine_backward(np.ones(5), cache)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
