"""CIFAR-10 (Krizhevsky 2009): the official Python batches, converted once into one npz file without running anything in them."""

import io
import pickle
import tarfile
from pathlib import Path

import numpy as np

from .cache import cache_dir, read_arrays, write_arrays
from .download import DownloadError, fetch
from .manifest import entries

SIZE = 32
TRAIN_FILES = tuple(f"data_batch_{i}" for i in range(1, 6))
TEST_FILE = "test_batch"
_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_MOST_BYTES = 64 * 2**20  # of one member of the archive; the real ones have 31 MB
_SHAPES = {"X_train": (SIZE, SIZE, 3), "y_train": (), "X_test": (SIZE, SIZE, 3), "y_test": ()}


class DataNotFound(FileNotFoundError):
    """A data set that has to be downloaded first."""


def path() -> Path:
    """Where the converted data lie: X_train, X_test (N, 32, 32, 3) uint8, y_train, y_test (N,) int64."""
    return cache_dir() / "cifar10.npz"


def classes() -> tuple[str, ...]:
    return _CLASSES


def splits(train: int, val: int, test: int, seed: int) -> tuple[np.ndarray, ...]:
    """X_train, y_train, X_val, y_val, X_test, y_test in the official order, which no seed changes."""
    arrays = _converted()
    X, y, X_test, y_test = (arrays[name] for name in _SHAPES)
    if train + val > len(y):
        raise ValueError(f"train={train:,}, val={val:,}: cifar10 has {len(y):,} images for training and validation together")
    if test > len(y_test):
        raise ValueError(f"test={test:,}: cifar10 has {len(y_test):,} test images")
    return X[:train], y[:train], X[train:train + val], y[train:train + val], X_test[:test], y_test[:test]


def get() -> Path:
    """Download and convert unless that is done; the archive is deleted afterwards. Raises DownloadError."""
    if _is_whole(read_arrays(path())):
        return path()
    entry = entries()["cifar10"]
    archive = fetch(entry, cache_dir())
    try:
        arrays = read_archive(archive)
    except Exception as problem:  # a damaged pickle in a damaged archive can surface as almost any error
        archive.unlink(missing_ok=True)
        raise DownloadError(f"{archive.name} is not the archive it should be ({problem}); it was deleted, try again") from problem
    try:
        write_arrays(path(), arrays)
    except OSError as problem:
        reason = problem.strerror or problem
        raise DownloadError(f"{path()} cannot be written ({reason}); the download is kept, make room and try again") from problem
    archive.unlink()
    return path()


def read_archive(archive: Path) -> dict[str, np.ndarray]:
    """The arrays of an archive in the official format; only the members that it should have are looked at."""
    batches = {}
    with tarfile.open(archive, "r:gz") as tar:
        for member in tar:
            name = member.name.rpartition("/")[2]
            if member.isfile() and name in (*TRAIN_FILES, TEST_FILE):
                if member.size > _MOST_BYTES:
                    raise ValueError(f"{member.name} has {member.size:,} bytes")
                file = tar.extractfile(member)
                if file is not None:
                    batches[name] = _read_batch(file.read())
    missing = [name for name in (*TRAIN_FILES, TEST_FILE) if name not in batches]
    if missing:
        raise ValueError("without " + ", ".join(missing))
    X_train, y_train = (np.concatenate(parts) for parts in zip(*(batches[name] for name in TRAIN_FILES), strict=True))
    X_test, y_test = batches[TEST_FILE]
    return {"X_train": X_train, "y_train": y_train, "X_test": X_test, "y_test": y_test}


def _read_batch(content: bytes) -> tuple[np.ndarray, np.ndarray]:
    batch = _PlainUnpickler(io.BytesIO(content), encoding="bytes").load()
    planes, labels = np.asarray(batch[b"data"]), np.asarray(batch[b"labels"], np.int64)
    shaped = planes.dtype == np.uint8 and planes.shape == (len(labels), 3 * SIZE * SIZE)
    if not shaped or not ((0 <= labels) & (labels < len(_CLASSES))).all():
        raise ValueError(f"a batch of {planes.dtype} {planes.shape} with labels {labels.shape}")
    images = planes.reshape(-1, 3, SIZE, SIZE).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), labels


class _PlainUnpickler(pickle.Unpickler):
    """Reads plain data and NumPy arrays; whatever else a pickle might call is refused."""

    def find_class(self, module: str, name: str):
        if (module, name) in (("numpy", "ndarray"), ("numpy", "dtype")):
            return getattr(np, name)
        if name == "_reconstruct" and module in ("numpy.core.multiarray", "numpy._core.multiarray"):
            return np.ndarray(0).__reduce__()[0]
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")


def _converted() -> dict[str, np.ndarray]:
    if not path().is_file():
        raise DataNotFound('cifar10 is not on this computer. Type "python -m visioncourse.data get cifar10" in a terminal '
                           '(170 MB), or work offline with load("scenes")')
    arrays = read_arrays(path())
    if arrays is None or not _is_whole(arrays):
        raise DataNotFound(f'{path()} is damaged. Type "python -m visioncourse.data get cifar10" in a terminal to fetch it '
                           'again, or work offline with load("scenes")')
    return arrays


def _is_whole(arrays: dict[str, np.ndarray] | None) -> bool:
    return arrays is not None and all(name in arrays and arrays[name].shape[1:] == shape for name, shape in _SHAPES.items())
