"""The networks in words: a table for the terminal, a page of cards, and the rows of a manifest."""

import json
from collections.abc import Iterable

from .manifest import Card

_HEAD = """# Models

Networks that a lesson needs and cannot train in its minute, trained on Scenes by the scripts in this folder.
`vc.models.load("NAME")` gives one; `python -m visioncourse.models train NAME` trains it again, `check` compares all with what stands here.
Weights are in half precision, at most 2 MB a file and 12 MB in all, and contain no code (safetensors).
This page is made from `manifest.toml`: `python -m visioncourse.models cards`.
"""


def table(cards: Iterable[Card]) -> str:
    """One line a network: name, size, parameters, figures, what it is for."""
    rows = [(c.name, f"{c.bytes / 1e6:.2f} MB", f"{c.parameters:,}", _figures(c.values), c.about) for c in cards]
    rows.insert(0, ("name", "size", "parameters", "test figures", "what for"))
    widths = [max(len(row[n]) for row in rows) for n in range(5)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)


def page(cards: Iterable[Card]) -> str:
    """visioncourse/models/README.md."""
    return "\n".join([_HEAD, *map(_section, cards)])


def rows(card: Card) -> str:
    """What manifest.toml says of a trained file, to be pasted there."""
    known = ("bytes", "sha256", "parameters", "seed", "steps", "seconds", "machine")
    lines = [f"{key} = {json.dumps(getattr(card, key))}" for key in known]
    return "\n".join([*lines, "", f"[{card.name}.values]", *(f"{key} = {value:.4f}" for key, value in card.values.items())])


def _section(card: Card) -> str:
    data = card.data
    facts = {
        "what for": card.about,
        "file": f"`{card.file}`, {card.bytes:,} bytes, {card.parameters:,} parameters",
        "sha256": f"`{card.sha256}`",
        "data": f"Scenes: {data['kind']}, {data['size']} pixels, preset {' and '.join(data['presets'])}, seed {data['seed']}, "
                f"{data['pictures']:,} training pictures",
        "training": f"[{card.name}.py]({card.name}.py), seed {card.seed}, {card.steps:,} steps; "
                    f"{card.seconds} processor seconds on {card.machine}",
        "figure": card.metric,
        "measured": _figures(card.values),
        "a test demands": _figures(card.bars),
        "leaves out": card.leaves_out,
        "licence": card.licence,
    }
    return "\n".join([f"## {card.name}", "", "| | |", "|---|---|", *(f"| {key} | {value} |" for key, value in facts.items()), ""])


def _figures(values: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in values.items())
