"""Killed at random moments and resumed until done: the bits are those of an undisturbed run."""

import json
import random
import signal
import time

import pytest

from tests.runs.conftest import same_runs

# between them: both schedules, momentum and AdamW, shifted images, masked names, length buckets
COMMANDS = {
    "cnn": ["mnist", "--arch", "cnn", "--recipe", "tuned", "--batch-size", "32"],
    "names": ["names", "--recipe", "tuned", "--batch-size", "32"],
}


def killed_and_resumed(trainer, command, kills, small_data, tmp_path):
    """Compares such a run with an undisturbed one; returns how often it was killed."""
    command = [*command, "--threads", "1", "--data-dir", small_data]
    command += ["--validation", "0.2", "--save-best"]
    started = time.perf_counter()
    assert trainer(*command, "--out", tmp_path / "undisturbed") == 0
    seconds = time.perf_counter() - started
    moments = random.Random(json.dumps(command[:3]))
    killed = 0
    for _ in range(kills):
        after = moments.uniform(0, 1.6 * seconds / kills)
        code = trainer(*command, "--out", tmp_path / "killed", "--resume", after=after)
        assert code in (0, -signal.SIGKILL)
        killed += code != 0
    assert trainer(*command, "--out", tmp_path / "killed", "--resume") == 0
    assert same_runs(tmp_path / "undisturbed", tmp_path / "killed")
    for name in ("metrics.csv", "curve.png", "confusion.png"):
        assert (tmp_path / "killed" / name).exists()
    assert (tmp_path / "undisturbed" / "model.pt").read_bytes() == (
        tmp_path / "killed" / "model.pt"
    ).read_bytes()
    assert not list((tmp_path / "killed").glob(".writing-*"))
    return killed


@pytest.mark.parametrize("name", [pytest.param("cnn", marks=pytest.mark.slow), "names"])
def test_two_kills(trainer, name, small_data, tmp_path):
    command = [*COMMANDS[name], "--epochs", "4"]
    assert killed_and_resumed(trainer, command, 2, small_data, tmp_path) >= 1


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_twenty_kills(trainer, name, small_data, tmp_path):
    command = [*COMMANDS[name], "--epochs", "40"]
    assert killed_and_resumed(trainer, command, 20, small_data, tmp_path) >= 15


# SIGHUP takes the way of SIGTERM
@pytest.mark.parametrize(
    "name",
    ["SIGTERM", *(pytest.param(each, marks=pytest.mark.slow) for each in ("SIGINT", "SIGHUP"))],
)
def test_interruption(trainer, small_data, tmp_path, name):
    """128 and its number; what was finished is saved and drawn, and --resume goes on."""
    number = getattr(signal, name)
    command = ["mnist", "--threads", "1", "--data-dir", small_data, "--epochs", "500"]
    first = tmp_path / "run" / "metrics.csv"
    code = trainer(*command, "--out", tmp_path / "run", after=first, kill=number)
    assert code == 128 + number
    document = json.loads((tmp_path / "run" / "run.json").read_text())
    done = len(document["history"])
    assert 0 < done < 500
    assert not document["run"]["finished"]
    assert (tmp_path / "run" / "curve.png").exists()
    fewer = ["mnist", "--epochs", done + 1, "--data-dir", small_data]
    assert trainer(*fewer, "--out", tmp_path / "run", "--resume") == 0
    document = json.loads((tmp_path / "run" / "run.json").read_text())
    assert len(document["history"]) == done + 1
    assert document["run"]["finished"]
