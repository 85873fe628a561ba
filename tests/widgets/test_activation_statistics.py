"""ActivationStatistics: Python's and the browser's signals against torch and its autograd, and hands on it in Chromium."""

import itertools
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from visioncourse.widgets import ActivationStatistics
from visioncourse.widgets.activation_statistics import picture as render
from visioncourse.widgets.shared.base import source

from .hands import DARK

pytestmark = pytest.mark.usefixtures("one_thread")
BENDS = {"linear": lambda z: z, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu, "leaky": F.leaky_relu, "elu": F.elu,
         "gelu": lambda z: F.gelu(z, approximate="tanh")}
CASES = [{"nonlinearity": bend, "init": init, "gain": gain, "depth": 5, "norm": norm, "seed": 3}
         for n, (bend, norm) in enumerate(itertools.product(BENDS, (False, True)))
         for init, gain in [(("he", 1.0), ("large", 0.5))[n // 2 % 2]]]
CASES += [{"nonlinearity": "relu", "init": "zero", "gain": 1.0, "depth": 3, "norm": norm, "seed": 1} for norm in (False, True)]
CASES += [{"nonlinearity": "tanh", "init": "xavier", "gain": 1.0, "depth": 4, "norm": False, "seed": 4}]


def by_torch(nonlinearity, init, gain, depth, norm, seed):
    """Activations and the gradients by them in each layer, from torch's own layers and autograd."""
    def draw(number, *shape):
        return torch.tensor(render.normals(1000 * seed + number, int(np.prod(shape))).reshape(shape))

    h, kept = draw(0, render.N, render.WIDTH).requires_grad_(), []
    for layer in range(depth):
        z = h @ (draw(100 + layer, render.WIDTH, render.WIDTH) * gain * render.scale(init, render.WIDTH, render.WIDTH))
        h = BENDS[nonlinearity](F.batch_norm(z, None, None, training=True) if norm else z)
        h.retain_grad()
        kept.append(h)
    h.backward(draw(1, render.N, render.WIDTH))
    return [(h.detach().numpy(), h.grad.numpy()) for h in kept]


def name(case):
    return f"{case['nonlinearity']}-{case['init']}{'-norm' if case['norm'] else ''}"


@pytest.mark.parametrize("case", CASES, ids=name)
def test_signals_are_those_of_torch_forward_and_backward(case):
    for ours, (a, da) in zip(render.passes(**case), by_torch(**case), strict=True):
        np.testing.assert_allclose(ours["a"], a, rtol=1e-7, atol=1e-9 * max(1, np.abs(a).max()))
        np.testing.assert_allclose(ours["da"], da, rtol=1e-6, atol=1e-9 * max(1, np.abs(da).max()))


def test_the_browser_counts_what_python_computes(node, tmp_path):
    cases = [case | {"depth": depth} for case in CASES for depth in (5, 3, 7)]   # one network, which keeps its layers from scene to scene
    (tmp_path / "module.mjs").write_text(source(ActivationStatistics.esm))
    (tmp_path / "given.json").write_text(json.dumps(cases))
    (tmp_path / "main.mjs").write_text("""
import { readFileSync } from "node:fs";
import { deepNetwork, statistics, counts, normals } from "./module.mjs";
const given = JSON.parse(readFileSync("given.json")), passes = deepNetwork();
const seen = given.map(scene => {
  const layers = passes(scene);
  return [statistics(layers), layers.map(l => counts(l.a, 2.5))];
});
console.log(JSON.stringify([Array.from(normals(2 ** 31 + 7, 50)), seen]));
""")
    done = subprocess.run([node, "main.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True)
    numbers, answers = json.loads(done.stdout)
    np.testing.assert_allclose(numbers, render.normals(2**31 + 7, 50), rtol=1e-12)
    for case, (known, bars) in zip(cases, answers, strict=True):
        ours = render.passes(**case)
        for theirs, stats, layer, bar in zip(known, render.statistics(ours), ours, bars, strict=True):
            keys = ("mean", "std", "back")
            np.testing.assert_allclose([theirs[key] for key in keys], [stats[key] for key in keys], rtol=1e-6, atol=1e-9)
            assert (theirs["flat"], theirs["dead"]) == pytest.approx((stats["flat"], stats["dead"]), abs=2e-4)
            assert np.abs(np.array(bar) - render.counts(layer["a"], 2.5)).sum() <= 2   # a value on a border may fall to either side


def test_numbers_are_normal():
    drawn = render.normals(5, 100_000)
    assert abs(drawn.mean()) < 0.015 and abs(drawn.std() - 1) < 0.01
    assert abs((np.abs(drawn) > 1.96).mean() - 0.05) < 0.004 and abs(np.corrcoef(drawn[::2], drawn[1::2])[0, 1]) < 0.02


def test_weights_are_as_large_as_torch_makes_them():
    W = torch.empty(400, 900)
    torch.manual_seed(0)
    assert torch.nn.init.xavier_normal_(W).std().item() == pytest.approx(render.scale("xavier", 900, 400), rel=0.01)
    assert torch.nn.init.kaiming_normal_(W).std().item() == pytest.approx(render.scale("he", 900, 400), rel=0.01)


def test_it_shows_what_the_lecture_says():
    def ends(*how, **more):
        return render.statistics(ActivationStatistics(*how, depth=12, **more)._layers())

    def keeps(known):
        return 0.2 < known[-1]["std"] / known[0]["std"] < 5 and 0.2 < known[0]["back"] < 5

    assert keeps(ends("relu", "he")) and keeps(ends("tanh", "xavier")) and not keeps(ends("relu", "xavier"))
    assert ends("tanh", "small")[-1]["std"] < 1e-10
    saturated = ends("tanh", "large")
    assert saturated[-1]["std"] > 0.9 and np.mean([stats["flat"] for stats in saturated]) > 0.6
    assert ends("relu", "large")[-1]["std"] > 1e6 and ends("relu", "zero")[0]["dead"] == 1
    assert ends("sigmoid", "xavier")[0]["back"] < 1e-4
    for init in ("small", "large", "xavier", "he"):
        assert 0.4 < ends("relu", init, batch_norm=True)[-1]["std"] < 0.8


def test_picture_words_and_scene_belong_together():
    demo = ActivationStatistics("relu", "zero", depth=3, gain=2)
    assert demo.describe() == (
        "3 layers of ReLU, zero weights times 2: the std of the activations goes from 0 in layer 1 to 0 in layer 3, that of the "
        "gradients from 1 in layer 3 to 0 in layer 1; 100% of the units are dead and 100% of the places flat.")
    scene = demo.state()["scene"]
    other = scene | {"nonlinearity": "elu", "init": "xavier", "gain": 0.5, "depth": 12, "norm": True, "seed": 9}
    demo.receive(other)
    assert demo.state()["scene"] == other
    assert demo.describe().startswith("12 layers of ELU, Xavier weights times 0.5, with batch normalization:")


@pytest.mark.slow
def test_the_picture_is_the_same_bytes_in_another_process():
    code = "import sys; from visioncourse import widgets as w; sys.stdout.buffer.write(w.ActivationStatistics(depth=2).picture())"
    assert ActivationStatistics(depth=2).picture() == subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout


@pytest.mark.parametrize("given, told", [
    ({"nonlinearity": "swish"}, "nonlinearity='swish': choose one of linear, sigmoid"),
    ({"init": "orthogonal"}, "init='orthogonal': choose one of zero, small"),
    ({"depth": 0}, "depth=0: give a whole number of layers from 1 to 12"), ({"depth": 13}, "depth=13"), ({"depth": 2.5}, "depth=2.5"),
    ({"gain": 0}, "gain=0: give a number from 0.1 to 10"), ({"gain": float("nan")}, "gain=nan"),
])
def test_what_cannot_be_shown_is_refused(given, told):
    with pytest.raises(ValueError, match=told):
        ActivationStatistics(**given)


def test_with_ipywidgets_alone_the_controls_move_the_picture():
    demo = ActivationStatistics(depth=2)
    box = demo.build_plain()
    use, before = {control.description: control for control in box.children[:-1]}, box.children[-1].value
    use["init"].value = "he"
    assert demo.init == "he" and box.children[-1].value != before
    use["norm"].value = True
    assert demo.batch_norm


# ---- the browser ----

def shown(widget):
    """(std, std of gradient) of every layer, from the widget's table."""
    widget.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    lines = "[...document.querySelectorAll('.vc-table tr')].slice(1)"
    texts = widget.page.evaluate(f"{lines}.map(line => [line.cells[2].textContent, line.cells[3].textContent])")
    return np.array([[float(text.replace("−", "-")) for text in line] for line in texts])


def check(widget, demo):
    wanted = [[stats["std"], stats["back"]] for stats in render.statistics(demo._layers())]
    np.testing.assert_allclose(shown(widget), wanted, rtol=0.5)   # tiny numbers are shown with one digit


@pytest.mark.slow
def test_every_control_changes_the_signals_and_no_key_leaks(show):
    demo = ActivationStatistics("tanh", "small", depth=4)
    widget = show(demo)
    widget.page.evaluate("window.leaked = []; document.addEventListener('keydown', event => leaked.push(event.key))")
    check(widget, demo)
    widget.root.get_by_role("radio", name="ReLU", exact=True).check()
    widget.root.get_by_role("radio", name="He", exact=True).check()
    demo.nonlinearity, demo.init = "relu", "he"
    check(widget, demo)
    assert "Activations keep their size" in widget.status
    depth = widget.root.get_by_role("slider", name="depth")
    depth.focus()
    widget.page.keyboard.press("End")
    demo.depth = 12
    check(widget, demo)
    assert depth.get_attribute("aria-valuetext") == "12 layers"
    widget.root.get_by_role("slider", name="gain").fill("40")
    demo.gain = 10.0
    check(widget, demo)
    assert "Activations explode" in widget.status and "Gradients explode" in widget.status
    widget.root.get_by_label("batch normalization").check()
    demo.batch_norm = True
    check(widget, demo)
    widget.root.get_by_role("button", name="other random numbers").click()
    demo.seed = 2
    check(widget, demo)
    before = widget.root.get_attribute("data-drawn")
    widget.root.get_by_label("each histogram on its own scale").check()
    widget.page.wait_for_function("before => document.querySelector('.vc').dataset.drawn > before", arg=before)
    assert widget.page.evaluate("leaked") == []


@pytest.mark.slow
@pytest.mark.parametrize("body", ["", DARK], ids=["light", "dark"])
def test_everybody_can_use_it(show, body):
    import axe_playwright_python

    widget = show(ActivationStatistics("relu", "xavier", depth=12), body=body)
    widget.root.get_by_text("all numbers").click()
    widget.shot("activations_dark" if body else "activations")
    widget.page.add_script_tag(content=(Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8"))
    found = widget.page.evaluate("axe.run()")
    assert len(found["passes"]) > 10 and [(v["id"], [n["html"] for n in v["nodes"]]) for v in found["violations"]] == []
    assert widget.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
