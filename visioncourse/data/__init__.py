"""Data sets of the course: `load("scenes")` works anywhere at once, others after `python -m visioncourse.data get NAME`."""

from . import scenes
from .cache import cache_dir
from .cifar10 import DataNotFound
from .dataset import NAMES, Dataset, load, status
from .photos import photo

__all__ = ["NAMES", "DataNotFound", "Dataset", "cache_dir", "load", "photo", "scenes", "status"]
