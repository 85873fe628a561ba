"""In the sandbox a notebook runs as in IPython, and what one cell does costs that cell."""

import ast
import os
import time
from contextlib import contextmanager
from pathlib import Path

import nbformat
import numpy as np
import pytest
from grading_class import LESSON, NOTEBOOK, alive, fixture_lessons, notebook, with_cell

from grader.classroom import marking, results
from grader.classroom.pool import Pool
from grader.classroom.results import Store
from grader.classroom.submissions import Submission
from grader.judging import known, verdicts
from grader.judging.run import run_check, variant_names
from grader.judging.transport import Local
from grader.lesson import dependencies, read
from grader.notebook.texts import stub
from grader.sandbox import doctor
from grader.sandbox.host import Warm
from grader.sandbox.limits import Limits
from grader.sandbox.remote import Remote

pytestmark = [pytest.mark.slow,
              pytest.mark.skipif(doctor.best_level()[0] < 1, reason=f"no sandbox here: {doctor.best_level()[1]}")]
LIMITS = Limits(cell=5, call=2, check=20, memory=1 << 30, replays=4)
SETTINGS = results.Settings(11, 2, LIMITS)


@pytest.fixture(scope="module")
def lesson():
    with fixture_lessons() as found:
        yield found


@pytest.fixture(scope="module")
def warm():
    with Warm(doctor.best_level()[0], LIMITS) as made:
        made.preload(["matplotlib.pyplot", "torch"])
        yield made


@pytest.fixture
def worker(warm):
    made = warm.line.spawn()
    yield made
    made.kill()


def run(worker, text, seconds=20):
    cell = worker.execute(text, seconds)
    said = [o.get("text") or o.get("evalue") or o.get("data", {}).get("text/plain", "") for o in cell.outputs]
    return cell, "".join(said)


# ------------------------------------------------------------------------------------------------- IPython

@pytest.mark.parametrize("text, shown", [
    ("1 + 1", "2"), ("x = 3\nx", "3"), ("print('a'); print('b')", "a\nb\n"), ("!echo from a shell", "from a shell\n"),
    ("%%bash\necho from bash", "from bash\n"), ("import os; os.write(1, b'raw')\nNone", "raw"),
    ("import subprocess; subprocess.run(['echo', 'child']); None", "child\n"), ("%timeit -n1 -r1 pass", "loop"), ("%%time\n1", "Wall time"),
    ("import asyncio\nawait asyncio.sleep(0)\n'awaited'", "awaited"), ("%%capture kept\nprint('hidden')", ""),
    ("from IPython.display import HTML, display; display(HTML('<b>x</b>'))", "<IPython.core.display.HTML object>"),
    ("def f(): return 5\nimport inspect; print(inspect.getsource(f))", "def f(): return 5"), ("%matplotlib inline", ""), ("_ = 4; _", "4"),
    ("from multiprocessing import Pool\nwith Pool(2) as p: print(p.map(abs, [-1, -2]))", "[1, 2]"), ("__name__", "'__main__'"),
    ("import sys; print('careful', file=sys.stderr)", "careful"), ("import tempfile; tempfile.TemporaryFile().write(b'ab')", "2"),
    ("import threading; t = threading.Thread(target=print, args=('thread',)); t.start(); t.join()", "thread")])
def test_a_cell_shows_what_it_shows_in_a_notebook(worker, text, shown):
    cell, said = run(worker, text)
    assert cell.ok and shown in said, cell


@pytest.mark.parametrize("text, name", [
    ("1 / 0", "ZeroDivisionError"), ("x = ;", "SyntaxError"), ("input('?')", "StdinNotImplementedError"),
    ("import sys; sys.exit(3)", "SystemExit"), ("undefined", "NameError")])
def test_an_error_is_an_output_and_the_process_goes_on(worker, text, name):
    cell, _ = run(worker, text)
    assert not cell.ok and cell.alive
    assert name in {o.get("ename") for o in cell.outputs}
    assert run(worker, "'alive'")[1] == "'alive'"


def test_a_figure_becomes_a_picture(worker):
    cell, _ = run(worker, "import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()")
    assert any("image/png" in o.get("data", {}) for o in cell.outputs)


