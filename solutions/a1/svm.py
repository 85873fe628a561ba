# %% [markdown] part=2
# # Assignment 1 · Support vector machine
#
# *A classifier is right about a picture, but only just. Should it leave it at that?*
#
# The multiclass SVM says no: the correct class must lead by a margin.
# You turn this sentence into a loss, the loss into a gradient, the gradient into a classifier, and look at what it has learnt.
# Afterwards you will be able to
#
# - write a loss and its gradient with loops, exactly as the formula says, and again without, and show that they agree;
# - tell a wrong gradient from a right one by small steps, and know when small steps mislead;
# - write stochastic gradient descent, and choose its learning rate and regularization;
# - read a linear classifier's weights as templates.
#
# {{contents}}
#
# Names and shapes are those of the classic CS231n handout: if you have solved that, your code runs here.

# %% given
import time

import matplotlib.pyplot as plt
import numpy as np

import visioncourse as vc
from visioncourse.gradcheck import grad_check_sparse, rel_error

vc.setup("a1/svm")

# %% [markdown]
# ## 1 · The data
#
# Each picture becomes one row of numbers, with the mean picture subtracted, and with a 1 at its end: the **bias trick** of lecture 02, by which one matrix $W$ holds weights and biases.

# %%
DATASET = "scenes"          # or "cifar10", after `python -m visioncourse.data get cifar10`
num_training, num_validation = (2000, 500) if DATASET == "scenes" else (49000, 1000)
pictures = vc.data.load(DATASET, train=num_training, val=num_validation, test=500)
mean_image = pictures.X_train.mean(axis=0)                           # (32, 32, 3)

# %% given
def as_rows(images):
    """Bytes (N, 32, 32, 3) -> rows (N, 3073): the mean training picture subtracted, and a 1 at the end."""
    rows = (images - mean_image).reshape(len(images), -1)
    return np.hstack([rows, np.ones((len(rows), 1))])

# %%
X_train, y_train = as_rows(pictures.X_train), pictures.y_train
X_val, y_val = as_rows(pictures.X_val), pictures.y_val
X_test, y_test = as_rows(pictures.X_test), pictures.y_test
X_dev, y_dev = X_train[:500], y_train[:500]                          # a small part, for trying things out
print("X_train", X_train.shape, " X_val", X_val.shape, " X_test", X_test.shape, " X_dev", X_dev.shape)

# %%
vc.show_images([mean_image / 255, *pictures.X_train[:7] / 255], ["mean", *(pictures.classes[c] for c in y_train[:7])], columns=8,
               title="The mean of all training pictures, and seven of them: what can a mean tell you about a world?")

# %% [markdown]
# ## 2 · The loss and its gradient, with loops
#
# Let $s = x_i W$ be the scores of picture $i$, and $y_i$ its label.
# Every other class should stay at least 1 below the correct one; where it does not, the loss grows by as much as is missing:
#
# $$L(W) = \frac1N \sum_i \sum_{c \ne y_i} \max(0,\; s_c - s_{y_i} + 1) \;+\; \text{reg} \sum_{d, c} W_{dc}^2.$$
#
# And the gradient?
# A term that is 0 stays 0 when $W$ moves a little, so it contributes nothing.
# A term that is not 0 contains $s_c = x_i \cdot w_c$ once with a plus and $s_{y_i} = x_i \cdot w_{y_i}$ once with a minus: it adds $x_i$ to column $c$ of the gradient and subtracts $x_i$ from column $y_i$.
#
# *Predict:* with all scores near 0 and ten classes, what is the loss?

# %% [markdown]
# ### Exercise · SVM loss with loops (★★☆ · 20 minutes)
#
# Write `svm_loss_naive(W, X, y, reg)`, which returns the loss and its gradient `dW`, of the shape of `W`.
# Loop over the pictures and over the classes.
#
# The regularization is $\text{reg} \sum W^2$ without a half, as in the handouts since 2017; the check also accepts $\tfrac12 \text{reg} \sum W^2$, the earlier convention, if loss and gradient agree about it.

# %% solve="svm-loss-naive"
def svm_loss_naive(W, X, y, reg):
    """W (D, C), X (N, D), y (N,), reg a number -> loss, dW (D, C)."""
    dW = np.zeros(W.shape)
    loss = 0.0
    ### BEGIN SOLUTION
    N, C = X.shape[0], W.shape[1]
    for i in range(N):
        scores = X[i] @ W                                            # (C,)
        for c in range(C):
            margin = scores[c] - scores[y[i]] + 1
            if c != y[i] and margin > 0:
                loss += margin
                dW[:, c] += X[i]
                dW[:, y[i]] -= X[i]
    loss = loss / N + reg * np.sum(W ** 2)
    dW = dW / N + 2 * reg * W
    ### END SOLUTION
    return loss, dW

# %% check="svm-loss-naive" points=4
hinge_loss, hinge_dW = svm_loss_naive(np.array([[3.0, 2.5, -4.0, 5.0]]), np.array([[1.0]]), np.array([0]), 0.0)
vc.assert_close(hinge_loss, 3.5, "scores 3, 2.5, -4, 5 with label 0: 0.5 for the second, 0 for the third, 3 for the fourth")
vc.assert_close(hinge_dW, [[-2.0, 1.0, 0.0, 1.0]], "the gradient for these scores and the picture (1): two classes came too close")
vc.assert_close(svm_loss_naive(np.zeros((3, 10)), np.ones((4, 3)), np.zeros(4, int), 1.0)[0], 9.0, "W = 0 with ten classes: nine come too close by 1")
only_reg = svm_loss_naive(np.array([[10.0, 0.0]]), np.array([[1.0]]), np.array([0]), 0.5)[0]
assert only_reg in (50, 25), "the picture is won by 10, so only the regularization is left: reg * sum(W ** 2) = 0.5 * 100"
### BEGIN HIDDEN TESTS
import torch
import torch.nn.functional as F
one, no_picture, first = np.ones((1, 2)), np.zeros((1, 1)), np.array([0])
half = abs(svm_loss_naive(one, no_picture, first, 1.0)[0] - svm_loss_naive(one, no_picture, first, 0.0)[0] - 1) < 0.01    # the convention up to 2016
def compare_naive(rows, features, kinds, reg, spread=1.0, dtype=float, **precise):
    some_W, some_X = vc.draw(rng, (features, kinds), (rows, features), scale=spread, dtype=dtype)
    some_y = rng.integers(0, kinds, rows)
    kept = some_W.copy(), some_X.copy()
    tensor = torch.tensor(some_W, dtype=torch.float64, requires_grad=True)
    scores = torch.tensor(some_X).double() @ tensor
    wanted = kinds * F.multi_margin_loss(scores, torch.tensor(some_y)) + (0.5 if half else 1.0) * reg * tensor.square().sum()
    wanted.backward()
    found_loss, found_dW = svm_loss_naive(some_W, some_X, some_y, reg)
    vc.assert_close(found_loss, wanted.item(), f"loss for N = {rows}, D = {features}, C = {kinds}, reg = {reg}", **precise)
    vc.assert_close(found_dW, tensor.grad, f"gradient for N = {rows}, D = {features}, C = {kinds}, reg = {reg}", **precise)
    assert np.array_equal(some_W, kept[0]) and np.array_equal(some_X, kept[1]), "W and X must not be changed"
