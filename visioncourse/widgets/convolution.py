"""Convolution, place by place: a window of a picture times a kernel is one cell of the output."""

import numpy as np

from ._base import Demo
from .pixels import PHOTOS
from .render import convolution as render
from .small_pictures import SIDE, own, stock, white

LIMITS = {"stride": (1, 4), "padding": (0, 4), "dilation": (1, 3), "layers": (1, 3)}
IMAGES = (*PHOTOS, "numbers")


class Convolution(Demo):
    """A kernel that hands slide over a picture and edit, with the products at every place and the size of the output.

    image is "astronaut", "chelsea", "coffee", "motorcycle", "numbers" (small enough to read) or your own (H, W), 3 to 64 on a
    side; of (H, W, 3) the mean of the colours is taken. kernel is "identity", "blur", "sharpen", "edges", "emboss" or "random",
    of size 3 or 5, or your own (3, 3) or (5, 5). stride is 1 to 4, padding 0 to 4, dilation 1 to 3; layers, 1 to 3, is how
    often the kernel is applied; at is the (row, column) of the output that is looked at. They follow what hands do.
    ValueError says which argument cannot be shown.
    """

    title = "convolution"
    esm = ("common.js", "parts.js", "conv.js", "conv_maps.js", "convolution.js")

    def __init__(self, image="chelsea", kernel="edges", size=3, stride=1, padding=1, dilation=1, layers=1, at=None):
        self._own = None if isinstance(image, str) else own(image)
        self.image = image if self._own is None else "yours"
        if self._own is None and image not in IMAGES:
            raise ValueError(f"image={image!r}: choose one of {', '.join(IMAGES)}, or give an array (H, W)")
        if size not in render.SIZES:
            raise ValueError(f"size={size}: a named kernel has size 3 or 5")
        if isinstance(kernel, str) and kernel not in render.presets(3):
            raise ValueError(f"kernel={kernel!r}: choose one of {', '.join(render.presets(3))}, or give an array (3, 3) or (5, 5)")
        self.kernel = render.presets(size)[kernel] if isinstance(kernel, str) else np.array(kernel, float)
        if self.kernel.shape not in {(K, K) for K in render.SIZES} or not np.isfinite(self.kernel).all():
            raise ValueError(f"kernel has shape {self.kernel.shape}; wanted (3, 3) or (5, 5), all finite numbers")
        for name, value in {"stride": stride, "padding": padding, "dilation": dilation, "layers": layers}.items():
            low, high = LIMITS[name]
            if value not in range(low, high + 1):
                raise ValueError(f"{name}={value}: give a whole number from {low} to {high}")
            setattr(self, name, int(value))
        shape = self._sizes()[-1]
        if 0 in shape:
            raise ValueError(f"the kernel fits nowhere: {self._formula()}")
        at = [int(share * side) for share, side in zip((0.38, 0.3), shape)] if at is None else list(at)
        if len(at) != 2 or not all(place in range(side) for place, side in zip(at, shape)):
            raise ValueError(f"at={tuple(at)}: the output has rows 0 to {shape[0] - 1} and columns 0 to {shape[1] - 1}")
        self.at = tuple(map(int, at))

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
        names = IMAGES if self._own is None else ("yours", *IMAGES)
        images = {name: self._own if name == "yours" else stock(name) for name in names}
        pictures = {name: {"height": len(x), "width": len(x[0]), "values": x.ravel().tolist(), "most": white(x)} for name, x in images.items()}
        kernels = {K: {name: kernel.tolist() for name, kernel in render.presets(K).items()} for K in render.SIZES}
        start = {"pictures": pictures, "kernels": kernels, "limits": LIMITS, "blue": render.BLUE, "orange": render.ORANGE}
        scene = {"image": self.image, "kernel": self.kernel.tolist(), **self._how, "layers": self.layers, "at": list(self.at)}
        return {"start": start, "scene": scene, "answer": {}}

    def receive(self, scene: dict) -> None:
        self.image, self.kernel, self.layers = scene["image"], np.array(scene["kernel"], float), scene["layers"]
        self.stride, self.padding, self.dilation = scene["stride"], scene["padding"], scene["dilation"]
        self.at = tuple(max(0, min(place, side - 1)) for place, side in zip(scene["at"], self._sizes()[-1]))

    def refresh(self) -> None:
        """Nothing is kept between pictures."""

    def build_plain(self):
        import ipywidgets as w

        from .plain_values import value_controls

        kernels = [(f"{name}, {K} x {K}", kernel.tolist()) for K in render.SIZES for name, kernel in render.presets(K).items()]
        mine = [] if self.kernel.tolist() in [kernel for _, kernel in kernels] else [("yours", self.kernel.tolist())]
        sliders = {name: w.IntSlider(value=getattr(self, name), min=low, max=high) for name, (low, high) in LIMITS.items()}
        return value_controls(self, image=w.Dropdown(options=list(self.state()["start"]["pictures"]), value=self.image),
                              kernel=w.Dropdown(options=mine + kernels, value=self.kernel.tolist()), **sliders)

    @property
    def _how(self) -> dict:
        return {"stride": self.stride, "padding": self.padding, "dilation": self.dilation}

    def _image(self) -> np.ndarray:
        return self._own if self.image == "yours" else stock(self.image)

    def _sizes(self) -> list[tuple[int, int]]:
        """The shape of the picture and of what each layer makes of it."""
        own = self._own if self.image == "yours" else None
        shapes = [own.shape if own is not None else (8, 8) if self.image == "numbers" else (SIDE, SIDE)]
        for _ in range(self.layers):
            shapes.append(tuple(render.places(side, len(self.kernel), **self._how)[0] for side in shapes[-1]))
        return shapes

    def _formula(self) -> str:
        """The height of each layer's output with the numbers filled in, and what does not fit."""
        K, told = len(self.kernel), []
        for n, ((height, _), _) in enumerate(zip(self._sizes(), range(self.layers)), 1):
            room = f"{height} + 2·{self.padding} - {self.dilation}·({K} - 1) - 1"
            out, rest = render.places(height, K, **self._how)
            if not out:
                return "; ".join([*told, f"height {room} is below 0, so that the kernel fits nowhere in layer {n}"])
            short = f" (the stride does not fit: {rest} left over at the end)" if rest else ""
            told.append(f"height ⌊({room}) / {self.stride}⌋ + 1 = {out}{short}")
        return "; ".join(told)
