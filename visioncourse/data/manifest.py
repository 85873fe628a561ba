"""The list of optional downloads, read from manifest.toml."""

import os
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

MANIFEST = Path(__file__).with_name("manifest.toml")


@dataclass(frozen=True)
class Entry:
    """One file to download: `bytes` is its length, `digests` are in hexadecimal by the name of their hash."""

    name: str
    file: str
    address: str
    bytes: int
    licence: str
    about: str
    digests: dict[str, str]


def entries() -> dict[str, Entry]:
    """Entries by name, with addresses that the environment replaces (VISIONCOURSE_CIFAR10_URL)."""
    table = tomllib.loads(MANIFEST.read_text(encoding="utf-8"))
    return {name: _at_mirror(Entry(name=name, **values)) for name, values in table.items()}


def _at_mirror(entry: Entry) -> Entry:
    return replace(entry, address=os.environ.get(f"VISIONCOURSE_{entry.name.upper()}_URL") or entry.address)
