"""The number of threads changes no bit of any training: the README's promise."""

import io
import json

import pytest
import torch

from ptnotes import api
from ptnotes.events import EpochRow, Snapshot
from tests.runs.conftest import same

TRAININGS = {
    **{topic: {"epochs": 20} for topic in ("backward", "linreg", "logistic")},
    "diabetes": {"epochs": 3, "recipe": "tuned"},
    "names": {"epochs": 2, "recipe": "tuned", "batch_size": 64},
    **{f"seq {cell}": {"cell": cell, "via": "embedding"} for cell in ("rnn", "lstm", "gru")},
    **{
        f"mnist {arch}": {"arch": arch, "epochs": 2, "recipe": "tuned"}
        for arch in ("mlp", "cnn", "inception", "resnet")
    },
}


def outcome(topic, threads, **options):
    """The whole state at the end, and the history without its times."""
    torch.set_num_threads(threads)  # more than cores too, which the option doesn't take
    events = list(api.events(topic, device="cpu", **options))
    *_, snapshot = (event for event in events if isinstance(event, Snapshot))
    file = io.BytesIO()
    torch.save(snapshot.state(), file)
    file.seek(0)
    state = torch.load(file, weights_only=True)
    return {name: state[name] for name in ("model", "optimizer", "generators", "rows")}


@pytest.mark.parametrize(
    "training",
    [
        pytest.param(each, marks=[pytest.mark.slow] * (each == "mnist inception"))
        for each in TRAININGS
    ],
)
def test_threads_change_no_bit(training, small_data):
    topic, options = training.split()[0], TRAININGS[training]
    if topic in ("diabetes", "mnist", "names"):
        options = options | {"data_dir": small_data}
    one, *others = (outcome(topic, threads, **options) for threads in (1, 2, 3, 8))
    assert one["rows"]
    for other in others:
        assert same(other, one)


def test_more_threads_than_cores(cli):
    """One line says so, for all seeds; the document is as it was."""
    options = ["--epochs", "2", "--seeds", "3", "--json"]
    many = cli("linreg", *options, "--threads", "1000")
    assert many.exit_code == 0
    assert sum("1000" in line for line in many.stderr.splitlines()) == 1
    found, one = (json.loads(done.stdout) for done in (many, cli("linreg", *options)))
    assert found["environment"]["threads"] < 1000
    assert found["result"]["weight"] == one["result"]["weight"]


def test_shards_decide_how_sums_are_rounded(small_data):
    """The option is used: another K gives other bits, near the first."""
    options = {"epochs": 1, "data_dir": small_data}
    losses = {}
    for shards in (1, 2, 4):
        events = api.events("mnist", shards=shards, **options)
        losses[shards] = next(event.train_loss for event in events if isinstance(event, EpochRow))
    assert len(set(losses.values())) > 1
    assert losses[1] == pytest.approx(losses[2], rel=1e-3)
    assert losses[1] == pytest.approx(losses[4], rel=1e-3)
