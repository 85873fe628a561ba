"""Pictures that many lessons draw: grids of images, confusion matrices, curves with error bars.

Each function returns a matplotlib Figure and leaves pyplot's state alone; shown as the last value of a cell, it appears once.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

COLORS = ("#004488", "#BB5566", "#DDAA33", "#228833", "#66CCEE", "#AA3377", "#777777")   # Paul Tol's, safe for colour-blind eyes
MARKERS = "osD^vPX"


class Picture(Figure):
    """A Figure that a notebook shows even where pyplot was never set up, with a sentence for those who cannot see it."""

    def describe(self) -> str:
        """One sentence about the picture: its title, or the titles of its parts."""
        titles = [self.get_suptitle(), *(ax.get_title() for ax in self.axes)]
        return "; ".join(" ".join(t.split()) for t in titles if t.strip())

    def _repr_png_(self) -> bytes:
        from io import BytesIO
        file = BytesIO()
        self.savefig(file, format="png", bbox_inches="tight")
        return file.getvalue()


def show_images(images: Any, labels: Sequence | None = None, columns: int = 10, title: str = "") -> Figure:
    """Pictures in a grid, in reading order, each with its label above it.

    images: N pictures as one array (N, H, W), (N, H, W, 1) or (N, H, W, 3), or as a list of arrays without the N;
    uint8 in [0, 255] or float in [0, 1], where a float outside is shown as the nearer end.
    labels: N strings or numbers. Raises ValueError for other shapes, dtypes or lengths.
    """
    pictures = [_picture(image, i) for i, image in enumerate(images)]
    if not pictures:
        raise ValueError("images is empty: show_images needs at least one picture")
    if labels is not None and len(labels) != len(pictures):
        raise ValueError(f"{len(labels)} labels for {len(pictures)} pictures: give one label per picture")
    if columns < 1:
        raise ValueError(f"columns={columns}: a grid needs at least one column")
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    side = min(max(10.5 / columns, 1.05), 2)
    text = 0.16 * max(str(label).count("\n") + 1 for label in labels) + 0.06 if labels is not None else 0.06
    figure, axes = _figure(rows, columns, size=(side * columns, (side + text) * rows + 0.35 * bool(title)), title=title)
    for ax in axes.flat:
        ax.axis("off")
    for i, (ax, picture) in enumerate(zip(axes.flat, pictures, strict=False)):
        ax.imshow(picture, cmap="gray", vmin=0, vmax=255 if picture.dtype == np.uint8 else 1, interpolation="nearest")
        if labels is not None:
            ax.set_title(str(labels[i]), fontsize=8, pad=3)
    return figure


def confusion(y_true: Any, y_pred: Any, classes: Sequence[str], title: str = "") -> Figure:
    """How often each class (row) was taken for each class (column), as counts, the colour showing the share of the row.

    y_true, y_pred: N whole numbers from 0 to len(classes) - 1. Raises ValueError for other values, shapes or lengths.
    """
    C = len(classes)
    truth, guess = _labels(y_true, "y_true", C), _labels(y_pred, "y_pred", C)
    if len(truth) != len(guess):
        raise ValueError(f"{len(truth)} true labels and {len(guess)} predicted ones: the lengths must agree")
    counts = np.zeros((C, C), dtype=int)
    np.add.at(counts, (truth, guess), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)

    side = 1.6 + 0.45 * C
    figure, axes = _figure(1, 1, size=(side, side), title=title)
    ax = axes[0, 0]
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    ax.set_xticks(range(C), classes, rotation=45, ha="right")
    ax.set_yticks(range(C), classes)
    ax.set(xlabel="predicted class", ylabel="true class")
    for row, column in np.argwhere(counts):
        shade = "white" if shares[row, column] > 0.5 else "black"
        ax.text(column, row, str(counts[row, column]), ha="center", va="center", color=shade, fontsize=8)
    return figure


def curves(series: Mapping[str, Any], x: Any = None, errors: Mapping[str, Any] | None = None,
           xlabel: str = "", ylabel: str = "", title: str = "") -> Figure:
    """One line per named sequence of numbers, over `x` (by default 0, 1, 2, ...), with error bars where `errors` has that name.

    series: name -> n numbers. x: n numbers for all series. errors: name -> n half lengths of the bars, not negative.
    Raises ValueError for empty or non-numeric input and for lengths that differ.
    """
    if not isinstance(series, Mapping) or not series:
        raise ValueError('curves needs a dictionary with at least one line, such as {"training loss": losses}')
    errors = errors or {}
    unknown = [name for name in errors if name not in series]
    if unknown:
        raise ValueError(f"errors for {unknown}, but the lines are {list(series)}")

    figure, axes = _figure(1, 1, size=(6.4, 3.8), title=title)
    ax = axes[0, 0]
    for i, (name, values) in enumerate(series.items()):
        y = _numbers(values, name)
        at = np.arange(len(y)) if x is None else _numbers(x, "x")
        bars = _numbers(errors[name], f"errors of {name}") if name in errors else None
        for what, array in (("x", at), ("errors", bars)):
            if array is not None and len(array) != len(y):
                raise ValueError(f"{name} has {len(y)} values but {what} has {len(array)}: the lengths must agree")
        if bars is not None and (bars < 0).any():
            raise ValueError(f"errors of {name} has a negative value, {bars.min():g}: give half lengths of the bars")
        ax.errorbar(at, y, yerr=bars, label=name, color=COLORS[i % len(COLORS)], capsize=3,
                    marker=MARKERS[i % len(MARKERS)] if len(y) <= 30 else None, markersize=4)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.grid(alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)
    if len(series) > 1:
        ax.legend(frameon=False)
    return figure


def _figure(rows: int, columns: int, size: tuple[float, float], title: str) -> tuple[Figure, np.ndarray]:
    figure = Picture(figsize=size, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    if title:
        figure.suptitle(title, fontsize=11)
    return figure, figure.subplots(rows, columns, squeeze=False)


def _picture(image: Any, i: int) -> np.ndarray:
    picture = np.asarray(image)
    if picture.ndim == 3 and picture.shape[2] == 1:
        picture = picture[:, :, 0]
    if not (picture.ndim == 2 or picture.ndim == 3 and picture.shape[2] == 3) or 0 in picture.shape:
        raise ValueError(f"picture {i} has shape {np.shape(image)}: it must be (H, W), (H, W, 1) or (H, W, 3)")
    if picture.dtype == np.bool_ or picture.dtype.kind == "f":
        picture = picture.astype(float)
        if not np.isfinite(picture).all():
            raise ValueError(f"picture {i} holds nan or infinite values")
        return picture.clip(0, 1)
    if picture.dtype == np.uint8:
        return picture
    raise ValueError(f"picture {i} has dtype {picture.dtype}: use uint8 from 0 to 255, or float from 0 to 1")


def _labels(values: Any, name: str, C: int) -> np.ndarray:
    array = np.asarray(values)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}: it must be one row of labels, not empty")
    if array.dtype.kind not in "iu":
        raise ValueError(f"{name} has dtype {array.dtype}: labels are whole numbers")
    if array.min() < 0 or array.max() >= C:
        raise ValueError(f"{name} runs from {array.min()} to {array.max()}: with {C} classes, labels run from 0 to {C - 1}")
    return array


def _numbers(values: Any, name: str) -> np.ndarray:
    array = np.asarray(values)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}: it must be one row of numbers, not empty")
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} has dtype {array.dtype}: it must hold real numbers")
    return array.astype(float)
