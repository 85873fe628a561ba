"""The helper package of *See for Yourself*: data, widgets, plots and instant checks for the notebooks.

Everything is loaded when it is first used, so that `import visioncourse` costs next to nothing.
"""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

_SUBMODULES = ("classifiers", "data", "features", "gradcheck", "imagenet", "layers", "models", "optim", "plots",
               "saliency", "solver", "widgets")
_FUNCTIONS = {
    "setup": "desk.session", "scale": "desk.session", "device": "desk.session",
    "check": "desk.checking", "hint": "desk.checking",
    "progress": "desk.coursemap",
    "doctor": "desk.troubles",
    "rng": "desk.testing", "draw": "desk.testing", "assert_close": "desk.testing", "assert_raises": "desk.testing",
    "beside": "desk.testing", "CheckFailed": "desk.testing",
    "add_to": "classes",
    "Solver": "solver", "LiveTraining": "live",
    "show_images": "plots", "confusion": "plots", "curves": "plots",
}

try:
    __version__ = version("visioncourse")
except PackageNotFoundError:          # used from a folder that was not installed
    __version__ = "0"

__all__ = [*_SUBMODULES, *_FUNCTIONS]


def __getattr__(name: str):
    if name in _SUBMODULES:
        return import_module(f"{__name__}.{name}")
    if name in _FUNCTIONS:
        value = getattr(import_module(f"{__name__}.{_FUNCTIONS[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"visioncourse has no {name!r}; it offers {', '.join(sorted(__all__))}")


def __dir__() -> list[str]:
    return sorted(__all__)
