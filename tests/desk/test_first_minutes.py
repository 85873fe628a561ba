"""What stops beginners is recognised and explained with its cure, and nobody is troubled without a reason.

Each trouble is made for real: another environment, a folder that may not be written, a notebook elsewhere, a kernel with a past.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import nbformat
import pytest
from workshop import ROOT, Workshop

from visioncourse.desk import coursemap, journal, troubles

SITE = Path(sysconfig.get_paths()["purelib"])
SETUP = 'import visioncourse as vc\nvc.setup("a1/demo", edition="{edition}")'
NOBODY = "import os\nif os.getuid() == 0:\n    os.setgid(65534)\n    os.setuid(65534)"      # permission bits do not bind root


def session(workshop, *cells, cwd=None, python=sys.executable, path=None, **environment) -> list[str]:
    """What each cell shows in one IPython shell."""
    code = ("import sys, json\nfrom traitlets.config import Config\nfrom IPython.core.interactiveshell import InteractiveShell\n"
            "from IPython.utils.capture import capture_output\n"
            "s = InteractiveShell.instance(config=Config(HistoryManager={'hist_file': ':memory:'}))\nout = []\n"     # no word about history
            "for cell in json.loads(sys.argv[1]):\n    with capture_output() as c:\n        s.run_cell(cell, store_history=True)\n"
            "    shown = [str(o.data.get('text/plain')) + str(o.data.get('text/html', '')) for o in c.outputs]\n"
            "    out.append(c.stdout + c.stderr + ''.join(shown))\n"
            "print(json.dumps(out))")
    given = {**workshop.environment, "PYTHONPATH": str(path or workshop.root), "JPY_SESSION_NAME": str(workshop.notebook), **environment}
    done = subprocess.run([str(python), "-c", code, json.dumps([c.replace("{edition}", edition(workshop)) for c in cells])],
                          cwd=cwd or workshop.notebook.parent, env=given, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def edition(workshop) -> str:
    return json.loads((workshop.root / "visioncourse" / "course.json").read_text())["a1/demo"]["edition"]


def troubled(shown: str) -> list[str]:
    """Subjects of the troubles in what a cell showed."""
    return [part.partition("'")[0] for part in shown.split("data-trouble='")[1:]]


@pytest.fixture
def partial(tmp_path):
    """partial(*left_out) makes an environment with links to all packages of this one but those, and without this project."""
    def partial(*left_out: str) -> Path:
        folder = tmp_path / "partial"
        venv.create(folder, with_pip=False)
        site = next(folder.glob("lib/python*/site-packages"))
        for item in SITE.iterdir():
            if not item.name.startswith(("__editable__", "visioncourse-", "pip", "setuptools", "__pycache__", *left_out)):
                (site / item.name).symlink_to(item)
        shutil.copytree(next(SITE.glob("visioncourse-*.dist-info")), site / "visioncourse-0.1.0.dist-info")
        return folder / "bin" / "python"
    return partial


def test_the_first_cell_explains_itself_where_the_course_is_missing(built, tmp_path):
    bare = tmp_path / "bare"
    venv.create(bare, with_pip=False)
    first = next(c for c in nbformat.read(built.notebook, as_version=4).cells if c.cell_type == "code").source
    clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run([str(bare / "bin" / "python"), "-c", first], cwd=built.notebook.parent, env=clean, capture_output=True, text=True)
    assert done.returncode == 1 and "During handling" not in done.stderr
    assert "does not have the course" in done.stderr and "make lab" in done.stderr and "%pip install -e ../.." in done.stderr


def test_a_missing_package_is_named_before_and_after_setup(built, partial):
    python = partial("skimage", "scikit_image")
    built.edit("import numpy as np", "import numpy as np\nfrom skimage import color")
    assert built.grader("build").returncode == 0
    first = next(c for c in nbformat.read(built.notebook, as_version=4).cells if c.cell_type == "code").source
    out = session(built, first, SETUP, "import skimage", "import no_such_module", python=python)
    assert "scikit-image is not installed" in out[0] and '%pip install --upgrade "scikit-image>=0.24"' in out[0]
    assert troubled(out[1]) == ["packages"] and "(Distances)" in out[1] and '"scikit-image>=0.24"' in out[1]
    assert "ModuleNotFoundError" in out[2] and troubled(out[2]) == ["packages"]
    assert "ModuleNotFoundError" in out[3] and troubled(out[3]) == []


def test_a_wrong_kernel_is_told_which_one_is_right(built, partial):
    python = partial("skimage", "scikit_image")
    built.edit("import numpy as np", "import numpy as np\nfrom skimage import color")
    assert built.grader("build").returncode == 0
    (built.root / ".venv").mkdir()
    (built.root / ".venv" / "pyvenv.cfg").touch()
    (shown,) = session(built, SETUP, python=python)
    assert troubled(shown) == ["packages"] and "%pip" not in shown
    assert str(built.root / ".venv") in shown and str(python.parent.parent) in shown


def test_a_package_that_is_too_old_or_was_changed_under_the_kernel(built, partial):
    python = partial("numpy-")
    site = next(python.parent.parent.glob("lib/python*/site-packages"))
    metadata = site / "numpy-1.26.0.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text("Metadata-Version: 2.1\nName: numpy\nVersion: 1.26.0\n")
    change = f"from pathlib import Path; p = Path({str(metadata)!r}); p.write_text(p.read_text().replace('1.26.0', '2.4.0'))"
    out = session(built, SETUP, change, SETUP, python=python)
    assert troubled(out[0]) == ["packages"] and "numpy 1.26.0 is installed, 2.0 or newer is needed" in out[0]
    assert troubled(out[2]) == ["kernel"] and "numpy was 1.26.0 and is 2.4.0 now" in out[2] and "Restart Kernel" in out[2]


def test_hidden_tests_that_this_python_does_not_use(built, partial, tmp_path):
    package = tmp_path / "elsewhere"
    shutil.copytree(built.root / "visioncourse", package / "visioncourse")
    (shown,) = session(built, SETUP, python=partial(), path=package)
    assert troubled(shown) == ["place"] and "only the part that you can see" in shown and f"make lab` in {built.root}" in shown


def test_a_notebook_that_was_moved_still_checks_and_is_told_what_is_lost(built, tmp_path):
    away = tmp_path / "desktop" / "my copy.ipynb"
    away.parent.mkdir()
    shutil.copy(built.notebook, away)
    (shown,) = session(built, SETUP, cwd=away.parent, JPY_SESSION_NAME=str(away))
    assert troubled(shown) == ["place"] and "outside the course" in shown and "Checks, hints, data and progress work" in shown


@pytest.fixture
def public(built, public_folder):
    """A built workshop that other users may enter."""
    shutil.copytree(built.root, public_folder / "workshop")
    return Workshop(public_folder / "workshop")


def test_folders_that_may_not_be_written(public, public_folder):
    built, home = public, public_folder / "record"
    again = [SETUP, NOBODY, SETUP]
    home.mkdir(mode=0o555)
    built.notebook.parent.chmod(0o555)
    built.root.chmod(0o777)
    out = session(built, *again, VISIONCOURSE_HOME=str(home), VISIONCOURSE_CACHE=str(built.root / "cache"))
    assert troubled(out[2]) == ["saving"] and "Save Notebook As" in out[2] and "would be lost" in out[2]
    built.notebook.parent.chmod(0o777)
    built.notebook.chmod(0o666)
    out = session(built, *again, VISIONCOURSE_HOME=str(home), VISIONCOURSE_CACHE=str(built.root / "cache"))
    assert troubled(out[2]) == ["saving"] and str(home) in out[2] and "VISIONCOURSE_HOME" in out[2]
    out = session(built, *again, VISIONCOURSE_HOME=str(built.root / "record"), VISIONCOURSE_CACHE=str(home / "cache"))
    assert troubled(out[2]) == ["saving"] and "VISIONCOURSE_CACHE" in out[2]


def test_a_course_that_is_read_only_as_a_whole_is_meant_to_be(public, public_folder):
    """A hub: the course belongs to the teacher, the notebook is a copy in the student's folder."""
    built, student = public, public_folder / "student"
    student.mkdir()
    shutil.copy(built.notebook, student / "demo.ipynb")
    for folder in (built.root, *(p for p in built.root.rglob("*") if p.is_dir())):
        folder.chmod(0o555)
    (student / "demo.ipynb").chmod(0o666)
    student.chmod(0o777)
    away = {"cwd": student, "JPY_SESSION_NAME": str(student / "demo.ipynb"), "VISIONCOURSE_HOME": str(student),
            "VISIONCOURSE_CACHE": str(built.root / "cache")}
    out = session(built, SETUP, NOBODY, SETUP, **away)
    assert troubled(out[2]) == []


