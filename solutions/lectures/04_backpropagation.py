# %% [markdown]
# # Lecture 04 · Backpropagation
#
# *A network has a million numbers inside and one number at its end that says how wrong it was.*
# *Which way should each of the million move?*
# *You could nudge them one at a time and look; this lecture shows how to know for all of them after one look.*
#
# When you have worked through it, you will be able to
#
# - draw any formula as a graph, send values forward and gradients backward, and say at each node what is local and what comes from upstream;
# - explain in a word each what the gates add, mul, max and sigmoid do to a gradient;
# - build, in a page of code, a `Value` that differentiates whatever you compute with it, and train a small net with it;
# - say why nobody ever forms a Jacobian, and write the backward pass of a matrix product from the shapes alone;
# - write forward and backward passes in the form that all assignments use;
# - derive every gradient of a two-layer net, check it, and say what its hidden units buy.
#
# {{contents}}
#
# Below each exercise stands a cell with `vc.check`: it tells you at once whether your code is right and, if not, what probably went wrong.
# `vc.hint("gate-add")` opens the hints of an exercise one by one, and `vc.progress()` draws what you have done.

# %% given
import time

import matplotlib.pyplot as plt
import numpy as np
import torch

import visioncourse as vc

vc.setup("lectures/04_backpropagation")

# %% [markdown]
# ## 1 · What does each knob do?
#
# Lecture 03 ended with a rule: move every weight a little against its gradient, again and again.
# It also had a way to find a gradient without any thought: nudge one weight, compute the loss again, compare.
#
# *Predict:* a net looks at pictures of 32 × 32 × 3 numbers with 100 hidden units and answers with 10 scores.
# How long would nudging take for **one** step of gradient descent, if one look at the data takes a millisecond?

# %%
weights = 3072 * 100 + 100 + 100 * 10 + 10
looks = 2 * weights                                   # each weight is nudged up and down
print(f"{weights:,} weights, {looks:,} looks at the data, {looks * 0.001 / 60:.0f} minutes for one step")

# %% [markdown]
# And that is a small net.
# **Backpropagation** finds the same numbers, all of them, for about the price of two more looks.
# There is no trick in it but the chain rule, used in the right order.
#
# ### A formula is a graph
#
# Take a formula that is small enough to hold in the hand:
#
# $$f(x, y, z) = (x + y)\, z$$
#
# Give the sum in the middle a name, and each line does one thing:

# %%
def f_of(x, y, z):
    q = x + y
    return q * z

f_of(-2.0, 5.0, -4.0)

# %% [markdown]
# *Predict:* raise $x$ from -2 by a thousandth.
# Does $f$ rise or fall, and by how many times as much?
# And what if you raise $y$, or $z$, in its place?

# %%
h = 0.001
print(f"x: f moves {(f_of(-2 + h, 5, -4) - f_of(-2, 5, -4)) / h:.3f} times as fast")
print(f"y: f moves {(f_of(-2, 5 + h, -4) - f_of(-2, 5, -4)) / h:.3f} times as fast")
print(f"z: f moves {(f_of(-2, 5, -4 + h) - f_of(-2, 5, -4)) / h:.3f} times as fast")

# %% [markdown]
# These three numbers are the **gradient** of $f$ at this point.
# Each says how many times as fast as its input the output moves; one writes $\partial f / \partial x$ for it, "how fast $f$ moves with $x$".
#
# Now the same without nudging.
# The product alone is easy: $f = q z$ moves $z$ times as fast as $q$, and $q$ times as fast as $z$.
# The sum alone is easier still: $q = x + y$ moves exactly as fast as $x$.
#
# $$\frac{\partial f}{\partial q} = z \qquad \frac{\partial f}{\partial z} = q \qquad \frac{\partial q}{\partial x} = 1 \qquad \frac{\partial q}{\partial y} = 1$$
#
# What does $x$ do to $f$, then?
# $q$ moves once as fast as $x$, and $f$ moves $z$ times as fast as $q$, so the speeds multiply.
# That is the **chain rule**:
#
# $$\frac{\partial f}{\partial x} = \underbrace{\frac{\partial q}{\partial x}}_{\text{local}} \cdot \underbrace{\frac{\partial f}{\partial q}}_{\text{upstream}} = 1 \cdot z$$
#
# Two words to keep.
# The **local gradient** belongs to one node alone: how fast its output moves with each of its inputs.
# The **upstream gradient** is what comes back to it from the end: how fast the final result moves with the node's output.
# Their product is handed on.
# No node needs to know what the rest of the graph looks like.

# %% [markdown]
# ### Step through it
#
# In the picture every card is a node: its name and gate, below in blue its value, below in red the gradient of the result with respect to it.
#
# *Predict* each number before you press **step**; begin with **start**.
# Then change an input and predict again.

# %% picture
vc.widgets.GraphStepper("f = (x + y) z")

# %% [markdown]
# Values go forward, from the inputs to the result; gradients come back, from the result to the inputs.
# One pass each way, and every node has its number, not the inputs alone.
#
# ## 2 · Four gates
#
# A node that computes is called a **gate**.
# From here on a gate is a function that returns two things: its output, and a tuple with one local gradient for each input.
# Here is one that you do not have to write:

# %%
def sub_gate(x, y):
    """x - y, and its local gradients by x and by y."""
    return x - y, (1.0, -1.0)

sub_gate(7.0, 2.0)

# %% [markdown]
# ### Exercise · The add gate (★☆☆ · 3 minutes)
#
# Write `add_gate(x, y)` in the same form, for two numbers.

# %% solve="gate-add"
def add_gate(x, y):
    """x + y, and the tuple of its local gradients by x and by y."""
    ### BEGIN SOLUTION
    return x + y, (1.0, 1.0)
    ### END SOLUTION

# %% check="gate-add" points=1
answer = add_gate(2.0, 5.0)
assert isinstance(answer, (tuple, list)) and len(answer) == 2, "a gate returns two things: its output, and one tuple with all local gradients"
output, slopes = answer
assert output == 7, "the output of the add gate is the sum"
vc.assert_close(slopes, [1.0, 1.0], "local gradients of 2 + 5: the sum moves exactly as fast as either input")
### BEGIN HIDDEN TESTS
def compare_with_nudging(p, q):
    output, slopes = add_gate(p, q)
    vc.assert_close(output, np.sum([p, q]), f"output of the add gate for {p:.3g} and {q:.3g}")
    found = [(np.sum([p + 1e-5, q]) - np.sum([p - 1e-5, q])) / 2e-5, (np.sum([p, q + 1e-5]) - np.sum([p, q - 1e-5])) / 2e-5]
    vc.assert_close(slopes, found, f"local gradients of {p:.3g} + {q:.3g}, against nudging", atol=1e-6)

compare_with_nudging(*vc.draw(rng, (2,), scale=3.0).tolist())
compare_with_nudging(*vc.draw(rng, (2,), scale=3.0).tolist())
compare_with_nudging(0.0, 0.0)
compare_with_nudging(-1.5, 0.0)
### END HIDDEN TESTS

# %% wrong="gate-add" why="gave each input its own value as local gradient; ask how fast the sum moves, not how large the input is"
def add_gate(x, y):
    return x + y, (x, y)

# %% wrong="gate-add" why="exchanged the inputs, which is what a mul gate does"
def add_gate(x, y):
    return x + y, (y, x)

# %% wrong="gate-add" why="shared one unit of gradient out between the inputs; each of them moves the sum by the whole amount"
def add_gate(x, y):
    return x + y, (0.5, 0.5)

# %% wrong="gate-add" why="gave the output itself as local gradient"
def add_gate(x, y):
    return x + y, (x + y, x + y)

# %% wrong="gate-add" why="returned one local gradient, where each of the two inputs needs its own"
def add_gate(x, y):
    return x + y, (1.0,)

# %% wrong="gate-add" why="gave the add gate the gradients of a difference"
def add_gate(x, y):
    return x + y, (1.0, -1.0)

# %% wrong="gate-add" why="returned the local gradients without the output"
def add_gate(x, y):
    return 1.0, 1.0

# %% wrong="gate-add" why="returned three separate results; the two local gradients belong together in one tuple"
def add_gate(x, y):
    return x + y, 1.0, 1.0

# %% wrong="gate-add" why="computed the sum and did not return it"
def add_gate(x, y):
    x + y, (1.0, 1.0)

# %% right="gate-add" how="with whole numbers in a list"
def add_gate(x, y):
    return sum([x, y]), [1, 1]

# %% right="gate-add" how="with a list of the two things"
def add_gate(x, y):
    return [x + y, (1.0, 1.0)]

# %% right="gate-add" how="with NumPy"
def add_gate(x, y):
    inputs = np.array([x, y])
    return inputs.sum(), np.ones_like(inputs)

# %% right="gate-add" how="with torch"
def add_gate(x, y):
    import torch
    a, b = torch.tensor(x, dtype=torch.float64, requires_grad=True), torch.tensor(y, dtype=torch.float64, requires_grad=True)
    out = a + b
    out.backward()
    return out.item(), (a.grad.item(), b.grad.item())

# %% [markdown] hint="gate-add"
# Raise $x$ by a thousandth and leave $y$ alone. By how much does $x + y$ rise? Does the answer depend on $x$ or $y$?

# %% [markdown]
# So the add gate hands the upstream gradient to both inputs, unchanged: it is a **distributor**.
#
# ### Exercise · The mul gate (★☆☆ · 3 minutes)
#
# Write `mul_gate(x, y)`, the product and its two local gradients.

# %% solve="gate-mul"
def mul_gate(x, y):
    """x * y, and the tuple of its local gradients by x and by y."""
    ### BEGIN SOLUTION
    return x * y, (y, x)
    ### END SOLUTION

# %% check="gate-mul" points=1
answer = mul_gate(3.0, -4.0)
assert isinstance(answer, (tuple, list)) and len(answer) == 2, "a gate returns two things: its output, and one tuple with all local gradients"
output, slopes = answer
assert output == -12, "the output of the mul gate is the product"
vc.assert_close(slopes, [-4.0, 3.0], "local gradients of 3 times -4: raise the 3 by one, and the product moves by -4")
### BEGIN HIDDEN TESTS
def compare_with_nudging(p, q):
    output, slopes = mul_gate(p, q)
    vc.assert_close(output, np.prod([p, q]), f"output of the mul gate for {p:.3g} and {q:.3g}")
    found = [(np.prod([p + 1e-5, q]) - np.prod([p - 1e-5, q])) / 2e-5, (np.prod([p, q + 1e-5]) - np.prod([p, q - 1e-5])) / 2e-5]
    vc.assert_close(slopes, found, f"local gradients of {p:.3g} times {q:.3g}, against nudging", atol=1e-6)

compare_with_nudging(*vc.draw(rng, (2,), scale=3.0).tolist())
compare_with_nudging(*vc.draw(rng, (2,), scale=3.0).tolist())
compare_with_nudging(0.0, 2.5)
compare_with_nudging(-1.5, 0.0)
### END HIDDEN TESTS

# %% wrong="gate-mul" why="gave each input its own value as local gradient; the product moves with one input as fast as the *other* one is large"
def mul_gate(x, y):
    return x * y, (x, y)

# %% wrong="gate-mul" why="used the local gradients of the add gate"
def mul_gate(x, y):
    return x * y, (1.0, 1.0)

# %% wrong="gate-mul" why="left out the local gradient of the second input, as if it were a constant"
def mul_gate(x, y):
    return x * y, (y, 0.0)

# %% wrong="gate-mul" why="gave the output itself as local gradient"
def mul_gate(x, y):
    return x * y, (x * y, x * y)