compare_naive(7, 5, 4, 0.0)
compare_naive(6, 4, 3, 0.3, 2.0)
compare_naive(1, 3, 5, 1.7)
compare_naive(4, 4, 4, 0.1)
compare_naive(3, 6, 2, 0.0, 20.0)
compare_naive(9, 6, 5, 0.2, 1.0, np.float32, rtol=1e-3, atol=1e-4)
### END HIDDEN TESTS

# %% wrong="svm-loss-naive" why="computed the loss and left the gradient at zero"
# - dW / N + 2 * reg * W
# + np.zeros(W.shape)

# %% wrong="svm-loss-naive" why="forgot to divide the gradient by N"
# - dW / N
# + dW

# %% wrong="svm-loss-naive" why="forgot to divide by N, loss and gradient alike"
# - loss / N
# + loss
# - dW / N
# + dW

# %% wrong="svm-loss-naive" why="forgot the gradient of the correct class"
# - dW[:, y[i]] -= X[i]

# %% wrong="svm-loss-naive" why="subtracted the picture from the correct class's column once, however many classes came too close"
# - scores = X[i] @ W
# + dW[:, y[i]] = dW[:, y[i]] - X[i]
# + scores = X[i] @ W
# - dW[:, y[i]] -= X[i]

# %% wrong="svm-loss-naive" why="let the correct class compete with itself, which adds 1 to every picture's loss"
# - c != y[i] and margin > 0
# + margin > 0

# %% wrong="svm-loss-naive" why="forgot the margin of 1"
# - scores[y[i]] + 1
# + scores[y[i]]

# %% wrong="svm-loss-naive" why="put the regularization into the loss and forgot it in the gradient"
# - dW / N + 2 * reg * W
# + dW / N

# %% wrong="svm-loss-naive" why="forgot that the derivative of the square is 2 W"
# - 2 * reg * W
# + reg * W

# %% wrong="svm-loss-naive" why="added the regularization before dividing by N"
# - loss / N + reg * np.sum(W ** 2)
# + (loss + reg * np.sum(W ** 2)) / N
# - dW / N + 2 * reg * W
# + (dW + 2 * reg * W) / N

# %% right="svm-loss-naive" how="as the handouts have it"
def svm_loss_naive(W, X, y, reg):
    dW = np.zeros(W.shape)
    num_classes, num_train = W.shape[1], X.shape[0]
    loss = 0.0
    for i in range(num_train):
        scores = X[i].dot(W)
        correct_class_score = scores[y[i]]
        for j in range(num_classes):
            if j == y[i]:
                continue
            margin = scores[j] - correct_class_score + 1
            if margin > 0:
                loss += margin
                dW[:, j] += X[i].T
                dW[:, y[i]] += -X[i].T
    loss /= num_train
    dW /= num_train
    loss += reg * np.sum(W * W)
    dW += 2 * reg * W
    return loss, dW

# %% right="svm-loss-naive" how="with half the regularization, the convention up to 2016"
def svm_loss_naive(W, X, y, reg):
    loss, dW = 0.0, np.zeros_like(W)
    for x, label in zip(X, y):
        margins = np.maximum(0, x @ W - x @ W[:, label] + 1)
        margins[label] = 0
        push = (margins > 0).astype(float)
        push[label] = -push.sum()
        loss += margins.sum()
        dW += np.outer(x, push)
    return loss / len(X) + 0.5 * reg * np.sum(W * W), dW / len(X) + reg * W

# %% right="svm-loss-naive" how="with plain numbers and a division in every step"
def svm_loss_naive(W, X, y, reg):
    loss, dW = reg * float((W ** 2).sum()), 2.0 * reg * W
    for i in range(len(X)):
        s = [float(X[i] @ W[:, c]) for c in range(W.shape[1])]
        for c in set(range(len(s))) - {int(y[i])}:
            if s[c] + 1 > s[y[i]]:
                loss += (s[c] + 1 - s[y[i]]) / len(X)
                dW[:, c] += X[i] / len(X)
                dW[:, y[i]] -= X[i] / len(X)
    return loss, dW

# %% [markdown] hint="svm-loss-naive"
# Each term of the loss that is not 0 changes two columns of `dW`. Which, and by what?

# %% [markdown] hint="svm-loss-naive"
# Divide by N after the loops, then add the regularization: is it to be divided too?

# %% [markdown] hint="svm-loss-naive"
# Where the loss has $W^2$, what does the gradient have?

# %% [markdown]
# Is it right?
# Small steps of $W$ at random places give the same numbers by another way:

# %%
W = 0.0001 * np.random.default_rng(231).normal(size=(3073, 10))
loss, grad = svm_loss_naive(W, X_dev, y_dev, 0.0)
print(f"first loss {loss:.3f}: nine classes, each too close by about 1")
worst = grad_check_sparse(lambda w: svm_loss_naive(w, X_dev[:50], y_dev[:50], 5e1)[0], W, svm_loss_naive(W, X_dev[:50], y_dev[:50], 5e1)[1], 6)
print(f"worst of six places: {worst:.1e}")

# %% [markdown]
# ### Inline question 1

