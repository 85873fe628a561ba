# %% [markdown]
# # Start here
#
# *Five minutes: see that everything works, touch something, solve one exercise, and find your way.*
#
# This is a course about teaching computers to see, and you take it by doing.
# Each lecture is a notebook like this one: text, pictures and code that you run, change and write.
#
# A notebook is made of **cells**.
# Click on the gray cell below and press **Shift + Enter**: it runs, and the next cell is selected.
# Go through this page that way.

# %% given
import numpy as np

import visioncourse as vc

vc.setup("lectures/00_start_here")

# %% [markdown]
# Every notebook begins with such a cell.
# It prints one line; if something on your computer stands in the way, it says so below that line, and what to do about it.

# %% [markdown]
# ## 1 · Does everything work?

# %%
vc.doctor()

# %% [markdown]
# Where a row says *mend*, its cure stands beside it.
# Nothing else is needed: no network, no account, no graphics card.

# %% [markdown]
# ## 2 · Touch something
#
# Somebody has marked 18 points with three classes, and a very simple learner colours the rest of the plane: each place gets the class of the marked point that is *nearest*.
#
# *Guess first:* what happens if one lonely blue circle lands in the middle of the red triangles?
# Then run the cell, take a circle with the mouse, and drag it there.

# %% picture
circles = [[1, 2], [2, 1], [2, 3], [3, 2], [1, 4], [3, 4]]
squares = [[7, 2], [8, 1], [8, 3], [9, 2], [7, 4], [9, 4]]
triangles = [[4, 8], [5, 7], [5, 9], [6, 8], [3, 9], [7, 9]]
points, classes = np.array(circles + squares + triangles), np.repeat([0, 1, 2], 6)
vc.widgets.KnnBoundary(points, classes, k=1)

# %% [markdown]
# The circle keeps a little land of its own, because a single neighbour decides.
# Now move the slider `k`: with three neighbours voting, the stranger is outvoted.
# How well that works, and how to choose `k`, is what lecture 02 is about.
#
# Pictures like this one answer to the mouse and to the keyboard (Tab, arrow keys), and nothing in them can break.

# %% [markdown]
# ## 3 · Your first exercise
#
# A picture is an array of numbers: rows, columns and three colours.
# This is Chelsea.

# %%
cat = vc.data.photo("chelsea")
print("rows, columns, colours:", cat.shape)
vc.show_images([cat], title="Chelsea, as the camera saw her")

# %% [markdown]
# Arrays can be cut and turned round with square brackets: `cat[80:160]` are the rows from 80 to 159, and `cat[::-1]` are all rows in reverse order, so that she stands on her head.
#
# ### Exercise · Mirror (★☆☆ · 1 minute)
#
# Write `mirror(picture)`, which returns the picture with left and right exchanged: a picture of shape $(H, W, 3)$, as a mirror shows it.
# Put your own line in place of `# YOUR CODE HERE` and of the line below it, and run the cell.

# %% solve="mirror"
def mirror(picture):
    """The picture (H, W, 3) with left and right exchanged."""
    ### BEGIN SOLUTION
    return picture[:, ::-1]
    ### END SOLUTION

# %% [markdown]
# The next cell checks your work.
# Run it now, even if you have written nothing yet or something that must be wrong: it only talks to you, and you may run it as often as you like.

# %% check="mirror" points=1
small = np.array([[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [0, 0, 0]]], dtype=np.uint8)
wanted = np.array([[[4, 5, 6], [1, 2, 3]], [[0, 0, 0], [7, 8, 9]]], dtype=np.uint8)
vc.assert_close(mirror(small), wanted, "a picture of 2 rows and 2 columns")
### BEGIN HIDDEN TESTS
from PIL import Image, ImageOps
photograph = rng.integers(0, 256, (5, 8, 3), dtype=np.uint8)
kept = photograph.copy()
vc.assert_close(mirror(photograph), np.asarray(ImageOps.mirror(Image.fromarray(photograph))), "random colours, 5 rows and 8 columns")
assert np.array_equal(photograph, kept), "the picture that came in must not be changed"
square = rng.integers(0, 256, (6, 6, 3), dtype=np.uint8)
vc.assert_close(mirror(square), np.asarray(ImageOps.mirror(Image.fromarray(square))), "random colours, 6 rows and 6 columns")
floats = rng.random((4, 7, 3))
kept_floats = floats.copy()
vc.assert_close(mirror(mirror(floats)), kept_floats, "mirrored twice, a picture is as it was")
### END HIDDEN TESTS

