"""LinearClassifier: its mathematics against torch, the browser's against Python's, and hands on it in a real browser."""

import json
import subprocess

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from visioncourse.widgets import LinearClassifier
from visioncourse.widgets.linear import picture as linear
from visioncourse.widgets.shared.base import source
from visioncourse.widgets.shared.presets import linear_presets

from .hands import DARK

X = np.array([[-1.0, -0.5], [-0.5, 0.2], [1.0, -0.4], [0.8, 0.5], [0.1, 1.2]])
y = np.array([0, 0, 1, 1, 2])


def by_torch(scores, labels, loss):
    """Mean loss of scores (N, C), independently of the widget's formulas."""
    C, one_hot = scores.shape[1], F.one_hot(labels, scores.shape[1]).bool()
    if loss == "softmax":
        return F.cross_entropy(scores, labels)
    if loss == "svm":
        return C * F.multi_margin_loss(scores, labels)
    if loss == "one-vs-all":
        return F.hinge_embedding_loss(-scores[~one_hot], -torch.ones(len(scores) * (C - 1)), reduction="sum") / len(scores) \
            + F.relu(1 - scores[one_hot]).mean()
    rival = scores.masked_fill(one_hot, -torch.inf).amax(dim=1)
    return F.relu(1 + rival - scores[one_hot]).mean()


@pytest.mark.parametrize("loss", linear.LOSSES)
@pytest.mark.parametrize("classes, l2", [(2, 0.0), (3, 0.3), (4, 0.05)])
def test_losses_and_gradients_agree_with_torch(loss, classes, l2):
    rng = np.random.default_rng(classes)
    points, labels, W = rng.normal(size=(30, 2)), rng.integers(0, classes, 30), rng.normal(size=(3, classes))
    leaf = torch.tensor(W, requires_grad=True)
    data = by_torch(torch.tensor(np.column_stack([points, np.ones(30)])) @ leaf, torch.tensor(labels), loss)
    penalty = l2 * (leaf[:2] ** 2).sum()
    (data + penalty).backward()
    seen = linear.evaluate(points, labels, W, loss, l2)
    assert seen["data"] == pytest.approx(data.item()) and seen["penalty"] == pytest.approx(penalty.item())
    assert seen["each"].mean() == pytest.approx(seen["data"])
    np.testing.assert_allclose(seen["gradient"], leaf.grad, atol=1e-12)


def test_large_scores_give_finite_losses():
    seen = linear.evaluate(X, y, 1e4 * np.ones((3, 3)) * [1, -1, 2], "softmax", 0.0)
    assert np.isfinite(seen["each"]).all() and np.isfinite(seen["gradient"]).all()


