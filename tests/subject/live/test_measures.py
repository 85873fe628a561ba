"""LiveTraining: lengths of gradients and updates, and sample predictions."""

import random

import numpy as np
import pytest
import torch

import visioncourse as vc
from visioncourse import live_picture as training

# Gradients and updates

def gradients_by_hand(steps=4):
    """Parameters and gradients of plain gradient descent on sum(W**2) / 2 + 3 sum(b)."""
    params = {"W": np.array([[3.0, 4.0]]), "b": np.zeros(2)}
    for _ in range(steps):
        yield params, {"W": params["W"].copy(), "b": np.full(2, 3.0)}
        params["W"] -= 0.1 * params["W"]               # in place, as a learner may write it
        params["b"] = params["b"] - 0.1 * 3


def test_norms_and_ratios_of_a_dictionary_of_arrays(front, panels):
    view = vc.LiveTraining(4)
    for step, (params, grads) in enumerate(gradients_by_hand()):
        view.update(step, loss=1.0, model=params, gradients=grads)
    history = view.history
    assert history["gradient_norm/W"][1] == pytest.approx(5 * 0.9 ** np.arange(4))
    assert history["gradient_norm/b"][1] == pytest.approx([18 ** 0.5] * 4)
    assert history["update_ratio/W"][0].tolist() == [1, 2, 3] and history["update_ratio/W"][1] == pytest.approx([0.1] * 3)
    assert history["update_ratio/b"][1] == pytest.approx([1, 1 / 2])          # the first update starts from zeros
    axes = panels(view)
    assert list(axes) == ["loss (line: mean of about 5 steps)", "gradient norm", "update / weights (dotted: the usual 0.001)"]
    norm, ratio = list(axes.values())[1:]
    assert norm.get_yscale() == ratio.get_yscale() == "log"
    assert [line.get_label() for line in norm.lines] == ["W"], "biases are in the history alone"
    assert norm.lines[0].get_ydata() == pytest.approx(5 * 0.9 ** np.arange(4))
    assert 1e-3 in ratio.lines[1].get_ydata() and ratio.get_ylim()[0] == pytest.approx(5e-4)
    assert "gradient norm 3.6e+00" in view.describe() and "update/weight ratio 1.0e-01; the usual value is 0.001" in view.describe()


@pytest.mark.parametrize("hooked", [True, False])
@pytest.mark.slow
def test_norms_and_ratios_of_a_torch_module(hooked, front, torch_net):
    net, X, y = torch_net(), torch.randn(20, 5), torch.arange(20) % 3
    optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
    wanted_norm, wanted_ratio = [], []
    with vc.LiveTraining(6) as view:
        for step in range(6):
            loss = torch.nn.functional.cross_entropy(net(X), y)
            optimizer.zero_grad()
            loss.backward()
            before, g = net[0].weight.detach().clone(), net[0].weight.grad.clone()
            optimizer.step()
            wanted_norm.append(g.norm().item())
            wanted_ratio.append((0.5 * g.norm() / before.norm()).item())
            if hooked:
                optimizer.zero_grad()                  # nothing is left for update to look at
            view.update(step, loss=loss, model=net, optimizer=optimizer if hooked else None)
    first = 1 if hooked else 0                         # the optimizer is known only after the first step
    steps, norms = view.history["gradient_norm/0.weight"]
    assert steps.tolist() == list(range(first, 6)) and norms == pytest.approx(wanted_norm[first:], rel=1e-5)
    steps, ratios = view.history["update_ratio/0.weight"]
    assert steps.tolist() == list(range(1, 6)) and ratios == pytest.approx(wanted_ratio[1:], rel=1e-4)
    assert view._record.notes == {}
    assert not optimizer._optimizer_step_pre_hooks and not optimizer._optimizer_step_post_hooks, "the optimizer is let go"


@pytest.mark.slow
def test_long_trainings_are_measured_at_some_steps_that_do_not_depend_on_time(front):
    view, W = vc.LiveTraining(2000), np.ones((2, 2))
    for step in range(2000):
        front.now += 0.001 * (step % 7)
        W = W * 0.999
        view.update(step, loss=1.0, model={"W": W}, gradients={"W": W})
    assert view.history["gradient_norm/W"][0].tolist() == list(range(0, 2000, 10))
    steps, ratios = view.history["update_ratio/W"]
    assert steps.tolist() == list(range(1, 2000, 10)) and ratios == pytest.approx(np.full(200, 0.001))


def test_the_optimizer_is_measured_at_some_steps_of_a_long_training(front, torch_net):
    net = torch_net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    view = vc.LiveTraining(2000)
    for step in range(35):
        net(torch.ones(1, 5)).sum().backward()
        optimizer.step()
        view.update(step, loss=1.0, model=net, optimizer=optimizer)
    assert view.history["update_ratio/0.weight"][0].tolist() == view.history["gradient_norm/0.weight"][0].tolist() == [1, 11, 21, 31]


def test_an_update_every_few_steps_needs_the_optimizer(front, torch_net):
    net = torch_net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    alone, hooked = vc.LiveTraining(30), vc.LiveTraining(30)
    for step in range(30):
        net(torch.ones(1, 5)).square().sum().backward()
        optimizer.step()
        if step % 10 == 0:
            alone.update(step, loss=1.0, model=net)
            hooked.update(step, loss=1.0, model=net, optimizer=optimizer)
    assert "update_ratio/0.weight" not in alone.history and "at every step, or the optimizer" in alone.describe()
    assert hooked.history["update_ratio/0.weight"][0].tolist() == [10, 20]


