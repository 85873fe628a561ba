"""`python -m visioncourse.data`: downloads that break, lie or do not fit, against a server of our own."""

import errno
import gzip
import hashlib
import io
import os
import pickle
import socket
import struct
import subprocess
import sys
import tarfile
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from visioncourse import data
from visioncourse.data import __main__ as command
from visioncourse.data import cifar10, download, manifest

REPOSITORY = Path(__file__).resolve().parents[2]
ROWS = 40  # images in each of the six batches of the synthetic archive


# ------------------------------------------------------------------ an archive in the official format

class Python2Pickler(pickle._Pickler):
    """Writes bytes as the strings of Python 2, as the official batches have them."""

    dispatch = dict(pickle._Pickler.dispatch)

    def save_string(self, text):
        self.write(b"T" + struct.pack("<i", len(text)) + text)
        self.memoize(text)

    dispatch[bytes] = save_string


def pickled(value) -> bytes:
    file = io.BytesIO()
    Python2Pickler(file, protocol=2).dump(value)
    return file.getvalue().replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n")


def tar_of(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for name, content in members.items():
            entry = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return file.getvalue()


@pytest.fixture(scope="module")
def pictures():
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (6 * ROWS, 32, 32, 3), dtype=np.uint8), rng.integers(0, 10, 6 * ROWS)


@pytest.fixture(scope="module")
def members(pictures):
    X, y = pictures
    made = {"batches.meta": pickled({b"label_names": [b"airplane"]}), "readme.html": b"<html></html>"}
    for i, name in enumerate((*cifar10.TRAIN_FILES, cifar10.TEST_FILE)):
        rows = slice(i * ROWS, (i + 1) * ROWS)
        planes = np.ascontiguousarray(X[rows].transpose(0, 3, 1, 2).reshape(ROWS, -1))
        batch = {b"batch_label": name.encode(), b"labels": y[rows].tolist(), b"data": planes, b"filenames": [b"a.png"] * ROWS}
        made[name] = pickled(batch)
    return made


@pytest.fixture(scope="module")
def archive(members):
    return tar_of(members)


# ------------------------------------------------------------------ a server that can misbehave

class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, content: bytes):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.cuts, self.honours_range, self.status = content, [], True, None
        self.ranges = []  # the Range header of each request

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/cifar-10-python.tar.gz"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server, asked = self.server, self.headers.get("Range")
        server.ranges.append(asked)
        if server.status:
            return self.send_error(server.status)
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and server.honours_range else 0
        if start and start >= len(server.content):
            return self.send_error(416)
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(server.content) - 1}/{len(server.content)}")
        self.send_header("Content-Length", str(len(server.content) - start))
        self.end_headers()
        stop = server.cuts.pop(0) if server.cuts else len(server.content)
        self.wfile.write(server.content[start:stop])
        if stop < len(server.content):
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True

    def log_message(self, *args):
        pass


