# %% [markdown] part=1
# # Assignment 1 · k nearest neighbours
#
# *Two lines of mathematics, three ways to write them: how much can the same arithmetic differ in speed and in memory?*
#
# In lecture 02 you found the neighbours of one picture at a time.
# Here you build the classifier that a person would really use, and then judge it as a scientist would.
# Afterwards you will be able to
#
# - compute all distances between two sets of pictures with two loops, with one, and with none;
# - say what each version costs in time and in memory, after measuring both;
# - turn distances into labels by a vote with a fixed rule for ties;
# - choose $k$ by cross-validation and report one honest test accuracy.
#
# {{contents}}
#
# Names and shapes are those of the classic CS231n handout: if you have solved that, your code runs here.

# %% given
import time
import tracemalloc

import matplotlib.pyplot as plt
import numpy as np

import visioncourse as vc

vc.setup("a1/knn")

# %% [markdown]
# ## 1 · The data
#
# One thousand pictures to learn from and five hundred to be judged by, so that two nested loops finish within seconds.
# When all is done, put more in.

# %%
DATASET = "scenes"          # or "cifar10", after `python -m visioncourse.data get cifar10`
num_training, num_test = 1000, 500
data = vc.data.load(DATASET, train=num_training, test=num_test)
y_train, y_test = data.y_train, data.y_test

# %%
examples = [data.X_train[y_train == c][row] for row in range(3) for c in range(len(data.classes))]
vc.show_images(examples, list(data.classes) * 3, title="Three training pictures of each class (columns): how much do the three have in common?")

# %% [markdown]
# Each picture becomes one row of $D$ numbers.
# They are made floats at once, because bytes wrap round when they are subtracted.

# %%
X_train = data.X_train.reshape(num_training, -1).astype(float)       # (num_train, D)
X_test = data.X_test.reshape(num_test, -1).astype(float)             # (num_test, D)
print(X_train.shape, X_test.shape)

# %% [markdown]
# The classifier is a class.
# `train` remembers; `predict` does its work in two steps, distances first and votes second, and the methods for these steps are yours to write.
# `@vc.add_to(KNearestNeighbor)` puts the function below it into the class.

# %% given
class KNearestNeighbor:
    """A k-nearest-neighbour classifier with L2 distance."""

    def train(self, X, y):
        """Remember the training examples X (num_train, D) and their labels y (num_train,)."""
        self.X_train = X
        self.y_train = y

    def predict(self, X, k=1, num_loops=0):
        """Labels (num_test,) of the rows of X (num_test, D); num_loops says which of the three versions measures."""
        if num_loops not in (0, 1, 2):
            raise ValueError(f"num_loops={num_loops}: there are versions with 0, 1 and 2 loops")
        name = {0: "compute_distances_no_loops", 1: "compute_distances_one_loop", 2: "compute_distances_two_loops"}[num_loops]
        dists = getattr(self, name)(X)
        return self.predict_labels(dists, k=k)

# %% [markdown]
# ## 2 · Distances, three times
#
# All three versions compute the same matrix,
#
# $$\text{dists}[i, j] = \sqrt{\sum_p (x_{ip} - t_{jp})^2},$$
#
# the L2 distance between test row $x_i$ and training row $t_j$.
# It has one row per test picture and one column per training picture.

# %% [markdown]
# ### Exercise · Two loops (★☆☆ · 10 minutes)
#
# Fill the matrix one entry at a time, exactly as the formula says.

# %% solve="two-loops"
@vc.add_to(KNearestNeighbor)
def compute_distances_two_loops(self, X):
    """L2 distances (num_test, num_train) between each row of X (num_test, D) and each row of self.X_train, one at a time."""
    num_test = X.shape[0]
    num_train = self.X_train.shape[0]
    dists = np.zeros((num_test, num_train))
    for i in range(num_test):
        for j in range(num_train):
            ### BEGIN SOLUTION
            dists[i, j] = np.sqrt(np.sum((X[i] - self.X_train[j]) ** 2))
            ### END SOLUTION
    return dists

# %% check="two-loops" points=3
knn = KNearestNeighbor()
knn.train(np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 2.0]]), np.array([0, 1, 1]))
vc.assert_close(knn.compute_distances_two_loops(np.array([[0.0, 0.0], [3.0, 0.0]])), [[0.0, 5.0, 2.0], [3.0, 4.0, 13 ** 0.5]],
                "distances of (0, 0) and (3, 0) to (0, 0), (3, 4) and (0, 2): one row per test point")
### BEGIN HIDDEN TESTS
from scipy.spatial.distance import cdist
tall, few = vc.draw(rng, (9, 7), (4, 7), scale=10.0)
kept = few.copy()
knn.train(tall, np.zeros(9, int))
vc.assert_close(knn.compute_distances_two_loops(few), cdist(few, tall), "distances of 4 test rows to 9 training rows of 7 numbers")
assert np.array_equal(few, kept), "the test rows must not be changed"
vc.assert_close(knn.compute_distances_two_loops(few[:1]), cdist(few[:1], tall), "distances of a single test row, shape (1, 9)")
vc.assert_close(knn.compute_distances_two_loops(tall), cdist(tall, tall), "distances of the training rows to themselves, 0 along the diagonal")
knn.train(few, np.zeros(4, int))
vc.assert_close(knn.compute_distances_two_loops(tall), cdist(tall, few), "distances of 9 test rows to 4 training rows")
vc.assert_close(knn.compute_distances_two_loops(few + 1e8), cdist(few + 1e8, few), "distances of rows that are 100 million apart")
whole = rng.integers(-50, 50, (5, 3))
knn.train(whole, np.zeros(5, int))
vc.assert_close(knn.compute_distances_two_loops(whole[:2]), cdist(whole[:2], whole), "distances of rows of whole numbers")
single = vc.draw(rng, (6, 8), dtype=np.float32)
knn.train(single, np.zeros(6, int))
vc.assert_close(knn.compute_distances_two_loops(single[:3]), cdist(single[:3], single), "distances of rows of float32", rtol=1e-4, atol=1e-5)
### END HIDDEN TESTS

# %% wrong="two-loops" why="forgot the square root"
# - np.sqrt(np.sum((X[i] - self.X_train[j]) ** 2))
# + np.sum((X[i] - self.X_train[j]) ** 2)

# %% wrong="two-loops" why="added up absolute differences, which is L1"
# - np.sqrt(np.sum((X[i] - self.X_train[j]) ** 2))
# + np.sum(np.abs(X[i] - self.X_train[j]))

# %% wrong="two-loops" why="took the mean of the squares where the sum is asked for"
# - np.sum
# + np.mean

# %% wrong="two-loops" why="gave the training pictures the rows and the test pictures the columns"
# - (num_test, num_train))
# + (num_train, num_test))
# - dists[i, j]
# + dists[j, i]

# %% wrong="two-loops" why="summed before squaring, so that differences cancel"
# - np.sum((X[i] - self.X_train[j]) ** 2)
# + np.sum(X[i] - self.X_train[j]) ** 2

# %% wrong="two-loops" why="measured between two training rows, not between a test row and a training row"
# - X[i] -
# + self.X_train[i % num_train] -

# %% wrong="two-loops" why="stored the distances in an array of whole numbers, which cuts them off"
# - zeros((num_test, num_train))
# + zeros((num_test, num_train), dtype=int)

# %% wrong="two-loops" why="changed the test rows by subtracting in place"
# - dists[i, j] = np.sqrt(np.sum((X[i] - self.X_train[j]) ** 2))
# + X[i] -= self.X_train[j]
# + dists[i, j] = np.sqrt(np.sum(X[i] ** 2))

