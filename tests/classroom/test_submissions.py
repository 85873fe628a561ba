"""Submissions as people really hand them in are matched to the source, mended, and told about."""

import json
import os

import nbformat
import pytest
from grading_class import LESSON, NOTEBOOK, cell_of, fixture_lessons, notebook

from grader.classroom import submissions
from grader.classroom.submissions import Submission


@pytest.fixture(scope="module")
def lesson():
    with fixture_lessons() as found:
        yield found


def mended(lesson, made):
    found, notes = submissions.notebooks(Submission({NOTEBOOK: nbformat.writes(made).encode()}), [lesson])
    places, said = submissions.mend(found[LESSON], lesson)
    return places, notes + said


def marked(places):
    return [(p.mark.mark, p.mark.name) for p in places if p.mark is not None]


def answer(places, name):
    return next(p.text for p in places if p.mark is not None and p.mark.mark == "solve" and p.mark.name == name)


def source_order(lesson):
    return [(c.mark, c.name) for c in submissions.marked_cells(lesson)]


def test_an_honest_notebook_is_left_as_it_is(lesson):
    made = notebook()
    places, notes = mended(lesson, made)
    assert notes == [] and [p.text for p in places] == [c.source for c in made.cells]
    assert marked(places) == source_order(lesson)


def test_metadata_that_an_editor_dropped_is_found_again_by_contents(lesson):
    made = notebook()
    for number, cell in enumerate(made.cells):
        cell.metadata.clear()
        cell["id"] = f"new-{number}"
    places, notes = mended(lesson, made)
    assert marked(places) == source_order(lesson)
    assert "softmax" in answer(places, "softmax") and "was recognised by its contents" in " ".join(notes)


def test_metadata_that_an_editor_dropped_is_found_again_by_the_cells_own_ids(lesson):
    made = notebook({"softmax": "from mine import softmax"})
    for cell in made.cells:
        cell.metadata.clear()
    assert answer(mended(lesson, made)[0], "softmax") == "from mine import softmax"


@pytest.mark.filterwarnings("ignore:Non-unique cell id")     # what nbformat says of the copies that this test makes
@pytest.mark.parametrize("first", [True, False])
def test_of_two_copies_the_written_one_counts_wherever_it_stands(lesson, first):
    made, stub = notebook(), cell_of(notebook(solved=False), "softmax")
    made.cells.insert(0 if first else len(made.cells), stub)
    places, notes = mended(lesson, made)
    assert "powers" in answer(places, "softmax") and marked(places) == source_order(lesson)
    assert not any("NotImplementedError" in p.text for p in places) and "more than once" in " ".join(notes)


@pytest.mark.filterwarnings("ignore:Non-unique cell id")     # what nbformat says of the copies that this test makes
def test_of_two_written_copies_the_last_one_counts(lesson):
    made = notebook()
    copy = nbformat.from_dict(json.loads(json.dumps(cell_of(made, "softmax"))))
    copy.source = "def softmax(scores): return 'second'"
    made.cells.append(copy)
    places, notes = mended(lesson, made)
    assert "second" in answer(places, "softmax") and "2 times" in " ".join(notes)


@pytest.mark.filterwarnings("ignore:Non-unique cell id")     # what nbformat says of the copies that this test makes
def test_a_duplicated_check_is_judged_once(lesson):
    made = notebook()
    made.cells.append(nbformat.from_dict(json.loads(json.dumps(cell_of(made, "check-softmax")))))
    assert marked(mended(lesson, made)[0]) == source_order(lesson)


def test_deleted_cells_come_back_where_they_were(lesson):
    made = notebook()
    made.cells = [c for c in made.cells if c.metadata.get("nbgrader", {}).get("grade_id") not in ("check-softmax", "distances")]
    places, notes = mended(lesson, made)
    assert marked(places) == source_order(lesson) and sum("was missing and was put back" in n for n in notes) == 2


def test_reordered_cells_are_put_back(lesson):
    made = notebook()
    made.cells.reverse()
    places, notes = mended(lesson, made)
    assert marked(places) == source_order(lesson) and "another order" in " ".join(notes)


def test_a_changed_check_and_a_changed_given_cell_become_the_sources(lesson):
    made = notebook()
    cell_of(made, "check-softmax").source = "assert True"
    given = next(c for c in made.cells if "class Model" in c.source)
    given.source = "class Model: pass"
    places, notes = mended(lesson, made)
    assert "two equal scores" in next(p.text for p in places if p.mark and p.mark.name == "softmax" and p.mark.mark == "check")
    assert any("self.w = np.zeros(size)" in p.text for p in places) and "had been changed" in " ".join(notes)


def test_a_renamed_notebook_is_recognised_and_a_stranger_is_not(lesson):
    submission = Submission({"practice (1) final.ipynb": nbformat.writes(notebook()).encode(),
                             "shopping.ipynb": nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])).encode()})
    found, notes = submissions.notebooks(submission, [lesson])
    assert len(found[LESSON]) == len(notebook().cells)
    assert any("practice (1) final.ipynb was taken for practice.ipynb" in n for n in notes) and any("shopping.ipynb" in n for n in notes)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b"null", b'{"cells": 3, "nbformat": 4}', b"[" * 10**5,
                                     b'{"nbformat": 99}', b"PK\x03\x04"], ids=range(9))
def test_a_corrupt_file_is_named_and_missing(lesson, content):
    found, notes = submissions.notebooks(Submission({NOTEBOOK: content}), [lesson])
    assert found[LESSON] is None and "is not a notebook" in notes[0] and "practice.ipynb is missing" in notes[-1]


def test_an_old_notebook_format_is_read(lesson):
    cell = nbformat.v3.new_code_cell("def softmax(scores): return 3")
    made = nbformat.v3.new_notebook(worksheets=[nbformat.v3.new_worksheet(cells=[cell])])
    found, _ = submissions.notebooks(Submission({NOTEBOOK: json.dumps(made).encode()}), [lesson])
    places, _ = submissions.mend(found[LESSON], lesson)
    assert "return 3" in answer(places, "softmax")


def test_links_and_pipes_are_left_out_and_named(tmp_path):
    (tmp_path / "real.txt").write_text("mine")
    (tmp_path / "outside").symlink_to("/etc/passwd")
    (tmp_path / "folder").symlink_to("/etc")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "data.csv").write_text("1,2")
    found = submissions.read(tmp_path)
    assert found.files == {"real.txt": b"mine", "sub/data.csv": b"1,2"}
    assert sorted(p.split()[0] for p in found.problems) == ["outside", "pipe"]


def test_more_than_a_submission_may_have_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(submissions, "MAX_BYTES", 10)
    (tmp_path / "a").write_bytes(b"x" * 8)
    (tmp_path / "b").write_bytes(b"x" * 8)
    found = submissions.read(tmp_path)
    assert list(found.files) == ["a"] and "b was left out" in found.problems[0]


def test_the_digest_depends_on_every_byte_and_name():
    base = Submission({"a": b"1", "b": b"2"})
    for other in ({"a": b"1", "b": b"3"}, {"a": b"1", "c": b"2"}, {"a": b"1"}, {"a": b"12", "b": b""}, {"a1b": b"", "b": b"2"}):
        assert Submission(other).digest() != base.digest()
    assert Submission({"b": b"2", "a": b"1"}).digest() == base.digest()
