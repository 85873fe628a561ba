"""The ten object models. Each draws itself with a `Pen`, back parts first, about 2 wide and 2 high around (0, 0), y down.

A new class is a new function here, its name in `CLASSES` and a row in the tables of `world`.
"""

import numpy as np

from .draws import Draws
from .shapes import circle, ellipse, inside_both, inside_either, polygon, rectangle, segment, shrink

BLACK = (0.05, 0.05, 0.05)
CREAM = (0.88, 0.82, 0.70)
GLASS = (0.70, 0.82, 0.90)
LEAF = (0.20, 0.50, 0.18)
WHITE = (0.95, 0.95, 0.95)
WOOD = (0.38, 0.26, 0.15)


class Pen:
    """Paints the parts of one object per image: N objects of one class at once, each on its own sheet."""

    def __init__(self, draws: Draws, at, pixels_per_unit, main, accent):
        self.draws = draws
        self.at = at  # (x, y), each (N, S, S): the object's own coordinates
        self.main = main  # (N, 3)
        self.accent = accent  # (N, 3)
        self._pixels_per_unit = pixels_per_unit  # (N, 1, 1)
        self.mask = np.zeros(at[0].shape, np.float32)  # how much of each pixel is covered, (N, S, S)
        self.ink = np.zeros((len(main), 3, *at[0].shape[1:]), np.float32)  # colors times mask, (N, 3, S, S)

    def fill(self, distance, color, where=None) -> None:
        """Paint where the signed distance is negative, with soft edges; `where` (N, 1, 1) leaves the part out of some images."""
        cover = np.clip(0.5 - distance * self._pixels_per_unit, 0, 1)
        if where is not None:
            cover *= where
        self.ink += (color[:, :, None, None] - self.ink) * cover[:, None]
        np.maximum(self.mask, cover, out=self.mask)

    def between(self, name: str, low: float, high: float) -> np.ndarray:
        return self.draws.uniform(name, low, high)[:, None, None]

    def maybe(self, name: str, probability: float) -> np.ndarray:
        return self.draws.chance(name, probability)[:, None, None]

    def shade(self, name: str, color, amount: float = 0.05) -> np.ndarray:
        """The color, a little different in each image; a triple or (N, 3) in, (N, 3) out."""
        return stray(self.draws, name, np.broadcast_to(np.float32(color), self.main.shape), amount)


def stray(draws: Draws, name: str, color: np.ndarray, amount: float) -> np.ndarray:
    """Colors (N, 3) with brightness and hue moved by about `amount`, clipped to [0, 1]."""
    brighter = 1 + amount * draws.normal(name + " brightness", 1)
    return np.clip(color * brighter + 0.6 * amount * draws.normal(name + " hue", 3), 0, 1)


def car(pen: Pen) -> None:
    at = pen.at
    half_height = pen.between("body height", 0.20, 0.34)
    cabin = pen.between("cabin position", -0.25, 0.25)
    roof = -pen.between("roof height", 0.30, 0.62)
    wheel = pen.between("wheel radius", 0.17, 0.26)
    glass_top = roof + 0.1
    glass = pen.shade("glass", GLASS)
    pen.fill(rectangle(at, (0, 0.2), (0.95, half_height)), pen.main)
    pen.fill(polygon(at, (cabin - 0.35, roof), (cabin + 0.30, roof), (cabin + 0.52, 0.02), (cabin - 0.58, 0.02)), pen.main)
    for top_left, top_right, bottom_right, bottom_left in ((-0.28, -0.02, -0.02, -0.42), (0.06, 0.25, 0.38, 0.06)):
        top_corners = (cabin + top_left, glass_top), (cabin + top_right, glass_top)
        pen.fill(polygon(at, *top_corners, (cabin + bottom_right, -0.02), (cabin + bottom_left, -0.02)), glass)
    tyre, hub = pen.shade("tyre", (0.10, 0.10, 0.11)), pen.shade("hub", (0.60, 0.60, 0.62))
    for x in (-0.55, 0.55):
        axle = (x, 0.2 + half_height)
        pen.fill(circle(at, axle, wheel), tyre)
        pen.fill(circle(at, axle, 0.42 * wheel), hub)


def boat(pen: Pen) -> None:
    at = pen.at
    depth = pen.between("hull depth", 0.30, 0.55)
    mast = pen.between("mast position", -0.20, 0.15)
    top = -pen.between("mast height", 0.70, 0.95)
    sails = pen.maybe("sails", 0.65)
    jib = sails & pen.maybe("jib", 0.6)
    pen.fill(rectangle(at, (mast, -0.3), (0.035, -0.62 * top)), pen.shade("mast", (0.35, 0.25, 0.15)), where=sails)
    pen.fill(polygon(at, (mast + 0.06, top), (mast + 0.75, 0.08), (mast + 0.06, 0.08)), pen.accent, where=sails)
    pen.fill(polygon(at, (mast - 0.06, 0.8 * top), (mast - 0.06, 0.08), (mast - 0.50, 0.08)), pen.accent, where=jib)
    pen.fill(rectangle(at, (mast, -0.02), (0.45, 0.22)), pen.accent, where=~sails)  # a motor boat's cabin
    pen.fill(rectangle(at, (mast - 0.2, -0.38), (0.09, 0.20)), pen.shade("funnel", (0.2, 0.2, 0.2)), where=~sails)
    pen.fill(polygon(at, (-0.95, 0.15), (0.95, 0.15), (0.62, 0.15 + depth), (-0.70, 0.15 + depth)), pen.main)


