"""A whole class: recorded as stock nbgrader would, resumed after a crash, repeated without doing anything twice."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from grading_class import ASSIGNMENT, FULL, SOLUTIONS, cell_of, fixture_lessons, hand_in, make_course, notebook, result_of, scores

from grader.classroom import assignment, course_folder, grade, report, results
from grader.lesson import read
from grader.sandbox import doctor
from grader.sandbox.limits import Limits

pytestmark = [pytest.mark.slow,
              pytest.mark.skipif(doctor.best_level()[0] < 1, reason=f"no sandbox here: {doctor.best_level()[1]}")]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def lesson():
    with fixture_lessons() as found:
        yield found


@pytest.fixture(scope="module")
def empty_course(tmp_path_factory, lesson):
    return make_course(tmp_path_factory.mktemp("made") / "class")


@pytest.fixture
def folder(tmp_path, empty_course):
    """A course folder with the assignment and nobody in it."""
    made = tmp_path / "class"
    shutil.copytree(empty_course, made)
    return made


def honest(lesson, folder):
    """Work as people hand it in: right, half done, wrong in known ways, with output on stderr."""
    wrong = {name: e.wrong[0].text for name, e in lesson.exercises.items()}
    hand_in(folder, "ann", notebook())
    hand_in(folder, "bob", notebook({"softmax": wrong["softmax"], "step": wrong["step"]}))
    hand_in(folder, "cem", notebook(solved=False))
    hand_in(folder, "dan", notebook({"distances": "import warnings\ndef distances(a, b):\n    warnings.warn('careful')\n"
                                                  "    return np.linalg.norm(a[:, None] - b[None], axis=-1)"}))
    made = notebook({"step": wrong["step"]})
    cell_of(made, "why-minus").source = "Because downhill."
    hand_in(folder, "eve", made)


def rows(folder):
    """What the gradebook says of every grade and comment."""
    with contextlib.closing(sqlite3.connect(folder / "gradebook.db")) as base:
        return sorted(base.execute("""select submitted_assignment.student_id, base_cell.name, grade.auto_score, grade.manual_score,
                grade.extra_credit, grade.needs_manual_grade
            from grade join base_cell on grade.cell_id = base_cell.id join submitted_notebook on grade.notebook_id = submitted_notebook.id
            join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id""").fetchall(), key=str), \
            sorted(base.execute("select base_cell.name, comment.auto_comment "
                                "from comment join base_cell on comment.cell_id = base_cell.id").fetchall(), key=str)


def test_honest_work_is_recorded_as_stock_nbgrader_records_it(lesson, folder, tmp_path):
    honest(lesson, folder)
    stock = tmp_path / "stock"
    shutil.copytree(folder, stock)
    done = grade.grade(folder, ASSIGNMENT, jobs=2, follow_through=False)
    assert (done.executed, done.recorded, done.problems) == (5, 5, [])
    ran = subprocess.run([sys.executable, "-m", "nbgrader", "autograde", ASSIGNMENT], cwd=stock, capture_output=True, text=True,
                         env={**os.environ, "IPYTHONDIR": str(tmp_path), "OMP_NUM_THREADS": "1"}, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert rows(folder) == rows(stock)
    assert scores(folder)["ann"] == FULL and scores(folder)["bob"]["check-distances"] == 3


def test_what_is_unchanged_is_neither_executed_nor_recorded_again_and_what_changed_is(lesson, folder):
    honest(lesson, folder)
    first = grade.grade(folder, ASSIGNMENT, jobs=2)
    before = rows(folder)
    second = grade.grade(folder, ASSIGNMENT, jobs=2)
    assert (first.executed, second.executed, second.unchanged, second.recorded) == (5, 0, 5, 0)
    assert rows(folder) == before
    hand_in(folder, "cem", notebook())
    third = grade.grade(folder, ASSIGNMENT, jobs=2)
    # The same files as ann's: there is a result already, which is recorded for cem too.
    assert (third.executed, third.recorded) == (0, 1) and scores(folder)["cem"] == FULL
    with contextlib.closing(sqlite3.connect(folder / "gradebook.db")) as base:
        base.execute("update grade set manual_score = 1 where id in (select id from grade limit 1)")
        base.commit()
    hand_in(folder, "dan", notebook(solved=False))
    assert grade.grade(folder, ASSIGNMENT, jobs=2).recorded == 1
    assert [r[3] for r in rows(folder)[0] if r[3] is not None] == [1.0]


def test_a_second_run_from_nothing_gives_the_same_results_to_the_last_bit(lesson, folder):
    honest(lesson, folder)
    grade.grade(folder, ASSIGNMENT, jobs=2)
    first = _everything(folder)
    shutil.rmtree(folder / "grading")
    grade.grade(folder, ASSIGNMENT, jobs=1)
    assert _everything(folder) == first and len(first) == 5


def _everything(folder):
    found = {}
    for path in (folder / "grading" / ASSIGNMENT / "results").glob("??/*.json"):
        result = json.loads(path.read_text())
        for lesson in result["lessons"].values():
            assert lesson.pop("seconds") >= 0
        found[path.stem] = json.dumps(result)
    return found


RUN = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from grading_class import fixture_lessons
from grader.classroom import grade
with fixture_lessons():
    print(grade.grade(Path({folder!r}), "a9", jobs=2))
"""


