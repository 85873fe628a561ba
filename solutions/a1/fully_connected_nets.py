# %% [markdown] part=6
# # Assignment 1 · Fully connected networks
#
# *Two layers work. Do five work better, and why do they refuse to start?*
#
# You write a network of any depth, make it memorise fifty pictures as a test of its health, and then find that a deep network needs more than the plainest way down the slope.
# Afterwards you will be able to
#
# - build a network whose depth is an argument;
# - use "overfit a handful of examples" as the first test of any training code;
# - write momentum, RMSProp and Adam, and say what each of them remembers;
# - choose among them on the strength of an experiment.
#
# {{contents}}
#
# Names and shapes are those of the classic CS231n handout: if you have solved that, your code runs here.
# The layers come from the course's package, so nothing of the earlier notebooks is needed.

# %% given
import matplotlib.pyplot as plt
import numpy as np

import visioncourse as vc
from visioncourse.gradcheck import eval_numerical_gradient, rel_error
from visioncourse.layers import (affine_backward, affine_forward, affine_relu_backward, affine_relu_forward, relu_backward,
                                 relu_forward, softmax_loss, svm_loss)
from visioncourse.solver import Solver

vc.setup("a1/fully_connected_nets")

# %% [markdown]
# ## 1 · A network of any depth
#
# $L$ layers: {affine - ReLU} repeated $L - 1$ times, then affine - softmax.
# The widths of the hidden layers come as a list, `hidden_dims`; between them stand $L - 1$ bends, around them $L$ matrices.
#
# *Predict:* `hidden_dims=[100, 50]`, pictures of 3072 numbers, ten classes: what are the shapes of the three matrices?

# %% [markdown]
# ### Exercise · Parameters (★★☆ · 15 minutes)
#
# Fill `self.params` with `W1`, `b1`, …, up to `W{L}`, `b{L}`: weights of standard deviation `weight_scale` and mean 0, biases 0.
#
# Assignment 2 will put a normalization between affine and ReLU.
# Prepare for it: where `normalization` is not `None`, each of the $L - 1$ *hidden* layers also has `gamma{i}`, ones, and `beta{i}`, zeros, of the layer's width.
# (Editions of the handout up to 2017 called this `use_batchnorm=True`; that is accepted too.)

# %% solve="fcnet-init"
class FullyConnectedNet:
    """{affine - [norm] - relu - [dropout]} x (L - 1) - affine - softmax."""

    def __init__(self, hidden_dims, input_dim=3 * 32 * 32, num_classes=10, dropout_keep_ratio=1, normalization=None,
                 reg=0.0, weight_scale=1e-2, dtype=np.float32, seed=None):
        self.normalization = normalization
        self.use_dropout = dropout_keep_ratio != 1
        self.reg = reg
        self.num_layers = 1 + len(hidden_dims)
        self.dtype = dtype
        self.params = {}
        ### BEGIN SOLUTION
        widths = [input_dim, *hidden_dims, num_classes]
        for i in range(1, self.num_layers + 1):
            self.params[f"W{i}"] = weight_scale * np.random.randn(widths[i - 1], widths[i])
            self.params[f"b{i}"] = np.zeros(widths[i])
            if normalization is not None and i < self.num_layers:
                self.params[f"gamma{i}"] = np.ones(widths[i])
                self.params[f"beta{i}"] = np.zeros(widths[i])
        ### END SOLUTION
        self.dropout_param = {"mode": "train", "p": dropout_keep_ratio, "seed": seed} if self.use_dropout else {}
        self.bn_params = [{"mode": "train"} for _ in hidden_dims] if normalization == "batchnorm" else [{} for _ in hidden_dims]
        for name in self.params:
            self.params[name] = self.params[name].astype(dtype)

# %% given
def look_at_net(hidden_dims, weight_scale, **settings):
    """Of each parameter: shape, then mean and standard deviation in units of weight_scale, rounded to a tenth; and its dtype."""
    net = FullyConnectedNet(hidden_dims, weight_scale=weight_scale, **settings)
    return {name: (p.shape, round(abs(float(np.mean(p))) / weight_scale, 1), round(float(np.std(p)) / weight_scale, 1), str(p.dtype))
            for name, p in net.params.items()}

def scales_and_shifts(hidden_dims, normalization):
    """The parameters gamma and beta of a network with normalization, as any edition asks for it."""
    try:
        net = FullyConnectedNet(hidden_dims, input_dim=5, num_classes=2, normalization=normalization)
    except TypeError:
        net = FullyConnectedNet(hidden_dims, input_dim=5, num_classes=2, use_batchnorm=True)
    return {name: p for name, p in net.params.items() if name.startswith(("gamma", "beta"))}

# %% check="fcnet-init" points=2
three = look_at_net([100, 80], 1e-2, input_dim=90, num_classes=70)
assert sorted(three) == ["W1", "W2", "W3", "b1", "b2", "b3"], "two hidden layers make W1, b1, W2, b2, W3, b3"
assert [three[name][0] for name in ("W1", "W2", "W3")] == [(90, 100), (100, 80), (80, 70)], "each matrix leads from one width to the next"
### BEGIN HIDDEN TESTS
def look_closely(hidden, D, kinds, scale, dtype):
    seen, widths = look_at_net(hidden, scale, input_dim=D, num_classes=kinds, dtype=dtype), [D, *hidden, kinds]
    assert len(seen) == 2 * len(hidden) + 2, f"hidden_dims={hidden} makes {len(hidden) + 1} matrices and as many biases"
    for i in range(1, len(widths)):
        assert seen[f"W{i}"][:3] == (tuple(widths[i - 1:i + 1]), 0.0, 1.0), f"W{i}: shape, mean 0, standard deviation 1 in units of weight_scale"
        assert seen[f"b{i}"][:3] == ((widths[i],), 0.0, 0.0), f"b{i}: shape, mean 0, standard deviation 0"
        assert seen[f"W{i}"][3] == np.dtype(dtype).name, f"W{i} has the dtype that was asked for"
        assert seen[f"b{i}"][3] == np.dtype(dtype).name, f"b{i} has the dtype that was asked for"
look_closely([90], 80, 70, 0.3, np.float64)
look_closely([80, 100, 70, 90], 60, 75, 5e-2, np.float32)
### END HIDDEN TESTS

# %% check="fcnet-init.scale-and-shift" points=1
norms = scales_and_shifts([4, 3], "batchnorm")
assert sorted(norms) == ["beta1", "beta2", "gamma1", "gamma2"], "with normalization, each hidden layer has a gamma and a beta, and the last layer has none"
### BEGIN HIDDEN TESTS
def look_at_norms(hidden, kind):
    found = scales_and_shifts(hidden, kind)
    assert len(found) == 2 * len(hidden), "one gamma and one beta for each hidden layer"
    for i, width in enumerate(hidden, 1):
        vc.assert_close(found[f"gamma{i}"], np.ones(width), f"gamma{i} with hidden_dims={hidden}")
        vc.assert_close(found[f"beta{i}"], np.zeros(width), f"beta{i} with hidden_dims={hidden}")
look_at_norms([6, 2, 5], "batchnorm")
look_at_norms([7], "layernorm")
assert len(look_at_net([5, 5], 1.0)) == 6, "without normalization there is no gamma and no beta"
### END HIDDEN TESTS

# %% wrong="fcnet-init" why="left out the last layer"
# - range(1, self.num_layers + 1)
# + range(1, self.num_layers)

# %% wrong="fcnet-init" why="counted the layers from 0"
# - "W{i}"
# + "W{i - 1}"
# - "b{i}"
# + "b{i - 1}"
# - self.params[f"gamma{i}"] = np.ones(widths[i])
# - self.params[f"beta{i}"] = np.zeros(widths[i])
# + self.params[f"gamma{i - 1}"], self.params[f"beta{i - 1}"] = np.ones(widths[i]), np.zeros(widths[i])

# %% wrong="fcnet-init" why="made the matrices the other way round, outputs first"
# - randn(widths[i - 1], widths[i])
# + randn(widths[i], widths[i - 1])

# %% wrong="fcnet-init" why="forgot weight_scale"
# - weight_scale * np.random
# + np.random

# %% wrong="fcnet-init" why="drew the biases at random too"
# - self.params[f"b{i}"] = np.zeros(widths[i])
# + self.params[f"b{i}"] = weight_scale * np.random.randn(widths[i])

# %% wrong="fcnet-init" why="drew the weights evenly between 0 and weight_scale, so that their mean is not 0"
# - randn
# + rand

# %% wrong="fcnet-init" why="gave the last layer a gamma and a beta as well"
# - normalization is not None and i < self.num_layers
# + normalization is not None

# %% wrong="fcnet-init" why="gave only batch normalization a gamma and a beta, where any normalization has them"
# - normalization is not None and
# + normalization == "batchnorm" and