def plane(pen: Pen) -> None:
    """Seen from above, nose to the right."""
    at = pen.at
    span = pen.between("wing span", 0.75, 1.00)
    sweep = pen.between("wing sweep", 0.05, 0.50)
    body = pen.between("body radius", 0.11, 0.18)
    for side in (-1, 1):
        pen.fill(polygon(at, (0.28, 0), (-0.12 - sweep, side * span), (-0.38 - sweep, side * span), (-0.25, 0)), pen.accent)
        pen.fill(polygon(at, (-0.60, 0), (-0.85, 0.38 * side), (-1.00, 0.38 * side), (-0.92, 0)), pen.accent)
    pen.fill(segment(at, (-0.85, 0), (0.80, 0), body), pen.main)
    pen.fill(circle(at, (0.72, 0), 0.6 * body), pen.shade("cockpit", (0.20, 0.25, 0.35)))


def house(pen: Pen) -> None:
    at = pen.at
    half_width = pen.between("width", 0.55, 0.85)
    half_height = pen.between("height", 0.30, 0.50)
    gable = -pen.between("gable height", 0.40, 0.70)
    door = half_width * pen.between("door position", -0.3, 0.3)
    chimney = pen.maybe("chimney", 0.6)
    brick, oak = pen.shade("brick", (0.45, 0.25, 0.20)), pen.shade("door", (0.30, 0.18, 0.10))
    pen.fill(rectangle(at, (0.5 * half_width, 0.8 * gable - 0.1), (0.09, 0.25)), brick, where=chimney)
    pen.fill(rectangle(at, (0, half_height + 0.05), (half_width, half_height + 0.05)), pen.main)
    pen.fill(polygon(at, (0, gable - 0.1), (half_width + 0.15, 0.05), (-half_width - 0.15, 0.05)), pen.accent)
    pen.fill(rectangle(at, (door, 0.12 + 1.4 * half_height), (0.13, 0.6 * half_height)), oak)
    lamplight = pen.shade("window", (0.85, 0.85, 0.55), 0.1)
    for side in (-0.6, 0.6):
        window = side * half_width
        clear_of_door = np.abs(window - door) > 0.26
        pen.fill(rectangle(at, (window, 0.1 + 0.6 * half_height), (0.12, 0.12)), lamplight, where=clear_of_door)


def tree(pen: Pen) -> None:
    at = pen.at
    fir = pen.maybe("fir", 0.5)
    trunk = pen.between("trunk width", 0.07, 0.14)
    spread = pen.between("spread", 0.42, 0.60)
    pen.fill(rectangle(at, (0, 0.6), (trunk, 0.42)), pen.shade("trunk", WOOD))
    for i in range(3):
        top, foot, half = -1 + 0.36 * i, -0.30 + 0.36 * i, spread * (0.62 + 0.22 * i)
        pen.fill(polygon(at, (0, top), (half, foot), (-half, foot)), pen.shade(f"branches {i}", pen.main, 0.06), where=fir)
    for i in range(4):
        center = pen.between(f"leaves {i} x", -0.35, 0.35), pen.between(f"leaves {i} y", -0.65, 0.05)
        radius = pen.between(f"leaves {i} radius", 0.30, 0.48)
        pen.fill(circle(at, center, radius), pen.shade(f"leaves {i}", pen.main, 0.06), where=~fir)


def fish(pen: Pen) -> None:
    """Swimming to the right."""
    at = pen.at
    half_length = pen.between("length", 0.55, 0.75)
    half_height = pen.between("height", 0.26, 0.46)
    striped = pen.maybe("stripes", 0.5)
    pen.fill(polygon(at, (-0.42, 0), (-1.00, 0.42), (-1.00, -0.42)), pen.accent)  # tail
    fin = polygon(at, (-0.1, -0.8 * half_height), (0.3, -0.8 * half_height), (-0.2, -half_height - 0.28))
    pen.fill(fin, pen.accent)
    body = ellipse(at, (0.1, 0), (half_length, half_height))
    pen.fill(body, pen.main)
    for x in (-0.15, 0.20):
        stripe = np.abs(at[0] - x) - 0.06
        pen.fill(inside_both(shrink(body, 0.03), stripe), pen.accent, where=striped)
    pen.fill(circle(at, (0.45, -0.08), 0.09), pen.shade("eye", WHITE, 0))
    pen.fill(circle(at, (0.47, -0.08), 0.05), pen.shade("pupil", BLACK, 0))


