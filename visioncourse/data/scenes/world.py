"""What there is in the world of Scenes: classes, colors, backgrounds, what goes with what, and the presets.

Rows of the tables follow `CLASSES`, columns follow `BACKGROUNDS` or `COLORS`; each row sums to 1.
"""

from dataclasses import dataclass

import numpy as np

VERSION = 1  # part of every cache key: raise it whenever a picture changes

CLASSES = ("car", "boat", "plane", "house", "tree", "fish", "flower", "mushroom", "cat", "balloon")

COLORS = {
    "red": (205, 45, 45),
    "orange": (235, 135, 40),
    "yellow": (235, 205, 60),
    "green": (60, 150, 65),
    "blue": (50, 95, 195),
    "purple": (130, 65, 165),
    "pink": (230, 140, 175),
    "brown": (130, 85, 50),
    "white": (232, 232, 226),
    "gray": (135, 135, 138),
    "black": (45, 42, 45),
}
COLOR_NAMES = tuple(COLORS)
COLOR_RGB = np.array(list(COLORS.values()), np.float32) / 255  # (11, 3)


@dataclass(frozen=True)
class Background:
    """Two color ramps that meet at a horizon; heights run from 0 (top edge) to 1 (bottom edge)."""

    top: tuple[float, float, float]
    above_horizon: tuple[float, float, float]
    below_horizon: tuple[float, float, float]
    bottom: tuple[float, float, float]
    horizon: tuple[float, float]  # lowest and highest height; beyond 1 there is no ground


BACKGROUNDS = {
    "sky": Background((0.35, 0.58, 0.88), (0.75, 0.87, 0.97), (0.70, 0.80, 0.90), (0.80, 0.88, 0.95), (1.20, 1.50)),
    "sea": Background((0.45, 0.65, 0.90), (0.85, 0.85, 0.85), (0.15, 0.38, 0.58), (0.10, 0.25, 0.45), (0.35, 0.65)),
    "meadow": Background((0.50, 0.70, 0.92), (0.85, 0.90, 0.95), (0.45, 0.62, 0.28), (0.30, 0.48, 0.18), (0.30, 0.65)),
    "street": Background((0.62, 0.68, 0.75), (0.70, 0.65, 0.60), (0.45, 0.45, 0.47), (0.30, 0.30, 0.32), (0.40, 0.70)),
    "underwater": Background((0.10, 0.45, 0.60), (0.05, 0.30, 0.50), (0.05, 0.25, 0.42), (0.35, 0.38, 0.30), (0.80, 1.30)),
    "forest": Background((0.15, 0.28, 0.15), (0.20, 0.35, 0.18), (0.25, 0.22, 0.12), (0.18, 0.14, 0.08), (0.45, 0.80)),
    "room": Background((0.78, 0.70, 0.60), (0.72, 0.62, 0.52), (0.48, 0.32, 0.22), (0.40, 0.26, 0.18), (0.55, 0.85)),
    "night": Background((0.04, 0.05, 0.14), (0.12, 0.12, 0.25), (0.08, 0.10, 0.10), (0.05, 0.06, 0.06), (0.50, 1.00)),
}
BACKGROUND_NAMES = tuple(BACKGROUNDS)

TYPICAL_BACKGROUND = np.array([
    # sky   sea meadow street under forest room night
    [0.00, 0.02, 0.10, 0.70, 0.00, 0.03, 0.00, 0.15],  # car
    [0.05, 0.85, 0.00, 0.00, 0.00, 0.00, 0.00, 0.10],  # boat
    [0.80, 0.10, 0.00, 0.00, 0.00, 0.00, 0.00, 0.10],  # plane
    [0.05, 0.05, 0.45, 0.25, 0.00, 0.10, 0.00, 0.10],  # house
    [0.10, 0.00, 0.50, 0.05, 0.00, 0.30, 0.00, 0.05],  # tree
    [0.00, 0.15, 0.00, 0.00, 0.80, 0.00, 0.05, 0.00],  # fish
    [0.00, 0.00, 0.50, 0.00, 0.00, 0.20, 0.30, 0.00],  # flower
    [0.00, 0.00, 0.25, 0.00, 0.00, 0.70, 0.00, 0.05],  # mushroom
    [0.00, 0.00, 0.15, 0.15, 0.00, 0.00, 0.60, 0.10],  # cat
    [0.65, 0.05, 0.20, 0.00, 0.00, 0.00, 0.00, 0.10],  # balloon
])

