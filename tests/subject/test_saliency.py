"""Each map against a plain formula, and that no network is left other than it was."""

import copy

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import nn

from visioncourse import saliency

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def small():
    """Convolutions, batch norm, a ReLU that writes over its input, and ReLU6; 3 x 12 x 12 -> 5 scores."""
    torch.manual_seed(3)
    network = nn.Sequential()
    network.add_module("first", nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(inplace=True)))
    network.add_module("second", nn.Sequential(nn.Conv2d(8, 6, 3, stride=2), nn.ReLU6()))
    network.add_module("end", nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 5)))
    network.first[1].running_mean.normal_()
    return network.eval()


@pytest.fixture
def X():
    return torch.randn(2, 3, 12, 12, generator=torch.Generator().manual_seed(1))


def hooks(network):
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return [hook for module in network.modules() for kind in kinds for hook in getattr(module, kind).values()]


def test_the_gradient_of_a_linear_network_is_its_weights():
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 4)).eval()
    X = torch.randn(2, 3, 2, 2)
    torch.testing.assert_close(saliency.gradient(network, X, [2, 0]), network[1].weight.detach()[[2, 0]].view(2, 3, 2, 2))
    noisy = saliency.smooth_grad(network, X, 1, samples=5, sigma=0.5)
    torch.testing.assert_close(noisy, network[1].weight.detach()[1].view(1, 3, 2, 2).expand(2, -1, -1, -1))


def test_the_gradient_is_the_slope_of_the_score(small, X):
    small, X = small.double(), X.double()
    slope, step = saliency.gradient(small, X, [3, 1]), 1e-6
    for n, c, r, k in ((0, 0, 0, 0), (1, 2, 5, 7), (0, 1, 11, 3)):
        up, down = X.clone(), X.clone()
        up[n, c, r, k] += step
        down[n, c, r, k] -= step
        with torch.no_grad():
            wanted = (small(up) - small(down))[n, [3, 1][n]] / (2 * step)
        torch.testing.assert_close(slope[n, c, r, k], wanted, rtol=1e-5, atol=1e-8)


def test_the_magnitude_is_the_largest_among_the_channels():
    np.testing.assert_array_equal(saliency.magnitude(torch.tensor([[[[1.0, -2.0]], [[-3.0, 0.5]]]])), [[[3.0, 2.0]]])


def test_smooth_grad_is_the_mean_gradient_at_noisy_copies(small, X):
    torch.testing.assert_close(saliency.smooth_grad(small, X, 2, samples=6, sigma=0), saliency.gradient(small, X, 2))
    random, spread = torch.Generator().manual_seed(7), 0.3 * (X.max() - X.min())
    noisy = torch.stack([saliency.gradient(small, X + spread * torch.randn(X.shape, generator=random), 2) for _ in range(5)])
    wanted = noisy.mean(0)
    torch.testing.assert_close(saliency.smooth_grad(small, X, 2, samples=5, sigma=0.3, seed=7), wanted)
    steps = list(saliency.smooth_grad_steps(small, X, 2, samples=5, sigma=0.3, seed=7, batch=2))
    assert [share for _, share in steps] == [0.4, 0.8, 1]
    torch.testing.assert_close(steps[0][0], noisy[:2].mean(0))
    torch.testing.assert_close(steps[-1][0], wanted)


def test_guided_backprop_lets_no_negative_slope_pass_a_relu():
    torch.manual_seed(0)
    first, second, last = nn.Linear(12, 9), nn.Linear(9, 7), nn.Linear(7, 3)
    network, X = nn.Sequential(nn.Flatten(), first, nn.ReLU(inplace=True), second, nn.ReLU6(), last).eval(), torch.randn(1, 3, 2, 2)
    z1 = first(X.flatten())
    z2 = second(z1.relu())
    g2 = last.weight[1].clamp(min=0) * ((z2 > 0) & (z2 < 6))
    g1 = (g2 @ second.weight).clamp(min=0) * (z1 > 0)
    found = saliency.guided_backprop(network, X, 1)
    torch.testing.assert_close(found.flatten(), (g1 @ first.weight).detach())
    assert not torch.allclose(found, saliency.gradient(network, X, 1))


def test_guided_backprop_is_the_gradient_where_nothing_is_negative(small, X):
    for parameter in small.parameters():
        parameter.data.abs_()
    small.first[1].running_mean.zero_()
    X = X.abs() / 100
    torch.testing.assert_close(saliency.guided_backprop(small, X, 2), saliency.gradient(small, X, 2))


@pytest.mark.parametrize("layer", ["first", "second", "second.0"])
def test_grad_cam_is_its_formula(small, X, layer):
    parts = {"first": ([small.first], [small.second, small.end]), "second": ([small.first, small.second], [small.end]),
             "second.0": ([small.first, small.second[0]], [small.second[1], small.end])}[layer]
    before, after = (nn.Sequential(*part) for part in parts)
    A = before(X).detach().requires_grad_()
    (slope,) = torch.autograd.grad(after(A)[torch.arange(2), [4, 0]].sum(), A)
    wanted = torch.relu(sum(slope[:, k].mean((1, 2))[:, None, None] * A[:, k] for k in range(A.shape[1])))
    torch.testing.assert_close(saliency.grad_cam(small, X, [4, 0], layer), wanted.detach())
    assert wanted.max() > 0


