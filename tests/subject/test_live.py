"""LiveTraining: what it records and draws, when it draws, what an interrupt does, and who sees what."""

import base64
import fcntl
import io
import json
import os
import pty
import random
import signal
import subprocess
import sys
import termios
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from workshop import ROOT

import visioncourse as vc
from visioncourse import live
from visioncourse import live_picture as training


@pytest.fixture(autouse=True)
def nobody_grades(monkeypatch):
    for name in ("VISIONCOURSE_WIDGETS", "NBGRADER_EXECUTION", "NBGRADER_VALIDATING"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(live.LiveTraining, "_last_stop", -float("inf"))


class Front:
    """Stands for a notebook: pictures with their alt texts, and a clock of its own."""

    def __init__(self):
        self.now, self.cost, self.shown, self.times, self.opened = 0.0, 0.0, [], [], 0

    def display(self, data, *, raw, metadata, display_id):
        assert raw and display_id
        self.opened += 1
        self.update(data, raw=raw, metadata=metadata)
        return SimpleNamespace(update=self.update)

    def update(self, data, *, raw, metadata):
        self.now += self.cost
        self.times.append(self.now)
        self.shown.append((data, metadata))

    @property
    def alt(self):
        data, metadata = self.shown[-1]
        assert data["text/plain"] == metadata["image/png"]["alt"]
        return data["text/plain"]


@pytest.fixture
def front(monkeypatch):
    import IPython.display

    front = Front()
    monkeypatch.setattr(live, "_mode", lambda: "jupyter")
    monkeypatch.setattr(live, "_clock", lambda: front.now)
    monkeypatch.setattr(IPython.display, "display", front.display)
    return front


def panels(view):
    """Axes of the view's figure by title."""
    view.picture()
    return {ax.get_title(): ax for ax in view._picture.figure.axes}


# What is recorded

@pytest.mark.parametrize("name, panel, role", [
    ("loss", "loss", ""), ("train_loss", "loss", "train"), ("val_loss", "loss", "val"), ("loss_discriminator", "loss", ""), ("valid/loss", "loss", "val"),
    ("accuracy", "accuracy", ""), ("val_acc", "accuracy", "val"), ("accuracy_test", "accuracy", "test"), ("validation_accuracy", "accuracy", "val"),
    ("learning_rate", "learning rate", ""), ("val_iou", "iou", "val"), ("train", "train", "train"),
])
def test_names_decide_the_panels(name, panel, role):
    assert training.panel_of(name) == (panel, role)


def test_history_gives_steps_and_values_as_arrays():
    view = vc.LiveTraining(10)
    view.update(0, loss=torch.tensor(2.5, requires_grad=True), val_accuracy=None)
    view(2, loss=np.float32(1.5), val_accuracy=np.array([0.25]))
    view.update(2, train_accuracy=1)
    assert {name: (s.tolist(), v.tolist()) for name, (s, v) in view.history.items()} == {
        "loss": ([0, 2], [2.5, 1.5]), "val_accuracy": ([2], [0.25]), "train_accuracy": ([2], [1.0])}


def test_the_running_mean_weighs_the_past_less_and_less():
    curve, values = training.Curve(span=4), [3.0, 1.0, np.nan, 5.0, -2.0]
    for step, value in enumerate(values):
        curve.add(step, value)
    for n in range(len(values)):
        known = [v for v in values[:n + 1] if np.isfinite(v)]
        weights = 0.75 ** np.arange(len(known))[::-1]
        assert curve.means[n] == pytest.approx(np.average(known, weights=weights))


# What is drawn

def test_the_figure_holds_exactly_what_was_recorded():
    view = vc.LiveTraining(100)
    losses = 2 + np.cos(np.arange(40.0))
    for step, loss in enumerate(losses):
        view.update(step, loss=loss, **({"train_accuracy": step / 50, "val_accuracy": step / 60} if step % 10 == 9 else {}))
    axes = panels(view)
    assert list(axes) == ["loss (line: mean of about 5 steps)", "accuracy"]
    loss, accuracy = axes.values()
    dots, mean = loss.lines[:2]
    assert dots.get_xdata().tolist() == list(range(40)) and dots.get_ydata().tolist() == losses.tolist() and dots.get_linestyle() == "None"
    assert mean.get_ydata().tolist() == list(view._record.curves["loss"].means)
    assert loss.get_xlim() == (0, 100)
    assert loss.get_ylim() == pytest.approx((losses.min() - 0.05 * np.ptp(losses), losses.max() + 0.05 * np.ptp(losses)))
    drawn = {line.get_label(): line for line in accuracy.lines}
    assert drawn["train accuracy"].get_data()[0].tolist() == [9, 19, 29, 39]
    assert drawn["val accuracy"].get_data()[1].tolist() == [9 / 60, 19 / 60, 29 / 60, 39 / 60]
    assert drawn["train accuracy"].get_marker() != drawn["val accuracy"].get_marker()
    assert drawn["train accuracy"].get_linestyle() != drawn["val accuracy"].get_linestyle()
    assert [t.get_text() for t in accuracy.get_legend().get_texts()] == ["train accuracy", "val accuracy"]


def test_one_figure_is_brought_up_to_date_until_a_panel_appears():
    view = vc.LiveTraining(10)
    view.update(0, loss=1.0)
    view.picture()
    figure, (line, *_) = view._picture.figure, view._picture.figure.axes[0].lines
    view.update(1, loss=2.0)
    view.picture()
    assert view._picture.figure is figure and line.get_ydata().tolist() == [1, 2]
    view.update(2, val_accuracy=0.5)
    view.picture()
    assert view._picture.figure is not figure and len(view._picture.figure.axes) == 2


def test_a_style_chosen_in_the_notebook_changes_nothing():
    from matplotlib import style
    view = vc.LiveTraining(10)
    view.update(0, loss=1.0)
    wanted = view.picture()
    with style.context("dark_background"):
        assert view.picture() == wanted
        other = vc.LiveTraining(10)
        other.update(0, loss=1.0)
        assert other.picture() == wanted


@pytest.mark.parametrize("values, wanted", [([], (0, 1, False)), ([2.0], (1, 3, False)), ([0.0], (-0.5, 0.5, False)), ([1.0, 3.0], (0.9, 3.1, False)),
                                            ([0.003, 6.0], (0.002, 9.0, True)), ([-1.0, 9000.0], (-451.05, 9450.05, False))])
def test_limits_show_every_number(values, wanted):
    assert training.limits(np.array(values)) == pytest.approx(wanted)


def test_a_loss_that_is_nan_is_said_and_leaves_the_axes_whole():
    view = vc.LiveTraining(100)
    for step in range(60):
        view.update(step, loss=3.0 - step / 50 if step < 37 else np.nan, val_loss=2.0 if step < 40 else np.inf)
    assert view._record.notes == {("broken", "loss"): "Loss is nan since step 37.", ("broken", "val loss"): "Val loss is inf since step 40."}
    loss, = panels(view).values()
    assert loss.get_ylim() == pytest.approx((2 - 0.05, 3 + 0.05)) or np.isfinite(loss.get_ylim()).all() and loss.get_ylim()[1] < 4
    words = [text.get_text().strip() for text in loss.texts]
    assert words == ["nan since 37", "inf since 40"]
    assert [line.get_xdata() for line in loss.lines if line.get_visible() and line.get_linestyle() == ":"] == [[37, 37], [40, 40]]
    assert "Loss is nan since step 37" in view.describe() and "lowest 2.28 at step 36" in view.describe()


def test_a_loss_that_explodes_is_drawn_on_a_logarithmic_axis():
    view = vc.LiveTraining(6)
    for step, loss in enumerate((2.0, 5.0, 1e3, 1e12, 1e38, np.inf)):
        view.update(step, loss=loss)
    ax, = panels(view).values()
    assert ax.get_yscale() == "log" and ax.get_ylim() == pytest.approx((2 / 1.5, 1.5e12))


def test_many_steps_are_drawn_with_few_dots_that_keep_every_peak():
    view, values = vc.LiveTraining(50_000), np.sin(np.arange(50_000) / 500)
    values[[7_777, 31_313]] = 9, -9
    for step, value in enumerate(values):
        view.update(step, loss=value)
    ax, = panels(view).values()
    x, y = ax.lines[0].get_data()
    assert len(x) <= training.MOST_DOTS and y.max() == 9 and y.min() == -9 and x[y.argmax()] == 7_777 and x[y.argmin()] == 31_313


def test_names_with_dollars_are_no_formulas():
    view = vc.LiveTraining(3, classes=["$cat", "_dog$"])
    view.update(0, **{"cost_in_$": 3.0})
    view._record.samples = training.samples_from(np.zeros((1, 4, 4)), [[0.5, 0.5]], [1], ["$cat", "_dog$"])
    assert view.picture().startswith(b"\x89PNG")


def test_the_alt_text_tells_the_numbers():
    view = vc.LiveTraining(20)
    for step in range(20):
        view.update(step, loss=4.0 - step / 10, **({"val_accuracy": 0.3 if step == 9 else 0.2} if step % 5 == 4 else {}))
    said = view.describe()
    assert said.startswith("Training, step 20 of 20. loss from 4 to 2.1, running mean ") and "lowest 2.1 at step 19" in said
    assert "val accuracy from 0.2 to 0.2, highest 0.3 at step 9." in said and "\n" not in said


# Gradients and updates

def gradients_by_hand(steps=4):
    """Plain gradient descent on sum(W**2) / 2 + 3 sum(b), with its norms and ratios."""
    params, norms, ratios = {"W": np.array([[3.0, 4.0]]), "b": np.zeros(2)}, [], []
    for _ in range(steps):
        yield params, {"W": params["W"].copy(), "b": np.full(2, 3.0)}
        params["W"] -= 0.1 * params["W"]               # in place, as a learner may write it
        params["b"] = params["b"] - 0.1 * 3


def test_norms_and_ratios_of_a_dictionary_of_arrays(front):
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


def torch_net():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.ReLU(), torch.nn.Linear(4, 3))


