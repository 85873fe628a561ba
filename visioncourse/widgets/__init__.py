"""Things to drag, click and scrub: each widget shows a picture without a front end and comes alive with one."""

from ._base import Demo, mode
from .graph import GraphStepper
from .knn import KnnBoundary
from .learning_rate import LearningRate
from .linear import LinearClassifier
from .pixels import PixelsToParts

__all__ = ["Demo", "GraphStepper", "KnnBoundary", "LearningRate", "LinearClassifier", "PixelsToParts", "mode"]
