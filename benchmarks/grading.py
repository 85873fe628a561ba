"""One class graded by stock nbgrader, by otter-grader and by ours: CPU seconds and wall-clock time per submission, and ratios.

    python benchmarks/grading.py                 all of it, about eight minutes on two cores
    python benchmarks/grading.py --only ours --students 1000

The class is tests/fixtures/solutions: imports of numpy, torch and pyplot, four small exercises. CPU seconds are those of every process that
a grader starts, from getrusage of children that have ended. Each grader runs twice, with few students and with more, so that
what it costs to start (imports, the warm process) is told apart from what one more submission costs; stock nbgrader and
otter-grader run on fewer students than ours because they take minutes. Ours, with one and with two judging processes, takes turns
`--rounds` times and the median is shown: the speed of a rented machine changes from minute to minute.
otter-grader's pins do not fit those of this project: it is installed into an environment of its own, kept under build/.
"""

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

import nbformat

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
STOCK = {**os.environ, "PYTHONPATH": str(ROOT)}
ENVIRONMENT = {**STOCK, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
OTTER = ROOT / "build" / "otter"
_OURS = [("ours, execute and judge", 1, "1/1"), ("ours, execute and judge, two", 2, "1/1"),         # a shard records nothing
         ("ours, all of it", 1, ""), ("ours, all of it, two processes", 2, "")]                     # recording is one more process
_FLOOR = [("floor: fork and run the cells", 1), ("floor, two processes", 2)]
_GRADE = """
import sys; sys.path[:0] = [{root!r}, {tests!r}]
from pathlib import Path
from grading_class import fixture_lessons
from grader.classroom import grade
from grader.lesson.cells import region
import time
take, times = grade._take, []
def noted(*given):
    take(*given)
    times.append(time.monotonic())
grade._take = noted
with fixture_lessons():
    done = grade.grade(Path({folder!r}), "a9", jobs={jobs}, shard={shard!r})
    assert not done.problems, done.problems
import resource
print("PEAK", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
early = len(times) // 10
print("EACH", (times[-1] - times[early]) / (len(times) - 1 - early))
"""


@dataclass
class Cost:
    """Seconds of one run."""

    students: int
    cpu: float
    wall: float
    peak: int = 0                                      # kilobytes of the supervisor
    each: float = 0.0                                  # from one submission to the next, once it runs


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--students", type=int, default=120, help="students that ours grades")
    options.add_argument("--others", type=int, default=10, help="students that nbgrader and otter-grader grade")
    options.add_argument("--rounds", type=int, default=5, help="how often ours is measured")
    options.add_argument("--only", choices=["nbgrader", "otter", "ours", "floor"], action="append")
    chosen = options.parse_args()
    wanted = chosen.only or ["nbgrader", "otter", "ours", "floor"]
    with tempfile.TemporaryDirectory(prefix="benchmark-") as scratch:
        course = _course(Path(scratch) / "class", chosen.students)
        costs = {}
        if "ours" in wanted:
            for _ in range(chosen.rounds):
                for name, jobs, shard in _OURS:
                    run = partial(_ours, course, Path(scratch), jobs=jobs, shard=shard)
                    costs.setdefault(name, []).append(_marginal(run, chosen.students))
        if "floor" in wanted:
            for _ in range(chosen.rounds):
                for name, jobs in _FLOOR:
                    costs.setdefault(name, []).append(_marginal(partial(_floor, course, processes=jobs), chosen.students))
        if "nbgrader" in wanted:
            costs["nbgrader autograde"] = [_marginal(lambda n: _nbgrader(course, Path(scratch), n), chosen.others)]
        if "otter" in wanted and _install_otter():
            costs["otter grade"] = [_marginal(lambda n: _otter(Path(scratch), course, n), chosen.others)]
        _print(costs)


# ---------------------------------------------------------------------------------------------------- measuring

def _marginal(run: Callable[[int], Cost], students: int) -> tuple[Cost, Cost]:
    """A run with a few students and one with all; their difference is what submissions cost."""
    return run(max(1, students // 10)), run(students)


def _measured(command: list[str], students: int, **options) -> Cost:
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, env=options.pop("env", ENVIRONMENT), check=False, **options)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:4])} failed:\n{done.stdout[-1500:]}\n{done.stderr[-3000:]}")
    peak = re.search(r"PEAK (\d+)", done.stdout)
    each = re.search(r"EACH ([\d.]+)", done.stdout)
    return Cost(students, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.monotonic() - start,
                int(peak[1]) if peak else 0, float(each[1]) if each else 0.0)


