# %% [markdown]
# # Lecture 02 · Image classification
#
# *You will see a small picture below and know at once what it shows.*
# *Could you write down how you knew, so precisely that a machine could follow?*
# *Nobody has managed to; this lecture is about what people do instead.*
#
# When you have worked through it, you will be able to
#
# - say why recognisers are learnt from examples and not written by hand, and what `train` and `predict` each have to do;
# - measure how far apart two pictures are with L1 and L2, and say what each of the two cares about;
# - build a nearest-neighbour classifier and predict what the number of neighbours $k$ does to it;
# - choose $k$ without fooling yourself: validation, cross-validation, and a test set that is used once;
# - show with pictures why distance between pixels is a poor measure of likeness;
# - read a linear classifier in three ways: as a formula, as templates, and as planes that cut space.
#
# {{contents}}
#
# Below each exercise stands a cell with `vc.check`: it tells you at once whether your code is right and, if not, what probably went wrong.
# `vc.hint("l1-distance")` opens the hints of an exercise one by one, and `vc.progress()` draws what you have done.
# Work from top to bottom: some experiments run on the functions that you wrote before them.

# %% given
import time

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap
from scipy import ndimage, optimize
from sklearn.metrics import pairwise_distances

import visioncourse as vc

vc.setup("lectures/02_image_classification")

# %% [markdown]
# ## 1 · A picture is a table of numbers
#
# What does the machine get to see?
# Here are twenty labelled pictures of *Scenes*, a small world drawn by a program: each picture holds one object of ten classes, somewhere, in some colour, often partly hidden.
#
# To work with photographs instead, put `"cifar10"` in the next cell: CIFAR-10 (Krizhevsky, 2009) has photographs of the same size in ten classes of its own.
# Everything below runs with either.

# %%
DATASET = "scenes"          # or "cifar10", after `python -m visioncourse.data get cifar10`
data = vc.data.load(DATASET, train=4000, test=500)
C = len(data.classes)

# %%
names = [data.classes[label] for label in data.y_train]
vc.show_images(data.X_train[:20], names[:20], title="Twenty labelled pictures: how many did you need more than a glance for?")

# %% [markdown]
# You named most of them at a glance.
# This is what the machine gets:

# %%
picture = data.X_train[11]
print(f"shape {picture.shape}, dtype {picture.dtype}, values from {picture.min()} to {picture.max()}")
print("red channel, rows 12 to 17, columns 12 to 23:")
print(picture[12:18, 12:24, 0])

# %% [markdown]
# A table of height × width × 3 whole numbers between 0 and 255, and nothing else: no object, no outline, no "behind".
# The distance between such a table and the word that you said is called the **semantic gap** (a term that Smeulders and colleagues' survey of image search made common in 2000).
#
# **Image classification** is the task of crossing it: given a table, give one label out of a fixed list of $C$ classes.
# It looks narrow, but detection, segmentation and captioning (later lectures) are all built on it.

# %% [markdown]
# ## 2 · Why nobody writes the rule by hand
#
# Sorting a list is easy to write down as steps, because the steps do not depend on what the numbers *mean*.
# What would the steps for "there is a cat in it" be?
# The trouble is that the numbers change while the answer stays.
#
# *Predict:* the next two cells change a picture in six ways that would not make you change its name.
# In which of them do most of the numbers stay as they were?

# %%
def wave(image):
    """Bend a picture: every row slides sideways by up to three pixels."""
    rows, columns, channels = np.indices(image.shape)
    return ndimage.map_coordinates(image, (rows, columns + 3 * np.sin(rows / 4), channels), order=1, mode="nearest")

def pasted(image, patch, corners):
    """The picture with square patches laid over it at the given corners."""
    image = image.copy()
    for row, column in corners:
        image[row:row + len(patch), column:column + len(patch)] = patch
    return image

# %%
original = picture / 255
scrap = data.X_train[3, 12:19, 12:19] / 255                          # 7 x 7 pixels of another picture
changed = {
    "original": original,
    "viewpoint": ndimage.rotate(original, 25, reshape=False, order=1, mode="nearest"),
    "size": ndimage.zoom(original, (1.5, 1.5, 1), order=1)[8:40, 8:40],
    "illumination": 0.5 * original,
    "occlusion": pasted(original, np.full((10, 10, 3), 0.5), [(12, 17)]),
    "clutter": pasted(original, scrap, [(1, 1), (24, 22), (0, 23), (22, 0)]),
    "deformation": wave(original),
}

# %%
moved = {name: np.mean(np.abs(image - original) > 0.05) for name, image in changed.items()}
captions = [f"{name}\n{share:.0%} changed" for name, share in moved.items()]
vc.show_images(list(changed.values()), captions, columns=7, title="The same object each time: how many of the numbers moved by more than 5 %?")

# %% [markdown]
# For you nothing has happened; for the table much has, even where it does not look like it.
# These are the classic difficulties: **viewpoint**, size, **illumination**, **occlusion** (something stands in front), **clutter** (something stands around) and **deformation**.
# The last one needs no editing, the data are full of it: **variation within a class**.

# %%
one_class = 8 if DATASET == "scenes" else 3          # cats, in both
same_class = data.X_train[data.y_train == one_class][:10]
vc.show_images(same_class, title=f"Ten pictures, one label ({data.classes[one_class]}): is there one pixel on which they agree?")

# %% [markdown]
# ### Trying anyway
#
# One could still try to write a rule.
# Boats float, so the lower third of a boat's picture is rather blue.
#
# *Predict:* of the pictures that obey this rule, what share are boats?
# Of the boats, what share obeys it?

# %%
boat = 1 if DATASET == "scenes" else 8               # "boat" or "ship"
lower = data.X_train[:, 21:].mean(axis=(1, 2))       # (N, 3): mean red, green and blue of the lower third
obeys = lower[:, 2] > lower[:, 0] + 15               # clearly more blue than red

# %%
is_boat = data.y_train == boat
print(f"of the pictures that obey the rule, {is_boat[obeys].mean():.0%} are a {data.classes[boat]} (guessing: {is_boat.mean():.0%})")
print(f"of all pictures of a {data.classes[boat]}, {obeys[is_boat].mean():.0%} obey the rule")

# %% [markdown]
# The rule knows *something*, but it misses many boats and lets in whatever else stands above something blue.
# More rules would mend it: sails, hulls, no wheels.
# Then nine more classes, then the eleventh class from the beginning.
# From the 1960s on people did write such rules, about edges, corners and how they meet (lecture 01 tells that story), and every new object meant starting over.
#
# ### The data-driven approach
#
# So turn it round.
# A child is not told the steps either, it is shown examples.
#
# 1. **Collect** pictures with labels.
# 2. **Learn**: let a program turn them into a classifier.
# 3. **Evaluate**: compare its answers with the labels of pictures it has *never seen*.
#
# In place of one function `is_cat(image)` there are two that know nothing about cats:
#
# ```python
# def train(images, labels):        # -> model
# def predict(model, images):       # -> labels
# ```
#
# The rest of this lecture is about two ways of filling in these two functions.
# The first has the simplest `train` there is: remember everything.

# %% [markdown]
# ## 3 · How far apart are two pictures?
#
# To answer "which of the pictures I remember is most like this one?" we need a number for "like".
# The obvious one compares pixel by pixel: subtract, drop the signs, add up.
#
# $$d_1(a, b) = \sum_p \left| a_p - b_p \right|$$
#
# The sum runs over every row, column and colour; this is the **L1** or Manhattan distance, the way a taxi drives through a city of square blocks.

# %%
first, second = data.X_train[3], data.X_train[5]
gap = np.abs(first.astype(float) - second)
vc.show_images([first / 255, second / 255, gap / 255], ["first", "second", "|first - second|"], columns=3,
               title=f"L1 adds up the right-hand picture: {gap.sum():,.0f}")

# %% [markdown]
# One trap before you write it yourself.
#
# *Predict:* pictures are stored as bytes, whole numbers from 0 to 255.
# What is 3 - 5?

# %%
np.array([3], dtype=np.uint8) - np.array([5], dtype=np.uint8)

# %% [markdown]
# A byte has no room for a minus sign, so it starts again from the top: 256 - 2.
# NumPy does not warn, and a distance computed that way is plausible nonsense.
# Make floats of bytes before you subtract.

# %% [markdown]
# ### Exercise · L1 distance (★☆☆ · 5 minutes)
#
# Write `l1_distance(a, b)` as in the formula above.
# `a` and `b` are arrays of the same shape, whatever that shape is: two rows of floats, or two colour pictures of bytes.
# The result is one number.

# %% solve="l1-distance"
def l1_distance(a, b):
    """Sum of the absolute differences between two arrays of the same shape: one number."""
    ### BEGIN SOLUTION
    return np.abs(a.astype(float) - b.astype(float)).sum()
    ### END SOLUTION

# %% check="l1-distance" points=1
assert l1_distance(np.array([0.0, 0.0]), np.array([4.0, -3.0])) == 7, "4 blocks east and 3 blocks south are 7 blocks"
assert l1_distance(np.array([3], dtype=np.uint8), np.array([5], dtype=np.uint8)) == 2, \
    "these are bytes, and 3 - 5 wraps round: make floats of both before you subtract"
### BEGIN HIDDEN TESTS
from scipy.spatial.distance import cityblock
here, there = vc.draw(rng, (4, 5, 3), (4, 5, 3), scale=100.0)
kept = here.copy()
vc.assert_close(l1_distance(here, there), cityblock(here.ravel(), there.ravel()), "L1 distance of two arrays of shape (4, 5, 3)")
assert np.array_equal(here, kept), "the arrays that came in must not be changed"
vc.assert_close(l1_distance(here[0, 0], there[0, 0]), cityblock(here[0, 0], there[0, 0]), "L1 distance of two rows of 3 numbers")
bytes_a, bytes_b = rng.integers(0, 256, (2, 6, 4, 3), dtype=np.uint8)
vc.assert_close(l1_distance(bytes_a, bytes_b), np.abs(bytes_a.astype(int) - bytes_b).sum(), "L1 distance of two pictures of bytes")
whole_a, whole_b = rng.integers(-1000, 1000, (2, 9))
vc.assert_close(l1_distance(whole_a, whole_b), cityblock(whole_a, whole_b), "L1 distance of whole numbers")
small_a, small_b = vc.draw(rng, (3072,), (3072,), dtype=np.float32)
vc.assert_close(l1_distance(small_a, small_b), cityblock(small_a.astype(float), small_b.astype(float)), "L1 distance of float32 rows", rtol=1e-4)
vc.assert_close(l1_distance(1e8 + here, here), 60e8, "L1 distance of arrays that are 100 million apart everywhere")
assert l1_distance(there, there) == 0, "an array is at distance 0 from itself"
### END HIDDEN TESTS

# %% wrong="l1-distance" why="forgot the absolute value, so that differences cancel"
def l1_distance(a, b):
    return (a.astype(float) - b.astype(float)).sum()

# %% wrong="l1-distance" why="took the absolute value after the sum, when the differences have already cancelled"
def l1_distance(a, b):
    return abs((a.astype(float) - b.astype(float)).sum())

# %% wrong="l1-distance" why="subtracted bytes from bytes, which wraps round at 0"
def l1_distance(a, b):
    return np.abs(a - b).sum()

# %% wrong="l1-distance" why="took the mean of the differences where the sum is asked for"
def l1_distance(a, b):
    return np.abs(a.astype(float) - b.astype(float)).mean()

# %% wrong="l1-distance" why="added up along the first axis only"
def l1_distance(a, b):
    return np.abs(a.astype(float) - b.astype(float)).sum(axis=0)