@pytest.mark.parametrize("hooked", [True, False])
def test_norms_and_ratios_of_a_torch_module(hooked, front):
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


def test_long_trainings_are_measured_at_some_steps_that_do_not_depend_on_time(front):
    view, W = vc.LiveTraining(2000), np.ones((2, 2))
    for step in range(2000):
        front.now += 0.001 * (step % 7)
        W = W * 0.999
        view.update(step, loss=1.0, model={"W": W}, gradients={"W": W})
    assert view.history["gradient_norm/W"][0].tolist() == list(range(0, 2000, 10))
    steps, ratios = view.history["update_ratio/W"]
    assert steps.tolist() == list(range(1, 2000, 10)) and ratios == pytest.approx(np.full(200, 0.001))


def test_the_optimizer_is_measured_at_some_steps_of_a_long_training(front):
    net = torch_net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    view = vc.LiveTraining(2000)
    for step in range(35):
        net(torch.ones(1, 5)).sum().backward()
        optimizer.step()
        view.update(step, loss=1.0, model=net, optimizer=optimizer)
    assert view.history["update_ratio/0.weight"][0].tolist() == view.history["gradient_norm/0.weight"][0].tolist() == [1, 11, 21, 31]


def test_an_update_every_few_steps_needs_the_optimizer(front):
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


