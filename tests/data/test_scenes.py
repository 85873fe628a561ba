"""Scenes: facts that hold for every picture, and pictures that depend on nothing but their number."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace

import numpy as np
import pytest

from visioncourse.data import scenes
from visioncourse.data.scenes.draws import draws_for
from visioncourse.data.scenes.language import NUMBERS, PLACES, SceneObject, ask, describe
from visioncourse.data.scenes.world import IS_HELD_OUT, TYPICAL_BACKGROUND, TYPICAL_COLOR

MAKERS = [scenes.single, scenes.several]
PRESETS = list(scenes.PRESETS)


def assert_same(a, b):
    for field in fields(a):
        left, right = getattr(a, field.name), getattr(b, field.name)
        if isinstance(left, tuple):
            assert left == right, field.name
        else:
            assert left.dtype == right.dtype and np.array_equal(left, right), field.name


def part_of(record, start, stop):
    return type(record)(*(getattr(record, field.name)[start:stop] for field in fields(record)))


# ------------------------------------------------------------------ one picture, always the same

@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("preset", PRESETS)
def test_a_picture_is_the_same_alone_and_among_many(make, preset):
    many = make(300, size=32, preset=preset, seed=3)
    for i in (0, 7, 123, 255, 256, 299):  # 256 is the first of the second batch
        assert_same(make(1, size=32, preset=preset, seed=3, start=i), part_of(many, i, i + 1))


@pytest.mark.parametrize("make", MAKERS)
def test_pictures_do_not_depend_on_threads_or_on_the_order_of_calls(make):
    starts = [40, 0, 80, 20, 60]
    with ThreadPoolExecutor(5) as pool:
        parts = dict(zip(starts, pool.map(lambda start: make(20, size=24, start=start), starts), strict=True))
    whole = make(100, size=24)
    for start, part in parts.items():
        assert_same(part, part_of(whole, start, start + 20))


@pytest.mark.parametrize("make", MAKERS)
def test_the_global_random_state_is_neither_used_nor_moved(make):
    np.random.seed(0)
    first = make(5, size=16)
    state = np.random.get_state()[1].copy()
    np.random.seed(99)
    assert_same(first, make(5, size=16))
    np.random.seed(0)
    assert np.array_equal(np.random.get_state()[1], state)


@pytest.mark.parametrize("make", MAKERS)
def test_seeds_and_splits_share_no_picture(make):
    made = [make(400, size=16, seed=seed, split=split).images for seed in (0, 1) for split in scenes.SPLITS]
    distinct = {image.tobytes() for images in made for image in images}
    assert len(distinct) == sum(len(images) for images in made)


def test_a_larger_picture_shows_the_same_thing():
    small, large = scenes.single(60, size=32, preset="clean"), scenes.single(60, size=64, preset="clean")
    shrunk = large.images.reshape(60, 32, 2, 32, 2, 3).mean(axis=(2, 4))
    assert np.abs(shrunk - small.images).mean() < 2
    assert np.array_equal(small.labels, large.labels) and np.array_equal(small.colors, large.colors)


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("size", [16, 17, 45, 128])
def test_any_size_from_16_to_128_can_be_drawn(make, size):
    made = make(3, size=size)
    assert made.images.shape == (3, size, size, 3) and made.images.dtype == np.uint8
    assert made.images.std() > 10


# Mean brightness of the first six pictures of 32 pixels. A cosine may differ in its last bit between machines; a picture that
# was changed differs by far more.
BRIGHTNESS_OF_VERSION_1 = {
    (scenes.single, "default"): [49.4, 110.1, 37.7, 113.3, 63.5, 139.1],
    (scenes.single, "hard"): [50.7, 108.6, 50.6, 115.4, 63.7, 136.2],
    (scenes.single, "clean"): [166.6, 140.0, 125.2, 132.3, 51.0, 131.8],
    (scenes.several, "default"): [114.0, 195.6, 174.1, 89.6, 204.7, 76.3],
    (scenes.several, "hard"): [115.4, 195.1, 172.3, 89.0, 203.9, 76.7],
    (scenes.several, "clean"): [93.6, 166.4, 174.8, 126.3, 170.2, 86.7],
}


@pytest.mark.parametrize("make, preset", BRIGHTNESS_OF_VERSION_1)
def test_changed_pictures_have_a_new_version(make, preset):
    """Else a learner's cache would go on showing the old ones."""
    assert scenes.VERSION == 1
    brightness = make(6, size=32, preset=preset).images.mean(axis=(1, 2, 3))
    message = "pictures changed: raise VERSION in scenes/world.py, measure the ladder again, then write the new numbers here"
    assert np.abs(brightness - BRIGHTNESS_OF_VERSION_1[make, preset]).max() < 0.2, message


