"""What is done once for a class before students' work is run: a warm process that has imported what the lessons import, and
the imports of their checks.
"""

import contextlib
import hashlib
import importlib
import json
import multiprocessing
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from visioncourse.files import write_whole

from .. import threads
from ..judging import known
from ..judging.run import check_imports
from ..lesson import dependencies
from ..lesson.cells import Lesson
from ..notebook import build
from ..sandbox.host import Warm
from . import results
from .results import Settings


def warm_process(lessons: list[Lesson], settings: Settings, cache: Path) -> Warm:
    """A warm process that has imported what the reference run of the lessons imports."""
    warm = Warm(settings.level, settings.limits)
    try:
        wanted = _modules(warm, lessons, settings, cache)
        warm.preload(wanted)
        return warm
    except BaseException:
        warm.close()
        raise


def import_for_checks(lessons: Iterable[Lesson]) -> None:
    """Import what checks import, once, before judging processes are forked."""
    for lesson in lessons:
        for check in (c for c in lesson.cells if c.mark == "check"):
            with contextlib.suppress(Exception):
                exec(compile(check_imports(lesson, check), "<imports>", "exec"), {})
            for statement in dependencies.statements(check.text):
                for node in getattr(statement.tree, "names", []):
                    with contextlib.suppress(Exception):
                        importlib.import_module(getattr(statement.tree, "module", None) or node.name)


def know_mistakes(lessons: Iterable[Lesson], seed: int, jobs: int) -> known.Many:
    """Have what known mistakes make cross with a class's seed computed, where it is not kept, and remember it for the forks that come.

    So a diagnosis is a comparison, and what our own answers cost is no student's time. Returns what a cluster's stations need.
    """
    todo = [(lesson, exercise.name) for lesson in lessons for exercise in lesson.exercises.values()
            if not all(known.is_kept(lesson, check, seed) for check in exercise.checks)]
    if todo:
        with ProcessPoolExecutor(min(jobs, len(todo)), multiprocessing.get_context("spawn"), threads.one_each) as pool:
            for (lesson, name), found in zip(todo, pool.map(_computed, *zip(*todo, strict=True), [seed] * len(todo)), strict=True):
                for check in lesson.exercises[name].checks:
                    known.keep(lesson, check, seed, found[check.name, seed])
    return {(lesson.name, check.name): known.known(lesson, check, seed)
            for lesson in lessons for exercise in lesson.exercises.values() for check in exercise.checks}


def _computed(lesson: Lesson, name: str, seed: int) -> dict[tuple[str, int], known.Known]:
    return known.computed(lesson, lesson.exercises[name], [seed])


def _modules(warm: Warm, lessons: list[Lesson], settings: Settings, cache: Path) -> list[str]:
    """Modules that running the lessons' solutions imports: seen once, kept beside the results."""
    what = [sys.version, results.environment(), str(settings.level), str(settings.limits), *map(results.lesson_digest, lessons)]
    digest = hashlib.sha256("".join(what).encode()).hexdigest()
    kept = cache / "modules.json"
    with contextlib.suppress(OSError, ValueError, KeyError):
        found = json.loads(kept.read_text(encoding="utf-8"))
        if found["digest"] == digest:
            return found["modules"]
    modules: set[str] = set()
    before = set(sys.builtin_module_names)
    for lesson in lessons:
        with contextlib.closing(_Reference(warm, lesson)) as run:
            if run.failure:
                raise ValueError(f"nobody was graded: the reference solution of {lesson.name} does not run in the sandbox here. "
                                 f"{run.failure} If a package is missing or lies in a folder that the sandbox does not show, "
                                 "install it into this Python's site-packages.")
            modules |= run.modules() - before
    kept_names = sorted(m for m in modules if m.partition(".")[0] not in ("__main__", "__mp_main__") and not m.startswith("grader"))
    with contextlib.suppress(OSError):
        write_whole(kept, json.dumps({"digest": digest, "modules": kept_names}))
    return kept_names


class _Reference:
    """A worker that has run a lesson's own solution; only the names of the modules that it loaded are taken from it.

    failure: which cell did not succeed and why. Where the reference fails every student would, for no fault of theirs.
    """

    def __init__(self, warm: Warm, lesson: Lesson):
        self.worker, self.failure = warm.line.spawn(), ""
        for number, cell in enumerate(build.instructor_notebook(lesson, pictures=False).cells, 1):
            if cell.cell_type == "code" and not cell.metadata.get("nbgrader", {}).get("grade"):
                ran = self.worker.execute(cell.source, warm.limits.cell)
                if not ran.ok:
                    said = [f"{o['ename']}: {o['evalue']}" for o in ran.outputs if o["output_type"] == "error"]
                    self.failure = f"Cell {number} failed: {ran.ended or (said or ['no reason given'])[-1]}."
                    return

    def modules(self) -> set[str]:
        if not self.worker.alive:
            return set()
        found = self.worker.ask("modules", seconds=30)["v"]
        return {m for m in found if type(m) is str} if type(found) is list else set()

    def close(self) -> None:
        self.worker.kill()