# %% wrong="fcnet-init" why="started gamma at 0 and beta at 1, the wrong way round"
# - self.params[f"gamma{i}"] = np.ones(widths[i])
# + self.params[f"gamma{i}"] = np.zeros(widths[i])
# - self.params[f"beta{i}"] = np.zeros(widths[i])
# + self.params[f"beta{i}"] = np.ones(widths[i])

# %% right="fcnet-init" how="in the manner of the handouts"
class FullyConnectedNet(object):
    def __init__(self, hidden_dims, input_dim=3 * 32 * 32, num_classes=10, dropout_keep_ratio=1, normalization=None,
                 reg=0.0, weight_scale=1e-2, dtype=np.float32, seed=None):
        self.normalization = normalization
        self.use_dropout = dropout_keep_ratio != 1
        self.reg = reg
        self.num_layers = 1 + len(hidden_dims)
        self.dtype = dtype
        self.params = {}
        in_dim = input_dim
        for i, h_dim in enumerate(hidden_dims):
            self.params['W%d' % (i + 1,)] = weight_scale * np.random.randn(in_dim, h_dim)
            self.params['b%d' % (i + 1,)] = np.zeros((h_dim,))
            if self.normalization:
                self.params['gamma%d' % (i + 1,)] = np.ones((h_dim,))
                self.params['beta%d' % (i + 1,)] = np.zeros((h_dim,))
            in_dim = h_dim
        self.params['W%d' % (self.num_layers,)] = weight_scale * np.random.randn(in_dim, num_classes)
        self.params['b%d' % (self.num_layers,)] = np.zeros((num_classes,))
        self.dropout_param = {}
        self.bn_params = [{'mode': 'train'} for i in range(self.num_layers - 1)] if normalization == 'batchnorm' else []
        for k, v in self.params.items():
            self.params[k] = v.astype(dtype)

# %% right="fcnet-init" how="as the editions up to 2017 built it"
class FullyConnectedNet(object):
    def __init__(self, hidden_dims, input_dim=3*32*32, num_classes=10, dropout=0, use_batchnorm=False, reg=0.0,
                 weight_scale=1e-2, dtype=np.float32, seed=None):
        self.use_batchnorm = use_batchnorm
        self.use_dropout = dropout > 0
        self.reg = reg
        self.num_layers = 1 + len(hidden_dims)
        self.dtype = dtype
        self.params = {}
        self.dropout_param = {}
        self.bn_params = []
        dims = np.hstack((input_dim, hidden_dims, num_classes))
        for i in range(self.num_layers):
            self.params['W%d' % (i + 1)] = np.random.normal(0, weight_scale, (dims[i], dims[i + 1]))
            self.params['b%d' % (i + 1)] = np.zeros(dims[i + 1])
            if use_batchnorm and i < len(hidden_dims):
                self.params['gamma%d' % (i + 1)] = np.ones(dims[i + 1])
                self.params['beta%d' % (i + 1)] = np.zeros(dims[i + 1])
        for k, v in self.params.items():
            self.params[k] = v.astype(dtype)

# %% [markdown] hint="fcnet-init"
# Put the input's width in front of `hidden_dims` and the number of classes behind it. Which two neighbours of that list does `W2` join?

# %% [markdown] hint="fcnet-init"
# `f"W{i}"` is the key of layer `i`. Do the layers count from 0 or from 1?

# %% [markdown]
# ### Exercise · Loss and gradients (★★★ · 25 minutes)
#
# Write `loss(X, y)` for any number of layers: without labels the scores, with labels the loss and a dictionary of gradients with the keys of `params`.
# Keep the caches of the way forward in a list; the way back takes them from its end.
#
# The regularization has the half: $\tfrac12\,\text{reg} \sum_i \|W_i\|^2$, all matrices, no biases.
# Leave normalization and dropout to assignment 2.

# %% solve="fcnet-loss"
@vc.add_to(FullyConnectedNet)
def loss(self, X, y=None):
    """X (N, ...), y (N,) -> (loss, grads); without y the scores (N, C)."""
    X = X.astype(self.dtype)
    mode = "test" if y is None else "train"
    for settings in (self.dropout_param, *self.bn_params):           # what assignment 2 will need
        if settings:
            settings["mode"] = mode
    ### BEGIN SOLUTION
    caches, out = [], X
    for i in range(1, self.num_layers):
        out, cache = affine_relu_forward(out, self.params[f"W{i}"], self.params[f"b{i}"])
        caches.append(cache)
    L = self.num_layers
    scores, cache = affine_forward(out, self.params[f"W{L}"], self.params[f"b{L}"])
    if mode == "test":
        return scores
    loss, dout = softmax_loss(scores, y)
    grads = {}
    dout, grads[f"W{L}"], grads[f"b{L}"] = affine_backward(dout, cache)
    for i in range(L - 1, 0, -1):
        dout, grads[f"W{i}"], grads[f"b{i}"] = affine_relu_backward(dout, caches.pop())
    for i in range(1, L + 1):
        loss += 0.5 * self.reg * np.sum(self.params[f"W{i}"] ** 2)
        grads[f"W{i}"] += self.reg * self.params[f"W{i}"]
    ### END SOLUTION
    return loss, grads

# %% given
def deep_net(params, reg=0.0, dtype=np.float64):
    """Your network with these parameters."""
    L = sum(name.startswith("W") for name in params)
    net = FullyConnectedNet([params[f"W{i}"].shape[1] for i in range(1, L)], input_dim=len(params["W1"]),
                            num_classes=params[f"W{L}"].shape[1], reg=reg, dtype=dtype)
    net.params = {name: p.astype(dtype) for name, p in params.items()}
    return net

def scores_at(params, X):
    """The scores of your network with these parameters."""
    return deep_net(params).loss(X)

def loss_at(params, X, y, reg=0.0, dtype=np.float64):
    """Loss and gradients of your network with these parameters, asked for a second time: the first must leave X and the parameters alone."""
    net = deep_net(params, reg, dtype)
    net.loss(X, y)
    return net.loss(X, y)

# %% check="fcnet-loss" points=4
tiny = {"W1": np.array([[1.0], [-1.0]]), "b1": np.array([0.5]), "W2": np.array([[2.0]]), "b2": np.array([0.0]),
        "W3": np.array([[1.0, -1.0]]), "b3": np.array([0.0, 3.0])}
vc.assert_close(scores_at(tiny, np.array([[1.0, 0.0], [0.0, 1.0]])), [[3.0, 0.0], [0.0, 3.0]],
                "three layers by hand: (1, 0) gives 1.5, 3, then (3, 0); (0, 1) is stopped by the first ReLU")
vc.assert_close(loss_at(tiny, np.array([[1.0, 0.0]]), np.array([0]))[0], np.log1p(np.exp(-3.0)), "the loss of scores (3, 0) with label 0")
vc.assert_close(loss_at(tiny, np.array([[1.0, 0.0]]), np.array([0]), 2.0)[0], np.log1p(np.exp(-3.0)) + 8, "with reg = 2, half of 2 times the sum of all squared weights, 8, is added")
### BEGIN HIDDEN TESTS
import torch
import torch.nn.functional as F
def compare_deep(shape, hidden, kinds, reg, dtype=np.float64, **precise):
    widths = [int(np.prod(shape[1:])), *hidden, kinds]
    some = {f"W{i}": vc.draw(rng, (widths[i - 1], widths[i]), scale=0.6) for i in range(1, len(widths))}
    some |= {f"b{i}": vc.draw(rng, (widths[i],), scale=0.3) for i in range(1, len(widths))}
    some_X, some_y = vc.draw(rng, shape), rng.integers(0, kinds, shape[0])
    kept, t = some_X.copy(), {name: torch.tensor(p, requires_grad=True) for name, p in some.items()}
    out = torch.tensor(some_X).flatten(1)
    for i in range(1, len(widths)):
        out = (torch.relu(out) if i > 1 else out) @ t[f"W{i}"] + t[f"b{i}"]
    wanted = F.cross_entropy(out, torch.tensor(some_y)) + 0.5 * reg * sum(t[f"W{i}"].square().sum() for i in range(1, len(widths)))
    wanted.backward()
    found_loss, found_grads = loss_at(some, some_X, some_y, reg, dtype)
    vc.assert_close(found_loss, wanted.item(), f"loss with hidden_dims={hidden}, reg = {reg}", **precise)
    assert sorted(found_grads) == sorted(some), f"grads has the keys of params: {', '.join(sorted(some))}"
    for name in some:
        vc.assert_close(found_grads[name], t[name].grad, f"gradient of {name} with hidden_dims={hidden}, reg = {reg}", **precise)
    assert np.array_equal(some_X, kept), "X must not be changed"
