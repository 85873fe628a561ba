import colorsys

import numpy as np
import pytest
from skimage.feature import hog

from visioncourse.features import color_histogram_hsv, extract_features, hog_feature


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(32, 32), (24, 40), (64, 16)])
def test_hog_is_the_librarys_up_to_the_length_of_each_cell(rng, shape):
    gray = rng.uniform(0, 255, shape)
    wanted = hog(gray, orientations=9, pixels_per_cell=(8, 8), cells_per_block=(1, 1), block_norm="L1")
    cells = hog_feature(gray).reshape(-1, 9)
    np.testing.assert_allclose((cells / cells.sum(axis=1, keepdims=True)).ravel(), wanted, atol=1e-4)


def test_a_colour_picture_of_32_pixels_gives_144_numbers(rng):
    image = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
    assert hog_feature(image).shape == (144,)
    np.testing.assert_allclose(hog_feature(image), hog_feature(image.astype(float)))


def test_a_vertical_edge_lies_in_the_first_direction_of_its_cells():
    image = np.zeros((16, 16))
    image[:, 4:] = 1
    cells = hog_feature(image).reshape(2, 2, 9)
    assert cells[:, 0, 0].min() > 0
    assert cells[:, 1].max() == 0 and cells[:, :, 1:].max() == 0


def test_light_on_dark_looks_like_dark_on_light(rng):
    image = rng.uniform(size=(16, 16))
    np.testing.assert_allclose(hog_feature(image), hog_feature(1 - image), atol=1e-9)


@pytest.mark.parametrize("image", [np.zeros((7, 32, 3)), np.zeros((2, 8, 8, 3)), np.zeros(9)])
def test_hog_refuses_what_is_no_picture(image):
    with pytest.raises(ValueError, match="shape"):
        hog_feature(image)


def test_hue_histogram_counts_every_pixel_in_the_bin_of_its_hue(rng):
    image = rng.integers(0, 256, (6, 5, 3), dtype=np.uint8)
    hues = [colorsys.rgb_to_hsv(*pixel / 255)[0] for pixel in image.reshape(-1, 3)]
    counts, _ = np.histogram(hues, bins=7, range=(0, 1))
    np.testing.assert_allclose(color_histogram_hsv(image, nbin=7, normalized=False), counts)
    np.testing.assert_allclose(color_histogram_hsv(image, nbin=7), counts / 30)


def test_hue_histogram_refuses_a_gray_picture():
    with pytest.raises(ValueError, match="three colours"):
        color_histogram_hsv(np.zeros((4, 4)))


def test_features_of_several_functions_stand_side_by_side(rng):
    images = rng.integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    table = extract_features(images, [hog_feature, color_histogram_hsv])
    assert table.shape == (3, 154)
    np.testing.assert_allclose(table[1, :144], hog_feature(images[1]))
    np.testing.assert_allclose(table[2, 144:], color_histogram_hsv(images[2]))


def test_a_function_that_returns_no_row_is_named(rng):
    def whole(image):
        return image
    with pytest.raises(ValueError, match="whole returned shape"):
        extract_features(np.zeros((2, 8, 8, 3)), [whole])
    with pytest.raises(ValueError, match="at least one"):
        extract_features(np.zeros((0, 8, 8, 3)), [whole])
