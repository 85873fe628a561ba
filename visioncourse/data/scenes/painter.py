"""Backgrounds, objects, loose shapes and the camera, for N images at once. Colors are float32 in [0, 1], (N, 3, S, S).

Coordinates of a picture run from -1 to 1 in both directions, y down, whatever its size in pixels.
Nothing here may depend on the other images in the batch: sums over pixels are taken over whole numbers only.
"""

from functools import lru_cache

import numpy as np

from .draws import Draws
from .objects import MODELS, Pen, stray
from .shapes import ellipse, polygon, rectangle
from .world import BACKGROUNDS, COLOR_RGB, Preset

_FARTHEST = 1e3  # a distance at which nothing is painted

_TOP, _ABOVE, _BELOW, _BOTTOM = (
    np.array([getattr(background, part) for background in BACKGROUNDS.values()], np.float32)
    for part in ("top", "above_horizon", "below_horizon", "bottom")
)
_HORIZON = np.array([background.horizon for background in BACKGROUNDS.values()], np.float32)


def paint_background(draws: Draws, kinds: np.ndarray, size: int, preset: Preset) -> np.ndarray:
    """Two color ramps that meet at a slanting, sometimes hilly horizon, with blotches; kinds (N,) index BACKGROUNDS."""
    x, y = _grid(size)
    strays = preset.hue_jitter * draws.normal("background hue", 4, 3)
    top, above, below, bottom = (
        (ramp[kinds] + strays[:, i])[:, :, None, None] for i, ramp in enumerate((_TOP, _ABOVE, _BELOW, _BOTTOM))
    )
    lowest, highest = _HORIZON[kinds].T
    level = (lowest + (highest - lowest) * draws.uniform("horizon"))[:, None, None] * 2 - 1
    slant = 0.06 * draws.normal("horizon slant", 1, 1)
    hills = 0.05 * _blotches(draws, "hills", size, {6: 1.0})[:, :1] * draws.chance("hilly", 0.6)[:, None, None]
    horizon = level + slant * x + hills
    is_above = np.clip(0.5 - (y - horizon) * (size / 4), 0, 1)[:, None]
    down_the_sky = np.clip((y + 1) / np.maximum(horizon + 1, 1e-3), 0, 1)[:, None]
    down_the_ground = np.clip((y - horizon) / np.maximum(1 - level, 1e-3), 0, 1)[:, None]
    sky = top + (above - top) * down_the_sky
    ground = below + (bottom - below) * down_the_ground
    image = ground + (sky - ground) * is_above
    amount = preset.texture * draws.uniform("background texture", 0.2, 1.6, 1, 1, 1)
    gray = _blotches(draws, "background blotches", size, {4: 1.0, 8: 0.5, 16: 0.25})[:, None]
    colored = _blotches(draws, "background colors", size, {4: 1.0, 8: 0.6}, 3)
    return image * (1 + 1.2 * amount * gray) + 0.35 * amount * colored


def paint_object(draws: Draws, classes, center, scale, turn, mirrored, main, accent, size: int, preset: Preset):
    """One object per image on a sheet of its own: colors (N, 3, S, S) and cover (N, S, S), to be laid over a picture.

    Everything else is given per image: classes, scale (half width), turn (radians), mirrored (bool) are (N,),
    center (N, 2), main and accent colors (N, 3).
    """
    colors = np.empty((len(draws), 3, size, size), np.float32)
    cover = np.empty((len(draws), size, size), np.float32)
    for kind in np.unique(classes):
        rows = np.flatnonzero(classes == kind)
        here = draws[rows]
        at, seen_at = _own_coordinates(center[rows], scale[rows], turn[rows], mirrored[rows], size)
        pen = Pen(here, at, scale[rows, None, None] * np.float32(size / 2), main[rows], accent[rows])
        MODELS[kind](pen)
        blotches = 0.8 * preset.texture * _blotches(here, "object blotches", size, {8: 1.0, 16: 0.7})
        light = np.clip(_side_light(here, seen_at, preset) + blotches, 0.3, 1.7)
        colors[rows] = pen.ink / np.maximum(pen.mask, 0.05)[:, None] * light[:, None]
        cover[rows] = pen.mask
    return colors, cover


