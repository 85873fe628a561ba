"""Sources become notebooks: the same bytes every time, nothing of a solution in them, and unchanged ones cost nothing."""

import itertools
import json

import nbformat

from grader.lesson import read
from grader.notebook.pictures import pictures_of
from grader.notebook.texts import target


def test_building_twice_gives_the_same_bytes(built):
    first = built.notebook.read_bytes()
    assert built.grader("build", "--force").returncode == 0
    assert built.notebook.read_bytes() == first


def test_the_release_holds_no_solution_and_no_hidden_test(built):
    text = built.notebook.read_text()
    for secret in ("BEGIN SOLUTION", "HIDDEN", "cdist", "KDTree", "np.sum((X[i]", "argmin", "Model answer", "square root is missing",
                   "Pythagoras"):
        assert secret not in text
    for shown in ("raise NotImplementedError()", 'vc.check(\\"two-loops\\")', "the 3-4-5 triangle"):
        assert shown in text


def test_the_release_is_valid_for_nbgrader(built):
    from nbgrader.nbgraderformat import MetadataValidator

    notebook = nbformat.read(built.notebook, as_version=4)
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)
    cells = {c.metadata.nbgrader.grade_id: c.metadata.nbgrader for c in notebook.cells if "nbgrader" in c.metadata}
    assert {k: (v.grade, v.solution, v.locked, v.get("points")) for k, v in cells.items() if not k.startswith("given-")} == {
        "two-loops": (False, True, False, None), "check-two-loops": (True, False, True, 3),
        "nearest": (False, True, False, None), "check-nearest": (True, False, True, 2), "why-nearest": (True, True, False, 1)}


def test_a_picture_cell_keeps_its_picture_and_its_words(built):
    notebook = nbformat.read(built.notebook, as_version=4)
    (output,) = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    assert output.data["image/png"].startswith("iVBOR")
    assert output.metadata["image/png"]["alt"] == output.data["text/plain"] == "Distances of three pictures"
    assert "widgets" not in notebook.metadata


def test_course_json_holds_numbers_titles_effort_points_and_hints(built):
    course = json.loads((built.root / "visioncourse" / "course.json").read_text())
    assert course["a1/demo"]["title"] == "Distances"
    exercise = course["a1/demo"]["exercises"]["two-loops"]
    assert {key: exercise[key] for key in ("number", "title", "stars", "minutes", "checks")} == {
        "number": "1.1", "title": "Two loops", "stars": 1, "minutes": 5, "checks": {"two-loops": 3}}
    assert len(exercise["hints"]) == 2


def test_unchanged_sources_are_not_built_again(built):
    stamp = built.notebook.stat().st_mtime_ns
    assert "0 built, 1 unchanged" in built.grader("build").stdout
    assert built.notebook.stat().st_mtime_ns == stamp
    built.edit("A small lesson", "A tiny lesson")
    assert "1 built, 0 unchanged" in built.grader("build").stdout


def test_a_notebook_that_somebody_has_worked_in_is_kept(built):
    worked = built.notebook.read_text().replace("raise NotImplementedError()", "return 1  # my night's work")
    built.notebook.write_text(worked)
    done = built.grader("build", "--check")
    assert done.returncode == 1 and "assignments/a1/demo.ipynb: differs" in done.stdout
    assert "0 built, 1 unchanged" in built.grader("build").stdout and built.notebook.read_text() == worked
    built.edit("A small lesson", "A tiny lesson")
    assert "kept assignments/a1/demo.ipynb" in built.grader("build").stdout and built.notebook.read_text() == worked
    (built.root / "build" / "manifest.json").unlink()                                      # as after `make clean`, or in a clone
    assert "1 kept" in built.grader("build").stdout and built.notebook.read_text() == worked
    assert "1 built" in built.grader("build", "--force").stdout
    assert built.grader("build", "--check").returncode == 0


def test_a_notebook_that_has_only_been_run_follows_its_source(built):
    notebook = nbformat.read(built.notebook, as_version=4)
    next(c for c in notebook.cells if c.cell_type == "code").execution_count = 7
    nbformat.write(notebook, built.notebook)
    built.edit("check=\"nearest\" points=2", "check=\"nearest\" points=4")
    assert "1 built" in built.grader("build").stdout
    assert built.grader("build", "--check").returncode == 0


