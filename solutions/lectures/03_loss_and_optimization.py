# %% [markdown]
# # Lecture 03 · Loss and optimization
#
# *Lecture 02 ended with a table of weights $W$ that turns a picture into one score per class.*
# *There are as many such tables as there are real numbers in thirty thousand places, and nearly all of them are useless.*
# *Who says which is good, and how does anyone find it?*
#
# When you have worked through it, you will be able to
#
# - put a number on how unhappy a classifier's scores should make you, in the two ways that everybody uses: the multiclass SVM loss and cross-entropy;
# - say what each of the two must be before training starts, and why that is the first thing to look at;
# - explain why many $W$ have the same loss, and what L1, L2 and elastic-net regularization choose among them;
# - compute a gradient numerically, derive it on paper, and use the one to find mistakes in the other;
# - train a classifier with minibatch gradient descent, and read from a loss curve whether the step was too small or too large;
# - turn pictures into features (polar coordinates, colour histogram, HOG, bag of visual words) in which the same linear classifier does better.
#
# {{contents}}
#
# Below each exercise stands a cell with `vc.check`: it tells you at once whether your code is right and, if not, what probably went wrong.
# `vc.hint("svm-loss-one")` opens the hints of an exercise one by one, and `vc.progress()` draws what you have done.

# %% given
import time

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.colors import hsv_to_rgb, rgb_to_hsv
from skimage.feature import hog
from sklearn.cluster import MiniBatchKMeans

import visioncourse as vc

vc.setup("lectures/03_loss_and_optimization")

# %% [markdown]
# ## 1 · What makes one W better than another?
#
# The pictures are those of lecture 02, cut into three parts as section 6 there told us to.
# Each becomes a row of numbers; the mean picture of the training set is subtracted, and the last number of each row is the 1 of the bias trick.

# %%
DATASET = "scenes"          # or "cifar10", after `python -m visioncourse.data get cifar10`
data = vc.data.load(DATASET, train=4000, val=500, test=500)
C = len(data.classes)

# %%
mean_picture = data.X_train.mean(axis=0) / 255

def as_rows(images):
    """Pictures (N, H, W, 3) of bytes as rows (N, D + 1): the mean picture taken away, a 1 at the end."""
    rows = (images / 255 - mean_picture).reshape(len(images), -1)
    return np.hstack([rows, np.ones((len(rows), 1))]).astype(np.float32)

X_train, X_val, X_test = as_rows(data.X_train), as_rows(data.X_val), as_rows(data.X_test)
y_train, y_val, y_test = data.y_train, data.y_val, data.y_test
print("training rows", X_train.shape, " validation rows", X_val.shape, " test rows", X_test.shape)

# %% [markdown]
# Take some $W$, drawn at random, and ask it about three pictures.
#
# *Predict:* you are shown all scores, the right class in red.
# Which of the three should worry you most, and which least?
# Put your worry in numbers before you read on.

# %%
W_random = 0.03 * np.random.default_rng(7).normal(size=(X_train.shape[1], C)).astype(np.float32)
shown = [0, 1, 2]
random_scores = X_train[shown] @ W_random                            # (3, C)

# %%
figure, panels = plt.subplots(2, 3, figsize=(10, 4.6), layout="constrained", height_ratios=(2, 3), sharey="row")
for column, i in enumerate(shown):
    top, bottom = panels[:, column]
    top.imshow(data.X_train[i])
    top.set_title(data.classes[y_train[i]])
    top.axis("off")
    colors = ["#BB5566" if c == y_train[i] else "#88AACC" for c in range(C)]
    bottom.bar(range(C), random_scores[column], color=colors)
    bottom.axhline(0, color="black", linewidth=0.8)
    bottom.set_xticks(range(C), data.classes, rotation=50, ha="right")
panels[1, 0].set_ylabel("score")
figure.suptitle("Three pictures and what a random W says; red is the class that should win");

# %% [markdown]
# Whatever you wrote down, you have just invented a **loss function**: a number for each example that is small when the scores are as they should be, and large when they are not.
# With $s_i = x_i W$ for the scores of example $i$ and $y_i$ for its label, the loss of the whole training set is the mean
#
# $$L(W) = \frac{1}{N} \sum_{i=1}^{N} L_i(s_i, y_i) \;+\; \lambda\, R(W).$$
#
# The second part, $R$, does not look at the data at all; section 4 is about what it is good for.
# First: what should $L_i$ be?
# Counting mistakes is what we care about in the end, but watch what it does:

# %%
mistakes = [np.mean((X_val @ (W_random + t * np.eye(X_val.shape[1], C, dtype=np.float32))).argmax(axis=1) != y_val)
            for t in np.linspace(0, 1e-3, 200)]
print("share of mistakes while one weight per class grows by a thousandth:", sorted(set(np.round(mistakes, 4).tolist())))

# %% [markdown]
# The number of mistakes moves in jumps or, as here, not at all, so it does not tell which way to turn.
# We want a loss that answers every small change of $W$.

# %% [markdown]
# ## 2 · The multiclass SVM loss
#
# First answer: *the right class must win, and by a safe distance.*
# Every wrong class $j$ whose score comes closer to the right one than a margin $\Delta$ costs as much as it lacks:
#
# $$L_i = \sum_{j \ne y_i} \max(0,\; s_j - s_{y_i} + \Delta)$$
#
# This is the **multiclass SVM loss** of Weston and Watkins (1999), also called hinge loss for the shape of its graph.
# Watch it while the score of the right class rises and two wrong ones stay at 1 and 3.
#
# *Predict:* where does the curve bend, and where does it reach zero, with $\Delta = 1$?

# %%
right_score = np.linspace(-2, 6, 400)
each = {f"wrong class with score {s}": np.maximum(0, s - right_score + 1) for s in (1, 3)}
figure = vc.curves({**each, "their sum, the loss": sum(each.values())}, x=right_score, xlabel="score of the right class", ylabel="loss",
                   title="A wrong class costs nothing once it is Δ = 1 behind")
figure

# %% [markdown]
# Each wrong class gives one hinge, one above its own score.
# Past the last hinge the loss is exactly zero, and it does not care by how much.
#
# In numbers, for three classes with the scores 2.0, 3.5 and -1.0:
#
# - if class 1 is right, $\max(0, 2 - 3.5 + 1) + \max(0, -1 - 3.5 + 1) = 0 + 0 = 0$;
# - if class 0 is right, $\max(0, 3.5 - 2 + 1) + \max(0, -1 - 2 + 1) = 2.5 + 0 = 2.5$;
# - if class 2 is right, $\max(0, 2 + 1 + 1) + \max(0, 3.5 + 1 + 1) = 4 + 5.5 = 9.5$.

# %% [markdown]
# ### Exercise · SVM loss of one example (★★☆ · 8 minutes)
#
# Write `svm_loss_one(scores, y, delta=1.0)`: the multiclass SVM loss of one example, as in the formula above.
# `scores` holds one score per class, `y` is the number of the right class.
# The result is one number, and `scores` stays as it was.

# %% solve="svm-loss-one"
def svm_loss_one(scores, y, delta=1.0):
    """Multiclass SVM loss of one example with the scores (C,) and the right class y: one number."""
    ### BEGIN SOLUTION
    margins = np.maximum(0, scores - scores[y] + delta)              # (C,)
    margins[y] = 0                                                   # the right class does not compete with itself
    return margins.sum()
    ### END SOLUTION

# %% check="svm-loss-one" points=2
vc.assert_close(svm_loss_one(np.array([2.0, 3.5, -1.0]), 1), 0.0, "loss for the scores 2, 3.5, -1 when class 1 is right: nobody comes close to it")
vc.assert_close(svm_loss_one(np.array([2.0, 3.5, -1.0]), 0), 2.5, "loss for the scores 2, 3.5, -1 when class 0 is right")
vc.assert_close(svm_loss_one(np.array([2.0, 3.5, -1.0]), 2), 9.5, "loss for the scores 2, 3.5, -1 when class 2 is right")
### BEGIN HIDDEN TESTS
def compare_with_torch_hinge(count, label, margin, size=3.0, kind=float):
    some = vc.draw(rng, (count,), scale=size, dtype=kind)
    kept = some.copy()
    truth = count * F.multi_margin_loss(torch.tensor(kept, dtype=torch.float64)[None], torch.tensor([label]), margin=margin).item()
    vc.assert_close(svm_loss_one(some, label, margin), truth, f"loss of {count} random scores, class {label} right, delta = {margin}")
    assert np.array_equal(some, kept), "the scores that came in must not be changed"
compare_with_torch_hinge(5, 2, 1.0)
compare_with_torch_hinge(10, 0, 1.0)
compare_with_torch_hinge(10, 9, 4.0)
compare_with_torch_hinge(7, 3, 0.25)
compare_with_torch_hinge(2, 1, 10.0)
compare_with_torch_hinge(6, 4, 1.0, size=1e4)
compare_with_torch_hinge(8, 5, 1.0, kind=np.float32)
vc.assert_close(svm_loss_one(np.zeros(10), 4), 9.0, "ten equal scores: nine wrong classes lack the whole margin of 1")
vc.assert_close(svm_loss_one(np.array([3, 1, 2]), 2), 2.0, "loss for the whole-number scores 3, 1, 2 when class 2 is right")
vc.assert_close(svm_loss_one(np.array([1.0, 0.5]), 0, 0.5), 0.0, "a lead of exactly delta costs nothing")
### END HIDDEN TESTS

# %% wrong="svm-loss-one" why="counted the right class among the wrong ones, which adds delta to every loss"
def svm_loss_one(scores, y, delta=1.0):
    return np.maximum(0, scores - scores[y] + delta).sum()

# %% wrong="svm-loss-one" why="forgot the margin delta"
def svm_loss_one(scores, y, delta=1.0):
    return np.maximum(0, scores - scores[y]).sum()

# %% wrong="svm-loss-one" why="subtracted the margin where it has to be added"
# - + delta
# + - delta

# %% wrong="svm-loss-one" why="took a margin of 1 whatever delta is"
# - scores[y] + delta
# + scores[y] + 1

# %% wrong="svm-loss-one" why="subtracted the wrong scores from the right one, so that a lead costs and a lag is free"
# - scores - scores[y]
# + scores[y] - scores

# %% wrong="svm-loss-one" why="forgot the max with 0, so that a safe lead over one class pays for a lag behind another"
def svm_loss_one(scores, y, delta=1.0):
    margins = scores - scores[y] + delta
    return margins.sum() - delta

# %% wrong="svm-loss-one" why="took the mean over the classes where the sum is asked for"
# - sum
# + mean

# %% wrong="svm-loss-one" why="took the mean over the wrong classes where the sum is asked for"
def svm_loss_one(scores, y, delta=1.0):
    margins = np.maximum(0, scores - scores[y] + delta)
    return np.delete(margins, y).mean()

# %% wrong="svm-loss-one" why="charged the most threatening class alone; that is another SVM loss (Crammer and Singer), and here the sum is asked for"
# - sum
# + max

# %% wrong="svm-loss-one" why="squared the margins; that is a loss of its own (L2-SVM), and here the plain one is asked for"
# - return margins
# + return (margins ** 2)

# %% wrong="svm-loss-one" why="put the max with 0 around the whole sum and not around each term"
def svm_loss_one(scores, y, delta=1.0):
    margins = scores - scores[y] + delta
    return max(0, margins.sum() - delta)

# %% wrong="svm-loss-one" why="left out class 0 in place of the right class"
def svm_loss_one(scores, y, delta=1.0):
    return sum(max(0, s - scores[y] + delta) for s in scores[1:])

# %% wrong="svm-loss-one" why="changed the scores that were given by computing in place"
def svm_loss_one(scores, y, delta=1.0):
    right = scores[y]
    scores -= right
    scores += delta if scores.dtype != int else int(delta)
    scores[y] = 0
    return scores[scores > 0].sum()

# %% right="svm-loss-one" how="with a loop"
def svm_loss_one(scores, y, delta=1.0):
    loss = 0.0
    for j in range(len(scores)):
        if j != y:
            loss += max(0.0, scores[j] - scores[y] + delta)
    return loss

# %% right="svm-loss-one" how="without the right class from the start"
def svm_loss_one(scores, y, delta=1.0):
    others = np.delete(scores, y)
    return np.sum(np.clip(others - scores[y] + delta, 0, None))

# %% right="svm-loss-one" how="with all classes and delta taken off again"
def svm_loss_one(scores, y, delta=1.0):
    return np.maximum(0, scores - scores[y] + delta).sum() - delta

# %% right="svm-loss-one" how="with torch's multi_margin_loss, which divides by C"
def svm_loss_one(scores, y, delta=1.0):
    s = torch.as_tensor(scores).double()
    return len(s) * F.multi_margin_loss(s[None], torch.tensor([int(y)]), margin=float(delta))

# %% [markdown] hint="svm-loss-one"
# How much does class $j$ cost if it is far behind? And if it is ahead by 2? Which NumPy function makes "but never below zero" of an array?

# %% [markdown] hint="svm-loss-one"
# What would the right class itself contribute to the sum, if you let it? How can you keep it out?

# %% [markdown]
# ### What follows from the formula
#
# Five questions that tell whether one has understood a loss.
# *Predict* each answer, then run the cell.
#
# 1. The right class leads by 4. Its score falls by 1. What does the loss do?
# 2. What are the smallest and the largest possible value?
# 3. At the start of training all weights are tiny, so all scores are about 0. What is the loss with $C$ classes?
# 4. What if the sum ran over all classes, the right one included?
# 5. What if one took the mean over the classes, or squared each term?

# %%
safe = np.array([5.0, 1.0, 0.0])
print("1.", svm_loss_one(safe, 0), "->", svm_loss_one(safe - [1, 0, 0], 0))
print("2. from", svm_loss_one(safe, 0), "up without limit:", svm_loss_one(np.array([-1e6, 0.0]), 0))
print("3.", svm_loss_one(np.zeros(C), 0), "= C - 1 times delta")
lag = np.array([0.0, 2.0, 0.5])
print("4. each loss larger by delta:", svm_loss_one(lag, 0), "->", np.maximum(0, lag - lag[0] + 1).sum())
print("5. mean: only the scale changes; squares: two losses of 1 and 3 become", 1.0 ** 2, "and", 3.0 ** 2)

# %% [markdown]
# Question 3 is worth a habit.
# If the first loss of a training run is not about $C - 1$, something is wrong before anything has been learnt: a label off by one, a sum for a mean, pictures that were never divided by 255.
#
# Questions 4 and 5: adding a constant or a factor changes no comparison between two $W$.
# Squares do, for a large violation then weighs more than several small ones; that is a different loss, and which one is better must be tried.
#
# ### Zero is not unique, and Δ means nothing by itself
#
# Suppose you have found a $W$ with loss zero.
#
# *Predict:* is it the only one? What is the loss of $2W$, of $\tfrac{1}{2} W$?

# %%
def three_clouds(rng, n=12, spread=0.35):
    """3 n points of three classes that one can tell apart: (3 n, 2) and their labels."""
    centers = np.array([[-1.0, -0.6], [1.0, -0.6], [0.0, 1.1]])
    labels = np.repeat([0, 1, 2], n)
    return centers[labels] + spread * rng.normal(size=(3 * n, 2)), labels

points, point_labels = three_clouds(np.random.default_rng(0))
points_1 = np.hstack([points, np.ones((len(points), 1))])            # (36, 3), the bias trick

# %%
W_points = np.array([[-1.0, 1.0, 0.0], [-0.6, -0.6, 1.1], [0.0, 0.0, 0.0]])          # each class's direction
stretch = np.linspace(0.1, 6, 60)

