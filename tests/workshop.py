"""A workshop: a copy of the packages with a lesson of its own, run in processes of its own; and answers to that lesson."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "tests" / "fixtures" / "demo.py"
SHOTS = ROOT / "build" / "screenshots"


class Workshop:
    """A copy of grader and visioncourse whose only lesson is tests/fixtures/demo.py, run in processes of its own."""

    def __init__(self, folder: Path):
        self.root = folder
        self.lesson = folder / "solutions" / "a1" / "demo.py"
        if not folder.exists():
            self._fill()
        self.notebook = folder / "assignments" / "a1" / "demo.ipynb"
        self.environment = {**os.environ, "PYTHONPATH": str(folder), "VISIONCOURSE_HOME": str(folder / "home"),
                            "VISIONCOURSE_CACHE": str(folder / "cache"), "COLUMNS": "200"}

    def _fill(self) -> None:
        for name in ("grader", "visioncourse"):
            shutil.copytree(ROOT / name, self.root / name, ignore=shutil.ignore_patterns("__pycache__", "course.json"))
        for name in ("pyproject.toml", "requirements.txt", "LICENSE"):
            shutil.copy(ROOT / name, self.root / name)
        self.lesson.parent.mkdir(parents=True)
        shutil.copy(DEMO, self.lesson)

    def run(self, *words: str, **kwargs) -> subprocess.CompletedProcess:
        """python WORDS in the workshop."""
        return subprocess.run([sys.executable, *words], cwd=self.root, env=self.environment, capture_output=True, text=True,
                              timeout=300, **kwargs)

    def grader(self, *words: str) -> subprocess.CompletedProcess:
        """python -m grader WORDS in the workshop."""
        return self.run("-m", "grader", *words)

    def edit(self, old: str, new: str) -> None:
        """Replace a text in the lesson, which must hold it."""
        text = self.lesson.read_text()
        assert old in text, f"the lesson has no {old!r}"
        self.lesson.write_text(text.replace(old, new))


def answered(released: Path, answers: dict[str, str]):
    """The released notebook with a learner's answers in its solve and answer cells, by name."""
    import nbformat

    notebook = nbformat.read(released, as_version=4)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in answers:
            cell.source = answers[name]
    return notebook


TWO_LOOPS = "@vc.add_to(KNearestNeighbor)\ndef compute_distances_two_loops(self, X):\n    "
RIGHT = {"two-loops": TWO_LOOPS + "return np.sqrt(((X[:, None] - self.X_train) ** 2).sum(-1))",
         "nearest": "def nearest(model, X):\n    return np.argmin(model.compute_distances_two_loops(X), axis=1)",
         "why-nearest": "The background counts as much as the object."}
NO_ROOT = {**RIGHT, "two-loops": TWO_LOOPS + "return ((X[:, None] - self.X_train) ** 2).sum(-1)"}
FARTHEST = {**RIGHT, "nearest": "def nearest(model, X):\n    return np.argmax(model.compute_distances_two_loops(X), axis=1)"}
