"""What a network says of a photograph and where it finds the evidence: computed when it is asked for, and once."""

import functools
import hashlib
import threading
from collections.abc import Iterator

import numpy as np

METHODS = ("gradient", "SmoothGrad", "guided backprop", "occlusion", "Grad-CAM")
SLOW = ("SmoothGrad", "occlusion")  # many passes through the network
LAYERS = ("stem", *(f"stage{n}" for n in range(1, 8)), "head")  # of EfficientNet-Lite0, known without loading it
PARTS = ("classifier", *reversed(LAYERS))
KEPT = 50  # results in memory; the oldest go
ONE_AT_A_TIME = threading.Lock()  # a hook in a network is felt by every thread that uses it


class Evidence:
    """Scores and maps of photographs (224, 224, 3) uint8 under a network, or under EfficientNet-Lite0 where it is None."""

    def __init__(self, network=None):
        self._given, self._known = network, {}

    @property
    def layers(self) -> tuple[str, ...]:
        """The parts that give maps, from the photograph on."""
        if self._given is None:
            return LAYERS
        from ... import imagenet, saliency

        return self._once("layers", lambda: tuple(saliency.stages(self._given, imagenet.prepare(np.zeros((224, 224), np.uint8)))))

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts with weights, from the output on."""
        children = () if self._given is None else reversed(list(self._given.named_children()))
        return PARTS if self._given is None else tuple(name for name, part in children if any(True for _ in part.parameters()))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the classes."""
        from ... import imagenet

        count = 1000 if self._given is None else len(self.scores(np.zeros((224, 224, 3), np.uint8)))
        return imagenet.classes() if count == 1000 else tuple(f"class {n}" for n in range(count))

    def number_of(self, label: str | int) -> int:
        """The number of a class, given by its name or number; ValueError says that there is none."""
        names = self.names
        if label not in names and label not in range(len(names)):
            raise ValueError(f"label={label!r}: give the name of a class, such as {names[0]!r}, or a number from 0 to {len(names) - 1}")
        return names.index(label) if label in names else int(label)

    def scores(self, photo: np.ndarray, random: str | None = None) -> np.ndarray:
        """The scores (K,) of all classes, with weights drawn anew down to the part `random`."""
        import torch

        network = self._network(random)

        def compute():
            with torch.no_grad():
                return network(_input(photo))[0].numpy()

        return self._once(("scores", _digest(photo), random), compute)

    def hidden(self, photo: np.ndarray, patch: int) -> np.ndarray | None:
        """The scores (h, w, K) with a patch hidden at each place, where occlusion has found them."""
        return self._known.get(("occlusion", _digest(photo), patch, None))

    def map(self, photo: np.ndarray, label: int, method: str, how, random: str | None = None) -> Iterator[tuple[np.ndarray, float]]:
        """The map (h, w) so far and the share that is done; how: the layer of Grad-CAM, the patch of occlusion."""
        from ... import saliency

        key = (method, _digest(photo), how, random) + (() if method == "occlusion" else (label,))  # which sees all classes at once
        if key in self._known:
            yield self._seen(self._known[key], photo, label, method, random), 1.0
            return
        given = self._network(random), _input(photo)
        with ONE_AT_A_TIME:
            steps = iter({
                "gradient": lambda: [(saliency.gradient(*given, label), 1.0)],
                "guided backprop": lambda: [(saliency.guided_backprop(*given, label), 1.0)],
                "Grad-CAM": lambda: [(saliency.grad_cam(*given, label, how), 1.0)],
                "SmoothGrad": lambda: saliency.smooth_grad_steps(*given, label),
                "occlusion": lambda: saliency.occlusion_steps(*given, how),
            }[method]())
        share = 0.0
        while share < 1:
            with ONE_AT_A_TIME:
                found, share = next(steps)
            if share == 1:
                self._keep(key, found.numpy())
            yield self._seen(found.numpy(), photo, label, method, random), share

    def _seen(self, found: np.ndarray, photo: np.ndarray, label: int, method: str, random: str | None) -> np.ndarray:
        if method == "occlusion":
            return self.scores(photo, random)[label] - found[..., label]
        return found[0] if method == "Grad-CAM" else np.abs(found[0]).max(0)

    def _network(self, random: str | None):
        from ... import imagenet, saliency

        network = imagenet.network() if self._given is None else self._given
        return network if random is None else self._once(("network", random), lambda: saliency.randomized(network, 0, random))

    def _once(self, key, compute):
        if key not in self._known:
            with ONE_AT_A_TIME:
                self._keep(key, compute())
        return self._known[key]

    def _keep(self, key, value) -> None:
        while len(self._known) >= KEPT:
            self._known.pop(next(iter(self._known)))
        self._known[key] = value


@functools.cache
def shared() -> Evidence:
    """What all explorers of this process know of EfficientNet-Lite0."""
    return Evidence()


def _input(photo: np.ndarray):
    from ...imagenet import prepare

    return prepare(photo)


def _digest(photo: np.ndarray) -> str:
    return hashlib.sha256(photo.tobytes()).hexdigest()