def test_frozen_parameters_are_named_and_left_out(front):
    net = torch_net()
    net[0].requires_grad_(False)
    with vc.LiveTraining(3) as view:
        for step in range(3):
            net(torch.ones(1, 5)).sum().backward()
            view.update(step, loss=1.0, model=net)
    assert {name for name in view.history} == {"loss", "gradient_norm/2.weight", "gradient_norm/2.bias", "update_ratio/2.weight", "update_ratio/2.bias"}
    assert "2 of 4 parameter tensors are frozen and have no curves: 0.weight, 0.bias." in view.describe()


def test_a_model_without_gradients_is_told_what_to_do(front):
    net = torch_net()
    view = vc.LiveTraining(3)
    view.update(0, loss=1.0, model=net)
    assert "no gradients at step 0: call update after backward and before zero_grad, or give optimizer=." in front.alt
    other = vc.LiveTraining(3)
    net[2](torch.ones(1, 4)).sum().backward()
    other.update(0, loss=1.0, model=net)
    assert "No gradient reaches 0.weight, 0.bias (step 0)." in front.alt
    assert list(other.history) == ["loss", "gradient_norm/2.weight", "gradient_norm/2.bias"]


def test_many_tensors_share_a_scale_of_colours(front):
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


@pytest.mark.parametrize("wrong", [lambda: (np.zeros((2, 4, 4)), np.zeros(2), np.zeros(2, int)), lambda: (np.zeros((2, 4, 4, 5)), np.eye(2), np.zeros(2, int)),
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


# When it draws

@pytest.mark.parametrize("cost", [0.0, 0.002, 0.05])
def test_at_most_eight_pictures_a_second_and_a_tenth_of_the_time(cost, front):
    front.cost = cost
    with vc.LiveTraining(600) as view:
        for step in range(600):
            front.now += 0.01
            view.update(step, loss=1.0)
    assert front.opened == 1
    gaps = np.diff(front.times[1:-1])                  # the first is drawn at once, the last in any case
    assert gaps.min() >= max(0.125, 9 * cost) - 1e-9
    assert len(front.times) >= front.now / (max(0.125, 10 * cost) + 0.02), "and not much fewer"


def test_the_last_picture_is_the_same_however_often_it_was_drawn(front, monkeypatch):
    def train(speed):
        front.now, front.shown = 0.0, []
        net = torch_net()
        optimizer = torch.optim.Adam(net.parameters())
        with vc.LiveTraining(40) as view:
            for step in range(40):
                front.now += speed
                loss = net(torch.randn(8, 5)).square().sum()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                view.update(step, loss=loss, model=net, optimizer=optimizer,
                            samples=lambda: (torch.ones(2, 4, 4), net(torch.ones(2, 5)), [0, 1]))
        return [data["image/png"] for data, _ in front.shown]

    often, seldom = train(1.0), train(0.001)
    assert len(often) == 41 and len(seldom) == 2 and often[-1] == seldom[-1]
    monkeypatch.setenv("VISIONCOURSE_WIDGETS", "static")
    assert train(1.0) == seldom[-1:]


def test_a_callback_draws_the_last_picture_without_with(front):
    view = vc.LiveTraining(5)
    for step in range(5):
        view(step, loss=5.0 - step)
    assert front.alt.startswith("Training, step 5 of 5. loss from 5 to 1,") and front.opened == 1


def test_a_view_used_again_opens_a_new_picture_with_all_curves(front):
    view = vc.LiveTraining(4)
    for steps in ((0, 1), (2, 3)):
        with view:
            for step in steps:
                view.update(step, loss=1.0)
    assert front.opened == 2 and len(view.history["loss"][0]) == 4


# What goes wrong

@pytest.mark.parametrize("call, said", [
    (dict(step=0.5, loss=1), "step is 0.5, but it must be a whole number from 0 on"), (dict(step=-1, loss=1), "step is -1"),
    (dict(step=0, loss="low"), "loss is 'low', which is no number"), (dict(step=0, loss=[1.0, 2.0]), r"loss is \[1.0, 2.0\], which is no number"),
    (dict(step=0, loss=np.ones(32)), "loss has 32 elements, but a curve needs one number, such as their mean"),
    (dict(step=0, loss=torch.ones(4, 2)), "loss has 8 elements"), (dict(step=0, loss=1, model="resnet"), "model is 'resnet': give a torch module"),
    (dict(step=0, loss=1, model={}, optimizer=0.1), "optimizer is 0.1: give a torch optimizer"), (dict(step=0, loss=1, gradients=[1]), r"gradients is \[1\]: give a dictionary"),
])
def test_a_call_wrong_from_the_start_raises_and_later_it_is_a_sentence(call, said, front):
    import re
    view = vc.LiveTraining(10)
    with pytest.raises((TypeError, ValueError), match=said):
        view.update(**call)
    with view:
        view.update(0, loss=3.0)
        view.update(**{**call, "step": call["step"] or 1})
        view.update(2, loss=1.0)
    assert re.search(said.split(",")[0], front.alt) and "It is left out." in front.alt
    assert {0, 2} <= set(view.history["loss"][0])


@pytest.mark.parametrize("total", [0, -3, 2.5, "many", None, True])
def test_a_total_that_is_no_number_of_steps_is_refused(total):
    with pytest.raises(ValueError, match="give the number of steps of the whole training"):
        vc.LiveTraining(total)


def test_steps_that_begin_again_each_epoch_are_counted_on():
    view = vc.LiveTraining(9)
    for _ in range(3):
        for batch in range(3):
            view.update(batch, loss=1.0)
    assert view.history["loss"][0].tolist() == list(range(9)) and len(view._record.notes) == 1
    assert "Give the number of steps since training began, not since the epoch began." in view.describe()


def test_more_steps_than_announced_stretch_the_axis(front):
    with vc.LiveTraining(5) as view:
        for step in range(8):
            view.update(step, loss=1.0)
    assert panels(view)["loss (line: mean of about 5 steps)"].get_xlim() == (0, 8)


def test_steps_may_be_counted_from_one(front):
    with vc.LiveTraining(5) as view:
        for step in range(1, 6):
            view.update(step, loss=1.0)
    assert front.alt.startswith("Training, step 5 of 5.")


def test_a_picture_that_cannot_be_drawn_stops_nothing(front, monkeypatch):
    view = vc.LiveTraining(3)
    monkeypatch.setattr(view._picture, "png", lambda *_: 1 / 0)
    with view:
        for step in range(3):
            view.update(step, loss=1.0)
    assert front.shown == [] and len(view.history["loss"][0]) == 3 and "cannot be drawn: ZeroDivisionError" in view.describe()


def test_a_strange_model_stops_nothing(front):
    class Strange:
        def named_parameters(self):
            raise RuntimeError("not today")
    with vc.LiveTraining(3) as view:
        view.update(0, loss=1.0, model=Strange())
    assert "Gradients and updates cannot be measured: RuntimeError: not today" in front.alt


# Interrupts and errors

def test_an_interrupt_ends_the_block_and_keeps_everything(front, capsys):
    with vc.LiveTraining(100) as view:
        for step in range(100):
            view.update(step, loss=1.0)
            if step == 36:
                raise KeyboardInterrupt
    assert view.stopped_at == 36 and len(view.history["loss"][0]) == 37
    assert capsys.readouterr().out == ("Stopped at step 37 of 100; what was trained and recorded is kept. "
                                       "Interrupt twice within two seconds to stop the whole cell.\n")
    assert "Stopped at step 37 of 100" in front.alt


def test_an_interrupt_during_a_drawing_waits_for_its_end(front, monkeypatch):
    view, drawn = vc.LiveTraining(100), []
    draw = view._picture.png

    def interrupted(record, last):
        if not last:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.05)                           # where Python would raise KeyboardInterrupt
        drawn.append(last)
        return draw(record, last)

    monkeypatch.setattr(view._picture, "png", interrupted)
    with view:
        view.update(0, loss=1.0)
        pytest.fail("the interrupt was lost")
    assert drawn == [False, True] and len(front.shown) == 2 and view.stopped_at == 0
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("seconds, passes", [(1.5, True), (2.5, False)])
def test_a_second_interrupt_soon_after_stops_the_cell(seconds, passes, front):
    stopped = []
    try:
        for _ in range(2):
            with vc.LiveTraining(100) as view:
                view.update(0, loss=1.0)
                front.now += seconds
                raise KeyboardInterrupt
            stopped.append(view.stopped_at)
    except KeyboardInterrupt:
        stopped.append("cell")
    assert stopped == ([0, "cell"] if passes else [0, 0])


@pytest.mark.parametrize("mode", ["plain", "off"])
def test_where_nobody_watches_an_interrupt_passes(mode, monkeypatch):
    monkeypatch.setattr(live, "_mode", lambda: mode)
    with pytest.raises(KeyboardInterrupt), vc.LiveTraining(100) as view:
        view.update(0, loss=1.0)
        raise KeyboardInterrupt
    assert view.stopped_at == 0


def test_other_errors_pass_after_the_last_picture(front):
    with pytest.raises(ZeroDivisionError), vc.LiveTraining(100) as view:
        for step in range(50):
            view.update(step, loss=50.0 - step)
        1 / 0
    assert front.alt.startswith("Training, step 50 of 100. loss from 50 to 1,")


# Who sees what

SCRIPT = """
import sys, visioncourse as vc
looked = []
with vc.LiveTraining(40) as view:
    for step in range(40):
        view.update(step, loss=4.0 - step / 10 if step < 30 else float("nan"), val_accuracy=step / 40 if step % 10 == 0 else None,
                    samples=lambda: looked.append(1), model={"W": 1})
print(len(view.history["loss"][0]), looked, sorted({"matplotlib", "torch", "IPython", "ipywidgets"} & set(sys.modules)))
"""


def script(**environment):
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return done.stdout.splitlines()


def test_in_a_pipe_there_is_one_last_line():
    assert script() == ["step 40 of 40, loss nan, val accuracy 0.75; Loss is nan since step 30", "40 [] []"]


@pytest.mark.parametrize("name, value", [("NBGRADER_EXECUTION", "autograde"), ("NBGRADER_VALIDATING", "1"), ("VISIONCOURSE_WIDGETS", "off")])
def test_under_nbgrader_there_is_nothing(name, value):
    assert script(**{name: value}) == ["40 [] []"]


def in_terminal(code, interrupt_after=None):
    """What a terminal gets from a script, and its exit status; with Ctrl-C pressed after a text has come."""
    leader, follower = pty.openpty()
    termios.tcsetwinsize(follower, (24, 120))
    done = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdin=follower, stdout=follower, stderr=follower, start_new_session=True,
                            preexec_fn=lambda: fcntl.ioctl(follower, termios.TIOCSCTTY, 0))
    os.close(follower)
    told, limit = b"", threading.Timer(120, done.kill)
    limit.start()
    while True:
        try:
            part = os.read(leader, 4096)
        except OSError:                                # the other end is closed
            break
        if not part:
            break
        told += part
        if interrupt_after and interrupt_after in told:
            os.write(leader, b"\x03")
            interrupt_after = None
    os.close(leader)
    limit.cancel()
    return told.decode(), done.wait(60)


