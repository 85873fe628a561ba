"""A mistake in a lesson's source is refused, with its line and what to do."""

import re

import pytest
from workshop import DEMO

from grader.lesson import read
from grader.lesson.cells import SourceError

TEXT = DEMO.read_text()


def problems(folder, text):
    (folder / "a1").mkdir(exist_ok=True)
    (folder / "a1" / "demo.py").write_text(text)
    return refusal("a1/demo", folder)


def refusal(name, folder):
    with pytest.raises(SourceError) as raised:
        read.load(name, folder)
    return raised.value.problems


def test_the_demo_is_accepted_and_its_exercises_are_found(tmp_path):
    (tmp_path / "a1").mkdir()
    (tmp_path / "a1" / "demo.py").write_text(TEXT)
    lesson = read.load("a1/demo", tmp_path)
    assert lesson.title == "Distances"
    exercises = lesson.exercises.values()
    assert [(e.name, e.number, e.title, e.stars, e.minutes) for e in exercises] == [
        ("two-loops", "1.1", "Two loops", 1, 5), ("nearest", "1.2", "The nearest", 1, 5)]
    assert [(len(e.checks), len(e.wrong), len(e.right), len(e.hints)) for e in exercises] == [(1, 3, 2, 2), (1, 2, 1, 0)]


