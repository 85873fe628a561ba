"""Convolution: Python's and the browser's numbers against torch, what it says and refuses, and hands on it in Chromium."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from visioncourse.widgets import Convolution
from visioncourse.widgets.convolution import picture as render
from visioncourse.widgets.convolution.kernels import presets
from visioncourse.widgets.shared.base import source

from .hands import DARK

pytestmark = pytest.mark.usefixtures("one_thread")
NUMBERS = np.arange(30.0).reshape(5, 6) % 7


def cases():
    """(image, kernel, how, layers) in every combination of stride, padding and dilation, with sides that are not equal."""
    rng = np.random.default_rng(0)
    for K in (3, 5):
        for stride in (1, 2, 3, 4):
            for padding in (0, 1, 2, 4):
                for dilation in (1, 2, 3):
                    how = {"stride": stride, "padding": padding, "dilation": dilation}
                    yield rng.integers(-5, 9, rng.integers(3, 15, 2)).astype(float), rng.normal(size=(K, K)), how, int(rng.integers(1, 4))


def by_torch(image, kernel, how, layers):
    """Every layer's map, or an empty one from where torch finds that the kernel does not fit."""
    maps, weight = [], torch.tensor(kernel)[None, None]
    for _ in range(layers):
        try:
            image = F.conv2d(torch.tensor(image)[None, None], weight, **how)[0, 0].numpy()
        except RuntimeError:
            image = np.zeros((0, 0))
        maps.append(image)
    return maps


def test_python_convolves_as_torch_does():
    empty = 0
    for image, kernel, how, layers in cases():
        for ours, theirs in zip(render.stack(image, kernel, layers, **how)[1:], by_torch(image, kernel, how, layers), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)
            empty += not ours.size
    assert 5 < empty < 100


