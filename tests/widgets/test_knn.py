"""Widgets without a browser: what they show where, what they refuse, and what the learner's own code may do to them."""

import base64
import itertools
import re
import subprocess
import sys

import numpy as np
import pytest

from visioncourse.widgets import KnnBoundary, mode
from visioncourse.widgets.shared import learner
from visioncourse.widgets.shared.base import VIEW, source, stylesheet

X, y = np.array([[0.0, 0], [1, 0], [0, 1], [1, 1]]), np.array([0, 0, 1, 2])


def nearest(X, y, k):
    def predict(Q):
        order = np.argsort(((Q[:, None] - X) ** 2).sum(axis=2), axis=1, kind="stable")[:, :k]
        return np.array([np.bincount(y[row]).argmax() for row in order])

    return predict


def bundle(demo):
    return demo._repr_mimebundle_()


def moved(demo, **changes):
    """The scene that a browser sends after a gesture."""
    scene = demo.state()["scene"]
    return scene | {"turn": scene["turn"] + 1} | changes


# ---- where it is shown ----

def test_alive_it_is_a_widget_with_its_picture_and_alt_text():
    demo = KnnBoundary(k=3)
    data, metadata = bundle(demo)
    assert set(data) == {VIEW, "image/png", "text/plain"}
    assert data[VIEW]["model_id"] == demo.widget.model_id
    assert base64.b64decode(data["image/png"]) == demo.picture()
    assert metadata["image/png"] == {"alt": demo.describe()} and data["text/plain"] == demo.describe()


def test_static_it_is_the_picture_and_no_widget(monkeypatch):
    monkeypatch.setenv("VISIONCOURSE_WIDGETS", "static")
    demo = KnnBoundary()
    data, metadata = bundle(demo)
    assert set(data) == {"image/png", "text/plain"} and "widget" not in vars(demo)
    assert metadata == {"image/png": {"alt": demo.describe()}}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["NBGRADER_EXECUTION", "NBGRADER_VALIDATING"])
