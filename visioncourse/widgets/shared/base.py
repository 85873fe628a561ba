"""A Demo draws its own picture and describes it; with a front end it also comes alive.

live    a widget (anywidget, or ipywidgets alone) with the picture as the fallback of viewers without a kernel
static  the picture
off     one line of text, at no cost: under nbgrader, where nobody looks
"""

import base64
import contextlib
import functools
import hashlib
import html
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

WIDGETS = Path(__file__).parent.parent
STYLE = "shared/esm/common.css"
VIEW = "application/vnd.jupyter.widget-view+json"
MODES = ("live", "static", "off")


def mode() -> str:
    """One of live, static and off: the environment's VISIONCOURSE_WIDGETS, else off under nbgrader, else live."""
    chosen = os.environ.get("VISIONCOURSE_WIDGETS")
    if chosen and chosen not in MODES:
        raise ValueError(f"VISIONCOURSE_WIDGETS={chosen}: choose one of {', '.join(MODES)}")
    grading = os.environ.get("NBGRADER_EXECUTION") or os.environ.get("NBGRADER_VALIDATING")
    return chosen or ("off" if grading else "live")


@contextlib.contextmanager
def static() -> Iterator[None]:
    """Within this block widgets are pictures, which are kept: whole, however long that takes, and so the same on every machine."""
    before = os.environ.get("VISIONCOURSE_WIDGETS")
    os.environ["VISIONCOURSE_WIDGETS"] = "static"
    try:
        yield
    finally:
        del os.environ["VISIONCOURSE_WIDGETS"]
        if before is not None:
            os.environ["VISIONCOURSE_WIDGETS"] = before


class Demo:
    """A widget with a picture of its own; a subclass gives title, esm and the methods that are not implemented here."""

    title: str
    esm: tuple[str, ...]  # files below visioncourse/widgets that make up the ES module; the last exports render({model, el})

    def picture(self) -> bytes:
        """PNG of the current state, drawn without a front end; equal states give equal bytes."""
        raise NotImplementedError

    def describe(self) -> str:
        """One sentence with the numbers of the current state: alt text and plain text."""
        raise NotImplementedError

    def state(self) -> dict:
        """What the browser starts from, as JSON: {"start": fixed, "scene": what hands change, "answer": Python's part}."""
        raise NotImplementedError

    def receive(self, scene: dict) -> dict | None:
        """Take over what hands have changed in the browser; the answer, or None where the browser needs none."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Forget what was computed, before the demo is shown again."""
        raise NotImplementedError

    def build_plain(self):
        """The widget with ipywidgets alone."""
        raise NotImplementedError

    def build(self):
        """The live widget: the ES module through anywidget, or build_plain() where anywidget is missing."""
        try:
            widget = _canvas_class(self.esm)(**self.state())
        except ImportError:
            return self.build_plain()

        def answer(change):
            reply = self.receive(change["new"])
            if reply is not None:
                widget.answer = reply

        widget.observe(answer, "scene")
        return widget

    @functools.cached_property
    def widget(self):
        return self.build()

    def html(self) -> str:
        """Self-contained HTML that needs no kernel and no network: the picture, replaced by the live widget where scripts run."""
        state, module = self.state(), _base64(source(self.esm).encode())
        if state["answer"]:
            with static():
                return image_tag(self)  # Python draws this one, and a page has none
        values = json.dumps(state).replace("</", "<\\/")
        mark = "demo-" + hashlib.sha256(values.encode()).hexdigest()[:12]
        return f"""<div data-demo="{mark}">{image_tag(self)}</div>
<script type="module">
const el = document.querySelector('[data-demo="{mark}"]:not([data-live])');
el.dataset.live = "";
const {{ default: demo }} = await import("data:text/javascript;base64,{module}");
const state = {values}, css = document.createElement("style");
css.textContent = {json.dumps(stylesheet())};
el.replaceChildren(css);
const model = {{ get: key => state[key], set: (key, value) => {{ state[key] = value; }}, save_changes() {{}}, on() {{}}, off() {{}} }};
demo.render({{ el, model }});
</script>"""

    def show_html(self) -> None:
        """Display html() in a notebook: it stays interactive in exported pages, where no kernel answers."""
        from IPython.display import display

        data, metadata = self._pictures()
        if mode() == "live":
            data["text/html"] = self.html()
        display(data, metadata=metadata, raw=True)

    def _repr_mimebundle_(self, include=None, exclude=None):
        data, metadata = self._pictures()
        if mode() == "live":
            bundle: Any = getattr(self.widget, "_repr_mimebundle_", dict)()
            shown, extra = bundle if isinstance(bundle, tuple) else (bundle, {})  # Colab's manager comes as metadata
            view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
            data, metadata = {VIEW: (shown or {}).get(VIEW, view), **data}, {**extra, **metadata}
        return data, metadata

    def _pictures(self):
        if mode() == "off":
            return {"text/plain": f"[{self.title}: not drawn while grading]"}, {}
        self.refresh()
        alt = self.describe()
        return {"image/png": _base64(self.picture()), "text/plain": alt}, {"image/png": {"alt": alt}}


def image_tag(demo: Demo) -> str:
    """The demo's picture as <img> with its alt text."""
    alt = html.escape(demo.describe())
    return f'<img alt="{alt}" src="data:image/png;base64,{_base64(demo.picture())}" style="max-width: 100%">'


def source(esm: tuple[str, ...]) -> str:
    """The ES module as shipped: its files in one text without imports."""
    return "\n".join((WIDGETS / name).read_text("utf-8") for name in esm)


def stylesheet() -> str:
    return (WIDGETS / STYLE).read_text("utf-8")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _canvas_class(esm: tuple[str, ...]):
    """The widget class of these files, made anew where one of them has been saved since."""
    return _canvas_class_of(esm, tuple((WIDGETS / name).stat().st_mtime_ns for name in (*esm, STYLE)))


@functools.cache
def _canvas_class_of(esm: tuple[str, ...], saved: tuple[int, ...]):
    import anywidget
    import traitlets

    class Canvas(anywidget.AnyWidget):
        _esm, _css = source(esm), stylesheet()
        start = traitlets.Dict().tag(sync=True)
        scene = traitlets.Dict().tag(sync=True, echo_update=False)
        answer = traitlets.Dict().tag(sync=True)

    return Canvas