def test_the_browser_convolves_as_torch_does(node, tmp_path):
    given = [[{"height": len(image), "width": image.shape[1], "values": image.ravel().tolist()}, kernel.tolist(), how, layers]
             for image, kernel, how, layers in cases()]
    (tmp_path / "module.mjs").write_text(source(Convolution.esm))
    (tmp_path / "given.json").write_text(json.dumps(given))
    (tmp_path / "main.mjs").write_text("""
import { readFileSync } from "node:fs";
import { stack, footprint, places } from "./module.mjs";
const given = JSON.parse(readFileSync("given.json"));
console.log(JSON.stringify(given.map(([image, kernel, how, layers]) => [stack(image, kernel, how, layers).slice(1),
  footprint(2, layers, kernel.length, how), places(image.height, kernel.length, how)])));
""")
    done = subprocess.run([node, "main.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True)
    for (image, kernel, how, layers), (maps, spans, place) in zip(cases(), json.loads(done.stdout), strict=True):
        for ours, theirs in zip(maps, by_torch(image, kernel, how, layers), strict=True):
            assert (ours["height"], ours["width"]) == theirs.shape
            np.testing.assert_allclose(ours["values"], theirs.ravel(), rtol=1e-9, atol=1e-9)
        assert [tuple(span) for span in spans] == render.footprint(2, layers, len(kernel), **how)
        assert tuple(place) == render.places(len(image), len(kernel), **how)


@pytest.mark.parametrize("how, layers", [((1, 1, 1), 3), ((2, 2, 1), 2), ((2, 4, 3), 2), ((3, 0, 2), 1)])
def test_the_receptive_field_is_where_the_gradient_of_a_cell_is_not_zero(how, layers):
    how = dict(zip(("stride", "padding", "dilation"), how, strict=True))
    image = torch.randn(40, 40, dtype=torch.float64, requires_grad=True)
    out = image[None, None]
    for _ in range(layers):
        out = F.conv2d(out, torch.ones(1, 1, 3, 3, dtype=torch.float64), **how)
    row, column = out.shape[2] // 2, out.shape[3] // 2
    out[0, 0, row, column].backward()
    rows, columns = np.nonzero(image.grad.numpy())
    assert (rows.min(), rows.max()) == render.footprint(row, layers, 3, **how)[0]
    assert (columns.min(), columns.max()) == render.footprint(column, layers, 3, **how)[0]


def test_the_presets_do_what_their_names_say():
    flat, rng = np.full((9, 9), 5.0), np.random.default_rng(0)
    image = rng.random((9, 9))
    for K in (3, 5):
        kernels, middle = presets(K), slice(K // 2, 9 - K // 2)
        np.testing.assert_array_equal(render.convolve(image, kernels["identity"], 1, K // 2, 1), image)
        for name, level in (("blur", 5), ("sharpen", 5), ("edges", 0), ("emboss", 5)):
            np.testing.assert_allclose(render.convolve(flat, kernels[name], 1, 0, 1), level, atol=1e-12)
        blurred, sharpened = (render.convolve(image, kernels[name], 1, 0, 1) for name in ("blur", "sharpen"))
        assert blurred.std() < image[middle, middle].std() < sharpened.std()


def test_words_and_numbers():
    text = Convolution(NUMBERS, [[0, 0, 0], [0, 2, 0], [0, 0, 1]], padding=0, stride=2, at=(1, 0)).describe()
    assert text == ("Convolution of yours, 5 x 6, with a 3 x 3 kernel, height ⌊(5 + 2·0 - 1·(3 - 1) - 1) / 2⌋ + 1 = 2; the cell in row 1, "
                    "column 0 of layer 1 is 15 and sees 3 x 3 of the picture.")
    assert "the stride does not fit: 1 left over at the end" in Convolution("numbers", padding=0, stride=2).describe()
    assert "sees 7 x 7 of the picture" in Convolution("coffee", layers=3).describe()


def test_a_colour_picture_is_made_gray():
    image = np.stack([NUMBERS, NUMBERS + 3, NUMBERS - 3], axis=2)
    assert Convolution(image).picture() == Convolution(NUMBERS).picture()


def test_python_follows_the_hands_even_where_nothing_fits():
    demo = Convolution("numbers")
    scene = demo.state()["scene"]
    demo.receive(scene | {"kernel": np.ones((5, 5)).tolist(), "stride": 4, "at": [99, 99]})
    assert demo.at == (1, 1) and demo.stride == 4 and demo.state()["scene"]["kernel"] == np.ones((5, 5)).tolist()
    demo.receive(scene | {"kernel": np.ones((5, 5)).tolist(), "dilation": 3, "padding": 0})
    assert "fits nowhere" in demo.describe() and demo.picture().startswith(b"\x89PNG")


@pytest.mark.slow
def test_the_picture_is_the_same_bytes_in_another_process():
    code = "import sys; from visioncourse import widgets as w; sys.stdout.buffer.write(w.Convolution(layers=2).picture())"
    assert Convolution(layers=2).picture() == subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout


@pytest.mark.parametrize("given, told", [
    ({"image": "dog"}, "image='dog': choose one of astronaut"),
    ({"image": np.zeros((2, 9))}, r"image has shape \(2, 9\); wanted \(H, W\)"),
    ({"image": np.zeros((65, 9))}, r"image has shape \(65, 9\)"),
    ({"image": np.full((5, 5), np.nan)}, "image holds values that are not finite"),
    ({"kernel": "laplace"}, "kernel='laplace': choose one of identity, blur"),
    ({"kernel": np.ones((4, 4))}, r"kernel has shape \(4, 4\); wanted \(3, 3\) or \(5, 5\)"),
    ({"kernel": np.full((3, 3), np.inf)}, "all finite numbers"),
    ({"size": 7}, "size=7: a named kernel has size 3 or 5"),
    ({"stride": 0}, "stride=0: give a whole number from 1 to 4"),
    ({"padding": -1}, "padding=-1: give a whole number from 0 to 4"),
    ({"dilation": 1.5}, "dilation=1.5: give a whole number from 1 to 3"),
    ({"layers": 4}, "layers=4: give a whole number from 1 to 3"),
    ({"at": (40, 0)}, r"at=\(40, 0\): the output has rows 0 to 39"),
    ({"image": NUMBERS, "size": 5, "dilation": 2, "padding": 1}, r"fits nowhere: height 5 \+ 2·1 - 2·\(5 - 1\) - 1 is below 0"),
])
def test_what_cannot_be_shown_is_refused(given, told):
    with pytest.raises(ValueError, match=told):
        Convolution(**given)


def test_with_ipywidgets_alone_the_controls_move_the_picture():
    demo = Convolution(NUMBERS, [[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    box = demo.build_plain()
    use, before = {control.description: control for control in box.children[:-1]}, box.children[-1].value
    use["stride"].value = 2
    assert demo.stride == 2 and box.children[-1].value != before
    use["kernel"].value = presets(5)["blur"].tolist()
    assert demo.kernel.shape == (5, 5)


# ---- the browser ----

def told(value):
    return render.short(value).replace("-", "−")


def cell(demo, at):
    """What the status says of a cell of the output."""
    value = render.stack(demo._image(), demo.kernel, demo.layers, **demo._how)[-1][at]
    return f"The {demo.kernel.size} products at row {at[0]}, column {at[1]} sum to {told(value)}."


def settled(widget, text):
    widget.page.wait_for_function("text => document.querySelector('.vc-status').textContent.startsWith(text)", arg=text, timeout=5000)


@pytest.mark.slow
def test_both_grids_answer_the_pointer_and_the_keys_and_no_key_leaks(show):
    demo = Convolution(NUMBERS, "edges", padding=1, stride=2, at=(0, 0))
    widget = show(demo)
    widget.page.evaluate("window.leaked = []; document.addEventListener('keydown', event => leaked.push(event.key))")
    picture, output = widget.root.get_by_role("application").all()
    settled(widget, cell(demo, (0, 0)))
    box = output.bounding_box()
    widget.page.mouse.move(box["x"] + box["width"] * 0.84, box["y"] + box["height"] * 0.5)
    settled(widget, cell(demo, (1, 2)))
    box = picture.bounding_box()
    widget.page.mouse.move(box["x"] + box["width"] * 0.45, box["y"] + box["height"] * 0.9)
    settled(widget, cell(demo, (2, 1)))
    for view in (picture, output):
        view.focus()
        widget.page.keyboard.press("ArrowUp")
        settled(widget, cell(demo, (1, 1)))
        widget.page.keyboard.press("ArrowDown")
        settled(widget, cell(demo, (2, 1)))
    assert widget.page.evaluate("leaked") == []


@pytest.mark.slow
def test_an_edited_kernel_and_the_sliders_change_the_output_and_its_size(show):
    demo = Convolution("numbers", "identity", padding=0, at=(1, 2))
    widget = show(demo)
    settled(widget, cell(demo, (1, 2)))
    widget.root.get_by_label("weight in row 0, column 2").fill("-2.5")
    demo.kernel[0, 2] = -2.5
    settled(widget, cell(demo, (1, 2)))
    widget.root.get_by_role("slider", name="stride").fill("1")
    demo.stride = 2
    settled(widget, cell(demo, (1, 2)))
    assert "⌊(8 + 2·0 − 1·(3 − 1) − 1) / 2⌋ + 1 = 3" in widget.readout
    assert "The stride does not fit: 1 left over at the end" in widget.readout
    widget.root.get_by_role("button", name="blur").click()
    widget.root.get_by_role("radio", name="5 × 5").check()
    widget.root.get_by_role("slider", name="dilation").fill("1")
    settled(widget, "The kernel is larger than the padded picture")
    assert "8 + 2·0 is less than 2·(5 − 1) + 1: fits nowhere" in widget.readout
    widget.shot("convolution_nowhere")


@pytest.mark.slow
def test_it_steps_and_plays_and_stands_still_where_less_motion_is_asked_for(show):
    demo = Convolution(NUMBERS, "blur", at=(4, 3))
    widget = show(demo)
    widget.root.get_by_role("button", name="step", exact=True).click()
    settled(widget, cell(demo, (4, 4)))
    widget.root.get_by_role("button", name="play").click()
    settled(widget, cell(demo, (4, 5)))
    widget.root.get_by_role("button", name="play").wait_for()   # it stopped at the end
    widget.root.get_by_role("button", name="start").click()
    settled(widget, cell(demo, (0, 0)))
    calm = show(demo, reduced_motion="reduce")
    calm.root.get_by_role("application").first.focus()
    calm.page.keyboard.press(" ")
    settled(calm, cell(demo, (4, 4)))
    assert calm.root.get_by_role("button", name="pause").count() == 0


@pytest.mark.slow
@pytest.mark.parametrize("body", ["", DARK], ids=["light", "dark"])
def test_everybody_can_use_it(show, body):
    import axe_playwright_python

    widget = show(Convolution("chelsea", "emboss", size=5, stride=2, layers=2, dilation=2), body=body)
    widget.shot("convolution_dark" if body else "convolution")
    widget.page.add_script_tag(content=(Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8"))
    found = widget.page.evaluate("axe.run()")
    assert len(found["passes"]) > 10 and [(v["id"], [n["html"] for n in v["nodes"]]) for v in found["violations"]] == []
    assert widget.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
