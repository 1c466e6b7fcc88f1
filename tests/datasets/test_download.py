"""Downloads from a server on loopback that behaves in every way a server can."""

import contextlib
import errno
import hashlib
import http.server
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ptnotes.datasets import download
from ptnotes.datasets.manifest import DataSet, File, data_sets
from ptnotes.errors import DataError
from ptnotes.language import lookup

CONTENT = bytes(range(256)) * 4096  # a megabyte
FILE = File("some/raw/file.gz", hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))


PAGE = b"<html>log in to the network first</html>"
LENGTHS = {"short": "10", "long": "99999999", "nonsense": "many", "page": str(len(PAGE))}


class Handler(http.server.BaseHTTPRequestHandler):
    """/good/…, /missing/…, /other/…, /cut/…, /stall/… and so on: each as it is called."""

    def do_GET(self):
        behaviour = self.path.split("/")[1]
        self.server.asked.append(behaviour)
        if behaviour == "missing":
            return self.send_error(404)
        if behaviour in ("redirect", "loop"):
            self.send_response(302)
            self.send_header("Location", self.path.replace("redirect", "good"))
            self.send_header("Content-Length", "0")
            return self.end_headers()
        if behaviour == "silent":
            return self.server.stop.wait(20)
        self.send_response(200)
        if behaviour != "endless":
            self.send_header("Content-Length", LENGTHS.get(behaviour, str(len(CONTENT))))
        if behaviour == "encoded":  # as some servers call a .gz file
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.send_body(behaviour)
        return None

    def send_body(self, behaviour):
        half = len(CONTENT) // 2
        if behaviour in ("cut", "stall", "reset"):
            self.wfile.write(CONTENT[:half])
        if behaviour == "stall":
            self.server.stop.wait(20)
        elif behaviour == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1" + bytes(7))
            self.connection.close()
        elif behaviour == "drip":
            for byte in CONTENT:
                self.wfile.write(bytes([byte]))
                if self.server.stop.wait(0.05):
                    break
        elif behaviour == "endless":
            while not self.server.stop.is_set():
                self.wfile.write(CONTENT)
                self.server.sent += len(CONTENT)
                assert self.server.sent < 200 * len(CONTENT), "nobody hung up"
        elif behaviour == "page":
            self.wfile.write(PAGE)
        elif behaviour == "other":
            self.wfile.write(CONTENT[::-1])
        elif behaviour != "cut":
            self.wfile.write(CONTENT)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):  # a connection that was closed, as it should be
        pass


@pytest.fixture
def server(monkeypatch):
    for variable in ("http_proxy", "HTTP_PROXY", "PTNOTES_MIRROR", "PTNOTES_OFFLINE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(download, "TIMEOUT", (60, 60))  # a machine may be busy
    with Server(("127.0.0.1", 0), Handler) as server:
        server.asked, server.sent, server.stop = [], 0, threading.Event()
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))  # polls for its end
        thread.start()
        yield server
        server.stop.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def fetch(server, tmp_path, monkeypatch):
    """``fetch("cut", "good")`` → what lies in the data directory after trying these in turn."""

    def invoke(*behaviours):
        if {"stall", "silent"} & {*behaviours}:
            monkeypatch.setattr(download, "TIMEOUT", (60, 2))
        base = f"http://127.0.0.1:{server.server_port}"
        data_set = DataSet(tuple(f"{base}/{behaviour}/" for behaviour in behaviours), (FILE,))
        download.fetch(data_set, FILE, tmp_path)

    return invoke


def everything(directory):
    return {path.relative_to(directory).as_posix() for path in directory.rglob("*")}


@pytest.mark.parametrize(
    "behaviours",
    [
        ["good"],
        ["redirect"],
        ["missing", "good"],
        ["other", "good"],
        ["cut", "good"],
        ["stall", "good"],
        ["encoded"],
        ["nonsense"],
        ["missing", "cut", "other", "redirect"],
        ["page", "short", "long", "reset", "good"],
    ],
)
def test_the_right_file(fetch, server, tmp_path, behaviours):
    fetch(*behaviours)
    assert (tmp_path / FILE.path).read_bytes() == CONTENT
    assert everything(tmp_path) == {"some", "some/raw", FILE.path}
    assert [b for b in server.asked if b in behaviours] == behaviours