def test_browser_and_python_compute_the_same(node, tmp_path):
    rng = np.random.default_rng(0)
    scenes, wanted = [], []
    for loss in linear.LOSSES:
        for classes in (2, 3, 4):
            for scale in (0.1, 1.0, 200.0):
                points, labels, W = rng.normal(size=(20, 2)), rng.integers(0, classes, 20), scale * rng.normal(size=(3, classes))
                rows = [[*at, int(c)] for at, c in zip(points.tolist(), labels, strict=True)]
                scenes.append({"points": rows, "W": W.tolist(), "loss": loss, "l2": 0.2})
                wanted.append(linear.evaluate(points, labels, W, loss, 0.2))
    (tmp_path / "module.mjs").write_text(source(LinearClassifier.esm))
    (tmp_path / "scenes.json").write_text(json.dumps(scenes))
    (tmp_path / "main.mjs").write_text("""
import { readFileSync } from "node:fs";
import { evaluate, territory } from "./module.mjs";
const scenes = JSON.parse(readFileSync("scenes.json"));
console.log(JSON.stringify(scenes.map(scene => {
  const { masks, pale } = territory(scene.W, [-2, -2, 4], 31);
  return { ...evaluate(scene), masks: [...masks], pale: [...pale] };
})));
""")
    done = subprocess.run([node, "main.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True)
    from visioncourse.widgets.shared.plane import pixel_centres
    for scene, theirs, ours in zip(scenes, json.loads(done.stdout), wanted, strict=True):
        for key, value in ours.items():
            np.testing.assert_allclose(theirs[key], value, rtol=1e-9, atol=1e-12)
        W = np.array(scene["W"])
        cells = np.sort(pixel_centres((-2, -2, 4), 31) @ W[:2] + W[2], axis=1)
        best = (pixel_centres((-2, -2, 4), 31) @ W[:2] + W[2]).argmax(axis=1)
        assert theirs["masks"] == (1 << best).tolist()
        assert theirs["pale"] == (cells[:, -1] - cells[:, -2] < 1).astype(int).tolist()


# ---- without a browser ----

def test_the_picture_is_the_same_bytes_twice_and_changes_with_the_weights():
    demo = LinearClassifier(X, y)
    first = demo.picture()
    assert first == LinearClassifier(X, y).picture() and first.startswith(b"\x89PNG")
    scene = demo.state()["scene"]
    assert demo.receive(scene | {"W": (demo.W + 1).tolist(), "loss": "softmax", "turn": 1}) is None
    assert demo.picture() != first and "softmax loss" in demo.describe()
    assert demo.loss == "softmax" and demo.state()["scene"]["turn"] == 1


def test_the_learners_gradient_stands_beside_the_numerical_one():
    def my_loss(W, X, y, reg):
        w = torch.tensor(W, requires_grad=True)
        value = F.cross_entropy(torch.tensor(X) @ w, torch.tensor(y)) + reg * (w ** 2).sum()
        value.backward()
        return value.item(), w.grad.numpy()

    answer = LinearClassifier(X, y, loss=my_loss, l2=0.1).state()["answer"]
    assert answer["gap"] < 1e-6 and answer["message"] == ""
    np.testing.assert_allclose(answer["gradient"], answer["numeric"], atol=1e-6)
    slip = LinearClassifier(X, y, loss=lambda *given: (my_loss(*given)[0], 2 * my_loss(*given)[1]))
    assert slip.state()["answer"]["gap"] > 0.01 and "gradients differ by" in slip.describe()
    reply = slip.receive(slip.state()["scene"] | {"turn": 5, "l2": 0.5})
    assert reply["turn"] == 5 and slip.l2 == 0.5


@pytest.mark.parametrize("mistake, said", [
    (lambda W, X, y, reg: (0.0, W[:2]), "shape (2, 3)"),
    (lambda W, X, y, reg: 1 / 0, "ZeroDivisionError"),
    (lambda W, X, y, reg: (W.fill(9), W * 0)[1][0, 0], "your loss returned float64; it must return the pair (number, gradient)"),
    (lambda W, X, y, reg: 0.5, "your loss returned float; it must return the pair"),
    (lambda W, X, y: (0.5, W), "your loss: TypeError: "),
])
def test_what_goes_wrong_in_the_learners_function_is_said_in_one_line(mistake, said):
    demo = LinearClassifier(X, y, loss=mistake)
    before = demo.W.copy()
    assert said in demo.describe() and demo.picture()
    assert (demo.W == before).all()


def test_a_stub_is_called_not_written_yet():
    def softmax_gradient(W, X, y, reg):
        raise NotImplementedError

    assert "your softmax_gradient is not written yet" in LinearClassifier(X, y, loss=softmax_gradient).describe()


@pytest.mark.parametrize("given, said", [
    ({"X": X}, "X and y together"), ({"loss": "hinge"}, "hinge"), ({"l2": -1.0}, "l2=-1.0"), ({"rate": 0.0}, "rate=0.0"),
    ({"preset": "moons"}, "moons"), ({"X": X, "y": y, "W": np.zeros((2, 3))}, "(2, 3)"), ({"X": X, "y": y + 2}, "label"),
])
def test_what_cannot_be_shown_is_refused(given, said):
    with pytest.raises(ValueError) as error:
        LinearClassifier(**given)
    assert said in str(error.value)


@pytest.mark.parametrize("name", linear_presets())
def test_every_preset_is_inside_its_view_and_has_all_its_classes(name):
    preset = linear_presets()[name]
    points = np.array(preset["points"])
    left, bottom, side = preset["view"]
    assert (abs(points[:, :2]) < side / 2).all() and left == bottom == -side / 2
    assert set(points[:, 2]) == set(range(preset["classes"]))


@pytest.mark.slow
def test_with_ipywidgets_alone_a_weight_moves_the_picture_and_a_step_goes_downhill():
    demo = LinearClassifier(X, y, loss="softmax", rate=0.5)
    box = demo.build_plain()
    picture, before = box.children[-1].value, linear.evaluate(X, y, demo.W, "softmax", 0)["data"]
    box.children[3].click()
    assert box.children[-1].value != picture
    assert linear.evaluate(X, y, demo.W, "softmax", 0)["data"] < before
    box.children[4].children[0].value = 3.0
    assert demo.W[0, 0] == 3.0


# ---- in a browser ----

def weights(widget):
    return [float(field.input_value()) for field in widget.root.get_by_role("spinbutton").all()]


@pytest.mark.slow
def test_steps_and_edits_in_the_browser_follow_the_python_formulas(show):
    demo = LinearClassifier(X, y, loss="softmax", l2=0.1, rate=0.5)
    widget = show(demo)
    seen = linear.evaluate(X, y, demo.W, "softmax", 0.1)
    assert widget.readout == f"data loss {seen['data']:.3f} + L2 {seen['penalty']:.3f} = total {seen['data'] + seen['penalty']:.3f}"
    assert widget.after(lambda: widget.root.get_by_role("button", name="step").click())
    np.testing.assert_allclose(weights(widget), (demo.W - 0.5 * seen["gradient"]).ravel(), atol=0.0051)
    field = widget.root.get_by_role("spinbutton", name="b of triangle")
    field.focus()
    before = float(field.input_value())
    assert widget.after(lambda: widget.page.keyboard.press("ArrowUp"))
    assert float(field.input_value()) == pytest.approx(before + 0.1, abs=0.06)
    row = widget.root.get_by_role("region").get_by_role("row")
    assert row.count() == 6
    widget.shot("linear_step")


@pytest.mark.slow
def test_a_dragged_point_changes_its_loss_and_the_totals(show):
    demo = LinearClassifier(X, y, loss="svm")
    widget = show(demo)
    before = widget.readout
    left, bottom, side = demo.presets["yours"]["view"]
    box = widget.plane.bounding_box()

    def at(p):
        return box["x"] + (p[0] - left) / side * box["width"], box["y"] + (1 - (p[1] - bottom) / side) * box["height"]

    assert widget.after(lambda: widget.drag(at(X[0]), at((0.9, 0.9))))
    assert widget.readout != before and "Scores here:" in widget.status
    widget.keys("n", "Shift+ArrowLeft", "2")
    assert widget.counts() == [1, 3, 1]
    before = widget.readout
    widget.root.get_by_text("one against all").click()
    assert widget.readout != before
    widget.shot("linear_dragged")


@pytest.mark.slow
def test_running_lowers_the_loss_until_it_is_stopped(show):
    widget = show(LinearClassifier(preset="one stray", loss="softmax", rate=0.5))

    def total():
        return float(widget.readout.split()[-1])

    before = total()
    widget.root.get_by_role("button", name="run").click()
    widget.page.wait_for_function("b => Number(document.querySelector('.vc-readout').textContent.split(' ').at(-1)) < b", arg=before - 0.05)
    widget.root.get_by_role("button", name="stop").click()
    still = weights(widget)
    widget.page.wait_for_timeout(150)
    assert weights(widget) == still
    assert widget.after(lambda: widget.root.get_by_role("button", name="randomize").click()) and weights(widget) != still


@pytest.mark.slow
def test_with_python_the_learners_gradient_takes_the_steps(show):
    def my_loss(W, X, y, reg):
        seen = linear.evaluate(X[:, :2], y, W, "softmax", reg)
        return seen["data"] + seen["penalty"], 0.5 * seen["gradient"]   # a slip: half of what is right

    demo = LinearClassifier(X, y, loss=my_loss, rate=1.0)
    before, wanted = demo.W.copy(), 0.5 * linear.evaluate(X, y, demo.W, "softmax", 0.0)["gradient"]
    widget = show(demo, python=demo.receive)
    assert "largest gap" in widget.readout and widget.root.locator(".vc-table small", has_text="yours").count() == 9
    widget.shot("linear_mine")
    widget.root.get_by_role("button", name="step").click()
    widget.page.wait_for_function("w => document.querySelector('.vc-table input').value !== w", arg=f"{before[0, 0]:.2f}")
    np.testing.assert_allclose(weights(widget), (before - wanted).ravel(), atol=0.0051)
    np.testing.assert_allclose(demo.W, before - wanted, atol=1e-9)


@pytest.mark.slow
def test_presets_sliders_and_keys(show):
    widget = show(LinearClassifier())
    widget.page.evaluate("window.leaked = []; document.addEventListener('keydown', event => leaked.push(event.key))")
    assert widget.after(lambda: widget.root.get_by_role("button", name="opposite corners").click())
    assert len(weights(widget)) == 6
    slider = widget.root.get_by_role("slider", name="L2")
    slider.focus()
    widget.page.keyboard.press("End")
    assert slider.get_attribute("aria-valuetext") == "1" and "L2 0.000" not in widget.readout
    widget.page.keyboard.press("Home")
    assert slider.get_attribute("aria-valuetext") == "0" and "L2 0.000" in widget.readout
    widget.keys("n", "Delete", "Escape")
    widget.root.get_by_role("button", name="clouds").click()
    assert len(weights(widget)) == 9 and widget.page.evaluate("leaked") == []


@pytest.mark.slow
@pytest.mark.parametrize("theme, body", [("light", ""), ("dark", DARK)])
def test_nothing_stands_in_anybodys_way(show, theme, body):
    from pathlib import Path

    import axe_playwright_python

    widget = show(LinearClassifier(loss="softmax", l2=0.05), body=body, color_scheme=theme)
    widget.shot(f"linear_{theme}")
    widget.page.add_script_tag(content=(Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8"))
    found = widget.page.evaluate("axe.run()")
    assert len(found["passes"]) > 10
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found["violations"]] == []


@pytest.mark.slow
def test_on_a_telephone_nothing_is_wider_than_the_page(show):
    widget = show(LinearClassifier(), viewport={"width": 390, "height": 800}, is_mobile=True, has_touch=True)
    assert widget.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    widget.shot("linear_phone")
