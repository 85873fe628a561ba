"""How long a learner waits for a verdict, over every check of the course: passes and failures, training exercises included.

    python benchmarks/checks.py [LESSON ...]

For each check the solution and each known mistake is judged as `vc.check` does, in a process of its own for each lesson. Shown
are processor seconds of the judge alone; what the learner's own code takes when the check calls it is shown apart. Before, what
known mistakes make cross is computed, as `vc.setup` does in the background; `first` is the first verdict of a kernel, imports
included.
"""

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from grader import threads  # noqa: E402  (threads are limited before NumPy is loaded)

threads.one_each()

from grader.judging import known, verdicts  # noqa: E402
from grader.judging.run import reach, variant_names  # noqa: E402
from grader.lesson import read  # noqa: E402

FIRST = """
import visioncourse as vc, numpy, time
vc.setup({lesson!r})
start = time.process_time()
from grader.judging.verdicts import judge_in_process
judge_in_process({lesson!r}, {check!r}, {{}})
print(time.process_time() - start)
"""


def timed(lesson, check, answer):
    """Processor seconds of the judge and of the learner's code for one answer, and whether it passed."""
    exercise = lesson.exercise_of(check)
    names = variant_names(lesson, check, {exercise.solve.line: answer})
    learner, theirs = reach(exercise, names), [0.0]

    def measured(method):
        def call(*args):
            start = time.process_time()
            try:
                return method(*args)
            finally:
                theirs[0] += time.process_time() - start
        return call

    learner.call, learner.evaluate = measured(learner.call), measured(learner.evaluate)
    start = time.process_time()
    said = verdicts.verdict(lesson, check, learner, **verdicts.written(exercise, names))
    return time.process_time() - start - theirs[0], theirs[0], said.status == "passed"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lessons", nargs="*")
    chosen = parser.parse_args().lessons or read.names()
    everything, firsts = [], []
    print("processor seconds of the judge for the solution and for known mistakes, and of the solution's own code")
    print(f"{'check':52s} {'passes':>8s} {'median':>8s} {'worst':>8s} {'own code':>9s}")
    for name in chosen:
        lesson = read.load(name)
        for exercise in lesson.exercises.values():
            for check in exercise.checks:
                known.known(lesson, check)
                passing, own, _ = timed(lesson, check, exercise.solve.text)
                failing = [timed(lesson, check, cell.text) for cell in exercise.wrong]
                judge = [seconds for seconds, _, passed in failing if not passed] or [0.0]
                everything += [passing, *judge]
                print(f"{name + ':' + check.name:52s} {passing:8.3f} {statistics.median(judge):8.3f} {max(judge):8.3f} {own:9.3f}")
        first = next(iter(lesson.exercises.values())).checks[0].name
        done = subprocess.run([sys.executable, "-c", FIRST.format(lesson=name, check=first)], capture_output=True, text=True, check=True)
        firsts.append(float(done.stdout.splitlines()[-1]))
    print(f"{len(everything)} verdicts: median {statistics.median(everything):.3f} s, worst {max(everything):.3f} s; "
          f"first of a kernel: median {statistics.median(firsts):.3f} s, worst {max(firsts):.3f} s")


if __name__ == "__main__":
    main()