def test_missing_and_superfluous_notebooks_are_named(built):
    mine = built.notebook.with_name("other.ipynb")
    built.notebook.rename(mine)
    done = built.grader("build", "--check")
    assert done.returncode == 1
    assert "assignments/a1/demo.ipynb: is missing" in done.stdout and "assignments/a1/other.ipynb: has no source" in done.stdout
    assert "1 built" in built.grader("build").stdout and mine.is_file()                    # a learner's copy is no business of the build
    built.lesson.rename(built.lesson.with_name("renamed.py"))
    lesson = built.lesson.with_name("renamed.py")
    lesson.write_text(lesson.read_text().replace("a1/demo", "a1/renamed"))
    assert "removed assignments/a1/demo.ipynb" in built.grader("build").stdout and not built.notebook.exists() and mine.is_file()


def test_the_edition_changes_with_the_exercises_and_not_with_the_prose(built):
    def edition():
        assert built.grader("build").returncode == 0
        course = json.loads((built.root / "visioncourse" / "course.json").read_text())
        assert f'edition=\\"{course["a1/demo"]["edition"]}\\")' in built.notebook.read_text()
        return course["a1/demo"]["edition"]
    first = edition()
    built.edit("A small lesson", "A tiny lesson")
    assert edition() == first
    built.edit("the 3-4-5 triangle", "the triangle of sides 3, 4, 5")
    assert edition() != first


def test_the_first_lines_say_what_to_do_without_the_course(built):
    first = next(c for c in nbformat.read(built.notebook, as_version=4).cells if c.cell_type == "code").source
    assert first.startswith("try:\n    import visioncourse.first_aid") and "%pip install -e ../.." in first


def test_a_mistake_writes_nothing_and_exits_non_zero(built):
    before = built.notebook.read_bytes()
    built.edit('# %% check="nearest" points=2', '# %% check="nearest"')
    done = built.grader("build")
    assert done.returncode == 1 and "demo.py:" in done.stdout and "add points=2" in done.stdout and "Traceback" not in done.stderr
    assert built.notebook.read_bytes() == before


def test_a_picture_that_fails_or_has_no_words_is_refused(built):
    built.edit(', title="Distances of three pictures")', ")")
    done = built.grader("build")
    assert done.returncode == 1 and "give the figure a title" in done.stdout


def test_colab_badge_and_install_line_appear_with_the_setting_and_only_then(built):
    assert "colab" not in built.notebook.read_text() and "%pip install -q" not in built.notebook.read_text()
    settings = built.root / "pyproject.toml"
    settings.write_text(settings.read_text().replace('repository = ""', 'repository = "https://github.com/owner/name"'))
    assert built.grader("build").returncode == 0
    notebook = nbformat.read(built.notebook, as_version=4)
    assert "colab.research.google.com/github/owner/name/blob/main/assignments/a1/demo.ipynb" in notebook.cells[0].source
    first = next(c for c in notebook.cells if c.cell_type == "code").source
    assert first.startswith("try:") and first.index('%pip install -q git+https://github.com/owner/name') < first.index("import numpy")


def cells(workshop, name="a1/demo"):
    place = name if name.startswith("lectures/") else f"assignments/{name}"
    return nbformat.read(workshop.root / f"{place}.ipynb", as_version=4).cells


def test_headings_get_their_numbers(built):
    headings = [line for c in cells(built) for line in c.source.splitlines() if line.startswith("### Exercise")]
    assert headings == ["### Exercise 1.1 · Two loops (★☆☆ · 5 minutes)", "### Exercise 1.2 · The nearest (★☆☆ · 5 minutes)"]


def test_the_contents_list_sections_and_exercises_and_what_they_add_up_to(built):
    built.edit("# A small lesson", "# {{contents}}\n#\n# ## 1 · Nothing | yet\n#\n# ## 2 · All of it\n# A small lesson")
    assert built.grader("build").returncode == 0
    assert "\n".join(cells(built)[0].source.splitlines()[1:9]) == (
        "| | Section | Exercises |\n|---|---|---|\n| 1 | Nothing \\| yet | |\n| 2 | All of it | 1.1 Two loops, 1.2 The nearest |\n\n"
        "2 exercises, about 10 minutes of work, 5 points; 1 question to answer in words, 1 point.\n\n## 1 · Nothing | yet")


