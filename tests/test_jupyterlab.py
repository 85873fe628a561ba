"""A learner's session in JupyterLab, in a real browser: a mistake, its diagnosis, the cure, the widgets, whole lectures."""

import pytest
from in_jupyterlab import Notebook
from workshop import SHOTS

from grader.lesson import read
from grader.lesson.cells import without_marks
from grader.notebook import build

LECTURE = "lectures/02_image_classification"


@pytest.fixture
def opened(lab, browser):
    """opened(lesson) opens a lecture; afterwards no script may have failed."""
    wrong, contexts = [], []

    def opened(name: str) -> Notebook:
        contexts.append(browser.new_context(viewport={"width": 1400, "height": 1000}))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"{lab}{name}.ipynb?reset&token=secret")
        page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.content?.widgets?.length > 10", timeout=120_000)
        notebook = Notebook(page)
        notebook.idle()
        SHOTS.mkdir(parents=True, exist_ok=True)
        return notebook

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


def ids(lesson, text: str) -> list[str]:
    """Ids of the released cells that hold a text."""
    return [c["id"] for c in build.instructor_notebook(lesson, pictures=False).cells if text in c.source]


@pytest.mark.slow
def test_a_learner_errs_reads_and_mends(opened):
    lesson = read.load(LECTURE)
    notebook = opened(LECTURE)
    notebook.go_to(ids(lesson, "vc.setup(")[0])
    notebook.run()
    assert "Not attempted" in notebook.verdict("check-l2-distance")
    exercise = lesson.exercises["l2-distance"]
    notebook.type_over("l2-distance", next(c for c in exercise.wrong if "square root" in c.why).text)
    said = notebook.verdict("check-l2-distance")
    assert "Not yet" in said and "forgot the square root" in said and "Traceback" not in said
    notebook.page.screenshot(path=SHOTS / "lecture02_diagnosis.png")
    notebook.type_over("l2-distance", without_marks(exercise.solve))
    assert "Passed" in notebook.verdict("check-l2-distance")
    notebook.page.screenshot(path=SHOTS / "lecture02_passed.png")


@pytest.mark.slow
def test_the_first_five_minutes(opened):
    """A beginner on the start page: looks, fails, takes a hint, mends, sees the map change, and follows it."""
    name = "lectures/00_start_here"
    lesson = read.load(name)
    notebook = opened(name)
    page = notebook.page
    assert page.get_by_text("Jupyter news").count() == 0 and page.get_by_text("Create Assignment").count() == 0
    assert "Nbgrader" not in page.locator(".lm-MenuBar").inner_text()
    for text in ("vc.setup(", "vc.doctor("):
        cell = notebook.go_to(ids(lesson, text)[0])
        notebook.run()
    assert cell.locator("tr[data-subject=packages]").inner_text().split()[:2] == ["\N{CHECK MARK}", "fine"]
    map_id = ids(lesson, "vc.progress()")[0]
    cell = notebook.go_to(map_id)
    notebook.run()
    assert cell.locator(f"li[data-lesson='{name}']").get_attribute("data-state") == "not begun"
    notebook.type_over("mirror", lesson.exercises["mirror"].wrong[0].text)
    assert "upside down" in notebook.verdict("check-mirror")
    page.screenshot(path=SHOTS / "start_failed.png")
    cell = notebook.go_to(ids(lesson, 'vc.hint("mirror")')[0])
    notebook.run()
    cell.get_by_text("Hint 1 of 3").wait_for()
    notebook.type_over("mirror", without_marks(lesson.exercises["mirror"].solve))
    assert "Passed" in notebook.verdict("check-mirror")
    cell = notebook.go_to(map_id)
    notebook.run()
    cell.locator(f"li[data-lesson='{name}'][data-state=done]").wait_for()
    assert "go on here" in cell.locator("li[aria-current=step]").inner_text()
    cell.locator("summary").first.click()
    assert "0.1 Mirror\n★☆☆ 1 minute, 1 of 1 points" in cell.locator("details[open]").inner_text()
    page.screenshot(path=SHOTS / "start_map.png")
    onward = cell.locator("li[aria-current=step]").get_attribute("data-lesson")      # 01, or what another test has begun
    assert onward.startswith("lectures/") and onward != name
    cell.locator("a").first.click()
    page.wait_for_function("path => window.jupyterapp.shell.currentWidget.context.path === path", arg=f"{onward}.ipynb")


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n in read.names() if n.startswith("lectures/")])
def test_a_lecture_runs_from_top_to_bottom_and_its_widgets_answer(name, opened):
    lesson = read.load(name)
    notebook = opened(name)
    page = notebook.page
    answers = {n: without_marks(e.solve) for n, e in lesson.exercises.items()}
    page.evaluate(
        """answers => { for (const cell of window.jupyterapp.shell.currentWidget.content.widgets)
            if (answers[cell.model.id] !== undefined) cell.model.sharedModel.setSource(answers[cell.model.id]); }""", answers)
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    notebook.idle()
    outcome = page.evaluate(
        """() => { const found = {errors: [], passed: []};
            for (const cell of window.jupyterapp.shell.currentWidget.content.widgets) if (cell.model.type === 'code')
                for (const output of cell.model.outputs.toJSON()) {
                    if (output.output_type === 'error') found.errors.push(output.evalue);
                    const html = [].concat((output.data || {})['text/html'] || '').join('');
                    const check = html.match(/data-status='(\\w+)' data-check='([^']+)'/);
                    if (check && check[1] === 'passed') found.passed.push(check[2]); }
            return found; }""")
    assert outcome["errors"] == []
    assert set(outcome["passed"]) == {c.name for c in lesson.cells if c.mark == "check"}
    widgets = ids(lesson, "vc.widgets.")
    assert widgets
    count = page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.length")
    for number, cell_id in enumerate(widgets):
        cell = notebook.go_to(cell_id)
        cell.locator(".vc canvas").first.wait_for()
        cell.locator(".vc :is(button, input, [tabindex='0'])").first.focus()
        for key in ("ArrowRight", "n", "d", "d"):      # d d deletes a cell, if a key reaches the notebook
            page.keyboard.press(key)
        page.wait_for_timeout(300)
        page.screenshot(path=SHOTS / f"{name[9:11]}_widget_{number + 1}.png")
    assert page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.length") == count, "a key reached the notebook"


