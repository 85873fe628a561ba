"""What a source is refused for, each with line and cure; above all the rules that make a check's text judge the same in the
learner's kernel and in a process of its own.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from . import dependencies
from .cells import CONTENTS, HEADING, REFERENCE, REGION_LINE, REGIONS, TITLE, Cell, Lesson, exercise_of, python, region

SHOWN_LINES, UNSEEN_LINES = 30, 60                     # the most that a cell may have of what a learner sees, and of the rest
_TODO = re.compile(r"""\bTODO\b[:\s]*(.*?)(?:"+\)?)?[\s*`]*$""")      # without what closes a string, an emphasis or a call behind it
_IMAGE_WITHOUT_ALT = re.compile(r"!\[\s*\]\(|<img(?![^>]*\balt=\"[^\"]+\")[^>]*>")
_EXERCISE_LINE = re.compile(r"^#{1,6}\s*Exercise\b")
_TYPED_NUMBER = re.compile(r"^#{1,6}\s*Exercise\s+(\d+(?:\.\d+)*)\b")
_SHAPE = "`### Exercise · Title (★☆☆ · 10 minutes)`"
_REFUSED_CALLS = {"type", "getattr", "setattr", "hasattr", "vars", "dir", "id", "globals", "locals", "eval", "exec", "compile",
                  "open", "input", "__import__", "super", "issubclass"}
_REFUSED_MODULES = {"inspect", "gc", "sys", "os", "subprocess", "ctypes", "pickle", "importlib", "traceback", "grader"}
_PLAIN_TYPES = {"int", "float", "bool", "str", "list", "tuple", "dict", "complex", "np.ndarray", "np.integer", "np.floating",
                "np.generic", "np.bool_", "torch.Tensor", "numbers.Number", "numbers.Integral", "numbers.Real"}


def problems(lesson: Lesson) -> list[tuple[int, str]]:
    """Every rule that a lesson breaks, as (line, what is wrong and what to do)."""
    return list(_problems(lesson))


