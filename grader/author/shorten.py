"""`shorten`: writes wrong answers that are whole copies as changes of the solution, where the change makes the same mistake.

An exercise's answers in full are mostly copies of one text that differs from the solution in its writing alone. So what an answer
does differently is found against that text, and the same pieces are looked for in the solution. Found changes are guesses, and what
they are worth is measured: a cell is rewritten only where everything that crosses in every check, with three seeds, coincides with
what the answer in full makes cross.
"""

import ast
import difflib
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import Console

from visioncourse.files import write_whole

from ..judging import known
from ..judging.run import reach, run_check
from ..judging.trials import Names, try_answers
from ..lesson import patches, read
from ..lesson.cells import Cell, Exercise, Lesson, exercise_of, python, without_marks

SEEDS = (0, 1, 2)
SHORT = 3                                              # lines: an answer that has no more reads better in full
_TRIED = 12                                            # guesses for one answer
_PLACES = 4                                            # of the solution where one piece may belong
_WIDEST = 4                                            # tokens beside a piece that help to find its place
_TOKEN = re.compile(r"\w+|\*\*|//|[-+*/@=!<>]=|[^\w\s]")

Lines = list[str]
Tokens = list[tuple[str, int, int]]                    # a token, where it begins and where it ends in its line
Change = tuple[Lines, Lines]                           # lines of one text and those that stand for them in another


def shorten(place: str, *, console: Console) -> int:
    """Rewrite what can be in the source of a lesson, or of one exercise as "a1/knn:two-loops"; print and return how many answers."""
    lesson, wanted = read.find(place)
    done = 0
    for name in [exercise_of(wanted)] if wanted else list(lesson.exercises):
        found, left = shorter(lesson, lesson.exercises[name])
        done += len(found)
        rewrite(lesson, found)
        lesson = read.load(lesson.name)                # its lines have moved
        console.print(f"{lesson.name}:{name}: {len(found)} rewritten, {len(left)} left", markup=False)
        for cell, reason in left:
            console.print(f"    left '{cell.why}': {reason}", markup=False)
    return done


def shorter(lesson: Lesson, exercise: Exercise) -> tuple[list[tuple[Cell, str]], list[tuple[Cell, str]]]:
    """The wrong answers for which a shorter text was found, each with it, and those left as they are, each with the reason."""
    solution = without_marks(exercise.solve)
    written = raw_texts(lesson)
    guessed: list[tuple[Cell, str]] = []
    left: list[tuple[Cell, str]] = []
    for cell in exercise.wrong:
        if patches.is_patch(written[cell.line]):
            continue
        length = len(cell.text.splitlines())
        if length <= SHORT:
            left.append((cell, f"it has {length} lines"))
            continue
        found = {text for text in guesses(solution, exercise, cell.text) if len(text.splitlines()) < length}
        guessed += [(cell, text) for text in sorted(found, key=lambda text: (text.count("\n"), len(text)))[:_TRIED]]
        if not found:
            left.append((cell, "no shorter change was found"))
    same = same_mistakes(lesson, exercise, [(cell.text, patches.patched(solution, text)) for cell, text in guessed])
    best: dict[int, tuple[Cell, str]] = {}
    for (cell, text), reason in zip(guessed, same, strict=True):
        if not reason:
            best.setdefault(cell.line, (cell, text))
    for cell in dict.fromkeys(cell for cell, _ in guessed if cell.line not in best):
        left.append((cell, "the changes that were found make another mistake"))
    return list(best.values()), left


def same_mistake(lesson: Lesson, exercise: Exercise, old: str, new: str) -> str:
    """In which check and with which seed two answers make something different cross; "" where they make the same mistake."""
    return same_mistakes(lesson, exercise, [(old, new)])[0]


def same_mistakes(lesson: Lesson, exercise: Exercise, pairs: Sequence[tuple[str, str]]) -> list[str]:
    """The same of several pairs of answers, each computed in a fork of this process, which must have one thread alone.

    When one of the pairs with an old answer makes its mistake, those behind it are tried no more.
    """
    if not pairs:
        return []
    olds = list(dict.fromkeys(old for old, _ in pairs))

    def record(place: int, check: Cell, names: Names) -> list[known.Crossings]:
        return [known.crossings(run_check(lesson, check, reach(exercise, names), seed, stop=False)) for seed in SEEDS]

    recorded = dict(try_answers(lesson, exercise, olds, record))

    settled: set[str] = set()                          # a fork knows what was settled before it

    def compare(place: int, check: Cell, names: Names) -> str:
        if pairs[place][0] in settled:
            return "another one does"
        theirs = recorded[olds.index(pairs[place][0])][exercise.checks.index(check)]
        for seed, wanted in zip(SEEDS, theirs, strict=True):
            crossed = known.crossings(run_check(lesson, check, reach(exercise, names), seed, stop=False))
            if not known.coincide(crossed, wanted):
                return f"differs in {check.name} with seed {seed}"
        return ""

    reasons = [""] * len(pairs)
    for place, found in try_answers(lesson, exercise, [new for _, new in pairs], compare):
        reasons[place] = next(filter(None, found), "")
        if not reasons[place]:
            settled.add(pairs[place][0])
    return reasons


