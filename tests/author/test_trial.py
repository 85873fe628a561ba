"""`try` says what learners are told, word for word, and whether each answer is as it must be."""

import io
import re

import pytest
from rich.console import Console
from workshop import DEMO, NO_ROOT, RIGHT, ROOT

from grader.author import trial
from grader.judging import verdicts
from grader.lesson import read


@pytest.fixture
def demo(tmp_path, monkeypatch):
    """The demo's source, which tests may change, as the only lesson there is."""
    path = tmp_path / "a1" / "demo.py"
    path.parent.mkdir()
    path.write_text(DEMO.read_text())
    monkeypatch.setattr(read, "SOLUTIONS", tmp_path)
    return path


def tried(place, **options):
    text = io.StringIO()
    fine = trial.trial(place, console=Console(file=text, width=200, soft_wrap=True), **options)
    return fine, text.getvalue()


def outcomes(text):
    return [(m[1], m[2]) for m in re.finditer(r"^(stub|solution|right|wrong)\b.*?: ([^:\n]+)$", text, re.M)]


def test_every_answer_of_an_exercise_is_tried(demo):
    fine, text = tried("a1/demo:two-loops")
    assert fine and outcomes(text) == [("stub", "not attempted"), ("solution", "passes"), ("right", "passes"), ("right", "passes"),
                                       ("wrong", "named"), ("wrong", "named"), ("wrong", "named")]
    assert "a1/demo:two-loops, seed 0: the stub, the solution, 2 right, 3 wrong; all as expected; " in text


def test_what_is_shown_is_what_a_learners_kernel_shows(demo, tmp_path):
    import IPython
    answer = tmp_path / "answer.py"
    for text in (NO_ROOT["two-loops"], NO_ROOT["two-loops"].replace("return", "return self.absent +")):
        answer.write_text(text)
        fine, shown = tried("a1/demo:two-loops", answer=answer)
        shell = IPython.InteractiveShell()
        lesson = read.load("a1/demo")
        for cell in lesson.cells[:4]:
            if cell.kind == "code":
                shell.run_cell(cell.text)
        shell.run_cell(text)
        said = str(verdicts.judge_in_process("a1/demo", "two-loops", shell.user_ns))
        assert not fine and "\n".join(f"    {line}" for line in said.splitlines()) in shown
    assert "where:   line 3, in compute_distances_two_loops: return self.absent + (" in shown


@pytest.mark.parametrize("old, new, said", [
    ('vc.assert_close(test, before, "the pictures are left as they were")\n', "",
     "wrong 'the pictures themselves were changed' (line 65): ACCEPTED"),
    ("cdist(test, train)", "cdist(test, train) + 1", "solution (line 24): REFUSED"),
    ("    return np.linalg.norm(X[:, None] - self.X_train[None], axis=-1)", "    return np.zeros((len(X), len(self.X_train)))",
     "right 'with np.linalg.norm' (line 76): REFUSED"),
    ("            ### BEGIN SOLUTION\n", "            dists[i, j] = 0\n            continue\n            ### BEGIN SOLUTION\n",
     "stub: must be called not attempted by every check"),
    ("    return np.abs(X[:, None] - self.X_train[None]).sum(-1)", "    return ((X[:, None] - self.X_train[None]) ** 2).sum(-1)",
     "refused but not named: it cannot be told from ['the square root is missing', 'the absolute differences were summed (L1)']"),
    ("    return np.abs(X[:, None] - self.X_train[None]).sum(-1)", "    return np.random.default_rng().random((len(X), len(self.X_train)))",
     "refused but not named: its results differ when it runs again"),
])
def test_what_is_not_as_expected_is_said(demo, old, new, said):
    text = demo.read_text()
    assert old in text
    demo.write_text(text.replace(old, new))
    fine, text = tried("a1/demo:two-loops")
    assert not fine and any(line.startswith("NOT AS EXPECTED") and said in line for line in text.splitlines()), text


def test_one_check_of_several_need_not_refuse_every_mistake_but_one_at_least(demo):
    speed = '# %% check="nearest.speed" points=1\nassert len(nearest(model_2, np.zeros((0, 2)))) == 0, "no picture, no index"\n\n'
    given = "# %% given\nmodel_2 = KNearestNeighbor()\nmodel_2.train(np.zeros((3, 2)), np.zeros(3, int))\n\n"
    demo.write_text(demo.read_text().replace('# %% wrong="nearest" why="argmax', given + speed + '# %% wrong="nearest" why="argmax'))
    fine, text = tried("a1/demo:nearest")
    assert fine and text.count("✓ Passed: nearest.speed") == 3                   # the solution, the right answer, and argmax
    fine, text = tried("a1/demo:nearest.speed")
    assert fine and "accepted by this check" in text and "nearest, " not in text
    demo.write_text(demo.read_text().replace("argmin(axis=0)", "argmax(axis=1) + 1"))
    fine, text = tried("a1/demo:nearest.speed")
    assert not fine and "check nearest.speed fails no wrong answer" in text


