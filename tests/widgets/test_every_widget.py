"""What every widget keeps: one line while grading, the same page every time, no request, a scene that goes there and back,
room on a phone."""

import json
import re
import subprocess
import sys

import pytest
from workshop import SHOTS

from visioncourse import widgets
from visioncourse.widgets.shared.base import VIEW, source, stylesheet

from .notebooks import DEMOS


@pytest.fixture(params=DEMOS)
def demo(request):
    return getattr(widgets, request.param)()


@pytest.mark.slow
def test_while_grading_every_widget_is_one_line_and_loads_nothing():
    code = f"""
import sys
from visioncourse import widgets
for name in {DEMOS}:
    print(getattr(widgets, name)()._repr_mimebundle_()[0])
print(sorted({{"matplotlib", "ipywidgets", "anywidget", "PIL", "IPython", "torch", "skimage"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={"PATH": "", "NBGRADER_EXECUTION": "autograde"})
    *lines, loaded = done.stdout.splitlines()
    said = [f"{{'text/plain': '[{getattr(widgets, name).title}: not drawn while grading]'}}" for name in DEMOS]
    assert loaded == "[]" and lines == said, done.stderr


@pytest.mark.slow
def test_alive_it_is_a_widget_with_its_picture_and_one_sentence(demo):
    data, metadata = demo._repr_mimebundle_()
    assert set(data) == {VIEW, "image/png", "text/plain"} and data["text/plain"] == metadata["image/png"]["alt"] == demo.describe()
    assert re.search(r"\d", data["text/plain"]) and data["text/plain"].endswith(".") and "\n" not in data["text/plain"]


@pytest.mark.slow
def test_a_page_of_its_own_is_the_same_every_time_and_asks_nobody(demo):
    page, module = demo.html(), source(demo.esm) + stylesheet()
    assert page == type(demo)().html() and len(page) < 400_000
    assert not re.search(r"^\s*import\b|\bimport\(|\bfetch\(|XMLHttpRequest|@import|url\(", module, re.M)
    assert set(re.findall(r"\w+://[^\"]*", module)) <= {"http://www.w3.org/2000/svg"}


@pytest.mark.slow
def test_a_scene_goes_to_the_browser_and_back(demo):
    before, picture = json.loads(json.dumps(demo.state()["scene"])), demo.picture()
    demo.widget.scene = before | {"turn": 7}
    assert json.loads(json.dumps(demo.state()["scene"])) | {"turn": 7} == before | {"turn": 7} and demo.picture() == picture


@pytest.mark.slow
def test_it_fits_on_a_phone(browser, demo):
    SHOTS.mkdir(parents=True, exist_ok=True)
    page = browser.new_context(viewport={"width": 390, "height": 800}).new_page()
    page.set_content(f'<!doctype html><html lang="en"><title>widget</title><body>{demo.html()}')
    page.locator(".vc canvas").first.wait_for()
    page.locator(".vc").screenshot(path=SHOTS / f"phone_{type(demo).__name__}.png")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.context.close()
