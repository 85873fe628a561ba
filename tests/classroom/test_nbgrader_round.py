"""A whole round with stock nbgrader: release, collect, autograde, feedback, export, formgrader; and the bundle students get."""

import csv
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from pathlib import Path

import nbformat
import pytest
from workshop import FARTHEST, NO_ROOT, RIGHT, TWO_LOOPS, Workshop, answered

NBGRADER = str(Path(sys.executable).parent / "nbgrader")


class Course:
    """A class's folder and what nbgrader says of it."""

    def __init__(self, workshop: Workshop, folder: Path):
        self.workshop, self.folder = workshop, folder

    def nbgrader(self, *words: str) -> subprocess.CompletedProcess:
        environment = {k: v for k, v in self.workshop.environment.items() if k != "NBGRADER_EXECUTION"}
        return subprocess.run([NBGRADER, *words], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=600)

    def submit(self, student: str, notebook) -> None:
        path = self.folder / "submitted" / student / "a1" / "demo.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)


@pytest.fixture(scope="module")
def course(built_once, tmp_path_factory):
    folder = tmp_path_factory.mktemp("class")
    shutil.copytree(built_once, folder / "workshop", ignore=shutil.ignore_patterns("__pycache__"))
    workshop = Workshop(folder / "workshop")
    roster = folder / "roster.csv"
    roster.write_text("id,first_name,last_name,email\n" + "".join(f"{s},{s.title()},X,{s}@example.org\n" for s in
                      ("right", "blank", "noroot", "farthest", "changes", "twice", "absent")))
    made = workshop.grader("class", str(folder / "course"), "--roster", str(roster))
    assert made.returncode == 0, made.stderr + made.stdout
    course = Course(workshop, folder / "course")
    released = course.folder / "release" / "a1" / "demo.ipynb"
    course.submit("right", answered(released, RIGHT))
    course.submit("blank", answered(released, {}))
    course.submit("noroot", answered(released, NO_ROOT))
    course.submit("farthest", answered(released, FARTHEST))
    changes = {**RIGHT, "two-loops": TWO_LOOPS + "d = np.sqrt(((X[:, None] - self.X_train) ** 2).sum(-1)); X *= 0; return d"}
    course.submit("changes", answered(released, changes))
    doubled = answered(released, RIGHT)
    for name in ("two-loops", "check-two-loops"):
        at = next(i for i, c in enumerate(doubled.cells) if c.metadata.get("nbgrader", {}).get("grade_id") == name)
        doubled.cells.insert(at, nbformat.from_dict({**json.loads(json.dumps(doubled.cells[at])), "id": f"copy-{name}"}))
    course.submit("twice", doubled)
    course.graded = course.nbgrader("autograde", "a1")
    course.fed_back = course.nbgrader("generate_feedback", "a1")
    course.exported = course.nbgrader("export")
    return course


def scores(course) -> dict[str, float]:
    with open(course.folder / "grades.csv", newline="") as file:
        return {row["student_id"]: float(row["score"]) for row in csv.DictReader(file) if row["assignment"] == "a1"}


def test_every_student_gets_what_the_work_is_worth_and_nobody_stops_the_class(course):
    assert course.graded.returncode == 0, course.graded.stderr[-3000:]
    assert course.exported.returncode == 0, course.exported.stderr[-2000:]
    # two-loops 3, nearest 2; the inline answer waits for the marker. `noroot`: nearest is right without the root.
    assert scores(course) == {"right": 5, "blank": 0, "noroot": 2, "farthest": 3, "changes": 2, "twice": 5, "absent": 0}


def test_a_warning_on_stderr_is_no_failure(course):
    again = course.workshop.root / "elsewhere.ipynb"
    nbformat.write(answered(course.folder / "release" / "a1" / "demo.ipynb", {
        **RIGHT, "two-loops": RIGHT["two-loops"].replace("return", "import warnings; warnings.warn('slow'); return")}), again)
    target = course.folder / "submitted" / "absent" / "a1" / "demo.ipynb"
    target.parent.mkdir(parents=True)
    shutil.copy(again, target)
    assert course.nbgrader("autograde", "a1", "--student", "absent").returncode == 0
    assert course.nbgrader("export").returncode == 0
    assert scores(course)["absent"] == 5


def test_answers_wait_for_the_marker(course):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course.folder}/gradebook.db", course_id="see-for-yourself") as book:
        grades = {g.name: g for g in book.find_submission_notebook("demo", "a1", "right").grades}
        assert grades["why-nearest"].needs_manual_grade and grades["why-nearest"].max_score == 1
        blank = {g.name: g for g in book.find_submission_notebook("demo", "a1", "blank").grades}
        assert not blank["why-nearest"].needs_manual_grade


