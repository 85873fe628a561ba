"""Things to drag, click and scrub: each widget shows a picture without a front end and comes alive with one.

A widget's room is loaded when the widget is first used.
"""

from importlib import import_module

_ROOMS = {
    "ActivationStatistics": "activation_statistics", "Babysitter": "babysitter", "Convolution": "convolution", "Frames": "frames",
    "GraphStepper": "graph", "KnnBoundary": "knn", "LearningRate": "learning_rate", "LinearClassifier": "linear",
    "OptimizerRace": "optimizer_race", "Panel": "panel", "PixelsToParts": "pixels", "SaliencyExplorer": "saliency",
    "Demo": "shared.base", "mode": "shared.base",
}

__all__ = [*_ROOMS]


def __getattr__(name: str):
    if name in _ROOMS:
        value = getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"visioncourse.widgets has no {name!r}; it offers {', '.join(sorted(__all__))}")


def __dir__() -> list[str]:
    return sorted(__all__)
