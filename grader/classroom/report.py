"""`python -m grader report ASSIGNMENT`: one page about how a class did, made from the results that were recorded."""

import ast
import io
import tokenize
from collections import Counter
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import numpy as np
from rapidfuzz import fuzz, process

from visioncourse.files import write_whole

from ..lesson.cells import UNREADABLE, exercise_of, python
from . import results
from .assignment import Assignment, open_assignment
from .gradebook import Recorded

_ALIKE = 95                                            # percent of the text of two answers, without comments and spacing
_SHORTEST = 160                                        # characters: shorter answers are alike by nature
_MOST = 200                                            # lines of one list


@dataclass
class _Check:
    worth: float = 0
    statuses: Counter = field(default_factory=Counter)
    mistakes: Counter = field(default_factory=Counter)
    headlines: Counter = field(default_factory=Counter)


@dataclass
class _Class:
    totals: dict[str, float] = field(default_factory=dict)
    worth: float = 0
    levels: Counter = field(default_factory=Counter)
    checks: dict[tuple[str, str], _Check] = field(default_factory=dict)
    mended: list[tuple[str, str]] = field(default_factory=list)
    stopped: list[tuple[str, str]] = field(default_factory=list)
    tampering: list[tuple[str, str]] = field(default_factory=list)
    followed: list[tuple[str, str]] = field(default_factory=list)
    broken: list[tuple[str, str]] = field(default_factory=list)
    missing: list[tuple[str, str]] = field(default_factory=list)
    answers: dict[tuple[str, str], list[tuple[str, str]]] = field(default_factory=dict)


def write(folder: Path, name: str) -> Path:
    """Write the page and return its path. Raises ValueError where nothing has been graded yet."""
    assignment = open_assignment(folder, name)
    found = _collect(assignment)
    if not found.totals:
        raise ValueError(f"nothing of {name} has been graded yet; run `python -m grader grade {name}` first")
    path = assignment.place / "report.html"
    write_whole(path, _page(assignment, found))
    return path


# ------------------------------------------------------------------------------------------------- collecting

def _collect(assignment: Assignment) -> _Class:
    found = _Class()
    store = results.Store(assignment.place / "results")
    for lesson in assignment.lessons:
        for check in (c for c in lesson.cells if c.mark == "check"):
            found.checks[lesson.name, check.name] = _Check(check.points)
            found.worth += check.points
    for student, key in Recorded(assignment.place / "recorded").all():
        try:
            result = store.load(key)
        except (OSError, ValueError):
            found.missing.append((student, store.path(key).name))
            continue
        _add(found, student, result)
    return found


def _add(found: _Class, student: str, result: results.Result) -> None:
    found.totals[student] = 0.0
    found.levels[result.level] += 1
    found.mended += [(student, note) for note in result.notes]
    for lesson, said in result.lessons.items():
        found.mended += [(student, note) for note in said.mended]
        found.stopped += [(student, event) for event in said.events]
        found.tampering += [(student, sign) for sign in said.tampering]
        for name, verdict in said.checks.items():
            check = found.checks.get((lesson, name))
            if check is None:
                continue
            found.totals[student] += verdict.points
            check.statuses[verdict.status] += 1
            if verdict.diagnosis:
                check.mistakes[verdict.diagnosis.partition(": ")[2].rstrip(".")] += 1
            elif verdict.status == "failed":
                check.headlines[verdict.headline] += 1
            if verdict.note.startswith("Marked with"):
                found.followed.append((student, f"{name}: {verdict.note}"))
            if verdict.status == "broken":
                found.broken.append((student, f"{name}: {verdict.headline}"))
        for name, text in said.answers.items():
            plain = normalised(text)
            if len(plain) >= _SHORTEST:
                found.answers.setdefault((lesson, name), []).append((student, plain))


def normalised(text: str) -> str:
    """An answer without comments, docstrings, spacing and the names its author gave to variables inside functions."""
    try:
        tree = ast.parse(python(text))
    except UNREADABLE:
        return " ".join(t.string for t in _tokens(text))
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            if ast.get_docstring(node) is not None:
                node.body = node.body[1:] or [ast.Pass()]
            own = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
            numbers: dict[str, str] = {}
            for inner in ast.walk(node):
                if isinstance(inner, ast.Name) and inner.id in own:
                    inner.id = numbers.setdefault(inner.id, f"v{len(numbers)}")
    return ast.unparse(tree)


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    try:
        return [t for t in tokenize.generate_tokens(io.StringIO(text).readline) if t.type != tokenize.COMMENT]
    except (tokenize.TokenError, SyntaxError):
        return []


def alike(answers: list[tuple[str, str]]) -> list[tuple[float, str, str]]:
    """Pairs of students whose normalised answers are nearly the same, most alike first, as (percent, one, other)."""
    names, texts = [a[0] for a in answers], [a[1] for a in answers]
    found = []
    for start in range(0, len(texts), 256):            # in blocks, so that memory does not grow with the square of the class
        block = process.cdist(texts[start:start + 256], texts, scorer=fuzz.ratio, score_cutoff=_ALIKE, dtype=np.uint8)
        for i, j in zip(*np.nonzero(block), strict=True):
            if start + i < j:
                found.append((float(block[i, j]), names[start + i], names[j]))
    return sorted(found, reverse=True)


# ------------------------------------------------------------------------------------------------- the page

