"""Answers written as changes of the solution, so that a reader sees the mistake and nothing else.

    # %% wrong="mean-filter" why="divided by the window's length minus one"
    # - / K
    # + / (K - 1)

A cell of comments alone: each `# -` is a piece of the solution that stands there exactly once, and the `# +` lines below it
stand in its place, in the indentation of its line. Several `# -` lines together are whole lines that follow each other.
A `# -` of a whole line without `# +` takes the line out. Three changes at most; a larger one is easier to read as an answer in full.
"""

import re

MOST = 3
_LINE = re.compile(r"# ?([-+])(?: (.*))?")


class PatchError(ValueError):
    """A change that cannot be made: which, why, and what to do."""


def is_patch(text: str) -> bool:
    """Whether a cell's text is a change of the solution and no answer in full."""
    lines = [line for line in text.splitlines() if line.strip()]
    return bool(lines) and all(_LINE.fullmatch(line.strip()) for line in lines)


def patched(solution: str, text: str) -> str:
    """The solution with the changes made that a cell's text describes. Raises PatchError."""
    lines = solution.splitlines()
    for old, new in _changes(text):
        lines = _replaced(lines, old, new)
    return "\n".join(lines)


def _changes(text: str) -> list[tuple[list[str], list[str]]]:
    changes: list[tuple[list[str], list[str]]] = []
    for line in text.splitlines():
        if not (found := _LINE.fullmatch(line.strip())):
            continue
        sign, piece = found[1], (found[2] or "").rstrip()
        if sign == "-" and (not changes or changes[-1][1]):
            changes.append(([], []))
        if not changes:
            raise PatchError("begins with a `# +` line; say first with `# -` what it replaces")
        changes[-1][sign == "+"].append(piece)
    if len(changes) > MOST:
        raise PatchError(f"makes {len(changes)} changes; more than {MOST} are easier to read as an answer in full")
    return changes


def _replaced(lines: list[str], old: list[str], new: list[str]) -> list[str]:
    if not any(piece.strip() for piece in old):
        raise PatchError("has an empty `# -` line; write the piece of the solution that is changed")
    if len(old) == 1:
        return _piece_replaced(lines, old[0].strip(), new)
    places = [n for n in range(len(lines) - len(old) + 1) if _same_lines(lines[n:n + len(old)], old)]
    _once(places, "\n".join(old))
    indent = _indent(lines[places[0]])
    return [*lines[:places[0]], *(indent + line for line in new), *lines[places[0] + len(old):]]


def _piece_replaced(lines: list[str], piece: str, new: list[str]) -> list[str]:
    places = [n for n, line in enumerate(lines) for _ in range(line.count(piece))]
    _once(places, piece)
    number, line = places[0], lines[places[0]]
    indent = _indent(line)
    if line.strip() == piece:                          # the whole line: it goes, and what is new comes in its indentation
        return [*lines[:number], *(indent + text for text in new), *lines[number + 1:]]
    return [*lines[:number], *line.replace(piece, ("\n" + indent).join(new)).splitlines(), *lines[number + 1:]]


def _once(places: list[int], piece: str) -> None:
    if len(places) != 1:
        raise PatchError(f"`{piece}` stands {len(places)} times in the solution; "
                         + ("take a longer piece that stands there once" if places else "copy the piece as the solution has it"))


def _same_lines(there: list[str], wanted: list[str]) -> bool:
    """Whether lines agree but for the indentation that all of them share."""
    indent, own = _indent(there[0]), _indent(wanted[0])
    return all(line.rstrip() == (indent + piece.removeprefix(own)).rstrip() for line, piece in zip(there, wanted, strict=True))


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