def raw_texts(lesson: Lesson) -> dict[int, str]:
    """The cells' texts by their lines as the source has them: changes of a solution are not made in them."""
    lines = lesson.path.read_text(encoding="utf-8").splitlines()
    ends = [cell.line - 1 for cell in lesson.cells[1:]] + [len(lines)]
    return {cell.line: "\n".join(lines[cell.line:end]).strip("\n") for cell, end in zip(lesson.cells, ends, strict=True)}


def rewrite(lesson: Lesson, found: Sequence[tuple[Cell, str]]) -> None:
    """Put texts in the place of cells' texts in the source, under their cell lines; ValueError where it was changed meanwhile."""
    lines, written = lesson.path.read_text(encoding="utf-8").splitlines(), raw_texts(lesson)
    if any(cell.why not in lines[cell.line - 1] for cell, _ in found):
        raise ValueError(f"{lesson.path} was changed meanwhile; nothing was written")
    for cell, new in sorted(found, key=lambda pair: -pair[0].line):
        lines[cell.line:cell.line + len(written[cell.line].splitlines())] = new.splitlines()
    write_whole(lesson.path, "\n".join(lines) + "\n")


def guesses(solution: str, exercise: Exercise, answer: str) -> Iterator[str]:
    """Changes of the solution that may make an answer's mistake, as texts of a cell, the likeliest first."""
    there = solution.splitlines()
    for base in [solution, *_bases(exercise, answer)]:
        for lines in itertools.islice(_changed(there, base.splitlines(), answer.splitlines(), direct=base == solution), 4 * _TRIED):
            if (text := as_changes(there, lines)) is not None:
                yield text


def as_changes(there: Lines, wanted: Lines) -> str | None:
    """The text of a cell that makes other lines of the solution's lines; None where it takes more than three changes."""
    told: list[Lines] = []
    now = list(there)
    for old, new, start in reversed(_hunks(there, wanted)):
        pairs = [([a], [b]) for a, b in zip(old, new, strict=True)] if len(old) == len(new) else [(old, new)]
        for turn, pair in reversed(list(enumerate(pairs))):
            number = start + turn
            piece = _piece(now, number, *pair)
            if piece is None:
                return None
            told.insert(0, piece)
            now[number:number + len(pair[0])] = pair[1]
    told.sort(key=lambda piece: not piece[-1].startswith("# +"))       # a line taken out comes last: two `# -` would be one piece
    text = "\n".join(line for piece in told for line in piece)
    try:
        made = patches.patched("\n".join(there), text)
        return text if told and _same_program(made, "\n".join(wanted)) and not _ends_early(made) else None
    except patches.PatchError:
        return None


def _same_program(a: str, b: str) -> bool:
    try:
        compile(python(a), "a guess", "exec")          # refuses more than parsing does, an argument that stands twice for one
        return ast.dump(ast.parse(python(a))) == ast.dump(ast.parse(python(b)))
    except SyntaxError:
        return False


def _ends_early(text: str) -> bool:
    """Whether something stands behind a `return`: the mistake would be hard to see."""
    bodies = [body for node in ast.walk(ast.parse(python(text))) for body in (getattr(node, "body", []), getattr(node, "orelse", []))]
    return any(isinstance(step, ast.Return) for body in bodies if isinstance(body, list) for step in body[:-1])


def _hunks(there: Lines, wanted: Lines) -> list[tuple[Lines, Lines, int]]:
    """What differs between lines: old lines, never none, new lines, and where the old ones begin."""
    found = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, there, wanted, autojunk=False).get_opcodes():
        if kind == "insert":                           # lines come beside one that is there
            a, c = (a - 1, c - 1) if a else (a, c)
            b, d = (b, d) if a < b else (b + 1, d + 1)
        if kind != "equal":
            found.append((there[a:b], wanted[c:d], a))
    return found


