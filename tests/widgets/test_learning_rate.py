"""LearningRate: its training against torch, the browser's against Python's, and hands on it in a real browser."""

import json
import subprocess

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from visioncourse.widgets import LearningRate
from visioncourse.widgets.learning_rate import BATCHES, RATES, STEPS, C, N, curve, examples
from visioncourse.widgets.learning_rate import picture as sgd
from visioncourse.widgets.shared.base import source

from .hands import DARK


def test_the_whole_set_as_one_batch_is_gradient_descent_as_torch_does_it():
    X, y = map(torch.tensor, examples())
    W = torch.zeros(X.shape[1], C, dtype=torch.float64, requires_grad=True)
    optimizer, wanted = torch.optim.SGD([W], lr=0.3), []
    for _ in range(STEPS + 1):
        optimizer.zero_grad()
        loss = F.cross_entropy(X @ W, y)
        loss.backward()
        optimizer.step()
        wanted.append(loss.item())
    np.testing.assert_allclose(sgd.train(*examples(), C, 0.3, N, STEPS, 1), wanted, rtol=1e-9)


def test_the_first_loss_is_that_of_guessing_and_batches_are_random():
    assert curve(0.1, 8, 1)[0] == pytest.approx(np.log(C))
    assert not np.allclose(curve(0.1, 8, 1), curve(0.1, 8, 2))
    np.testing.assert_array_equal(curve(0.1, N, 1), curve(0.1, N, 2))


def test_random_numbers_are_uniform():
    numbers = sgd.generator(3)
    drawn = np.array([next(numbers) for _ in range(20_000)])
    assert (0 <= drawn).all() and (drawn < 1).all()
    counts = np.histogram(drawn, 20, (0, 1))[0]
    assert ((counts - 1000) ** 2 / 1000).sum() < 50   # chi squared with 19 degrees of freedom: beyond 50 once in ten thousand


def test_the_demo_shows_what_the_lecture_says():
    finals = np.array([curve(rate, N, 1)[-1] for rate in RATES])
    best = int(finals.argmin())
    assert finals[0] > 0.95 * np.log(C)                       # too small: hardly moved
    assert 0 < best < len(RATES) - 1 and finals[best] < 0.6 * np.log(C)
    assert max(curve(RATES[-1], N, 1)) > 2 * np.log(C)        # too large: far above guessing
    noise = {batch: np.std([curve(0.464, batch, seed)[-1] for seed in range(6)]) for batch in (1, 64)}
    assert noise[1] > 3 * noise[64]


