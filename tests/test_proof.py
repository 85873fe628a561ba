"""A check that has become too weak, too strict or ambiguous is caught, and so is a notebook that does not run."""

import pytest


def faults(workshop, *options):
    done = workshop.grader("verify", "--no-notebooks", *options)
    assert (done.returncode == 0) == ("FAULT" not in done.stdout), done.stdout + done.stderr
    return [line for line in done.stdout.splitlines() if line.startswith("FAULT")]


def test_the_demo_holds_with_its_notebook(workshop):
    done = workshop.grader("verify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 exercises, 2 checks, 3 right and 5 wrong answers, 5 of them named; 1 notebooks run; 0 faults" in done.stdout
    assert (workshop.root / "build" / "solutions" / "a1" / "demo.ipynb").is_file()


@pytest.mark.parametrize("old, new, said", [
    ('vc.assert_close(test, before, "the pictures are left as they were")\n', "",
     "accepts the wrong answer 'the pictures themselves were changed'"),
    ('cdist(test, train)', 'cdist(test, train) + 1', "refuses its solution"),
    ('.tolist() == [[0, 5]]', '.tolist() == [[0, 25]]', "refuses its solution"),
    ("    return np.linalg.norm(X[:, None] - self.X_train[None], axis=-1)", "    return np.zeros((len(X), len(self.X_train)))",
     "refuses the right answer 'with np.linalg.norm'"),
    ("            ### BEGIN SOLUTION\n", "            dists[i, j] = 0\n            continue\n            ### BEGIN SOLUTION\n",
     "not 'not attempted'"),
])
def test_a_check_that_does_not_judge_rightly_is_caught(workshop, old, new, said):
    workshop.edit(old, new)
    found = faults(workshop)
    assert any(said in line for line in found), found


def test_two_mistakes_that_cannot_be_told_apart_are_caught(workshop):
    workshop.edit('# %% right="nearest"', '# %% wrong="nearest" why="sorted the wrong way"\ndef nearest(model, X):\n'
                  '    return model.compute_distances_two_loops(X).argmax(axis=1)\n\n# %% right="nearest"')
    assert any("cannot be told from" in line for line in faults(workshop))


def test_a_notebook_that_fails_is_caught(workshop):
    workshop.edit("# %% picture\n", "# %%\nraise RuntimeError('boom')\n\n# %% picture\n")
    done = workshop.grader("verify")
    assert done.returncode == 1 and "a cell fails: RuntimeError: boom" in done.stdout
