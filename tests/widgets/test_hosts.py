"""Every widget where a learner may meet it: an exported page, JupyterLab in its dark theme too, Notebook 7, Voila, Colab's versions."""

import contextlib
import json
import re
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
from environments import environment_or_skip, variables
from in_jupyterlab import Notebook
from workshop import SHOTS

from grader.notebook import execute
from visioncourse import widgets
from visioncourse.widgets.shared.base import source

from .notebooks import CELLS, DEMOS, notebook

pytestmark = pytest.mark.slow

FEW = {name: CELLS[name] for name in ("KnnBoundary", "Convolution", "Panel", "own-fit")}     # of each way to be drawn one
PAGES = [name for name in DEMOS if name != "SaliencyExplorer"]      # whose page takes half a minute to compute, and has a test of its own
SEEN = """root => [...root.querySelectorAll("canvas")].map(canvas => canvas.toDataURL()).join()
  + [...root.querySelectorAll("img")].map(image => image.src) + root.innerText"""
KEYS = "input[type=range], [role=application]"          # in document order the first takes the keys,
HANDS = "[role=application], input[type=range]"         # and of the first kind that there is the hand takes one


def changed(root, act, seconds: float = 20) -> bool:
    """Whether what is seen of the widget becomes another after act."""
    before, page = root.evaluate(SEEN), root.page
    act()
    with contextlib.suppress(Exception):
        differs = f"([root, before]) => ({SEEN})(root) !== before"
        page.wait_for_function(differs, arg=[root.element_handle(), before], timeout=1000 * seconds)
        return True
    return False


def by_keys(root) -> bool:
    target = root.locator(KEYS).first
    target.focus()
    return changed(root, lambda: [root.page.keyboard.press(key) for key in ("ArrowRight", "ArrowUp", "ArrowLeft")])


def by_hand(root) -> bool:
    if root.get_by_role("button", name="end", exact=True).count():         # a graph answers only to presses on its cards
        return changed(root, root.get_by_role("button", name="start", exact=True).click)
    target = next(found for kind in HANDS.split(", ") if (found := root.locator(kind)).count()).first
    target.scroll_into_view_if_needed()
    box, mouse = target.bounding_box(), root.page.mouse

    def drag():
        mouse.move(box["x"] + 0.55 * box["width"], box["y"] + 0.5 * box["height"])
        mouse.down()
        mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 0.6 * box["height"], steps=4)
        mouse.up()

    return changed(root, drag)


def unlike(names, alive) -> list[str]:
    return [name for name in names if not alive(name)]


# ---- an exported page ----

@pytest.fixture(scope="module")
def executed():
    """The notebook with every widget shown as a widget and as a page of its own, run from top to bottom."""
    from nbclient import NotebookClient

    made = notebook(CELLS | {f"page-{name}": f"vc.widgets.{name}().show_html()" for name in PAGES})
    return NotebookClient(made, timeout=120, store_widget_state=False).execute()


def test_an_exported_page_keeps_every_picture_and_its_widgets_live_without_a_kernel(executed, browser, tmp_path):
    assert "widgets" not in executed.metadata
    empty, full = (execute.exporter().from_notebook_node(made)[0] for made in (notebook({}), executed))
    (tmp_path / "page.html").write_text(full)
    page, asked, wrong = browser.new_page(viewport={"width": 1200, "height": 1000}), set(), []
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))

    def nothing(route):
        asked.add(route.request.url)
        route.fulfill(body="", content_type="text/javascript")

    page.route(re.compile("^(https?|wss?):"), nothing)
    page.goto((tmp_path / "page.html").as_uri())
    for cell in executed.cells[1:1 + len(CELLS)]:
        (output,) = cell.outputs
        there = "(all, alt) => all.some(i => i.alt === alt && i.naturalWidth > 100)"
        assert page.locator("img[alt]").evaluate_all(there, output.data["text/plain"]), cell.id
    roots = page.locator(".vc")
    roots.nth(len(PAGES) - 1).wait_for()
    assert roots.count() == len(PAGES)
    page.wait_for_timeout(500)
    assert unlike(PAGES, lambda name: by_keys(roots.nth(PAGES.index(name))) and by_hand(roots.nth(PAGES.index(name)))) == []
    assert asked <= set(re.findall(r"https?://[^\"']+", empty)), "only what nbconvert puts into every page is asked for"
    assert wrong == []
    page.close()


def test_stock_nbconvert_keeps_every_picture(executed):
    from nbconvert import HTMLExporter

    shown = HTMLExporter().from_notebook_node(executed)[0].replace("\n", "")
    assert [cell.id for cell in executed.cells[1:] if cell.outputs[0].data["image/png"].replace("\n", "") not in shown] == []


# ---- Jupyter's front ends ----

def put(lab: str, name: str, cells: dict[str, str]) -> None:
    """Store a notebook with the cells on the server."""
    body = json.dumps({"type": "notebook", "content": notebook(cells)}).encode()
    address = lab.replace("lab/tree/", f"api/contents/{name}?token=secret")
    urllib.request.urlopen(urllib.request.Request(address, body, method="PUT"), timeout=30)


