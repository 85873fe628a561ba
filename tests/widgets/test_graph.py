"""The graph stepper: its numbers against torch, the browser's against Python's, its picture, and hands on it in Chromium."""

import json
import subprocess
import sys

import numpy as np
import pytest

from visioncourse.widgets import GraphStepper
from visioncourse.widgets.graph import picture as render
from visioncourse.widgets.graph.graphs import PRESETS, from_value, preset
from visioncourse.widgets.shared.base import source


class Value:
    """A learner's class: just what the widget reads."""

    def __init__(self, data, children=(), op="", label="", grad=0.0):
        self.data, self._children, self._op, self.label, self.grad = data, children, op, label, grad


def leaves_of(name, seed):
    rng = np.random.default_rng(seed)
    return [None if x is None else round(float(rng.normal(scale=2)), 3) for x in preset(name)["leaves"]]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", PRESETS)
def test_the_last_step_holds_the_values_and_gradients_of_torch(name, seed):
    import torch

    gates = {"+": torch.add, "*": torch.mul, "max": torch.maximum, "relu": torch.relu, "sigmoid": torch.sigmoid, "exp": torch.exp,
             "1/x": torch.reciprocal}
    graph, leaves = preset(name), leaves_of(name, seed)
    nodes = [None if x is None else torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in leaves]
    for i, sources in enumerate(graph["inputs"]):
        if sources:
            nodes[i] = gates[graph["ops"][i]](*[nodes[j] for j in sources])
            nodes[i].retain_grad()
    nodes[-1].backward()
    last = render.trace(graph, leaves)[-1]
    np.testing.assert_allclose(last["data"], [x.item() for x in nodes], rtol=1e-12)
    np.testing.assert_allclose(last["grads"], [x.grad.item() for x in nodes], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("op, count", [(op, gate[0]) for op, gate in render.GATES.items()])
def test_every_gate_has_the_slope_of_its_output(op, count):
    gate, x, h = render.GATES[op][1], [0.7, -1.3][:count], 1e-6
    for k, slope in enumerate(gate(*x)[1]):
        above, below = ([v + (h if way else -h) * (i == k) for i, v in enumerate(x)] for way in (1, 0))
        assert slope == pytest.approx((gate(*above)[0] - gate(*below)[0]) / (2 * h), abs=1e-6)


def test_the_browser_takes_the_same_steps_in_the_same_words(node, tmp_path):
    cases = [(preset(name), leaves_of(name, seed)) for name in PRESETS for seed in range(4)]
    cases.append((preset("f = (x + y) z"), [2.125, 1234.5, -1e-5, None, None]))
    cases.append((preset("sigmoid, taken apart"), [-900.0, -1.0, 1.0, None, None, None, None]))
    cases += [(chain("tanh"), [0.3, None, None]), (chain("exp"), [0.3, None, None])]
    program = source(GraphStepper.esm) + f"\nconst cases = {json.dumps(cases)};\n" + (
        "const told = ([graph, leaves]) => trace(graph, leaves).map(step => ({ ...step, words: words(graph, step) }));\n"
        "console.log(JSON.stringify(cases.map(told)));")
    (tmp_path / "parity.mjs").write_text(program, "utf-8")
    theirs = json.loads(subprocess.run([node, tmp_path / "parity.mjs"], capture_output=True, text=True, check=True).stdout)
    for (graph, leaves), steps in zip(cases, theirs, strict=True):
        ours = render.trace(graph, leaves)
        assert [s["words"] for s in steps] == [render.words(graph, s) for s in ours]
        for mine, step in zip(ours, steps, strict=True):
            assert (mine["node"], mine["back"]) == (step["node"], step["back"])
            for key in ("data", "grads", "flows"):
                np.testing.assert_allclose(np.array(mine[key], float), np.array(step[key], float), rtol=1e-12)


def chain(op):
    x = Value(0.3, label="x")
    return from_value(Value(0.0, (Value(0.0, (x,), op),), op))


def test_the_words_say_local_times_upstream_and_that_branches_add():
    graph = preset("max and a branch")
    said = [render.words(graph, step) for step in render.trace(graph, graph["leaves"])]
    assert said[1] == "Forward: a = x × y = 3 × -4 = -12."
    assert said[4] == "Backward begins: the gradient of f with respect to itself is 1."
    assert said[6] == "Backward through b (max): x gets local 1 × upstream 1 = 1; z gets local 0 × upstream 1 = 0."
    assert said[7].startswith("Backward through a (×): x gets local -4 × upstream 1 = -4, added to the 1 it had: -3;")


def test_a_learners_value_is_read_and_its_gradients_compared():
    x, y = Value(3.0, label="x", grad=7.0), Value(-4.0, label="y", grad=3.0)
    product = Value(-12.0, (x, y), "*", grad=1.0)
    total = Value(-6.0, (product, Value(6.0, (x, x), "+", grad=1.0)), "+", grad=1.0)   # f = x y + (x + x)
    demo = GraphStepper(total)
    assert demo.steps[-1]["grads"][demo.graph["names"].index("x")] == -2
    assert demo.describe().endswith("Your gradients differ at x.")
    x.grad = -2.0
    assert GraphStepper(total).describe().endswith("Your gradients agree.")
    y.grad = x.grad = product.grad = total.grad = total._children[1].grad = 0.0        # backward was not called
    assert "Your gradients" not in GraphStepper(total).describe()


def test_what_cannot_be_shown_is_refused_with_a_reason():
    with pytest.raises(ValueError, match="choose one of f = "):
        GraphStepper("f = x")
    with pytest.raises(ValueError, match="a float has no data"):
        GraphStepper(3.0)
    with pytest.raises(ValueError, match="step=6: give a step of this graph from 0 to 5"):
        GraphStepper(step=6)
    with pytest.raises(ValueError, match="one node"):
        GraphStepper(Value(1.0))
    with pytest.raises(ValueError, match="gate 'log' with 1 inputs"):
        GraphStepper(Value(1.0, (Value(1.0),), "log"))
    long = Value(1.0)
    for _ in range(60):
        long = Value(1.0, (long, long), "+")
    with pytest.raises(ValueError, match="more than 40 nodes"):
        GraphStepper(long)


def test_no_card_lies_on_another_and_all_lie_in_the_picture():
    wide, high = render.CARD
    for name in PRESETS:
        graph = preset(name)
        at = np.array(graph["at"])
        assert (at[:, 0] >= wide / 2).all() and (at[:, 0] <= render.WIDE - wide / 2).all() and (at[:, 1] <= graph["high"] - high / 2).all()
        gap = np.abs(at[:, None] - at) + 1e9 * np.eye(len(at))[..., None]
        assert ((gap[..., 0] > wide) | (gap[..., 1] > high + 16)).all(), name


@pytest.mark.slow
def test_the_picture_is_the_same_bytes_in_any_process_and_changes_with_the_step():
    code = "import sys; from visioncourse import widgets as w; sys.stdout.buffer.write(w.GraphStepper('two layers', step=4).picture())"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    assert GraphStepper("two layers", step=4).picture() == other != GraphStepper("two layers").picture()


def test_what_hands_do_reaches_python():
    demo = GraphStepper()
    demo.receive({"graph": "f = (x + y) z", "leaves": [1.0, 2.0, 3.0, None, None], "step": 5})
    assert demo.describe().startswith("Computational graph f = (x + y) z. Values: x 1, y 2, z 3, q 3, f 9. Gradients: x 3, y 3, z 3")


def test_the_live_widget_tells_python():
    pytest.importorskip("anywidget")
    demo = GraphStepper()
    demo.widget.scene = {"graph": "max and a branch", "leaves": [1.0, 2.0, 3.0, None, None, None], "step": 3}
    assert (demo.name, demo.step) == ("max and a branch", 3) and "f 5" in demo.describe()


def test_without_anywidget_sliders_do_the_same():
    demo = GraphStepper(step=0)
    step, inputs, picture = demo.build_plain().children
    step.value, inputs.children[0].value = 5, 1.0
    assert "x gets local 1 × upstream -4 = -4" in picture.value and demo.leaves[0] == 1.0


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    """The self-contained page of a learner's wrong Value, opened from a file; yields (page, complaints, requests)."""
    x, y = Value(3.0, label="x", grad=1.0), Value(-4.0, label="y", grad=3.0)
    f = Value(-9.0, (Value(-12.0, (x, y), "*", "a", 1.0), x), "+", "f", 1.0)
    file = tmp_path_factory.mktemp("graph") / "graph.html"
    file.write_text(f"<!doctype html><meta charset=utf-8><title>graph</title><body>{GraphStepper(f, step=0).html()}", "utf-8")
    shown, complaints, requests = browser.new_page(viewport={"width": 1000, "height": 800}), [], []
    shown.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
    shown.on("pageerror", lambda e: complaints.append(str(e)))
    shown.on("request", lambda r: requests.append(r.url) if not r.url.startswith(("data:", "file:")) else None)
    shown.goto(file.as_uri())
    shown.wait_for_selector(".vc canvas")
    yield shown, complaints, requests
    shown.close()


def pixels(page):
    return page.evaluate("document.querySelector('canvas').toDataURL()")


def test_keys_step_through_the_passes(page):
    page, complaints, requests = page
    status, canvas = page.locator("[role=status]"), page.locator("canvas")
    canvas.focus()
    page.keyboard.press("Home")
    assert status.inner_text() == "Only the inputs are known."
    before = pixels(page)
    page.keyboard.press("ArrowRight")
    assert status.inner_text() == "Forward: a = x × y = 3 × -4 = -12." and pixels(page) != before
    page.keyboard.press("End")
    assert "x gets local -4 × upstream 1 = -4, added to the 1 it had: -3" in status.inner_text()
    page.keyboard.press("ArrowLeft")
    assert status.inner_text().startswith("Backward through f")
    page.keyboard.press("Home")
    assert pixels(page) == before
    assert not complaints and not requests


def test_hands_edit_inputs_choose_graphs_and_press_cards(page):
    page, complaints, requests = page
    status = page.locator("[role=status]")
    page.get_by_label("graph", exact=True).select_option("yours")
    assert "Your gradients differ at x (yours 1, right -3)" in page.locator(".vc-yours").inner_text()
    page.get_by_label("y", exact=True).fill("5")
    assert page.locator(".vc-yours").inner_text() == ""          # the learner's numbers belong to the inputs as they were
    page.get_by_role("button", name="step", exact=True).click()
    assert status.inner_text() == "Forward: a = x × y = 3 × 5 = 15."
    page.get_by_label("graph", exact=True).select_option("f = (x + y) z")
    box, at = page.locator("canvas").bounding_box(), preset("f = (x + y) z")["at"][-1]
    for wanted in ("Forward: f = q × z = 3 × -4 = -12.", "Backward begins"):
        page.mouse.click(box["x"] + at[0] * box["width"] / render.WIDE, box["y"] + at[1] * box["width"] / render.WIDE)
        assert status.inner_text().startswith(wanted)
    page.get_by_role("button", name="end", exact=True).click()
    assert page.get_by_role("button", name="step", exact=True).is_disabled()
    assert not complaints and not requests


def test_play_runs_to_the_end_by_itself(page):
    page, complaints, requests = page
    page.get_by_label("graph", exact=True).select_option("f = (x + y) z")
    page.get_by_role("button", name="play").click()
    page.wait_for_function("document.querySelector('output').textContent.startsWith('step 5 of 5')", timeout=30_000)
    page.wait_for_function("[...document.querySelectorAll('button')].some(b => b.textContent === 'play')", timeout=30_000)
    assert not complaints and not requests


def test_axe_finds_nothing_to_complain_about(page):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page, complaints, requests = page
    found = axe.Axe().run(page, context=".vc").response["violations"]
    assert [violation["id"] for violation in found] == []
    assert not complaints and not requests