# %% wrong="mirror" why="reversed the rows; that turns the picture upside down. The columns are the second axis"
def mirror(picture):
    return picture[::-1]

# %% wrong="mirror" why="reversed the colours, which are the third axis; the columns are the second"
def mirror(picture):
    return picture[:, :, ::-1]

# %% wrong="mirror" why="reversed rows and columns, which turns the picture by half a turn; only the columns are to be reversed"
def mirror(picture):
    return picture[::-1, ::-1]

# %% wrong="mirror" why="reversed all three axes; only the columns are to be reversed"
def mirror(picture):
    return picture[::-1, ::-1, ::-1]

# %% wrong="mirror" why="reversed columns and colours; the colours stay in their order"
def mirror(picture):
    return picture[:, ::-1, ::-1]

# %% wrong="mirror" why="returned the picture as it came in"
def mirror(picture):
    return picture

# %% wrong="mirror" why="made the mirrored picture but did not return it; the last line must begin with `return`"
def mirror(picture):
    picture[:, ::-1]

# %% wrong="mirror" why="lost the first column: [:0:-1] ends before column 0"
def mirror(picture):
    return picture[:, :0:-1]

# %% wrong="mirror" why="lost the last column: [-2::-1] begins with the one before it"
def mirror(picture):
    return picture[:, -2::-1]

# %% wrong="mirror" why="exchanged rows and columns, which tips the picture over its diagonal"
def mirror(picture):
    return picture.transpose(1, 0, 2)

# %% wrong="mirror" why="turned the picture by a quarter"
def mirror(picture):
    return np.rot90(picture)

# %% wrong="mirror" why="turned the picture by a quarter, the other way round"
def mirror(picture):
    return np.rot90(picture, -1)

# %% wrong="mirror" why="moved each column one place to the left: [1:] and then the first does not reverse anything"
def mirror(picture):
    return np.concatenate([picture[:, 1:], picture[:, :1]], axis=1)

# %% wrong="mirror" why="wrote [:, -1], which is the last column alone"
def mirror(picture):
    return picture[:, -1]

# %% wrong="mirror" why="wrote [:, -1:], which is the last column alone"
def mirror(picture):
    return picture[:, -1:]

# %% wrong="mirror" why="changed the picture that came in while copying: its left half is overwritten before it is read"
def mirror(picture):
    width = picture.shape[1]
    for x in range(width):
        picture[:, x] = picture[:, width - 1 - x]
    return picture

# %% wrong="mirror" why="exchanged the columns in the picture that came in; make a new one, somebody may still need the old"
def mirror(picture):
    picture[:] = picture[:, ::-1].copy()
    return picture

# %% wrong="mirror" why="set the left half and the right half side by side in the other order, without reversing them"
def mirror(picture):
    half = picture.shape[1] // 2
    return np.hstack([picture[:, half:], picture[:, :half]])

# %% wrong="mirror" why="kept the left half and mirrored it to the right; the right half of the picture is lost"
def mirror(picture):
    out = picture.copy()
    half = picture.shape[1] // 2
    out[:, -half:] = out[:, :half][:, ::-1]
    return out

# %% wrong="mirror" why="sorted the columns by their values"
def mirror(picture):
    return np.sort(picture, axis=1)[:, ::-1]

# %% wrong="mirror" why="exchanged dark and light, which makes a negative"
def mirror(picture):
    return 255 - picture

# %% right="mirror" how="with np.fliplr"
def mirror(picture):
    return np.fliplr(picture)

# %% right="mirror" how="with np.flip along the second axis"
def mirror(picture):
    return np.flip(picture, axis=1)

# %% right="mirror" how="with three slices"
def mirror(picture):
    return picture[:, ::-1, :]