# %% [markdown]
# Now and then a place of such a check does not match, although the gradient is right.
# What can the reason be?
# Give an example in one dimension.
# Is it a cause for worry, and how would a larger margin change the frequency of such places?

# %% [markdown] answer="gradient-check-mismatch" points=1
# **Model answer.** $\max(0, z)$ has a kink at $z = 0$, where it has no derivative.
# If the kink lies between $x - h$ and $x + h$, the small steps measure a mixture of both slopes: for $\max(0, x)$ at $x = h/2$, the centred difference is $(1.5\,h) / (2h) = 0.75$ while the slope is 1.
# No cause for worry: it concerns single places whose margin is within the step of 0; a smaller step, or other pictures, make it disappear.
# A larger margin moves the kinks to where fewer pairs of scores differ by just that much at the start, so there are fewer such places near $W = 0$ (each answer that counts how many terms lie within $h$ of their kink is right).
#
# **Marking.** Half a point for the kink (not differentiable), half a point for an example with numbers or a drawing. The effect of the margin may be argued either way if it speaks of how many terms come near the kink.

# %% [markdown]
# ## 3 · Without loops
#
# How long do the loops take, and what would be gained without them?
# All scores of all pictures are one product, $S = X W$ of shape $(N, C)$; the rest is arithmetic on that matrix.
# For the gradient, collect what each score contributes in a matrix $G$ of the same shape: 1 where a class came too close, minus their number at the correct class, 0 elsewhere.
# Then $dW = X^\top G / N + 2\,\text{reg}\,W$, by the shapes: $(D, N)$ times $(N, C)$.

# %% [markdown]
# ### Exercise · SVM loss without loops (★★★ · 20 minutes)
#
# Write `svm_loss_vectorized(W, X, y, reg)`: the same loss, the same gradient, no loop.
# The check reads your code too: neither `for` nor `while` nor a comprehension passes.

# %% solve="svm-loss-vectorized" policy="no-python-loops"
def svm_loss_vectorized(W, X, y, reg):
    """W (D, C), X (N, D), y (N,), reg a number -> loss, dW (D, C)."""
    ### BEGIN SOLUTION
    N, rows = X.shape[0], np.arange(X.shape[0])
    scores = X @ W                                                   # (N, C)
    margins = np.maximum(0, scores - scores[rows, y][:, None] + 1)
    margins[rows, y] = 0
    loss = margins.sum() / N + reg * np.sum(W ** 2)
    G = (margins > 0).astype(X.dtype)                                # (N, C): what each score contributes
    G[rows, y] = -G.sum(axis=1)
    dW = X.T @ G / N + 2 * reg * W
    ### END SOLUTION
    return loss, dW

# %% check="svm-loss-vectorized" points=4
hinge_loss, hinge_dW = svm_loss_vectorized(np.array([[3.0, 2.5, -4.0, 5.0]]), np.array([[1.0]]), np.array([0]), 0.0)
vc.assert_close(hinge_loss, 3.5, "scores 3, 2.5, -4, 5 with label 0: 0.5 for the second, 0 for the third, 3 for the fourth")
vc.assert_close(hinge_dW, [[-2.0, 1.0, 0.0, 1.0]], "the gradient for these scores and the picture (1): two classes came too close")
vc.assert_close(svm_loss_vectorized(np.zeros((3, 10)), np.ones((4, 3)), np.zeros(4, int), 1.0)[0], 9.0, "W = 0 with ten classes: nine come too close by 1")
only_reg = svm_loss_vectorized(np.array([[10.0, 0.0]]), np.array([[1.0]]), np.array([0]), 0.5)[0]
assert only_reg in (50, 25), "the picture is won by 10, so only the regularization is left: reg * sum(W ** 2) = 0.5 * 100"
### BEGIN HIDDEN TESTS
import torch
import torch.nn.functional as F
one, no_picture, first = np.ones((1, 2)), np.zeros((1, 1)), np.array([0])
half = abs(svm_loss_vectorized(one, no_picture, first, 1.0)[0] - svm_loss_vectorized(one, no_picture, first, 0.0)[0] - 1) < 0.01    # the convention up to 2016
def compare_fast(rows, features, kinds, reg, spread=1.0, dtype=float, **precise):
    some_W, some_X = vc.draw(rng, (features, kinds), (rows, features), scale=spread, dtype=dtype)
    some_y = rng.integers(0, kinds, rows)
    kept = some_W.copy(), some_X.copy()
    tensor = torch.tensor(some_W, dtype=torch.float64, requires_grad=True)
    scores = torch.tensor(some_X).double() @ tensor
    wanted = kinds * F.multi_margin_loss(scores, torch.tensor(some_y)) + (0.5 if half else 1.0) * reg * tensor.square().sum()
    wanted.backward()
    found_loss, found_dW = svm_loss_vectorized(some_W, some_X, some_y, reg)
    vc.assert_close(found_loss, wanted.item(), f"loss for N = {rows}, D = {features}, C = {kinds}, reg = {reg}", **precise)
    vc.assert_close(found_dW, tensor.grad, f"gradient for N = {rows}, D = {features}, C = {kinds}, reg = {reg}", **precise)
    assert np.array_equal(some_W, kept[0]) and np.array_equal(some_X, kept[1]), "W and X must not be changed"
compare_fast(300, 5, 4, 0.0)
compare_fast(6, 4, 3, 0.3, 2.0)
compare_fast(1, 3, 5, 1.7)
compare_fast(4, 4, 4, 0.1)
compare_fast(3, 6, 2, 0.0, 20.0)
compare_fast(9, 6, 5, 0.2, 1.0, np.float32, rtol=1e-3, atol=1e-4)
### END HIDDEN TESTS

# %% wrong="svm-loss-vectorized" why="looped over the pictures after all"
def svm_loss_vectorized(W, X, y, reg):
    loss, dW = 0.0, np.zeros_like(W)
    for x, label in zip(X, y):
        margins = np.maximum(0, x @ W - x @ W[:, label] + 1)
        margins[label] = 0
        loss += margins.sum()
        push = (margins > 0).astype(float)
        push[label] = -push.sum()
        dW += np.outer(x, push)
    return loss / len(X) + reg * np.sum(W ** 2), dW / len(X) + 2 * reg * W

