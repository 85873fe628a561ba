"""The marks of a cell line: what each may stand on, which keys it takes, and what becomes of its cell."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """One mark, for whoever reads sources and for the table in README.

    kinds: the cell types that it may stand on. takes: further keys on the same line; needs: those of them that must be there.
    shows: the mark as an author writes it. becomes: what its cell holds and what a learner gets of it, as a part of a sentence.
    """

    kinds: tuple[str, ...]
    takes: tuple[str, ...]
    needs: tuple[str, ...]
    shows: str
    becomes: str


MARKS = {
    "solve": Mark(("code",), ("policy",), (), 'solve="two-loops"',
                  "the learner's cell, autograded; a stub that raises stands in place of what lies between "
                  "`### BEGIN SOLUTION` and `### END SOLUTION`; "
                  '`policy="no-python-loops"` or `policy="numpy-only"` forbids ways of solving it'),
    "check": Mark(("code",), ("points",), ("points",), 'check="two-loops" points=3',
                  "autograder tests: the visible asserts, and what lies between `### BEGIN HIDDEN TESTS` and "
                  "`### END HIDDEN TESTS` for the grader alone"),
    "answer": Mark(("markdown", "code"), ("points",), ("points",), 'answer="why-softmax" points=1',
                   "an empty cell for a written answer, graded by hand; the model answer and the marking guide stay in the source"),
    "given": Mark(("code", "markdown"), (), (), "given", "the same, read-only"),
    "picture": Mark(("code",), (), (), "picture",
                    "the same, with its picture stored in the release; it ends in a widget or in a figure with a title"),
    "hint": Mark(("markdown",), (), (), 'hint="two-loops"', "no cell: `vc.hint` shows the hints of an exercise one by one"),
    "wrong": Mark(("code",), ("why", "raises"), ("why",), 'wrong="two-loops" why="forgot the square root"',
                  "nothing: a mistake that people make, which must fail; a learner who makes it is told its `why`; in full, or as changes "
                  'of the solution in lines `# -` and `# +`; `raises="NameError"` where such an error is the mistake'),
    "right": Mark(("code",), ("how",), ("how",), 'right="two-loops" how="with einsum"',
                  "nothing: another right way, which must pass"),
}
