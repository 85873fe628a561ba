"""The picture of a training: a curve for every number, gradient norms, update/weight ratios, sample predictions, and all of it in words."""

import io
import re
import textwrap
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, HIGH, SAMPLES, LINE = 960, 250, 156, 17         # pixels: the picture's width; a row of panels, the row of samples, a line of text
MOST_SAMPLES, MOST_DOTS, MOST_NAMED = 8, 2000, 7       # pictures in the row, dots in a curve, tensors with a line style of their own
GUIDE = 1e-3                                           # CS231n notes, "Neural Networks 3": updates about a thousandth of the weights
HUGE = 1e30                                            # beyond it a number is drawn as if it were infinite
_ROLES = {"train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
_STYLES = {"train": 0, "": 0, "val": 1, "test": 2}
_DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (1, 3)))


class Curve:
    """Numbers against steps, and their running mean: exponential, over about `span` numbers, corrected for its start (as in Adam)."""

    def __init__(self, span: float = 1) -> None:
        self.steps, self.values, self.means = array("q"), array("d"), array("d")
        self._keep, self._sum, self._weight = 1 - 1 / span, 0.0, 0.0

    def add(self, step: int, value: float) -> None:
        if abs(value) < HUGE:                          # False for nan too
            self._sum = self._keep * self._sum + (1 - self._keep) * value
            self._weight = self._keep * self._weight + (1 - self._keep)
        self.steps.append(step)
        self.values.append(value)
        self.means.append(self._sum / self._weight if self._weight else np.nan)


class Sample(NamedTuple):
    """A picture (H, W) or (H, W, 3) in [0, 1], what the model says it is, how sure it is, and what it truly is."""

    picture: np.ndarray
    guess: str
    probability: float
    truth: str


@dataclass
class Record:
    """What is known about a training."""

    total: int
    done: int = 0
    curves: dict[str, Curve] = field(default_factory=dict)
    gradients: dict[str, Curve] = field(default_factory=dict)      # by parameter tensor: length of the gradient
    ratios: dict[str, Curve] = field(default_factory=dict)         # by parameter tensor: length of an update over length of the weights
    matrices: set[str] = field(default_factory=set)                # parameter tensors with two axes or more
    samples: list[Sample] = field(default_factory=list)
    notes: dict[Any, str] = field(default_factory=dict)            # sentences, each once

    @property
    def span(self) -> float:
        """How many steps a running mean looks back, about."""
        return min(max(self.total / 25, 5), 100)


def headline(record: Record) -> str:
    """How far it is, with the latest numbers."""
    return f"step {record.done} of {record.total}" + ", ".join([""] + latest(record))


def latest(record: Record) -> list[str]:
    """The last value of each curve, with its name."""
    return [f"{_words(name)} {curve.values[-1]:.4g}" for name, curve in record.curves.items()]


def describe(record: Record) -> str:
    """The picture in words, with its numbers."""
    told = [f"Training, step {record.done} of {record.total}"]
    for name, curve in record.curves.items():
        values = np.array(curve.values)
        usable = np.flatnonzero(np.abs(values) < HUGE)
        if len(values) == 1 or not len(usable):
            told.append(f"{_words(name)} {values[-1]:.4g}")
            continue
        best = usable[(np.argmin if panel_of(name)[0] == "loss" else np.argmax)(values[usable])]
        mean = f", running mean {curve.means[-1]:.4g}" if _is_noisy(name, curve) else ""
        extreme = "lowest" if panel_of(name)[0] == "loss" else "highest"
        told.append(f"{_words(name)} from {values[0]:.4g} to {values[-1]:.4g}{mean}, "
                    f"{extreme} {values[best]:.4g} at step {curve.steps[best]}")
    for what, curves, more in (("gradient norm", record.gradients, ""),
                               ("update/weight ratio", record.ratios, f"; the usual value is {GUIDE:g}")):
        last = {name: curve.values[-1] for name, curve in _shown(curves, record).items()}
        if last:
            small, large = min(last, key=last.__getitem__), max(last, key=last.__getitem__)
            span = f"from {last[small]:.1e} ({small}) to {last[large]:.1e} ({large})" if len(last) > 1 else f"{last[small]:.1e}"
            told.append(f"{what} {span}{more}")
    if record.samples:
        wrong = [s for s in record.samples if s.guess != s.truth]
        told.append(f"{len(record.samples) - len(wrong)} of {len(record.samples)} sample predictions right"
                    + "".join(f"; {s.truth} taken for {s.guess} ({s.probability:.0%})" for s in wrong))
    return ". ".join([*told, *(note.rstrip(".") for note in record.notes.values())]) + "."