def test_in_a_terminal_there_is_a_bar_with_the_latest_numbers():
    told, status = in_terminal(SCRIPT)
    assert status == 0
    assert "100%" in told and "40/40" in told and "loss nan, val accuracy 0.75" in told and "Loss is nan since step 30." in told
    assert told.rstrip().endswith("40 [] []"), "no matplotlib, no samples"


def test_in_a_terminal_control_c_keeps_what_was_trained():
    told, status = in_terminal("""
import time, visioncourse as vc
with vc.LiveTraining(100000) as view:
    for step in range(100000):
        view.update(step, loss=1.0)
        time.sleep(0.01)
        if step == 20: print("twenty", flush=True)
print("kept", 20 <= view.stopped_at <= len(view.history["loss"][0]))
""", interrupt_after=b"twenty")
    assert status == 0 and "kept True" in told and "Traceback" not in told
    assert told.count("what was trained and recorded is kept") == 1


# In a real kernel

class Kernel:
    """A kernel of this Python, and what its cells put out."""

    def __init__(self, folder, **environment):
        from jupyter_client.manager import KernelManager
        self._manager = KernelManager(kernel_name="python3", transport="ipc", ip=f"{folder}/kernel")
        kept = {k: v for k, v in os.environ.items() if k not in ("NBGRADER_EXECUTION", "NBGRADER_VALIDATING", "VISIONCOURSE_WIDGETS")}
        self._manager.start_kernel(env={**kept, **environment}, cwd=str(ROOT))
        self._client = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=120)

    def run(self, code, interrupt_at=None):
        """Outputs of a cell as a notebook keeps them, and the status; interrupted by SIGINT once a text has been printed."""
        asked, outputs, ids = self._client.execute(code), [], {}
        while True:
            message = self._client.get_iopub_msg(timeout=120)
            if message["parent_header"].get("msg_id") != asked:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                break
            if kind == "display_data":
                ids[content["transient"]["display_id"]] = len(outputs)
                outputs.append(content)
            elif kind == "update_display_data":
                outputs[ids[content["transient"]["display_id"]]] = content
            elif kind in ("stream", "error"):
                outputs.append(content)
                if interrupt_at and interrupt_at in content.get("text", ""):
                    self._manager.interrupt_kernel()
                    interrupt_at = None
        return outputs, self._client.get_shell_msg(timeout=60)["content"]["status"]

    def text(self, code):
        return "".join(o.get("text", "") for o in self.run(code)[0])

    def end(self):
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel(tmp_path_factory):
    opened = []

    def start(**environment):
        opened.append(Kernel(tmp_path_factory.mktemp("k"), **environment))
        return opened[-1]

    yield start
    for one in opened:
        one.end()


