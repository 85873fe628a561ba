"""python -m visioncourse.data list | get NAME"""

import argparse
import sys

from .. import terminal
from . import cifar10
from .arguments import checked_choice
from .cache import cache_dir
from .download import DownloadError
from .manifest import entries

_GET = {"cifar10": cifar10}


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; 0 if it worked, 1 after an error in one line, 130 if it was interrupted."""
    parser = argparse.ArgumentParser(prog="python -m visioncourse.data", description="Data sets of the course.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="what there is, and what can be downloaded")
    commands.add_parser("get", help="download a data set").add_argument("name", help=", ".join(_GET))
    terminal.show_every_sign()
    options = parser.parse_args(arguments)
    try:
        return _list() if options.command == "list" else _get(options.name)
    except (DownloadError, ValueError) as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; what came so far is kept, the same command goes on from there", file=sys.stderr)
        return 130


def _list() -> int:
    print("scenes    built in    any number of pictures of 16 to 128 pixels in 10 classes")
    print("digits    built in    1,797 handwritten digits of 8×8 pixels (scikit-learn)")
    for name, entry in entries().items():
        state = "here" if _GET[name].path().is_file() else "optional"
        print(f"{name:9s} {state:11s} {entry.about}; {entry.bytes / 2**20:,.0f} MiB; licence: {entry.licence}")
    print(f"cache: {cache_dir()}")
    return 0


def _get(name: str) -> int:
    checked_choice("name", name, _GET)
    print(f"{name} is in {_GET[name].get()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