def test_a_last_expression_keeps_its_place_among_outputs(worker):
    cell, _ = run(worker, "print('one')\nfrom IPython.display import display\ndisplay(2)\nprint('three')\n4")
    assert [o["output_type"] for o in cell.outputs] == ["stream", "display_data", "stream", "execute_result"]


def test_the_warm_process_knows_no_secret_and_no_source(worker):
    cell, said = run(worker, "import os, sys\nprint(sorted(m for m in sys.modules if m.startswith('grader')))\nprint(sorted(os.environ))")
    for name in ("grader.judging.run", "grader.lesson", "grader.classroom", "VISIONCOURSE_SEED"):
        assert name not in said
    assert run(worker, "import grader.judging.run")[0].ok is False


def test_generators_start_alike_for_the_same_submission_and_differ_between_submissions(warm, lesson):
    def drawn(extra):
        made = notebook()
        draws = "import random, numpy, torch\nprint('drew', random.random(), numpy.random.rand(), float(torch.rand(1)))"
        made.cells.insert(0, nbformat.v4.new_code_cell(draws + extra, id="first"))
        found = marking.mark(warm.line, [lesson], Submission({NOTEBOOK: nbformat.writes(made).encode()}), SETTINGS)
        return [o["text"] for c in found.lessons[LESSON].notebook["cells"] for o in c.get("outputs", []) if "drew" in o.get("text", "")]
    assert drawn("") == drawn("") != drawn("  # another submission") != []


# ------------------------------------------------------------------------------------------------- parity

def test_every_known_answer_has_the_same_verdict_through_the_sandbox_as_in_process(warm, lesson):
    tried = 0
    for exercise in lesson.exercises.values():
        answers = [exercise.solve.text, stub(exercise.solve), *(c.text for c in (*exercise.wrong, *exercise.right))]
        for check in exercise.checks:
            for answer in answers:
                assert _through_sandbox(warm, lesson, exercise, check, answer) == _in_process(lesson, exercise, check, answer), answer
                tried += 1
    assert tried >= 24


COURSE = read.SOLUTIONS


@pytest.mark.parametrize("name", read.names())
def test_a_solution_and_a_mistake_of_each_lesson_cross_the_channel_as_they_do_in_process(warm, name):
    lesson = read.load(name, COURSE)
    exercise = next(iter(lesson.exercises.values()))
    check = exercise.checks[0]
    for answer in (exercise.solve.text, exercise.wrong[0].text):
        inside = run_check(lesson, check, Local(variant_names(lesson, check, {exercise.solve.line: answer}, 5)), 5)
        with _with_answer(warm, lesson, exercise, check, answer) as remote:
            through = run_check(lesson, check, remote, 5)
        assert (through.ok, through.passed, through.total) == (inside.ok, inside.passed, inside.total), (through.error, inside.error)
        assert str(through.error) == str(inside.error) and known.coincide(known.crossings(through), known.crossings(inside))


def _needed(lesson, exercise, check, answer):
    before = [answer if c.line == exercise.solve.line else c.text for c in lesson.cells
              if c.line < check.line and c.kind == "code" and c.mark in ("given", "solve", "", "picture")]
    return dependencies.needed(before, dependencies.free_names(check.text) | {"vc"}, dependencies.imported_names(lesson))


def _in_process(lesson, exercise, check, answer):
    names = variant_names(lesson, check, {exercise.solve.line: answer}, 5)
    return _comparable(verdicts.verdict(lesson, check, Local(names), 5))


def _through_sandbox(warm, lesson, exercise, check, answer):
    with _with_answer(warm, lesson, exercise, check, answer) as remote:
        return _comparable(verdicts.verdict(lesson, check, remote, 5))


@contextmanager
def _with_answer(warm, lesson, exercise, check, answer):
    worker = warm.line.spawn()
    try:
        worker.ask("seed", 5, seconds=10)
        for statement in _needed(lesson, exercise, check, answer).body:
            worker.execute(ast.unparse(statement), 20)
        yield Remote(worker)
    finally:
        worker.kill()


def _comparable(verdict):
    found = verdict.as_dict()
    found["facts"] = [f for f in found["facts"] if not f[1].startswith("line ")]     # places in cells, which differ
    return found


# ------------------------------------------------------------------------------------------------- what goes wrong

