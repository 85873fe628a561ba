"""What the saliency explorer answers to one set of choices: maps, likeliest classes, what hiding a patch does, and the words for them."""

import base64
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from . import picture as render
from .evidence import METHODS, SLOW, Evidence
from .photographs import Photographs, jpeg

PATCHES, STRIDE = (16, 32, 64), 16  # pixels along a hidden patch, and from one to the next


@dataclass(frozen=True)
class Explanation:
    """Where `method` finds the evidence for a class in a photograph, which is one of `photos` by name.

    label None is the likeliest class; layer is Grad-CAM's, patch the side in pixels of what occlusion hides. With random, a second
    map is that of the same network with weights drawn anew down to this part. Maps are (h, w).
    """

    evidence: Evidence
    photos: Photographs
    photo: str
    label: int | None
    method: str
    layer: str
    patch: int
    random: str | None

    def steps(self) -> Iterator[tuple[list[np.ndarray], float]]:
        """The maps so far, and the share that is done."""
        networks = (None, self.random)[: 1 + bool(self.random)]
        done: list[np.ndarray] = []
        for random in networks:
            for found, share in self.evidence.map(self.image, self.target, self.method, self.how, random):
                yield [*done, found], (len(done) + share) / len(networks)
            done.append(found)

    def maps(self) -> list[np.ndarray]:
        """The map, and that of random weights where they are asked for."""
        *_, (maps, _) = self.steps()
        return maps

    def answers(self) -> Iterator[dict]:
        """An answer for each of the steps."""
        for maps, share in self.steps():
            yield self.answer(maps, share)

    def answer(self, maps: list[np.ndarray], share: float = 1) -> dict:
        """What the browser shows of maps of which this share is computed, as JSON."""
        shades = [render.shade(values) for values in maps]
        return {"key": self.key, "share": share, "photo": jpeg(self.image), "top": self.top(), "label": self.target, "box": self.box,
                "maps": [{"side": len(s), "values": base64.b64encode(s.tobytes()).decode()} for s in shades],
                "captions": self.captions[: len(maps)], "patches": self.patches(),
                "told": self.told(maps) if share == 1 else f"{self.subject}, by {self.method}: {share:.0%} is done."}

    def patches(self) -> dict | None:
        """What hiding each patch does to the score and the probability of the class, and which class is the likeliest then."""
        hidden, scores = self.evidence.hidden(self.image, self.patch), self.evidence.scores(self.image)
        if hidden is None:
            return None
        names, flat = self.evidence.names, hidden.reshape(-1, len(scores))
        return {"side": len(hidden), "falls": (scores[self.target] - flat[:, self.target]).round(2).tolist(),
                "shares": softmax(flat)[:, self.target].round(4).tolist(), "tops": [names[n] for n in flat.argmax(1)]}

    def top(self) -> list:
        """The five likeliest classes [label, name, probability], and the one that is explained where it is not among them."""
        shares, names = softmax(self.evidence.scores(self.image)), self.evidence.names
        labels = np.argsort(-shares)[:5].tolist()
        return [[n, names[n], float(shares[n])] for n in labels + [self.target] * (self.target not in labels)]

    def told(self, maps: list[np.ndarray]) -> str:
        """The maps in one sentence: how concentrated the first is, and how much the second resembles it."""
        places = np.sort(maps[0].clip(0), axis=None)[::-1]
        held = places[: -(-places.size // 10)].sum() / (places.sum() or 1)
        text = f"{self.subject}, by {self.captions[0]}: a tenth of the places hold {held:.0%} of it"
        if len(maps) == 1:
            return text + "."
        from ...saliency import similarity

        alike = similarity(maps[0], maps[1])
        return f"{text}; the order of the places correlates {alike:.2f} with that under {self.captions[1]} (1 is the same, 0 unrelated)."

    @property
    def image(self) -> np.ndarray:
        """The photograph, (224, 224, 3) uint8."""
        return self.photos[self.photo]

    @property
    def subject(self) -> str:
        """What is explained, in words."""
        share = softmax(self.evidence.scores(self.image))[self.target]
        return f"Evidence for {self.evidence.names[self.target]} (probability {share:.1%}) in {self.photo}"

    @property
    def captions(self) -> list[str]:
        """What each map is."""
        how = f" at {self.layer}" if self.method == "Grad-CAM" else f" of {self.patch} x {self.patch}" if self.method == "occlusion" else ""
        return [self.method + how, *[f"random weights down to {self.random}"] * bool(self.random)]

    @property
    def target(self) -> int:
        """The class that is explained."""
        return int(self.evidence.scores(self.image).argmax()) if self.label is None else self.label

    @property
    def how(self) -> str | int | None:
        """The layer of Grad-CAM, the patch of occlusion."""
        return self.layer if self.method == "Grad-CAM" else self.patch if self.method == "occlusion" else None

    @property
    def box(self) -> tuple[int, int] | None:
        """Where the squares of occlusion lie, as in enlarge of picture.py."""
        return ((self.patch - STRIDE) // 2, STRIDE) if self.method == "occlusion" else None

    @property
    def key(self) -> str:
        """The choices that make an answer, as view.js writes them."""
        choices = (self.photo, self.label, self.method, self.how, self.patch, self.random)
        return "|".join("" if value is None else str(value) for value in choices)


def pages(chosen: Explanation) -> dict[str, list[dict]]:
    """The answers of each method for a page without Python: all that take one pass through the network, at every layer, and the chosen one.

    The photograph comes with the first; a method that the network does not allow is left out.
    """
    found: dict[str, list[dict]] = {}
    for method in METHODS:
        if method in SLOW and method != chosen.method:
            continue
        for layer in chosen.evidence.layers if method == "Grad-CAM" else [chosen.layer]:
            asked = replace(chosen, method=method, layer=layer)
            with contextlib.suppress(ValueError):  # guided backprop where the network has no ReLU
                answer = asked.answer(asked.maps()) | ({"photo": ""} if found else {})
                found.setdefault(method, []).append(answer)
    return found


def softmax(scores: np.ndarray) -> np.ndarray:
    """Probabilities (..., K) from scores, as float64."""
    powers = np.exp(scores.astype(float) - scores.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)
