"""Terminals of every encoding: what one cannot write is shown by a plainer sign and never ends a command."""

import nbformat
import pytest
from workshop import NO_ROOT, RIGHT, answered

CONSOLES = {"ascii": {"PYTHONIOENCODING": "ascii"}, "cp1252": {"PYTHONIOENCODING": "cp1252"},
            "C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii:strict"}}


def _said(built, *words):
    return built.run("-m", *words, errors="replace")       # of cp1252 not every byte is one of UTF-8


@pytest.mark.parametrize("console", CONSOLES)
def test_verdicts_are_shown_where_their_signs_cannot_be_written(built, console):
    built.environment |= CONSOLES[console]
    for answers, code, said in ((RIGHT, 0, "+ Passed: two-loops"), (NO_ROOT, 1, "x Not yet: two-loops")):
        path = built.root / "mine.ipynb"
        nbformat.write(answered(built.notebook, answers), path)
        done = _said(built, "grader", "check", str(path))
        assert (done.returncode, said in done.stdout) == (code, True), done.stdout + done.stderr
        assert "Error" not in done.stderr


@pytest.mark.parametrize("console", CONSOLES)
def test_the_other_commands_say_what_they_have_to_say(built, console):
    built.environment |= CONSOLES[console]
    for words, said in ((["progress"], "o "), (["build", "--check"], "every notebook agrees"), (["--help"], "Usage"),
                        (["verify", "a1/demo:nearest"], "0 faults"), (["doctor"], "grade uses level")):
        done = _said(built, "grader", *words)
        assert (done.returncode, said in done.stdout, done.stderr) == (0, True, ""), done.stdout + done.stderr
    done = _said(built, "visioncourse.data", "list")
    assert done.returncode == 0 and "digits" in done.stdout, done.stderr
