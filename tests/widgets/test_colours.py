"""The colours of all widgets, as people with each kind of colour blindness see them: far enough apart, or told apart by more than colour.

Simulation: Machado, Oliveira and Fernandes (2009), at full severity; distance: CAM02-UCS (Luo, Cui and Li, 2006). 10 is asked of
what colour alone tells apart (tab10 has pairs at 2), 5 of what a shape, dashes or hollow marks tell apart as well.
"""

import itertools
import json
import re

import numpy as np
import pytest
from colorspacious import cspace_convert, deltaE

from visioncourse import live_picture as training
from visioncourse import plots
from visioncourse.widgets.activation_statistics import picture as activations
from visioncourse.widgets.babysitter import picture as babysitter
from visioncourse.widgets.convolution import picture as convolution
from visioncourse.widgets.graph import picture as graph
from visioncourse.widgets.optimizer_race import picture as optimizers
from visioncourse.widgets.pixels import picture as pixels
from visioncourse.widgets.saliency import picture as saliency
from visioncourse.widgets.shared import plane
from visioncourse.widgets.shared.base import WIDGETS

EYES = {"normal": None, "deuteranopia": "deuteranomaly", "protanopia": "protanomaly", "tritanopia": "tritanomaly"}
CURVES = (WIDGETS / "learning_rate/view.js").read_text("utf-8")


def rgb(colors) -> np.ndarray:
    """Colours "#rrggbb" as numbers (N, 3) from 0 to 1."""
    return np.array([[int(color[i:i + 2], 16) / 255 for i in (1, 3, 5)] for color in colors])


def tints(colors, white: float) -> np.ndarray:
    return rgb(colors) * (1 - white) + white


def closest(colors: np.ndarray, eye: str) -> float:
    """The smallest distance between two of the colours (N, 3), as this eye sees them."""
    kind = EYES[eye]
    seen = colors if kind is None else cspace_convert(colors, {"name": "sRGB1+CVD", "cvd_type": kind, "severity": 100}, "sRGB1")
    return min(float(deltaE(a, b, input_space="sRGB1")) for a, b in itertools.combinations(np.clip(seen, 0, 1), 2))


# What only colour tells apart.
ALONE = {
    "photograph, box and place found": rgb([pixels.BLUE, pixels.ORANGE]),
    "kernel, positive and negative": rgb([convolution.BLUE, convolution.ORANGE, "#ffffff"]),
    "activations and gradients": rgb([activations.FORWARD, activations.BACKWARD]),
    "value, gradient and the card at work": rgb([graph.VALUE, graph.GRADIENT, graph.ACTIVE]),
    "regions of up to three classes": tints(plane.COLORS[:3], plane.WHITE),
    "regions of four classes": tints(plane.COLORS, plane.WHITE),
    "training and held-out loss, learning rate": rgb([babysitter.TRAIN, babysitter.HELD, babysitter.RATE]),
    "saliency, against and for": rgb([saliency.PALETTE[1], saliency.PALETTE[-2], saliency.PALETTE[3]]),
}
# What a mark tells apart as well: colours, and the marks that go with them.
TOGETHER = {
    "points of four classes": (plane.COLORS, plane.MARKERS),
    "seven rules racing": ([rule[1] for rule in optimizers.RULES.values()],
                           [(dash, mark, name in optimizers.HOLLOW) for name, (_, _, dash, mark) in optimizers.RULES.items()]),
    "loss curves kept for comparison": [json.loads(re.search(rf"{name} = (\[.*?\])(?:;|, DASHES)", CURVES)[1])
                                        for name in ("COLORS", "DASHES")],
    "curves of plots": (plots.COLORS, plots.MARKERS),
    "curves of the training view": (plots.COLORS, training._DASHES),
}


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("what", ALONE)
def test_what_only_colour_tells_apart_is_far_apart(what, eye):
    assert closest(ALONE[what], eye) >= 10


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("what", TOGETHER)
def test_what_a_mark_tells_apart_too_differs_in_colour(what, eye):
    colors, marks = TOGETHER[what]
    assert len(set(map(str, marks))) == len(colors) > 1
    assert closest(rgb(colors), eye) >= 5