# %% wrong="gate-mul" why="gave both inputs the same local gradient"
def mul_gate(x, y):
    return x * y, (y, y)

# %% wrong="gate-mul" why="divided the output by the input, which fails where the input is 0"
def mul_gate(x, y):
    return x * y, (x * y / x, x * y / y)

# %% wrong="gate-mul" why="added both derivatives up; each input has a local gradient of its own"
def mul_gate(x, y):
    return x * y, (x + y, x + y)

# %% right="gate-mul" how="by nudging exactly: a product is a straight line in each input"
def mul_gate(x, y):
    return x * y, ((x + 1) * y - x * y, x * (y + 1) - x * y)

# %% right="gate-mul" how="with NumPy"
def mul_gate(x, y):
    inputs = np.array([x, y])
    return inputs.prod(), inputs[::-1]

# %% right="gate-mul" how="with torch"
def mul_gate(x, y):
    import torch
    a, b = torch.tensor(x, dtype=torch.float64, requires_grad=True), torch.tensor(y, dtype=torch.float64, requires_grad=True)
    out = a * b
    return out.item(), tuple(g.item() for g in torch.autograd.grad(out, (a, b)))

# %% [markdown] hint="gate-mul"
# A rectangle is 3 wide and 4 high. Make it one wider: how much area is new? Which of the two sides says so?

# %% [markdown]
# The mul gate is a **switcher**: each input gets the upstream gradient times the value of the *other* one.
# That has a consequence for data.
#
# *Predict:* in $w \cdot x$, the input $x$ is measured in millimetres in place of metres, so it is a thousand times larger.
# What becomes of the gradient of the weight $w$?

# %%
for unit, x_value in (("metres", 1.8), ("millimetres", 1800.0)):
    product, (by_w, by_x) = mul_gate(0.5, x_value)
    print(f"x in {unit:12s} local gradient of w: {by_w}")

# %% [markdown]
# A thousand times larger too: a step that was right before now overshoots a thousandfold.
# This is why lecture 06 spends time on preprocessing.
#
# ### Exercise · The max gate (★☆☆ · 5 minutes)
#
# Write `max_gate(x, y)`, the larger of two numbers and its two local gradients.
#
# *Predict first:* the maximum of 3 and -4 is 3.
# Nudge the 3, then nudge the -4: how fast does the maximum move each time?
#
# Where both inputs are equal the maximum has a corner, and the gradient may be split in any way whose two parts are not negative and add up to 1.
# Any such choice is accepted (PyTorch's `torch.maximum` gives each half).

# %% solve="gate-max"
def max_gate(x, y):
    """The larger of x and y, and the tuple of its local gradients by x and by y."""
    ### BEGIN SOLUTION
    return (x, (1.0, 0.0)) if x >= y else (y, (0.0, 1.0))
    ### END SOLUTION

# %% check="gate-max" points=1
answer = max_gate(3.0, -4.0)
assert isinstance(answer, (tuple, list)) and len(answer) == 2, "a gate returns two things: its output, and one tuple with all local gradients"
output, slopes = answer
assert output == 3, "the output of the max gate is the larger input"
vc.assert_close(slopes, [1.0, 0.0], "local gradients of max(3, -4): only a nudge of the winner is noticed, and that one fully")
### BEGIN HIDDEN TESTS
def compare_with_nudging(p, q):
    output, slopes = max_gate(p, q)
    vc.assert_close(output, np.max([p, q]), f"output of the max gate for {p:.3g} and {q:.3g}")
    found = [(np.max([p + 1e-5, q]) - np.max([p - 1e-5, q])) / 2e-5, (np.max([p, q + 1e-5]) - np.max([p, q - 1e-5])) / 2e-5]
    vc.assert_close(slopes, found, f"local gradients of max({p:.3g}, {q:.3g}), against nudging", atol=1e-6)

def compare_at_a_tie(p):
    answer = max_gate(p, p)
    assert isinstance(answer, (tuple, list)) and len(answer) == 2, "two equal inputs need an answer too"
    output, slopes = answer
    vc.assert_close(output, p, f"output of the max gate for {p:.3g} and {p:.3g}")
    vc.assert_close(np.sum(slopes), 1.0, "sum of the two local gradients at a tie: none may be lost and none counted twice")
    assert np.min(slopes) >= 0, "at a tie, neither part may be negative"

low, gap = rng.normal(scale=3), rng.uniform(0.5, 2)
compare_with_nudging(low, low + gap)
compare_with_nudging(low + gap, low)
compare_with_nudging(-5.0, 0.0)
compare_with_nudging(-1.0, -2.0)
compare_with_nudging(0.25, 0.5)
compare_at_a_tie(rng.normal())
compare_at_a_tie(0.0)
### END HIDDEN TESTS

# %% wrong="gate-max" why="exchanged the two local gradients: the winner gets the 1"
def max_gate(x, y):
    return (x, (0.0, 1.0)) if x >= y else (y, (1.0, 0.0))

# %% wrong="gate-max" why="gave the winner its own value; the maximum moves exactly as fast as the winner does"
def max_gate(x, y):
    return (x, (x, 0.0)) if x >= y else (y, (0.0, y))

# %% wrong="gate-max" why="gave both inputs a local gradient of 1, though the loser does not move the maximum"
def max_gate(x, y):
    return max(x, y), (1.0, 1.0)

# %% wrong="gate-max" why="split the gradient in halves everywhere; that is one right answer at a tie and wrong everywhere else"
def max_gate(x, y):
    return max(x, y), (0.5, 0.5)

# %% wrong="gate-max" why="lost the gradient at a tie, where neither `x > y` nor `y > x` holds"
def max_gate(x, y):
    return max(x, y), (float(x > y), float(y > x))

# %% wrong="gate-max" why="counted the gradient twice at a tie, where both `x >= y` and `y >= x` hold"
def max_gate(x, y):
    return max(x, y), (float(x >= y), float(y >= x))

# %% wrong="gate-max" why="returned nothing where both inputs are equal: neither `if` holds there"
def max_gate(x, y):
    if x > y:
        return x, (1.0, 0.0)
    if y > x:
        return y, (0.0, 1.0)

# %% wrong="gate-max" why="compared sizes without sign, so that -4 beats 3"
def max_gate(x, y):
    return (x, (1.0, 0.0)) if abs(x) >= abs(y) else (y, (0.0, 1.0))

# %% wrong="gate-max" why="asked whether an input is positive in place of which one is larger"
def max_gate(x, y):
    return max(x, y), (float(x > 0), float(y > 0))

# %% right="gate-max" how="with a tie that goes to the second input"
def max_gate(x, y):
    first = float(x > y)
    return max(x, y), (first, 1 - first)

# %% right="gate-max" how="with halves at a tie"
def max_gate(x, y):
    by_x = 0.5 * (1 + np.sign(x - y))
    return np.maximum(x, y), (by_x, 1 - by_x)

# %% right="gate-max" how="with argmax"
def max_gate(x, y):
    winner = int(np.argmax([x, y]))
    slopes = [0.0, 0.0]
    slopes[winner] = 1.0
    return [x, y][winner], tuple(slopes)

# %% right="gate-max" how="with torch"
def max_gate(x, y):
    import torch
    a, b = torch.tensor(x, dtype=torch.float64, requires_grad=True), torch.tensor(y, dtype=torch.float64, requires_grad=True)
    out = torch.maximum(a, b)
    return out.item(), tuple(g.item() for g in torch.autograd.grad(out, (a, b)))

# %% [markdown] hint="gate-max"
# Two jumpers, and only the higher jump counts. If the lower one rises by a centimetre, what does the result notice? And if the higher one does?

# %% [markdown] hint="gate-max"
# Try `max_gate(1.0, 1.0)`. Do your two local gradients add up to 1?

# %% [markdown]
# The max gate is a **router**: it sends the whole upstream gradient to the winner and nothing to the loser.
# The rectified linear unit of section 4, $\max(0, x)$, is this gate with a constant on one side.
#
# ### Any piece of a graph may be one gate
#
# The **sigmoid** squashes every number into the range from 0 to 1:
#
# $$\sigma(x) = \frac{1}{1 + e^{-x}}$$
#
# One can build it from four small gates: times -1, exp, plus 1, one over.

# %% picture
vc.widgets.GraphStepper("sigmoid, taken apart")

# %% [markdown]
# All those steps for the gradient of one input.
# Do the algebra once, and the whole chain becomes a single gate whose local gradient needs nothing but its own output:
#
# $$\frac{d\sigma}{dx} = \frac{e^{-x}}{(1 + e^{-x})^2} = \frac{1}{1 + e^{-x}} \cdot \frac{e^{-x}}{1 + e^{-x}} = \sigma(x)\,\bigl(1 - \sigma(x)\bigr)$$
#
# Where to draw the border of a gate is a matter of convenience: any piece whose local gradient is easy to write may be one.
#
# *Predict:* at which $x$ does the sigmoid let most of the upstream gradient through, and how much of it?

# %%
line = np.linspace(-8, 8, 161)
s = 1 / (1 + np.exp(-line))
vc.curves({"sigmoid": s, "its local gradient": s * (1 - s)}, x=line, xlabel="x", ylabel="",
          title=f"The sigmoid passes on at most {np.max(s * (1 - s)):.2f} of the gradient, and almost nothing far from 0")

# %% [markdown]
# A chain of sigmoids therefore starves whatever lies before it.
# *Predict:* what is left of a gradient of 1 after ten sigmoids in a row, at best?

# %%
print(f"after 10 sigmoids at most {0.25 ** 10:.1e} of the gradient is left")

# %% [markdown]
# Lecture 06 comes back to this; it is one reason why nets with many sigmoid layers were so hard to train.
#
# ### Exercise · The sigmoid gate (★★☆ · 5 minutes)
#
# Write `sigmoid_gate(x)`: the output and the tuple of local gradients, which now has one entry.
# It must survive large inputs of either sign: `math.exp(1000)` is an error, and `exp(1000) / (1 + exp(1000))` is no number.

# %% solve="gate-sigmoid"
def sigmoid_gate(x):
    """1 / (1 + e^-x), and the tuple of its one local gradient, (slope,)."""
    ### BEGIN SOLUTION
    small = np.exp(-abs(x))                           # never more than 1
    s = 1 / (1 + small) if x >= 0 else small / (1 + small)
    return s, (s * (1 - s),)
    ### END SOLUTION

# %% check="gate-sigmoid" points=1
answer = sigmoid_gate(0.0)
assert isinstance(answer, (tuple, list)) and len(answer) == 2, "a gate returns two things: its output, and one tuple with all local gradients"
output, slopes = answer
assert output == 0.5, "the sigmoid of 0 is one half"
vc.assert_close(slopes, [0.25], "local gradients of the sigmoid at 0, a tuple with one entry")
### BEGIN HIDDEN TESTS
from scipy.special import expit
def compare_with_nudging(p):
    output, slopes = sigmoid_gate(p)
    vc.assert_close(output, expit(p), f"output of the sigmoid gate at {p:.3g}")
    vc.assert_close(slopes, [(expit(p + 1e-5) - expit(p - 1e-5)) / 2e-5], f"local gradients of the sigmoid gate at {p:.3g}, against nudging", atol=1e-6)

compare_with_nudging(rng.normal())
compare_with_nudging(rng.uniform(1, 3))
compare_with_nudging(rng.uniform(-3, -1))
compare_with_nudging(1000.0)
compare_with_nudging(-1000.0)
### END HIDDEN TESTS

# %% wrong="gate-sigmoid" why="put the input where the output belongs: the local gradient is s (1 - s) with s the *output*"
def sigmoid_gate(x):
    s = 1 / (1 + np.exp(-x))
    return s, (x * (1 - x),)