def test_others_may_read_it_as_they_may_any_file(fetch, tmp_path):
    fetch("good")
    (tmp_path / "ordinary").touch()
    assert (tmp_path / FILE.path).stat().st_mode == (tmp_path / "ordinary").stat().st_mode


@pytest.mark.parametrize(
    "behaviour",
    ["missing", "other", "cut", "stall", "silent", "loop", "page", "short", "long", "reset"],
)
def test_or_nothing(fetch, tmp_path, behaviour):
    with pytest.raises(DataError) as failure:
        fetch(behaviour)
    assert everything(tmp_path) == set()
    message = str(failure.value)
    assert f"/{behaviour}/" in message
    assert {"missing": "404", "other": "checksum"}.get(behaviour, "") in message
    assert "--data-dir" in message
    assert len(message.splitlines()) == 1


def test_no_more_is_taken_than_the_manifest_says(fetch, server, tmp_path):
    with pytest.raises(DataError, match="endless"):
        fetch("endless")
    assert server.sent < 20 * len(CONTENT)  # what the sockets' buffers take
    assert everything(tmp_path) == set()


def test_server_that_would_take_hours_is_left(fetch, tmp_path, monkeypatch):
    """Though each byte of it comes in time."""
    monkeypatch.setattr(download, "PATIENCE", 0.5)
    monkeypatch.setattr(download, "SLOWEST", len(CONTENT))
    with pytest.raises(DataError, match=r"only .* bytes came"):
        fetch("drip")
    assert everything(tmp_path) == set()


def test_disk_that_is_full(fetch, server, tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError, match="No space left"):
        fetch("good", "good")
    assert server.asked == ["good"]  # another address would not help
    assert everything(tmp_path) == set()


def test_wrong_file_is_replaced_only_by_the_right_one(fetch, tmp_path):
    target = tmp_path / FILE.path
    target.parent.mkdir(parents=True)
    target.write_text("what was there")
    with pytest.raises(DataError):
        fetch("cut")
    assert target.read_text() == "what was there"
    fetch("good")
    assert target.read_bytes() == CONTENT


def test_own_mirror_comes_first_and_lies_as_a_data_directory(server, fetch, tmp_path, monkeypatch):
    monkeypatch.setenv("PTNOTES_MIRROR", f"http://127.0.0.1:{server.server_port}/redirect/")
    fetch("missing")
    assert server.asked == ["redirect", "good"]
    (address,) = download.addresses(DataSet((), ()), FILE).values()
    assert address.endswith("/redirect/some/raw/file.gz")


@pytest.mark.parametrize(
    "mirror",
    [
        *("nonsense", "127.0.0.1:1", "ftp://127.0.0.1/", "file:///tmp", "http://", " "),
        *("http://127.0.0.1:1/", "http://[", "http://127.0.0.1:99999/", "http://" + 70 * "a"),
        *("http://me:sesame@127.0.0.1:1", "me:sesame@127.0.0.1", "http://\x00\n", "//x/y"),
    ],
)
def test_mirror_that_is_none(fetch, tmp_path, monkeypatch, mirror):
    monkeypatch.setattr(os, "environ", {**os.environ, "PTNOTES_MIRROR": mirror})
    with pytest.raises(DataError) as failure:
        fetch("missing")
    message = str(failure.value)
    assert "PTNOTES_MIRROR" in message
    assert "404" in message
    assert "sesame" not in message  # a password is nobody's to read
    assert len(message.splitlines()) == 1
    fetch("good")
    assert (tmp_path / FILE.path).exists()


def test_offline_asks_nobody(fetch, server, tmp_path, monkeypatch):
    monkeypatch.setenv("PTNOTES_OFFLINE", "1")
    with pytest.raises(DataError, match="PTNOTES_OFFLINE"):
        fetch("good")
    assert server.asked == []
    assert everything(tmp_path) == set()