NUMPY_LOOP = """
import time, numpy as np, visioncourse as vc
W = np.ones((3, 2))
with vc.LiveTraining(100000) as view:
    for step in range(100000):
        grad = W.copy()
        W = W - 1e-3 * grad
        view.update(step, loss=(W ** 2).sum(), model={"W": W}, gradients={"W": grad})
        time.sleep(0.002)
        if step == 300: print("go")
after = "ran"
"""
TORCH_LOOP = """
import torch, visioncourse as vc
torch.set_num_threads(1)
torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(8 * 36, 4))
optimizer = torch.optim.SGD(net.parameters(), lr=1e-2)
X, y = torch.randn(64, 3, 8, 8), torch.arange(64) % 4
start = [p.detach().clone() for p in net.parameters()]
with vc.LiveTraining(100000, classes="abcd") as view:
    for step in range(100000):
        loss = torch.nn.functional.cross_entropy(net(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        view.update(step, loss=loss, model=net, optimizer=optimizer, samples=lambda: (X[:4], net(X[:4]), y[:4]))
        if step == 300: print("go")
after = "ran"
moved = max((p - q).abs().max().item() for p, q in zip(start, net.parameters())) > 0
"""


@pytest.mark.slow
@pytest.mark.parametrize("loop, kept", [(NUMPY_LOOP, "bool((W < 1).all())"), (TORCH_LOOP, "moved and not optimizer._optimizer_step_pre_hooks")])
def test_an_interrupted_cell_ends_well_and_keeps_one_ordinary_picture(loop, kept, kernel):
    from PIL import Image

    running = kernel()
    outputs, status = running.run(loop, interrupt_at="go")
    assert status == "ok" and not [o for o in outputs if "ename" in o]
    pictures = [o for o in outputs if "image/png" in o.get("data", {})]
    assert len(pictures) == 1 and set(pictures[0]["data"]) == {"image/png", "text/plain"}
    alt = pictures[0]["metadata"]["image/png"]["alt"]
    assert "Stopped at step " in alt and " of 100000" in alt and "update/weight ratio" in alt and ("sample predictions right" in alt) == (loop is TORCH_LOOP)
    assert Image.open(io.BytesIO(base64.b64decode(pictures[0]["data"]["image/png"]))).width == training.WIDTH
    said = "".join(o.get("text", "") for o in outputs)
    assert "Stopped at step " in said and "Traceback" not in said
    answer = running.text(f"print(after, {kept}, view.stopped_at >= 300, len(view.history['loss'][0]) >= view.stopped_at)")
    assert answer == "ran True True True\n"


