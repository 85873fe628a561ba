"""The zip that students receive: notebooks, helper package, requirements, a README; no solutions and no grader."""

import re
import zipfile
from pathlib import Path

from ..lesson import read
from ..lesson.cells import ROOT
from ..notebook import build
from ..notebook.texts import target


def bundle(archive_path: Path) -> int:
    """Write the zip that students receive and return its number of files: notebooks, helper package, requirements, a README."""
    if archive_path.suffix != ".zip":
        raise ValueError(f"{archive_path}: the bundle is a zip file; name it so")
    archive_path.parent.mkdir(parents=True, exist_ok=True)
    found = build.differences()
    if found:
        raise ValueError(f"{found[0]}; run `python -m grader build` first")
    files = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in [
        *(target(name) for name in read.names()),
        *(p for p in sorted((ROOT / "visioncourse").rglob("*")) if p.is_file() and "__pycache__" not in p.parts),
        ROOT / "LICENSE"]}
    files |= {"requirements.txt": _student_requirements().encode(), "pyproject.toml": _student_project().encode(),
              "README.md": _STUDENT_README.encode()}
    scratch = archive_path.with_name(f".{archive_path.name}.part")
    try:
        with zipfile.ZipFile(scratch, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in sorted(files.items()):
                entry = zipfile.ZipInfo(f"see-for-yourself/{name}", date_time=(1980, 1, 1, 0, 0, 0))
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, content)
        scratch.replace(archive_path)
    finally:
        scratch.unlink(missing_ok=True)
    return len(files)


_STUDENT_README = """# See for Yourself

Deep learning for computer vision, learned by doing. With Python 3.11 or newer:

    python3 -m venv .venv
    .venv/bin/python -m pip install -r requirements.txt
    .venv/bin/jupyter lab lectures/00_start_here.ipynb

(on Windows: `py -m venv .venv`, then `.venv\\\\Scripts\\\\python` in place of `.venv/bin/python`, and so on).

That page shows in five minutes that everything works and how to go on; then open the other notebooks,
run their cells from the top, and write your code where it says so.
The cell below each exercise checks what can be checked here; your instructor's grader runs the rest.
"""


def _student_requirements() -> str:
    """The pins of requirements.txt that a learner needs: what visioncourse depends on, torch and JupyterLab."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {re.split(r"[^\w-]", d)[0] for d in project["dependencies"]} | {"torch", "jupyterlab"}
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return "\n".join([line for line in lines if line.partition("==")[0] in needed] + ["-e .", ""])


def _student_project() -> str:
    """The pyproject.toml of the bundle: that of the repository without the grader."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    text = re.sub(r"\[project\.optional-dependencies\].*?(?=\n\[tool\.setuptools\.packages)", "", text, flags=re.S)
    return re.sub(r"\[tool\.pytest.*", "", text.replace(', "grader*"', ""), flags=re.S).rstrip() + "\n"
