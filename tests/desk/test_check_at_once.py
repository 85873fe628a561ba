"""vc.check in a kernel and `python -m grader check` in a terminal: one verdict per check, whatever the learner does."""

import json

import nbformat
import pytest
from workshop import FARTHEST, NO_ROOT, RIGHT, answered


def check(workshop, answers, change=None):
    notebook = answered(workshop.notebook, answers)
    if change:
        change(notebook)
    path = workshop.root / "elsewhere" / "my copy.ipynb"
    path.parent.mkdir(exist_ok=True)
    nbformat.write(notebook, path)
    return workshop.grader("check", str(path))


def test_right_answers_pass_also_in_a_copy_elsewhere_and_progress_is_kept(built):
    done = check(built, RIGHT)
    assert done.returncode == 0 and "2 of 2 checks passed" in done.stdout, done.stdout + done.stderr
    assert "Passed: two-loops, 3 of 3 properties hold, 3 of 3 points" in done.stdout
    shown = built.grader("progress").stdout
    assert "2 of 2 exercises, 5 of 5 points" in shown


def test_an_empty_notebook_is_not_attempted(built):
    done = check(built, {})
    assert done.returncode == 1 and done.stdout.count("Not attempted") == 2 and "Not yet" not in done.stdout
    assert "0 of 2 exercises" in built.grader("progress").stdout


def test_a_mistake_caught_by_a_visible_assert_is_named(built):
    done = check(built, NO_ROOT)
    assert "Not yet: two-loops" in done.stdout and "Diagnosis: it looks like a known mistake: the square root is missing." in done.stdout
    assert "got:     [[0.0, 25.0]]" in done.stdout and "wanted:  [[0, 5]]" in done.stdout
    assert "Passed: nearest" in done.stdout


def test_a_mistake_caught_by_a_hidden_test_alone_is_named(built):
    changed = {**RIGHT, "two-loops": RIGHT["two-loops"].replace("return np", "out = np") + "\n    X *= 0\n    return out"}
    assert "the pictures themselves were changed" in check(built, changed).stdout


def test_two_checks_fail_each_for_itself(built):
    done = check(built, {**NO_ROOT, "nearest": FARTHEST["nearest"]})
    assert "0 of 2 checks passed" in done.stdout and "argmax finds the farthest" in done.stdout


def test_a_broken_cell_costs_itself_alone(built):
    done = check(built, {**RIGHT, "nearest": "def nearest(model, X)\n    return 1"})
    assert "Passed: two-loops" in done.stdout and "Not attempted: nearest" in done.stdout and "1 of 2 checks passed" in done.stdout


def test_the_first_cell_left_out_is_explained(built):
    def without_setup(notebook):
        first = next(c for c in notebook.cells if c.cell_type == "code")
        first.source = first.source.replace("vc.setup(", "dict(a1=")
    done = check(built, RIGHT, without_setup)
    assert done.returncode == 1 and "no verdict" in done.stdout and "Run the first code cell" in done.stdout


def test_without_solutions_the_visible_part_is_said_to_hold(built):
    built.lesson.unlink()
    done = check(built, NO_ROOT)
    assert "Not yet: two-loops" in done.stdout and "the 3-4-5 triangle" in done.stdout and "Diagnosis" not in done.stdout
    done = check(built, RIGHT)
    assert "Your instructor's grader runs the rest." in done.stdout and done.returncode == 0


@pytest.mark.parametrize("content, said", [
    ("", "is not a notebook"), ("{", "is not a notebook"), ('{"cells": []}', "no check cell"),
    (json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), "no check cell")])
def test_a_file_that_is_no_notebook_is_told(built, content, said):
    path = built.root / "broken.ipynb"
    path.write_text(content)
    done = built.grader("check", str(path))
    assert done.returncode == 1 and said in done.stderr and "Traceback" not in done.stderr


def test_a_missing_file_is_told(built):
    done = built.grader("check", "nothing.ipynb")
    assert done.returncode == 1 and "does not exist" in done.stderr


def shell(workshop, *cells):
    """Outputs of cells run in one IPython shell in the workshop, as text per cell."""
    code = ("import sys, json\nfrom IPython.core.interactiveshell import InteractiveShell\n"
            "from IPython.utils.capture import capture_output\ns = InteractiveShell.instance()\nout = []\n"
            "for cell in json.loads(sys.argv[1]):\n    with capture_output() as c:\n        r = s.run_cell(cell, store_history=True)\n"
            "    out.append(c.stdout + c.stderr + ''.join(str(o.data) for o in c.outputs))\nprint(json.dumps(out))")
    done = workshop.run("-c", code, json.dumps(cells))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


SETUP = 'import numpy as np\nimport visioncourse as vc\nvc.setup("a1/demo")'
CLASS = "class KNearestNeighbor:\n    def train(self, X, y):\n        self.X_train, self.y_train = X, y"


def test_cells_run_out_of_order_and_again_after_a_mistake(built):
    wrong, right = NO_ROOT["two-loops"], RIGHT["two-loops"]
    out = shell(built, SETUP, 'vc.check("two-loops")', CLASS, 'vc.check("two-loops")', wrong, 'vc.check("two-loops")', right,
                'vc.check("two-loops")')
    assert "Not attempted" in out[1] and "KNearestNeighbor is not defined" in out[1]
    assert "Not attempted" in out[3] and "compute_distances_two_loops" in out[3]
    assert "the square root is missing" in out[5]
    assert "Passed" in out[7]


def test_errors_outside_of_checks_keep_their_traceback(built):
    out = shell(built, SETUP, "1 / 0", "assert False, 'mine'")
    assert "ZeroDivisionError" in out[1] and "mine" in out[2] and "AssertionError" in out[2]


def test_hints_open_one_by_one(built):
    out = shell(built, SETUP, *['vc.hint("two-loops")'] * 3, 'vc.hint("nearest")', 'vc.hint("no-such")', 'vc.check("two-lops")')
    assert "Hint 1 of 2 for exercise 1.1 · Two loops." in out[1] and "Pythagoras" in out[1]
    assert "Hint 2 of 2" in out[2] and "Hint 1 of 2" in out[3]
    assert "no hint for exercise 1.2 · The nearest" in out[4]
    assert "has no exercise 'no-such'" in out[5] and "did you mean 'two-loops'" in out[6]


def test_checks_are_silent_under_nbgrader(built):
    built.environment["NBGRADER_EXECUTION"] = "autograde"
    out = shell(built, SETUP, CLASS, 'vc.check("two-loops")', "assert False, 'mine'")
    assert out[2] == "" and "AssertionError" in out[3]


def test_a_record_that_cannot_be_written_is_said_and_nothing_else_fails(built):
    built.environment["VISIONCOURSE_HOME"] = str(built.notebook / "no-folder")
    out = shell(built, SETUP, CLASS, RIGHT["two-loops"], 'vc.check("two-loops")')
    assert "Passed" in out[3] and "could not be saved" in out[3]


def test_importing_the_package_is_light(built):
    heavy = {"torch", "matplotlib", "scipy", "sklearn", "skimage", "ipywidgets", "IPython"}
    done = built.run("-c", f"import sys, visioncourse; print(sorted({heavy} & set(sys.modules)))")
    assert done.stdout.strip() == "[]"
