"""PixelsToParts and the photographs: numbers against scikit-image, the browser's against Python's, and hands on it in Chromium."""

import json
import socket
import subprocess
import sys

import numpy as np
import pytest
from skimage.feature import hog

from visioncourse import data
from visioncourse.data.photos import PHOTOS, faces, motorcycle_disparity
from visioncourse.widgets import PixelsToParts
from visioncourse.widgets.pixels import picture as pixels
from visioncourse.widgets.shared.base import source
from visioncourse.widgets.shared.photos import gray_photo

from .hands import DARK

CASES = [("astronaut", 40, 40, 0.6, "pixels"), ("astronaut", 40, 40, 0.6, "edges"), ("chelsea", 20, 70, 0.05, "edges"),
         ("coffee", 104, 0, 1.0, "pixels"), ("motorcycle", 0, 104, 0.3, "edges")]


# ---- the photographs ----

@pytest.mark.parametrize("name", PHOTOS)
def test_a_photograph_needs_no_network(name, monkeypatch):
    monkeypatch.setattr(socket, "socket", None)
    image = data.photo(name)
    assert image.dtype == np.uint8 and image.shape[2:] in ((), (3,)) and image.std() > 10


def test_faces_and_depth_come_with_them():
    pictures, is_face = faces()
    assert pictures.shape == (200, 25, 25) and is_face.sum() == 100 and is_face[:100].all()
    assert motorcycle_disparity().shape == data.photo("motorcycle").shape[:2] == data.photo("motorcycle_right").shape[:2]


def test_an_unknown_photograph_is_refused_with_the_names_there_are():
    with pytest.raises(ValueError, match="chelsea"):
        data.photo("dog")


# ---- what is computed ----

def test_the_histograms_of_a_box_are_a_block_of_scikit_images_hog():
    gray = gray_photo("chelsea")
    wanted = hog(gray.astype(float), orientations=8, pixels_per_cell=(8, 8), cells_per_block=(3, 3), block_norm="L2", feature_vector=False)
    ours = pixels.descriptions(gray, "edges")[::8, ::8]
    np.testing.assert_allclose(ours, wanted.reshape(14, 14, -1), atol=1e-6)


@pytest.mark.parametrize("by", ["pixels", "edges"])
def test_in_full_light_the_part_is_nowhere_as_like_as_at_its_place(by):
    gaps = pixels.unlikeness(gray_photo("motorcycle"), 33, 57, 1.0, by)
    assert gaps[33, 57] == 0 and (gaps >= 0).all() and np.unravel_index(gaps.argmin(), gaps.shape) == (33, 57)


def test_when_the_light_fades_edges_find_what_pixels_lose():
    told = {by: PixelsToParts("astronaut", 40, 40, 0.6, by).describe() for by in ("pixels", "edges")}
    assert "lost" in told["pixels"] and "found at its place" in told["edges"]


@pytest.mark.slow
def test_the_picture_is_the_same_bytes_in_another_process():
    code = "import sys; from visioncourse import widgets as w; sys.stdout.buffer.write(w.PixelsToParts().picture())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert PixelsToParts().picture() == done.stdout


