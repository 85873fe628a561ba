"""Who knows whom, as docs/architecture.md has it: read from every import statement, also from those within functions."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from workshop import ROOT

MODULES = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
           for package in ("grader", "visioncourse") for path in sorted((ROOT / package).rglob("*.py"))}
# What may be known besides one's own room and visioncourse, by the beginning of a module's name; the longest counts.
MAY_KNOW = {
    "visioncourse": (),
    "visioncourse.desk.checking": ("grader.judging.verdicts",),
    "grader.threads": (),
    "grader.nbgrader_plugins": (),
    "grader.lesson": (),
    "grader.notebook": ("grader.lesson", "grader.nbgrader_plugins", "grader.threads"),
    "grader.judging": ("grader.lesson", "grader.threads"),
    "grader.sandbox": (*(f"grader.judging.{name}" for name in ("transport", "crossing", "codec", "counting")), "grader.threads"),
    "grader.terminal": ("grader.lesson", "grader.notebook", "grader.judging", "grader.sandbox", "grader.threads"),
    "grader.proof": ("grader.lesson", "grader.notebook", "grader.judging", "grader.sandbox", "grader.threads"),
    "grader.classroom": ("grader.lesson", "grader.notebook", "grader.judging", "grader.sandbox", "grader.threads",
                         "grader.nbgrader_plugins"),
    "grader.__main__": ("grader",),
}


def imported(module: str, path: Path) -> Iterator[str]:
    """The modules of these packages that a module imports anywhere in its text; what serves type checkers alone does not count."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    blocks = [node for node in ast.walk(tree) if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    typing = {node for block in blocks for node in ast.walk(block)}
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(tree):
        if node in typing:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        if isinstance(node, ast.ImportFrom):
            above = ".".join(package.split(".")[:len(package.split(".")) - node.level + 1]) if node.level else ""
            source = ".".join(filter(None, [above, node.module]))
            for alias in node.names:
                name = f"{source}.{alias.name}"
                if name in MODULES or source in MODULES:
                    yield name if name in MODULES else source


KNOWS = {module: set(imported(module, path)) for module, path in MODULES.items()}


def below(name: str, rooms: tuple[str, ...]) -> bool:
    return any(name == room or name.startswith(room + ".") for room in rooms)


def test_nothing_imports_in_a_circle():
    TopologicalSorter({module: known - {module} for module, known in KNOWS.items()}).prepare()        # CycleError names the circle


@pytest.mark.parametrize("module", MODULES)
def test_a_module_knows_its_own_room_and_what_stands_below(module):
    room = max((name for name in MAY_KNOW if below(module, (name,))), key=len, default="grader")
    allowed = (room, "visioncourse", *MAY_KNOW.get(room, ()))
    assert [other for other in sorted(KNOWS[module]) if not below(other, allowed)] == []


def test_within_the_lesson_each_file_knows_those_before_it():
    order = ["cells", "marks", "patches", "dependencies", "modules", "rules", "read"]
    for n, name in enumerate(order):
        before = {f"grader.lesson.{other}" for other in order[:n]}
        outside = {"grader.lesson", "visioncourse", "visioncourse.files", "visioncourse.widgets"}
        assert KNOWS[f"grader.lesson.{name}"] <= before | outside, name


@pytest.mark.slow
def test_lessons_stand_on_visioncourse_alone():
    for path in sorted((ROOT / "solutions").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {name.partition(".")[0] for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))
                 for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""])}
        assert "grader" not in names, path
