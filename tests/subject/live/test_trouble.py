"""LiveTraining: what goes wrong costs a sentence and never the training; interrupts keep what was trained."""

import os
import signal
import time

import numpy as np
import pytest
import torch

import visioncourse as vc
from visioncourse import live

# What goes wrong

@pytest.mark.parametrize("call, said", [
    (dict(step=0.5, loss=1), "step is 0.5, but it must be a whole number from 0 on"), (dict(step=-1, loss=1), "step is -1"),
    (dict(step=0, loss="low"), "loss is 'low', which is no number"),
    (dict(step=0, loss=[1.0, 2.0]), r"loss is \[1.0, 2.0\], which is no number"),
    (dict(step=0, loss=np.ones(32)), "loss has 32 elements, but a curve needs one number, such as their mean"),
    (dict(step=0, loss=torch.ones(4, 2)), "loss has 8 elements"),
    (dict(step=0, loss=1, model="resnet"), "model is 'resnet': give a torch module"),
    (dict(step=0, loss=1, model={}, optimizer=0.1), "optimizer is 0.1: give a torch optimizer"),
    (dict(step=0, loss=1, gradients=[1]), r"gradients is \[1\]: give a dictionary"),
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


def test_more_steps_than_announced_stretch_the_axis(front, panels):
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