def test_while_grading_it_is_one_line_and_loads_nothing(name):
    code = """
import sys
from visioncourse import widgets
demo = widgets.KnnBoundary(k=3, fit=lambda X, y, k: 1 / 0)
print(demo._repr_mimebundle_())
print(demo.show_html.__doc__ is None, sorted({"matplotlib", "ipywidgets", "anywidget", "PIL", "IPython"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={"PATH": "", name: "autograde"})
    assert done.stdout.splitlines() == ["({'text/plain': '[k nearest neighbours: not drawn while grading]'}, {})", "False []"], done.stderr


def test_an_unknown_mode_is_refused(monkeypatch):
    monkeypatch.setenv("VISIONCOURSE_WIDGETS", "alive")
    with pytest.raises(ValueError, match="VISIONCOURSE_WIDGETS=alive: choose one of live, static, off"):
        mode()


def test_the_module_imports_nothing_and_names_no_address():
    text = source(KnnBoundary.esm) + stylesheet()
    assert not re.search(r"^\s*import\b|\bimport\(|\bfetch\(|XMLHttpRequest", text, re.M)
    assert set(re.findall(r"\w+://[^\"]*", text)) == {"http://www.w3.org/2000/svg"}   # a name, not a request


def test_nothing_moves_but_what_hands_move():
    assert not re.search(r"transition|animation|setInterval", source(KnnBoundary.esm) + stylesheet())


def test_html_is_the_same_every_time_and_begins_with_the_picture():
    page = KnnBoundary(k=5).html()
    assert page == KnnBoundary(k=5).html() and page.startswith('<div data-demo="demo-')
    assert re.search(r'<img alt="Regions of k nearest neighbours around 54 points, k = 5', page)


def test_html_of_the_learners_own_code_is_its_picture():
    page = KnnBoundary(X, y, fit=nearest).html()
    assert page.startswith("<img alt=") and "<script" not in page


def test_show_html_keeps_the_picture_beside_the_page(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, **how: shown.append((data, how)))
    KnnBoundary().show_html()
    (data, how), = shown
    assert set(data) == {"text/html", "image/png", "text/plain"} and how["raw"] and "alt" in how["metadata"]["image/png"]


def test_the_sentence_counts_what_the_picture_shows():
    text = KnnBoundary([[0, 0], [1, 0]], [0, 1], held_out=([[0.1, 0], [0.2, 0]], [0, 1])).describe()
    assert text == ("Regions of k nearest neighbours around 2 points, k = 1, L2 distance: circle 50%, square 50% of the plane; "
                    "right for 100% of the training points and 50% of the held out points.")


# ---- what it refuses ----

@pytest.mark.parametrize("arguments, told", [
    (dict(k=0), "k=0: k must be a whole number from 1 to 15, for 54 points"),
    (dict(k=16), "k=16: k must be"),
    (dict(k=2.5), "k=2.5: k must be a whole number"),
    (dict(X=X, y=y, k=5), "k=5: k must be a whole number from 1 to 4, for 4 points"),
    (dict(metric="cosine"), "metric='cosine': choose \"l1\" or \"l2\""),
    (dict(classes=5), "classes=5: choose 2, 3 or 4"),
    (dict(X=X, y=y, classes=2), "the label 2 is out of range: labels are 0 to 1"),
    (dict(preset="spiral"), "preset='spiral': choose one of blobs, imbalance, outlier, moons"),
    (dict(X=X), "give X and y together"),
    (dict(X=X, y=y, preset="blobs"), "or a preset"),
    (dict(held_out=(X, y)), "held_out goes with X and y"),
    (dict(X=X, y=y, held_out=X), r"held_out must be a pair \(Xh, yh\)"),
    (dict(X=X, y=y, held_out=(X, y[:2])), r"held_out's y has shape \(2,\); wanted \(4,\)"),
    (dict(X=X.T[:, :3], y=y[:2]), r"X has shape \(2, 3\); wanted \(N, 2\)"),
    (dict(X=X[0], y=y), r"X has shape \(2,\); wanted \(N, 2\)"),
    (dict(X=X, y=y[:3]), r"y has shape \(3,\); wanted \(4,\), one label for each point"),
    (dict(X=X * np.nan, y=y), "X holds 8 values that are not finite numbers"),
    (dict(X=X, y=y - 1), "y holds the label -1; labels are 0, 1, 2 or 3"),
    (dict(X=X, y=y + 0.5), "y holds the label 0.5"),
    (dict(X=np.zeros((0, 2)), y=[]), "X has 0 points; give 1 to 300"),
    (dict(X=np.zeros((301, 2)), y=np.zeros(301)), "X has 301 points; give 1 to 300"),
    (dict(fit=3), "fit must be a function"),
])
def test_what_cannot_be_shown_is_refused_with_a_reason(arguments, told):
    with pytest.raises(ValueError, match=told):
        KnnBoundary(**arguments)


def test_one_point_and_equal_points_have_a_view():
    assert KnnBoundary([[3, 4]], [0]).state()["start"]["presets"]["yours"]["view"][2] > 0


# ---- Python beside the browser ----

def test_python_follows_the_hands():
    demo = KnnBoundary(X, y)
    demo.widget.scene = moved(demo, points=[[0.5, 0.25, 1], [1, 1, 0]], k=2, metric="l1", classes=2)
    assert demo.X.tolist() == [[0.5, 0.25], [1, 1]] and demo.y.tolist() == [1, 0]
    assert (demo.k, demo.metric, demo.classes) == (2, "l1", 2)
    assert "around 2 points, k = 2, L1 distance" in demo.describe() and demo.widget.answer == {}


def answered(demo):
    answer = demo.widget.answer
    masks = np.frombuffer(base64.b64decode(answer["masks"]), np.uint8).reshape(answer["size"], answer["size"])
    return masks, answer


def test_the_learners_code_draws_the_regions_and_the_curves():
    ours, theirs = KnnBoundary(k=3), KnnBoundary(k=3, fit=nearest)
    masks, answer = answered(theirs)
    assert masks.shape == (150, 150) and answer["message"] == ""
    lowest = ours._see()[0] & -ours._see()[0].astype(np.int16)           # of a tie the smaller label
    np.testing.assert_array_equal(masks, lowest)
    assert {name: dict(curve) for name, curve in answer["curves"].items()} == ours._see()[1]


def test_it_is_asked_for_less_while_a_point_is_dragged():
    demo = KnnBoundary(fit=nearest)
    demo.widget.scene = moved(demo, k=2, final=False)
    masks, answer = answered(demo)
    assert masks.shape == (75, 75) and answer["curves"] == {} and not answer["final"]
    demo.widget.scene = moved(demo, k=2)
    assert answered(demo)[0].shape == (150, 150)


def test_slow_code_is_asked_for_little(monkeypatch):
    clock, asked = [0.0], []
    monkeypatch.setattr(learner.time, "perf_counter", lambda: clock[0])

    def slow(X, y, k):
        def predict(Q):
            asked.append(len(Q))
            clock[0] += 0.001 * len(Q)   # a millisecond for each label
            return np.zeros(len(Q), int)

        return predict

    demo = KnnBoundary(fit=slow)
    assert answered(demo)[0].shape == (25, 25) and clock[0] < 3
    before = clock[0]
    demo.widget.scene = moved(demo, k=2, final=False)
    assert clock[0] - before < 1


@pytest.mark.parametrize("how", ["static", "page"])
def test_a_picture_that_is_kept_is_the_same_on_a_slow_machine(how, monkeypatch):
    def kept():
        demo = KnnBoundary(X, y, fit=nearest)
        return demo.html() if how == "page" else bundle(demo)[0]

    if how == "static":
        monkeypatch.setenv("VISIONCOURSE_WIDGETS", "static")
    fast = kept()
    clock = itertools.count(0, 1000)                                     # between two looks at it a quarter of an hour goes by
    monkeypatch.setattr(learner.time, "perf_counter", lambda: float(next(clock)))
    assert kept() == fast
    monkeypatch.delenv("VISIONCOURSE_WIDGETS", raising=False)
    assert answered(KnnBoundary(X, y, fit=nearest))[0].shape == (25, 25)


def test_the_learners_code_cannot_change_the_widgets_points():
    def greedy(X, y, k):
        X[:] = 0
        return lambda Q: np.zeros(len(Q), int)

    demo = KnnBoundary(X, y, fit=greedy)
    assert answered(demo)[1]["message"] == "" and demo.X.tolist() == X.tolist()


def stub(dists, k):
    raise NotImplementedError()


def divide(Q):
    return 1 / 0


def complain(text):
    raise ValueError(text)


@pytest.mark.parametrize("fit, told", [
    (lambda X, y, k: lambda Q: stub(Q, k), "your stub is not written yet"),
    (lambda X, y, k: divide, r"your divide, line \d+: ZeroDivisionError: division by zero"),
    (lambda X, y, k: None, r"your fit returned NoneType; it must return a function predict\(Q\)"),
    (lambda X, y, k: lambda Q: None, r"your predict returned shape \(\) for 625 points; wanted \(625,\)"),
    (lambda X, y, k: lambda Q: np.full(len(Q), 9), "your predict returned the label 9; the labels are 0 to 2"),
    (lambda X, y: None, r"your fit: TypeError: .* takes 2 positional arguments but 3 were given"),
    (lambda X, y, k: lambda Q: complain("two\nlines " * 50), r"your complain, line \d+: ValueError: two lines two [^\n]{99,130}…"),
])
def test_what_goes_wrong_in_the_learners_code_is_one_line(fit, told):
    demo = KnnBoundary(X, y, fit=fit)
    masks, answer = answered(demo)
    assert re.fullmatch(told, answer["message"]) and not masks.any()
    assert answer["message"] in demo.describe() and demo.picture().startswith(b"\x89PNG")


def test_the_widget_lives_on_after_an_error_and_the_code_can_be_run_again():
    written = []
    demo = KnnBoundary(X, y, fit=lambda X, y, k: written[0](X, y, k))
    assert "IndexError" in answered(demo)[1]["message"]
    written.append(nearest)
    demo.widget.scene = moved(demo)
    masks, answer = answered(demo)
    assert answer["message"] == "" and masks.all() and answer["turn"] == 1


def test_a_k_at_which_the_code_fails_is_left_out_of_the_curve():
    def only_one(X, y, k):
        assert k == 1, "ties are for later"
        return nearest(X, y, k)

    assert answered(KnnBoundary(X, y, fit=only_one))[1]["curves"] == {"training": [(1, 1.0)]}


# ---- without anywidget ----

@pytest.fixture
def controls(monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    from visioncourse.widgets.shared import base

    base._canvas_class_of.cache_clear()
    demo = KnnBoundary(X, y)
    k, metric, (number, label), x1, x2, (twin, drop), picture = [
        getattr(child, "children", None) or child for child in demo.widget.children]
    yield demo, dict(k=k, metric=metric, number=number, label=label, x1=x1, x2=x2, twin=twin, drop=drop, picture=picture)
    base._canvas_class_of.cache_clear()


def test_without_anywidget_sliders_do_the_work(controls):
    demo, use = controls
    assert use["picture"].value.startswith('<img alt="Regions of k nearest neighbours around 4 points, k = 1')
    before = use["picture"].value
    use["k"].value, use["metric"].value = 3, "l1"
    assert (demo.k, demo.metric) == (3, "l1") and use["picture"].value != before
    use["number"].value = 4
    assert (use["x1"].value, use["x2"].value, use["label"].value) == (1, 1, 2) and demo.X.tolist() == X.tolist()
    use["x1"].value, use["label"].value = 0.5, 1
    assert demo.X[3].tolist() == [0.5, 1] and demo.y.tolist() == [0, 0, 1, 1]


def test_without_anywidget_points_come_and_go(controls):
    demo, use = controls
    use["k"].value = 4
    use["twin"].click()
    assert len(demo.X) == 5 and use["number"].value == 5 and use["k"].max == 5
    for _ in range(9):
        use["drop"].click()
    assert len(demo.X) == 1 and demo.k == 1


def test_without_anywidget_the_bundle_is_the_same(controls):
    demo, _ = controls
    data, metadata = bundle(demo)
    assert set(data) == {VIEW, "image/png", "text/plain"} and data[VIEW]["model_id"] == demo.widget.model_id