def test_browser_and_python_train_alike(node, tmp_path):
    start = LearningRate().state()["start"]
    cases = [(rate, batch, seed) for rate in (0.01, 0.464, 2.15) for batch in (1, 8, N) for seed in (1, 7)]
    (tmp_path / "module.mjs").write_text(source(LearningRate.esm))
    (tmp_path / "given.json").write_text(json.dumps([start, cases]))
    (tmp_path / "main.mjs").write_text("""
import { readFileSync } from "node:fs";
import { train, generator } from "./module.mjs";
const [set, cases] = JSON.parse(readFileSync("given.json")), next = generator(2 ** 31 + 5);
console.log(JSON.stringify([Array.from({ length: 50 }, next), cases.map(([rate, batch, seed]) => train(set, rate, batch, 40, seed)),
  train(set, 0.1, 4, 40, 1, 40)]));
""")
    done = subprocess.run([node, "main.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True)
    numbers, curves, ends = json.loads(done.stdout)
    ours = sgd.generator(2**31 + 5)
    assert numbers == [next(ours) for _ in range(50)]
    for case, theirs in zip(cases, curves, strict=True):
        np.testing.assert_allclose(theirs, sgd.train(*examples(), C, case[0], case[1], 40, case[2]), rtol=1e-8)
    np.testing.assert_allclose(ends, sgd.train(*examples(), C, 0.1, 4, 40, 1)[[0, -1]], rtol=1e-8)


def test_picture_words_and_scene_belong_together():
    demo = LearningRate(rate=0.5, batch=16)
    assert demo.picture() == LearningRate(rate=0.5, batch=16).picture()
    assert demo.rate in RATES and f"learning rate {demo.rate:g}, batches of 16: from 1.39 to" in demo.describe()
    scene = demo.state()["scene"]
    demo.receive(scene | {"rate": RATES[3], "batch": N, "turn": 4})
    assert demo.state()["scene"] == scene | {"rate": RATES[3], "batch": N, "turn": 4} and "whole set" in demo.describe()


@pytest.mark.parametrize("given, said", [
    ({"rate": 0.0}, "rate=0.0"), ({"rate": 1e6}, "rate=1000000.0"), ({"batch": 3}, "batch=3"), ({"batch": 512}, "batch=512")])
def test_what_cannot_be_shown_is_refused(given, said):
    with pytest.raises(ValueError) as error:
        LearningRate(**given)
    assert said in str(error.value)


def test_with_ipywidgets_alone_the_sliders_move_the_picture():
    demo = LearningRate(rate=0.1, batch=256)
    box = demo.build_plain()
    before = box.children[-1].value
    box.children[0].value = RATES[0]
    assert demo.rate == RATES[0] and box.children[-1].value != before
    box.children[1].value = BATCHES[0]
    assert demo.batch == 1


def told(text):
    """First and last loss in the widget's sentence."""
    words = text.split("from ")[1].split()
    return float(words[0]), float(words[2])


@pytest.mark.slow
def test_sliders_keys_and_presses_choose_what_is_trained(show, monkeypatch):
    widget = show_it(show, LearningRate(rate=0.1, batch=256))
    assert told(widget.status) == pytest.approx((curve(0.1, 256, 1)[0], curve(0.1, 256, 1)[-1]), abs=0.006)
    rate = widget.root.get_by_role("slider", name="learning rate")
    rate.focus()
    assert widget.after(lambda: widget.page.keyboard.press("End"))
    assert rate.get_attribute("aria-valuetext") == "100" and "leaves the picture above" in widget.status
    widget.page.keyboard.press("Home")
    widget.page.wait_for_function("document.querySelector('.vc-status').textContent.startsWith('η = 0.0001,')")
    assert told(widget.status)[1] == pytest.approx(curve(0.0001, 256, 1)[-1], abs=0.006)
    batch = widget.root.get_by_role("slider", name="batch size")
    batch.focus()
    widget.page.keyboard.press("Home")
    assert batch.get_attribute("aria-valuetext") in ("1", "256, all")
    sweep = widget.root.get_by_role("img").nth(1)
    box = sweep.bounding_box()
    assert widget.after(lambda: widget.page.mouse.click(box["x"] + box["width"] * 0.6, box["y"] + box["height"] / 2))
    assert "batch 1:" in widget.status and "η = 0.0001," not in widget.status


@pytest.mark.slow
def test_curves_can_be_kept_and_drawn_against_examples(show):
    widget = show_it(show, LearningRate(rate=0.464, batch=4))
    widget.root.get_by_role("button", name="keep this curve").click()
    widget.root.get_by_role("slider", name="batch size").focus()
    assert widget.after(lambda: widget.page.keyboard.press("End"))
    assert widget.after(lambda: widget.root.get_by_text("examples seen", exact=True).click())
    widget.shot("learning_rate_kept")
    assert widget.after(lambda: widget.root.get_by_role("button", name="clear kept curves").click())
    assert widget.root.get_by_role("button", name="clear kept curves").is_disabled()


@pytest.mark.slow
@pytest.mark.parametrize("theme, body", [("light", ""), ("dark", DARK)])
def test_nothing_stands_in_anybodys_way(show, theme, body):
    from pathlib import Path

    import axe_playwright_python

    widget = show_it(show, LearningRate(rate=0.464, batch=16), body=body, color_scheme=theme)
    widget.shot(f"learning_rate_{theme}")
    widget.page.add_script_tag(content=(Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8"))
    found = widget.page.evaluate("axe.run()")
    assert len(found["passes"]) > 10
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found["violations"]] == []


def show_it(show, demo, **context):
    """The widget opened in the browser; its first chart stands where other widgets have their plane."""
    widget = show(demo, **context)
    widget.plane = widget.root.locator("canvas").first
    return widget
