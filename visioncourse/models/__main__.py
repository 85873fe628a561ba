"""python -m visioncourse.models list | train NAME | check | cards"""

import argparse
import hashlib
import platform
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from ..data.arguments import checked_choice
from ..files import write_whole
from . import words
from .manifest import FOLDER, Card, cards, trainable

README = FOLDER / "README.md"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; 0 if it worked, 1 after an error in one line or a check that failed, 130 if it was interrupted."""
    parser = argparse.ArgumentParser(prog="python -m visioncourse.models", description="Small networks trained on Scenes.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="what there is")
    train = commands.add_parser("train", help="train a network again, from its data on")
    train.add_argument("name", help=", ".join(trainable()))
    train.add_argument("--device", default="cpu", help="cpu, cuda or mps (default: cpu)")
    train.add_argument("--out", type=Path, help="the file to write (default: NAME.safetensors here)")
    train.add_argument("--replace", action="store_true", help="write over the file that the package ships")
    train.add_argument("--steps", type=int, help="fewer steps than the card says, for a trial")
    commands.add_parser("check", help="compare checksums and figures of all with their cards")
    commands.add_parser("cards", help="write README.md of the models from the manifest")
    options = parser.parse_args(arguments)
    try:
        if options.command == "train":
            return _train(options)
        return {"list": _list, "check": _check, "cards": _cards}[options.command]()
    except (OSError, ValueError) as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; nothing was written", file=sys.stderr)
        return 130


def _list() -> int:
    print(words.table(cards().values()))
    return 0


def _cards() -> int:
    write_whole(README, words.page(cards().values()))
    print(f"wrote {README}")
    return 0


def _check() -> int:
    from . import load
    from .weights import DamagedModel

    failed = 0
    for name, card in cards().items():
        try:
            values = import_module(card.module).evaluate(load(name))
        except DamagedModel as problem:
            print(f"✕ {problem}")
            failed += 1
            continue
        short = [key for key, bar in card.bars.items() if not values[key] >= bar]
        told = ", ".join(f"{key} {values[key]:.4f} (wanted {bar:.4f})" for key, bar in card.bars.items())
        print(f"{'✕' if short else '✓'} {name}: checksum right; {told}")
        failed += bool(short)
    return 1 if failed else 0


def _train(options: argparse.Namespace) -> int:
    name = checked_choice("name", options.name, trainable())
    out = _place(name, options.out, options.replace)
    if options.steps is not None and options.steps < 2:
        raise ValueError(f"--steps {options.steps}: a training has at least 2")

    import torch

    from .weights import checked_device, packed, unpacked, write

    torch.set_num_threads(1)                                         # so that one machine gives the same bytes each time
    device = checked_device(options.device)
    module = import_module(f"{__package__}.{name}")
    steps = options.steps or module.STEPS
    begun = time.process_time()
    net = module.train(device=str(device), steps=steps, tell=_progress())
    seconds = time.process_time() - begun
    content = packed(net)
    net.load_state_dict(unpacked(content))                           # what is measured is what is written
    values = module.evaluate(net.to(device))
    write(content, out)
    print(f"wrote {out}; its rows for {FOLDER.name}/manifest.toml:\n")
    where = torch.cuda.get_device_name(device) if device.type == "cuda" else f"one thread of {platform.machine()}"
    print(words.rows(Card(
        name=name, about="", leaves_out="", file=f"{name}.safetensors", bytes=len(content), sha256=hashlib.sha256(content).hexdigest(),
        parameters=sum(p.numel() for p in net.parameters()), licence="", data={}, seed=module.SEED, steps=steps,
        seconds=round(seconds), machine=f"{where}, torch {torch.__version__}", metric="", values=values, bars={})))
    return 0


def _place(name: str, out: Path | None, replace: bool) -> Path:
    """Where the weights go, once it is sure that they may go there."""
    shipped = FOLDER / f"{name}.safetensors"
    place = out or (shipped if replace else Path(shipped.name))
    if place.is_dir():
        raise ValueError(f"--out {place} is a folder: name a file")
    if place.resolve() == shipped.resolve() and not replace:
        raise ValueError(f"{place} is the file that the package ships: add --replace to write over it, or name another with --out")
    return place


def _progress() -> Callable[[int, int, float], None]:
    """A function that `train` calls after each step: every two per cent a line with the mean loss since the last."""
    since: list[float] = []

    def tell(step: int, steps: int, loss: float) -> None:
        since.append(loss)
        if step * 50 // steps > (step - 1) * 50 // steps:
            print(f"step {step:,} of {steps:,}, loss {sum(since) / len(since):.3f}", flush=True)
            since.clear()

    return tell


if __name__ == "__main__":
    sys.exit(main())