@pytest.mark.parametrize("old, new, said", [
    ('# %% solve="two-loops"', '# %% slove="two-loops"', "unknown mark 'slove'"),
    ("# %% picture", "# %% pictur", "unknown mark 'pictur'"),
    ('# %% solve="nearest"', '# %% solve="two-loops"', "stands already on line"),
    ('# %% check="nearest" points=2', '# %% check="other" points=2', 'without a cell solve="other"'),
    ('# %% check="nearest" points=2', '# %% check="nearest"', "add points=2"),
    ('# %% check="nearest" points=2', '# %% check="nearest" points=-1', "positive"),
    ('# %% check="nearest" points=2', '# %% check="Nearest One" points=2', "lower-case words with hyphens"),
    ('why="argmax finds the farthest"', "", "add why="),
    ("            ### END SOLUTION\n", "", "never closed"),
    ("            ### BEGIN SOLUTION\n", "", "without ### BEGIN SOLUTION"),
    ("### END HIDDEN TESTS\n\n# %% [markdown] hint", "### END HIDDEN TESTS\nprint(1)\n\n# %% [markdown] hint", "hidden tests come last"),
    ("    ### BEGIN SOLUTION\n    return model", "    ## BEGIN SOLUTION\n    return model", "names a region"),
    ("# A small lesson for tests of the grader.", "# ![](picture.png)", "alt text"),
    ('vc.setup("a1/demo")', 'vc.setup("a1/other")', 'vc.setup("a1/demo")'),
    ('# %% wrong="nearest" why="argmax finds the farthest"', '# %% wrong="two-loops" why="farthest"', "1 wrong answers"),
    ("def nearest(model, X):\n    return model.compute_distances_two_loops(X).argmax",
     "def farthest(model, X):\n    return model.compute_distances_two_loops(X).argmax", "does not define nearest"),
    ("# %% picture\n", "# %% picture\n" + "x = 1\n" * 31, "30 is the most"),
    ("# %% picture\n", "# %% picture\nif:\n", "not Python"),
    ("### Exercise · Two loops", "### Exercise 1.1 · Two loops", "the number 1.1 is typed; exercises number themselves"),
    ("### Exercise · Two loops", "### Exercise: Two loops", "is written `### Exercise · Title (★☆☆ · 10 minutes)`"),
    ("### Exercise · Two loops", "## Exercise · Two loops", "is written `### Exercise · Title (★☆☆ · 10 minutes)`"),
    ("Two loops (★☆☆ · 5 minutes)", "Two loops", "one to three stars of three, whole minutes"),
    ("Two loops (★☆☆ · 5 minutes)", "Two loops (★☆☆)", "one to three stars of three, whole minutes"),
    ("Two loops (★☆☆ · 5 minutes)", "Two loops (5 minutes)", "one to three stars of three, whole minutes"),
    ("Two loops (★☆☆ · 5 minutes)", "Two loops (★ · 5 minutes)", "one to three stars of three, whole minutes"),
    ("Two loops (★☆☆ · 5 minutes)", "Two loops (☆☆☆ · 5 minutes)", "one to three stars of three, whole minutes"),
    ("Two loops (★☆☆ · 5 minutes)", "Two loops (☆★☆ · 5 minutes)", "one to three stars of three, whole minutes"),
    ("Two loops (★☆☆ · 5 minutes)", "Two loops (★☆☆ · 0 minutes)", "one to three stars of three, whole minutes"),
    ("# ### Exercise · Two loops (★☆☆ · 5 minutes)\n", "", 'solve="two-loops" without a heading of its own'),
    ("# Fill in the distance", "# ### Exercise · Two (★☆☆ · 5 minutes)\n# Fill in the distance", "one heading and one solve cell"),
    ("# Why is the nearest", "# ### Exercise · Why (★☆☆ · 5 minutes)\n# Why is the nearest", "one heading and one solve cell"),
    ("# What does Pythagoras", "# ### Exercise · Sides (★☆☆ · 5 minutes)\n# What does Pythagoras", "in a text cell without a mark"),
    ("[markdown] part=1", "[markdown]", "which part of a1 is this notebook? Write `# %% [markdown] part=1`"),
    ("[markdown] part=1", "[markdown] part=0", "part=0: a part is a whole number"),
    ("[markdown] part=1", "[markdown] part=1.5", "part=1.5: a part is a whole number"),
    ("[markdown] part=1", '[markdown] part="one"', "part='one': a part is a whole number"),
    ("# %% picture", "# %% picture part=1", "on the first cell line of the file and there alone"),
    ("# A small lesson", "# {{contents}}\n# A small lesson", "{{contents}} without sections"),
    ("# A small lesson", "# A {{contents}}\n# ## 1 · Loops\n# A small lesson", "on a line of its own in the first cell"),
    ("# A small lesson", "# {{contents}}\n# {{contents}}\n# ## 1 · Loops\n# A small lesson", "twice; keep one"),
    ("# A small lesson", "# ## 1 · Loops\n# A small lesson", "put {{contents}} on a line of its own in the first cell"),
    ("# A small lesson", "# {{contents}}\n# ## 2 · Loops\n# A small lesson", "section 2 where 1 comes next"),
    ("# Why is the nearest picture", "# {{contents}}\n# Why is the nearest picture", "on a line of its own in the first cell"),
    ("# A small lesson", "# Like {{exercise two-lops}}, a small lesson", "a1/demo has no exercise two-lops; there is two-loops"),
    ("# A small lesson", "# Like {{exercise a1/other:two-loops}}, a small lesson", "there is no lesson a1/other"),
    ("# A small lesson", "# Like {{excercise two-loops}}, a small lesson", "{{excercise two-loops}} means nothing here"),
    ("# What does Pythagoras", "# What do $x^{{2}}$ and Pythagoras", "put a space between them"),
    ("# **Model answer.**", "# **Model {{answer}}.**", "{{answer}} means nothing here"),
    ('why="the square root is missing"', 'why="forgot {{exercise nearest}}"', "for text cells"),
])
def test_a_mistake_is_refused_with_line_and_cure(tmp_path, old, new, said):
    assert old in TEXT
    found = problems(tmp_path, TEXT.replace(old, new, 1))
    assert any(said in line for line in found), found
    assert all(re.match(r".*/a1/demo\.py:\d+: ", line) for line in found)


