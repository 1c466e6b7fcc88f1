"""A run is replaced as a whole: a kill or an error anywhere leaves the old one or the new one."""

import contextlib
import errno
import itertools
import json
import shutil
import signal

import pytest

from ptnotes.errors import DataError
from ptnotes.files import exclusive_lock
from ptnotes.runs import document as documents
from ptnotes.runs.checkpoint import load_checkpoint
from ptnotes.runs.directory import lock_run
from tests.runs.conftest import same
from tests.test_cli import failure

OLD, NEW = ("linreg", "--epochs", "5"), ("linreg", "--epochs", "3", "--seed", "1")


@pytest.fixture
def run(run_of, tmp_path):
    """A finished run of linreg, of five epochs."""
    return shutil.copytree(run_of(*OLD), tmp_path / "run")


def run_in(run):
    """(seed, epochs saved): the document and the checkpoint are of one run."""
    document, checkpoint = documents.read(run), load_checkpoint(run / documents.CHECKPOINT)
    assert checkpoint["config"] == document["config"]
    return document["config"]["seed"], checkpoint["training"]["epoch"]


def whole_run_in(run):
    """The same of a run none of whose saves was interrupted."""
    model = load_checkpoint(run / documents.MODEL)
    assert same(load_checkpoint(run / documents.CHECKPOINT)["training"]["model"], model)
    assert documents.read(run)["run"]["finished"]
    return run_in(run)


FAULTS = {"kill": 0, "ENOSPC": errno.ENOSPC, "EIO": errno.EIO}


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_fault_in_a_replacement(trainer, run_of, tmp_path, fault):
    """At every change of a directory: the old run or the new one is there, and is resumed."""
    found, codes = set(), []
    for place in itertools.count(1):
        run = shutil.copytree(run_of(*OLD), tmp_path / str(place))
        codes.append(trainer(*NEW, "--out", run, "--force", fault=(place, FAULTS[fault])))
        with contextlib.suppress(DataError):  # whoever reads the run now finds one or none
            documents.read(run)
            run_in(run)
        with lock_run(run):
            pass
        seed, epochs = run_in(run)
        assert epochs == 5 or seed == 1
        assert {each.name for each in run.iterdir()} <= {*documents.FILES, ".lock"}
        assert trainer(*(NEW if seed else OLD), "--out", run, "--resume") == 0
        assert whole_run_in(run) == ((1, 3) if seed else (0, 5))
        found.add(seed)
        if codes[-3:] == [0, 0, 0]:  # beyond the last change; some, like a clean-up, may fail
            break
    assert found == {0, 1}
    assert set(codes) == {0, 1 if FAULTS[fault] else -signal.SIGKILL}


@pytest.mark.slow
def test_killed_before_the_first_save(trainer, run):
    """What any start found then, and lost: the old run among the temporary files."""
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    assert trainer(*NEW, "--out", run, "--force", fault=(4, 0)) == -signal.SIGKILL
    assert trainer(*OLD, "--out", run) == 2  # it is still there
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before


def test_start_while_another_writes(cli, tmp_path, monkeypatch):
    """The lock comes before the look: what finishes meanwhile is not replaced."""
    run = tmp_path / "run"
    run.mkdir()
    with exclusive_lock(run):
        assert "another process" in failure(cli(*NEW, "--out", run))
    real = documents.holds_run

    def late(directory):
        with pytest.raises(DataError, match="another process"), exclusive_lock(directory):
            pass
        return real(directory)

    monkeypatch.setattr("ptnotes.runs.document.holds_run", late)
    assert cli(*NEW, "--out", run).exit_code == 0
    assert cli(*NEW, "--out", run, "--resume").exit_code == 0


def test_nothing_stays_of_a_start_that_fails(cli, tmp_path):
    done = cli("diabetes", "--data-dir", tmp_path / "nowhere", "--out", tmp_path / "a" / "b")
    assert "nowhere" in failure(done)
    assert not list(tmp_path.iterdir())
    (tmp_path / "mine").write_text("precious")
    failure(cli("diabetes", "--data-dir", tmp_path / "nowhere", "--out", tmp_path))
    assert [each.name for each in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS])
def test_file_system_without_locks(cli, run, monkeypatch, number):
    fcntl = pytest.importorskip("fcntl")

    def flock(*_):
        raise OSError(number, "no locks")

    monkeypatch.setattr(fcntl, "flock", flock)
    done = cli("linreg", "--epochs", "6", "--out", run, "--resume")
    assert done.exit_code == 0
    assert len(done.stderr.splitlines()) == 1
    assert str(run) in done.stderr
    assert len(json.loads((run / "run.json").read_text())["history"]) == 6
