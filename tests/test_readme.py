"""The tables of README: made from the marks and the course, put between their comments, and nothing else is touched."""

import json

import pytest

from grader.lesson.marks import MARKS, Mark
from grader.notebook.build import COURSE as CONTENTS
from grader.notebook.build import README
from grader.notebook.readme import tables, updated

COURSE = {"lectures/02_see": {"title": "Lecture 02 · See | look", "exercises": {
    "one": {"title": "One", "minutes": 5, "checks": {"one": 1, "one.speed": 0.5}},
    "two": {"title": "Two", "minutes": 10, "checks": {"two": 2}}}}}


def test_the_course_is_listed_with_its_sums():
    assert tables({}, COURSE)["course"].splitlines()[2:] == [
        r"| `lectures/02_see` | Lecture 02 · See \| look | 2 | 3.5 | 15 |", "|  | 1 lessons | 2 | 3.5 | 15 |"]


def test_a_mark_is_listed_as_an_author_writes_it():
    made = tables({"hint": Mark(("markdown", "code"), (), (), 'hint="x"', "no cell")}, {})["marks"]
    assert made.splitlines()[2] == '| `hint="x"` | markdown or code | no cell |'


def test_every_mark_shows_itself_with_the_keys_that_it_needs():
    for name, mark in MARKS.items():
        assert mark.shows.startswith(name) and set(mark.needs) <= set(mark.takes)
        assert all(f" {key}=" in mark.shows for key in mark.needs)


def test_only_what_stands_between_the_comments_is_replaced():
    text = "before\n<!-- marks -->\nold\n<!-- /marks -->\nafter <!-- course --><!-- /course -->\n"
    made = updated(text, {"marks": "new", "course": "table"})
    assert made == "before\n<!-- marks -->\n\nnew\n\n<!-- /marks -->\nafter <!-- course -->\n\ntable\n\n<!-- /course -->\n"
    assert updated(made, {"marks": "new", "course": "table"}) == made


@pytest.mark.parametrize("text", ["", "<!-- marks -->", "<!-- /marks --><!-- marks -->", "<!-- marks --><!-- /marks --><!-- marks -->"])
def test_a_readme_without_its_comments_is_refused(text):
    with pytest.raises(ValueError, match="<!-- marks -->"):
        updated(text, {"marks": ""})


def test_the_readme_of_the_course_is_up_to_date():
    text = README.read_text(encoding="utf-8")
    assert updated(text, tables(MARKS, json.loads(CONTENTS.read_text(encoding="utf-8")))) == text, "run `python -m grader build`"
