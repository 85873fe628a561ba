"""A part of a photograph looked for in the same photograph under less light, by pixels or by histograms of edges.

view.js computes the same; tests/widgets/test_pixels.py keeps the two equal.
"""

import numpy as np

from ..shared.photos import SIDE
from ..shared.png import plain_figure, to_png

BOX, CELL, BINS = 24, 8, 8  # pixels along the box and a cell; directions from 0 to 180 degrees
MOST = SIDE - BOX  # the last row and column of the box
WAYS = ("pixels", "edges")
BLUE, ORANGE = "#004488", "#EE7733"


def dimmed(gray: np.ndarray, light: float) -> np.ndarray:
    """Bytes (H, W) as a camera would store them with this share of the light, 0 to 1."""
    return np.floor(gray * light).astype(np.uint8)


def slopes(gray: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Length of the slope and number of its direction, 0 to BINS - 1, at each pixel; 0 across the border."""
    gx, gy = np.zeros(gray.shape), np.zeros(gray.shape)
    gx[:, 1:-1] = gray[:, 2:].astype(float) - gray[:, :-2]
    gy[1:-1] = gray[2:].astype(float) - gray[:-2]
    return np.hypot(gx, gy), np.floor(np.arctan2(gy, gx) % np.pi / np.pi * BINS).astype(int) % BINS


def histograms(gray: np.ndarray) -> np.ndarray:
    """For every place a cell fits, the summed length of the slopes in each direction: (H - 7, W - 7, BINS)."""
    length, number = slopes(gray)
    S = np.pad(np.eye(BINS)[number] * length[:, :, None], ((1, 0), (1, 0), (0, 0))).cumsum(axis=0).cumsum(axis=1)
    return S[CELL:, CELL:] - S[:-CELL, CELL:] - S[CELL:, :-CELL] + S[:-CELL, :-CELL]


def descriptions(gray: np.ndarray, by: str) -> np.ndarray:
    """For every place the box fits, what it looks like: its pixels, or the histograms of its 3 x 3 cells scaled to length 1."""
    if by == "pixels":
        return np.lib.stride_tricks.sliding_window_view(gray.astype(float), (BOX, BOX)).reshape(SIDE - BOX + 1, SIDE - BOX + 1, -1)
    h, n = histograms(gray), SIDE - BOX + 1
    cells = [h[i : i + n, j : j + n] for i in range(0, BOX, CELL) for j in range(0, BOX, CELL)]
    joined = np.concatenate(cells, axis=2)
    return joined / np.maximum(np.linalg.norm(joined, axis=2, keepdims=True), 1e-9)


def unlikeness(gray: np.ndarray, row: int, column: int, light: float, by: str) -> np.ndarray:
    """Squared distance between the box at (row, column) and every box of the dimmed photograph, (105, 105)."""
    part, others = descriptions(gray, by)[row, column], descriptions(dimmed(gray, light), by)
    return np.maximum((others**2).sum(axis=2) - 2 * others @ part + part @ part, 0).round(9)


def draw(gray, row, column, light, gaps, found, title) -> bytes:
    """PNG of photograph, edges, the part with the directions of its cells, the dimmed photograph, and where it looks alike."""
    alike = np.pad(-np.sqrt(gaps), ((BOX // 2, BOX // 2 - 1),) * 2, constant_values=-np.sqrt(gaps.max()))  # each box at its middle
    panels = {"pixels": gray, "edges": slopes(gray)[0], "part": gray[row : row + BOX, column : column + BOX],
              f"{light:.0%} of the light": dimmed(gray, light), "bright: looks alike": alike}
    with plain_figure(1000, 245) as figure:
        figure.suptitle(title, fontsize=11)
        grid = {"left": 0.01, "right": 0.99, "top": 0.8, "bottom": 0.02, "wspace": 0.04}
        axes = figure.subplots(1, 5, gridspec_kw=grid)
        for ax, (name, image) in zip(axes, panels.items(), strict=True):
            whole = {"vmin": 0, "vmax": 255} if image.dtype == np.uint8 else {}
            ax.imshow(image, cmap="gray", interpolation="nearest", **whole)
            ax.set_title(name, fontsize=10)
            ax.axis("off")
        here = (row, column)
        for n, (r, c), colour, style in ((0, here, BLUE, "-"), (1, here, BLUE, "-"), (3, here, BLUE, "-"), (3, found, ORANGE, "--")):
            corners = np.array([(c, r), (c + BOX, r), (c + BOX, r + BOX), (c, r + BOX), (c, r)]) - 0.5
            axes[n].plot(*corners.T, color="white", linewidth=3.5)
            axes[n].plot(*corners.T, style, color=colour, linewidth=2)
        axes[4].plot(found[1] + BOX // 2, found[0] + BOX // 2, "D", color=ORANGE, markeredgecolor="white")
        h = histograms(gray)[row : row + BOX : CELL, column : column + BOX : CELL]
        for i, j, b in np.argwhere(h > 0.1 * max(h.max(), 1)):
            angle, reach = np.pi * (b + 0.5) / BINS + np.pi / 2, 3.6 * h[i, j, b] / h.max()
            x, y, dx, dy = CELL * j + 3.5, CELL * i + 3.5, reach * np.cos(angle), reach * np.sin(angle)
            axes[2].plot([x - dx, x + dx], [y - dy, y + dy], color=ORANGE, linewidth=2)
        return to_png(figure)