# %% right="mirror" how="column by column"
def mirror(picture):
    out = np.zeros_like(picture)
    width = picture.shape[1]
    for x in range(width):
        out[:, x] = picture[:, width - 1 - x]
    return out

# %% right="mirror" how="pixel by pixel"
def mirror(picture):
    H, W, C = picture.shape
    out = picture.copy()
    for y in range(H):
        for x in range(W):
            out[y, x] = picture[y, W - x - 1]
    return out

# %% right="mirror" how="row by row, as a list"
def mirror(picture):
    return np.array([row[::-1] for row in picture])

# %% right="mirror" how="with a list of column numbers"
def mirror(picture):
    return picture[:, list(range(picture.shape[1] - 1, -1, -1))]

# %% right="mirror" how="counting from the end"
def mirror(picture):
    return picture[:, -1::-1]

# %% right="mirror" how="upside down and half a turn"
def mirror(picture):
    return np.rot90(picture[::-1], 2)

# %% right="mirror" how="with np.take"
def mirror(picture):
    return np.take(picture, np.arange(picture.shape[1])[::-1], axis=1)

# %% [markdown] hint="mirror"
# `picture[::-1]` reverses the first axis, the rows. Which axis holds the columns?

# %% [markdown] hint="mirror"
# A comma separates the axes, and `:` alone means "all of this axis": `picture[:, 0]` is the first column of every row.

# %% [markdown] hint="mirror"
# Put the two together: all rows, and the columns in reverse order.

# %% [markdown]
# ### What a check says
#
# *Not attempted*: the cell is still empty.
# *Not yet*: what was asked, what your code gave, what was wanted and, if other people have made the same mistake, its name.
# *Passed*: go on.
#
# Try it: write `return picture[::-1]` into your cell, run it, run the check, and read what it says.
# If you are stuck, a hint is one line away; run the next cell again for the next hint.

# %%
vc.hint("mirror")

# %% [markdown]
# Your function is good for something.
# Few faces are the same on both sides; here are two new cats, one made of the left half of Chelsea's face, the other of the right half.

# %%
face = cat[:, 72:432]                                      # her nose is in the middle now
left, right = face[:, :180], face[:, 180:]
cats = [np.hstack([left, mirror(left)]), face, np.hstack([mirror(right), right])]
vc.show_images(cats, ["left, twice", "Chelsea", "right, twice"], title="Which of these cats have you met?")

# %% [markdown]
# ## 4 · The map
#
# Every check that passes is remembered, and the map shows where you are.
# Click on the name of a lesson to open it, and on the line below it to see its exercises.

# %% picture
vc.progress()

# %% [markdown]
# ## 5 · How to work, and what to do when you are stuck
#
# **Read, guess, write, check, look.**
# Where a text says *Predict* or *Guess first*, do it before you run the cell: a wrong guess is what you remember.
#
# | When | Do |
# |---|---|
# | you do not know how to begin | `vc.hint("name-of-the-exercise")`, as often as there are hints |
# | a check fails and you do not see why | read *got* and *wanted*; try your function on the small input that the check names |
# | a name is *not defined*, or nothing makes sense any more | menu **Kernel**, then **Restart Kernel and Run All Cells** |
# | a cell does not stop | the square button above the notebook |
# | you want to know where you were | `vc.progress()`, in any notebook |
# | something on the computer seems wrong | `vc.doctor()`, in any notebook |
# | nothing helps | leave the exercise out and go on. When you ask somebody, send your cell and the whole text of the check |

# %% [markdown]
# ## 6 · What else there is
#
# - **Assignments**, in `assignments/`: longer, with less text. Do a1 after lecture 04.
# - **The terminal**: `.venv/bin/python -m grader check assignments/a1/knn.ipynb` checks a whole notebook, `.venv/bin/python -m grader progress` lists what you have done.
# - **Reading copies** with all solutions and pictures: `make solutions` writes them to `build/solutions/`. Look when you are done, not before.
#
# Your work is saved in the notebooks themselves (**Ctrl + S**), and `make lab` brings you back to this page.
# Now go on where the map says so.