# %% wrong="gate-sigmoid" why="returned the local gradient as a bare number; one input still makes a tuple, (slope,)"
def sigmoid_gate(x):
    s = 1 / (1 + np.exp(-x))
    return s, s * (1 - s)

# %% wrong="gate-sigmoid" why="took the derivative of tanh, 1 - s squared"
def sigmoid_gate(x):
    s = 1 / (1 + np.exp(-x))
    return s, (1 - s ** 2,)

# %% wrong="gate-sigmoid" why="lost a minus sign: the sigmoid rises everywhere, so its slope is never negative"
def sigmoid_gate(x):
    s = 1 / (1 + np.exp(-x))
    return s, (s * (s - 1),)

# %% wrong="gate-sigmoid" why="forgot the minus in the exponent, which mirrors the curve"
def sigmoid_gate(x):
    s = 1 / (1 + np.exp(x))
    return s, (s * (1 - s),)

# %% wrong="gate-sigmoid" why="stopped at s; the slope is s times (1 - s)"
def sigmoid_gate(x):
    s = 1 / (1 + np.exp(-x))
    return s, (s,)

# %% wrong="gate-sigmoid" why="used `math.exp(-x)`, which overflows for very negative x"
def sigmoid_gate(x):
    import math
    s = 1 / (1 + math.exp(-x))
    return s, (s * (1 - s),)

# %% wrong="gate-sigmoid" why="wrote e^x / (1 + e^x), which is infinity over infinity for large x"
def sigmoid_gate(x):
    s = np.exp(x) / (1 + np.exp(x))
    return s, (s * (1 - s),)

# %% wrong="gate-sigmoid" why="left the square out of the slope's denominator"
def sigmoid_gate(x):
    s = 1 / (1 + np.exp(-x))
    return s, (1 - s,)

# %% right="gate-sigmoid" how="by the formula, with NumPy's exp, which ends at infinity without an error"
def sigmoid_gate(x):
    s = 1 / (1 + np.exp(-x))
    return s, (s * (1 - s),)

# %% right="gate-sigmoid" how="with SciPy"
def sigmoid_gate(x):
    from scipy.special import expit
    return expit(x), [expit(x) * expit(-x)]

# %% right="gate-sigmoid" how="by way of tanh"
def sigmoid_gate(x):
    t = np.tanh(x / 2)
    return 0.5 * (1 + t), ((1 - t ** 2) / 4,)

# %% right="gate-sigmoid" how="with torch"
def sigmoid_gate(x):
    import torch
    a = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    out = torch.sigmoid(a)
    out.backward()
    return out.item(), (a.grad.item(),)

# %% [markdown] hint="gate-sigmoid"
# Compute the output first and give it a name. The local gradient needs that name twice and `x` not at all.

# %% [markdown] hint="gate-sigmoid"
# For which sign of $x$ is $e^{-x}$ dangerous? NumPy's `np.exp` gives infinity there and goes on (1 over infinity is 0); Python's `math.exp` stops.
# Or use $e^{-|x|}$, which is never large.

# %% [markdown]
# With these gates the **sigmoid neuron** of section 4 is a graph of five gates:

# %% picture
vc.widgets.GraphStepper("sigmoid neuron")

# %% [markdown]
# Look at `w2`, `c` and `d`: the add gates have handed one and the same gradient to all of them.
# Look at `w0` and `x0`: the mul gate has exchanged their values.

# %% [markdown]
# ## 3 · Any graph at all
#
# Doing this by hand for each new formula is no way to live.
# Could the numbers remember by themselves where they came from, so that the way back is found without us?
#
# `Value` below wraps one number.
# Adding two Values, say, sends their numbers through *your* `add_gate` and keeps what is needed for the way back: the children that went in, and the local gradients.
# The idea of a teaching engine of this size, and the names `data`, `grad` and `backward`, come from Andrej Karpathy's *micrograd* (2020); the code is ours.

# %% given
def through(gate, op, *inputs):
    """Send Values or plain numbers through a gate; the result is a Value that remembers its children."""
    children = [v if isinstance(v, Value) else Value(v) for v in inputs]
    output, local = gate(*(child.data for child in children))
    return Value(output, children, local, op)

class Value:
    """A number that remembers its gate (_op), what went in (_children) and the local gradients (_local)."""

    def __init__(self, data, children=(), local=(), op="", label=""):
        self.data, self.grad, self.label = data, 0.0, label
        self._children, self._local, self._op = tuple(children), tuple(local), op

    def __add__(self, other): return through(add_gate, "+", self, other)
    def __mul__(self, other): return through(mul_gate, "*", self, other)
    def maximum(self, other): return through(max_gate, "max", self, other)
    def sigmoid(self): return through(sigmoid_gate, "sigmoid", self)

    __radd__, __rmul__ = __add__, __mul__             # for 2 + v and 2 * v
    def __neg__(self): return self * -1.0
    def __sub__(self, other): return self + -other
    def relu(self): return self.maximum(0.0)

    def backward(self): accumulate(topological_order(self))       # exercises 4.5 and 4.6
    def __repr__(self): return f"Value({self.data:.4g}, grad={self.grad:.4g})"

# %%
x = Value(-2.0, label="x")
y = Value(5.0, label="y")
z = Value(-4.0, label="z")
f = (x + y) * z
print(f.data, "came out of", f._op, "from", f._children, "with local gradients", f._local)

# %% [markdown]
# The forward pass is done, and the graph is there: nobody drew it, it grew while Python computed.
# (PyTorch works like this, and the name for it is a *dynamic* graph.)
#
# ### In which order back?
#
# A node can hand its gradient on only when it is complete, that is, when everything that used the node has reported.
# So we need a list of all nodes in which **each node comes after everything that it was made of**, and walk it from the end.
# Such a list is called a **topological order**.
#
# *Predict:* here $b = 2a$ and $f = a + b$.
# Of the six ways to put $a$, $b$ and $f$ into a row, which one is right?

# %% [markdown]
# ### Exercise · Topological order (★★☆ · 10 minutes)
#
# Write `topological_order(root)`: a list of all nodes that lead to `root`, each **once**, children (`node._children`) always before the node that was made of them.
# So the inputs come early and `root` comes last.
#
# Two nodes may hold equal numbers and still be two nodes; Python's `node in some_set` or `node is other` tells them apart, comparing `.data` does not.

# %% solve="topological-order"
def topological_order(root):
    """All nodes that lead to root, each once, children before what is made of them, root last."""
    ### BEGIN SOLUTION
    order, seen = [], set()
    def visit(node):
        if node not in seen:
            seen.add(node)
            for child in node._children:
                visit(child)
            order.append(node)
    visit(root)
    return order
    ### END SOLUTION

# %% check="topological-order" points=2
a_node = Value(1.0, label="a")
b_node = Value(2.0, [a_node], label="b")
f_node = Value(3.0, [a_node, b_node], label="f")
assert not any(isinstance(node, float) for node in topological_order(f_node)), "the list holds the nodes themselves, not their numbers"
assert [node.label for node in topological_order(f_node)] == ["a", "b", "f"], "b is made of a, and f of both: each node once, after its children"
assert [node.label for node in topological_order(a_node)] == ["a"], "the order of a lone node is that node"
### BEGIN HIDDEN TESTS
def examine(sources):
    nodes = {}
    for name, kids in sources.items():
        nodes[name] = Value(1.0, [nodes[kid] for kid in kids], label=name)
    order = [node.label for node in topological_order(nodes["root"])]
    made = f"the graph {sources}"
    assert sorted(order) == sorted(sources), f"every node of {made} must be in the list, and once"
    late = [(kid, name) for name in order for kid in sources[name] if order.index(kid) > order.index(name)]
    assert late == [], f"pairs (child, node) with the child after the node, in {made}"

examine({"x": [], "y": [], "z": [], "q": ["x", "y"], "root": ["q", "z"]})
examine({"x": [], "b": ["x"], "c": ["b"], "d": ["c"], "root": ["d", "x"]})
examine({"x": [], "b": ["x"], "c": ["b"], "d": ["c"], "root": ["x", "d"]})
examine({"x": [], "y": [], "square": ["x", "x"], "root": ["square", "y"]})
examine({"x": [], "l": ["x"], "r": ["x"], "ll": ["l", "r"], "rr": ["l", "r"], "root": ["rr", "ll"]})
def random_graph(size):
    picks = {i: rng.permutation(sorted({i - 1, int(rng.integers(i)), int(rng.integers(i))})).tolist() for i in range(1, size)}
    return {"n0": []} | {f"n{i}": [f"n{k}" for k in kids] for i, kids in picks.items()} | {"root": [f"n{size - 1}", "n0"]}
examine(random_graph(6))
examine(random_graph(9))
examine({"x0": []} | {f"x{i}": [f"x{i - 1}"] for i in range(1, 100)} | {"root": ["x99"]})
assert len(topological_order(Value(3.0, [Value(1.0), Value(2.0)]))) == 3, "three nodes without a label are three nodes"
### END HIDDEN TESTS

# %% wrong="topological-order" why="put each node before its children (append after the loop over the children, not before it)"
# - for child in node._children:
# -     visit(child)
# - order.append(node)
# + order.append(node)
# + for child in node._children:
# +     visit(child)

# %% wrong="topological-order" why="visited a node once for every way that leads to it; remember which nodes you have seen"
# - if node not in seen:
# + if True:

# %% wrong="topological-order" why="went level by level from the root, which is wrong where a short way and a long way lead to the same node"
def topological_order(root):
    order, level = [], [root]
    while level:
        order += [node for node in level if node not in order]
        level = [child for node in level for child in node._children if child not in order]
        level = list(dict.fromkeys(level))
    return order[::-1]

# %% wrong="topological-order" why="told nodes apart by their data, so that two nodes with equal numbers became one"
# - node not
# + node.data not
# - add(node)
# + add(node.data)

# %% wrong="topological-order" why="told nodes apart by their label, which most nodes leave empty"
# - node not
# + node.label not
# - add(node)
# + add(node.label)

# %% wrong="topological-order" why="left out the inputs, which have no children but need a gradient most of all"
# - seen:
# + seen and node._children:

# %% wrong="topological-order" why="left out the root itself"
def topological_order(root):
    order, seen = [], set()
    def visit(node):
        for child in node._children:
            if child not in seen:
                seen.add(child)
                visit(child)
                order.append(child)
    visit(root)
    return order

# %% wrong="topological-order" why="returned the list from the root to the inputs; the walk back turns it round later"
# - return order
# + return order[::-1]

# %% wrong="topological-order" why="returned nothing: the list is built but the last line does not return it"
# - return order

# %% wrong="topological-order" why="noted each node on the way down and turned the list round at the end; that is not the same as noting it on the way up"
# - for child in node._children:
# -     visit(child)
# - order.append(node)
# + order.append(node)
# + for child in node._children:
# +     visit(child)
# - return order
# + return order[::-1]

# %% wrong="topological-order" why="put the nodes' numbers into the list; it must hold the nodes themselves"
# - append(node)
# + append(node.data)

