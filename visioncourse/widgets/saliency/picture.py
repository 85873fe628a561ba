"""Maps over a photograph, and the picture of a saliency explorer.

maps.js computes the same pixels; tests/widgets/test_saliency.py keeps both equal.
"""

import numpy as np

from ..shared.png import plain_figure, to_png

SIDE = 224
# Colours at even steps from -1 (hiding it would help) over 0 (nothing) to 1 (evidence).
PALETTE = ("#cfe8ff", "#55a5ee", "#004488", "#000000", "#a33c00", "#f78a2b", "#fff3b0")


def shade(values: np.ndarray) -> np.ndarray:
    """A map in steps of 1 / 127 from -1 to 1, (h, w) int8, where 1 is its 98th percentile; -128 where it is nan."""
    known = np.abs(values[np.isfinite(values)])
    most = np.percentile(known, 98) if known.size else 0
    shares = np.clip(values / most, -1, 1) if most > 0 else np.where(np.isfinite(values), 0.0, np.nan)
    return np.where(np.isfinite(shares), np.rint(127 * shares), -128).astype(np.int8)


def enlarge(shades: np.ndarray, box: tuple[int, int] | None = None) -> np.ndarray:
    """Shades (h, h) int8 on the photograph's pixels, (224, 224) from -1 to 1, nan where nothing is known.

    box: (left, cell) where each number stands for a square of `cell` pixels and the first begins at `left`; else the numbers are
    spread over the whole photograph and what lies between them is interpolated.
    """
    n, at = len(shades), np.arange(SIDE)
    values = np.where(shades == -128, np.nan, shades / 127)
    if box:
        left, cell = box
        place = (at - left) // cell
        inside = (place >= 0) & (place < n)
        place = place.clip(0, n - 1)
        return np.where(inside[:, None] & inside, values[place][:, place], np.nan)
    place = ((at + 0.5) * n / SIDE - 0.5).clip(0, n - 1)
    low = np.floor(place).astype(int)
    high, part = np.minimum(low + 1, n - 1), place - low
    rows = values[low] * (1 - part)[:, None] + values[high] * part[:, None]
    return rows[:, low] * (1 - part) + rows[:, high] * part


def colours(values: np.ndarray) -> np.ndarray:
    """Colours (..., 3), 0 to 255, of values from -1 to 1; nan is black."""
    stops = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in PALETTE], float)
    place = (np.nan_to_num(values) + 1) / 2 * (len(stops) - 1)
    low = np.minimum(np.floor(place).astype(int), len(stops) - 2)
    part = (place - low)[..., None]
    return stops[low] * (1 - part) + stops[low + 1] * part


def overlay(photo: np.ndarray, values: np.ndarray, opacity: float) -> np.ndarray:
    """The photograph (224, 224, 3) uint8 under its map (224, 224), and the grayer the less the map lets through; nan lets all through."""
    gray, share = (photo @ [0.3, 0.59, 0.11])[..., None], np.where(np.isnan(values), 0, opacity)[..., None]
    under = photo + (gray - photo) * min(1, 2 * opacity)
    return np.rint(under * (1 - share) + colours(values) * share).astype(np.uint8)


def draw(photo: np.ndarray, maps: list[np.ndarray], captions: list[str], opacity: float, top: list, label: int, title: str) -> bytes:
    """PNG of the photograph, the same under each of its maps, and the likeliest classes [label, name, probability] as bars."""
    panels = [photo, *(overlay(photo, values, opacity) for values in maps)]
    with plain_figure(220 + 260 * len(panels), 330) as figure:
        figure.suptitle(title, fontsize=11)
        axes = figure.subplots(1, len(panels) + 1, gridspec_kw={"left": 0.01, "right": 0.985, "top": 0.8, "bottom": 0.04, "wspace": 0.05,
                                                               "width_ratios": [1] * len(panels) + [0.85]})
        for ax, panel, caption in zip(axes[:-1], panels, ["photograph", *captions], strict=True):
            ax.imshow(panel)
            ax.set_title(caption, fontsize=9)
            ax.axis("off")
        bars = axes[-1]
        colors = ["#f78a2b" if n == label else "#9ab" for n, _, _ in top]
        bars.barh(range(len(top)), [share for _, _, share in top], height=0.28, color=colors)
        for i, (_, name, share) in enumerate(top):
            bars.text(0, i - 0.22, f"{name}, {share:.1%}", fontsize=9, va="bottom")
        bars.set(xlim=(0, 1), ylim=(len(top) - 0.5, -0.9))
        bars.set_title("likeliest classes", fontsize=9)
        bars.set_box_aspect(1 / 0.85)
        bars.axis("off")
        return to_png(figure)
