"""Babysitter: its training in Python and in the browser against torch, what it says and refuses, and hands on it in Chromium."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from visioncourse.widgets import Babysitter
from visioncourse.widgets.babysitter import picture as render
from visioncourse.widgets.shared.base import source
from visioncourse.widgets.shared.presets import TRAINING_SETS, training_points
from visioncourse.widgets.shared.random_numbers import uniforms

from .hands import DARK

pytestmark = pytest.mark.usefixtures("one_thread")
CASES = [("spirals", {0: 0.3}, 20, 0.0, 1), ("moons", {0: 0.1, 20: 1.0, 35: 0.01}, 4, 1e-3, 2), ("wrong labels", {0: 0.3}, 200, 1e-2, 3)]


def by_torch(name, rates, batch, l2, seed, steps=50):
    """The records of a training by torch's layers and autograd, from the same weights and batches."""
    data = training_points(name)
    (X, y), (Xh, yh) = ((torch.tensor(part, dtype=torch.float64)[:, :2], torch.tensor(part)[:, 2].long())
                        for part in (data["train"], data["held_out"]))
    pairs = [[torch.tensor(value, requires_grad=True) for value in pair] for pair in render.fresh(seed, data["classes"])]
    weights, biases = zip(*pairs, strict=True)
    chosen = np.floor(uniforms(1000 * seed + 9, steps * batch).reshape(steps, batch) * len(y)).astype(int)

    def scores(x):
        for W, b in pairs[:-1]:
            x = F.relu(x @ W + b)
        return x @ pairs[-1][0] + pairs[-1][1]

    log, ratio, rate = [], None, rates[0]
    for n in range(steps + 1):
        with torch.no_grad():
            now, held = scores(X), scores(Xh)
            log.append([F.cross_entropy(now, y).item(), (now.argmax(1) == y).double().mean().item(), F.cross_entropy(held, yh).item(),
                        (held.argmax(1) == yh).double().mean().item(), ratio])
        if n == steps:
            return log
        rate = rates.get(n, rate)
        loss = F.cross_entropy(scores(X[chosen[n]]), y[chosen[n]]) + l2 * sum((W**2).sum() for W in weights)
        slopes = torch.autograd.grad(loss, [*weights, *biases])
        ratio = rate * np.sqrt(sum((slope**2).sum().item() for slope in slopes[:3]) / sum((W**2).sum().item() for W in weights))
        with torch.no_grad():
            for value, slope in zip([*weights, *biases], slopes, strict=True):
                value -= rate * slope


def trained(name, rates, batch, l2, seed):
    return render.train(training_points(name), rates, batch, l2, seed, 50)[1]


def numbers(log):
    return np.array([[entry[key] for key in ("loss", "accuracy", "held_loss", "held_accuracy", "ratio")] for entry in log], float)


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_python_trains_as_torch_does(case):
    rates, log = case[1], trained(*case)
    np.testing.assert_allclose(numbers(log), np.array(by_torch(*case), float), rtol=1e-6)
    assert [entry["rate"] for entry in log] == [rates[max(n for n in rates if n <= step)] for step in range(51)]