def test_references_are_numbers_also_in_hints_and_in_questions_and_follow_other_lessons(built):
    lecture = built.root / "solutions" / "lectures" / "02_see.py"
    lecture.parent.mkdir()
    text = built.lesson.read_text().replace("[markdown] part=1", "[markdown]").replace("a1/demo", "lectures/02_see")
    lecture.write_text(text.replace("# A small lesson", "# After {{exercise a1/demo:two-loops}}"))
    built.edit("# A small lesson", "# After {{exercise lectures/02_see:nearest}}, a small lesson")
    built.edit("# What does Pythagoras", "# Before {{exercise nearest}}: what does Pythagoras")
    built.edit("# Give the index", "# As in {{exercise two-loops}}, give the index")
    built.edit("# Why is the nearest", "# After {{exercise nearest}}: why is the nearest")
    built.edit("# **Model answer.**", "# **Model answer.** See {{exercise two-loops}}.")
    assert built.grader("build").returncode == 0
    mine = "\n".join(c.source for c in cells(built))
    for said in ("After exercise 2.2 of lecture 02, a small", "As in exercise 1.1, give", "After exercise 1.2: why"):
        assert said in mine
    assert "After exercise 1.1 of assignment 1" in cells(built, "lectures/02_see")[0].source
    course = json.loads((built.root / "visioncourse" / "course.json").read_text())
    assert course["a1/demo"]["exercises"]["two-loops"]["hints"][0].startswith("Before exercise 1.2: what")
    start, loops, nearest = text.split("# %% [markdown]\n# ### ")
    nearest = nearest.split("# %% [markdown]\n# Why")[0]
    nearest = nearest.replace("model.compute_distances_two_loops(X)", "((X[:, None] - model.X_train) ** 2).sum(-1)")
    lecture.write_text("# %% [markdown]\n# ### ".join([start, nearest, loops]))
    assert "2 built, 0 unchanged" in built.grader("build").stdout                          # the lecture, and what refers to it
    assert "After exercise 2.1 of lecture 02, a small" in cells(built)[0].source
    lecture.write_text(lecture.read_text().replace("# Give the index", "# Please give the index"))
    assert "1 built, 1 unchanged" in built.grader("build").stdout                          # no number has changed
    assert built.grader("build", "--check").returncode == 0


def test_ids_of_cells_do_not_change_with_numbers(built):
    before = [c.id for c in cells(built)]
    built.edit("[markdown] part=1", "[markdown] part=2")
    assert built.grader("build").returncode == 0
    assert [c.id for c in cells(built)] == before and "### Exercise 2.1 · Two loops" in "".join(c.source for c in cells(built))


def test_the_tables_of_readme_follow_the_course(built):
    readme = built.root / "README.md"
    readme.write_text("# Mine\n<!-- course -->\n<!-- /course -->\nbetween\n<!-- marks -->\n<!-- /marks -->\nend\n")
    done = built.grader("build", "--check")
    assert done.returncode == 1 and "README.md: differs" in done.stdout
    assert "0 built, 1 unchanged" in built.grader("build").stdout
    text = readme.read_text()
    assert "| `a1/demo` | Distances | 2 | 5 | 10 |" in text and 'hint="two-loops"' in text and text.startswith("# Mine\n")
    built.edit("Two loops (★☆☆ · 5 minutes)", "Two loops (★★☆ · 15 minutes)")
    assert built.grader("build").returncode == 0 and "| `a1/demo` | Distances | 2 | 5 | 20 |" in readme.read_text()
    assert built.grader("build", "--check").returncode == 0
    readme.write_text("# Mine\n")
    done = built.grader("build")
    assert done.returncode == 1 and "README needs the comments <!-- marks -->" in done.stderr and "Traceback" not in done.stderr


def test_a_workshop_without_readme_gets_none(built):
    assert not (built.root / "README.md").exists()


def test_an_unknown_lesson_is_told(built):
    done = built.grader("build", "a9/nothing")
    assert done.returncode == 1 and "there is no lesson 'a9/nothing'; there are a1/demo" in done.stderr


def test_a_picture_that_the_lessons_own_code_draws_is_the_stored_one_on_a_slow_machine_too(monkeypatch):
    lesson = read.load("lectures/02_image_classification")
    cell = next(c for c in lesson.cells if c.mark == "picture" and "fit=" in c.text)
    clock = itertools.count(0, 1000)                             # between two looks at it a quarter of an hour goes by
    monkeypatch.setattr("visioncourse.widgets.shared.learner.time.perf_counter", lambda: float(next(clock)))
    (drawn,) = pictures_of(lesson, cell)
    released = nbformat.read(target(lesson.name), as_version=4)
    (stored,) = [o for c in released.cells if c.cell_type == "code" and c.source == cell.text for o in c.outputs]
    assert drawn.data["text/plain"] == stored.data["text/plain"]
    assert drawn.data["image/png"] == "".join(stored.data["image/png"]).replace("\n", "")