ACCIDENTS = {
    "hang": ("while True: pass", "was interrupted"),
    "exit": ("import os; os._exit(3)", "exit code 3"),
    "kill": ("import os, signal, subprocess; os.abort()", ""),
    "memory": ("hog = bytearray(3 << 30)", ""),
    "segfault": ("import ctypes; ctypes.string_at(0)", "segmentation fault"),
    "output": ("for _ in range(200): print('x' * 10**6)", "output cut"),
    "input": ("input()", "does not support input"),
    "system-exit": ("import sys; sys.exit()", ""),
    "deaf": ("import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass", "could not be interrupted"),
    "parent": ("import os; os.kill(os.getppid(), 9)", ""),
}


@pytest.mark.parametrize("name", ACCIDENTS)
def test_an_accident_costs_one_cell(warm, lesson, name):
    text, said = ACCIDENTS[name]
    made = with_cell(notebook(), text, before="distances")
    with_cell(made, "print('before', 1)\nkept = 41", after="softmax")
    with_cell(made, "print('still here', kept + 1)")
    found = marking.mark(warm.line, [lesson], Submission({NOTEBOOK: nbformat.writes(made).encode()}), SETTINGS).lessons[LESSON]
    assert {v.status for v in found.checks.values()} == {"passed"}, found.checks
    shown = [o for c in found.notebook["cells"] for o in c.get("outputs", [])]
    assert any("still here 42" in o.get("text", "") for o in shown)
    assert any(said in (o.get("evalue", "") + o.get("text", "")) for o in shown)


def test_a_call_that_hangs_costs_its_check(warm, lesson):
    made = notebook({"softmax": "def softmax(scores):\n    while True: pass"})
    found = marking.mark(warm.line, [lesson], Submission({NOTEBOOK: nbformat.writes(made).encode()}), SETTINGS).lessons[LESSON]
    assert "longer than 2 s" in found.checks["softmax"].headline
    assert found.checks["distances"].status == found.checks["step"].status == "passed"


def test_a_broken_earlier_exercise_is_replaced_by_the_reference_for_later_ones(warm, lesson):
    made = notebook({"softmax": "def softmax(scores):\n    return scores * 0 + 0.25"})
    submission = Submission({NOTEBOOK: nbformat.writes(made).encode()})
    found = marking.mark(warm.line, [lesson], submission, SETTINGS).lessons[LESSON].checks
    assert found["softmax"].status == "failed" and found["softmax"].points == 0
    assert found["cross-entropy"].points == 2 and "fails only because of that one" in found["cross-entropy"].note
    without = results.Settings(11, 2, LIMITS, follow_through=False)
    assert marking.mark(warm.line, [lesson], submission, without).lessons[LESSON].checks["cross-entropy"].points == 0


def test_an_exercise_that_is_wrong_by_itself_is_not_rescued(warm, lesson):
    made = notebook({"softmax": "def softmax(scores):\n    return scores",
                     "cross-entropy": lesson.exercises["cross-entropy"].wrong[0].text})
    found = marking.mark(warm.line, [lesson], Submission({NOTEBOOK: nbformat.writes(made).encode()}), SETTINGS).lessons[LESSON].checks
    assert found["cross-entropy"].points == 0


@pytest.mark.skipif(os.getuid() != 0, reason="workers become users of their own only as root")
def test_workers_that_live_at_once_are_different_users_and_users_are_used_again(warm):
    first, second, from_elsewhere = warm.line.spawn(), warm.line.spawn(), warm.new_line().spawn()
    users = {run(worker, "import os; print(os.getuid())")[1] for worker in (first, second, from_elsewhere)}
    assert len(users) == 3
    for worker in (first, second, from_elsewhere):
        worker.kill()
    numbers = set()
    for _ in range(6):
        worker = warm.line.spawn()
        numbers.add(run(worker, "import os; print(os.getuid())")[1])
        worker.kill()
    assert len(numbers) < 6


def test_a_line_may_keep_its_workers_to_one_processor(warm):
    mine = sorted(os.sched_getaffinity(0))
    for line, wanted in ((warm.line, mine), (warm.new_line(mine[-1]), mine[-1:])):
        worker = line.spawn()
        assert run(worker, "import os; print(sorted(os.sched_getaffinity(0)))")[1].strip() == str(wanted)
        worker.kill()