compare_deep((2, 15), [20, 30], 10, 0.0)
compare_deep((4, 2, 3), [5, 7, 4], 3, 3.14)
compare_deep((1, 6), [4], 5, 0.5, np.float32, rtol=1e-3, atol=1e-4)
### END HIDDEN TESTS

# %% wrong="fcnet-loss" why="put a ReLU after the last layer too"
# - affine_forward(out, self.params[f"W{L}"], self.params[f"b{L}"])
# + affine_relu_forward(out, self.params[f"W{L}"], self.params[f"b{L}"])
# - affine_backward(dout, cache)
# + affine_relu_backward(dout, cache)

# %% wrong="fcnet-loss" why="forgot the ReLUs: without them all layers together are one"
# - affine_relu_forward
# + affine_forward
# - affine_relu_backward
# + affine_backward

# %% wrong="fcnet-loss" why="forgot the ReLUs on the way back"
# - affine_relu_backward(dout, caches.pop())
# + affine_backward(dout, caches.pop()[0])

# %% wrong="fcnet-loss" why="left out the half: the loss has reg and the gradient 2 reg times W"
# - += self.reg
# + += 2 * self.reg
# - 0.5 * self.reg
# + self.reg

# %% wrong="fcnet-loss" why="put the regularization into the loss and forgot it in the gradients"
# - grads[f"W{i}"] += self.reg * self.params[f"W{i}"]

# %% wrong="fcnet-loss" why="regularized the last layer only"
# - range(1, L + 1)
# + range(L, L + 1)

# %% wrong="fcnet-loss" why="regularized the hidden layers and forgot the last one"
# - range(1, L + 1)
# + range(1, L)

# %% wrong="fcnet-loss" why="regularized the biases too"
# - np.sum(self.params[f"W{i}"] ** 2)
# + (np.sum(self.params[f"W{i}"] ** 2) + np.sum(self.params[f"b{i}"] ** 2))

# %% wrong="fcnet-loss" why="left out the gradient of the last layer's bias"
# - dout, grads[f"W{L}"], grads[f"b{L}"]
# + dout, grads[f"W{L}"], _

# %% wrong="fcnet-loss" why="made rows of the examples by setting the shape of X itself, which is the caller's"
# - X = X.astype(self.dtype)
# + X.shape = (len(X), -1)
# + X = X.astype(self.dtype)

# %% wrong="fcnet-loss" why="multiplied the weights themselves by reg to get their share of the gradients, which destroys them"
# - grads[f"W{i}"] += self.reg * self.params[f"W{i}"]
# + self.params[f"W{i}"] *= self.reg
# + grads[f"W{i}"] += self.params[f"W{i}"]

# %% right="fcnet-loss" how="with its own arithmetic in place of the layers"
@vc.add_to(FullyConnectedNet)
def loss(self, X, y=None):
    p, acts = self.params, [X.reshape(X.shape[0], -1).astype(self.dtype)]
    for i in range(self.num_layers):
        z = acts[-1].dot(p[f"W{i + 1}"]) + p[f"b{i + 1}"]
        acts.append(np.maximum(z, 0) if i < self.num_layers - 1 else z)
    if y is None:
        return acts[-1]
    loss, d = softmax_loss(acts[-1], y)
    grads = {}
    for i in reversed(range(self.num_layers)):
        W = p[f"W{i + 1}"]
        loss += 0.5 * self.reg * np.sum(W * W)
        grads[f"W{i + 1}"], grads[f"b{i + 1}"] = acts[i].T.dot(d) + self.reg * W, d.sum(axis=0)
        d = d.dot(W.T) * (acts[i] > 0)
    return loss, grads

# %% right="fcnet-loss" how="in the manner of the handouts, with caches by name"
@vc.add_to(FullyConnectedNet)
def loss(self, X, y=None):
    X = X.astype(self.dtype)
    mode = 'test' if y is None else 'train'
    cache, layer_input = {}, X
    for i in range(1, self.num_layers):
        layer_input, cache[i] = affine_relu_forward(layer_input, self.params['W%d' % i], self.params['b%d' % i])
    n = self.num_layers
    scores, cache[n] = affine_forward(layer_input, self.params['W%d' % n], self.params['b%d' % n])
    if mode == 'test':
        return scores
    grads = {}
    loss, dscores = softmax_loss(scores, y)
    loss += 0.5 * self.reg * np.sum([np.sum(self.params['W%d' % i] ** 2) for i in range(1, n + 1)])
    dx, dw, db = affine_backward(dscores, cache[n])
    grads['W%d' % n], grads['b%d' % n] = dw + self.reg * self.params['W%d' % n], db
    for i in range(n - 1, 0, -1):
        dx, dw, db = affine_relu_backward(dx, cache[i])
        grads['W%d' % i], grads['b%d' % i] = dw + self.reg * self.params['W%d' % i], db
    return loss, grads

# %% [markdown] hint="fcnet-loss"
# The last layer has no ReLU. So how many times does the loop of the way forward run, and what comes after it?

# %% [markdown] hint="fcnet-loss"
# On the way back every layer's first result is the `dout` of the layer before it.

# %% [markdown]
# The usual tests of a new network, before any training: a first loss near $\log 10$, and gradients that agree with small steps.

# %%
rng_small = np.random.default_rng(231)
X_small, y_small = rng_small.normal(size=(2, 15)), rng_small.integers(0, 10, 2)
for reg in (0, 3.14):
    net = FullyConnectedNet([20, 30], input_dim=15, num_classes=10, reg=reg, weight_scale=5e-2, dtype=np.float64)
    first_loss, grads = net.loss(X_small, y_small)
    worst = max(rel_error(eval_numerical_gradient(lambda _: net.loss(X_small, y_small)[0], net.params[name], verbose=False), grads[name])
                for name in ("b1", "b2", "W3", "b3"))
    print(f"reg {reg}: first loss {first_loss:.3f}, worst relative error {worst:.1e}")

# %% [markdown]
# ## 2 · Does it learn at all?
#
# Fifty pictures, thousands of weights: a healthy network can learn them by heart.
# If it cannot, do not train it on fifty thousand.

# %%
DATASET = "scenes"          # or "cifar10", after `python -m visioncourse.data get cifar10`
num_training, num_validation = (3000, 500) if DATASET == "scenes" else (49000, 1000)
pictures = vc.data.load(DATASET, train=num_training, val=num_validation, test=500)
mean_image = pictures.X_train.mean(axis=0)                           # (32, 32, 3)

# %% given
def centered(images):
    """Bytes (N, 32, 32, 3) -> floats of the same shape, with the mean training picture subtracted."""
    return (images - mean_image).astype(np.float32)

# %%
data = {"X_train": centered(pictures.X_train), "y_train": pictures.y_train, "X_val": centered(pictures.X_val), "y_val": pictures.y_val}
X_test, y_test = centered(pictures.X_test), pictures.y_test
small_data = {"X_train": data["X_train"][:50], "y_train": data["y_train"][:50], "X_val": data["X_val"][:100], "y_val": data["y_val"][:100]}

# %% given
def overfit(hidden_dims, weight_scale, learning_rate):
    """A solver that has spent 20 epochs on fifty pictures."""
    net = FullyConnectedNet(hidden_dims, weight_scale=weight_scale, dtype=np.float64)
    solver = Solver(net, small_data, num_epochs=20, batch_size=25, optim_config={"learning_rate": learning_rate}, verbose=False)
    with np.errstate(all="ignore"):
        solver.train()
    return solver

def memory_test(hidden_dims, weight_scale, learning_rate):
    """First and last loss, and the best training accuracy of 20 epochs on fifty pictures."""
    solver = overfit(hidden_dims, weight_scale, learning_rate)
    return {"first loss": float(solver.loss_history[0]), "last loss": float(solver.loss_history[-1]), "best accuracy": max(solver.train_acc_history)}

# %% [markdown]
# ### Exercise · Three layers learn fifty pictures by heart (★★☆ · 15 minutes)
#
# Choose `weight_scale` and `learning_rate` so that a network with two hidden layers of 100 units reaches a training accuracy of **100 %** within 20 epochs of plain SGD.
# `overfit([100, 100], weight_scale, learning_rate).loss_history` shows you how it went.

# %% solve="overfit-three-layers"
### BEGIN SOLUTION
weight_scale = 2e-2
learning_rate = 3e-3
### END SOLUTION

# %% check="overfit-three-layers" points=2
three_layers = memory_test([100, 100], weight_scale, learning_rate)
assert three_layers["first loss"] < 1000, "the first loss is enormous: with such large weights the network is sure of nonsense before it starts"
assert np.isfinite(three_layers["last loss"]), "the loss has become nan or infinite: the steps are too long"
assert three_layers["best accuracy"] == 1.0, "not all fifty pictures are known by heart: if the loss hardly moved, the steps are too short or the weights too small"

# %% wrong="overfit-three-layers" why="took steps so short that nothing is learnt in 20 epochs"
weight_scale = 1e-2
learning_rate = 1e-6