SOLVER = """
import time, numpy as np, visioncourse as vc
from visioncourse.classifiers import TwoLayerNet
np.random.seed(0)
X, y = np.random.randn(600, 6), np.arange(600) % 3
class Slow(TwoLayerNet):
    def loss(self, X, y=None):
        time.sleep(0.002)
        return super().loss(X, y)
net = Slow(6, 9, 3)
solver = vc.Solver(net, dict(X_train=X, y_train=y, X_val=X, y_val=y), num_epochs=20, batch_size=10, print_every=10**6, num_train_samples=100)
"""


@pytest.mark.slow
def test_an_interrupted_solver_keeps_the_best_and_goes_on(kernel):
    running = kernel()
    outputs, status = running.run(SOLVER + "solver.train()", interrupt_at="(Epoch 3 ")
    assert status == "ok" and "Stopped at step " in json.dumps(outputs)
    assert running.text("print(net.params is solver.best_params, len(solver.loss_history) < 1200)") == "True True\n"
    outputs, status = running.run("solver.train()")
    pictures = [o for o in outputs if "image/png" in o.get("data", {})]
    assert status == "ok" and len(pictures) == 1 and "step 1200 of 1200" in pictures[0]["data"]["text/plain"] and "Stopped" not in pictures[0]["data"]["text/plain"]
    assert running.text("print(len(solver.loss_history), len(solver.val_acc_history), net.params is solver.best_params)") == "1200 21 True\n"


@pytest.mark.slow
def test_in_a_kernel_a_judge_or_nbgrader_sees_nothing(kernel):
    short = "import visioncourse as vc\nwith vc.LiveTraining(3) as view:\n    for s in range(3): view.update(s, loss=1.0)\n"
    assert kernel(NBGRADER_EXECUTION="autograde").run(short) == ([], "ok")
    running = kernel()
    assert len(running.run(short)[0]) == 1
    indented = "".join("    " + line + "\n" for line in short.splitlines())
    code = f"import sys\nfrom IPython.utils.capture import capture_output\nwith capture_output() as held:\n{indented}assert held.outputs == [] and not held.stdout and not held.stderr"
    assert running.run(code) == ([], "ok")
