"""Saliency explorer: its pixels in Python and in the browser, what it says, stops and refuses, and hands on it in Chromium and
JupyterLab."""

import base64
import io
import json
import subprocess
import sys
import threading
import time
import types
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from workshop import SHOTS

from visioncourse import imagenet, saliency
from visioncourse.widgets import SaliencyExplorer
from visioncourse.widgets.saliency import CHOICES, evidence
from visioncourse.widgets.saliency import picture as render
from visioncourse.widgets.saliency.controls import contents
from visioncourse.widgets.shared.base import source

from .hands import DARK, DRAWN

pytestmark = pytest.mark.usefixtures("one_thread")
METHODS = ("gradient", "SmoothGrad", "guided backprop", "occlusion", "Grad-CAM")


class Slow(nn.Flatten):
    """Takes its time, so that a test can look in between."""

    seconds = 0.0

    def forward(self, x):
        time.sleep(self.seconds)
        return super().forward(x)


@pytest.fixture
def small():
    """A network of two parts with maps and four classes, on pictures of 224 x 224."""
    torch.manual_seed(0)
    network = nn.Sequential()
    network.add_module("eyes", nn.Sequential(nn.Conv2d(3, 8, 16, stride=8), nn.ReLU6()))
    network.add_module("parts", nn.Sequential(nn.Conv2d(8, 8, 3, stride=2), nn.ReLU()))
    network.add_module("pool", nn.Sequential(nn.AdaptiveAvgPool2d(2), Slow()))
    network.add_module("scores", nn.Linear(32, 4))
    return network.eval()


def packed(image, kind="PNG"):
    file = io.BytesIO()
    Image.fromarray(image).save(file, kind)
    return file.getvalue()


# ---- pixels ----

def test_a_map_is_shaded_in_steps_and_what_is_not_known_is_kept_apart():
    values = np.linspace(-1, 2, 10_000).reshape(100, 100)
    shades = render.shade(values)
    assert shades[-1, -1] == 127 and shades[0, 0] == round(-127 / np.percentile(np.abs(values), 98))
    assert (np.diff(shades.ravel().astype(int)) >= 0).all()
    assert render.shade(np.array([[np.nan, 0.0]])).tolist() == [[-128, 0]] and render.shade(np.zeros((2, 2))).tolist() == [[0, 0], [0, 0]]


def test_a_small_map_is_spread_over_the_photograph_as_torch_does_it():
    shades = np.random.default_rng(0).integers(-127, 128, (7, 7)).astype(np.int8)
    wanted = nn.functional.interpolate(torch.tensor(shades / 127)[None, None], (224, 224), mode="bilinear")[0, 0]
    np.testing.assert_allclose(render.enlarge(shades), wanted, atol=1e-12)
    cells = render.enlarge(shades[:3, :3], (8, 16))
    assert np.isnan(cells[:8]).all() and np.isnan(cells[:, 56:]).all() and (cells[24:40, 8:24] == shades[1, 0] / 127).all()


