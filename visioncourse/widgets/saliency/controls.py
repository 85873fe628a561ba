"""SaliencyExplorer with ipywidgets alone, where anywidget is missing: a control for each choice, and a file of one's own."""

import base64


def saliency_controls(demo):
    """Photograph, class, method, layer, patch, opacity, random weights and a file, above the picture of a SaliencyExplorer."""
    import ipywidgets as w

    from ..shared.controls import value_controls

    start = demo.state()["start"]
    photo = w.Dropdown(options=start["photos"], value=demo.photo)
    labels = [("the likeliest", None), *[(name, n) for n, name in enumerate(start["names"])]]
    file, said = w.FileUpload(accept="image/*", multiple=False), w.HTML()
    box = value_controls(
        demo, photo=photo, label=w.Dropdown(options=labels, value=demo.label),
        method=w.Dropdown(options=start["methods"], value=demo.method), layer=w.Dropdown(options=start["layers"], value=demo.layer),
        patch=w.Dropdown(options=start["patches"], value=demo.patch),
        opacity=w.FloatSlider(value=demo.opacity, max=1, step=0.05, continuous_update=False),
        random=w.Dropdown(options=[("no", None), *[(f"down to {part}", part) for part in start["parts"]]], value=demo.random))

    def take(change):
        for content in contents(change["new"]):
            name = f"yours {len(photo.options)}"
            answer = demo.receive(demo.state()["scene"] | {"photo": name, "upload": base64.b64encode(content).decode()})
            said.value = answer.get("message", "")
            if not said.value:
                photo.options = [*photo.options, name]
                photo.value = name

    file.observe(take, "value")
    box.children = [file, said, *box.children]
    return box


def contents(value) -> list[bytes]:
    """The files that a FileUpload holds: {name: file} in ipywidgets 7, (file, ...) in 8."""
    return [bytes(file["content"]) for file in (value.values() if isinstance(value, dict) else value)]
