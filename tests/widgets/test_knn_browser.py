"""KnnBoundary in a real browser, as a page of its own: no server, no kernel, no network."""

from pathlib import Path

import numpy as np
import pytest

from visioncourse.widgets import KnnBoundary
from visioncourse.widgets.knn import picture as knn

from .hands import DARK, Widget

pytestmark = pytest.mark.slow

X = np.array([[0.2, 0.2], [0.3, 0.7], [0.8, 0.3], [0.7, 0.8], [0.5, 0.5]])
y = np.array([0, 0, 1, 1, 2])


def right(X, y, k, metric="l2"):
    share = knn.accuracies(np.array(X), np.array(y), np.array(X), y, metric, 3, [k])[k]
    return f"right at k = {k}: {round(100 * share)} % training"


def test_a_dragged_point_takes_its_region_along(show):
    demo = KnnBoundary(X, y)
    widget = show(demo)
    start, end = widget.screen(demo, X[4]), widget.screen(demo, (0.7, 0.6))
    assert widget.after(lambda: widget.drag(start, end))
    widget.page.mouse.move(*widget.screen(demo, (0.69, 0.6)))
    assert widget.status == "The nearest is a triangle." and widget.counts() == [2, 2, 1]
    widget.shot("dragged")


def test_k_and_metric_change_the_regions_and_the_accuracies(show):
    demo = KnnBoundary(X, y)
    widget = show(demo)
    assert widget.readout == right(X, y, 1)
    widget.slider.focus()
    assert widget.after(lambda: widget.page.keyboard.press("ArrowRight"))
    widget.page.keyboard.press("End")
    assert widget.k == 5   # not beyond the points
    widget.page.wait_for_function("text => document.querySelector('.vc-readout').textContent === text", arg=right(X, y, 5))
    widget.slider.fill("2")
    assert widget.after(lambda: widget.root.get_by_role("radio", name="L1", exact=True).check())


def test_a_press_on_the_curve_chooses_k(show):
    widget = show(KnnBoundary(k=1))
    chart = widget.root.get_by_role("img")
    box = chart.bounding_box()
    assert widget.after(lambda: widget.page.mouse.click(box["x"] + box["width"] * (38 + 330 * 8.5 / 15) / 380, box["y"] + 40))
    assert widget.k == 9 and "right at k = 9:" in chart.get_attribute("aria-label")


def test_points_are_added_deleted_and_given_another_class_by_hand(show):
    demo = KnnBoundary(X, y)
    widget = show(demo)
    widget.root.get_by_role("button", name="square").click()
    assert widget.status == "The next point is a square."
    assert widget.after(lambda: widget.page.mouse.click(*widget.screen(demo, (0.2, 0.45))))
    assert widget.counts() == [2, 3, 1]
    widget.page.mouse.click(*widget.screen(demo, (0.2, 0.45)))   # now there is a point: it is chosen, not added
    assert widget.counts() == [2, 3, 1] and widget.status.startswith("Point 6 of 6, a square.")
    assert widget.after(lambda: widget.root.get_by_role("button", name="triangle").click())
    assert widget.counts() == [2, 2, 2] and widget.status == "Point 6 is a triangle now."
    widget.root.get_by_role("button", name="delete").click()
    assert widget.counts() == [2, 2, 1] and widget.status == "Deleted a triangle: 5 points left."
    widget.page.wait_for_function("document.querySelector('.vc-buttons button:disabled')?.textContent === 'delete'")