# %% wrong="svm-loss-vectorized" why="left the work to the version with loops"
def svm_loss_vectorized(W, X, y, reg):
    return svm_loss_naive(W, X, y, reg)

# %% wrong="svm-loss-vectorized" why="forgot to divide by N"
# - margins.sum() / N
# + margins.sum()
# - X.T @ G / N
# + X.T @ G

# %% wrong="svm-loss-vectorized" why="took the mean over all N × C margins, which divides by the number of classes too"
# - margins.sum() / N
# + margins.mean()
# - X.T @ G / N
# + X.T @ G / margins.size

# %% wrong="svm-loss-vectorized" why="let the correct class compete with itself, which adds 1 to the loss"
# - -G.sum(axis=1)
# + 1 - G.sum(axis=1)
# - margins[rows, y] = 0

# %% wrong="svm-loss-vectorized" why="weighted each push by the size of its margin, where only its sign counts"
# - (margins > 0).astype(X.dtype)
# + margins.copy()

# %% wrong="svm-loss-vectorized" why="pushed the correct class up once, however many classes came too close"
# - -G.sum(axis=1)
# + -1

# %% wrong="svm-loss-vectorized" why="forgot the gradient of the correct class"
# - G[rows, y] = -G.sum(axis=1)

# %% wrong="svm-loss-vectorized" why="added the regularization twice"
# - + reg * np.sum(W ** 2)
# + + 2 * reg * np.sum(W ** 2)
# - 2 * reg * W
# + 4 * reg * W

# %% wrong="svm-loss-vectorized" why="forgot the regularization in the gradient"
# - X.T @ G / N + 2 * reg * W
# + X.T @ G / N

# %% right="svm-loss-vectorized" how="as the handouts have it"
def svm_loss_vectorized(W, X, y, reg):
    loss = 0.0
    dW = np.zeros(W.shape)
    num_train = X.shape[0]
    scores = X.dot(W)
    correct_class_scores = scores[np.arange(num_train), y].reshape(-1, 1)
    margins = np.maximum(0, scores - correct_class_scores + 1)
    margins[np.arange(num_train), y] = 0
    loss = np.sum(margins) / num_train + reg * np.sum(W * W)
    binary = margins
    binary[margins > 0] = 1
    row_sum = np.sum(binary, axis=1)
    binary[np.arange(num_train), y] = -row_sum.T
    dW = np.dot(X.T, binary) / num_train + 2 * reg * W
    return loss, dW

# %% right="svm-loss-vectorized" how="with a one-hot matrix and half the regularization"
def svm_loss_vectorized(W, X, y, reg):
    N, C = X.shape[0], W.shape[1]
    target = np.eye(C)[y]
    scores = X @ W
    margins = (scores - (scores * target).sum(1, keepdims=True) + 1) * (1 - target)
    active = (margins > 0) * 1.0
    loss = (margins * active).sum() / N + 0.5 * reg * (W ** 2).sum()
    return loss, X.T @ (active - target * active.sum(1, keepdims=True)) / N + reg * W

# %% right="svm-loss-vectorized" how="with torch"
def svm_loss_vectorized(W, X, y, reg):
    import torch
    w = torch.tensor(W, dtype=torch.float64, requires_grad=True)
    s, label = torch.tensor(X).double() @ w, torch.tensor(y)[:, None]
    loss = (torch.relu(s - s.gather(1, label) + 1).sum() - len(X)) / len(X) + reg * (w * w).sum()
    loss.backward()
    return loss.item(), w.grad.numpy()

# %% [markdown] hint="svm-loss-vectorized"
# `scores[np.arange(N), y]` picks the correct score of each picture. With `[:, None]` it becomes a column that can be subtracted from all scores.

# %% [markdown] hint="svm-loss-vectorized"
# Which entries of the margins are not margins at all, because they compare a class with itself?

# %% [markdown] hint="svm-loss-vectorized"
# Write the shapes of `X`, `G` and `dW` side by side: which product fits?

# %%
start = time.perf_counter()
slow_loss, slow_grad = svm_loss_naive(W, X_dev, y_dev, 5e-6)
middle = time.perf_counter()
fast_loss, fast_grad = svm_loss_vectorized(W, X_dev, y_dev, 5e-6)
end = time.perf_counter()
print(f"loops {1000 * (middle - start):.0f} ms, no loops {1000 * (end - middle):.1f} ms")
print(f"losses differ by {abs(slow_loss - fast_loss):.1e}, gradients by {np.linalg.norm(slow_grad - fast_grad):.1e}")

# %% [markdown]
# ## 4 · Learning
#
# A classifier is a matrix $W$ and three methods: `train`, `predict`, and `loss`, which says what is minimised.
# The first two are the same for every loss, so they go into a class of their own; the last line below is all that makes it an SVM.

# %% given
class LinearClassifier:
    """Scores X @ W; subclasses say what a good W is."""

    def __init__(self):
        self.W = None                                                # (D, C), made by the first call of train

class LinearSVM(LinearClassifier):
    """Linear classifier with the multiclass SVM loss."""

    def loss(self, X_batch, y_batch, reg):
        return svm_loss_vectorized(self.W, X_batch, y_batch, reg)

# %% [markdown]
# ### Exercise · Stochastic gradient descent (★★☆ · 15 minutes)
#
# Write `train`.
# If there is no `self.W` yet, make one: shape $(D, C)$ with $C$ one more than the largest label, normal numbers of standard deviation 0.001.
# Then, `num_iters` times:
#
# 1. draw `batch_size` rows of `X` at random, with replacement, and the labels that belong to them;
# 2. `loss, grad = self.loss(X_batch, y_batch, reg)`, and keep the loss;
# 3. take a step of `learning_rate` against the gradient.
#
# Return the list of the losses, one for each iteration.
# A second call goes on from where the first one ended.

# %% solve="train"
@vc.add_to(LinearClassifier)
def train(self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False):
    """X (N, D), y (N,) -> list of num_iters losses; self.W has learnt."""
    num_train, dim = X.shape
    num_classes = np.max(y) + 1
    ### BEGIN SOLUTION
    if self.W is None:
        self.W = 0.001 * np.random.randn(dim, num_classes)
    loss_history = []
    for it in range(num_iters):
        chosen = np.random.choice(num_train, batch_size)             # with replacement, which is fast
        loss, grad = self.loss(X[chosen], y[chosen], reg)
        loss_history.append(loss)
        self.W = self.W - learning_rate * grad
        if verbose and it % 100 == 0:
            print(f"iteration {it} / {num_iters}: loss {loss:f}")
    ### END SOLUTION
    return loss_history