# %% wrong="overfit-three-layers" why="took steps so long that the loss explodes"
weight_scale = 1e-2
learning_rate = 1.0

# %% wrong="overfit-three-layers" why="drew weights so large that the first loss is enormous"
weight_scale = 1.0
learning_rate = 1e-3

# %% right="overfit-three-layers" how="drew longer weights, shorter steps"
weight_scale = 5e-2
learning_rate = 1e-3

# %% right="overfit-three-layers" how="smaller weights, longer steps"
weight_scale = 1.5e-2
learning_rate = 4e-3

# %% [markdown] hint="overfit-three-layers"
# Try `weight_scale` 1e-3, 1e-2, 1e-1 and, for each, `learning_rate` 1e-4, 1e-3, 1e-2: nine short runs tell much. Which first losses do the three scales give?

# %%
memorised = overfit([100, 100], weight_scale, learning_rate)
vc.curves({"loss of the batch": memorised.loss_history}, xlabel="iteration", ylabel="loss", title="Three layers, fifty pictures: learnt by heart")

# %% [markdown]
# ### Exercise · Five layers learn fifty pictures by heart (★★☆ · 15 minutes)
#
# The same with four hidden layers of 100 units: choose `weight_scale` and `learning_rate` again.
#
# *Predict:* will the same numbers do?

# %%
print("five layers with the numbers of the three-layer network:", memory_test([100] * 4, weight_scale, learning_rate))
del weight_scale, learning_rate                                      # the next exercise asks for new ones

# %% solve="overfit-five-layers"
### BEGIN SOLUTION
weight_scale = 1e-1
learning_rate = 1e-3
### END SOLUTION

# %% check="overfit-five-layers" points=2
five_layers = memory_test([100] * 4, weight_scale, learning_rate)
assert five_layers["first loss"] < 10000, "the first loss is enormous: with such large weights the network is sure of nonsense before it starts"
assert np.isfinite(five_layers["last loss"]), "the loss has become nan or infinite: the steps are too long"
assert five_layers["best accuracy"] == 1.0, "not all fifty pictures are known by heart: if the loss stays near 2.3, the signal dies out on its way through small weights"

# %% wrong="overfit-five-layers" why="drew weights so small that the signal dies out on its way"
weight_scale = 1e-3
learning_rate = 1e-3

# %% wrong="overfit-five-layers" why="took steps so long that the loss explodes"
weight_scale = 1e-1
learning_rate = 1.0

# %% wrong="overfit-five-layers" why="took steps so short that nothing is learnt in 20 epochs"
weight_scale = 1e-1
learning_rate = 1e-7

# %% right="overfit-five-layers" how="a little smaller weights, a little longer steps"
weight_scale = 8e-2
learning_rate = 2e-3

# %% right="overfit-five-layers" how="a little larger weights"
weight_scale = 1.2e-1
learning_rate = 5e-4

# %% [markdown] hint="overfit-five-layers"
# Every layer multiplies the signal by about $\sqrt{100 / 2}\,\times$ `weight_scale`. Which scale keeps it alive through four of them?

# %% [markdown]
# How much room do the two networks leave for the choice?
# The next cell tries several scales for each, every one with two learning rates, and keeps the best.

# %%
scales = [1e-3, 1e-2, 3e-2, 1e-1]
reached = {f"{depth} layers": [max(memory_test([100] * (depth - 1), scale, rate)["best accuracy"] for rate in (1e-3, 3e-3)) for scale in scales]
           for depth in (3, 5)}
figure = vc.curves(reached, x=scales, xlabel="weight scale", ylabel="training accuracy on fifty pictures", title="Which weight scales let each depth learn fifty pictures?")
figure.axes[0].set_xscale("log")
figure

# %% [markdown]
# ### Inline question 1

# %% [markdown]
# Which of the two networks was more sensitive to the weight scale?
# Why?

# %% [markdown] answer="depth-and-scale" points=1
# **Model answer.** The five-layer network.
# Signal and gradient are multiplied by the weights once in every layer, so a factor a little below or above 1 is taken to the power of the depth: with small weights the scores and gradients vanish and the loss stays at $\log 10$, with large ones they explode.
# The deeper network therefore works only in a narrower range of scales.
#
# **Marking.** Half a point for the deeper one, half a point for repeated multiplication (vanishing or exploding).

# %% [markdown]
# ## 3 · Better ways down
#
# Plain SGD looks at the gradient of one batch and forgets it.
# The next three rules remember something.
# Each is a function `rule(w, dw, config) -> (next_w, config)`; `config` holds settings and memory, one for each parameter.
#
# ```python
# def sgd(w, dw, config=None):
#     config = {} if config is None else config
#     config.setdefault("learning_rate", 1e-2)
#     return w - config["learning_rate"] * dw, config
# ```

# %% [markdown]
# ### Exercise · Momentum (★☆☆ · 10 minutes)
#
# A ball that rolls down keeps most of its velocity $v$ (Polyak, 1964):
#
# $$v \leftarrow \mu v - \eta\, dw, \qquad w \leftarrow w + v.$$
#
# Here the velocity *contains* the learning rate $\eta$, so it is the very step that is taken.
# Put the new velocity into `config["velocity"]`.

# %% solve="sgd-momentum"
def sgd_momentum(w, dw, config=None):
    """w, dw of one shape -> next_w, config; config: learning_rate, momentum, velocity."""
    config = {} if config is None else config
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("momentum", 0.9)
    v = config.get("velocity", np.zeros_like(w))
    ### BEGIN SOLUTION
    v = config["momentum"] * v - config["learning_rate"] * dw
    next_w = w + v
    ### END SOLUTION
    config["velocity"] = v
    return next_w, config

# %% check="sgd-momentum" points=2
rolled_w, rolled_config = sgd_momentum(np.array([1.0]), np.array([2.0]), {"learning_rate": 0.1, "momentum": 0.5, "velocity": np.array([4.0])})
vc.assert_close(rolled_config["velocity"], [1.8], "velocity 4 with momentum 0.5, minus 0.1 times the gradient 2")
vc.assert_close(rolled_w, [2.8], "w = 1 plus the new velocity")
### BEGIN HIDDEN TESTS
def compare_momentum(shape, dtype=float, **settings):
    some_w, some_dw, some_v = vc.draw(rng, shape, shape, shape, dtype=dtype)
    wanted_w, wanted = vc.optim.sgd_momentum(some_w, some_dw, {**settings, "velocity": some_v})
    kept = some_dw.copy()
    found_w, found = sgd_momentum(some_w.copy(), some_dw, {**settings, "velocity": some_v.copy()})
    vc.assert_close(found_w, wanted_w, f"next_w of shape {shape} with {settings or 'default settings'}")
    vc.assert_close(found["velocity"], wanted["velocity"], f"velocity of shape {shape} with {settings or 'default settings'}")
    assert np.array_equal(some_dw, kept), "dw must not be changed"
compare_momentum((4, 5), learning_rate=1e-3)
compare_momentum((3,))
compare_momentum((2, 3, 2), learning_rate=0.2, momentum=0.5)
compare_momentum((1, 6), np.float32, learning_rate=0.1)
def roll_twice(rate, mu, *config):
    start_w, start_dw = vc.draw(rng, (5,), (5,))
    first_w, first_config = sgd_momentum(start_w.copy(), start_dw.copy(), *config)
    second_w, _ = sgd_momentum(np.array(first_w), start_dw.copy(), first_config)
    vc.assert_close(second_w, start_w - rate * (2 + mu) * start_dw,
                    f"two steps from rest with the same gradient, learning rate {rate} and momentum {mu}: the second is {1 + mu} times as long")
roll_twice(0.01, 0.9)
roll_twice(0.1, 0.5, {"learning_rate": 0.1, "momentum": 0.5})
### END HIDDEN TESTS

# %% wrong="sgd-momentum" why="added the gradient to the velocity, which goes uphill"
def sgd_momentum(w, dw, config=None):
    config = {"learning_rate": 1e-2, "momentum": 0.9, "velocity": np.zeros_like(w), **(config or {})}
    config["velocity"] = config["momentum"] * config["velocity"] + config["learning_rate"] * dw
    next_w = w + config["velocity"]
    return next_w, config

# %% wrong="sgd-momentum" why="kept the velocity without the learning rate, as torch does; here the velocity is the step itself"
def sgd_momentum(w, dw, config=None):
    config = {"learning_rate": 1e-2, "momentum": 0.9, "velocity": np.zeros_like(w), **(config or {})}
    config["velocity"] = config["momentum"] * config["velocity"] + dw
    next_w = w - config["learning_rate"] * config["velocity"]
    return next_w, config

