"""Convolution as networks do it (the kernel is not turned round), and the picture of one of its places.

cells.js computes the same numbers; tests/widgets/test_convolution.py keeps both equal to torch.
"""

import numpy as np

from ..shared.png import plain_figure, to_png

BLUE, ORANGE = "#004488", "#EE7733"


def places(side: int, K: int, stride: int, padding: int, dilation: int) -> tuple[int, int]:
    """On how many places along a side the kernel fits, and how many rows after the last place it never looks at."""
    room = side + 2 * padding - dilation * (K - 1) - 1
    return (room // stride + 1, room % stride) if room >= 0 else (0, 0)


def convolve(image: np.ndarray, kernel: np.ndarray, stride: int, padding: int, dilation: int) -> np.ndarray:
    """The map (h, w) of an image (H, W) under a kernel (K, K); (0, 0) where the kernel fits nowhere."""
    K = len(kernel)
    h, w = (places(side, K, stride, padding, dilation)[0] for side in image.shape)
    if not h or not w:
        return np.zeros((0, 0))
    padded, out = np.pad(image.astype(float), padding), np.zeros((h, w))
    for r, c in np.ndindex(K, K):
        out += kernel[r, c] * padded[r * dilation :, c * dilation :][: (h - 1) * stride + 1 : stride, : (w - 1) * stride + 1 : stride]
    return out


def stack(image: np.ndarray, kernel: np.ndarray, layers: int, **how: int) -> list[np.ndarray]:
    """The image and what each layer makes of the one before."""
    maps = [image.astype(float)]
    for _ in range(layers):
        maps.append(convolve(maps[-1], kernel, **how))
    return maps


def sizes(shape: tuple[int, int], layers: int, K: int, **how: int) -> list[tuple[int, int]]:
    """The shape of the picture and of what each layer makes of it."""
    shapes = [shape]
    for _ in range(layers):
        height, width = (places(side, K, **how)[0] for side in shapes[-1])
        shapes.append((height, width))
    return shapes


def formula(heights: list[int], K: int, stride: int, padding: int, dilation: int) -> str:
    """The height of each layer's output with the numbers filled in, and what does not fit; heights: of what each layer gets."""
    told: list[str] = []
    for n, height in enumerate(heights, 1):
        room = f"{height} + 2·{padding} - {dilation}·({K} - 1) - 1"
        out, rest = places(height, K, stride, padding, dilation)
        if not out:
            return "; ".join([*told, f"height {room} is below 0, so that the kernel fits nowhere in layer {n}"])
        short = f" (the stride does not fit: {rest} left over at the end)" if rest else ""
        told.append(f"height ⌊({room}) / {stride}⌋ + 1 = {out}{short}")
    return "; ".join(told)


def footprint(row: int, layers: int, K: int, stride: int, padding: int, dilation: int) -> list[tuple[int, int]]:
    """From which first to which last row of each map, the picture first, one row of the last map is made."""
    spans = [(row, row)]
    for _ in range(layers):
        first, last = spans[0]
        spans.insert(0, (first * stride - padding, last * stride - padding + dilation * (K - 1)))
    return spans


def draw(maps: list[np.ndarray], kernel: np.ndarray, at: tuple[int, int], most: float, title: str, said: str, how: dict) -> bytes:
    """PNG of the picture with what one cell sees, of the products of its last window, and of the output."""
    K, layers, fits = len(kernel), len(maps) - 1, maps[-1].size > 0
    with plain_figure(1000, 400) as figure:
        figure.suptitle(title, fontsize=12)
        left, middle, right = figure.subplots(1, 3, gridspec_kw={"left": 0.02, "right": 0.98, "top": 0.84, "bottom": 0.12, "wspace": 0.06})
        show(left, maps[0], most, how["padding"])
        left.set_title(f"picture, {maps[0].shape[0]} x {maps[0].shape[1]}, padding {how['padding']}", fontsize=10)
        middle.set(xlim=(-0.5, K - 0.5), ylim=(K - 0.5, -0.5), aspect="equal")
        middle.axis("off")
        figure.text(0.5, 0.045, said, ha="center", fontsize=10)
        if fits:
            show(right, maps[-1], None, 0)
            rows, columns = (footprint(place, layers, K, **how) for place in at)
            outline(left, rows[0], columns[0])
            outline(right, (at[0],) * 2, (at[1],) * 2)
            padded, reach = np.pad(maps[-2], how["padding"]), how["dilation"] * (K - 1) + 1
            top, side = at[0] * how["stride"], at[1] * how["stride"]
            window = padded[top : top + reach : how["dilation"], side : side + reach : how["dilation"]]
            products = window * kernel
            middle.imshow(products, cmap=signed(), vmin=-(np.abs(products).max() or 1), vmax=np.abs(products).max() or 1)
            for r, c in np.ndindex(K, K):
                factor, weight, product = float(window[r, c]), float(kernel[r, c]), float(products[r, c])
                dark = product < -0.6 * np.abs(products).max()
                text = f"{short(factor)}\n× {short(weight)}\n= {short(product)}"
                middle.text(c, r, text, ha="center", va="center", fontsize=10 if K == 3 else 7, color="white" if dark else "black")
            middle.set_title(f"window × kernel, summed: {short(products.sum())}", fontsize=10)
        right.set_title(f"output of layer {layers}, {maps[-1].shape[0]} x {maps[-1].shape[1]}", fontsize=10)
        right.axis("off")
        return to_png(figure)


def show(ax, values: np.ndarray, most: float | None, padding: int) -> None:
    """A map in gray from 0 to most, or in blue (below 0) and orange (above) where it has a sign; its padding in pale gray."""
    h, w = values.shape
    if values.min() < 0:
        reach = np.abs(values).max()
        ax.imshow(values, cmap=signed(), vmin=-reach, vmax=reach, interpolation="nearest")
    else:
        ax.imshow(values, cmap="gray", vmin=0, vmax=most or values.max() or 1, interpolation="nearest")
    ax.set(xlim=(-padding - 0.5, w + padding - 0.5), ylim=(h + padding - 0.5, -padding - 0.5), xticks=[], yticks=[])
    ax.set_facecolor("#e8edf5")


def outline(ax, rows: tuple[int, int], columns: tuple[int, int]) -> None:
    """A frame round the cells from the first to the last row and column."""
    (top, bottom), (left, right) = rows, columns
    corners = np.array([(left, top), (right + 1, top), (right + 1, bottom + 1), (left, bottom + 1), (left, top)]) - 0.5
    ax.plot(*corners.T, color="white", lw=4, clip_on=False)
    ax.plot(*corners.T, color="#C8102E", lw=2, clip_on=False)


def signed():
    """Colours from blue over white to orange."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("signed", [BLUE, "white", ORANGE])


def short(value: float) -> str:
    """A number in at most four digits or so; whole numbers without a point."""
    return f"{value:.0f}" if value == round(value) or abs(value) >= 1000 else f"{value:.3g}"