def test_a_kernel_with_a_past(built):
    touch = f"import os; os.utime({str(built.root / 'visioncourse' / 'layers.py')!r}, (1e9, 1e9))"
    out = session(built, SETUP, SETUP, 'vc.setup("lectures/99_other")', SETUP, touch, SETUP)
    assert troubled(out[0]) == troubled(out[1]) == []
    assert troubled(out[2]) == ["kernel"] and "a1/demo" in out[2] and "Restart Kernel" in out[2]
    assert "lectures/99_other" in out[3]
    out = session(built, SETUP, touch.replace("1e9", "2e9"), SETUP)
    assert troubled(out[2]) == ["kernel"] and "updated" in out[2]


def test_a_notebook_of_another_edition(built):
    (shown,) = session(built, 'import visioncourse as vc\nvc.setup("a1/demo", edition="00000000")')
    assert troubled(shown) == ["edition"] and "grader build" in shown and "copy your answers" in shown
    (shown,) = session(built, 'import visioncourse as vc\nvc.setup("a1/new", edition="00000000")')
    assert troubled(shown) == ["edition"] and "does not have this lesson, a1/new" in shown


def test_a_notebook_in_another_copy_of_the_course(built, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(built.root / "visioncourse", other / "visioncourse")
    shutil.copytree(built.root / "assignments", other / "assignments")
    shutil.copy(built.root / "pyproject.toml", other)
    notebook = other / "assignments" / "a1" / "demo.ipynb"
    # the same edition: no matter
    assert troubled(session(built, SETUP, cwd=notebook.parent, JPY_SESSION_NAME=str(notebook))[0]) == []
    (shown,) = session(built, SETUP.replace("{edition}", "00000000"), cwd=notebook.parent, JPY_SESSION_NAME=str(notebook))
    assert troubled(shown) == ["edition"] and f"make lab` in {other}" in shown and str(built.root) in shown


def test_disk_memory_and_python(monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(10**12, 10**12, 5 * 10**6))
    monkeypatch.setattr(troubles, "_free_memory", lambda: 10**8)
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    assert "5 MB left" in troubles.disk().what and troubles.disk().cure
    assert "100 MB" in troubles.memory().what and troubles.memory().cure
    assert [f.subject for f in troubles.examine()] == ["Python"] and "python3.11" in troubles.python().cure
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(0, 0, 0))
    monkeypatch.setattr(troubles, "_free_memory", lambda: None)
    assert not troubles.disk().cure and not troubles.memory().cure                         # what nobody measures is no trouble