# %% wrong="sgd-momentum" why="moved with the old velocity and updated it afterwards"
def sgd_momentum(w, dw, config=None):
    config = {"learning_rate": 1e-2, "momentum": 0.9, "velocity": np.zeros_like(w), **(config or {})}
    next_w = w + config["velocity"]
    config["velocity"] = config["momentum"] * config["velocity"] - config["learning_rate"] * dw
    return next_w, config

# %% wrong="sgd-momentum" why="never stored the new velocity, so that there is nothing to remember"
def sgd_momentum(w, dw, config=None):
    config = {"learning_rate": 1e-2, "momentum": 0.9, "velocity": np.zeros_like(w), **(config or {})}
    next_w = w + config["momentum"] * config["velocity"] - config["learning_rate"] * dw
    return next_w, config

# %% wrong="sgd-momentum" why="took Nesterov's step, which looks ahead; that is another rule"
def sgd_momentum(w, dw, config=None):
    config = {"learning_rate": 1e-2, "momentum": 0.9, "velocity": np.zeros_like(w), **(config or {})}
    config["velocity"] = config["momentum"] * config["velocity"] - config["learning_rate"] * dw
    next_w = w + config["momentum"] * config["velocity"] - config["learning_rate"] * dw
    return next_w, config

# %% wrong="sgd-momentum" why="weighted the gradient by 1 minus momentum, as in a running mean"
def sgd_momentum(w, dw, config=None):
    config = {"learning_rate": 1e-2, "momentum": 0.9, "velocity": np.zeros_like(w), **(config or {})}
    config["velocity"] = config["momentum"] * config["velocity"] - (1 - config["momentum"]) * config["learning_rate"] * dw
    next_w = w + config["velocity"]
    return next_w, config

# %% wrong="sgd-momentum" why="wrote plain SGD and ignored the velocity"
def sgd_momentum(w, dw, config=None):
    config = {"learning_rate": 1e-2, "momentum": 0.9, "velocity": np.zeros_like(w), **(config or {})}
    config["velocity"] = -config["learning_rate"] * dw
    next_w = w - config["learning_rate"] * dw
    return next_w, config

# %% wrong="sgd-momentum" why="returned the velocity without the settings, so that the second step takes the default ones"
def sgd_momentum(w, dw, config=None):
    config = {"learning_rate": 1e-2, "momentum": 0.9, "velocity": np.zeros_like(w), **(config or {})}
    v = config["momentum"] * config["velocity"] - config["learning_rate"] * dw
    return w + v, {"velocity": v}

# %% wrong="sgd-momentum" why="multiplied the gradient by the learning rate in place"
def sgd_momentum(w, dw, config=None):
    config = {"learning_rate": 1e-2, "momentum": 0.9, "velocity": np.zeros_like(w), **(config or {})}
    dw *= config["learning_rate"]
    config["velocity"] = config["momentum"] * config["velocity"] - dw
    return w + config["velocity"], config

# %% right="sgd-momentum" how="in the manner of the handouts"
def sgd_momentum(w, dw, config=None):
    if config is None:
        config = {}
    config.setdefault('learning_rate', 1e-2)
    config.setdefault('momentum', 0.9)
    v = config.get('velocity', np.zeros_like(w))
    next_w = None
    v = config['momentum'] * v - config['learning_rate'] * dw
    next_w = w + v
    config['velocity'] = v
    return next_w, config

# %% right="sgd-momentum" how="with the update in place"
def sgd_momentum(w, dw, config=None):
    config = dict(config or {})
    rate, mu = config.setdefault("learning_rate", 1e-2), config.setdefault("momentum", 0.9)
    v = np.array(config.get("velocity", np.zeros(w.shape)), dtype=w.dtype)
    v *= mu
    v -= rate * dw
    w += v
    config["velocity"] = v
    return w, config

# %% [markdown] hint="sgd-momentum"
# Two lines, in the order of the formula: is it the old or the new velocity that is added to `w`?

# %% [markdown]
# ### Exercise · RMSProp (★☆☆ · 10 minutes)
#
# Some weights get large gradients all the time, others small ones; one learning rate is too long a step for the former and too short for the latter.
# RMSProp (Hinton, in a lecture of 2012) divides by a running mean of the size:
#
# $$c \leftarrow \rho\, c + (1 - \rho)\, dw^2, \qquad w \leftarrow w - \frac{\eta\, dw}{\sqrt{c} + \epsilon}.$$
#
# $\rho$ is `decay_rate`, $c$ is `cache`, and $\epsilon$ stands *beside* the root; use the new $c$ in the step.

# %% solve="rmsprop"
def rmsprop(w, dw, config=None):
    """w, dw of one shape -> next_w, config; config: learning_rate, decay_rate, epsilon, cache."""
    config = {} if config is None else config
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("decay_rate", 0.99)
    config.setdefault("epsilon", 1e-8)
    config.setdefault("cache", np.zeros_like(w))
    ### BEGIN SOLUTION
    config["cache"] = config["decay_rate"] * config["cache"] + (1 - config["decay_rate"]) * dw ** 2
    next_w = w - config["learning_rate"] * dw / (np.sqrt(config["cache"]) + config["epsilon"])
    ### END SOLUTION
    return next_w, config

# %% check="rmsprop" points=2
sized_w, sized_config = rmsprop(np.array([1.0]), np.array([2.0]), {"learning_rate": 0.3, "decay_rate": 0.75, "epsilon": 0.0, "cache": np.array([10.0 + 2 / 3])})
vc.assert_close(sized_config["cache"], [9.0], "cache: 0.75 times 10.667 plus 0.25 times the gradient 2 squared")
vc.assert_close(sized_w, [0.8], "w = 1 minus 0.3 times 2, divided by the root of 9")
### BEGIN HIDDEN TESTS
def compare_rmsprop(shape, dtype=float, size=1.0, **settings):
    some_w, some_dw = vc.draw(rng, shape, shape, dtype=dtype)
    some_dw, some_cache = dtype(size) * some_dw, (size * vc.draw(rng, shape)).astype(dtype) ** 2
    wanted_w, wanted = vc.optim.rmsprop(some_w, some_dw, {**settings, "cache": some_cache})
    kept = some_dw.copy()
    found_w, found = rmsprop(some_w.copy(), some_dw, {**settings, "cache": some_cache.copy()})
    vc.assert_close(found_w, wanted_w, f"next_w of shape {shape}, gradients of size {size:g}, {settings or 'default settings'}")
    vc.assert_close(found["cache"], wanted["cache"], f"cache of shape {shape}, gradients of size {size:g}, {settings or 'default settings'}", atol=1e-20)
    assert np.array_equal(some_dw, kept), "dw must not be changed"
def size_twice(**settings):
    start_w, start_dw = vc.draw(rng, (5,), (5,))
    wanted_w, wanted_config = vc.optim.rmsprop(start_w, start_dw, settings)
    first_w, first_config = rmsprop(start_w.copy(), start_dw.copy(), dict(settings))
    second_w, _ = rmsprop(np.array(first_w), start_dw.copy(), first_config)
    vc.assert_close(second_w, vc.optim.rmsprop(wanted_w, start_dw, wanted_config)[0], f"two steps from an empty cache, the second with the config of the first, {settings}")
size_twice(learning_rate=0.1, decay_rate=0.5, epsilon=0.1)
compare_rmsprop((4, 5), learning_rate=1e-2)
compare_rmsprop((3,))
compare_rmsprop((2, 3, 2), learning_rate=0.2, decay_rate=0.9)
compare_rmsprop((5, 2), learning_rate=0.1, epsilon=0.05)
compare_rmsprop((6,), size=1e-4)
compare_rmsprop((1, 6), np.float32, learning_rate=0.1)
vc.assert_close(rmsprop(np.zeros(3), np.array([5.0, -0.1, 0.02]))[0], [-0.1, 0.1, -0.1], "the first step from an empty cache is as long for every weight", rtol=1e-3)
### END HIDDEN TESTS

# %% wrong="rmsprop" why="put epsilon inside the root"
def rmsprop(w, dw, config=None):
    config = {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8, "cache": np.zeros_like(w), **(config or {})}
    config["cache"] = config["decay_rate"] * config["cache"] + (1 - config["decay_rate"]) * dw ** 2
    next_w = w - config["learning_rate"] * dw / np.sqrt(config["cache"] + config["epsilon"])
    return next_w, config

# %% wrong="rmsprop" why="swapped the two shares: the old cache has 1 - decay_rate and the new square decay_rate"
def rmsprop(w, dw, config=None):
    config = {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8, "cache": np.zeros_like(w), **(config or {})}
    config["cache"] = (1 - config["decay_rate"]) * config["cache"] + config["decay_rate"] * dw ** 2
    next_w = w - config["learning_rate"] * dw / (np.sqrt(config["cache"]) + config["epsilon"])
    return next_w, config