def _print(costs: dict[str, list[tuple[Cost, Cost]]]) -> None:
    print(f"{'':32s}{'students':>9s}{'CPU s':>9s}{'wall s':>9s}{'start CPU s':>13s}{'CPU s each':>12s}{'wall s each':>13s}"
          f"{'whole/student':>15s}")
    each = {}
    for name, rounds in costs.items():
        n = rounds[0][1].students - rounds[0][0].students
        cpu, wall = (median((getattr(all_, what) - getattr(few, what)) / n for few, all_ in rounds) for what in ("cpu", "wall"))
        few, all_ = sorted(rounds, key=lambda pair: pair[1].cpu)[len(rounds) // 2]
        each[name] = cpu, wall
        print(f"{name:32s}{all_.students:9d}{all_.cpu:9.1f}{all_.wall:9.1f}{few.cpu - cpu * few.students:13.1f}{cpu:12.4f}{wall:13.4f}"
              f"{all_.cpu / all_.students:15.3f}"
              + (f"   supervisor {few.peak >> 10} -> {all_.peak >> 10} MB" if all_.peak else ""))
    for other in ("nbgrader autograde", "otter grade"):
        for ours in ("ours, all of it", "ours, execute and judge"):
            if other in each and ours in each:
                print(f"{other} / {ours}: {each[other][0] / each[ours][0]:.1f} times the CPU for one more submission, "
                      f"{each[other][1] / each[ours][1]:.1f} times the wall-clock time")
    for one, two in (_OURS[:2], _OURS[2:], _FLOOR):    # the floor's own ratio is what the machine gives to processes that fork
        if one[0] in costs:
            ratios = sorted(_pace(a) / _pace(b) for a, b in zip(costs[one[0]], costs[two[0]], strict=True))
            print(f"throughput of two processes, {one[0]}: {median(map(_pace, costs[one[0]])) / median(map(_pace, costs[two[0]])):.2f} "
                  "times that of one "
                  f"(rounds: {', '.join(f'{r:.2f}' for r in ratios)})")


def _pace(pair: tuple[Cost, Cost]) -> float:
    """Seconds from one submission to the next: what starting costs varies by more than a few hundred submissions differ."""
    return pair[1].each or (pair[1].wall - pair[0].wall) / (pair[1].students - pair[0].students)


# ---------------------------------------------------------------------------------------------------- graders

def _course(folder: Path, students: int) -> Path:
    """A class: most right, some with known mistakes, some with nothing done."""
    from grading_class import fixture_lessons, hand_in, make_course, notebook

    with fixture_lessons() as lesson:
        make_course(folder)
        wrong = {name: e.wrong[0].text for name, e in lesson.exercises.items()}
        kinds = [{}, {}, {}, {"distances": wrong["distances"]}, {"step": wrong["step"]}, {}, {"softmax": wrong["softmax"]}, {}]
        for n in range(students):
            made = notebook(kinds[n % len(kinds)])
            made.cells[0].source += f"\n\nThis is the work of number {n}."
            hand_in(folder, f"s{n:04d}", made)
    return folder


def _some(course: Path, scratch: Path, students: int) -> Path:
    part = Path(tempfile.mkdtemp(dir=scratch)) / "class"
    shutil.copytree(course, part, ignore=shutil.ignore_patterns("submitted", "grading"))
    for folder in sorted((course / "submitted").iterdir())[:students]:
        shutil.copytree(folder, part / "submitted" / folder.name)
    return part


def _ours(course: Path, scratch: Path, students: int, jobs: int, shard: str = "") -> Cost:
    part = _some(course, scratch, students)
    kept = course / "grading-modules.json"             # the reference run is made once for an assignment
    place = part / "grading" / "a9"
    place.mkdir(parents=True)
    if kept.exists():
        shutil.copy(kept, place / "modules.json")
    text = _GRADE.format(root=str(ROOT), tests=str(ROOT / "tests"), folder=str(part), jobs=jobs, shard=shard)
    cost = _measured([sys.executable, "-c", text], students, cwd=ROOT)
    shutil.copy(place / "modules.json", kept)
    return cost


def _nbgrader(course: Path, scratch: Path, students: int) -> Cost:
    return _measured([sys.executable, "-m", "nbgrader", "autograde", "a9", "--Execute.shutdown_kernel=graceful"], students,
                     cwd=_some(course, scratch, students), env=STOCK)


def _floor(course: Path, students: int, processes: int) -> Cost:
    """The same cells in processes forked from one that has imported everything: no sandbox, no judging, no recording."""
    text = f"""
import json, os, sys
sys.path[:0] = [{str(ROOT)!r}]
from pathlib import Path
from grader.sandbox.shell import Shell
import numpy, torch, matplotlib.pyplot, visioncourse
os.environ["NBGRADER_EXECUTION"] = "autograde"
torch.set_num_threads(1)
shell = Shell(); shell.warm_up()
import gc; gc.collect(); gc.freeze()
from grader.sandbox import system; system.huge_pages()
number = 0
while number < {processes} - 1 and os.fork(): number += 1
for place in sorted(Path({str(course)!r}, "submitted").iterdir())[number:{students}:{processes}]:
    child = os.fork()
    if child == 0:
        null = os.open("/dev/null", os.O_RDWR); native = os.memfd_create("x"); shell.open(lambda output: None, 1 << 20, native)
        for cell in json.loads((place / "a9" / "practice.ipynb").read_text())["cells"]:
            if cell["cell_type"] == "code": shell.run("".join(cell["source"]))
        os._exit(0)
    os.waitpid(child, 0)
if number == {processes} - 1:
    for _ in range(number): os.wait()
"""
    return _measured([sys.executable, "-c", text], students, cwd=ROOT)


def _install_otter() -> bool:
    python = OTTER / "bin" / "python"
    if not (OTTER / "ready").exists():
        shutil.rmtree(OTTER, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", "--system-site-packages", str(OTTER)], check=True)
        # What is heavy comes from this project's environment, so that both graders import the same torch.
        site = next((Path(sys.prefix) / "lib").glob("python3*/site-packages"))
        own = next((OTTER / "lib").glob("python3*/site-packages"))
        (own / "shared.pth").write_text(f"{site}\n")
        done = subprocess.run([str(python), "-m", "pip", "install", "-q", "--no-warn-conflicts", "otter-grader"], capture_output=True,
                              text=True, check=False)
        if done.returncode:
            print(f"otter-grader could not be installed: {done.stderr.strip().splitlines()[-1]}")
            return False
        (OTTER / "ready").touch()
    return True


def _otter(scratch: Path, course: Path, students: int) -> Cost:
    """`otter run` for each submission: what otter does in its containers, without the container."""
    place = Path(tempfile.mkdtemp(dir=scratch))
    _otter_autograder(place)
    commands = []
    for n, folder in enumerate(sorted((course / "submitted").iterdir())[:students]):
        made = nbformat.read(folder / "a9" / "practice.ipynb", as_version=4)
        for cell in made.cells:
            if "vc.check(" in cell.source:
                name = re.search(r'vc\.check\("([\w-]+)"\)', cell.source)[1]
                cell.source = f'grader.check("{name}")'
        made.cells.insert(0, nbformat.v4.new_code_cell("import otter\ngrader = otter.Notebook()"))
        path = place / f"s{n:04d}.ipynb"
        nbformat.write(made, path)
        (place / f"out{n}").mkdir()
        commands.append(f"{OTTER}/bin/otter run -a {place}/autograder.zip -o {place}/out{n} {path}")
    script = place / "run.sh"
    script.write_text("set -e\n" + "\n".join(commands) + "\n")
    return _measured(["bash", str(script)], students, cwd=place, env=STOCK)


def _otter_autograder(place: Path) -> None:
    """The lesson's checks as otter's test files, and the zip that `otter run` takes."""
    from grading_class import fixture_lessons

    from grader.lesson.cells import region

    tests = place / "tests"
    tests.mkdir()
    with fixture_lessons() as lesson:
        for exercise in lesson.exercises.values():
            for check in exercise.checks:
                visible, hidden = region(check)
                body = f"import visioncourse as vc, numpy as np, torch\n{visible}\nrng = vc.rng({check.name!r})\n{hidden}"
                case = "\n".join((">>> " if not line.startswith((" ", ")")) else "... ") + line for line in body.splitlines()
                                 if line.strip())
                case = re.sub(r"(\n\.\.\. [^\n]*)(?=\n>>>)", r"\1\n... ", case)
                (tests / f"{check.name}.py").write_text(
                    "OK_FORMAT = True\ntest = " + repr({"name": check.name, "points": check.points, "suites": [
                        {"cases": [{"code": case, "hidden": False, "locked": False}], "scored": True, "setup": "", "teardown": "",
                         "type": "doctest"}]}) + "\n")
    (place / "otter_config.json").write_text(json.dumps({}))
    subprocess.run([f"{OTTER}/bin/otter", "generate", "-t", str(tests), "-o", str(place / "autograder.zip"), "--no-environment"],
                   check=True, capture_output=True, cwd=place)


if __name__ == "__main__":
    main()
