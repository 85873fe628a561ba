"""Where in a picture a network finds the evidence for a class: five maps, and the check that they depend on what was learned.

All take a network in eval mode that turns X (N, C, H, W) into scores (N, K), and explain the score (before the softmax) of
labels y: one whole number, or N of them. No function changes the network or leaves a hook in it.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

Labels = int | Sequence[int] | Tensor


def gradient(network: nn.Module, X: Tensor, y: Labels) -> Tensor:
    """How fast the score of the class grows with each value of X: (N, C, H, W) (Simonyan, Vedaldi and Zisserman, 2013)."""
    X = X.detach().clone().requires_grad_()
    with torch.enable_grad():
        (slope,) = torch.autograd.grad(_scores(network, X, y).sum(), X)
    return slope


def magnitude(slope: Tensor) -> Tensor:
    """One map (N, H, W) from slopes (N, C, H, W): the largest size among the channels."""
    return slope.abs().amax(1)


def smooth_grad(network: nn.Module, X: Tensor, y: Labels, samples: int = 24, sigma: float = 0.15, seed: int = 0) -> Tensor:
    """The mean gradient (N, C, H, W) at `samples` noisy copies of X (Smilkov and others, 2017); sigma: noise, as a share of X's range."""
    *_, (mean, _) = smooth_grad_steps(network, X, y, samples, sigma, seed)
    return mean


def smooth_grad_steps(network: nn.Module, X: Tensor, y: Labels, samples: int = 24, sigma: float = 0.15, seed: int = 0,
                      batch: int = 4) -> Iterator[tuple[Tensor, float]]:
    """smooth_grad as it grows: the mean so far and the share that is done, after each `batch` of noisy copies."""
    if samples < 1 or sigma < 0:
        raise ValueError(f"samples={samples}, sigma={sigma}: take at least one sample, and noise of 0 or more")
    random, total = torch.Generator().manual_seed(seed), torch.zeros_like(X)
    spread = sigma * (X.max() - X.min())
    for begun in range(0, samples, batch):
        count = min(batch, samples - begun)
        for _ in range(count):
            total += gradient(network, X + spread * torch.randn(X.shape, generator=random).to(X), y)
        yield total / (begun + count), (begun + count) / samples


def guided_backprop(network: nn.Module, X: Tensor, y: Labels) -> Tensor:
    """The gradient (N, C, H, W) that lets no negative slope pass backward through a ReLU (Springenberg and others, 2014).

    Raises ValueError where the network has no module nn.ReLU or nn.ReLU6 to be guided.
    """
    def guide(module, inputs, output):
        if output.requires_grad:
            output.register_hook(lambda slope: slope.clamp(min=0))

    relus = [module for module in network.modules() if isinstance(module, nn.ReLU | nn.ReLU6)]
    if not relus:
        raise ValueError("guided backprop changes the way back through nn.ReLU and nn.ReLU6, and the network has neither as a module")
    with _hooked(relus, guide):
        return gradient(network, X, y)


def grad_cam(network: nn.Module, X: Tensor, y: Labels, layer: str) -> Tensor:
    """Grad-CAM at a layer's own resolution: (N, h, w), not negative (Selvaraju and others, 2017).

    The layer's channels are added up, each weighted by the mean over all places of its slope, and what is negative becomes 0.
    layer: the name of a module with output (N, C, h, w), such as "head" or "stage3.0". Raises ValueError for any other.
    """
    kept = {}

    def keep(module, inputs, output):
        if not isinstance(output, Tensor) or output.ndim != 4:
            raise ValueError(f"layer={layer!r} gives no maps (N, C, h, w): choose a convolution or a stage")
        kept["maps"] = output.detach().requires_grad_()              # the way back need go no further than here
        return kept["maps"]

    modules = dict(network.named_modules())
    if layer not in modules or not layer:
        raise ValueError(f"the network has no layer {layer!r}; its parts are {', '.join(name for name, _ in network.named_children())}")
    with _hooked([modules[layer]], keep), torch.enable_grad():
        score = _scores(network, X, y).sum()
        (slope,) = torch.autograd.grad(score, kept["maps"])
    return (slope.mean((2, 3), keepdim=True) * kept["maps"].detach()).sum(1).relu()


def occlusion(network: nn.Module, x: Tensor, y: int, patch: int = 32, stride: int = 16) -> Tensor:
    """By how much the score of class y falls when a patch is hidden: (h, w), one number per place (Zeiler and Fergus, 2013).

    x: (1, C, H, W). The patch is filled with 0, the mean gray of prepared pictures; place (r, c) hides rows r * stride to
    r * stride + patch.
    """
    *_, (hidden, _) = occlusion_steps(network, x, patch, stride)
    with torch.no_grad():
        return _scores(network, x, y) - hidden[..., y]