def unfinished(text: str) -> list[tuple[int, str]]:
    """Every line of a source's text that still has the word TODO, in whatever cell or mark, with what belongs there."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if todo := _TODO.search(line):
            found.append((number, f"still to do: {todo[1]}" if todo[1] else
                          "still to do, and the line does not say what; fill it in and remove the word TODO"))
    return found


def _problems(lesson: Lesson) -> Iterator[tuple[int, str]]:
    yield from _name_problems(lesson)
    yield from _first_cell_problems(lesson)
    yield from _part_problems(lesson)
    yield from _heading_problems(lesson)
    yield from _section_problems(lesson)
    yield from _brace_problems(lesson)
    for cell in lesson.cells:
        yield from ((cell.line, p) for p in _region_problems(cell))
        if cell.kind == "markdown" and _IMAGE_WITHOUT_ALT.search(cell.text):
            yield cell.line, "an image without alt text; write ![what the picture shows](address)"
        if cell.kind == "code":
            yield from ((cell.line, p) for p in _length_problems(cell))
            if (error := syntax_error(cell.text)) is not None:
                yield cell.line + (error.lineno or 0), f"not Python: {error.msg}"
                return
    yield from _answer_problems(lesson)
    yield from _all_check_problems(lesson)


def _name_problems(lesson: Lesson) -> Iterator[tuple[int, str]]:
    seen: dict[tuple[str, str], int] = {}
    for cell in lesson.cells:
        if cell.mark in ("solve", "check", "answer"):
            key = ("check" if cell.mark == "check" else "solve", cell.name)
            if key in seen:
                yield cell.line, f"{cell.mark}={cell.name!r} stands already on line {seen[key]}; names are unique in a notebook"
            seen.setdefault(key, cell.line)
    for cell in lesson.cells:
        if cell.mark in ("check", "wrong", "right", "hint") and exercise_of(cell.name) not in lesson.exercises:
            yield cell.line, f'{cell.mark}="{cell.name}" without a cell solve="{exercise_of(cell.name)}"'
    for exercise in lesson.exercises.values():
        if not exercise.checks:
            yield exercise.solve.line, f'solve="{exercise.name}" without a cell check="{exercise.name}"'
        if len(exercise.wrong) < 2:
            yield exercise.solve.line, (f'solve="{exercise.name}" has {len(exercise.wrong)} wrong answers; '
                                        f'write at least two cells wrong="{exercise.name}" with the mistakes people make')
        if len({c.why for c in exercise.wrong}) < len(exercise.wrong):
            yield exercise.solve.line, f'two wrong answers of "{exercise.name}" have the same why; a diagnosis must tell them apart'


def _first_cell_problems(lesson: Lesson) -> Iterator[tuple[int, str]]:
    first = next((c for c in lesson.cells if c.kind == "code"), None)
    cure = f'the first code cell must be marked `given` and call vc.setup("{lesson.name}") after `import visioncourse as vc`'
    needed = (f'vc.setup("{lesson.name}")', "import visioncourse as vc")
    if first is None or first.mark != "given" or any(line not in first.text for line in needed):
        yield first.line if first else 1, cure
    if not lesson.cells or lesson.cells[0].kind != "markdown" or not TITLE.search(lesson.cells[0].text):
        yield 1, "the first cell must be markdown with the notebook's title as `# Title`"


def _part_problems(lesson: Lesson) -> Iterator[tuple[int, str]]:
    """Whatever the numbers of exercises begin with: a lecture's name gives it, an assignment's notebook says which part it is."""
    folder, lecture = lesson.name.rpartition("/")[0], lesson.name.startswith("lectures/")
    for cell in lesson.cells[1:] if not lecture else lesson.cells:
        if cell.part is not None:
            yield cell.line, ("a lecture takes no part: its number stands in its name; remove it" if lecture else
                              "part stands on the first cell line of the file and there alone; remove it")
    taken = {outline.number: name for name, outline in lesson.others.items() if name.rpartition("/")[0] == folder}
    part = lesson.cells[0].part if lesson.cells else None
    if lecture and not re.match(r"lectures/\d+_", lesson.name):
        yield 1, "a lecture is named after its number, such as lectures/05_name; rename the file"
    elif not lecture and part is None:
        free = next(number for number in range(1, len(taken) + 2) if number not in taken)
        yield 1, f"which part of {folder} is this notebook? Write `# %% [markdown] part={free}` on the first cell line"
    elif not lecture and not lesson.number:
        yield 1, f"part={part!r}: a part is a whole number, the first is part=1"
    if lesson.number and lesson.number in taken:
        yield 1, (f"{taken[lesson.number]} has the number {lesson.number} already; rename one of the two" if lecture else
                  f"part={part} is {taken[lesson.number]} already; the parts of {folder} are numbered 1, 2, 3 and so on")


def _heading_problems(lesson: Lesson) -> Iterator[tuple[int, str]]:
    waiting = 0                                        # line of the heading whose solve cell has not come yet
    alone = "the heading of an exercise without a solve cell of its own below it; each exercise has one heading and one solve cell"
    for cell in lesson.cells:
        for number, text in enumerate(cell.text.splitlines(), 1) if cell.kind == "markdown" else ():
            if not _EXERCISE_LINE.match(text):
                continue
            if not cell.prose:
                yield cell.line + number, "the heading of an exercise belongs in a text cell without a mark"
                continue
            if waiting:
                yield waiting, alone
            waiting = cell.line + number
            if typed := _TYPED_NUMBER.match(text):
                yield waiting, f"the number {typed[1]} is typed; exercises number themselves: write {_SHAPE}"
            elif not HEADING.fullmatch(text):
                yield waiting, f"the heading of an exercise is written {_SHAPE}: title, one to three stars of three, whole minutes"
        if cell.mark == "solve":
            if not waiting:
                yield cell.line, f'solve="{cell.name}" without a heading of its own in a text cell above it; write {_SHAPE}'
            waiting = 0
    if waiting:
        yield waiting, alone


def _section_problems(lesson: Lesson) -> Iterator[tuple[int, str]]:
    for wanted, section in enumerate(lesson.sections, 1):
        if section.number != wanted:
            yield section.line, f"section {section.number} where {wanted} comes next; number sections 1, 2, 3 and so on, without a gap"
            break
    first = lesson.cells[0].text.splitlines() if lesson.cells else []
    for cell in lesson.cells:
        lines = cell.text.splitlines() if cell.kind == "markdown" else []
        for number, line in enumerate(lines, 1):
            if CONTENTS in line and (line != CONTENTS or cell is not lesson.cells[0]):
                yield cell.line + number, f"{CONTENTS} stands on a line of its own in the first cell, and nowhere else"
    if first.count(CONTENTS) > 1:
        yield 1, f"{CONTENTS} twice; keep one"
    if CONTENTS in first and not lesson.sections:
        yield 1, f"{CONTENTS} without sections; write their headings as `## 1 · Title`, or remove it"
    elif CONTENTS in first:
        sectioned = [e.name for section in lesson.sections for e in section.exercises]
        for exercise in lesson.exercises.values():
            if exercise.name not in sectioned:
                yield exercise.solve.line, (f'solve="{exercise.name}" stands above section 1, so that {CONTENTS} would leave it out; '
                                            "move it into a section")
    elif lesson.sections and len(lesson.exercises) > 1:
        yield 1, f"numbered sections and no table of them; put {CONTENTS} on a line of its own in the first cell"


def _brace_problems(lesson: Lesson) -> Iterator[tuple[int, str]]:
    for cell in lesson.cells:
        for number, line in enumerate(cell.text.splitlines(), 1) if cell.kind == "markdown" else ():
            for name in REFERENCE.findall(line):
                if problem := _reference_problem(lesson, name):
                    yield cell.line + number, f"{{{{exercise {name}}}}}: {problem}"
            for rest in re.findall(r"\{\{[^{}]*(?:\}\})?", REFERENCE.sub("", line).replace(CONTENTS, "")):
                yield cell.line + number, (f"{rest} means nothing here; there are {CONTENTS} and {{{{exercise name}}}}. "
                                           "If two braces are meant, put a space between them")
        if "{{" in cell.why:
            yield cell.line, "{{…}} is for text cells; say it in words here"


def _reference_problem(lesson: Lesson, name: str) -> str:
    """Why a reference leads nowhere, with the names that are near; "" where it leads to an exercise."""
    other, _, exercise = name.rpartition(":")
    if not other or other == lesson.name:
        known: Iterable[str] = lesson.exercises
    elif other not in lesson.others:
        return f"there is no lesson {other}; {_near(other, lesson.others)}"
    else:
        known = lesson.others[other].exercises
    if exercise in known:
        return ""
    if not other and (elsewhere := [n for n, outline in lesson.others.items() if exercise in outline.exercises]):
        return f"no exercise of this lesson; write {{{{exercise {elsewhere[0]}:{exercise}}}}} for that of {elsewhere[0]}"
    return f"{other or lesson.name} has no exercise {exercise}; {_near(exercise, known)}"


def _near(name: str, known: Iterable[str]) -> str:
    known = list(known)
    found = get_close_matches(name, known) or known
    return f"there {'are' if len(found) > 1 else 'is'} {', '.join(found) or 'none'}"


def _region_problems(cell: Cell) -> Iterator[str]:
    open_name = None
    regions = 0
    for number, line in enumerate(cell.text.splitlines(), 1):
        mark = REGION_LINE.match(line)
        if not mark:
            if re.search(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS|MARK SCHEME)", line):
                yield f"line {number} of the cell names a region but is no `### BEGIN …` or `### END …` line of its own"
            continue
        edge, name = mark[1], mark[2]
        if REGIONS.get(cell.mark) != name:
            if cell.mark in ("wrong", "right") and name == "SOLUTION":
                yield "a wrong or right answer is a whole cell; remove the SOLUTION lines"
            else:
                yield f"### {edge} {name} belongs in a {'solve' if name == 'SOLUTION' else 'check'} cell"
        elif edge == "BEGIN" and open_name:
            yield f"### BEGIN {name} inside a region; close the first with ### END {open_name}"
        elif edge == "END" and not open_name:
            yield f"### END {name} without ### BEGIN {name}"
        open_name = name if edge == "BEGIN" else None
        regions += edge == "BEGIN"
    if open_name:
        yield f"### BEGIN {open_name} is never closed; add ### END {open_name}"
    if cell.mark == "solve" and not regions:
        yield "a solve cell without ### BEGIN SOLUTION … ### END SOLUTION"
    if cell.mark == "check" and regions > 1:
        yield "two hidden regions in one check; keep one, at the end"
    if cell.mark == "check" and regions == 1 and cell.text.rstrip().splitlines()[-1].strip() != "### END HIDDEN TESTS":
        yield "visible lines after ### END HIDDEN TESTS; hidden tests come last"


def syntax_error(text: str) -> SyntaxError | None:
    """What keeps a code cell's text from being Python; None where nothing does."""
    try:
        ast.parse(python(text))
        return None
    except SyntaxError as error:
        return error


