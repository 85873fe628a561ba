"""Pictures of a film strip: packed as PNG, enlarged, and the default one: templates of a linear classifier that learns."""

import functools
import io
from collections.abc import Mapping

import numpy as np

WIDE = 520  # about how many screen pixels a small picture is made wide
STEPS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384)  # of gradient descent, that are shown
RATE, DECAY = 0.02, 0.05
N, CLASSES, COLUMNS, GAP = 400, 10, 5, 2
TITLE = "Templates of a linear classifier: car, boat, plane, house, tree; fish, flower, mushroom, cat, balloon"


def strip(pictures, labels, axes) -> tuple[dict[str, list[str]], list]:
    """Names and values of the axes, and the pictures, those of a grid row after row; ValueError says what does not fit together."""
    if axes is None:
        pictures = list(pictures)
        axes = {"picture": range(1, len(pictures) + 1) if labels is None else labels}
    elif len(axes) != 2 or labels is not None:
        raise ValueError("give one axis of pictures with labels, or two axes {name: values, name: values} without")
    else:
        pictures = _row_after_row(pictures, *axes.values())
    if labels is not None and len(labels) != len(pictures):
        raise ValueError(f"{len(labels)} labels for {len(pictures)} pictures: give one for each")
    _check(pictures)
    return {str(name): [str(value) for value in values] for name, values in axes.items()}, pictures


def scale(shape: tuple[int, ...]) -> int:
    """Screen pixels along a pixel of (H, W, ...), so that small pictures are seen."""
    return max(1, WIDE // shape[1])


def packed(picture: np.ndarray, times: int = 1) -> bytes:
    """A picture as PNG without loss, every pixel `times` x `times` large; with a palette where 256 colours are enough, which is smaller."""
    from PIL import Image

    image, file = Image.fromarray(picture), io.BytesIO()
    if picture.ndim == 3:
        flat = picture.reshape(-1, 3) @ np.array([1 << 16, 1 << 8, 1])
        colors, numbers = np.unique(flat, return_inverse=True)
        if len(colors) <= 256:
            image = Image.fromarray(numbers.reshape(picture.shape[:2]).astype(np.uint8), "P")
            image.putpalette(bytes(v for color in colors.tolist() for v in color.to_bytes(3, "big")))
    image.resize((image.width * times, image.height * times), Image.Resampling.NEAREST).save(file, "PNG", optimize=True)
    return file.getvalue()


@functools.cache
def templates() -> tuple[list[np.ndarray], list[str]]:
    """Ten templates 32 x 32 of a softmax classifier of scenes after more and more steps of gradient descent, and what to call them."""
    from ...data import load

    data = load("scenes", train=N, val=0, test=0)
    X, y = data.X_train.reshape(N, -1) / 255.0, data.y_train
    X, targets, A = X - X.mean(axis=0), np.eye(CLASSES)[y], np.zeros((N, CLASSES))
    inner, pictures, labels = X @ X.T, [], []                       # the weights are always X.T @ A: so steps cost little
    for step in range(STEPS[-1] + 1):
        scores = inner @ A
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        if step in STEPS:
            right, loss = np.mean(scores.argmax(axis=1) == y), -np.log(p[np.arange(N), y]).mean()
            pictures.append(_sheet(X.T @ A, data.X_train.shape[1:]))
            labels.append(f"step {step}, loss {loss:.2f}, {right:.0%} of {N} right")
        A -= RATE * ((p - targets) / N + DECAY * A)
    return pictures, labels


def _sheet(W: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """Templates side by side, each from its smallest to its largest weight, on white."""
    H, width, C = shape
    rows = -(-CLASSES // COLUMNS)
    sheet = np.full((rows * (H + GAP) - GAP, COLUMNS * (width + GAP) - GAP, C), 255, np.uint8)
    for c in range(CLASSES):
        w, (row, column) = W[:, c].reshape(shape), divmod(c, COLUMNS)
        top = np.abs(w).max() or 1.0
        tile = np.round(255 * (w / (2 * top) + 0.5) / 8) * 8          # 33 levels a colour: a smaller page
        sheet[row * (H + GAP):, column * (width + GAP):][:H, :width] = np.clip(tile, 0, 255)
    return sheet


def _row_after_row(pictures, first, second) -> list:
    if isinstance(pictures, Mapping):
        missing = [(a, b) for a in first for b in second if (a, b) not in pictures]
        if missing:
            raise ValueError(f"{len(missing)} pictures are missing, the first for {missing[0]}")
        return [pictures[a, b] for a in first for b in second]
    if len(pictures) != len(first) or any(len(row) != len(second) for row in pictures):
        raise ValueError(f"wanted {len(first)} rows of {len(second)} pictures, as the axes say")
    return [picture for row in pictures for picture in row]


def _check(pictures) -> None:
    """ValueError says which picture is not uint8 (H, W) or (H, W, 3), or of another shape than the first."""
    if not pictures:
        raise ValueError("give at least one picture")
    for n, picture in enumerate(pictures):
        dtype, shape = getattr(picture, "dtype", type(picture).__name__), np.shape(picture)
        if dtype != np.uint8 or len(shape) not in (2, 3) or shape[2:] not in ((), (3,)) or 0 in shape:
            raise ValueError(f"picture {n} is {dtype} {shape}; wanted uint8 (H, W) or (H, W, 3)")
        if shape != pictures[0].shape:
            raise ValueError(f"picture {n} has shape {shape}, picture 0 has {pictures[0].shape}; all must have one shape")
