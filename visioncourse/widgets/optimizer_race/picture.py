"""Update rules on surfaces over the plane, and the picture of their race.

rules.js computes the same paths; tests/widgets/test_optimizer_race.py keeps both equal to torch.optim.
"""

from typing import Any

import numpy as np

from ..shared.png import plain_figure, to_png

STEPS, FLOOR = 200, 1e-8  # length of a race, and the smallest gap to the minimum that is told apart
RULES = {  # rule: (name, colour, dash, marker); of the markers the last three are hollow
    "sgd": ("SGD", "#222222", "-", "o"), "momentum": ("momentum", "#0077BB", "-", "s"), "nesterov": ("Nesterov", "#33BBEE", "--", "^"),
    "adagrad": ("AdaGrad", "#009988", "-", "D"), "rmsprop": ("RMSProp", "#EE7733", "-", "o"), "adam": ("Adam", "#CC3311", "-", "s"),
    "adamw": ("AdamW", "#EE3377", "--", "^"),
}
HOLLOW = ("rmsprop", "adam", "adamw")
SETTINGS = {"momentum": 0.9, "beta2": 0.999, "alpha": 0.99, "decay": 0.01}  # torch's, and the usual momentum


def _rates(*values: float) -> dict[str, float]:
    return dict(zip(RULES, values, strict=True))


# name: view (left, bottom, side), start, the minima, the lowest value, and a learning rate that suits each rule
SURFACES: dict[str, dict[str, Any]] = {
    "bowl": {"view": (-2, -2, 4), "start": (-1.6, 1.3), "minima": [(0, 0)], "low": 0,
             "rates": _rates(0.1, 0.03, 0.03, 0.4, 0.03, 0.08, 0.08)},
    "ravine": {"view": (-2, -2, 4), "start": (-1.7, 0.7), "minima": [(0, 0)], "low": 0,
               "rates": _rates(0.018, 0.005, 0.005, 0.4, 0.03, 0.08, 0.08)},
    "saddle": {"view": (-2, -2, 4), "start": (-1.6, 0.02), "minima": [(0, 1), (0, -1)], "low": -0.25,
               "rates": _rates(0.1, 0.03, 0.03, 0.4, 0.03, 0.08, 0.08)},
    "Rosenbrock": {"view": (-2, -1, 4), "start": (-1.2, 1.0), "minima": [(1, 1)], "low": 0,
                   "rates": _rates(0.001, 0.0005, 0.0005, 0.4, 0.02, 0.1, 0.1)},
}


def value(surface: str, x, y):
    """Height of the surface, for numbers or arrays."""
    return {"bowl": (x * x + y * y) / 2, "ravine": (x * x + 100 * y * y) / 2, "saddle": (x * x - y * y) / 2 + y**4 / 4,
            "Rosenbrock": (1 - x) ** 2 + 100 * (y - x * x) ** 2}[surface]


def slope(surface: str, x: float, y: float) -> np.ndarray:
    """Gradient (2,) of the surface."""
    return np.array({"bowl": (x, y), "ravine": (x, 100 * y), "saddle": (x, y**3 - y),
                     "Rosenbrock": (-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x))}[surface], float)


def race(surface: str, rule: str, start, rate: float, momentum: float, beta2: float, alpha: float, decay: float,
         steps: int = STEPS) -> list[dict]:
    """What a rule knows before each of `steps` steps and after the last: place p, gradient g, moments m and v, each (2,), and loss.

    The path ends early where it leaves a square of a million on a side. Rules and defaults are those of torch.optim.
    """
    p, m, v, path = np.array(start, float), np.zeros(2), np.zeros(2), []
    for t in range(1, steps + 2):
        g = slope(surface, *p)
        path.append({"p": p, "g": g, "m": m, "v": v, "loss": float(value(surface, *p))})
        if t > steps or not (np.abs(p) < 5e5).all():
            break
        if rule in ("momentum", "nesterov"):
            m = momentum * m + g
        elif rule in ("adam", "adamw"):
            m, v = momentum * m + (1 - momentum) * g, beta2 * v + (1 - beta2) * g * g
        elif rule == "adagrad":
            v = v + g * g
        elif rule == "rmsprop":
            v = alpha * v + (1 - alpha) * g * g
        move = {"sgd": g, "momentum": m, "nesterov": g + momentum * m, "adagrad": g / (np.sqrt(v) + 1e-10),
                "rmsprop": g / (np.sqrt(v) + 1e-8)}.get(rule)
        if move is None:
            move = m / (1 - momentum**t) / (np.sqrt(v) / np.sqrt(1 - beta2**t) + 1e-8)
        p = p * (1 - rate * decay) - rate * move if rule == "adamw" else p - rate * move
    return path