def mean_svm(W):
    """Mean SVM loss of the 36 points."""
    return np.mean([svm_loss_one(s, label) for s, label in zip(points_1 @ W, point_labels)])

along_t = [mean_svm(t * W_points) for t in stretch]
vc.curves({"SVM loss of t W": along_t}, x=stretch, xlabel="t", ylabel="mean loss", title="From some t on all multiples of W have the same loss, zero")

# %% [markdown]
# Stretching $W$ stretches every lead, so once all leads exceed $\Delta$, any larger $t$ is as good.
# The other way round, halving $W$ and halving $\Delta$ is the same thing: $\Delta$ can be fixed at 1 for good, and what one really chooses is how large the weights may become.
# That is the regularization strength $\lambda$, and it is why $R(W)$ will be needed.

# %% [markdown]
# ## 3 · Softmax and cross-entropy
#
# The second answer to "what should the loss be?" begins with another reading of the scores.
# What if they said *how probable* each class is?
#
# Scores may be negative and add up to anything, probabilities may not.
# Exponentials make them positive, division makes them add up to one; the scores are then logarithms of probabilities, apart from a common constant:
#
# $$p_k = \frac{e^{s_k}}{\sum_j e^{s_j}}$$
#
# This is the **softmax** function.
# The loss is how surprised we are to be told the right class, minus the logarithm of the probability that we gave it:
#
# $$L_i = -\log p_{y_i} = -\log \frac{e^{s_{y_i}}}{\sum_j e^{s_j}} = \log \sum_j e^{s_j} \;-\; s_{y_i}$$
#
# It is called **cross-entropy**: the mean surprise, in units of the natural logarithm (nats), of someone who believes in $p$ and is told labels from the true distribution.
# Minimising it is the same as choosing the $W$ under which the labels are most probable (maximum likelihood).

# %%
example = np.array([2.0, 3.5, -1.0])
exponentials = np.exp(example)
probabilities = exponentials / exponentials.sum()
figure, panels = plt.subplots(1, 3, figsize=(9.5, 2.8), layout="constrained")
for ax, values, name in zip(panels, (example, exponentials, probabilities), ("scores", "exponentials: positive", "divided by their sum: probabilities")):
    bars = ax.bar(["class 0", "class 1", "class 2"], values, color=["#BB5566", "#88AACC", "#88AACC"])
    ax.bar_label(bars, fmt="%.2f")
    ax.margins(y=0.15)
    ax.set_title(name)
    ax.axhline(0, color="black", linewidth=0.8)
figure.suptitle(f"If class 0 is right, the loss is -log {probabilities[0]:.2f} = {-np.log(probabilities[0]):.2f}");

# %% [markdown]
# One trap before you write it yourself.
#
# *Predict:* the scores are 1000, 990 and 980, so class 0 is right by far.
# What does the formula give when you type it as it stands?

# %%
large = np.array([1000.0, 990.0, 980.0])
with np.errstate(over="ignore", invalid="ignore"):
    print("exponentials ", np.exp(large))
    print("probabilities", np.exp(large) / np.exp(large).sum())

# %% [markdown]
# No float holds $e^{1000}$.
# The way out: taking the same number $m$ off all scores changes nothing, for $e^{-m}$ cancels in the fraction.
# With $m = \max_j s_j$ the largest exponent is 0:

# %%
shifted = large - large.max()
print("probabilities", np.exp(shifted) / np.exp(shifted).sum())

# %% [markdown]
# The same can happen at the other end.
# If the right class is very far behind, its probability is smaller than the smallest float, becomes 0, and its logarithm minus infinity, while the true loss is an ordinary number.
# The last of the three forms of $L_i$ above, log of a sum minus a score, never takes the logarithm of a probability.

# %% [markdown]
# ### Exercise · Softmax loss of one example (★★☆ · 10 minutes)
#
# Write `softmax_loss_one(scores, y)`: the cross-entropy loss of one example, with the natural logarithm.
# It must be right for scores in the thousands too, whether the right class is far ahead or far behind.
# `scores` stays as it was.

# %% solve="softmax-loss-one"
def softmax_loss_one(scores, y):
    """Cross-entropy loss of one example with the scores (C,) and the right class y: one number."""
    ### BEGIN SOLUTION
    shifted = scores - scores.max()
    return np.log(np.exp(shifted).sum()) - shifted[y]
    ### END SOLUTION

# %% check="softmax-loss-one" points=2
vc.assert_close(softmax_loss_one(np.array([0.0, 0.0]), 1), np.log(2), "two equal scores: probability one half, loss log 2")
vc.assert_close(softmax_loss_one(np.log([0.2, 0.5, 0.3]), 0), -np.log(0.2), "the logarithms of 0.2, 0.5, 0.3 as scores: loss -log 0.2")
vc.assert_close(softmax_loss_one(np.array([1000.0, 990.0]), 1), 10.0000453989, "scores 1000 and 990 when class 1 is right: is anything too large for exp?")
### BEGIN HIDDEN TESTS
def compare_with_cross_entropy(count, label, size=2.0, kind=float, shift=0.0):
    some = vc.draw(rng, (count,), scale=size, dtype=kind) + kind(shift)
    kept = some.copy()
    truth = F.cross_entropy(torch.tensor(kept, dtype=torch.float64)[None], torch.tensor([label])).item()
    vc.assert_close(softmax_loss_one(some, label), truth, f"loss of {count} random scores of size about {size:g}, class {label} right", rtol=1e-5)
    assert np.array_equal(some, kept), "the scores that came in must not be changed"
compare_with_cross_entropy(5, 2)
compare_with_cross_entropy(10, 0)
compare_with_cross_entropy(3, 2, kind=np.float32)
compare_with_cross_entropy(7, 6, shift=-2000.0)
compare_with_cross_entropy(7, 1, shift=3000.0)
compare_with_cross_entropy(6, 3, size=100.0)
vc.assert_close(softmax_loss_one(np.array([0.0, 5000.0]), 0), 5000.0, "the right class is 5000 behind: the loss is 5000, not infinite")
vc.assert_close(softmax_loss_one(np.array([5000.0, 0.0]), 0), 0.0, "the right class is 5000 ahead: the loss is 0")
vc.assert_close(softmax_loss_one(np.zeros(10), 4), np.log(10), "ten equal scores: log 10")
vc.assert_close(softmax_loss_one(np.array([3.0]), 0), 0.0, "a single class is certain: loss 0")
vc.assert_close(softmax_loss_one(np.array([2, 1, 2]), 1), np.log(1 + 2 * np.e), "whole-number scores 2, 1, 2")
### END HIDDEN TESTS

# %% wrong="softmax-loss-one" why="did not take the largest score off before the exponential, which overflows"
def softmax_loss_one(scores, y):
    return np.log(np.exp(scores).sum()) - scores[y]

# %% wrong="softmax-loss-one" why="took the exponential of unshifted scores and then the logarithm of a probability, which is nan for large scores"
def softmax_loss_one(scores, y):
    p = np.exp(scores) / np.exp(scores).sum()
    return -np.log(p[y])

# %% wrong="softmax-loss-one" why="took the logarithm of a probability that had become 0; write the logarithm of the fraction as a difference"
def softmax_loss_one(scores, y):
    e = np.exp(scores - scores.max())
    return -np.log(e[y] / e.sum())

# %% wrong="softmax-loss-one" why="added a small number inside the logarithm to avoid infinity, which caps the loss"
def softmax_loss_one(scores, y):
    e = np.exp(scores - scores.max())
    return -np.log(e[y] / e.sum() + 1e-12)

# %% wrong="softmax-loss-one" why="forgot the minus sign"
def softmax_loss_one(scores, y):
    shifted = scores - scores.max()
    return shifted[y] - np.log(np.exp(shifted).sum())

# %% wrong="softmax-loss-one" why="returned the probability of the right class, without the logarithm"
def softmax_loss_one(scores, y):
    e = np.exp(scores - scores.max())
    return e[y] / e.sum()

# %% wrong="softmax-loss-one" why="returned one minus the probability of the right class"
def softmax_loss_one(scores, y):
    e = np.exp(scores - scores.max())
    return 1 - e[y] / e.sum()

# %% wrong="softmax-loss-one" why="took the logarithm to base 10"
def softmax_loss_one(scores, y):
    shifted = scores - scores.max()
    return (np.log(np.exp(shifted).sum()) - shifted[y]) / np.log(10)

# %% wrong="softmax-loss-one" why="took the logarithm to base 2; the loss is then in bits"
def softmax_loss_one(scores, y):
    shifted = scores - scores.max()
    return (np.log(np.exp(shifted).sum()) - shifted[y]) / np.log(2)

# %% wrong="softmax-loss-one" why="left the right class out of the sum below the fraction line"
def softmax_loss_one(scores, y):
    shifted = scores - scores.max()
    return np.log(np.delete(np.exp(shifted), y).sum()) - shifted[y]

# %% wrong="softmax-loss-one" why="shifted the scores in the sum but not the score of the right class"
def softmax_loss_one(scores, y):
    return np.log(np.exp(scores - scores.max()).sum()) - scores[y]

# %% wrong="softmax-loss-one" why="subtracted the largest score in place and so changed the scores that were given"
def softmax_loss_one(scores, y):
    scores -= scores.max()
    return np.log(np.exp(scores).sum()) - scores[y]

# %% right="softmax-loss-one" how="with scipy's logsumexp"
def softmax_loss_one(scores, y):
    from scipy.special import logsumexp
    return logsumexp(scores) - scores[y]

# %% right="softmax-loss-one" how="with a loop and math"
def softmax_loss_one(scores, y):
    import math
    top = float(max(scores))
    return math.log(sum(math.exp(float(s) - top) for s in scores)) + top - float(scores[y])

# %% right="softmax-loss-one" how="with torch"
def softmax_loss_one(scores, y):
    return -torch.log_softmax(torch.as_tensor(scores).double(), dim=0)[y]

# %% right="softmax-loss-one" how="relative to the right class"
def softmax_loss_one(scores, y):
    return np.logaddexp.reduce(scores - scores[y])

# %% [markdown] hint="softmax-loss-one"
# Subtract the largest score from all of them, as a new array. Which of the three forms of $L_i$ has no fraction?

# %% [markdown] hint="softmax-loss-one"
# $\log(a / b) = \log a - \log b$, and $\log e^{s} = s$. What is left to compute for the numerator?

# %% [markdown]
# Compare with what the library calls cross-entropy, and ask the same questions as before.
#
# *Predict:* what is the smallest and what the largest possible value?
# And what is the loss at the start, when all scores are about 0?

# %%
library = F.cross_entropy(torch.from_numpy(random_scores).double(), torch.from_numpy(y_train[shown])).item()
ours = np.mean([softmax_loss_one(s, label) for s, label in zip(random_scores, y_train[shown])])
print(f"the three pictures from above: yours {ours:.6f}, F.cross_entropy {library:.6f}")

# %%
W_tiny = 1e-4 * np.random.default_rng(0).normal(size=W_random.shape)
first_loss = np.mean([softmax_loss_one(s, label) for s, label in zip(X_val @ W_tiny, y_val)])
assert abs(first_loss - np.log(C)) < 0.01, f"an untrained classifier should guess: {first_loss:.3f} is not log {C}"
print(f"first loss with tiny weights {first_loss:.4f}, log C = {np.log(C):.4f}")

# %% [markdown]
# With all scores equal every class gets the probability $1/C$, so the first loss is $-\log(1/C) = \log C$.
# Zero is the smallest value, and it is never reached: the right class would need a score infinitely far ahead.
# There is no largest value.
#
# ### The two compared
#
# *Predict:* three examples, class 0 is right in all of them.
# Order them by SVM loss; then by cross-entropy.

# %%
for scores in ([6.0, 1.0, 2.0], [6.0, 5.0, 5.0], [6.0, -50.0, -50.0]):
    s = np.array(scores)
    print(f"{str(scores):22s} SVM {svm_loss_one(s, 0):.4f}   cross-entropy {softmax_loss_one(s, 0):.4f}")

# %% [markdown]
# To the SVM all three are done: a lead of $\Delta$ is enough, and it turns to the examples that still violate the margin.
# Cross-entropy is never content; it would go on to push the second example long after it is right.
#
# With two classes both losses depend only on the lead of the right class, so they can be drawn side by side, with the number of mistakes that we really mean:

# %%
leads = np.linspace(-3, 4, 300)
by_lead = {
    "mistake (0 or 1)": (leads < 0).astype(float),
    "SVM, Δ = 1": [svm_loss_one(np.array([lead, 0.0]), 0) for lead in leads],
    "cross-entropy": [softmax_loss_one(np.array([lead, 0.0]), 0) for lead in leads],
}
vc.curves(by_lead, x=leads, xlabel="lead of the right class over the wrong one", ylabel="loss",
          title="One has a corner and ends at zero, the other is smooth and never ends")

# %% [markdown]
# How much one believes the probabilities is another matter.
# Halve all weights (which a stronger regularization does) and the order of the classes stays, while the probabilities become more even:

# %%
for factor in (2.0, 1.0, 0.5, 0.1):
    e = np.exp(factor * example)
    print(f"scores times {factor:3.1f}: probabilities {np.round(e / e.sum(), 3)}")

# %% [markdown]
# The numbers are best read as confidences; whether seven of ten pictures with confidence 0.7 are right is a question of its own (*calibration*, lecture 25).
#
# In practice the two losses do about equally well on the same scores, and cross-entropy is what nearly every network of this course is trained with.
# Two cousins that the widget of section 8 also offers: **one against all** charges each class separately, $\sum_j \max(0, 1 \mp s_j)$, and the **structured** loss of Crammer and Singer (2001) charges only the most threatening wrong class, $\max(0, \max_{j \ne y} s_j - s_y + 1)$.

# %% [markdown]
# ## 4 · Regularization: which of the many?
#
# Section 2 found that any long enough multiple of a good $W$ has the same SVM loss, and cross-entropy even pays for going on without end.
# A second term, which looks at the weights only, makes the choice:
#
# $$L(W) = \underbrace{\frac{1}{N} \sum_i L_i}_{\text{fit the data}} + \underbrace{\lambda\, R(W)}_{\text{but stay modest}}$$

# %%
strengths = (0.0, 0.003, 0.03)
totals = {f"λ = {lam:g}": [mean_svm(t * W_points) + lam * ((t * W_points) ** 2).sum() for t in stretch] for lam in strengths}
vc.curves(totals, x=stretch, xlabel="t", ylabel="total loss of t W", title="With λ > 0 there is one best length, and a larger λ makes it shorter")

# %% [markdown]
# Three common choices of $R$, all summing over every entry of $W$:
#
# | name | $R(W)$ | also called |
# |---|---|---|
# | L2 | $\sum_{k,l} W_{kl}^2$ | weight decay, ridge (Hoerl and Kennard, 1970) |
# | L1 | $\sum_{k,l} \lvert W_{kl} \rvert$ | lasso (Tibshirani, 1996) |
# | elastic net | $\lambda_1 \sum \lvert W_{kl} \rvert + \lambda_2 \sum W_{kl}^2$ | both (Zou and Hastie, 2005) |
#
# *Predict:* two weight vectors give the input $(1, 1, 1, 1)$ the same score of 1.
# Which of them does L2 prefer? And L1?

# %%
ones = np.ones(4)
one_expert, committee = np.array([1.0, 0.0, 0.0, 0.0]), np.full(4, 0.25)
for name, w in {"one expert": one_expert, "committee": committee}.items():
    print(f"{name:10s} {w}   score {ones @ w:.1f}   L1 {np.abs(w).sum():.2f}   L2 {(w ** 2).sum():.2f}")