def _started(folder):
    text = RUN.format(tests=str(Path(__file__).parents[1]), folder=str(folder))
    return subprocess.Popen([sys.executable, "-c", text], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                            env={**os.environ, "OMP_NUM_THREADS": "1"})


def _crowd(folder, count=24):
    for n in range(count):
        made = notebook() if n % 3 else notebook(solved=False)
        made.cells[0].source += f"\n\nThis is number {n}."
        hand_in(folder, f"s{n:02d}", made)
    return {f"s{n:02d}": dict(FULL) if n % 3 else dict.fromkeys(FULL, 0.0) for n in range(count)}


@pytest.mark.parametrize("after", [1, 6, 12])
def test_killed_at_any_moment_and_started_again_nothing_is_lost_or_done_twice(lesson, folder, after):
    wanted = _crowd(folder)
    kept = folder / "grading" / ASSIGNMENT / "results"
    with _started(folder) as run:
        while len(list(kept.glob("??/*.json"))) < after and run.poll() is None:
            time.sleep(0.01)
        os.kill(run.pid, signal.SIGKILL)
    _wait_until_nothing_is_left()
    had = len(list(kept.glob("??/*.json")))
    assert after <= had
    done = grade.grade(folder, ASSIGNMENT, jobs=2)
    assert done.executed == len(wanted) - had and done.problems == []
    assert scores(folder) == wanted
    with contextlib.closing(sqlite3.connect(folder / "gradebook.db")) as base:
        assert base.execute("pragma integrity_check").fetchone() == ("ok",)
        assert base.execute("select count(*), count(distinct student_id) from submitted_assignment").fetchone() == (24, 24)


def _wait_until_nothing_is_left():
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        left = [p for p in Path("/proc").iterdir() if p.name.isdigit() and _is_ours(p)]
        if not left:
            return
        time.sleep(0.05)
    raise AssertionError(f"left behind: {left}")


def _is_ours(process):
    try:
        return os.getpid() != int(process.name) and process.stat().st_uid in range(61_000, 65_100)
    except OSError:
        return False


def test_a_judging_process_that_is_killed_costs_nothing(lesson, folder):
    wanted = _crowd(folder, 12)
    kept = folder / "grading" / ASSIGNMENT / "results"
    with _started(folder) as run:
        while len(list(kept.glob("??/*.json"))) < 2 and run.poll() is None:
            time.sleep(0.01)
        judges = [int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit() and _parent(p) == run.pid
                  and b"sandbox.warm" not in _command(p)]
        assert judges
        os.kill(judges[0], signal.SIGKILL)
        assert run.wait(120) == 0, run.stderr.read()[-2000:]
    assert scores(folder) == wanted


