"""What stock nbgrader needs beside its settings: preprocessors that a class's nbgrader_config.py names."""

import re

from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import ClearOutput, NbGraderPreprocessor

_FLOAT = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_NUMBER = re.compile(rf"({_FLOAT})|(?:np\.\w+|tensor)\(({_FLOAT})(?:, dtype=[\w.]+)?\)")


class DeduplicateCells(NbGraderPreprocessor):
    """Make the earlier copies of a duplicated cell ordinary cells.

    Stock nbgrader empties their metadata, which its own schema then refuses, and the whole class stops there. Copies still
    run; the last one counts, as it does in the kernel.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        seen = set()
        for cell in reversed(nb.cells):
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if name is None:
                cell.metadata.pop("nbgrader", None)
            elif name in seen:
                self.log.warning("cell %r exists more than once; the last copy counts", name)
                del cell.metadata["nbgrader"]
            else:
                seen.add(name)
        return nb, resources


class KeepTestsHidden(NbGraderPreprocessor):
    """For feedback: remove hidden tests from check cells, and from their tracebacks all but the error's own words.

    Stock feedback shows both. The message of an assert is written for the learner; the lines above it are not.
    """

    def preprocess_cell(self, cell: NotebookNode, resources: dict, index: int) -> tuple[NotebookNode, dict]:
        if not cell.metadata.get("nbgrader", {}).get("grade") or "BEGIN HIDDEN TESTS" not in cell.source:
            return cell, resources
        visible, kept = [], True
        for line in cell.source.splitlines():
            if "BEGIN HIDDEN TESTS" in line:
                kept = False
            if kept:
                visible.append(line)
            if "END HIDDEN TESTS" in line:
                kept = True
        cell.source = "\n".join(visible)
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                first = (output.evalue.splitlines() or [""])[0]
                output.evalue = first
                output.traceback = [f"{output.ename}: {first}"]
        return cell, resources


class ClearRunOutput(ClearOutput):
    """nbgrader's ClearOutput, except for the pictures that the build has stored in a lesson's picture cells."""

    def preprocess_cell(self, cell: NotebookNode, resources: dict, index: int) -> tuple[NotebookNode, dict]:
        if cell.metadata.get("picture"):
            return cell, resources
        return super().preprocess_cell(cell, resources, index)


class PlainScores(NbGraderPreprocessor):
    """A check's result counts as partial credit only if it is a number from 0 to the cell's points.

    Stock nbgrader reads the text of the result: with NumPy 2 that of 0.5 is "np.float64(0.5)", which it takes for full marks,
    as it does "nan", "-1" or "True". Here numbers are read for what they are, and anything else scores 0 and says so.
    """

    def preprocess_cell(self, cell: NotebookNode, resources: dict, index: int) -> tuple[NotebookNode, dict]:
        settings = cell.metadata.get("nbgrader", {})
        if cell.cell_type != "code" or not settings.get("grade") or settings.get("solution"):
            return cell, resources
        for position, output in enumerate(cell.outputs):
            if output.output_type == "execute_result":
                text = output.data.get("text/plain", "")
                found = _NUMBER.fullmatch(text.strip())
                value = float(found[1] or found[2]) if found else float("nan")
                if 0 <= value <= settings["points"]:
                    output.data = NotebookNode({"text/plain": f"{value:g}"})
                else:
                    said = f"the check's result {text[:60]!r} is no number from 0 to {settings['points']:g}, so it scores 0"
                    cell.outputs[position] = new_output("error", ename="NoScore", evalue=said, traceback=[said])
        return cell, resources
