"""The browser and Python draw the same regions, cell by cell, and the same accuracies."""

import json
import subprocess

import numpy as np

from visioncourse.widgets import KnnBoundary
from visioncourse.widgets.knn import picture as knn
from visioncourse.widgets.shared.base import source

VIEW, SIZE = (-0.3, 0.1, 1.7), 41


def cases():
    rng = np.random.default_rng(0)
    for metric in ("l1", "l2"):
        for classes in (2, 3, 4):
            random = rng.random((40, 2)), rng.integers(0, classes, 40)
            grid = np.column_stack([rng.integers(0, 5, 40) / 4, rng.integers(0, 5, 40) / 4]), rng.integers(0, classes, 40)
            for X, y in (random, grid):   # on the grid distances are equal and points coincide
                for k in (1, 2, 5, 15):
                    yield X, y, k, metric, classes


def test_browser_and_python_agree_in_every_cell(node, tmp_path):
    scenes, wanted, ties = [], [], 0
    for X, y, k, metric, classes in cases():
        points = [[*at, int(label)] for at, label in zip(X.tolist(), y, strict=True)]
        masks = knn.regions(X, y, k, metric, classes, VIEW, SIZE)
        curve = knn.accuracies(X, y, X + 0.01, y, metric, classes, range(1, 16))
        queries = [[a + 0.01, b + 0.01, c] for a, b, c in points]
        scenes.append({"points": points, "k": k, "metric": metric, "classes": classes, "queries": queries})
        wanted.append({"masks": masks.ravel().tolist(), "curve": [[k, share] for k, share in curve.items()]})
        ties += int(knn.ties(masks).sum())
    assert ties > 1000
    (tmp_path / "module.mjs").write_text(source(KnnBoundary.esm))
    (tmp_path / "scenes.json").write_text(json.dumps(scenes))
    (tmp_path / "main.mjs").write_text(f"""
import {{ readFileSync }} from "node:fs";
import {{ regions, accuracies }} from "./module.mjs";
const scenes = JSON.parse(readFileSync("scenes.json"));
console.log(JSON.stringify(scenes.map(scene => ({{
  masks: Array.from(regions(scene, {list(VIEW)}, {SIZE})), curve: accuracies(scene, scene.queries, 15) }}))));
""")
    done = subprocess.run([node, "main.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == wanted
