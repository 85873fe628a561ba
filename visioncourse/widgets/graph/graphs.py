"""Computational graphs as plain data: presets by name, and the graph behind a learner's Value."""

from .picture import GATES, layout

MOST_NODES = 40
PRESETS: dict[str, list[tuple]] = {  # name: (leaf, number) or (gate's name, op, inputs ...), inputs first, the output last
    "f = (x + y) z": [("x", -2), ("y", 5), ("z", -4), ("q", "+", "x", "y"), ("f", "*", "q", "z")],
    "sigmoid neuron": [("w0", 2), ("x0", -1), ("w1", -3), ("x1", -2), ("w2", -3), ("a", "*", "w0", "x0"), ("b", "*", "w1", "x1"),
                       ("c", "+", "a", "b"), ("d", "+", "c", "w2"), ("f", "sigmoid", "d")],
    "sigmoid, taken apart": [("d", 1), ("-1", -1), ("one", 1), ("e", "*", "d", "-1"), ("g", "exp", "e"), ("h", "+", "g", "one"),
                             ("f", "1/x", "h")],
    "max and a branch": [("x", 3), ("y", -4), ("z", 2), ("a", "*", "x", "y"), ("b", "max", "x", "z"), ("f", "+", "a", "b")],
    "two layers": [("x", 1), ("w1", 2), ("w2", -1), ("b1", -1), ("b2", 0.5), ("v1", 1.5), ("v2", -2), ("-t", -2),
                   ("a1", "*", "w1", "x"), ("s1", "+", "a1", "b1"), ("h1", "relu", "s1"),
                   ("a2", "*", "w2", "x"), ("s2", "+", "a2", "b2"), ("h2", "relu", "s2"),
                   ("p1", "*", "v1", "h1"), ("p2", "*", "v2", "h2"), ("out", "+", "p1", "p2"),
                   ("e", "+", "out", "-t"), ("loss", "*", "e", "e")],
}


def preset(name: str) -> dict:
    """A preset as a graph with its layout; "leaves" has a number per leaf and None per gate."""
    rows = PRESETS[name]
    place = {row[0]: i for i, row in enumerate(rows)}
    gates = [len(row) > 2 for row in rows]
    return _graph([row[0] for row in rows],
                  [row[1] if gate else "" for row, gate in zip(rows, gates, strict=True)],
                  [[place[source] for source in row[2:]] if gate else [] for row, gate in zip(rows, gates, strict=True)],
                  [None if gate else float(row[1]) for row, gate in zip(rows, gates, strict=True)])


def from_value(value) -> dict:
    """The graph behind a Value, from its data, grad, _children, _op and (where it has one) label; "yours" holds the grads.

    Raises ValueError for an object that is no Value, a graph of more than 40 nodes, and a gate that is not known here.
    """
    lacking = [name for name in ("data", "grad", "_children", "_op") if not hasattr(value, name)]
    if lacking:
        raise ValueError(f"a {type(value).__name__} has no {', '.join(lacking)}: "
                         f"give the name of a graph ({', '.join(PRESETS)}) or a Value")
    nodes, pending = {}, [(value, False)]  # by id, inputs first
    while pending:
        node, done = pending.pop()
        if id(node) in nodes:
            continue
        if done:
            nodes[id(node)] = node
        else:
            pending += [(node, True), *((child, False) for child in reversed(list(node._children)))]
        if len(nodes) + len(pending) > 20 * MOST_NODES:
            break
    if not 2 <= len(nodes) <= MOST_NODES or pending:
        count = f"more than {MOST_NODES} nodes" if pending or len(nodes) > MOST_NODES else "one node"
        raise ValueError(f"this Value's graph has {count}; 2 to {MOST_NODES} can be read. Give an expression of that size.")
    place = {key: i for i, key in enumerate(nodes)}
    inputs = [[place[id(child)] for child in node._children] for node in nodes.values()]
    read = list(zip(nodes.values(), inputs, strict=True))
    for node, sources in read:
        if sources and (node._op not in GATES or GATES[node._op][0] != len(sources)):
            raise ValueError(f"the gate {node._op!r} with {len(sources)} inputs is not known here; known are {', '.join(GATES)}")
    graph = _graph([getattr(node, "label", "") or f"{'g' if sources else 'c'}{i}" for i, (node, sources) in enumerate(read, 1)],
                   [node._op if sources else "" for node, sources in read],
                   inputs,
                   [None if sources else float(node.data) for node, sources in read])
    grads = [float(node.grad) for node in nodes.values()]
    return graph | ({"yours": grads} if any(grads) else {})


def _graph(names, ops, inputs, leaves) -> dict:
    graph = {"names": names, "ops": ops, "inputs": inputs, "leaves": leaves}
    return graph | layout(graph)
