"""A mistake in a lesson's source is refused, with its line and what to do."""

import re

import pytest
from workshop import DEMO

from grader.lesson import read
from grader.lesson.cells import SourceError

TEXT = DEMO.read_text()


def problems(folder, text):
    (folder / "a1").mkdir(exist_ok=True)
    (folder / "a1" / "demo.py").write_text(text)
    with pytest.raises(SourceError) as raised:
        read.load("a1/demo", folder)
    return raised.value.problems


def test_the_demo_is_accepted_and_its_exercises_are_found(tmp_path):
    (tmp_path / "a1").mkdir()
    (tmp_path / "a1" / "demo.py").write_text(TEXT)
    lesson = read.load("a1/demo", tmp_path)
    assert lesson.title == "Distances"
    assert {e.name: (e.title, len(e.checks), len(e.wrong), len(e.right), len(e.hints)) for e in lesson.exercises.values()} == {
        "two-loops": ("Two loops", 1, 3, 2, 2), "nearest": ("The nearest", 1, 2, 1, 0)}


@pytest.mark.parametrize("old, new, said", [
    ('# %% solve="two-loops"', '# %% slove="two-loops"', "unknown mark 'slove'"),
    ("# %% picture", "# %% pictur", "unknown mark 'pictur'"),
    ('# %% solve="nearest"', '# %% solve="two-loops"', "stands already on line"),
    ('# %% check="nearest" points=2', '# %% check="other" points=2', 'without a cell solve="other"'),
    ('# %% check="nearest" points=2', '# %% check="nearest"', "add points=2"),
    ('# %% check="nearest" points=2', '# %% check="nearest" points=-1', "positive"),
    ('# %% check="nearest" points=2', '# %% check="Nearest One" points=2', "lower-case words with hyphens"),
    ('why="argmax finds the farthest"', "", "add why="),
    ("            ### END SOLUTION\n", "", "never closed"),
    ("            ### BEGIN SOLUTION\n", "", "without ### BEGIN SOLUTION"),
    ("### END HIDDEN TESTS\n\n# %% [markdown] hint", "### END HIDDEN TESTS\nprint(1)\n\n# %% [markdown] hint", "hidden tests come last"),
    ("    ### BEGIN SOLUTION\n    return model", "    ## BEGIN SOLUTION\n    return model", "names a region"),
    ("# A small lesson for tests of the grader.", "# ![](picture.png)", "alt text"),
    ('vc.setup("a1/demo")', 'vc.setup("a1/other")', 'vc.setup("a1/demo")'),
    ('# %% wrong="nearest" why="argmax finds the farthest"', '# %% wrong="two-loops" why="farthest"', "1 wrong answers"),
    ("def nearest(model, X):\n    return model.compute_distances_two_loops(X).argmax",
     "def farthest(model, X):\n    return model.compute_distances_two_loops(X).argmax", "does not define nearest"),
    ("# %% picture\n", "# %% picture\n" + "x = 1\n" * 31, "30 is the most"),
    ("# %% picture\n", "# %% picture\nif:\n", "not Python"),
])
def test_a_mistake_is_refused_with_line_and_cure(tmp_path, old, new, said):
    assert old in TEXT
    found = problems(tmp_path, TEXT.replace(old, new, 1))
    assert any(said in line for line in found), found
    assert all(re.match(r".*/a1/demo\.py:\d+: ", line) for line in found)


@pytest.mark.parametrize("line, said", [
    ("assert type(knn) == KNearestNeighbor", "type()"),
    ("assert knn.__dict__", "__dict__"),
    ("import inspect", "imports inspect"),
    ("assert isinstance(knn, KNearestNeighbor)", "only plain data crosses"),
    ("x = np.random.rand(3)", "draw inputs from rng"),
    ("assert undefined_name", "uses undefined_name"),
    ("nearest = 3", "defines for the learner"),
    ('vc.check("two-loops")', "the build adds"),
])
def test_a_hidden_test_that_would_not_mean_the_same_everywhere_is_refused(tmp_path, line, said):
    found = problems(tmp_path, TEXT.replace("train, test = vc.draw", f"{line}\ntrain, test = vc.draw", 1))
    assert any(said in text for text in found), found


def test_a_visible_assert_needs_a_message(tmp_path):
    found = problems(tmp_path, TEXT.replace(', "the 3-4-5 triangle"', "", 1))
    assert any("has no message" in text for text in found)


def test_a_check_may_not_use_names_of_another_check(tmp_path):
    found = problems(tmp_path, TEXT.replace("model = KNearestNeighbor()\n", "", 1).replace("model.train(np", "knn.train(np", 1))
    assert any("uses knn" in text for text in found)


def test_every_problem_of_a_source_is_told_at_once(tmp_path):
    text = TEXT.replace('# %% check="nearest" points=2', '# %% check="nearest"').replace("# A small lesson", "# ![](x.png) A small lesson")
    assert len(problems(tmp_path, text)) >= 2
