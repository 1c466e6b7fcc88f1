"""Downloads from a server on loopback that behaves in every way a server can."""

import hashlib
import http.server
import os
import threading
import time
from pathlib import Path

import pytest

from ptnotes.datasets import download
from ptnotes.datasets.manifest import DataSet, File, data_sets
from ptnotes.errors import DataError

CONTENT = bytes(range(256)) * 4096  # a megabyte
FILE = File("some/raw/file.gz", hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))


class Handler(http.server.BaseHTTPRequestHandler):
    """/good/…, /missing/…, /other/…, /cut/…, /stall/…, /redirect/… : each as it is called."""

    def do_GET(self):
        behaviour = self.path.split("/")[1]
        self.server.asked.append(behaviour)
        if behaviour == "missing":
            return self.send_error(404)
        if behaviour == "redirect":
            self.send_response(302)
            self.send_header("Location", self.path.replace("redirect", "good"))
            return self.end_headers()
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        if behaviour in ("cut", "stall"):
            self.wfile.write(CONTENT[: len(CONTENT) // 2])
            if behaviour == "stall":
                self.server.stop.wait(20)
            return None
        self.wfile.write(CONTENT if behaviour == "good" else CONTENT[::-1])
        return None

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    for variable in ("http_proxy", "HTTP_PROXY", "PTNOTES_MIRROR", "PTNOTES_OFFLINE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(download, "TIMEOUT", (5, 2))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.asked, server.stop = [], threading.Event()
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.stop.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def fetch(server, tmp_path):
    """``fetch("cut", "good")`` → what lies in the data directory after trying these in turn."""

    def invoke(*behaviours):
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
        ["missing", "cut", "other", "redirect"],
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


@pytest.mark.parametrize("behaviour", ["missing", "other", "cut", "stall"])
def test_or_nothing(fetch, tmp_path, behaviour):
    with pytest.raises(DataError) as failure:
        fetch(behaviour)
    assert everything(tmp_path) == set()
    message = str(failure.value)
    assert f"/{behaviour}/" in message
    assert {"missing": "404", "other": "checksum"}.get(behaviour, "") in message
    assert "--data-dir" in message
    assert len(message.splitlines()) == 1


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
    assert download.addresses(DataSet((), ()), FILE)[0].endswith("/redirect/some/raw/file.gz")


@pytest.mark.parametrize(
    "mirror", ["nonsense", "ftp://127.0.0.1/", "http://", "http://127.0.0.1:1/"]
)
def test_mirror_that_is_none(fetch, tmp_path, monkeypatch, mirror):
    monkeypatch.setenv("PTNOTES_MIRROR", mirror)
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

    monkeypatch.setattr(download._Bar, "update", interrupted)
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


def test_what_a_killed_process_left_goes_after_a_day(fetch, tmp_path):
    for name, age in (("old", 2 * download.ABANDONED), ("new", 10)):
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