def test_the_browser_trains_as_python_does(node, tmp_path):
    given = [[training_points(name), render.HIDDEN, {"batch": batch, "l2": l2, "seed": seed}, list(rates.items())]
             for name, rates, batch, l2, seed in CASES]
    (tmp_path / "module.mjs").write_text(source(Babysitter.esm))
    (tmp_path / "given.json").write_text(json.dumps(given))
    (tmp_path / "main.mjs").write_text("""
import { readFileSync } from "node:fs";
import { training } from "./module.mjs";
console.log(JSON.stringify(JSON.parse(readFileSync("given.json")).map(([data, hidden, how, rates]) => {
  const run = training(data, hidden, how), moves = new Map(rates);
  for (let n = 0, rate; n < 50; n++) run.advance(rate = moves.get(n) ?? rate);
  return run.log.map(entry => [entry.loss, entry.accuracy, entry.heldLoss, entry.heldAccuracy, entry.ratio]);
})));
""")
    done = subprocess.run([node, "main.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True)
    for case, theirs in zip(CASES, json.loads(done.stdout), strict=True):
        np.testing.assert_allclose(np.array(theirs, float), numbers(trained(*case)), rtol=1e-6)


@pytest.mark.slow
def test_it_shows_what_the_lecture_says():
    def last(*how, **more):
        return Babysitter(*how, **more)._see()[1][-1]

    first = Babysitter(steps=0)._see()[1][0]
    assert first["loss"] == pytest.approx(np.log(3), abs=0.05)                                      # before it learns, it guesses
    assert last("spirals", 0.001, 600)["loss"] > 0.9 * np.log(3)                                    # too small: hardly moved
    assert last("spirals", 0.1, 600)["held_accuracy"] > 0.95
    assert last("spirals", 3.0, 600)["loss"] > 1                                                    # too large: no better than guessing
    wrong, kept_small = last("wrong labels", 0.3, 1500), last("wrong labels", 0.1, 1500, l2=0.01)
    assert wrong["accuracy"] - wrong["held_accuracy"] > 0.15 and wrong["held_loss"] > 2 * kept_small["held_loss"]
    assert 5e-4 < last("spirals", 0.1, 600)["ratio"] < 5e-3


def test_the_held_out_points_are_others_and_their_labels_are_right():
    for name in TRAINING_SETS:
        data = training_points(name)
        assert len(data["held_out"]) == 200 and not {tuple(p[:2]) for p in data["train"]} & {tuple(p[:2]) for p in data["held_out"]}
        assert np.abs(np.array(data["train"])[:, :2]).max() < 2
    labels = np.array(training_points("wrong labels")["train"])[:, 2]
    assert 4 <= (labels != np.arange(40) % 2).sum() <= 12


def test_a_training_that_blows_up_is_said_so():
    demo = Babysitter("spirals", 10.0, 300, l2=0.1)
    assert len(demo._see()[1]) < 301 and "the loss has become no number, because the rate was too large" in demo.describe()
    assert demo.picture().startswith(b"\x89PNG")


def test_picture_words_and_scene_belong_together():
    demo = Babysitter("moons", {0: 0.03, 20: 0.3}, 40)
    last = demo._see()[1][-1]
    assert demo.describe().startswith("Training on moons, learning rate 0.03 then 0.3, 40 steps: loss from 0.")
    shares = f"accuracy {last['accuracy']:.0%} ({last['held_accuracy']:.0%} held out)"
    assert f"{shares}, update/weight ratio {last['ratio']:.1e}." in demo.describe()
    scene = demo.state()["scene"]
    other = scene | {"data": "spirals", "rates": [[0, 1.0], [7, 0.1]], "steps": 30, "l2": 0.01, "batch": 4, "seed": 5}
    demo.receive(other)
    assert demo.state()["scene"] == other and "spirals" in demo.describe()


@pytest.mark.slow
def test_the_picture_is_the_same_bytes_in_another_process():
    code = "import sys; from visioncourse import widgets as w; sys.stdout.buffer.write(w.Babysitter(steps=30).picture())"
    assert Babysitter(steps=30).picture() == subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout


@pytest.mark.parametrize("given, told", [
    ({"data": "rings"}, "data='rings': choose one of spirals, moons, wrong labels"),
    ({"rate": 0}, "rate=0: give learning rates from 0.0001 to 10"), ({"rate": {0: 0.1, 50: 11}}, "give learning rates"),
    ({"rate": {5: 0.1}}, "the first of them 0"), ({"rate": {0: 0.1, 2.5: 0.1}}, "with whole steps"),
    ({"steps": 1501}, "steps=1501: give a whole number from 0 to 1500"), ({"steps": -1}, "steps=-1"),
    ({"l2": 0.5}, "l2=0.5: choose one of 0, 0.0001"), ({"batch": 32}, "batch=32: choose one of 4, 20, 200"),
])
def test_what_cannot_be_shown_is_refused(given, told):
    with pytest.raises(ValueError, match=told):
        Babysitter(**given)


def test_with_ipywidgets_alone_the_controls_move_the_picture():
    demo = Babysitter(rate={0: 0.2, 10: 0.1}, steps=20)
    box = demo.build_plain()
    use, before = {control.description: control for control in box.children[:-1]}, box.children[-1].value
    use["steps"].value = 40
    assert demo.steps == 40 and box.children[-1].value != before
    use["rates"].value = [[0, 1.0]]
    assert demo.rates == {0: 1.0}


# ---- the browser ----

def check(widget, demo):
    """The widget says the numbers that Python finds for the same training."""
    last = demo._see()[1][-1]
    wanted = (f"Step {demo.steps}, learning rate {list(demo.rates.values())[-1]:g}. "
              f"Training loss {last['loss']:.2f}, {int(100 * last['accuracy'] + 0.5)} % right; "
              f"held out (hollow) {last['held_loss']:.2f}, {int(100 * last['held_accuracy'] + 0.5)} % right.")
    widget.page.wait_for_function("text => document.querySelector('.vc-status').textContent.startsWith(text)", arg=wanted, timeout=5000)


@pytest.mark.slow
def test_the_rate_moves_while_it_trains_and_no_key_leaks(show):
    demo = Babysitter("moons", 0.1, 0)
    widget = show(demo)
    widget.page.evaluate("window.leaked = []; document.addEventListener('keydown', event => leaked.push(event.key))")
    check(widget, demo)

    def press(name, times=1):
        for _ in range(times):
            widget.root.get_by_role("button", name=name, exact=True).click()

    press("10 steps", 2)
    press("step")
    check(widget, Babysitter("moons", 0.1, 21))
    rate = widget.root.get_by_role("slider", name="learning rate")
    rate.focus()
    widget.page.keyboard.press("End")
    widget.page.keyboard.press("ArrowLeft")
    widget.plane.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    moved = float(rate.get_attribute("aria-valuetext"))
    assert moved == 7.9
    rate.fill("40")
    press("10 steps")
    check(widget, Babysitter("moons", {0: 0.1, 21: 1.0}, 31))
    assert widget.page.evaluate("leaked") == []
    press("reset")
    check(widget, Babysitter("moons", 1.0, 0))
    press("other weights")
    demo = Babysitter("moons", 1.0, 0)
    demo.seed = 2
    check(widget, demo)


@pytest.mark.slow
def test_it_runs_pauses_and_stops_when_it_blows_up(show):
    widget = show(Babysitter("spirals", 0.1, 0))
    run = widget.root.get_by_role("button", name="run")
    run.click()
    widget.page.wait_for_function("parseInt(document.querySelector('.vc-status').textContent.slice(5)) >= 12", timeout=8000)
    widget.root.get_by_role("button", name="pause").click()
    steps = int(widget.root.locator(".vc-status").inner_text().split()[1].strip(","))
    check(widget, Babysitter("spirals", 0.1, steps))
    widget.root.get_by_role("radio", name="0.1", exact=True).check()
    widget.root.get_by_role("slider", name="learning rate").fill("50")
    run.click()
    widget.page.get_by_text("The loss is no number any more").wait_for(timeout=8000)
    run.wait_for()
    assert run.is_disabled()
    widget.shot("babysitter_blown")
    calm = show(Babysitter("moons", 0.1, 0), reduced_motion="reduce")
    calm.root.get_by_role("button", name="run").click()
    check(calm, Babysitter("moons", 0.1, 50))


@pytest.mark.slow
@pytest.mark.parametrize("body", ["", DARK], ids=["light", "dark"])
def test_everybody_can_use_it(show, body):
    import axe_playwright_python

    widget = show(Babysitter("wrong labels", {0: 0.3, 200: 0.03}, 400), body=body)
    widget.shot("babysitter_dark" if body else "babysitter")
    widget.page.add_script_tag(content=(Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8"))
    found = widget.page.evaluate("axe.run()")
    assert len(found["passes"]) > 10 and [(v["id"], [n["html"] for n in v["nodes"]]) for v in found["violations"]] == []
    assert widget.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
