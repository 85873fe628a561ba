"""Which files of visioncourse a lesson's code reaches by its imports: what its results and pictures depend on beside its own text."""

import ast
import hashlib
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import visioncourse
import visioncourse.widgets

from .cells import ROOT, python

PACKAGE = ROOT / "visioncourse"
_TALKS = {f"desk.{name}" for name in ("checking", "troubles", "coursemap", "journal", "verdict", "current")}      # no result depends on it
_WHOLE = {"models"}                                   # of these rooms every file counts: what is loaded is named while it runs
_LEAVES = {"desk.session"}                             # imported everywhere; what it imports only speaks
_USED = re.compile(r"\bvc\.(\w+)(?:\.(\w+))?")


def course_files(texts: Iterable[str]) -> frozenset[Path]:
    """Every file of visioncourse that code in these texts can reach: modules, functions' imports included, and what they load."""
    found: set[str] = set()
    pending = {name for text in texts for name in _named(text)}
    while pending:
        name = pending.pop()
        if name not in found and name not in _TALKS:
            found.add(name)
            pending |= _imports(name) if name not in _LEAVES else set()
            pending |= {f"{name}.{path.stem}" for path in _files(name) if path.suffix == ".py"} if name in _WHOLE else set()
    return frozenset(_path(name) for name in found) | {path for name in found & _WHOLE for path in _files(name)}


def digest_of(files: Iterable[Path]) -> str:
    """A digest of files: of their places below the clone and of what is in them."""
    whole = hashlib.sha256()
    for path in sorted(files):
        whole.update(f"{path.relative_to(ROOT).as_posix()}\0".encode() + _content_digest(path, path.stat().st_mtime_ns))
    return whole.hexdigest()


@cache
def _content_digest(path: Path, _changed: int) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


@cache
def _named(text: str) -> frozenset[str]:
    """Modules of visioncourse, as names within it, that a text imports or uses as `vc.NAME`."""
    found = {home for name, inner in _USED.findall(text) for home in _homes(name, inner)}
    for node in ast.walk(ast.parse(python(text))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[2] for alias in node.names if alias.name.startswith("visioncourse.")}
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] == "visioncourse":
            base = node.module.partition(".")[2]
            found |= _named_by_import(base, node)
    return frozenset(name for name in found if name and _path(name).is_file())


def _homes(name: str, inner: str = "") -> set[str]:
    """The modules that `vc.NAME` or `vc.NAME.INNER` loads: both packages load their parts when these are first used."""
    home = visioncourse._FUNCTIONS.get(name, name)
    return {home, f"widgets.{visioncourse.widgets._ROOMS[inner]}"} if home == "widgets" and inner in visioncourse.widgets._ROOMS else {home}


@cache
def _imports(name: str) -> set[str]:
    path = _path(name)
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    found: set[str] = {".".join(package[:n]) for n in range(1, len(package) + 1)}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            if node.level:
                base = [*package[: len(package) - node.level + 1], *(node.module.split(".") if node.module else [])]
            elif node.module and node.module.partition(".")[0] == "visioncourse":
                base = node.module.split(".")[1:]
            else:
                continue
            found |= _named_by_import(".".join(base), node)
        elif isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[2] for alias in node.names if alias.name.startswith("visioncourse.")}
    return {n for n in found if n and n != name and _path(n).is_file()}


def _named_by_import(base: str, node: ast.ImportFrom) -> set[str]:
    return {base}.union(*(_homes(base, alias.name) if base else _homes(alias.name) for alias in node.names),
                        {f"{base}.{alias.name}".lstrip(".") for alias in node.names})


def _files(room: str) -> list[Path]:
    return [path for path in _path(room).parent.glob("*") if path.is_file()]


def _path(name: str) -> Path:
    """The file of a module of visioncourse; it may not exist."""
    place = PACKAGE.joinpath(*name.split("."))
    return place / "__init__.py" if (place / "__init__.py").is_file() else place.with_suffix(".py")
