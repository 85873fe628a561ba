"""A page with widgets, and hands on the first of them."""

import base64
import json

from workshop import SHOTS

from visioncourse.widgets.shared.base import source, stylesheet

DRAWN = "canvas => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(canvas.toDataURL()))))"
DARK = "background: #111; color: #ddd; --jp-content-font-color1: #ddd; --jp-border-color1: #555"


def with_python(demo):
    """The demo's page with a model that answers as a kernel does: through the page's function python(scene)."""
    module = base64.b64encode(source(demo.esm).encode()).decode()
    return f"""<style>{stylesheet()}</style><div id="here"></div><script type="module">
const {{ default: demo }} = await import("data:text/javascript;base64,{module}");
const state = {json.dumps(demo.state())}, heard = {{}};
window.tell = (key, value) => {{ state[key] = value; heard["change:" + key]?.(); }};
demo.render({{ el: here, model: {{
  get: key => state[key], set: (key, value) => {{ state[key] = value; }}, on: (name, act) => {{ heard[name] = act; }}, off() {{}},
  save_changes: async () => {{ const answer = await python(state.scene); if (answer) tell("answer", answer); }} }} }});
</script>"""


class Widget:
    """Hands on the first widget of a page."""

    def __init__(self, page):
        self.page, self.root = page, page.locator(".vc").first
        self.plane, self.slider = self.root.locator(".vc-plane"), self.root.get_by_role("slider", name="k")
        SHOTS.mkdir(parents=True, exist_ok=True)

    def after(self, act):
        """Whether the picture of the plane has other pixels after act, once what act changed has been drawn."""
        before = self.plane.evaluate(DRAWN)
        act()
        return self.plane.evaluate(DRAWN) != before

    def screen(self, demo, at):
        left, bottom, side = demo._base["view"]
        box = self.plane.bounding_box()
        return box["x"] + (at[0] - left) / side * box["width"], box["y"] + (1 - (at[1] - bottom) / side) * box["height"]

    def drag(self, start, end):
        self.page.mouse.move(*start)
        self.page.mouse.down()
        self.page.mouse.move(*end, steps=5)
        self.page.mouse.up()

    def keys(self, *keys):
        self.plane.focus()
        for key in keys:
            self.page.keyboard.press(key)

    def counts(self):
        self.plane.evaluate(DRAWN)
        return [int(text) for text in self.root.locator("button:not([hidden]) small").all_inner_texts()]

    @property
    def k(self):
        return int(self.root.locator(".vc-slider b").inner_text())

    @property
    def status(self):
        return self.root.get_by_role("status").inner_text()

    @property
    def readout(self):
        return self.root.locator(".vc-readout").inner_text()

    def shot(self, name):
        self.root.screenshot(path=SHOTS / f"{name}.png")