# %% right="topological-order" how="with a stack in place of recursion"
def topological_order(root):
    order, seen, stack = [], set(), [(root, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack += [(child, False) for child in node._children]
    return order

# %% right="topological-order" how="by counting users that have not reported yet (Kahn's way)"
def topological_order(root):
    nodes, waiting = [root], {}
    for node in nodes:
        for child in node._children:
            waiting[child] = waiting.get(child, 0) + 1
            if waiting[child] == 1:
                nodes.append(child)
    order, ready = [], [root]
    while ready:
        node = ready.pop()
        order.insert(0, node)
        for child in node._children:
            waiting[child] -= 1
            if not waiting[child]:
                ready.append(child)
    return order

# %% right="topological-order" how="by putting off whatever is not ready"
def topological_order(root):
    order, todo = [], [root]
    while todo:
        node = todo[-1]
        missing = [child for child in node._children if child not in order]
        if missing:
            todo.append(missing[0])
        else:
            todo.pop()
            order.append(node)
    return order

# %% right="topological-order" how="with recursion that returns lists"
def topological_order(root, seen=None):
    seen = set() if seen is None else seen
    if root in seen:
        return []
    seen.add(root)
    return [node for child in root._children for node in topological_order(child, seen)] + [root]

# %% [markdown] hint="topological-order"
# Getting dressed: socks before shoes, shirt before jacket. To put a garment on, first put on everything that it needs and that is not on yet, then the garment.

# %% [markdown] hint="topological-order"
# Write an inner function `visit(node)`: if the node has been seen, do nothing; otherwise mark it, visit its children, and only then append it.

# %% [markdown]
# ### Branches add
#
# One question is left.
# What if a node is used twice, as $a$ was above?
#
# *Predict:* $f = a + b$ with $b = 2a$.
# Along the direct way $f$ moves once as fast as $a$, along the way through $b$ twice as fast.
# Do the two answers multiply, does the larger count, or do they add up?

# %%
def through_two_ways(a):
    b = 2 * a
    return a + b

print(f"f moves {(through_two_ways(3 + h) - through_two_ways(3)) / h:.4f} times as fast as a")

# %% [markdown]
# They **add**: a nudge of $a$ arrives over every way at once.
# In general, for a node $c$ that was used by the nodes $p_1, p_2, \dots$,
#
# $$\frac{\partial f}{\partial c} = \sum_i \underbrace{\frac{\partial p_i}{\partial c}}_{\text{local}} \cdot \underbrace{\frac{\partial f}{\partial p_i}}_{\text{upstream}}$$
#
# In code this is the difference between `=` and `+=`, and it is the bug that everybody writes once.
#
# *Predict:* in the next graph, $x$ goes into a product and into a maximum.
# Press **start**, and say before each step back what arrives at $x$; what would a plain `=` leave there?

# %% picture
vc.widgets.GraphStepper("max and a branch")

# %% [markdown]
# ### Exercise · Branches add (★★☆ · 10 minutes)
#
# Write `accumulate(order)`.
# `order` is a list of nodes as in {{exercise topological-order}}; its last node is the result.
# Afterwards `node.grad` of every node is the gradient of the result with respect to that node:
#
# 1. forget what was in `grad` before, and give the result its gradient with respect to itself;
# 2. walk from the end to the beginning;
# 3. at each node, add local times upstream to the `grad` of each child; the local gradients stand in `node._local`, in the order of `node._children`.
#
# (PyTorch does not do the forgetting: it leaves it to you to call `zero_grad()`, so that gradients of several batches can be added up.)

# %% solve="branch-accumulate"
def accumulate(order):
    """Set node.grad to the gradient of the last node of order with respect to node, for every node."""
    ### BEGIN SOLUTION
    for node in order:
        node.grad = 0.0
    order[-1].grad = 1.0
    for node in reversed(order):
        for child, local in zip(node._children, node._local):
            child.grad += local * node.grad
    ### END SOLUTION

# %% check="branch-accumulate" points=2
x_leaf, y_leaf, z_leaf = Value(-2.0), Value(5.0), Value(-4.0)
q_node = Value(3.0, [x_leaf, y_leaf], [1.0, 1.0])
f_node = Value(-12.0, [q_node, z_leaf], [-4.0, 3.0])
accumulate([x_leaf, y_leaf, z_leaf, q_node, f_node])
assert f_node.grad == 1, "the result moves exactly as fast as itself"
assert [q_node.grad, z_leaf.grad] == [-4, 3], "q and z of f = q z: local gradient times the upstream gradient, which is 1"
assert [x_leaf.grad, y_leaf.grad] == [-4, -4], "x and y of q = x + y: local gradient times the gradient of q"
three = Value(3.0)
square = Value(9.0, [three, three], [3.0, 3.0])
accumulate([three, square])
assert three.grad == 6, "in 3 * 3 both inputs are the same node, and both ways count: 3 + 3"
### BEGIN HIDDEN TESTS
def compare_gradients(size):
    slopes = np.tril(rng.normal(size=(size, size)), -1)                 # slopes[i, k]: local gradient of node i by node k
    slopes[np.arange(2, size), np.arange(size - 2)] = 0                 # not every node is made of all before it
    nodes = []
    for i in range(size):
        kids = np.flatnonzero(slopes[i]).tolist()
        nodes.append(Value(rng.normal(), [nodes[k] for k in kids], slopes[i, kids].tolist()))
        nodes[i].grad = 100.0
    all_ways = np.linalg.solve(np.eye(size) - slopes.T, np.eye(size)[-1])
    accumulate(nodes)
    vc.assert_close([node.grad for node in nodes], all_ways, f"gradients of {size} nodes whose grad held 100 before")
    accumulate(nodes)
    vc.assert_close([node.grad for node in nodes], all_ways, "gradients after a second call, which must forget the first")

compare_gradients(1)
compare_gradients(2)
compare_gradients(5)
compare_gradients(7)
### END HIDDEN TESTS

# %% wrong="branch-accumulate" why="wrote `=` where `+=` belongs, so that the last branch overwrites the others"
# - grad += local
# + grad = local

# %% wrong="branch-accumulate" why="walked from the inputs to the result, where the upstream gradients are not there yet"
# - reversed(order)
# + order

# %% wrong="branch-accumulate" why="forgot the upstream gradient: local gradients alone tell what a node does to the next one, not to the result"
# - local * node.grad
# + local

# %% wrong="branch-accumulate" why="forgot to give the result its gradient of 1, so that zeros flow back"
# - order[-1].grad = 1.0

# %% wrong="branch-accumulate" why="did not set the old gradients to zero first, so that they are counted again"
# - for node in order:
# -     node.grad = 0.0

# %% wrong="branch-accumulate" why="reversed the caller's list in place (order.reverse()); reversed(order) leaves it as it is"
# - for node in reversed(order):
# + order.reverse()
# + for node in order:

# %% wrong="branch-accumulate" why="paired children and local gradients crosswise"
# - node._local
# + reversed(node._local)

# %% wrong="branch-accumulate" why="counted a child that went in twice only once (a dict or set drops the second way)"
# - zip(node._children, node._local)
# + dict(zip(node._children, node._local)).items()

# %% wrong="branch-accumulate" why="multiplied by the child's data in place of the local gradient"
# - += local
# + += child.data

# %% wrong="branch-accumulate" why="added local and upstream gradient where they multiply"
# - * node
# + + node

# %% wrong="branch-accumulate" why="started with the result's data where its gradient of 1 belongs"
# - grad = 1.0
# + grad = order[-1].data

# %% right="branch-accumulate" how="with gradients collected in a dictionary"
def accumulate(order):
    grads = {order[-1]: 1.0}
    for node in order[::-1]:
        node.grad = grads.get(node, 0.0)
        for child, local in zip(node._children, node._local):
            grads[child] = grads.get(child, 0.0) + local * node.grad

# %% right="branch-accumulate" how="by asking, for each node, everything that used it"
def accumulate(order):
    order[-1].grad = 1.0
    for i in range(len(order) - 2, -1, -1):
        order[i].grad = 0.0
        for user in order[i + 1:]:
            for child, local in zip(user._children, user._local):
                if child is order[i]:
                    order[i].grad += local * user.grad

# %% right="branch-accumulate" how="with one linear system"
def accumulate(order):
    place = {node: i for i, node in enumerate(order)}
    slopes = np.zeros((len(order), len(order)))
    for node in order:
        for child, local in zip(node._children, node._local):
            slopes[place[child], place[node]] += local
    for node, grad in zip(order, np.linalg.solve(np.eye(len(order)) - slopes, np.eye(len(order))[-1])):
        node.grad = float(grad)

# %% right="branch-accumulate" how="with recursion over the ways"
def accumulate(order):
    def carry(node, amount):
        node.grad += amount
        for child, local in zip(node._children, node._local):
            carry(child, amount * local)
    for node in order:
        node.grad = 0.0
    carry(order[-1], 1.0)

# %% [markdown] hint="branch-accumulate"
# `reversed(order)` walks from the end. At a node, `zip(node._children, node._local)` pairs each child with its local gradient; `node.grad` is the upstream one.

# %% [markdown] hint="branch-accumulate"
# If only graphs with a branch fail: what happens to the first branch's share when the second one arrives? If only the second call fails: what was in `grad` when it began?

# %% [markdown]
# ### Does it work?
#
# The engine is complete.
# Ask it for the gradients that you found by hand in section 1:

# %%
f.backward()
print(x, y, z)

# %% [markdown]
# Now a formula that nobody has differentiated for you, with a branch, a max and a sigmoid in it:

# %%
def strange(a, b):
    c = a * b + a
    return (c.maximum(b) * c).sigmoid()

a, b = Value(0.8, label="a"), Value(-1.6, label="b")
result = strange(a, b)
result.backward()
print(a, b)

# %% [markdown]
# *See for yourself* in two ways.
# Nudging has no idea of graphs, and PyTorch has an engine of its own; do all three agree?

# %%
by_nudging = [(strange(Value(0.8 + h), b).data - strange(Value(0.8 - h), b).data) / (2 * h),
          (strange(a, Value(-1.6 + h)).data - strange(a, Value(-1.6 - h)).data) / (2 * h)]
print("yours  ", [f"{v.grad:.6f}" for v in (a, b)])
print("nudging", [f"{g:.6f}" for g in by_nudging])

# %%
a_t = torch.tensor(0.8, dtype=torch.float64, requires_grad=True)
b_t = torch.tensor(-1.6, dtype=torch.float64, requires_grad=True)
c_t = a_t * b_t + a_t
(torch.maximum(c_t, b_t) * c_t).sigmoid().backward()
print("PyTorch", [f"{t.grad:.6f}" for t in (a_t, b_t)])

# %% [markdown]
# The widget takes a `Value` of yours too, any expression of up to 40 nodes, and sets your gradients beside the right ones.
# It is a debugger: if your `backward` has a mistake, it says at which node.

# %% picture
vc.widgets.GraphStepper(result)

# %% [markdown]
# ### Whose idea was it?
#
# It was found more than once.
# Seppo Linnainmaa described it in 1970, in a master's thesis in Helsinki on how rounding errors pile up, without a word about networks.
# Paul Werbos proposed it for learning systems in his thesis of 1974 and applied it to neural networks in 1982.
# David Rumelhart, Geoffrey Hinton and Ronald Williams showed in *Nature* in 1986 that hidden units trained with it learn useful features of their own, which made it famous.
# Its name in mathematics is *reverse-mode automatic differentiation*: one pass back gives the gradient of **one** output by **all** inputs, which is what a loss needs.
# The opposite direction, *forward mode*, gives all outputs by one input.

# %% [markdown]
# ## 4 · Neurons, and a net that you can differentiate
#
# What shall we differentiate with it?
# Something that learns.
#
# A **neuron** multiplies each input by a weight, adds everything up with a bias, and bends the result by an **activation function** $\varphi$:
#
# $$h = \varphi\Bigl(\sum_i w_i x_i + b\Bigr)$$
#
# You have seen one with $\varphi = \sigma$; alone, it is a linear classifier as in lecture 02, whose output can be read as a probability.
# The usual choice today is the **rectified linear unit**, $\text{ReLU}(x) = \max(0, x)$, your max gate.
# With a threshold for $\varphi$ it is the neuron of McCulloch and Pitts (1943).

# %%
def neuron(weights, bias, inputs):
    """Weighted sum of the inputs plus the bias, before any activation."""
    total = bias
    for w, x_i in zip(weights, inputs):
        total = total + w * x_i
    return total

# %% [markdown]
# ### How much of a neuron is it?
#
# Less than the name promises.
# A nerve cell answers in spikes, and their timing matters; there are many kinds of cells; a synapse is no fixed number but changes within milliseconds and over years; and the branches of the dendrite compute nonlinear things of their own before anything reaches the cell body (London and Häusser, 2005).
# Beniaguev, Segev and London (2021) needed a deep network of five to eight layers to imitate a single cortical neuron.
# Nor is any way known by which a brain could send gradients back through the same synapses (Crick, 1989).
# What the two share is the old idea: many simple units, connected, that learn by changing the strengths of their connections.
#
# ### Layers
#
# Neurons that look at the same inputs form a **layer**; when every neuron sees every input it is called *fully connected* or *affine*.
# Layers behind one another form a **network**; those whose outputs nobody sees from outside are **hidden**.
# One counts the layers that have weights: the next net has two.

# %%
def draw_net(sizes, title):
    """Circles for the neurons of each layer, a line for every weight."""
    figure, ax = plt.subplots(figsize=(6, 2.6), layout="constrained")
    spots = [[(i, (n - 1) / 2 - k) for k in range(n)] for i, n in enumerate(sizes)]
    for left, right in zip(spots, spots[1:]):
        for p in left:
            for q in right:
                ax.plot(*zip(p, q), color="#999999", lw=0.7, zorder=1)
    for i, layer in enumerate(spots):
        ax.scatter(*zip(*layer), s=170, color=["#DDAA33", "#004488", "#BB5566"][min(i, 2) if i < len(sizes) - 1 else 2], zorder=2)
    ax.axis("off")
    ax.set_title(title)

sizes = (2, 8, 1)
count = sum((m + 1) * n for m, n in zip(sizes, sizes[1:]))
draw_net(sizes, f"Two inputs, eight hidden neurons, one output: {count} weights and biases")

# %% [markdown]
# Does one need the bend?
#
# *Predict:* take two layers **without** activation, one after the other.
# What shape can the border between two classes take?

# %%
rng_lines = np.random.default_rng(0)
W_a, b_a, W_b, b_b = (rng_lines.normal(size=s) for s in ((2, 8), (8,), (8, 3), (3,)))
some = rng_lines.normal(size=(5, 2))
two_layers = (some @ W_a + b_a) @ W_b + b_b
one_layer = some @ (W_a @ W_b) + (b_a @ W_b + b_b)
print(f"largest difference between the two layers and the single one: {np.abs(two_layers - one_layer).max():.0e}")

# %% [markdown]
# A straight line still: without a bend in between, a hundred layers are one.
#
# ### The net learns
#
# Here is a task that no line can do: two interlocked moons.

# %%
def moons(N, noise, seed):
    """N points (N, 2) on two interlocked half circles, with noise, and their labels 0 and 1 (N,)."""
    rng = np.random.default_rng(seed)
    labels = np.arange(N) % 2
    angle = np.pi * rng.random(N)
    arcs = np.stack([np.cos(angle) - 0.5, np.sin(angle) - 0.25], axis=1)
    arcs[labels == 1] *= -1                                            # the second moon is the first one, turned round
    return arcs + noise * rng.normal(size=(N, 2)), labels

points, labels = moons(50, noise=0.1, seed=0)

# %%
def paint(ax, classify, points, labels, reach=2.0):
    """The regions of classify((M, 2)) -> (M,) as colours, the points above them."""
    line = np.linspace(-reach, reach, 121)
    grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    regions = np.asarray(classify(grid)).reshape(121, 121)
    ax.contourf(line, line, regions, levels=[-0.5, 0.5, 1.5], colors=["#A9C3DF", "#EFC3CA"])
    for label, color, marker in ((0, "#004488", "o"), (1, "#BB5566", "s")):
        ax.scatter(*points[labels == label].T, s=16, c=color, marker=marker, edgecolors="white", linewidths=0.5)
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), xticks=[], yticks=[], aspect="equal")

