"""How long a hand waits for the new picture of KnnBoundary: python benchmarks/widgets.py [moves]

From the time stamp of a key or pointer event to the first task after the frame that shows the new regions; 100 points of
3 classes, one event every 60 ms. Three hosts: a page of its own, JupyterLab with regions computed in the browser, and
JupyterLab with regions computed by a learner's function in Python.
"""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import nbformat
import numpy as np
from playwright.sync_api import sync_playwright

ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync"]
CELL = """
import numpy as np
from visioncourse import widgets

rng = np.random.default_rng(0)
X, y = rng.random((100, 2)), rng.integers(0, 3, 100)

def fit(X, y, k):
    def predict(Q):
        order = np.argpartition(((Q[:, None] - X) ** 2).sum(axis=2), k - 1, axis=1)[:, :k]
        return np.stack([(y[order] == c).sum(axis=1) for c in range(3)]).argmax(axis=0)
    return predict

demo = widgets.KnnBoundary(X, y, k=5, fit=FIT)
"""
STOPWATCH = """root => {
  const channel = new MessageChannel();
  window.waits = [];
  let began = null;
  for (const type of ["keydown", "pointermove"]) root.addEventListener(type, event => { began ??= event.timeStamp; }, true);
  channel.port1.onmessage = () => { if (began !== null) { waits.push(performance.now() - began); began = null; } };
  new MutationObserver(() => channel.port2.postMessage(0)).observe(root, { attributes: true, attributeFilter: ["data-drawn"] });
}"""


def main(moves: int = 30) -> None:
    """Measure the three hosts and print a table in milliseconds."""
    scope = {}
    exec(CELL.replace("FIT", "None"), scope)
    demo = scope["demo"]
    print(f"{moves} events each, load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")
    print(f"{'milliseconds':34s}{'slider step':>18s}{'drag step':>18s}\n{'':34s}{'median   95 %':>18s}{'median   95 %':>18s}")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or playwright.chromium.executable_path
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        file = Path(folder, "page.html")
        file.write_text(demo.html())
        page.goto(file.as_uri())
        report("a page of its own", measure(page, demo, moves))
        with jupyterlab(Path(folder)) as address:
            for name, fit in (("JupyterLab, in the browser", "None"), ("JupyterLab, a function in Python", "fit")):
                notebook(Path(folder, f"{fit}.ipynb"), CELL.replace("FIT", fit) + "demo")
                page.goto(address.format(path=f"{fit}.ipynb"))
                run_first_cell(page)
                report(name, measure(page, demo, moves))
        browser.close()
    print(f"load average {os.getloadavg()[0]:.1f}")


def measure(page, demo, moves: int) -> dict[str, list[float]]:
    """Milliseconds that each slider step, and each step of a dragged point, waited on the page's first widget."""
    root = page.locator(".vc[data-drawn]").first
    root.wait_for(timeout=60_000)
    root.scroll_into_view_if_needed()
    page.wait_for_timeout(1500)
    root.evaluate(STOPWATCH)
    root.get_by_role("slider", name="k").focus()
    for i in range(moves):
        page.keyboard.press("ArrowRight" if i % 16 < 8 else "ArrowLeft")
        page.wait_for_timeout(60)
    slider = collected(page)

    box = root.locator(".vc-plane").bounding_box()
    left, bottom, side = demo.presets["yours"]["view"]
    x = box["x"] + (demo.X[0, 0] - left) / side * box["width"]
    y = box["y"] + (1 - (demo.X[0, 1] - bottom) / side) * box["height"]
    page.mouse.move(x, y)
    page.mouse.down()
    page.wait_for_timeout(500)
    collected(page)
    for i in range(moves):
        angle = 2 * np.pi * i / moves
        page.mouse.move(box["x"] + box["width"] * (0.5 + 0.3 * np.cos(angle)), box["y"] + box["height"] * (0.5 + 0.3 * np.sin(angle)))
        page.wait_for_timeout(60)
    drag = collected(page)
    page.mouse.up()
    return {"slider": slider, "drag": drag}


def collected(page) -> list[float]:
    page.wait_for_timeout(500)
    return page.evaluate("waits.splice(0)")


def report(name: str, waits: dict[str, list[float]]) -> None:
    columns = "".join(f"{np.median(wait):12.0f}{np.percentile(wait, 95):6.0f}" for wait in waits.values())
    print(f"{name:34s}{columns}   ({' and '.join(str(len(wait)) for wait in waits.values())} pictures)", flush=True)


def notebook(path: Path, code: str) -> None:
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)], metadata=kernel), path)


def run_first_cell(page) -> None:
    page.locator(".jp-CodeCell .cm-content").first.click(timeout=60_000)
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(timeout=60_000)
    page.keyboard.press("Shift+Enter")


@contextlib.contextmanager
def jupyterlab(folder: Path):
    """The address of a fresh JupyterLab on this machine that serves the folder, with {path} to fill in."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    environment = {**os.environ, **{f"JUPYTER_{kind}_DIR": str(folder / kind) for kind in ("CONFIG", "RUNTIME")},
                   "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"), "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces")}
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}",
         f"--ServerApp.root_dir={folder}", f"--IdentityProvider.token={token}", "--LabApp.news_url="],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(120):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api?token={token}", timeout=2)
                break
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}/lab/tree/{{path}}?reset&token={token}"
    finally:
        server.terminate()
        server.wait(20)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
