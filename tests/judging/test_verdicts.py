"""What a check says: passed, not attempted, or what failed with input, got, wanted, and which mistake it was."""

import random

import numpy as np
import pytest
from workshop import DEMO

from grader.judging import verdicts
from grader.judging.proxies import _overwrite
from grader.judging.run import run_check, variant_names
from grader.judging.sketches import alike, sketch
from grader.judging.transport import CannotCross, Handle, Local
from grader.lesson import read
from grader.lesson.cells import Cell, exercise_of
from visioncourse.desk import testing


@pytest.fixture
def lesson(tmp_path):
    (tmp_path / "a1").mkdir()
    (tmp_path / "a1" / "demo.py").write_text(DEMO.read_text())
    return read.load("a1/demo", tmp_path)


def verdict_on(lesson, answer, check="two-loops", seed=0):
    cell = lesson.check(check)
    names = variant_names(lesson, cell, {lesson.exercises[exercise_of(check)].solve.line: answer})
    return verdicts.verdict(lesson, cell, Local(names), seed)


def method(body):
    return f"@vc.add_to(KNearestNeighbor)\ndef compute_distances_two_loops(self, X):\n    {body}"


def test_the_solution_passes_with_all_properties_and_points(lesson):
    said = verdict_on(lesson, lesson.exercises["two-loops"].solve.text)
    assert (said.status, said.passed, said.total, said.points) == ("passed", 3, 3, 3)


@pytest.mark.parametrize("body", [
    "return [[float(np.sqrt(((a - b) ** 2).sum())) for b in self.X_train] for a in X]",
    "import torch; return torch.cdist(torch.tensor(X), torch.tensor(self.X_train))",
    "d = X[:, None] - self.X_train; return np.sqrt(np.einsum('ijk,ijk->ij', d, d))",
])
def test_other_ways_to_write_it_pass(lesson, body):
    if body.startswith("return [["):                   # a list has no .tolist(), which the visible assert of the demo calls
        body = "return np.array(" + body.removeprefix("return ") + ")"
    assert verdict_on(lesson, method(body)).status == "passed"


def test_an_unwritten_answer_is_not_attempted(lesson):
    said = verdict_on(lesson, method("raise NotImplementedError()"))
    assert said.status == "not attempted" and said.points == 0


def test_a_cell_that_was_not_run_is_not_attempted(lesson):
    said = verdict_on(lesson, "pass")
    assert said.status == "not attempted" and "compute_distances_two_loops" in said.headline


def test_a_name_that_is_missing_is_told(lesson):
    said = verdicts.verdict(lesson, lesson.check("nearest"), Local({}))
    assert said.status == "not attempted" and "KNearestNeighbor and nearest are not defined" in said.headline


def test_an_earlier_exercise_that_is_not_written_is_named(lesson):
    cell = lesson.check("nearest")
    names = variant_names(lesson, cell, {lesson.exercises["two-loops"].solve.line: method("raise NotImplementedError()")})
    said = verdicts.verdict(lesson, cell, Local(names))
    assert said.status == "not attempted" and "compute_distances_two_loops is not written yet" in said.headline


def test_a_failure_shows_input_got_and_wanted(lesson):
    facts = dict(verdict_on(lesson, method("return np.sqrt(((X[:, None] - self.X_train) ** 2).sum(-1)) + 0.5 * (len(X) > 1)")).facts)
    assert facts["input"] == "compute_distances_two_loops(float64 array of shape (20, 7)" + facts["input"].partition("(20, 7)")[2]
    assert "1000 of 1000 values differ" in facts["where"] and "shape (20, 50)" in facts["got"] and "shape (20, 50)" in facts["wanted"]


def test_each_known_mistake_is_named_as_itself(lesson):
    for exercise in lesson.exercises.values():
        for answer in exercise.wrong:
            said = verdict_on(lesson, answer.text, exercise.name)
            assert said.status == "failed" and answer.why in said.diagnosis


def test_a_known_mistake_is_named_although_it_is_written_otherwise(lesson):
    said = verdict_on(lesson,
                      method("return sum((X[:, None, k] - self.X_train[None, :, k]) ** 2 for k in range(X.shape[1])).astype('float32')"))
    assert "the square root is missing" in said.diagnosis


def test_an_unknown_mistake_that_agrees_on_the_first_example_is_not_named(lesson):
    said = verdict_on(lesson, method("d = ((X[:, None] - self.X_train) ** 2).sum(-1); return d if len(X) == 1 else d + 1"))
    assert said.status == "failed" and said.diagnosis == ""


def test_a_changed_argument_is_seen(lesson):
    said = verdict_on(lesson, method("d = np.sqrt(((X[:, None] - self.X_train) ** 2).sum(-1)); X += 1; return d"))
    assert said.status == "failed" and said.headline == "the pictures are left as they were"


@pytest.mark.parametrize("body, said", [
    ("return None", "None"),
    ("return np.array([[0, None]])", "array of object"),
    ("return 1 / 0", "ZeroDivisionError"),
    ("return self.nothing", "AttributeError"),
])
def test_unusable_results_are_explained(lesson, body, said):
    verdict = verdict_on(lesson, method(body))
    assert verdict.status == "failed" and said in verdict.headline


def test_the_learners_generators_and_output_are_left_alone(lesson, capsys):
    np.random.seed(5), random.seed(5)
    expected = np.random.RandomState(5).rand(), random.Random(5).random()
    verdict_on(lesson, method("print('noise'); np.random.rand(); return None"))
    assert (np.random.rand(), random.random()) == expected
    assert capsys.readouterr().out == ""


