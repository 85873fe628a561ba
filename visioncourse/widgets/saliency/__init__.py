"""Saliency explorer: where in a photograph a real network finds the evidence for a class."""

import copy

import numpy as np

from ..shared.arguments import number, one_of
from . import picture as render
from .background import Stepwise
from .evidence import METHODS, Evidence, shared
from .explanation import PATCHES, STRIDE, Explanation, pages
from .photographs import PHOTOS, Photographs, cropped

CHOICES = ("photo", "label", "method", "layer", "patch", "opacity", "random")


class SaliencyExplorer(Stepwise):
    """Five maps of the evidence for a class in a photograph, beside those of the same network with random weights.

    photo is "chelsea", "coffee", "rocket", "motorcycle", "china" or your own (H, W), (H, W, 3) or (H, W, 4) uint8; label a class,
    as name or number, by default the likeliest; method "gradient", "SmoothGrad", "guided backprop", "occlusion" (of patches of 16,
    32 or 64 pixels) or "Grad-CAM" (at a layer, by default the last); opacity, 0 to 1, that of the map; random the part down to
    which weights are drawn anew, from "classifier" to "stem". network takes the place of EfficientNet-Lite0: in eval mode, from
    pictures as vc.imagenet.prepare makes them to scores. They follow what hands do. ValueError says what cannot be shown.
    """

    _alone = False  # on a page, where no Python answers
    title = "saliency explorer"
    esm = ("shared/esm/common.js", "shared/esm/parts.js", "saliency/inputs.js", "saliency/maps.js", "saliency/view.js")

    def __init__(self, photo="chelsea", label=None, method="Grad-CAM", layer=None, patch=32, opacity=0.6, random=None, network=None):
        self._photos = Photographs() if isinstance(photo, str) else Photographs(yours=cropped(photo))
        self._evidence = shared() if network is None else Evidence(network)
        self.photo, self.layer = next(iter(self._photos), photo), layer or self._evidence.layers[-1]
        self.method, self.patch, self.opacity, self.random = method, patch, opacity, random
        one_of(self._photos.names, photo=self.photo)
        one_of(METHODS, method=method)
        one_of(self._evidence.layers, layer=self.layer)
        one_of(PATCHES, patch=patch)
        one_of((None, *self._evidence.parts), random=random)
        number(0, 1, opacity=opacity)
        self.label = None if label is None else self._evidence.number_of(label)

    def picture(self) -> bytes:
        chosen = self._chosen
        maps = [render.enlarge(render.shade(values), chosen.box) for values in self._maps()]
        return render.draw(chosen.image, maps, chosen.captions, self.opacity, chosen.top(), chosen.target, chosen.subject)

    def describe(self) -> str:
        return self._chosen.told(self._maps())

    def state(self) -> dict:
        chosen, alone = self._chosen, self._alone
        answers = pages(chosen) if alone else {chosen.method: [chosen.answer(self._maps())]}
        start = {"photos": [*PHOTOS, *self._photos], "layers": self._evidence.layers, "parts": self._evidence.parts,
                 "patches": PATCHES, "stride": STRIDE, "names": () if alone else self._evidence.names, "palette": render.PALETTE,
                 "alone": alone, "answers": sum(answers.values(), []), "methods": list(answers if alone else METHODS)}
        return {"start": start, "scene": {name: getattr(self, name) for name in CHOICES}, "answer": {}}

    def receive(self, scene: dict) -> dict | None:
        self.opacity = scene["opacity"]
        if not {"stop", "again", "upload"} & set(scene) and all(scene[name] == getattr(self, name) for name in CHOICES):
            return None
        self._halt()  # before anything changes that it reads
        if "stop" in scene:
            return {"stopped": True}
        if "upload" in scene:
            try:
                self._photos.upload(scene["photo"], scene["upload"])
            except ValueError as error:
                return {"message": str(error), "photo": self.photo}
        for name in CHOICES:
            setattr(self, name, scene[name])
        return self._begin(self._chosen.answers())

    def refresh(self) -> None:
        """What was computed stays true."""

    def html(self) -> str:
        """A page of its own, for the photograph and class chosen: what takes one pass through the network is computed beforehand."""
        page = copy.copy(self)
        page._alone = True
        return super(SaliencyExplorer, page).html()

    def build_plain(self):
        from .controls import saliency_controls

        return saliency_controls(self)

    @property
    def _chosen(self) -> Explanation:
        return Explanation(self._evidence, self._photos, self.photo, self.label, self.method, self.layer, self.patch, self.random)

    def _maps(self) -> list[np.ndarray]:
        """The maps of what is chosen; a widget that waits for them is served."""
        halted, chosen = self._halt(), self._chosen
        maps = chosen.maps()
        if halted:
            self.widget.answer = chosen.answer(maps)
        return maps
