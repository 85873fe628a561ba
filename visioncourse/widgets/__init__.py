"""Things to drag, click and scrub: each widget shows a picture without a front end and comes alive with one."""

from .activation_statistics import ActivationStatistics
from .babysitter import Babysitter
from .convolution import Convolution
from .frames import Frames
from .graph import GraphStepper
from .knn import KnnBoundary
from .learning_rate import LearningRate
from .linear import LinearClassifier
from .optimizer_race import OptimizerRace
from .panel import Panel
from .pixels import PixelsToParts
from .saliency import SaliencyExplorer
from .shared.base import Demo, mode

__all__ = [
    "ActivationStatistics", "Babysitter", "Convolution", "Demo", "Frames", "GraphStepper", "KnnBoundary",
    "LearningRate", "LinearClassifier", "OptimizerRace", "Panel", "PixelsToParts", "SaliencyExplorer", "mode",
]
