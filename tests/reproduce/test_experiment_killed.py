"""An experiment that is killed at random moments ends in the same table."""

import json
import random
import signal
import subprocess
import sys
import time

import pytest

EXPERIMENT = """\
[[run]]
topic = "mnist"
arch = ["mlp", "cnn"]
epochs = 4
batch_size = 32
seeds = 2

[[run]]
topic = "names"
epochs = 8

[[run]]
topic = "linreg"
epochs = 2000
seeds = 2
"""
KILLS = 5


def run(place, out, *options, after=None):
    """The exit code and the CSV of the experiment; killed ``after`` so many seconds."""
    command = [sys.executable, "-m", "ptnotes", "reproduce", str(place / "x.toml")]
    command += ["--out", str(place / out), "--format", "csv", "--quiet", *map(str, options)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            stdout, _ = process.communicate(timeout=after)
        except subprocess.TimeoutExpired:
            process.kill()
            stdout, _ = process.communicate()
        return process.returncode, stdout


def without_times(value):
    if isinstance(value, dict):
        return {
            name: without_times(each)
            for name, each in value.items()
            if not name.endswith("seconds") and name not in ("date", "sha256", "command")
        }
    return [without_times(each) for each in value] if isinstance(value, list) else value


def documents(place):
    return {
        str(path.relative_to(place)): without_times(json.loads(path.read_text()))
        for path in sorted(place.rglob("run.json"))
    }


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.parametrize("jobs", [1, 2])
def test_five_kills(jobs, small_data, tmp_path):
    (tmp_path / "x.toml").write_text(EXPERIMENT)
    options = ["--data-dir", small_data, "--threads", 1, "--jobs", jobs]
    started = time.perf_counter()
    code, undisturbed = run(tmp_path, "undisturbed", *options)
    seconds = time.perf_counter() - started
    assert code == 0
    moments, killed = random.Random(jobs), 0
    for _ in range(KILLS):
        after = moments.uniform(0.1, 0.6) * seconds
        killed += run(tmp_path, "killed", *options, after=after)[0] == -signal.SIGKILL
    assert killed >= 2
    code, continued = run(tmp_path, "killed", *options)
    assert code == 0
    assert continued == undisturbed
    assert documents(tmp_path / "killed") == documents(tmp_path / "undisturbed")