def _piece(now: Lines, number: int, old: Lines, new: Lines) -> Lines | None:
    """The `# -` and `# +` lines of one change: of one line the shortest piece that stands once, of several the whole lines."""
    if len(old) == len(new) == 1 and old[0].strip() and _indent(old[0]) == _indent(new[0]):
        a, b = _tokens(old[0]), _tokens(new[0])
        first = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x[0] != y[0]), min(len(a), len(b)))
        same = next((i for i, (x, y) in enumerate(zip(a[first:][::-1], b[first:][::-1], strict=False)) if x[0] != y[0]),
                    min(len(a), len(b)) - first)
        for wide in range(len(a) + 1):
            for before in range(wide + 1):
                i, j = first - before, same - (wide - before)
                if i < 0 or j < 0 or not (a[i:len(a) - j] and b[i:len(b) - j]):
                    continue
                piece, fresh = old[0][a[i][1]:a[len(a) - j - 1][2]], new[0][b[i][1]:b[len(b) - j - 1][2]]
                if _reads(piece) and _reads(fresh) and sum(line.count(piece) for line in now) == 1:
                    return [f"# - {piece}", f"# + {fresh}"]
    indent = _indent(old[0])
    if any(line.strip() and not line.startswith(indent) for line in [*old, *new]):
        return None
    return [*(f"# - {line.removeprefix(indent)}".rstrip() for line in old), *(f"# + {line.removeprefix(indent)}".rstrip() for line in new)]


def _reads(piece: str) -> bool:
    """Whether a piece of a line can be read by itself: it has a word, its brackets and quotes are whole, and no comma stands at an end."""
    depth, lowest = 0, 0
    for character in piece:
        depth += (character in "([{") - (character in ")]}")
        lowest = min(lowest, depth)
    whole = depth == lowest == 0 and piece.count('"') % 2 == piece.count("'") % 2 == 0
    return whole and any(c.isalpha() for c in piece) and not re.match(r"[,:.=\[(]", piece) and not re.search(r"[-+*/=,.@]$", piece)


def _bases(exercise: Exercise, answer: str) -> list[str]:
    """Texts of which an answer may be a changed copy: what most of the answers have in common, and right answers; the nearest first."""
    texts = [cell.text for cell in exercise.wrong]
    near = [_consensus(text, texts) for text in dict.fromkeys([answer, _middle(texts)])]
    found = dict.fromkeys([*near, *(cell.text for cell in exercise.right)])
    return sorted((text for text in found if text != answer), key=lambda text: -_likeness(text, answer))[:3]


def _middle(texts: Sequence[str]) -> str:
    return max(texts, key=lambda text: sum(_likeness(text, other) for other in texts))


def _likeness(a: str, b: str) -> float:
    return difflib.SequenceMatcher(None, a.splitlines(), b.splitlines(), autojunk=False).ratio()


def _consensus(text: str, texts: Sequence[str]) -> str:
    """A text with, for each of its lines, what most of the texts have in that place."""
    lines = text.splitlines()
    votes = [Counter[tuple[str, ...]]() for _ in range(len(lines) + 1)]
    for other in texts:
        theirs = other.splitlines()
        said: list[tuple[str, ...]] = [() for _ in votes]
        for kind, a, b, c, d in difflib.SequenceMatcher(None, lines, theirs, autojunk=False).get_opcodes():
            for turn in range(b - a):
                last = turn == b - a - 1
                said[a + turn] = tuple(theirs[c + turn:d if last else c + turn + 1]) if c + turn < d else ()
            if kind == "insert":
                said[a] = ()
        for vote, choice in zip(votes, said, strict=True):
            vote[choice] += 1
    return "\n".join(line for vote in votes for line in vote.most_common(1)[0][0])


def _changed(there: Lines, base: Lines, answer: Lines, *, direct: bool) -> Iterator[Lines]:
    """The solution's lines with what an answer does differently from a base done to them, at every place where it may belong."""
    if direct:
        yield _carried_over(there, answer)
        return
    changes = _differences(base, answer)
    if not 0 < len(changes) <= patches.MOST:
        return
    for chosen in itertools.product(*([*_places(there, *change), None] for change in changes)):
        lines: Lines | None = list(there)
        for number, old, new in sorted(filter(None, chosen), key=lambda c: -c[0]):
            if lines is not None:
                lines = [*lines[:number], *new, *lines[number + len(old):]] if lines[number:number + len(old)] == old else None
        if lines is not None:
            yield lines


def _carried_over(there: Lines, answer: Lines) -> Lines:
    """An answer's lines, with the comments and the docstring of the solution, which answers leave out."""
    lines = list(there)
    bare = [line.partition("  # ")[0].rstrip() for line in there]
    spans = _docstrings(there)
    for kind, a, b, c, d in reversed(difflib.SequenceMatcher(None, bare, answer, autojunk=False).get_opcodes()):
        if kind != "equal":
            kept = [there[n] for n in range(a, b) if n in spans]
            lines[a:b] = kept + answer[c:d]
    return lines


