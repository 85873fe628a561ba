"""Frames: pictures that are computed once, and scrubbed in the browser."""

import base64
import functools

from ..shared.base import Demo
from . import picture as render

LARGEST = 8_000_000  # bytes of all pictures, packed


class Frames(Demo):
    """A film strip: pictures along one axis, or a grid of them along two, under sliders, keys and the pointer.

    pictures are uint8 arrays (H, W) or (H, W, 3) of one shape, and labels says what each shows. Or axes = {name: values, name: values}
    names two axes, and pictures[i][j], or pictures[value, value] of a mapping, is the picture for the i-th value of the first and the
    j-th of the second. title stands in the sentence that describes it. Without pictures it shows what a linear classifier of
    scenes looks for while it learns. `at`, {name: index}, follows what hands do. ValueError says which picture is missing or does not fit,
    and when they take more than 8 MB as PNG.
    """

    title = "frames"
    esm = ("shared/esm/common.js", "shared/esm/parts.js", "frames/view.js")

    def __init__(self, pictures=None, labels=None, title="Pictures", axes=None):
        self.name, self._at = render.TITLE if pictures is None else title, [0] * len(axes or " ")
        if pictures is not None:
            self._strip = render.strip(pictures, labels, axes)

    @functools.cached_property
    def _strip(self):
        return render.strip(*render.templates(), None)

    @property
    def axes(self) -> dict[str, list[str]]:
        """What the values along each axis are called."""
        return self._strip[0]

    @property
    def at(self) -> dict[str, int]:
        return dict(zip(self.axes, self._at, strict=True))

    def picture(self) -> bytes:
        _, pictures = self._strip
        i = self._at[0] if len(self._at) == 1 else self._at[0] * len(list(self.axes.values())[1]) + self._at[1]
        return render.packed(pictures[i], render.scale(pictures[i].shape))

    def describe(self) -> str:
        told = ", ".join(f"{name} {self.at[name] + 1} of {len(values)} ({values[self.at[name]]})" for name, values in self.axes.items())
        return f"{self.name}: {told}."

    def state(self) -> dict:
        shape = self._strip[1][0].shape
        start = {"name": self.name, "axes": list(self.axes.items()), "shape": shape[:2], "scale": render.scale(shape),
                 "pictures": self._packed}
        return {"start": start, "scene": {"at": self._at}, "answer": {}}

    def receive(self, scene: dict) -> None:
        self._at = list(map(int, scene["at"]))

    def refresh(self) -> None:
        """Nothing is kept between pictures."""

    def build_plain(self):
        from .controls import frame_controls

        return frame_controls(self)

    @functools.cached_property
    def _packed(self) -> list[str]:
        png = [render.packed(picture) for picture in self._strip[1]]
        size = sum(map(len, png))
        if size > LARGEST:
            raise ValueError(f"the pictures take {size / 1e6:.1f} MB as PNG, and {LARGEST / 1e6:.0f} are allowed: "
                             "give fewer, smaller or plainer ones")
        return [base64.b64encode(data).decode() for data in png]
