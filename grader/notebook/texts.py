"""The texts that the build adds to a lesson or puts in place of a part of it: stubs, ids, calls of checks, the first
lines, and in prose the numbers of exercises and the table of contents."""

import hashlib
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

from ..lesson.cells import CONTENTS, REFERENCE, ROOT, Cell, Lesson, region

STUB = "# YOUR CODE HERE\nraise NotImplementedError()"
ANSWER_STUB = "*Double-click here and write your answer.*"
_BAR = r"\|"                                                   # a bar within a cell of a table
NBGRADER_FLAGS = {                                             # mark: (grade, solution, locked), see nbgrader's metadata version 3
    "solve": (False, True, False),
    "check": (True, False, True),
    "answer": (True, True, False),
    "given": (False, False, True),
}


def edition(lesson: Lesson) -> str:
    """Eight digits that change with a learner's cells, with what is given, and with what checks show and ask for; not with prose."""
    shown: dict[str, Callable[[Cell], str]] = {"given": lambda c: c.text, "solve": stub, "check": lambda c: c.text}
    return digest(*(f"{c.name}\n{shown[c.mark](c)}" for c in lesson.cells if c.mark in shown and c.kind == "code"))[:8]


def grade_id(cell: Cell) -> str:
    """nbgrader's id of a solve, check or answer cell: its name, with check- before a check's and -- for the dot of a part."""
    return ("check-" if cell.mark == "check" else "") + cell.name.replace(".", "--")


def stub(cell: Cell) -> str:
    """A solve cell as the learner first sees it."""
    lines, within = [], False
    for line in cell.text.splitlines():
        if line.strip() == "### BEGIN SOLUTION":
            indent = line[: len(line) - len(line.lstrip())]
            lines += [indent + part for part in STUB.splitlines()]
            within = True
        elif line.strip() == "### END SOLUTION":
            within = False
        elif not within:
            lines.append(line)
    return "\n".join(lines)


def target(name: str, root: Path = ROOT) -> Path:
    """Where a lesson's released notebook stands."""
    return root / (f"{name}.ipynb" if name.startswith("lectures/") else f"assignments/{name}.ipynb")


def digest(*parts: bytes | str) -> str:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(part.encode() if isinstance(part, str) else part)
        whole.update(b"\0")
    return whole.hexdigest()


def check_text(cell: Cell) -> str:
    visible, hidden = region(cell)
    lines = [visible, f'vc.check("{cell.name}")']
    if hidden:
        lines += ["### BEGIN HIDDEN TESTS", f'rng = vc.rng("{cell.name}")', hidden, "### END HIDDEN TESTS"]
    return "\n".join(filter(None, lines))


def prose(lesson: Lesson, cell: Cell) -> str:
    """A text cell's words for learners: its exercise's heading with the number, the table of contents, references as numbers."""
    text = cell.text
    if exercise := next((e for e in lesson.exercises.values() if e.heading is cell), None):
        text = re.sub(r"^### Exercise · ", f"### Exercise {exercise.number} · ", text, count=1, flags=re.M)
    if CONTENTS in text:
        text = text.replace(CONTENTS, contents(lesson))
    return REFERENCE.sub(lambda found: reference(lesson, found[1]), text)


def contents(lesson: Lesson) -> str:
    """The table of a lesson's sections and exercises, and one line with what they add up to."""
    rows = [["", "Section", "Exercises"]]
    rows += [[str(s.number), s.title, ", ".join(f"{e.number} {e.title}" for e in s.exercises)] for s in lesson.sections]
    head, *lines = ["|" + "".join(f" {part.replace('|', _BAR)} |" if part else " |" for part in row) for row in rows]
    return "\n".join([head, "|---|---|---|", *lines, "", workload(lesson)])


def workload(lesson: Lesson) -> str:
    """"7 exercises, about 45 minutes of work, 9 points." and what questions to be answered in words add."""
    exercises, answers = lesson.exercises.values(), [c.points for c in lesson.cells if c.mark == "answer"]
    said = (f"{_count(len(exercises), 'exercise')}, about {_count(sum(e.minutes for e in exercises), 'minute')} of work, "
            f"{_count(sum(c.points for e in exercises for c in e.checks), 'point')}")
    return f"{said}; {_count(len(answers), 'question')} to answer in words, {_count(sum(answers), 'point')}." if answers else f"{said}."


def reference(lesson: Lesson, name: str) -> str:
    """"exercise 2.2" for an exercise of this lesson, "exercise 2.2 of lecture 02" for one of another."""
    other, _, exercise = name.rpartition(":")
    if other in ("", lesson.name):
        return f"exercise {lesson.exercises[exercise].number}"
    outline, (folder, _, place) = lesson.others[other], other.rpartition("/")
    where = f"lecture {place.partition('_')[0]}" if folder == "lectures" else re.sub(r"^a(\d+)$", r"assignment \1", folder)
    return f"exercise {outline.number}.{outline.exercises.index(exercise) + 1} of {where}"


def _count(number: float, thing: str) -> str:
    return f"{number:g} {thing}{'' if number == 1 else 's'}"


def repository() -> str:
    """The repository's address from pyproject.toml, or "" where none is set."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return str(settings.get("tool", {}).get("see-for-yourself", {}).get("repository", "")).rstrip("/")


def badge(lesson: Lesson) -> str:
    address = repository()
    if not address.startswith("https://github.com/"):
        return ""
    owner = address.removeprefix("https://github.com/").removesuffix(".git")
    place = target(lesson.name).relative_to(ROOT).as_posix()
    return (f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
            f"(https://colab.research.google.com/github/{owner}/blob/main/{place})\n\n")


def first_lines(lesson: Lesson) -> str:
    """What stands above a notebook's first imports: the package is installed from its repository, or what to do is said."""
    address = repository()
    if address:
        return ("try:\n    import visioncourse                                  # here already: nothing is installed\n"
                "except ModuleNotFoundError:                              # Colab, or a bare Jupyter\n"
                f"    %pip install -q git+{address}\n\n")
    return _EXPLANATION.format(root="/".join([".."] * (len(target(lesson.name).relative_to(ROOT).parts) - 1)))


_EXPLANATION = '''\
try:
    import visioncourse.first_aid                        # explains what is missing here, and the cure
except ImportError:
    raise ImportError("This notebook's Python does not have the course. Start Jupyter with `make lab`, or (VS Code)\\n"
                      "choose the kernel .venv at the top right; or run %pip install -e {root} here, and restart.") from None

'''