def test_the_least_python_is_that_of_the_project():
    import tomllib

    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert settings["project"]["requires-python"] == ">=" + ".".join(map(str, troubles.PYTHON))


@pytest.mark.parametrize("environment", [
    {}, {"NBGRADER_EXECUTION": "autograde"}, {"NBGRADER_VALIDATING": "1"}, {"VISIONCOURSE_VERDICTS": os.devnull}],
    ids=["notebook", "nbgrader", "validate", "terminal"])
def test_where_all_is_well_or_nobody_looks_one_line_is_printed(built, environment):
    bad = 'import visioncourse as vc\nvc.setup("a1/demo", edition="00000000")'             # a trouble, if anybody looked
    (shown,) = session(built, bad if environment else SETUP, **environment)
    assert shown.count("\n") == 1 and shown.startswith("See for Yourself: demo")


def test_a_script_and_a_test_are_not_troubled(built):
    done = built.run("-c", 'import visioncourse as vc; vc.setup("a1/demo", edition="00000000"); vc.setup("a1/other")')
    assert done.stdout.count("\n") == 2 and done.stderr == ""


def test_vs_code_conda_and_colab_are_not_troubled(built, partial, tmp_path):
    code = f"__vsc_ipynb_file__ = {str(built.notebook)!r}"
    out = session(built, code, SETUP, cwd=built.root, JPY_SESSION_NAME="")
    assert troubled(out[1]) == []
    (built.root / ".venv").mkdir()                                                         # conda on purpose, beside an unused .venv
    (built.root / ".venv" / "pyvenv.cfg").touch()
    assert troubled(session(built, SETUP)[0]) == []
    # Colab: a copy of the package, a notebook from nowhere
    content = tmp_path / "content"
    content.mkdir()
    python = partial()
    site = next(python.parent.parent.glob("lib/python*/site-packages"))
    shutil.copytree(built.root / "visioncourse", site / "visioncourse")
    away = {"cwd": content, "python": python, "path": content, "JPY_SESSION_NAME": "a-session-id"}
    out = session(built, SETUP, "import visioncourse; print(visioncourse.__file__)", **away)
    assert troubled(out[0]) == [] and str(site) in out[1]


