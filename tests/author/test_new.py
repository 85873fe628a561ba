"""A scaffold is a lesson as it stands, but for its TODOs, and nothing that is there is overwritten."""

import re
import shutil

import pytest
from workshop import DEMO, ROOT

from grader import proof
from grader.author import new, scaffold
from grader.lesson import read
from grader.lesson.cells import SourceError


@pytest.fixture
def sources(tmp_path):
    folder = tmp_path / "solutions"
    for name in ("a1/demo", "lectures/05_filters"):
        (folder / name).parent.mkdir(parents=True)
        (folder / f"{name}.py").write_text(DEMO.read_text().replace("a1/demo", name))
    return folder


def filled(path):
    path.write_text(re.sub(r"TODO:? ?", "", path.read_text()))


@pytest.mark.parametrize("name, heading, first", [
    ("lectures/06_training", "Lecture 06 · Training", "# %% [markdown]"),
    ("a1/blur", "Assignment 1 · Training", "# %% [markdown] part=2"),
    ("a2/blur", "Assignment 2 · Training", "# %% [markdown] part=1"),
])
def test_without_its_todos_a_scaffold_is_a_lesson_that_is_proved(sources, name, heading, first):
    path = new.lesson(name, "Training", sources)
    assert path == sources / f"{name}.py" and path.read_text().splitlines()[0] == first
    with pytest.raises(SourceError) as refused:
        read.load(name, sources)
    assert len(refused.value.problems) == new.places(path) > 20
    assert all(": still to do: " in line for line in refused.value.problems)
    filled(path)
    lesson = read.load(name, sources)
    assert lesson.title == heading
    (exercise,) = lesson.exercises.values()
    proved = proof.prove_exercise(lesson, exercise)
    assert proved.faults == [] and (proved.right, proved.named, len(exercise.hints)) == (1, 2, 2)


def test_parts_of_an_assignment_are_counted_on(sources):
    for number, name in enumerate(("a3/one", "a3/two", "a3/three"), 1):
        assert new.lesson(name, "Title", sources).read_text().startswith(f"# %% [markdown] part={number}\n")


@pytest.mark.parametrize("wanted", ["mean-filter", "sum", "2d-filter", "lambda", "knn", "drawn", "points", "np", "rng"])
def test_an_exercise_fits_into_a_lesson_whatever_its_name(sources, wanted):
    before = (sources / "a1" / "demo.py").read_text()
    path = new.exercise("a1/demo", wanted, "", sources)
    assert path.read_text().startswith(before.rstrip())
    filled(path)
    lesson = read.load("a1/demo", sources)
    assert proof.prove_exercise(lesson, lesson.exercises[wanted]).faults == []


def test_an_exercise_fits_into_a_lesson_without_numpy_that_uses_its_words(sources):
    path = sources / "a1" / "demo.py"
    path.write_text('# %% [markdown] part=1\n# # Words\n\n# %% given\nimport visioncourse as vc\nvc.setup("a1/demo")\n'
                    "drawn, kept, mean_filter = 1, 2, 3\n\n# %%\nif:\n")
    new.exercise("a1/demo", "mean-filter", "The mean", sources)
    assert "### Exercise · The mean (★★☆ · 10 minutes)" in path.read_text()
    path.write_text(path.read_text().replace("if:\n", "x = 1\n"))
    filled(path)
    lesson = read.load("a1/demo", sources)
    assert proof.prove_exercise(lesson, lesson.exercises["mean-filter"]).faults == []


@pytest.mark.parametrize("name, title, said", [
    ("a1/demo", "Title", "is there already; an exercise is added to it by"),
    ("lectures/05_other", "Title", "lecture 05 is there already: lectures/05_filters"),
    ("lectures/5_other", "Title", "is no name for a lesson"),
    ("lectures/06-other", "Title", "is no name for a lesson"),
    ("lectures/06_Other", "Title", "is no name for a lesson"),
    ("a0/other", "Title", "is no name for a lesson"),
    ("b1/other", "Title", "is no name for a lesson"),
    ("a1/../other", "Title", "is no name for a lesson"),
    ("other", "Title", "is no name for a lesson"),
    ("a1/other", " ", "needs a title"),
])
def test_a_lesson_is_refused_with_the_reason(sources, name, title, said):
    before = sorted(sources.rglob("*"))
    with pytest.raises(ValueError, match=re.escape(said)):
        new.lesson(name, title, sources)
    assert sorted(sources.rglob("*")) == before and (sources / "a1" / "demo.py").read_text() == DEMO.read_text()


@pytest.mark.parametrize("name, wanted, said", [
    ("a1/demo", "two-loops", "has an exercise 'two-loops' already, on line 24"),
    ("a1/demo", "why-nearest", "has an exercise 'why-nearest' already"),
    ("a1/demo", "Two Loops", "is no name for an exercise"),
    ("a1/demo", "two_loops", "is no name for an exercise"),
    ("a1/dem", "two", "there is no lesson 'a1/dem'; did you mean a1/demo?"),
])
def test_an_exercise_is_refused_with_the_reason(sources, name, wanted, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        new.exercise(name, wanted, "", sources)
    assert (sources / "a1" / "demo.py").read_text() == DEMO.read_text()


def test_outside_a_clone_it_is_said_that_one_is_needed(tmp_path):
    nowhere = tmp_path / "solutions"
    for call in (lambda: new.lesson("a1/blur", "Blur", nowhere), lambda: new.exercise("a1/blur", "one", "", nowhere)):
        with pytest.raises(ValueError, match="needs a clone of the course"):
            call()


def test_contributing_says_how_many_lines_are_to_be_filled_in(sources):
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for path in (new.lesson("a2/blur", "Blur", sources), new.exercise("a1/demo", "mean-filter", "", sources)):
        assert f"\n{new.places(path)} lines there have the word TODO; " in page


def test_the_scaffolds_lines_are_no_longer_than_a_page_is_wide():
    assert max(map(len, scaffold.lesson("lectures/06_training", "Training").splitlines())) <= 140


@pytest.mark.slow
@pytest.mark.parametrize("words", [
    ["build"], ["build", "--check"], ["build", "a1/demo"], ["verify"], ["verify", "a1/demo:nearest"], ["solutions"], ["class", "course"],
    ["bundle"], ["new", "a1/blur", "Blur"], ["try", "a1/demo:nearest"], ["grade", "a1"], ["report", "a1"]], ids=" ".join)
def test_without_sources_every_command_that_needs_them_says_so_in_one_line(workshop, words):
    shutil.rmtree(workshop.root / "solutions")
    done = workshop.grader(*words)
    assert (done.returncode, done.stdout) == (1, ""), done.stdout
    (line,) = done.stderr.splitlines()
    assert "needs a clone of the course, where the" in line and "solutions" in line