# %% [markdown]
# L2 prefers the committee: many small weights rather than few large ones, every pixel listened to a little.
# A classifier that leans on all of its input is disturbed less when some of it changes.
# L1 is indifferent between these two, and the next picture shows what it likes: weights that are exactly zero.
#
# (Some texts write $\tfrac{1}{2} \lambda \sum W^2$, so that the derivative is $\lambda W$ and not $2 \lambda W$.
# In this lecture and in the SVM and softmax parts of assignment 1 there is no half.)

# %% [markdown]
# ### Exercise · L1, L2 and elastic net (★☆☆ · 5 minutes)
#
# Write `elastic_net(W, l1, l2)`, the elastic-net penalty $\lambda_1 \sum |W_{kl}| + \lambda_2 \sum W_{kl}^2$ with `l1` for $\lambda_1$ and `l2` for $\lambda_2$.
# `elastic_net(W, 0, l2)` is then L2 and `elastic_net(W, l1, 0)` is L1.
# `W` has any shape; there is no half and no square root.

# %% solve="l1-l2-elastic"
def elastic_net(W, l1, l2):
    """l1 times the sum of absolute weights plus l2 times the sum of squared weights: one number."""
    ### BEGIN SOLUTION
    return l1 * np.abs(W).sum() + l2 * (W ** 2).sum()
    ### END SOLUTION

# %% check="l1-l2-elastic" points=1
vc.assert_close(elastic_net(np.array([[3.0, -4.0]]), 0.0, 1.0), 25.0, "L2 of (3, -4) is 9 + 16, without a square root and without a half")
vc.assert_close(elastic_net(np.array([[3.0, -4.0]]), 1.0, 0.0), 7.0, "L1 of (3, -4) is 3 + 4: the signs do not matter")
vc.assert_close(elastic_net(np.array([[3.0, -4.0]]), 10.0, 0.1), 72.5, "10 times L1 plus 0.1 times L2")
### BEGIN HIDDEN TESTS
def compare_with_torch_norms(shape, one, two, size=1.0, kind=float):
    some = vc.draw(rng, shape, scale=size, dtype=kind)
    kept = some.copy()
    tensor = torch.tensor(kept, dtype=torch.float64)
    truth = one * F.l1_loss(tensor, torch.zeros_like(tensor), reduction="sum") + two * F.mse_loss(tensor, torch.zeros_like(tensor), reduction="sum")
    vc.assert_close(elastic_net(some, one, two), truth, f"penalty of weights of shape {shape} with l1 = {one}, l2 = {two}", rtol=1e-5)
    assert np.array_equal(some, kept), "the weights that came in must not be changed"
compare_with_torch_norms((7, 3), 0.0, 1.0)
compare_with_torch_norms((7, 3), 1.0, 0.0)
compare_with_torch_norms((4, 5), 0.3, 0.7)
compare_with_torch_norms((6,), 2.0, 0.5)
compare_with_torch_norms((2, 3, 4), 0.01, 5.0, size=1e3)
compare_with_torch_norms((30, 10), 0.1, 0.2, kind=np.float32)
vc.assert_close(elastic_net(np.zeros((3, 2)), 1.0, 1.0), 0.0, "weights of zero cost nothing")
### END HIDDEN TESTS

# %% wrong="l1-l2-elastic" why="forgot the absolute value, so that weights of both signs cancel"
def elastic_net(W, l1, l2):
    return l1 * W.sum() + l2 * (W ** 2).sum()

# %% wrong="l1-l2-elastic" why="took the square root of the sum of squares"
def elastic_net(W, l1, l2):
    return l1 * np.abs(W).sum() + l2 * np.sqrt((W ** 2).sum())

# %% wrong="l1-l2-elastic" why="put a half before the squares; the convention here is without it"
def elastic_net(W, l1, l2):
    return l1 * np.abs(W).sum() + 0.5 * l2 * (W ** 2).sum()

# %% wrong="l1-l2-elastic" why="swapped l1 and l2"
def elastic_net(W, l1, l2):
    return l2 * np.abs(W).sum() + l1 * (W ** 2).sum()

# %% wrong="l1-l2-elastic" why="took means where sums are asked for"
def elastic_net(W, l1, l2):
    return l1 * np.abs(W).mean() + l2 * (W ** 2).mean()

# %% wrong="l1-l2-elastic" why="left out the factors l1 and l2"
def elastic_net(W, l1, l2):
    return np.abs(W).sum() + (W ** 2).sum()

# %% wrong="l1-l2-elastic" why="squared the sum of the weights where the sum of the squares is asked for"
def elastic_net(W, l1, l2):
    return l1 * np.abs(W).sum() + l2 * W.sum() ** 2

# %% wrong="l1-l2-elastic" why="took the largest column sum, which is what np.linalg.norm(W, 1) means for a matrix"
def elastic_net(W, l1, l2):
    return l1 * np.abs(W.reshape(len(W), -1)).sum(axis=0).max() + l2 * (W ** 2).sum()

# %% wrong="l1-l2-elastic" why="left out the last row as if it were the bias; here every entry counts"
def elastic_net(W, l1, l2):
    return l1 * np.abs(W[:-1]).sum() + l2 * (W[:-1] ** 2).sum()

# %% right="l1-l2-elastic" how="with a loop"
def elastic_net(W, l1, l2):
    total = 0.0
    for w in W.flat:
        total += l1 * abs(float(w)) + l2 * float(w) ** 2
    return total

# %% right="l1-l2-elastic" how="with norms of the flattened weights"
def elastic_net(W, l1, l2):
    w = W.ravel()
    return l1 * np.linalg.norm(w, 1) + l2 * np.linalg.norm(w) ** 2

# %% right="l1-l2-elastic" how="with dot products"
def elastic_net(W, l1, l2):
    w = W.ravel()
    return l1 * (w @ np.sign(w)) + l2 * (w @ w)

# %% right="l1-l2-elastic" how="with torch"
def elastic_net(W, l1, l2):
    w = torch.as_tensor(W)
    return l1 * w.abs().sum() + l2 * w.pow(2).sum()

# %% [markdown] hint="l1-l2-elastic"
# Two sums over all entries, each times its own factor. What does `.sum()` without `axis` add up?

# %% [markdown]
# ### What each of them prefers, drawn
#
# Take two weights, and a data loss whose best point is $(2, 0.6)$ (gray ellipses).
# Then let the penalty grow from nothing and follow the point where the *total* is smallest.
#
# *Predict:* all three paths lead towards $(0, 0)$. Which of them walks along an axis on the way?

# %%
side = np.linspace(-0.6, 2.6, 321)
w1, w2 = np.meshgrid(side, side)
fit = (w1 - 2) ** 2 + (w2 - 0.6) ** 2 + 0.7 * (w1 - 2) * (w2 - 0.6)                     # a data loss of two weights
kinds = {"L2": w1 ** 2 + w2 ** 2, "L1": np.abs(w1) + np.abs(w2), "elastic net": 0.5 * (np.abs(w1) + np.abs(w2)) + 0.5 * (w1 ** 2 + w2 ** 2)}

def best_points(penalty):
    """Where fit + λ penalty is smallest, for 61 strengths λ: (61, 2)."""
    places = [np.argmin(fit + lam * penalty) for lam in np.linspace(0, 6, 61)]
    return np.stack([w1.flat[places], w2.flat[places]], axis=1)

# %%
figure, panels = plt.subplots(1, 3, figsize=(11, 4), layout="constrained")
for ax, (name, penalty) in zip(panels, kinds.items()):
    ax.contour(w1, w2, fit, levels=[0.1, 0.5, 1.2, 2.2, 3.5], colors="lightgray")
    ax.contour(w1, w2, penalty, levels=[0.25, 0.75, 1.5], colors="#88AACC", linewidths=1)
    path = best_points(penalty)
    ax.plot(*path.T, "o-", color="#BB5566", markersize=3)
    zeros = np.mean(np.abs(path[:, 1]) < 0.005)
    ax.axhline(0, color="black", linewidth=0.6)
    ax.axvline(0, color="black", linewidth=0.6)
    ax.set(aspect="equal", xlabel="$w_1$", ylabel="$w_2$", title=f"{name}: $w_2$ is exactly 0\nat {zeros:.0%} of the strengths")
figure.suptitle("Gray: data loss; blue: equal penalty; red: the best weights as λ grows");

# %% [markdown]
# The corners of the L1 diamond lie on the axes, and a growing diamond touches the ellipses first with a corner.
# So L1 switches weights off one after the other (it *selects* features), L2 shrinks all of them together, and the elastic net does some of both.
#
# Why should small weights be right more often on *new* data?
# Here is a case where one can look.
# Fit a curve to a dozen noisy points with a polynomial of degree 11, which can pass through all of them.
#
# *Predict:* which of the three curves do you believe?

# %%
rng_fit = np.random.default_rng(1)
x_few = np.sort(rng_fit.uniform(-1, 1, 12))
y_few = np.sin(3 * x_few) + 0.25 * rng_fit.normal(size=12)
x_line = np.linspace(-1, 1, 300)
P_few, P_line = (np.polynomial.legendre.legvander(x, 11) for x in (x_few, x_line))     # (12, 12), (300, 12): the features

def ridge_fit(lam):
    """The 12 coefficients that minimise the squared error plus λ times their squares."""
    return np.linalg.solve(P_few.T @ P_few + lam * np.eye(12), P_few.T @ y_few)

# %%
figure, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
for lam, color, style in ((1e-9, "#BB5566", ":"), (0.03, "#004488", "-"), (30.0, "#DDAA33", "--")):
    coefficients = ridge_fit(lam)
    ax.plot(x_line, P_line @ coefficients, style, color=color, label=f"λ = {lam:g}, sum of squared weights {(coefficients ** 2).sum():.3g}")
ax.plot(x_few, y_few, "ko", label="the twelve points")
ax.set(ylim=(-2.5, 2.5), xlabel="x", ylabel="y", title="Without a penalty every point is met and nothing between them is")
ax.legend(fontsize=8);

# %% [markdown]
# The wild curve needs large weights of opposite signs that cancel exactly on the points it has seen, and only there.
# A penalty on the weights forbids that.
# It is an old rule in new clothes: among explanations that fit, prefer the simpler (Occam).
#
# Later lectures know more ways to the same end: dropout, batch normalization, augmentation, stopping early.
# Biases are usually left out of $R$, because a bias does not multiply any input; with the bias trick it is inside $W$ and is regularized along with the rest, which hardly matters.

# %% [markdown]
# ## 5 · Looking for the bottom of a landscape
#
# The loss gives a height to every $W$, and $W$ has tens of thousands of entries, so it is a landscape over a space that nobody can draw.
# But one can draw slices: stand at some $W$, choose directions at random, and look along them.
#
# Two pictures and a random direction $V$ are enough to see what the two losses are made of.
# The scores along the line are $X(W + aV) = XW + a\,XV$, so the slice is cheap.
#
# *Predict:* which of the two curves has corners, and why?

# %%
rng_slice = np.random.default_rng(3)
X_two, y_two = X_train[:2].astype(float), torch.from_numpy(y_train[:2])
here, V1, V2 = (0.05 * rng_slice.normal(size=(3, X_train.shape[1], C)))
S_here, S1, S2 = X_two @ here, X_two @ V1, X_two @ V2                # (2, C) each

def two_losses(scores):
    """Mean SVM loss and mean cross-entropy of scores (2, C), by the library (its SVM loss is divided by C)."""
    s = torch.from_numpy(scores)
    return C * F.multi_margin_loss(s, y_two).item(), F.cross_entropy(s, y_two).item()

# %%
a = np.linspace(-2, 2, 401)
slices = np.array([two_losses(S_here + t * S1) for t in a]).T        # (2, 401)
figure, panels = plt.subplots(1, 2, figsize=(9.5, 3.4), layout="constrained")
for ax, heights, name in zip(panels, slices, ("SVM", "cross-entropy")):
    ax.plot(a, heights, color="#004488")
    jumps = np.abs(np.diff(heights, 2)) > 1e-3                       # where the slope jumps, to within a grid point or two
    corners = 1 + np.flatnonzero(jumps & ~np.roll(jumps, 1))
    ax.plot(a[corners], heights[corners], "o", color="#BB5566", markersize=4)
    ax.set(xlabel="a, the distance along a random direction", ylabel="mean loss of two pictures", title=f"{name}: the slope jumps at {len(corners)} places")
figure.suptitle("The SVM loss is made of straight pieces, cross-entropy is smooth");

# %%
b = np.linspace(-2, 2, 81)
surface = np.array([[two_losses(S_here + u * S1 + v * S2) for u in b] for v in b])       # (81, 81, 2)
figure, panels = plt.subplots(1, 2, figsize=(9.5, 4), layout="constrained")
for ax, heights, name in zip(panels, np.moveaxis(surface, 2, 0), ("SVM", "cross-entropy")):
    picture = ax.contourf(b, b, heights, levels=25, cmap="cividis")
    ax.contour(b, b, heights, levels=25, colors="white", linewidths=0.3)
    ax.set(aspect="equal", xlabel="a", ylabel="b", title=name)
    figure.colorbar(picture, ax=ax)
figure.suptitle("The loss of W + a V₁ + b V₂: flat facets on the left, a smooth bowl on the right");

# %% [markdown]
# Each hinge is a convex function of the scores, the scores are linear in $W$, and sums of convex functions are convex: both losses of a *linear* classifier are bowls without a second bottom.
# At the corners of the SVM loss the derivative does not exist; any slope between those on the two sides will do (a *subgradient*), and in practice one hardly ever stands exactly on a corner.
# From lecture 04 on the scores will no longer be linear in the weights and the bowl is gone, but what follows works there too.
#
# ### Strategies, worse ones first
#
# For all that follows, your softmax loss in a form that takes many pictures at once, with an L2 penalty on all of $W$:

# %% given
def softmax_loss_of_set(W, X, y, reg):
    """Mean cross-entropy of the rows of X (N, D) with labels y (N,) under W (D, C), plus reg times the sum of squared weights."""
    scores = X @ W
    scores = scores - scores.max(axis=1, keepdims=True)
    log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))                   # (N, C)
    return -log_p[np.arange(len(X)), y].mean() + reg * (W ** 2).sum()

# %% [markdown]
# **Random search.** Draw many $W$, keep the best.

# %%
X_dev, y_dev = X_train[:500], y_train[:500]

def dev_loss(W):
    """Mean cross-entropy of the first 500 training pictures."""
    return softmax_loss_of_set(W, X_dev, y_dev, 0.0)

def val_accuracy(W):
    """Share of validation pictures that W gets right."""
    return np.mean((X_val @ W).argmax(axis=1) == y_val)

# %%
TRIES = 250
rng_search = np.random.default_rng(0)
best_loss, right, random_search = np.inf, 0.0, []
for _ in range(TRIES):
    W_try = 0.01 * rng_search.standard_normal((X_dev.shape[1], C), dtype=np.float32)
    loss_try = dev_loss(W_try)
    if loss_try < best_loss:
        best_loss, right = loss_try, val_accuracy(W_try)
    random_search.append(right)
print(f"best of {TRIES}: loss {best_loss:.3f} (guessing {np.log(C):.3f}), validation accuracy {right:.1%} (guessing {1 / C:.0%})")

# %% [markdown]
# **Random local search.** A blindfolded walker in the mountains does not jump to random places of the map: he feels with one foot whether it goes down, and if it does, takes the step.

# %%
W_walk = np.zeros((X_dev.shape[1], C), dtype=np.float32)
walk_loss, right, local_search = dev_loss(W_walk), val_accuracy(W_walk), []
for _ in range(TRIES):
    W_try = W_walk + 0.003 * rng_search.standard_normal(W_walk.shape, dtype=np.float32)
    loss_try = dev_loss(W_try)
    if loss_try < walk_loss:
        W_walk, walk_loss, right = W_try, loss_try, val_accuracy(W_try)
    local_search.append(right)