# %% wrong="l1-distance" why="took the largest difference where the sum is asked for"
def l1_distance(a, b):
    return np.abs(a.astype(float) - b.astype(float)).max()

# %% wrong="l1-distance" why="squared the differences"
def l1_distance(a, b):
    return ((a.astype(float) - b.astype(float)) ** 2).sum()

# %% wrong="l1-distance" why="computed the L2 distance"
def l1_distance(a, b):
    return np.sqrt(((a.astype(float) - b.astype(float)) ** 2).sum())

# %% wrong="l1-distance" why="changed the array that was given by subtracting in place"
def l1_distance(a, b):
    a = a if a.dtype == float else a.astype(float)
    a -= b
    return np.abs(a).sum()

# %% right="l1-distance" how="with a loop over plain numbers"
def l1_distance(a, b):
    total = 0
    for p, q in zip(a.ravel().tolist(), b.ravel().tolist()):
        total += abs(p - q)
    return total

# %% right="l1-distance" how="with the library's norm of order 1"
def l1_distance(a, b):
    return np.linalg.norm(a.ravel().astype(np.float64) - b.ravel(), ord=1)

# %% right="l1-distance" how="with larger minus smaller, which needs no sign"
def l1_distance(a, b):
    return (np.maximum(a, b) - np.minimum(a, b)).astype(float).sum()

# %% right="l1-distance" how="with torch"
def l1_distance(a, b):
    import torch
    return (torch.from_numpy(a).double() - torch.from_numpy(b).double()).abs().sum()

# %% [markdown] hint="l1-distance"
# Subtract first. What is left to do so that +4 and -4 do not cancel?

# %% [markdown] hint="l1-distance"
# `a.sum()` adds up all axes at once, `a.sum(axis=0)` only the first. And what does `a.astype(float)` do for bytes?

# %% [markdown]
# ### As the crow flies
#
# The other common choice is the length of the straight line, Pythagoras with as many terms as there are numbers:
#
# $$d_2(a, b) = \sqrt{\sum_p (a_p - b_p)^2}$$
#
# This is the **L2** or Euclidean distance.

# %% [markdown]
# ### Exercise · L2 distance (★☆☆ · 5 minutes)
#
# Write `l2_distance(a, b)` as in the formula above, again for arrays of any shape, and again also for bytes.

# %% solve="l2-distance"
def l2_distance(a, b):
    """Square root of the summed squared differences between two arrays of the same shape: one number."""
    ### BEGIN SOLUTION
    return np.sqrt(((a.astype(float) - b.astype(float)) ** 2).sum())
    ### END SOLUTION

# %% check="l2-distance" points=1
vc.assert_close(l2_distance(np.array([0.0, 0.0]), np.array([4.0, -3.0])), 5.0, "the longest side of the triangle with sides 3, 4, 5")
vc.assert_close(l2_distance(np.array([0], dtype=np.uint8), np.array([200], dtype=np.uint8)), 200.0,
                "distance of the bytes 0 and 200 (neither 0 - 200 nor 200 squared fits into a byte)")
### BEGIN HIDDEN TESTS
from scipy.spatial.distance import euclidean
here, there = vc.draw(rng, (4, 5, 3), (4, 5, 3), scale=100.0)
kept = here.copy()
vc.assert_close(l2_distance(here, there), euclidean(here.ravel(), there.ravel()), "L2 distance of two arrays of shape (4, 5, 3)")
assert np.array_equal(here, kept), "the arrays that came in must not be changed"
vc.assert_close(l2_distance(here[0], there[0]), euclidean(here[0].ravel(), there[0].ravel()), "L2 distance of two arrays of shape (5, 3)")
vc.assert_close(l2_distance(here[0, 0], there[0, 0]), euclidean(here[0, 0], there[0, 0]), "L2 distance of two rows of 3 numbers")
bytes_a, bytes_b = rng.integers(0, 256, (2, 6, 4, 3), dtype=np.uint8)
vc.assert_close(l2_distance(bytes_a, bytes_b), euclidean(bytes_a.ravel().astype(float), bytes_b.ravel().astype(float)), "L2 distance of two pictures of bytes")
small_a, small_b = vc.draw(rng, (3072,), (3072,), dtype=np.float32)
vc.assert_close(l2_distance(small_a, small_b), euclidean(small_a.astype(float), small_b.astype(float)), "L2 distance of float32 rows", rtol=1e-4)
vc.assert_close(l2_distance(1e8 + here, here), 1e8 * np.sqrt(60), "L2 distance of arrays that are 100 million apart everywhere")
assert l2_distance(there, there) == 0, "an array is at distance 0 from itself"
### END HIDDEN TESTS

# %% wrong="l2-distance" why="forgot the square root"
def l2_distance(a, b):
    return ((a.astype(float) - b.astype(float)) ** 2).sum()

# %% wrong="l2-distance" why="subtracted bytes from bytes, which wraps round at 0"
def l2_distance(a, b):
    return np.sqrt(((a - b).astype(float) ** 2).sum())

# %% wrong="l2-distance" why="subtracted and squared bytes, both of which wrap round"
def l2_distance(a, b):
    return np.sqrt(((a - b) ** 2).sum())

# %% wrong="l2-distance" why="squared in 16 bits, which end at 32,767"
def l2_distance(a, b):
    if a.dtype == np.uint8:
        a, b = a.astype(np.int16), b.astype(np.int16)
    return np.sqrt(((a - b) ** 2).sum())

# %% wrong="l2-distance" why="took the mean of the squares where the sum is asked for"
def l2_distance(a, b):
    return np.sqrt(((a.astype(float) - b.astype(float)) ** 2).mean())

# %% wrong="l2-distance" why="took the root of each square before the sum, which gives back L1"
def l2_distance(a, b):
    return np.sqrt((a.astype(float) - b.astype(float)) ** 2).sum()

# %% wrong="l2-distance" why="added up along the first axis only"
def l2_distance(a, b):
    return np.sqrt(((a.astype(float) - b.astype(float)) ** 2).sum(axis=0))

# %% wrong="l2-distance" why="asked `np.linalg.norm` for order 2, which for a matrix is its largest stretch and not the root of the squares"
def l2_distance(a, b):
    difference = a.astype(float) - b.astype(float)
    return np.linalg.norm(difference if difference.ndim < 3 else difference.ravel(), 2)

# %% wrong="l2-distance" why="changed the array that was given by subtracting in place"
def l2_distance(a, b):
    a = a if a.dtype == float else a.astype(float)
    a -= b
    return np.sqrt((a ** 2).sum())

# %% right="l2-distance" how="with a loop over plain numbers"
def l2_distance(a, b):
    total = 0
    for p, q in zip(a.ravel().tolist(), b.ravel().tolist()):
        total += (p - q) ** 2
    return total ** 0.5

# %% right="l2-distance" how="with np.linalg.norm"
def l2_distance(a, b):
    return np.linalg.norm(a.astype(float) - b.astype(float))

# %% right="l2-distance" how="with a dot product"
def l2_distance(a, b):
    difference = (a.astype(np.float64) - b).ravel()
    return float(np.sqrt(difference @ difference))

# %% right="l2-distance" how="with math.dist"
def l2_distance(a, b):
    import math
    return math.dist(a.ravel(), b.ravel()) if a.dtype == float else math.dist(a.ravel().tolist(), b.ravel().tolist())

# %% [markdown] hint="l2-distance"
# Three steps in this order: square each difference, add all of them up, take one square root.

# %% [markdown] hint="l2-distance"
# In how many bits is 200 × 200 computed if both factors are bytes?

# %% [markdown]
# ### What the two distances care about
#
# *Predict:* one picture differs from mine by 10 in a single number, another by 1 in ten numbers.
# Which one is nearer in L1? In L2?

# %%
mine = np.zeros(10)
one_big, many_small = np.eye(10)[0] * 10, np.ones(10)
for name, other in {"one big difference": one_big, "many small ones": many_small}.items():
    print(f"{name:20s} L1 {np.abs(other - mine).sum():5.2f}   L2 {np.linalg.norm(other - mine):5.2f}")

# %% [markdown]
# L1 cannot tell them apart.
# L2 minds one big difference more than many small ones, because it squares before it adds.
#
# The second difference is deeper.
# All points at distance 1 from the origin form a circle in L2 and, in L1, a square standing on a corner; and a square has directions.
#
# *Predict:* turn the coordinate axes by 30 degrees and measure along the new axes.
# What becomes of each of the two shapes?

# %%
def unit_shape(order, turn):
    """Points at Lp distance 1 from the origin when the axes are turned by `turn` radians: (2, 200)."""
    angle = np.linspace(0, 2 * np.pi, 200)
    ray = np.stack([np.cos(angle), np.sin(angle)])
    return axes_turned(turn).T @ (ray / np.linalg.norm(ray, ord=order, axis=0))

def axes_turned(turn):
    """Matrix that gives a vector's coordinates along axes turned by `turn` radians."""
    return np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])

# %%
figure, panels = plt.subplots(1, 2, figsize=(8, 3.8), layout="constrained")
for ax, turn in zip(panels, (0, np.pi / 6)):
    for order, color, style in ((1, "#BB5566", "--"), (2, "#004488", "-")):
        ax.plot(*unit_shape(order, turn), style, color=color, label=f"L{order} distance 1")
    for axis in axes_turned(turn):
        ax.annotate("", 1.4 * axis, -1.4 * axis, arrowprops=dict(arrowstyle="->", color="gray"))
    ax.set(aspect="equal", xlim=(-1.5, 1.5), ylim=(-1.5, 1.5), title=f"axes turned by {np.degrees(turn):.0f}°", xlabel="x", ylabel="y")
panels[0].legend(loc="lower right", fontsize=8)
figure.suptitle("All points at distance 1: turn the axes and the circle stays while the square turns with them");

# %% [markdown]
# So the L2 distance of two points does not depend on how the axes are laid, and the L1 distance does.
# Watch it for one pair of points, while the axes go once round:

# %%
step = np.array([3.0, 4.0])
turns = np.linspace(0, 2 * np.pi, 361)
along = np.stack([axes_turned(t) @ step for t in turns])             # (361, 2)
vc.curves({"L1": np.abs(along).sum(axis=1), "L2": np.linalg.norm(along, axis=1)}, x=np.degrees(turns), xlabel="axes turned by (degrees)",
          ylabel="distance", title="The same two points: L1 swings between |v| and √2 |v|, L2 stays where it is")

# %% [markdown]
# Which is better?
# If each number means something by itself (age, weight, price), the axes are not arbitrary and L1 is natural.
# If the numbers are coordinates in some space whose axes nobody chose with care, L2 is the safer guess.
#
# Does it matter for pictures?
# Describe each picture by other numbers that hold the same information, the coordinates along randomly turned axes, and look for the nearest neighbours again.
#
# *Predict:* for how many of 200 test pictures will the nearest training picture be another one, in L1 and in L2?

# %%
small_train = data.X_train[:1000, ::4, ::4].reshape(1000, -1) / 255              # every fourth pixel, to be quick
small_test = data.X_test[:200, ::4, ::4].reshape(200, -1) / 255                  # (200, 192)
turned, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(192, 192)))       # 192 random axes at right angles

# %%
for metric in ("manhattan", "euclidean"):
    before = pairwise_distances(small_test, small_train, metric).argmin(axis=1)
    after = pairwise_distances(small_test @ turned, small_train @ turned, metric).argmin(axis=1)
    print(f"{metric:10s} another nearest neighbour for {np.sum(before != after)} of {len(before)} pictures")

