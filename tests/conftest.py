"""What several tests share: a workshop, that is a copy of the packages with sources of its own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import pytest
from workshop import ROOT, Workshop

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # started in the background by a shell: kernels and scripts would inherit it, and no
    signal.signal(signal.SIGINT, signal.default_int_handler)   # interrupt could ever stop them
if "PYTEST_XDIST_WORKER" in os.environ:               # as many processes as processors already: threads would wait for one another
    os.environ.setdefault("OMP_NUM_THREADS", "1")


SLOW = {"browser", "built", "built_once", "node", "workshop"}     # fixtures that start a browser, Node, or Python anew for a build


@pytest.hookimpl(tryfirst=True)                                   # before `-m "not slow"` chooses
def pytest_collection_modifyitems(items):
    for item in items:
        if SLOW & set(item.fixturenames):
            item.add_marker("slow")


@pytest.fixture
def workshop(tmp_path) -> Workshop:
    return Workshop(tmp_path / "workshop")


@pytest.fixture(scope="session")
def built_once(tmp_path_factory) -> Path:
    workshop = Workshop(tmp_path_factory.mktemp("template") / "workshop")
    done = workshop.grader("build")
    assert done.returncode == 0, done.stderr + done.stdout
    # As `vc.setup` begins in the background.
    done = workshop.run("-c", "from grader.judging.known import compute; compute('a1/demo', 0)")
    assert done.returncode == 0, done.stderr
    return workshop.root


@pytest.fixture
def built(built_once, tmp_path) -> Workshop:
    """A workshop whose notebook has been built."""
    shutil.copytree(built_once, tmp_path / "workshop", ignore=shutil.ignore_patterns("__pycache__"))
    return Workshop(tmp_path / "workshop")


@pytest.fixture
def public_folder():
    """A folder that every user of this machine may enter. Those of pytest are closed again whenever another pytest starts."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


@pytest.fixture(autouse=True)
def own_record(tmp_path, monkeypatch):
    """No test writes into the record of the person who runs it."""
    monkeypatch.setenv("VISIONCOURSE_HOME", str(tmp_path / "record"))


@pytest.fixture
def nobody_grades(monkeypatch):
    """As in a learner's notebook, even where these tests run below a grader."""
    for name in ("VISIONCOURSE_WIDGETS", "NBGRADER_EXECUTION", "NBGRADER_VALIDATING"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def one_thread():
    """torch computes with one thread: more cost more than they bring for small arrays, and wait where other tests run beside."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER_ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                     "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="session")
def browser():
    """A real Chromium, headless: the one in $CHROMIUM, the system's, or Playwright's own."""
    from playwright.sync_api import sync_playwright

    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        found = found or playwright.chromium.executable_path
        if not Path(found).exists():
            complaint = "no Chromium: install one (Debian: apt install chromium), or name it in CHROMIUM"
            pytest.fail(complaint) if os.environ.get("CI") else pytest.skip(complaint)
        chromium = playwright.chromium.launch(executable_path=found, args=BROWSER_ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab's address, serving copies of the released lectures."""
    tmp_path = tmp_path_factory.mktemp("lab")
    folder = tmp_path / "work"
    shutil.copytree(ROOT / "lectures", folder / "lectures", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "VISIONCOURSE_HOME": str(tmp_path / "home"), "JUPYTERLAB_WORKSPACES_DIR": str(tmp_path / "spaces"),
                   "JUPYTERLAB_SETTINGS_DIR": str(tmp_path / "settings"), "JUPYTER_CONFIG_DIR": str(tmp_path / "config")}
    server = subprocess.Popen([sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--allow-root",
                               "--IdentityProvider.token=secret", f"--ServerApp.root_dir={folder}", "--LabApp.expose_app_in_browser=True",
                               f"--LabApp.app_settings_dir={ROOT / 'jupyter'}"],
                              env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api?token=secret", timeout=10)
                break
            except OSError:
                assert server.poll() is None, "JupyterLab stopped"
                time.sleep(0.5)
        yield f"http://127.0.0.1:{port}/lab/tree/"
    finally:
        server.terminate()
        server.wait(20)