@pytest.mark.slow
def test_frozen_parameters_are_named_and_left_out(front, torch_net):
    net = torch_net()
    net[0].requires_grad_(False)
    with vc.LiveTraining(3) as view:
        for step in range(3):
            net(torch.ones(1, 5)).sum().backward()
            view.update(step, loss=1.0, model=net)
    assert set(view.history) == {"loss", "gradient_norm/2.weight", "gradient_norm/2.bias", "update_ratio/2.weight",
                                               "update_ratio/2.bias"}
    assert "2 of 4 parameter tensors are frozen and have no curves: 0.weight, 0.bias." in view.describe()


def test_a_model_without_gradients_is_told_what_to_do(front, torch_net):
    net = torch_net()
    view = vc.LiveTraining(3)
    view.update(0, loss=1.0, model=net)
    assert "no gradients at step 0: call update after backward and before zero_grad, or give optimizer=." in front.alt
    other = vc.LiveTraining(3)
    net[2](torch.ones(1, 4)).sum().backward()
    other.update(0, loss=1.0, model=net)
    assert "No gradient reaches 0.weight, 0.bias (step 0)." in front.alt
    assert list(other.history) == ["loss", "gradient_norm/2.weight", "gradient_norm/2.bias"]


def test_many_tensors_share_a_scale_of_colours(front, panels):
    net = torch.nn.Sequential(*(torch.nn.Linear(2, 2) for _ in range(12)))
    net(torch.ones(1, 2)).sum().backward()
    view = vc.LiveTraining(3)
    view.update(0, loss=1.0, model=net)
    ax = panels(view)["gradient norm of 12 tensors, dark to light"]
    assert len(ax.lines) == 12 and [t.get_text() for t in ax.get_legend().get_texts()] == ["0.weight", "11.weight"]


# Sample predictions

def test_wrong_predictions_differ_by_words_signs_and_frame(front):
    view = vc.LiveTraining(2, classes=["cat", "dog"])
    pictures = np.random.default_rng(0).integers(0, 255, (2, 4, 4, 3), dtype=np.uint8)
    view.update(0, loss=1.0, samples=(pictures, np.array([[0.9, 0.1], [0.8, 0.2]]), np.array([0, 1])))
    view.picture()
    _, right, wrong = view._picture.figure.axes
    assert (right.get_title(), wrong.get_title()) == ("\u2713 cat 90%", "\u2717 cat 80%\nis dog")
    assert np.array_equal(right.images[0].get_array(), pictures[0] / 255)
    assert right.spines["top"].get_linestyle() != wrong.spines["top"].get_linestyle()
    assert "1 of 2 sample predictions right; dog taken for cat (80%)." in front.alt


@pytest.mark.parametrize("shape", [(3, 5, 6), (3, 5, 6, 1), (3, 5, 6, 3), (3, 1, 5, 6), (3, 3, 5, 6)])
def test_samples_come_in_any_usual_layout_and_scores_become_probabilities(shape):
    given = torch.linspace(-1, 2, int(np.prod(shape))).reshape(shape)
    samples = training.samples_from(given, torch.tensor([[0.0, np.log(3)]] * 3), torch.tensor([1, 0, 1]))
    assert [s.picture.shape[:2] for s in samples] == [(5, 6)] * 3 and all(0 <= s.picture.min() < s.picture.max() <= 1 for s in samples)
    assert [(s.guess, s.truth) for s in samples] == [("1", "1"), ("1", "0"), ("1", "1")] and samples[0].probability == pytest.approx(0.75)


@pytest.mark.parametrize("wrong", [lambda: (np.zeros((2, 4, 4)), np.zeros(2), np.zeros(2, int)),
                                   lambda: (np.zeros((2, 4, 4, 5)), np.eye(2), np.zeros(2, int)),
                                   lambda: (np.zeros((2, 4, 4)), np.eye(2), np.array([0, 7])), lambda: 1 / 0, lambda: None])
def test_samples_that_cannot_be_shown_cost_a_sentence_and_not_the_training(wrong, front):
    with vc.LiveTraining(3) as view:
        view.update(0, loss=1.0, samples=wrong)
        view.update(1, loss=0.5)
    assert "No sample predictions: " in front.alt and view.history["loss"][1].tolist() == [1, 0.5]


def test_a_sample_function_disturbs_nothing(front):
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.BatchNorm1d(16), torch.nn.Dropout(), torch.nn.Linear(16, 2))
    net[1].eval()                                      # a mode of its own, which has to come back
    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)
    states = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist(), net[1].running_mean.clone()

    def samples():
        random.random(), np.random.rand(), torch.rand(1)
        X = torch.randn(3, 4, 4)
        scores = net(X)
        assert not scores.requires_grad and not net.training and not net[2].training
        return X, scores, [0, 1, 0]

    view = vc.LiveTraining(3)
    view.update(0, loss=1.0, samples=samples, model=net)
    assert len(view._record.samples) == 3
    assert states[0] == random.getstate() and states[1] == np.random.get_state()[1].tolist() and states[2] == torch.get_rng_state().tolist()
    assert torch.equal(states[3], net[1].running_mean) and net.training and net[2].training and not net[1].training