# %% [markdown]
# ## 4 · The nearest neighbour decides
#
# Now the first classifier.
# `train` keeps all pictures and labels.
# `predict` gives a new picture $x$ the label of the nearest picture that it remembers:
#
# $$\hat y(x) = y_{i^*} \qquad\text{with}\qquad i^* = \arg\min_i\, d(x, x_i)$$
#
# Fix and Hodges described it in 1951, in a technical report for the US Air Force; the method asks nothing of the data but a distance.
#
# From here on each picture is one row of $D$ numbers between 0 and 1.

# %%
X_train = data.X_train.reshape(len(data.X_train), -1).astype(np.float32) / 255   # (N, D)
X_test = data.X_test.reshape(len(data.X_test), -1).astype(np.float32) / 255
y_train, y_test = data.y_train, data.y_test
print(f"{X_train.shape[0]} pictures to remember, each a row of {X_train.shape[1]} floats")

# %% [markdown]
# ### Exercise · Nearest neighbours (★★☆ · 10 minutes)
#
# Write `nearest_neighbors(X_train, x, k, p)`: the row numbers of the `k` rows of `X_train` nearest to `x`, the nearest first.
# `p=1` measures with L1 and `p=2` with L2.
# We ask for `k` of them at once because the next section needs more than one.
#
# You need not take the square root in L2: why does it change no row number?

# %% solve="nearest-neighbor"
def nearest_neighbors(X_train, x, k=1, p=2):
    """Row numbers (k,) of the k rows of X_train (N, D) nearest to x (D,), the nearest first; p=1 for L1, p=2 for L2."""
    ### BEGIN SOLUTION
    distances = (np.abs(X_train - x) ** p).sum(axis=1)               # (N,); without the root, which keeps the order
    return np.argsort(distances)[:k]
    ### END SOLUTION

# %% check="nearest-neighbor" points=2
corner_points = np.array([[9.0, 9.0], [3.0, 3.0], [-5.0, 0.0]])
vc.assert_close(nearest_neighbors(corner_points, np.zeros(2)), [1], "the nearest of (9, 9), (3, 3), (-5, 0) to the origin by L2 is row 1, as an array of one number")
vc.assert_close(nearest_neighbors(corner_points, np.zeros(2), p=1), [2], "by L1 it is row 2, whose distance is 5 and not 6")
vc.assert_close(nearest_neighbors(corner_points, np.zeros(2), k=3), [1, 2, 0], "all three rows, the nearest first")
### BEGIN HIDDEN TESTS
from scipy.spatial.distance import cdist
cloud, query = vc.draw(rng, (40, 7), (7,))
kept = cloud.copy()
def compare_with_cdist(count, power):
    ranking = np.argsort(cdist(query[None], cloud, "minkowski", p=power)[0])
    vc.assert_close(nearest_neighbors(cloud, query, k=count, p=power), ranking[:count], f"the {count} nearest of 40 rows with p={power}")
compare_with_cdist(1, power=2)
compare_with_cdist(5, power=2)
compare_with_cdist(5, power=1)
compare_with_cdist(40, power=1)
assert np.array_equal(cloud, kept), "the training rows must not be changed"
shuffled = rng.permutation(1000)
vc.assert_close(nearest_neighbors(shuffled[:, None] + 1.0, np.zeros(1), k=400), np.argsort(shuffled)[:400], "the 400 nearest of 1000 rows, the nearest first")
vc.assert_close(nearest_neighbors(cloud[:1], query), [0], "the nearest of a single row")
vc.assert_close(nearest_neighbors(cloud.astype(np.float32), cloud[17].astype(np.float32)), [17], "a row's nearest row is itself, in float32 too")
vc.assert_close(nearest_neighbors(1000 * cloud - 5, cloud[23] * 1000 - 5, p=1), [23], "a row's nearest row is itself, with large numbers too")
### END HIDDEN TESTS

# %% wrong="nearest-neighbor" why="took the farthest rows"
def nearest_neighbors(X_train, x, k=1, p=2):
    return np.argsort(-(np.abs(X_train - x) ** p).sum(axis=1))[:k]

# %% wrong="nearest-neighbor" why="returned one neighbour whatever k is"
def nearest_neighbors(X_train, x, k=1, p=2):
    return np.array([np.argmin((np.abs(X_train - x) ** p).sum(axis=1))])

# %% wrong="nearest-neighbor" why="used L2 whatever p is"
def nearest_neighbors(X_train, x, k=1, p=2):
    return np.argsort(((X_train - x) ** 2).sum(axis=1))[:k]

# %% wrong="nearest-neighbor" why="used L1 whatever p is"
def nearest_neighbors(X_train, x, k=1, p=2):
    return np.argsort(np.abs(X_train - x).sum(axis=1))[:k]

# %% wrong="nearest-neighbor" why="forgot the absolute value, which only an even power makes unnecessary"
def nearest_neighbors(X_train, x, k=1, p=2):
    return np.argsort(((X_train - x) ** p).sum(axis=1))[:k]

# %% wrong="nearest-neighbor" why="returned the distances, not the row numbers"
def nearest_neighbors(X_train, x, k=1, p=2):
    return np.sort((np.abs(X_train - x) ** p).sum(axis=1) ** (1 / p))[:k]

# %% wrong="nearest-neighbor" why="added up over the rows (axis 0), which gives one number per feature"
def nearest_neighbors(X_train, x, k=1, p=2):
    return np.argsort((np.abs(X_train - x) ** p).sum(axis=0))[:k]

# %% wrong="nearest-neighbor" why="returned the right rows in no particular order"
def nearest_neighbors(X_train, x, k=1, p=2):
    return np.sort(np.argsort((np.abs(X_train - x) ** p).sum(axis=1))[:k])

# %% wrong="nearest-neighbor" why="took the right rows with np.argpartition, which does not sort them"
def nearest_neighbors(X_train, x, k=1, p=2):
    return np.argpartition((np.abs(X_train - x) ** p).sum(axis=1), k - 1)[:k]

# %% wrong="nearest-neighbor" why="left out the nearest row, as if it were always the picture itself"
def nearest_neighbors(X_train, x, k=1, p=2):
    return np.argsort((np.abs(X_train - x) ** p).sum(axis=1))[1:k + 1]

# %% right="nearest-neighbor" how="with a loop and sorted"
def nearest_neighbors(X_train, x, k=1, p=2):
    distances = []
    for row in X_train:
        distances.append(sum(abs(float(a) - float(b)) ** p for a, b in zip(row, x)))
    return sorted(range(len(distances)), key=lambda i: distances[i])[:k]

# %% right="nearest-neighbor" how="with np.linalg.norm"
def nearest_neighbors(X_train, x, k=1, p=2):
    return np.linalg.norm(X_train - x, ord=p, axis=1).argsort(kind="stable")[:k]

# %% right="nearest-neighbor" how="with a partition, sorted afterwards"
def nearest_neighbors(X_train, x, k=1, p=2):
    distances = (abs(X_train - x) ** p).sum(1)
    some = np.argpartition(distances, k - 1)[:k]
    return some[np.argsort(distances[some])]

# %% right="nearest-neighbor" how="with torch.topk"
def nearest_neighbors(X_train, x, k=1, p=2):
    import torch
    gaps = torch.as_tensor(X_train) - torch.as_tensor(x)
    return torch.linalg.vector_norm(gaps, ord=p, dim=1).topk(k, largest=False).indices

# %% [markdown] hint="nearest-neighbor"
# `X_train - x` subtracts `x` from every row at once and has shape $(N, D)$. Along which axis do you add up, so that $N$ numbers remain?

# %% [markdown] hint="nearest-neighbor"
# `np.argsort(distances)` gives the positions of the smallest value, the second smallest, and so on.

# %% [markdown]
# ### Whom does it ask?
#
# Here are five test pictures, each followed by the five training pictures that your function finds nearest.
#
# *Predict:* what will the neighbours share with the picture on the left, the object or something else?

# %%
queries = [0, 1, 2, 3, 4]
shown, titles = [], []
for i in queries:
    near = nearest_neighbors(X_train, X_test[i], k=5)
    shown += [data.X_test[i], *data.X_train[near]]
    titles += [f"? {data.classes[y_test[i]]}", *(data.classes[y_train[n]] for n in near)]

vc.show_images(shown, titles, columns=6, title="Left a test picture, then its five nearest in L2: what do they have in common?")

# %% [markdown]
# They share the background, the overall brightness and the rough layout of colours, for these fill most of the table.
# The object is a minority of the pixels, and it is outvoted.
#
# How good is that as a classifier?
# `pairwise_distances` does for all pairs at once what your function does for one picture.
# (In assignment 1 you write it yourself.)

# %%
D2 = pairwise_distances(X_test, X_train)                             # (N_test, N_train), L2
by_library = D2.argmin(axis=1)
by_you = [nearest_neighbors(X_train, x)[0] for x in X_test[:20]]
print(f"your function and the library agree on {np.mean(by_you == by_library[:20]):.0%} of 20 pictures")

# %%
D1 = pairwise_distances(X_test[:, ::4], X_train[:, ::4], "manhattan")   # every fourth number, to be quick
print(f"guessing          {1 / C:.1%}")
for name, D in {"L1": D1, "L2": D2}.items():
    print(f"nearest by {name}     {np.mean(y_train[D.argmin(axis=1)] == y_test):.1%}")

# %% [markdown]
# Far better than guessing, and far from good.
# (On all of CIFAR-10 the picture is the same: the CS231n notes report 38.6 % for L1 and 35.4 % for L2.)
#
# ### The wrong way round
#
# How long does it take?
#
# *Predict:* double the number of training pictures; what happens to the time of `train`, and to the time of one `predict`?

# %%
sizes = [250, 500, 1000, 2000, 4000]
seconds = {"train": [], "predict one picture": []}
for size in sizes:
    start = time.perf_counter()
    memory = X_train[:size], y_train[:size]                          # all that training does
    middle = time.perf_counter()
    for x in X_test[:5]:
        np.abs(memory[0] - x).sum(axis=1).argmin()
    seconds["train"].append(middle - start)
    seconds["predict one picture"].append((time.perf_counter() - middle) / 5)

# %%
milliseconds = {name: 1000 * np.array(values) for name, values in seconds.items()}
vc.curves(milliseconds, x=sizes, xlabel="training pictures N", ylabel="milliseconds", title="Training costs nothing and each prediction costs N comparisons")

# %% [markdown]
# Training takes $O(1)$: keep the array.
# One prediction takes $O(N)$ comparisons of $D$ numbers, and the memory grows with $N$ too.
# That is the wrong way round.
# We would gladly wait a week for a training that happens once if the answer then came quickly on a telephone; deep networks make exactly that trade.
# (Where nearest neighbours are wanted among billions of vectors, *approximate* search helps: locality-sensitive hashing by Indyk and Motwani, 1998, or the library FAISS.)

# %% [markdown]
# ### Play with it
#
# In the plane one can see what the nearest neighbour does.
# Each point of the plane takes the colour of the training point nearest to it, so each training point rules a cell of its own; the cells are called Voronoi cells.
#
# Try: drag one point deep into another class.
# How much of the plane does it take with it?
# Switch between L1 and L2: which borders have changed direction?

# %%
def three_clouds(rng, n=20, spread=0.9):
    """3 n points of three classes that overlap: (3 n, 2) and their labels."""
    centers = np.array([[-1.2, -0.7], [1.2, -0.7], [0.0, 1.3]])
    labels = np.repeat([0, 1, 2], n)
    return centers[labels] + spread * rng.normal(size=(3 * n, 2)), labels