TYPICAL_COLOR = np.array([
    # red orange yellow green blue purple pink brown white gray black
    [0.25, 0.05, 0.10, 0.05, 0.20, 0.00, 0.00, 0.00, 0.10, 0.15, 0.10],  # car
    [0.20, 0.10, 0.05, 0.05, 0.15, 0.00, 0.00, 0.15, 0.25, 0.05, 0.00],  # boat
    [0.10, 0.05, 0.05, 0.00, 0.15, 0.00, 0.00, 0.00, 0.40, 0.25, 0.00],  # plane
    [0.15, 0.15, 0.15, 0.00, 0.05, 0.00, 0.10, 0.15, 0.20, 0.05, 0.00],  # house
    [0.05, 0.15, 0.05, 0.65, 0.00, 0.00, 0.05, 0.05, 0.00, 0.00, 0.00],  # tree
    [0.15, 0.30, 0.20, 0.05, 0.15, 0.05, 0.05, 0.00, 0.00, 0.05, 0.00],  # fish
    [0.25, 0.10, 0.15, 0.00, 0.05, 0.15, 0.20, 0.00, 0.10, 0.00, 0.00],  # flower
    [0.45, 0.10, 0.05, 0.00, 0.00, 0.05, 0.05, 0.25, 0.05, 0.00, 0.00],  # mushroom
    [0.00, 0.30, 0.05, 0.00, 0.00, 0.00, 0.00, 0.20, 0.15, 0.15, 0.15],  # cat
    [0.30, 0.15, 0.15, 0.05, 0.15, 0.10, 0.10, 0.00, 0.00, 0.00, 0.00],  # balloon
])

# Never seen in train, val or test of any preset; the split "held-out" holds nothing else. Each color once.
HELD_OUT = (
    ("car", "green"), ("boat", "brown"), ("plane", "yellow"), ("house", "pink"), ("tree", "orange"), ("fish", "red"),
    ("flower", "purple"), ("mushroom", "white"), ("cat", "gray"), ("balloon", "blue"), ("car", "black"),
)
IS_HELD_OUT = np.zeros((len(CLASSES), len(COLORS)), bool)
for _class, _color in HELD_OUT:
    IS_HELD_OUT[CLASSES.index(_class), COLOR_NAMES.index(_color)] = True

SIZES = {"small": (0.26, 0.31), "medium": (0.35, 0.41), "big": (0.46, 0.54)}  # half width of one object among several

SPLITS = ("train", "val", "test", "held-out")


@dataclass(frozen=True)
class Preset:
    """How hard the pictures are. Lengths are in units of half the picture, light and noise in units of full white."""

    typical_background: float  # chance that the background is one of the class's usual ones, else any
    typical_color: float  # the same for the color
    scale: tuple[float, float]  # half width of the object, smallest and largest
    shift: float  # how far the object may leave the picture's edge
    turn: float  # standard deviation of the rotation, radians
    clutter: int  # at most so many shapes behind the object
    occlusion: float  # chance of a shape in front of it
    color_jitter: float  # how far object colors stray, relative
    hue_jitter: float  # how far background colors stray
    texture: float  # strength of the blotches
    light: float  # strongest side light
    contrast: tuple[float, float]  # lowest and highest
    exposure: float  # standard deviation of the brightness
    blur: float  # strongest mix with a 3x3 blur
    noise: float  # noise of each pixel


PRESETS = {
    "default": Preset(
        typical_background=0.56, typical_color=0.58, scale=(0.58, 0.97), shift=0.13, turn=0.20, clutter=2, occlusion=0.35,
        color_jitter=0.09, hue_jitter=0.06, texture=0.09, light=0.35, contrast=(0.65, 1.1), exposure=0.08, blur=0.5, noise=0.03,
    ),
    "hard": Preset(
        typical_background=0.56, typical_color=0.54, scale=(0.52, 0.97), shift=0.18, turn=0.30, clutter=3, occlusion=0.42,
        color_jitter=0.10, hue_jitter=0.07, texture=0.10, light=0.40, contrast=(0.60, 1.1), exposure=0.08, blur=0.5, noise=0.035,
    ),
    "clean": Preset(
        typical_background=0.90, typical_color=0.80, scale=(0.72, 0.92), shift=0.0, turn=0.08, clutter=0, occlusion=0.0,
        color_jitter=0.04, hue_jitter=0.02, texture=0.02, light=0.15, contrast=(1.0, 1.0), exposure=0.0, blur=0.0, noise=0.0,
    ),
}