def test_occlusion_is_a_plain_loop_and_can_be_watched(small, X):
    x, patch, stride = X[:1], 5, 3
    wanted = torch.zeros(3, 3)
    for r in range(3):
        for c in range(3):
            hidden = x.clone()
            hidden[:, :, 3 * r : 3 * r + 5, 3 * c : 3 * c + 5] = 0
            with torch.no_grad():
                wanted[r, c] = (small(x) - small(hidden))[0, 4]
    torch.testing.assert_close(saliency.occlusion(small, x, 4, patch, stride), wanted)
    for n, (scores, share) in enumerate(saliency.occlusion_steps(small, x, patch, stride, batch=4), 1):
        assert scores.shape == (3, 3, 5) and share == min(4 * n, 9) / 9 and int(scores[..., 0].isfinite().sum()) == min(4 * n, 9)
    with torch.no_grad():
        torch.testing.assert_close(small(x)[0] - scores[1, 2],
                                   torch.stack([saliency.occlusion(small, x, k, patch, stride)[1, 2] for k in range(5)]))


def test_random_weights_reach_from_the_output_down_to_a_part(small, X):
    before = copy.deepcopy(small.state_dict())
    made = saliency.randomized(small, 0, "second")
    changed = {name for name, value in made.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {"second.0.weight", "second.0.bias", "end.2.weight", "end.2.bias"}
    whole = saliency.randomized(small, 0)
    changed = {name for name, value in whole.state_dict().items() if not torch.equal(value, before[name])}
    assert {"first.0.weight", "first.1.running_mean"} <= changed
    assert torch.equal(whole.second[0].weight, made.second[0].weight)
    assert not torch.equal(whole.second[0].weight, saliency.randomized(small, 1).second[0].weight)
    assert not whole.training and all(torch.equal(value, before[name]) for name, value in small.state_dict().items())
    wide = saliency.randomized(nn.Sequential(nn.Conv2d(16, 64, 3, groups=4)), 0)
    assert wide[0].weight.std().item() == pytest.approx((2 / (4 * 9)) ** 0.5, rel=0.1)


def test_similarity_is_the_rank_correlation():
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 9, (8, 9)).astype(np.float32), rng.normal(size=(8, 9)).astype(np.float32)
    assert saliency.similarity(torch.tensor(one), torch.tensor(other)) == pytest.approx(spearmanr(one.ravel(), other.ravel()).statistic)
    assert saliency.similarity(one, 2 * one + 1) == pytest.approx(1) and saliency.similarity(one, -one) == pytest.approx(-1)
    assert saliency.similarity(one, np.ones_like(one)) == 0


def test_the_parts_that_give_maps_are_found(small, X):
    assert saliency.stages(small, X[:1]) == ["first", "second"] and hooks(small) == []


@pytest.mark.parametrize("look", [
    lambda network, X: saliency.gradient(network, X, 0), lambda network, X: saliency.smooth_grad(network, X, 0, samples=2),
    lambda network, X: saliency.guided_backprop(network, X, 0), lambda network, X: saliency.grad_cam(network, X, 0, "second"),
    lambda network, X: saliency.occlusion(network, X[:1], 0, 6, 6),
], ids=["gradient", "smooth_grad", "guided_backprop", "grad_cam", "occlusion"])
def test_nothing_is_left_in_the_network_even_when_it_fails(small, X, look):
    with torch.no_grad():
        scores = small(X)
        look(small, X)                                               # works where gradients are off
        assert torch.equal(small(X), scores) and not X.requires_grad
    assert hooks(small) == [] and all(parameter.grad is None for parameter in small.parameters())

    class Fails(nn.Module):
        def forward(self, x):
            raise KeyboardInterrupt

    small.end = Fails().eval()
    with pytest.raises(KeyboardInterrupt):
        look(small, X)
    assert hooks(small) == []


def test_what_cannot_be_explained_is_refused(small, X):
    with pytest.raises(ValueError, match="in training mode.*call network.eval"):
        saliency.gradient(copy.deepcopy(small).train(), X, 0)
    for label in (5, -1, [0, 7], 1.5):
        with pytest.raises(ValueError, match="has 5 classes, so labels are whole numbers from 0 to 4"):
            saliency.gradient(small, X, label)
    with pytest.raises(ValueError, match="no layer 'third'; its parts are first, second, end"):
        saliency.grad_cam(small, X, 0, "third")
    with pytest.raises(ValueError, match="layer='end' gives no maps"):
        saliency.grad_cam(small, X, 0, "end")
    with pytest.raises(ValueError, match="no part 'third'; choose one of first, second, end"):
        saliency.randomized(small, 0, "third")
    with pytest.raises(ValueError, match="neither as a module"):
        saliency.guided_backprop(nn.Sequential(nn.Flatten(), nn.Linear(432, 2)).eval(), X, 0)
    with pytest.raises(ValueError, match="the patch must fit into 12 x 12"):
        saliency.occlusion(small, X[:1], 0, 13)
    with pytest.raises(ValueError, match="take at least one sample"):
        saliency.smooth_grad(small, X, 0, samples=0)
    assert hooks(small) == []