# %% [markdown]
# To see what your `train` does with its batches, the check gives it two losses of its own: one that only looks, and a bowl whose bottom is known.

# %% given
class Onlooker(LinearClassifier):
    """Keeps what train hands to loss; W stays as it is."""

    def loss(self, X_batch, y_batch, reg):
        self.seen = [*getattr(self, "seen", []), (np.array(X_batch), np.array(y_batch), reg)]
        return 0.0, np.zeros_like(self.W)

def watch_batches(num_iters=200, batch_size=8):
    """What train does with 20 rows of 6 numbers, where row i is full of i and has one of the labels 0, 1, 3 and 4."""
    X, y, looker = np.repeat(np.arange(20.0)[:, None], 6, axis=1), np.array([0, 1, 3, 4])[np.arange(20) % 4], Onlooker()
    kept_X, kept_y = X.copy(), y.copy()
    losses = looker.train(X, y, learning_rate=1.0, reg=0.25, num_iters=num_iters, batch_size=batch_size)
    rows = [x[:, 0].astype(int) for x, _, _ in looker.seen]
    return {"losses": len(losses) if losses is not None else 0, "calls of loss": len(rows), "reg": looker.seen[0][2],
            "batches": sorted({x.shape for x, _, _ in looker.seen}),
            "labels fit": all(np.array_equal(kept_y[r % 20], labels) for r, (_, labels, _) in zip(rows, looker.seen)),
            "all rows drawn": len(np.unique(np.concatenate(rows))) == 20, "rows differ": any(len(set(r)) > 1 for r in rows),
            "batches differ": len({tuple(r) for r in rows}) > 1, "X and y kept": np.array_equal(X, kept_X) and np.array_equal(y, kept_y),
            "W": looker.W.shape, "W small": bool(0 < np.std(looker.W) < 0.01), "W of both signs": bool(looker.W.min() < 0 < looker.W.max())}

# %% given
class Bowl(LinearClassifier):
    """sum((W - 1)^2) + reg sum(W^2), whatever the data."""

    def loss(self, X_batch, y_batch, reg):
        return np.sum((self.W - 1) ** 2) + reg * np.sum(self.W ** 2), 2 * (self.W - 1) + 2 * reg * self.W

def roll_down(W, calls=1, **settings):
    """Losses of the last call and final W after rolling down the bowl from W."""
    bowl = Bowl()
    bowl.W = W.copy()
    losses = [bowl.train(np.ones((30, len(W))), np.zeros(30, dtype=int), batch_size=5, **settings) for _ in range(calls)]
    return [float(loss) for loss in (losses[-1] if losses[-1] is not None else [])], bowl.W

# %% check="train" points=3
batches = watch_batches()
assert batches["losses"] == batches["calls of loss"] == 200, "200 iterations call loss 200 times and return a list of 200 losses; is the `return` there?"
assert batches["batches"] == [(8, 6)], "every batch has batch_size rows, here 8 of 6 numbers"
assert batches["labels fit"], "the labels of a batch must be those of its rows: one draw of row numbers serves both"
assert batches["rows differ"], "a batch is batch_size draws, not one row many times over"
assert batches["batches differ"], "every iteration needs a new batch"
assert batches["X and y kept"], "train must not change the X and y that it was given"
first_losses, rolled_W = roll_down(np.array([[3.0], [-1.0]]), learning_rate=0.25, reg=0.0, num_iters=2)
vc.assert_close(first_losses, [8.0, 2.0], "sum((W - 1)^2) from W = (3, -1) with learning rate 1/4: each step halves the distance to 1")
vc.assert_close(rolled_W, [[1.5], [0.5]], "W after these two steps")
### BEGIN HIDDEN TESTS
batches = watch_batches()
assert batches["all rows drawn"], "all 20 rows must come up in 200 batches of 8"
assert batches["reg"] == 0.25, "reg is handed on to loss"
assert batches["W"] == (6, 5), "W is made in the shape (D, C), with C one more than the largest label, here 4"
assert batches["W small"], "W starts with small random numbers, not with zeros"
assert batches["W of both signs"], "W starts with normal numbers around 0, of both signs"
assert watch_batches(3, 5)["losses"] == 3, "three iterations return three losses"
def compare_bowl(shape, learning_rate, reg, num_iters, calls=1):
    start = vc.draw(rng, shape)
    bottom, shrink = 1 / (1 + reg), 1 - 2 * learning_rate * (1 + reg)
    path = [bottom + shrink ** t * (start - bottom) for t in range(calls * num_iters + 1)]
    found, end = roll_down(start, calls, learning_rate=learning_rate, reg=reg, num_iters=num_iters)
    vc.assert_close(found, [np.sum((w - 1) ** 2) + reg * np.sum(w ** 2) for w in path[-num_iters - 1:-1]], f"losses of {num_iters} steps, call {calls}")
    vc.assert_close(end, path[-1], f"W after {calls} calls of {num_iters} steps")
compare_bowl((5, 3), 0.1, 0.5, 7)
compare_bowl((4, 1), 0.03, 0.0, 12)
compare_bowl((3, 2), 0.05, 0.2, 4, calls=2)
### END HIDDEN TESTS

# %% wrong="train" why="went up the gradient and not down"
# - self.W - learning_rate
# + self.W + learning_rate

# %% wrong="train" why="forgot to multiply the gradient by the learning rate"
# - learning_rate * grad
# + grad

# %% wrong="train" why="started from new random weights at every call, also when there are some already"
# - if self.W is None:
# -     self.W = 0.001 * np.random.randn(dim, num_classes)
# + self.W = 0.001 * np.random.default_rng(0).normal(size=(dim, num_classes))

# %% wrong="train" why="drew the rows and the labels of a batch separately, so that they do not belong together"
# - chosen = np.random.choice(num_train, batch_size)             # with replacement, which is fast
# + chosen, others = np.random.choice(num_train, batch_size), np.random.choice(num_train, batch_size)
# - y[chosen]
# + y[others]

