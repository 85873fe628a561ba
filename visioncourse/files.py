"""How a file is written so that it is always either whole or as it was before."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4


def write_whole(path: Path, text: str, *, durable: bool = False) -> None:
    """Replace a file's contents by a text in UTF-8, with line ends as they are in it.

    durable: it is on the disk when this returns, so that it also survives a loss of power. Raises OSError; the old file stands then.
    """
    with replacing(path) as file:
        file.write(text.encode("utf-8", "surrogatepass"))
        if durable:
            file.flush()
            os.fsync(file.fileno())


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write to that takes the place of `path` when the block ends, and vanishes when it fails.

    Whoever reads meanwhile, or restarts after a crash, sees the old file or the new one and nothing between. The folder is
    made where it is missing.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{uuid4().hex}.part")
    try:
        with open(unfinished, "xb") as file:
            yield file
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