print(f"after {TRIES} tries: loss {walk_loss:.3f}, validation accuracy {right:.1%}")

# %% [markdown]
# Better, judged by the loss, and slow.
# Among tens of thousands of directions, a random one is nearly level.
# But there is no need to try directions at all: mathematics knows which way is *steepest*.

# %% [markdown]
# ## 6 · The gradient, numerically
#
# In one dimension the slope of $f$ at $x$ is
#
# $$\frac{df}{dx} = \lim_{h \to 0} \frac{f(x + h) - f(x)}{h}.$$
#
# With many variables one takes the slope along each axis in turn; together they form the **gradient** $\nabla f$, an array of the shape of $x$.
# The slope in any direction $v$ is the dot product $\nabla f \cdot v$, so among directions of length one it is largest along $\nabla f$ itself: the gradient points straight uphill, and its negative straight downhill.
#
# The definition can be computed as it stands, with a small $h$ in place of the limit.
# Going to both sides costs one more evaluation and is much more exact:
#
# $$\frac{\partial f}{\partial x_k} \approx \frac{f(x + h\, e_k) - f(x - h\, e_k)}{2h}$$
#
# where $e_k$ is 1 in place $k$ and 0 elsewhere.
# This is the **centred difference**.
#
# *Predict:* for $f(x) = x^2$ at $x = 1$ and $h = 0.1$, what do the one-sided and the centred difference give?

# %%
def square(x):
    """x squared, whose slope at 1 is 2."""
    return x ** 2

h = 0.1
print(f"one-sided {(square(1 + h) - square(1)) / h:.4f}   centred {(square(1 + h) - square(1 - h)) / (2 * h):.4f}   true 2")

# %% [markdown]
# Taylor's series says why: in $f(x \pm h) = f(x) \pm h f'(x) + \tfrac{1}{2} h^2 f''(x) \pm \dots$ the curvature enters both sides alike and cancels in the difference.
# The one-sided error shrinks like $h$, the centred one like $h^2$.

# %% [markdown]
# ### Exercise · Numerical gradient (★★☆ · 12 minutes)
#
# Write `numerical_gradient(f, x, h=1e-5)`: an array of the shape of `x` that holds, in each place, the centred difference of `f` along that entry.
# `f` takes an array like `x` and returns one number; `x` is an array of floats of any shape.
# When you return, `x` must hold what it held before.

# %% solve="numerical-gradient"
def numerical_gradient(f, x, h=1e-5):
    """Centred differences of the number f(x) along every entry of x; an array of the shape of x."""
    ### BEGIN SOLUTION
    gradient = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        old = x[place]
        x[place] = old + h
        above = f(x)
        x[place] = old - h
        below = f(x)
        x[place] = old                                               # put it back before the next entry
        gradient[place] = (above - below) / (2 * h)
    return gradient
    ### END SOLUTION

# %% check="numerical-gradient" points=3
vc.assert_close(numerical_gradient(lambda v: v[0] * v[1], np.array([3.0, 5.0])), [5.0, 3.0], "gradient of x0 x1 at (3, 5)", rtol=1e-5)
vc.assert_close(numerical_gradient(lambda v: (v ** 2).sum(), np.array([[1.0, -2.0]])), [[2.0, -4.0]],
                "gradient of the sum of squares at ((1, -2)), which has shape (1, 2)", rtol=1e-5)
vc.assert_close(numerical_gradient(lambda v: (v ** 3).sum(), np.array([2.0]), h=0.5), [12.25], "centred difference of x³ at 2 with h = 0.5: (2.5³ - 1.5³) / 1")
### BEGIN HIDDEN TESTS
def cubes(v):
    return float((v ** 3).sum())
def compare_with_algebra(shape, step):
    at = vc.draw(rng, shape)
    kept = at.copy()
    vc.assert_close(numerical_gradient(cubes, at, step), 3 * kept ** 2 + step ** 2,
                    f"centred differences of the sum of cubes, shape {shape}, h = {step}: exactly 3x² + h²", rtol=1e-5)
    vc.assert_close(at, kept, "x after the call: every entry must be put back")
compare_with_algebra((4,), 0.1)
compare_with_algebra((2, 3), 0.3)
compare_with_algebra((2, 1, 3), 0.01)
compare_with_algebra((1,), 1.0)
mixer, spot = vc.draw(rng, (5, 2), (2, 3))
def log_sum(v):
    return torch.logsumexp((torch.tensor(mixer) @ torch.tensor(v)).flatten(), dim=0).item()
tracked = torch.tensor(spot, requires_grad=True)
torch.logsumexp((torch.tensor(mixer) @ tracked).flatten(), dim=0).backward()
vc.assert_close(numerical_gradient(log_sum, spot), tracked.grad, "gradient of a log-sum-exp of a matrix product, against autograd", rtol=1e-4, atol=1e-7)
### END HIDDEN TESTS

# %% wrong="numerical-gradient" why="took the one-sided difference (f(x + h) - f(x)) / h where the centred one is asked for"
# - x[place] = old - h
# + x[place] = old
# - (2 * h)
# + h

# %% wrong="numerical-gradient" why="took the one-sided difference to the left, (f(x) - f(x - h)) / h"
# - x[place] = old + h
# + x[place] = old
# - (2 * h)
# + h

# %% wrong="numerical-gradient" why="divided by h, but the two points are 2h apart"
# - (2 * h)
# + h

# %% wrong="numerical-gradient" why="computed / 2 * h, which divides by 2 and then multiplies by h; write / (2 * h)"
# - / (2 * h)
# + / 2 * h

# %% wrong="numerical-gradient" why="did not put the entry back before going on to the next one (or lowered x itself where a copy was meant)"
# - x[place] = old                                               # put it back before the next entry

# %% wrong="numerical-gradient" why="moved all entries at once, which gives the slope along one diagonal"
def numerical_gradient(f, x, h=1e-5):
    return np.full_like(x, (f(x + h) - f(x - h)) / (2 * h))

# %% wrong="numerical-gradient" why="used a step of 1e-5 whatever h is"
# - def numerical_gradient(f, x, h=1e-5):
# + def numerical_gradient(f, x, h=1e-5):
# +     h = 1e-5

# %% wrong="numerical-gradient" why="subtracted the two values the wrong way round, so that the gradient points downhill"
# - above - below
# + below - above

# %% wrong="numerical-gradient" why="returned the gradient as one flat row and not in the shape of x"
# - return gradient
# + return gradient.ravel()

# %% wrong="numerical-gradient" why="gave f a flat row, not an array of the shape of x"
def numerical_gradient(f, x, h=1e-5):
    gradient = np.zeros(x.shape)
    for i in range(x.size):
        up, down = x.flatten(), x.flatten()
        up[i] += h
        down[i] -= h
        gradient.ravel()[i] = (f(up) - f(down)) / (2 * h)
    return gradient

# %% wrong="numerical-gradient" why="walked over x[0], x[1], …, which are whole rows and not entries when x has two axes; np.ndindex(x.shape) visits every entry"
def numerical_gradient(f, x, h=1e-5):
    gradient = np.zeros_like(x)
    for i in range(len(x)):
        old = x[i]
        x[i] = old + h
        above = f(x)
        x[i] = old - h
        below = f(x)
        x[i] = old
        gradient[i] = (above - below) / (2 * h)
    return gradient

# %% right="numerical-gradient" how="with copies of x"
def numerical_gradient(f, x, h=1e-5):
    gradient = np.empty(x.shape)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += h
        down[place] -= h
        gradient[place] = (f(up) - f(down)) / (2 * h)
    return gradient

# %% right="numerical-gradient" how="with unit vectors"
def numerical_gradient(f, x, h=1e-5):
    steps = h * np.eye(x.size).reshape(x.size, *x.shape)
    return np.array([(f(x + e) - f(x - e)) / (2 * h) for e in steps]).reshape(x.shape)

# %% right="numerical-gradient" how="with nditer and += and -="
def numerical_gradient(f, x, h=1e-5):
    gradient = np.zeros(x.shape)
    walk = np.nditer(x, flags=["multi_index"])
    while not walk.finished:
        k = walk.multi_index
        x[k] += h
        plus = f(x)
        x[k] -= 2 * h
        minus = f(x)
        x[k] += h
        gradient[k] = (plus - minus) / 2 / h
        walk.iternext()
    return gradient

# %% right="numerical-gradient" how="through the flattened array"
def numerical_gradient(f, x, h=1e-5):
    flat = x.ravel().tolist()
    def moved(k, by):
        values = list(flat)
        values[k] += by
        return f(np.array(values).reshape(x.shape))
    return np.reshape([(moved(k, h) - moved(k, -h)) / (2 * h) for k in range(x.size)], x.shape)

# %% [markdown] hint="numerical-gradient"
# `for place in np.ndindex(x.shape)` visits every entry, whatever the shape; `x[place]` reads it and `x[place] = ...` sets it.

# %% [markdown] hint="numerical-gradient"
# For each entry: remember it, set it to old + h, call `f`, set it to old - h, call `f`. What is left to do before the next entry?

# %% [markdown] hint="numerical-gradient"
# How far apart are the two points at which you called `f`? Mind the order of `/` and `*`.

# %% [markdown]
# ### How small should h be?
#
# The limit says: as small as possible.
#
# *Predict:* below, the error of the slope of $e^x$ at 1 for $h$ from 1 down to $10^{-15}$.
# Do the curves go down all the way?

# %%
steps = 10.0 ** np.arange(-15, 0.1, 0.25)
def slope_errors(kind, centred):
    """Relative error of the slope of exp at 1, for every step, computed in the given dtype."""
    x, hs = kind(1), steps.astype(kind)
    low, width = (x - hs, 2 * hs) if centred else (x, hs)
    return np.abs((np.exp(x + hs) - np.exp(low)) / width - np.e) / np.e + 1e-17

# %%
figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for kind, color in ((np.float64, "#004488"), (np.float32, "#BB5566")):
    for centred, style in ((True, "-"), (False, "--")):
        ax.loglog(steps, slope_errors(kind, centred), style, color=color, label=f"{'centred' if centred else 'one-sided'}, {np.dtype(kind)}")
ax.set(xlabel="h", ylabel="relative error", ylim=(1e-13, 10), title="Too large a step bends away, too small a step drowns in rounding")
ax.legend(fontsize=8)
ax.grid(alpha=0.3);

# %% [markdown]
# On the right the error is the curvature's, with slope 1 for the one-sided and slope 2 for the centred difference.
# On the left it is rounding: $f(x+h)$ and $f(x-h)$ agree in nearly all their digits, and the few that differ are all that is left after the subtraction.
# In float64 the centred difference is best around $10^{-5}$; in float32 it never gets good.
# Check gradients in float64.
#
# ### Slow
#
# *Predict:* your function evaluates the loss twice for every weight.
# How long would a single gradient take for our $W$ and 500 pictures?

# %%
start = time.perf_counter()
for repeat in range(5):
    dev_loss(W_walk)
seconds = (time.perf_counter() - start) / 5
print(f"{W_walk.size:,} weights, {2 * W_walk.size:,} evaluations of {1000 * seconds:.1f} ms: about {2 * W_walk.size * seconds / 60:.1f} minutes for one step")

# %% [markdown]
# And a modern network has not thirty thousand weights but billions.
# The numerical gradient is slow and approximate, and there is hardly a way to get it wrong.
# For the exact and fast one we need some calculus.

# %% [markdown]
# ## 7 · The gradient, on paper
#
# Take cross-entropy, in the form with the difference: $L_i = \log \sum_j e^{s_j} - s_{y_i}$.
# Its derivative by the score $s_k$ has two parts,
#
# $$\frac{\partial L_i}{\partial s_k} = \frac{e^{s_k}}{\sum_j e^{s_j}} - \mathbf 1[k = y_i] = p_k - \mathbf 1[k = y_i],$$
#
# and that is all there is to it: **the probabilities, minus 1 at the right class**.
# Every wrong class is pushed down as hard as it is believed, the right one is pulled up as hard as it is doubted, and the forces add up to zero.

# %%
before = np.array([2.0, 3.5, -1.0])
p = np.exp(before - before.max()) / np.exp(before - before.max()).sum()
force = p - np.array([1, 0, 0])
figure, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
ax.bar(range(3), before, color=["#BB5566", "#88AACC", "#88AACC"])
for k in range(3):
    ax.annotate("", (k, before[k] - 2 * force[k]), (k, before[k]), arrowprops=dict(arrowstyle="->", lw=2.5))
    ax.text(k + 0.08, before[k] - 1.2 * force[k] + 0.1, f"slope {force[k]:+.2f}")
ax.axhline(0, color="black", linewidth=0.8)
ax.set(xticks=range(3), xticklabels=["class 0 (right)", "class 1", "class 2"], ylabel="score", ylim=(-1.6, 4.2),
       title="Arrows: downhill. The right class is pulled up, its strongest rival pushed down");

# %% [markdown]
# From the scores to the weights: $s_k = \sum_d x_d W_{dk}$, so moving $W_{dk}$ moves the score $s_k$ by $x_d$ and no other score.
# Hence
#
# $$\frac{\partial L_i}{\partial W_{dk}} = x_d \,(p_k - \mathbf 1[k = y_i]).$$
#
# Average over the $N$ examples, and add the derivative of $\lambda \sum W_{dk}^2$, which is $2 \lambda W_{dk}$.
# If $G$ holds $p - \mathbf 1$ of each example as a row, shape $(N, C)$, the sum over examples is a product of matrices; there is only one way to multiply $X$, of shape $(N, D)$, and $G$ so that $(D, C)$ comes out.
#
# The loss whose gradient you are about to write is `softmax_loss_of_set` of section 5: mean cross-entropy, plus `reg` times the sum of *all* squared weights.

# %% [markdown]
# ### Exercise · Softmax gradient (★★★ · 15 minutes)
#
# Write `softmax_gradient(W, X, y, reg)`, the gradient of `softmax_loss_of_set` by `W`: an array of shape $(D, C)$.
# Scores may be large, so shift them as before.
# Neither `W` nor `X` is changed.

# %% solve="softmax-gradient"
def softmax_gradient(W, X, y, reg):
    """Gradient (D, C) of the mean cross-entropy plus reg times the sum of squared weights, by W (D, C)."""
    ### BEGIN SOLUTION
    scores = X @ W                                                   # (N, C)
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(X)), y] -= 1                                     # now the gradient by the scores
    return X.T @ p / len(X) + 2 * reg * W
    ### END SOLUTION

# %% check="softmax-gradient" points=4
vc.assert_close(softmax_gradient(np.zeros((1, 2)), np.array([[2.0]]), np.array([0]), 0.0), [[-1.0, 1.0]],
                "one example x = 2, two equal scores, class 0 right: 2 (0.5 - 1) and 2 (0.5 - 0)")
vc.assert_close(softmax_gradient(np.ones((2, 3)), np.zeros((4, 2)), np.array([0, 1, 2, 0]), 0.5), np.ones((2, 3)),
                "examples of zeros: only the penalty is left, 2 times 0.5 times W")
### BEGIN HIDDEN TESTS
def compare_with_autograd(rows, features, kinds, strength, size=1.0, kind=float):
    some_W, some_X = vc.draw(rng, (features, kinds), (rows, features), scale=size, dtype=kind)
    labels = rng.integers(0, kinds, rows)
    kept = some_W.copy(), some_X.copy(), labels.copy()
    leaf = torch.tensor(some_W, dtype=torch.float64, requires_grad=True)
    total = F.cross_entropy(torch.tensor(some_X, dtype=torch.float64) @ leaf, torch.tensor(labels)) + strength * (leaf ** 2).sum()
    total.backward()
    vc.assert_close(softmax_gradient(some_W, some_X, labels, strength), leaf.grad,
                    f"gradient for N = {rows}, D = {features}, C = {kinds}, reg = {strength}, against autograd", rtol=1e-4 if kind != float else 1e-6, atol=1e-6)
    assert all(np.array_equal(a, b) for a, b in zip(kept, (some_W, some_X, labels))), "W, X and y must not be changed"
