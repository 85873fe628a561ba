"""How long a hand waits for the new picture of each widget, in JupyterLab: python benchmarks/widgets.py [events [name ...]]

From the time stamp of a key or pointer event to the first task after the frame that shows the new picture; one event every
60 ms, 30 of them. "key" is a step of the widget's slider (of the graph's canvas), "drag" a move of the pointer over its picture with
the button down. Panel draws with matplotlib in Python; "own fit" is KnnBoundary with regions from a learner's function in Python.
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
GIVEN = """
import numpy as np
import visioncourse as vc

rng = np.random.default_rng(0)
X, y = rng.random((100, 2)), rng.integers(0, 3, 100)

def fit(X, y, k):
    def predict(Q):
        order = np.argpartition(((Q[:, None] - X) ** 2).sum(axis=2), k - 1, axis=1)[:, :k]
        return np.stack([(y[order] == c).sum(axis=1) for c in range(3)]).argmax(axis=0)
    return predict

def wave(figure, rate):
    figure.subplots().plot(np.sin(np.linspace(0, 10 * rate, 200)))
"""
BUDGETS = {"canvas": (40, 80), "frames": (30, 60), "panel": (100, 150)}   # milliseconds, median and 95th percentile
WIDGETS = {                                                               # what is shown, its kind
    "KnnBoundary": ("vc.widgets.KnnBoundary(X, y, k=5)", "canvas"),
    "KnnBoundary, own fit": ("vc.widgets.KnnBoundary(X, y, k=5, fit=fit)", "panel"),
    "PixelsToParts": ("vc.widgets.PixelsToParts()", "canvas"),
    "LinearClassifier": ("vc.widgets.LinearClassifier()", "canvas"),
    "LearningRate": ("vc.widgets.LearningRate()", "canvas"),
    "GraphStepper": ("vc.widgets.GraphStepper(step=0)", "canvas"),
    "Convolution": ("vc.widgets.Convolution()", "canvas"),
    "ActivationStatistics": ("vc.widgets.ActivationStatistics()", "canvas"),
    "Babysitter": ("vc.widgets.Babysitter()", "canvas"),
    "OptimizerRace": ("vc.widgets.OptimizerRace()", "canvas"),
    "SaliencyExplorer": ("vc.widgets.SaliencyExplorer()", "canvas"),
    "Frames": ("vc.widgets.Frames()", "frames"),
    "Panel": ("vc.widgets.Panel(wave, rate=(0.0, 1.0))", "panel"),
}
OUTSIDE = ("GraphStepper", "Frames", "Panel")   # these change the page outside of an animation frame: the next one shows it
STOPWATCH = """(root, outside) => {
  const channel = new MessageChannel();
  const decoded = () => Promise.all([...root.querySelectorAll("img:not([hidden])")].map(image => image.decode()));
  window.waits = [];
  let began = null;
  for (const type of ["keydown", "pointermove"]) root.addEventListener(type, event => { began ??= event.timeStamp; }, true);
  channel.port1.onmessage = () => { if (began !== null) { waits.push(performance.now() - began); began = null; } };
  const post = () => channel.port2.postMessage(0);
  const watch = new MutationObserver(outside ? () => decoded().then(() => requestAnimationFrame(post)) : post);
  const drawn = root.hasAttribute("data-drawn");
  watch.observe(root, drawn ? { attributeFilter: ["data-drawn"] } : { subtree: true, attributeFilter: ["aria-label"] });
}"""


def main(events: int = 30, *names: str) -> None:
    """Measure each widget and print a table in milliseconds; over marks what takes longer than its kind may."""
    print(f"{events} events each, load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")
    print(f"{'milliseconds':24s}{'budget':>10s}{'key':>16s}{'drag':>18s}\n{'':24s}{'':10s}{'median   95 %':>18s}{'median   95 %':>18s}")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder, jupyterlab(Path(folder)) as address:
        chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or playwright.chromium.executable_path
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for number, name in enumerate(names or WIDGETS):
            code, kind = WIDGETS[name]
            notebook(Path(folder, f"{number}.ipynb"), f"{GIVEN}\n{code}")
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(address.format(path=f"{number}.ipynb"))
            run_first_cell(page)
            report(name, BUDGETS[kind], measure(page, events, name in OUTSIDE))
            page.close()
        browser.close()
    print(f"load average {os.getloadavg()[0]:.1f}")


def measure(page, events: int, outside: bool) -> list[list[float]]:
    """Milliseconds that each step by a key, and each step of a drag over the picture, waited on the page's widget."""
    root = page.locator(".vc").first
    root.locator("canvas, img").first.wait_for(timeout=60_000)
    root.scroll_into_view_if_needed()
    page.wait_for_timeout(2500)
    root.evaluate(STOPWATCH, outside)
    slider = root.locator("input[type=range]")
    (slider if slider.count() else root.locator("[role=application]")).first.focus()
    page.keyboard.press("End")                                            # the most neighbours, the deepest network
    collected(page)
    for i in range(events):
        page.keyboard.press("ArrowRight" if i % 2 else "ArrowLeft")     # never beyond an end, where nothing is drawn
        page.wait_for_timeout(60)
    keyed = collected(page)

    plane = root.locator("canvas[role=application]")
    if not plane.count():
        return [keyed, []]
    plane.first.scroll_into_view_if_needed()
    box = plane.first.bounding_box()

    def place(i: int) -> tuple[float, float]:
        turn = 2 * np.pi * (7 * i % events) / events               # leaps, so that every move changes the picture
        return box["x"] + box["width"] * (0.5 + 0.3 * np.cos(turn)), box["y"] + box["height"] * (0.5 + 0.3 * np.sin(turn))

    page.mouse.move(*place(0))
    page.mouse.down()
    page.wait_for_timeout(500)
    collected(page)
    for i in range(1, events + 1):
        page.mouse.move(*place(i))
        page.wait_for_timeout(60)
    dragged = collected(page)
    page.mouse.up()
    return [keyed, dragged]


def collected(page) -> list[float]:
    page.wait_for_timeout(500)
    return page.evaluate("waits.splice(0)")


def report(name: str, budget: tuple[int, int], waits: list[list[float]]) -> None:
    columns, over = "", False
    for wait in waits:
        found = (np.median(wait), np.percentile(wait, 95)) if len(wait) > 3 else None
        over |= found is not None and (found[0] > budget[0] or found[1] > budget[1])
        columns += f"{found[0]:12.0f}{found[1]:6.0f}" if found else f"{'-':>18s}"
    pictures = " and ".join(str(len(wait)) for wait in waits)
    print(f"{name:24s}{f'{budget[0]}/{budget[1]}':>10s}{columns}   ({pictures} pictures){'   over' if over else ''}", flush=True)


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
    main(*map(int, sys.argv[1:2]), *sys.argv[2:])