# %% right="two-loops" how="as in many solutions of the classic handout"
@vc.add_to(KNearestNeighbor)
def compute_distances_two_loops(self, X):
    num_test = X.shape[0]
    num_train = self.X_train.shape[0]
    dists = np.zeros((num_test, num_train))
    for i in range(num_test):
        for j in range(num_train):
            dists[i][j] = np.sqrt(np.sum(np.square(self.X_train[j, :] - X[i, :])))
    return dists

# %% right="two-loops" how="with np.linalg.norm"
@vc.add_to(KNearestNeighbor)
def compute_distances_two_loops(self, X):
    return np.array([[np.linalg.norm(x - t) for t in self.X_train] for x in X])

# %% right="two-loops" how="with a dot product of the difference"
@vc.add_to(KNearestNeighbor)
def compute_distances_two_loops(self, X):
    dists = np.zeros((X.shape[0], self.X_train.shape[0]))
    for i, x in enumerate(X):
        for j, t in enumerate(self.X_train):
            difference = np.asarray(x - t, dtype=float)
            dists[i, j] = difference.dot(difference) ** 0.5
    return dists

# %% [markdown] hint="two-loops"
# `X[i]` and `self.X_train[j]` are two rows of $D$ numbers. This is {{exercise lectures/02_image_classification:l2-distance}} once more.

# %% [markdown] hint="two-loops"
# In which order: subtract, square, add up, root?

# %% [markdown]
# Now the whole matrix for our pictures; its upper left corner is drawn below, as a picture.
#
# *Predict:* will it look like noise, or will you see rows and columns?

# %%
classifier = KNearestNeighbor()
classifier.train(X_train, y_train)
dists = classifier.compute_distances_two_loops(X_test)
print(dists.shape)

# %%
figure, ax = plt.subplots(figsize=(9, 4.8), layout="constrained")
shown = ax.imshow(dists[:100, :200], cmap="gray", interpolation="nearest")
figure.colorbar(shown, ax=ax, label="L2 distance (bright: far)")
ax.set(xlabel="training picture j", ylabel="test picture i", title="20,000 distances: look for rows and columns that stand out");

# %% [markdown]
# ### Question 1 · Rows and columns
#
# Some rows are bright nearly all along, and so are some columns.
#
# 1. What must a test picture be like for its row to be bright?
# 2. What makes a column bright?
#
# Two or three sentences.
# The cell after your answer lets you test it.

# %% [markdown] answer="rows-and-columns" points=2
# **Model answer.**
# 1. A bright row is a test picture that is far from nearly *all* training pictures: one with unusual pixel values, for example very bright, very dark, strongly coloured or rich in contrast, so that it lies at the rim of the cloud of pictures.
#    Its class hardly matters.
# 2. A bright column is the same the other way round: a training picture that is far from nearly all test pictures.
#
# **Marking guide.**
# One point for each part.
# Full marks for "unlike (nearly) all pictures of the other set" with a sensible reason in terms of pixel values, brightness or background.
# Half a point for a part that says only "it is far away", or that explains it by the class alone.
# No point for "it is misclassified" or "an error in the data" without a reference to all pictures of the other set.

# %%
far_rows, far_columns = np.argsort(-dists.mean(axis=1))[:8], np.argsort(-dists.mean(axis=0))[:8]
vc.show_images([*data.X_test[far_rows], *data.X_train[far_columns]], columns=8, title="Above the test pictures of the brightest rows, below the training pictures of the brightest columns")

# %% [markdown]
# ### Exercise · One loop (★★☆ · 10 minutes)
#
# Now fill a whole row at once: one loop over the test pictures, and no loop over the training pictures.

# %% solve="one-loop"
@vc.add_to(KNearestNeighbor)
def compute_distances_one_loop(self, X):
    """L2 distances (num_test, num_train) between each row of X (num_test, D) and each row of self.X_train, a row at a time."""
    num_test = X.shape[0]
    num_train = self.X_train.shape[0]
    dists = np.zeros((num_test, num_train))
    for i in range(num_test):
        ### BEGIN SOLUTION
        dists[i] = np.sqrt(np.sum((self.X_train - X[i]) ** 2, axis=1))
        ### END SOLUTION
    return dists

# %% check="one-loop" points=2
knn = KNearestNeighbor()
knn.train(np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([0, 1]))
vc.assert_close(knn.compute_distances_one_loop(np.array([[0.0, 0.0], [3.0, 0.0]])), [[0.0, 5.0], [3.0, 4.0]],
                "distances of (0, 0) and (3, 0) to (0, 0) and (3, 4): one row per test point")
### BEGIN HIDDEN TESTS
from scipy.spatial.distance import cdist
tall, few = vc.draw(rng, (9, 7), (4, 7), scale=10.0)
kept, kept_train = few.copy(), tall.copy()
knn.train(tall, np.zeros(9, int))
vc.assert_close(knn.compute_distances_one_loop(few), cdist(few, tall), "distances of 4 test rows to 9 training rows of 7 numbers")
assert np.array_equal(few, kept), "the test rows must not be changed"
vc.assert_close(knn.X_train, kept_train, "the training rows, which must not be changed")
vc.assert_close(knn.compute_distances_one_loop(few[:1]), cdist(few[:1], tall), "distances of a single test row, shape (1, 9)")
knn.train(few, np.zeros(4, int))
vc.assert_close(knn.compute_distances_one_loop(tall), cdist(tall, few), "distances of 9 test rows to 4 training rows")
vc.assert_close(knn.compute_distances_one_loop(few + 1e8), cdist(few + 1e8, few), "distances of rows that are 100 million apart")
whole = rng.integers(-50, 50, (5, 3))
knn.train(whole, np.zeros(5, int))
vc.assert_close(knn.compute_distances_one_loop(whole[:2]), cdist(whole[:2], whole), "distances of rows of whole numbers", rtol=1e-6, atol=1e-4)
single = vc.draw(rng, (6, 8), dtype=np.float32)
knn.train(single, np.zeros(6, int))
vc.assert_close(knn.compute_distances_one_loop(single[:3]), cdist(single[:3], single), "distances of rows of float32", rtol=1e-4, atol=1e-3)
### END HIDDEN TESTS

# %% wrong="one-loop" why="forgot the square root"
# - np.sqrt(np.sum((self.X_train - X[i]) ** 2, axis=1))
# + np.sum((self.X_train - X[i]) ** 2, axis=1)

# %% wrong="one-loop" why="added up over the training pictures (axis 0), not over the pixels"
# - axis=1
# + axis=0

# %% wrong="one-loop" why="added up everything, pixels and training pictures, into one number for the whole row"
# - ** 2, axis=1
# + ** 2

# %% wrong="one-loop" why="added up absolute differences, which is L1"
# - np.sqrt(np.sum((self.X_train - X[i]) ** 2, axis=1))
# + np.sum(np.abs(self.X_train - X[i]), axis=1)

# %% wrong="one-loop" why="subtracted the whole of X, not its row i"
# - self.X_train - X[i]
# + self.X_train - X

# %% wrong="one-loop" why="wrote into column i, not into row i"
# - dists[i]
# + dists[:, i]

# %% wrong="one-loop" why="returned inside the loop, after the first row"
# - return dists
# +     return dists

# %% wrong="one-loop" why="changed the training rows by subtracting in place"
# - dists[i] = np.sqrt(np.sum((self.X_train - X[i]) ** 2, axis=1))
# + self.X_train -= X[i]
# + dists[i] = np.sqrt(np.sum(self.X_train ** 2, axis=1))