def test_answers_of_one_kind_with_another_seed(demo):
    fine, text = tried("a1/demo:two-loops", only="wrong", seed=5)
    assert fine and {kind for kind, _ in outcomes(text)} == {"wrong"} and "seed 5: 3 wrong; all as expected" in text


def test_an_answer_of_ones_own_stands_in_for_the_listed_ones(demo, tmp_path):
    answer = tmp_path / "answer.py"
    answer.write_text(NO_ROOT["two-loops"])
    fine, text = tried("a1/demo:two-loops", answer=answer)
    assert not fine and text.startswith(f"{answer}: REFUSED\n") and "known mistake: the square root is missing" in text
    assert "EXPECTED" not in text and "expected" not in text
    answer.write_text(RIGHT["two-loops"])
    assert tried("a1/demo:two-loops", answer=answer)[0]
    answer.write_text("def f(:\n")
    with pytest.raises(ValueError, match=r"answer\.py:1: not Python"):
        tried("a1/demo:two-loops", answer=answer)


def test_a_policy_is_kept_as_learners_meet_it(demo):
    scipy = ("@vc.add_to(KNearestNeighbor)\ndef compute_distances_two_loops(self, X):\n"
             "    from scipy.spatial.distance import cdist\n    return cdist(X, self.X_train)\n\n")
    text = demo.read_text().replace('# %% solve="two-loops"', '# %% solve="two-loops" policy="numpy-only"')
    for mark, fine, outcome in (("right", False, "REFUSED"), ("wrong", True, "named")):
        key = {"right": "how", "wrong": "why"}[mark]
        before = '# %% right="two-loops" how="in'
        demo.write_text(text.replace(before, f'# %% {mark}="two-loops" {key}="asked scipy"\n{scipy}{before}'))
        found, shown = tried("a1/demo:two-loops")
        assert found == fine and f"{mark} 'asked scipy' (line 81): {outcome}" in shown
        assert "Line 3 of your answer imports scipy. This exercise asks for NumPy alone." in shown


@pytest.mark.parametrize("place, said", [
    ("a1/demo:two-lops", "a1/demo has no exercise 'two-lops'; did you mean two-loops?"),
    ("a1/demo:two-loops.speed", "did you mean two-loops?"),
    ("a1/demo:zzz", "there are two-loops, nearest"),
    ("a1/demo", "say which exercise, as in a1/demo:two-loops; there are two-loops, nearest"),
])
def test_an_unknown_exercise_is_told_in_one_line(demo, place, said):
    with pytest.raises(ValueError, match=re.escape(said)) as raised:
        tried(place)
    assert "\n" not in str(raised.value)


def test_contributing_shows_what_is_said():
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    shown = next(block for block in re.findall(r"```\n(.*?)```", page, re.S) if block.startswith("wrong 'subtracted bytes"))
    said = tried("lectures/02_image_classification:l2-distance")[1]
    for part in shown.split("\n\n"):
        assert _settled(part) in _settled(said)


def _settled(text):
    """A text of `try` without line numbers, which move, and times."""
    return re.sub(r"\(line \d+\)|[\d.]+ s\b", "", text)


def test_the_commands_say_it_in_a_terminal(workshop):
    for words, said in [(("try", "a1/dmeo:nearest"), "grader: there is no lesson 'a1/dmeo'; did you mean a1/demo?\n"),
                        (("verify", "a1/demo:nearst"), "grader: a1/demo has no exercise 'nearst'; did you mean nearest?\n"),
                        (("build", "a1/demo:nearest"), "grader: there is no lesson 'a1/demo:nearest'; did you mean a1/demo?\n"),
                        (("try", "a1/demo:nearest", "--only", "all"), "grader: --only takes stub, solution, right, wrong, not 'all'\n"),
                        (("try", "a1/demo:nearest", "--answer", "absent.py"), "absent.py")]:
        done = workshop.grader(*words)
        assert done.returncode == 1 and said in done.stderr and done.stderr.count("\n") == 1 and not done.stdout, done.stderr
    done = workshop.grader("verify", "solutions/a1/demo.py:nearest")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 exercises, 1 checks, 1 right and 2 wrong answers, 2 of them named; 0 notebooks run; 0 faults" in done.stdout
    workshop.edit('# %% check="nearest" points=2', '# %% check="nearest"')
    done = workshop.grader("try", "a1/demo:two-loops")
    assert done.returncode == 1 and "demo.py:98: " in done.stdout and "add points=2" in done.stdout