# %% [markdown]
# The net: every weight is a `Value`, and everything else is arithmetic.

# %%
rng_net = np.random.default_rng(4)
hidden_units = [([Value(w) for w in rng_net.normal(size=2)], Value(0.0)) for _ in range(8)]
output_unit = ([Value(w) for w in rng_net.normal(size=8) * 0.5], Value(0.0))
parameters = [v for weights, bias in [*hidden_units, output_unit] for v in [*weights, bias]]

def score(point):
    """One number for a point (2,): positive means class 1."""
    hidden = [neuron(weights, bias, point).relu() for weights, bias in hidden_units]
    return neuron(*output_unit, hidden)

# %% [markdown]
# For the loss we take the hinge of lecture 03, here for two classes with $y = \pm 1$: $\max(0, 1 - y \cdot \text{score})$, averaged over the points.
# Three of your gates are all it needs.
#
# *Predict:* for 50 points, how many nodes does the graph of the loss have: hundreds, thousands, or millions?

# %%
def moon_loss():
    """Mean hinge loss over all points, as one Value."""
    signs = 2 * labels - 1
    hinges = [(score(p) * -float(sign) + 1.0).maximum(0.0) for p, sign in zip(points.tolist(), signs)]
    return sum(hinges) * (1 / len(hinges))

print(f"{len(topological_order(moon_loss())):,} nodes for {len(parameters)} weights")

# %% [markdown]
# And now gradient descent, exactly as in lecture 03, except that nobody has to derive a gradient any more:

# %%
history, album, start = [], [], time.perf_counter()
for step in range(70):
    album.append([v.data for v in parameters])
    loss = moon_loss()
    loss.backward()
    for v in parameters:
        v.data -= 1.0 * v.grad
    history.append(loss.data)
seconds_per_step = (time.perf_counter() - start) / 70

# %%
vc.curves({"hinge loss": history}, xlabel="step", ylabel="loss", title=f"Your Value trains a net: the loss falls from {history[0]:.2f} to {history[-1]:.2f}")

# %%
def classifier(numbers):
    """The net with these 33 numbers as a function of many points at once."""
    hidden, out = np.array(numbers[:24]).reshape(8, 3), np.array(numbers[24:])      # a row per neuron: weights, bias
    return lambda Q: (np.maximum(0, Q @ hidden[:, :2].T + hidden[:, 2]) @ out[:8] + out[8] > 0).astype(int)

figure, panels = plt.subplots(1, 4, figsize=(11, 3.1), layout="constrained")
for ax, step in zip(panels, (0, 2, 15, 69)):
    sides = classifier(album[step])
    paint(ax, sides, points, labels)
    ax.set_title(f"after {step} steps: {np.mean(sides(points) == labels):.0%}")
figure.suptitle("The border finds its way between the moons");

# %% [markdown]
# You have written four gates, an order and a sum, and a network learns with them.
# (Where the loss jumps up, a step was too long; lecture 03 says why.)
# PyTorch's engine is this, with more gates, arrays in place of numbers, and great care for speed.
# About speed:

# %%
print(f"{1000 * seconds_per_step:.0f} ms for one step of a net with {len(parameters)} weights")

# %% [markdown]
# ## 5 · From numbers to arrays
#
# A Python object for every single product is a luxury that no picture can afford.
# So let one node hold a whole array, and one gate be a whole layer.
# What is its local gradient then?
#
# If $n$ numbers go in and $m$ come out, each output may depend on each input.
# The local gradient is a table of $m \times n$ numbers, the **Jacobian** matrix:
#
# $$J_{ij} = \frac{\partial\, \text{out}_i}{\partial\, \text{in}_j} \qquad\text{and the chain rule becomes}\qquad d\text{in} = J^\top\, d\text{out}$$
#
# From here on we write $dx$ for "the gradient of the loss with respect to $x$", which always has **the shape of $x$**; `dout` is the upstream gradient.
#
# *Predict:* what does the Jacobian of ReLU look like, for a row of twelve numbers?
# And that of a matrix product $Y = XW$ as a function of $X$?

# %%
def jacobian(function, x):
    """All derivatives of function(x) by x, (outputs, inputs), found by nudging."""
    columns = []
    for i in range(x.size):
        nudge = np.zeros(x.size)
        nudge[i] = 1e-5
        nudge = nudge.reshape(x.shape)
        columns.append((function(x + nudge) - function(x - nudge)).ravel() / 2e-5)
    return np.stack(columns, axis=1)

# %%
rng_j = np.random.default_rng(0)
x_row, X_small, W_small = rng_j.normal(size=12), rng_j.normal(size=(3, 4)), rng_j.normal(size=(4, 5))
tables = {"ReLU of 12 numbers": jacobian(lambda v: np.maximum(0, v), x_row),
          "X W by X: (3, 4) to (3, 5)": jacobian(lambda v: v @ W_small, X_small)}
figure, panels = plt.subplots(1, 2, figsize=(8, 4), layout="constrained")
for ax, (name, table) in zip(panels, tables.items()):
    ax.imshow(table, cmap="RdBu", vmin=-2, vmax=2)
    ax.set(title=f"{name}\n{np.mean(abs(table) < 1e-9):.0%} zeros", xlabel="input", ylabel="output")
    ax.locator_params(integer=True)
figure.suptitle("Two Jacobians: white is zero. What repeats, and what need not be stored?");

# %% [markdown]
# ReLU's table has ones and zeros on its diagonal and nothing else: each output depends on its own input alone.
# The product's has the same block over and over, $W^\top$, once for each row of $X$.
# Both say in many numbers what could be said in few.
#
# *Predict:* how much memory does ReLU's Jacobian take for a batch of 128 rows of 4096 numbers, at 4 bytes a number?

# %%
numbers = 128 * 4096
print(f"{numbers:,} numbers in, as many out")
print(f"Jacobian: {numbers ** 2:,} numbers, {numbers ** 2 * 4 / 1e12:.1f} terabytes; on its diagonal: {numbers * 4 / 1e6:.1f} megabytes")

# %% [markdown]
# More than a terabyte, to say "pass it on where the input was positive".
# **Nobody ever forms a Jacobian.**
# What the way back needs is only the *product* $J^\top d\text{out}$, and each layer knows a short way to it.
#
# ### The form of a layer
#
# So a layer is not asked for its local gradient any more but for the product at once.
# Two functions, in the form that all assignments use:
#
# ```python
# out, cache = layer_forward(x, ...)       # cache: whatever the way back will need
# dx, ... = layer_backward(dout, cache)    # dout: upstream gradient, in the shape of out
# ```
#
# Going forward costs memory: every cache is kept until the way back has used it.

# %% given
def relu_forward(x):
    """max(0, x) for an array of any shape; the cache is x."""
    return np.maximum(0, x), x

def matmul_forward(X, W):
    """X W for X (N, D) and W (D, M); the cache is the pair (X, W)."""
    return X @ W, (X, W)

# %% [markdown]
# ### Exercise · ReLU without its Jacobian (★☆☆ · 5 minutes)
#
# Write `relu_backward(dout, cache)`: the product of ReLU's transposed Jacobian with `dout`, without the Jacobian.
# `dout` and the cached input have the same shape, whatever it is, and so has the result.
# At exactly 0, where ReLU has a corner, take 0 as slope (as PyTorch does).

# %% solve="relu-jacobian-product"
def relu_backward(dout, cache):
    """Gradient dx of the loss with respect to ReLU's input, in the shape of that input."""
    x = cache
    ### BEGIN SOLUTION
    dx = dout * (x > 0)
    ### END SOLUTION
    return dx