def flower(pen: Pen) -> None:
    at = pen.at
    petals = np.round(pen.between("petals", 4.6, 8.4))
    radius = pen.between("radius", 0.36, 0.46)
    depth = pen.between("petal depth", 0.10, 0.20)
    foot = pen.between("stem bend", -0.25, 0.25)
    head_y = -0.35
    green = pen.shade("leaf", LEAF, 0.1)
    pen.fill(segment(at, (0, 0), (foot, 1.0), 0.05), green)
    pen.fill(ellipse(at, (0.5 * foot + 0.24, 0.45), (0.24, 0.10)), green, where=pen.maybe("right leaf", 0.7))
    pen.fill(ellipse(at, (0.5 * foot - 0.22, 0.62), (0.22, 0.10)), green, where=pen.maybe("left leaf", 0.6))
    x, y = at
    angle = np.arctan2(y - head_y, x)
    pen.fill(circle(at, (0, head_y), radius) - depth * np.cos(petals * angle), pen.main)
    pen.fill(circle(at, (0, head_y), 0.42 * radius), pen.accent)


def mushroom(pen: Pen) -> None:
    at = pen.at
    cap_width = pen.between("cap width", 0.65, 0.95)
    cap_height = pen.between("cap height", 0.50, 0.80)
    stem = pen.between("stem width", 0.16, 0.30)
    spotted = pen.maybe("spots", 0.6)
    cream = pen.shade("stem", CREAM)
    pen.fill(rectangle(at, (0, 0.4), (stem, 0.45)), cream)
    pen.fill(ellipse(at, (0, 0.85), (1.15 * stem, 0.14)), cream)
    cap = inside_both(ellipse(at, (0, 0.08), (cap_width, cap_height)), at[1] - 0.1)
    pen.fill(cap, pen.main)
    for i in range(4):
        center = pen.between(f"spot {i} x", -0.6, 0.6), pen.between(f"spot {i} y", -0.5, 0.0)
        spot = circle(at, center, pen.between(f"spot {i} radius", 0.07, 0.14))
        pen.fill(inside_both(spot, shrink(cap, 0.02)), cream, where=spotted)


def cat(pen: Pen) -> None:
    """A cat's head."""
    at = pen.at
    half_width = pen.between("width", 0.58, 0.78)
    half_height = pen.between("height", 0.48, 0.62)
    ear = pen.between("ear height", 0.20, 0.38)
    pink = pen.shade("inner ear", (0.85, 0.60, 0.60))
    for side in (-1, 1):
        x, y = side * half_width, -half_height
        pen.fill(polygon(at, (0.25 * x, 0.7 * y), (0.75 * x, y - ear), (0.98 * x, 0.1 * y)), pen.main)
        pen.fill(polygon(at, (0.45 * x, 0.8 * y), (0.72 * x, y - 0.6 * ear), (0.85 * x, 0.4 * y)), pink)
    pen.fill(ellipse(at, (0, 0.05), (half_width, half_height)), pen.main)
    muzzle = ellipse(at, (0, 0.3), (0.5 * half_width, 0.4 * half_height))
    pen.fill(muzzle, pen.shade("muzzle", (0.90, 0.88, 0.84)), where=pen.maybe("muzzle", 0.5))
    iris = np.where(pen.maybe("yellow eyes", 0.5)[:, 0], np.array((0.75, 0.80, 0.20), np.float32), np.array((0.30, 0.65, 0.50), np.float32))
    for side in (-1, 1):
        eye = (0.42 * side * half_width, -0.05)
        pen.fill(ellipse(at, eye, (0.13, 0.11)), iris)
        pen.fill(ellipse(at, eye, (0.05, 0.11)), pen.shade("pupil", BLACK, 0))
    pen.fill(polygon(at, (-0.09, 0.2), (0.09, 0.2), (0, 0.3)), pen.shade("nose", (0.50, 0.25, 0.28)))


def balloon(pen: Pen) -> None:
    """A hot-air balloon."""
    at = pen.at
    radius = pen.between("radius", 0.52, 0.68)
    stretch = pen.between("stretch", 0.90, 1.25)
    pleats = pen.between("pleats", 3.5, 7.0)
    striped = pen.maybe("stripes", 0.7)
    for side in (-1, 1):
        pen.fill(segment(at, (0.12 * side, 0.45), (0.10 * side, 0.80), 0.025), pen.shade("rope", (0.30, 0.25, 0.20), 0))
    skirt = polygon(at, (-0.8 * radius, -0.1), (0.8 * radius, -0.1), (0.14, 0.5), (-0.14, 0.5))
    envelope = inside_either(ellipse(at, (0, -0.35), (radius, 0.95 * radius * stretch)), skirt)
    pen.fill(envelope, pen.main)
    x, y = at
    height = (y + 0.35) / (1.3 * radius * stretch)
    longitude = x / (np.sqrt(np.maximum(1 - height**2, 0.05)) * radius)  # pleats run together at the top
    pen.fill(inside_both(envelope, 0.08 * np.cos(pleats * longitude)), pen.accent, where=striped)
    pen.fill(rectangle(at, (0, 0.85), (0.15, 0.12)), pen.shade("basket", (0.50, 0.35, 0.20)))


MODELS = (car, boat, plane, house, tree, fish, flower, mushroom, cat, balloon)  # in the order of CLASSES
