"""A learner's session in JupyterLab, in a real browser: a mistake, its diagnosis, the cure, the widget, the whole lecture."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from conftest import ROOT, SHOTS
from grader import build, source

LECTURE = "lectures/02_image_classification"


@pytest.fixture
def lab(tmp_path):
    """JupyterLab's address, serving a copy of the released lecture."""
    folder = tmp_path / "work"
    (folder / "lectures").mkdir(parents=True)
    shutil.copy(ROOT / f"{LECTURE}.ipynb", folder / "lectures")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "VISIONCOURSE_HOME": str(tmp_path / "home"), "JUPYTERLAB_WORKSPACES_DIR": str(tmp_path / "spaces"),
                   "JUPYTERLAB_SETTINGS_DIR": str(tmp_path / "settings"), "JUPYTER_CONFIG_DIR": str(tmp_path / "config")}
    server = subprocess.Popen([sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--allow-root",
                               "--IdentityProvider.token=secret", f"--ServerApp.root_dir={folder}", "--LabApp.expose_app_in_browser=True",
                               "--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"],
                              env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api?token=secret", timeout=10)
                break
            except OSError:
                assert server.poll() is None, "JupyterLab stopped"
                time.sleep(0.5)
        yield f"http://127.0.0.1:{port}/lab/tree/{LECTURE}.ipynb?token=secret"
    finally:
        server.terminate()
        server.wait(20)


class Notebook:
    """The open notebook, driven by keys and mouse; cells are found by their ids, which the build derives from names."""

    def __init__(self, page):
        self.page = page

    def go_to(self, cell_id: str):
        """Scroll to a cell, make it active, and return its element."""
        index = self.page.evaluate(
            """async id => {
                const content = window.jupyterapp.shell.currentWidget.content;
                const index = content.widgets.findIndex(cell => cell.model.id === id);
                content.activeCellIndex = index; await content.scrollToItem(index, 'center'); content.mode = 'command';
                content.node.focus(); return index; }""", cell_id)
        assert index >= 0, f"no cell {cell_id}"
        cell = self.page.locator(f".jp-Notebook-cell[data-windowed-list-index='{index}']").first
        cell.wait_for()
        return cell

    def type_over(self, cell_id: str, text: str) -> None:
        """Replace a cell's text with the keyboard's help, as a learner would, and run it."""
        self.go_to(cell_id)
        self.page.keyboard.press("Enter")
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)
        self.run()

    def run(self) -> None:
        """Run the active cell and wait until the kernel is idle again."""
        self.page.keyboard.press("Control+Enter")
        self.idle()

    def idle(self, seconds: int = 240) -> None:
        self.page.wait_for_timeout(200)
        self.page.wait_for_function(
            "() => { const s = window.jupyterapp.shell.currentWidget.sessionContext; return s.session?.kernel?.status === 'idle'; }",
            timeout=1000 * seconds)
        self.page.wait_for_timeout(200)

    def verdict(self, cell_id: str) -> str:
        """Run a check cell and read its verdict."""
        cell = self.go_to(cell_id)
        self.run()
        shown = cell.locator(".vc-verdict")
        shown.wait_for()
        return shown.inner_text()


@pytest.mark.slow
def test_a_learner_errs_reads_mends_plays_and_runs_the_lecture(lab, browser):
    lesson = source.load(LECTURE)
    ids = [c["id"] for c in build.learner_notebook(lesson).cells]
    code = [c for c in build.instructor_notebook(lesson, pictures=False).cells if c.cell_type == "code"]
    page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(lab)
    page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.content?.widgets?.length > 10", timeout=120_000)
    notebook = Notebook(page)
    notebook.idle()

    notebook.go_to(code[0]["id"])
    notebook.run()
    assert "Not attempted" in notebook.verdict("check-l2-distance")
    stub = build.stub(lesson.exercises["l2-distance"].solve)
    mistake = next(c for c in lesson.exercises["l2-distance"].wrong if "square root" in c.why)
    notebook.type_over("l2-distance", mistake.text)
    said = notebook.verdict("check-l2-distance")
    assert "Not yet" in said and "forgot the square root" in said and "Traceback" not in said
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / "lecture02_diagnosis.png")
    notebook.type_over("l2-distance", source.without_marks(lesson.exercises["l2-distance"].solve))
    assert "Passed" in notebook.verdict("check-l2-distance")
    page.screenshot(path=SHOTS / "lecture02_passed.png")
    assert "raise NotImplementedError" in stub

    answers = {name: source.without_marks(e.solve) for name, e in lesson.exercises.items()}
    page.evaluate(
        """answers => { for (const cell of window.jupyterapp.shell.currentWidget.content.widgets)
            if (answers[cell.model.id] !== undefined) cell.model.sharedModel.setSource(answers[cell.model.id]); }""", answers)
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    notebook.idle()
    outcome = page.evaluate(
        """() => { const found = {errors: [], passed: []};
            for (const cell of window.jupyterapp.shell.currentWidget.content.widgets) if (cell.model.type === 'code')
                for (const output of cell.model.outputs.toJSON()) {
                    if (output.output_type === 'error') found.errors.push(output.evalue);
                    const html = [].concat((output.data || {})['text/html'] || '').join('');
                    const check = html.match(/data-status='(\\w+)' data-check='([^']+)'/);
                    if (check && check[1] === 'passed') found.passed.push(check[2]); }
            return found; }""")
    assert outcome["errors"] == [] and wrong == []
    assert set(outcome["passed"]) == {c.name for c in lesson.cells if c.mark == "check"}

    pictures = [c for c in lesson.cells if c.mark == "picture" and "KnnBoundary" in c.text]
    learners_own = next(c for c in build.learner_notebook(lesson).cells if c.source == pictures[-1].text)
    assert learners_own["id"] in ids
    cell = notebook.go_to(learners_own["id"])
    canvas = cell.locator("canvas").first
    canvas.wait_for()
    page.wait_for_timeout(1500)
    before = canvas.evaluate("c => c.toDataURL()")
    box = canvas.bounding_box()
    count = page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.length")
    page.mouse.click(box["x"] + box["width"] * 0.12, box["y"] + box["height"] * 0.12)          # a new point, far from the others
    page.mouse.move(box["x"] + box["width"] * 0.12, box["y"] + box["height"] * 0.12)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.4, steps=8)
    page.mouse.up()
    page.wait_for_timeout(2000)
    notebook.idle()
    assert canvas.evaluate("c => c.toDataURL()") != before
    page.keyboard.press("a")
    page.keyboard.press("d")
    page.keyboard.press("d")
    assert page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.length") == count, "a key reached the notebook"
    page.screenshot(path=SHOTS / "lecture02_widget.png")
    record = json.loads((ROOT / "visioncourse" / "course.json").read_text())[LECTURE]
    assert set(record["exercises"]) == set(lesson.exercises)