def test_the_same_seed_gives_the_same_inputs_and_another_seed_others(lesson):
    def seen(seed):
        cell = lesson.check("two-loops")
        names = variant_names(lesson, cell, {})
        return run_check(lesson, cell, Local(names), seed).crossings[-1][1]
    assert alike(sketch(seen(3)), sketch(seen(3))) and not alike(sketch(seen(3)), sketch(seen(4)))


def test_html_of_a_verdict_is_escaped(lesson):
    said = verdict_on(lesson, method("raise ValueError('<script>alert(1)</script>')"))
    assert "<script>" not in said._repr_html_() and "&lt;script&gt;" in said._repr_html_()


def test_an_unknown_check_names_its_nearest(lesson, monkeypatch):
    monkeypatch.setattr(verdicts, "load_lesson", lambda name: lesson)
    with pytest.raises(ValueError, match="did you mean 'two-loops'"):
        verdicts.judge_in_process("a1/demo", "two-lops", {})


# ------------------------------------------------------------------------------------------------ transport

def crossing(value):
    return Local({"x": value}).get("x")


def test_plain_data_crosses_as_exact_types():
    class Liar(np.ndarray):
        def __eq__(self, other):
            return np.ones(1, bool)

    array = np.zeros(3).view(Liar)
    assert type(crossing(array)) is np.ndarray and type(crossing((1, [2.0]))) is tuple
    assert isinstance(crossing(object()), Handle)


def test_what_crosses_is_a_copy():
    array = np.zeros(3)
    crossing(array)[:] = 1
    assert not array.any()


def test_objects_endless_results_and_deep_nesting_cannot_cross():
    deep = []
    for _ in range(50):
        deep = [deep]
    with pytest.raises(CannotCross):
        crossing(deep)
    with pytest.raises(CannotCross):
        crossing(np.array([object()]))

    def forever():
        while True:
            yield 1
    with pytest.raises(CannotCross, match="never ends"):
        local = Local({"x": forever()})
        local.items(local.get("x"))


def test_beside_evaluates_next_to_the_learners_objects():
    local = Local({"double": lambda x: 2 * x})
    with testing.judged(0, local.evaluate):
        assert testing.beside("double(y) + 1", y=3) == 7


def test_a_property_that_fails_on_a_later_input_does_not_hold(tmp_path):
    text = DEMO.read_text().replace('vc.assert_close(test, before, "the pictures are left as they were")', '''for n in (2, 3):
    some, other = vc.draw(rng, (n, 4), (5, 4))
    knn.train(other, np.zeros(5, int))
    wanted = cdist(some, other)
    vc.assert_close(knn.compute_distances_two_loops(some), wanted, "a few pictures")
vc.assert_close(test, before, "the pictures are left as they were")''')
    (tmp_path / "a1").mkdir()
    (tmp_path / "a1" / "demo.py").write_text(text)
    lesson = read.load("a1/demo", tmp_path)
    said = verdict_on(lesson, method("d = np.sqrt(((X[:, None] - self.X_train) ** 2).sum(-1)); return d + (len(X) == 3)"))
    assert (said.status, said.headline, said.passed, said.total) == ("failed", "a few pictures", 2, 4)


def test_an_object_in_place_of_numbers_is_called_an_object(lesson):
    said = verdict_on(lesson, method("from types import SimpleNamespace; return [0, 5] and SimpleNamespace(tolist=lambda: [[0, 5]])"))
    facts = dict(said.facts)
    assert said.status == "failed" and "SimpleNamespace" in facts["got"] + facts["where"]


def test_an_empty_list_and_an_empty_array_coincide():
    assert alike([], np.zeros((0, 2))) and not alike([], np.zeros((1, 2)))


def test_a_random_generator_crosses_with_its_state_and_comes_back_drawn_from():
    local = Local({"pick": lambda rng, n: rng.integers(0, 100, n)})
    rng, same = np.random.default_rng(3), np.random.default_rng(3)
    value, changed = local.call(local.get("pick"), [rng, 5], {})
    assert (value == same.integers(0, 100, 5)).all()
    _overwrite(rng, changed[0])
    assert rng.random() == same.random()


def test_an_argument_that_was_reshaped_in_place_is_reshaped_here_too(lesson):
    said = verdict_on(lesson, method("d = np.sqrt(((X[:, None] - self.X_train) ** 2).sum(-1)); X.shape = X.shape[::-1]; return d"))
    assert said.status == "failed" and said.headline == "the pictures are left as they were"


def test_an_unwritten_class_is_this_exercise_not_another():
    stub = Cell("code", "class Net:\n    def __init__(self):\n        raise NotImplementedError()", 1, "solve", "net")
    assert "__init__" in verdicts._functions(stub)


def test_a_reordered_list_of_the_learners_objects_is_a_change_of_the_argument():
    class Node:
        pass

    first, second = Node(), Node()
    local = Local({"turn": lambda nodes: nodes.reverse(), "keep": lambda nodes: None})
    nodes = [Handle(first, "Node"), Handle(second, "Node")]
    changed = local.call(local.get("turn"), [nodes], {})[1]
    assert [h.reference for h in changed[0]] == [second, first]
    assert local.call(local.get("keep"), [nodes], {})[1] == {}


def test_a_check_that_cannot_use_a_result_shows_that_result(lesson):
    said = verdict_on(lesson, method("return [[1.25]]"))               # a list has no .tolist()
    assert "could not use your result" in said.headline and dict(said.facts)["got"] == "[[1.25]]"
