"""What an exercise may forbid: read from the text, confirmed by counting, the same in vc.check, verify and grade."""

import sys
import types

import numpy as np
import pytest

from grader import proof
from grader.classroom import marking, results
from grader.judging import policies, verdicts
from grader.judging.counting import Counts
from grader.judging.transport import Local
from grader.lesson import read
from grader.sandbox import doctor

LESSON = '''# %% [markdown] part=1
# # Norms
# One exercise.

# %% given
import numpy as np
import torch
from scipy.spatial.distance import cdist
import visioncourse as vc
vc.setup("a9/policy")

# %% [markdown]
# ### Exercise · Norms (★☆☆ · 5 minutes)
# The Euclidean norm of each row.

# %% solve="norms" policy="{policy}"
def norms(X):
    ### BEGIN SOLUTION
    result = np.sqrt((X ** 2).sum(axis=1))
    ### END SOLUTION
    return result

# %% check="norms" points=2
vc.assert_close(norms(np.array([[3.0, 4.0], [0.0, 2.0]])), [5.0, 2.0], "the norms of (3, 4) and (0, 2)")
### BEGIN HIDDEN TESTS
X = vc.draw(rng, (300, 5))
vc.assert_close(norms(X), torch.linalg.norm(torch.tensor(X), dim=1), "norms of 300 rows")
### END HIDDEN TESTS

# %% wrong="norms" why="looped over the rows"
def norms(X):
    return np.array([np.sqrt((x ** 2).sum()) for x in X])

# %% wrong="norms" why="forgot the square root"
def norms(X):
    return (X ** 2).sum(axis=1)

# %% wrong="norms" why="called itself for each row"
def norms(X):
    return np.concatenate([np.sqrt((X[:1] ** 2).sum(axis=1)), norms(X[1:])]) if len(X) else np.zeros(0)

# %% right="norms" how="with np.linalg.norm"
def norms(X):
    return np.linalg.norm(X, axis=1)
'''


@pytest.fixture
def lesson(tmp_path):
    def lesson(policy):
        folder = tmp_path / "solutions" / "a9"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "policy.py").write_text(LESSON.replace("{policy}", policy))
        return read.load("a9/policy", tmp_path / "solutions")
    return lesson


def judged(lesson, text, *before):
    """The verdict of vc.check's judge after cells were run as a kernel runs them: each from a file name that linecache knows."""
    import linecache

    names = {"__name__": "__main__"}
    exec("import numpy as np, torch\nfrom scipy.spatial.distance import cdist", names)
    for number, cell in enumerate([*before, text]):
        name = f"<ipython-input-{number}-policy>"
        linecache.cache[name] = (len(cell), None, cell.splitlines(True), name)
        exec(compile(cell, name, "exec"), names)
    exercise, check = lesson.exercises["norms"], lesson.check("norms")
    return verdicts.verdict(lesson, check, Local(names, Counts()), answer=policies.text_of(exercise, names),
                            packages=policies.packages_of(names))