# %% check="relu-jacobian-product" points=1
vc.assert_close(relu_backward(np.array([10.0, 20.0, -30.0]), np.array([3.0, -4.0, 5.0])), [10.0, 0.0, -30.0],
                "dx for x = (3, -4, 5) and dout = (10, 20, -30): passed on where x is positive, whatever the sign of dout")
### BEGIN HIDDEN TESTS
def compare_products(*shape):
    inputs, upstream = vc.draw(rng, shape, shape)
    kept = inputs.copy(), upstream.copy()
    whole = torch.autograd.functional.jacobian(torch.relu, torch.from_numpy(inputs)).numpy().reshape(inputs.size, inputs.size)
    vc.assert_close(relu_backward(upstream, inputs), np.matmul(whole.T, upstream.ravel()).reshape(shape), f"dx for x of shape {shape}, against the whole Jacobian")
    assert np.array_equal(kept[0], inputs) and np.array_equal(kept[1], upstream), "dout and the cache belong to other layers too: make a new array, leave these as they were"
compare_products(7)
compare_products(4, 6)
compare_products(1, 5)
compare_products(2, 3, 2, 2)
vc.assert_close(relu_backward(np.array([[2.0, -3.0, 4.0]]), np.array([[0.0, -1.0, 0.5]])), [[0.0, 0.0, 4.0]], "dx where an input is exactly 0")
### END HIDDEN TESTS

# %% wrong="relu-jacobian-product" why="asked where `dout` is positive; what counts is where the *input* was"
# - x >
# + dout >

# %% wrong="relu-jacobian-product" why="forgot the upstream gradient and returned the local one alone"
# - dx = dout * (x > 0)
# + dx = (x > 0).astype(float)

# %% wrong="relu-jacobian-product" why="multiplied by ReLU's output in place of its slope, which is 0 or 1"
# - * (x > 0)
# + * np.maximum(0, x)

# %% wrong="relu-jacobian-product" why="passed the gradient where the input is exactly 0; this course takes 0 there"
# - x > 0
# + x >= 0

# %% wrong="relu-jacobian-product" why="wrote zeros into `dout` itself, which belongs to the layer above"
# - dx = dout * (x > 0)
# + dx = dout
# + dx[x <= 0] = 0

# %% wrong="relu-jacobian-product" why="passed the gradient everywhere"
# - dout * (x > 0)
# + dout.copy()

# %% wrong="relu-jacobian-product" why="turned the mask round and passed the gradient where the input is negative"
# - x >
# + x <

# %% wrong="relu-jacobian-product" why="multiplied by the sign of the input, which is -1 where the slope is 0"
# - * (x > 0)
# + * np.sign(x)

# %% wrong="relu-jacobian-product" why="left the result flat; a gradient has the shape of its variable"
# - dx = dout * (x > 0)
# + dx = (dout * (x > 0)).ravel()

# %% wrong="relu-jacobian-product" why="made a diagonal matrix with `np.diag`, which works for one row of numbers alone (and is the Jacobian that nobody forms)"
# - dout * (x > 0)
# + np.diag((x > 0).astype(float)) @ dout

# %% right="relu-jacobian-product" how="with np.where"
def relu_backward(dout, cache):
    return np.where(cache > 0, dout, 0)

# %% right="relu-jacobian-product" how="with a copy and a mask"
def relu_backward(dout, cache):
    dx = np.array(dout, copy=True)
    dx[cache <= 0] = 0
    return dx

# %% right="relu-jacobian-product" how="with a loop"
def relu_backward(dout, cache):
    dx = np.zeros_like(dout)
    for place in np.ndindex(cache.shape):
        if cache[place] > 0:
            dx[place] = dout[place]
    return dx

# %% right="relu-jacobian-product" how="with torch"
def relu_backward(dout, cache):
    import torch
    x = torch.tensor(cache, requires_grad=True)
    torch.relu(x).backward(torch.from_numpy(dout))
    return x.grad.numpy()

# %% [markdown] hint="relu-jacobian-product"
# $J^\top$ is a diagonal of ones and zeros. What does such a matrix do to a vector, number by number?

# %% [markdown] hint="relu-jacobian-product"
# `x > 0` is an array of the shape of x that counts as 1 and 0 in a product. And does your code leave `dout` as it was?

# %% [markdown]
# ### A matrix product, by its shapes
#
# The heart of every layer is $Y = X W$ with $X$ of shape $(N, D)$ and $W$ of shape $(D, M)$.
# Take one entry of $W$: which entries of $Y$ does it touch?
#
# $$Y_{nm} = \sum_d X_{nd} W_{dm} \qquad\Rightarrow\qquad dW_{dm} = \sum_n X_{nd}\, dY_{nm}$$
#
# $W_{dm}$ enters $Y_{nm}$ for every $n$, with the local gradient $X_{nd}$; branches add, so there is a sum over $n$.
# That is a matrix product again.
#
# Nobody remembers which matrix must be transposed, and nobody has to: **the shapes say it.**
# $dW$ must have the shape of $W$, $(D, M)$, and is made of $X$, $(N, D)$, and $dY$, $(N, M)$.
# There is one way to multiply these two that gives $(D, M)$.
# As with the mul gate, each input gets the upstream gradient times the *other* input.

# %% [markdown]
# ### Exercise · Backward through a matrix product (★★☆ · 10 minutes)
#
# Write `matmul_backward(dout, cache)`, which returns `dX` and `dW`.
# `dout` has the shape of $Y$; write all the shapes on paper first.

# %% solve="matmul-backward"
def matmul_backward(dout, cache):
    """Gradients dX (N, D) and dW (D, M) of the loss, from dout (N, M) and the cached X and W."""
    X, W = cache
    ### BEGIN SOLUTION
    dX = dout @ W.T                                   # (N, M) (M, D)
    dW = X.T @ dout                                   # (D, N) (N, M)
    ### END SOLUTION
    return dX, dW

# %% check="matmul-backward" points=2
by_X, by_W = matmul_backward(np.array([[1.0, 10.0, 100.0]]), (np.array([[2.0, 3.0]]), np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])))
assert np.shape(by_X) == (1, 2) and np.shape(by_W) == (2, 3), "dX has the shape of X, here (1, 2), and dW the shape of W, here (2, 3)"
vc.assert_close(by_X, [[321.0, 654.0]], "dX for one row: 1 * 1 + 10 * 2 + 100 * 3, and the same with the second row of W")
vc.assert_close(by_W, [[2.0, 20.0, 200.0], [3.0, 30.0, 300.0]], "dW for one row: each entry of X times each entry of dout")
### BEGIN HIDDEN TESTS
def compare_gradients(rows, features, kinds):
    data, weight, upstream = vc.draw(rng, (rows, features), (features, kinds), (rows, kinds))
    kept = data.copy(), weight.copy(), upstream.copy()
    A, B = (torch.tensor(t, requires_grad=True) for t in (data, weight))
    torch.mm(A, B).backward(torch.from_numpy(upstream))
    by_X, by_W = matmul_backward(upstream, (data, weight))
    vc.assert_close(by_X, A.grad, f"dX for N, D, M = {rows}, {features}, {kinds}")
    vc.assert_close(by_W, B.grad, f"dW for N, D, M = {rows}, {features}, {kinds}")
    assert all(np.array_equal(k, t) for k, t in zip(kept, (data, weight, upstream))), "the arrays that came in must not be changed"
compare_gradients(3, 3, 3)
compare_gradients(5, 4, 2)
compare_gradients(1, 6, 3)
compare_gradients(4, 1, 3)
compare_gradients(2, 3, 1)
### END HIDDEN TESTS

# %% wrong="matmul-backward" why="left out the transposes, which no shape complains about when all matrices are square"
# - W.T
# + W
# - X.T
# + X

# %% wrong="matmul-backward" why="used `reshape` to make the shapes fit; that is not a transpose, it deals the numbers out anew"
def matmul_backward(dout, cache):
    X, W = cache
    dX = dout @ W.reshape(W.shape[::-1])
    dW = X.reshape(X.shape[::-1]) @ dout
    return dX, dW

# %% wrong="matmul-backward" why="returned dW before dX"
def matmul_backward(dout, cache):
    X, W = cache
    return X.T @ dout, dout @ W.T

# %% wrong="matmul-backward" why="returned both gradients transposed"
# - dout @ W
# + W @ dout
# - X.T @ dout
# + dout.T @ X

# %% wrong="matmul-backward" why="transposed the wrong factor of dX: `dout.T @ W` in place of `dout @ W.T`"
# - dout @ W.T
# + dout.T @ W

# %% wrong="matmul-backward" why="transposed the wrong factor of dW: `X @ dout.T` in place of `X.T @ dout`"
# - X.T @ dout
# + X @ dout.T

# %% wrong="matmul-backward" why="divided dW by N; if the loss is a mean, its 1/N is already in `dout`"
# - @ dout
# + @ dout / len(X)

# %% wrong="matmul-backward" why="forgot the upstream gradient and treated `dout` as ones"
# - dout @ W
# + np.ones_like(dout) @ W
# - @ dout
# + @ np.ones_like(dout)

# %% wrong="matmul-backward" why="gave each matrix its own transpose in the product, where the *other* one belongs"
# - dout @ W.T
# + X * dout.sum(axis=1, keepdims=True)
# - X.T @ dout
# + W * dout.sum(axis=0)

# %% wrong="matmul-backward" why="multiplied entry by entry with `*`, where the matrix product `@` belongs"
# - @ W
# + * W
# - @ dout
# + * dout

# %% right="matmul-backward" how="with einsum"
def matmul_backward(dout, cache):
    X, W = cache
    return np.einsum("nm,dm->nd", dout, W), np.einsum("nd,nm->dm", X, dout)

# %% right="matmul-backward" how="with loops, branches adding"
def matmul_backward(dout, cache):
    X, W = cache
    dX, dW = np.zeros(X.shape), np.zeros(W.shape)
    for n, m in np.ndindex(dout.shape):
        for d in range(W.shape[0]):
            dX[n, d] += W[d, m] * dout[n, m]
            dW[d, m] += X[n, d] * dout[n, m]
    return dX, dW

# %% right="matmul-backward" how="one row at a time, with outer products"
def matmul_backward(dout, cache):
    X, W = cache
    dX = np.stack([W @ row for row in dout])
    dW = sum(np.outer(x, row) for x, row in zip(X, dout))
    return dX, dW

# %% right="matmul-backward" how="with torch"
def matmul_backward(dout, cache):
    import torch
    X, W = (torch.tensor(t, requires_grad=True) for t in cache)
    (X @ W).backward(torch.tensor(dout))
    return X.grad, W.grad

# %% [markdown] hint="matmul-backward"
# Write the three shapes beside each other: dout $(N, M)$, $X$ $(N, D)$, $W$ $(D, M)$. To get $(N, D)$ out of $(N, M)$ and $(D, M)$, which letter must meet itself in the middle?

# %% [markdown] hint="matmul-backward"
# Test with shapes that are all different, such as N = 2, D = 3, M = 5: then only one arrangement runs at all.

# %% [markdown]
# ### Layers click together
#
# With pairs of this form a net of any depth is written down without thinking: forward line by line, each cache kept; backward the same lines from the last to the first.
# The gradient that one layer returns for its input is the upstream gradient of the layer before.

# %%
rng_stack = np.random.default_rng(0)
X_s, W_s, V_s = (rng_stack.normal(size=s) for s in ((6, 5), (5, 4), (4, 3)))