@pytest.mark.slow
def test_a_dragged_point_redraws_the_regions_with_the_learners_own_code(opened):
    lesson = read.load(LECTURE)
    notebook = opened(LECTURE)
    page = notebook.page
    (cell_id,) = ids(lesson, "fit=my_fit")
    needed = [ids(lesson, text)[0] for text in ("vc.setup(", "def three_clouds", "def my_fit")]
    helper = ids(lesson, "def knn_predict")[0]
    notebook.go_to(needed[0])
    notebook.run()
    for solved in ("nearest-neighbor", "majority-vote"):
        notebook.type_over(solved, without_marks(lesson.exercises[solved].solve))
    for other in (needed[1], helper, needed[2], cell_id):
        notebook.go_to(other)
        notebook.run()
    cell = notebook.go_to(cell_id)
    canvas = cell.locator(".vc-plane")
    cell.locator(".vc[data-drawn]").wait_for()
    root = cell.locator(".vc").element_handle()
    box = canvas.bounding_box()
    across, down = ((lambda share: box["x"] + box["width"] * share), (lambda share: box["y"] + box["height"] * share))

    def after(drag):
        """Make a gesture, and wait for the regions that Python draws once hands let go."""
        drawn, before = int(root.get_attribute("data-drawn")), canvas.evaluate("c => c.toDataURL()")
        drag()
        page.wait_for_function("([root, n]) => +root.dataset.drawn > n", arg=[root, drawn])
        notebook.idle()
        assert canvas.evaluate("c => c.toDataURL()") != before

    def drag(start, end):
        page.mouse.move(across(start[0]), down(start[1]))
        page.mouse.down()
        page.mouse.move(across(end[0]), down(end[1]), steps=8)
        page.mouse.up()

    def counts():
        return [int(n) for n in cell.locator(".vc button small").all_inner_texts()][:3]

    assert counts() == [20, 20, 20]
    after(lambda: drag((0.12, 0.12), (0.9, 0.9)))      # a press on an empty place adds a point, and the hand takes it along
    assert counts() == [21, 20, 20]
    after(lambda: drag((0.9, 0.9), (0.1, 0.1)))        # and now it is a point that can be dragged
    assert counts() == [21, 20, 20]
    cell.locator("input[type=range]").focus()
    after(lambda: page.keyboard.press("Home"))         # k = 1: the lonely circle has a region of its own, beside its mark
    red, _, blue, _ = canvas.evaluate("c => [...c.getContext('2d').getImageData(c.width * 0.15, c.height * 0.1, 1, 1).data]")
    assert blue > red, "the circle's region is not drawn where red triangles ruled"
    page.screenshot(path=SHOTS / "lecture02_widget.png")
