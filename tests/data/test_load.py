"""`load`: one format for every data set, clear refusals, and a cache that can only help."""

import io
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from visioncourse import data
from visioncourse.data import cache, dataset, scenes

REPOSITORY = Path(__file__).resolve().parents[2]
EXCERPT = REPOSITORY.parent / "shared" / "data" / "cifar10_excerpt.npz"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty cache of our own for each test."""
    monkeypatch.setenv("VISIONCOURSE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def keep_everything(monkeypatch):
    monkeypatch.setattr(dataset, "_WORTH_KEEPING", 1)


@pytest.fixture
def cifar10(folder):
    """A stand-in in the format of the converted data: 60 training and 20 test images of noise."""
    rng = np.random.default_rng(0)
    arrays = {}
    for split, count in (("train", 60), ("test", 20)):
        arrays[f"X_{split}"] = rng.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
        arrays[f"y_{split}"] = rng.integers(0, 10, count)
    cache.write_arrays(data.cifar10.path(), arrays)
    return arrays


def assert_format(made, train, val, test, shape):
    for X, y, count in ((made.X_train, made.y_train, train), (made.X_val, made.y_val, val), (made.X_test, made.y_test, test)):
        assert X.shape == (count, *shape) and X.dtype == np.uint8
        assert y.shape == (count,) and y.dtype == np.int64
        assert count == 0 or 0 <= y.min() <= y.max() < len(made.classes)
    assert len(made.classes) == 10 and all(isinstance(name, str) for name in made.classes)


# ------------------------------------------------------------------ one format

@pytest.mark.parametrize("train, val, test, size", [(30, 20, 10, 32), (1, 0, 0, 64), (12, 5, 7, 16)])
def test_scenes_have_the_agreed_format(train, val, test, size):
    assert_format(data.load("scenes", train=train, val=val, test=test, size=size), train, val, test, (size, size, 3))


@pytest.mark.slow
def test_scenes_are_the_default_with_5000_and_500_images():
    made = data.load()
    assert made.name == "scenes" and made.classes == scenes.CLASSES
    assert_format(made, 5000, 0, 500, (32, 32, 3))
    assert repr(made) == "Dataset(scenes: 5,000 train, 0 val, 500 test, 32×32×3, 10 classes)"


def test_the_splits_of_scenes_are_those_of_the_generator():
    made = data.load("scenes", train=15, val=6, test=4, size=20, preset="hard", seed=8)
    for split, X in (("train", made.X_train), ("val", made.X_val), ("test", made.X_test)):
        assert np.array_equal(X, scenes.single(len(X), size=20, preset="hard", seed=8, split=split).images)


def test_a_dataset_cannot_be_changed_by_accident():
    with pytest.raises(AttributeError):
        data.load(train=2, test=0).name = "other"


def test_digits_have_the_agreed_format_and_use_every_image_by_default():
    assert_format(data.load("digits"), 1297, 0, 500, (8, 8, 1))
    assert_format(data.load("digits", train=100, val=50, test=60), 100, 50, 60, (8, 8, 1))


def test_digits_are_those_of_scikit_learn_each_once():
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    made = data.load("digits", train=1000, val=297, test=500)
    ours = np.concatenate([made.X_train, made.X_val, made.X_test]).reshape(-1, 64)
    labels = np.concatenate([made.y_train, made.y_val, made.y_test])

    def rows(pixels, y):
        return sorted((tuple(p), int(k)) for p, k in zip(pixels.tolist(), y, strict=True))

    assert rows(np.rint(ours * (16 / 255)), labels) == rows(X, y)


def test_the_seed_shuffles_digits_and_the_test_set_does_not_move_with_the_training_set():
    same, again, other = (data.load("digits", seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(same.X_train, again.X_train) and not np.array_equal(same.X_train, other.X_train)
    assert np.array_equal(data.load("digits", train=50).X_test, same.X_test)


def test_cifar10_keeps_its_official_order(cifar10):
    made = data.load("cifar10", train=40, val=15, test=12)
    assert_format(made, 40, 15, 12, (32, 32, 3))
    assert np.array_equal(made.X_train, cifar10["X_train"][:40]) and np.array_equal(made.y_train, cifar10["y_train"][:40])
    assert np.array_equal(made.X_val, cifar10["X_train"][40:55]) and np.array_equal(made.X_test, cifar10["X_test"][:12])
    assert made.classes[0] == "airplane" and made.classes[9] == "truck"


@pytest.mark.skipif(not EXCERPT.is_file(), reason="no excerpt of CIFAR-10 beside the repository")
def test_real_cifar10_pixels_pass_through_unchanged():
    with np.load(EXCERPT) as file:
        real = {name: file[name] for name in file.files}
    cache.write_arrays(data.cifar10.path(), {
        "X_train": real["x_train"], "y_train": real["y_train"].astype(np.int64),
        "X_test": real["x_test"], "y_test": real["y_test"].astype(np.int64),
    })
    made = data.load("cifar10", train=6000, val=2000, test=1000)
    assert np.array_equal(np.concatenate([made.X_train, made.X_val]), real["x_train"][:8000])
    assert np.array_equal(made.y_test, real["y_test"][:1000])


# ------------------------------------------------------------------ refusals

@pytest.mark.parametrize("request_, message", [
    (dict(name="scene"), 'did you mean "scenes"'), (dict(name="CIFAR-10"), 'did you mean "cifar10"'),
    (dict(name="imagenet"), '"scenes", "digits", "cifar10"'), (dict(name=5), "name=5"),
    (dict(train=0), "train=0"), (dict(train=-5), "train=-5"), (dict(val=-1), "val=-1"), (dict(test=-1), "test=-1"),
    (dict(train=2.0), "train=2.0"), (dict(train="10"), "train='10'"), (dict(train=True), "train=True"),
    (dict(size=0), "size=0"), (dict(size=-32), "size=-32"), (dict(size=32.0), "size=32.0"), (dict(size=500), "16 to 128"),
    (dict(preset="medium"), '"default", "hard", "clean"'), (dict(preset="cleen"), 'did you mean "clean"'),
    (dict(seed=-1), "seed=-1"), (dict(seed="a"), "seed='a'"), (dict(train=10**10), "at most"), (dict(test=10**10), "at most"),
    (dict(name="digits", train=1798, test=0), "1,797 images"), (dict(name="digits", val=900, test=900), "1,797 images"),
    (dict(name="digits", size=32), "8 pixels"), (dict(name="digits", preset="hard"), "no presets"),
    (dict(name="cifar10", size=64), "32 pixels"),
])
def test_a_request_that_makes_no_sense_is_refused_by_name(request_, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        data.load(**request_)


def test_numpy_whole_numbers_are_whole_numbers():
    assert len(data.load(train=np.int64(3), test=np.uint8(2), size=np.int32(16)).y_train) == 3


def test_more_cifar10_images_than_there_are_is_refused_with_the_number(cifar10):
    with pytest.raises(ValueError, match="60 images"):
        data.load("cifar10", train=50, val=11, test=1)
    with pytest.raises(ValueError, match="20 test images"):
        data.load("cifar10", train=5, test=21)


def test_cifar10_that_was_never_downloaded_says_what_to_type_and_what_works_offline():
    with pytest.raises(data.DataNotFound) as caught:
        data.load("cifar10")
    assert isinstance(caught.value, FileNotFoundError)
    assert "python -m visioncourse.data get cifar10" in str(caught.value) and 'load("scenes")' in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off"])
def test_damaged_cifar10_says_so(folder, content):
    folder.mkdir()
    data.cifar10.path().write_bytes(content)
    with pytest.raises(data.DataNotFound, match="damaged"):
        data.load("cifar10", train=5, test=5)


def test_status_tells_whether_cifar10_is_here(folder):
    assert data.status() == "data: scenes (built in), cifar10 not downloaded"
    folder.mkdir()
    data.cifar10.path().touch()
    assert data.status() == "data: scenes (built in), cifar10 here"


# ------------------------------------------------------------------ the cache

def files_in(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []



def assert_equal(a, b):
    for name in ("X_train", "y_train", "X_val", "y_val", "X_test", "y_test"):
        assert np.array_equal(getattr(a, name), getattr(b, name)), name


def test_small_requests_leave_no_file(folder):
    data.load(train=50, test=50)
    assert files_in(folder) == []


def test_large_requests_are_made_once(folder, monkeypatch):
    first = data.load(train=2048, val=3, test=3)
    assert files_in(folder) == [f"scenes-v{scenes.VERSION}-default-32px-seed0-train.npz"]
    made = record_painting(monkeypatch)
    assert_equal(data.load(train=2048, val=3, test=3), first)
    assert made == [(3, 0), (3, 0)]


def record_painting(monkeypatch):
    """A list that grows by (count, start) whenever pictures are made."""
    dataset._few_scenes.cache_clear()
    made, original = [], scenes.images_and_labels

    def recorded(count, *, start=0, **request):
        made.append((count, start))
        return original(count, start=start, **request)

    monkeypatch.setattr(scenes, "images_and_labels", recorded)
    return made


def test_a_shorter_request_reads_and_a_longer_one_makes_only_the_rest(keep_everything, monkeypatch):
    data.load(train=30, test=10, size=16)
    whole = scenes.single(50, size=16).images
    made = record_painting(monkeypatch)
    assert np.array_equal(data.load(train=20, test=10, size=16).X_train, whole[:20]) and made == []
    assert np.array_equal(data.load(train=50, test=10, size=16).X_train, whole) and made == [(20, 30)]
    assert np.array_equal(data.load(train=50, test=10, size=16).X_train, whole) and made == [(20, 30)]


@pytest.mark.parametrize("change", [dict(seed=1), dict(preset="hard"), dict(size=17)])
def test_different_worlds_are_kept_apart(keep_everything, change):
    usual = dict(train=12, test=12, size=16)
    data.load(**usual)
    fresh = scenes.single(12, **({"size": 16} | change))
    assert np.array_equal(data.load(**(usual | change)).X_train, fresh.images)


def test_another_generator_version_does_not_read_old_pictures(keep_everything, folder, monkeypatch):
    data.load(train=5, test=0)
    monkeypatch.setattr(scenes, "VERSION", scenes.VERSION + 1)
    data.load(train=5, test=0)
    assert len(files_in(folder)) == 2


def cut(content):
    return content[: len(content) // 2]


def flip_a_pixel(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1:]


def one_array(content):
    file = io.BytesIO()
    np.save(file, np.zeros(3))
    return file.getvalue()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("damage", [cut, flip_a_pixel, one_array, lambda content: b"", lambda content: b"not an npz file"])
def test_a_damaged_file_is_made_again_without_a_word(keep_everything, folder, damage):
    first = data.load(train=40, test=0)
    (path,) = folder.iterdir()
    path.write_bytes(damage(path.read_bytes()))
    assert_equal(data.load(train=40, test=0), first)
    assert cache.read_arrays(path).keys() == {"X", "y"}


@pytest.mark.parametrize("arrays", [
    {"X": np.zeros((40, 8, 8, 3), np.uint8), "y": np.zeros(40, np.int64)},
    {"X": np.zeros((40, 32, 32, 3)), "y": np.zeros(40, np.int64)},
    {"X": np.zeros((40, 32, 32, 3), np.uint8), "y": np.zeros(39, np.int64)},
    {"other": np.zeros(3)},
    {"X": np.array([{}], object)},
])
def test_a_file_that_holds_something_else_is_made_again(keep_everything, folder, arrays):
    first = data.load(train=40, test=0)
    (path,) = folder.iterdir()
    np.savez(path, **arrays)
    assert_equal(data.load(train=40, test=0), first)


@pytest.mark.parametrize("problem", [OSError(28, "No space left on device"), PermissionError(13, "Permission denied")])
def test_a_disk_that_takes_nothing_costs_one_warning_and_no_data(keep_everything, folder, monkeypatch, problem):
    def half_written(file, **arrays):
        file.write(b"half")
        raise problem
    monkeypatch.setattr(np, "savez", half_written)
    with pytest.warns(UserWarning, match=problem.strerror) as caught:
        made = data.load(train=40, test=0)
    assert len(caught) == 1 and "\n" not in str(caught[0].message)
    assert np.array_equal(made.X_train, scenes.single(40).images)
    assert files_in(folder) == []


def test_a_full_disk_costs_one_warning_and_no_data(keep_everything, monkeypatch, folder):
    """The same with a file that really cannot take a byte."""
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    monkeypatch.setattr("visioncourse.files.open", lambda path, mode: open("/dev/full", "wb") if mode == "xb" else open(path, mode),
                        raising=False)
    with pytest.warns(UserWarning, match="No space left"):
        made = data.load(train=40, test=0)
    assert np.array_equal(made.X_train, scenes.single(40).images) and files_in(folder) == []


def test_a_cache_that_is_a_file_costs_one_warning_and_no_data(keep_everything, folder):
    folder.write_text("in the way")
    with pytest.warns(UserWarning):
        made = data.load(train=20, test=0)
    assert len(made.y_train) == 20 and folder.read_text() == "in the way"


def test_an_interrupted_write_leaves_nothing(folder, monkeypatch):
    def interrupted(file, **arrays):
        file.write(b"half")
        raise KeyboardInterrupt
    monkeypatch.setattr(np, "savez", interrupted)
    with pytest.raises(KeyboardInterrupt):
        cache.write_arrays(folder / "x.npz", {"a": np.zeros(3)})
    assert files_in(folder) == []


def test_cache_dir_is_the_environments_choice_then_the_clones_then_the_users(monkeypatch, tmp_path):
    assert data.cache_dir() == tmp_path / "cache"
    monkeypatch.delenv("VISIONCOURSE_CACHE")
    for part in ("pyproject.toml", "solutions"):
        assert (REPOSITORY / part).exists()
    assert data.cache_dir() == REPOSITORY / "data" / "cache"
    monkeypatch.setattr(cache, "_REPOSITORY", tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    assert "visioncourse" in str(data.cache_dir()) and not data.cache_dir().is_relative_to(REPOSITORY)


# ------------------------------------------------------------------ quiet and light

def test_loading_scenes_writes_nothing_to_stderr_and_imports_nothing_heavy(folder):
    """A release gate of nbgrader counts any output on stderr as a failure."""
    code = (
        "import sys, visioncourse as vc\n"
        "d = vc.data.load(train=2100, val=5, test=5); vc.data.scenes.several(5); vc.data.status()\n"
        "heavy = {'torch', 'matplotlib', 'scipy', 'sklearn', 'skimage', 'tqdm', 'ipywidgets'} & set(sys.modules)\n"
        "print(len(d.y_train), sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-W", "always", "-c", code], capture_output=True, text=True, cwd=REPOSITORY)
    assert (done.returncode, done.stderr, done.stdout.strip()) == (0, "", "2100 []")


def test_pictures_that_somebody_has_changed_are_as_they_were_for_the_next():
    first = data.load(train=20, test=5)
    kept = first.X_train.copy()
    first.X_train[...] = 0
    first.y_train[...] = 7
    second = data.load(train=20, test=5)
    assert np.array_equal(second.X_train, kept) and len(set(second.y_train.tolist())) > 1
