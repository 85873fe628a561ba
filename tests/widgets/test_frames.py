"""Frames: what it stores, what it refuses, what hands and keys show of it, with a kernel and without."""

import base64
import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from visioncourse import data
from visioncourse.widgets import Frames
from visioncourse.widgets.frames import picture as frames

from .hands import DARK

GRAY = [np.full((6, 9), 50 * n, np.uint8) for n in range(5)]
LABELS = ["black", "dark", "gray", "light", "bright"]
AXES = {"layer": ["first", "second"], "eps": [0, 0.5, 1.0]}
GRID = {(a, b): np.full((4, 8, 3), [100 * i, 50 * j, 7], np.uint8) for i, a in enumerate(AXES["layer"]) for j, b in enumerate(AXES["eps"])}


def unpacked(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def test_every_picture_is_stored_without_loss():
    rng = np.random.default_rng(0)
    for picture in (GRAY[3], rng.integers(0, 256, (20, 30), np.uint8), rng.integers(0, 256, (20, 30, 3), np.uint8), GRID["second", 0.5]):
        (stored,) = Frames([picture]).state()["start"]["pictures"]
        wanted = picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2)
        np.testing.assert_array_equal(unpacked(base64.b64decode(stored)), wanted)


def test_few_colours_take_a_palette_and_a_third_of_the_bytes():
    rng = np.random.default_rng(1)
    few, many = rng.integers(0, 2, (64, 64, 3), np.uint8) * 200, rng.integers(0, 256, (64, 64, 3), np.uint8)
    assert Image.open(io.BytesIO(frames.packed(few))).mode == "P" and 3 * len(frames.packed(few)) < len(frames.packed(many))


def test_the_picture_is_the_frame_shown_and_its_label_is_told():
    demo = Frames(GRAY, labels=LABELS, title="From black to bright")
    demo.widget.scene = {"at": [3]}
    assert demo.at == {"picture": 3} and demo.describe() == "From black to bright: picture 4 of 5 (light)."
    shown = unpacked(demo.picture())
    assert shown.shape == (6 * 57, 9 * 57, 3) and (shown == 150).all()
    assert Frames(GRAY).describe() == "Pictures: picture 1 of 5 (1)."


@pytest.mark.parametrize("pictures", [GRID, [[GRID[a, b] for b in AXES["eps"]] for a in AXES["layer"]]], ids=["mapping", "rows"])
def test_a_grid_has_a_picture_for_each_pair(pictures):
    demo = Frames(pictures, axes=AXES, title="grid")
    demo.widget.scene = {"at": [1, 2]}
    assert demo.at == {"layer": 1, "eps": 2} and "layer 2 of 2 (second), eps 3 of 3 (1.0)" in demo.describe()
    assert (unpacked(demo.picture()) == [100, 100, 7]).all()


@pytest.mark.slow
def test_a_linear_classifier_learns_in_the_pictures_it_brings():
    demo = Frames()
    labels = demo.axes["picture"]
    assert frames.TITLE.split(": ")[1].replace(";", ",").split(", ") == list(data.load("scenes", train=1, val=0, test=0).classes)
    losses = [float(label.split("loss ")[1].split(",")[0]) for label in labels]
    assert losses[0] == round(np.log(10), 2) and losses == sorted(losses, reverse=True) and losses[-1] < 0.8 * losses[0]
    weights = frames.templates()[0]
    assert len({picture.tobytes() for picture in weights}) == len(labels) == len(frames.STEPS)
    assert np.ptp(weights[0][:32, :32]) == 0, "before the first step all weights are zero"
    code = "import sys; from visioncourse import widgets as w; sys.stdout.buffer.write(w.Frames().picture())"
    assert demo.picture() == subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout


@pytest.mark.parametrize("given, told", [
    (dict(pictures=[]), "give at least one picture"),
    (dict(pictures=[GRAY[0].astype(float)]), r"picture 0 is float64 \(6, 9\); wanted uint8"),
    (dict(pictures=[np.zeros((6, 9, 4), np.uint8)]), r"picture 0 is uint8 \(6, 9, 4\)"),
    (dict(pictures=[np.zeros((0, 9), np.uint8)]), r"picture 0 is uint8 \(0, 9\)"),
    (dict(pictures=["a"]), "picture 0 is str"),
    (dict(pictures=[GRAY[0], GRAY[0].T]), r"picture 1 has shape \(9, 6\), picture 0 has \(6, 9\)"),
    (dict(pictures=GRAY, labels=LABELS[:2]), "2 labels for 5 pictures"),
    (dict(pictures=GRID, axes={"layer": [1, 2]}), "or two axes"),
    (dict(pictures=GRID, axes=AXES, labels=LABELS), "or two axes"),
    (dict(pictures=GRID, axes=AXES | {"eps": [0, 3]}), r"2 pictures are missing, the first for \('first', 3\)"),
    (dict(pictures=[GRAY], axes=AXES), "wanted 2 rows of 3 pictures"),
])
def test_what_cannot_be_shown_is_refused(given, told):
    with pytest.raises(ValueError, match=told):
        Frames(**given)


