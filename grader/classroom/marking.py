"""One submission from files to verdicts: its notebooks run in the sandbox, its checks are judged out here.

A result holds no student's name, so that equal submissions have equal results.
"""

import hashlib
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from html import escape

from visioncourse.desk.verdict import Verdict

from ..lesson.cells import Lesson, exercise_of
from ..sandbox.host import Line
from . import submissions
from .follow_through import follow_through
from .results import Marked, Result, Settings
from .sitting import Sitting, error_output
from .submissions import Place, Submission

_SIGNS = {                                             # what honest work has no use for: told to the instructor, costs no point
    r"ast_transformers|input_transformers|set_custom_exc|_showtraceback": "changes how IPython runs cells",
    r"\bgc\.get_(objects|referrers)|_getframe|f_back|f_globals": "searches the memory of the process",
    r"/proc/|gradebook|autograded|NBGRADER_|nbgrader_config": "looks for the grader",
    r"\bos\.(kill|fork|execv|setsid)|getppid|SIGKILL": "handles processes",
    r"\bctypes\b|\bptrace\b": "reaches below Python",
    r"(np|numpy)\.(testing\.\w+|allclose|array_equal|isclose|any|all)\s*=[^=]|builtins\.\w+\s*=[^=]": "replaces functions that tests use",
    r"def __(eq|array_function|array_ufunc|array)__": "defines objects that choose what they are equal to",
    r"\bset(trace|profile)\b|co_filename|(?m:^)__name__\s*=[^=]": "hides from the counting of lines",
    r"\bsocket\b|urllib|requests\.(get|post)|http\.client": "uses the network",
    r"vc\.(check|assert_close|assert_raises|beside|rng)\s*=[^=]|visioncourse(\.desk)?\.testing": "replaces the course's checks",
}


def mark(line: Line, lessons: list[Lesson], submission: Submission, settings: Settings, extra: dict[str, bytes] | None = None) -> Result:
    """The result of one submission: per lesson the executed notebook, verdicts and what happened on the way.

    extra: the assignment's own files, which a notebook finds beside itself, over the student's of the same names.
    """
    found, notes = submissions.notebooks(submission, lessons)
    files = {n: c for n, c in submission.files.items() if not n.endswith(".ipynb")} | (extra or {})
    result = Result(settings.seed, settings.level, [*submission.problems, *notes])
    for lesson in lessons:
        cells = found[lesson.name]
        marked = _nothing(lesson) if cells is None else _mark_notebook(line, lesson, cells, files, settings, submission.digest())
        _tell(marked, result.notes)
        result.lessons[lesson.name] = marked
    return result


def public(verdict: Verdict) -> Verdict:
    """A verdict as students see it: what the check says, the diagnosis, their own input and result; no expected value."""
    facts = [(label, _without_wanted(text)) for label, text in verdict.facts if label != "wanted"]
    headline = "A hidden property does not hold." if verdict.headline.startswith("assert ") else verdict.headline
    return replace(verdict, headline=headline, facts=[f for f in facts if f[1]])


def _mark_notebook(line: Line, lesson: Lesson, cells: list[dict], files: dict[str, bytes], settings: Settings, digest: str) -> Marked:
    began = time.monotonic()
    places, mended = submissions.mend(cells, lesson)
    start = int(hashlib.sha256(f"{digest}{lesson.name}".encode()).hexdigest()[:12], 16)
    sitting = Sitting(line, places, files, settings, start)
    answers = {p.mark.name: p.text for p in places if p.mark is not None and p.mark.mark == "solve"}
    verdicts: dict[str, Verdict] = {}
    try:
        for number, place in enumerate(places):
            if place.kind != "code" or not place.text.strip():
                continue
            if place.mark is not None and place.mark.mark == "check":
                verdicts[place.mark.name] = sitting.judge(lesson, place.mark, answers.get(exercise_of(place.mark.name), ""))
            else:
                sitting.execute(number)
    finally:
        sitting.close()
    if settings.follow_through:
        follow_through(sitting, lesson, verdicts, answers)
    for number, place in enumerate(places):
        if place.mark is not None and place.mark.mark == "check" and place.mark.name in verdicts:
            sitting.outputs[number] = _shown(verdicts[place.mark.name])
    tampering = [*sitting.tampering, *_signs(places), *(n for n in mended if "had been changed" in n)]
    return Marked(submissions.notebook_of(places, sitting.outputs, sitting.counts), verdicts, mended, sitting.events,
                  list(dict.fromkeys(tampering)), answers, time.monotonic() - began, sitting.workers)


def _nothing(lesson: Lesson) -> Marked:
    """The result of a notebook that is not there: as released, with nothing attempted."""
    places, _ = submissions.mend([], lesson)
    checks = {c.name: Verdict(lesson.name, c.name, "not attempted", worth=c.points, headline="There was no notebook to mark.")
              for c in lesson.cells if c.mark == "check"}
    outputs = {n: _shown(checks[p.mark.name]) for n, p in enumerate(places) if p.mark is not None and p.mark.mark == "check"}
    return Marked(submissions.notebook_of(places, outputs, {}), checks)


def _tell(marked: Marked, notes: list[str]) -> None:
    """Put what was mended or lost on top of the executed notebook, where feedback shows it."""
    told = [*notes, *marked.mended, *marked.events]
    if told:
        text = "**What the grader found and put right**\n\n" + "\n".join(f"- {escape(line)}" for line in told)
        marked.notebook["cells"].insert(0, {"cell_type": "markdown", "id": "grader-notes", "metadata": {}, "source": text})


def _shown(verdict: Verdict) -> list[dict]:
    """The output of a check cell: the verdict for people, and for nbgrader an error where there are no points."""
    said = public(verdict)
    shown = [{"output_type": "display_data", "metadata": {}, "data": {"text/html": said._repr_html_(), "text/plain": str(said)}}]
    if verdict.points < verdict.worth:
        shown.append(error_output("CheckFailed", said.headline or said.title()))
    return shown


def _without_wanted(text: str) -> str:
    return re.sub(r"(: got [^\n]*)?,? wanted [^\n]*$", ".", text) if "wanted" in text and not text.startswith("The shape") else text


def _signs(places: list[Place]) -> Iterator[str]:
    for number, place in enumerate(places, 1):
        if place.kind == "code" and (place.mark is None or place.mark.mark == "solve"):
            for pattern, meaning in _SIGNS.items():
                if re.search(pattern, place.text):
                    yield f"cell {number} {meaning}"
