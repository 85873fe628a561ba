"""Lessons run on real CIFAR-10 pixels where they are present: here on the excerpt that lies beside the repository."""

import json
import os

import numpy as np
import pytest
from workshop import ROOT

from grader.lesson import read
from grader.notebook import build, execute

EXCERPT = ROOT.parent / "shared" / "data" / "cifar10_excerpt.npz"


@pytest.mark.slow
@pytest.mark.skipif(not EXCERPT.is_file(), reason="the excerpt of CIFAR-10 is not beside this repository")
def test_knn_holds_on_real_photographs(tmp_path):
    from nbclient import NotebookClient

    with np.load(EXCERPT) as excerpt:
        np.savez(tmp_path / "cifar10.npz", X_train=excerpt["x_train"], y_train=excerpt["y_train"].astype(np.int64),
                 X_test=excerpt["x_test"], y_test=excerpt["y_test"].astype(np.int64))
    notebook = build.instructor_notebook(read.load("a1/knn"), pictures=False)
    (cell,) = [c for c in notebook.cells if 'DATASET = "scenes"' in c.source]
    cell.source = cell.source.replace('DATASET = "scenes"', 'DATASET = "cifar10"')
    verdicts = tmp_path / "verdicts"
    environment = {**os.environ, "VISIONCOURSE_CACHE": str(tmp_path), "VISIONCOURSE_VERDICTS": str(verdicts), "VISIONCOURSE_WIDGETS": "off"}
    NotebookClient(notebook, km=execute.kernel_manager(str(tmp_path)), timeout=300).execute(cleanup_kc=True, env=environment)
    said = [json.loads(line) for line in verdicts.read_text().splitlines()]
    assert [(v["check"], v["status"]) for v in said] == [(v["check"], "passed") for v in said] and len(said) >= 6
    printed = "".join(o.get("text", "") for c in notebook.cells for o in c.get("outputs", []))
    accuracy = float(printed.split("test accuracy ")[1].split()[0])
    assert 0.18 < accuracy < 0.40, "kNN on CIFAR-10's pixels is better than guessing and far from good"
