"""The widgets with the versions of ipywidgets, anywidget and ipykernel that Google Colab has, in an environment of their own."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from environments import environment_or_skip, variables
from workshop import ROOT

from visioncourse.widgets.shared.base import VIEW

from .notebooks import CELLS, notebook

pytestmark = pytest.mark.slow
# What depends on those versions; `make colab` runs every test of a widget there.
DEPEND = "ipywidgets or anywidget or live or alive or there_and_back or python_follows or answers"


@pytest.fixture(scope="module")
def colab():
    return environment_or_skip("colab")


def run(place, *words: str) -> subprocess.CompletedProcess:
    return subprocess.run([place / "bin" / "python", *words], cwd=ROOT, env=variables(place), capture_output=True, text=True, timeout=300)


def test_the_versions_are_colabs_and_the_rest_is_ours(colab):
    code = ("import anywidget, ipykernel, ipywidgets, numpy; "
            "print(anywidget.__version__, ipykernel.__version__, ipywidgets.__version__, numpy.__file__)")
    done = run(colab, "-c", code)
    assert done.stdout.startswith(f"0.9.21 6.17.1 7.7.1 {sys.prefix}"), done.stderr


def test_what_depends_on_the_versions_passes(colab):
    tests = sorted(str(path.relative_to(ROOT)) for path in Path(__file__).parent.glob("test_*.py") if path.name != Path(__file__).name)
    done = run(colab, "-m", "pytest", "-m", "not slow", "-k", DEPEND, *tests)
    assert done.returncode == 0, done.stdout[-3000:]                # 5 would be: no test was found


def test_a_notebook_with_every_widget_runs_in_its_kernel(colab, tmp_path):
    nbformat.write(notebook(CELLS), tmp_path / "every.ipynb")
    done = run(colab, "-m", "nbconvert", "--to", "notebook", "--execute", "--inplace", str(tmp_path / "every.ipynb"))
    assert done.returncode == 0, done.stderr[-3000:]
    for cell in nbformat.read(tmp_path / "every.ipynb", as_version=4).cells[1:]:
        (output,) = cell.outputs
        assert set(output.data) == {VIEW, "image/png", "text/plain"}, cell.id
