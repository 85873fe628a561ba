"""A race of update rules over a surface: where each is, what it remembers, and how its loss falls."""

import numpy as np

from ..shared.arguments import number, one_of, whole
from ..shared.base import Demo
from . import picture as render

LIMITS = {"momentum": (0, 0.99), "beta2": (0.5, 0.9999), "alpha": (0.5, 0.999), "decay": (0, 1)}


class OptimizerRace(Demo):
    """Paths of SGD, momentum, Nesterov, AdaGrad, RMSProp, Adam and AdamW from a start that hands drag.

    surface is "bowl", "ravine", "saddle" or "Rosenbrock"; start an (x, y) in its view; rules the names that run, all of them by
    default; rates a learning rate for some of the rules, the others keep one that suits the surface. momentum is also Adam's
    beta1, alpha is RMSProp's memory, decay AdamW's weight decay; step, 0 to 200, is when the race is looked at, and watched the
    rule whose moments are drawn. They follow what hands do. ValueError says which argument cannot be shown.
    """

    title = "optimizer race"
    esm = ("shared/esm/common.js", "shared/esm/parts.js", "optimizer_race/rules.js", "optimizer_race/view.js")

    def __init__(self, surface="ravine", start=None, rules=None, rates=None, step=40, watched=None, *,
                 momentum=0.9, beta2=0.999, alpha=0.99, decay=0.01):
        one_of(render.SURFACES, surface=surface)
        self.surface, (left, bottom, side) = surface, render.SURFACES[surface]["view"]
        self.start = tuple(map(float, render.SURFACES[surface]["start"] if start is None else start))
        inside = [low <= x <= low + side for low, x in zip((left, bottom), self.start, strict=False)]      # a start may be too long
        if len(self.start) != 2 or not all(inside):
            raise ValueError(f"start={start}: give (x, y) with x from {left} to {left + side} and y from {bottom} to {bottom + side}")
        self.rules = list(render.RULES if rules is None else rules)
        for name in (*self.rules, *(rates or {}), *([watched] if watched else [])):
            if name not in render.RULES:
                raise ValueError(f"there is no rule {name!r}; choose from {', '.join(render.RULES)}")
        for name, rate in (rates or {}).items():
            if not 0 < rate <= 10:
                raise ValueError(f"rates[{name!r}]={rate}: give a learning rate above 0, at most 10")
        self.rates = render.SURFACES[surface]["rates"] | {name: float(rate) for name, rate in (rates or {}).items()}
        self.settings = {"momentum": momentum, "beta2": beta2, "alpha": alpha, "decay": decay}
        for name, value in self.settings.items():
            number(*LIMITS[name], **{name: value})
        whole(0, render.STEPS, step=step)
        self.step, self.watched = int(step), watched or ("adam" if "adam" in self.rules else self.rules[0] if self.rules else "adam")

    def picture(self) -> bytes:
        return render.draw(self.surface, self._paths(), self.step, self.watched, f"{self.surface}, after {self.step} steps")

    def describe(self) -> str:
        low, told = render.SURFACES[self.surface]["low"], []
        for rule, path in self._paths().items():
            gap = path[min(self.step, len(path) - 1)]["loss"] - low
            reached = f"{gap:.2g}" if np.isfinite(gap) and gap < 1e9 else "run away"
            told.append((gap, f"{render.RULES[rule][0]} {reached}"))
        words = ", ".join(text for _, text in sorted(told)) or "nobody runs"
        return (f"Race of update rules on the surface {self.surface} from ({self.start[0]:.3g}, {self.start[1]:.3g}); "
                f"loss above the minimum after {self.step} steps: {words}.")

    def state(self) -> dict:
        rules = {rule: {"name": name, "color": color, "dashed": dash != "-", "shape": "os^D".index(marker), "hollow": rule in render.HOLLOW}
                 for rule, (name, color, dash, marker) in render.RULES.items()}
        start = {"surfaces": render.SURFACES, "rules": rules, "steps": render.STEPS, "floor": render.FLOOR}
        scene = {"surface": self.surface, "start": list(self.start), "rules": self.rules, "rates": self.rates,
                 "step": self.step, "watched": self.watched}
        return {"start": start, "scene": scene | self.settings, "answer": {}}

    def receive(self, scene: dict) -> None:
        self.surface, self.start = scene["surface"], tuple(scene["start"])
        self.rules, self.rates = list(scene["rules"]), dict(scene["rates"])
        self.step, self.watched, self.settings = scene["step"], scene["watched"], {name: scene[name] for name in LIMITS}

    def refresh(self) -> None:
        """Nothing is kept between pictures."""

    def build_plain(self):
        import ipywidgets as w

        from ..shared.controls import value_controls

        sliders = {name: w.FloatSlider(value=value, min=LIMITS[name][0], max=LIMITS[name][1], step=0.0001, readout_format=".4f")
                   for name, value in self.settings.items()}
        return value_controls(self, surface=w.Dropdown(options=list(render.SURFACES), value=self.surface),
                              rules=w.SelectMultiple(options=list(render.RULES), value=self.rules),
                              step=w.IntSlider(value=self.step, max=render.STEPS),
                              watched=w.Dropdown(options=list(render.RULES), value=self.watched), **sliders)

    def _paths(self) -> dict[str, list[dict]]:
        return {rule: render.race(self.surface, rule, self.start, self.rates[rule], **self.settings)
                for rule in render.RULES if rule in self.rules}
