"""Pictures of one to four objects, with boxes, instance masks, captions, questions: nothing painted goes unlisted."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .draws import Draws, draws_for
from .language import Question, SceneObject, ask, describe
from .objects import stray
from .painter import paint_background, paint_object, photograph
from .singles import PIXELS_AT_ONCE, boxes_around, pick_colors
from .world import BACKGROUND_NAMES, BACKGROUNDS, CLASSES, COLOR_NAMES, COLOR_RGB, SIZES, Preset

MOST_OBJECTS = 4
_TRIES = 24  # places tried for an object before it is left out
_CLOSEST = 0.75  # distance of two centers, relative to the sum of the half widths
_LEAST_VISIBLE = 0.6  # an object that would hide more of an earlier one is left out
_LEAST_AREA = 1 / 256  # of the picture; what is smaller is left out
_TURN = 0.15  # all classes stand nearly upright here


@dataclass(frozen=True)
class SeveralObjects:
    """N pictures of up to M = MOST_OBJECTS objects; rows of objects are filled from the front, -1 (boxes: 0) marks no object.

    A box is (left, top, right, bottom) in pixels, right and bottom exclusive, around the visible part.
    """

    images: np.ndarray  # (N, S, S, 3) uint8
    backgrounds: np.ndarray  # (N,) int64, index of BACKGROUND_NAMES
    counts: np.ndarray  # (N,) int64
    labels: np.ndarray  # (N, M) int64, index of CLASSES
    colors: np.ndarray  # (N, M) int64, index of COLOR_NAMES
    sizes: np.ndarray  # (N, M) int64, index of SIZES
    boxes: np.ndarray  # (N, M, 4) int64
    masks: np.ndarray  # (N, S, S) uint8: 0 for the background, m + 1 for object m
    captions: tuple[str, ...]
    questions: tuple[tuple[Question, ...], ...]

    def __len__(self) -> int:
        return len(self.counts)

    def objects(self, i: int) -> list[SceneObject]:
        """The objects of picture i in words, in the order of the arrays."""
        return _in_words(self.labels[i], self.colors[i], self.sizes[i], self.boxes[i], self.counts[i])


def paint_several(indices: np.ndarray, size: int, preset: Preset, seed: int, split: str) -> Iterator[SeveralObjects]:
    """The pictures with the given indices, in batches small enough for memory."""
    batch = max(1, PIXELS_AT_ONCE // size**2)
    for start in range(0, len(indices), batch):
        yield _paint_batch(indices[start:start + batch], size, preset, seed, split)


def _paint_batch(indices: np.ndarray, size: int, preset: Preset, seed: int, split: str) -> SeveralObjects:
    draws = draws_for(seed, f"several {split}", indices)
    N, M = len(draws), MOST_OBJECTS
    backgrounds = draws.integer("background", 0, len(BACKGROUNDS))
    wanted = draws.integer("count", 1, M + 1)
    image = paint_background(draws, backgrounds, size, preset)
    counts = np.zeros(N, np.int64)
    labels, colors, sizes = (np.full((N, M), -1) for _ in range(3))
    scales, centers, areas = np.zeros((N, M), np.float32), np.zeros((N, M, 2), np.float32), np.zeros((N, M), np.int64)
    masks = np.zeros((N, size, size), np.uint8)
    for m in range(M):
        mine = draws.under(f"object {m}")
        label, size_word = mine.integer("class", 0, len(CLASSES)), mine.integer("size", 0, len(SIZES))
        color = pick_colors(mine, label, preset, split)
        scale = _scales(mine, size_word)
        center, has_room = _place(mine, scale, centers, scales, counts)
        rows = np.flatnonzero((wanted > m) & has_room)
        sheet, cover = _paint_one(mine[rows], label[rows], color[rows], center[rows], scale[rows], size, preset)
        after = np.where(cover > 0.5, (counts[rows] + 1).astype(np.uint8)[:, None, None], masks[rows])
        seen = np.stack([(after == k + 1).sum(axis=(1, 2)) for k in range(M)], axis=1)
        area = (cover > 0.5).sum(axis=(1, 2))
        keep = (seen >= _LEAST_VISIBLE * areas[rows]).all(axis=1) & (area >= _LEAST_AREA * size**2)
        rows, slot = rows[keep], counts[rows[keep]]
        image[rows] += (sheet[keep] - image[rows]) * cover[keep][:, None]
        masks[rows] = after[keep]
        labels[rows, slot], colors[rows, slot], sizes[rows, slot] = label[rows], color[rows], size_word[rows]
        centers[rows, slot], scales[rows, slot], areas[rows, slot] = center[rows], scale[rows], area[keep]
        counts[rows] += 1
    boxes = _boxes(masks, counts)
    captions, questions = _in_language(draws, labels, colors, sizes, boxes, counts, backgrounds, size)
    images = photograph(draws, image, preset)
    return SeveralObjects(images, backgrounds, counts, labels, colors, sizes, boxes, masks, captions, questions)


def _scales(draws: Draws, size_words: np.ndarray) -> np.ndarray:
    low, high = np.array(list(SIZES.values()), np.float32)[size_words].T
    return low + (high - low) * draws.uniform("scale")


def _place(draws: Draws, scale, centers, scales, counts):
    """The first of a few random places that is clear of the objects placed so far: center (N, 2) and whether there is one."""
    places = draws.uniform("place", -1, 1, _TRIES, 2) * (1 - scale)[:, None, None]  # (N, tries, 2)
    apart = places[:, :, None] - centers[:, None]  # (N, tries, M, 2)
    distance = np.sqrt(apart[..., 0] ** 2 + apart[..., 1] ** 2)
    nobody = np.arange(MOST_OBJECTS) >= counts[:, None]
    clear = (distance >= _CLOSEST * (scale[:, None] + scales)[:, None]) | nobody[:, None]
    free = clear.all(axis=2)  # (N, tries)
    return places[np.arange(len(draws)), free.argmax(axis=1)], free.any(axis=1)


def _paint_one(draws: Draws, labels, colors, center, scale, size: int, preset: Preset):
    """An object whose color has one name: it strays less than elsewhere, and the second color is a shade of it."""
    main = stray(draws, "main color", COLOR_RGB[colors], preset.color_jitter / 2)
    is_dark = main.max(axis=1, keepdims=True) < 0.35
    accent = np.where(is_dark, 0.75 * main + 0.25, 0.7 * main)
    turn = min(preset.turn, _TURN) * draws.normal("turn")
    return paint_object(draws, labels, center, scale, turn, draws.chance("mirrored", 0.5), main, accent, size, preset)


def _boxes(masks: np.ndarray, counts: np.ndarray) -> np.ndarray:
    boxes = np.zeros((len(masks), MOST_OBJECTS, 4), np.int64)
    for m in range(MOST_OBJECTS):
        rows = np.flatnonzero(counts > m)
        boxes[rows, m] = boxes_around(masks[rows] == m + 1)
    return boxes


def _in_language(draws: Draws, labels, colors, sizes, boxes, counts, backgrounds, size: int):
    """Captions and questions of each picture."""
    captions, questions = [], []
    dice = draws.uniform("words", 0, 1, 16)
    for i in range(len(draws)):
        objects = _in_words(labels[i], colors[i], sizes[i], boxes[i], counts[i])
        throw = iter(dice[i].tolist()).__next__
        captions.append(describe(objects, BACKGROUND_NAMES[backgrounds[i]], size, throw))
        questions.append(ask(objects, size, throw))
    return tuple(captions), tuple(questions)


def _in_words(labels, colors, sizes, boxes, count) -> list[SceneObject]:
    return [
        SceneObject(CLASSES[labels[m]], COLOR_NAMES[colors[m]], tuple(SIZES)[sizes[m]], tuple(boxes[m].tolist()))
        for m in range(count)
    ]