WITHOUT_LOOPS = {
    "as in the reference": "def norms(X):\n    return np.sqrt((X ** 2).sum(axis=1))",
    "einsum": "def norms(X):\n    return np.sqrt(np.einsum('nd,nd->n', X, X))",
    "a reduction of a ufunc": "def norms(X):\n    return np.sqrt(np.add.reduce(X * X, axis=1))",
    "torch": "def norms(X):\n    return torch.from_numpy(X).norm(dim=1).numpy()",
    "a helper": "def squares(X):\n    return X * X\n\ndef norms(X):\n    return np.sqrt(squares(X).sum(axis=1))",
    "a loop below, that prints": "def norms(X):\n    return np.linalg.norm(X, axis=1)\n\n"
                                "for x in norms(np.eye(3)):\n    print([x for _ in range(2)])",
    "the word in a string": "def norms(X):\n    'for x in X: while True'\n    return np.linalg.norm(X, axis=1)",
}
WITH_LOOPS = {
    "for": ("def norms(X):\n    r = np.zeros(len(X))\n    for i in range(len(X)):\n        r[i] = np.sqrt((X[i] ** 2).sum())\n    return r",
            "Line 3 of your answer is a for loop"),
    "while": ("def norms(X):\n    r, i = np.zeros(len(X)), 0\n    while i < len(X):\n"
              "        r[i] = np.sqrt((X[i] ** 2).sum()); i += 1\n    return r", "a while loop"),
    "comprehension": ("def norms(X):\n    return np.array([np.sqrt((x ** 2).sum()) for x in X])", "a list comprehension"),
    "generator": ("def norms(X):\n    return np.fromiter((np.sqrt((x ** 2).sum()) for x in X), float)", "Line 2"),
    "map": ("def norms(X):\n    return np.array(list(map(np.linalg.norm, X)))", "calls map"),
    "vectorize": ("norms = lambda X: np.sqrt(np.vectorize(lambda x: x * x)(X).sum(axis=1))", "calls vectorize"),
    "apply_along_axis": ("def norms(X):\n    return np.apply_along_axis(np.linalg.norm, 1, X)", "calls apply_along_axis"),
    "a helper with a loop": ("def one(X):\n    return [np.sqrt((x ** 2).sum()) for x in X]\n\ndef norms(X):\n    return np.array(one(X))",
                             "a list comprehension"),
    "exec": ("def norms(X):\n    d = {'X': X, 'np': np}\n    exec('r = np.linalg.norm(X, axis=1)', d)\n    return d['r']", "calls exec"),
    "recursion": ("def norms(X):\n    return np.concatenate([np.sqrt((X[:1] ** 2).sum(axis=1)), norms(X[1:])]) if len(X) else np.zeros(0)",
                  "lines of Python"),
}


@pytest.mark.parametrize("text", WITHOUT_LOOPS.values(), ids=WITHOUT_LOOPS)
def test_whole_array_answers_pass(lesson, text):
    said = judged(lesson("no-python-loops"), text)
    assert said.status == "passed" and said.points == 2, said.headline


@pytest.mark.parametrize("text, told", WITH_LOOPS.values(), ids=WITH_LOOPS)
def test_loops_do_not_pass_and_are_named(lesson, text, told):
    said = judged(lesson("no-python-loops"), text)
    assert said.status == "failed" and said.points == 0 and told in said.headline and "without a loop" in said.headline
    assert judged(lesson("numpy-only"), text).status == "passed" or "exec" in text       # its values are right


def test_a_loop_in_another_cell_is_counted(lesson):
    helper = "def slow(X):\n    r = []\n    for x in X:\n        r.append(np.sqrt((x ** 2).sum()))\n    return np.array(r)"
    said = judged(lesson("no-python-loops"), "def norms(X):\n    return slow(X)", helper)
    assert said.status == "failed" and "lines of Python" in said.headline


def test_lines_of_libraries_do_not_count_even_if_they_were_made_by_exec(lesson):
    library = ("import types\nlibrary = types.ModuleType('library')\n"
               "exec('import numpy as np\\ndef slow(X):\\n    r = []\\n    for x in X:\\n        r.append(np.sqrt((x ** 2).sum()))\\n"
               "    return np.array(r)', library.__dict__)")
    assert judged(lesson("no-python-loops"), "def norms(X):\n    return library.slow(X)", library).status == "passed"


def test_a_wrong_result_is_told_before_how_it_was_made(lesson):
    said = judged(lesson("no-python-loops"), "def norms(X):\n    return np.array([(x ** 2).sum() for x in X])")
    assert said.status == "failed" and "forgot the square root" in said.diagnosis


NUMPY = {
    "numpy": "def norms(X):\n    return np.linalg.norm(X, axis=1)",
    "loops": "def norms(X):\n    return np.array([np.linalg.norm(x) for x in X])",
    "an argument with a package's name": "def norms(X, cdist=None):\n    torch = X * X\n    return np.sqrt(torch.sum(axis=1))",
    "an import that is not used": "import scipy\n\ndef norms(X):\n    return np.linalg.norm(X, axis=1)",
}
OTHERS = {
    "torch": ("def norms(X):\n    return torch.from_numpy(X).norm(dim=1).numpy()", "uses torch"),
    "scipy's function": ("def norms(X):\n    return cdist(X, np.zeros((1, X.shape[1])))[:, 0]", "uses scipy"),
    "an import inside": ("def norms(X):\n    import scipy.linalg as la\n    return np.array([la.norm(x) for x in X])", "scipy"),
    "by its name as a text": ("def norms(X):\n    return __import__('torch').from_numpy(X).norm(dim=1).numpy()", "__import__"),
    "through a module table": ("import sys\ndef norms(X):\n    return sys.modules['torch'].from_numpy(X).norm(dim=1).numpy()", "sys"),
}


