"""What can happen to a run's files: one line, exit 1, the last epoch whole, nothing executed."""

import errno
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from ptnotes.files import exclusive_lock
from ptnotes.runs import document as documents
from ptnotes.runs.checkpoint import load_checkpoint
from tests.runs.conftest import ROOT, contents
from tests.test_cli import failure


def test_file_size_limit(resumed, run):
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, hard))  # checkpoint.pt has more
    try:
        line = resumed()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "checkpoint.pt can't be written: File too large" in line
    assert load_checkpoint(run / "checkpoint.pt")["training"]["epoch"] == 2


def test_disk_that_fills_up_between_two_files(cli, run, small_data, monkeypatch):
    """The first epoch's checkpoint can be written, the model behind it can't."""
    real, model = os.fsync, (run / "model.pt").read_bytes()
    calls = []

    def fsync(descriptor):
        calls.append(descriptor)
        if len(calls) > 5:  # four files at the start, then a checkpoint
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(descriptor)

    monkeypatch.setattr("os.fsync", fsync)
    command = ["mnist", "--epochs", "3", "--data-dir", small_data, "--out", run, "--resume"]
    line = failure(cli(*command))
    assert "model.pt can't be written: No space left on device" in line
    assert (run / "model.pt").read_bytes() == model
    assert len(documents.read(run)["history"]) == 2
    monkeypatch.setattr("os.fsync", real)
    assert cli(*command).exit_code == 0
    assert len(documents.read(run)["history"]) == 3


@pytest.fixture
def as_nobody():
    """``with as_nobody(): …`` without root's rights, if the tests have them."""

    @contextmanager
    def dropped():
        if not hasattr(os, "geteuid"):
            pytest.skip("needs POSIX users")
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)
        try:
            if not all(os.access(path, os.R_OK, effective_ids=True) for path in (ROOT, PACKAGES)):
                pytest.skip("nobody can't read what the tests import")
            yield
        finally:
            os.seteuid(user)

    return dropped


@pytest.fixture
def elsewhere():
    """A directory that everybody can enter and only its owner can write to, until it is closed."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o555)
        yield directory
        directory.chmod(0o755)


def test_read_only_directory(cli, run_of, elsewhere, as_nobody):
    elsewhere.chmod(0o755)
    shutil.copytree(run_of("linreg", "--epochs", "4"), elsewhere / "run")
    for directory in (elsewhere / "run", elsewhere):
        directory.chmod(0o555)
    before = contents(elsewhere / "run")
    for options in (["--resume"], ["--force"]):
        with as_nobody():
            done = cli("linreg", "--epochs", "6", "--out", elsewhere / "run", *options)
        assert "Permission denied" in failure(done)
    assert contents(elsewhere / "run") == before
    with as_nobody():
        assert "Permission denied" in failure(
            cli("linreg", "--epochs", "1", "--plot", elsewhere / "x.png")
        )
    (elsewhere / "run").chmod(0o755)


def test_directory_that_can_not_be_entered(cli, elsewhere, as_nobody):
    elsewhere.chmod(0)  # not even its owner
    place = elsewhere / "run"
    with as_nobody():
        for command in (
            ["runs", "list", place],
            ["runs", "show", place],
            ["linreg", "--epochs", "1", "--out", place],
            ["linreg", "--epochs", "1", "--plot", place / "x.png"],
            ["predict", place, "x"],
        ):
            assert str(place) in failure(cli(*command))


@pytest.mark.parametrize("name", sorted(set(documents.FILES) - {"run.json", "checkpoint.pt"}))
@pytest.mark.parametrize("options", [[], ["--resume"]], ids=["fresh", "resume"])
def test_file_of_ones_own_is_not_replaced(cli, tmp_path, name, options):
    (tmp_path / name).write_text("precious")
    done = cli("linreg", "--epochs", "2", "--out", tmp_path, *options)
    assert done.exit_code == 2
    assert name in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {name}
    assert (tmp_path / name).read_text() == "precious"


def test_out_without_a_name(cli):
    """An empty variable of a script."""
    done = cli("linreg", "--out", "")
    assert done.exit_code == 2
    assert "--out" in done.stderr


def test_forced_run_that_can_not_be_saved(cli, run, monkeypatch):
    """The one that it should have replaced is still there."""
    before = contents(run)
    calls = []

    def fsync(descriptor):
        calls.append(descriptor)
        if len(calls) > 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", fsync)
    line = failure(cli("linreg", "--epochs", "1", "--out", run, "--force"))
    assert "No space left on device" in line
    assert contents(run) == before
    assert not list(run.glob(".writing-*"))


def test_two_processes(cli, run, resumed):
    with exclusive_lock(run):
        assert "another process" in resumed()
        assert "another process" in failure(cli("linreg", "--out", run, "--force"))
    with exclusive_lock(run):
        pass  # free again


def test_run_without_a_finished_epoch(cli, run_of, tmp_path):
    assert "diverged" in failure(cli("linreg", "--lr", "3e37", "--out", tmp_path / "a"))
    for command in (["list", tmp_path], ["show", tmp_path / "a"]):
        done = cli("runs", *command)
        assert done.exit_code == 0
        assert "linreg" in done.stdout
    other = run_of("linreg", "--epochs", "4")
    assert (
        cli("runs", "compare", tmp_path / "a", other, "--plot", tmp_path / "x.png").exit_code == 0
    )


def test_directory_that_can_not_be_made(cli, tmp_path):
    (tmp_path / "file").write_text("")
    places = [tmp_path / "file", tmp_path / "file" / "run"]
    for place in [*places, *(["/proc/nowhere/run"] if os.path.exists("/proc/self") else [])]:
        assert str(place) in failure(cli("linreg", "--epochs", "2", "--out", place))


PACKAGES = Path(torch.__file__).parents[1]