def paint_shape(draws: Draws, size: int, preset: Preset, present: np.ndarray):
    """A plain ellipse, rectangle or triangle per image where present (N,) says so: colors (N, 3, 1, 1), cover (N, S, S)."""
    center = np.stack([draws.uniform("x", -1.1, 1.1), draws.uniform("y", -1.1, 1.1)], axis=1)
    ones, nowhere = np.ones(len(draws), np.float32), np.zeros(len(draws), bool)
    at, _ = _own_coordinates(center, ones, draws.uniform("turn", 0, np.pi), nowhere, size)
    half = draws.uniform("half width", 0.08, 0.40, 1, 1), draws.uniform("half height", 0.05, 0.30, 1, 1)
    form = draws.integer("form", 0, 3)[:, None, None]
    distance = np.where(
        form == 0, ellipse(at, (0, 0), half),
        np.where(form == 1, rectangle(at, (0, 0), half), polygon(at, (0, -1.5 * half[1]), half, (-half[0], half[1]))),
    )
    distance = np.where(present[:, None, None], distance, np.float32(_FARTHEST))
    color = stray(draws, "color", COLOR_RGB[draws.integer("color", 0, len(COLOR_RGB))], preset.color_jitter)
    return color[:, :, None, None], np.clip(0.5 - distance * np.float32(size / 2), 0, 1)


def lay_over(image: np.ndarray, colors: np.ndarray, cover: np.ndarray) -> None:
    """Put a painted sheet on top of the image, in place."""
    image += (colors - image) * cover[:, None]


def photograph(draws: Draws, image: np.ndarray, preset: Preset) -> np.ndarray:
    """Contrast, exposure, tint, blur and noise of a cheap camera; (N, S, S, 3) uint8."""
    contrast = draws.uniform("contrast", *preset.contrast, 1, 1, 1)
    exposure = preset.exposure * (draws.normal("exposure", 1, 1, 1) + 0.4 * draws.normal("tint", 3, 1, 1))
    image = (image - 0.5) * contrast + (0.5 + exposure)
    if preset.blur:
        image += (_blurred(image) - image) * draws.uniform("blur", 0, preset.blur, 1, 1, 1)
    if preset.noise:
        image += draws.normal("noise", *image.shape[1:]) * (preset.noise * draws.uniform("noisiness", 0.2, 1.5, 1, 1, 1))
    return np.ascontiguousarray((np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8).transpose(0, 2, 3, 1))


def _grid(size: int):
    ticks = (np.arange(size, dtype=np.float32) + 0.5) / size * 2 - 1
    return ticks[None, None, :], ticks[None, :, None]


def _own_coordinates(center, scale, turn, mirrored, size: int):
    """Where each pixel lies for the object (turned, mirrored, scaled), and the same upright, for the light."""
    x, y = _grid(size)
    across = (x - center[:, 0, None, None]) / scale[:, None, None]
    down = (y - center[:, 1, None, None]) / scale[:, None, None]
    cosine, sine = np.cos(turn)[:, None, None], np.sin(turn)[:, None, None]
    flip = np.where(mirrored, -1, 1).astype(np.float32)[:, None, None]
    return ((cosine * across + sine * down) * flip, cosine * down - sine * across), (across, down)


def _side_light(draws: Draws, at, preset: Preset) -> np.ndarray:
    direction = draws.uniform("light direction", -np.pi, np.pi, 1, 1)
    strength = draws.uniform("light strength", 0, preset.light, 1, 1)
    return 1 + strength * (np.cos(direction) * at[0] + np.sin(direction) * at[1])


def _blotches(draws: Draws, name: str, size: int, octaves: dict[int, float], *channels: int) -> np.ndarray:
    """Smooth noise, (N, *channels, S, S): normal numbers on coarse lattices (cells: weight), smoothly interpolated."""
    total = np.zeros((), np.float32)
    for cells, weight in octaves.items():
        left, share = _lattice(size, cells)
        values = draws.normal(f"{name} {cells}", *channels, cells, cells)
        rows = values[..., left, :] + (values[..., left + 1, :] - values[..., left, :]) * share[:, None]
        total = total + weight * (rows[..., left] + (rows[..., left + 1] - rows[..., left]) * share)
    return total


@lru_cache(maxsize=64)
def _lattice(size: int, cells: int):
    """For each pixel, the lattice point to its left and the smooth share of the one to its right."""
    place = (np.arange(size) + 0.5) / size * (cells - 1)
    left = np.minimum(place.astype(np.int64), cells - 2)
    share = (place - left).astype(np.float32)
    return left, share * share * (3 - 2 * share)


def _blurred(image: np.ndarray) -> np.ndarray:
    """Each pixel averaged with its neighbours, weights 1 2 1 in both directions."""
    padded = np.pad(image, ((0, 0), (0, 0), (1, 1), (1, 1)), "edge")
    down = (padded[:, :, :-2] + 2 * padded[:, :, 1:-1] + padded[:, :, 2:]) / 4
    return (down[..., :-2] + 2 * down[..., 1:-1] + down[..., 2:]) / 4
