"""A wrong answer can be written as a change of the solution: what is changed stands there once, and nothing else moves."""

import pytest

from grader.lesson.patches import PatchError, is_patch, patched

SOLUTION = """\
def smooth(x, K):
    total = 0
    for k in range(K):
        if k < len(x):
            total += x[k]
            total += 0
    return total / K"""


def test_a_piece_of_a_line_is_replaced_and_the_rest_stays():
    assert patched(SOLUTION, "# - / K\n# + / (K - 1)") == SOLUTION.replace("/ K", "/ (K - 1)")


def test_a_whole_line_without_plus_goes():
    assert patched(SOLUTION, "# - total += 0") == SOLUTION.replace("            total += 0\n", "")


def test_new_lines_come_in_the_indentation_of_the_line_they_replace():
    made = patched(SOLUTION, "# - total += 0\n# + if k:\n# +     total -= 1")
    assert "\n            if k:\n                total -= 1\n    return" in made


def test_lines_that_follow_each_other_are_one_piece():
    made = patched(SOLUTION, "# - if k < len(x):\n# -     total += x[k]\n# + total += x[k % len(x)]")
    assert "    for k in range(K):\n        total += x[k % len(x)]\n            total += 0" in made


def test_several_changes_are_made_in_order():
    made = patched(SOLUTION, "# - total = 0\n# + total = 1\n\n# - range(K)\n# + range(K - 1)")
    assert "total = 1" in made and "range(K - 1)" in made


@pytest.mark.parametrize("text, said", [
    ("# - total\n# + sum", "stands 4 times"),
    ("# - x[K]\n# + x", "stands 0 times in the solution; copy the piece"),
    ("# + x", "begins with a `# \\+` line"),
    ("# -\n# + x", "empty `# -` line"),
    ("\n".join(f"# - {piece}\n# + y" for piece in ("total = 0", "/ K", "range(K)", "x[k]")), "4 changes; more than 3"),
])
def test_a_change_that_cannot_be_made_is_refused_with_what_to_do(text, said):
    with pytest.raises(PatchError, match=said):
        patched(SOLUTION, text)


def test_an_answer_in_full_is_no_change_even_with_comments():
    assert not is_patch("# - minus\nx = 1") and not is_patch("# just a comment") and is_patch("# - a\n# + b\n")