def _length_problems(cell: Cell) -> Iterator[str]:
    """A learner reads short cells; what nobody but authors sees may be longer, so that nobody folds lines to fit."""
    outside, inside = region(cell)
    shown, unseen = ("", cell.text) if cell.mark in ("wrong", "right") else (outside, inside)
    for text, most, what in ((shown, SHOWN_LINES, "a code cell"), (unseen, UNSEEN_LINES, "an unseen part")):
        count = sum(bool(line.strip()) for line in text.splitlines())
        if count > most:
            yield f"{what} of {count} lines; split it, {most} is the most"


def _answer_problems(lesson: Lesson) -> Iterator[tuple[int, str]]:
    for exercise in lesson.exercises.values():
        for answer in (*exercise.wrong, *exercise.right):
            missing = dependencies.bound_names(exercise.solve.text) - dependencies.bound_names(answer.text)
            if missing:
                yield answer.line, f"replaces the whole solve cell but does not define {', '.join(sorted(missing))}"


def _all_check_problems(lesson: Lesson) -> Iterator[tuple[int, str]]:
    modules = dependencies.imported_names(lesson)
    elsewhere: dict[str, int] = {}                     # name -> line of a shipped cell, other than a check, that binds it
    for cell in lesson.cells:
        if cell.kind == "code" and cell.mark not in ("check", "wrong", "right"):
            for name in dependencies.bound_names(cell.text):
                elsewhere.setdefault(name, cell.line)
    for cell in lesson.cells:
        if cell.mark == "check":
            yield from ((cell.line, p) for p in _check_problems(lesson, cell, modules, elsewhere))