# %% wrong="train" why="used all the data in each iteration and drew no batch"
# - chosen = np.random.choice(num_train, batch_size)             # with replacement, which is fast
# - loss, grad = self.loss(X[chosen], y[chosen], reg)
# + loss, grad = self.loss(X, y, reg)

# %% wrong="train" why="used one and the same batch in all iterations"
# - np.random.choice(num_train, batch_size)
# + np.arange(min(batch_size, num_train)) * 2 % num_train

# %% wrong="train" why="kept the losses of every hundredth iteration only"
# - loss_history.append(loss)
# + if it % 100 == 0:
# +     loss_history.append(loss)

# %% wrong="train" why="drew a single row and filled the whole batch with it"
# - np.random.choice(num_train, batch_size)
# + np.full(batch_size, np.random.choice(num_train))

# %% wrong="train" why="made as many classes as there are different labels, not one more than the largest label"
# - np.max(y) + 1
# + len(np.unique(y))

# %% wrong="train" why="started from weights that are all positive"
# - randn
# + rand

# %% wrong="train" why="shuffled the X and y of the caller in place"
# - chosen = np.random.choice(num_train, batch_size)             # with replacement, which is fast
# - loss, grad = self.loss(X[chosen], y[chosen], reg)
# + order = np.random.permutation(num_train)
# + X[:], y[:] = X[order], y[order]
# + loss, grad = self.loss(X[:batch_size], y[:batch_size], reg)

# %% wrong="train" why="cut the data into slices, of which the last is shorter than the others"
# - loss_history = []
# + loss_history, slices = [], -(-num_train // batch_size)
# + order = np.random.permutation(num_train)
# - np.random.choice(num_train, batch_size)
# + order[it % slices * batch_size:(it % slices + 1) * batch_size]

# %% right="train" how="in the manner of the handouts, in place"
@vc.add_to(LinearClassifier)
def train(self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False):
    num_train, dim = X.shape
    num_classes = np.max(y) + 1
    if self.W is None:
        self.W = 0.001 * np.random.randn(dim, num_classes)
    loss_history = []
    for it in range(num_iters):
        sample_indices = np.random.choice(np.arange(num_train), batch_size, replace=True)
        X_batch, y_batch = X[sample_indices], y[sample_indices]
        loss, grad = self.loss(X_batch, y_batch, reg)
        loss_history.append(loss)
        self.W += -learning_rate * grad
        if verbose and it % 100 == 0:
            print('iteration %d / %d: loss %f' % (it, num_iters, loss))
    return loss_history

# %% right="train" how="with a generator of its own, without replacement"
@vc.add_to(LinearClassifier)
def train(self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False):
    generator = np.random.default_rng(0)
    self.W = generator.normal(scale=0.001, size=(X.shape[1], y.max() + 1)) if self.W is None else self.W
    history = []
    while len(history) < num_iters:
        rows = generator.permutation(len(X))[:batch_size]
        value, slope = self.loss(X[rows], y[rows], reg)
        history.append(value)
        self.W = self.W - learning_rate * slope
    return history

# %% right="train" how="with the losses as an array"
@vc.add_to(LinearClassifier)
def train(self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False):
    if self.W is None:
        self.W = 0.001 * np.random.randn(X.shape[1], np.max(y) + 1)
    loss_history = np.zeros(num_iters)
    for it in range(num_iters):
        chosen = np.random.randint(len(X), size=batch_size)
        loss_history[it], grad = self.loss(X[chosen], y[chosen], reg)
        self.W = self.W - learning_rate * grad
    return loss_history

# %% [markdown] hint="train"
# `np.random.choice(N, 5)` gives five row numbers below `N`. Use the same ones for `X` and for `y`.

# %% [markdown] hint="train"
# Is it the loss before the step or after the step that `self.loss` has just computed?

# %% [markdown]
# ### Exercise · Predict (★☆☆ · 2 minutes)
#
# Write `predict(X)`: for each row of `X` the class with the highest score.

# %% solve="predict"
@vc.add_to(LinearClassifier)
def predict(self, X):
    """X (N, D) -> labels (N,)."""
    ### BEGIN SOLUTION
    y_pred = (X @ self.W).argmax(axis=1)
    ### END SOLUTION
    return y_pred

# %% given
def predict_with(W, X):
    """What a classifier with these weights predicts."""
    classifier = LinearClassifier()
    classifier.W = W
    return classifier.predict(X)

# %% check="predict" points=1
vc.assert_close(predict_with(np.array([[1.0, 0.0, 2.0], [0.0, 3.0, 1.0]]), np.array([[1.0, 0.0], [0.0, 1.0]])), [2, 1],
                "scores (1, 0, 2) and (0, 3, 1): the highest stand at 2 and at 1")
### BEGIN HIDDEN TESTS
def compare_labels(rows, features, kinds):
    some_W, some_X = vc.draw(rng, (features, kinds), (rows, features))
    kept = some_X.copy()
    wanted = [max(range(kinds), key=lambda c: sum(some_X[i, d] * some_W[d, c] for d in range(features))) for i in range(rows)]
    vc.assert_close(predict_with(some_W, some_X), wanted, f"labels of {rows} rows with {kinds} classes")
    assert np.array_equal(some_X, kept), "X must not be changed"
compare_labels(9, 4, 5)
compare_labels(1, 3, 4)
compare_labels(5, 5, 5)
compare_labels(12, 2, 7)
vc.assert_close(predict_with(np.array([[-3.0, -1.0, -2.0]]), np.ones((2, 1))), [1, 1], "labels where all scores are negative")
### END HIDDEN TESTS

# %% wrong="predict" why="returned the highest score, not the class that has it"
@vc.add_to(LinearClassifier)
def predict(self, X):
    return (X @ self.W).max(axis=1)

# %% wrong="predict" why="took the maximum over the examples (axis 0), which gives one answer for each class"
@vc.add_to(LinearClassifier)
def predict(self, X):
    return (X @ self.W).argmax(axis=0)

# %% wrong="predict" why="took the class with the lowest score"
@vc.add_to(LinearClassifier)
def predict(self, X):
    return (X @ self.W).argmin(axis=1)