compare_with_autograd(8, 5, 3, 0.0)
compare_with_autograd(8, 5, 3, 0.7)
compare_with_autograd(1, 4, 6, 0.1)
compare_with_autograd(20, 3, 10, 0.0, size=30.0)
compare_with_autograd(5, 5, 5, 0.3)
compare_with_autograd(9, 7, 4, 0.2, kind=np.float32)
wide_W, wide_X, wide_y = *vc.draw(rng, (3, 4), (6, 3)), rng.integers(0, 4, 6)
numbers = np.array(softmax_gradient(1e4 * wide_W, wide_X, wide_y, 0.0), float)
assert np.isfinite(numbers).all(), "with scores in the tens of thousands there must be neither nan nor infinity: shift before the exponential"
vc.assert_close(numbers.sum(axis=1), np.zeros(3), "over the classes the gradient adds up to zero (without penalty)", atol=1e-6)
### END HIDDEN TESTS

# %% wrong="softmax-gradient" why="forgot the 1 at the right class, so that every class is pushed down"
# - p[np.arange(len(X)), y] -= 1                                     # now the gradient by the scores

# %% wrong="softmax-gradient" why="forgot to divide by N"
# - p / len(X)
# + p

# %% wrong="softmax-gradient" why="forgot the gradient of the penalty"
# - len(X) + 2 * reg * W
# + len(X)

# %% wrong="softmax-gradient" why="forgot the factor 2 in the gradient of reg times the squared weights"
# - 2 * reg
# + reg

# %% wrong="softmax-gradient" why="divided the gradient of the penalty by N as well"
# - return X.T @ p / len(X) + 2 * reg * W
# + return (X.T @ p + 2 * reg * W) / len(X)

# %% wrong="softmax-gradient" why="turned the sign of the data part round (right class minus probabilities), so that it points downhill"
# - return X
# + return -X

# %% wrong="softmax-gradient" why="made probabilities over the examples (axis 0) and not over the classes (axis 1)"
def softmax_gradient(W, X, y, reg):
    scores = X @ W
    p = np.exp(scores - scores.max(axis=0, keepdims=True))
    p /= p.sum(axis=0, keepdims=True)
    p[np.arange(len(X)), y] -= 1
    return X.T @ p / len(X) + 2 * reg * W

# %% wrong="softmax-gradient" why="forgot keepdims=True, so that the sums of the rows do not line up with the rows"
# - p /= p.sum(axis=1, keepdims=True)
# + p = p / p.sum(axis=1)

# %% wrong="softmax-gradient" why="did not shift the scores before the exponential, which overflows"
# - scores = X @ W                                                   # (N, C)
# - p = np.exp(scores - scores.max(axis=1, keepdims=True))
# + p = np.exp(X @ W)

# %% wrong="softmax-gradient" why="returned the gradient by the scores, (N, C), without going on to the weights"
# - X.T @ p / len(X) + 2 * reg * W
# + p / len(X)

# %% wrong="softmax-gradient" why="returned the gradient transposed, (C, D)"
# - return X.T @ p / len(X) + 2 * reg * W
# + return (X.T @ p / len(X) + 2 * reg * W).T

# %% wrong="softmax-gradient" why="wrote p[:, y] -= 1, which subtracts in whole columns; each row has its own right class"
# - p[np.arange(len(X)), y]
# + p[:, y]

# %% wrong="softmax-gradient" why="multiplied W in place for the penalty and so changed the weights that were given"
# - return X.T @ p / len(X) + 2 * reg * W
# + W *= 2 * reg
# + return X.T @ p / len(X) + W

# %% right="softmax-gradient" how="with loops over the examples and classes"
def softmax_gradient(W, X, y, reg):
    dW = np.zeros(W.shape)
    for x, label in zip(X, y):
        scores = x @ W
        e = np.exp(scores - scores.max())
        for k in range(W.shape[1]):
            dW[:, k] += x * (e[k] / e.sum() - (k == label))
    return dW / len(X) + 2 * reg * W

# %% right="softmax-gradient" how="with einsum and one-hot labels"
def softmax_gradient(W, X, y, reg):
    scores = np.einsum("nd,dc->nc", X, W)
    e = np.exp(scores - scores.max(axis=1)[:, None])
    G = e / e.sum(axis=1)[:, None] - np.eye(W.shape[1])[y]
    return np.einsum("nd,nc->dc", X, G) / X.shape[0] + reg * (W + W)

# %% right="softmax-gradient" how="with scipy's softmax"
def softmax_gradient(W, X, y, reg):
    from scipy.special import softmax
    G = softmax(X @ W, axis=1)
    G[range(len(y)), y] -= 1
    G = G / len(y)
    return X.T.dot(G) + 2 * reg * W

# %% right="softmax-gradient" how="with torch's autograd"
def softmax_gradient(W, X, y, reg):
    w = torch.tensor(W, requires_grad=True)
    loss = F.cross_entropy(torch.as_tensor(X) @ w, torch.as_tensor(y)) + reg * (w * w).sum()
    return torch.autograd.grad(loss, w)[0]

# %% [markdown] hint="softmax-gradient"
# First the probabilities, shape $(N, C)$: each *row* adds up to one. Along which axis do you take the maximum and the sum, and what does `keepdims=True` do?

# %% [markdown] hint="softmax-gradient"
# `p[np.arange(N), y]` picks one entry per row, that of its right class. What has to happen to it?

# %% [markdown] hint="softmax-gradient"
# `X` is $(N, D)$, the gradient by the scores is $(N, C)$, the result is $(D, C)$. Which of the two has to be transposed, and where does the $1/N$ go?

# %% [markdown]
# ### The gradient check
#
# You now have two gradients of the same loss: one slow and certain, one fast and easy to get wrong.
# Comparing them is the most useful debugging tool in this field.
# Compare by the **relative error** $|a - n| \,/\, \max(|a|, |n|)$ or, as here, with the sum below the line; whether a difference of $10^{-4}$ is much depends on the size of the gradient.

# %%
rng_check = np.random.default_rng(0)
W_small, X_small, y_small = 0.1 * rng_check.normal(size=(6, 4)), rng_check.normal(size=(9, 6)), rng_check.integers(0, 4, 9)
by_paper = softmax_gradient(W_small, X_small, y_small, 0.1)
by_steps = numerical_gradient(lambda W: softmax_loss_of_set(W, X_small, y_small, 0.1), W_small.copy())
print(f"largest relative error, yours against yours: {vc.gradcheck.rel_error(by_paper, by_steps):.1e}")

# %% [markdown]
# How good is good?
# With float64 and a smooth loss, below $10^{-7}$ is fine; around $10^{-4}$ is suspicious unless the loss has corners; above $10^{-2}$ the gradient is wrong.
# (These bars are rules of thumb from the CS231n notes; deeper networks add up more rounding.)
#
# For large $W$ one checks a few random entries:

# %%
few_rows = X_train[:50].astype(np.float64)
W_check = 0.01 * rng_check.normal(size=(few_rows.shape[1], C))
worst = vc.gradcheck.grad_check_sparse(lambda W: softmax_loss_of_set(W, few_rows, y_train[:50], 0.1), W_check,
                                       softmax_gradient(W_check, few_rows, y_train[:50], 0.1), num_checks=5)

# %% [markdown]
# ### Where the check itself fails
#
# A red light can be the fault of the lamp.
#
# **Corners.** The SVM loss has corners.
# If one lies between $x - h$ and $x + h$, the centred difference averages the slopes of both sides, and a right gradient looks wrong.
#
# *Predict:* for $f(x) = \max(0, x)$ at $x = 10^{-6}$, what are the true slope and the centred difference with $h = 10^{-5}$?

# %%
near_corner = numerical_gradient(lambda v: max(0.0, v[0]), np.array([1e-6]))[0]
print(f"true slope 1, centred difference {near_corner:.2f}")

# %%
offsets = np.linspace(-3e-5, 3e-5, 241)
by_h = {f"h = {h_try:g}": [numerical_gradient(lambda v: max(0.0, v[0]), np.array([o]), h_try)[0] for o in offsets] for h_try in (2e-5, 1e-5, 2e-6)}
vc.curves(by_h, x=offsets, xlabel="distance from the corner", ylabel="numerical slope of max(0, x)",
          title="Within h of a corner the numerical slope is neither 0 nor 1; a smaller h, a smaller zone")

# %% [markdown]
# With few examples there are few corners, so a check of a loss with hinges uses few examples, and a single bad entry among many good ones is forgiven.
#
# **The step.** Section 6 showed it: $h$ around $10^{-5}$, float64; in float32 a right gradient can show errors of $10^{-2}$.
#
# **A strong penalty hides the data.**
# Suppose someone forgot the 1 at the right class.
#
# *Predict:* is the mistake easier to see with a strong or a weak regularization?

# %%
def forgetful_gradient(W, X, y, reg):
    """The softmax gradient of somebody who forgot the right class."""
    scores = X @ W
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    return X.T @ (e / e.sum(axis=1, keepdims=True)) / len(X) + 2 * reg * W

for reg in (0.0, 1.0, 1e3, 1e5):
    truth = numerical_gradient(lambda W: softmax_loss_of_set(W, X_small, y_small, reg), W_small.copy())
    guess = forgetful_gradient(W_small, X_small, y_small, reg)
    print(f"λ = {reg:8g}   whole-gradient error {np.linalg.norm(guess - truth) / np.linalg.norm(guess + truth):.1e}")

# %% [markdown]
# With a large $\lambda$ the penalty is nearly the whole gradient, and the check says "fine" about code that cannot learn.
# So check the data part alone first ($\lambda = 0$), then the penalty.
#
# Three more habits.
# Switch off what is random (dropout, augmentation) or fix its seed, otherwise the two sides measure two functions.
# Check at a few random places and also after a little training, because at the very first $W$ some parts may be silent.
# And remember what is checked: that the gradient belongs to this loss, not that the loss is what you meant.

# %% [markdown]
# ## 8 · Walking downhill
#
# The gradient points uphill.
# So take a step against it, look again, and repeat:
#
# $$W \leftarrow W - \eta \, \nabla L(W)$$
#
# This is **gradient descent** (Cauchy, 1847), and the step size $\eta$, the **learning rate**, is the most important number that you will ever have to choose.
#
# *Predict:* below, a long bowl and three learning rates.
# What does a step do that is too large?

# %%
bend = np.array([1.0, 12.0])                                         # curvature along each axis

def descend(rate, start=(-4.0, 1.2), steps=25):
    """Places visited by gradient descent on the bowl ½ Σ bend w²: (steps + 1, 2)."""
    places = [np.array(start)]
    for _ in range(steps):
        places.append(places[-1] - rate * bend * places[-1])
    return np.array(places)

# %%
grid_x, grid_y = np.meshgrid(np.linspace(-4.5, 4.5, 90), np.linspace(-2, 2, 90))
bowl = 0.5 * (bend[0] * grid_x ** 2 + bend[1] * grid_y ** 2)
figure, panels = plt.subplots(1, 3, figsize=(11.5, 2.9), layout="constrained")
for ax, rate, word in zip(panels, (0.01, 0.15, 0.17), ("too small: it creeps", "good, with some zigzag", "too large: it leaves the valley")):
    path = descend(rate)
    ax.contour(grid_x, grid_y, bowl, levels=12, colors="lightgray")
    ax.plot(*path.T, "o-", color="#BB5566", markersize=3)
    ax.plot(0, 0, "k*", markersize=11)
    ax.set(xlim=(-4.5, 4.5), ylim=(-2, 2), title=f"η = {rate}, {word}")
figure.suptitle("Twenty-five steps of gradient descent; the star is the bottom");

# %% [markdown]
# Along an axis with curvature $\kappa$ each step multiplies the distance from the bottom by $1 - \eta \kappa$, so everything beyond $\eta = 2/\kappa$ moves away; here the steep axis sets that limit, and the flat one has to crawl.
# What can be done about such valleys is the subject of lecture 07.
#
# ### A sample is enough
#
# The loss is a mean over all training examples.
# Must one really look at all of them for a single small step?
# The gradient is a mean too, and a mean can be estimated from a sample.
#
# *Predict:* take the gradient from a random batch of $B$ pictures in place of 4000.
# How much smaller is its error if $B$ is four times larger?

# %%
W_now = 1e-3 * np.random.default_rng(0).normal(size=W_random.shape).astype(np.float32)
full = softmax_gradient(W_now, X_train, y_train, 0.0)
rng_noise = np.random.default_rng(1)
sizes = np.array([1, 4, 16, 64, 256])

def batch_error(size):
    """Length of (batch gradient - full gradient), relative to the full one, for one random batch."""
    rows = rng_noise.integers(0, len(X_train), size)
    return np.linalg.norm(softmax_gradient(W_now, X_train[rows], y_train[rows], 0.0) - full) / np.linalg.norm(full)

noise = np.array([np.mean([batch_error(size) for _ in range(6)]) for size in sizes])

# %%
falling = {"measured": noise, "a constant / √B": np.mean(noise * np.sqrt(sizes)) / np.sqrt(sizes)}
figure = vc.curves(falling, x=sizes, xlabel="batch size B", ylabel="error of the gradient, relative to its length",
                   title="Four times the pictures, half the noise")
figure.axes[0].set(xscale="log", yscale="log")
figure

# %% [markdown]
# The error shrinks like $1/\sqrt{B}$: a hundred times the work buys only ten times the precision.
# Many rough steps therefore beat few exact ones.
#
# **Minibatch stochastic gradient descent** (SGD) takes a new random batch for every step.
# The idea of descending on noisy estimates is from Robbins and Monro (1951).
# Strictly speaking "stochastic" is a batch of one, but everybody says SGD for any batch.
# The batch size is usually a power of two that fills the memory of the machine; it is rarely worth tuning for accuracy.

# %% [markdown]
# ### Exercise · One step of minibatch SGD (★★☆ · 10 minutes)
#
# Write `sgd_step(W, X, y, gradient, learning_rate, batch_size, rng)`:
#
# - draw `batch_size` rows of `X`, with the generator `rng` (as in `rng.integers(0, N, batch_size)` or `rng.choice(N, batch_size)`; with or without replacement, both are fine),
# - call `gradient(W, X_batch, y_batch)` for them and their labels,
# - return the new weights, one step downhill, as a **new** array; `W` stays as it was.

# %% solve="sgd-step"
def sgd_step(W, X, y, gradient, learning_rate, batch_size, rng):
    """The weights after one step against gradient(W, X_batch, y_batch) of a random batch; a new array like W."""
    ### BEGIN SOLUTION
    rows = rng.integers(0, len(X), batch_size)
    return W - learning_rate * gradient(W, X[rows], y[rows])
    ### END SOLUTION

# %% [markdown]
# (The check computes beside your function, so that it can look into what `gradient` receives.)

# %% check="sgd-step" points=2
six_rows, six_labels = np.tile([2.0, 4.0], (6, 1)), np.zeros(6, int)
stepped = sgd_step(np.array([1.0, 1.0]), six_rows, six_labels, lambda W, X, y: X.mean(axis=0), 0.5, 2, np.random.default_rng(0))
vc.assert_close(stepped, [0.0, -1.0], "W = (1, 1), gradient (2, 4), learning rate 0.5: one step downhill leads to (0, -1)")
how_many = lambda W, X, y: np.full(1, float(len(X)))               # a "gradient" that tells how many rows it was asked about
vc.assert_close(sgd_step(np.zeros(1), six_rows, six_labels, how_many, 1.0, 3, np.random.default_rng(0)), [-3.0],
                "with batch_size=3 the gradient must be asked about 3 rows")
