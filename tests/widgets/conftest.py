"""What the widgets' tests share: Node, a page in a real browser, and an environment in which nobody grades."""

import shutil

import pytest

from .hands import Widget, with_python


@pytest.fixture(autouse=True)
def nobody_grades(monkeypatch):
    """Widgets are live, whatever runs the tests."""
    for name in ("VISIONCOURSE_WIDGETS", "NBGRADER_EXECUTION", "NBGRADER_VALIDATING"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def one_thread():
    """Threads cost more than they bring for arrays as small as these."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def node():
    """Node from the path, or the one that comes with Playwright."""
    found = shutil.which("node")
    if not found:
        from playwright._impl._driver import compute_driver_executable

        found = compute_driver_executable()[0]
    return found


@pytest.fixture
def show(browser, tmp_path):
    """show(demo, ...) opens the demo's page; afterwards the console must be clean and no request have left the machine."""
    opened, wrong = [], []

    def show(*demos, body="", python=None, **context):
        page = browser.new_context(**{"viewport": {"width": 940, "height": 700}, **context}).new_page()
        opened.append(page)
        page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda r: wrong.append(r.url) if not r.url.startswith(("file:", "data:", "blob:")) else None)
        pages = [demo.html() for demo in demos]
        if python:
            page.expose_function("python", python)
            pages = [with_python(demo) for demo in demos]
        file = tmp_path / "page.html"
        file.write_text('<!doctype html><html lang="en"><meta charset="utf-8">'
                        '<meta name="viewport" content="width=device-width"><title>widget</title>'
                        f'<body style="{body}"><main><h1>Widget</h1>{"".join(pages)}</main>')
        page.goto(file.as_uri())
        page.locator(".vc[data-drawn]").nth(len(demos) - 1).wait_for()
        return Widget(page)

    yield show
    for page in opened:
        page.context.close()
    assert wrong == []
