"""Photographs as a network sees them, (224, 224, 3) uint8: those that come with the course, and the learner's own."""

import base64
import functools
import io

import numpy as np

PHOTOS = ("chelsea", "coffee", "rocket", "motorcycle", "china")


class Photographs(dict):
    """The learner's own photographs by name; those of PHOTOS can be looked up as well."""

    def __missing__(self, name: str) -> np.ndarray:
        return _stock(name)

    @property
    def names(self) -> tuple[str, ...]:
        """The learner's, then those of PHOTOS."""
        return (*self, *PHOTOS)

    def upload(self, name: str, file: str) -> None:
        """A picture file, whose bytes come as base64; ValueError says why it cannot be read."""
        self[name] = cropped(_decode(base64.b64decode(file)))


def cropped(image: np.ndarray) -> np.ndarray:
    """What is kept of a picture (H, W), (H, W, 3) or (H, W, 4) uint8: the middle square; ValueError says why it is none."""
    from ...imagenet import crop

    return crop(image)


def jpeg(image: np.ndarray) -> str:
    """The photograph as a JPEG file in base64."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=92)
    return base64.b64encode(file.getvalue()).decode()


@functools.cache
def _stock(name: str) -> np.ndarray:
    from ...imagenet import photo

    return cropped(photo(name))


def _decode(file: bytes) -> np.ndarray:
    from ...imagenet import decode

    return decode(file)
