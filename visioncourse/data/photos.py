"""Real photographs that come with scikit-image, so that a lesson can show one without a download."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

PHOTOS = {
    "astronaut": "astronaut.png", "camera": "camera.png", "chelsea": "chelsea.png", "coffee": "coffee.png",
    "coins": "coins.png", "rocket": "rocket.jpg",
    "motorcycle": "motorcycle_left.png", "motorcycle_right": "motorcycle_right.png",
}


def photo(name: str) -> np.ndarray:
    """One photograph as bytes, (H, W, 3) uint8, or (H, W) where it is gray ("camera" and "coins").

    Names are the keys of PHOTOS; "motorcycle" and "motorcycle_right" are the two views of a stereo pair (Middlebury, 2014).
    Raises ValueError for any other name. The pictures and their licences are scikit-image's (skimage/data).
    """
    from PIL import Image

    if name not in PHOTOS:
        raise ValueError(f"there is no photo {name!r}; choose one of {', '.join(PHOTOS)}")
    with Image.open(_folder() / PHOTOS[name]) as image:
        return np.array(image)


def motorcycle_disparity() -> np.ndarray:
    """How many pixels each point of "motorcycle" moves between the two views, (500, 741) float32; inf where nobody knows."""
    with np.load(_folder() / "motorcycle_disp.npz") as file:
        return file["arr_0"]


def faces() -> tuple[np.ndarray, np.ndarray]:
    """200 gray pictures (200, 25, 25) from 0 to 1 and whether each shows a face, (200,) bool: the first 100 do.

    An excerpt of Labeled Faces in the Wild (Huang and others, 2007) as scikit-image ships it.
    """
    return np.load(_folder() / "lfw_subset.npy"), np.arange(200) < 100


def _folder() -> Path:
    found = find_spec("skimage")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("the package scikit-image is missing: install it with  pip install scikit-image")
    return Path(found.submodule_search_locations[0]) / "data"
