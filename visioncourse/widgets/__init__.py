"""Things to drag, click and scrub: each widget shows a picture without a front end and comes alive with one."""

from ._base import Demo, mode
from .activation_statistics import ActivationStatistics
from .babysitter import Babysitter
from .convolution import Convolution
from .graph import GraphStepper
from .knn import KnnBoundary
from .learning_rate import LearningRate
from .linear import LinearClassifier
from .optimizer_race import OptimizerRace
from .pixels import PixelsToParts

__all__ = ["ActivationStatistics", "Babysitter", "Convolution", "Demo", "GraphStepper", "KnnBoundary", "LearningRate", "LinearClassifier", "OptimizerRace", "PixelsToParts", "mode"]
