"""The JavaScript of every widget, whose files become one module: that it can be read, holds what it needs, and each name once."""

import os
import re
import shutil
import subprocess

import pytest

from visioncourse import widgets
from visioncourse.widgets import KnnBoundary
from visioncourse.widgets.shared import base
from visioncourse.widgets.shared.base import STYLE, WIDGETS, source

from .notebooks import DEMOS

NAMES = [*DEMOS, "Panel"]
SHARED = sorted(path.relative_to(WIDGETS).as_posix() for path in (WIDGETS / "shared/esm").glob("*.js"))


def esm(name: str) -> tuple[str, ...]:
    return getattr(widgets, name).esm


def code(file: str) -> str:
    """A file without its comments, and with its strings empty; texts in backquotes stay, for the names in them."""
    return re.sub(r'("(?:[^"\\\n]|\\.)*")|//.*', lambda m: '""' if m[1] else "", (WIDGETS / file).read_text("utf-8"))


def declared(text: str) -> set[str]:
    """The names that code declares at the top, that is at the beginning of a line."""
    found = set(re.findall(r"^(?:export )?(?:async )?(?:function\*?|class) (\w+)", text, re.M))
    for start in re.finditer(r"^(?:export )?(?:const|let) ", text, re.M):
        depth, begins, quoted = 0, True, False
        for place in range(start.end(), len(text)):
            here = text[place]
            if begins and depth == 0 and not quoted and (name := re.match(r"\s*(\w+)", text[place:])):
                found.add(name[1])
            begins = here == "," and depth == 0
            quoted ^= here == "`"
            depth += not quoted and (here in "([{") - (here in ")]}")
            if here == ";" and depth == 0:
                break
    return found


HELPERS = {name for file in SHARED for name in declared(code(file))}


def lacking(files: tuple[str, ...]) -> set[str]:
    """The shared functions that these files call and the shared constants that they name, though none of them declares any so called."""
    text = "\n".join(map(code, files))
    used = {name for name in HELPERS if re.search(rf"(?<![.\w]){name}" + (r"\b" if name.isupper() else r"\("), text)}
    return {name for name in used if not re.search(rf"\bfunction\s+{name}\b|\b(?:const|let)\s(?:[^;]*?[\s,])?{name}\s*=", text)}


def test_declarations_are_found():
    text = ("const A = 1, b = (x, y) => { let z = 1; return [x, y]; }, C = `, d`;\n"
            "function e(f) {\n  const g = 1;\n}\n"
            "export const h = [1, 2];\n")
    assert declared(text) == {"A", "b", "C", "e", "h"}
    assert {"element", "CALM", "ranged", "SIDE", "generator"} <= HELPERS


@pytest.mark.parametrize("name", NAMES)
def test_node_can_read_it(node, tmp_path, name):
    (tmp_path / "module.mjs").write_text(source(esm(name)), "utf-8")
    done = subprocess.run([node, "--check", tmp_path / "module.mjs"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_no_two_of_its_files_declare_the_same_name(name):
    names = [found for file in esm(name) for found in declared(code(file))]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("name", NAMES)
def test_it_brings_the_shared_helpers_that_it_uses_and_no_file_more(name):
    files = esm(name)
    assert lacking(files) == set()
    for file in set(files) & set(SHARED):
        assert lacking(tuple(other for other in files if other != file)), f"{file} is not used"


def test_every_file_is_used_by_the_widget_in_whose_room_it_lies_and_a_shared_one_by_several():
    users = {path.relative_to(WIDGETS).as_posix(): set() for path in WIDGETS.glob("**/*.js")}
    for name in NAMES:
        room = getattr(widgets, name).__module__.rpartition(".")[2]
        assert esm(name)[-1] == f"{room}/view.js"
        for file in esm(name):
            users[file].add(room)
    assert [file for file, rooms in users.items() if (len(rooms) < 2 if file in SHARED else rooms != {file.split("/")[0]})] == []


def test_no_line_is_longer_than_120_characters():
    lines = [(path.relative_to(WIDGETS).as_posix(), number, len(line))
             for kind in ("js", "css") for path in sorted(WIDGETS.glob(f"**/*.{kind}"))
             for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)]
    assert [place for place in lines if place[2] > 120] == []


@pytest.mark.parametrize("file", ["knn/view.js", "shared/esm/common.js", STYLE])
def test_a_file_that_is_saved_is_read_anew_by_the_same_process(file, monkeypatch, tmp_path):
    shutil.copytree(WIDGETS, tmp_path / "widgets", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    monkeypatch.setattr(base, "WIDGETS", tmp_path / "widgets")
    assert base._canvas_class(KnnBoundary.esm) is base._canvas_class(KnnBoundary.esm)
    path = tmp_path / "widgets" / file
    path.write_text(path.read_text("utf-8") + "/* saved again */\n", "utf-8")
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1_000_000_000))               # however coarse the clock of the file system
    after = KnnBoundary().widget
    assert "/* saved again */" in (after._css if file == STYLE else after._esm)