@pytest.mark.parametrize("line, said", [
    ("assert type(knn) == KNearestNeighbor", "type()"),
    ("assert knn.__dict__", "__dict__"),
    ("import inspect", "imports inspect"),
    ("assert isinstance(knn, KNearestNeighbor)", "only plain data crosses"),
    ("x = np.random.rand(3)", "draw inputs from rng"),
    ("assert undefined_name", "uses undefined_name"),
    ("nearest = 3", "defines for the learner"),
    ('vc.check("two-loops")', "the build adds"),
])
def test_a_hidden_test_that_would_not_mean_the_same_everywhere_is_refused(tmp_path, line, said):
    found = problems(tmp_path, TEXT.replace("train, test = vc.draw", f"{line}\ntrain, test = vc.draw", 1))
    assert any(said in text for text in found), found


def test_a_visible_assert_needs_a_message(tmp_path):
    found = problems(tmp_path, TEXT.replace(', "the 3-4-5 triangle"', "", 1))
    assert any("has no message" in text for text in found)


def test_a_check_may_not_use_names_of_another_check(tmp_path):
    found = problems(tmp_path, TEXT.replace("model = KNearestNeighbor()\n", "", 1).replace("model.train(np", "knn.train(np", 1))
    assert any("uses knn" in text for text in found)


def test_every_problem_of_a_source_is_told_at_once(tmp_path):
    text = TEXT.replace('# %% check="nearest" points=2', '# %% check="nearest"').replace("# A small lesson", "# ![](x.png) A small lesson")
    assert len(problems(tmp_path, text)) >= 2


def test_a_source_with_a_todo_is_refused_wherever_it_stands_and_all_are_told(tmp_path):
    text = (TEXT.replace("# A small lesson for tests of the grader.", "# TODO: say what the lesson is about.")
            .replace('why="argmax finds the farthest"', 'why="TODO: what the first mistake is"')
            .replace("            dists[i, j] = np.sqrt", "            # TODO\n            dists[i, j] = np.sqrt", 1)
            .replace("Give the index", "Give the TODOs and the todo_list, the index"))
    found = problems(tmp_path, text)
    lines = text.splitlines()
    at = {int(line.split(":")[1]): line.split(": ", 1)[1] for line in found}
    assert list(at.values()) == ["still to do: say what the lesson is about.",
                                 "still to do, and the line does not say what; fill it in and remove the word TODO",
                                 "still to do: what the first mistake is"]
    assert all("TODO" in lines[number - 1] for number in at)


def test_no_lesson_of_the_course_has_a_todo():
    for name in read.names():
        assert "TODO" not in (read.SOLUTIONS / f"{name}.py").read_text(encoding="utf-8")


# ---------------------------------------------------------------------------------------------- numbers

@pytest.fixture
def course(tmp_path):
    """course("a2/one", part=1) writes the demo as that lesson; course.read(name) reads it."""
    def write(name, part=None, change=("", "")):
        path = tmp_path / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        first = f"[markdown] part={part}" if part else "[markdown]"
        path.write_text(TEXT.replace("[markdown] part=1", first).replace("a1/demo", name).replace(*change, 1))
    write.folder = tmp_path
    write.read = lambda name: read.load(name, tmp_path)
    return write


def test_a_lecture_is_numbered_by_its_name_and_an_assignment_by_its_parts(course):
    course("lectures/00_start")
    course("lectures/12_seeing")
    for name, part in (("a2/zebra", 1), ("a2/ant", 10), ("a2/bee", 2), ("a3/ant", 1)):
        course(name, part)
    assert {n: [e.number for e in course.read(n).exercises.values()] for n in read.names(course.folder)} == {
        "lectures/00_start": ["0.1", "0.2"], "lectures/12_seeing": ["12.1", "12.2"],
        "a2/zebra": ["1.1", "1.2"], "a2/bee": ["2.1", "2.2"], "a2/ant": ["10.1", "10.2"], "a3/ant": ["1.1", "1.2"]}
    assert read.names(course.folder) == ["lectures/00_start", "lectures/12_seeing", "a2/zebra", "a2/bee", "a2/ant", "a3/ant"]


