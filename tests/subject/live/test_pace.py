"""LiveTraining: when it draws, and that it costs little."""

import numpy as np
import pytest
import torch

import visioncourse as vc


@pytest.mark.parametrize("cost", [0.0, 0.002, 0.05])
@pytest.mark.slow
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


@pytest.mark.slow
def test_the_last_picture_is_the_same_however_often_it_was_drawn(front, monkeypatch, torch_net):
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
