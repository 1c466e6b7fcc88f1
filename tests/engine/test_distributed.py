"""Ranks from torchrun's environment, objects gathered from every process."""

import socket

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


def test_gather(one_process):
    assert distributed.gather_on_rank0({"any": "object"}) == [{"any": "object"}]


def test_an_error_is_raised_on_rank_0(one_process):
    with pytest.raises(DataError, match="process 0: wrong"):
        distributed.gather_on_rank0(UsageError("wrong"))


def test_processes_that_can_not_connect():
    with pytest.raises(WorkerError, match="can't connect"):
        distributed.gather_on_rank0(1)