def occlusion_steps(network: nn.Module, x: Tensor, patch: int = 32, stride: int = 16, batch: int = 8) -> Iterator[tuple[Tensor, float]]:
    """The scores of all K classes with the patch at each place, (h, w, K), nan where it has not been yet, and the share that is done."""
    H, W = x.shape[2:]
    if not 1 <= patch <= min(H, W) or stride < 1:
        raise ValueError(f"patch={patch}, stride={stride}: the patch must fit into {H} x {W} pixels, and the stride be 1 or more")
    h, w = (H - patch) // stride + 1, (W - patch) // stride + 1
    places, hidden = [(r, c) for r in range(h) for c in range(w)], None
    for begun in range(0, len(places), batch):
        now = places[begun : begun + batch]
        X = x.repeat(len(now), 1, 1, 1)
        for copied, (r, c) in zip(X, now, strict=True):
            copied[:, r * stride : r * stride + patch, c * stride : c * stride + patch] = 0
        with torch.no_grad():
            scores = _scores(network, X)
        hidden = torch.full((h * w, scores.shape[1]), torch.nan) if hidden is None else hidden
        hidden[begun : begun + len(now)] = scores
        yield hidden.view(h, w, -1), (begun + len(now)) / len(places)


def stages(network: nn.Module, x: Tensor) -> list[str]:
    """The names of the network's parts, from the input on, whose output for x (1, C, H, W) is maps (1, channels, h, w)."""
    shapes, names = {}, {module: name for name, module in network.named_children()}

    def look(module, inputs, output):
        shapes[names[module]] = getattr(output, "shape", ())

    with _hooked(names, look), torch.no_grad():
        _scores(network, x)
    return [name for name, shape in shapes.items() if len(shape) == 4]


def randomized(network: nn.Module, seed: int = 0, down_to: str | None = None) -> nn.Module:
    """A copy whose weights are drawn anew from the output down to and with the part `down_to`, or all of them (Adebayo and others, 2018).

    A map that hardly changes says nothing of what the network has learned. Weights are normal with variance 2 / fan-in, biases 0,
    batch norm as before training. Raises ValueError where the network has no such part.
    """
    made, random = copy.deepcopy(network), torch.Generator().manual_seed(seed)
    parts = dict(made.named_children())
    if down_to is not None and down_to not in parts:
        raise ValueError(f"the network has no part {down_to!r}; choose one of {', '.join(parts)}")
    for name, part in reversed(parts.items()):
        for module in reversed(list(part.modules())):
            _draw(module, random)
        if name == down_to:
            break
    return made


def similarity(one: Tensor | np.ndarray, other: Tensor | np.ndarray) -> float:
    """Spearman's rank correlation of two maps of equal shape: 1 for the same order of places, about 0 for unrelated maps; 0 for a flat
    one."""
    ranks = []
    for values in (one, other):
        _, group, sizes = np.unique(np.asarray(values), return_inverse=True, return_counts=True)
        mean_ranks = sizes.cumsum() - sizes / 2
        ranks.append(mean_ranks[group.ravel()] - group.size / 2)
    size = np.linalg.norm(ranks[0]) * np.linalg.norm(ranks[1])
    return float(ranks[0] @ ranks[1] / size) if size else 0.0


def _scores(network: nn.Module, X: Tensor, y: Labels | None = None) -> Tensor:
    """Scores (N, K), or of one class each (N,)."""
    if network.training:
        raise ValueError("the network is in training mode, where dropout and batch norm make its scores depend on chance: "
                         "call network.eval() first")
    scores = network(X)
    if y is None:
        return scores
    N, K = scores.shape
    labels = torch.as_tensor(y).expand(N)
    if labels.is_floating_point() or not ((labels >= 0) & (labels < K)).all():
        raise ValueError(f"y={y}: the network has {K} classes, so labels are whole numbers from 0 to {K - 1}")
    return scores[torch.arange(N), labels]


@contextmanager
def _hooked(modules, hook: Callable):
    handles = [module.register_forward_hook(hook) for module in modules]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _draw(module: nn.Module, random: torch.Generator) -> None:
    with torch.no_grad():
        if isinstance(module, nn.Linear | nn.modules.conv._ConvNd):
            weight = module.weight
            weight.copy_(torch.randn(weight.shape, generator=random) * (2 / weight[0].numel()) ** 0.5)
            if module.bias is not None:
                module.bias.zero_()
        elif isinstance(module, nn.modules.batchnorm._NormBase):
            module.reset_parameters()
