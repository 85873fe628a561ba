"""LiveTraining: what it records, and that the picture shows exactly that."""

import numpy as np
import pytest
import torch

import visioncourse as vc
from visioncourse import live_picture as training

# What is recorded

@pytest.mark.parametrize("name, panel, role", [
    ("loss", "loss", ""), ("train_loss", "loss", "train"), ("val_loss", "loss", "val"), ("loss_discriminator", "loss", ""),
    ("valid/loss", "loss", "val"),
    ("accuracy", "accuracy", ""), ("val_acc", "accuracy", "val"), ("accuracy_test", "accuracy", "test"),
    ("validation_accuracy", "accuracy", "val"),
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

def test_the_figure_holds_exactly_what_was_recorded(panels):
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


@pytest.mark.parametrize("values, wanted",
                         [([], (0, 1, False)), ([2.0], (1, 3, False)), ([0.0], (-0.5, 0.5, False)), ([1.0, 3.0], (0.9, 3.1, False)),
                                            ([0.003, 6.0], (0.002, 9.0, True)), ([-1.0, 9000.0], (-451.05, 9450.05, False))])
def test_limits_show_every_number(values, wanted):
    assert training.limits(np.array(values)) == pytest.approx(wanted)


def test_a_loss_that_is_nan_is_said_and_leaves_the_axes_whole(panels):
    view = vc.LiveTraining(100)
    for step in range(60):
        view.update(step, loss=3.0 - step / 50 if step < 37 else np.nan, val_loss=2.0 if step < 40 else np.inf)
    assert view._record.notes == {("broken", "loss"): "Loss is nan since step 37.",
                                  ("broken", "val loss"): "Val loss is inf since step 40."}
    loss, = panels(view).values()
    assert loss.get_ylim() == pytest.approx((2 - 0.05, 3 + 0.05)) or np.isfinite(loss.get_ylim()).all() and loss.get_ylim()[1] < 4
    words = [text.get_text().strip() for text in loss.texts]
    assert words == ["nan since 37", "inf since 40"]
    assert [line.get_xdata() for line in loss.lines if line.get_visible() and line.get_linestyle() == ":"] == [[37, 37], [40, 40]]
    assert "Loss is nan since step 37" in view.describe() and "lowest 2.28 at step 36" in view.describe()


def test_a_loss_that_explodes_is_drawn_on_a_logarithmic_axis(panels):
    view = vc.LiveTraining(6)
    for step, loss in enumerate((2.0, 5.0, 1e3, 1e12, 1e38, np.inf)):
        view.update(step, loss=loss)
    ax, = panels(view).values()
    assert ax.get_yscale() == "log" and ax.get_ylim() == pytest.approx((2 / 1.5, 1.5e12))


def test_many_steps_are_drawn_with_few_dots_that_keep_every_peak(panels):
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
