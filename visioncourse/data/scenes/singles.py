"""Pictures of one object each, for classification, with everything there is to know about them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .draws import Draws, draws_for
from .objects import stray
from .painter import lay_over, paint_background, paint_object, paint_shape, photograph
from .world import BACKGROUNDS, CLASSES, COLOR_RGB, COLORS, IS_HELD_OUT, TYPICAL_BACKGROUND, TYPICAL_COLOR, Preset

_OCCLUDERS = (1.0, 0.4)  # how likely a first and a second shape in front are, relative to the preset's chance
_LEAST_VISIBLE = 0.4  # a shape that would hide more of the object is left out
PIXELS_AT_ONCE = 2**18  # bounds the memory that a batch needs to about 40 MB


@dataclass(frozen=True)
class SingleObjects:
    """N pictures of one object each; indices refer to CLASSES, BACKGROUNDS and COLORS.

    A box is (left, top, right, bottom) in pixels, right and bottom exclusive, around the visible part.
    """

    images: np.ndarray  # (N, S, S, 3) uint8
    labels: np.ndarray  # (N,) int64
    backgrounds: np.ndarray  # (N,) int64
    colors: np.ndarray  # (N,) int64, the main color
    accents: np.ndarray  # (N,) int64, the second color
    masks: np.ndarray  # (N, S, S) bool, the visible part of the object
    visible: np.ndarray  # (N,) float32, visible share of what lies in the picture
    boxes: np.ndarray  # (N, 4) int64

    def __len__(self) -> int:
        return len(self.labels)


def paint_singles(indices: np.ndarray, size: int, preset: Preset, seed: int, split: str) -> Iterator[SingleObjects]:
    """The pictures with the given indices, in batches small enough for memory."""
    batch = max(1, PIXELS_AT_ONCE // size**2)
    for start in range(0, len(indices), batch):
        yield _paint_batch(indices[start:start + batch], size, preset, seed, split)


def labels_of(indices: np.ndarray, seed: int, split: str) -> np.ndarray:
    """Classes in random order, each exactly once among the images 0-9, 10-19, ...; (N,) int64."""
    tens, place = np.divmod(indices, len(CLASSES))
    order = draws_for(seed, f"{split} labels", tens).bits("order", len(CLASSES)).argsort(axis=1, kind="stable")
    return order[np.arange(len(indices)), place]


def pick_colors(draws: Draws, classes: np.ndarray, preset: Preset, split: str) -> np.ndarray:
    """Main colors that keep the held-out combinations to their own split, (N,) int64."""
    if split == "held-out":
        return draws.pick("color", IS_HELD_OUT[classes].astype(float))
    usual = draws.chance("usual color", preset.typical_color)
    weights = np.where(usual[:, None], TYPICAL_COLOR[classes], 1 / len(COLORS))
    return draws.pick("color", weights * ~IS_HELD_OUT[classes])


def boxes_around(masks: np.ndarray) -> np.ndarray:
    """Tight boxes around masks (N, S, S) that are nowhere empty: (left, top, right, bottom), (N, 4) int64."""
    size = masks.shape[1]
    columns, rows = np.asarray(masks.any(axis=1)), np.asarray(masks.any(axis=2))
    left, top = columns.argmax(axis=1), rows.argmax(axis=1)
    right, bottom = size - columns[:, ::-1].argmax(axis=1), size - rows[:, ::-1].argmax(axis=1)
    return np.stack([left, top, right, bottom], axis=1)


def _paint_batch(indices, size, preset, seed, split) -> SingleObjects:
    draws = draws_for(seed, split, indices)
    labels = labels_of(indices, seed, split)
    usual = draws.chance("usual background", preset.typical_background)
    backgrounds = draws.pick("background", np.where(usual[:, None], TYPICAL_BACKGROUND[labels], 1 / len(BACKGROUNDS)))
    colors = pick_colors(draws, labels, preset, split)
    accents = (colors + draws.integer("accent", 1, len(COLORS))) % len(COLORS)

    image = paint_background(draws, backgrounds, size, preset)
    clutter = draws.integer("clutter", 0, preset.clutter + 1)
    for i in range(preset.clutter):
        lay_over(image, *paint_shape(draws.under(f"clutter {i}"), size, preset, present=clutter > i))
    place, paints = _placement(draws, labels, preset), _paint_colors(draws, colors, accents, preset)
    sheet, cover = paint_object(draws, labels, *(*place, *paints, size, preset))
    lay_over(image, sheet, cover)
    whole, masks = cover > 0.5, cover > 0.5
    for i, likely in enumerate(_OCCLUDERS):
        front = draws.under(f"occluder {i}")
        color, hides = paint_shape(front, size, preset, present=front.chance("present", likely * preset.occlusion))
        left = masks & (hides <= 0.5)
        hides *= (left.sum(axis=(1, 2)) >= _LEAST_VISIBLE * whole.sum(axis=(1, 2)))[:, None, None]
        masks &= hides <= 0.5
        lay_over(image, color, hides)
    visible = (masks.sum(axis=(1, 2)) / whole.sum(axis=(1, 2))).astype(np.float32)
    images = photograph(draws, image, preset)
    return SingleObjects(images, labels, backgrounds, colors, accents, masks, visible, boxes_around(masks))


def _placement(draws: Draws, labels: np.ndarray, preset: Preset):
    """Center (N, 2), scale, turn and mirrored (N,): planes fly in any direction, the others stand almost upright."""
    scale = draws.uniform("scale", *preset.scale)
    room = np.minimum(np.maximum(1 - scale, 0) + preset.shift, 0.55)
    center = draws.uniform("center", -1, 1, 2) * room[:, None]
    in_flight = (labels == CLASSES.index("plane")) & (preset.turn > 0)
    turn = np.where(in_flight, draws.uniform("heading", -np.pi, np.pi), preset.turn * draws.normal("turn"))
    return center, scale, turn, draws.chance("mirrored", 0.5)


def _paint_colors(draws: Draws, colors: np.ndarray, accents: np.ndarray, preset: Preset):
    return (
        stray(draws, "main color", COLOR_RGB[colors], preset.color_jitter),
        stray(draws, "accent color", COLOR_RGB[accents], preset.color_jitter),
    )