Y1, cache_1 = matmul_forward(X_s, W_s)                # (6, 4)
Y2, cache_2 = relu_forward(Y1)                        # (6, 4)
Y3, cache_3 = matmul_forward(Y2, V_s)                 # (6, 3)

dY3 = np.ones_like(Y3)                                # the "loss" here is the sum of all outputs
dY2, dV_s = matmul_backward(dY3, cache_3)
dY1 = relu_backward(dY2, cache_2)
dX_s, dW_s = matmul_backward(dY1, cache_1)

# %% [markdown]
# Is `dW_s` right, two layers away from the end? Nudge and compare:

# %%
numeric = vc.gradcheck.eval_numerical_gradient(lambda W: (np.maximum(0, X_s @ W) @ V_s).sum(), W_s, verbose=False)
print(f"relative error of dW_s: {vc.gradcheck.rel_error(numeric, dW_s):.0e}")

# %% [markdown]
# ### What does the way back cost?
#
# *Predict:* a product of a $(N, D)$ with a $(D, M)$ matrix takes $N D M$ multiplications.
# How many does the way back take?

# %%
N, D, M = 128, 3072, 100
forward, backward = N * D * M, N * M * D + D * N * M
print(f"forward {forward:,}, backward {backward:,}: {backward // forward} times as many, for {D * M:,} weights at once")

# %% [markdown]
# Twice, whatever the shapes: one product for each of the two gradients.
# Baur and Strassen proved in 1983 that for any formula made of the four kinds of arithmetic, all derivatives together cost only a few times as much as the formula itself.
# This is why learning with millions of weights is possible at all.

# %% [markdown]
# ## 6 · The two-layer net
#
# Now the net of section 4 in arrays, for any number $C$ of classes and with the softmax loss of lecture 03:
#
# $$\underset{(N, D)}{X} \;\xrightarrow{\;W_1, b_1\;}\; \underset{(N, H)}{A} \;\xrightarrow{\;\max(0, \cdot)\;}\; \underset{(N, H)}{\text{hidden}} \;\xrightarrow{\;W_2, b_2\;}\; \underset{(N, C)}{\text{scores}} \;\xrightarrow{\;\text{softmax}, y\;}\; \text{loss}$$
#
# Going back, each arrow is a thing that you have done, and two are new:
#
# - **Softmax and loss together** are one gate, as the sigmoid was. With $P$ the probabilities, lecture 03 found $\;d\text{scores} = \bigl(P - \text{onehot}(y)\bigr) / N$, where onehot has a 1 at the right class of each row. The $1/N$ comes from the mean.
# - **A bias** is added to every one of the $N$ rows: it branches $N$ times, and branches add.
#
# *Predict:* `b1` has shape $(H,)$ and the upstream gradient that arrives there $(N, H)$.
# Over which axis is the sum?

# %% [markdown]
# ### Exercise · All gradients of a two-layer net (★★★ · 20 minutes)
#
# The way forward is given.
# Go back through it line by line, from the last to the first, and find `dW1`, `db1`, `dW2`, `db2`.
# Every gradient has the shape of its variable; write the shape into the margin, as the forward lines do.

# %% solve="two-layer-gradients"
def two_layer_gradients(X, y, W1, b1, W2, b2):
    """Mean softmax loss of a two-layer net on X (N, D), labels y (N,), and its gradients by name."""
    N = len(X)
    A = X @ W1 + b1                                   # (N, H)
    hidden = np.maximum(0, A)                         # (N, H)
    scores = hidden @ W2 + b2                         # (N, C)
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_P = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    P = np.exp(log_P)                                 # (N, C), each row adds up to 1
    loss = -log_P[np.arange(N), y].mean()
    ### BEGIN SOLUTION
    dscores = (P - np.eye(P.shape[1])[y]) / N         # (N, C)
    dW2 = hidden.T @ dscores                          # (H, C)
    db2 = dscores.sum(axis=0)                         # (C,)
    dA = (dscores @ W2.T) * (A > 0)                   # (N, H)
    dW1 = X.T @ dA                                    # (D, H)
    db1 = dA.sum(axis=0)                              # (H,)
    ### END SOLUTION
    return loss, {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}

# %% check="two-layer-gradients" points=3
small_loss, small = two_layer_gradients(np.array([[1.0, 2.0]]), np.array([0]), np.array([[1.0, -1.0], [0.5, 0.0]]), np.zeros(2), np.zeros((2, 2)), np.zeros(2))
vc.assert_close(small_loss, np.log(2), "loss of a net that gives both classes the score 0")
assert {name: np.shape(gradient) for name, gradient in small.items()} == {"W1": (2, 2), "b1": (2,), "W2": (2, 2), "b2": (2,)}, \
    "each gradient has the shape of its variable"
vc.assert_close(small["b2"], [-0.5, 0.5], "db2 at probabilities one half each, right class 0: probability minus 1, and probability")
vc.assert_close(small["W2"], [[-1.0, 1.0], [0.0, 0.0]], "dW2: the first hidden unit is 2 here, the second one is silent")
### BEGIN HIDDEN TESTS
def compare_nets(N, D, H, C, size=1.0):
    given = vc.draw(rng, (N, D), (D, H), (H,), (H, C), (C,), scale=size)
    answers = rng.integers(C, size=N)
    kept = [array.copy() for array in given]
    data, *weights = (torch.tensor(array, requires_grad=True) for array in given)
    first, second = torch.nn.functional.linear(data, weights[0].T, weights[1]), (weights[2].T, weights[3])
    wanted = torch.nn.functional.cross_entropy(torch.nn.functional.linear(torch.relu(first), *second), torch.from_numpy(answers))
    wanted.backward()
    loss_value, gradients = two_layer_gradients(given[0], answers, *given[1:])
    vc.assert_close(loss_value, wanted, f"loss for N, D, H, C = {N}, {D}, {H}, {C}")
    for name, weight in zip(("W2", "b2", "W1", "b1"), (weights[2], weights[3], weights[0], weights[1])):
        vc.assert_close(gradients[name], weight.grad, f"d{name} for N, D, H, C = {N}, {D}, {H}, {C}")
    assert all(np.array_equal(k, array) for k, array in zip(kept, given)), "the arrays that came in must not be changed"
compare_nets(6, 5, 4, 3)
compare_nets(1, 3, 7, 2)
compare_nets(9, 2, 3, 4)
compare_nets(5, 5, 5, 5)
compare_nets(4, 3, 6, 3, size=30.0)
loss_value, gradients = two_layer_gradients(np.ones((2, 3)), np.array([1, 1]), np.zeros((3, 4)), np.zeros(4), np.arange(8.0).reshape(4, 2) ** 2, np.zeros(2))
vc.assert_close(gradients["W1"], np.zeros((3, 4)), "dW1 where every input of ReLU is exactly 0 (slope 0 by our convention)")
### END HIDDEN TESTS

# %% wrong="two-layer-gradients" why="forgot the 1/N of the mean"
# - (P - np.eye(P.shape[1])[y]) / N
# + P - np.eye(P.shape[1])[y]

# %% wrong="two-layer-gradients" why="forgot to subtract 1 at the right class"
# - (P - np.eye(P.shape[1])[y]) / N
# + P / N

# %% wrong="two-layer-gradients" why="turned the sign of the softmax gradient round: it is probability minus 1, not 1 minus probability"
# - P - np.eye(P.shape[1])[y]
# + np.eye(P.shape[1])[y] - P

# %% wrong="two-layer-gradients" why="subtracted 1 with `P[:, y]`, which means whole columns; `P[np.arange(N), y]` is one entry per row"
# - dscores = (P - np.eye(P.shape[1])[y]) / N         # (N, C)
# + P[:, y] -= 1
# + dscores = P / N

# %% wrong="two-layer-gradients" why="used the scores where the probabilities belong"
# - P - np.eye
# + scores - np.eye

# %% wrong="two-layer-gradients" why="did not stop the gradient at the hidden units that ReLU had set to 0"
# - (dscores @ W2.T) * (A > 0)
# + dscores @ W2.T

# %% wrong="two-layer-gradients" why="made ReLU's mask from the gradient; it comes from what went into ReLU on the way forward"
# - (dscores @ W2.T) * (A > 0)
# + np.maximum(0, dscores @ W2.T)

# %% wrong="two-layer-gradients" why="did not sum the bias gradients over the rows"
# - dscores.sum(axis=0)
# + dscores
# - dA.sum(axis=0)
# + dA

# %% wrong="two-layer-gradients" why="took the mean of the bias gradients over the rows, so that 1/N is counted twice"
# - dscores.sum(axis=0)
# + dscores.mean(axis=0)
# - dA.sum(axis=0)
# + dA.mean(axis=0)

# %% wrong="two-layer-gradients" why="summed the bias gradients over the wrong axis"
# - dscores.sum(axis=0)
# + dscores.sum(axis=1)
# - dA.sum(axis=0)
# + dA.sum(axis=1)

# %% wrong="two-layer-gradients" why="summed the bias gradients over both axes, to a single number"
# - dscores.sum(axis=0)
# + dscores.sum()
# - dA.sum(axis=0)
# + dA.sum()

# %% wrong="two-layer-gradients" why="used ReLU's input where its output belongs in dW2"
# - hidden.T
# + A.T

# %% wrong="two-layer-gradients" why="multiplied by the hidden values in place of ReLU's slope, which is 0 or 1"
# - (A > 0)
# + hidden

# %% wrong="two-layer-gradients" why="passed the gradient where ReLU's input is exactly 0; this course takes 0 there"
# - A > 0
# + A >= 0

# %% wrong="two-layer-gradients" why="reshaped W2 in place of transposing it"
# - W2.T
# + W2.reshape(W2.shape[::-1])

# %% right="two-layer-gradients" how="with einsum"
def two_layer_gradients(X, y, W1, b1, W2, b2):
    N = len(X)
    A = X @ W1 + b1
    hidden = np.maximum(0, A)
    scores = hidden @ W2 + b2
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_P = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    P = np.exp(log_P)
    loss = -log_P[np.arange(N), y].mean()
    P[np.arange(len(X)), y] -= 1
    P /= len(X)
    dA = np.einsum("nc,hc,nh->nh", P, W2, 1.0 * (A > 0))
    return loss, {"W1": np.einsum("nd,nh->dh", X, dA), "b1": np.einsum("nh->h", dA), "W2": np.einsum("nh,nc->hc", hidden, P), "b2": np.einsum("nc->c", P)}

# %% right="two-layer-gradients" how="one example at a time"
def two_layer_gradients(X, y, W1, b1, W2, b2):
    N = len(X)
    A = X @ W1 + b1
    hidden = np.maximum(0, A)
    scores = hidden @ W2 + b2
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_P = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    P = np.exp(log_P)
    loss = -log_P[np.arange(N), y].mean()
    grads = {name: np.zeros_like(w, dtype=float) for name, w in (("W1", W1), ("b1", b1), ("W2", W2), ("b2", b2))}
    for i in range(len(X)):
        row = P[i].copy()
        row[y[i]] -= 1
        back = (W2 @ row) * (A[i] > 0)
        for name, share in (("W1", np.outer(X[i], back)), ("b1", back), ("W2", np.outer(hidden[i], row)), ("b2", row)):
            grads[name] += share / N
    return loss, grads