def test_everything_can_be_done_with_keys_and_no_key_leaves_the_widget(show):
    demo = KnnBoundary(X, y)
    widget = show(demo)
    widget.page.evaluate("window.leaked = []; document.addEventListener('keydown', event => leaked.push(event.key))")
    widget.keys("n")
    assert widget.status.startswith("Point 1 of 5, a circle.")
    widget.keys("p")
    assert widget.status.startswith("Point 5 of 5, a triangle.")
    assert widget.after(lambda: widget.keys("Shift+ArrowRight", "Shift+ArrowRight", "ArrowUp"))
    widget.keys("2")
    assert widget.counts() == [2, 3, 0]
    widget.keys("a")
    assert widget.counts() == [2, 4, 0]
    widget.keys("Delete")
    assert widget.counts() == [2, 3, 0]
    widget.keys("Delete")
    assert widget.status == "Choose a point first."
    widget.keys("Escape", "1", "ArrowLeft", "A")                 # without a point the arrows move a crosshair
    assert widget.counts() == [3, 3, 0]
    for _ in range(9):
        widget.keys("n", "Backspace")
    assert sum(widget.counts()) == 1 and widget.status == "The last point stays."
    assert widget.k == 1
    assert widget.page.evaluate("leaked") == []
    assert widget.root.get_attribute("data-lm-suppress-shortcuts") == "true"
    assert widget.plane.evaluate("canvas => getComputedStyle(canvas).outlineStyle") == "solid"   # the focus is seen


def test_hovering_tells_the_vote_and_a_tie(show):
    demo = KnnBoundary(X, y, k=3)
    widget = show(demo)
    assert widget.after(lambda: widget.page.mouse.move(*widget.screen(demo, (0.74, 0.55))))
    assert widget.status == "The 3 nearest: 2 squares, 1 triangle; square wins."
    widget.page.mouse.move(*widget.screen(demo, (0.4, 0.4)))
    assert widget.status == "The 3 nearest: 2 circles, 1 triangle; circle wins."
    widget.slider.fill("2")
    widget.page.mouse.move(*widget.screen(demo, (0.4, 0.41)))
    assert widget.status == "The 2 nearest: 1 circle, 1 triangle; a tie, which goes to the smaller label, circle."
    widget.shot("tie")
    widget.page.mouse.move(5, 5)
    assert widget.status.startswith("Drag a point")


def test_presets_and_classes(show):
    widget = show(KnnBoundary(X, y))
    assert widget.after(lambda: widget.root.get_by_role("button", name="imbalance").click())
    assert widget.counts() == [46, 7]
    assert widget.after(lambda: widget.root.get_by_role("radio", name="4", exact=True).check())
    assert widget.counts() == [46, 7, 7, 7]
    widget.shot("four_classes")
    widget.root.get_by_role("radio", name="2", exact=True).check()
    assert widget.counts() == [46, 7]
    assert widget.after(lambda: widget.root.get_by_label("show the held-out points").check())
    widget.root.get_by_role("button", name="yours").click()
    assert widget.counts() == [2, 2, 1]
    widget.root.get_by_role("button", name="moons").click()
    widget.shot("moons")


def test_a_finger_drags_adds_and_does_not_scroll(show):
    demo = KnnBoundary(X, y)
    widget = show(demo, has_touch=True, is_mobile=True, viewport={"width": 390, "height": 800})
    assert widget.plane.evaluate("canvas => getComputedStyle(canvas).touchAction") == "none"
    widget.page.touchscreen.tap(*widget.screen(demo, (0.2, 0.45)))
    assert widget.counts() == [3, 2, 1]
    touch = widget.page.context.new_cdp_session(widget.page)

    def drag():
        for kind, at in [("touchStart", X[4]), ("touchMove", (0.5, 0.56)), ("touchMove", (0.5, 0.7)), ("touchEnd", None)]:
            points = [] if at is None else [dict(zip("xy", widget.screen(demo, at), strict=True))]
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    assert widget.after(drag) and widget.counts() == [3, 2, 1] and widget.page.evaluate("scrollY") == 0
    widget.page.touchscreen.tap(*widget.screen(demo, (0.5, 0.7)))
    assert widget.status.startswith("Point 5 of 6, a triangle.")
    assert widget.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    widget.shot("phone")


