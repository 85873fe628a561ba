"""Every widget by name, and a notebook that shows them."""

import inspect

import nbformat

from visioncourse import widgets

DEMOS = [name for name in widgets.__all__
         if inspect.isclass(getattr(widgets, name)) and getattr(widgets, name) not in (widgets.Demo, widgets.Panel)]
GIVEN = """import numpy as np
import visioncourse as vc

def fit(X, y, k):
    def predict(Q):
        return y[((Q[:, None] - X) ** 2).sum(axis=2).argmin(axis=1)]
    return predict

def curve(figure, rate):
    figure.subplots(subplot_kw={"title": f"rate {rate}"}).plot(np.exp(-rate * np.arange(20)))
"""
CELLS = {name: f"vc.widgets.{name}()" for name in DEMOS} | {
    "Panel": "vc.widgets.Panel(curve, rate=(0.0, 1.0))", "own-fit": "vc.widgets.KnnBoundary(k=1, fit=fit)"}


def notebook(cells: dict[str, str]):
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    given = nbformat.v4.new_code_cell(GIVEN, id="given")
    shown = [nbformat.v4.new_code_cell(text, id=name) for name, text in cells.items()]
    return nbformat.v4.new_notebook(cells=[given, *shown], metadata=kernel)