### BEGIN HIDDEN TESTS
def probe(told, start, count, batch, rate=1.0):
    fresh = np.random.default_rng(int(rng.integers(1 << 30)))
    return sgd_step(start, np.arange(float(count))[:, None], np.arange(count), told, rate, batch, fresh)
vc.assert_close(probe(lambda W, X, y: np.full(1, float(len(X) == len(y) and (X[:, 0] == y).all())), np.zeros(1), 500, 8), [-1.0],
                "each row must come with its own label: index X and y with the same rows")
vc.assert_close(probe(lambda W, X, y: np.full(1, float(len(np.unique(X)) > 1)), np.zeros(1), 500, 8), [-1.0], "a batch of 8 of 500 rows must hold different rows")
some_W = vc.draw(rng, (3, 2))
kept_W = some_W.copy()
vc.assert_close(probe(lambda W, X, y: W, some_W, 10, 4, 0.25), 0.75 * kept_W, "a gradient equal to W and the learning rate 0.25: three quarters of W are left")
vc.assert_close(some_W, kept_W, "the weights that came in must not be changed: return a new array")
vc.assert_close(probe(how_many, np.zeros(1), 50, 7), [-7.0], "a batch of 7 of 50 rows")
vc.assert_close(probe(how_many, np.zeros(1), 1, 1), [-1.0], "a batch of 1 of a single row")
visited = {float(sgd_step(np.zeros(1), np.arange(5.0)[:, None], np.arange(5), lambda W, X, y: X[0], 1.0, 2, np.random.default_rng(trial))[0]) for trial in range(200)}
assert len(visited) == 5, "in 200 random batches of 2 out of 5 rows, each row must have come up in the first place: are the rows drawn at random from all?"
def batch_sum(given_rng):
    return round(float(sgd_step(np.zeros(1), 2.0 ** np.arange(40)[:, None], np.arange(40), lambda W, X, y: X.sum(axis=0), 1.0, 5, given_rng)[0]))
one_rng = np.random.default_rng(7)
assert batch_sum(one_rng) != batch_sum(one_rng), "two calls with the same generator must draw two different batches: do not seed inside"
assert len({batch_sum(np.random.default_rng(7)) for _ in range(4)}) == 1, \
    "four generators with the same seed must lead to the same batch: draw with the rng that is given, not with np.random"
### END HIDDEN TESTS

# %% wrong="sgd-step" why="added the gradient, which climbs uphill"
def sgd_step(W, X, y, gradient, learning_rate, batch_size, rng):
    rows = rng.integers(0, len(X), batch_size)
    return W + learning_rate * gradient(W, X[rows], y[rows])

# %% wrong="sgd-step" why="used all rows, whatever batch_size is"
def sgd_step(W, X, y, gradient, learning_rate, batch_size, rng):
    return W - learning_rate * gradient(W, X, y)

# %% wrong="sgd-step" why="took the first rows every time, so that the others are never seen"
def sgd_step(W, X, y, gradient, learning_rate, batch_size, rng):
    return W - learning_rate * gradient(W, X[:batch_size], y[:batch_size])

# %% wrong="sgd-step" why="drew the rows of X and the labels separately, so that pictures get other pictures' labels"
def sgd_step(W, X, y, gradient, learning_rate, batch_size, rng):
    X_batch = X[rng.integers(0, len(X), batch_size)]
    y_batch = y[rng.integers(0, len(y), batch_size)]
    return W - learning_rate * gradient(W, X_batch, y_batch)

# %% wrong="sgd-step" why="changed W in place (W -= ...) where a new array is asked for"
# - return W - learning_rate * gradient(W, X[rows], y[rows])
# + W -= learning_rate * gradient(W, X[rows], y[rows])
# + return W

# %% wrong="sgd-step" why="forgot the learning rate"
def sgd_step(W, X, y, gradient, learning_rate, batch_size, rng):
    rows = rng.integers(0, len(X), batch_size)
    return W - gradient(W, X[rows], y[rows])

# %% wrong="sgd-step" why="returned the step alone and not the weights after it"
def sgd_step(W, X, y, gradient, learning_rate, batch_size, rng):
    rows = rng.integers(0, len(X), batch_size)
    return -learning_rate * gradient(W, X[rows], y[rows])

# %% wrong="sgd-step" why="divided the gradient by the batch size, although it is a mean already"
def sgd_step(W, X, y, gradient, learning_rate, batch_size, rng):
    rows = rng.integers(0, len(X), batch_size)
    return W - learning_rate * gradient(W, X[rows], y[rows]) / batch_size

# %% wrong="sgd-step" why="made a generator of its own with a fixed seed, which draws the same batch at every step"
def sgd_step(W, X, y, gradient, learning_rate, batch_size, rng):
    rows = np.random.default_rng(0).integers(0, len(X), batch_size)
    return W - learning_rate * gradient(W, X[rows], y[rows])

# %% wrong="sgd-step" why="drew with NumPy's global generator (np.random) and not with the rng that is given, so that no run can be repeated"
def sgd_step(W, X, y, gradient, learning_rate, batch_size, rng):
    rows = np.random.choice(len(X), batch_size)
    return W - learning_rate * gradient(W, X[rows], y[rows])

# %% wrong="sgd-step" why="drew one row and filled the whole batch with it"
def sgd_step(W, X, y, gradient, learning_rate, batch_size, rng):
    rows = np.full(batch_size, rng.integers(0, len(X)))
    return W - learning_rate * gradient(W, X[rows], y[rows])

# %% wrong="sgd-step" why="drew from the first batch_size rows only"
def sgd_step(W, X, y, gradient, learning_rate, batch_size, rng):
    rows = rng.permutation(batch_size)
    return W - learning_rate * gradient(W, X[rows], y[rows])

# %% right="sgd-step" how="with choice, without replacement"
def sgd_step(W, X, y, gradient, learning_rate, batch_size, rng):
    rows = rng.choice(X.shape[0], size=batch_size, replace=False)
    dW = gradient(W, X[rows], y[rows])
    return W - dW * learning_rate

# %% right="sgd-step" how="with a copy that is changed in place"
def sgd_step(W, X, y, gradient, learning_rate, batch_size, rng):
    rows = rng.choice(len(y), batch_size)
    W_new = W.copy()
    W_new -= learning_rate * gradient(W, X[rows], y[rows])
    return W_new

# %% right="sgd-step" how="with the head of a permutation"
def sgd_step(W, X, y, gradient, learning_rate, batch_size, rng):
    order = rng.permutation(len(X))[:batch_size]
    return np.subtract(W, learning_rate * gradient(W, X.take(order, axis=0), y.take(order)))

# %% [markdown] hint="sgd-step"
# `rng.integers(0, len(X), batch_size)` gives row numbers. How do you make sure that a picture and its label stay together?

# %% [markdown] hint="sgd-step"
# What is the difference between `W -= step` and `W = W - step` for the person who gave you `W`?

# %% [markdown]
# ### The learning rate
#
# With your two functions training is a short loop.
# (`W` starts at zero: for a linear classifier that is a fair start, for a network it is not, as lecture 06 shows.)

# %% given
def train(X, y, gradient, learning_rate, steps, batch_size=128, seed=0, watch=None):
    """W (D, C) after so many steps of sgd_step from zero, and what watch(W) said before each of them."""
    rng, W, seen = np.random.default_rng(seed), np.zeros((X.shape[1], C), dtype=X.dtype), []
    for _ in range(steps):
        if watch is not None:
            seen.append(watch(W))
        W = sgd_step(W, X, y, gradient, learning_rate, batch_size, rng)
    return W, seen

def softmax_part(W, X, y):
    """The softmax gradient with a light L2 penalty."""
    return softmax_gradient(W, X, y, 1e-3)

# %% [markdown]
# *Predict:* four learning rates, each ten times the one before or more.
# Draw the four loss curves in the air before you run the cell.

# %%
rates = (0.0003, 0.005, 0.1, 3.0)
rate_curves = {f"η = {rate:g}": train(X_train, y_train, softmax_part, rate, 100, watch=dev_loss)[1] for rate in rates}

# %%
figure = vc.curves(rate_curves, xlabel="step", ylabel="loss on 500 training pictures", title="Too small hardly moves, too large jumps about far above the start")
figure.axes[0].axhline(np.log(C), color="gray", linewidth=0.8, linestyle=":")
figure.axes[0].text(55, np.log(C), "log C ", va="bottom", ha="right", color="gray")
figure.axes[0].set(yscale="log", yticks=[2, 5, 10, 20, 40], yticklabels=[2, 5, 10, 20, 40])
figure.axes[0].minorticks_off()
figure.axes[0].legend(loc="center right", bbox_to_anchor=(1, 0.4), frameon=False)
figure

# %% [markdown]
# All four start at $\log C$.
# The smallest rate goes down in nearly a straight line: its steps are so short that the slope never changes.
# The largest overshoots the valley at every step, and its loss is many times that of guessing.
# Between the two extremes one wants the largest rate that still goes down steadily; looking for it in factors of three or ten, not in equal differences, saves time.
#
# In the next widget you can try it on a small problem where training takes a blink.
#
# Try: with the whole set as one batch, raise the learning rate until the curve breaks; then go back to a batch of 1.
# What does the curve do at a rate that was fine for the whole set?
# Then switch the horizontal axis from steps to examples seen: which batch size gets furthest for the same work?

# %% picture
vc.widgets.LearningRate(rate=0.5, batch=16)

# %% [markdown]
# ### Three strategies, one picture
#
# Time to compare with section 5.
# Gradient descent gets the same number of steps as the searches had tries, and each of its steps looks at 128 pictures where a try looked at 500.
#
# *Predict:* where does each of the three end up?

# %%
W_sgd, descent = train(X_train, y_train, softmax_part, 0.05, TRIES, watch=val_accuracy)
strategies = {"random search": random_search, "random local search": local_search, "gradient descent": descent}
vc.curves(strategies, xlabel="tries or steps", ylabel="validation accuracy", title="Knowing which way is down beats trying")

# %% [markdown]
# ### Training both losses
#
# The gradient of the SVM loss is yours to derive in assignment 1.
# Here autograd (lecture 04 explains it) takes the derivative of the library's hinge loss by the scores; from the scores to the weights the way is the same as for softmax.

# %% given
def svm_gradient(W, X, y, reg):
    """Gradient (D, C) of the mean SVM loss plus reg times the sum of squared weights."""
    scores = torch.from_numpy(X @ W).requires_grad_()
    loss = C * F.multi_margin_loss(scores, torch.from_numpy(y))
    by_scores = torch.autograd.grad(loss, scores)[0].numpy()         # (N, C)
    return X.T @ by_scores + 2 * reg * W

# %%
weights = {}
for name, gradient, rate in (("SVM", svm_gradient, 0.005), ("softmax", softmax_gradient, 0.05)):
    weights[name], _ = train(X_train, y_train, lambda W, X, y: gradient(W, X, y, 1e-3), rate, 500)
    on_train = np.mean((X_train @ weights[name]).argmax(axis=1) == y_train)
    print(f"{name:8s} training accuracy {on_train:.1%}, validation accuracy {val_accuracy(weights[name]):.1%}, guessing {1 / C:.0%}")

# %% [markdown]
# The two are about as good as each other, as promised.
#
# *Predict:* the templates (lecture 02) of the two losses: will you be able to tell them apart?
# And what will a stronger penalty do to them?

# %%
def as_pictures(W):
    """The template of each class, without its bias; gray is weight 0."""
    templates = W[:-1].T.reshape(C, *data.X_train.shape[1:])
    return 0.5 + 0.5 * templates / np.abs(templates).max(axis=(1, 2, 3), keepdims=True)

W_strong, _ = train(X_train, y_train, lambda W, X, y: softmax_gradient(W, X, y, 1.0), 0.05, 300)
rows = {"SVM": weights["SVM"], "softmax": weights["softmax"], "λ = 1": W_strong}
vc.show_images([t for W in rows.values() for t in as_pictures(W)], [f"{kind}\n{name}" for kind in rows for name in data.classes],
               title="Templates: SVM above, softmax in the middle, softmax with a strong penalty below")

# %% [markdown]
# SVM and softmax found nearly the same templates.
# The strong penalty wipes out the grain, which was fitted to single training pictures, and leaves soft blobs close to "mean of the class minus mean of all": with a penalty so strong, only directions along which many pictures agree are worth their price.

# %%
for lam in (1e-3, 1e-1, 1.0):
    W_lam, _ = train(X_train, y_train, lambda W, X, y: softmax_gradient(W, X, y, lam), 0.05, 200)
    on_train = np.mean((X_train @ W_lam).argmax(axis=1) == y_train)
    print(f"λ = {lam:6g}   training {on_train:.1%}   validation {val_accuracy(W_lam):.1%}   sum of squared weights {(W_lam ** 2).sum():.3f}")

# %% [markdown]
# The stronger the penalty, the closer the two accuracies come to each other, and the lower both.
# With a linear classifier on these pictures the trouble is not too much freedom but too little; section 9 does something about it.
#
# ### Play with it
#
# The next widget shows everything of this lecture at once, on a few points in the plane: the scores, their zero lines (the arrow says to which side the score grows), the pale band in which the winner leads by less than the margin, the loss of each point, and under each weight its gradient.
#
# Try:
#
# 1. Press *step* a few times. Which entries of the gradient shrink first?
# 2. With an SVM loss, drag a point that has loss 0 about inside its region. Which numbers change? And with softmax?
# 3. Take L2 to the far right: what becomes of the weights, the margins, the pale band?
# 4. Choose "one stray" and train with each loss. Which is disturbed most by the stray point?

# %% picture
vc.widgets.LinearClassifier(points, point_labels, loss="svm")

# %% [markdown]
# The same widget, driven by **your** `softmax_gradient`: it takes its steps with your gradient, and shows the numerical one beside it.
# A slip in your formula would show as two columns that disagree.

# %%
def my_loss(W, X, y, reg):
    """What the widget asks for: the loss and its gradient, in the form of assignment 1."""
    return softmax_loss_of_set(W, X, y, reg), softmax_gradient(W, X, y, reg)

# %% picture
vc.widgets.LinearClassifier(points, point_labels, loss=my_loss)

# %% [markdown]
# ## 9 · Better numbers than pixels
#
# A linear classifier draws straight borders through the space of its inputs.
# If the classes cannot be told apart by straight borders, there are two ways out: bend the borders (networks, from lecture 04 on) or change the space.
# For a long time, changing the space by hand *was* computer vision: compute some **features** of the picture first, then train a linear classifier on them.
#
# *Predict:* can a line separate these two classes?
# Is there another pair of coordinates in which it can?

# %%
rng_rings = np.random.default_rng(4)
ring_labels = np.repeat([0, 1], 100)
radius, turn = np.where(ring_labels == 0, 1.0, 2.2) + 0.2 * rng_rings.normal(size=200), rng_rings.uniform(-np.pi, np.pi, 200)
rings = np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1)                # (200, 2)

figure, ax = plt.subplots(figsize=(4, 4), layout="constrained")
for c, (color, marker) in enumerate((("#004488", "o"), ("#BB5566", "s"))):
    ax.scatter(*rings[ring_labels == c].T, s=16, color=color, marker=marker)
ax.set(aspect="equal", xlabel="x", ylabel="y", title="Two classes, one inside the other");