def test_a_class_is_not_troubled(built, tmp_path):
    submitted = tmp_path / "class" / "submitted" / "ada" / "a1" / "demo.ipynb"
    submitted.parent.mkdir(parents=True)
    shutil.copy(built.notebook, submitted)
    (tmp_path / "class" / "nbgrader_config.py").touch()
    assert troubled(session(built, SETUP, cwd=submitted.parent, JPY_SESSION_NAME=str(submitted))[0]) == []


def test_the_doctor_shows_a_row_for_every_subject(built):
    well, ill = session(built, SETUP + "\ndisplay(vc.doctor())", 'vc.setup("a1/demo", edition="00000000")\ndisplay(vc.doctor())')
    assert "Everything works." in well and well.count("data-subject=") == 8
    assert "1 thing to mend" in ill and ill.count("! mend") == 1


def test_looking_for_troubles_loads_nothing_heavy(built):
    heavy = "{'torch', 'matplotlib', 'scipy', 'sklearn', 'skimage', 'ipywidgets'}"
    (shown,) = session(built, SETUP + f"\nimport sys\nprint(sorted({heavy} & set(sys.modules)))")
    assert "[]" in shown


# ---------------------------------------------------------------------------------------------- the map

COURSE = {name: {"title": title, "edition": "", "needs": [], "exercises": {
    e: {"number": f"{place}.{n}", "title": e.title(), "stars": n, "minutes": 10 * n, "checks": {e: 2, f"{e}.more": 1}, "hints": []}
    for n, e in enumerate(("one", "two"), 1)}}
    for place, (name, title) in enumerate((
        ("lectures/00_start", "Start"), ("lectures/01_see", "Lecture 01 · Seeing"), ("a1/knn", "Assignment 1 · k < 3")))}


@pytest.fixture
def course(monkeypatch):
    monkeypatch.setattr(journal, "course", lambda: COURSE)


def passed(*checks):
    for lesson, check in checks:
        assert journal.record(lesson, check, worth=1, hidden=True) == ""


def test_the_map_knows_what_is_done_and_where_to_go_on(course):
    fresh = coursemap.Progress()
    assert [s.state for s in fresh.stations] == ["not begun"] * 3 and fresh.next().lesson == "lectures/00_start"
    assert fresh.describe() == "Map of the course: 0 of 6 exercises in 3 lessons are done; go on with Start, about 30 minutes left."
    whole = [(n, c) for n in COURSE for e in ("one", "two") for c in (e, f"{e}.more")]
    passed(*whole[4:8], ("a1/knn", "one"))
    shown = coursemap.Progress()
    assert [s.state for s in shown.stations] == ["not begun", "done", "begun"] and shown.next().lesson == "a1/knn"
    assert [s.label for s in shown.stations] == ["00", "01", "a1"] and shown.stations[2].count() == "0 of 2 exercises, 2 of 6 points"
    passed(*whole)
    assert coursemap.Progress().next() is None and "everywhere" in coursemap.Progress()._repr_html_()


