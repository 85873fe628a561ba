"""A computational graph to step through: values go forward, gradients come back, gate by gate."""

from ..shared.arguments import one_of, whole
from ..shared.base import Demo
from . import picture as render
from .graphs import PRESETS, from_value, preset


class GraphStepper(Demo):
    """A graph of numbers whose passes go step by step; its inputs can be edited and other graphs chosen.

    graph is a name ("f = (x + y) z", "sigmoid neuron", "sigmoid, taken apart", "max and a branch" or "two layers") or your
    own Value, an object with data, grad, _children, _op and, if you like, label; your gradients are then set beside the
    right ones. step is how many steps have been done, all of them by default. ValueError says what cannot be shown.
    """

    title = "computational graph"
    esm = ("shared/esm/common.js", "graph/steps.js", "graph/view.js")

    def __init__(self, graph="f = (x + y) z", step=None):
        if isinstance(graph, str):
            one_of(PRESETS, ", or give a Value", graph=graph)
        yours = {} if isinstance(graph, str) else {"yours": from_value(graph)}
        self.graphs = yours | {name: preset(name) for name in PRESETS}
        self.name = graph if isinstance(graph, str) else "yours"
        self.leaves = list(self.graph["leaves"])
        last = len(self.steps) - 1
        self.step = last if step is None else step
        whole(0, last, "step of this graph", step=self.step)

    @property
    def graph(self) -> dict:
        return self.graphs[self.name]

    @property
    def steps(self) -> list[dict]:
        return render.trace(self.graph, self.leaves)

    def picture(self) -> bytes:
        done = f"after step {self.step} of {len(self.steps) - 1}"
        return render.draw(self.graph, self.steps[self.step], f"{self.name}, {done}.{self._differ()}")

    def describe(self) -> str:
        now, names = self.steps[self.step], self.graph["names"]
        lists = [", ".join(f"{n} {render.short(x)}" for n, x in zip(names, part, strict=True) if x is not None)
                 for part in (now["data"], now["grads"])]
        return f"Computational graph {self.name}. Values: {lists[0]}." + (f" Gradients: {lists[1]}." if lists[1] else "") + self._differ()

    def state(self) -> dict:
        start = {"graphs": self.graphs, "wide": render.WIDE, "card": render.CARD, "colors": [render.VALUE, render.GRADIENT, render.ACTIVE]}
        return {"start": start, "scene": {"graph": self.name, "leaves": self.leaves, "step": self.step}, "answer": {}}

    def receive(self, scene: dict) -> None:
        self.name, self.leaves, self.step = scene["graph"], scene["leaves"], scene["step"]

    def refresh(self) -> None:
        """Nothing is kept."""

    def build_plain(self):
        from .controls import graph_controls

        return graph_controls(self)

    def _differ(self) -> str:
        """Where the learner's gradients are others than the right ones, in words."""
        right, yours = self.steps[-1]["grads"], self.graph.get("yours")
        if yours is None or self.leaves != self.graph["leaves"]:
            return ""
        off = [n for n, a, b in zip(self.graph["names"], yours, right, strict=True) if abs(a - b) > 1e-6 * (1 + abs(b))]
        return f" Your gradients differ at {', '.join(off)}." if off else " Your gradients agree."