# %% wrong="predict" why="took the score of largest size, whatever its sign"
@vc.add_to(LinearClassifier)
def predict(self, X):
    return np.abs(X @ self.W).argmax(axis=1)

# %% wrong="predict" why="returned the scores"
@vc.add_to(LinearClassifier)
def predict(self, X):
    return X @ self.W

# %% right="predict" how="with a loop"
@vc.add_to(LinearClassifier)
def predict(self, X):
    y_pred = np.zeros(X.shape[0])
    for i, scores in enumerate(X.dot(self.W)):
        y_pred[i] = np.argmax(scores)
    return y_pred

# %% right="predict" how="with scores that have one column for each example"
@vc.add_to(LinearClassifier)
def predict(self, X):
    return np.argmax(self.W.T.dot(X.T), axis=0)

# %% [markdown] hint="predict"
# The scores have one row for each example. Along which axis does one look for the best class?

# %% [markdown]
# Now train on pictures, with the handouts' settings.
#
# *Predict:* the regularization is strong (`reg` is 25,000); which part of the loss will fall first?

# %%
np.random.seed(231)
svm = LinearSVM()
losses = svm.train(X_train, y_train, learning_rate=1e-7, reg=2.5e4, num_iters=600)
print(f"training {np.mean(svm.predict(X_train) == y_train):.1%}, validation {np.mean(svm.predict(X_val) == y_val):.1%}")

# %%
vc.curves({"loss of the batch": losses}, xlabel="iteration", ylabel="loss", title="First the large random weights shrink; what is left is the loss of the pictures")

# %% [markdown]
# ## 5 · Choosing

# %% [markdown]
# ### Exercise · Tune it (★★☆ · 20 minutes)
#
# Two numbers were taken from the air: learning rate and regularization strength.
# Try several pairs.
# Fill the dictionary `results` with `results[(learning_rate, reg)] = (training accuracy, validation accuracy)`, keep the highest validation accuracy in `best_val` and the classifier that had it in `best_svm`.
#
# On Scenes `best_svm` must reach **31%** on the validation pictures and **31%** on the test pictures (on all of CIFAR-10: 38.5 % and 35 %).
# A few hundred iterations for each pair are enough to see which is better.

# %% solve="tune-svm"
### BEGIN SOLUTION
results, best_val, best_svm = {}, -1, None
for lr in (1e-7, 3e-7):
    for reg in (1e4, 2.5e4):
        candidate = LinearSVM()
        candidate.train(X_train, y_train, learning_rate=lr, reg=reg, num_iters=300)
        results[lr, reg] = (np.mean(candidate.predict(X_train) == y_train), np.mean(candidate.predict(X_val) == y_val))
        if results[lr, reg][1] > best_val:
            best_val, best_svm = results[lr, reg][1], candidate
### END SOLUTION

# %% check="tune-svm" points=2
assert len(results) >= 2, "results needs an entry for every pair that was tried, at least two"
assert abs(best_val - max(val for _, val in results.values())) < 1e-9, "best_val must be the highest of the validation accuracies, the second numbers in results"
assert abs(np.mean(best_svm.predict(X_val) == y_val) - best_val) < 1e-9, "best_svm does not have the accuracy best_val on X_val: is it another classifier than the best one?"
best_seen = np.mean(best_svm.predict(X_train) == y_train)
assert any(abs(val - best_val) + abs(seen - best_seen) < 1e-9 for seen, val in results.values()), \
    "no entry of results is (accuracy of best_svm on all of X_train, best_val): measure both accuracies of each classifier"
assert best_val >= {"scenes": 0.31, "cifar10": 0.385}[DATASET], "below the bar on the validation pictures: widen the range of learning rates, in factors"
### BEGIN HIDDEN TESTS
fresh = vc.data.load(DATASET, train=1, test=500)
fresh_acc = np.mean(best_svm.predict(as_rows(fresh.X_test)) == fresh.y_test)
assert fresh_acc >= {"scenes": 0.31, "cifar10": 0.35}[DATASET], "below the bar on the test pictures, which the classifier has never seen"
assert best_val - fresh_acc < 0.2, "far better on the validation pictures than on pictures that it has never seen: did it learn from the validation pictures?"
### END HIDDEN TESTS

# %% wrong="tune-svm" why="kept the classifier that came last, not the one that was best"
results, best_val, best_svm = {}, -1, None
for lr in (2e-7, 1e-10):
    for reg in (1.5e4,):
        candidate = LinearSVM()
        candidate.train(X_train, y_train, learning_rate=lr, reg=reg, num_iters=300)
        results[lr, reg] = (np.mean(candidate.predict(X_train) == y_train), np.mean(candidate.predict(X_val) == y_val))
        best_svm = candidate
        best_val = max(best_val, results[lr, reg][1])

# %% wrong="tune-svm" why="chose by the training accuracy"
results, best_val, best_svm = {}, -1, None
for lr in (2e-7,):
    for reg in (1.5e4, 0.0):
        candidate = LinearSVM()
        candidate.train(X_train[:300], y_train[:300], learning_rate=lr, reg=reg, num_iters=400)
        results[lr, reg] = (np.mean(candidate.predict(X_train[:300]) == y_train[:300]), np.mean(candidate.predict(X_val) == y_val))
best_svm = candidate
best_val = results[max(results, key=lambda pair: results[pair][0])][1]

# %% wrong="tune-svm" why="wrote the pair of accuracies the wrong way round, validation before training"
results, best_val, best_svm = {}, -1, None
for lr in (2e-7,):
    for reg in (1.5e4, 1.5e4 / 2):
        candidate = LinearSVM()
        candidate.train(X_train, y_train, learning_rate=lr, reg=reg, num_iters=300)
        results[lr, reg] = (np.mean(candidate.predict(X_val) == y_val), np.mean(candidate.predict(X_train) == y_train))
        if results[lr, reg][0] > best_val:
            best_val, best_svm = results[lr, reg][0], candidate

