"""`shorten` writes a wrong answer as changes of the solution where these make the same mistake, and leaves it where they do not."""

import io

import pytest
from rich.console import Console

from grader.author import shorten
from grader.lesson import patches, read

LESSON = '''# %% [markdown] part=1
# # Means
#
# {{contents}}

# %% given
import numpy as np

import visioncourse as vc

vc.setup("a1/means")

# %% [markdown]
# ## 1 · Means
#
# ### Exercise · Mean of rows (★☆☆ · 5 minutes)
#
# Write `row_means(x)`.

# %% solve="row-means"
def row_means(x):
    """The mean of each row of x (N, D): (N,)."""
    ### BEGIN SOLUTION
    N, D = x.shape
    means = np.zeros(N)
    for i in range(N):
        total = x[i].sum()
        means[i] = total / D
    return means
    ### END SOLUTION

# %% check="row-means" points=1
vc.assert_close(row_means(np.array([[1.0, 3.0]])), [2.0], "mean of 1 and 3")
### BEGIN HIDDEN TESTS
x = vc.draw(rng, (3, 4))
vc.assert_close(row_means(x), x.mean(axis=1), "means of rows of 4")
### END HIDDEN TESTS

# %% wrong="row-means" why="divided by one too few"
def row_means(x):
    out, D = np.zeros(len(x)), x.shape[1]
    for i in range(len(x)):
        total = x[i].sum()
        out[i] = total / (D - 1)
    return out

# %% wrong="row-means" why="took the largest number"
def row_means(x):
    out, D = np.zeros(len(x)), x.shape[1]
    for i in range(len(x)):
        total = x[i].max()
        out[i] = total / D
    return out

# %% wrong="row-means" why="forgot the last row"
def row_means(x):
    out, D = np.zeros(len(x)), x.shape[1]
    for i in range(len(x)):
        total = x[i].sum()
        out[i] = total / D
    return out[:-1]

# %% wrong="row-means" why="added up and forgot to divide"
def row_means(x):
    return x.sum(axis=1)

# %% [markdown] hint="row-means"
# By what is the sum divided?
'''


@pytest.fixture
def means(tmp_path, monkeypatch):
    """A lesson whose three long answers are copies of one text that is not the solution."""
    path = tmp_path / "a1" / "means.py"
    path.parent.mkdir()
    path.write_text(LESSON)
    monkeypatch.setattr(read, "SOLUTIONS", tmp_path)
    return path


def test_answers_become_changes_that_make_the_same_mistake(means):
    before, text = means.read_text(), io.StringIO()
    lesson = read.load("a1/means")
    old = {cell.why: cell.text for cell in lesson.exercises["row-means"].wrong}
    assert shorten.shorten("a1/means", console=Console(file=text, width=200, soft_wrap=True)) >= 2
    after = means.read_text()
    assert '"divided by one too few"\n# - / D\n# + / (D - 1)\n' in after
    assert '"took the largest number"\n# - sum\n# + max\n' in after
    assert "left 'added up and forgot to divide': it has 2 lines" in text.getvalue()
    assert len(after.splitlines()) < len(before.splitlines())
    lesson = read.load("a1/means")
    exercise = lesson.exercises["row-means"]
    assert [cell.why for cell in exercise.wrong] == list(old), "the names of the mistakes stay"
    assert shorten.same_mistakes(lesson, exercise, [(old[cell.why], cell.text) for cell in exercise.wrong]) == [""] * 4
    assert after.partition("# %% wrong=")[0] == before.partition("# %% wrong=")[0]
    assert shorten.shorten("a1/means:row-means", console=Console(file=io.StringIO())) == 0, "twice is once"


def test_another_mistake_is_no_shorter_form(means):
    lesson = read.load("a1/means")
    exercise = lesson.exercises["row-means"]
    few, largest, *_ = (cell.text for cell in exercise.wrong)
    assert shorten.same_mistake(lesson, exercise, few, few) == ""
    assert shorten.same_mistake(lesson, exercise, few, largest) == "differs in row-means with seed 0"


@pytest.mark.parametrize("wanted, text", [
    (["a = 1", "b = a / 3", "c = b"], "# - a / 2\n# + a / 3"),
    (["a = 1", "c = b"], "# - b = a / 2"),
    (["a = 1", "b = a / 2", "b += 1", "c = b"], "# - b = a / 2\n# + b = a / 2\n# + b += 1"),
    (["a = 1", "b = a / 2", "c = b"], None),
])
def test_changes_are_the_shortest_that_can_be_read(wanted, text):
    there = ["a = 1", "b = a / 2", "c = b"]
    found = shorten.as_changes(there, wanted)
    assert found == text
    if found:
        assert patches.patched("\n".join(there), found).splitlines() == wanted
