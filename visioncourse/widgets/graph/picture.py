"""A computational graph of numbers: its passes step by step, its layout, and its picture.

A graph is plain data: names, ops and inputs of its nodes, inputs (indices) before the nodes that use them and the output
last; a node without inputs is a leaf and its op is "". steps.js computes the same steps; tests keep the two equal.
"""

import decimal
import math
from collections.abc import Callable

from ..shared.png import plain_figure, to_png

WIDE, CARD, ROW = 860, (76, 54), 72  # CSS pixels: the picture, one node's card, from one row to the next
VALUE, GRADIENT, ACTIVE = "#004488", "#AA3344", "#FFF3C9"  # blue, red, and the card that is at work


def _sigmoid(x):
    s = 1 / (1 + math.exp(-abs(x)))
    s = s if x >= 0 else 1 - s
    return s, (s * (1 - s),)


GATES: dict[str, tuple[int, Callable]] = {  # op: (number of inputs, inputs -> output and local gradients)
    "+": (2, lambda x, y: (x + y, (1.0, 1.0))),
    "*": (2, lambda x, y: (x * y, (y, x))),
    "max": (2, lambda x, y: (max(x, y), (1.0, 0.0) if x >= y else (0.0, 1.0))),
    "relu": (1, lambda x: (max(x, 0.0), (float(x > 0),))),
    "sigmoid": (1, _sigmoid),
    "tanh": (1, lambda x: (math.tanh(x), (1 - math.tanh(x) ** 2,))),
    "exp": (1, lambda x: (math.exp(min(x, 700)), (math.exp(min(x, 700)),))),
    "1/x": (1, lambda x: (1 / (x or 1e-300), (-1 / (x * x or 1e-300),))),
}


def trace(graph: dict, leaves: list) -> list[dict]:
    """All steps of a forward and a backward pass: the inputs, each gate forward, the output's own gradient, each gate back.

    leaves: a number per leaf, None per gate. A step has node (-1 for the first), back, data and grads (None where not yet
    known) and flows: [input, local gradient, upstream gradient, what the input had before] for each input of a gate.
    """
    n, data, gates = len(leaves), list(leaves), [i for i, inputs in enumerate(graph["inputs"]) if inputs]
    grads: list = [None] * n
    local: dict[int, tuple[float, ...]] = {}
    steps = [{"node": -1, "back": False, "data": data[:], "grads": grads[:], "flows": []}]
    for i in gates:
        data[i], local[i] = GATES[graph["ops"][i]][1](*[data[j] for j in graph["inputs"][i]])
        steps.append({"node": i, "back": False, "data": data[:], "grads": grads[:], "flows": []})
    grads[-1] = 1.0
    steps.append({"node": n - 1, "back": True, "data": data[:], "grads": grads[:], "flows": []})
    for i in reversed(gates):
        flows = []
        for j, slope in zip(graph["inputs"][i], local[i], strict=True):
            flows.append([j, slope, grads[i], grads[j]])
            grads[j] = (grads[j] or 0.0) + slope * grads[i]
        steps.append({"node": i, "back": True, "data": data[:], "grads": grads[:], "flows": flows})
    return steps


def words(graph: dict, step: dict) -> str:
    """What happens in a step, with its numbers."""
    names, i = graph["names"], step["node"]
    if i < 0:
        return "Only the inputs are known."
    inputs, op = graph["inputs"][i], graph["ops"][i]
    if not step["back"]:
        said, numbers = ([names[j] for j in inputs], [short(step["data"][j]) for j in inputs])
        sign = {"+": " + ", "*": " × "}.get(op)
        both = [part[0] + sign + part[1] if sign else f"{op}({', '.join(part)})" for part in (said, numbers)]
        return f"Forward: {names[i]} = {both[0]} = {both[1]} = {short(step['data'][i])}."
    if not step["flows"]:
        return f"Backward begins: the gradient of {names[i]} with respect to itself is 1."
    told = []
    for j, slope, upstream, before in step["flows"]:
        product = slope * upstream
        text = f"{names[j]} gets local {short(slope)} × upstream {short(upstream)} = {short(product)}"
        told.append(text if before is None else f"{text}, added to the {short(before)} it had: {short(before + product)}")
    return f"Backward through {names[i]} ({op.replace('*', '×')}): {'; '.join(told)}."


def short(x: float) -> str:
    """A number with at most three significant digits, halves rounded up as in the browser."""
    text = f"{decimal.Context(prec=3, rounding=decimal.ROUND_HALF_UP).create_decimal_from_float(x):.3g}" if math.isfinite(x) else str(x)
    text = f"{float(text):.3g}"
    return "0" if float(text) == 0 else text.replace("e-0", "e-").replace("e+0", "e+")




