"""Ranks from torchrun's environment, objects gathered from every process."""

import socket
import subprocess
import sys
import time

import pytest

from ptnotes.engine import distributed
from ptnotes.errors import DataError, UsageError, WorkerError

VARIABLES = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


@pytest.fixture(autouse=True)
def no_torchrun(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def one_process(monkeypatch):
    """The environment of ``torchrun --nproc-per-node 1``."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for name, value in zip(VARIABLES, ("0", "1", "127.0.0.1", str(port)), strict=True):
        monkeypatch.setenv(name, value)


def test_without_torchrun_there_is_one_process():
    assert (distributed.rank(), distributed.world_size()) == (0, 1)
    assert distributed.is_rank_zero()


def test_rank_and_world_size(monkeypatch):
    monkeypatch.setenv("RANK", "2")
    monkeypatch.setenv("WORLD_SIZE", "4")
    assert (distributed.rank(), distributed.world_size()) == (2, 4)
    assert not distributed.is_rank_zero()


@pytest.mark.parametrize(
    ("rank", "size"), [("", "2"), ("many", "2"), ("0", "two"), ("2", "2"), ("-1", "2"), ("0", "0")]
)
def test_numbers_that_torchrun_did_not_set(monkeypatch, rank, size):
    monkeypatch.setenv("RANK", rank)
    monkeypatch.setenv("WORLD_SIZE", size)
    with pytest.raises(UsageError, match=r"RANK.*WORLD_SIZE"):
        distributed.rank()


def test_nor_does_the_command_take_them(cli, monkeypatch):
    monkeypatch.setenv("RANK", "many")
    done = cli("stats", "mnist", "--sample")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "RANK" in done.stderr


def test_torch_without_its_distributed_part(one_process, monkeypatch):
    """As some builds for Windows and macOS are."""
    monkeypatch.setattr("torch.distributed.is_available", lambda: False)
    monkeypatch.delattr("torch.distributed.init_process_group")
    with pytest.raises(WorkerError, match="torch"):
        distributed.gather_on_rank0(1)


ORPHAN = """
import subprocess, sys
code = "from ptnotes.engine import distributed; distributed.gather_on_rank0(1)"
with subprocess.Popen([sys.executable, "-c", code]):
    print("started", flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a process there keeps its parent's number")
def test_process_whose_torchrun_was_killed_ends(one_process, monkeypatch):
    """It waits a week for the others else."""
    monkeypatch.setenv("WORLD_SIZE", "2")
    command = [sys.executable, "-c", ORPHAN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as torchrun:
        torchrun.stdout.readline()
        time.sleep(8)  # torch is imported
        torchrun.kill()
        torchrun.communicate(timeout=60)  # the other process holds the pipe, too


def test_gather(one_process):
    assert distributed.gather_on_rank0({"any": "object"}) == [{"any": "object"}]


def test_an_error_is_raised_on_rank_0(one_process):
    with pytest.raises(DataError, match="process 0: wrong"):
        distributed.gather_on_rank0(UsageError("wrong"))


def test_processes_that_can_not_connect():
    with pytest.raises(WorkerError, match="can't connect"):
        distributed.gather_on_rank0(1)