def test_judging_processes_keep_to_a_processor_each_only_where_there_is_one_for_each(warm, lesson, tmp_path):
    mine = os.sched_getaffinity(0)
    for count, alone in [(len(mine), True), (len(mine), False), (len(mine) + 1, True)]:
        with Pool(warm, [lesson], SETTINGS, Store(tmp_path), {}, count, alone) as pool:
            kept = [judge.processor for judge in pool._judges]
        assert sorted(kept) == sorted(mine) if alone and count == len(mine) else kept == [None] * count


def test_a_forked_worker_writes_into_pages_of_its_own(warm):
    """The warm process's memory lies in huge pages where the kernel offers them; what one worker writes there no other sees."""
    first, second = warm.line.spawn(), warm.line.spawn()
    assert run(first, "import visioncourse; visioncourse.mark = 1; print(visioncourse.mark)")[1].strip() == "1"
    assert run(second, "import visioncourse; print(hasattr(visioncourse, 'mark'))")[1].strip() == "False"
    for worker in (first, second):
        worker.kill()


def test_killing_the_warm_process_ends_its_workers(lesson):
    with Warm(doctor.best_level()[0], LIMITS) as warm:
        worker = warm.line.spawn()
        assert run(worker, "1")[0].ok
        family = [int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit() and _parent(p) == warm.process.pid]
        assert family
        warm.process.kill()
        warm.process.wait()
        deadline = time.monotonic() + 20
        while any(map(alive, family)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not any(map(alive, family))


def _parent(process):
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


# --------------------------------------------------------------------------- what a notebook breaks, and whoever starts us

BROKEN = {"default_rng": "import numpy as np\nnp.random.default_rng = None", "Generator": "import numpy as np\nnp.random.Generator = None",
          "frombuffer": "import numpy as np\nnp.frombuffer = np.ascontiguousarray = np.asarray = np.array = np.empty = np.ndarray = None",
          "dtype": "import numpy as np\nnp.dtype = np.generic = np.uint8 = np.uint32 = None",
          "msgpack": "import msgpack, struct\nmsgpack.packb = msgpack.unpackb = struct.pack = struct.Struct = None",
          "time": "import time, socket, os, math, copy, random\ntime.monotonic = os.fstat = math.prod = copy.deepcopy = random.seed = None",
          "torch": "import torch\ntorch.Tensor = torch.Generator = torch.Size = torch.device = torch.dtype = None",
          "modules": "import sys\nsys.modules = {}",
          "importlib": "import importlib, itertools\nimportlib.import_module = itertools.islice = None"}


@pytest.mark.parametrize("what", BROKEN)
def test_a_worker_answers_with_what_it_knew_before_the_notebook_ran(worker, what):
    assert run(worker, BROKEN[what] + "\ndef draw(rng, x): return rng.normal() * 0 + x\ndef keep(x): return x")[0].ok
    there = Remote(worker)
    if what not in ("frombuffer", "dtype"):            # without these NumPy itself makes no generator
        value, changed = there.call(there.get("draw"), [np.random.default_rng(0), np.arange(3.0)], {})
        assert np.array_equal(value, np.arange(3.0)) and set(changed) == {0}
    assert np.array_equal(there.call(there.get("keep"), [np.arange(3.0)], {})[0], np.arange(3.0))
    assert run(worker, "1 + 1")[1] == "2" and not worker.tampering


def test_a_worker_that_cannot_read_a_request_says_so_and_lives(worker):
    assert run(worker, "import torch, numpy.random as r\ntorch.from_numpy = None\ndef same(x): return x")[0].ok
    import torch

    there = Remote(worker)
    with pytest.raises(Exception, match="tensor"):
        there.call(there.get("same"), [torch.ones(2)], {})
    assert there.call(there.get("same"), [3], {})[0] == 3 and run(worker, "1 + 1")[1] == "2" and not worker.tampering


def test_a_grader_that_hides_its_files_from_others_has_workers_all_the_same():
    before = os.umask(0o077)
    try:
        with Warm(doctor.best_level()[0], LIMITS) as warm:
            worker = warm.line.spawn()
            assert run(worker, "import numpy as np; open('x', 'w').write('y'); open('x').read()")[1] == "'y'"
            there = Remote(worker)
            assert run(worker, "def f(x): return 2 * x")[0].ok and there.call(there.get("f"), [3], {})[0] == 6
            worker.kill()
    finally:
        os.umask(before)