points, point_labels = three_clouds(np.random.default_rng(2))

# %% picture
vc.widgets.KnnBoundary(points, point_labels, k=1, metric="l2")

# %% [markdown]
# ## 5 · Let k neighbours vote
#
# A single mislabelled or odd example owns an island of its own.
# Ask $k$ neighbours instead of one and let the majority decide:
#
# $$\hat y(x) = \arg\max_c \, \bigl|\{\, i \in N_k(x) : y_i = c \,\}\bigr|$$
#
# where $N_k(x)$ are the $k$ training examples nearest to $x$.
# A vote can end in a **tie**.
# One may prefer the nearer class, draw lots, or ask one neighbour fewer; we take the smallest label, because it is simple and repeatable.

# %% [markdown]
# ### Exercise · Majority vote (★☆☆ · 5 minutes)
#
# Write `majority_vote(labels)`: the label that occurs most often among the labels of the `k` neighbours, and the smallest of them if several occur equally often.

# %% solve="majority-vote"
def majority_vote(labels):
    """Most frequent of the labels (k,), whole numbers from 0 up; the smallest of them in a tie."""
    ### BEGIN SOLUTION
    return np.bincount(labels).argmax()
    ### END SOLUTION

# %% check="majority-vote" points=1
vc.assert_close(majority_vote(np.array([7, 2, 2])), 2, "two votes for 2 against one for 7")
vc.assert_close(majority_vote(np.array([1, 5, 5, 1])), 1, "two against two: the smaller label, 1, wins the tie")
vc.assert_close(majority_vote(np.array([5, 1, 1, 5])), 1, "two against two: the smaller label wins, also when it does not come first")
### BEGIN HIDDEN TESTS
from scipy.stats import mode
vc.assert_close(majority_vote(np.array([4])), 4, "a single neighbour decides alone")
vc.assert_close(majority_vote(np.array([9, 3, 6])), 3, "all different: the smallest label wins")
vc.assert_close(majority_vote(np.array([0, 0, 12, 12, 12])), 12, "three 12s against two 0s")
def compare_with_mode(count):
    ballots = rng.integers(0, 6, count)
    kept = ballots.copy()
    vc.assert_close(majority_vote(ballots), mode(kept).mode, f"the most frequent of {kept.tolist()}, the smallest in a tie")
    assert np.array_equal(ballots, kept), "the labels that came in must not be changed"
compared = [compare_with_mode(n) for n in range(2, 20)]
### END HIDDEN TESTS

# %% wrong="majority-vote" why="gave a tie to the larger label"
def majority_vote(labels):
    counts = np.bincount(labels)
    return len(counts) - 1 - counts[::-1].argmax()

# %% wrong="majority-vote" why="gave a tie to the label that comes first"
def majority_vote(labels):
    from collections import Counter
    return Counter(labels.tolist()).most_common(1)[0][0]

# %% wrong="majority-vote" why="returned how often the winner occurs, not the winner"
def majority_vote(labels):
    return np.bincount(labels).max()

# %% wrong="majority-vote" why="returned the nearest neighbour's label without a vote"
def majority_vote(labels):
    return labels[0]

# %% wrong="majority-vote" why="took the average of the labels, as if they were quantities"
def majority_vote(labels):
    return int(round(labels.mean()))

# %% wrong="majority-vote" why="took the median of the labels, as if they were quantities"
def majority_vote(labels):
    return int(np.median(labels))

# %% wrong="majority-vote" why="returned the largest label"
def majority_vote(labels):
    return labels.max()

# %% wrong="majority-vote" why="returned the position of the winner among the distinct labels, not its label"
def majority_vote(labels):
    _, counts = np.unique(labels, return_counts=True)
    return counts.argmax()

# %% wrong="majority-vote" why="returned an array of one label, not the label itself"
def majority_vote(labels):
    values, counts = np.unique(labels, return_counts=True)
    return values[[counts.argmax()]]

# %% wrong="majority-vote" why="had room for the votes for ten labels only, but there may be more classes"
def majority_vote(labels):
    votes = np.zeros(10)
    for label in labels:
        votes[label] += 1
    return votes.argmax()

# %% wrong="majority-vote" why="sorted the array that was given"
def majority_vote(labels):
    labels.sort()
    return np.bincount(labels).argmax()

# %% right="majority-vote" how="with np.unique"
def majority_vote(labels):
    values, counts = np.unique(labels, return_counts=True)
    return values[counts.argmax()]

# %% right="majority-vote" how="with a dictionary of counts"
def majority_vote(labels):
    votes = {}
    for label in labels:
        votes[int(label)] = votes.get(int(label), 0) + 1
    return min(votes, key=lambda label: (-votes[label], label))

# %% right="majority-vote" how="with scipy's mode"
def majority_vote(labels):
    from scipy import stats
    return stats.mode(labels).mode

# %% right="majority-vote" how="with max over a sorted set"
def majority_vote(labels):
    labels = list(labels)
    return max(sorted(set(labels)), key=labels.count)

# %% [markdown] hint="majority-vote"
# `np.bincount([1, 5, 5])` counts how often each of 0, 1, 2, … occurs. Where does the winner stand in that list?

# %% [markdown] hint="majority-vote"
# If the largest value occurs twice, which of the two positions does `argmax` give?

# %% [markdown]
# Your two functions together are the whole classifier:

# %% given
def knn_predict(X_train, y_train, X, k=1, p=2):
    """Label of each row of X, by a vote of its k nearest rows of X_train."""
    return np.array([majority_vote(y_train[nearest_neighbors(X_train, x, k, p)]) for x in X])

# %% [markdown]
# ### What k does
#
# *Predict:* below, the same points as above, coloured by your classifier with $k = 1$, $k = 5$ and $k = 25$.
# Which of the three has the most ragged border?
# Which is best on its own training points, and which on new ones?

# %%
new_points, new_labels = three_clouds(np.random.default_rng(3), n=200)
line = np.linspace(-4, 4, 80)
grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)     # (6400, 2)
ks = (1, 5, 25)
regions = [knn_predict(points, point_labels, grid, k).reshape(80, 80) for k in ks]

# %%
def paint_regions(ax, regions, points, labels):
    """Draw which class rules where, and the training points on top."""
    colors = ["#004488", "#DDAA33", "#BB5566"]
    ax.pcolormesh(line, line, regions, cmap=ListedColormap(colors), vmin=0, vmax=2, alpha=0.35, shading="nearest")
    for c, marker in enumerate("os^"):
        ax.scatter(*points[labels == c].T, s=26, color=colors[c], marker=marker, edgecolor="white", linewidth=0.5)
    ax.set(aspect="equal", xlabel="first feature", ylabel="second feature")

# %%
figure, panels = plt.subplots(1, 3, figsize=(11, 4), layout="constrained")
for ax, k, region in zip(panels, ks, regions):
    paint_regions(ax, region, points, point_labels)
    seen = np.mean(knn_predict(points, point_labels, points, k) == point_labels)
    unseen = np.mean(knn_predict(points, point_labels, new_points, k) == new_labels)
    ax.set_title(f"k = {k}\n{seen:.0%} on its own points, {unseen:.0%} on new ones")
figure.suptitle("More voters make smoother borders and lose the islands");

# %% [markdown]
# With $k = 1$ every training point is its own nearest neighbour, so the training points are all right by construction and say nothing.
# A larger $k$ irons out islands that were owned by single points.
# Too large a $k$ irons out the classes as well: with $k = N$ everything gets the most frequent label.
#
# The widget below draws the plane with **your** `nearest_neighbors` and `majority_vote`: it is your code that answers whenever you drag a point.
#
# Beside it stands the accuracy for every $k$, on the training points and on points held out.
#
# Try: $k = 2$; where do ties appear, and who wins them?
# Then $k$ as large as it goes: which of the two curves would you trust?

# %%
def my_fit(X, y, k):
    """What the widget asks for: a function from query points to labels."""
    return lambda Q: knn_predict(X, y, Q, k)

# %% picture
vc.widgets.KnnBoundary(points, point_labels, k=5, metric="l2", fit=my_fit, held_out=three_clouds(np.random.default_rng(3)))

# %% [markdown]
# ### How good can it get?
#
# Cover and Hart (1967) proved something remarkable about so plain a rule.
# Let $R^*$ be the error of the best classifier possible, one that knows the true probabilities.
# With ever more training data, the error of **one** nearest neighbour approaches a value that is at most
#
# $$R^* \left( 2 - \tfrac{C}{C - 1} R^* \right) \;\le\; 2 R^*.$$
#
# In this sense, they write, half of the information in an endless data set is contained in the nearest neighbour.
# And if $k$ grows with $N$, but slower than $N$ itself, the error goes down to $R^*$ (Stone, 1977).
#
# Test it where $R^*$ is known: two classes on a line, bell curves around -1 and +1, equally frequent.
# The best rule is "which side of 0?".

# %%
def bell_sample(rng, n):
    """n numbers around -1 (class 0) or +1 (class 1)."""
    labels = rng.integers(0, 2, n)
    return rng.normal(2 * labels - 1), labels

def error_of_knn(rng, n, k):
    """Share of wrong answers among 1000 new numbers, with n training numbers."""
    (x, y), (q, truth) = bell_sample(rng, n), bell_sample(rng, 1000)
    near = np.abs(q[:, None] - x).argpartition(k - 1, axis=1)[:, :k]
    return np.mean((y[near].mean(axis=1) > 0.5) != truth)

