"""The difficulty ladder: how well four kinds of classifier do on a data set, from nearest neighbours to a small ConvNet.

python benchmarks/ladder.py --preset hard --seed 1
"""

import argparse
import time

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import visioncourse.data as data

TRAIN, TEST = 10_000, 2_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="scenes", choices=["scenes", "cifar10"])
    parser.add_argument("--preset", default="default", choices=list(data.scenes.PRESETS))
    parser.add_argument("--seed", type=int, default=0, help="of the data and of the training")
    parser.add_argument("--train", type=int, default=TRAIN)
    parser.add_argument("--test", type=int, default=TEST)
    parser.add_argument("--threads", type=int, default=1, choices=[1, 2])
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=list(STEPS), help="only these steps of the ladder")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.data == "scenes":
        print(f"generator: {images_per_second(options.preset):,.0f} images of 32 px a second")
    request = {"preset": options.preset} if options.data == "scenes" else {}
    chosen = data.load(options.data, train=options.train, test=options.test, seed=options.seed, **request)
    print(f"{chosen!r}, preset {options.preset}, seed {options.seed}")
    ladder(chosen, options.seed, options.steps)


def ladder(chosen: data.Dataset, seed: int, steps: list[str]) -> None:
    """Print the test accuracy of each step."""
    mean = chosen.X_train.mean(axis=0, dtype=np.float64)
    X, X_test = (
        torch.from_numpy(((images - mean) / 64).astype(np.float32)).permute(0, 3, 1, 2)
        for images in (chosen.X_train, chosen.X_test)
    )
    y, y_test = torch.from_numpy(chosen.y_train), torch.from_numpy(chosen.y_test)
    for step in steps:
        torch.manual_seed(seed)
        start = time.perf_counter()
        for name, accuracy in STEPS[step](X, y, X_test, y_test).items():
            print(f"{name:22s} {accuracy:6.1%}   {time.perf_counter() - start:4.0f} s", flush=True)


def nearest_neighbors(X: Tensor, y: Tensor, X_test: Tensor, y_test: Tensor) -> dict[str, float]:
    votes = y[torch.cdist(X_test.flatten(1), X.flatten(1)).topk(15, largest=False).indices]  # (N, 15)
    return {f"kNN k={k}": accuracy_of(F.one_hot(votes[:, :k]).sum(dim=1), y_test) for k in (1, 5, 15)}


def linear(X: Tensor, y: Tensor, X_test: Tensor, y_test: Tensor) -> dict[str, float]:
    net = nn.Sequential(nn.Flatten(), nn.Linear(X[0].numel(), 10))
    return {"linear": train(net, X, y, X_test, y_test, epochs=30, rate=3e-4, decay=0.1)}


def two_layer(X: Tensor, y: Tensor, X_test: Tensor, y_test: Tensor) -> dict[str, float]:
    net = nn.Sequential(nn.Flatten(), nn.Linear(X[0].numel(), 256), nn.ReLU(), nn.Dropout(0.3), nn.Linear(256, 10))
    return {"two-layer 256": train(net, X, y, X_test, y_test, epochs=25, rate=1e-3, decay=0.1)}


def convnet(X: Tensor, y: Tensor, X_test: Tensor, y_test: Tensor) -> dict[str, float]:
    stages = []
    for before, after in ((3, 32), (32, 64), (64, 128)):
        stages += [nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d(2)]
    net = nn.Sequential(*stages, nn.Flatten(), nn.Dropout(0.2), nn.Linear(128 * (X.shape[-1] // 8) ** 2, 10))
    net = net.to(memory_format=torch.channels_last)
    return {"ConvNet 32-64-128": train(net, X, y, X_test, y_test, epochs=8, rate=4e-3, decay=0.02)}


STEPS = {"knn": nearest_neighbors, "linear": linear, "two-layer": two_layer, "convnet": convnet}


def train(net: nn.Module, X: Tensor, y: Tensor, X_test: Tensor, y_test: Tensor, epochs: int, rate: float, decay: float) -> float:
    """Test accuracy after training with AdamW and a one-cycle schedule, batches of 128."""
    optimizer = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=epochs * -(-len(X) // 128), pct_start=0.2)
    for _ in range(epochs):
        for rows in torch.randperm(len(X)).split(128):
            loss = F.cross_entropy(net(X[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    net.eval()
    with torch.no_grad():
        return accuracy_of(torch.cat([net(part) for part in X_test.split(500)]), y_test)


def accuracy_of(scores: Tensor, y: Tensor) -> float:
    return (scores.argmax(dim=1) == y).float().mean().item()


def images_per_second(preset: str, count: int = 4096) -> float:
    start = time.perf_counter()
    data.scenes.images_and_labels(count, size=32, preset=preset, seed=0, split="train")
    return count / (time.perf_counter() - start)


if __name__ == "__main__":
    main()
