"""Sentences about a picture, made from what is really in it: captions, and questions with answers.

A caption mentions every object exactly once. `throw` is a function that gives the next random number in [0, 1).
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from .world import CLASSES, COLOR_NAMES

Throw = Callable[[], float]
Box = tuple[int, int, int, int]  # (left, top, right, bottom) in pixels, right and bottom exclusive

NUMBERS = ("zero", "one", "two", "three", "four")
PLACES = {
    "sky": "in the sky", "sea": "at sea", "meadow": "in a meadow", "street": "in the street",
    "underwater": "under water", "forest": "in a forest", "room": "in a room", "night": "at night",
}
_CLEARLY_APART = 0.15  # of the picture: centers that differ by less are neither left nor right of each other


class SceneObject(NamedTuple):
    kind: str  # of CLASSES
    color: str  # of COLORS
    size: str  # of SIZES
    box: Box

    @property
    def center(self) -> tuple[float, float]:
        left, top, right, bottom = self.box
        return (left + right) / 2, (top + bottom) / 2


class Question(NamedTuple):
    text: str
    answer: str
    kind: str  # "count", "color", "exists" or "side"


def describe(objects: Sequence[SceneObject], background: str, picture_size: int, throw: Throw) -> str:
    """A caption of one of a few forms: "a red car to the left of a blue boat at sea", "two green trees in a meadow"."""
    place, chance = PLACES[background], throw()
    if len(objects) == 1 and chance < 0.5:
        (only,) = objects
        return f"{_article(only.size)} {only.color} {only.kind} {_position(only, picture_size)}, {place}"
    if len(objects) == 2 and chance < 0.7 and objects[0][:2] != objects[1][:2]:
        relation = _relation(objects[0], objects[1], picture_size)
        if relation:
            return f"{_phrase(objects[0])} {relation} {_phrase(objects[1])} {place}"
    listed = _listed(objects)
    if len(objects) > 1 and chance < 0.3:
        return f"{NUMBERS[len(objects)]} objects {place}: {listed}"
    return f"{listed} {place}"


def ask(objects: Sequence[SceneObject], picture_size: int, throw: Throw) -> tuple[Question, ...]:
    """Questions that the picture answers without doubt; those that it does not are left out."""
    asked = [_how_many_objects(objects), _how_many_of_a_kind(objects, throw), _is_there(objects, throw),
             _what_color(objects, throw), _which_side(objects, picture_size, throw)]
    return tuple(question for question in asked if question is not None)


def _how_many_objects(objects) -> Question:
    return Question("how many objects are there", NUMBERS[len(objects)], "count")


def _how_many_of_a_kind(objects, throw: Throw) -> Question:
    """About something in the picture more often than not."""
    kind = _any(objects, throw).kind if throw() < 0.7 else _any(CLASSES, throw)
    number = sum(o.kind == kind for o in objects)
    return Question(f"how many {_plural(kind)} are there", NUMBERS[number], "count")


def _is_there(objects, throw: Throw) -> Question:
    """Half of the answers are yes; a no has a class from the picture in a color that it does not have there."""
    chosen, wants_yes = _any(objects, throw), throw() < 0.5
    taken = {o.color for o in objects if o.kind == chosen.kind}
    color = chosen.color if wants_yes else _any([c for c in COLOR_NAMES if c not in taken], throw)
    return Question(f"is there {_article(color)} {chosen.kind}", "yes" if wants_yes else "no", "exists")


def _what_color(objects, throw: Throw) -> Question | None:
    alone = _alone_of_its_kind(objects)
    if not alone:
        return None
    chosen = _any(alone, throw)
    return Question(f"what color is the {chosen.kind}", chosen.color, "color")


def _which_side(objects, picture_size: int, throw: Throw) -> Question | None:
    alone = _alone_of_its_kind(objects)
    pairs = [(a, b) for a in alone for b in alone if abs(a.center[0] - b.center[0]) > _CLEARLY_APART * picture_size]
    if not pairs:
        return None
    (a, b), side = _any(pairs, throw), _any(("left", "right"), throw)
    is_left = a.center[0] < b.center[0]
    return Question(f"is the {a.kind} to the {side} of the {b.kind}", "yes" if is_left == (side == "left") else "no", "side")


def _alone_of_its_kind(objects) -> list[SceneObject]:
    number = Counter(o.kind for o in objects)
    return [o for o in objects if number[o.kind] == 1]


def _any(choices: Sequence, throw: Throw):
    return choices[int(throw() * len(choices))]


def _relation(a: SceneObject, b: SceneObject, picture_size: int) -> str | None:
    """Where a is, seen from b, along the direction in which they are farther apart; None if they are too close."""
    across, down = a.center[0] - b.center[0], a.center[1] - b.center[1]
    if max(abs(across), abs(down)) <= _CLEARLY_APART * picture_size:
        return None
    if abs(across) >= abs(down):
        return "to the left of" if across < 0 else "to the right of"
    return "above" if down < 0 else "below"


def _position(thing: SceneObject, picture_size: int) -> str:
    column, row = (min(int(3 * middle / picture_size), 2) for middle in thing.center)
    return ("on the left", ("at the top", "in the middle", "at the bottom")[row], "on the right")[column]


def _listed(objects) -> str:
    """ "a red car, a blue boat and two green trees", in the order of first appearance."""
    groups = Counter((o.color, o.kind) for o in objects)
    phrases = [
        f"{_article(color)} {kind}" if number == 1 else f"{NUMBERS[number]} {color} {_plural(kind)}"
        for (color, kind), number in groups.items()
    ]
    return " and ".join(filter(None, [", ".join(phrases[:-1]), phrases[-1]]))


def _phrase(thing: SceneObject) -> str:
    return f"{_article(thing.color)} {thing.kind}"


def _article(word: str) -> str:
    return ("an " if word[0] in "aeiou" else "a ") + word


def _plural(kind: str) -> str:
    return kind if kind == "fish" else kind + "s"