# %% wrong="rmsprop" why="forgot the root"
def rmsprop(w, dw, config=None):
    config = {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8, "cache": np.zeros_like(w), **(config or {})}
    config["cache"] = config["decay_rate"] * config["cache"] + (1 - config["decay_rate"]) * dw ** 2
    next_w = w - config["learning_rate"] * dw / (config["cache"] + config["epsilon"])
    return next_w, config

# %% wrong="rmsprop" why="averaged the gradient and not its square"
def rmsprop(w, dw, config=None):
    config = {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8, "cache": np.zeros_like(w), **(config or {})}
    config["cache"] = config["decay_rate"] * config["cache"] + (1 - config["decay_rate"]) * dw
    next_w = w - config["learning_rate"] * dw / (np.sqrt(np.abs(config["cache"])) + config["epsilon"])
    return next_w, config

# %% wrong="rmsprop" why="divided by the old cache and updated it afterwards"
def rmsprop(w, dw, config=None):
    config = {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8, "cache": np.zeros_like(w), **(config or {})}
    old = config["cache"]
    config["cache"] = config["decay_rate"] * config["cache"] + (1 - config["decay_rate"]) * dw ** 2
    next_w = w - config["learning_rate"] * dw / (np.sqrt(old) + config["epsilon"])
    return next_w, config

# %% wrong="rmsprop" why="never forgot anything: the squares are added up, which is AdaGrad"
def rmsprop(w, dw, config=None):
    config = {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8, "cache": np.zeros_like(w), **(config or {})}
    config["cache"] = config["cache"] + dw ** 2
    next_w = w - config["learning_rate"] * dw / (np.sqrt(config["cache"]) + config["epsilon"])
    return next_w, config

# %% wrong="rmsprop" why="never stored the new cache"
def rmsprop(w, dw, config=None):
    config = {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8, "cache": np.zeros_like(w), **(config or {})}
    new = config["decay_rate"] * config["cache"] + (1 - config["decay_rate"]) * dw ** 2
    next_w = w - config["learning_rate"] * dw / (np.sqrt(new) + config["epsilon"])
    return next_w, config

# %% wrong="rmsprop" why="went up the gradient and not down"
def rmsprop(w, dw, config=None):
    config = {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8, "cache": np.zeros_like(w), **(config or {})}
    config["cache"] = config["decay_rate"] * config["cache"] + (1 - config["decay_rate"]) * dw ** 2
    next_w = w + config["learning_rate"] * dw / (np.sqrt(config["cache"]) + config["epsilon"])
    return next_w, config

# %% wrong="rmsprop" why="returned the cache without the settings, so that the second step takes the default ones"
def rmsprop(w, dw, config=None):
    config = {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8, "cache": np.zeros_like(w), **(config or {})}
    cache = config["decay_rate"] * config["cache"] + (1 - config["decay_rate"]) * dw ** 2
    next_w = w - config["learning_rate"] * dw / (np.sqrt(cache) + config["epsilon"])
    return next_w, {"cache": cache}

# %% wrong="rmsprop" why="multiplied the gradient by the learning rate in place"
def rmsprop(w, dw, config=None):
    config = {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8, "cache": np.zeros_like(w), **(config or {})}
    cache = config["decay_rate"] * config["cache"] + (1 - config["decay_rate"]) * dw ** 2
    dw *= config["learning_rate"]
    return w - dw / (np.sqrt(cache) + config["epsilon"]), {**config, "cache": cache}

# %% right="rmsprop" how="in the manner of the handouts"
def rmsprop(w, dw, config=None):
    if config is None:
        config = {}
    config.setdefault('learning_rate', 1e-2)
    config.setdefault('decay_rate', 0.99)
    config.setdefault('epsilon', 1e-8)
    config.setdefault('cache', np.zeros_like(w))
    config['cache'] = config['decay_rate'] * config['cache'] + (1 - config['decay_rate']) * (dw * dw)
    next_w = w - config['learning_rate'] * dw / (np.sqrt(config['cache']) + config['epsilon'])
    return next_w, config

# %% right="rmsprop" how="as a step towards the square"
def rmsprop(w, dw, config=None):
    config = {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8, "cache": np.zeros_like(w), **(config or {})}
    keep, square = config["decay_rate"], np.square(dw)
    config["cache"] = square + keep * (config["cache"] - square)
    next_w = w - np.divide(config["learning_rate"] * dw, config["epsilon"] + config["cache"] ** 0.5)
    return next_w, config

# %% [markdown] hint="rmsprop"
# Which of $\rho$ and $1 - \rho$ is close to 1, the share of the old cache or that of the new square?

# %% [markdown]
# ### Exercise · Adam (★★☆ · 15 minutes)
#
# Adam (Kingma and Ba, 2015) remembers both, a running mean $m$ of the gradient and a running mean $v$ of its square:
#
# $$t \leftarrow t + 1, \quad m \leftarrow \beta_1 m + (1 - \beta_1)\, dw, \quad v \leftarrow \beta_2 v + (1 - \beta_2)\, dw^2,$$
# $$\hat m = \frac{m}{1 - \beta_1^t}, \quad \hat v = \frac{v}{1 - \beta_2^t}, \qquad w \leftarrow w - \frac{\eta\, \hat m}{\sqrt{\hat v} + \epsilon}.$$
#
# Both means start at 0 and are too small at first; the division by $1 - \beta^t$ makes up for it, with $t$ counted *before* it is used.
# Keep `m`, `v` and `t` in `config`, and do not keep $\hat m$ and $\hat v$.

# %% solve="adam"
def adam(w, dw, config=None):
    """w, dw of one shape -> next_w, config; config: learning_rate, beta1, beta2, epsilon, m, v, t."""
    config = {} if config is None else config
    config.setdefault("learning_rate", 1e-3)
    config.setdefault("beta1", 0.9)
    config.setdefault("beta2", 0.999)
    config.setdefault("epsilon", 1e-8)
    config.setdefault("m", np.zeros_like(w))
    config.setdefault("v", np.zeros_like(w))
    config.setdefault("t", 0)
    ### BEGIN SOLUTION
    config["t"] += 1
    config["m"] = config["beta1"] * config["m"] + (1 - config["beta1"]) * dw
    config["v"] = config["beta2"] * config["v"] + (1 - config["beta2"]) * dw ** 2
    m_hat = config["m"] / (1 - config["beta1"] ** config["t"])
    v_hat = config["v"] / (1 - config["beta2"] ** config["t"])
    next_w = w - config["learning_rate"] * m_hat / (np.sqrt(v_hat) + config["epsilon"])
    ### END SOLUTION
    return next_w, config

# %% check="adam" points=3
first_step, first_memory = adam(np.array([1.0, 1.0, 1.0]), np.array([1e-2, 3.0, -200.0]))
assert first_memory["t"] == 1, "t counts the steps: it is 1 after the first"
vc.assert_close(first_step, [0.999, 0.999, 1.001], "from rest the first step is as long as the learning rate, 0.001, whatever the gradient", rtol=1e-5)
vc.assert_close(first_memory["m"], [1e-3, 0.3, -20.0], "m after the first step: 0.1 times the gradient")
### BEGIN HIDDEN TESTS
def compare_adam(shape, t, dtype=float, size=1.0, **settings):
    some_w, some_dw, some_m = vc.draw(rng, shape, shape, shape, dtype=dtype)
    some_dw, some_m, some_v = dtype(size) * some_dw, dtype(size) * some_m, (size * vc.draw(rng, shape)).astype(dtype) ** 2
    wanted_w, wanted = vc.optim.adam(some_w, some_dw, {**settings, "m": some_m, "v": some_v, "t": t})
    kept, said = some_dw.copy(), f"t = {t}, gradients of size {size:g}, {settings or 'default settings'}"
    found_w, found = adam(some_w.copy(), some_dw, {**settings, "m": some_m.copy(), "v": some_v.copy(), "t": t})
    vc.assert_close(found_w, wanted_w, f"next_w for {said}", rtol=1e-5)
    vc.assert_close(found["m"], wanted["m"], f"m for {said}", atol=1e-12)
    vc.assert_close(found["v"], wanted["v"], f"v for {said}", atol=1e-20)
    assert found["t"] == t + 1, "t has grown by one"
    assert np.array_equal(some_dw, kept), "dw must not be changed"
def remember_twice(**settings):
    start_w, start_dw = vc.draw(rng, (5,), (5,))
    wanted_w, wanted_config = vc.optim.adam(start_w, start_dw, settings)
    first_w, first_config = adam(start_w.copy(), start_dw.copy(), dict(settings))
    second_w, _ = adam(np.array(first_w), start_dw.copy(), first_config)
    vc.assert_close(second_w, vc.optim.adam(wanted_w, start_dw, wanted_config)[0], f"two steps from rest, the second with the config of the first, {settings}")
