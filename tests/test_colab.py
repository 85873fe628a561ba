"""A released notebook sets itself up where only a bare Jupyter kernel is installed, as on Colab; the package comes by git."""

import json
import os
import shutil
import subprocess
import sys
import venv

import nbformat
import pytest
from workshop import ROOT


@pytest.mark.slow
def test_the_first_cells_install_the_package_and_run(workshop, tmp_path):
    from nbclient import NotebookClient

    root = workshop.root
    settings = root / "pyproject.toml"
    settings.write_text(settings.read_text().replace('repository = ""', f'repository = "file://{root}"'))
    shutil.copy(ROOT / "README.md", root)
    assert workshop.grader("build").returncode == 0
    for words in (["init", "-q"], ["add", "-A"], ["-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "-qm", "all"]):
        subprocess.run(["git", *words], cwd=root, check=True)

    environment = tmp_path / "bare"
    venv.create(environment, with_pip=True)
    python = str(environment / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "ipykernel"], check=True, timeout=300)
    kernel = tmp_path / "jupyter" / "kernels" / "bare"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(json.dumps({"argv": [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
                                                    "display_name": "bare", "language": "python"}))

    notebook = nbformat.read(workshop.notebook, as_version=4)
    code = [c for c in notebook.cells if c.cell_type == "code"]
    notebook.cells = code[:2] + [nbformat.v4.new_code_cell("import visioncourse; print(visioncourse.__file__)")]
    away = tmp_path / "away"
    away.mkdir()
    clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"JUPYTER_PATH": str(tmp_path / "jupyter"), "HOME": str(away)}
    before = dict(os.environ)
    os.environ["JUPYTER_PATH"] = str(tmp_path / "jupyter")
    try:
        NotebookClient(notebook, kernel_name="bare", timeout=600, resources={"metadata": {"path": str(away)}}).execute(env=clean)
    finally:
        os.environ.clear()
        os.environ.update(before)
    said = "".join(o.get("text", "") for c in notebook.cells for o in c.outputs)
    assert "See for Yourself: demo" in said and str(environment) in said
    assert sys.prefix not in said