def _parent(process):
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _command(process):
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def test_shards_on_several_machines_are_merged_by_copying(lesson, folder, tmp_path):
    wanted = _crowd(folder, 9)
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    one = grade.grade(folder, ASSIGNMENT, shard="1/2", jobs=1)
    two = grade.grade(other, ASSIGNMENT, shard="2/2", jobs=1)
    assert one.executed + two.executed == 9 and one.executed and two.executed and one.recorded == two.recorded == 0
    shutil.copytree(other / "grading" / ASSIGNMENT / "results", folder / "grading" / ASSIGNMENT / "results", dirs_exist_ok=True)
    done = grade.grade(folder, ASSIGNMENT, jobs=1)
    assert (done.executed, done.recorded) == (0, 9) and scores(folder) == wanted


def test_a_dask_cluster_gives_the_same_and_survives_the_death_of_a_worker(lesson, folder, tmp_path):
    pytest.importorskip("distributed")
    wanted = _crowd(folder, 16)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "DASK_DISTRIBUTED__WORKER__DAEMON": "False"}
    with contextlib.ExitStack() as stack:
        def start(*command):
            process = subprocess.Popen([sys.executable, "-m", "distributed.cli." + command[0], *command[1:]], env=environment, cwd=tmp_path,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        file = tmp_path / "scheduler.json"
        start("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
        workers = [start("dask_worker", "--scheduler-file", str(file), "--nthreads", "1", "--no-nanny", "--no-dashboard") for _ in range(2)]
        deadline = time.monotonic() + 60
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        address = json.loads(file.read_text())["address"]
        kept = folder / "grading" / ASSIGNMENT / "results"

        def kill_one():
            while len(list(kept.glob("??/*.json"))) < 3:
                time.sleep(0.02)
            workers[0].kill()
        killer = threading.Thread(target=kill_one, daemon=True)
        killer.start()
        done = grade.grade(folder, ASSIGNMENT, cluster=address)
        assert done.problems == []
        killer.join(30)
        assert workers[0].poll() is not None
    assert done.problems == [] and done.executed == 16 and scores(folder) == wanted
    assert result_of(folder, "s01")["level"] == doctor.best_level()[0]


# --------------------------------------------------------------------------------------------------- bad input

def test_a_missing_assignment_and_a_missing_course_say_what_there_is(lesson, folder, tmp_path):
    with pytest.raises(ValueError, match="no assignment 'a7'; there are a9"):
        grade.grade(folder, "a7")
    with pytest.raises(ValueError, match="is no course folder"):
        grade.grade(tmp_path, ASSIGNMENT)


def test_an_empty_class_says_where_submissions_belong(folder):
    with pytest.raises(ValueError, match="nobody has handed in a9: there is no folder .*submitted/STUDENT/a9"):
        grade.grade(folder, ASSIGNMENT)


@pytest.mark.parametrize("shard", ["0/3", "4/3", "x", "1/", "1/0"])
def test_a_shard_that_is_none_is_refused(lesson, folder, shard):
    hand_in(folder, "ann", notebook())
    with pytest.raises(ValueError, match="write it as 2/5"):
        grade.grade(folder, ASSIGNMENT, shard=shard)


def test_a_student_outside_the_roster_is_graded_and_named(lesson, folder):
    api = course_folder.api_of(folder)
    with api.gradebook as book:
        book.update_or_create_student("ann")
    hand_in(folder, "ann", notebook())
    hand_in(folder, "zoe", notebook(solved=False))
    done = grade.grade(folder, ASSIGNMENT, jobs=1)
    assert done.problems == ["not in the roster, graded all the same: zoe"] and set(scores(folder)) == {"ann", "zoe"}


def test_submissions_that_cannot_be_read_stop_nobody(lesson, folder):
    hand_in(folder, "ann", notebook())
    hand_in(folder, "bad", b"{")
    hand_in(folder, "gone", None)
    hand_in(folder, "late", notebook(), {"timestamp.txt": b"yesterday-ish"})
    done = grade.grade(folder, ASSIGNMENT, jobs=1)
    assert done.recorded == 4 and scores(folder)["ann"] == scores(folder)["late"] == FULL
    assert scores(folder)["bad"] == dict.fromkeys(FULL, 0.0) == scores(folder)["gone"]
    told = " ".join(done.problems)
    assert "bad: nothing to grade: practice.ipynb is not a notebook" in told
    assert "gone: nothing to grade" in told and "holds no time" in told


def test_names_that_look_like_patterns_are_names(lesson, folder, tmp_path):
    odd = ["a[1]", "*", "b?", "c{0}", "[!x]", "x y", "-f", "ünal"]
    for name in odd:
        hand_in(folder, name, notebook(), {"data[1].txt": b"1"})
    hand_in(folder, "a1", notebook(solved=False))
    elsewhere = tmp_path / "course [2026]"
    folder.rename(elsewhere)
    done = grade.grade(elsewhere, ASSIGNMENT, jobs=1)
    assert done.recorded == len(odd) + 1
    assert scores(elsewhere) == {"a1": dict.fromkeys(FULL, 0.0), **dict.fromkeys(odd, FULL)}
    told = "\n".join(done.problems)
    for name in ("a[1]", "*", "b?", "[!x]"):
        assert f"\n{name}: graded and recorded; nbgrader's own commands" in told
    assert "course [2026] before you use them" in told and "x y:" not in told
    left = {p.name for p in (elsewhere / "autograded" / "a[1]" / ASSIGNMENT).iterdir()}
    assert "practice.ipynb" in left and report.write(elsewhere, ASSIGNMENT).is_file()
    assert grade.grade(elsewhere, ASSIGNMENT, jobs=1).recorded == 0
    with pytest.raises(ValueError, match=r"for a pattern; choose a folder without them"):
        course_folder.make(tmp_path / "new [1]")


def test_names_that_are_no_text_are_told_and_stop_nobody(lesson, folder):
    for name in (os.fsdecode(b"m\xfcller"), "two\nlines", "ann"):
        hand_in(folder, name, notebook())
    done = grade.grade(folder, ASSIGNMENT, jobs=1)
    assert scores(folder) == {"ann": FULL}
    assert sorted(line.partition(": not graded: the folder's name is no plain text")[0] for line in done.problems) == \
        ["m\\udcfcller", "two\\nlines"]


@pytest.mark.parametrize("text, said", [
    (b"0001-01-01 00:00:00 +1400", "holds no time"), (b"9999-12-31 23:59:59 -1400", "holds no time"),
    (b"9999-12-31 23:59:59 UTC", "at which nothing can have been handed in"), (b"0001-01-02 00:00:00 UTC", "at which nothing"),
    (b"2026-01-01 00:00:00 +9999999999", "holds no time"), (b"\xff\x00" * 100, "holds no time"), (b"", "holds no time")])
def test_a_timestamp_that_is_none_is_ignored_and_said(lesson, folder, text, said):
    with course_folder.api_of(folder).gradebook as book:
        book.update_or_create_assignment(ASSIGNMENT, duedate="2025-01-01 00:00:00 UTC")
    hand_in(folder, "late", notebook(), {"timestamp.txt": text})
    summary = grade.Summary()
    assert grade._timestamp(assignment.open_assignment(folder, ASSIGNMENT), "late", summary) == ""
    (line,) = summary.problems
    assert line.startswith("late: timestamp.txt ") and said in line and "ignored" in line


@pytest.mark.parametrize("text", ["2026-01-01 00:00:00", "2026-01-01 00:00:00 Nowhere"])
def test_a_timestamp_without_a_zone_is_read_as_nbgrader_reads_it_and_said(lesson, folder, text):
    hand_in(folder, "late", notebook(), {"timestamp.txt": text.encode()})
    summary = grade.Summary()
    assert grade._timestamp(assignment.open_assignment(folder, ASSIGNMENT), "late", summary) == text
    assert "read as UTC" in summary.problems[0]


def test_timestamps_of_every_kind_stop_nobody(lesson, folder):
    with course_folder.api_of(folder).gradebook as book:
        book.update_or_create_assignment(ASSIGNMENT, duedate="2025-01-01 00:00:00 UTC")
    for name, text in {"early": "0001-01-01 00:00:00 +1400", "far": "9999-12-31 23:59:59 -1400", "bare": "2026-01-01 00:00:00",
                       "right": "2026-01-01 00:00:00.5 UTC", "iso": "2026-01-01T10:00:00+02:00"}.items():
        hand_in(folder, name, notebook(), {"timestamp.txt": text.encode()})
    (hand_in(folder, "folder", notebook()) / "timestamp.txt").mkdir()
    done = grade.grade(folder, ASSIGNMENT, jobs=1)
    assert scores(folder) == dict.fromkeys(("early", "far", "bare", "right", "iso", "folder"), FULL)
    assert sorted(line.partition(":")[0] for line in done.problems) == ["bare", "early", "far", "folder"]
    with course_folder.api_of(folder).gradebook as book:
        when = {s.student_id: str(s.timestamp) for s in book.find_assignment(ASSIGNMENT).submissions}
    assert when == {**dict.fromkeys(("early", "far", "folder"), "None"), "bare": "2026-01-01 00:00:00",
                    "right": "2026-01-01 00:00:00.500000", "iso": "2026-01-01 08:00:00"}


def test_damaged_results_are_made_again_and_left_out_of_the_report(lesson, folder):
    names = ["half", "empty", "folder", "list", "bytes", "whole"]
    for n, name in enumerate(names):
        made = notebook() if n % 2 else notebook(solved=False)
        made.cells[0].source += name
        hand_in(folder, name, made)
    assert grade.grade(folder, ASSIGNMENT, jobs=2).recorded == len(names)
    before = rows(folder)
    paths = {name: folder / "grading" / ASSIGNMENT / "results" / key[:2] / f"{key}.json"
             for name in names if (key := json.loads((folder / "grading" / ASSIGNMENT / "recorded" / f"{name}.json").read_text())["key"])}
    for name, text in {"half": b'{"half', "empty": b"", "list": b"[" * 100_000, "bytes": b"\xff"}.items():
        paths[name].write_bytes(text)
    paths["folder"].unlink()
    paths["folder"].mkdir()
    page = report.write(folder, ASSIGNMENT).read_text()
    assert "1 submissions" in page and "Left out of this page" in page
    assert all(f"<td>{name}</td>" in page.partition("Left out of this page")[2] for name in names[:-1])
    again = grade.grade(folder, ASSIGNMENT, jobs=2)
    assert (again.executed, again.unchanged, again.problems) == (5, 1, []) and rows(folder) == before
    page = report.write(folder, ASSIGNMENT).read_text()
    assert "6 submissions" in page and "Left out" not in page


def test_a_locked_gradebook_is_explained_and_the_next_run_goes_on(lesson, folder):
    hand_in(folder, "ann", notebook())
    with contextlib.closing(sqlite3.connect(folder / "gradebook.db", isolation_level=None)) as base:
        base.execute("begin exclusive")
        with pytest.raises(ValueError, match="is locked by another program.*Nothing is lost"):
            grade.grade(folder, ASSIGNMENT, jobs=1)
    assert grade.grade(folder, ASSIGNMENT, jobs=1).recorded == 1 and scores(folder)["ann"] == FULL


def test_a_full_disk_is_explained_and_the_next_run_goes_on(lesson, folder, tmp_path):
    if os.getuid() != 0:
        pytest.skip("mounting a small disk takes root")
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1500k", "small", str(disk)], capture_output=True, check=False).returncode:
        pytest.skip("this container may not mount")
    try:
        small = disk / "class"
        shutil.copytree(folder, small)
        wanted = _crowd(small, 10)
        filler = disk / "filler"
        left = shutil.disk_usage(disk).free
        filler.write_bytes(b"x" * max(0, left - 150_000))
        with pytest.raises(ValueError, match="disk .*is full.*Nothing is lost|Nothing is lost"):
            grade.grade(small, ASSIGNMENT, jobs=1)
        filler.unlink()
        done = grade.grade(small, ASSIGNMENT, jobs=1)
        assert done.problems == [] and scores(small) == wanted
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)


def test_two_graders_of_one_assignment_do_not_meet(lesson, folder):
    hand_in(folder, "ann", notebook())
    place = folder / "grading" / ASSIGNMENT
    place.mkdir(parents=True)
    with (place / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(ValueError, match="is being graded by another process"):
            grade.grade(folder, ASSIGNMENT)


def test_where_the_reference_itself_does_not_run_nobody_is_graded(lesson, folder, tmp_path, monkeypatch):
    solutions = tmp_path / "solutions"
    shutil.copytree(read.SOLUTIONS, solutions)
    practice = solutions / "a9" / "practice.py"
    practice.write_text(practice.read_text().replace("import torch\n", "import torch\nimport no_such_package\n", 1))
    monkeypatch.setattr(read, "SOLUTIONS", solutions)
    hand_in(folder, "ann", notebook())
    with pytest.raises(ValueError, match="nobody was graded.*a9/practice.*ModuleNotFoundError: No module named 'no_such_package'"):
        grade.grade(folder, ASSIGNMENT, jobs=1)
    assert not list((folder / "grading").glob("*/results/*"))


def test_below_the_minimum_level_grade_refuses_unless_told(lesson, folder, monkeypatch):
    hand_in(folder, "ann", notebook())
    monkeypatch.setattr(doctor, "best_level", lambda: (0, "level 1 does not work here: no Landlock"))
    with pytest.raises(ValueError, match="cannot lock students' code in: level 1 does not work here: no Landlock.*--unsafe"):
        grade.grade(folder, ASSIGNMENT)
    done = grade.grade(folder, ASSIGNMENT, unsafe=True)
    assert done.level == 0 and result_of(folder, "ann")["level"] == 0 and scores(folder)["ann"] == FULL
    monkeypatch.undo()
    safe = grade.grade(folder, ASSIGNMENT)
    assert safe.executed == 1, "what ran without a sandbox may have touched its own result, so it does not count"


# ------------------------------------------------------------------------------------------------------ report

def test_the_report_names_mistakes_mended_work_and_likeness_and_escapes_everything(lesson, folder):
    honest(lesson, folder)
    long = "def distances(a, b):\n    # {}\n    squares_a = (a ** 2).sum(axis=1)[:, None]\n" \
           "    squares_b = (b ** 2).sum(axis=1)[None, :]\n    mixed = np.matmul(a, b.T)\n    {} = squares_a + squares_b - 2 * mixed\n" \
           "    return np.sqrt(np.maximum({}, 0))"
    hand_in(folder, "pat", notebook({"distances": long.format("mine", "total", "total")}))
    hand_in(folder, "quy", notebook({"distances": long.format("my very own idea", "altogether", "altogether")}))
    made = notebook({"step": "import gc\ngc.get_objects()"})
    made.cells.reverse()
    hand_in(folder, "<script>alert(1)</script>".replace("/", "-"), made)
    grade.grade(folder, ASSIGNMENT, jobs=2)
    page = report.write(folder, ASSIGNMENT).read_text()
    for text in ("forgot to divide by the sum", "went uphill", "pat and quy", "put back", "searches the memory", "Softmax"):
        assert text in page, text
    assert "<script" not in page and "http" not in page.replace("http-equiv", "")


def test_a_report_before_grading_says_so(folder):
    with pytest.raises(ValueError, match="nothing of a9 has been graded yet"):
        report.write(folder, ASSIGNMENT)


def test_results_are_named_after_everything_they_depend_on(lesson):
    from grader.classroom.results import Settings
    from grader.classroom.submissions import Submission

    base = Submission({"a.ipynb": b"1"}), [lesson], Settings(1, 2), {}
    name = results.key(*base)
    assert name == results.key(base[0], [lesson], Settings(1, 1), {}), "the level matters only where there is none"
    for other in ((Submission({"a.ipynb": b"2"}), *base[1:]), (base[0], [lesson], Settings(2, 2), {}),
                  (base[0], [lesson], Settings(1, 0), {}),
                  (base[0], [lesson], Settings(1, 2, Limits(cell=1)), {}), (*base[:3], {"data": b"x"})):
        assert results.key(*other) != name


assert SOLUTIONS.is_dir()