def test_the_map_says_numbers_stars_and_how_long_is_left(course):
    passed(("lectures/01_see", "one"), ("lectures/01_see", "one.more"), ("a1/knn", "one"))
    shown = coursemap.Progress()
    assert [s.left() for s in shown.stations] == ["about 30 minutes left", "about 20 minutes left", "about 30 minutes left"]
    text, html = str(shown), shown._repr_html_()
    assert "1 of 2 exercises, 3 of 6 points, about 20 minutes left" in text
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "✓ 1.1 one ★☆☆ 10 minutes 3 of 3 points" in lines and "◐ 2.1 one ★☆☆ 10 minutes 2 of 3 points" in lines
    assert "1.2 Two" in html and "aria-label='2 of 3 stars'>★★☆" in html
    assert html.count("about 30 minutes left") == 2 and "Seeing</b>: 1.2 Two." in html
    passed(("lectures/01_see", "two"), ("lectures/01_see", "two.more"))
    assert coursemap.Progress().stations[1].left() == "" and "about 20 minutes left" not in str(coursemap.Progress())


def test_the_map_links_to_notebooks_that_are_there(course, tmp_path, monkeypatch):
    (tmp_path / "lectures").mkdir()
    (tmp_path / "assignments" / "a1").mkdir(parents=True)
    (tmp_path / "lectures" / "01_see.ipynb").touch()
    (tmp_path / "assignments" / "a1" / "knn.ipynb").touch()
    monkeypatch.chdir(tmp_path / "lectures")
    html = coursemap.Progress()._repr_html_()
    assert "href='01_see.ipynb'" in html and "href='../assignments/a1/knn.ipynb'" in html and "00_start.ipynb" not in html
    assert "k &lt; 3" in html and "k < 3" not in html


def test_the_picture_of_the_map_is_the_same_whoever_builds(course):
    fresh = coursemap.Progress().picture()
    assert fresh == coursemap.Progress().picture() and fresh.startswith(b"\x89PNG")
    passed(("lectures/01_see", "one"), ("lectures/01_see", "one.more"))
    assert coursemap.Progress().picture() != fresh


def test_the_built_map_shows_nobodys_progress_and_follows_the_course(built):
    built.edit("# %% [markdown]\n# ### Exercise · Two", "# %% picture\nvc.progress()\n\n# %% [markdown]\n# ### Exercise · Two")
    assert built.grader("build").returncode == 0
    before = built.notebook.read_text()
    record = Path(built.environment["VISIONCOURSE_HOME"])
    record.mkdir(exist_ok=True)
    (record / "progress.json").write_text(json.dumps({"a1/demo:two-loops": {"worth": 3, "hidden": True, "when": "2026-01-01T00:00:00"}}))
    assert built.grader("build", "--force").returncode == 0
    assert built.notebook.read_text() == before and "0 of 2 exercises in 1 lessons" in before
    other = built.lesson.with_name("zebra.py")
    other.write_text(built.lesson.read_text().replace("a1/demo", "a1/zebra").replace("part=1", "part=2"))
    assert built.grader("build").returncode == 0
    assert "0 of 4 exercises in 2 lessons" in built.notebook.read_text()
    assert built.grader("build", "--check").returncode == 0


@pytest.mark.slow
def test_the_map_and_the_table_are_accessible(course, browser):
    from axe_playwright_python.sync_playwright import Axe

    passed(("lectures/01_see", "one"), ("lectures/01_see", "one.more"), ("lectures/00_start", "one"))
    broken = troubles.Finding("place", "somewhere `else`", "go <home>")
    parts = [coursemap.Progress()._repr_html_(), troubles.table([*troubles.examine(), broken]).html, troubles.notice([broken]).html]
    page = browser.new_page()
    for colours in ("background:#fff;color:#111", "background:#111;color:#eee"):
        page.set_content(f"<html lang=en><title>t</title><body style='{colours};font:14px sans-serif'><main><h1>t</h1>"
                         f"<style>a {{ color: inherit }}</style>{''.join(parts)}</main>")
        found = [(v["id"], [n["html"] for n in v["nodes"]]) for v in Axe().run(page).response["violations"]]
        assert found == []
    page.close()
