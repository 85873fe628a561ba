"""`python -m grader check NOTEBOOK`: run a learner's notebook in a kernel and print the verdicts its checks give."""

import json
import re
import tempfile
from os import environ
from pathlib import Path

import nbformat
from rich.console import Console
from rich.progress import Progress

from visioncourse.desk.verdict import Verdict

from .notebook.execute import kernel_manager

_CHECK = re.compile(r"""^vc\.check\(["']([^"']+)["']\)""", re.M)


def check(path: Path, *, console: Console, timeout: int = 120) -> tuple[int, int]:
    """Run the notebook, print one verdict per check as it comes, and return (passed, all).

    A failing cell costs itself alone: the cells after it still run. Raises ValueError for a file that is no notebook.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    notebook = read(path)
    wanted = [name for cell in notebook.cells if cell.cell_type == "code" for name in _CHECK.findall(cell.source)]
    if not wanted:
        raise ValueError(f"{path} has no check cell (no line vc.check(…)): is it a notebook of this course?")
    said: dict[str, Verdict] = {}
    with tempfile.TemporaryDirectory(prefix="check-") as scratch, \
            Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        verdicts = Path(scratch) / "verdicts.jsonl"
        verdicts.touch()
        row = bar.add_task(f"running {path.name}", total=len(notebook.cells))

        def show(**_) -> None:
            bar.advance(row)
            for line in verdicts.read_text(encoding="utf-8").splitlines()[len(said):]:
                verdict = Verdict.from_dict(json.loads(line))
                said[f"{len(said)}:{verdict.check}"] = verdict
                console.print(str(verdict), markup=False)

        folder = str(path.resolve().parent)
        client = NotebookClient(notebook, km=kernel_manager(scratch), timeout=timeout, interrupt_on_timeout=True, allow_errors=True,
                                store_widget_state=False, shutdown_kernel="immediate",
                                resources={"metadata": {"path": folder}}, on_cell_executed=show)
        try:
            client.execute(cleanup_kc=True, env={**environ, "VISIONCOURSE_VERDICTS": str(verdicts), "VISIONCOURSE_WIDGETS": "off"})
        except (CellTimeoutError, DeadKernelError) as error:
            console.print(f"The run stopped: {str(error).splitlines()[0]}", markup=False)
        show()
    final = {v.check: v for v in said.values()}
    for name in wanted:
        if name not in final:
            console.print(f"? {name}: no verdict; {_first_error(notebook)}", markup=False)
    passed = sum(name in final and final[name].status == "passed" for name in wanted)
    console.print(f"{passed} of {len(wanted)} checks passed")
    return passed, len(wanted)


def read(path: Path) -> nbformat.NotebookNode:
    """A notebook from a file. Raises FileNotFoundError, or ValueError where the file is no notebook."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist")
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:                         # nbformat raises many kinds for many kinds of broken files
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise ValueError(f"{path} is not a notebook ({first[:120]}); was the download cut off?") from error


def _first_error(notebook: nbformat.NotebookNode) -> str:
    for number, cell in enumerate(notebook.cells, 1):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                return f"cell {number} stopped with {output.ename}: {output.evalue.splitlines()[0] if output.evalue else ''}"
    return "its cell was not reached"
