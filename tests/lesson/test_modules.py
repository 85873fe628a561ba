"""What a lesson's code reaches of visioncourse is found without running it, and nothing else counts."""

from grader.lesson import modules, read


def reached(*texts):
    return {path.relative_to(modules.PACKAGE).as_posix() for path in modules.course_files(texts)}


def test_a_name_of_the_package_leads_to_its_module_and_what_that_imports():
    assert {"desk/testing.py"} <= reached("vc.assert_close(1, 1, 'one')")
    assert {"solver.py", "optim.py", "layers.py", "live.py"} <= reached("vc.Solver(model, data)")
    assert {"optim.py"} <= reached("from visioncourse.solver import Solver")


def test_a_widget_leads_to_its_own_room_alone():
    found = reached("vc.widgets.KnnBoundary()")
    assert "widgets/knn/picture.py" in found and "widgets/shared/base.py" in found
    assert not any(name.startswith(("widgets/linear", "widgets/saliency")) for name in found)


def test_setting_up_leads_to_no_data_and_to_nothing_that_only_speaks():
    found = reached("import visioncourse as vc\nvc.setup('a1/knn')")
    assert "desk/session.py" in found
    assert not any(name.startswith("data/") or name.endswith(("troubles.py", "coursemap.py", "checking.py")) for name in found)


def test_every_module_that_a_lesson_imports_by_name_is_found():
    for name in read.names():
        texts = [cell.text for cell in read.load(name).cells if cell.kind == "code"]
        found = reached(*texts)
        for text in texts:
            for line in text.splitlines():
                if line.startswith("from visioncourse."):
                    assert line.split()[1].removeprefix("visioncourse.").replace(".", "/") + ".py" in found, (name, line)
