"""What students wrote, made safe to show in an instructor's browser."""

import re
from copy import deepcopy
from html import unescape
from typing import Any
from urllib.parse import unquote

import bleach

_TAGS = frozenset("""a abbr b blockquote br caption code col colgroup dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img ins kbd li
ol p pre q s samp small span strong sub summary sup table tbody td tfoot th thead tr tt u ul var""".split())
_ATTRIBUTES = {"*": ["class", "title", "colspan", "rowspan", "align", "alt", "role", "scope"], "a": ["href"],
               "img": ["src", "width", "height"]}
_KINDS = {"text/plain", "text/html", "text/latex", "text/markdown", "image/png", "image/jpeg", "image/gif", "application/json"}
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")


def harmless(notebook: dict[str, Any]) -> dict[str, Any]:
    """A copy of an executed notebook in which nothing can run in a browser: no scripts, no handlers, no frames, no SVG.

    Pictures, tables and text stay. Outputs of check cells are ours and stay as they are.
    """
    notebook = deepcopy(notebook)
    for cell in notebook["cells"]:
        graded = cell.get("metadata", {}).get("nbgrader", {}).get("grade") and cell["cell_type"] == "code"
        if cell["cell_type"] == "markdown" and "<" in cell["source"]:
            cell["source"] = _markdown(cell["source"])
        if cell["cell_type"] == "code" and not graded:
            cell["outputs"] = [_output(o) for o in cell["outputs"]]
        if cell.get("attachments"):
            cell["attachments"] = {name: kept for name, kinds in cell["attachments"].items() if isinstance(kinds, dict) and
                                   (kept := {k: v for k, v in kinds.items() if k in ("image/png", "image/jpeg") and isinstance(v, str)
                                             and _BASE64.fullmatch(v)})}
    return notebook


def clean(html: str) -> str:
    """HTML with everything that could run taken out; its text stays."""
    return bleach.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, protocols=["http", "https", "data", "mailto"], strip=True)


def _output(output: dict[str, Any]) -> dict[str, Any]:
    if "data" not in output:
        return output
    data = {kind: value for kind, value in output["data"].items() if kind in _KINDS}
    for kind in ("text/html", "text/markdown", "text/latex"):
        if kind in data:
            text = "".join(data[kind]) if isinstance(data[kind], list) else str(data[kind])
            data[kind] = clean(text) if kind == "text/html" else _markdown(text)
    for kind in ("image/png", "image/jpeg", "image/gif"):
        if kind in data and not (isinstance(data[kind], str) and _BASE64.fullmatch(data[kind])):
            del data[kind]
    return {**output, "data": data or {"text/plain": "(an output that is not shown)"}}


def _markdown(text: str) -> str:
    """Markdown in which HTML is text and links go nowhere but to web pages; code spans and formulas keep their signs."""
    pieces = re.split(r"(```.*?```|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]*\$)", text, flags=re.S)
    made = [piece if n % 2 and not re.search(r"<[a-zA-Z/!?]", piece) else re.sub(r"<(?=[a-zA-Z/!?])", "&lt;", piece)
            for n, piece in enumerate(pieces)]
    return _TARGET.sub(lambda m: m[1] + (m[2] if _harmless_address(m[2]) else "#"), "".join(made))


_TARGET = re.compile(r"(\]\(\s*<?|^[ ]{0,3}\[[^\]]+\]:\s*<?)([^\s)>]*)", re.M)


def _harmless_address(address: str) -> bool:
    plain = re.sub(r"[\x00-\x20\\]", "", unescape(unquote(address)))
    scheme = re.match(r"([^/?#]*?):", plain)
    return scheme is None or scheme[1].lower() in ("http", "https", "mailto", "attachment") or \
        re.match(r"data:image/(png|jpeg|gif);", plain, re.I) is not None