@pytest.fixture
def serve(monkeypatch, tmp_path):
    """Start a server for some content, with a manifest entry that describes `expected` (by default the same)."""
    monkeypatch.setenv("VISIONCOURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(download.time, "sleep", lambda seconds: None)
    servers = []

    def start(content: bytes, expected: bytes | None = None) -> Server:
        server = Server(content)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        expected = content if expected is None else expected
        digests = {name: hashlib.new(name, expected).hexdigest() for name in ("md5", "sha256")}
        entry = replace(manifest.entries()["cifar10"], address=server.address, bytes=len(expected), digests=digests)
        for module in (manifest, cifar10, command):
            monkeypatch.setattr(module, "entries", lambda: {"cifar10": entry})
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def files() -> list[str]:
    folder = data.cache_dir()
    return sorted(os.listdir(folder)) if folder.exists() else []


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    code = command.main(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


def assert_one_line(err: str, *parts: str) -> None:
    assert err.count("\n") == 1 and err.endswith("\n"), err
    for part in parts:
        assert part in err, err


# ------------------------------------------------------------------ what should happen

def test_the_archive_becomes_one_file_with_the_right_pixels(serve, archive, pictures, capsys):
    serve(archive)
    code, out, err = run(capsys, "get", "cifar10")
    assert code == 0 and err == "" and str(cifar10.path()) in out
    assert files() == ["cifar10.npz"]
    X, y = pictures
    made = data.load("cifar10", train=5 * ROWS, test=ROWS)
    assert np.array_equal(np.concatenate([made.X_train, made.X_test]), X)
    assert np.array_equal(np.concatenate([made.y_train, made.y_test]), y)


def test_what_is_here_is_not_downloaded_again(serve, archive, capsys):
    server = serve(archive)
    run(capsys, "get", "cifar10")
    assert run(capsys, "get", "cifar10")[0] == 0
    assert len(server.ranges) == 1


def test_damaged_data_are_downloaded_again(serve, archive, capsys):
    server = serve(archive)
    run(capsys, "get", "cifar10")
    cifar10.path().write_bytes(b"damaged")
    assert run(capsys, "get", "cifar10")[0] == 0
    assert len(server.ranges) == 2 and len(data.load("cifar10", train=5, test=5).y_train) == 5


def test_a_broken_connection_is_taken_up_where_it_stopped(serve, archive, capsys):
    server = serve(archive)
    server.cuts = [len(archive) // 3, len(archive) // 2]
    assert run(capsys, "get", "cifar10")[0] == 0
    starts = [int(header.removeprefix("bytes=").rstrip("-")) if header else 0 for header in server.ranges]
    assert starts == [0, len(archive) // 3, len(archive) // 2]
    assert files() == ["cifar10.npz"]


def test_the_next_command_goes_on_where_the_last_one_gave_up(serve, archive, capsys):
    server = serve(archive)
    server.cuts = [1000] + [1000] * 10  # nothing new after the first thousand bytes
    code, _, err = run(capsys, "get", "cifar10")
    assert code == 1
    assert_one_line(err, "1,000 of", "goes on from there")
    assert files() == ["cifar-10-python.tar.gz.part"]
    server.cuts, server.ranges = [], []
    assert run(capsys, "get", "cifar10")[0] == 0
    assert server.ranges == ["bytes=1000-"] and files() == ["cifar10.npz"]


def test_a_server_that_ignores_range_is_read_from_the_beginning(serve, archive, capsys):
    server = serve(archive)
    server.honours_range, server.cuts = False, [len(archive) // 2]
    assert run(capsys, "get", "cifar10")[0] == 0
    assert len(server.ranges) == 2 and files() == ["cifar10.npz"]


class Bar:
    """A progress bar that remembers where it stands."""

    def __init__(self, entry, have):
        self.at = have

    def reset(self):
        self.at = 0

    def update(self, count):
        self.at += count

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass


@pytest.mark.parametrize("honours_range", [True, False])
def test_the_progress_bar_ends_at_the_length_of_the_file(serve, archive, capsys, monkeypatch, honours_range):
    server, bars = serve(archive), []
    server.honours_range, server.cuts = honours_range, [len(archive) // 2]
    monkeypatch.setattr(download, "_progress", lambda entry, have: bars.append(Bar(entry, have)) or bars[-1])
    assert run(capsys, "get", "cifar10")[0] == 0
    assert [bar.at for bar in bars] == [len(archive)]


def test_a_part_longer_than_the_file_is_thrown_away(serve, archive, capsys):
    server = serve(archive)
    data.cache_dir().mkdir()
    (data.cache_dir() / "cifar-10-python.tar.gz.part").write_bytes(archive + b"more")
    assert run(capsys, "get", "cifar10")[0] == 0
    assert server.ranges == [None] and files() == ["cifar10.npz"]


def test_the_environment_names_a_mirror(monkeypatch):
    monkeypatch.setenv("VISIONCOURSE_CIFAR10_URL", "http://mirror.example/c.tar.gz")
    assert manifest.entries()["cifar10"].address == "http://mirror.example/c.tar.gz"


def test_the_manifest_describes_the_official_file():
    entry = manifest.entries()["cifar10"]
    assert entry.file == "cifar-10-python.tar.gz" and entry.address.startswith("https://") and entry.bytes == 170498071
    assert entry.digests["md5"] == "c58f30108f718f92721af3b95e74349a" and len(entry.digests["sha256"]) == 64 and entry.licence


# ------------------------------------------------------------------ what can go wrong

def test_the_wrong_file_is_deleted(serve, archive, capsys):
    wrong = bytearray(archive)
    wrong[len(wrong) // 2] ^= 1
    serve(bytes(wrong), expected=archive)
    code, _, err = run(capsys, "get", "cifar10")
    assert code == 1 and files() == []
    assert_one_line(err, "wrong checksum", "deleted")


def test_a_shorter_file_than_promised_ends_with_an_error(serve, archive, capsys):
    serve(archive[:-5000], expected=archive)
    code, _, err = run(capsys, "get", "cifar10")
    assert code == 1
    assert_one_line(err, "cannot be read")


def test_a_part_of_another_file_ends_in_a_checksum_error_then_in_success(serve, archive, capsys):
    serve(archive)
    data.cache_dir().mkdir()
    (data.cache_dir() / "cifar-10-python.tar.gz.part").write_bytes(bytes(500))
    assert run(capsys, "get", "cifar10")[0] == 1
    assert files() == []
    assert run(capsys, "get", "cifar10")[0] == 0


@pytest.mark.parametrize("status", [404, 403, 500, 503])
def test_an_http_error_is_named(serve, archive, capsys, status):
    serve(archive).status = status
    code, _, err = run(capsys, "get", "cifar10")
    assert code == 1 and files() == []
    assert_one_line(err, str(status), "127.0.0.1")


def test_a_server_that_is_not_there_is_named(serve, archive, capsys):
    server = serve(archive)
    server.shutdown()
    server.server_close()
    code, _, err = run(capsys, "get", "cifar10")
    assert code == 1 and files() == []
    assert_one_line(err, "no connection", "refused")


@pytest.mark.parametrize("address", [
    "nonsense", "file:///etc/passwd", "ftp://127.0.0.1/x", "http://[bad/x", "http://127.0.0.1:port/x",
])
def test_an_address_that_is_none_is_named(serve, archive, capsys, monkeypatch, address):
    serve(archive)
    entry = replace(cifar10.entries()["cifar10"], address=address)
    monkeypatch.setattr(cifar10, "entries", lambda: {"cifar10": entry})
    code, _, err = run(capsys, "get", "cifar10")
    assert code == 1 and files() == []
    assert_one_line(err, address)


class FullDisk(io.FileIO):
    def write(self, content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_while_downloading_leaves_nothing(serve, archive, capsys, monkeypatch):
    serve(archive)
    monkeypatch.setattr(download, "open", lambda path, mode: FullDisk(path, mode) if mode in ("wb", "ab") else open(path, mode),
                        raising=False)
    code, _, err = run(capsys, "get", "cifar10")
    assert code == 1 and files() == []
    assert_one_line(err, "full", str(data.cache_dir()))


def test_a_full_disk_while_unpacking_keeps_the_download_only(serve, archive, capsys, monkeypatch):
    server = serve(archive)
    with monkeypatch.context() as full:
        full.setattr("visioncourse.files.open", lambda path, mode: FullDisk(path, "wb") if mode == "xb" else open(path, mode),
                     raising=False)
        code, _, err = run(capsys, "get", "cifar10")
    assert code == 1 and files() == ["cifar-10-python.tar.gz"]
    assert_one_line(err, "No space left", "try again")
    assert run(capsys, "get", "cifar10")[0] == 0
    assert len(server.ranges) == 1 and files() == ["cifar10.npz"]


def test_a_cache_that_cannot_be_made_is_named(serve, archive, capsys, tmp_path, monkeypatch):
    serve(archive)
    (tmp_path / "file").touch()
    monkeypatch.setenv("VISIONCOURSE_CACHE", str(tmp_path / "file" / "cache"))
    code, _, err = run(capsys, "get", "cifar10")
    assert code == 1
    assert_one_line(err, "VISIONCOURSE_CACHE")


def test_an_interruption_keeps_the_part_and_says_so(serve, archive, capsys, monkeypatch):
    serve(archive)
    monkeypatch.setattr(download, "_CHUNK", 5000)
    copied = []

    class Interrupting(Bar):
        def update(self, count):
            copied.append(count)
            if len(copied) == 2:
                raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(download, "_progress", Interrupting)
        code, _, err = run(capsys, "get", "cifar10")
    assert code == 130 and files() == ["cifar-10-python.tar.gz.part"]
    assert_one_line(err, "interrupted")
    assert (data.cache_dir() / files()[0]).read_bytes() == archive[:10_000]
    assert run(capsys, "get", "cifar10")[0] == 0


class Evil:
    def __reduce__(self):
        return os.system, ("touch $VISIONCOURSE_CACHE/it-ran",)


def broken_archives():
    plain = {b"data": np.zeros((2, 3072), np.uint8), b"labels": [0, 1]}

    def everything(batch):
        return dict.fromkeys((*cifar10.TRAIN_FILES, cifar10.TEST_FILE), batch)

    yield "not a tar", b"this is no archive"
    yield "not a tar in gzip", gzip.compress(b"this is no tar file")
    yield "cut in two", tar_of(everything(pickled(plain)))[:200]
    yield "a batch missing", tar_of({"data_batch_1": pickled(plain)})
    yield "not a pickle", tar_of(everything(b"hello"))
    yield "an empty batch", tar_of(everything(b""))
    yield "code in the pickle", tar_of(everything(pickle.dumps(Evil(), 2)))
    yield "wrong width", tar_of(everything(pickled(plain | {b"data": np.zeros((2, 3000), np.uint8)})))
    yield "wrong type", tar_of(everything(pickled(plain | {b"data": np.zeros((2, 3072))})))
    yield "too few labels", tar_of(everything(pickled(plain | {b"labels": [0]})))
    yield "labels beyond ten", tar_of(everything(pickled(plain | {b"labels": [0, 10]})))
    yield "no labels", tar_of(everything(pickled({b"data": plain[b"data"]})))
    yield "a list", tar_of(everything(pickled([1, 2])))


@pytest.mark.parametrize("content", [pytest.param(content, id=name) for name, content in broken_archives()])
def test_an_archive_that_is_not_one_is_deleted_and_nothing_in_it_runs(serve, capsys, content):
    serve(content)
    code, _, err = run(capsys, "get", "cifar10")
    assert code == 1 and files() == []
    assert_one_line(err, "not the archive it should be", "deleted")


def test_members_with_paths_that_climb_are_read_but_never_written(serve, capsys, members, tmp_path):
    serve(tar_of({"../../../climbed": b"x"} | members))
    assert run(capsys, "get", "cifar10")[0] == 0
    assert files() == ["cifar10.npz"] and not list(tmp_path.rglob("climbed"))


# ------------------------------------------------------------------ the command line

def test_list_names_every_data_set(serve, archive, capsys):
    serve(archive)
    code, out, err = run(capsys, "list")
    assert code == 0 and err == ""
    assert [line.split()[0] for line in out.splitlines()] == ["scenes", "digits", "cifar10", "cache:"]
    assert "optional" in out
    run(capsys, "get", "cifar10")
    assert "optional" not in run(capsys, "list")[1]


def test_an_unknown_name_is_refused_with_the_nearest(capsys):
    code, _, err = run(capsys, "get", "cifar")
    assert code == 1
    assert_one_line(err, 'did you mean "cifar10"')


def test_the_module_runs_as_a_command_and_fails_with_a_code(tmp_path):
    environment = os.environ | {"VISIONCOURSE_CACHE": str(tmp_path), "VISIONCOURSE_CIFAR10_URL": "nonsense"}
    start = [sys.executable, "-m", "visioncourse.data"]
    listed, failed, misused = (
        subprocess.run(start + words, capture_output=True, text=True, cwd=REPOSITORY, env=environment)
        for words in (["list"], ["get", "cifar10"], ["fetch"])
    )
    assert (listed.returncode, listed.stderr) == (0, "")
    assert failed.returncode == 1 and failed.stderr.count("\n") == 1
    assert misused.returncode == 2
