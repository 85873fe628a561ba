"""From pixels to edges to parts: a part of a real photograph, and how it is found again when the light fades."""

import base64

import numpy as np

from ..shared.arguments import number, one_of, whole
from ..shared.base import Demo
from ..shared.photos import PHOTOS, gray_photo
from . import picture as render
from .picture import MOST, WAYS


class PixelsToParts(Demo):
    """A box of 24 x 24 pixels in a photograph of 128 x 128, looked for in the same photograph with less light.

    photo is "astronaut", "chelsea", "coffee" or "motorcycle"; row and column, 0 to 104, the upper left corner of the box;
    light, 0.05 to 1, what is left of it; by "pixels" or "edges" (histograms of direction in 3 x 3 cells), what is compared.
    photo, row, column, light and by follow what hands do. ValueError says which argument cannot be shown.
    """

    title = "from pixels to edges to parts"
    esm = ("shared/esm/common.js", "pixels/view.js")

    def __init__(self, photo="astronaut", row=36, column=44, light=0.6, by="pixels"):
        one_of(PHOTOS, photo=photo)
        one_of(WAYS, by=by)
        whole(0, MOST, "whole number that leaves the box inside,", row=row, column=column)
        number(0.05, 1, "share", light=light)
        self.photo, self.row, self.column, self.light, self.by = photo, int(row), int(column), float(light), by

    def picture(self) -> bytes:
        gray, gaps, found = self._see()
        title = f"A part of {self.photo}, looked for by its {self.by}: {self._outcome(found)}"
        return render.draw(gray, self.row, self.column, self.light, gaps, found, title)

    def describe(self) -> str:
        found = self._see()[2]
        return (f"A part of the photograph {self.photo} at row {self.row}, column {self.column}, looked for by its {self.by} "
                f"in {self.light:.0%} of the light: {self._outcome(found)}.")

    def state(self) -> dict:
        photos = {name: base64.b64encode(gray_photo(name).tobytes()).decode() for name in PHOTOS}
        start = {"photos": photos, "blue": render.BLUE, "orange": render.ORANGE}
        return {"start": start, "scene": {key: getattr(self, key) for key in ("photo", "row", "column", "light", "by")}, "answer": {}}

    def receive(self, scene: dict) -> None:
        self.photo, self.row, self.column, self.light, self.by = (scene[key] for key in ("photo", "row", "column", "light", "by"))

    def refresh(self) -> None:
        """Nothing is kept between pictures."""

    def build_plain(self):
        from .controls import part_controls

        return part_controls(self)

    def _see(self):
        gray = gray_photo(self.photo)
        gaps = render.unlikeness(gray, self.row, self.column, self.light, self.by)
        return gray, gaps, tuple(int(i) for i in np.unravel_index(gaps.argmin(), gaps.shape))

    def _outcome(self, found) -> str:
        away = np.hypot(found[0] - self.row, found[1] - self.column)
        return "found at its place" if away < 1.5 else f"lost, the most alike is {away:.0f} pixels away"