def test_too_many_bytes_are_refused():
    noise = np.random.default_rng(2).integers(0, 256, (1000, 1000, 3), np.uint8)
    with pytest.raises(ValueError, match=r"take 9.\d MB as PNG, and 8 are allowed"):
        Frames([noise, noise, noise]).html()


def test_with_ipywidgets_alone_sliders_choose_the_picture():
    demo = Frames(GRID, axes=AXES, title="grid")
    layer, eps, picture = demo.build_plain().children
    before = picture.value
    eps.value = 2
    assert demo.at == {"layer": 0, "eps": 2} and picture.value != before and "(1.0)" in picture.value


# ---- the browser ----

LEVEL = """c => { window.probe ??= new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  probe.drawImage(c, c.width / 2, c.height / 2, 1, 1, 0, 0, 1, 1); return `${[...probe.getImageData(0, 0, 1, 1).data].slice(0, 3)}`; }"""


def becomes(widget, color: list[int], status: str):
    """Wait until this colour is in the middle of the canvas, and this label under it."""
    widget.page.wait_for_function(f"""([color, status]) => ({LEVEL})(document.querySelector(".vc canvas")) === `${{color}}`
        && document.querySelector(".vc-status").textContent === status""", arg=[color, status])


@pytest.mark.slow
def test_slider_keys_pointer_and_buttons_scrub_and_no_key_leaks(show):
    widget = show(Frames(GRAY, labels=LABELS))
    page = widget.page
    page.evaluate("window.leaked = []; document.addEventListener('keydown', event => leaked.push(event.key))")
    becomes(widget, [0] * 3, "black")
    widget.root.get_by_role("slider", name="picture").press("ArrowRight")
    becomes(widget, [50] * 3, "dark")
    widget.keys("ArrowRight", "ArrowUp")
    becomes(widget, [150] * 3, "light")
    widget.keys("Home")
    becomes(widget, [0] * 3, "black")
    assert widget.root.get_by_role("button", name="back").is_disabled()
    widget.root.get_by_role("button", name="step").click()
    becomes(widget, [50] * 3, "dark")
    box = widget.plane.bounding_box()
    page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 0.5 * box["height"])
    becomes(widget, [200] * 3, "bright")
    page.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    becomes(widget, [100] * 3, "gray")
    assert page.evaluate("leaked") == []


@pytest.mark.slow
def test_a_grid_is_scrubbed_across_and_down_and_python_follows(show):
    demo = Frames(GRID, axes=AXES, title="grid")
    widget = show(demo, python=demo.receive)
    widget.keys("ArrowDown", "ArrowRight")
    becomes(widget, [100, 50, 7], "layer second, eps 0.5")
    box = widget.plane.bounding_box()
    widget.page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 0.2 * box["height"])
    becomes(widget, [0, 100, 7], "layer first, eps 1.0")
    widget.page.wait_for_timeout(400)
    assert demo.at == {"layer": 0, "eps": 2}
    widget.page.evaluate("tell('scene', { at: [1, 0] })")          # another view of it
    becomes(widget, [100, 0, 7], "layer second, eps 0")


@pytest.mark.slow
def test_it_plays_to_the_end_and_steps_where_less_motion_is_asked_for(show):
    widget = show(Frames(GRAY, labels=LABELS))
    widget.root.get_by_role("button", name="play").click()
    widget.root.get_by_role("button", name="pause").wait_for()
    becomes(widget, [200] * 3, "bright")
    widget.root.get_by_role("button", name="play").click()         # from the beginning again
    widget.root.get_by_role("button", name="pause").click()
    assert widget.status != "bright"
    calm = show(Frames(GRAY, labels=LABELS), reduced_motion="reduce")
    calm.keys(" ")
    becomes(calm, [50] * 3, "dark")
    calm.page.wait_for_timeout(600)
    assert calm.status == "dark"


@pytest.mark.slow
@pytest.mark.parametrize("body", ["", DARK], ids=["light", "dark"])
def test_everybody_can_use_it(show, body):
    import axe_playwright_python

    widget = show(Frames(), body=body)
    widget.keys("End")
    widget.page.wait_for_timeout(200)
    widget.shot("frames_dark" if body else "frames")
    widget.page.add_script_tag(content=(Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8"))
    found = widget.page.evaluate("axe.run()")
    assert len(found["passes"]) > 10 and [(v["id"], [n["html"] for n in v["nodes"]]) for v in found["violations"]] == []
