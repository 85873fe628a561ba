"""OptimizerRace: its paths in Python and in the browser against torch.optim, what it says and refuses, and hands on it in Chromium."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from visioncourse.widgets import OptimizerRace
from visioncourse.widgets.optimizer_race import picture as render
from visioncourse.widgets.shared.base import source

from .hands import DARK

pytestmark = pytest.mark.usefixtures("one_thread")
OURS = {"sgd": (torch.optim.SGD, {}, 1e-3), "momentum": (torch.optim.SGD, {"momentum": 0.9}, 1e-3),
        "nesterov": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}, 1e-3), "adagrad": (torch.optim.Adagrad, {}, 1e-2),
        "rmsprop": (torch.optim.RMSprop, {}, 1e-2), "adam": (torch.optim.Adam, {}, 1e-3), "adamw": (torch.optim.AdamW, {}, 1e-3)}


def by_torch(rule, surface, start, steps=100, **settings):
    """Places (steps + 1, 2) that torch's optimizer visits, with its default settings but for the momentum and those given."""
    kind, own, _ = OURS[rule]
    p = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimizer, places = kind([p], **own | settings), [p.detach().numpy().copy()]
    for _ in range(steps):
        optimizer.zero_grad()
        render.value(surface, *p).backward()
        optimizer.step()
        places.append(p.detach().numpy().copy())
    return np.array(places)


@pytest.mark.parametrize("surface", render.SURFACES)
def test_slopes_are_the_gradients_of_the_surfaces(surface):
    for start in np.random.default_rng(0).normal(size=(5, 2)):
        p = torch.tensor(start, requires_grad=True)
        render.value(surface, *p).backward()
        np.testing.assert_allclose(render.slope(surface, *start), p.grad, rtol=1e-12)


@pytest.mark.parametrize("surface", render.SURFACES)
def test_the_minima_are_minima(surface):
    for at in render.SURFACES[surface]["minima"]:
        assert render.value(surface, *at) == render.SURFACES[surface]["low"] and not render.slope(surface, *map(float, at)).any()


@pytest.mark.parametrize("rule", render.RULES)
def test_python_goes_where_torch_goes(rule):
    settings = {"momentum": 0.9, "beta2": 0.999, "alpha": 0.99, "decay": 0.01}
    path = render.race("Rosenbrock", rule, (-1.2, 1.0), OURS[rule][2], **settings, steps=100)
    theirs = by_torch(rule, "Rosenbrock", (-1.2, 1.0), lr=OURS[rule][2])
    np.testing.assert_allclose([now["p"] for now in path], theirs, rtol=1e-9, atol=1e-12)


def test_other_settings_mean_what_they_mean_in_torch():
    settings = {"momentum": 0.5, "beta2": 0.9, "alpha": 0.5, "decay": 0.3}
    given = {"adamw": {"betas": (0.5, 0.9), "weight_decay": 0.3}, "rmsprop": {"alpha": 0.5}, "nesterov": {"momentum": 0.5}}
    for rule, options in given.items():
        path = render.race("saddle", rule, (-1.6, 0.02), 0.05, **settings, steps=100)
        theirs = by_torch(rule, "saddle", (-1.6, 0.02), lr=0.05, **options)
        np.testing.assert_allclose([now["p"] for now in path], theirs, rtol=1e-7, atol=1e-10)


