"""Reading copies: notebooks with solutions, executed, under build/solutions/. Nothing there is a source."""

import json
import os
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

from ..lesson import read
from ..lesson.cells import ROOT
from . import build

if TYPE_CHECKING:                                      # heavy, and loaded where they are used
    from jupyter_client.manager import AsyncKernelManager
    from nbconvert import HTMLExporter
    from rich.console import Console

FOLDER = ROOT / "build" / "solutions"
LIMIT = 60                                             # seconds that a notebook may take on two cores


@dataclass
class Execution:
    """What happened when a notebook ran from top to bottom."""

    lesson: str
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def execute(name: str) -> Execution:
    """Run a lesson's solution notebook in a kernel of its own and keep the result under build/solutions/."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    lesson = read.load(name)
    done = Execution(name)
    notebook = build.instructor_notebook(lesson, pictures=False)
    with tempfile.TemporaryDirectory(prefix="reading-") as scratch:
        verdicts = Path(scratch) / "verdicts.jsonl"
        env = {**os.environ, "VISIONCOURSE_VERDICTS": str(verdicts), "VISIONCOURSE_HOME": scratch, "VISIONCOURSE_WIDGETS": "static"}
        env.pop("NBGRADER_EXECUTION", None)
        client = NotebookClient(notebook, km=kernel_manager(scratch), timeout=2 * LIMIT, store_widget_state=False, record_timing=False,
                                shutdown_kernel="immediate", resources={"metadata": {"path": scratch}})
        start = time.monotonic()
        try:
            client.execute(cleanup_kc=True, env=env)
        except CellExecutionError as error:
            done.faults.append(f"a cell fails: {error.ename}: {error.evalue}")
        except (CellTimeoutError, DeadKernelError) as error:
            done.faults.append(str(error).splitlines()[0])
        done.seconds = time.monotonic() - start
        said = [json.loads(line) for line in verdicts.read_text(encoding="utf-8").splitlines()] if verdicts.is_file() else []
    done.faults += [f"check {v['check']} says {v['status']}: {v['headline']}" for v in said if v["status"] != "passed"]
    silent = {c.name for c in lesson.cells if c.mark == "check"} - {v["check"] for v in said}
    if silent and not done.faults:
        done.faults.append(f"no verdict from {', '.join(sorted(silent))}")
    if done.seconds > LIMIT:
        done.faults.append(f"took {done.seconds:.0f} s; {LIMIT} s is the most")
    done.notes += [f"cell {i + 1} writes to stderr: {o.text.strip().splitlines()[-1][:100]}" for i, cell in enumerate(notebook.cells)
                   for o in cell.get("outputs", []) if o.output_type == "stream" and o.name == "stderr"]
    path = copy_of(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return done


def copy_of(name: str) -> Path:
    """Where the executed copy of a lesson stands."""
    return FOLDER / f"{name}.ipynb"


def kernel_manager(folder: str) -> "AsyncKernelManager":
    """A manager for one kernel of this Python that is reached over local sockets in `folder`, not over TCP."""
    from jupyter_client.manager import AsyncKernelManager

    return AsyncKernelManager(kernel_name="python3", transport="ipc", ip=f"{folder}/kernel")


def write(names: list[str], console: "Console") -> list[Path]:
    """Execute the lessons and write notebook and HTML of each; returns the HTML files. Raises ValueError where one fails."""
    written = []
    for name in names:
        console.print(f"running {name} …", markup=False)
        done = execute(name)
        if done.faults:
            raise ValueError(f"{name}: {'; '.join(done.faults)}")
        html, _ = exporter().from_filename(str(FOLDER / f"{name}.ipynb"))
        path = FOLDER / f"{name}.html"
        path.write_text(html, encoding="utf-8")
        written.append(path)
    return written


def exporter() -> "HTMLExporter":
    """nbconvert's HTML with the alt texts of pictures, which its own template leaves out."""
    from nbconvert import HTMLExporter

    return HTMLExporter(raw_template="""{% extends 'lab/index.html.j2' %}
{% block data_png %}
{%- set alt = (output | get_metadata('alt', 'image/png') or '') | escape_html -%}
{{ super() | replace('<img ', '<img alt="' ~ alt ~ '" ', 1) }}
{%- endblock %}""")