def _check_problems(lesson: Lesson, cell: Cell, modules: set[str], elsewhere: dict[str, int]) -> Iterator[str]:
    visible, hidden = region(cell)
    if "vc.check(" in cell.text or "vc.rng(" in cell.text:
        yield "the build adds vc.check(…) and rng = vc.rng(…) to a check; remove them"
    before = {n for c in lesson.cells if c.line < cell.line and c.kind == "code" and c.mark not in ("check", "wrong", "right")
              for n in dependencies.bound_names(c.text)}
    bound = dependencies.bound_names(cell.text)
    for name in sorted((bound & set(elsewhere)) - modules - {"_"}):
        yield f"assigns {name}, which line {elsewhere[name]} defines for the learner; choose another name"
    for name in sorted(dependencies.free_names("rng = 0\n" + visible + "\n" + hidden) - before - modules):
        yield f"uses {name}, which no import, given, solve or ordinary cell before it defines"
    if "rng" in dependencies.free_names(visible):
        yield "the visible part uses rng, which exists in the hidden part alone"
    for node in ast.walk(ast.parse(visible)):
        if isinstance(node, ast.Assert) and node.msg is None:
            yield f"`{ast.unparse(node)[:60]}` has no message; say what the learner probably did"
    for node in ast.walk(ast.parse(cell.text)):
        yield from _refused(node)


def _refused(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id in _REFUSED_CALLS:
            yield f"calls {node.func.id}(), which means nothing on a proxy; call the learner's work or use vc.beside"
        if node.func.id == "isinstance" and len(node.args) == 2:
            kinds = node.args[1].elts if isinstance(node.args[1], ast.Tuple) else [node.args[1]]
            for kind in kinds:
                if ast.unparse(kind) not in _PLAIN_TYPES:
                    yield f"isinstance(…, {ast.unparse(kind)}): only plain data crosses; use vc.beside for objects"
    if isinstance(node, ast.Attribute) and node.attr.startswith("__"):
        yield f"reads .{node.attr}; use vc.beside for what lies inside an object"
    if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("np.random", "numpy.random") and node.attr != "default_rng":
        yield f"uses np.random.{node.attr}; draw inputs from rng, whose seed the grader records"
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.name.partition(".")[0] in _REFUSED_MODULES:
                yield f"imports {alias.name}"
    if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in _REFUSED_MODULES:
        yield f"imports from {node.module}"
