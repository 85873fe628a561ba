# %% [markdown]
# # Practice
#
# Four small exercises, for the tests of the grader.

# %% given
import numpy as np
import torch
import matplotlib.pyplot as plt
import visioncourse as vc

vc.setup("a9/practice")

# %% [markdown]
# ### Exercise 1 · Softmax (★☆☆ · 5 minutes)
# Rows of scores become rows of probabilities.

# %% solve="softmax"
def softmax(scores):
    """Probabilities (N, C) from scores (N, C)."""
    ### BEGIN SOLUTION
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    ### END SOLUTION
    return probabilities

# %% check="softmax" points=3
assert np.allclose(softmax(np.zeros((1, 2))), 0.5), "two equal scores are two halves"
### BEGIN HIDDEN TESTS
scores = vc.draw(rng, (5, 7), scale=3.0)
vc.assert_close(softmax(scores), torch.softmax(torch.tensor(scores), dim=1), "probabilities")
vc.assert_close(softmax(scores + 1000), torch.softmax(torch.tensor(scores), dim=1), "probabilities of large scores")
### END HIDDEN TESTS

# %% wrong="softmax" why="forgot to divide by the sum"
def softmax(scores):
    return np.exp(scores - scores.max(axis=1, keepdims=True))

# %% wrong="softmax" why="summed over all rows at once"
def softmax(scores):
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()

# %% wrong="softmax" why="took the exponential of large numbers, which overflows"
def softmax(scores):
    powers = np.exp(scores)
    return powers / powers.sum(axis=1, keepdims=True)

# %% right="softmax" how="with a loop"
def softmax(scores):
    return np.array([np.exp(s - s.max()) / np.exp(s - s.max()).sum() for s in scores])

# %% right="softmax" how="with torch"
def softmax(scores):
    return torch.softmax(torch.as_tensor(scores), dim=1).numpy()

# %% [markdown]
# ### Exercise 2 · Cross-entropy (★☆☆ · 5 minutes)
# The mean of the negative logarithms of the right classes' probabilities.

# %% solve="cross-entropy"
def cross_entropy(scores, labels):
    """Mean loss of scores (N, C) for labels (N,)."""
    ### BEGIN SOLUTION
    loss = -np.log(softmax(scores)[np.arange(len(labels)), labels]).mean()
    ### END SOLUTION
    return loss

# %% check="cross-entropy" points=2
vc.assert_close(cross_entropy(np.zeros((2, 4)), np.array([0, 3])), 1.3862943611198906, "four equal scores lose ln 4")
### BEGIN HIDDEN TESTS
scores, labels = vc.draw(rng, (6, 3)), rng.integers(0, 3, 6)
vc.assert_close(cross_entropy(scores, labels), torch.nn.functional.cross_entropy(torch.tensor(scores), torch.tensor(labels)), "loss")
### END HIDDEN TESTS

# %% wrong="cross-entropy" why="forgot the minus sign"
def cross_entropy(scores, labels):
    return np.log(softmax(scores)[np.arange(len(labels)), labels]).mean()

# %% wrong="cross-entropy" why="took the sum, not the mean"
def cross_entropy(scores, labels):
    return -np.log(softmax(scores)[np.arange(len(labels)), labels]).sum()

# %% right="cross-entropy" how="with a loop"
def cross_entropy(scores, labels):
    p = softmax(scores)
    return sum(-np.log(p[i, y]) for i, y in enumerate(labels)) / len(labels)

# %% right="cross-entropy" how="in one go"
def cross_entropy(scores, labels):
    top = scores.max(axis=1, keepdims=True)
    return (np.log(np.exp(scores - top).sum(axis=1)) + top[:, 0] - scores[np.arange(len(labels)), labels]).mean()

# %% [markdown]
# ### Exercise 3 · Distances (★★☆ · 5 minutes)
# Without a loop.

# %% solve="distances" policy="no-python-loops"
def distances(a, b):
    """Euclidean distances (N, M) of the rows of a (N, D) and b (M, D)."""
    ### BEGIN SOLUTION
    gaps = a[:, None, :] - b[None, :, :]
    found = np.sqrt((gaps ** 2).sum(axis=2))
    ### END SOLUTION
    return found

# %% check="distances" points=3
assert distances(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0]])).tolist() == [[5.0]], "the 3-4-5 triangle"
### BEGIN HIDDEN TESTS
a, b = vc.draw(rng, (30, 4), (40, 4))
vc.assert_close(distances(a, b), torch.cdist(torch.tensor(a), torch.tensor(b)), "distance matrix")
### END HIDDEN TESTS

# %% wrong="distances" why="forgot the square root"
def distances(a, b):
    return ((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=2)

# %% wrong="distances" why="added up absolute values"
def distances(a, b):
    return np.abs(a[:, None, :] - b[None, :, :]).sum(axis=2)

# %% right="distances" how="with a norm"
def distances(a, b):
    return np.linalg.norm(a[:, None] - b[None], axis=-1)

# %% right="distances" how="with einsum"
def distances(a, b):
    gaps = a[:, None] - b[None]
    return np.sqrt(np.einsum("nmd,nmd->nm", gaps, gaps))

# %% [markdown]
# ### Exercise 4 · A step (★★☆ · 5 minutes)
# One step of gradient descent, in place.

# %% given
class Model:
    def __init__(self, size):
        self.w = np.zeros(size)

# %% solve="step"
@vc.add_to(Model)
def step(self, gradient, rate):
    """Change self.w (D,) by one step against gradient(w) and return its new length."""
    ### BEGIN SOLUTION
    self.w = self.w - rate * gradient(self.w)
    ### END SOLUTION
    return float(np.sqrt((self.w ** 2).sum()))

# %% check="step" points=2
model = Model(2)
assert model.step(lambda w: w + 3.0, 0.5) > 2, "the model must move"
### BEGIN HIDDEN TESTS
goal = vc.draw(rng, (5,))
model = Model(5)
for number in range(3):
    model.step(lambda w: w - goal, 0.5)
vc.assert_close(model.w, goal * 0.875, "three half steps to the goal")
### END HIDDEN TESTS

# %% wrong="step" why="went uphill"
@vc.add_to(Model)
def step(self, gradient, rate):
    self.w = self.w + rate * gradient(self.w)
    return float(np.sqrt((self.w ** 2).sum()))

# %% wrong="step" why="forgot the rate"
@vc.add_to(Model)
def step(self, gradient, rate):
    self.w = self.w - gradient(self.w)
    return float(np.sqrt((self.w ** 2).sum()))

# %% right="step" how="in place"
@vc.add_to(Model)
def step(self, gradient, rate):
    self.w -= rate * gradient(self.w)
    return float(np.linalg.norm(self.w))

# %% right="step" how="with two names"
@vc.add_to(Model)
def step(self, gradient, rate):
    slope = gradient(self.w)
    self.w = self.w - rate * slope
    return float(np.sqrt(np.sum(self.w ** 2)))

# %% [markdown] hint="step"
# Downhill is against the gradient.

# %% [markdown]
# Why subtract?

# %% [markdown] answer="why-minus" points=1
# Because the gradient points uphill.