# %% wrong="tune-svm" why="trained one and the same classifier on and on, so that the best one has been overwritten"
results, best_val, best_svm = {}, -1, None
candidate = LinearSVM()
for lr in (2e-7, 1e-3):
    for reg in (1.5e4,):
        candidate.train(X_train, y_train, learning_rate=lr, reg=reg, num_iters=300 if lr < 1e-4 else 2)
        results[lr, reg] = (np.mean(candidate.predict(X_train) == y_train), np.mean(candidate.predict(X_val) == y_val))
        if results[lr, reg][1] > best_val:
            best_val, best_svm = results[lr, reg][1], candidate

# %% wrong="tune-svm" why="tried learning rates with which nothing is learnt in so few iterations"
results, best_val, best_svm = {}, -1, None
for lr in (1e-11, 1e-10):
    for reg in (1.5e4,):
        candidate = LinearSVM()
        candidate.train(X_train, y_train, learning_rate=lr, reg=reg, num_iters=20)
        results[lr, reg] = (np.mean(candidate.predict(X_train) == y_train), np.mean(candidate.predict(X_val) == y_val))
        if results[lr, reg][1] > best_val:
            best_val, best_svm = results[lr, reg][1], candidate

# %% wrong="tune-svm" why="made the training accuracies up"
results, best_val, best_svm = {}, -1, None
for lr in (2e-7, 1e-10):
    for reg in (1.5e4,):
        candidate = LinearSVM()
        candidate.train(X_train, y_train, learning_rate=lr, reg=reg, num_iters=300)
        results[lr, reg] = (0.99, np.mean(candidate.predict(X_val) == y_val))
        if results[lr, reg][1] > best_val:
            best_val, best_svm = results[lr, reg][1], candidate

# %% right="tune-svm" how="in the manner of the handouts"
results = {}
best_val = -1
best_svm = None
learning_rates = [2e-7, 2e-7 * 2]
regularization_strengths = [1.5e4]
for lr in learning_rates:
    for reg in regularization_strengths:
        candidate = LinearSVM()
        loss_hist = candidate.train(X_train, y_train, learning_rate=lr, reg=reg, num_iters=300, verbose=False)
        y_train_pred, y_val_pred = candidate.predict(X_train), candidate.predict(X_val)
        training_accuracy, validation_accuracy = np.mean(y_train == y_train_pred), np.mean(y_val == y_val_pred)
        results[(lr, reg)] = (training_accuracy, validation_accuracy)
        if validation_accuracy > best_val:
            best_val, best_svm = validation_accuracy, candidate

# %% right="tune-svm" how="with random search in the exponent"
results, tried, generator = {}, {}, np.random.default_rng(1)
for _ in range(3):
    lr, reg = 2e-7 * 2 ** generator.uniform(0, 1), 1.5e4 * 2 ** generator.uniform(-1, 0)
    candidate = tried[lr, reg] = LinearSVM()
    candidate.train(X_train, y_train, lr, reg, 300, 100)
    results[lr, reg] = tuple(np.mean(candidate.predict(X) == y) for X, y in ((X_train, y_train), (X_val, y_val)))
best_val = max(val for _, val in results.values())
best_svm = tried[max(results, key=lambda pair: results[pair][1])]

# %% [markdown] hint="tune-svm"
# Make a new classifier for every pair. What would happen if you trained one and the same again?

# %% [markdown] hint="tune-svm"
# A loss that becomes `nan` or grows says that the learning rate is too large; one that hardly moves, that it is too small.

# %%
for (rate, strength), (train_acc, val_acc) in sorted(results.items()):
    print(f"learning rate {rate:7.1e}   reg {strength:7.1e}   training {train_acc:.1%}   validation {val_acc:.1%}")
print(f"best on validation {best_val:.1%}, the same classifier on the test pictures {np.mean(best_svm.predict(X_test) == y_test):.1%}")

# %% [markdown]
# Compare the gap between training and validation accuracy for the two strengths of regularization: the weaker it is, the more a classifier with more weights than examples can learn by heart.
#
# ### Templates
#
# One column of $W$ weighs each number of the picture, so it can be drawn as a picture.
#
# *Predict:* what will the template of the boat (blue below?) look like?

# %%
def draw_templates(W, title):
    """Each column of W, without its bias, as a picture: gray is a weight of 0."""
    templates = W[:-1].T.reshape(-1, 32, 32, 3)
    return vc.show_images(0.5 + 0.5 * templates / np.percentile(np.abs(templates), 99.5), pictures.classes, columns=5, title=title)

draw_templates(best_svm.W, f"Templates of best_svm, {best_val:.0%} on validation: how much do you recognise?")

# %% [markdown]
# Some of what you see is left over from the random weights of the start.
# The regularization multiplies every weight by $1 - 2\,\eta\,\text{reg}$ in each step, so what the pictures do not ask for fades, sooner with more of it.
#
# *Predict:* train once more with enough of both, so that nothing of the start is left. What becomes of the templates, and of the accuracy?

# %%
faded = LinearSVM()
faded.train(X_train, y_train, learning_rate=3e-7, reg=2.5e4, num_iters=400)
draw_templates(faded.W, f"Strongly regularized: {np.mean(faded.predict(X_val) == y_val):.0%} on validation, and templates that a person can read")

# %%
vc.confusion(y_test, best_svm.predict(X_test), pictures.classes, title="Whom does it mix up, and what do their templates share?")

# %% [markdown]
# ### Inline question 2

# %% [markdown]
# Describe what the templates above look like, and explain why they look that way.

# %% [markdown] answer="describe-templates" points=1
# **Model answer.** They are blurred averages, in false colours: each shows where a class tends to have which colour, more precisely where it differs from the other classes.
# The score is an inner product, so it is highest for pictures that are bright where the template is bright and dark where it is dark; one template must serve all pictures of its class, at all places, in all colours and facing either way, and so becomes a mixture of them, in which the usual background is often clearer than the object.
# Weak regularization leaves noise in them (single pixels that happened to help on the training pictures), strong regularization makes them smooth.
#
# **Marking.** Half a point for a description (blurred, average-like, background or dominant colours visible), half a point for the reason: one template for a class, matched by an inner product.

# %% [markdown]
# ## What to keep
#
# - The SVM loss is 0 for a picture whose correct class leads by the margin; such a picture has no say in the gradient.
# - With small weights the first loss is $C - 1$. Check that before anything else.
# - Loops first, then the same without: the first is the proof of the second.
# - Learning rate and regularization are searched in factors, on the validation pictures.