# %% [markdown]
# ### Exercise · Polar coordinates (★☆☆ · 5 minutes)
#
# Write `to_polar(points)`: each row $(x, y)$ becomes $(r, \theta)$, the distance from the origin and the angle from the positive $x$ axis in radians, counter-clockwise positive, between $-\pi$ and $\pi$.
# The origin itself has the angle 0.

# %% solve="to-polar"
def to_polar(points):
    """Rows (x, y) of points (N, 2) as rows (r, theta): (N, 2), with theta in radians between -pi and pi."""
    ### BEGIN SOLUTION
    x, y = points[:, 0], points[:, 1]
    return np.stack([np.hypot(x, y), np.arctan2(y, x)], axis=1)
    ### END SOLUTION

# %% check="to-polar" points=1
vc.assert_close(to_polar(np.array([[3.0, 0.0], [0.0, 2.0]])), [[3.0, 0.0], [2.0, np.pi / 2]], "the points (3, 0) and (0, 2), on the two axes")
vc.assert_close(to_polar(np.array([[-1.0, -1.0]])), [[np.sqrt(2), -3 * np.pi / 4]], "the point (-1, -1): the angle is -135°, not the 45° of the point opposite")
### BEGIN HIDDEN TESTS
def compare_with_complex(rows, size=1.0, kind=float):
    some = vc.draw(rng, (rows, 2), scale=size, dtype=kind)
    kept = some.copy()
    z = kept[:, 0].astype(float) + 1j * kept[:, 1]
    vc.assert_close(to_polar(some), np.stack([np.abs(z), np.angle(z)], axis=1), f"{rows} random points of size about {size:g}, against complex numbers", rtol=1e-4 if kind != float else 1e-6)
    assert np.array_equal(some, kept), "the points that came in must not be changed"
compare_with_complex(30)
compare_with_complex(2)
compare_with_complex(1)
compare_with_complex(12, size=1e6)
compare_with_complex(12, kind=np.float32)
vc.assert_close(to_polar(np.array([[0.0, 0.0], [-2.0, 0.0], [0.0, -5.0]])), [[0.0, 0.0], [2.0, np.pi], [5.0, -np.pi / 2]], "the origin, and points on the negative axes")
vc.assert_close(to_polar(np.array([[3, 4]])), [[5.0, np.arctan2(4, 3)]], "whole-number coordinates (3, 4)")
### END HIDDEN TESTS

# %% wrong="to-polar" why="used arctan of y / x, which takes opposite points for one; np.arctan2(y, x) knows the quarter"
# - return np.stack([np.hypot(x, y), np.arctan2(y, x)], axis=1)
# + with np.errstate(divide="ignore", invalid="ignore"):
# +     return np.stack([np.hypot(x, y), np.arctan(y / x)], axis=1)

# %% wrong="to-polar" why="swapped the arguments: it is np.arctan2(y, x), y first"
def to_polar(points):
    x, y = points[:, 0], points[:, 1]
    return np.stack([np.hypot(x, y), np.arctan2(x, y)], axis=1)

# %% wrong="to-polar" why="gave the angle in degrees"
def to_polar(points):
    x, y = points[:, 0], points[:, 1]
    return np.stack([np.hypot(x, y), np.degrees(np.arctan2(y, x))], axis=1)

# %% wrong="to-polar" why="put the angle first and the distance second"
def to_polar(points):
    x, y = points[:, 0], points[:, 1]
    return np.stack([np.arctan2(y, x), np.hypot(x, y)], axis=1)

# %% wrong="to-polar" why="forgot the square root of the distance"
def to_polar(points):
    x, y = points[:, 0], points[:, 1]
    return np.stack([x ** 2 + y ** 2, np.arctan2(y, x)], axis=1)

# %% wrong="to-polar" why="gave angles between 0 and 2π; here they run from -π to π"
def to_polar(points):
    x, y = points[:, 0], points[:, 1]
    return np.stack([np.hypot(x, y), np.arctan2(y, x) % (2 * np.pi)], axis=1)

# %% wrong="to-polar" why="returned one row for r and one for theta, (2, N), where one row per point is asked for"
def to_polar(points):
    x, y = points[:, 0], points[:, 1]
    return np.stack([np.hypot(x, y), np.arctan2(y, x)])

# %% wrong="to-polar" why="wrote the result into the array that was given"
def to_polar(points):
    x, y = points[:, 0].copy(), points[:, 1].copy()
    points[:, 0], points[:, 1] = np.hypot(x, y), np.arctan2(y, x)
    return points

# %% right="to-polar" how="with complex numbers"
def to_polar(points):
    z = points[:, 0] + 1j * points[:, 1]
    return np.column_stack([abs(z), np.angle(z)])

# %% right="to-polar" how="with a loop and math"
def to_polar(points):
    import math
    return np.array([[math.hypot(x, y), math.atan2(y, x)] for x, y in points.tolist()])

# %% right="to-polar" how="with torch"
def to_polar(points):
    p = torch.as_tensor(points).double()
    return torch.stack([p.norm(dim=1), torch.atan2(p[:, 1], p[:, 0])], dim=1)

# %% right="to-polar" how="with the norm and a filled array"
def to_polar(points):
    result = np.zeros(points.shape)
    result[:, 0] = np.linalg.norm(points, axis=1)
    result[:, 1] = np.arctan2(points[:, 1], points[:, 0])
    return result

# %% [markdown] hint="to-polar"
# Pythagoras gives the distance. Which of the points (1, 1) and (-1, -1) does `y / x` belong to?

# %% [markdown] hint="to-polar"
# `np.arctan2` takes two arguments; look up which comes first with `help(np.arctan2)`.

# %% [markdown]
# The same linear classifier, the same training, once on $(x, y)$ and once on your $(r, \theta)$:

# %%
def two_class_accuracy(features):
    """Share of the 200 points that a linear classifier trained on these features gets right."""
    rows = np.hstack([features, np.ones((len(features), 1))])
    W, _ = train(rows, ring_labels, softmax_part, 0.5, 500)
    return np.mean((rows @ W).argmax(axis=1) == ring_labels)

figure, panels = plt.subplots(1, 2, figsize=(8.5, 3.8), layout="constrained")
for ax, features, axes in zip(panels, (rings, to_polar(rings)), (("x", "y"), ("r", "θ"))):
    for c, (color, marker) in enumerate((("#004488", "o"), ("#BB5566", "s"))):
        ax.scatter(*features[ring_labels == c].T, s=16, color=color, marker=marker)
    ax.set(xlabel=axes[0], ylabel=axes[1], title=f"linear classifier on ({', '.join(axes)}): {two_class_accuracy(features):.0%}")
figure.suptitle("Nothing but the coordinates has changed");

# %% [markdown]
# ### Colour histogram
#
# Which coordinates would help with pictures?
# Pixels say what is *where*, and moving the object by a few of them changes nearly everything.
# A feature can throw the "where" away: count how often each colour occurs, wherever it does.
#
# A colour's **hue** is its place on the colour circle, between 0 and 1: red at 0, green at 1/3, blue at 2/3, and back to red.
# It changes little when the light gets brighter or dimmer, which is the point of using it in place of red, green and blue.
# `rgb_to_hsv` turns colours with values **from 0 to 1** into hue, saturation and value, each from 0 to 1; gray has no hue and gets 0.

# %%
strip = np.tile(hsv_to_rgb(np.stack([np.linspace(0, 1, 240, endpoint=False)] + [np.ones(240)] * 2, axis=1)), (24, 1, 1))
figure, ax = plt.subplots(figsize=(8, 1.5), layout="constrained")
ax.imshow(np.concatenate([strip, 0.35 * strip]), extent=(0, 1, 0, 2), aspect="auto")
ax.set(xlabel="hue", yticks=[0.5, 1.5], yticklabels=["dim", "bright"], title="Hue is the place on the colour circle: other light, other pixels, same hue");

# %% [markdown]
# ### Exercise · Colour histogram (★★☆ · 10 minutes)
#
# Write `color_histogram(image, bins=10)`: the share of the pixels whose hue falls into each of `bins` equal parts of the range from 0 to 1.
# `image` has shape $(H, W, 3)$ and holds floats from 0 to 1; the result has shape `(bins,)` and adds up to 1.
# Gray pixels count with the hue 0 that `rgb_to_hsv` gives them.

# %% solve="color-histogram"
def color_histogram(image, bins=10):
    """Share of the pixels of image (H, W, 3), floats from 0 to 1, with a hue in each of the equal parts of [0, 1]: (bins,)."""
    ### BEGIN SOLUTION
    hue = rgb_to_hsv(image)[:, :, 0]
    counts, _ = np.histogram(hue, bins=bins, range=(0, 1))
    return counts / hue.size
    ### END SOLUTION

# %% check="color-histogram" points=2
half_and_half = np.zeros((2, 2, 3))
half_and_half[0] = [0.0, 0.8, 0.1]                                   # the upper row greenish, hue 0.354; the lower row black, hue 0
vc.assert_close(color_histogram(half_and_half, 5), [0.5, 0.5, 0.0, 0.0, 0.0], "two black pixels (hue 0) and two green ones (hue 0.354) in 5 bins of width 0.2")
vc.assert_close(color_histogram(np.full((3, 5, 3), [0.2, 0.2, 0.9]))[6], 1.0, "a picture all blue (hue 2/3) has everything in bin 6 of 10: do the bins run from 0 to 1 whatever hues occur?")
### BEGIN HIDDEN TESTS
from skimage.color import rgb2hsv
def compare_with_skimage(height, width, parts):
    some = rng.random((height, width, 3)) * rng.random(3)
    kept = some.copy()
    wanted_counts, _ = np.histogram(rgb2hsv(kept)[..., 0].ravel(), bins=np.linspace(0, 1, parts + 1))
    vc.assert_close(color_histogram(some, parts), wanted_counts / (height * width), f"random picture of shape ({height}, {width}, 3), {parts} bins, against scikit-image")
    assert np.array_equal(some, kept), "the picture that came in must not be changed"
compare_with_skimage(32, 32, 10)
compare_with_skimage(7, 20, 10)
compare_with_skimage(11, 5, 25)
compare_with_skimage(6, 6, 4)
compare_with_skimage(1, 1, 10)
vc.assert_close(color_histogram(np.full((4, 4, 3), 0.5)), np.eye(10)[0], "a gray picture has hue 0 everywhere")
dim = rng.random((9, 9, 3))
vc.assert_close(color_histogram(0.5 * dim), color_histogram(dim), "half the light leaves the hues as they are")
### END HIDDEN TESTS

# %% wrong="color-histogram" why="returned counts and not shares of the pixels"
def color_histogram(image, bins=10):
    return np.histogram(rgb_to_hsv(image)[:, :, 0], bins=bins, range=(0, 1))[0]

# %% wrong="color-histogram" why="used the range 0 to 255, but hue runs from 0 to 1"
def color_histogram(image, bins=10):
    hue = rgb_to_hsv(image)[:, :, 0]
    return np.histogram(hue, bins=bins, range=(0, 255))[0] / hue.size

# %% wrong="color-histogram" why="let np.histogram choose the range, so that bins mean other hues in every picture"
def color_histogram(image, bins=10):
    hue = rgb_to_hsv(image)[:, :, 0]
    return np.histogram(hue, bins=bins)[0] / hue.size

# %% wrong="color-histogram" why="counted red values and not hues"
def color_histogram(image, bins=10):
    red = image[:, :, 0]
    return np.histogram(red, bins=bins, range=(0, 1))[0] / red.size

# %% wrong="color-histogram" why="counted the third channel of HSV, the brightness, and not the first, the hue"
def color_histogram(image, bins=10):
    value = rgb_to_hsv(image)[:, :, 2]
    return np.histogram(value, bins=bins, range=(0, 1))[0] / value.size

# %% wrong="color-histogram" why="counted hue, saturation and value together"
def color_histogram(image, bins=10):
    hsv = rgb_to_hsv(image)
    return np.histogram(hsv, bins=bins, range=(0, 1))[0] / hsv.size

# %% wrong="color-histogram" why="divided by the number of numbers in the picture, three per pixel, and not by the number of pixels"
def color_histogram(image, bins=10):
    return np.histogram(rgb_to_hsv(image)[:, :, 0], bins=bins, range=(0, 1))[0] / image.size

# %% wrong="color-histogram" why="used density=True, which makes the area 1 and so the sum equal to the number of bins"
def color_histogram(image, bins=10):
    return np.histogram(rgb_to_hsv(image)[:, :, 0], bins=bins, range=(0, 1), density=True)[0]

# %% wrong="color-histogram" why="took what np.histogram returns for the counts; it is a pair, the counts and the edges of the bins"
def color_histogram(image, bins=10):
    counts = np.histogram(rgb_to_hsv(image)[:, :, 0], bins=bins, range=(0, 1))
    return counts / counts.sum()

# %% wrong="color-histogram" why="returned the pair that np.histogram gives, counts and edges, where the shares alone are asked for"
def color_histogram(image, bins=10):
    return np.histogram(rgb_to_hsv(image)[:, :, 0], bins=bins, range=(0, 1))

# %% wrong="color-histogram" why="used 10 bins whatever `bins` is"
def color_histogram(image, bins=10):
    hue = rgb_to_hsv(image)[:, :, 0]
    return np.histogram(hue, bins=10, range=(0, 1))[0] / hue.size

# %% wrong="color-histogram" why="divided the picture by 255 although it holds floats from 0 to 1 already, and in place"
# - def color_histogram(image, bins=10):
# + def color_histogram(image, bins=10):
# +     image /= 255

# %% right="color-histogram" how="with bincount"
def color_histogram(image, bins=10):
    hue = rgb_to_hsv(image)[..., 0].ravel()
    which = np.minimum((hue * bins).astype(int), bins - 1)
    return np.bincount(which, minlength=bins) / len(hue)

# %% right="color-histogram" how="with a loop and colorsys"
def color_histogram(image, bins=10):
    import colorsys
    shares, pixels = [0.0] * bins, image.reshape(-1, 3).tolist()
    for r, g, b in pixels:
        hue = colorsys.rgb_to_hsv(r, g, b)[0]
        shares[min(int(hue * bins), bins - 1)] += 1 / len(pixels)
    return shares

# %% right="color-histogram" how="with scikit-image and weights"
def color_histogram(image, bins=10):
    from skimage.color import rgb2hsv
    hue = rgb2hsv(image)[:, :, 0].flatten()
    return np.histogram(hue, np.linspace(0, 1, bins + 1), weights=np.full(hue.size, 1 / hue.size))[0]

# %% right="color-histogram" how="with one comparison per bin"
def color_histogram(image, bins=10):
    hue = rgb_to_hsv(image)[:, :, 0]
    low = np.arange(bins) / bins
    return np.array([np.mean((hue >= a) & ((hue < a + 1 / bins) | (a + 1 / bins >= 1))) for a in low])

# %% [markdown] hint="color-histogram"
# `np.histogram(values, bins=..., range=...)` returns two things, the counts and the edges. What range does it take if you give none?

# %% [markdown] hint="color-histogram"
# The shares must add up to 1. How many pixels does a picture of shape $(H, W, 3)$ have?

# %% [markdown]
# ### Histogram of oriented gradients
#
# Colour says nothing about shape.
# Edges do, and lecture 01 counted them: cut the picture into cells of 8 × 8 pixels, and in each cell count the directions of the brightness edges, each by its strength.
# That is the **histogram of oriented gradients** (HOG; Dalal and Triggs, 2005): it keeps roughly *where* an edge is, and forgets exactly where.

# %%
def hog_features(image):
    """HOG of the brightness: 9 directions in cells of 8 x 8 pixels, in blocks of 2 x 2 cells (324 numbers for 32 x 32)."""
    return hog(image.mean(axis=2), orientations=9, pixels_per_cell=(8, 8), cells_per_block=(2, 2))