# %% right="two-layer-gradients" how="layer by layer, with the two functions of section 5"
def two_layer_gradients(X, y, W1, b1, W2, b2):
    A, cache_1 = matmul_forward(X, W1)
    hidden, cache_relu = relu_forward(A + b1)
    scores, cache_2 = matmul_forward(hidden, W2)
    scores = scores + b2
    P = np.exp(scores - scores.max(axis=1, keepdims=True))
    P /= P.sum(axis=1, keepdims=True)
    peak = scores.max(axis=1)
    loss = np.mean(np.log(np.exp(scores - peak[:, None]).sum(axis=1)) + peak - scores[np.arange(len(X)), y])
    P[np.arange(len(X)), y] -= 1
    dscores = P / len(X)
    dhidden, dW2 = matmul_backward(dscores, cache_2)
    dA = relu_backward(dhidden, cache_relu)
    return loss, {"W1": matmul_backward(dA, cache_1)[1], "b1": dA.sum(axis=0), "W2": dW2, "b2": dscores.sum(axis=0)}

# %% right="two-layer-gradients" how="with torch"
def two_layer_gradients(X, y, W1, b1, W2, b2):
    import torch
    weights = {name: torch.tensor(w, dtype=torch.float64, requires_grad=True) for name, w in (("W1", W1), ("b1", b1), ("W2", W2), ("b2", b2))}
    hidden = (torch.tensor(X) @ weights["W1"] + weights["b1"]).relu()
    loss = torch.nn.functional.cross_entropy(hidden @ weights["W2"] + weights["b2"], torch.tensor(y))
    loss.backward()
    return loss.item(), {name: w.grad.numpy() for name, w in weights.items()}

# %% [markdown] hint="two-layer-gradients"
# The last forward line but one gives `dscores`: a copy of `P`, with 1 taken away at `[np.arange(N), y]`, everything divided by `N`.

# %% [markdown] hint="two-layer-gradients"
# `scores = hidden @ W2 + b2` is {{exercise matmul-backward}} plus a bias. It gives three gradients: of `W2`, of `b2`, and of `hidden`, which is the upstream gradient of what comes before.

# %% [markdown] hint="two-layer-gradients"
# All rows share one bias. What does the rule for branches say about its gradient?

# %% [markdown]
# ### Check it, always
#
# You will write many backward passes, and the computer can always tell whether they are right: nudge, and compare.
# `vc.gradcheck` does it; the relative error should be far below a millionth.

# %%
rng_check = np.random.default_rng(0)
X_c, y_c = rng_check.normal(size=(5, 4)), rng_check.integers(3, size=5)
net = {"W1": rng_check.normal(size=(4, 6)), "b1": rng_check.normal(size=6), "W2": rng_check.normal(size=(6, 3)), "b2": rng_check.normal(size=3)}
first_loss, analytic = two_layer_gradients(X_c, y_c, **net)

# %%
for name, weight in net.items():
    by_nudges = vc.gradcheck.eval_numerical_gradient(lambda w: two_layer_gradients(X_c, y_c, **net)[0], weight, verbose=False)
    print(f"{name}: relative error {vc.gradcheck.rel_error(by_nudges, analytic[name]):.0e}")

# %% [markdown]
# Training is the loop of section 4 once more.
# (`decay` is the L2 regularization of lecture 03, on the weights and not on the biases.)

# %%
def train_net(X, y, H, steps=1500, rate=0.3, decay=0.0, momentum=0.9, seed=0):
    """Two-layer net with H hidden units for labels 0 and 1, by gradient descent with momentum (lecture 07)."""
    rng = np.random.default_rng(seed)
    net = {"W1": rng.normal(size=(2, H)), "b1": rng.normal(size=H), "W2": rng.normal(size=(H, 2)) / np.sqrt(H), "b2": np.zeros(2)}
    speed = {name: np.zeros_like(w) for name, w in net.items()}
    for step in range(steps):
        loss, grads = two_layer_gradients(X, y, **net)
        for name in net:
            pull = grads[name] + (decay * net[name] if name[0] == "W" else 0)
            speed[name] = momentum * speed[name] - rate * pull
            net[name] = net[name] + speed[name]
    return net, two_layer_gradients(X, y, **net)[0]

def classify_with(net):
    return lambda Q: (np.maximum(0, Q @ net["W1"] + net["b1"]) @ net["W2"] + net["b2"]).argmax(axis=1)

# %% [markdown]
# *Predict:* the net of section 4 took a Python object for every number.
# How many times as fast is a step of the same size in arrays?

# %%
start = time.perf_counter()
moon_net, moon_end = train_net(points, labels, H=8, steps=300, seed=1)
array_seconds = (time.perf_counter() - start) / 300
print(f"with Values {1000 * seconds_per_step:.0f} ms a step, with arrays {1000 * array_seconds:.2f} ms: {seconds_per_step / array_seconds:.0f} times as fast")
print(f"{np.mean(classify_with(moon_net)(points) == labels):.0%} of the moons' points right")

# %% [markdown]
# ## 7 · What hidden units buy
#
# Each hidden ReLU is silent on one side of a line and grows on the other.
# The net adds such half-planes up, with weights.
#
# *Predict:* one class is a disc, the other one lies all round it.
# How many hidden units does it take to fence the disc in: one, two, three, or more?

# %%
rng_disc = np.random.default_rng(2)
disc_points = rng_disc.uniform(-1.8, 1.8, (240, 2))
radius = np.linalg.norm(disc_points, axis=1)
disc_points, disc_labels = disc_points[abs(radius - 1) > 0.12], (radius < 1)[abs(radius - 1) > 0.12].astype(int)

# %%
def best_of(H, tries=4):
    """The net with the lowest loss of several that start from different random weights."""
    return min((train_net(disc_points, disc_labels, H, seed=s) for s in range(tries)), key=lambda trial: trial[1])[0]

units = (1, 2, 3, 4, 20)
nets = {H: best_of(H) for H in units}

# %%
figure, panels = plt.subplots(1, len(units), figsize=(12.5, 3.1), layout="constrained")
for ax, (H, disc_net) in zip(panels, nets.items()):
    right = np.mean(classify_with(disc_net)(disc_points) == disc_labels)
    paint(ax, classify_with(disc_net), disc_points, disc_labels)
    ax.set_title(f"{H} hidden: {right:.0%} right")
figure.suptitle("More hidden units, more bends in the border: when does the fence close?");

# %% [markdown]
# One unit gives a line at best and two a strip or a corner; with three the fence closes.
# With more, the border can follow any shape.
# This holds in general: with enough hidden units a two-layer net comes as close as you like to any continuous function on a bounded region (Cybenko, and Hornik with Stinchcombe and White, both 1989, for sigmoid-like units; Leshno and others, 1993, for ReLU and whatever else is no polynomial).
# The theorem says that such weights exist; it says nothing about how many units it takes or whether gradient descent finds them.
# Depth helps there: layers that fold the plane again and again make far more pieces than the same number of units side by side (Montúfar and others, 2014).
#
# ### Too much of a good thing?
#
# More units also fit what is not there.
#
# *Predict:* 80 hidden units on 60 noisy points.
# What does the border look like without any regularization, and what do you expect of a little, and of a lot?

# %%
noisy, noisy_labels = moons(60, noise=0.35, seed=5)
fresh, fresh_labels = moons(2000, noise=0.35, seed=6)
decays = (0.0, 0.003, 0.1)
held = {decay: train_net(noisy, noisy_labels, 80, decay=decay)[0] for decay in decays}

# %%
figure, panels = plt.subplots(1, 3, figsize=(10.5, 3.9), layout="constrained")
for ax, (decay, noisy_net) in zip(panels, held.items()):
    seen, unseen = (np.mean(classify_with(noisy_net)(Q) == t) for Q, t in ((noisy, noisy_labels), (fresh, fresh_labels)))
    paint(ax, classify_with(noisy_net), noisy, noisy_labels)
    ax.set_title(f"decay {decay:g}: {seen:.0%} of these,\n{unseen:.0%} of 2,000 fresh points")
figure.suptitle("80 hidden units each time: which border would you trust?");

# %% [markdown]
# The cure for a border that is too wild is not a smaller net.
# A small net is held back in what it *can* say, and gradient descent gets stuck in bad places more often there (Choromanska and others, 2015); a large one that is held back by regularization says the simplest thing that fits.
# So choose the size that you can afford, and the regularization that validation likes best.
#
# ### Step through a whole net
#
# As a last look at single numbers: one input, two hidden ReLU units, one output, and a squared error as loss.
# The second hidden unit is silent here.
#
# *Predict:* which of the weights get no gradient at all?

# %% picture
vc.widgets.GraphStepper("two layers")

# %% [markdown]
# Whatever leads to the silent unit alone gets 0, and so does the weight behind it: ReLU let nothing through.
# A unit that is silent for *every* example never learns again; lecture 06 calls it dead.
#
# ## 8 · One page to keep
#
# **The rule.** Gradient handed to an input = local gradient × upstream gradient; where a value was used more than once, the parts add.
#
# | gate | forward | backward, from upstream $u$ | in a word |
# |---|---|---|---|
# | add | $x + y$ | $u,\; u$ | distributes |
# | mul | $x y$ | $y u,\; x u$ | switches |
# | max | $\max(x, y)$ | $u$ to the winner, 0 to the loser | routes |
# | sigmoid | $s = \sigma(x)$ | $s (1 - s)\, u$ | passes a quarter at most |
# | ReLU | $\max(0, x)$ | $u \cdot [x > 0]$ | passes or blocks |
# | branch | $x, x$ | $u_1 + u_2$ | adds |
# | matrix product | $X W$ | $dX = dY\, W^\top$, $\;dW = X^\top dY$ | by the shapes |
# | bias | $X + b$ | $db = $ sum of $dY$ over the rows | a branch of $N$ |
# | softmax and loss | $P$, mean of $-\log P_y$ | $(P - \text{onehot}(y)) / N$ | probability minus truth |
#
# **Habits**
#
# - A gradient has the shape of its variable. Write shapes into the margin and let them choose the transposes.
# - `+=`, not `=`, wherever a value can be used twice.
# - A layer is a pair `forward -> out, cache` and `backward(dout, cache) -> gradients`, and leaves its inputs as they were.
# - Never form a Jacobian.
# - Check every backward pass by nudging, on small random inputs whose sizes all differ.
#
# **Where it leads.**
# Assignment 1 builds the two-layer net and then nets of any depth from such pairs.
# Lecture 05 replaces the matrix product by a convolution; the way back stays the same.

# %% [markdown]
# ### Further reading
#
# - Linnainmaa (1970), master's thesis, University of Helsinki; (1976), *Taylor expansion of the accumulated rounding error*.
# - Werbos (1974), *Beyond regression*, thesis, Harvard; (1982), *Applications of advances in nonlinear sensitivity analysis*.
# - Rumelhart, Hinton, Williams (1986), *Learning representations by back-propagating errors*.
# - Baur, Strassen (1983), *The complexity of partial derivatives*.
# - Griewank (2012), *Who invented the reverse mode of differentiation?*
# - Baydin, Pearlmutter, Radul, Siskind (2018), *Automatic differentiation in machine learning: a survey*.
# - Karpathy (2020), *micrograd*; and his essay *Yes you should understand backprop* (2016).
# - McCulloch, Pitts (1943), *A logical calculus of the ideas immanent in nervous activity*; Crick (1989), *The recent excitement about neural networks*.
# - London, Häusser (2005), *Dendritic computation*; Beniaguev, Segev, London (2021), *Single cortical neurons as deep artificial neural networks*.
# - Cybenko (1989), *Approximation by superpositions of a sigmoidal function*; Hornik, Stinchcombe, White (1989), *Multilayer feedforward networks are universal approximators*; Leshno, Lin, Pinkus, Schocken (1993), *Multilayer feedforward networks with a nonpolynomial activation function can approximate any function*.
# - Montúfar, Pascanu, Cho, Bengio (2014), *On the number of linear regions of deep neural networks*; Choromanska and others (2015), *The loss surfaces of multilayer networks*.
