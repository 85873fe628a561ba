"""Panel: controls made from plain values, a function of your own, and the picture that it draws."""

import base64
import io
from typing import Any

from ..shared.base import Demo
from ..shared.png import DPI, to_png
from .options import kind_of, options_of, text_of


class Panel(Demo):
    """A picture that draw(figure, **values) makes anew whenever hands move a control; the matplotlib Figure stays, and comes empty.

    Each control has a name and the values it may take: (low, high) is a slider, in whole steps where both are whole numbers, else in
    100; (low, high, step) one with that step; a list offers its entries; True or False is a check box. A slider begins at its low
    end, a list with its first entry. `values` follows what hands do. ValueError says which control has no values.
    """

    title = "panel"
    esm = ("shared/esm/common.js", "shared/esm/parts.js", "panel/view.js")

    def __init__(self, draw, **controls):
        self.draw, self._seen = draw, None
        self._figure: Any = None                              # a matplotlib Figure once it is drawn
        self.options = {name: options_of(name, given) for name, given in controls.items()}
        self.kinds = {name: kind_of(given) for name, given in controls.items()}
        self._chosen = {name: self.options[name].index(given) if isinstance(given, bool) else 0 for name, given in controls.items()}

    @property
    def values(self) -> dict:
        """What each control is set to."""
        return {name: self.options[name][i] for name, i in self._chosen.items()}

    def picture(self) -> bytes:
        self._draw()
        return to_png(self._figure)

    def describe(self) -> str:
        """The titles of the picture, and the values it was drawn for."""
        self._draw()
        titles = [self._figure.get_suptitle(), *(ax.get_title() for ax in self._figure.axes)]
        chosen = ", ".join(f"{name} {text_of(value)}" for name, value in self.values.items())
        return "; ".join([" ".join(title.split()) for title in titles if title] + [chosen]) + "."

    def state(self) -> dict:
        controls = [[name, self.kinds[name], [text_of(value) for value in options]] for name, options in self.options.items()]
        return {"start": {"controls": controls}, "scene": dict(self._chosen), "answer": self._answer()}

    def receive(self, scene: dict) -> dict:
        self._chosen, self._seen = {name: scene[name] for name in self.options}, None
        return self._answer()

    def refresh(self) -> None:
        self._seen = None

    def build_plain(self):
        from .controls import panel_controls

        return panel_controls(self)

    def _answer(self) -> dict:
        """The picture as PNG that is made fast and not small, or what went wrong in one line."""
        try:
            alt, file = self.describe(), io.BytesIO()
            self._figure.savefig(file, format="png", pil_kwargs={"compress_level": 1})
        except Exception as error:  # the learner's function may fail in any way
            return {"failed": " ".join(f"{type(error).__name__}: {error}".split())}
        return {"png": base64.b64encode(file.getvalue()).decode(), "alt": alt}

    def _draw(self) -> None:
        if self._seen == self._chosen:
            return
        if self._figure is None:
            from matplotlib.figure import Figure

            self._figure = Figure(figsize=(6.4, 4), dpi=DPI, facecolor="white")
        self._figure.clear()
        self.draw(self._figure, **self.values)
        self._seen = dict(self._chosen)