def test_the_names_of_lessons_cost_their_first_lines_alone(course, monkeypatch):
    course("a2/ant", 2)
    course("a2/zebra", 1)
    with monkeypatch.context() as patch:
        patch.setattr(read.Path, "read_text", None)
        assert read.names(course.folder) == ["a2/zebra", "a2/ant"]


def test_a_part_is_given_once_in_an_assignment_and_never_in_a_lecture(course):
    course("a2/ant", 2)
    course("a2/bee", 2)
    course("a3/ant", 2)                                # another assignment has its own parts
    course("a2/cat")
    course("lectures/03_loss", 3)
    course("lectures/loss")
    assert ["part=2 is a2/ant already" in line for line in refusal("a2/bee", course.folder)] == [True]
    assert course.read("a3/ant").number == 2
    assert ["Write `# %% [markdown] part=1`" in line for line in refusal("a2/cat", course.folder)] == [True]
    assert ["a lecture takes no part" in line for line in refusal("lectures/03_loss", course.folder)] == [True]
    assert ["a lecture is named after its number" in line for line in refusal("lectures/loss", course.folder)] == [True]


def test_two_lectures_with_one_number_are_refused(course):
    course("lectures/02_see")
    course("lectures/02_look")
    assert "lectures/02_look has the number 2 already" in refusal("lectures/02_see", course.folder)[0]


def test_sections_know_their_exercises(course):
    course("a2/ant", 1, ("# A small lesson", "# {{contents}}\n# ## 1 · Empty\n# ## 2 · Loops\n# A small lesson"))
    assert [(s.number, s.title, [e.name for e in s.exercises]) for s in course.read("a2/ant").sections] == [
        (1, "Empty", []), (2, "Loops", ["two-loops", "nearest"])]


def test_an_exercise_above_the_first_section_is_refused(course):
    course("a2/ant", 1, ("# A small lesson", "# {{contents}}\n# A small lesson"))
    path = course.folder / "a2" / "ant.py"
    path.write_text(path.read_text().replace("# Why is the nearest", "# ## 1 · Late\n# Why is the nearest"))
    assert ["above section 1" in line for line in refusal("a2/ant", course.folder)] == [True, True]


def test_a_reference_to_another_lesson_is_refused_with_the_near_names(course):
    course("lectures/02_see")
    named = ("lectures/02_see:neerest", "lectures/02_sea:nearest", "a2/ant:nearest")
    course("a2/ant", 1, ("# A small", f"# {' '.join(f'{{{{exercise {name}}}}}' for name in named)} A small"))
    first, second = refusal("a2/ant", course.folder)
    assert first.endswith("ant.py:3: {{exercise lectures/02_sea:nearest}}: there is no lesson lectures/02_sea; there is lectures/02_see")
    assert second.endswith("ant.py:3: {{exercise lectures/02_see:neerest}}: lectures/02_see has no exercise neerest; there is nearest")


def test_an_exercise_of_another_lesson_is_named_with_its_lesson(course):
    course("lectures/02_see")
    course("a2/ant", 1, ("# A small", "# Like {{exercise far}}, a small"))
    other = course.folder / "lectures" / "02_see.py"
    other.write_text(other.read_text().replace('="nearest"', '="far"'))
    assert "write {{exercise lectures/02_see:far}} for that of lectures/02_see" in refusal("a2/ant", course.folder)[0]


def test_nobody_types_the_number_of_an_exercise_in_the_course():
    """Learners' editions hang on the code of given cells: one comment there has numbers, and they are true."""
    typed = re.compile(r"[Ee]xercises? \d+\.\d+")
    lines = [line for name in read.names() for line in (read.SOLUTIONS / f"{name}.py").read_text(encoding="utf-8").splitlines()]
    assert [line.partition("#")[2] for line in lines if typed.search(line)] == [" exercises 4.5 and 4.6"]
    exercises = read.load("lectures/04_backpropagation").exercises
    assert (exercises["topological-order"].number, exercises["branch-accumulate"].number) == ("4.5", "4.6")