# %% right="one-loop" how="as in many solutions of the classic handout"
@vc.add_to(KNearestNeighbor)
def compute_distances_one_loop(self, X):
    num_test = X.shape[0]
    num_train = self.X_train.shape[0]
    dists = np.zeros((num_test, num_train))
    for i in range(num_test):
        dists[i, :] = np.sqrt(np.sum(np.square(self.X_train - X[i, :]), axis=1))
    return dists

# %% right="one-loop" how="with np.linalg.norm"
@vc.add_to(KNearestNeighbor)
def compute_distances_one_loop(self, X):
    dists = np.zeros((X.shape[0], self.X_train.shape[0]))
    for i in range(X.shape[0]):
        dists[i, :] = np.linalg.norm(self.X_train - X[i], axis=1)
    return dists

# %% right="one-loop" how="with einsum"
@vc.add_to(KNearestNeighbor)
def compute_distances_one_loop(self, X):
    rows = []
    for x in X:
        gap = self.X_train - x
        rows.append(np.einsum("nd,nd->n", gap, gap) ** 0.5)
    return np.stack(rows)

# %% right="one-loop" how="over the training pictures, filling columns"
@vc.add_to(KNearestNeighbor)
def compute_distances_one_loop(self, X):
    dists = np.empty((len(X), len(self.X_train)))
    for j, t in enumerate(self.X_train):
        dists[:, j] = np.sqrt(((X - t) ** 2).sum(-1))
    return dists

# %% [markdown] hint="one-loop"
# What shape has `self.X_train - X[i]`? NumPy subtracts the row from every row.

# %% [markdown] hint="one-loop"
# Of the two axes of that difference, one counts training pictures and must stay. Which one do you add up?

# %%
dists_one = classifier.compute_distances_one_loop(X_test)
print(f"largest difference between the two versions: {np.abs(dists - dists_one).max():.1e}")

# %% [markdown]
# ### No loop at all
#
# NumPy could subtract everything from everything: `X[:, None, :] - self.X_train[None, :, :]` has shape `(num_test, num_train, D)`.
#
# *Predict:* how much memory would that one array take for our pictures?

# %%
print(f"{len(X_test)} x {len(X_train)} x {X_train.shape[1]} floats of 8 bytes: {len(X_test) * X_train.nbytes / 1e9:.1f} GB")

# %% [markdown]
# There is a better way.
# Multiply the square out:
#
# $$\|x - t\|^2 = \|x\|^2 - 2\, x \cdot t + \|t\|^2$$
#
# The first term needs one number per test picture and the last one number per training picture.
# The middle term, for all pairs at once, is a single matrix product, the operation for which computers are built.

# %% [markdown]
# ### Exercise · No loops (★★★ · 20 minutes)
#
# Compute the same matrix without a Python loop: one matrix product and two sums that NumPy stretches to the shape of the matrix.
# The check reads your code too: neither `for` nor `while` nor a comprehension passes.
# Do not build an array of shape `(num_test, num_train, D)`; the second check measures the memory that NumPy takes.

# %% solve="no-loops" policy="no-python-loops"
@vc.add_to(KNearestNeighbor)
def compute_distances_no_loops(self, X):
    """L2 distances (num_test, num_train) between each row of X (num_test, D) and each row of self.X_train, all at once."""
    num_test = X.shape[0]
    num_train = self.X_train.shape[0]
    dists = np.zeros((num_test, num_train))
    ### BEGIN SOLUTION
    squares = (X ** 2).sum(axis=1)[:, None] - 2 * X @ self.X_train.T + (self.X_train ** 2).sum(axis=1)
    dists = np.sqrt(np.maximum(squares, 0))
    ### END SOLUTION
    return dists

# %% check="no-loops" points=4
knn = KNearestNeighbor()
knn.train(np.array([[1.0, 0.0], [3.0, 4.0]]), np.array([0, 1]))
vc.assert_close(knn.compute_distances_no_loops(np.array([[0.0, 0.0], [3.0, 0.0]])), [[1.0, 5.0], [2.0, 4.0]],
                "distances of (0, 0) and (3, 0) to (1, 0) and (3, 4): one row per test point")
### BEGIN HIDDEN TESTS
from scipy.spatial.distance import cdist
tall, few = vc.draw(rng, (9, 7), (4, 7), scale=10.0)
kept, kept_train = few.copy(), tall.copy()
knn.train(tall, np.zeros(9, int))
vc.assert_close(knn.compute_distances_no_loops(few), cdist(few, tall), "distances of 4 test rows to 9 training rows of 7 numbers")
assert np.array_equal(few, kept), "the test rows must not be changed"
vc.assert_close(knn.X_train, kept_train, "the training rows, which must not be changed")
vc.assert_close(knn.compute_distances_no_loops(few[:1]), cdist(few[:1], tall), "distances of a single test row, shape (1, 9)")
knn.train(few, np.zeros(4, int))
vc.assert_close(knn.compute_distances_no_loops(tall), cdist(tall, few), "distances of 9 test rows to 4 training rows")
far_away = 1e6 * few[::-1]
vc.assert_close(knn.compute_distances_no_loops(far_away), cdist(far_away, few), "distances of rows that are millions apart", rtol=1e-6, atol=10)
whole = rng.integers(-50, 50, (5, 3))
knn.train(whole, np.zeros(5, int))
vc.assert_close(knn.compute_distances_no_loops(whole[:2] + 1000), cdist(whole[:2] + 1000, whole), "distances of rows of whole numbers", rtol=1e-6, atol=1e-2)
single, others = vc.draw(rng, (6, 8), (3, 8), dtype=np.float32)
knn.train(single, np.zeros(6, int))
vc.assert_close(knn.compute_distances_no_loops(others), cdist(others, single), "distances of rows of float32", rtol=1e-3, atol=1e-3)
long_rows, more_rows = vc.draw(rng, (250, 3), (240, 3))
knn.train(long_rows, np.zeros(250, int))
vc.assert_close(knn.compute_distances_no_loops(more_rows), cdist(more_rows, long_rows), "distances of 240 test rows to 250 training rows")
### END HIDDEN TESTS

# %% [markdown]
# How much memory does your version hold at once?
# The next cell measures it, as a multiple of the size of the result.

