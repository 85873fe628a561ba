"""Panel: controls from plain values, the picture that a function draws for them, its failures, and hands on it in Chromium."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from visioncourse.widgets import Panel
from visioncourse.widgets.panel.controls import panel_controls
from visioncourse.widgets.shared.base import VIEW

from .hands import DARK


def wave(figure, eps, method, grid):
    """A curve that each control changes; eps 1 cannot be drawn."""
    assert not figure.axes, "the figure comes empty"
    ax = figure.subplots()
    x = np.linspace(0, 1 / (1 - eps), 50)
    ax.plot(x, {"sine": np.sin, "cosine": np.cos}[method](9 * x))
    ax.set_title(f"{method} at {eps}")
    ax.grid(grid)


@pytest.fixture
def panel():
    return Panel(wave, eps=(0.0, 1.0), method=["sine", "cosine"], grid=False)


@pytest.mark.parametrize("given, options", [
    ((0, 3), [0, 1, 2, 3]), ((0.0, 1.0, 0.25), [0, 0.25, 0.5, 0.75, 1]), ((1, 8, 3), [1, 4, 7]),
    (["a", 2, None], ["a", 2, None]), (True, [False, True]),
    ((0.1, 0.7, 0.2), [0.1, 0.3, 0.5, 0.7]), ((np.int64(2), np.int64(4)), [2, 3, 4]),
])
def test_a_control_takes_the_values_that_its_argument_says(given, options):
    panel = Panel(lambda figure, a: None, a=given)
    assert panel.options["a"] == options and panel.values["a"] == (given if given is True else options[0])


def test_a_slider_of_fractions_has_a_hundred_steps(panel):
    assert panel.options["eps"] == [float(f"{n / 100:g}") for n in range(101)] and all(type(v) is float for v in panel.options["eps"])


@pytest.mark.parametrize("given", [(1, 0), (0, 1, 0), (0, 1, -1), (1,), (1, 2, 3, 4), [], "text", 3, None, ("a", "b")])
def test_what_gives_no_values_is_refused(given):
    with pytest.raises(ValueError, match=r"a=.*: give \(low, high\), \(low, high, step\), a list of values, True or False"):
        Panel(wave, a=given)


def test_the_picture_is_what_the_function_draws_on_one_figure(panel):
    seen = {panel.picture()}
    figure = panel._figure
    for scene in ({"eps": 50}, {"method": 1}, {"grid": 1}):
        answer = panel.receive(panel.state()["scene"] | scene)
        assert np.asarray(Image.open(io.BytesIO(base64.b64decode(answer["png"])))).shape[:2] == (400, 640)
        seen.add(panel.picture())
    assert len(seen) == 4 and panel._figure is figure and panel.values == {"eps": 0.5, "method": "cosine", "grid": True}
    assert panel.describe() == "cosine at 0.5; eps 0.5, method cosine, grid True." == answer["alt"]


def test_it_is_drawn_once_for_what_is_shown_and_anew_when_shown_again(panel):
    calls = []
    panel.draw = lambda figure, **values: calls.append(values)
    data, metadata = panel._repr_mimebundle_()
    assert set(data) == {VIEW, "image/png", "text/plain"} and data["text/plain"] == metadata["image/png"]["alt"] and len(calls) == 1
    panel._repr_mimebundle_()
    assert len(calls) == 2


def test_live_the_widget_gets_the_picture_and_static_only_a_picture_is_shown(panel, monkeypatch):
    before = panel.widget.answer
    panel.widget.scene = panel.state()["scene"] | {"eps": 30}
    assert panel.values["eps"] == 0.3 and panel.widget.answer["png"] != before["png"] and "sine at 0.3" in panel.widget.answer["alt"]
    assert panel.html().startswith('<img alt="sine at 0.3; eps 0.3')
    monkeypatch.setenv("VISIONCOURSE_WIDGETS", "static")
    assert set(panel._repr_mimebundle_()[0]) == {"image/png", "text/plain"}
    monkeypatch.setenv("VISIONCOURSE_WIDGETS", "off")
    panel.draw = None
    assert panel._repr_mimebundle_()[0] == {"text/plain": "[panel: not drawn while grading]"}


def test_a_function_that_fails_is_told_in_one_line_and_the_next_value_draws_again(panel):
    def picky(figure, eps, **rest):
        if eps == 1:
            raise ZeroDivisionError("no curve\nat 1")
        wave(figure, eps, **rest)

    panel.draw = picky
    assert panel.receive(panel.state()["scene"] | {"eps": 100}) == {"failed": "ZeroDivisionError: no curve at 1"}
    assert "png" in panel.receive(panel.state()["scene"] | {"eps": 50})


def test_with_ipywidgets_alone_the_controls_move_the_picture(panel):
    box = panel_controls(panel)
    eps, method, grid, picture = box.children
    seen = [picture.value]
    for control, value in ((eps, 20), (method, 1), (grid, 1)):
        control.value = value
        seen.append(picture.value)
    assert len(set(seen)) == 4 and panel.values == {"eps": 0.2, "method": "cosine", "grid": True} and 'alt="cosine at 0.2' in seen[-1]
    panel.draw = None
    eps.value = 3
    assert picture.value.startswith("<p>TypeError: ")


# ---- the browser ----

@pytest.mark.slow
@pytest.mark.parametrize("body", ["", DARK], ids=["light", "dark"])
def test_hands_and_keys_move_it_and_everybody_can_use_it(show, panel, body):
    import axe_playwright_python

    widget = show(panel, python=panel.receive, body=body)
    page, root = widget.page, widget.root
    page.evaluate("window.leaked = []; document.addEventListener('keydown', event => leaked.push(event.key))")
    image = root.locator("img")

    def shown(text):
        page.wait_for_function("text => document.querySelector('.vc img').alt === text", arg=text)

    root.get_by_role("slider", name="eps").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    shown("sine at 0.03; eps 0.03, method sine, grid False.")
    root.get_by_role("radio", name="cosine").check()
    root.get_by_role("checkbox", name="grid").check()
    shown("cosine at 0.03; eps 0.03, method cosine, grid True.")
    assert image.evaluate("i => i.decode().then(() => i.naturalWidth)") == 640
    widget.shot("panel_dark" if body else "panel")
    page.add_script_tag(content=(Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8"))
    found = page.evaluate("axe.run()")
    assert len(found["passes"]) > 10 and [(v["id"], [n["html"] for n in v["nodes"]]) for v in found["violations"]] == []
    panel.draw = None
    root.get_by_role("slider", name="eps").press("End")
    root.get_by_text("TypeError: ").wait_for()
    assert image.is_hidden() and page.evaluate("leaked") == []
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
