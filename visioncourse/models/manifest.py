"""The list of trained networks, read from manifest.toml."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
MANIFEST = FOLDER / "manifest.toml"
_OURS = {"__init__", "__main__", "manifest", "weights", "words"}     # modules of this folder that are no network


@dataclass(frozen=True)
class Card:
    """One network: its file, what it was trained on, where and how long, and the figures that a test asserts.

    values: figures as they were measured once with the shipped file; bars: what they must reach on any machine.
    data: what of Scenes it was trained on, and how many pictures. seconds: of the processor, data included, on `machine`.
    """

    name: str
    about: str
    leaves_out: str
    file: str
    bytes: int
    sha256: str
    parameters: int
    licence: str
    data: dict[str, Any]
    seed: int
    steps: int
    seconds: int
    machine: str
    metric: str
    values: dict[str, float]
    bars: dict[str, float]

    @property
    def module(self) -> str:
        """The module that holds the architecture, `train` and `evaluate`."""
        return f"visioncourse.models.{self.name}"


def cards() -> dict[str, Card]:
    """Every network that is shipped, by its name."""
    return {name: Card(name=name, **values) for name, values in tomllib.loads(MANIFEST.read_text(encoding="utf-8")).items()}


def trainable() -> list[str]:
    """Names of the modules here that train a network, be it shipped already or not."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in _OURS)
