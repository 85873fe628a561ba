"""The order of the package: a room for each widget, shared/ for what several use, and no module that imports itself round a corner."""

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

from visioncourse import widgets
from visioncourse.widgets.shared.base import WIDGETS

from .notebooks import DEMOS

MODULES = {".".join(path.relative_to(WIDGETS).with_suffix("").parts).removesuffix(".__init__"): path
           for path in sorted(WIDGETS.glob("*/*.py"))}
ROOMS = sorted({name.split(".")[0] for name in MODULES} - {"shared"})


def imported(name: str, path: Path) -> set[str]:
    """The modules of the widgets that a module imports, wherever it does; its package, which is there before it, is not counted."""
    package = (name if path.name == "__init__.py" else name.rpartition(".")[0]).split(".")
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and 0 < node.level <= len(package) + 1:
            place = [*package[: len(package) + 1 - node.level], *(node.module or "").split(".")]
            base = ".".join(part for part in place if part)
            found |= {f"{base}.{alias.name}" if f"{base}.{alias.name}" in MODULES else base for alias in node.names}
    return found & set(MODULES)


IMPORTS = {name: imported(name, path) for name, path in MODULES.items()}


def test_no_module_imports_itself_round_a_corner():
    assert IMPORTS["knn"] >= {"knn.boundary", "knn.controls", "knn.picture", "shared.base"}
    list(graphlib.TopologicalSorter(IMPORTS).static_order())                     # CycleError names the circle


@pytest.mark.parametrize("room", ["shared", *ROOMS])
def test_a_room_uses_what_lies_in_it_and_what_is_shared(room):
    mine = {name: found for name, found in IMPORTS.items() if name.split(".")[0] == room}
    assert {name: found for name, found in mine.items() if not {other.split(".")[0] for other in found} <= {room, "shared"}} == {}


def test_what_only_one_room_uses_lies_there():
    users = {name: {other.split(".")[0] for other, found in IMPORTS.items() if name in found}
             for name in MODULES if name.startswith("shared.")}
    assert {name: found for name, found in users.items() if len(found - {"shared"}) == 1 and "shared" not in found} == {}


def test_every_widget_has_a_room_and_every_room_a_widget():
    found = {getattr(widgets, name).__module__.removeprefix("visioncourse.widgets.") for name in [*DEMOS, "Panel"]}
    assert found == set(ROOMS)
    assert [room for room in ROOMS if not (WIDGETS / room / "view.js").exists()] == []


@pytest.mark.slow
def test_a_widget_loads_its_own_room_alone():
    code = "import sys; from visioncourse import widgets; widgets.KnnBoundary; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {name.split(".")[2] for name in loaded if name.startswith("visioncourse.widgets.")} == {"knn", "shared"}


def test_the_package_names_every_widget_and_says_what_it_offers_instead_of_another():
    assert dir(widgets) == sorted(widgets.__all__) and set(DEMOS) | {"Panel", "Demo", "mode"} == set(widgets.__all__)
    with pytest.raises(AttributeError, match="has no 'KnnBoundry'; it offers ActivationStatistics, "):
        widgets.KnnBoundry
