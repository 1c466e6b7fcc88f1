"""Runs of the first format."""

import json
import shutil

from ptnotes.runs.checkpoint import load_checkpoint, save_checkpoint
from ptnotes.runs.document import encode
from tests.runs.conftest import same_runs


def of_the_first_format(run, place):
    """The run as version 0.1.0 first wrote them: another format, and no shards."""
    shutil.copytree(run, place)
    document = json.loads((place / "run.json").read_text())
    checkpoint = load_checkpoint(place / "checkpoint.pt")
    document["run"]["format"] = checkpoint["format"] = 1
    for each in (document, checkpoint):
        each["config"].pop("shards")
    (place / "run.json").write_bytes(encode(document))
    (place / "checkpoint.pt").write_bytes(save_checkpoint(checkpoint))
    return place


def test_run_of_the_first_format(cli, run_of, small_data, tmp_path):
    """It is shown, compared and predicted with; why it isn't resumed is one line."""
    new = run_of("names", "--epochs", "2")
    old = of_the_first_format(new, tmp_path / "old")
    for command in (["show", old], ["list", old], ["compare", old, new]):
        assert cli("runs", *command).exit_code == 0
    predicted = [cli("predict", run, "Nakamura", "--json").stdout for run in (old, new)]
    assert json.loads(predicted[0])["result"] == json.loads(predicted[1])["result"]
    before = (old / "checkpoint.pt").read_bytes()
    done = cli("names", "--out", old, "--resume", "--data-dir", small_data)
    assert done.exit_code == 1
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("ptnotes: ")]
    assert "first format" in line
    assert (old / "checkpoint.pt").read_bytes() == before


def test_run_of_the_first_format_without_batches(cli, run_of, tmp_path):
    """Nothing in it was cut: it goes on to the same bits."""
    place = shutil.copytree(run_of("linreg", "--epochs", "4"), tmp_path / "old")
    checkpoint = load_checkpoint(place / "checkpoint.pt") | {"format": 1}
    (place / "checkpoint.pt").write_bytes(save_checkpoint(checkpoint))
    document = json.loads((place / "run.json").read_text())
    document["run"]["format"] = 1
    (place / "run.json").write_bytes(encode(document))
    done = cli("linreg", "--out", place, "--resume", "--epochs", "6")
    assert done.exit_code == 0, done.stderr
    assert same_runs(place, run_of("linreg", "--epochs", "6"))