def layout(graph: dict) -> dict:
    """Centres of the cards in pixels, {"at": [[x, y], ...], "high": height}: a gate stands right of all its inputs."""
    inputs, n = graph["inputs"], len(graph["inputs"])
    column = [0] * n
    for i in range(n):
        column[i] = 1 + max((column[j] for j in inputs[i]), default=-1)
    users = [[i for i in range(n) if j in inputs[i]] for j in range(n)]
    column = [column[i] if inputs[i] else min((column[u] for u in users[i]), default=1) - 1 for i in range(n)]
    row, free = [0.0] * n, 0.0
    for i in _depth_first(inputs):
        if inputs[i]:
            row[i] = sum(row[j] for j in inputs[i]) / len(inputs[i])
        else:
            row[i], free = free, free + 1
    for c in range(max(column) + 1):  # no card on another one
        last = -math.inf
        for i in sorted((i for i in range(n) if column[i] == c), key=lambda i: row[i]):
            row[i] = last = max(row[i], last + 1)
    across = (WIDE - CARD[0] - 16) / max(column)
    at = [[8 + CARD[0] / 2 + across * column[i], 6 + CARD[1] / 2 + ROW * row[i]] for i in range(n)]
    return {"at": at, "high": int(12 + ROW * (max(row) + 1))}


def _depth_first(inputs: list[list[int]]) -> list[int]:
    found, pending = [], [(len(inputs) - 1, False)]
    while pending:
        i, done = pending.pop()
        if i in found:
            continue
        if done:
            found.append(i)
        else:
            pending += [(i, True), *((j, False) for j in reversed(inputs[i]))]
    return found


def draw(graph: dict, step: dict, title: str) -> bytes:
    """PNG of the graph in the state after a step: names and gates in black, values in blue, gradients in red."""
    from matplotlib.patches import FancyBboxPatch

    wide, high = CARD
    with plain_figure(WIDE, graph["high"] + 64) as figure:
        ax = figure.add_axes((0, 0, 1, 1))
        ax.set(xlim=(0, WIDE), ylim=(graph["high"] + 36, -28))
        ax.axis("off")
        ax.text(WIDE / 2, -12, title, ha="center", va="center", fontsize=11)
        for i, sources in enumerate(graph["inputs"]):
            for j in sources:
                (x0, y0), (x1, y1) = graph["at"][j], graph["at"][i]
                busy = i == step["node"] and (not step["back"] or step["flows"])
                color = (GRADIENT if step["back"] else VALUE) if busy else "#999999"
                ends = [(x1 - wide / 2, y1), (x0 + wide / 2, y0)]  # the arrow's head, its tail
                arrow = {"arrowstyle": "->", "color": color, "lw": 2 if busy else 1}
                ax.annotate("", *(ends[::-1] if busy and step["back"] else ends), arrowprops=arrow, zorder=0)
        for i, (x, y) in enumerate(graph["at"]):
            face = ACTIVE if i == step["node"] else "white"
            corner, rounded = (x - wide / 2, y - high / 2), "round,pad=0,rounding_size=7"
            ax.add_patch(FancyBboxPatch(corner, wide, high, boxstyle=rounded, fc=face, ec="#444444", lw=1))
            lines = [(header(graph, i), "black", "bold"), (number(step["data"][i]), VALUE, "normal"),
                     (number(step["grads"][i]), GRADIENT, "normal")]
            for k, (text, color, weight) in enumerate(lines):
                ax.text(x, y + 17 * (k - 1), text, ha="center", va="center", fontsize=8.5, color=color, fontweight=weight)
        for j, text in flows(step).items():
            ax.text(graph["at"][j][0], graph["at"][j][1] + high / 2 + 9, text, ha="center", va="center", fontsize=8, color=GRADIENT)
        ax.text(10, graph["high"] + 18, "blue: value, red: gradient of the output", fontsize=8.5, color="#444444", va="center")
        return to_png(figure)


def header(graph: dict, i: int) -> str:
    """The first line of a card: name and gate."""
    return f"{graph['names'][i]}  {graph['ops'][i]}".strip().replace("*", "×").replace("sigmoid", "σ")


def number(x: float | None) -> str:
    return "" if x is None else short(x)


def flows(step: dict) -> dict[int, str]:
    """For each input of the gate that works backward: the products that flow into it."""
    found: dict[int, str] = {}
    for j, slope, upstream, _ in step["flows"]:
        text = f"{short(slope)} × {short(upstream)}"
        found[j] = f"{found[j]} + {text}" if j in found else text
    return found