# %%
rng_bell = np.random.default_rng(0)
x_far, y_far = bell_sample(rng_bell, 1_000_000)
best = np.mean((x_far > 0) != y_far)                                 # R*, by counting
counts = [10, 30, 100, 300, 1000]
errors = {
    "one neighbour": [np.mean([error_of_knn(rng_bell, n, 1) for _ in range(20)]) for n in counts],
    "k ≈ √N (odd)": [np.mean([error_of_knn(rng_bell, n, int(n ** 0.5) // 2 * 2 + 1) for _ in range(20)]) for n in counts],
    "best possible R*": [best] * 5,
    "bound 2 R* (1 - R*)": [2 * best * (1 - best)] * 5,
}

# %%
figure = vc.curves(errors, x=counts, xlabel="training examples N", ylabel="error on new examples",
                   title="One neighbour ends up below the bound, a growing vote comes close to the best")
ax = figure.axes[0]
ax.set(xscale="log", ylim=(0.14, 0.34))
ax.legend(frameon=False, ncols=2, loc="upper right")
figure

# %% [markdown]
# So with *endless* data nearest neighbours would be hard to beat.
# Section 7 is about why, for pictures, endless is out of reach.

# %% [markdown]
# ## 6 · Choosing k without fooling yourself
#
# Which $k$ is best? Which distance?
# These are **hyperparameters**: choices about the method that training does not make for us.
# There is no formula for them; one tries some and looks.
# But *where* does one look?
#
# **First idea: take what is best on the training data.**
# We have just seen what that gives: $k = 1$, which is always perfect there.
#
# **Second idea: take what is best on the test data.**
# It sounds reasonable, so test it on something hopeless.
# Here are 1000 "classifiers" that guess, on a test set of 100 pictures with ten classes.
#
# *Predict:* what accuracy does the best of the thousand have?
# And what accuracy will the same one have on 10,000 new pictures?

# %%
rng_guess = np.random.default_rng(0)
few, many = rng_guess.integers(0, 10, 100), rng_guess.integers(0, 10, 10_000)    # true labels
on_test = (rng_guess.integers(0, 10, (1000, 100)) == few).mean(axis=1)           # (1000,) accuracies
winner = on_test.argmax()
later = np.mean(rng_guess.integers(0, 10, 10_000) == many)                       # the winner goes on guessing
print(f"best of 1000 guessers: {on_test[winner]:.0%} on the 100 test pictures, {later:.1%} on 10,000 new ones")

# %%
figure, ax = plt.subplots(figsize=(6.4, 3.2), layout="constrained")
ax.hist(on_test, bins=np.arange(-0.005, 0.26, 0.01), color="#004488")
ax.axvline(on_test[winner], color="#BB5566", linestyle="--")
ax.text(on_test[winner], ax.get_ylim()[1], "the winner ", color="#BB5566", ha="right", va="top")
ax.set(xlabel="accuracy on the test set", ylabel="number of guessers", title="Whoever picks the best of many picks luck as well");

# %% [markdown]
# The winner was chosen *because* it was lucky on these hundred pictures, and luck does not travel.
# A number that took part in a choice is no longer a measurement.
# That is why the **test set is used once, at the very end**: it stands for all the pictures of the future, and a future that you have peeked at is a past.
# (Recht and colleagues measured in 2019 how far this has spoilt the famous test sets: they collected new ones for CIFAR-10 and ImageNet.
# All classifiers did worse on them, but their order hardly changed, and the authors blame slightly harder pictures more than peeking.)
#
# **Third idea: split the training data once more.**
# Learn from one part, choose on the other, which is called the **validation set**, and measure on the test set when all is decided.
#
# | set | used for | how often |
# |---|---|---|
# | training | learning | as often as you like |
# | validation | choosing hyperparameters | as often as you like, and it wears out slowly |
# | test | reporting one number | once |
#
# **Fourth idea: take turns.**
# If data are few, a small validation set is a noisy judge.
# In **cross-validation** the training data are cut into $F$ parts, called folds; each fold is held out once while the other $F - 1$ are learnt from, and the $F$ accuracies are averaged (Stone, 1974).
# Besides a better average one gets its spread.
# It costs $F$ trainings, so with big networks people stay with a single validation set.

# %%
F = 5
figure, ax = plt.subplots(figsize=(8, 2.6), layout="constrained")
for row in range(F):
    for part in range(F):
        held = part == row
        ax.barh(row, 0.96, left=part, color="#DDAA33" if held else "#004488", alpha=1 if held else 0.35)
        ax.text(part + 0.48, row, "held out" if held else "train", ha="center", va="center", fontsize=8)
    ax.barh(row, 0.96, left=F + 0.3, color="lightgray")
    ax.text(F + 0.78, row, "test: locked", ha="center", va="center", fontsize=8)
ax.set(yticks=range(F), yticklabels=[f"round {r + 1}" for r in range(F)], xticks=[], title="Cross-validation: each fold is held out once, and the test set stays locked")
ax.invert_yaxis()
ax.spines[:].set_visible(False)

# %% [markdown]
# ### Exercise · Folds (★★☆ · 10 minutes)
#
# Write `k_fold_indices(N, num_folds)` for `N` examples: a list of `num_folds` pairs `(train, held_out)` of arrays of row numbers, such that
#
# - each of the rows 0 … N - 1 is held out in exactly one of the pairs,
# - `train` holds all rows that are not held out,
# - the held-out parts are as equal in size as possible: no two sizes differ by more than one.
#
# Which rows go into which fold is up to you.

# %% solve="k-fold-indices"
def k_fold_indices(N, num_folds):
    """List of num_folds pairs (train, held_out) of row numbers; the held-out parts share 0 … N - 1 out among them."""
    ### BEGIN SOLUTION
    folds = np.array_split(np.arange(N), num_folds)
    pairs = []
    for i, held_out in enumerate(folds):
        train = np.concatenate(folds[:i] + folds[i + 1:])
        pairs.append((train, held_out))
    return pairs
    ### END SOLUTION

# %% check="k-fold-indices" points=2
ten_in_three = k_fold_indices(10, 3)
assert len(ten_in_three) == 3, "three folds make three pairs"
assert sorted(len(out) for _, out in ten_in_three) == [3, 3, 4], "10 rows in 3 folds: hold out 3, 3 and 4 rows"
assert sorted(int(i) for _, out in ten_in_three for i in out) == list(range(10)), "each row is held out exactly once"
assert all(sorted([*map(int, rest), *map(int, out)]) == list(range(10)) for rest, out in ten_in_three), \
    "in each pair, train and held_out together are all rows, each once"
### BEGIN HIDDEN TESTS
def look_at(rows, parts):
    pairs = k_fold_indices(rows, parts)
    assert len(pairs) == parts, f"{parts} folds make {parts} pairs"
    lengths = [len(out) for _, out in pairs]
    assert sorted(int(i) for _, out in pairs for i in out) == list(range(rows)), f"{rows} rows in {parts} folds: each row is held out exactly once"
    assert max(lengths) - min(lengths) <= 1, f"{rows} rows in {parts} folds: sizes that differ by at most one, not {lengths}"
    for rest, out in pairs:
        assert sorted([*map(int, rest), *map(int, out)]) == list(range(rows)), f"{rows} rows in {parts} folds: train and held_out together are all rows, each once"
look_at(12, 4)
look_at(7, 7)
look_at(23, 5)
look_at(2, 2)
look_at(int(rng.integers(30, 60)), int(rng.integers(3, 9)))
### END HIDDEN TESTS

# %% wrong="k-fold-indices" why="lost the rows that are left over when N is no multiple of num_folds"
def k_fold_indices(N, num_folds):
    size = N // num_folds
    rows = np.arange(N)
    held = [rows[i * size:(i + 1) * size] for i in range(num_folds)]
    return [(np.setdiff1d(rows, h), h) for h in held]

# %% wrong="k-fold-indices" why="put all the rows that are left over into the last fold"
def k_fold_indices(N, num_folds):
    size, rows = N // num_folds, np.arange(N)
    held = [rows[i * size:(i + 1) * size] for i in range(num_folds - 1)] + [rows[(num_folds - 1) * size:]]
    return [(np.setdiff1d(rows, h), h) for h in held]

# %% wrong="k-fold-indices" why="left the held-out rows in the training part"
def k_fold_indices(N, num_folds):
    return [(np.arange(N), h) for h in np.array_split(np.arange(N), num_folds)]

# %% wrong="k-fold-indices" why="returned the pairs the wrong way round, (held_out, train)"
def k_fold_indices(N, num_folds):
    return [(h, np.setdiff1d(np.arange(N), h)) for h in np.array_split(np.arange(N), num_folds)]

# %% wrong="k-fold-indices" why="drew the held-out rows anew for every fold, so that some come twice and some never"
def k_fold_indices(N, num_folds):
    sizes = [len(h) for h in np.array_split(np.arange(N), num_folds)]
    orders = [np.random.default_rng(i).permutation(N) for i in range(num_folds)]
    return [(order[size:], order[:size]) for order, size in zip(orders, sizes)]

# %% wrong="k-fold-indices" why="held out the same fold every time"
def k_fold_indices(N, num_folds):
    folds = np.array_split(np.arange(N), num_folds)
    return [(np.concatenate(folds[1:]), folds[0]) for _ in range(num_folds)]

# %% wrong="k-fold-indices" why="made folds that overlap by one row"
def k_fold_indices(N, num_folds):
    held = [np.arange(h[0], min(h[-1] + 2, N)) for h in np.array_split(np.arange(N), num_folds)]
    return [(np.setdiff1d(np.arange(N), h), h) for h in held]

# %% wrong="k-fold-indices" why="trained on the next fold only, not on all the others"
def k_fold_indices(N, num_folds):
    folds = np.array_split(np.arange(N), num_folds)
    return [(folds[(i + 1) % num_folds], folds[i]) for i in range(num_folds)]

# %% right="k-fold-indices" how="with remainders"
def k_fold_indices(N, num_folds):
    rows = np.arange(N)
    return [(rows[rows % num_folds != i], rows[rows % num_folds == i]) for i in range(num_folds)]

# %% right="k-fold-indices" how="shuffled first, with a mask"
def k_fold_indices(N, num_folds):
    pairs = []
    for held_out in np.array_split(np.random.default_rng(1).permutation(N), num_folds):
        mask = np.ones(N, dtype=bool)
        mask[held_out] = False
        pairs.append((np.where(mask)[0], held_out))
    return pairs

# %% right="k-fold-indices" how="with scikit-learn"
def k_fold_indices(N, num_folds):
    from sklearn.model_selection import KFold
    return list(KFold(num_folds).split(np.zeros(N)))

# %% right="k-fold-indices" how="with plain lists"
def k_fold_indices(N, num_folds):
    borders = [N * i // num_folds for i in range(num_folds + 1)]
    held = [list(range(a, b)) for a, b in zip(borders, borders[1:])]
    return [([i for i in range(N) if i not in h], h) for h in held]

# %% [markdown] hint="k-fold-indices"
# `np.array_split(np.arange(N), num_folds)` cuts row numbers into parts of nearly equal size. What is `train` while part number 1 is held out?

# %% [markdown] hint="k-fold-indices"
# Lists of arrays can be joined: `np.concatenate(folds[:i] + folds[i + 1:])`.

# %% [markdown]
# ### Accuracy over k
#
# Now choose $k$ for the pictures, with your folds.
# All distances between training pictures are computed once; a fold then picks the rows and columns it needs.
#
# *Predict:* will $k = 1$ be best? How far will the five folds disagree?

# %%
N_cv = 2000
D_cv = pairwise_distances(X_train[:N_cv])                            # (N, N)
choices = [1, 2, 3, 5, 8, 12, 20, 30, 50, 80, 120, 200]

def accuracies(train, held_out):
    """Accuracy on the held-out rows for each k of `choices`, learnt from the training rows."""
    order = np.argsort(D_cv[np.ix_(held_out, train)], axis=1)[:, :max(choices)]
    votes = np.eye(C)[y_train[train][order]].cumsum(axis=1)          # (n, k, C): votes after 1, 2, … neighbours
    return [np.mean(votes[:, k - 1].argmax(axis=1) == y_train[held_out]) for k in choices]

# %%
by_fold = np.array([accuracies(*pair) for pair in k_fold_indices(N_cv, 5)])      # (5 folds, 12 choices)
mean, spread = by_fold.mean(axis=0), by_fold.std(axis=0)
best_k = choices[mean.argmax()]
print(f"best on average: k = {best_k} with {mean.max():.1%}; the folds spread by ± {spread[mean.argmax()]:.1%}")

# %%
figure = vc.curves({"mean of 5 folds": mean}, x=choices, errors={"mean of 5 folds": spread}, xlabel="k", ylabel="accuracy on the held-out fold",
                   title="Too few neighbours are noisy, too many are blind: the bars show how far the folds disagree")
ax = figure.axes[0]
ax.plot(np.repeat(choices, 5), by_fold.T.ravel(), ".", color="gray", alpha=0.5)
ax.set_xscale("log")
ax.set_xticks(choices, choices)
ax.minorticks_off()
figure

# %% [markdown]
# Look at the bars before you look at the peak: many values of $k$ are as good as the best one, within what the folds disagree.
# Two sound habits follow: do not report the difference between neighbours on this curve as a discovery, and if the best value lies at the end of the range, widen the range.
#
# All is decided, so the test set may be opened, once:

# %%
votes = np.eye(C)[y_train[np.argsort(D2, axis=1)[:, :best_k]]].sum(axis=1)       # (N_test, C)
knn_accuracy = np.mean(votes.argmax(axis=1) == y_test)
print(f"k = {best_k}, all {len(X_train)} training pictures: {knn_accuracy:.1%} of {len(X_test)} test pictures (guessing: {1 / C:.0%})")

# %%
vc.confusion(y_test, votes.argmax(axis=1), data.classes, title="Which classes does kNN believe in too readily? Look for full columns")

# %% [markdown]
# ## 7 · Why pixels are a poor space
#
# The method is sound (Cover and Hart), $k$ is well chosen, and still most answers are wrong.
# The fault must be in the distance.
#
# Take one test picture.
# Below it is shifted, darkened, and partly covered, each by some amount; and beside it stands a training picture of *another class*.
#
# *Predict:* sort the four by L2 distance from the original, the nearest first.
# Decide before you run the last of these cells.

# %%
def cover(image, half):
    """The picture with a light square laid over its middle, soft at the edge so that `half` its side may be any number."""
    inside = np.clip(half + 0.5 - np.abs(np.arange(32) - 15.5), 0, 1)
    mask = (inside[:, None] * inside)[:, :, None]                    # (32, 32, 1): 1 where covered
    return (1 - mask) * image + 0.9 * mask

ways = {                                                             # each: (picture, amount from 0 to 1) -> picture
    "shifted": lambda image, t: ndimage.shift(image, (0, 10 * t, 0), order=1, mode="nearest"),
    "darkened": lambda image, t: (1 - t) * image,
    "covered": lambda image, t: cover(image, 16 * t),
}

# %%
def strangers(i):
    """Distances from test picture i to all training pictures, infinite for its own class."""
    return np.where(y_train == y_test[i], np.inf, D2[i])

def reaches(i):
    """Whether each way can move test picture i as far as its nearest stranger."""
    image = data.X_test[i] / 255
    return all(np.linalg.norm(way(image, 1) - image) > strangers(i).min() for way in ways.values())

# %%
chosen = max(filter(reaches, range(100)), key=lambda i: strangers(i).min())       # the one that must be changed most
before = data.X_test[chosen] / 255
stranger = data.X_train[strangers(chosen).argmin()] / 255
target = np.linalg.norm(stranger - before)                           # the distance that all four shall have

def solve(way):
    """The picture that `way` makes of the original at exactly the distance `target`."""
    amount = optimize.brentq(lambda t: np.linalg.norm(way(before, t) - before) - target, 0, 1, xtol=1e-12)
    return way(before, amount)

# %%
four = {name: solve(way) for name, way in ways.items()} | {"another class": stranger}
far = {name: np.linalg.norm(image - before) for name, image in four.items()}
assert np.allclose(list(far.values()), target, rtol=1e-6), "the four distances should be equal"
labels = ["original", *(f"{name}\nL2 = {d:.4f}" for name, d in far.items())]
vc.show_images([before, *four.values()], labels, columns=5, title="All four are at the same L2 distance from the original")

# %% [markdown]
# Equal, by construction: the strength of each change was solved for numerically until its distance was that of the stranger.
# To the distance it is all one whether the thing moves a little, a cloud passes, something stands in front of it, or it is another thing altogether.
#
# L1 fares no better; it puts the four into some order, but not into yours:

# %%
for name in sorted(four, key=lambda name: np.abs(four[name] - before).sum()):
    print(f"{name:15s} L1 = {np.abs(four[name] - before).sum():6.1f}")

# %% [markdown]
# And this is what pixel distance sees when it looks at many pictures.
# The map places 250 of them by the two directions in which the pixels vary most (principal components, lecture 13), so that pictures at a small distance tend to lie close together.

# %%
sample = X_train[:1000] - X_train[:1000].mean(axis=0)
variance, axes = np.linalg.eigh(sample @ sample.T)                   # from the (1000, 1000) products of all pairs
variance, axes = variance[::-1], axes[:, ::-1]                       # the widest direction first
places = axes[:250, :2]                                              # (250, 2)

# %%
figure, ax = plt.subplots(figsize=(7.5, 7.5), layout="constrained")
size = 0.0028
for (u, v), image in zip(places, data.X_train):
    ax.imshow(image, extent=(u - size, u + size, v - size, v + size))
(left, bottom), (right, top) = places.min(axis=0) - size, places.max(axis=0) + size
ax.set(xlim=(left, right), ylim=(bottom, top), xlabel="first direction", ylabel="second direction")
ax.set_title("Close in pixels: look for what neighbours share, and for two of one class far apart");

# %% [markdown]
# Brightness and background rule the map; objects are scattered over it.
# A distance that is worth something would be measured on other numbers than pixels, numbers that stay when the object moves and change when it is another object.
# Finding such numbers is what the rest of the course is about; distances between the inner activations of trained networks do agree well with what people find alike (Zhang and colleagues, 2018).
#
# ### The curse of dimensionality
#
# Could more data make up for a poor distance?
# The guarantee of Cover and Hart needs *near* neighbours.
# Suppose the examples fill a cube of edge 1 evenly, and we want a small cube around $x$ that holds 1 % of them.
#
# *Predict:* how long is its edge in 2 dimensions, in 10, in 100?
#
# A cube of edge $e$ holds the fraction $f = e^d$, therefore $e = f^{1/d}$:

# %%
dimensions = np.arange(1, 101)
edges = {f"{f:.1%} of the examples": f ** (1 / dimensions) for f in (0.1, 0.01, 0.001)}
print("edge for 1 % of the examples:", {d: round(0.01 ** (1 / d), 3) for d in (1, 2, 10, 100, 3072)})
vc.curves(edges, x=dimensions, xlabel="dimension d", ylabel="edge of the cube around x", title="In many dimensions the neighbourhood is nearly the whole cube")

# %% [markdown]
# In 100 dimensions the "neighbourhood" spans most of the range of every feature: nothing local is left of it.
# Turn the question round: to have an example within a quarter of the range along each axis, how many examples are needed?
# Four per axis, so $4^d$.

# %%
for d in (1, 2, 3, 10, 100, X_train.shape[1]):
    amount = f"{4 ** d:,}" if d <= 10 else f"a number of {len(str(4 ** d))} digits"
    print(f"{d:4d} dimensions: {amount}")

# %%
figure, panels = plt.subplots(1, 3, figsize=(9, 3), layout="constrained")
four_ticks = (np.arange(4) + 0.5) / 4
panels[0].plot(four_ticks, np.zeros(4), "o", color="#004488")
panels[1].plot(*np.stack(np.meshgrid(four_ticks, four_ticks)).reshape(2, -1), "o", color="#004488")
panels[2].remove()
cube = figure.add_subplot(1, 3, 3, projection="3d")
cube.set(xticks=[], yticks=[], zticks=[], zlabel="feature 3")
cube.scatter(*np.stack(np.meshgrid(four_ticks, four_ticks, four_ticks)).reshape(3, -1), color="#004488")
for d, ax in enumerate((panels[0], panels[1], cube), start=1):
    ax.set(xlim=(0, 1), ylim=(0, 1) if d > 1 else (-0.5, 0.5), xlabel="feature 1", ylabel="feature 2" if d > 1 else "", title=f"{4 ** d} examples")
panels[0].set_yticks([])
figure.suptitle("Four examples along each axis: the same density needs four times more with every dimension");

# %% [markdown]
# Bellman gave this the name **curse of dimensionality** in 1957.
# It has a second face: between random points all distances become alike.

# %%
rng_cube = np.random.default_rng(0)
dims = [1, 2, 3, 5, 10, 30, 100, 300, 1000, 3000]
ratio = []
for d in dims:
    gaps = pairwise_distances(rng_cube.random((20, d)), rng_cube.random((1000, d)))          # 20 queries, 1000 examples
    ratio.append(np.mean(gaps.min(axis=1) / gaps.max(axis=1)))

# %%
figure = vc.curves({"evenly filled cube": ratio}, x=dims, xlabel="dimension d", ylabel="nearest / farthest distance",
                   title="In many dimensions the nearest example is hardly nearer than the farthest")
figure.axes[0].set_xscale("log")
real = np.mean(D2.min(axis=1) / D2.max(axis=1))
figure.axes[0].plot(X_train.shape[1], real, "*", color="#BB5566", markersize=14)
figure.axes[0].annotate(f"our pictures: {real:.2f}", (X_train.shape[1], real), (-12, 0), textcoords="offset points", ha="right", va="center", color="#BB5566")
figure

# %% [markdown]
# If the nearest is hardly nearer than the farthest, "nearest" means little (Beyer and colleagues, 1999).
# Yet the red star lies far below the blue curve.
# Pictures do *not* fill their cube: neighbouring pixels are alike, skies are smooth, and most tables of numbers look like this:

# %%
rng_noise = np.random.default_rng(0)
vc.show_images(rng_noise.integers(0, 256, (8, 32, 32, 3), dtype=np.uint8), columns=8, title="Eight tables drawn evenly from the cube: none of them is a picture of anything")

# %%
explained = np.cumsum(variance) / np.sum(variance)
for share in (0.5, 0.9, 0.95):
    print(f"{share:.0%} of the variance lies in {np.searchsorted(explained, share) + 1} of {X_train.shape[1]} directions")

# %% [markdown]
# A handful of directions holds half of the variance, and far fewer than $D$ hold nearly all of it.
# Real pictures live near a thin, curved sheet inside the cube, a **manifold**; that is why neighbours help at all, and why there is something to learn.

# %% [markdown]
# ## 8 · The linear classifier
#
# Nearest neighbours remember everything and learn nothing.
# Now the opposite: boil the training pictures down to a few numbers, throw the pictures away, and answer with one product.
#
# For each class $c$ keep a column of weights $w_c$, one weight per pixel value, and one number $b_c$, the bias.
# The **score** of class $c$ for the picture $x$ is
#
# $$s_c = w_c \cdot x + b_c = \sum_p w_{pc}\, x_p + b_c ,$$
#
# and the class with the highest score is the answer.
# For many pictures (the rows of $X$) and all classes (the columns of $W$) at once:
#
# $$S = X W + b, \qquad X\,(N, D),\quad W\,(D, C),\quad b\,(C),\quad S\,(N, C).$$
#
# Books that stack pictures as columns write $f(x, W) = W x + b$ instead; it is the same thing, transposed.

# %% [markdown]
# ### Exercise · Linear scores (★☆☆ · 5 minutes)
#
# Write `linear_scores(W, b, X)`: the scores of all classes for all rows of `X`.

# %% solve="linear-scores"
def linear_scores(W, b, X):
    """Scores (N, C) of every class for every row of X (N, D), with weights W (D, C) and biases b (C,)."""
    ### BEGIN SOLUTION
    return X @ W + b
    ### END SOLUTION

# %% check="linear-scores" points=1
tiny_weights = np.array([[1.0, 0.0, -1.0], [0.0, 2.0, 1.0]])
vc.assert_close(linear_scores(tiny_weights, np.array([10.0, 20.0, 30.0]), np.array([[1.0, 2.0]])), [[11.0, 24.0, 31.0]],
                "scores of three classes for one example with two features, shape (1, 3)")
### BEGIN HIDDEN TESTS
def compare_with_loops(rows, features, kinds):
    some_X, some_W, some_b = vc.draw(rng, (rows, features), (features, kinds), (kinds,))
    kept = some_X.copy(), some_W.copy(), some_b.copy()
    by_hand = [[sum(some_X[n, d] * some_W[d, c] for d in range(features)) + some_b[c] for c in range(kinds)] for n in range(rows)]
    vc.assert_close(linear_scores(some_W, some_b, some_X), by_hand, f"scores for N = {rows}, D = {features}, C = {kinds}")
    assert all(np.array_equal(a, b) for a, b in zip(kept, (some_X, some_W, some_b))), "the arrays that came in must not be changed"
compare_with_loops(5, 7, 3)
compare_with_loops(1, 4, 2)
compare_with_loops(4, 4, 4)
compare_with_loops(3, 1, 6)
wide_W, wide_b = vc.draw(rng, (2, 3), (3,))
vc.assert_close(linear_scores(wide_W, wide_b, np.zeros((4, 2))), [wide_b] * 4, "an example of zeros scores the biases")
whole_X, whole_W = rng.integers(0, 256, (6, 5)), rng.integers(-9, 9, (5, 2))
vc.assert_close(linear_scores(whole_W, np.array([0.5, -0.5]), whole_X), np.einsum("nd,dc->nc", whole_X, whole_W) + [0.5, -0.5], "scores of whole numbers")
### END HIDDEN TESTS

# %% wrong="linear-scores" why="forgot the bias"
def linear_scores(W, b, X):
    return X @ W

# %% wrong="linear-scores" why="subtracted the bias"
def linear_scores(W, b, X):
    return X @ W - b

# %% wrong="linear-scores" why="returned one row per class, (C, N), where one row per example is asked for"
def linear_scores(W, b, X):
    return (X @ W + b).T

# %% wrong="linear-scores" why="added each example's own bias, b[n], where each class has one"
def linear_scores(W, b, X):
    N = X.shape[0]
    return X @ W + np.resize(b, N)[:, None]

# %% wrong="linear-scores" why="read W as (C, D), one row per class"
def linear_scores(W, b, X):
    D, C = W.shape
    return X @ W.reshape(C, D).T + b

# %% wrong="linear-scores" why="added the sum of all biases to every score"
def linear_scores(W, b, X):
    return X @ W + b.sum()

# %% wrong="linear-scores" why="returned the best class, not the scores"
def linear_scores(W, b, X):
    return (X @ W + b).argmax(axis=1)

# %% wrong="linear-scores" why="turned the scores into probabilities"
def linear_scores(W, b, X):
    S = np.exp(X @ W + b - (X @ W + b).max(axis=1, keepdims=True))
    return S / S.sum(axis=1, keepdims=True)

# %% right="linear-scores" how="with einsum"
def linear_scores(W, b, X):
    return np.einsum("nd,dc->nc", X, W) + b[None, :]

# %% right="linear-scores" how="with loops"
def linear_scores(W, b, X):
    S = np.zeros((X.shape[0], W.shape[1]))
    for n in range(X.shape[0]):
        for c in range(W.shape[1]):
            S[n, c] = (X[n] * W[:, c]).sum() + b[c]
    return S

# %% right="linear-scores" how="as columns, W.T x + b"
def linear_scores(W, b, X):
    return (W.T @ X.T + b.reshape(-1, 1)).T

# %% right="linear-scores" how="with torch"
def linear_scores(W, b, X):
    import torch
    W, b, X = (torch.tensor(a, dtype=torch.float64) for a in (W, b, X))
    return torch.nn.functional.linear(X, W.T, b)

# %% [markdown] hint="linear-scores"
# Write the shapes under the formula: which product of $(N, D)$ and $(D, C)$ gives $(N, C)$?

# %% [markdown] hint="linear-scores"
# What does NumPy do when it adds an array of shape $(C,)$ to one of shape $(N, C)$?

# %% [markdown]
# ### From distances to scores
#
# Where could weights come from?
# One way needs no training at all: remember only the *mean picture* $m_c$ of each class and ask which is nearest.
# Multiply out the squared distance,
#
# $$\|x - m_c\|^2 = \|x\|^2 - 2\, m_c \cdot x + \|m_c\|^2 ,$$
#
# and drop $\|x\|^2$, which is the same for all classes.
# Nearest means largest $\;2\, m_c \cdot x - \|m_c\|^2$: a linear classifier with $w_c = 2 m_c$ and $b_c = -\|m_c\|^2$.

# %%
means = np.stack([X_train[y_train == c].mean(axis=0) for c in range(C)])         # (C, D)
nearest_mean = (X_test @ (2 * means.T) - (means ** 2).sum(axis=1)).argmax(axis=1)
assert np.array_equal(nearest_mean, pairwise_distances(X_test, means).argmin(axis=1)), "scores and distances should agree"
print(f"nearest mean picture: {np.mean(nearest_mean == y_test):.1%} (nearest neighbours: {knn_accuracy:.1%})")

# %% [markdown]
# Ten pictures in place of thousands, and it is not all lost.
# But the mean is not the best template: it shows what a class looks like, not what tells it *from the others*.
#
# Better weights are found by training.
# How that works is the subject of lecture 03; here it is a black box of a dozen lines that starts with $W = 0$ and, step by step, raises the score of the right class and lowers the others.

# %% given
def train_linear(X, y, num_classes, steps=600, rate=0.02, decay=0.0, bias=True, seed=0):
    """Weights (D, C) and biases (C,) that score the right class highest on most rows of X (softmax regression, lecture 03)."""
    rng = np.random.default_rng(seed)
    W, b = np.zeros((X.shape[1], num_classes), X.dtype), np.zeros(num_classes, X.dtype)
    for _ in range(steps):
        rows = rng.integers(0, len(X), 200)                          # 200 examples at a time
        batch = X[rows]
        scores = batch @ W + b
        share = np.exp(scores - scores.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)                    # each class's share of the belief
        share[np.arange(200), y[rows]] -= 1                          # the right class should have had all of it
        W -= rate * (batch.T @ share / 200 + decay * W)
        b -= bias * rate * share.mean(axis=0)
    return W, b

# %%
middle = X_train.mean(axis=0)
W, b = train_linear(X_train - middle, y_train, C, decay=0.02)
linear_answers = linear_scores(W, b, X_test - middle).argmax(axis=1)
linear_accuracy = np.mean(linear_answers == y_test)
print(f"linear {linear_accuracy:.1%}, nearest neighbours {knn_accuracy:.1%}, guessing {1 / C:.0%}")

# %%
kept_by_knn, kept_by_linear = X_train.size + y_train.size, W.size + b.size
print(f"numbers to keep: {kept_by_knn:,} for nearest neighbours, {kept_by_linear:,} for the linear classifier: {kept_by_knn / kept_by_linear:.0f} times fewer")
print(f"products for one answer: {X_train.size:,} against {W.size:,}")

# %% [markdown]
# Less memory, faster answers, and training does the waiting: the right way round at last.
#
# ### First reading: templates
#
# The column $w_c$ has as many numbers as a picture, so it *is* a picture: the **template** of class $c$.
# The score $w_c \cdot x$ is high where the picture is bright and the template is bright, and dark where it is dark.
#
# *Predict:* what will the template of a class look like whose objects may stand left or right and have any of many colours?

# %%
templates = W.T.reshape(C, *data.X_train.shape[1:])
templates = 0.5 + 0.5 * templates / np.abs(templates).max(axis=(1, 2, 3), keepdims=True)     # gray means weight 0
average = means.reshape(C, *data.X_train.shape[1:])
vc.show_images([*average, *templates], [f"mean {n}" for n in data.classes] + list(data.classes),
               title="Above the mean picture of each class, below its learned template: what does the template add?")

# %% [markdown]
# Where all objects of a class look alike, a template shows their outline; where they differ, it keeps what they share, which is often the scenery.
# One template per class must serve all its members: a class that comes in several kinds, facing left or right, red or blue, gets a blend of them.
# More than one template per class, and templates for parts, is what hidden layers bring (lecture 04).

# %%
vc.confusion(y_test, linear_answers, data.classes, title="The linear classifier: which pairs does it mix up, and what do their templates share?")

# %% [markdown]
# ### Second reading: planes
#
# Where is the score of class $c$ zero?
# The points with $w_c \cdot x + b_c = 0$ form a line in two dimensions, a plane in three, a **hyperplane** in $D$.
# The weights $w_c$ stand at right angles to it and point to where the score grows; the bias $b_c$ moves it away from the origin.
#
# *Predict:* below are three classes in the plane and their three lines.
# Is the border between two classes one of these lines?

# %%
W_2d, b_2d = train_linear(points, point_labels, 3, steps=3000, rate=0.05)
score_grid = linear_scores(W_2d, b_2d, grid)                         # (6400, 3)

figure, ax = plt.subplots(figsize=(5.5, 5.5), layout="constrained")
paint_regions(ax, score_grid.argmax(axis=1).reshape(80, 80), points, point_labels)
for c, color in enumerate(["#004488", "#DDAA33", "#BB5566"]):
    foot = -b_2d[c] * W_2d[:, c] / (W_2d[:, c] @ W_2d[:, c])         # the point of the line nearest to the origin
    ax.contour(line, line, score_grid[:, c].reshape(80, 80), levels=[0], colors=color, linestyles="--")
    ax.annotate("", foot + W_2d[:, c] / np.linalg.norm(W_2d[:, c]), foot, arrowprops=dict(arrowstyle="->", color=color, lw=2))
ax.set_title("Dashed: score zero; arrows: the weights; colours change where two scores are equal");

# %% [markdown]
# It is not: the border between classes $i$ and $j$ is where their scores are *equal*, $(w_i - w_j) \cdot x + (b_i - b_j) = 0$, again a line.
# Every region is cut out by such lines and is therefore convex: between two points of a region the straight way never leaves it.
#
# That tells at once what a linear classifier can *not* do.
#
# *Predict:* which of the next three pairs of classes can one line separate? How many points will the best line get wrong?

# %%
rng_hard = np.random.default_rng(5)
plane = rng_hard.uniform(-3, 3, (600, 2))
islands = np.array([[-2, -1.5], [0, 2], [2, -1]])
hard = {
    "opposite quarters": plane[:, 0] * plane[:, 1] > 0,
    "a ring": np.abs(np.linalg.norm(plane, axis=1) - 2) < 0.6,
    "three islands": (pairwise_distances(plane, islands) < 1.1).any(axis=1),
}

# %%
figure, panels = plt.subplots(1, 3, figsize=(11, 4.2), layout="constrained")
for ax, (name, target_class) in zip(panels, hard.items()):
    y_hard = target_class.astype(int)
    W_hard, b_hard = train_linear(plane[:400], y_hard[:400], 2, rate=0.05)
    linear = np.mean(linear_scores(W_hard, b_hard, plane[400:]).argmax(axis=1) == y_hard[400:])
    near = y_hard[pairwise_distances(plane[400:], plane[:400]).argmin(axis=1)]
    always = max(y_hard[400:].mean(), 1 - y_hard[400:].mean())
    paint_regions(ax, linear_scores(W_hard, b_hard, grid).argmax(axis=1).reshape(80, 80), plane, y_hard)
    ax.set(xlim=(-3, 3), ylim=(-3, 3), title=f"{name}: line {linear:.0%},\nalways the larger class {always:.0%}, 1-NN {np.mean(near == y_hard[400:]):.0%}")
figure.suptitle("No line can do these: compare with the nearest neighbour, which draws any border");

# %% [markdown]
# The first of these is the parity (XOR) problem that Minsky and Papert made famous in *Perceptrons* (1969), a book about the limits of Rosenblatt's learning machine of 1958.
# In pictures it happens all the time: an object on the left **or** on the right, a light thing on dark **or** a dark thing on light.
#
# ### Third reading: the formula, and a trick
#
# Carrying $W$ and $b$ about as two things is a nuisance.
# Give every example one more feature that is always 1, and put the biases into the weights as one more row:
#
# $$X W + b = \begin{bmatrix} X & \mathbf 1 \end{bmatrix} \begin{bmatrix} W \\ b^\top \end{bmatrix}$$
#
# This is the **bias trick**: $32 \times 32 \times 3$ numbers become one more, and a single matrix holds all that was learnt.
# Assignment 1 uses it throughout, with the 1 as the *last* feature.

# %% [markdown]
# ### Exercise · The bias trick (★★☆ · 5 minutes)
#
# Write `bias_trick(W, b, X)`, which returns `W1` of shape $(D + 1, C)$ and `X1` of shape $(N, D + 1)$ such that `X1 @ W1` gives the scores of {{exercise linear-scores}}.
# The ones are the last column of `X1`.

# %% solve="bias-trick"
def bias_trick(W, b, X):
    """W1 (D + 1, C) with b as last row, X1 (N, D + 1) with ones as last column; X1 @ W1 = X @ W + b."""
    ### BEGIN SOLUTION
    W1 = np.vstack([W, b])
    X1 = np.hstack([X, np.ones((len(X), 1))])
    ### END SOLUTION
    return W1, X1

# %% check="bias-trick" points=1
long_W, long_X = bias_trick(np.array([[1.0, 0.0, -1.0], [0.0, 2.0, 1.0]]), np.array([10.0, 20.0, 30.0]), np.array([[1.0, 2.0]]))
vc.assert_close(long_X, [[1.0, 2.0, 1.0]], "X1: the example (1, 2) with a 1 after it")
vc.assert_close(long_W, [[1.0, 0.0, -1.0], [0.0, 2.0, 1.0], [10.0, 20.0, 30.0]], "W1: W with the biases as its last row")
### BEGIN HIDDEN TESTS
def compare_products(rows, features, kinds):
    some_X, some_W, some_b = vc.draw(rng, (rows, features), (features, kinds), (kinds,))
    kept = some_X.copy(), some_W.copy(), some_b.copy()
    long_W, long_X = bias_trick(some_W, some_b, some_X)
    vc.assert_close(long_X, np.pad(some_X, ((0, 0), (0, 1)), constant_values=1), f"X1 for N = {rows}, D = {features}")
    vc.assert_close(np.matmul(long_X, long_W), np.einsum("nd,dc->nc", some_X, some_W) + some_b, "X1 @ W1 are the scores X @ W + b")
    assert all(np.array_equal(a, b) for a, b in zip(kept, (some_X, some_W, some_b))), "the arrays that came in must not be changed"
compare_products(5, 7, 3)
compare_products(1, 4, 2)
compare_products(4, 4, 4)
byte_X, wide_W, wide_b = rng.integers(0, 256, (3, 4), dtype=np.uint8), *vc.draw(rng, (4, 2), (2,))
long_W, long_X = bias_trick(wide_W, wide_b, byte_X)
vc.assert_close(np.matmul(np.array(long_X, float), long_W), np.einsum("nd,dc->nc", byte_X, wide_W) + wide_b, "X1 @ W1 with pictures of bytes")
long_W, long_X = bias_trick(np.array([[2], [3]]), np.array([0.5]), np.array([[1.0, 1.0]]))
vc.assert_close(long_W, [[2.0], [3.0], [0.5]], "W1 from whole-number weights and a bias of one half")
### END HIDDEN TESTS

# %% wrong="bias-trick" why="put the ones and the biases first; the product is right, but in this course the 1 is the last feature"
def bias_trick(W, b, X):
    W1 = np.vstack([b, W])
    X1 = np.hstack([np.ones((len(X), 1)), X])
    return W1, X1

# %% wrong="bias-trick" why="put the biases last but the ones first, so that they never meet"
def bias_trick(W, b, X):
    W1 = np.vstack([W, b])
    X1 = np.hstack([np.ones((len(X), 1)), X])
    return W1, X1

# %% wrong="bias-trick" why="put the ones last but the biases first, so that they never meet"
def bias_trick(W, b, X):
    W1 = np.vstack([b, W])
    X1 = np.hstack([X, np.ones((len(X), 1))])
    return W1, X1

# %% wrong="bias-trick" why="appended zeros where ones belong, which switches the bias off"
def bias_trick(W, b, X):
    W1 = np.vstack([W, b])
    X1 = np.hstack([X, np.zeros((len(X), 1))])
    return W1, X1

# %% wrong="bias-trick" why="appended the ones as a row, which makes one more example and not one more feature"
def bias_trick(W, b, X):
    W1 = np.vstack([W, b])
    X1 = np.vstack([X, np.ones((1, X.shape[1]))])
    return W1, X1

# %% wrong="bias-trick" why="returned X1 before W1"
def bias_trick(W, b, X):
    W1 = np.vstack([W, b])
    X1 = np.hstack([X, np.ones((len(X), 1))])
    return X1, W1

# %% wrong="bias-trick" why="wrote the biases into an array with the dtype of W, which cuts them to whole numbers"
def bias_trick(W, b, X):
    W1 = np.empty((W.shape[0] + 1, W.shape[1]), dtype=W.dtype)
    W1[:-1], W1[-1] = W, b
    X1 = np.hstack([X, np.ones((len(X), 1))])
    return W1, X1

# %% wrong="bias-trick" why="appended the ones to W and the biases to nothing"
def bias_trick(W, b, X):
    W1 = np.vstack([W, np.ones_like(b)])
    X1 = np.hstack([X, np.ones((len(X), 1))])
    return W1, X1

# %% right="bias-trick" how="with np.concatenate"
def bias_trick(W, b, X):
    W1 = np.concatenate([W, b[None, :]], axis=0)
    X1 = np.concatenate([X, np.ones((X.shape[0], 1), dtype=X.dtype)], axis=1)
    return W1, X1

# %% right="bias-trick" how="by filling empty arrays"
def bias_trick(W, b, X):
    W1 = np.zeros((W.shape[0] + 1, W.shape[1]))
    W1[:-1] = W
    W1[-1] = b
    X1 = np.ones((X.shape[0], X.shape[1] + 1))
    X1[:, :-1] = X
    return W1, X1

# %% right="bias-trick" how="with np.c_ and np.r_"
def bias_trick(W, b, X):
    W1, X1 = np.r_[W, [b]], np.c_[X, np.ones(len(X))]
    return W1, X1

# %% right="bias-trick" how="with np.pad"
def bias_trick(W, b, X):
    X1 = np.pad(X, ((0, 0), (0, 1)), constant_values=1)
    W1 = np.append(W, b.reshape(1, -1), axis=0)
    return W1, X1

# %% [markdown] hint="bias-trick"
# `np.hstack([A, B])` puts arrays side by side, `np.vstack` one above the other. Which shape must the ones have to stand beside $X$?

# %% [markdown] hint="bias-trick"
# In the product, the last feature of `X1` meets the last row of `W1`. What must each be, so that $1 \cdot b_c$ is added to every score?

# %% [markdown]
# Does one need a bias at all?
# Without it the score of the zero vector is zero for every class, so all borders pass through the origin.
#
# *Predict:* two classes lie in the same direction from the origin, one farther out.
# What accuracy can a classifier without bias reach? And with your trick?

# %%
rng_ray = np.random.default_rng(6)
ray = np.concatenate([[1, 1] + 0.3 * rng_ray.normal(size=(100, 2)), [2.6, 2.6] + 0.3 * rng_ray.normal(size=(100, 2))])
ray_labels = np.repeat([0, 1], 100)
W_0, b_0 = train_linear(ray, ray_labels, 2, rate=0.1, bias=False)
W_1, ray_1 = bias_trick(*train_linear(ray, ray_labels, 2, rate=0.1), ray)

# %%
figure, panels = plt.subplots(1, 2, figsize=(8, 4), layout="constrained")
scores_on_grid = {"without bias": linear_scores(W_0, b_0, grid), "with bias": linear_scores(W_1[:-1], W_1[-1], grid)}
right_share = {"without bias": np.mean((ray @ W_0).argmax(axis=1) == ray_labels), "with bias": np.mean((ray_1 @ W_1).argmax(axis=1) == ray_labels)}
for ax, (name, scores) in zip(panels, scores_on_grid.items()):
    paint_regions(ax, scores.argmax(axis=1).reshape(80, 80), ray, ray_labels)
    ax.plot(0, 0, "k+", markersize=12)
    ax.set_title(f"{name}: {right_share[name]:.0%}")
figure.suptitle("Without a bias every border runs through the origin (the cross)");

# %% [markdown]
# ## 9 · One page to keep
#
# | | nearest neighbours | linear classifier |
# |---|---|---|
# | `train` | keep everything, $O(1)$ | find $W, b$ (lecture 03), slow, once |
# | `predict` | $O(ND)$ per picture | $O(CD)$ per picture |
# | kept | $N \times D$ numbers | $(D + 1) \times C$ numbers |
# | borders | any shape | straight |
# | hyperparameters | $k$, distance, ties | step, decay (lecture 03) |
# | in one picture | the plane in cells | one template per class |
#
# **Formulas**
#
# - L1: $\;d_1(a, b) = \sum_p |a_p - b_p|$, depends on the axes. $\;$ L2: $\;d_2(a, b) = \sqrt{\sum_p (a_p - b_p)^2}$, does not.
# - k nearest neighbours: $\;\hat y(x) = $ majority of $y_i$ over the $k$ smallest $d(x, x_i)$.
# - Cover and Hart: in the limit $R^* \le R_{1NN} \le R^* (2 - \tfrac{C}{C-1} R^*) \le 2 R^*$.
# - To hold a fraction $f$ of evenly spread examples, a cube needs the edge $f^{1/d}$.
# - Linear scores: $\;S = X W + b = [X\; \mathbf 1]\,[W;\, b]$; the border between $i$ and $j$ is $(w_i - w_j) \cdot x + b_i - b_j = 0$.
#
# **Habits**
#
# - Bytes become floats before they are subtracted.
# - Look at what the classifier confuses, and at the neighbours that it asks.
# - Choose on validation folds, look at the error bars, open the test set once.
# - If the best value lies at the edge of the range, widen the range.
#
# **Where it leads.**
# Lecture 03 says what makes one $W$ better than another (a loss) and how to find a good one (gradients).
# Assignment 1 begins with nearest neighbours at full speed: the same distances with two loops, one, and none.

# %% [markdown]
# ### Further reading
#
# - Fix, Hodges (1951), *Discriminatory analysis: nonparametric discrimination*: where the rule comes from.
# - Cover, Hart (1967), *Nearest neighbor pattern classification*: the factor of two.
# - Stone, M. (1974), *Cross-validatory choice and assessment of statistical predictions*; Stone, C. (1977), *Consistent nonparametric regression*: two different Stones.
# - Fisher (1936), *The use of multiple measurements in taxonomic problems*: a linear rule with weights computed from examples.
# - Rosenblatt (1958), *The perceptron*; Minsky, Papert (1969), *Perceptrons*.
# - Beyer, Goldstein, Ramakrishnan, Shaft (1999), *When is "nearest neighbor" meaningful?*
# - Smeulders and others (2000), *Content-based image retrieval at the end of the early years*: the semantic gap.
# - Torralba, Fergus, Freeman (2008), *80 million tiny images*: how far nearest neighbours get with very many pictures (the authors have since withdrawn the data set).
# - Krizhevsky (2009), *Learning multiple layers of features from tiny images*: CIFAR-10.
# - Domingos (2012), *A few useful things to know about machine learning*: the folk wisdom, written down.
# - Zhang, Isola, Efros, Shechtman, Wang (2018), *The unreasonable effectiveness of deep features as a perceptual metric*.
# - Recht, Roelofs, Schmidt, Shankar (2019), *Do ImageNet classifiers generalize to ImageNet?*