def bands(surface: str, size: int) -> np.ndarray:
    """Number of the contour band, 0 to 11, of each of size x size cells, the top row first: equal steps of the root of the height."""
    left, bottom, side = SURFACES[surface]["view"]
    along = (np.arange(size) + 0.5) / size * side
    height = np.sqrt(value(surface, left + along, (bottom + side - along)[:, None]) - SURFACES[surface]["low"])
    return np.minimum(11, 12 * height / height.max()).astype(int)


def draw(surface: str, paths: dict[str, list[dict]], step: int, watched: str, title: str) -> bytes:
    """PNG of the surface with the paths up to a step and the moments of one rule, and of the losses against the step."""
    left, bottom, side = SURFACES[surface]["view"]
    low, styles = SURFACES[surface]["low"], {}
    with plain_figure(1000, 450) as figure:
        grid = {"left": 0.05, "right": 0.98, "top": 0.9, "bottom": 0.18, "wspace": 0.17}
        plane, chart = figure.subplots(1, 2, width_ratios=(1, 1.1), gridspec_kw=grid)
        plane.imshow(255 - 8 * bands(surface, 200), cmap="gray", vmin=0, vmax=255, extent=(left, left + side, bottom, bottom + side))
        plane.plot(*np.transpose(SURFACES[surface]["minima"]), "+", color="#222222", ms=13, mew=2.5, ls="")
        for rule, path in paths.items():
            name, color, dash, marker = RULES[rule]
            places = np.array([now["p"] for now in path[: step + 1]])
            styles[rule] = {"color": color, "ls": dash, "lw": 1.8, "marker": marker, "mfc": "white" if rule in HOLLOW else color,
                            "mec": color, "mew": 1.8}
            plane.plot(*places.T, **styles[rule] | {"marker": None})
            plane.plot(*places[-1:].T, **styles[rule], ms=9)
            gap = np.maximum([now["loss"] - low for now in path], FLOOR)
            at = min(step, len(path) - 1)
            chart.semilogy(gap, **styles[rule], markevery=[at], ms=8, label=f"{name}: {path[at]['loss'] - low:.2g}")
        if watched in paths:
            _moments(plane, paths[watched][min(step, len(paths[watched]) - 1)], side, RULES[watched][1])
        plane.set(xlim=(left, left + side), ylim=(bottom, bottom + side), title=title, ylabel="$y$")
        gaps = [max(now["loss"] - low, FLOOR) for path in paths.values() for now in path if np.isfinite(now["loss"])] or [1]
        top = 5 * max([path[0]["loss"] - low for path in paths.values()], default=1)
        chart.set(title=f"Loss above the minimum, after step {step}", xlabel="step", xlim=(0, STEPS),
                  ylim=(max(FLOOR, min(gaps) / 3), max(10, top)))
        chart.axvline(step, color="#222222", lw=5, alpha=0.15)
        chart.grid(alpha=0.3)
        if paths:
            figure.legend(*chart.get_legend_handles_labels(), loc="lower center", fontsize=8.5, ncols=7, frameon=False,
                          columnspacing=1.1, handlelength=1.4)
        return to_png(figure)


def _moments(plane, now: dict, side: float, color: str) -> None:
    """Arrows down the gradient (black) and down the first moment (in colour), and a cross as wide as the second moment lets steps be."""
    longest = max(np.hypot(*now["g"]), np.hypot(*now["m"]), 1e-12)
    for arrow, tint, width in ((now["m"], color, 4), (now["g"], "#000000", 1.6)):
        if np.hypot(*arrow) > 0.02 * longest:
            style = {"arrowstyle": "-|>", "color": tint, "lw": width, "shrinkA": 0, "shrinkB": 0}
            plane.annotate("", now["p"] - arrow / longest * side / 5, now["p"], arrowprops=style)
    if now["v"].any():
        reach = 1 / (np.sqrt(now["v"]) + 1e-8)
        across, up = reach / reach.max() * side / 9
        plane.plot(now["p"][0] + np.array([-across, across]), [now["p"][1]] * 2, color=color, lw=1.2)
        plane.plot([now["p"][0]] * 2, now["p"][1] + np.array([-up, up]), color=color, lw=1.2)