def test_the_browser_goes_where_torch_goes(node, tmp_path):
    cases = [(surface, rule, list(render.SURFACES[surface]["start"]), OURS[rule][2])
             for surface in render.SURFACES for rule in render.RULES]
    (tmp_path / "module.mjs").write_text(source(OptimizerRace.esm))
    (tmp_path / "given.json").write_text(json.dumps(cases))
    (tmp_path / "main.mjs").write_text("""
import { readFileSync } from "node:fs";
import { race } from "./module.mjs";
const settings = { momentum: 0.9, beta2: 0.999, alpha: 0.99, decay: 0.01 }, given = JSON.parse(readFileSync("given.json"));
console.log(JSON.stringify(given.map(([surface, rule, start, rate]) => race(surface, rule, start, rate, settings, 100))));
""")
    done = subprocess.run([node, "main.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True)
    for (surface, rule, start, rate), path in zip(cases, json.loads(done.stdout), strict=True):
        ours = render.race(surface, rule, start, rate, **render.SETTINGS, steps=100)
        np.testing.assert_allclose([now["p"] for now in path], by_torch(rule, surface, start, lr=rate), rtol=1e-9, atol=1e-12)
        for key in "gmv":
            np.testing.assert_allclose([now[key] for now in path], [now[key] for now in ours], rtol=1e-7, atol=1e-10)


def test_the_surfaces_tell_the_rules_apart():
    gap = {surface: {rule: path[-1]["loss"] - known["low"] for rule, path in OptimizerRace(surface)._paths().items()}
           for surface, known in render.SURFACES.items()}
    assert all(np.isfinite(list(gaps.values())).all() for gaps in gap.values())
    assert gap["ravine"]["momentum"] < gap["ravine"]["sgd"] / 1000       # the zigzag
    assert gap["Rosenbrock"]["momentum"] < gap["Rosenbrock"]["sgd"] / 3
    assert max(gap["bowl"].values()) < 1e-6
    on_the_ridge = OptimizerRace("saddle", start=(-1.6, 0))._paths()
    assert all(path[-1]["loss"] == pytest.approx(0, abs=1e-6) for path in on_the_ridge.values())   # nobody leaves a saddle along its ridge


def test_a_rate_too_large_runs_away_and_is_said_so():
    demo = OptimizerRace("ravine", rules=["sgd", "adam"], rates={"sgd": 0.03}, step=200)
    assert len(demo._paths()["sgd"]) < 201 and "SGD run away" in demo.describe()
    assert demo.picture().startswith(b"\x89PNG")


def test_picture_words_and_scene_belong_together():
    demo = OptimizerRace("bowl", start=(1, 1), rules=["sgd"], rates={"sgd": 0.5}, step=2)
    assert demo.describe() == "Race of update rules on the surface bowl from (1, 1); loss above the minimum after 2 steps: SGD 0.062."
    scene = demo.state()["scene"]
    other = scene | {"surface": "saddle", "start": [0.5, 0.5], "rules": ["adam", "sgd"], "step": 7, "momentum": 0.5, "watched": "sgd"}
    demo.receive(other)
    assert demo.state()["scene"] == other and "on the surface saddle from (0.5, 0.5)" in demo.describe()


@pytest.mark.slow
def test_the_picture_is_the_same_bytes_in_another_process():
    code = "import sys; from visioncourse import widgets as w; sys.stdout.buffer.write(w.OptimizerRace('saddle').picture())"
    assert OptimizerRace("saddle").picture() == subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout


@pytest.mark.parametrize("given, told", [
    ({"surface": "hill"}, "surface='hill': choose one of bowl, ravine, saddle, Rosenbrock"),
    ({"start": (3, 0)}, r"start=\(3, 0\): give \(x, y\) with x from -2 to 2"),
    ({"start": (0, 0, 0)}, "start="),
    ({"rules": ["lion"]}, "there is no rule 'lion'; choose from sgd, momentum"),
    ({"rates": {"lion": 1}}, "there is no rule 'lion'"),
    ({"watched": "lion"}, "there is no rule 'lion'"),
    ({"rates": {"sgd": 0}}, r"rates\['sgd'\]=0: give a learning rate above 0"),
    ({"momentum": 1}, "momentum=1: give a number from 0 to 0.99"),
    ({"beta2": -1}, "beta2=-1"), ({"alpha": 2}, "alpha=2"), ({"decay": -0.1}, "decay=-0.1"),
    ({"step": 201}, "step=201: give a whole number from 0 to 200"),
])
def test_what_cannot_be_shown_is_refused(given, told):
    with pytest.raises(ValueError, match=told):
        OptimizerRace(**given)


def test_with_ipywidgets_alone_the_controls_move_the_picture():
    demo = OptimizerRace("bowl", rules=["sgd", "adam"])
    box = demo.build_plain()
    use, before = {control.description: control for control in box.children[:-1]}, box.children[-1].value
    use["step"].value = 7
    assert demo.step == 7 and box.children[-1].value != before
    use["rules"].value = ["momentum"]
    use["momentum"].value = 0.5
    assert demo.rules == ["momentum"] and demo.settings["momentum"] == 0.5


# ---- the browser ----

def losses(widget):
    """{rule: text} of the loss column."""
    lines = "[...document.querySelectorAll('tr')].slice(1)"
    return widget.page.evaluate(
        f"Object.fromEntries({lines}.map(line => [line.cells[0].innerText.trim(), line.cells[2].textContent]))")


def wanted(demo, rule):
    path = demo._paths()[rule]
    return path[min(demo.step, len(path) - 1)]["loss"] - render.SURFACES[demo.surface]["low"]


def says(widget, text):
    widget.page.wait_for_function("text => document.querySelector('.vc-status').textContent.startsWith(text)", arg=text, timeout=5000)


def check(widget, demo):
    widget.plane.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    shown = losses(widget)
    for rule in demo.rules:
        assert float(shown[render.RULES[rule][0]].replace("−", "-")) == pytest.approx(wanted(demo, rule), rel=0.06, abs=1e-12)


@pytest.mark.slow
def test_the_start_follows_hand_and_keys_and_no_key_leaks(show):
    demo = OptimizerRace("saddle", step=25)
    widget = show(demo)
    widget.page.evaluate("window.leaked = []; document.addEventListener('keydown', event => leaked.push(event.key))")
    check(widget, demo)
    box = widget.plane.bounding_box()
    widget.drag((box["x"] + 42, box["y"] + 200), (box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.25))
    says(widget, "Step 25 of 200 from (1, 1)")
    demo.start = (1.0, 1.0)
    check(widget, demo)
    widget.keys("ArrowLeft", "Shift+ArrowDown", "n", "n", "p")
    demo.start, demo.step = (0.96, 0.8), 26
    says(widget, "Step 26 of 200 from (0.96, 0.8)")
    check(widget, demo)
    assert widget.page.evaluate("leaked") == []


@pytest.mark.slow
def test_rates_memories_rules_and_steps_change_the_race(show):
    demo = OptimizerRace("bowl", step=10)
    widget = show(demo)
    widget.root.get_by_label("learning rate of SGD").fill("0.5")
    demo.rates["sgd"] = 0.5
    check(widget, demo)
    widget.root.get_by_role("slider", name="momentum").fill("1")
    demo.settings["momentum"] = 0.5
    check(widget, demo)
    widget.root.get_by_role("button", name="÷ 2").click()
    demo.rates = {rule: float(f"{rate / 2:.3g}") for rule, rate in demo.rates.items()}
    check(widget, demo)
    chart = widget.root.get_by_role("img").first
    box = chart.bounding_box()
    widget.page.mouse.click(box["x"] + box["width"] * (44 + 384 * 0.5) / 440, box["y"] + 60)
    demo.step = 100
    check(widget, demo)
    assert widget.after(lambda: widget.root.get_by_label("draw the moments of momentum").check())
    assert widget.after(lambda: widget.root.get_by_role("checkbox", name="Adam", exact=True).uncheck()) and losses(widget)["Adam"] == ""
    widget.root.get_by_role("radio", name="Rosenbrock").check()
    demo = OptimizerRace("Rosenbrock", rules=[rule for rule in render.RULES if rule != "adam"], step=100, momentum=0.5)
    check(widget, demo)


@pytest.mark.slow
def test_it_runs_and_jumps_where_less_motion_is_asked_for(show):
    widget = show(OptimizerRace("bowl", step=196))
    widget.root.get_by_role("button", name="run").click()
    says(widget, "Step 200")
    widget.root.get_by_role("button", name="run").wait_for()
    calm = show(OptimizerRace("bowl", step=10), reduced_motion="reduce")
    calm.keys(" ")
    says(calm, "Step 200")
    assert calm.root.get_by_role("button", name="pause").count() == 0


@pytest.mark.slow
@pytest.mark.parametrize("body", ["", DARK], ids=["light", "dark"])
def test_everybody_can_use_it(show, body):
    import axe_playwright_python

    widget = show(OptimizerRace("Rosenbrock", step=120), body=body)
    widget.shot("optimizers_dark" if body else "optimizers")
    widget.page.add_script_tag(content=(Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8"))
    found = widget.page.evaluate("axe.run()")
    assert len(found["passes"]) > 10 and [(v["id"], [n["html"] for n in v["nodes"]]) for v in found["violations"]] == []
    assert widget.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