def test_two_widgets_on_a_page_do_not_disturb_each_other(show):
    widget = show(KnnBoundary(X, y), KnnBoundary(X, y))
    other = Widget(widget.page)
    other.root = widget.page.locator(".vc").nth(1)
    widget.keys("n", "Delete")
    widget.root.get_by_role("radio", name="L1", exact=True).check()
    assert widget.counts() == [1, 2, 1] and other.counts() == [2, 2, 1]
    assert other.root.get_by_role("radio", name="L2").is_checked()


@pytest.mark.parametrize("theme, body", [("light", ""), ("dark", DARK)], ids=["light", "dark"])
def test_nothing_stands_in_anybodys_way(show, theme, body):
    import axe_playwright_python

    axe = Path(axe_playwright_python.__file__).parent / "axe.min.js"
    widget = show(KnnBoundary(k=5, classes=4), body=body, color_scheme=theme)
    widget.root.get_by_text("Keys on the plane").click()
    widget.keys("n")
    widget.shot(theme)
    widget.page.add_script_tag(content=axe.read_text("utf-8"))
    found = widget.page.evaluate("axe.run()")
    assert len(found["passes"]) > 10
    assert [(v["id"], [node["html"] for node in v["nodes"]]) for v in found["violations"]] == []


def farthest(X, y, k):
    """Not k nearest neighbours at all, so that nobody else can have drawn its regions."""
    return lambda Q: y[((Q[:, None] - X) ** 2).sum(axis=2).argmax(axis=1)]


def test_the_learners_code_draws_while_hands_move(show):
    demo = KnnBoundary(X, y, fit=farthest)
    widget = show(demo, python=demo.receive)
    widget.page.mouse.move(*widget.screen(demo, (0.25, 0.25)))
    assert widget.status == "The nearest is a circle. Your code says square."
    start, end = widget.screen(demo, X[4]), widget.screen(demo, (0.6, 0.7))
    assert widget.after(lambda: widget.drag(start, end))
    widget.page.wait_for_function("document.querySelector('.vc-readout').textContent === 'right at k = 1: 0 % training'")
    np.testing.assert_allclose(demo.X[4], (0.6, 0.7), atol=0.01)
    assert widget.root.get_by_role("radio", name="L1").count() == 0   # the distance is the learner's


def test_code_that_is_not_written_yet_can_be_run_again(show):
    written = []

    def fit(X, y, k):
        if not written:
            raise NotImplementedError
        return farthest(X, y, k)

    demo = KnnBoundary(X, y, fit=fit)
    widget = show(demo, python=demo.receive)
    message = widget.root.locator(".vc-message")
    assert message.inner_text() == "your fit is not written yet"
    widget.shot("not_written")
    written.append(True)
    assert widget.after(lambda: (widget.root.get_by_role("button", name="run my code again").click(), message.wait_for(state="hidden")))


def test_hands_are_told_when_python_is_late(show):
    demo = KnnBoundary(X, y, fit=farthest)
    widget = show(demo, python=lambda scene: None)
    widget.keys("n", "ArrowUp")
    widget.page.get_by_text("Waiting for Python to run your code.").wait_for()
    widget.page.evaluate("answer => tell('answer', answer)", demo.state()["answer"])
    assert widget.status.startswith("Drag a point")


def test_another_view_of_the_same_widget_follows(show):
    demo = KnnBoundary(X, y)
    widget = show(demo, python=lambda scene: None)
    scene = demo.state()["scene"] | {"points": [[0.5, 0.5, 1]], "metric": "l1"}
    assert widget.after(lambda: widget.page.evaluate("scene => tell('scene', scene)", scene))
    assert widget.counts() == [0, 1, 0] and widget.root.get_by_role("radio", name="L1").is_checked()


def test_a_page_without_scripts_shows_the_picture(browser, tmp_path):
    page = browser.new_context(java_script_enabled=False).new_page()
    (tmp_path / "still.html").write_text(KnnBoundary().html())
    page.goto((tmp_path / "still.html").as_uri())
    assert page.get_by_role("img", name="Regions of k nearest neighbours").bounding_box()["width"] > 700
    page.context.close()