def test_feedback_says_what_failed_and_shows_no_hidden_test(course):
    assert course.fed_back.returncode == 0, course.fed_back.stderr[-2000:]
    for student in ("noroot", "farthest", "changes", "blank"):
        html = (course.folder / "feedback" / student / "a1" / "demo.html").read_text()
        for secret in ("HIDDEN", "cdist", "KDTree", "vc.draw", "VISIONCOURSE_SEED"):
            assert secret not in html, (student, secret)
    assert "the pictures are left as they were" in (course.folder / "feedback" / "changes" / "a1" / "demo.html").read_text()


def test_the_seed_is_the_classs_own_and_stays(course):
    config = course.folder / "nbgrader_config.py"
    before = config.read_text()
    again = course.workshop.grader("class", str(course.folder))
    assert again.returncode == 0 and f"kept {config}" in again.stdout
    assert config.read_text() == before and 'VISIONCOURSE_SEED"] = "' in before


def test_stock_generate_assignment_gives_the_same_release_as_the_build(course):
    assert course.nbgrader("generate_assignment", "a1", "--force").returncode == 0
    released = nbformat.read(course.folder / "release" / "a1" / "demo.ipynb", as_version=4)
    built = nbformat.read(course.workshop.notebook, as_version=4)
    assert [(c.source, c.metadata.get("nbgrader"), c.get("outputs")) for c in released.cells] == \
        [(c.source, c.metadata.get("nbgrader"), c.get("outputs")) for c in built.cells]


def test_formgrader_shows_the_class(course):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--allow-root",
                               "--IdentityProvider.token=secret"], cwd=course.folder, env=course.workshop.environment,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        def get(path: str) -> str:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}?token=secret", timeout=30) as answer:
                return answer.read().decode()
        for _ in range(120):
            try:
                get("/api")
                break
            except OSError:
                assert server.poll() is None, "the server stopped"
                time.sleep(0.5)
        assert "formgrader" in get("/formgrader").lower()
        (assignment,) = json.loads(get("/formgrader/api/assignments"))
        assert assignment["name"] == "a1" and assignment["num_submissions"] >= 6
        submissions = {s["student"]: s for s in json.loads(get("/formgrader/api/submissions/a1"))}
        assert submissions["right"]["score"] == 5 and submissions["right"]["needs_manual_grade"]
    finally:
        server.terminate()
        server.wait(20)


def test_a_folder_inside_the_repository_is_refused(built):
    done = built.grader("class", "klass")
    assert done.returncode == 1 and "inside this repository" in done.stderr


@pytest.mark.parametrize("content, said", [
    ("", "names no students"), ("name\nada\n", "no column id"), ("id\nada\nada\n", "line 3: id 'ada' stands already on line 2"),
    ("id\na/b\n", "line 2: id 'a/b'"), ("id\n\"\"\n", "line 2: id ''"),
])
def test_a_roster_that_cannot_be_used_is_told_and_nothing_is_made(built, tmp_path, content, said):
    roster = tmp_path / "roster.csv"
    roster.write_text(content)
    done = built.grader("class", str(tmp_path / "klass"), "--roster", str(roster))
    assert done.returncode == 1 and said in done.stderr and not (tmp_path / "klass").exists()


def test_the_bundle_works_alone_and_gives_nothing_away(built, tmp_path):
    archive = tmp_path / "bundle.zip"
    done = built.grader("bundle", str(archive))
    assert done.returncode == 0, done.stderr
    first = archive.read_bytes()
    assert built.grader("bundle", str(archive)).returncode == 0 and archive.read_bytes() == first
    with zipfile.ZipFile(archive) as files:
        names = files.namelist()
        assert "see-for-yourself/assignments/a1/demo.ipynb" in names and "see-for-yourself/visioncourse/course.json" in names
        assert not [n for n in names if "grader/" in n or "solutions" in n]
        for name in names:
            content = files.read(name)
            for secret in (b"BEGIN SOLUTION", b"cdist(test", b"argmin(axis=1)"):
                assert secret not in content, (name, secret)
        files.extractall(tmp_path)
    home = tmp_path / "see-for-yourself"
    assert "nbgrader" not in (home / "requirements.txt").read_text() and "torch==" in (home / "requirements.txt").read_text()
    environment = {**os.environ, "PYTHONPATH": str(home), "VISIONCOURSE_HOME": str(tmp_path / "home")}
    first_cells = [c.source for c in answered(home / "assignments" / "a1" / "demo.ipynb", RIGHT).cells if c.cell_type == "code"][:4]
    program = "\n".join(first_cells) + "\nimport sys; sys.modules['grader'] = None\n" + "vc.check('two-loops')\n"
    program = "import sys; sys.modules['grader'] = None\n" + program
    ran = subprocess.run([sys.executable, "-c", program], cwd=home, env=environment, capture_output=True, text=True, timeout=120)
    assert "Your instructor's grader runs the rest." in ran.stdout, ran.stdout + ran.stderr


def test_a_bundle_of_stale_notebooks_is_refused(built, tmp_path):
    built.edit("A small lesson", "A tiny lesson")
    done = built.grader("bundle", str(tmp_path / "bundle.zip"))
    assert done.returncode == 1 and "run `python -m grader build` first" in done.stderr and not (tmp_path / "bundle.zip").exists()