@pytest.mark.parametrize("wrong", [{"photo": "dog"}, {"row": 105}, {"column": -1}, {"light": 0.0}, {"by": "smell"}])
def test_what_cannot_be_shown_is_refused_by_name(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        PixelsToParts(**wrong)


def test_without_anywidget_controls_move_the_box():
    demo = PixelsToParts()
    box = demo.build_plain()
    row = next(control for control in box.children if getattr(control, "description", "") == "row")
    before = box.children[-1].value
    row.value = 7
    assert demo.row == 7 and box.children[-1].value != before


# ---- the browser ----

def test_the_browser_measures_the_same_distances(node, tmp_path):
    inputs = [{"gray": gray_photo(photo).ravel().tolist(), "scene": {"row": r, "column": c, "light": light, "by": by}}
              for photo, r, c, light, by in CASES]
    (tmp_path / "module.mjs").write_text(source(PixelsToParts.esm))
    (tmp_path / "inputs.json").write_text(json.dumps(inputs))
    (tmp_path / "main.mjs").write_text("""
import { readFileSync } from "node:fs";
import { unlikeness } from "./module.mjs";
const inputs = JSON.parse(readFileSync("inputs.json"));
console.log(JSON.stringify(inputs.map(({ gray, scene }) => Array.from(unlikeness(Uint8Array.from(gray), scene)))));
""")
    theirs = json.loads(subprocess.run([node, "main.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout)
    for (photo, row, column, light, by), gaps in zip(CASES, theirs, strict=True):
        ours = pixels.unlikeness(gray_photo(photo), row, column, light, by).ravel()
        np.testing.assert_allclose(gaps, ours, rtol=1e-6, atol=3e-9)
        assert np.argmin(gaps) == ours.argmin()


@pytest.fixture
def page(browser):
    """A fresh page; at the end the console must be clean and no request have left the machine."""
    wrong, page = [], browser.new_page(viewport={"width": 1120, "height": 560})
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda r: wrong.append(r.url) if not r.url.startswith(("data:", "blob:", "about:")) else None)
    yield page
    page.close()
    assert wrong == []


def opened(page, demo, body=""):
    page.set_content(f'<!doctype html><html lang="en"><title>widget</title><body style="{body}"><main><h1>Widget</h1>{demo.html()}</main>')
    page.locator(".vc[data-drawn]").wait_for()
    return page.locator(".vc")


def after(root, act):
    """What is found, as "row,column", once what act changed has been drawn."""
    before = int(root.get_attribute("data-drawn"))
    act()
    root.page.wait_for_function("before => +document.querySelector('.vc').dataset.drawn > before", arg=before)
    return root.get_attribute("data-found")


def place(photo, row, column, light, by):
    return ",".join(map(str, PixelsToParts(photo, row, column, light, by)._see()[2]))


@pytest.mark.slow
def test_keys_slider_and_choices_do_what_python_says(page):
    root = opened(page, PixelsToParts("astronaut", 40, 40, 0.6, "pixels"))
    assert root.get_attribute("data-found") == place("astronaut", 40, 40, 0.6, "pixels")
    assert after(root, lambda: root.get_by_text("edges", exact=True).click()) == place("astronaut", 40, 40, 0.6, "edges") == "40,40"
    root.get_by_role("application").focus()
    assert after(root, lambda: page.keyboard.press("ArrowDown")) == "41,40"
    assert after(root, lambda: page.keyboard.press("Shift+ArrowLeft")) == "41,32"
    assert "row 41, column 32" in root.locator(".vc-status").inner_text()
    root.get_by_role("slider").focus()
    assert after(root, lambda: page.keyboard.press("Home")) == place("astronaut", 41, 32, 0.05, "edges")
    assert after(root, lambda: root.get_by_text("coffee").click()) == place("coffee", 41, 32, 0.05, "edges")


@pytest.mark.slow
def test_the_box_follows_the_hand_and_stays_inside(page):
    root = opened(page, PixelsToParts("chelsea", 10, 10, 1.0, "edges"))
    box = root.get_by_role("application").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert after(root, page.mouse.down) == "52,52"
    assert after(root, lambda: page.mouse.move(box["x"] - 5, box["y"] + box["height"] + 30)) == "104,0"
    page.mouse.up()
    assert "row 104, column 0" in root.locator(".vc-status").inner_text()


@pytest.mark.slow
@pytest.mark.parametrize("body", ["", DARK], ids=["light", "dark"])
def test_everybody_can_use_it(page, body):
    from pathlib import Path

    import axe_playwright_python

    opened(page, PixelsToParts("astronaut", 40, 76, 0.6, "edges"), body)
    page.add_script_tag(content=(Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8"))
    assert [v["id"] for v in page.evaluate("axe.run()")["violations"]] == []