# %%
samples = data.X_train[:6]
drawn = [hog(image.mean(axis=2), orientations=9, pixels_per_cell=(4, 4), cells_per_block=(1, 1), visualize=True)[1] for image in samples]
pairs = [*(image / 255 for image in samples), *(np.sqrt(d / d.max()) for d in drawn)]
vc.show_images(pairs, [data.classes[label] for label in y_train[:6]] + ["its edges"] * 6, columns=6,
               title="Below: the directions of the edges in each cell, stronger ones brighter")

# %% [markdown]
# ### Bag of visual words
#
# A third idea comes from text.
# What a page is about can be guessed from how often each word occurs, in any order.
# Do pictures have words?
#
# Cut many small patches out of training pictures, and let $k$-means find $K$ typical ones: that is the dictionary (Csurka and colleagues, 2004).
# A new picture is described by how often each dictionary word is the *nearest* one to one of its patches.

# %%
def patches(images, size=6, step=4):
    """Patches of the brightness of images (N, H, W, 3), each with mean 0 and about the same contrast: (N, patches, size * size)."""
    gray = images.astype(np.float32).mean(axis=3) / 255
    windows = np.lib.stride_tricks.sliding_window_view(gray, (size, size), axis=(1, 2))[:, ::step, ::step]
    flat = windows.reshape(len(gray), -1, size * size)
    flat = flat - flat.mean(axis=2, keepdims=True)
    return flat / (np.linalg.norm(flat, axis=2, keepdims=True) + 0.1)

# %%
train_patches, val_patches, test_patches = patches(data.X_train), patches(data.X_val), patches(data.X_test)
K = 64
clusters = MiniBatchKMeans(K, random_state=0, n_init=1, batch_size=1024, max_iter=20).fit(train_patches[:300].reshape(-1, 36))
dictionary = clusters.cluster_centers_                               # (K, 36)
order = np.argsort(np.bincount(clusters.labels_, minlength=K))[::-1]                    # the most frequent word first
vc.show_images(0.5 + 1.2 * dictionary[order].reshape(K, 6, 6), columns=16, title="The dictionary: which words are edges, which are flat, which are corners?")

# %% [markdown]
# Nobody told $k$-means about edges; edges in all directions are what pictures are made of.

# %% [markdown]
# ### Exercise · Bag of visual words (★★☆ · 10 minutes)
#
# Write `bag_of_words(descriptors, words)`: `descriptors` has $M$ rows (the patches of one picture), `words` has $K$ rows (the dictionary), both with the same number of columns.
# For each descriptor find the nearest word by Euclidean distance.
# Return, for each word, the *share* of the descriptors whose nearest it is: shape $(K,)$, adding up to 1, with 0 for words that are nobody's nearest.

# %% solve="bag-of-words"
def bag_of_words(descriptors, words):
    """Share of the descriptors (M, D) whose nearest word in words (K, D) is each of them: (K,), adding up to 1."""
    ### BEGIN SOLUTION
    squared = ((descriptors[:, None, :] - words[None, :, :]) ** 2).sum(axis=2)          # (M, K)
    nearest = squared.argmin(axis=1)                                 # (M,)
    return np.bincount(nearest, minlength=len(words)) / len(descriptors)
    ### END SOLUTION

# %% check="bag-of-words" points=2
three_words = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
vc.assert_close(bag_of_words(np.array([[1.0, 1.0], [9.0, 1.0], [8.0, -1.0], [0.0, 2.0]]), three_words), [0.5, 0.5, 0.0],
                "two descriptors near word 0, two near word 1, none near word 2: three shares, the last 0")
vc.assert_close(bag_of_words(np.array([[3.0, 3.0]]), np.array([[0.0, 0.0], [3.0, 8.0]])), [1.0, 0.0], "the descriptor (3, 3) is at 4.2 from (0, 0) and at 5 from (3, 8): word 0 is nearest")
### BEGIN HIDDEN TESTS
from scipy.cluster.vq import vq
def compare_with_vq(patches_per_picture, entries, numbers, size=1.0, kind=float, shift=0.0):
    some_words, some = vc.draw(rng, (entries, numbers), (patches_per_picture, numbers), scale=size, dtype=kind)
    some_words *= kind(1.5)
    some += kind(shift)
    kept = some.copy(), some_words.copy()
    assigned, _ = vq(some, some_words)
    vc.assert_close(bag_of_words(some, some_words), np.bincount(assigned, minlength=entries) / patches_per_picture,
                    f"shares of {entries} words among {patches_per_picture} descriptors of {numbers} numbers, against scipy's vq")
    assert np.array_equal(some, kept[0]) and np.array_equal(some_words, kept[1]), "descriptors and words must not be changed"
compare_with_vq(200, 6, 3)
compare_with_vq(60, 12, 5)
compare_with_vq(1, 7, 4)
compare_with_vq(9, 1, 4)
compare_with_vq(50, 8, 8, size=100.0, shift=50.0)
compare_with_vq(40, 5, 6, kind=np.float32)
### END HIDDEN TESTS

# %% wrong="bag-of-words" why="returned counts and not shares"
def bag_of_words(descriptors, words):
    squared = ((descriptors[:, None] - words[None]) ** 2).sum(axis=2)
    return np.bincount(squared.argmin(axis=1), minlength=len(words))

# %% wrong="bag-of-words" why="took the largest dot product for the nearest, which favours long words"
def bag_of_words(descriptors, words):
    nearest = (descriptors @ words.T).argmax(axis=1)
    return np.bincount(nearest, minlength=len(words)) / len(descriptors)

# %% wrong="bag-of-words" why="measured with L1 where the Euclidean distance is asked for"
def bag_of_words(descriptors, words):
    nearest = np.abs(descriptors[:, None] - words[None]).sum(axis=2).argmin(axis=1)
    return np.bincount(nearest, minlength=len(words)) / len(descriptors)

# %% wrong="bag-of-words" why="measured the angle (cosine) where the Euclidean distance is asked for"
def bag_of_words(descriptors, words):
    unit = lambda a: a / np.maximum(np.linalg.norm(a, axis=1, keepdims=True), 1e-12)
    nearest = (unit(descriptors) @ unit(words).T).argmax(axis=1)
    return np.bincount(nearest, minlength=len(words)) / len(descriptors)

# %% wrong="bag-of-words" why="took the farthest word"
def bag_of_words(descriptors, words):
    squared = ((descriptors[:, None] - words[None]) ** 2).sum(axis=2)
    return np.bincount(squared.argmax(axis=1), minlength=len(words)) / len(descriptors)

# %% wrong="bag-of-words" why="left out the words at the end that are nobody's nearest; np.bincount needs minlength"
def bag_of_words(descriptors, words):
    squared = ((descriptors[:, None] - words[None]) ** 2).sum(axis=2)
    return np.bincount(squared.argmin(axis=1)) / len(descriptors)

# %% wrong="bag-of-words" why="divided by the number of words where the number of descriptors belongs"
def bag_of_words(descriptors, words):
    squared = ((descriptors[:, None] - words[None]) ** 2).sum(axis=2)
    return np.bincount(squared.argmin(axis=1), minlength=len(words)) / len(words)

# %% wrong="bag-of-words" why="looked for the nearest descriptor of each word, not for the nearest word of each descriptor"
def bag_of_words(descriptors, words):
    squared = ((descriptors[:, None] - words[None]) ** 2).sum(axis=2)
    return np.bincount(squared.argmin(axis=0), minlength=len(words)) / len(words)

# %% wrong="bag-of-words" why="noted only whether a word occurs, not how often"
# - return np.bincount(nearest, minlength=len(words)) / len(descriptors)
# + occurs = np.bincount(squared.argmin(axis=1), minlength=len(words)) > 0
# + return occurs / occurs.sum()

# %% wrong="bag-of-words" why="returned the number of the nearest word of each descriptor without counting"
def bag_of_words(descriptors, words):
    return ((descriptors[:, None] - words[None]) ** 2).sum(axis=2).argmin(axis=1)

# %% right="bag-of-words" how="with loops"
def bag_of_words(descriptors, words):
    shares = np.zeros(len(words))
    for d in descriptors:
        distances = [np.linalg.norm(d - w) for w in words]
        shares[int(np.argmin(distances))] += 1 / len(descriptors)
    return shares

# %% right="bag-of-words" how="with scipy's cdist"
def bag_of_words(descriptors, words):
    from scipy.spatial.distance import cdist
    nearest = cdist(descriptors, words).argmin(axis=1)
    return (nearest[:, None] == np.arange(len(words))).mean(axis=0)

# %% right="bag-of-words" how="with the expanded square"
def bag_of_words(descriptors, words):
    scores = descriptors @ words.T - 0.5 * (words ** 2).sum(axis=1)
    counts = np.zeros(len(words))
    np.add.at(counts, scores.argmax(axis=1), 1)
    return counts / counts.sum()

# %% right="bag-of-words" how="with torch"
def bag_of_words(descriptors, words):
    nearest = torch.cdist(torch.as_tensor(descriptors).double(), torch.as_tensor(words).double()).argmin(dim=1)
    return F.one_hot(nearest, len(words)).double().mean(dim=0)

# %% [markdown] hint="bag-of-words"
# `descriptors[:, None, :] - words[None, :, :]` has shape $(M, K, D)$: every descriptor minus every word. Along which axis do you add up, along which do you look for the smallest?

# %% [markdown] hint="bag-of-words"
# `np.bincount(numbers)` counts how often each of 0, 1, 2, … occurs. How long is its result if the last words never occur?

# %% [markdown]
# ### The same classifier, other numbers
#
# Now the experiment.
# The classifier stays what it was, linear with a softmax loss; only the numbers that describe a picture change.
#
# *Predict:* a histogram of ten numbers against 3072 pixels.
# Which feature alone beats the pixels, and what do all three reach together?

# %%
def describe_pictures(images, its_patches):
    """The three kinds of features of N pictures, by name."""
    return {
        "colour histogram": np.array([color_histogram(image, 10) for image in images / 255]),
        "words": np.array([bag_of_words(p, dictionary) for p in its_patches]),
        "HOG": np.array([hog_features(image) for image in images]),
    }

features_train, features_val = describe_pictures(data.X_train, train_patches), describe_pictures(data.X_val, val_patches)

# %%
def joined(features, names, reference):
    """The named features side by side, standardized with mean and spread of the training pictures, and a 1 at the end."""
    rows, known = (np.hstack([f[name] for name in names]) for f in (features, reference))
    rows = (rows - known.mean(axis=0)) / (known.std(axis=0) + 1e-6)
    return np.hstack([rows, np.ones((len(rows), 1))]).astype(np.float32)

# %%
choices = {name: [name] for name in features_train} | {"all three": list(features_train)}
accuracy = {"pixels": val_accuracy(weights["softmax"])}
for title, names in choices.items():
    W_features, _ = train(joined(features_train, names, features_train), y_train, softmax_part, 0.1, 800)
    answers = (joined(features_val, names, features_train) @ W_features).argmax(axis=1)
    accuracy[title] = np.mean(answers == y_val)

# %%
figure, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
bars = ax.barh(list(accuracy), list(accuracy.values()), color=["#88AACC", "#DDAA33", "#DDAA33", "#DDAA33", "#004488"])
ax.bar_label(bars, fmt=" {:.0%}")
ax.axvline(1 / C, color="black", linestyle=":", label="guessing")
ax.legend(loc="lower right")
ax.set(xlim=(0, 1), xlabel="validation accuracy of a linear softmax classifier", title="Where the pictures are described better, the same classifier does better")
ax.invert_yaxis();

# %% [markdown]
# The colour histogram alone is worse than the pixels: it has thrown away too much.
# Edges in cells beat the pixels clearly, and together the three do best, because each knows what the others have thrown away.
# All choices have been made on the validation set, so now, and once, the test set:

# %%
rows_test = joined(describe_pictures(data.X_test, test_patches), choices["all three"], features_train)
answers = (rows_test @ W_features).argmax(axis=1)                     # the weights of the last choice, all three
on_pixels, on_features = np.mean((X_test @ weights["softmax"]).argmax(axis=1) == y_test), np.mean(answers == y_test)
assert on_features > on_pixels + 0.05, "features should beat pixels by more than five points"
print(f"test accuracy: pixels {on_pixels:.1%}, features {on_features:.1%}")

# %% [markdown]
# Every one of these features was invented by somebody who thought hard about pictures, and around 2010 the winners of ImageNet were pipelines of exactly this kind: local features, a dictionary, a linear SVM.
# The step to the deep networks of 2012 is small to describe and was large in effect: *do not fix the features, train them too*, by the same gradient descent on the same loss.
# For that we need gradients through many layers, and that is lecture 04.

# %% [markdown]
# ## 10 · One page to keep
#
# | | multiclass SVM | cross-entropy (softmax) |
# |---|---|---|
# | loss of one example | $\sum_{j \ne y} \max(0, s_j - s_y + \Delta)$ | $\log \sum_j e^{s_j} - s_y$ |
# | reads scores as | a ranking with a margin | log-probabilities |
# | range | 0 (reached) to infinity | 0 (never reached) to infinity |
# | first loss, $W \approx 0$ | $(C - 1)\,\Delta$ | $\log C$ |
# | content when | the lead is $\Delta$ | never |
# | shape in $W$ | convex, corners | convex, smooth |
# | numerical trap | the right class in the sum | $e^{\text{large}}$, $\log 0$ |
#
# **Formulas**
#
# - Total loss $\;L = \frac{1}{N} \sum_i L_i + \lambda R(W)$; L2 $\sum W^2$ shrinks all weights, L1 $\sum |W|$ makes some exactly zero, the elastic net does both.
# - Centred difference $\;\frac{f(x + h e_k) - f(x - h e_k)}{2h}$, with $h$ about $10^{-5}$ and in float64.
# - Softmax gradient $\;\partial L_i / \partial s = p - \mathbf 1_y$, $\;\nabla_W L = \frac{1}{N} X^\top (P - Y) + 2 \lambda W$.
# - Step $\;W \leftarrow W - \eta \nabla L$; the noise of a batch of $B$ shrinks like $1/\sqrt B$.
#
# **Habits**
#
# - Look at the first loss before anything else.
# - Check a new gradient numerically, the data part with $\lambda = 0$ first, with few examples where there are corners.
# - Take the maximum off the scores before any exponential.
# - Search learning rate and $\lambda$ in factors, and look at the curve, not only at its last value.
# - If a linear classifier fails, ask whether the numbers it gets are the right ones.
#
# **Where it leads.**
# Assignment 1 (svm, softmax, features) writes these losses and gradients without loops and tunes them.
# Lecture 04 computes gradients of anything that is built from simple parts.
#
# ### Further reading
#
# - Cauchy (1847), *Méthode générale pour la résolution des systèmes d'équations simultanées*: gradient descent.
# - Robbins, Monro (1951), *A stochastic approximation method*: descent on noisy estimates.
# - Hoerl, Kennard (1970), *Ridge regression*; Tibshirani (1996), *Regression shrinkage and selection via the lasso*; Zou, Hastie (2005), *Regularization and variable selection via the elastic net*.
# - Weston, Watkins (1999), *Support vector machines for multi-class pattern recognition*; Crammer, Singer (2001), *On the algorithmic implementation of multiclass kernel-based vector machines*.
# - Csurka, Dance, Fan, Willamowski, Bray (2004), *Visual categorization with bags of keypoints*.
# - Dalal, Triggs (2005), *Histograms of oriented gradients for human detection*.
# - Bottou (2012), *Stochastic gradient descent tricks*.