@pytest.mark.parametrize("text", NUMPY.values(), ids=NUMPY)
def test_numpy_alone_passes(lesson, text):
    said = judged(lesson("numpy-only"), text)
    assert said.status == "passed", said.headline


@pytest.mark.parametrize("text, told", OTHERS.values(), ids=OTHERS)
def test_other_packages_do_not_pass_and_are_named(lesson, text, told):
    said = judged(lesson("numpy-only"), text)
    assert said.status == "failed" and told in said.headline and "NumPy alone" in said.headline


def test_a_helper_of_another_cell_that_calls_torch_is_seen(lesson):
    said = judged(lesson("numpy-only"), "def norms(X):\n    return helper(X)",
                  "def helper(X):\n    return torch.linalg.norm(torch.from_numpy(X), dim=1).numpy()")
    assert said.status == "failed" and "went into torch" in said.headline


def test_the_proof_knows_policies(lesson, monkeypatch):
    good = lesson("no-python-loops")
    proved = proof.prove_exercise(good, good.exercises["norms"])
    assert proved.faults == [] and proved.named == 3
    without = read.load("a9/policy", _without_policy(good))
    assert any("accepts the wrong answer 'looped over the rows'" in fault
               for fault in proof.prove_exercise(without, without.exercises["norms"]).faults)


def _without_policy(lesson):
    lesson.path.write_text(lesson.path.read_text().replace(' policy="no-python-loops"', ""))
    return lesson.path.parent.parent


def test_names_of_a_notebook_and_their_packages():
    from scipy.spatial.distance import cdist

    mine = types.FunctionType((lambda: 0).__code__, {"__name__": "__main__"})
    names = {"np": np, "far": cdist, "x": np.zeros(2), "sys": sys, "len": len, "mine": mine}
    assert policies.packages_of(names) == {"np": "numpy", "far": "scipy", "sys": "sys"}


def test_counting_leaves_a_debugger_in_place():
    before = sys.gettrace(), sys.getprofile()
    with Counts() as counts:
        np.linalg.norm(np.zeros(3))
    assert (sys.gettrace(), sys.getprofile()) == before and "numpy" in counts.packages and counts.lines == 0


@pytest.mark.slow
@pytest.mark.skipif(doctor.best_level()[0] < 1, reason="no sandbox here")
@pytest.mark.parametrize("name, said", [
    ("looped", "a list comprehension"), ("hidden", "lines of Python"), ("renamed", "lines of Python"), ("plain", "")])
def test_a_class_is_graded_by_the_same_rules(name, said):
    import nbformat
    from grading_class import LESSON as PRACTICE
    from grading_class import NOTEBOOK, fixture_lessons, notebook, with_cell

    from grader.classroom.submissions import Submission
    from grader.sandbox.host import Warm
    from grader.sandbox.limits import Limits

    texts = {"looped": "def distances(a, b):\n    return np.array([[np.sqrt(((x - y) ** 2).sum()) for y in b] for x in a])",
             "hidden": "def distances(a, b):\n    return slow(a, b)",
             "plain": "def distances(a, b):\n    return np.linalg.norm(a[:, None] - b[None], axis=-1)"}
    slow = ("def slow(a, b):\n    r = np.zeros((len(a), len(b)))\n    for i, x in enumerate(a):\n        for j, y in enumerate(b):\n"
            "            r[i, j] = np.sqrt(((x - y) ** 2).sum())\n    return r")
    texts["renamed"], slow = texts["hidden"], ("__name__ = 'numpy'\n" if name == "renamed" else "") + slow
    with fixture_lessons() as practice, Warm(doctor.best_level()[0], Limits()) as warm:
        warm.preload(["torch"])
        made = with_cell(notebook({"distances": texts[name]}), slow, before="distances")
        found = marking.mark(warm.line, [practice], Submission({NOTEBOOK: nbformat.writes(made).encode()}),
                             results.Settings(3, doctor.best_level()[0]))
        verdict = found.lessons[PRACTICE].checks["distances"]
        assert (verdict.points == 3) == (not said) and said in verdict.headline
        assert any("hides from the counting" in sign for sign in found.lessons[PRACTICE].tampering) == (name == "renamed")
