"""A computational graph to step through: values go forward, gradients come back, gate by gate."""

from ._base import Demo
from .graphs import PRESETS, from_value, preset
from .render import graph as render


class GraphStepper(Demo):
    """A graph of numbers whose passes go step by step; its inputs can be edited and other graphs chosen.

    graph is a name ("f = (x + y) z", "sigmoid neuron", "sigmoid, taken apart", "max and a branch" or "two layers") or your
    own Value, an object with data, grad, _children, _op and, if you like, label; your gradients are then set beside the
    right ones. step is how many steps have been done, all of them by default. ValueError says what cannot be shown.
    """

    title = "computational graph"
    esm = ("common.js", "graph_steps.js", "graph.js")

    def __init__(self, graph="f = (x + y) z", step=None):
        if isinstance(graph, str) and graph not in PRESETS:
            raise ValueError(f"graph={graph!r}: choose one of {', '.join(PRESETS)}, or give a Value")
        yours = {} if isinstance(graph, str) else {"yours": from_value(graph)}
        self.graphs = yours | {name: preset(name) for name in PRESETS}
        self.name = graph if isinstance(graph, str) else "yours"
        self.leaves = list(self.graph["leaves"])
        last = len(self.steps) - 1
        self.step = last if step is None else step
        if self.step not in range(last + 1):
            raise ValueError(f"step={step}: this graph has the steps 0 to {last}")

    @property
    def graph(self) -> dict:
        return self.graphs[self.name]

    @property
    def steps(self) -> list[dict]:
        return render.trace(self.graph, self.leaves)

    def picture(self) -> bytes:
        return render.draw(self.graph, self.steps[self.step], f"{self.name}, after step {self.step} of {len(self.steps) - 1}.{self._differ()}")

    def describe(self) -> str:
        now, names = self.steps[self.step], self.graph["names"]
        lists = [", ".join(f"{n} {render.short(x)}" for n, x in zip(names, part) if x is not None) for part in (now["data"], now["grads"])]
        return f"Computational graph {self.name}. Values: {lists[0]}." + (f" Gradients: {lists[1]}." if lists[1] else "") + self._differ()

    def state(self) -> dict:
        start = {"graphs": self.graphs, "wide": render.WIDE, "card": render.CARD, "colors": [render.VALUE, render.GRADIENT, render.ACTIVE]}
        return {"start": start, "scene": {"graph": self.name, "leaves": self.leaves, "step": self.step}, "answer": {}}

    def receive(self, scene: dict) -> None:
        self.name, self.leaves, self.step = scene["graph"], scene["leaves"], scene["step"]

    def refresh(self) -> None:
        """Nothing is kept."""

    def build_plain(self):
        import ipywidgets

        from ._base import image_tag

        step = ipywidgets.IntSlider(description="step", value=self.step, max=len(self.steps) - 1)
        named = [(i, self.graph["names"][i]) for i, x in enumerate(self.leaves) if x is not None]
        inputs = {i: ipywidgets.FloatText(description=name, value=self.leaves[i]) for i, name in named}
        picture = ipywidgets.HTML()

        def show(_=None):
            self.step, self.leaves = step.value, [inputs[i].value if i in inputs else None for i in range(len(self.leaves))]
            said = render.words(self.graph, self.steps[self.step])
            picture.value = f"{image_tag(self)}<p>{said}</p>"

        for control in (step, *inputs.values()):
            control.observe(show, "value")
        show()
        return ipywidgets.VBox([step, ipywidgets.HBox([*inputs.values()], layout={"flex_flow": "wrap"}), picture])

    def _differ(self) -> str:
        """Where the learner's gradients are others than the right ones, in words."""
        right, yours = self.steps[-1]["grads"], self.graph.get("yours")
        if yours is None or self.leaves != self.graph["leaves"]:
            return ""
        off = [n for n, a, b in zip(self.graph["names"], yours, right) if abs(a - b) > 1e-6 * (1 + abs(b))]
        return f" Your gradients differ at {', '.join(off)}." if off else " Your gradients agree."