# %% given
def peak_memory(X_train, X):
    """Most memory that compute_distances_no_loops holds at once, as a multiple of the size of its result, rounded."""
    measured = KNearestNeighbor()
    measured.train(X_train, np.zeros(len(X_train), dtype=int))
    measured.compute_distances_no_loops(X)                           # once before, so that first-time costs do not count
    tracemalloc.start()
    measured.compute_distances_no_loops(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return round(peak / (8 * len(X) * len(X_train)))

# %% check="no-loops.memory" points=1
flat_rows = np.sin(np.arange(120 * 64)).reshape(120, 64)
assert peak_memory(flat_rows, flat_rows[:100]) < 32, "more than 32 times the size of the result for D = 64: is an array of shape (num_test, num_train, D) built?"
### BEGIN HIDDEN TESTS
wide_train, wide_test = vc.draw(rng, (150, 96), (90, 96))
assert peak_memory(wide_train, wide_test) < 32, "more than 32 times the size of the result for D = 96: is an array of shape (num_test, num_train, D) built?"
### END HIDDEN TESTS

# %% [markdown]
# **A bonus.**
# What is the distance of a picture to itself?
# Subtracting shows at once that it is 0.
# Multiplied out, it is a difference of large numbers that are rounded: it may come out as a tiny number *below* zero, and what is the root of that?

# %% check="no-loops.zero" points=1
knn = KNearestNeighbor()
same_rows = 100 * np.sin(np.arange(200 * 50)).reshape(200, 50)
knn.train(same_rows, np.zeros(200, int))
to_itself = np.diagonal(knn.compute_distances_no_loops(same_rows))
assert not np.isnan(to_itself).any(), "some pictures are at distance nan from themselves: what did the root get to see?"
assert to_itself.max() < 1e-3, "a picture is at distance 0 from itself, give or take rounding"
### BEGIN HIDDEN TESTS
twice = vc.draw(rng, (80, 30), scale=50.0)
knn.train(twice, np.zeros(80, int))
vc.assert_close(np.diagonal(knn.compute_distances_no_loops(twice)), np.zeros(80), "distances of 80 rows to themselves", rtol=0, atol=1e-3)
### END HIDDEN TESTS

# %% wrong="no-loops" why="took the root of numbers that rounding had pushed below zero, which gives nan"
@vc.add_to(KNearestNeighbor)
def compute_distances_no_loops(self, X):
    return np.sqrt((X ** 2).sum(axis=1)[:, None] - 2 * X @ self.X_train.T + (self.X_train ** 2).sum(axis=1))

# %% wrong="no-loops" why="looped over the test pictures after all"
@vc.add_to(KNearestNeighbor)
def compute_distances_no_loops(self, X):
    return np.array([np.sqrt(np.maximum(((self.X_train - x) ** 2).sum(axis=1), 0)) for x in X])

# %% wrong="no-loops" why="left the work to the version with one loop"
@vc.add_to(KNearestNeighbor)
def compute_distances_no_loops(self, X):
    return self.compute_distances_one_loop(X)

# %% wrong="no-loops" why="built an array of shape (num_test, num_train, D)"
@vc.add_to(KNearestNeighbor)
def compute_distances_no_loops(self, X):
    return np.sqrt(((X[:, None, :] - self.X_train[None, :, :]) ** 2).sum(axis=2))

# %% wrong="no-loops" why="forgot the square root"
@vc.add_to(KNearestNeighbor)
def compute_distances_no_loops(self, X):
    return np.maximum((X ** 2).sum(axis=1)[:, None] - 2 * X @ self.X_train.T + (self.X_train ** 2).sum(axis=1), 0)

# %% wrong="no-loops" why="forgot the factor 2 of the middle term"
@vc.add_to(KNearestNeighbor)
def compute_distances_no_loops(self, X):
    return np.sqrt(np.maximum((X ** 2).sum(axis=1)[:, None] - X @ self.X_train.T + (self.X_train ** 2).sum(axis=1), 0))

# %% wrong="no-loops" why="added the middle term, whose sign is minus"
@vc.add_to(KNearestNeighbor)
def compute_distances_no_loops(self, X):
    return np.sqrt(np.maximum((X ** 2).sum(axis=1)[:, None] + 2 * X @ self.X_train.T + (self.X_train ** 2).sum(axis=1), 0))

# %% wrong="no-loops" why="left out the squares of the training rows"
@vc.add_to(KNearestNeighbor)
def compute_distances_no_loops(self, X):
    return np.sqrt(np.maximum((X ** 2).sum(axis=1)[:, None] - 2 * X @ self.X_train.T, 0))

# %% wrong="no-loops" why="left out the squares of the test rows"
@vc.add_to(KNearestNeighbor)
def compute_distances_no_loops(self, X):
    return np.sqrt(np.maximum(-2 * X @ self.X_train.T + (self.X_train ** 2).sum(axis=1), 0))

# %% wrong="no-loops" why="laid the squares of the test rows along the columns and those of the training rows along the rows"
@vc.add_to(KNearestNeighbor)
def compute_distances_no_loops(self, X):
    return np.sqrt(np.maximum((X ** 2).sum(axis=1) - 2 * X @ self.X_train.T + (self.X_train ** 2).sum(axis=1)[:, None], 0))

# %% wrong="no-loops" why="squared the sums, where the squares are to be summed"
@vc.add_to(KNearestNeighbor)
def compute_distances_no_loops(self, X):
    return np.sqrt(np.maximum((X.sum(axis=1) ** 2)[:, None] - 2 * X @ self.X_train.T + self.X_train.sum(axis=1) ** 2, 0))

# %% wrong="no-loops" why="added up all squares into one number instead of one per row"
@vc.add_to(KNearestNeighbor)
def compute_distances_no_loops(self, X):
    return np.sqrt(np.maximum((X ** 2).sum() - 2 * X @ self.X_train.T + (self.X_train ** 2).sum(), 0))

# %% wrong="no-loops" why="returned one row per training picture: the matrix is transposed"
@vc.add_to(KNearestNeighbor)
def compute_distances_no_loops(self, X):
    return np.sqrt(np.maximum((X ** 2).sum(axis=1) - 2 * self.X_train @ X.T + (self.X_train ** 2).sum(axis=1)[:, None], 0))

# %% right="no-loops" how="with the square of the difference, negative rounding cut off by abs"
@vc.add_to(KNearestNeighbor)
def compute_distances_no_loops(self, X):
    num_test = X.shape[0]
    num_train = self.X_train.shape[0]
    dists = np.zeros((num_test, num_train))
    test_sum = np.sum(np.square(X), axis=1)
    train_sum = np.sum(np.square(self.X_train), axis=1)
    inner_product = np.dot(X, self.X_train.T)
    dists = np.sqrt(np.abs(-2 * inner_product + test_sum.reshape(-1, 1) + train_sum))
    return dists

# %% right="no-loops" how="with scipy's cdist"
@vc.add_to(KNearestNeighbor)
def compute_distances_no_loops(self, X):
    from scipy.spatial import distance
    return distance.cdist(X, self.X_train)

# %% right="no-loops" how="with torch.cdist"
@vc.add_to(KNearestNeighbor)
def compute_distances_no_loops(self, X):
    import torch
    return torch.cdist(torch.as_tensor(X).double(), torch.as_tensor(self.X_train).double(), compute_mode="donot_use_mm_for_euclid_dist").numpy()

# %% right="no-loops" how="in place, with einsum and clip"
@vc.add_to(KNearestNeighbor)
def compute_distances_no_loops(self, X):
    A, B = X.astype(np.float64), self.X_train.astype(np.float64)
    dists = A.dot(B.T)
    dists *= -2
    dists += np.einsum("ij,ij->i", A, A)[:, np.newaxis]
    dists += np.einsum("ij,ij->i", B, B)[np.newaxis, :]
    np.clip(dists, 0, None, out=dists)
    return np.sqrt(dists, out=dists)

# %% [markdown] hint="no-loops"
# Write the shapes of the three terms below the formula: $\|x\|^2$ for all test pictures is $(N_{test},)$, the product is $(N_{test}, N_{train})$. What shape must the first have so that NumPy stretches it along the *columns*?

# %% [markdown] hint="no-loops"
# `a[:, None]` makes a column of a row of numbers.

# %% [markdown] hint="no-loops"
# For the bonus: a squared distance is never negative. Which function replaces every negative number by 0?

# %%
for scale, name in ((1, "0 to 255"), (255, "0 to 1")):
    scaled = KNearestNeighbor()
    scaled.train(X_train / scale, y_train)
    some = X_test[:50] / scale
    gap = np.abs(scaled.compute_distances_no_loops(some) - scaled.compute_distances_one_loop(some))
    print(f"pixels from {name}: largest difference between one loop and none is {gap.max():.1e}")

# %% [markdown]
# With whole numbers from 0 to 255 there is no difference at all, because every product and every sum is a whole number that a float holds exactly.
# With fractions both versions round, each in its own way: equal in mathematics, nearly equal in the machine.

# %% [markdown]
# ### How fast are they?
#
# *Predict:* order the three by time, and guess the factor between the first and the last.
# Is the version with one loop halfway between?

# %%
def seconds_for(method):
    """Time that a method of the classifier needs for the first 200 test pictures."""
    start = time.perf_counter()
    method(X_test[:200])
    return time.perf_counter() - start

methods = {"two loops": classifier.compute_distances_two_loops, "one loop": classifier.compute_distances_one_loop,
           "no loops": classifier.compute_distances_no_loops}
taken = {name: seconds_for(method) for name, method in methods.items()}

# %%
figure, ax = plt.subplots(figsize=(7, 2.6), layout="constrained")
bars = ax.barh(list(taken), list(taken.values()), color=["#004488", "#DDAA33", "#BB5566"])
ax.bar_label(bars, [f" {t:.3f} s" for t in taken.values()])
ax.set(xlabel="seconds for 200 test pictures", title="The same distances three times: compare the lengths")
ax.margins(x=0.15)
ax.invert_yaxis()

# %% [markdown]
# The arithmetic is almost the same in all three.
# With two loops Python itself is the cost: it starts a tiny job for every pair.
# With one loop NumPy does the work, but each pass writes a whole table of differences to memory and reads it back.
# Without loops the matrix product reuses each number many times while it is close to the processor.
# (On some machines one loop is no faster than two; memory is the reason.)

# %% [markdown]
# ## 3 · From distances to labels
#
# ### Exercise · Labels (★★☆ · 10 minutes)
#
# Write `predict_labels(dists, k)`: for each row of the distance matrix, the label that occurs most often among the `k` nearest training examples.
# If several labels occur equally often, the smallest of them wins.

# %% solve="predict-labels"
@vc.add_to(KNearestNeighbor)
def predict_labels(self, dists, k=1):
    """Labels (num_test,) by a vote of the k nearest of self.y_train, given dists (num_test, num_train); ties go to the smallest label."""
    num_test = dists.shape[0]
    y_pred = np.zeros(num_test, dtype=int)
    for i in range(num_test):
        ### BEGIN SOLUTION
        closest_y = self.y_train[np.argsort(dists[i])[:k]]
        y_pred[i] = np.bincount(closest_y).argmax()
        ### END SOLUTION
    return y_pred

# %% check="predict-labels" points=3
knn = KNearestNeighbor()
knn.train(np.zeros((5, 2)), np.array([4, 2, 2, 4, 7]))
row_of_distances = np.array([[3.0, 5.0, 4.0, 2.0, 1.0]])             # nearest first: labels 7, 4, 4, 2, 2
vc.assert_close(knn.predict_labels(row_of_distances), [7], "k = 1: the nearest example, at distance 1, has label 7")
vc.assert_close(knn.predict_labels(row_of_distances, k=3), [4], "k = 3: the labels are 7, 4, 4")
vc.assert_close(knn.predict_labels(row_of_distances, k=5), [2], "k = 5: labels 4 and 2 have two votes each, and the smaller label wins")
### BEGIN HIDDEN TESTS
from scipy.stats import mode
distances = rng.permuted(np.tile(np.arange(11.0, 41.0), (12, 1)), axis=1) + 0.5 * rng.random((12, 1))
ages = rng.integers(0, 6, 30) + 3
kept = distances.copy()
knn.train(np.zeros((30, 2)), ages)
def compare_with_mode(count):
    nearest = ages[np.argsort(distances, axis=1)[:, :count]]
    vc.assert_close(knn.predict_labels(distances, k=count), mode(nearest, axis=1).mode, f"labels of 12 rows by the vote of {count} of 30 neighbours")
compare_with_mode(1)
compare_with_mode(2)
compare_with_mode(4)
compare_with_mode(7)
compare_with_mode(30)
assert np.array_equal(distances, kept), "the distances must not be changed"
vc.assert_close(knn.predict_labels(distances[:1], k=6), [mode(ages[np.argsort(distances[0])[:6]]).mode], "the label of a single row, as an array of one number")
knn.train(np.zeros((1, 2)), np.array([12]))
vc.assert_close(knn.predict_labels(np.array([[0.5], [9.0]])), [12, 12], "labels when there is a single training example, whose label is 12")
### END HIDDEN TESTS

# %% wrong="predict-labels" why="asked the farthest examples"
@vc.add_to(KNearestNeighbor)
def predict_labels(self, dists, k=1):
    return np.array([np.bincount(self.y_train[np.argsort(-row)[:k]]).argmax() for row in dists])

# %% wrong="predict-labels" why="asked the nearest neighbour alone, whatever k is"
@vc.add_to(KNearestNeighbor)
def predict_labels(self, dists, k=1):
    return self.y_train[np.argmin(dists, axis=1)]

# %% wrong="predict-labels" why="weighted the votes by 1/distance"
@vc.add_to(KNearestNeighbor)
def predict_labels(self, dists, k=1):
    order = np.argsort(dists, axis=1)[:, :k]
    return np.array([np.bincount(self.y_train[near], weights=1 / row[near]).argmax() for near, row in zip(order, dists)])

# %% wrong="predict-labels" why="counted votes for the labels 0 to 9 alone"
@vc.add_to(KNearestNeighbor)
def predict_labels(self, dists, k=1):
    y_pred = np.zeros(dists.shape[0], dtype=int)
    for i, row in enumerate(dists):
        votes = np.zeros(10)
        for label in self.y_train[np.argsort(row)[:k]]:
            votes[label] += 1
        y_pred[i] = votes.argmax()
    return y_pred

# %% wrong="predict-labels" why="gave a tie to the larger label"
# - y_pred[i] = np.bincount(closest_y).argmax()
# + counts = np.bincount(closest_y)
# + y_pred[i] = len(counts) - 1 - counts[::-1].argmax()

# %% wrong="predict-labels" why="gave a tie to the label of the nearer neighbour"
@vc.add_to(KNearestNeighbor)
def predict_labels(self, dists, k=1):
    from collections import Counter
    return np.array([Counter(self.y_train[np.argsort(row)[:k]].tolist()).most_common(1)[0][0] for row in dists])

# %% wrong="predict-labels" why="let the positions of the neighbours vote, not their labels"
@vc.add_to(KNearestNeighbor)
def predict_labels(self, dists, k=1):
    return np.array([np.bincount(np.argsort(row)[:k]).argmax() for row in dists])

# %% wrong="predict-labels" why="took the first k training labels without sorting by distance"
@vc.add_to(KNearestNeighbor)
def predict_labels(self, dists, k=1):
    return np.array([np.bincount(self.y_train[:k]).argmax() for row in dists])

# %% wrong="predict-labels" why="averaged the labels, as if they were quantities"
@vc.add_to(KNearestNeighbor)
def predict_labels(self, dists, k=1):
    return np.array([int(self.y_train[np.argsort(row)[:k]].mean()) for row in dists])

# %% wrong="predict-labels" why="returned how many votes the winner has"
@vc.add_to(KNearestNeighbor)
def predict_labels(self, dists, k=1):
    return np.array([np.bincount(self.y_train[np.argsort(row)[:k]]).max() for row in dists])

# %% wrong="predict-labels" why="returned the place of the winner among the distinct labels, not its label"
@vc.add_to(KNearestNeighbor)
def predict_labels(self, dists, k=1):
    return np.array([np.unique(self.y_train[np.argsort(row)[:k]], return_counts=True)[1].argmax() for row in dists])

# %% wrong="predict-labels" why="sorted the distances that were given, which changes them for everyone"
@vc.add_to(KNearestNeighbor)
def predict_labels(self, dists, k=1):
    order = np.argsort(dists, axis=1)
    dists.sort(axis=1)
    return np.array([np.bincount(self.y_train[row[:k]]).argmax() for row in order])

# %% right="predict-labels" how="as in many solutions of the classic handout"
@vc.add_to(KNearestNeighbor)
def predict_labels(self, dists, k=1):
    num_test = dists.shape[0]
    y_pred = np.zeros(num_test)
    for i in range(num_test):
        closest_y = []
        closest_y = self.y_train[np.argsort(dists[i])[0:k]]
        y_pred[i] = np.argmax(np.bincount(closest_y))
    return y_pred

# %% right="predict-labels" how="without loops, by a table of votes"
@vc.add_to(KNearestNeighbor)
def predict_labels(self, dists, k=1):
    near = self.y_train[np.argpartition(dists, k - 1, axis=1)[:, :k]]
    votes = (near[:, :, None] == np.arange(self.y_train.max() + 1)).sum(axis=1)
    return votes.argmax(axis=1)

# %% right="predict-labels" how="with scipy's mode"
@vc.add_to(KNearestNeighbor)
def predict_labels(self, dists, k=1):
    from scipy import stats
    return stats.mode(self.y_train[dists.argsort(axis=1, kind="stable")[:, :k]], axis=1).mode

# %% right="predict-labels" how="with plain lists"
@vc.add_to(KNearestNeighbor)
def predict_labels(self, dists, k=1):
    answers = []
    for row in dists:
        order = sorted(range(len(row)), key=lambda j: row[j])
        near = [int(self.y_train[j]) for j in order[:k]]
        answers.append(min(set(near), key=lambda label: (-near.count(label), label)))
    return answers

# %% [markdown] hint="predict-labels"
# `np.argsort(dists[i])` gives positions of training examples, the nearest first. Whose labels do the first `k` positions have?

# %% [markdown] hint="predict-labels"
# `np.bincount(labels)` counts how often each label occurs. Which position does `argmax` choose if two counts are equal?

# %% [markdown]
# *Predict:* guessing would be right for one picture in ten.
# What will one neighbour reach, and what will five?

# %%
for neighbors in (1, 5):
    num_correct = np.sum(classifier.predict_labels(dists, k=neighbors) == y_test)
    print(f"k = {neighbors}: {num_correct} of {num_test} right, accuracy {num_correct / num_test:.3f}")

# %% [markdown]
# (With the first 5000 pictures of CIFAR-10 and the first 500 of its test set, the classic handout's numbers are 137 and 139 of 500.)

# %% [markdown]
# ### Question 2 · Preparing the pictures
#
# Suppose we classify by one nearest neighbour with **L1** distance.
# Which of these steps, done in the same way to training and test pictures, can *not* change any prediction?
#
# 1. Subtract from every value one number, the mean over all pixels of all training pictures.
# 2. Subtract from every picture the mean training picture, pixel by pixel.
# 3. Subtract one number from every value and divide by another positive one, both the same for all pixels.
# 4. Divide every pixel by that pixel's own standard deviation over the training pictures.
# 5. Turn the axes of the space of pictures.
# 6. Shuffle the pixels, in the same order for all pictures.
#
# Name the numbers, and give a reason for each in a few words.

# %% [markdown] answer="preparing-pictures" points=2
# **Model answer.** 1, 2, 3 and 6.
# - 1 and 2: the same amount is subtracted from both pictures at each pixel, so every difference stays as it was.
# - 3: the subtraction cancels and the division multiplies all distances by one positive number, which keeps their order.
# - 4 can change predictions: pixels that vary little now weigh more than before.
# - 5 can change predictions: L1 depends on the axes (lecture 02, section 3).
# - 6: the same terms are added up in another order.
#
# **Marking guide.**
# One point for the right set (half for one number too many or missing), one for the reasons (half if one or two are missing or wrong).
# For 5, "L2 would not change but L1 does" is enough.

# %% [markdown]
# ### Question 3 · True or false
#
# Which of these hold for *every* data set without two identical training pictures, for k nearest neighbours with L2 distance?
#
# 1. The border between two classes is a straight line.
# 2. On the training pictures, $k = 1$ makes no more errors than $k = 5$.
# 3. On new pictures, $k = 1$ makes more errors than $k = 5$.
# 4. Twice as many training pictures make each prediction slower.
# 5. Doubling all pixel values, in training and test, changes no prediction.
# 6. With $k$ equal to the number of training pictures, all pictures get the same label.
#
# Name the numbers, and give a reason for each in a few words.

# %% [markdown] answer="true-or-false" points=2
# **Model answer.** 2, 4, 5 and 6.
# - 1 is false: the border is made of pieces of straight lines between pairs of points, and the pieces can surround an island.
# - 2 is true: each training picture is its own nearest neighbour, so $k = 1$ makes no error at all there.
# - 3 is false: it is often so with noisy labels, but where classes are well separated in small groups, five neighbours can be worse than one.
# - 4 is true: one distance per training picture has to be computed and sorted.
# - 5 is true: all distances double, and their order stays.
# - 6 is true: everyone votes, for every picture alike; the most frequent label (the smallest of them in a tie) always wins.
#
# **Marking guide.**
# One point for the right set (half for one number too many or missing), one for the reasons (half if one or two are missing or wrong).
# Accept 4 as false if the answer argues with a search tree or an approximate index.

# %% [markdown]
# ## 4 · Choosing k
#
# The lecture told why $k$ must not be chosen on the test set.
# Here is the experiment in full: five folds, ten values of $k$.

# %% [markdown]
# ### Exercise · Cross-validation (★★★ · 20 minutes)
#
# Split the training set into `num_folds` folds, in the order in which it stands (`np.array_split` does it), and fill
#
# - `X_train_folds` and `y_train_folds`: lists of `num_folds` arrays, the pictures and the labels of each fold;
# - `k_to_accuracies`: a dictionary that holds for each `k` of `k_choices` a list of `num_folds` accuracies between 0 and 1, of which number `i` is measured on fold `i` after training on all the others.
#
# Each accuracy needs a fresh classifier with the distances of its fold.
# Do the distances depend on `k`?

# %% solve="cross-validation"
num_folds = 5
k_choices = [1, 3, 5, 8, 10, 12, 15, 20, 50, 100]
# Fill X_train_folds, y_train_folds and k_to_accuracies.
### BEGIN SOLUTION
X_train_folds = np.array_split(X_train, num_folds)
y_train_folds = np.array_split(y_train, num_folds)
k_to_accuracies = {k: [] for k in k_choices}
for i in range(num_folds):
    fold_classifier = KNearestNeighbor()
    fold_classifier.train(np.concatenate(X_train_folds[:i] + X_train_folds[i + 1:]), np.concatenate(y_train_folds[:i] + y_train_folds[i + 1:]))
    fold_dists = fold_classifier.compute_distances_no_loops(X_train_folds[i])
    for k in k_choices:
        y_pred = fold_classifier.predict_labels(fold_dists, k=k)
        k_to_accuracies[k].append(np.mean(y_pred == y_train_folds[i]))
### END SOLUTION

# %% check="cross-validation" points=3
assert num_folds == 5 and {1, 3, 5, 8, 10, 12, 15, 20, 50, 100} <= set(k_choices), "five folds, and at least the ten values of k that were given"
assert sorted(k_to_accuracies) == sorted(k_choices), "one entry of k_to_accuracies per value in k_choices"
assert all(len(values) == num_folds for values in k_to_accuracies.values()), "a list of num_folds accuracies for each k"
assert all(0 <= value <= 1 for values in k_to_accuracies.values() for value in values), "accuracies between 0 and 1: divide the number of right answers by the size of the fold"
assert [len(fold) for fold in y_train_folds] == [len(part) for part in np.array_split(y_train, num_folds)], "folds of equal size that together hold all training labels"
### BEGIN HIDDEN TESTS
from scipy.stats import mode
from sklearn.neighbors import NearestNeighbors
source_data = vc.data.load(DATASET, train=num_training, test=1)
all_rows, all_labels = source_data.X_train.reshape(num_training, -1).astype(float), source_data.y_train
held_parts = np.array_split(np.arange(num_training), num_folds)
assert all(np.array_equal(fold, all_labels[part]) for fold, part in zip(y_train_folds, held_parts)), "y_train_folds: the labels in the order in which they stand"
vc.assert_close(vc.beside("[f[:, ::500].tolist() for f in X_train_folds]"), [all_rows[part][:, ::500].tolist() for part in held_parts],
                "X_train_folds: the pictures in the order in which they stand (every 500th number compared)")
def truth_for(part):
    others = np.setdiff1d(np.arange(num_training), part)
    search = NearestNeighbors(n_neighbors=max(k_choices), algorithm="brute").fit(all_rows[others])
    near = all_labels[others][search.kneighbors(all_rows[part], return_distance=False)]
    return [np.mean(mode(near[:, :count], axis=1).mode == all_labels[part]) for count in k_choices]
middle = int(rng.integers(1, 4))
vc.assert_close([[k_to_accuracies[count][fold] for count in k_choices] for fold in (0, middle, 4)], [truth_for(held_parts[fold]) for fold in (0, middle, 4)],
                "accuracies on the first fold, on one in the middle and on the last, a column per k", rtol=0, atol=2.01 / len(held_parts[-1]))
### END HIDDEN TESTS

# %% wrong="cross-validation" why="trained on all pictures, the held-out fold included"
# - np.concatenate(X_train_folds[:i] + X_train_folds[i + 1:]), np.concatenate(y_train_folds[:i] + y_train_folds[i + 1:])
# + X_train, y_train

# %% wrong="cross-validation" why="held out the first and the last fold alone, and trained on all pictures for those between"
# - fold_classifier.train(np.concatenate(X_train_folds[:i] + X_train_folds[i + 1:]), np.concatenate(y_train_folds[:i] + y_train_folds[i + 1:]))
# + rest = [j for j in range(num_folds) if j != i or 0 < i < num_folds - 1]
# + fold_classifier.train(np.concatenate([X_train_folds[j] for j in rest]), np.concatenate([y_train_folds[j] for j in rest]))

# %% wrong="cross-validation" why="trained on one fold and measured on all the others"
# - np.concatenate(X_train_folds[:i] + X_train_folds[i + 1:]), np.concatenate(y_train_folds[:i] + y_train_folds[i + 1:])
# + X_train_folds[i], y_train_folds[i]
# - no_loops(X_train_folds[i])
# + no_loops(np.concatenate(X_train_folds[:i] + X_train_folds[i + 1:]))
# - y_pred == y_train_folds[i]
# + y_pred == np.concatenate(y_train_folds[:i] + y_train_folds[i + 1:])

# %% wrong="cross-validation" why="measured on the test set, not on the held-out fold"
# - no_loops(X_train_folds[i])
# + no_loops(X_test)
# - y_pred == y_train_folds[i]
# + y_pred == y_test

# %% wrong="cross-validation" why="never passed k on, so that every k has the accuracy of k = 1"
# - fold_dists, k=k
# + fold_dists

# %% wrong="cross-validation" why="held out the same fold every time"
# - np.concatenate(X_train_folds[:i] + X_train_folds[i + 1:]), np.concatenate(y_train_folds[:i] + y_train_folds[i + 1:])
# + np.concatenate(X_train_folds[:-1]), np.concatenate(y_train_folds[:-1])
# - no_loops(X_train_folds[i])
# + no_loops(X_train_folds[-1])
# - y_pred == y_train_folds[i]
# + y_pred == y_train_folds[-1]

# %% wrong="cross-validation" why="stored the number of right answers, not their share"
# - np.mean
# + np.sum

# %% right="cross-validation" how="as in many solutions of the classic handout, with predict for every k"
num_folds = 5
k_choices = [1, 3, 5, 8, 10, 12, 15, 20, 50, 100]
X_train_folds = []
y_train_folds = []
X_train_folds = np.array_split(X_train, num_folds)
y_train_folds = np.array_split(y_train, num_folds)
k_to_accuracies = {}
fold_classifier, fold_dists = KNearestNeighbor(), None
for k in k_choices:
    k_to_accuracies[k] = []
    for i in range(num_folds):
        X_train_cv = np.vstack(X_train_folds[0:i] + X_train_folds[i + 1:])
        y_train_cv = np.hstack(y_train_folds[0:i] + y_train_folds[i + 1:])
        fold_classifier.train(X_train_cv, y_train_cv)
        y_pred = fold_classifier.predict(X_train_folds[i], k=k, num_loops=0)
        num_correct = np.sum(y_pred == y_train_folds[i])
        accuracy = float(num_correct) / len(y_train_folds[i])
        k_to_accuracies[k].append(accuracy)

# %% right="cross-validation" how="with masks over all distances"
num_folds = 5
k_choices = [1, 3, 5, 8, 10, 12, 15, 20, 50, 100]
X_train_folds, y_train_folds = np.array_split(X_train, num_folds), np.array_split(y_train, num_folds)
fold_of = np.repeat(np.arange(num_folds), [len(f) for f in y_train_folds])
fold_classifier = KNearestNeighbor()
fold_classifier.train(X_train, y_train)
fold_dists = fold_classifier.compute_distances_no_loops(X_train)
fold_dists[fold_of[:, None] == fold_of] = np.inf
k_to_accuracies = {}
for k in k_choices:
    y_pred = fold_classifier.predict_labels(fold_dists, k)
    k_to_accuracies[k] = [float((y_pred[fold_of == i] == y_train_folds[i]).mean()) for i in range(num_folds)]
i = num_folds - 1

# %% right="cross-validation" how="with scikit-learn's folds and plain floats"
from sklearn.model_selection import KFold
num_folds = 5
k_choices = [1, 3, 5, 8, 10, 12, 15, 20, 50, 100]
k_to_accuracies = {k: [0.0] * num_folds for k in k_choices}
X_train_folds, y_train_folds = [], []
for i, (rest, held) in enumerate(KFold(num_folds).split(X_train)):
    X_train_folds.append(X_train[held])
    y_train_folds.append(y_train[held])
    fold_classifier = KNearestNeighbor()
    fold_classifier.train(X_train[rest], y_train[rest])
    fold_dists = fold_classifier.compute_distances_no_loops(X_train[held])
    for k in k_choices:
        y_pred = np.array(fold_classifier.predict_labels(fold_dists, k=k))
        k_to_accuracies[k][i] = (y_pred == y_train[held]).sum().item() / len(held)

# %% [markdown] hint="cross-validation"
# Lists of arrays join with `+`: `X_train_folds[:i] + X_train_folds[i + 1:]` are all folds but number `i`. `np.concatenate` makes one array of them.

# %% [markdown] hint="cross-validation"
# For every fold: train a new classifier on the others, compute the distances of the fold once, then call `predict_labels` for every `k`.

# %%
means = np.array([np.mean(k_to_accuracies[k]) for k in k_choices])
stds = np.array([np.std(k_to_accuracies[k]) for k in k_choices])
figure = vc.curves({"mean of the folds": means}, x=k_choices, errors={"mean of the folds": stds}, xlabel="k", ylabel="accuracy on the held-out fold",
                   title="Cross-validation: is there a best k, or a range of good ones?")
for k in k_choices:
    figure.axes[0].plot([k] * num_folds, k_to_accuracies[k], ".", color="gray", alpha=0.6)
figure.axes[0].set_xscale("log")
figure

# %% [markdown]
# ### Exercise · The best k (★☆☆ · 5 minutes)
#
# Write `knn_get_best_k(k_to_accuracies)`: the $k$ with the highest mean accuracy, and the smallest of them if several are equally good.

# %% solve="best-k"
def knn_get_best_k(k_to_accuracies):
    """The key whose list of accuracies has the highest mean; the smallest such key in a tie."""
    ### BEGIN SOLUTION
    return min(k_to_accuracies, key=lambda k: (-np.mean(k_to_accuracies[k]), k))
    ### END SOLUTION

# %% check="best-k" points=1
vc.assert_close(knn_get_best_k({1: [0.5, 0.25], 5: [0.5, 0.5], 20: [0.0, 0.75]}), 5, "the best k, a number: the means are 0.375, 0.5 and 0.375")
vc.assert_close(knn_get_best_k({7: [0.25, 0.75], 10: [0.75, 0.25], 3: [0.5, 0.5]}), 3, "the best k where all means are 0.5: the smallest wins")
### BEGIN HIDDEN TESTS
vc.assert_close(knn_get_best_k({4: [0.1]}), 4, "the best k of a single choice")
vc.assert_close(knn_get_best_k({4: [0.0], 2: [0.0]}), 2, "the best k where all accuracies are 0: the smallest wins")
def compare_with_table(how_many):
    table = rng.permutation(40)[:how_many] + 1
    values = rng.integers(0, 9, (how_many, 4)) / 8
    best = table[values.mean(axis=1) == values.mean(axis=1).max()].min()
    folds = {int(key): row.tolist() for key, row in zip(table, values)}
    kept = {key: list(row) for key, row in folds.items()}
    vc.assert_close(knn_get_best_k(folds), best, f"the best of {how_many} choices")
    assert folds == kept, "the dictionary must not be changed"
compared = [compare_with_table(n) for n in (2, 3, 5, 8, 8, 8)]
### END HIDDEN TESTS

# %% wrong="best-k" why="returned the position of the best k, not k itself"
def knn_get_best_k(k_to_accuracies):
    return int(np.argmax([np.mean(values) for values in k_to_accuracies.values()]))

# %% wrong="best-k" why="took the k of the best single fold, not of the best mean"
def knn_get_best_k(k_to_accuracies):
    return min(k_to_accuracies, key=lambda k: (-max(k_to_accuracies[k]), k))

# %% wrong="best-k" why="returned an array with the best k, not the number"
def knn_get_best_k(k_to_accuracies):
    return np.array([min(k_to_accuracies, key=lambda k: (-np.mean(k_to_accuracies[k]), k))])

# %% wrong="best-k" why="started from an accuracy of 0, which no k exceeds if all are 0"
def knn_get_best_k(k_to_accuracies):
    best_k, best_accuracy = None, 0
    for k in sorted(k_to_accuracies):
        if np.mean(k_to_accuracies[k]) > best_accuracy:
            best_k, best_accuracy = k, np.mean(k_to_accuracies[k])
    return best_k

# %% wrong="best-k" why="replaced the lists of the dictionary by their means"
def knn_get_best_k(k_to_accuracies):
    for k in k_to_accuracies:
        k_to_accuracies[k] = np.mean(k_to_accuracies[k])
    return min(k_to_accuracies, key=lambda k: (-k_to_accuracies[k], k))

# %% wrong="best-k" why="returned the best mean accuracy, not its k"
def knn_get_best_k(k_to_accuracies):
    return max(np.mean(values) for values in k_to_accuracies.values())

# %% wrong="best-k" why="took the worst k"
def knn_get_best_k(k_to_accuracies):
    return min(k_to_accuracies, key=lambda k: (np.mean(k_to_accuracies[k]), k))

# %% wrong="best-k" why="gave a tie to the k that comes first, not to the smallest"
def knn_get_best_k(k_to_accuracies):
    return max(k_to_accuracies, key=lambda k: np.mean(k_to_accuracies[k]))

# %% wrong="best-k" why="gave a tie to the largest k"
def knn_get_best_k(k_to_accuracies):
    return max(k_to_accuracies, key=lambda k: (np.mean(k_to_accuracies[k]), k))

# %% right="best-k" how="with a loop"
def knn_get_best_k(k_to_accuracies):
    best_k, best_accuracy = 0, -1.0
    for k in sorted(k_to_accuracies):
        accuracy = sum(k_to_accuracies[k]) / len(k_to_accuracies[k])
        if accuracy > best_accuracy:
            best_k, best_accuracy = k, accuracy
    return best_k

# %% right="best-k" how="with arrays"
def knn_get_best_k(k_to_accuracies):
    ks = np.array(sorted(k_to_accuracies))
    return ks[np.argmax([np.mean(k_to_accuracies[k]) for k in ks])]

# %% right="best-k" how="with max over sorted keys"
def knn_get_best_k(k_to_accuracies):
    return max(sorted(k_to_accuracies), key=lambda k: sum(k_to_accuracies[k]))

# %% [markdown] hint="best-k"
# Go through the values of `k` from the smallest to the largest and keep the best so far. With `>` or with `>=`?

# %% [markdown]
# Now, and only now, the test set: once, with all training pictures.
#
# *Predict:* will the test accuracy be higher or lower than the cross-validated one? There are reasons for both.

# %%
best_k = knn_get_best_k(k_to_accuracies)
y_test_pred = classifier.predict(X_test, k=best_k)
num_correct = np.sum(y_test_pred == y_test)
print(f"k = {best_k}: cross-validation {np.mean(k_to_accuracies[best_k]):.3f}, test {num_correct / num_test:.3f} ({num_correct} of {num_test})")

# %% [markdown]
# One reason for higher: the final classifier has learnt from a fifth more pictures than each of the five.
# One reason for lower: $k$ was chosen because it did well on these folds, luck included.
# And 500 pictures are few: an accuracy $a$ measured on $n$ pictures has a standard error of $\sqrt{a (1 - a) / n}$.

# %%
accuracy = num_correct / num_test
print(f"test accuracy {accuracy:.3f} ± {np.sqrt(accuracy * (1 - accuracy) / num_test):.3f}")

# %%
vc.confusion(y_test, y_test_pred, data.classes, title="What nearest neighbours mix up: find the fullest column, and think of its background")

# %% [markdown]
# ## What to keep
#
# - The same formula in three forms: loops cost time, stretching everything costs memory, a matrix product costs neither.
# - $\|x - t\|^2 = \|x\|^2 - 2\, x \cdot t + \|t\|^2$ will come back, for example in k-means, in kernels, and in attention.
# - Rounding can push a square below zero: cut it off before the root.
# - Choose on folds, look at the bars, open the test set once, and give the standard error.
#
# Next: the linear classifiers of assignment 1, which throw the training pictures away.