remember_twice(learning_rate=0.1, beta1=0.6, beta2=0.8, epsilon=0.1)
compare_adam((4, 5), 5, learning_rate=1e-2)
compare_adam((3,), 0)
compare_adam((2, 3, 2), 1, learning_rate=0.1, beta1=0.6, beta2=0.8)
compare_adam((5, 2), 50, learning_rate=0.1, epsilon=0.05)
compare_adam((6,), 3, size=1e-4, learning_rate=0.1)
compare_adam((1, 6), 2, np.float32, learning_rate=0.1)
### END HIDDEN TESTS

# %% wrong="adam" why="corrected the means with t before it was increased"
def adam(w, dw, config=None):
    config = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "m": np.zeros_like(w), "v": np.zeros_like(w), "t": 0, **(config or {})}
    config["m"] = config["beta1"] * config["m"] + (1 - config["beta1"]) * dw
    config["v"] = config["beta2"] * config["v"] + (1 - config["beta2"]) * dw ** 2
    with np.errstate(all="ignore"):
        m_hat, v_hat = config["m"] / np.float64(1 - config["beta1"] ** config["t"]), config["v"] / np.float64(1 - config["beta2"] ** config["t"])
    config["t"] += 1
    next_w = w - config["learning_rate"] * m_hat / (np.sqrt(v_hat) + config["epsilon"])
    return next_w, config

# %% wrong="adam" why="multiplied beta by t, where it is taken to the power of t"
def adam(w, dw, config=None):
    config = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "m": np.zeros_like(w), "v": np.zeros_like(w), "t": 0, **(config or {})}
    config["t"] += 1
    config["m"] = config["beta1"] * config["m"] + (1 - config["beta1"]) * dw
    config["v"] = config["beta2"] * config["v"] + (1 - config["beta2"]) * dw ** 2
    with np.errstate(all="ignore"):
        m_hat, v_hat = config["m"] / np.float64(1 - config["beta1"] * config["t"]), config["v"] / np.float64(1 - config["beta2"] * config["t"])
        next_w = w - config["learning_rate"] * m_hat / (np.sqrt(v_hat) + config["epsilon"])
    return next_w, config

# %% wrong="adam" why="left out the bias correction"
def adam(w, dw, config=None):
    config = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "m": np.zeros_like(w), "v": np.zeros_like(w), "t": 0, **(config or {})}
    config["t"] += 1
    config["m"] = config["beta1"] * config["m"] + (1 - config["beta1"]) * dw
    config["v"] = config["beta2"] * config["v"] + (1 - config["beta2"]) * dw ** 2
    next_w = w - config["learning_rate"] * config["m"] / (np.sqrt(config["v"]) + config["epsilon"])
    return next_w, config

# %% wrong="adam" why="put epsilon inside the root"
def adam(w, dw, config=None):
    config = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "m": np.zeros_like(w), "v": np.zeros_like(w), "t": 0, **(config or {})}
    config["t"] += 1
    config["m"] = config["beta1"] * config["m"] + (1 - config["beta1"]) * dw
    config["v"] = config["beta2"] * config["v"] + (1 - config["beta2"]) * dw ** 2
    m_hat, v_hat = config["m"] / (1 - config["beta1"] ** config["t"]), config["v"] / (1 - config["beta2"] ** config["t"])
    next_w = w - config["learning_rate"] * m_hat / np.sqrt(v_hat + config["epsilon"])
    return next_w, config

# %% wrong="adam" why="swapped beta1 and beta2"
def adam(w, dw, config=None):
    config = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "m": np.zeros_like(w), "v": np.zeros_like(w), "t": 0, **(config or {})}
    config["t"] += 1
    config["m"] = config["beta2"] * config["m"] + (1 - config["beta2"]) * dw
    config["v"] = config["beta1"] * config["v"] + (1 - config["beta1"]) * dw ** 2
    m_hat, v_hat = config["m"] / (1 - config["beta2"] ** config["t"]), config["v"] / (1 - config["beta1"] ** config["t"])
    next_w = w - config["learning_rate"] * m_hat / (np.sqrt(v_hat) + config["epsilon"])
    return next_w, config

# %% wrong="adam" why="swapped the shares: the old means have 1 - beta and the new values beta"
def adam(w, dw, config=None):
    config = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "m": np.zeros_like(w), "v": np.zeros_like(w), "t": 0, **(config or {})}
    config["t"] += 1
    config["m"] = (1 - config["beta1"]) * config["m"] + config["beta1"] * dw
    config["v"] = (1 - config["beta2"]) * config["v"] + config["beta2"] * dw ** 2
    m_hat, v_hat = config["m"] / (1 - config["beta1"] ** config["t"]), config["v"] / (1 - config["beta2"] ** config["t"])
    next_w = w - config["learning_rate"] * m_hat / (np.sqrt(v_hat) + config["epsilon"])
    return next_w, config

# %% wrong="adam" why="kept the corrected means in config, so that they are corrected again and again"
def adam(w, dw, config=None):
    config = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "m": np.zeros_like(w), "v": np.zeros_like(w), "t": 0, **(config or {})}
    config["t"] += 1
    config["m"] = config["beta1"] * config["m"] + (1 - config["beta1"]) * dw
    config["v"] = config["beta2"] * config["v"] + (1 - config["beta2"]) * dw ** 2
    config["m"], config["v"] = config["m"] / (1 - config["beta1"] ** config["t"]), config["v"] / (1 - config["beta2"] ** config["t"])
    next_w = w - config["learning_rate"] * config["m"] / (np.sqrt(config["v"]) + config["epsilon"])
    return next_w, config

# %% wrong="adam" why="averaged the gradient in v too, not its square"
def adam(w, dw, config=None):
    config = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "m": np.zeros_like(w), "v": np.zeros_like(w), "t": 0, **(config or {})}
    config["t"] += 1
    config["m"] = config["beta1"] * config["m"] + (1 - config["beta1"]) * dw
    config["v"] = config["beta2"] * config["v"] + (1 - config["beta2"]) * dw
    m_hat, v_hat = config["m"] / (1 - config["beta1"] ** config["t"]), config["v"] / (1 - config["beta2"] ** config["t"])
    next_w = w - config["learning_rate"] * m_hat / (np.sqrt(np.abs(v_hat)) + config["epsilon"])
    return next_w, config

# %% wrong="adam" why="used the gradient itself in the step and not its mean"
def adam(w, dw, config=None):
    config = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "m": np.zeros_like(w), "v": np.zeros_like(w), "t": 0, **(config or {})}
    config["t"] += 1
    config["m"] = config["beta1"] * config["m"] + (1 - config["beta1"]) * dw
    config["v"] = config["beta2"] * config["v"] + (1 - config["beta2"]) * dw ** 2
    m_hat, v_hat = config["m"] / (1 - config["beta1"] ** config["t"]), config["v"] / (1 - config["beta2"] ** config["t"])
    next_w = w - config["learning_rate"] * dw / (np.sqrt(v_hat) + config["epsilon"])
    return next_w, config

# %% wrong="adam" why="never counted: t stays as it came"
def adam(w, dw, config=None):
    config = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "m": np.zeros_like(w), "v": np.zeros_like(w), "t": 0, **(config or {})}
    config["m"] = config["beta1"] * config["m"] + (1 - config["beta1"]) * dw
    config["v"] = config["beta2"] * config["v"] + (1 - config["beta2"]) * dw ** 2
    m_hat, v_hat = config["m"] / (1 - config["beta1"] ** (config["t"] + 1)), config["v"] / (1 - config["beta2"] ** (config["t"] + 1))
    next_w = w - config["learning_rate"] * m_hat / (np.sqrt(v_hat) + config["epsilon"])
    return next_w, config

# %% wrong="adam" why="returned m, v and t without the settings, so that the second step takes the default ones"
def adam(w, dw, config=None):
    config = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "m": np.zeros_like(w), "v": np.zeros_like(w), "t": 0, **(config or {})}
    t, m = config["t"] + 1, config["beta1"] * config["m"] + (1 - config["beta1"]) * dw
    v = config["beta2"] * config["v"] + (1 - config["beta2"]) * dw ** 2
    next_w = w - config["learning_rate"] * m / (1 - config["beta1"] ** t) / (np.sqrt(v / (1 - config["beta2"] ** t)) + config["epsilon"])
    return next_w, {"m": m, "v": v, "t": t}

# %% wrong="adam" why="squared the gradient in place"
def adam(w, dw, config=None):
    config = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "m": np.zeros_like(w), "v": np.zeros_like(w), "t": 0, **(config or {})}
    t, m = config["t"] + 1, config["beta1"] * config["m"] + (1 - config["beta1"]) * dw
    dw *= dw
    v = config["beta2"] * config["v"] + (1 - config["beta2"]) * dw
    next_w = w - config["learning_rate"] * m / (1 - config["beta1"] ** t) / (np.sqrt(v / (1 - config["beta2"] ** t)) + config["epsilon"])
    return next_w, {**config, "m": m, "v": v, "t": t}