def test_the_browser_paints_the_pixels_that_python_paints(node, tmp_path):
    rng = np.random.default_rng(1)
    cases = [(rng.integers(-128 if box else -127, 128, (side, side)).astype(np.int8), box)
             for side, box in ((7, None), (112, None), (224, None), (13, (8, 16)), (11, (24, 16)), (14, (0, 16)))]
    (tmp_path / "module.mjs").write_text(source(SaliencyExplorer.esm))
    given = [[{"side": len(s), "values": base64.b64encode(s.tobytes()).decode()}, box] for s, box in cases]
    (tmp_path / "given.json").write_text(json.dumps(given))
    (tmp_path / "main.mjs").write_text(f"""
import {{ readFileSync }} from "node:fs";
import {{ enlarged, coloured }} from "./module.mjs";
for (const [map, box] of JSON.parse(readFileSync("given.json"))) {{
  const painted = coloured(enlarged(map, box), {json.dumps(render.PALETTE)});
  console.log(Buffer.from(painted).toString("base64"));
}}
""")
    done = subprocess.run([node, "main.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True)
    for (shades, box), line in zip(cases, done.stdout.splitlines(), strict=True):
        theirs, values = np.frombuffer(base64.b64decode(line), np.uint8).reshape(224, 224, 4).astype(int), render.enlarge(shades, box)
        assert ((theirs[..., 3] == 255) == ~np.isnan(values)).all()
        assert np.abs(theirs[..., :3] - render.colours(values))[~np.isnan(values)].max() <= 0.5 + 1e-9


def test_the_overlay_lets_as_much_through_as_the_opacity_says():
    photo, values = np.full((2, 2, 3), (200, 100, 0), np.uint8), np.array([[0.0, 1.0], [-1.0, np.nan]])
    assert (render.overlay(photo, values, 0) == photo).all()
    full = render.overlay(photo, values, 1)
    assert full[0].tolist() == [[0, 0, 0], [255, 243, 176]] and full[1].tolist() == [[207, 232, 255], [119] * 3]


# ---- numbers and words ----

def test_what_is_known_without_the_network_is_true_of_it():
    network = imagenet.network()
    assert evidence.LAYERS == tuple(saliency.stages(network, torch.zeros(1, 3, 224, 224)))
    assert evidence.PARTS == tuple(name for name, part in reversed(list(network.named_children())) if list(part.parameters()))
    assert evidence.shared().names == imagenet.classes()


def by_module(network, method, x):
    """The map of the saliency module for class 2."""
    return {"gradient": lambda: saliency.gradient(network, x, 2).abs().amax(1)[0],
            "SmoothGrad": lambda: saliency.smooth_grad(network, x, 2).abs().amax(1)[0],
            "guided backprop": lambda: saliency.guided_backprop(network, x, 2).abs().amax(1)[0],
            "Grad-CAM": lambda: saliency.grad_cam(network, x, 2, "eyes")[0],
            "occlusion": lambda: saliency.occlusion(network, x, 2, 64)}[method]()


@pytest.mark.parametrize("method", METHODS)
def test_the_maps_are_those_of_the_saliency_module(small, method):
    demo, x = SaliencyExplorer("coffee", 2, method, "eyes", 64, random="scores", network=small), imagenet.prepare(imagenet.photo("coffee"))
    for found, network in zip(demo._maps(), (small, saliency.randomized(small, 0, "scores")), strict=True):
        wanted = by_module(network, method, x)
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-6)


def test_hiding_a_patch_changes_score_and_probability_as_the_network_says(small):
    demo = SaliencyExplorer("coffee", 1, "occlusion", patch=64, network=small)
    told, x = demo.state()["start"]["answers"][0]["patches"], imagenet.prepare(imagenet.photo("coffee"))
    hidden = x.clone()
    hidden[:, :, 32:96, 48:112] = 0
    with torch.no_grad():
        before, after = small(x)[0], small(hidden)[0]
    place = 2 * told["side"] + 3
    assert told["side"] == 11 and told["falls"][place] == pytest.approx((before - after)[1].item(), abs=0.006)
    assert told["shares"][place] == pytest.approx(after.softmax(0)[1].item(), abs=1e-3) and told["tops"][place] == f"class {after.argmax()}"


def test_a_class_more_costs_no_other_occlusion(small, monkeypatch):
    demo = SaliencyExplorer("coffee", 1, "occlusion", network=small)
    first = demo.picture()
    monkeypatch.setattr(saliency, "occlusion_steps", None)
    answer = demo.receive(demo.state()["scene"] | {"label": 2})
    assert answer["share"] == 1 and answer["label"] == 2 and demo.picture() != first


def test_another_class_has_another_map(small):
    demo = SaliencyExplorer("coffee", 1, "gradient", network=small)
    first, answer = demo._maps()[0], demo.receive(demo.state()["scene"] | {"label": 2})
    assert answer["label"] == 2 and not np.allclose(demo._maps()[0], first)


def test_words_and_numbers():
    text = SaliencyExplorer("coffee", "cup", random="stem").describe()
    share = imagenet.network()(imagenet.prepare(imagenet.photo("coffee"))).softmax(1)[0, 968].item()
    assert text.startswith(f"Evidence for cup (probability {share:.1%}) in coffee, by Grad-CAM at head: a tenth of the places hold ")
    assert "under random weights down to stem" in text
    top = SaliencyExplorer("coffee", "tabby")._chosen.top()
    assert [name for _, name, _ in top][0] == "espresso" and len(top) == 6 and top[-1][1] == "tabby"


@pytest.mark.slow
def test_the_picture_is_the_same_bytes_in_another_process():
    code = "import sys; from visioncourse import widgets as w; sys.stdout.buffer.write(w.SaliencyExplorer('china').picture())"
    assert SaliencyExplorer("china").picture() == subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout


def test_a_photograph_of_ones_own_comes_as_array_or_as_file(small):
    mine = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    demo = SaliencyExplorer(mine, network=small)
    scene = demo.state()["scene"]
    assert scene["photo"] == "yours" and "in yours" in demo.describe()
    answer = demo.receive(scene | {"photo": "yours 2", "label": None, "upload": base64.b64encode(packed(mine[::-1])).decode()})
    assert answer["key"].startswith("yours 2|") and (demo._chosen.image == imagenet.crop(mine[::-1])).all()
    answer = demo.receive(scene | {"photo": "yours 3", "upload": base64.b64encode(b"no picture").decode()})
    assert "cannot be read as a picture" in answer["message"] and answer["photo"] == demo.photo == "yours 2"


@pytest.mark.parametrize("given, told", [
    ({"photo": "dog"}, "photo='dog': choose one of chelsea"), ({"photo": np.zeros((9, 9))}, "the picture has shape"),
    ({"method": "lime"}, "method='lime': choose one of gradient"), ({"layer": "stage9"}, "layer='stage9': choose one of stem"),
    ({"patch": 20}, "patch=20: choose one of 16, 32, 64"), ({"opacity": 1.5}, "opacity=1.5: give a number from 0 to 1"),
    ({"random": "pool"}, "random='pool': choose one of None, classifier, head"),
    ({"label": "dog"}, "label='dog': give the name of a class"),
    ({"label": 1000}, "label=1000: give the name of a class, such as 'tench', or a number from 0 to 999"),
])
def test_what_cannot_be_shown_is_refused(given, told):
    with pytest.raises(ValueError, match=told):
        SaliencyExplorer(**given)


# ---- slow methods beside the notebook ----

@pytest.fixture
def live(small):
    """A live explorer of a network that takes its time, with all the answers that its widget has shown."""
    demo, shown = SaliencyExplorer("coffee", network=small), []
    demo.widget.observe(lambda change: shown.append(change["new"]), "answer")
    small.pool[1].seconds = 0.02

    def choose(**what):
        demo.widget.scene = {name: getattr(demo, name) for name in CHOICES} | what

    yield types.SimpleNamespace(demo=demo, shown=shown, choose=choose)
    small.pool[1].seconds = 0
    demo._halt()
    assert working() == []


def working():
    return [thread for thread in threading.enumerate() if thread.name == "visioncourse"]


def wait(seconds, until):
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_slow_method_is_shown_growing_and_leaves_no_thread(live):
    live.choose(method="occlusion")
    assert live.shown[0]["share"] < 0.1 and len(working()) == 1
    wait(30, lambda: live.shown[-1]["share"] == 1)
    wait(5, lambda: not working())
    shares = [answer["share"] for answer in live.shown]
    assert shares == sorted(shares) and len(shares) > 10 and live.shown[-1]["patches"] and live.shown[0]["patches"] is None
    known = [np.frombuffer(base64.b64decode(answer["maps"][0]["values"]), np.int8) != -128 for answer in live.shown]
    assert known[0].sum() < known[5].sum() < known[-1].sum() == known[-1].size


@pytest.mark.slow
def test_opacity_lets_it_go_on_another_choice_ends_it_and_so_does_stop(live):
    live.choose(method="occlusion")
    (first,) = working()
    live.choose(opacity=0.2)
    assert working() == [first] and live.demo.opacity == 0.2
    live.choose(method="Grad-CAM")
    assert working() == [] and live.shown[-1]["share"] == 1 and "Grad-CAM" in live.shown[-1]["told"] and live.shown[-2]["share"] < 1
    live.choose(method="SmoothGrad")
    assert len(working()) == 1
    live.choose(stop=True)
    assert working() == [] and live.shown[-1] == {"stopped": True} and live.shown[-2]["share"] < 1
    count = len(live.shown)
    time.sleep(0.2)
    assert len(live.shown) == count
    live.choose(again=True)
    wait(30, lambda: live.shown[-1].get("share") == 1)
    assert "SmoothGrad" in live.shown[-1]["told"]


def test_nothing_changes_under_what_is_being_computed(live, monkeypatch):
    live.choose(method="occlusion")
    seen, halt = [], live.demo._halt
    monkeypatch.setattr(live.demo, "_halt", lambda: (seen.append(live.demo.method), halt())[1])
    live.choose(method="gradient")
    assert seen[0] == "occlusion" and live.demo.method == "gradient"


@pytest.mark.slow
def test_a_picture_asked_for_in_between_is_whole_and_the_widget_gets_it_too(live):
    live.choose(method="SmoothGrad")
    assert live.shown[-1]["share"] < 1 and "SmoothGrad: a tenth of the places" in live.demo.describe()
    assert working() == [] and live.shown[-1]["share"] == 1


@pytest.mark.slow
def test_a_page_made_in_between_leaves_the_widget_with_the_answer_it_waits_for(live):
    live.choose(method="SmoothGrad")
    assert live.shown[-1]["share"] < 1
    live.demo.html()
    assert working() == [] and live.shown[-1]["share"] == 1 and "by SmoothGrad" in live.shown[-1]["told"]


def test_a_network_that_fails_is_told_in_one_line(live, small):
    small.pool[1] = nn.Unflatten(1, (3, 3)).eval()
    live.choose(method="gradient")
    assert live.shown[-1]["share"] == 1 and live.shown[-1]["message"].startswith("RuntimeError: ") and "\n" not in live.shown[-1]["message"]


@pytest.mark.slow
def test_with_ipywidgets_alone_the_controls_and_a_file_move_the_picture(small):
    demo = SaliencyExplorer("coffee", network=small)
    box = demo.build_plain()
    file, said, *controls, picture = box.children
    use = {control.description: control for control in controls}
    seen = [picture.value]
    for name, value in (("method", "SmoothGrad"), ("label", 3), ("photo", "rocket"), ("random", "parts"), ("opacity", 0.2)):
        use[name].value = value
        seen.append(picture.value)
    assert len(set(seen)) == 6 and demo.random == "parts" and working() == []
    mine = packed(np.full((30, 40, 3), 90, np.uint8), "JPEG")
    upload(file, "a.jpg", mine)
    assert demo.photo == "yours 5" and (demo._chosen.image == 90).all() and picture.value not in seen
    upload(file, "c.jpg", b"nothing")
    assert "cannot be read as a picture" in said.value and demo.photo == "yours 5"


def upload(control, name, content):
    """Put a file into a FileUpload as its front end does, in ipywidgets 7 or 8."""
    import ipywidgets

    if ipywidgets.__version__.startswith("7"):
        control.set_trait("value", {name: {"metadata": {"name": name}, "content": content}})
    else:
        file = {"name": name, "type": "", "size": len(content), "last_modified": datetime.now(UTC), "content": memoryview(content)}
        control.value = (file,)


def test_files_are_found_in_both_forms_that_ipywidgets_gives_them():
    assert contents({"a": {"content": b"1"}, "b": {"content": b"2"}}) == [b"1", b"2"]
    assert contents(({"content": memoryview(b"1")}, {"content": memoryview(b"2")})) == [b"1", b"2"]


def test_a_page_leaves_out_what_the_network_does_not_allow():
    network = nn.Sequential(nn.Conv2d(3, 4, 16, stride=16), nn.Tanh(), nn.Flatten(), nn.LazyLinear(3)).eval()
    network(torch.zeros(1, 3, 224, 224))
    demo = SaliencyExplorer("coffee", network=network)
    assert '"methods": ["gradient", "Grad-CAM"]' in demo.html()
    assert "has neither as a module" in demo.receive(demo.state()["scene"] | {"method": "guided backprop"})["message"]


# ---- the browser ----

def painted(page, root):
    page.wait_for_function("root => root.dataset.busy === 'false'", arg=root.element_handle(), timeout=30_000)
    return root.locator(".vc-plane").first.evaluate(DRAWN)


@pytest.mark.slow
def test_a_page_of_its_own_scrubs_through_methods_layers_and_opacity(show):
    widget = show(SaliencyExplorer("coffee"))
    page, root = widget.page, widget.root
    page.evaluate("window.leaked = []; document.addEventListener('keydown', event => leaked.push(event.key))")
    seen = [painted(page, root)]
    root.get_by_role("slider", name="layer").focus()
    for key in ("ArrowLeft", "ArrowLeft", "Home"):
        page.keyboard.press(key)
        seen.append(painted(page, root))
    assert "by Grad-CAM at stem" in widget.status
    for method in ("gradient", "guided backprop"):
        root.get_by_role("radio", name=method, exact=True).check()
        seen.append(painted(page, root))
        assert f"by {method}" in widget.status
    root.get_by_role("slider", name="opacity").fill("0")
    seen.append(painted(page, root))
    plane = root.get_by_role("application").first
    plane.hover(position={"x": 5, "y": 5})
    seen.append(painted(page, root))
    assert "Row 0, column 0" in widget.readout
    plane.focus()
    page.keyboard.press("ArrowDown")
    assert painted(page, root) not in seen and "Row 1, column 0" in widget.readout
    page.keyboard.press("Escape")
    assert painted(page, root) == seen[-2]
    assert len(set(seen)) == 8 and page.evaluate("leaked") == [] and root.get_by_role("radio").count() == 4
    widget.shot("saliency_page")


@pytest.mark.slow
def test_the_pixels_on_the_screen_are_those_of_the_picture(show, small):
    demo = SaliencyExplorer("coffee", 2, "occlusion", patch=64, opacity=1.0, network=small)
    widget = show(demo)
    painted(widget.page, widget.root)
    pixel = "c => [...c.getContext('2d').getImageData(c.width * 80 / 224, c.height * 100 / 224, 1, 1).data]"
    red, green, blue, _ = widget.plane.first.evaluate(pixel)
    wanted = render.overlay(demo._chosen.image, render.enlarge(render.shade(demo._maps()[0]), demo._chosen.box), 1.0)[100, 80]
    assert np.abs(np.array([red, green, blue]) - wanted).max() <= 2


@pytest.mark.slow
def test_hands_choose_photograph_class_and_file_and_read_what_a_patch_does(show, small, tmp_path):
    demo = SaliencyExplorer("coffee", network=small)
    widget = show(demo, python=demo.receive)
    page, root = widget.page, widget.root
    root.get_by_role("radio", name="rocket").check()
    painted(page, root)
    assert demo.photo == "rocket" and "in rocket" in widget.status
    search = root.get_by_label("search a class by its name")
    search.fill("class 9")
    search.press("Enter")
    root.get_by_text("No class is called “class 9”").wait_for()
    search.fill("Class 3")
    search.press("Enter")
    painted(page, root)
    assert demo.label == 3 and "Evidence for class 3" in widget.status
    root.get_by_role("radio", name="occlusion").check()
    root.get_by_role("radio", name="64").check()
    page.wait_for_function("text => document.querySelector('.vc-status').textContent.includes(text)", arg="occlusion of 64 x 64: a tenth")
    root.get_by_role("application").first.focus()
    page.keyboard.press("ArrowRight")
    told, place = demo.state()["start"]["answers"][0]["patches"], 5 * 11 + 5
    fall = told["falls"][place]
    wanted = f"With this patch hidden the score of class 3 {'grows' if fall < 0 else 'falls'} by {abs(fall):.2f}, "
    page.wait_for_function("text => document.querySelector('.vc-readout').textContent.startsWith(text)", arg=wanted)
    assert widget.readout.endswith(f"the likeliest class is then {told['tops'][place]}.")
    root.get_by_label("sanity check").select_option("parts")
    painted(page, root)
    page.wait_for_function("document.querySelector('.vc-status').textContent.includes('under random weights down to parts')")
    assert demo.random == "parts" and root.get_by_role("application").count() == 2
    mine = np.zeros((300, 900, 3), np.uint8)
    mine[:, 300:600] = (250, 0, 0)
    for name, given in (("mine.png", packed(mine)), ("broken.png", b"no picture"), ("huge.png", None)):
        (tmp_path / name).write_bytes(given or b"")
        if given is None:
            with open(tmp_path / name, "r+b") as file:
                file.truncate(41_000_000)
        root.locator("input[type=file]").set_input_files(tmp_path / name)
        if name == "mine.png":
            root.get_by_role("radio", name="yours", exact=True).wait_for(state="attached")     # until then it is being read
        else:
            root.get_by_text(f"{name} cannot be shown: ").wait_for()
        painted(page, root)
        assert demo.photo == "yours" and np.abs(demo._chosen.image[20:-20, 20:-20].astype(int) - (250, 0, 0)).max() < 8, name
    assert "41 MB, and 40 are allowed" in root.get_by_role("alert").inner_text()
    widget.shot("saliency_hands")


@pytest.mark.slow
@pytest.mark.parametrize("body", ["", DARK], ids=["light", "dark"])
def test_everybody_can_use_it(show, small, body):
    import axe_playwright_python

    demo = SaliencyExplorer("coffee", random="parts", network=small)
    widget = show(demo, body=body, python=demo.receive)
    painted(widget.page, widget.root)
    widget.shot("saliency_dark" if body else "saliency")
    widget.page.add_script_tag(content=(Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8"))
    found = widget.page.evaluate("axe.run()")
    assert len(found["passes"]) > 10 and [(v["id"], [n["html"] for n in v["nodes"]]) for v in found["violations"]] == []
    widget.page.set_viewport_size({"width": 390, "height": 800})
    assert widget.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.slow
def test_in_jupyterlab_it_grows_is_stopped_goes_on_and_stays_responsive(lab, browser):
    address = lab.removesuffix("lab/tree/")
    cells = ["import visioncourse as vc\nexplorer = vc.widgets.SaliencyExplorer('coffee')\nexplorer",
             "import threading\n[explorer.method, *[t.name for t in threading.enumerate() if t.name == 'visioncourse']]"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in cells],
                                        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}})
    body = json.dumps({"type": "notebook", "content": notebook}).encode()
    urllib.request.urlopen(urllib.request.Request(f"{address}api/contents/saliency.ipynb?token=secret", body, method="PUT"), timeout=30)
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    page, wrong = context.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(f"{lab}saliency.ipynb?reset&token=secret")
    idle = "() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
    page.wait_for_function(idle, timeout=120_000)
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")
    root = page.locator(".jp-Notebook-cell .vc").first
    root.locator(".vc-plane").first.wait_for(timeout=60_000)
    root.get_by_role("radio", name="occlusion").check(force=True)
    root.get_by_role("button", name="stop").click()
    root.get_by_role("button", name="go on").wait_for()
    share = float(root.locator("progress").get_attribute("value") or root.locator("progress").evaluate("bar => bar.value"))
    assert 0 < share < 1 and "is done" in root.locator(".vc-status").inner_text()
    root.get_by_role("button", name="go on").click()
    root.get_by_role("slider", name="opacity").press("End")          # answered while Python computes
    root.get_by_text("100 %", exact=True).wait_for(timeout=2000)
    assert root.get_by_role("button", name="stop").is_visible()
    root.get_by_role("button", name="stop").wait_for(state="hidden", timeout=60_000)
    assert "occlusion of 32 x 32: a tenth of the places" in root.locator(".vc-status").inner_text()
    root.get_by_role("application").first.hover()
    assert "With this patch hidden the score of espresso" in root.locator(".vc-readout").inner_text()
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / "saliency_lab.png")
    last = page.locator(".jp-Notebook-cell").last
    last.locator(".jp-Editor").click()
    page.keyboard.press("Control+Enter")
    last.get_by_text("['occlusion']", exact=True).wait_for()         # no thread is left, and Python has followed
    context.close()
    assert wrong == []
