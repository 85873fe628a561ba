import io

import numpy as np
import pytest
from matplotlib.figure import Figure

from visioncourse import plots


def pixels(figure):
    file = io.BytesIO()
    figure.savefig(file, format="rgba", dpi=50)
    return file.getvalue()


def pictures(rng, n=7):
    return rng.integers(0, 256, (n, 5, 4, 3), dtype=np.uint8)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_images_stand_in_reading_order_with_their_labels(rng):
    X = pictures(rng)
    figure = plots.show_images(X, labels=list("abcdefg"), columns=3, title="Seven")
    assert isinstance(figure, Figure) and figure.get_suptitle() == "Seven"
    assert len(figure.axes) == 9, "three rows of three places"
    shown = [ax for ax in figure.axes if ax.images]
    assert [ax.get_title() for ax in shown] == list("abcdefg")
    for ax, x in zip(shown, X, strict=True):
        np.testing.assert_array_equal(ax.images[0].get_array(), x)


def test_a_float_picture_and_its_bytes_look_alike(rng):
    X = pictures(rng)
    assert pixels(plots.show_images(X)) == pixels(plots.show_images(X / 255))


def test_gray_pictures_use_one_scale_so_that_a_dark_one_stays_dark():
    dark, bright = np.full((2, 2), 10, np.uint8), np.full((2, 2), 250, np.uint8)
    figure = plots.show_images([dark, bright[:, :, None]])
    assert all(ax.images[0].get_clim() == (0, 255) for ax in figure.axes)


def test_the_input_is_not_changed(rng):
    X = rng.normal(size=(2, 4, 4, 3))
    before = X.copy()
    plots.show_images(X)
    np.testing.assert_array_equal(X, before)


def test_fewer_pictures_than_columns_leave_no_empty_places(rng):
    assert len(plots.show_images(pictures(rng, 2), columns=10).axes) == 2


@pytest.mark.parametrize("images, labels, columns, message", [
    (np.zeros((0, 4, 4, 3), np.uint8), None, 10, "empty"),
    ([], None, 10, "empty"),
    (np.zeros((2, 4, 4, 5), np.uint8), None, 10, "shape"),
    (np.zeros((4, 4), np.uint8), None, 10, "shape"),
    (np.zeros((2, 0, 4), np.uint8), None, 10, "shape"),
    (np.zeros((2, 4, 4), np.int64), None, 10, "dtype int64"),
    (np.full((1, 2, 2), np.nan), None, 10, "nan"),
    (np.zeros((2, 4, 4), np.uint8), ["one"], 10, "1 labels for 2 pictures"),
    (np.zeros((2, 4, 4), np.uint8), None, 0, "columns=0"),
])
def test_images_that_cannot_be_shown_are_refused(images, labels, columns, message):
    with pytest.raises(ValueError, match=message):
        plots.show_images(images, labels, columns)


def test_confusion_counts_rows_of_truth_and_columns_of_guesses():
    figure = plots.confusion([0, 0, 0, 2], [0, 1, 1, 2], ["ant", "bee", "cow"], title="Who is who")
    ax = figure.axes[0]
    written = {(t.get_position()[1], t.get_position()[0]): t.get_text() for t in ax.texts}
    assert written == {(0, 0): "1", (0, 1): "2", (2, 2): "1"}
    np.testing.assert_allclose(ax.images[0].get_array(), [[1 / 3, 2 / 3, 0], [0, 0, 0], [0, 0, 1]])
    assert [t.get_text() for t in ax.get_yticklabels()] == ["ant", "bee", "cow"]
    assert ax.get_xlabel() == "predicted class" and ax.get_ylabel() == "true class"


@pytest.mark.parametrize("y_true, y_pred, message", [
    ([], [], "empty"),
    ([0, 1], [0], "2 true labels and 1 predicted"),
    ([0, 3], [0, 1], "y_true runs from 0 to 3"),
    ([0, 1], [0, -1], "y_pred runs from -1"),
    ([0.0, 1.0], [0, 1], "dtype float64"),
    ([[0], [1]], [0, 1], "shape"),
])
def test_labels_that_make_no_sense_are_refused(y_true, y_pred, message):
    with pytest.raises(ValueError, match=message):
        plots.confusion(y_true, y_pred, ["a", "b", "c"])


def test_curves_draw_the_values_and_their_bars():
    figure = plots.curves({"train": [1, 2, 4], "val": [1, 1, 2]}, x=[1, 10, 100], errors={"val": [0.5, 0.5, 0.25]},
                          xlabel="k", ylabel="accuracy", title="Two lines")
    ax = figure.axes[0]
    train, val = (c.lines[0] for c in ax.containers)
    np.testing.assert_array_equal(train.get_xydata(), [[1, 1], [10, 2], [100, 4]])
    np.testing.assert_array_equal(val.get_ydata(), [1, 1, 2])
    bars = ax.containers[1].lines[2][0].get_segments()
    np.testing.assert_allclose([[s[0][1], s[1][1]] for s in bars], [[0.5, 1.5], [0.5, 1.5], [1.75, 2.25]])
    assert (ax.get_xlabel(), ax.get_ylabel(), figure.get_suptitle()) == ("k", "accuracy", "Two lines")
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["train", "val"]


def test_without_x_a_curve_counts_from_zero():
    line = plots.curves({"loss": [3, 2, 1]}).axes[0].containers[0].lines[0]
    assert list(line.get_xdata()) == [0, 1, 2]


@pytest.mark.parametrize("series, options, message", [
    ({}, {}, "at least one line"),
    ([1, 2, 3], {}, "dictionary"),
    ({"a": []}, {}, "empty"),
    ({"a": [[1, 2]]}, {}, "shape"),
    ({"a": ["x", "y"]}, {}, "dtype"),
    ({"a": [1, 2]}, {"x": [1]}, "2 values but x has 1"),
    ({"a": [1, 2]}, {"errors": {"a": [1]}}, "2 values but errors has 1"),
    ({"a": [1, 2]}, {"errors": {"b": [1, 2]}}, "errors for"),
    ({"a": [1, 2]}, {"errors": {"a": [1, -2]}}, "negative"),
])
def test_curves_that_cannot_be_drawn_are_refused(series, options, message):
    with pytest.raises(ValueError, match=message):
        plots.curves(series, **options)


def test_every_figure_is_the_same_twice_and_describes_itself(rng):
    X = pictures(rng)
    makers = [lambda: plots.show_images(X, title="Pictures"),
              lambda: plots.confusion([0, 1], [1, 1], ["a", "b"], title="Pictures"),
              lambda: plots.curves({"a": [1, 2]}, title="Pictures")]
    for make in makers:
        assert pixels(make()) == pixels(make())
        assert make().describe() == "Pictures"


def test_a_notebook_can_show_a_figure_without_pyplot():
    assert plots.curves({"a": [1, 2]})._repr_png_().startswith(b"\x89PNG")