# %% right="adam" how="in the manner of the handouts"
def adam(w, dw, config=None):
    if config is None:
        config = {}
    config.setdefault('learning_rate', 1e-3)
    config.setdefault('beta1', 0.9)
    config.setdefault('beta2', 0.999)
    config.setdefault('epsilon', 1e-8)
    config.setdefault('m', np.zeros_like(w))
    config.setdefault('v', np.zeros_like(w))
    config.setdefault('t', 0)
    config['t'] += 1
    config['m'] = config['beta1'] * config['m'] + (1 - config['beta1']) * dw
    mt = config['m'] / (1 - config['beta1'] ** config['t'])
    config['v'] = config['beta2'] * config['v'] + (1 - config['beta2']) * (dw ** 2)
    vt = config['v'] / (1 - config['beta2'] ** config['t'])
    next_w = w - config['learning_rate'] * mt / (np.sqrt(vt) + config['epsilon'])
    return next_w, config

# %% right="adam" how="with the corrections gathered in the learning rate"
def adam(w, dw, config=None):
    config = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "m": np.zeros_like(w), "v": np.zeros_like(w), "t": 0, **(config or {})}
    config["t"] += 1
    config["m"] = config["m"] + (1 - config["beta1"]) * (dw - config["m"])
    config["v"] = config["v"] + (1 - config["beta2"]) * (dw * dw - config["v"])
    root = np.sqrt(1 - config["beta2"] ** config["t"])
    next_w = w - config["learning_rate"] * root / (1 - config["beta1"] ** config["t"]) * config["m"] / (np.sqrt(config["v"]) + config["epsilon"] * root)
    return next_w, config

# %% [markdown] hint="adam"
# What is $1 - \beta_1^t$ at the first step if $t$ is still 0?

# %% [markdown] hint="adam"
# $\hat m$ and $\hat v$ serve this one step. What would happen to the running means if the corrected values were kept?

# %% [markdown]
# ### The four of them on a deep network
#
# Six layers, fifteen hundred pictures, five epochs, the same start for all; each rule has a learning rate that suits it.
#
# *Predict:* who comes last?

# %%
race_data = {"X_train": data["X_train"][:1500], "y_train": data["y_train"][:1500], "X_val": data["X_val"], "y_val": data["y_val"]}
rules = {"SGD": ("sgd", 5e-3), "momentum": (sgd_momentum, 5e-3), "RMSProp": (rmsprop, 1e-4), "Adam": (adam, 1e-3)}
race = {}
for name, (rule, rate) in rules.items():
    np.random.seed(231)
    race[name] = Solver(FullyConnectedNet([100] * 5, weight_scale=5e-2), race_data, update_rule=rule, num_epochs=5,
                        optim_config={"learning_rate": rate}, num_train_samples=300, verbose=False)
    race[name].train()

# %%
smooth = {name: np.convolve(solver.loss_history, np.ones(10) / 10, mode="valid") for name, solver in race.items()}
vc.curves(smooth, xlabel="iteration", ylabel="loss, mean of 10 batches", title="The same network and start: the rules differ in how soon they find the way")

# %%
vc.curves({name: solver.val_acc_history for name, solver in race.items()}, xlabel="epoch", ylabel="validation accuracy",
          title="The same race by validation accuracy: the rule that is last in the loss is last here too")

# %% [markdown]
# ### Inline question 2

# %% [markdown]
# AdaGrad (Duchi and others, 2011) is RMSProp without forgetting: `cache += dw ** 2`, then `w -= learning_rate * dw / (np.sqrt(cache) + eps)`.
# Somebody trains a network with it and sees that the updates become very small, and learning slow.
# Why do they become small?
# Would Adam have the same problem?

# %% [markdown] answer="adagrad-slows-down" points=1
# **Model answer.** The cache is a sum of squares, so it can only grow; the step is divided by its root and shrinks towards 0, about as $1 / \sqrt t$ for gradients of constant size, whether or not the network is near a minimum.
# Adam keeps a running *mean* of the squares that forgets old ones, so its denominator follows the size of recent gradients and can become smaller again; it does not have this problem.
#
# **Marking.** Half a point for the cache that only grows, half a point for Adam's forgetting mean.

# %% [markdown]
# ## 4 · Your best network

# %% [markdown]
# ### Exercise · The best network you can find (★★★ · 30 minutes)
#
# Train a `FullyConnectedNet` with any depth, widths and update rule, and leave it in `best_model`.
# It must reach **37 %** on the validation pictures of Scenes and **35 %** on the test pictures (50 % on both for all of CIFAR-10, where 55 % are possible).

# %% solve="best-model"
### BEGIN SOLUTION
best_model = FullyConnectedNet([100, 50], weight_scale=2e-2, reg=0.02)
trainer = Solver(best_model, data, update_rule=adam, optim_config={"learning_rate": 5e-4}, lr_decay=0.8, num_epochs=6,
                 num_train_samples=500, print_every=60)
trainer.train()
best_model = trainer.model
### END SOLUTION

# %% check="best-model" points=3
found_val = np.mean(best_model.loss(data["X_val"]).argmax(axis=1) == data["y_val"])
assert found_val >= {"scenes": 0.37, "cifar10": 0.50}[DATASET], "below the bar on the validation pictures: look at the curves first, then change one thing by a factor"
### BEGIN HIDDEN TESTS
fresh = vc.data.load(DATASET, train=1, test=500)
fresh_acc = np.mean(best_model.loss(centered(fresh.X_test)).argmax(axis=1) == fresh.y_test)
assert fresh_acc >= {"scenes": 0.35, "cifar10": 0.50}[DATASET], "below the bar on the test pictures, which the network has never seen"
assert found_val - fresh_acc < 0.2, "far better on the validation pictures than on pictures that it has never seen: did it learn from the validation pictures?"
### END HIDDEN TESTS

# %% wrong="best-model" why="took Adam with the learning rate of plain SGD, which is far too large for it"
best_model = FullyConnectedNet([100, 50], weight_scale=2e-2)
trainer = Solver(best_model, data, update_rule=adam, optim_config={"learning_rate": 0.5}, num_epochs=1, num_train_samples=300, verbose=False)
trainer.train()
best_model = trainer.model

# %% wrong="best-model" why="learnt from the validation pictures"
best_model = FullyConnectedNet([100, 50], weight_scale=2e-2)
trainer = Solver(best_model, {**data, "X_train": data["X_val"], "y_train": data["y_val"]}, update_rule="adam", optim_config={"learning_rate": 1e-3},
                 num_epochs=20, num_train_samples=300, verbose=False)
trainer.train()
best_model = trainer.model

# %% wrong="best-model" why="made a network and never trained it"
best_model = FullyConnectedNet([100, 50], weight_scale=2e-2)
trainer = Solver(best_model, data, verbose=False)

# %% right="best-model" how="with one hidden layer and momentum"
best_model = FullyConnectedNet([120], weight_scale=1e-3, reg=0.3)
trainer = Solver(best_model, data, update_rule=sgd_momentum, optim_config={"learning_rate": 1.5e-4}, lr_decay=0.9, num_epochs=8,
                 num_train_samples=300, verbose=False)
trainer.train()
best_model = trainer.model

# %% right="best-model" how="with three hidden layers and a loop over learning rates, in the manner of the handouts"
best_val = -1
for learning_rate in (3e-4, 6e-4):
    model = FullyConnectedNet([100, 100, 50], weight_scale=3e-2, reg=1e-2)
    trainer = Solver(model, data, num_epochs=6, batch_size=100, update_rule='adam', optim_config={'learning_rate': learning_rate},
                     lr_decay=0.8, num_train_samples=300, verbose=False)
    trainer.train()
    if trainer.best_val_acc > best_val:
        best_val, best_model = trainer.best_val_acc, trainer.model

# %% [markdown] hint="best-model"
# Depth is not the first thing to try. Take two hidden layers and Adam, and look for the learning rate in factors of 3.

# %%
print(f"training {np.mean(best_model.loss(data['X_train']).argmax(axis=1) == data['y_train']):.1%}, "
      f"validation {np.mean(best_model.loss(data['X_val']).argmax(axis=1) == data['y_val']):.1%}, "
      f"test {np.mean(best_model.loss(X_test).argmax(axis=1) == y_test):.1%}")

# %%
vc.confusion(y_test, best_model.loss(X_test).argmax(axis=1), pictures.classes, title="The best network on test pictures: what does it still mix up?")

# %% [markdown]
# ## What to keep
#
# - Before a long training: first loss, gradient check, fifty pictures by heart.
# - The deeper the network, the narrower the range of weight scales that let it start. Assignment 2 brings normalization, which widens it.
# - Momentum remembers the direction, RMSProp the size, Adam both.
# - An update rule is compared with the others at a learning rate that suits it, or not at all.
