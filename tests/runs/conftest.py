"""Runs to look at, what two of them have in common, and children to be killed."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from ptnotes.runs.checkpoint import load_checkpoint
from tests.conftest import REAL_DATA
from tests.test_cli import failure

ROOT = Path(__file__).parents[2]
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # Windows has no other


def same(one: Any, other: Any) -> bool:
    """Equal bit for bit; times aside."""
    if isinstance(one, torch.Tensor):
        return isinstance(other, torch.Tensor) and torch.equal(one, other)
    if isinstance(one, dict):
        return list(one) == list(other) and all(
            same(one[name], other[name]) for name in one if not str(name).endswith("_seconds")
        )
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other) and type(one) is type(other)


def same_runs(one: Path, other: Path) -> bool:
    """Weights, optimizer, schedule, random states and history, and the files made of them."""
    states = [load_checkpoint(run / "checkpoint.pt")["training"] for run in (one, other)]
    weights = [torch.load(run / "model.pt", weights_only=True) for run in (one, other)]
    histories = [json.loads((run / "run.json").read_text())["history"] for run in (one, other)]
    return same(*states) and same(*weights) and same(*histories)


class Trainer:
    """Runs ptnotes in children of a process that has torch imported already."""

    def __init__(self) -> None:
        self.server = subprocess.Popen(
            [sys.executable, "-m", "tests.runs.trainer"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert self.server.stdout is not None
        self.server.stdout.readline()  # "ready"

    def __call__(
        self,
        *arguments: str | Path,
        after: float | Path | None = None,
        kill: int = KILL,
        fault: tuple[int, int] | None = None,
    ) -> int:
        """The exit code of a run, which gets the signal ``kill`` ``after`` so many seconds, or once
        this metrics.csv has an epoch.

        ``fault`` is that of ``tests.runs.trainer``.
        """
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        moment = str(after) if isinstance(after, Path) else after
        order = [[str(argument) for argument in arguments], kill, moment, fault]
        self.server.stdin.write(json.dumps(order) + "\n")
        self.server.stdin.flush()
        return int(self.server.stdout.readline())


@pytest.fixture(scope="session")
def trainer() -> Iterator[Trainer]:
    if not hasattr(os, "fork") or sys.platform == "darwin":
        pytest.skip("forks a process that has imported torch")
    started = Trainer()
    with started.server:
        yield started
        assert started.server.stdin is not None
        started.server.stdin.close()


@pytest.fixture(scope="session")
def run_of(small_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """``run_of("mnist", "--epochs", "2")`` → the directory of such a run, each made once."""
    from typer.testing import CliRunner

    from ptnotes.cli import app

    made: dict[tuple[str, ...], Path] = {}

    def directory(topic: str, *options: str) -> Path:
        if (topic, *options) not in made:
            place = tmp_path_factory.mktemp("runs") / topic
            small = topic in WITH_DATA and "--sample" not in options
            data = ["--data-dir", str(small_data)] if small else []
            done = CliRunner().invoke(app, [topic, *options, *data, "--out", str(place)])
            assert done.exit_code == 0, done.stderr
            made[topic, *options] = place
        return made[topic, *options]

    return directory


WITH_DATA = ("diabetes", "mnist", "names")
needs_real_data = pytest.mark.skipif(REAL_DATA is None, reason="needs the real data")


@pytest.fixture
def two(run_of):
    return [
        run_of("mnist", "--epochs", "2"),
        run_of("mnist", "--epochs", "2", "--recipe", "tuned"),
    ]


@pytest.fixture
def run(run_of, tmp_path):
    """A run of its own, of two epochs."""
    return shutil.copytree(run_of("mnist", "--epochs", "2"), tmp_path / "run")


@pytest.fixture
def resumed(cli, run, small_data):
    """``resumed()`` → the line of a resumption that must fail, and leave the files as they are."""

    def invoke():
        before = contents(run)
        line = failure(
            cli("mnist", "--epochs", "3", "--data-dir", small_data, "--out", run, "--resume")
        )
        assert contents(run) == before
        return line

    return invoke


def contents(run):
    return {path.name: path.read_bytes() for path in run.iterdir() if path.suffix != ".png"}