def _page(assignment: Assignment, found: _Class) -> str:
    totals = np.array(list(found.totals.values()))
    levels = ", ".join(f"{count} at level {level}" for level, count in sorted(found.levels.items(), reverse=True))
    parts = [f"<h1>{escape(assignment.name)}</h1>",
             f"<p>{len(totals)} submissions, {found.worth:g} points from checks: mean {totals.mean():.2f}, median {np.median(totals):.2f}. "
             f"Seed {assignment.seed}. Sandbox: {escape(levels)}.</p>",
             "<h2>Scores</h2>", _histogram(totals, found.worth), "<h2>Exercises</h2>", _exercises(assignment, found)]
    for title, rows, remark in (
            ("Left out of this page", found.missing, f"Results that are missing or damaged: `grade {assignment.name}` makes them again."),
            ("Checks that could not run", found.broken, "Not the students' fault: the check itself needs mending."),
            ("Signs of tampering", found.tampering, "Signs, not proofs: each has cost nobody a point. Look before you conclude."),
            ("Stopped cells and restarts", found.stopped, "These cost the cell in which they happened."),
            ("Mended submissions", found.mended, "What was put right before the run, or was left out."),
            ("Marked with an earlier exercise's reference answer", found.followed, "")):
        parts.append(_listing(title, rows, remark))
    parts.append(_pairs(assignment, found))
    style = ("body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}"
             "table{border-collapse:collapse;width:100%}"
             "td,th{text-align:left;vertical-align:top;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #ddd}"
             "td.n,th.n{text-align:right}small{color:#555}svg{max-width:100%}")
    return (f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{escape(assignment.name)}: how the class did</title>"
            "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; style-src 'unsafe-inline'\">"
            f"<style>{style}</style></head><body>{''.join(parts)}</body></html>\n")


def _histogram(totals: np.ndarray, worth: float) -> str:
    bins = min(20, max(5, int(worth) or 5))
    counts, edges = np.histogram(totals, bins=bins, range=(0, worth or 1))
    width, height, most = 640, 180, max(1, counts.max())
    bars = []
    for n, count in enumerate(counts):
        tall = count / most * (height - 40)
        x = 20 + n * (width - 40) / bins
        said = f"{count} submissions with {edges[n]:.1f} to {edges[n + 1]:.1f} points"
        bars.append(f"<rect x='{x:.1f}' y='{height - 20 - tall:.1f}' width='{(width - 40) / bins - 2:.1f}' height='{tall:.1f}' "
                    f"fill='#0072B2'><title>{said}</title></rect>")
        if count:
            bars.append(f"<text x='{x + 4:.1f}' y='{height - 24 - tall:.1f}' font-size='11'>{count}</text>")
    words = "; ".join(f"{edges[n]:.1f}-{edges[n + 1]:.1f}: {c}" for n, c in enumerate(counts) if c)
    return (f"<svg viewBox='0 0 {width} {height}' role='img' aria-label='Histogram of scores. {escape(words)}'>{''.join(bars)}"
            f"<text x='20' y='{height - 4}' font-size='12'>0</text>"
            f"<text x='{width - 50}' y='{height - 4}' font-size='12'>{worth:g}</text></svg>")


def _exercises(assignment: Assignment, found: _Class) -> str:
    rows = []
    titles = {(lesson.name, e.name): e.title for lesson in assignment.lessons for e in lesson.exercises.values()}
    for (lesson, name), check in found.checks.items():
        count = max(1, sum(check.statuses.values()))
        failed = check.statuses["failed"] / count
        mistakes = "".join(f"<br>{n} × {escape(text)}" for text, n in check.mistakes.most_common(6))
        others = "".join(f"<br><small>{n} × {escape(text[:160])}</small>" for text, n in check.headlines.most_common(4))
        rows.append(f"<tr><td>{escape(titles.get((lesson, exercise_of(name)), name))}"
                    f"<br><small>{escape(lesson)} · {escape(name)}</small></td><td class='n'>{check.worth:g}</td>"
                    f"<td class='n'>{check.statuses['passed'] / count:.0%}</td><td class='n'>{failed:.0%}</td>"
                    f"<td class='n'>{check.statuses['not attempted'] / count:.0%}</td><td>{(mistakes + others)[4:]}</td></tr>")
    return ("<table><tr><th>Exercise</th><th class='n'>points</th><th class='n'>passed</th><th class='n'>failed</th>"
            f"<th class='n'>not attempted</th><th>mistakes</th></tr>{''.join(rows)}</table>")


def _listing(title: str, rows: list[tuple[str, str]], remark: str) -> str:
    if not rows:
        return ""
    shown = "".join(f"<tr><td>{escape(a)}</td><td>{escape(b)}</td></tr>" for a, b in rows[:_MOST])
    more = f"<p>and {len(rows) - _MOST} more</p>" if len(rows) > _MOST else ""
    return f"<h2>{escape(title)}</h2><p><small>{escape(remark)}</small></p><table>{shown}</table>{more}"


def _pairs(assignment: Assignment, found: _Class) -> str:
    rows = [(f"{a} and {b}", f"{lesson} · {name}: {percent:.0f} % the same")
            for (lesson, name), answers in found.answers.items() for percent, a, b in alike(answers)]
    return _listing("Nearly identical answers", rows,
                    f"Answers of at least {_SHORTEST} characters, compared without comments, spacing and the names of variables. "
                                                      "A short exercise has few good answers: likeness alone proves nothing.")
