"""Convolution, place by place: a window of a picture times a kernel is one cell of the output."""

import numpy as np

from ..shared.arguments import one_of, whole
from ..shared.base import Demo
from . import picture as render
from .kernels import SIZES, kernel_of, presets
from .small_pictures import STOCK, own, stock, white


class Convolution(Demo):
    """A kernel that hands slide over a picture and edit, with the products at every place and the size of the output.

    image is "astronaut", "chelsea", "coffee", "motorcycle", "numbers" (small enough to read) or your own (H, W), 3 to 64 on a
    side; of (H, W, 3) the mean of the colours is taken. kernel is "identity", "blur", "sharpen", "edges", "emboss" or "random",
    of size 3 or 5, or your own (3, 3) or (5, 5). stride is 1 to 4, padding 0 to 4, dilation 1 to 3; layers, 1 to 3, is how
    often the kernel is applied; at is the (row, column) of the output that is looked at. They follow what hands do.
    ValueError says which argument cannot be shown.
    """

    title = "convolution"
    limits = {"stride": (1, 4), "padding": (0, 4), "dilation": (1, 3), "layers": (1, 3)}
    esm = ("shared/esm/common.js", "shared/esm/parts.js", "convolution/cells.js", "convolution/maps.js", "convolution/view.js")

    def __init__(self, image="chelsea", kernel="edges", size=3, stride=1, padding=1, dilation=1, layers=1, at=None):
        self._own = {} if isinstance(image, str) else {"yours": own(image)}
        self.image = "yours" if self._own else image
        if not self._own:
            one_of(STOCK, ", or give an array (H, W)", image=image)
        self.kernel = kernel_of(kernel, size)
        for name, value in {"stride": stride, "padding": padding, "dilation": dilation, "layers": layers}.items():
            whole(*self.limits[name], **{name: value})
            setattr(self, name, int(value))
        shape = self._sizes()[-1]
        if 0 in shape:
            raise ValueError(f"the kernel fits nowhere: {self._formula()}")
        at = [int(share * side) for share, side in zip((0.38, 0.3), shape, strict=True)] if at is None else list(at)
        if len(at) != 2 or not all(place in range(side) for place, side in zip(at, shape, strict=True)):
            raise ValueError(f"at={tuple(at)}: the output has rows 0 to {shape[0] - 1} and columns 0 to {shape[1] - 1}")
        self.at = (int(at[0]), int(at[1]))

    def picture(self) -> bytes:
        maps = render.stack(self._image(), self.kernel, self.layers, **self._how)
        title = f"Convolution of {self.image} with a {len(self.kernel)} x {len(self.kernel)} kernel"
        return render.draw(maps, self.kernel, self.at, white(self._image()), title, self._formula(), self._how)

    def describe(self) -> str:
        maps, K = render.stack(self._image(), self.kernel, self.layers, **self._how), len(self.kernel)
        text = f"Convolution of {self.image}, {maps[0].shape[0]} x {maps[0].shape[1]}, with a {K} x {K} kernel, {self._formula()}"
        if not maps[-1].size:
            return text + "."
        first, last = render.footprint(self.at[0], self.layers, K, **self._how)[0]
        return (f"{text}; the cell in row {self.at[0]}, column {self.at[1]} of layer {self.layers} is {render.short(maps[-1][self.at])} "
                f"and sees {last - first + 1} x {last - first + 1} of the picture.")

    def state(self) -> dict:
        pictures = {name: {"height": len(x), "width": len(x[0]), "values": x.ravel().tolist(), "most": white(x)}
                    for name, x in (self._own | {name: stock(name) for name in STOCK}).items()}
        kernels = {K: {name: kernel.tolist() for name, kernel in presets(K).items()} for K in SIZES}
        start = {"pictures": pictures, "kernels": kernels, "limits": self.limits, "blue": render.BLUE, "orange": render.ORANGE}
        scene = {"image": self.image, "kernel": self.kernel.tolist(), **self._how, "layers": self.layers, "at": list(self.at)}
        return {"start": start, "scene": scene, "answer": {}}

    def receive(self, scene: dict) -> None:
        self.image, self.kernel, self.layers = scene["image"], np.array(scene["kernel"], float), scene["layers"]
        self.stride, self.padding, self.dilation = scene["stride"], scene["padding"], scene["dilation"]
        row, column = (max(0, min(place, side - 1)) for place, side in zip(scene["at"], self._sizes()[-1], strict=True))
        self.at = (row, column)

    def refresh(self) -> None:
        """Nothing is kept between pictures."""

    def build_plain(self):
        from .controls import convolution_controls

        return convolution_controls(self)

    @property
    def _how(self) -> dict:
        return {"stride": self.stride, "padding": self.padding, "dilation": self.dilation}

    def _image(self) -> np.ndarray:
        return self._own[self.image] if self.image in self._own else stock(self.image)

    def _sizes(self) -> list[tuple[int, int]]:
        """The shape of the picture, which is not loaded for it, and of what each layer makes of it."""
        height, width = self._own[self.image].shape if self.image in self._own else STOCK[self.image]
        return render.sizes((height, width), self.layers, len(self.kernel), **self._how)

    def _formula(self) -> str:
        return render.formula([height for height, _ in self._sizes()[:-1]], len(self.kernel), **self._how)