def panel_of(name: str) -> tuple[str, str]:
    """The panel that a number's name belongs to, and its role there: train, val, test or none.

    Every name with the word loss belongs to "loss", with accuracy or acc to "accuracy"; another is its own panel, apart from the role.
    """
    words = [word for word in re.split(r"[\W_]+", name.lower()) if word]
    role = next((_ROLES[word] for word in words if word in _ROLES), "")
    rest = ["accuracy" if word == "acc" else word for word in words if word not in _ROLES]
    return next((known for known in ("loss", "accuracy") if known in rest), " ".join(rest) or name), role


def samples_from(pictures: Any, scores: Any, labels: Any, classes: Sequence[str] = ()) -> list[Sample]:
    """The first eight predictions.

    pictures: (N, H, W), (N, H, W, 1 or 3) or (N, 1 or 3, H, W); integers in [0, 255], or float, stretched to fit if outside [0, 1].
    scores: (N, C) probabilities, or any scores, of which softmax makes probabilities. labels: (N,) whole numbers below C.
    Arrays or tensors. Raises ValueError for other shapes.
    """
    pictures, scores, labels = (_array(given)[:MOST_SAMPLES] for given in (pictures, scores, labels))
    if scores.ndim != 2 or pictures.ndim not in (3, 4) or labels.shape != (len(scores),) or len(pictures) != len(scores):
        raise ValueError(f"samples have shapes {pictures.shape}, {scores.shape} and {labels.shape}: give pictures (N, H, W, 3), "
                         "probabilities or scores (N, C), and labels (N,)")
    scores = scores.astype(float)
    if scores.min() < 0 or not np.allclose(scores.sum(axis=1), 1, atol=1e-3):
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        scores /= scores.sum(axis=1, keepdims=True)
    names = [str(c) for c in classes] or [str(c) for c in range(scores.shape[1])]
    if scores.shape[1] > len(names) or labels.min() < 0 or labels.max() >= len(names):
        raise ValueError(f"samples have {scores.shape[1]} scores a picture and labels from {labels.min()} to {labels.max()}, "
                         f"but there are {len(names)} classes")
    guesses = scores.argmax(axis=1)
    return [Sample(_visible(p), names[g], float(s[g]), names[int(y)])
            for p, s, g, y in zip(pictures, scores, guesses, labels, strict=True)]


