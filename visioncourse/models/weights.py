"""Weights as files: half precision, safetensors, the same bytes for the same weights; and the devices that they can go to."""

import hashlib
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors import torch as safetensors
from torch import Tensor, nn

from ..files import replacing
from .manifest import Card


class DamagedModel(Exception):
    """A file of weights that is missing, or is not the one that the card describes; the message says what to do."""


def packed(net: nn.Module) -> bytes:
    """The network's weights as a safetensors file in half precision; whole numbers stay as they are.

    Raises ValueError where a weight is too large for half precision, or no number.
    """
    tensors = {}
    for name, value in sorted(net.state_dict().items()):
        tensors[name] = (value.half() if value.is_floating_point() else value).cpu().contiguous()
        if not tensors[name].isfinite().all():
            raise ValueError(f"{name} has values that half precision cannot hold (beyond 65,504, or no number)")
    return safetensors.save(tensors)


def unpacked(content: bytes) -> dict[str, Tensor]:
    """The weights in a safetensors file, in single precision."""
    return {name: value.float() if value.is_floating_point() else value for name, value in safetensors.load(content).items()}


def write(content: bytes, path: Path) -> None:
    """Write a file of weights, whole or not at all; raises OSError."""
    with replacing(path) as file:
        file.write(content)


def read(path: Path, card: Card) -> dict[str, Tensor]:
    """The weights of a file, in single precision, once its length and checksum are those of the card; raises DamagedModel."""
    cure = f"install visioncourse again, or in a clone run  git checkout -- visioncourse/models/{card.file}"
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise DamagedModel(f"the weights of {card.name} cannot be read from {path} ({problem.strerror or problem}): {cure}") from problem
    found = hashlib.sha256(content).hexdigest()
    if found != card.sha256:
        raise DamagedModel(f"the weights of {card.name} in {path} are damaged: {len(content):,} bytes with sha256 {found[:12]}…, "
                           f"wanted {card.bytes:,} with {card.sha256[:12]}…: {cure}")
    try:
        return unpacked(content)
    except SafetensorError as problem:
        raise DamagedModel(f"{path} is no file of weights ({problem}): {cure}") from problem


def checked_device(device: str) -> torch.device:
    """The device of that name, such as "cpu", "cuda" or "mps", if this machine has it; raises ValueError otherwise."""
    here = ["cpu", *["cuda"] * torch.cuda.is_available(), *["mps"] * torch.backends.mps.is_available()]
    try:
        wanted = torch.device(device)
    except (RuntimeError, TypeError):
        wanted = None
    if wanted is None or wanted.type not in here or (wanted.type == "cuda" and (wanted.index or 0) >= torch.cuda.device_count()):
        raise ValueError(f"device={device!r}: this machine has " + ", ".join(f'"{name}"' for name in here))
    return wanted
