"""A second author makes a lesson with one exercise, from the first command to the proof, as CONTRIBUTING.md tells it."""

import re
import resource
import time

import pytest
from workshop import Workshop

EXERCISE = '''\
# %% [markdown]
# ### Exercise · Mean filter (★☆☆ · 10 minutes)
#
# Write `mean_filter(x, K)`, the means of each K numbers that stand side by side in a row `x` of shape (D,): shape (D - K + 1,).
#
# Worked by hand: in (1, 2, 6), the two means of two neighbours are 1.5 and 4.

# %% solve="mean-filter"
def mean_filter(x, K):
    """The means (D - K + 1,) of each K neighbours in the row x (D,)."""
    ### BEGIN SOLUTION
    return np.array([x[i:i + K].mean() for i in range(len(x) - K + 1)])
    ### END SOLUTION

# %% check="mean-filter" points=2
vc.assert_close(mean_filter(np.array([1.0, 2.0, 6.0]), 2), [1.5, 4.0], "means of two neighbours in (1, 2, 6)")
### BEGIN HIDDEN TESTS
import scipy.signal
for K in (1, 4):
    drawn = vc.draw(rng, (9,))
    kept = drawn.copy()
    vc.assert_close(mean_filter(drawn, K), scipy.signal.convolve(drawn, np.full(K, 1 / K), mode="valid"), f"9 numbers, K = {K}")
    assert np.array_equal(drawn, kept), "the array that came in must not be changed"
### END HIDDEN TESTS

# %% wrong="mean-filter" why="added up the neighbours and forgot to divide by K"
def mean_filter(x, K):
    return np.convolve(x, np.ones(K), mode="valid")

# %% wrong="mean-filter" why="kept the length of the row, which lets means reach beyond its ends"
def mean_filter(x, K):
    return np.convolve(x, np.ones(K) / K, mode="same")

# %% right="mean-filter" how="with all windows at once"
def mean_filter(x, K):
    return np.lib.stride_tricks.sliding_window_view(x, K).mean(axis=1)

# %% [markdown] hint="mean-filter"
# At how many places can K neighbours begin?

# %% [markdown] hint="mean-filter"
# What does `x[i:i + K].mean()` give?
'''


def exercise_of(text, title):
    """The cells of the exercise with that title, as they stand in a source."""
    begin = text.index(f"# %% [markdown]\n# ### Exercise · {title} ")
    end = text.find("\n# %% [markdown]\n", begin + 1)
    return text[begin:] if end < 0 else text[begin:end]


def marks(text):
    """What each cell line of a text says, without the words that an author chooses."""
    return [re.sub(r'(why|how)=".*"', r"\1", line) for line in text.splitlines() if line.startswith("# %%")]


def _cpu_seconds():
    """What processes that this one started have computed so far."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


@pytest.mark.slow
def test_a_newcomer_writes_a_lesson_and_proves_it(workshop: Workshop):
    begun, used = time.monotonic(), _cpu_seconds()
    source = workshop.root / "solutions" / "a2" / "blur.py"

    def said(*words, fails=False):
        done = workshop.grader(*words)
        assert done.returncode == fails and "Traceback" not in done.stderr, done.stdout + done.stderr
        return done.stdout + done.stderr

    assert "wrote solutions/a2/blur.py" in said("new", "a2/blur", "Blur")
    lines = source.read_text().splitlines()
    todos = {int(n): what for n, what in re.findall(r"a2/blur\.py:(\d+): still to do: (.+)", said("build", fails=True))}
    assert set(todos) == {n for n, line in enumerate(lines, 1) if "TODO" in line} and len(todos) > 20
    assert "mean-filter" in said("new", "a2/blur", "--exercise", "mean-filter")
    assert "already, on line" in said("new", "a2/blur", "--exercise", "mean-filter", fails=True)
    assert "still to do" in said("try", "a2/blur:mean-filter", fails=True)

    text = source.read_text()                          # the prose is written, the exercise stands where it belongs, the example is gone
    scaffold = exercise_of(text, "Mean filter")
    assert marks(scaffold) == marks(EXERCISE)
    text = text.replace(scaffold, "").replace(exercise_of(text, "Blur"), EXERCISE)
    source.write_text(re.sub(r"TODO:?[^*\n]*", "What a blur does to a picture", text))

    told = said("try", "a2/blur:mean-filter")
    assert "the stub, the solution, 1 right, 2 wrong; all as expected" in told and told.count(": named") == 2
    assert "Diagnosis: it looks like a known mistake: added up the neighbours and forgot to divide by K." in told
    source.write_text(source.read_text().replace("np.ones(K), mode", "np.ones(K) / K, mode"))
    told = said("try", "a2/blur:mean-filter", "--only", "wrong", fails=True)
    assert re.search(r"NOT AS EXPECTED wrong 'added up .* K' \(line \d+\): ACCEPTED\n", told) and "1 not as expected" in told
    source.write_text(source.read_text().replace('np.ones(K) / K, mode="valid"', 'np.ones(K), mode="valid"'))

    assert "built assignments/a2/blur.ipynb" in said("build")
    assert "every notebook agrees" in said("build", "--check")
    assert "1 notebooks run; 0 faults" in said("verify", "a2/blur")
    print(f"\nfrom `new` to `verify` in {time.monotonic() - begun:.0f} s, {_cpu_seconds() - used:.0f} s of a processor")