class Picture:
    """One matplotlib Figure for the whole training; a new one is made only when panels appear."""

    def __init__(self) -> None:
        self.figure: Figure | None = None
        self._parts: tuple = ()

    def png(self, record: Record, last: bool = False) -> bytes:
        """The record as PNG: quickly while training runs; the last picture small, and the same bytes for the same record."""
        from matplotlib import style

        from .widgets.shared.png import to_png

        with style.context("default"):
            self.update(record)
            return to_png(self.figure) if last else _quick_png(self.figure)

    def update(self, record: Record) -> None:
        """Bring the Figure up to date."""
        notes = [line for note in record.notes.values() for line in textwrap.wrap(note, 150)]
        curves: dict[str, list[str]] = {}
        for name in sorted(record.curves, key=lambda n: ("loss", "accuracy", panel_of(n)[0]).index(panel_of(n)[0])):
            curves.setdefault(panel_of(name)[0], []).append(name)
        tensors = {"gradient norm": record.gradients, "update / weights": record.ratios}
        tensors = {title: _shown(found, record) for title, found in tensors.items() if found}
        parts = (record.total, len(notes), *(tuple(names) for names in curves.values()),
                 *((title, *found) for title, found in tensors.items()), *((s.picture.shape, "sample") for s in record.samples))
        if parts != self._parts or self.figure is None:
            self._build(record, len(notes), curves, tensors)
            self._parts = parts
        self._title.set_text(textwrap.shorten(_plain(headline(record)), 125, placeholder=" ..."))
        self._notes.set_text("\n".join(map(_plain, notes)))
        for draw in self._updates:
            draw(record)

    def _build(self, record: Record, notes: int, curves: Mapping[str, list[str]], tensors: Mapping[str, Mapping[str, Curve]]) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        from .widgets.shared.png import DPI

        panels = len(curves) + len(tensors)
        columns = {1: 1, 2: 2, 4: 2}.get(panels, 3)
        rows, top = -(-panels // columns), 34 + LINE * notes + 4 * bool(notes)
        height = top + HIGH * rows + SAMPLES * bool(record.samples)
        figure, self._updates = Figure(figsize=(WIDTH / DPI, height / DPI), dpi=DPI, facecolor="white"), []
        FigureCanvasAgg(figure)
        self.figure = figure
        self._title = figure.text(12 / WIDTH, 1 - 10 / height, "", va="top", fontsize=11, weight="bold")
        self._notes = figure.text(12 / WIDTH, 1 - 34 / height, "", va="top", fontsize=9, color="#994455", linespacing=1.25)

        def place(left, upper, wide, high):
            return figure.add_axes((left / WIDTH, 1 - (upper + high) / height, wide / WIDTH, high / height))

        def panel(number):
            wide = WIDTH / columns if columns > 1 else 0.7 * WIDTH
            ax = place(number % columns * wide + 58, top + number // columns * HIGH + 26, wide - 74, HIGH - 72)
            ax.tick_params(labelsize=8)
            ax.grid(alpha=0.3)
            ax.autoscale(False)
            ax.spines[["top", "right"]].set_visible(False)
            ax.set_xlabel("step", fontsize=9)
            ax.xaxis.set_label_coords(0.5, -0.13)      # fixed places of labels and titles save a quarter of the time
            return ax

        for number, (title, names) in enumerate(curves.items()):
            self._updates.append(_curves_panel(panel(number), title, names))
        names = list(dict.fromkeys(name for found in tensors.values() for name in found))
        for number, (title, found) in enumerate(tensors.items(), start=len(curves)):
            self._updates.append(_tensors_panel(panel(number), title, names, found, legend=number == len(curves)))
        if record.samples:
            side = (WIDTH - 20) / MOST_SAMPLES
            axes = [place(16 + n * side, top + HIGH * rows + 38, side - 12, SAMPLES - 48) for n in range(len(record.samples))]
            self._updates.append(_samples_row(axes, record.samples))


def _curves_panel(ax, title: str, names: list[str]) -> Callable[[Record], None]:
    from .plots import COLORS, MARKERS

    artists, free = {}, list(range(len(COLORS)))
    for name in names:
        style = _STYLES[panel_of(name)[1]]
        style = style if style in free else free[0] if free else style
        free = [other for other in free if other != style]
        dots, = ax.plot([], [], ls="", marker=MARKERS[style], color=COLORS[style], mew=0)
        line, = ax.plot([], [], ls=_DASHES[style], color=COLORS[style], lw=1.8, marker="", markersize=4, label=_plain(_words(name)))
        broken = ax.axvline(0, color=COLORS[style], ls=":", lw=1.5, visible=False)
        word = ax.text(0, 0.5, "", transform=ax.get_xaxis_transform(), rotation=90, va="center", fontsize=8, color=COLORS[style])
        artists[name] = dots, line, broken, word, MARKERS[style]
    if len(names) > 1:
        ax.legend(loc="upper right" if title == "loss" else "lower right", fontsize=8, framealpha=0.8, edgecolor="none", handlelength=3)

    def draw(record: Record) -> None:
        seen, smooth = [], False
        for name, (dots, line, broken, word, marker) in artists.items():
            curve = record.curves[name]
            steps, values, means = np.array(curve.steps), np.array(curve.values), np.array(curve.means)
            usable = np.abs(values) < HUGE
            seen.append(values[usable])
            if _is_noisy(name, curve):
                smooth = True
                kept = _extremes(steps[usable], values[usable])
                dots.set_data(steps[usable][kept], values[usable][kept])
                dots.set(markersize=2.5 if len(steps) > 100 else 4, alpha=0.35)
                kept = _extremes(steps, means)
                line.set_data(steps[kept], np.where(usable, means, np.nan)[kept])
                line.set_marker("")
            else:
                line.set_data(steps, np.where(usable, values, np.nan))
                line.set_marker(marker)
            if not usable.all():
                at, value = steps[np.argmin(usable)], values[np.argmin(usable)]
                left_half = at < max(record.total, steps[-1]) / 2
                broken.set(xdata=[at, at], visible=True)
                word.set(text=f" {value:.3g} since {at} ", x=at, ha="left" if left_half else "right")
        low, high, log = limits(np.concatenate(seen))
        ax.set_yscale("log" if log else "linear")
        ax.set(xlim=(0, _end(record)), ylim=(low, high))
        extra = ["log scale"] * log + [f"line: mean of about {record.span:.0f} steps"] * smooth
        ax.set_title(_plain(title) + (f" ({'; '.join(extra)})" if extra else ""), fontsize=10, y=1)

    return draw


def _tensors_panel(ax, title: str, names: list[str], found: Mapping[str, Curve], legend: bool) -> Callable[[Record], None]:
    from matplotlib import colormaps

    from .plots import COLORS

    few = len(names) <= MOST_NAMED
    lines = {}
    for n, name in enumerate(names):
        color = COLORS[n] if few else colormaps["cividis"](n / (len(names) - 1) * 0.9)
        label = _plain(name if len(name) <= 26 else "..." + name[-24:]) if few or n in (0, len(names) - 1) else "_"
        if name in found:
            lines[name], = ax.plot([], [], color=color, ls=_DASHES[n] if few else "-", lw=1.4 if few else 0.9, label=label)
    ax.set_yscale("log")
    if title == "update / weights":
        ax.axhline(GUIDE, color="black", ls=":", lw=1.2)
        ax.set_title("update / weights (dotted: the usual 0.001)", fontsize=10, y=1)
    else:
        ax.set_title("gradient norm" + ("" if few else f" of {len(names)} tensors, dark to light"), fontsize=10, y=1)
    if legend:
        ax.legend(loc="upper right", fontsize=7, ncols=2, framealpha=0.8, edgecolor="none", handlelength=3)
    which = "ratios" if title == "update / weights" else "gradients"

    def draw(record: Record) -> None:
        seen = [GUIDE] if which == "ratios" else []
        for name, line in lines.items():
            curve = getattr(record, which)[name]
            values = np.array(curve.values)
            values[~((values > 0) & (values < HUGE))] = np.nan
            line.set_data(np.array(curve.steps), values)
            seen += [np.nanmin(values), np.nanmax(values)] if np.isfinite(values).any() else []
        low, high = (min(seen) / 2, max(seen) * 2) if seen else (1e-3, 1)
        ax.set(xlim=(0, _end(record)), ylim=(low, high * (high / low) ** (0.3 if legend else 0)))

    return draw


def _samples_row(axes, first: list[Sample]) -> Callable[[Record], None]:
    shown = []
    for ax, sample in zip(axes, first, strict=True):
        ax.xaxis.set_visible(False)
        ax.yaxis.set_visible(False)
        shown.append(ax.imshow(sample.picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest"))

    def draw(record: Record) -> None:
        for ax, image, sample in zip(axes, shown, record.samples, strict=True):
            right = sample.guess == sample.truth
            image.set_data(sample.picture)
            mark, truth, weight = ("\u2713", "", "normal") if right else ("\u2717", f"\nis {sample.truth}", "bold")
            said = _plain(f"{mark} {sample.guess} {sample.probability:.0%}{truth}")
            ax.set_title(said, fontsize=8.5, y=1, pad=3, color="black" if right else "#994455", weight=weight)
            for spine in ax.spines.values():
                spine.set(linewidth=0.8 if right else 2.5, linestyle="-" if right else "--", color="#777777" if right else "#994455")

    return draw


def limits(values: np.ndarray) -> tuple[float, float, bool]:
    """Ends of an axis that shows these finite numbers, and whether it is logarithmic: the largest is a thousand times the smallest."""
    if not len(values):
        return 0.0, 1.0, False
    low, high = float(values.min()), float(values.max())
    if low > 0 and high > 1000 * low:
        return low / 1.5, high * 1.5, True
    margin = 0.05 * (high - low) or 0.5 * abs(high) or 0.5
    return low - margin, high + margin, False


def _is_noisy(name: str, curve: Curve) -> bool:
    """Whether single values jump about: a loss of batches, or anything measured very often."""
    return panel_of(name)[0] == "loss" and panel_of(name)[1] != "val" or len(curve.steps) > 60


def _shown(curves: Mapping[str, Curve], record: Record) -> dict[str, Curve]:
    """Weights without biases and scales, where there are weights: one line a layer."""
    return {name: c for name, c in curves.items() if name in record.matrices} or dict(curves)


def _extremes(steps: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Indices of at most MOST_DOTS values that keep every peak: the smallest and the largest of each stretch."""
    if len(values) <= MOST_DOTS:
        return np.arange(len(values))
    bounds = np.linspace(0, len(values), MOST_DOTS // 2 + 1).astype(int)
    found = [(a + np.argmin(values[a:b]), a + np.argmax(values[a:b])) for a, b in pairwise(bounds)]
    return np.unique(np.array(found))


def _end(record: Record) -> int:
    return max(record.total, record.done, 1)


def _words(name: str) -> str:
    return name.replace("_", " ").strip()


def _plain(text: str) -> str:
    return text.replace("$", r"\$")                    # not a formula


def _array(given: Any) -> np.ndarray:
    if hasattr(given, "detach"):
        given = given.detach().cpu()
        given = given.float() if given.is_floating_point() else given
    return np.asarray(given)


def _visible(picture: np.ndarray) -> np.ndarray:
    if picture.ndim == 3 and picture.shape[-1] not in (1, 3) and picture.shape[0] in (1, 3):
        picture = np.moveaxis(picture, 0, -1)
    if picture.ndim == 3 and picture.shape[-1] not in (1, 3):
        raise ValueError(f"a sample has shape {picture.shape}: a picture has one channel or three")
    values = picture[..., 0] if picture.ndim == 3 and picture.shape[-1] == 1 else picture
    values = np.nan_to_num(values / 255 if values.dtype.kind in "iu" else values.astype(float))
    low, high = values.min(), values.max()
    return (values - low) / (high - low) if low < 0 or high > 1 else values


def _quick_png(figure) -> bytes:
    from PIL import Image

    figure.canvas.draw()
    packed = io.BytesIO()
    Image.fromarray(np.asarray(figure.canvas.buffer_rgba())[..., :3]).save(packed, format="png", compress_level=1)
    return packed.getvalue()
