"""Fetch one file over HTTP: goes on where it stopped, shows progress, and is whole and checked or not there."""

import errno
import hashlib
import time
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from .manifest import Entry

_CHUNK = 2**18
_TIMEOUT = 30  # seconds without a byte
_FRUITLESS_TRIES = 3  # connections in a row that bring nothing new


class DownloadError(Exception):
    """A download that did not succeed; the message is one line for the person who asked for it."""


def fetch(entry: Entry, folder: Path) -> Path:
    """The entry's file in the folder, downloaded unless it lies there; raises DownloadError.

    A broken connection leaves what came so far in FILE.part, and the next call goes on from there.
    A file of the wrong length or digest is deleted, and so is a part that filled the disk.
    """
    if not entry.address.startswith(("http://", "https://")):
        raise DownloadError(f"{entry.address} is no address (it should begin with http:// or https://)")
    whole, part = folder / entry.file, folder / f"{entry.file}.part"
    if whole.is_file() and _is_right(whole, entry):
        return whole
    try:
        folder.mkdir(parents=True, exist_ok=True)
        whole.unlink(missing_ok=True)
        _download(entry, part)
        _check(part, entry)
        part.replace(whole)
    except OSError as problem:
        raise DownloadError(_about_disk(problem, entry, part)) from problem
    return whole


def _download(entry: Entry, part: Path) -> None:
    """Append to the part until it has the length that the manifest gives."""
    if _length(part) > entry.bytes:
        part.unlink()
    furthest, fruitless = _length(part), 0
    with _progress(entry, furthest) as bar:
        while _length(part) < entry.bytes:
            trouble = _one_connection(entry, part, bar)
            fruitless = 0 if _length(part) > furthest else fruitless + 1
            furthest = max(furthest, _length(part))
            if fruitless == _FRUITLESS_TRIES:
                raise DownloadError(f"{entry.address} cannot be read ({trouble}){_kept(part, entry)}")
            time.sleep(fruitless)


def _kept(part: Path, entry: Entry) -> str:
    have = _length(part)
    return f"; {have:,} of {entry.bytes:,} bytes are kept, the same command goes on from there" if have else ""


def _one_connection(entry: Entry, part: Path, bar) -> str | None:
    """Read as far as this connection goes; what was wrong with it, or None."""
    have = _length(part)
    try:
        answer = urlopen(Request(entry.address, headers={"Range": f"bytes={have}-"} if have else {}), timeout=_TIMEOUT)
    except HTTPError as problem:
        problem.close()
        if problem.code >= 500:
            return f"the server says {problem.code} {problem.reason}"
        if problem.code == 416:  # it has less than we have: start again
            part.unlink()
            return "the server has a different file"
        raise DownloadError(f"{entry.address}: the server says {problem.code} {problem.reason}") from None
    except URLError as problem:
        return f"no connection: {getattr(problem.reason, 'strerror', None) or problem.reason}"
    except (TimeoutError, ConnectionError, HTTPException) as problem:
        return f"no connection: {problem}"
    except ValueError as problem:
        raise DownloadError(f"{entry.address} is no address ({problem})") from None
    with answer:
        goes_on = answer.status == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        if not goes_on:  # the server sends it all from the beginning
            bar.reset()
        with open(part, "ab" if goes_on else "wb") as file:
            return _copy(answer, file, entry.bytes - (have if goes_on else 0), bar)


def _copy(answer, file, missing: int, bar) -> str | None:
    while missing > 0:
        try:
            chunk = answer.read(min(_CHUNK, missing))
        except (OSError, HTTPException) as problem:
            return f"the connection broke: {problem}"
        if not chunk:
            return "the connection ended too early"
        file.write(chunk)
        missing -= len(chunk)
        bar.update(len(chunk))
    return None


def _check(part: Path, entry: Entry) -> None:
    if not _is_right(part, entry):
        part.unlink()
        found = f"{entry.address} does not hold the {entry.name} that the manifest describes (wrong checksum)"
        raise DownloadError(f"{found}; the file was deleted, try again")


def _is_right(path: Path, entry: Entry) -> bool:
    if _length(path) != entry.bytes:
        return False
    return all(_digest(path, name) == wanted for name, wanted in entry.digests.items())


def _digest(path: Path, name: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, name).hexdigest()


def _about_disk(problem: OSError, entry: Entry, part: Path) -> str:
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        part.unlink(missing_ok=True)
        need = f"{entry.name} needs {_mib(entry.bytes)} to download and as much again to unpack"
        return f"the disk that holds {part.parent} is full: {need}; what had come was deleted"
    return f"{part.parent} cannot be written ({problem.strerror or problem}); set VISIONCOURSE_CACHE to a folder that can"


def _progress(entry: Entry, have: int):
    from tqdm import tqdm

    return tqdm(total=entry.bytes, initial=have, unit="B", unit_scale=True, desc=entry.name, disable=None)  # on a terminal only


def _length(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _mib(count: int) -> str:
    return f"{count / 2**20:,.0f} MiB"
