"""Saliency explorer: where in a photograph a real network finds the evidence for a class."""

import base64
import contextlib
import copy
import functools
import io

import numpy as np

from ._background import Background
from ._base import Demo
from ._evidence import METHODS, SLOW, Evidence, shared
from .render import saliency as render

PHOTOS = ("chelsea", "coffee", "rocket", "motorcycle", "china")
PATCHES, STRIDE = (16, 32, 64), 16
CHOICES = ("photo", "label", "method", "layer", "patch", "opacity", "random")


class SaliencyExplorer(Demo):
    """Five maps of the evidence for a class in a photograph, beside those of the same network with random weights.

    photo is "chelsea", "coffee", "rocket", "motorcycle", "china" or your own (H, W), (H, W, 3) or (H, W, 4) uint8; label a class,
    as name or number, by default the likeliest; method "gradient", "SmoothGrad", "guided backprop", "occlusion" (of patches of 16,
    32 or 64 pixels) or "Grad-CAM" (at a layer, by default the last); opacity, 0 to 1, that of the map; random the part down to
    which weights are drawn anew, from "classifier" to "stem". network takes the place of EfficientNet-Lite0: in eval mode, from
    pictures as vc.imagenet.prepare makes them to scores. They follow what hands do. ValueError says what cannot be shown.
    """

    title = "saliency explorer"
    esm = ("common.js", "parts.js", "saliency_maps.js", "saliency.js")

    def __init__(self, photo="chelsea", label=None, method="Grad-CAM", layer=None, patch=32, opacity=0.6, random=None, network=None):
        self._own = {} if isinstance(photo, str) else {"yours": _crop(photo)}
        self._evidence = shared() if network is None else Evidence(network)
        self.photo, self.layer = next(iter(self._own), photo), layer or self._evidence.layers[-1]
        self.method, self.patch, self.opacity, self.random = method, patch, opacity, random
        for name, known in {"photo": (*self._own, *PHOTOS), "method": METHODS, "layer": self._evidence.layers, "patch": PATCHES,
                            "random": (None, *self._evidence.parts)}.items():
            if getattr(self, name) not in known:
                raise ValueError(f"{name}={getattr(self, name)!r}: choose one of {', '.join(map(str, known))}")
        if not 0 <= opacity <= 1:
            raise ValueError(f"opacity={opacity}: give a number from 0 to 1")
        names = () if label is None else self._evidence.names
        if label is not None and label not in names and label not in range(len(names)):
            raise ValueError(f"label={label!r}: give the name of a class, such as {names[0]!r}, or a number from 0 to {len(names) - 1}")
        self.label, self._work, self._alone = names.index(label) if label in names else label, None, False

    def picture(self) -> bytes:
        maps = [render.enlarge(render.shade(values), self._box) for values in self._maps()]
        return render.draw(self._image, maps, self._captions(), self.opacity, self._top(), self._label, self._what())

    def describe(self) -> str:
        return self._told(self._maps())

    def state(self) -> dict:
        methods = [m for m in METHODS if not self._alone or m not in SLOW or m == self.method]
        start = {"photos": [*PHOTOS, *self._own], "layers": self._evidence.layers, "parts": self._evidence.parts,
                 "patches": PATCHES, "stride": STRIDE, "names": () if self._alone else self._evidence.names, "palette": render.PALETTE,
                 "alone": self._alone, "answers": self._pages(methods) if self._alone else [self._answer(self._maps())]}
        start["methods"] = [m for m in methods if not self._alone or any(f", by {m}" in answer["told"] for answer in start["answers"])]
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
                self._own[scene["photo"]] = _crop(_decode(base64.b64decode(scene["upload"])))
            except ValueError as error:
                return {"message": str(error), "photo": self.photo}
        for name in CHOICES:
            setattr(self, name, scene[name])
        return self._begin()

    def refresh(self) -> None:
        """What was computed stays true."""

    def html(self) -> str:
        """A page of its own, for the photograph and class chosen: what takes one pass through the network is computed beforehand."""
        self._alone = True
        try:
            return super().html()
        finally:
            self._alone = False

    def build_plain(self):
        from .plain_saliency import saliency_controls

        return saliency_controls(self)

    def _begin(self) -> dict:
        """The first answer to new choices, or the last one where no widget could show those that follow."""
        self._halt()
        steps, widget = self._answers(), self.__dict__.get("widget")
        answer = next(steps)
        if not hasattr(widget, "answer"):
            return [answer, *steps][-1]
        if answer["share"] < 1:
            self._work = Background(steps, functools.partial(setattr, widget, "answer"))
            self._work.start()
        return answer

    def _answers(self):
        networks, maps = (None, self.random)[: 1 + bool(self.random)], {}
        try:
            for n, random in enumerate(networks):
                for maps[n], share in self._evidence.map(self._image, self._label, self.method, self._how, random):
                    yield self._answer(list(maps.values()), (n + share) / len(networks))
        except Exception as error:  # a network that was given may fail in any way
            yield {"message": " ".join(f"{type(error).__name__}: {error}".split()), "share": 1}

    def _maps(self) -> list[np.ndarray]:
        """The map, and that of random weights where they are asked for; a widget that waits for them is served."""
        halted = self._halt()
        found = [[*self._evidence.map(self._image, self._label, self.method, self._how, random)][-1][0]
                 for random in (None, self.random)[: 1 + bool(self.random)]]
        if halted:
            self.widget.answer = self._answer(found)
        return found

    def _halt(self) -> bool:
        """End what goes on in the background; whether there was anything."""
        work, self._work = self._work, None
        going = work is not None and work.is_alive()
        if work:
            work.stop()
        return going

    def _pages(self, methods: list[str]) -> list[dict]:
        """The answers for every method given, and for every layer; the photograph comes with the first."""
        page, answers = copy.copy(self), []
        for page.method in methods:
            for page.layer in self._evidence.layers if page.method == "Grad-CAM" else [self.layer]:
                with contextlib.suppress(ValueError):  # guided backprop where the network has no ReLU
                    answers.append(page._answer(page._maps()) | ({"photo": ""} if answers else {}))
        return answers

    # ---- words and numbers ----

    def _answer(self, maps: list[np.ndarray], share: float = 1) -> dict:
        shades = [render.shade(values) for values in maps]
        return {"key": self._key, "share": share, "photo": _jpeg(self._image), "top": self._top(), "label": self._label, "box": self._box,
                "maps": [{"side": len(s), "values": base64.b64encode(s.tobytes()).decode()} for s in shades],
                "captions": self._captions()[: len(maps)], "patches": self._patches(),
                "told": self._told(maps) if share == 1 else f"{self._what()}, by {self.method}: {share:.0%} is done."}

    def _patches(self) -> dict | None:
        """What hiding each patch does to the score and the probability of the class, and which class is the likeliest then."""
        hidden, scores = self._evidence.hidden(self._image, self.patch), self._evidence.scores(self._image)
        if hidden is None:
            return None
        names, flat = self._evidence.names, hidden.reshape(-1, len(scores))
        return {"side": len(hidden), "falls": (scores[self._label] - flat[:, self._label]).round(2).tolist(),
                "shares": _shares(flat)[:, self._label].round(4).tolist(), "tops": [names[n] for n in flat.argmax(1)]}

    def _top(self) -> list:
        """The five likeliest classes [label, name, probability], and the one that is explained where it is not among them."""
        shares, names = _shares(self._evidence.scores(self._image)), self._evidence.names
        labels = np.argsort(-shares)[:5].tolist()
        return [[n, names[n], float(shares[n])] for n in labels + [self._label] * (self._label not in labels)]

    def _what(self) -> str:
        share = _shares(self._evidence.scores(self._image))[self._label]
        return f"Evidence for {self._evidence.names[self._label]} (probability {share:.1%}) in {self.photo}"

    def _captions(self) -> list[str]:
        how = f" at {self.layer}" if self.method == "Grad-CAM" else f" of {self.patch} x {self.patch}" if self.method == "occlusion" else ""
        return [self.method + how, *[f"random weights down to {self.random}"] * bool(self.random)]

    def _told(self, maps: list[np.ndarray]) -> str:
        places = np.sort(maps[0].clip(0), axis=None)[::-1]
        held = places[: -(-places.size // 10)].sum() / (places.sum() or 1)
        text = f"{self._what()}, by {self._captions()[0]}: a tenth of the places hold {held:.0%} of it"
        if len(maps) == 1:
            return text + "."
        from ..saliency import similarity

        return f"{text}; the order of the places correlates {similarity(*maps):.2f} with that under {self._captions()[1]} (1 is the same, 0 unrelated)."

    @property
    def _how(self) -> str | int | None:
        return {"Grad-CAM": self.layer, "occlusion": self.patch}.get(self.method)

    @property
    def _box(self) -> tuple[int, int] | None:
        return ((self.patch - STRIDE) // 2, STRIDE) if self.method == "occlusion" else None

    @property
    def _key(self) -> str:
        """The choices that make an answer, as esm/saliency.js writes them."""
        return "|".join("" if value is None else str(value) for value in (self.photo, self.label, self.method, self._how, self.patch, self.random))

    @property
    def _label(self) -> int:
        return int(self._evidence.scores(self._image).argmax()) if self.label is None else self.label

    @property
    def _image(self) -> np.ndarray:
        return self._own[self.photo] if self.photo in self._own else _stock(self.photo)


@functools.cache
def _stock(name: str) -> np.ndarray:
    from ..imagenet import photo

    return _crop(photo(name))


def _crop(image) -> np.ndarray:
    from ..imagenet import crop

    return crop(image)


def _decode(file: bytes) -> np.ndarray:
    from ..imagenet import decode

    return decode(file)


def _jpeg(image: np.ndarray) -> str:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=92)
    return base64.b64encode(file.getvalue()).decode()


def _shares(scores: np.ndarray) -> np.ndarray:
    """Probabilities (..., K) from scores, as float64."""
    powers = np.exp(scores.astype(float) - scores.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)
