"""Small networks trained on Scenes, for what a lesson cannot train in its minute: `load("scenes_convnet")`.

`python -m visioncourse.models list` shows them, `train NAME` trains one again; visioncourse/models/README.md has a card of each.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from ..data.arguments import checked_choice
from .manifest import FOLDER, Card, cards

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["Card", "card", "load", "names"]


def names() -> tuple[str, ...]:
    """What `load` can give."""
    return tuple(cards())


def card(name: str) -> Card:
    """What is known of a model: its size, data, training, checksum and figures; raises ValueError for a name that is none."""
    return cards()[checked_choice("name", name, cards())]


def load(name: str, device: str = "cpu") -> nn.Module:
    """A trained network in eval mode, with float32 weights, on a device; each call gives one of your own.

    Raises ValueError for a name that is none and for a device that is not here, DamagedModel where the file is not what the card says.
    """
    import torch

    from .weights import checked_device

    card(name)
    place = checked_device(device)
    with torch.random.fork_rng(devices=[]):                          # what a lesson draws later does not depend on what it loaded
        net = import_module(f"{__name__}.{name}").network()
    net.load_state_dict(_weights(name))
    return net.eval().to(place)


@cache
def _weights(name: str) -> dict[str, Tensor]:
    """The weights as they are shipped, read and compared with the card's checksum once in a process."""
    from .weights import read

    return read(FOLDER / card(name).file, card(name))
