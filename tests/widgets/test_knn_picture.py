"""The pictures of the widgets, without widgets: arrays exact, bytes the same every time."""

import io
import itertools
import subprocess
import sys

import matplotlib
import numpy as np
import pytest
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab
from sklearn.neighbors import KNeighborsClassifier

from visioncourse.widgets import KnnBoundary
from visioncourse.widgets.knn import picture as knn
from visioncourse.widgets.shared.presets import knn_presets

# Colour-blind sight at full severity, on linear RGB: G. M. Machado, M. M. Oliveira, L. A. F. Fernandes (2009).
EYES = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


@pytest.mark.parametrize("metric, named", [("l1", "manhattan"), ("l2", "euclidean")])
@pytest.mark.parametrize("k", [1, 2, 5, 15])
def test_votes_agree_with_scikit_learn(k, metric, named):
    rng = np.random.default_rng(k)
    X, y, Q = rng.random((60, 2)), rng.integers(0, 4, 60), rng.random((500, 2))
    count = knn.votes(X, y, Q, k, metric, 4)
    assert (count.sum(axis=1) == k).all()
    wanted = KNeighborsClassifier(k, metric=named).fit(X, y).predict(Q)
    np.testing.assert_array_equal(count.argmax(axis=1), wanted)


def test_of_equally_near_points_the_earlier_votes():
    X, y = np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1], [5, 5]]), np.array([2, 1, 0, 1, 0])
    assert knn.votes(X, y, np.zeros((1, 2)), 1, "l2", 3).tolist() == [[0, 0, 1]]
    assert knn.votes(X, y, np.zeros((1, 2)), 3, "l1", 3).tolist() == [[1, 1, 1]]
    assert knn.votes(X, y, np.zeros((1, 2)), 4, "l2", 3).tolist() == [[1, 2, 1]]


def test_a_mask_names_every_class_that_ties():
    assert knn.winners(np.array([[3, 1, 1], [0, 2, 2], [1, 1, 1]])).tolist() == [0b001, 0b110, 0b111]


def test_only_a_mask_of_several_classes_is_a_tie():
    assert knn.ties(np.array([0, 1, 2, 3, 4, 8, 10, 15], np.uint8)).tolist() == [False, False, False, True, False, False, True, True]


def test_cells_run_from_the_top_left_of_the_view():
    assert knn.pixel_centres((10, 20, 4), 2).tolist() == [[11, 23], [13, 23], [11, 21], [13, 21]]


def test_a_tie_is_striped_with_the_colours_of_those_that_tie():
    masks = np.full((100, 100), 0b011, np.uint8)
    masks[:, 50:] = 0b001
    colors = knn.paint(masks)
    winner, other = colors[0, 99], colors[0, 2]
    assert (colors[:, 50:] == winner).all() and (winner != other).any()
    row, column = np.indices((100, 50))
    striped = (row + column) // 2 % 2 == 1
    assert (colors[:, :50][striped] == other).all() and (colors[:, :50][~striped] == winner).all()


@pytest.mark.parametrize("eyes", EYES)
def test_regions_of_two_classes_look_different_to_everybody(eyes):
    masks = np.array([[1, 2, 4, 8]], np.uint8)
    tints = knn.paint(masks)[0] / 255
    linear = np.where(tints <= 0.04045, tints / 12.92, ((tints + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.transpose(EYES[eyes]), 0, 1)
    lab = rgb2lab(np.where(seen <= 0.0031308, seen * 12.92, 1.055 * seen ** (1 / 2.4) - 0.055))
    assert min(deltaE_ciede2000(a, b) for a, b in itertools.combinations(lab, 2)) > 10   # 2 is just noticeable


@pytest.mark.slow
def test_the_picture_is_the_same_bytes_in_any_process_and_style():
    code = "import sys; from visioncourse import widgets as w; sys.stdout.buffer.write(w.KnnBoundary(k=4).picture())"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    with matplotlib.rc_context({"font.size": 30, "axes.grid": True, "figure.dpi": 40, "savefig.dpi": 300}):
        assert KnnBoundary(k=4).picture() == other
    image = Image.open(io.BytesIO(other))
    assert image.size == (900, 470) and "Software" not in image.info and len(other) < 40_000


@pytest.mark.parametrize("name", knn_presets())
def test_a_preset_has_points_of_four_classes_inside_its_view(name):
    preset = knn_presets()[name]
    for which in ("points", "held_out"):
        xy, labels = np.array(preset[which])[:, :2], {p[2] for p in preset[which]}
        assert labels == {0, 1, 2, 3} and (xy > 0).all() and (xy < 1).all()


def region_at(demo, at):
    return int(knn.winners(knn.votes(demo.X, demo.y, np.array([at]), demo.k, demo.metric, demo.classes))[0])


def test_more_neighbours_forgive_the_outlier():
    stray = knn_presets()["outlier"]["points"][-1]
    assert region_at(KnnBoundary(preset="outlier", k=1), stray[:2]) == 1 << stray[2]
    assert region_at(KnnBoundary(preset="outlier", k=5), stray[:2]) == 1 << 1 - stray[2]


def test_more_neighbours_swallow_the_rare_class():
    few, many = (KnnBoundary(preset="imbalance", k=k) for k in (1, 15))
    assert "square 0%" not in few.describe() and "square 0%" in many.describe()