def test_interrupt_leaves_nothing(fetch, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("rich.progress.Progress.advance", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch("good")
    assert everything(tmp_path) == set()


def test_several_at_once(fetch, tmp_path):
    threads = [threading.Thread(target=fetch, args=["good"]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / FILE.path).read_bytes() == CONTENT
    assert everything(tmp_path) == {"some", "some/raw", FILE.path}


def test_processes_at_once(server, tmp_path):
    code = """
import sys
from pathlib import Path
from ptnotes.datasets.download import fetch
from ptnotes.datasets.manifest import DataSet, File
address, path, digest, size, directory = sys.argv[1:]
file = File(path, digest, int(size))
fetch(DataSet((address,), (file,)), file, Path(directory))
"""
    address = f"http://127.0.0.1:{server.server_port}/good/"
    what = [address, FILE.path, FILE.sha256, str(FILE.size), str(tmp_path)]
    started = [subprocess.Popen([sys.executable, "-c", code, *what]) for _ in range(3)]
    assert [process.wait() for process in started] == [0, 0, 0]
    assert (tmp_path / FILE.path).read_bytes() == CONTENT
    assert everything(tmp_path) == {"some", "some/raw", FILE.path}


def test_what_a_killed_process_left_goes_after_a_day(fetch, tmp_path):
    """The clock may have gone back since."""
    day = download.ABANDONED
    for name, age in (("old", 2 * day), ("new", 10), ("later", -2 * day)):
        (tmp_path / f"{download.PARTIAL}{name}").mkdir()
        then = time.time() - age
        os.utime(tmp_path / f"{download.PARTIAL}{name}", (then, then))
    fetch("good")
    assert [path.name for path in tmp_path.glob(f"{download.PARTIAL}*")] == [".download-new"]


def test_left_directory_that_another_process_removes_first(fetch, tmp_path, monkeypatch):
    """Between being listed and being looked at."""
    old, real = tmp_path / f"{download.PARTIAL}old", Path.glob
    old.mkdir()

    def listed_and_removed(path, pattern):
        found = list(real(path, pattern))
        old.rmdir()
        return found

    monkeypatch.setattr(Path, "glob", listed_and_removed)
    fetch("good")
    monkeypatch.undo()
    assert (tmp_path / FILE.path).exists()


def test_directory_that_cannot_be_written(fetch, tmp_path, monkeypatch):
    (tmp_path / "some").write_text("a file where a directory belongs")
    with pytest.raises(DataError, match="some"):
        fetch("good")
    assert everything(tmp_path) == {"some"}


@pytest.mark.parametrize("name", ["diabetes", "names"])
def test_more_than_one_host_has_each_file(name):
    hosts = {urlsplit(mirror).hostname for mirror in data_sets()[name].mirrors}
    assert len(hosts) >= 2
    assert all(mirror.startswith("https://") for mirror in data_sets()[name].mirrors)


def test_every_size_is_known():
    """It bounds what is downloaded."""
    assert all(file.size for each in data_sets().values() for file in each.files)


def test_manifest_agrees_with_torchvision():
    """The same files from the same places; torchvision has MD5 where the manifest has SHA-256."""
    from torchvision import datasets

    for name, theirs in (
        ("mnist", datasets.MNIST),
        ("fashion-mnist", datasets.FashionMNIST),
        ("kmnist", datasets.KMNIST),
    ):
        ours = data_sets()[name]
        assert set(theirs.mirrors) <= set(ours.mirrors)
        assert [f"{theirs.__name__}/raw/{file}" for file, _ in theirs.resources] == [
            file.path for file in ours.files
        ]


def test_a_failed_download_is_told_in_chinese(tmp_path):
    """With the reasons of three mirrors it is the longest of all messages. No network in tests."""
    for data_set in data_sets().values():
        with pytest.raises(DataError) as raised:
            download.fetch(data_set, data_set.files[0], tmp_path)
        assert lookup(str(raised.value)), data_set
