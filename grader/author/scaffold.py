"""The text of a new lesson and of a new exercise: a lesson that holds as it is, whose every place to fill in has the word TODO.

The exercise is a real one, the length of a row, so that each part shows what it does: without its TODOs it builds and is proved.
"""

import builtins
import keyword
import re
from collections.abc import Iterable

_LESSON = '''\
# %% [markdown]{part}
# # {heading}
#
# *TODO: the question that this lesson answers, as a curious person would ask it*
#
# TODO: two or three sentences that say why the reader should care.
# When you have worked through it, you will be able to
#
# - TODO: what the reader can do afterwards, beginning with a verb;
# - TODO: a second thing.
#
# {{{{contents}}}}

# %% given
import numpy as np

import visioncourse as vc

vc.setup("{lesson}")

# %% [markdown]
# ## 1 · TODO: the name of the first section
#
# TODO: a picture or a number first, then the formula, then what it means; say what a word means where it is first used.

{exercise}
# %% [markdown]
# ## 2 · One page to keep
#
# TODO: the formulas and habits of this lesson, as a list.
#
# **Where it leads.**
# TODO: which lesson goes on from here, and with what.
#
# ### Further reading
#
# - TODO: author (year), *title*: what it is good for.
'''

_EXERCISE = '''\
# %% [markdown]
# ### Exercise · {title} (★★☆ · 10 minutes)
#
# TODO: put right the stars (one to three) and the minutes in the heading.
# TODO: say in one sentence what goes in and what comes out, with shapes, in place of this one:
# write `{name}(x)`, which gives the length of a row `x` of shape (D,), one number.
#
# Worked by hand: the row (3, 4) has the length 5. TODO: an example with numbers that one can work out by hand, in place of this one.

# %% solve="{exercise}"
def {name}(x):
    """TODO: the same in one sentence, with shapes, as here: the length of the row x (D,), one number."""
    ### BEGIN SOLUTION
    # TODO: write the solution in place of the next line.
    return (x ** 2).sum() ** 0.5
    ### END SOLUTION

# %% check="{exercise}" points=2
{imports}# TODO: the example that was worked by hand, and up to four more of its kind, in place of the next line.
assert {name}(np.array([3.0, 4.0])) == 5, "TODO: what was computed, or what the learner probably did, as here: the row (3, 4)"
### BEGIN HIDDEN TESTS
# TODO: wanted values from somebody else's code, in place of scipy.linalg.norm, and inputs that show the mistakes below.
import scipy.linalg
{drawn} = vc.draw(rng, (7,))
{kept} = {drawn}.copy()
vc.assert_close({name}({drawn}), scipy.linalg.norm({drawn}), "TODO: what was computed, as here: the length of a row of 7 numbers")
assert np.array_equal({drawn}, {kept}), "the array that came in must not be changed"
### END HIDDEN TESTS

# %% wrong="{exercise}" why="TODO: what was done wrong, as here: forgot the square root"
def {name}(x):
    return (x ** 2).sum()          # TODO: the first mistake that people make, in place of this one.

# %% wrong="{exercise}" why="TODO: what was done wrong, as here: added up the sizes of the numbers"
def {name}(x):
    return abs(x).sum()            # TODO: the second mistake that people make, in place of this one.

# %% right="{exercise}" how="TODO: how it is written, as here: with a product of the row with itself"
def {name}(x):
    return (x @ x) ** 0.5          # TODO: another way that must pass, in place of this one.

# %% [markdown] hint="{exercise}"
# TODO: a question that helps to begin.

# %% [markdown] hint="{exercise}"
# TODO: a hint that may name the function to use, but does not give the line.
'''


def lesson(name: str, title: str, part: int = 0) -> str:
    """The source of a whole lesson. part: of an assignment's notebook, which part of it it is."""
    folder, _, last = name.partition("/")
    heading = f"Lecture {last[:2]} · {title}" if folder == "lectures" else f"Assignment {folder[1:]} · {title}"
    first = re.sub(r"^\d+_", "", last).replace("_", "-")
    return _LESSON.format(lesson=name, heading=heading, part=f" part={part}" if part else "", exercise=exercise(first, taken=("np", "vc")))


def exercise(name: str, title: str = "", taken: Iterable[str] = (), in_checks: Iterable[str] = (), *, numpy: bool = True) -> str:
    """The cells of one exercise.

    taken: names that the lesson already gives to other things; in_checks: those that its checks alone define; numpy: whether it
    imports NumPy as np.
    """
    function = name.replace("-", "_")
    if not function.isidentifier() or keyword.iskeyword(function) or hasattr(builtins, function):
        function = f"compute_{function}"
    function = _free(function, {*taken, *in_checks})
    taken = {*taken, function}
    return _EXERCISE.format(exercise=name, title=title or name.replace("-", " ").capitalize(), name=function,
                            drawn=_free("drawn", taken), kept=_free("kept", taken), imports="" if numpy else "import numpy as np\n")


def _free(name: str, taken: set[str]) -> str:
    """The name, or with the first number that makes it one that nothing has yet."""
    tried, number = name, 1
    while tried in taken:
        number += 1
        tried = f"{name}_{number}"
    return tried
