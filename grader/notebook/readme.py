"""The tables of README that are made from the code and the course, so that they cannot say anything else than these do."""

from collections.abc import Iterable, Mapping
from typing import Any

from ..lesson.marks import Mark

_BAR = r"\|"                                           # a bar within a cell of a table


def tables(marks: Mapping[str, Mark], course: Mapping[str, Any]) -> dict[str, str]:
    """The Markdown tables by name: "marks", the marks of a cell line, and "course", every lesson with what it holds.

    course: what course.json holds; each exercise has its checks with their points, and its minutes.
    """
    rows = [[f"`{mark.shows}`", " or ".join(mark.kinds), mark.becomes] for mark in marks.values()]
    return {"marks": _table(["mark", "cell", "becomes"], rows), "course": _course(course)}


def updated(readme: str, blocks: Mapping[str, str]) -> str:
    """The text of README with each block put between its comments, `<!-- NAME -->` and `<!-- /NAME -->`, in place of what stood there.

    Raises ValueError where a pair of comments is not there exactly once.
    """
    for name, block in blocks.items():
        first, last = f"<!-- {name} -->", f"<!-- /{name} -->"
        if readme.count(first) != 1 or readme.count(last) != 1 or readme.index(first) > readme.index(last):
            raise ValueError(f"README needs the comments {first} and {last} once each, in this order")
        before, rest = readme.split(first)
        readme = f"{before}{first}\n\n{block}\n\n{last}{rest.split(last)[1]}"
    return readme


def _course(course: Mapping[str, Any]) -> str:
    rows, totals = [], [0, 0, 0]
    for name, lesson in course.items():
        exercises = lesson["exercises"].values()
        counts = [len(exercises), sum(sum(e["checks"].values()) for e in exercises), sum(e["minutes"] for e in exercises)]
        totals = [total + count for total, count in zip(totals, counts, strict=True)]
        rows.append([f"`{name}`", lesson["title"], *(f"{count:g}" for count in counts)])
    rows.append(["", f"{len(course)} lessons", *(f"{total:g}" for total in totals)])
    return _table(["lesson", "title", "exercises", "points", "minutes"], rows, numbers=3)


def _table(head: list[str], rows: Iterable[list[str]], numbers: int = 0) -> str:
    """A Markdown table; the last `numbers` columns stand to the right."""
    rule = ["---"] * (len(head) - numbers) + ["---:"] * numbers
    return "\n".join(_row(cells) for cells in (head, rule, *rows))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', _BAR) for cell in cells)} |"