def _docstrings(lines: Lines) -> set[int]:
    """The numbers of lines that are a docstring or a comment, or empty."""
    found = {n for n, line in enumerate(lines) if not line.strip() or line.strip().startswith("#")}
    try:
        tree = ast.parse(python("\n".join(lines)))
    except SyntaxError:
        return found
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            found |= set(range(node.lineno - 1, node.end_lineno or node.lineno))
    return found


def _differences(base: Lines, answer: Lines) -> list[tuple[Lines, Lines, str, str]]:
    """What differs between a base and an answer: old lines, new lines, and the base's lines before and behind them."""
    found = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, base, answer, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        around = base[a - 1] if a else "", base[b] if b < len(base) else ""
        if b - a == d - c:
            found += [([x], [y], base[a + n - 1] if a + n else "", base[a + n + 1] if a + n + 1 < len(base) else "")
                      for n, (x, y) in enumerate(zip(base[a:b], answer[c:d], strict=True))]
        else:
            found.append((base[a:b], answer[c:d], *around))
    return found


def _places(there: Lines, old: Lines, new: Lines, before: str, behind: str) -> list[tuple[int, Lines, Lines]]:
    """Where a difference may belong in the solution: number of a line, the lines there, and the lines in their place."""
    found: list[tuple[int, Lines, Lines]] = []
    if len(old) == len(new) == 1:
        found = list(_within_lines(there, old[0], new[0]))
    if not found and old:
        for number in _like(there, old[0]):
            block = there[number:number + len(old)]
            if len(block) == len(old) and all(_ratio(x, y) > 0.6 for x, y in zip(block, old, strict=True)):
                found.append((number, block, _indented(new, _indent(old[0]), _indent(block[0]))))
    if not old:
        for number in _like(there, before) if before else ():
            found.append((number, [there[number]], [there[number], *_indented(new, _indent(before), _indent(there[number]))]))
        for number in _like(there, behind) if behind else ():
            found.append((number, [there[number]], [*_indented(new, _indent(behind), _indent(there[number])), there[number]]))
    return found[:_PLACES]


def _within_lines(there: Lines, old: str, new: str) -> Iterator[tuple[int, Lines, Lines]]:
    """The solution's lines that hold what is changed in a line, with as much beside it as can be; the change is made in each."""
    a, b = _tokens(old), _tokens(new)
    first = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x[0] != y[0]), min(len(a), len(b)))
    same = next((i for i, (x, y) in enumerate(zip(a[first:][::-1], b[first:][::-1], strict=False)) if x[0] != y[0]),
                min(len(a), len(b)) - first)
    seen = set()
    sides = itertools.product(range(min(first, _WIDEST) + 1), range(min(same, _WIDEST) + 1))
    for left, right in sorted(sides, key=lambda s: -sum(s)):
        i, j = first - left, same - right
        wanted = [token for token, _, _ in a[i:len(a) - j]]
        fresh = b[i:len(b) - j]
        if not wanted:
            continue
        text = new[fresh[0][1]:fresh[-1][2]] if fresh else ""
        for number, line in enumerate(there):
            tokens = _tokens(line)
            for start in range(len(tokens) - len(wanted) + 1):
                if [token for token, _, _ in tokens[start:start + len(wanted)]] == wanted:
                    made = line[:tokens[start][1]] + text + line[tokens[start + len(wanted) - 1][2]:]
                    if (number, made) not in seen:
                        seen.add((number, made))
                        yield number, [line], [made]


def _like(there: Lines, line: str) -> list[int]:
    """The numbers of the lines that are like a line, the likest first."""
    near = [(-_ratio(line, other), number) for number, other in enumerate(there)]
    return [number for ratio, number in sorted(near) if ratio < -0.6][:2]


def _ratio(a: str, b: str) -> float:
    return difflib.SequenceMatcher(None, [t[0] for t in _tokens(a)], [t[0] for t in _tokens(b)], autojunk=False).ratio()


def _indented(lines: Lines, old: str, new: str) -> Lines:
    return [new + line.removeprefix(old) if line.startswith(old) else line for line in lines]


def _tokens(line: str) -> Tokens:
    return [(found[0], found.start(), found.end()) for found in _TOKEN.finditer(line.partition("  # ")[0])]


def _indent(line: str) -> str:
    return line[:len(line) - len(line.lstrip())]
