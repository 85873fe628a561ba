"""An exercise runs from the statements it depends on, and from no others."""

import ast

from grader.lesson import dependencies


def kept(cells, wanted, modules=()):
    return ast.unparse(dependencies.needed(cells, wanted, modules)).splitlines()


def test_only_what_a_name_depends_on_is_kept_in_order():
    assert kept(["a = 1", "b = 2", "c = a + 1", "print(b)"], {"c"}) == ["a = 1", "c = a + 1"]


def test_changes_by_method_attribute_item_and_decorator_are_kept():
    cells = ["class K: pass", "k = K()", "k.x = 1", "k.fit(3)", "k.y[0] = 2", "@vc.add_to(K)\ndef f(self): pass", "other = 1"]
    text = "\n".join(kept(cells, {"k"}))
    assert all(part in text for part in ("class K", "k.x = 1", "k.fit(3)", "k.y[0] = 2", "def f")) and "other" not in text


def test_calls_of_modules_are_no_changes_but_seeding_is():
    cells = ["import numpy as np", "np.random.seed(0)", "np.set_printoptions()", "x = np.random.rand(3)"]
    assert kept(cells, {"x"}, {"np"}) == ["import numpy as np", "np.random.seed(0)", "x = np.random.rand(3)"]


def test_a_function_parameter_is_not_the_global_of_that_name():
    assert kept(["X = load()", "def f(X):\n    return X"], {"f"}) == ["def f(X):", "    return X"]


def test_a_global_read_inside_a_function_is_needed():
    assert kept(["scale = 2", "def f(x):\n    return scale * x"], {"f"})[0] == "scale = 2"


def test_free_names_leave_out_builtins_and_own_names():
    assert dependencies.free_names("y = len(x)\nz = y") == {"x"}


def test_magics_are_no_syntax_errors():
    assert dependencies.free_names("%timeit f()\n!ls\ny = x") == {"x"}


def test_names_that_a_loop_binds_are_its_own():
    assert dependencies.free_names("for i in range(n):\n    a = i\n    b = a") == {"n"}
    assert dependencies.free_names("x = x + 1") == {"x"}


def test_names_inside_beside_are_read():
    assert dependencies.free_names("y = vc.beside('model(x).sum() + other', x=1)") == {"vc", "model", "other"}
