"""Environments beside .venv, under build/: the same packages but for some that tests want in another version, or only for themselves.

    python tests/environments.py colab tests/widgets     makes build/colab, and runs these tests in it
"""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {
    "colab": ["ipywidgets==7.7.1", "anywidget==0.9.21", "ipykernel==6.17.1"],   # Google Colab's, 2026-08
    "voila": ["voila==0.5.13"],                                                 # in .venv it would add itself to the learner's JupyterLab
}


def environment(name: str) -> Path:
    """build/NAME, made where it is missing; RuntimeError says why it cannot be."""
    if Path(sys.prefix).parent == ROOT / "build":      # it would be made anew from this one, and this one perhaps removed
        raise RuntimeError(f"this process runs in build/{Path(sys.prefix).name}, and environments are made from .venv")
    folder, wanted = ROOT / "build" / name, "\n".join([sys.prefix, *PACKAGES[name]])
    folder.parent.mkdir(exist_ok=True)
    with (folder.parent / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)               # two workers of pytest want it at once
        ready = folder / "ready"
        if ready.exists() and ready.read_text() == wanted:
            return folder
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
        own = next((folder / "lib").glob("python3*/site-packages"))
        # what is found in neither is .venv's
        (own / "shared.pth").write_text("".join(f"{path}\n" for path in sys.path if path.endswith("-packages")))
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-warn-conflicts",
               *PACKAGES[name]]
        done = subprocess.run(pip, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(PACKAGES[name])} cannot be installed: {done.stderr.strip()[-300:]}")
        ready.write_text(wanted)
    return folder


def environment_or_skip(name: str) -> Path:
    """The same in a test, which is left out where the packages cannot be had, but fails in CI."""
    import pytest

    try:
        return environment(name)
    except RuntimeError as error:
        pytest.fail(str(error)) if os.environ.get("CI") else pytest.skip(str(error))


def variables(folder: Path) -> dict[str, str]:
    """The environment variables of a process that runs in build/NAME: Jupyter's files are looked for in .venv as well."""
    places = {name: os.pathsep.join(str(prefix / below) for prefix in (folder, Path(sys.prefix)))
              for name, below in {"JUPYTER_PATH": "share/jupyter", "JUPYTER_CONFIG_PATH": "etc/jupyter"}.items()}
    ours = {"PYTHONPATH": str(ROOT), "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTEST_ADDOPTS": "-W default::DeprecationWarning"}   # old packages beside new ones use what will end; that is no fault of ours
    return {**os.environ, **places, **ours}


if __name__ == "__main__":
    place = environment(sys.argv[1])
    command = [str(place / "bin" / "python"), "-m", "pytest", *sys.argv[2:]]
    sys.exit(subprocess.run(command, cwd=ROOT, env=variables(place), check=False).returncode)