@pytest.fixture
def opened(browser):
    """opened(address) is a page; afterwards no script but the host's own may have failed, and nobody but this machine have been asked."""
    wrong, contexts = [], []

    def opened(address: str, theirs: str = "nothing"):
        contexts.append(browser.new_context(viewport={"width": 1300, "height": 1000}))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)) if "/static/notebook/" not in error.stack else None)

        def heard(request):
            if not re.match("(data|blob|about):|(https?|wss?)://127.0.0.1:", request.url) and theirs not in request.url:
                wrong.append(request.url)

        page.on("request", heard)
        page.goto(address)
        SHOTS.mkdir(parents=True, exist_ok=True)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


def test_in_jupyterlab_every_widget_answers_keys_and_hands_and_is_readable_in_the_dark(lab, opened):
    import axe_playwright_python

    put(lab, "every.ipynb", CELLS)
    page = opened(f"{lab}every.ipynb?reset&token=secret")
    page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.content?.widgets?.length > 5", timeout=120_000)
    there = Notebook(page)
    there.idle()
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")
    there.idle()
    sources = "() => window.jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.sharedModel.getSource())"
    before = page.evaluate(sources)

    def shown(name: str, theme: str):
        root = there.go_to(name).locator(".vc").first
        root.locator("canvas, img").first.wait_for()
        page.wait_for_timeout(150)
        root.screenshot(path=SHOTS / f"lab_{theme}_{name}.png")
        return root

    def alive(name: str) -> bool:
        root = shown(name, "light")
        answered = by_keys(root) and by_hand(root)
        root.locator(KEYS).first.focus()
        for key in ("n", "a", "d", "d", "Enter", "Escape"):            # in a notebook a inserts a cell and d d deletes one
            page.keyboard.press(key)
        return answered

    assert unlike(CELLS, alive) == []
    assert page.evaluate(sources) == before, "a key reached the notebook"
    page.evaluate("() => window.jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Dark' })")
    page.wait_for_function("() => document.body.dataset.jpThemeLight === 'false'")
    page.evaluate((Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8"))
    found = {}
    for name in CELLS:
        shown(name, "dark").evaluate("root => { root.id = 'here'; }")
        found[name] = [(v["id"], [n["html"] for n in v["nodes"]]) for v in page.evaluate("axe.run('#here')")["violations"]]
        page.evaluate("here.removeAttribute('id')")
    assert {name: violations for name, violations in found.items() if violations} == {}


def test_in_notebook_7_widgets_answer(lab, opened):
    put(lab, "few.ipynb", FEW)
    page = opened(lab.replace("lab/tree", "notebooks") + "few.ipynb?token=secret")
    page.locator(".jp-Notebook .jp-CodeCell").nth(len(FEW)).wait_for(timeout=60_000)
    page.locator("#jp-title, .jp-NotebookKernelStatus, #menu-panel").first.wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    all_answer(page)
    page.screenshot(path=SHOTS / "notebook7.png")


def test_in_voila_widgets_answer(opened, tmp_path):
    place = environment_or_skip("voila")
    nbformat.write(notebook(FEW), tmp_path / "few.ipynb")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [place / "bin" / "python", "-m", "voila", tmp_path / "few.ipynb", "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1"],
        env=variables(place) | {"JUPYTER_CONFIG_DIR": str(tmp_path / "config")}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(120):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            assert server.poll() is None, "Voila stopped"
            time.sleep(0.25)
        page = opened(f"http://127.0.0.1:{port}/", theirs="fontawesome")      # Voila's template asks for it, and does without
        all_answer(page)
        page.screenshot(path=SHOTS / "voila.png")
    finally:
        server.terminate()
        server.wait(20)


def all_answer(page) -> None:
    """Every widget of FEW is drawn, answers keys and hands, and what the learner's own code draws follows."""
    roots = page.locator(".vc")
    roots.nth(len(FEW) - 1).locator("canvas, img").first.wait_for(timeout=60_000)
    page.wait_for_timeout(500)
    assert roots.count() == len(FEW)
    assert unlike(FEW, lambda name: by_keys(roots.nth(list(FEW).index(name))) and by_hand(roots.nth(list(FEW).index(name)))) == []


# ---- less motion ----

PLAYS = re.compile("^(play|run)$")
MOVING = [name for name in DEMOS if re.search(r"player\(|setInterval\(|setTimeout\(tick", source(getattr(widgets, name).esm[-1:]))]


@pytest.mark.parametrize("name", MOVING)
def test_where_less_motion_is_asked_for_nothing_moves_by_itself(browser, name):
    """A button that plays makes one picture there, and not one after another."""
    def pictures(motion: str) -> int:
        page = browser.new_context(reduced_motion=motion, viewport={"width": 1000, "height": 800}).new_page()
        page.set_content(f'<!doctype html><html lang="en"><title>widget</title><body>{getattr(widgets, name)().html()}')
        page.locator(".vc canvas").first.wait_for()
        if (start := page.get_by_role("button", name="start", exact=True)).count():
            start.click()
        page.wait_for_timeout(200)
        page.evaluate(f"""() => {{ const root = document.querySelector('.vc'), seen = {SEEN}; window.made = [seen(root)];
            setInterval(() => {{ const now = seen(root); if (now !== made.at(-1)) made.push(now); }}, 30); }}""")
        page.locator(".vc button").filter(has_text=PLAYS).click()
        if motion == "reduce":
            page.wait_for_timeout(1300)                        # the slowest of them makes a picture every 1.1 seconds
        else:
            page.wait_for_function("made.length > 2")
        made = page.evaluate("made.length") - 1
        page.context.close()
        return made

    assert pictures("no-preference") >= 2 and pictures("reduce") == 1