# ------------------------------------------------------------------ one object

@pytest.fixture(scope="module", params=PRESETS)
def singles(request):
    return scenes.single(1000, preset=request.param, seed=5)


def tight_box(mask):
    rows, columns = np.nonzero(mask)
    return [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


def test_labels_are_balanced_among_any_ten_and_shuffled(singles):
    tens = singles.labels.reshape(-1, 10)
    assert (np.sort(tens, axis=1) == np.arange(10)).all()
    assert len({tuple(row) for row in tens}) == len(tens)


def test_boxes_are_tight_around_masks(singles):
    assert [tight_box(mask) for mask in singles.masks] == singles.boxes.tolist()


def test_enough_of_each_object_is_visible(singles):
    assert singles.visible.min() >= 0.4 and singles.visible.max() == 1
    assert singles.masks.sum(axis=(1, 2)).min() >= 20  # of 1,024 pixels


def test_a_shape_in_front_never_hides_most_of_an_object(monkeypatch):
    crowded = replace(scenes.PRESETS["hard"], occlusion=2.5)  # both shapes, always
    monkeypatch.setitem(scenes.PRESETS, "crowded", crowded)
    made = scenes.single(4000, size=16, preset="crowded")
    assert 0.4 <= made.visible.min() < 0.5


def test_main_and_second_color_differ(singles):
    assert (singles.colors != singles.accents).all()


def test_clean_hides_nothing_and_the_others_hide_something():
    assert (scenes.single(300, preset="clean").visible == 1).all()
    for preset in ("default", "hard"):
        assert 0.05 < (scenes.single(300, preset=preset).visible < 1).mean() < 0.6


def test_colors_and_backgrounds_follow_their_tables():
    """Each within five standard deviations of what the preset's mixture says."""
    made, preset = scenes.single(5000, size=16, seed=2), scenes.PRESETS["default"]

    def expect(table, share, allowed, drawn):
        mixture = share * np.where(allowed, table, 0) / np.where(allowed, table, 0).sum(1, keepdims=True)
        mixture = mixture + (1 - share) * allowed / allowed.sum(1, keepdims=True)
        for k in range(10):
            seen = np.bincount(drawn[made.labels == k], minlength=table.shape[1])
            n = seen.sum()
            assert (np.abs(seen - n * mixture[k]) <= 5 * np.sqrt(n * mixture[k] * (1 - mixture[k])) + 1e-9).all()

    expect(TYPICAL_COLOR, preset.typical_color, ~IS_HELD_OUT, made.colors)
    expect(TYPICAL_BACKGROUND, preset.typical_background, np.ones(TYPICAL_BACKGROUND.shape, bool), made.backgrounds)


def test_the_color_named_is_the_color_painted():
    """Most of an object's pixels are nearest to its main or second color when nothing spoils the picture."""
    made = scenes.single(600, size=48, preset="clean", seed=4)
    right = 0
    for image, mask, color, accent in zip(made.images, made.masks, made.colors, made.accents, strict=True):
        distance = np.linalg.norm(scenes.COLOR_RGB[:, None] - image[mask][None] / 255, axis=2)  # (colors, pixels)
        nearest = np.bincount(distance.argmin(axis=0), minlength=len(scenes.COLOR_NAMES))
        right += nearest.argmax() in (color, accent)
    assert right / len(made) > 0.97


# ------------------------------------------------------------------ held-out combinations

def combinations_of(made):
    return set(zip(np.ravel(made.labels[made.labels >= 0]).tolist(), np.ravel(made.colors[made.colors >= 0]).tolist(), strict=True))


HELD_OUT = {(scenes.CLASSES.index(kind), scenes.COLOR_NAMES.index(color)) for kind, color in scenes.HELD_OUT}


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("preset", PRESETS)
def test_held_out_combinations_occur_in_their_split_only(make, preset):
    for split in ("train", "val", "test"):
        assert not combinations_of(make(700, size=16, preset=preset, split=split)) & HELD_OUT
    assert combinations_of(make(700, size=16, preset=preset, split="held-out")) == HELD_OUT


def test_held_out_combinations_name_each_class_and_each_color():
    assert {kind for kind, _ in scenes.HELD_OUT} == set(scenes.CLASSES)
    assert sorted(color for _, color in scenes.HELD_OUT) == sorted(scenes.COLOR_NAMES)


# ------------------------------------------------------------------ several objects

@pytest.fixture(scope="module", params=PRESETS)
def groups(request):
    return scenes.several(400, preset=request.param, seed=6)


@pytest.mark.slow
def test_every_listed_object_is_visible_and_every_mask_is_listed(groups):
    for mask, count in zip(groups.masks, groups.counts, strict=True):
        assert set(np.unique(mask)) - {0} == set(range(1, count + 1))
        assert all((mask == m + 1).sum() >= 9 for m in range(count))


def test_objects_painted_over_each_other_stay_visible(monkeypatch):
    """Even where nothing keeps their places apart."""
    monkeypatch.setattr("visioncourse.data.scenes.groups._CLOSEST", 0)
    piled = scenes.several(300, size=64, preset="clean", seed=6)
    for mask, count in zip(piled.masks, piled.counts, strict=True):
        assert min((mask == m + 1).sum() for m in range(count)) >= 30  # the smallest small object has about 60 pixels


def test_there_are_one_to_four_objects_and_each_number_occurs(groups):
    assert set(groups.counts) == {1, 2, 3, 4}
    assert np.bincount(groups.counts)[1:].min() > 30


def test_rows_are_filled_from_the_front(groups):
    filled = np.arange(scenes.MOST_OBJECTS) < groups.counts[:, None]
    for column in (groups.labels, groups.colors, groups.sizes):
        assert np.array_equal(column >= 0, filled)
    assert (groups.boxes[~filled] == 0).all()


def test_boxes_of_several_objects_are_tight_around_instance_masks(groups):
    for i, count in enumerate(groups.counts):
        assert [tight_box(groups.masks[i] == m + 1) for m in range(count)] == groups.boxes[i, :count].tolist()


@pytest.mark.slow
def test_size_words_order_the_objects():
    made = scenes.several(600, preset="clean")
    width = (made.boxes[..., 2] - made.boxes[..., 0])
    cars = made.labels == scenes.CLASSES.index("car")
    small, medium, big = (np.median(width[cars & (made.sizes == word)]) for word in range(3))
    assert small < medium < big


def facts_in(caption):
    """The multiset of (color, class) that a caption mentions, read back from its words."""
    singular = {kind if kind == "fish" else kind + "s": kind for kind in scenes.CLASSES} | {kind: kind for kind in scenes.CLASSES}
    pattern = rf"\b(an?|{'|'.join(NUMBERS)}) (?:(?:{'|'.join(scenes.SIZES)}) )?({'|'.join(scenes.COLOR_NAMES)}) (\w+)\b"
    found = Counter()
    for number, color, kind in re.findall(pattern, caption):
        found[color, singular[kind]] += 1 if number in ("a", "an") else NUMBERS.index(number)
    return found


def test_captions_mention_every_object_once_and_the_place(groups):
    for i, caption in enumerate(groups.captions):
        objects = groups.objects(i)
        assert facts_in(caption) == Counter((o.color, o.kind) for o in objects), caption
        assert PLACES[scenes.BACKGROUND_NAMES[groups.backgrounds[i]]] in caption
        total = re.match(r"(\w+) objects", caption)
        assert total is None or total[1] == NUMBERS[len(objects)]


@pytest.mark.slow
def test_captions_take_all_their_forms():
    captions = scenes.several(500).captions
    places = ["on the left", "on the right", "in the middle", "at the top", "at the bottom"]
    relations = ["to the left of", "to the right of", "above", "below"]
    for form in [*places, *relations, " objects ", " and "]:
        assert any(form in caption for caption in captions), form


@pytest.mark.slow
def test_relations_in_captions_agree_with_the_boxes():
    checked = 0
    for preset in PRESETS:
        made = scenes.several(500, preset=preset)
        for i, caption in enumerate(made.captions):
            found = re.search(r"to the left of|to the right of|above|below", caption)
            if found:
                (first, second), relation = made.objects(i), found[0]
                assert f"{first.color} {first.kind}" in caption[:found.start()]
                assert f"{second.color} {second.kind}" in caption[found.end():]
                across, down = first.center[0] - second.center[0], first.center[1] - second.center[1]
                true = {"to the left of": across < 0, "to the right of": across > 0, "above": down < 0, "below": down > 0}
                assert true[relation], caption
                checked += 1
    assert checked > 50


def answer_from(objects, text):
    """The answer to a question by plain counting; independent of how it was asked."""
    singular = {kind if kind == "fish" else kind + "s": kind for kind in scenes.CLASSES}
    if text == "how many objects are there":
        return NUMBERS[len(objects)]
    if found := re.fullmatch(r"how many (\w+) are there", text):
        return NUMBERS[sum(o.kind == singular[found[1]] for o in objects)]
    if found := re.fullmatch(r"is there an? (\w+) (\w+)", text):
        return "yes" if any((o.color, o.kind) == found.groups() for o in objects) else "no"
    if found := re.fullmatch(r"what color is the (\w+)", text):
        (color,) = (o.color for o in objects if o.kind == found[1])
        return color
    found = re.fullmatch(r"is the (\w+) to the (left|right) of the (\w+)", text)
    (a,), (b,) = ([o for o in objects if o.kind == kind] for kind in (found[1], found[3]))
    return "yes" if (a.center[0] < b.center[0]) == (found[2] == "left") else "no"


def test_answers_are_right(groups):
    for i, questions in enumerate(groups.questions):
        for question in questions:
            assert answer_from(groups.objects(i), question.text) == question.answer, question


def test_questions_of_each_kind_are_asked_and_yes_is_as_likely_as_no():
    asked = [question for questions in scenes.several(1000, size=24).questions for question in questions]
    assert {question.kind for question in asked} == {"count", "color", "exists", "side"}
    for kind in ("exists", "side"):
        answers = Counter(question.answer for question in asked if question.kind == kind)
        total = sum(answers.values())
        assert abs(answers["yes"] - total / 2) < 4 * np.sqrt(total) / 2


@pytest.mark.slow
def test_positions_in_captions_agree_with_the_boxes():
    """Thirds of the picture, left and right first."""
    made, checked = scenes.several(500), set()
    for i, caption in enumerate(made.captions):
        found = re.search(r"on the left|on the right|at the top|in the middle|at the bottom", caption)
        if found:
            (only,) = made.objects(i)
            x, y = (3 * middle / 64 for middle in only.center)
            assert {"on the left": x < 1, "on the right": x >= 2}.get(found[0], 1 <= x < 2), caption
            assert {"at the top": y < 1, "in the middle": 1 <= y < 2, "at the bottom": y >= 2}.get(found[0], True), caption
            checked.add(found[0])
    assert len(checked) == 5


def test_objects_too_close_have_no_relation_and_no_side():
    objects = [SceneObject("car", "red", "big", (10, 10, 30, 30)), SceneObject("cat", "blue", "big", (12, 12, 30, 30))]
    assert describe(objects, "sea", 64, lambda: 0.5) == "a red car and a blue cat at sea"
    assert "side" not in {question.kind for question in ask(objects, 64, lambda: 0.5)}


def test_equal_objects_are_counted_together():
    cats = [SceneObject("cat", "orange", "big", (0, 0, 9, 9)), SceneObject("cat", "orange", "small", (40, 0, 49, 9))]
    assert describe(cats, "night", 64, lambda: 0.5) == "two orange cats at night"
    fish = [SceneObject("fish", "red", "big", (0, 0, 9, 9))] * 3
    assert describe(fish, "underwater", 64, lambda: 0.9) == "three red fish under water"


# ------------------------------------------------------------------ random numbers by name

def test_named_draws_have_the_distributions_they_promise():
    draws = draws_for(1, "train", np.arange(40_000))
    uniform, normal = draws.uniform("u", 2, 5), draws.normal("n")
    assert 2 <= uniform.min() and uniform.max() < 5
    assert abs(uniform.mean() - 3.5) < 0.03 and abs(uniform.var() - 9 / 12) < 0.03
    assert abs(normal.mean()) < 0.03 and abs(normal.std() - 1) < 0.03
    assert abs(draws.chance("c", 0.3).mean() - 0.3) < 0.02
    assert np.bincount(draws.integer("i", 3, 7), minlength=7)[3:].min() > 9_500
    picked = np.bincount(draws.pick("p", np.tile([0.0, 1, 3, 0], (len(draws), 1))), minlength=4)
    assert picked[0] == picked[3] == 0 and abs(picked[1] / len(draws) - 0.25) < 0.02


def test_draws_of_other_names_images_and_positions_are_uncorrelated():
    draws = draws_for(1, "train", np.arange(20_000))
    columns = [draws.normal("a"), draws.normal("b"), draws.under("x").normal("a"), np.roll(draws.normal("a"), 1)]
    columns += list(draws.normal("a", 3).T[1:]) + [draws_for(2, "train", np.arange(20_000)).normal("a")]
    correlation = np.corrcoef(columns) - np.eye(len(columns))
    assert np.abs(correlation).max() < 0.04


# ------------------------------------------------------------------ requests that make no sense

@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("request_, message", [
    (dict(count=0), "count=0"), (dict(count=-3), "count=-3"), (dict(count=2.5), "count=2.5"), (dict(count=True), "count=True"),
    (dict(count=5, size=15), "16 to 128"), (dict(count=5, size=129), "16 to 128"), (dict(count=5, size="32"), "size='32'"),
    (dict(count=5, preset="hrad"), 'did you mean "hard"'), (dict(count=5, split="training"), 'did you mean "train"'),
    (dict(count=5, seed=-1), "seed=-1"), (dict(count=5, start=-1), "start=-1"), (dict(count=10**9), "at most"),
])
def test_a_request_that_makes_no_sense_is_refused_by_name(make, request_, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make(**request_)
