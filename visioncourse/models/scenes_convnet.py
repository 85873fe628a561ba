"""A ConvNet that names the object in a picture of Scenes, trained long enough to be looked into: saliency, style, adversarial pictures."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..data import scenes

PRESETS = ("default", "hard")                                        # half of the pictures each
PICTURES = 32_000
STEPS = 4_000
BATCH = 64
RATE = 4e-3                                                          # the highest that AdamW's learning rate gets
SEED = 0


class ConvNet(nn.Module):
    """Scores of the ten classes of `vc.data.scenes.CLASSES` (N, 10) from pictures (N, 3, H, W) with values from 0 to 1."""

    def __init__(self) -> None:
        super().__init__()
        self.stage1 = _stage(3, 32)
        self.stage2 = _stage(32, 64)
        self.stage3 = _stage(64, 128)
        self.stage4 = _stage(128, 128)
        self.classifier = nn.Linear(128, len(scenes.CLASSES))

    def features(self, x: Tensor) -> Tensor:
        """The last maps, (N, 128, H/4, W/4): large enough to see where in the picture a class was found."""
        x = (x - 0.5) / 0.25                                         # (N, 3, 32, 32)
        x = F.max_pool2d(self.stage1(x), 2)                          # (N, 32, 16, 16)
        x = F.max_pool2d(self.stage2(x), 2)                          # (N, 64, 8, 8)
        x = self.stage3(x)                                           # (N, 128, 8, 8)
        return self.stage4(x)                                        # (N, 128, 8, 8)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x).mean(dim=(2, 3)))    # (N, 10)


def _stage(width: int, out: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(width, out, 3, padding=1, bias=False), nn.BatchNorm2d(out), nn.ReLU())


def network() -> ConvNet:
    """The network before any training, as torch initialises it."""
    return ConvNet()


def train(
    *, device: str = "cpu", seed: int = SEED, steps: int = STEPS, pictures: int = PICTURES,
    tell: Callable[[int, int, float], None] = lambda step, steps, loss: None,
) -> ConvNet:
    """A network trained on `pictures` training pictures; after each step `tell` gets its number, their count, and the loss.

    AdamW with weight decay 0.05; its rate rises for 15 % of the steps and then falls to almost 0, both as a cosine does. Half of the
    pictures are mirrored, and each batch is shifted by up to 2 pixels. On one machine with one thread, equal seeds give equal weights.
    """
    rng = torch.Generator().manual_seed(seed)
    X, y = _pictures(pictures, seed, "train")
    with torch.random.fork_rng(devices=[]):                          # torch's own generator stays as it was
        net = network()
    _initialise(net, rng)
    net.train().to(device, memory_format=torch.channels_last)        # type: ignore[call-overload]  # torch's types leave it out
    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, pct_start=0.15, div_factor=100)
    order = torch.empty(0, dtype=torch.int64)
    for step in range(1, steps + 1):
        if len(order) < BATCH:
            order = torch.cat([order, torch.randperm(len(y), generator=rng)])
        rows, order = order[:BATCH], order[BATCH:]
        x = _vary(X[rows].float().div(255), rng).to(device, memory_format=torch.channels_last)
        loss = F.cross_entropy(net(x), y[rows].to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        tell(step, steps, loss.item())
    return net.eval().to("cpu", memory_format=torch.contiguous_format)   # type: ignore[call-overload]


def evaluate(net: nn.Module, count: int = 2_000) -> dict[str, float]:
    """The share of right answers on the first `count` test pictures of each preset, which no training has seen."""
    return {preset: accuracy(net, *_split(count, preset, SEED, "test")) for preset in PRESETS}


@torch.no_grad()
def accuracy(net: nn.Module, X: Tensor, y: Tensor) -> float:
    """The share of pictures X (N, 3, H, W) uint8 whose largest score is that of their label y (N,)."""
    device = next(net.parameters()).device
    right = sum((net(x.to(device).float().div(255)).argmax(1).cpu() == labels).sum().item()
                for x, labels in zip(X.split(250), y.split(250), strict=True))
    return right / len(y)


def _pictures(count: int, seed: int, split: str) -> tuple[Tensor, Tensor]:
    parts = [_split(count // len(PRESETS), preset, seed, split) for preset in PRESETS]
    return torch.cat([X for X, _ in parts]), torch.cat([y for _, y in parts])


def _split(count: int, preset: str, seed: int, split: str) -> tuple[Tensor, Tensor]:
    images, labels = scenes.images_and_labels(count, size=32, preset=preset, seed=seed, split=split)
    return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(labels)


def _initialise(net: nn.Module, rng: torch.Generator) -> None:
    for part in net.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu", generator=rng)
        elif isinstance(part, nn.Linear):
            nn.init.normal_(part.weight, std=0.01, generator=rng)
            nn.init.zeros_(part.bias)


def _vary(x: Tensor, rng: torch.Generator) -> Tensor:
    """The pictures (N, C, H, W), half of them mirrored, all shifted by up to 2 pixels."""
    H, W = x.shape[2:]
    mirrored = torch.rand(len(x), generator=rng) < 0.5
    x = torch.where(mirrored[:, None, None, None], x.flip(3), x)
    down, right = torch.randint(0, 5, (2,), generator=rng).tolist()
    return F.pad(x, (2, 2, 2, 2), mode="replicate")[:, :, down:down + H, right:right + W]
