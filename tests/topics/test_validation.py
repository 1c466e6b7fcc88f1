"""Epochs judged by validation data: who chooses, what is reported, what is saved."""

import json
import math

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

import ptnotes
from ptnotes.engine.metrics import wilson_interval
from ptnotes.engine.state import chosen_weights
from ptnotes.events import EpochRow, Header, Result, Snapshot
from ptnotes.predict.network import build
from ptnotes.runs.checkpoint import load_checkpoint

TOPICS = {
    "mnist": {"epochs": 3, "lr": 0.05},
    "names": {"epochs": 4, "recipe": "tuned", "batch_size": 50},
    "diabetes": {"epochs": 6, "recipe": "tuned"},
}


def watched(topic, small_data, **options):
    """Header, rows, states (with their own copies), Result."""
    options = TOPICS[topic] | {"data_dir": small_data, "device": "cpu"} | options
    header, rows, states, result = None, [], [], None
    for event in ptnotes.events(topic, **options):
        match event:
            case Header():
                header = event
            case EpochRow():
                rows.append(event)
            case Snapshot():
                state = event.state()
                weights = {name: each.clone() for name, each in state["model"].items()}
                states.append(state | {"model": weights})
            case Result():
                result = event.values
    return header, rows, states, result


@pytest.mark.parametrize("topic", TOPICS)
def test_the_best_epoch_is_tested(small_data, topic):
    header, rows, states, result = watched(topic, small_data, validation=0.3, save_best=True)
    assert header.config["validation_samples"] > 0
    assert len(header.config["validation_sha256"]) == 64
    assert all(row.test_accuracy is None and row.test_loss is None for row in rows)
    best = max(rows, key=lambda row: (row.val_accuracy, -row.val_loss))
    assert result["best_epoch"] == best.epoch
    assert (result["val_accuracy"], result["val_loss"]) == (best.val_accuracy, best.val_loss)
    chosen, of_that_epoch = chosen_weights(states[-1]), states[best.epoch]["model"]
    assert all(torch.equal(chosen[name], each) for name, each in of_that_epoch.items())
    low, high = result["test_accuracy_interval"]
    assert 0 <= low <= result["test_accuracy"] <= high <= 1
    right = sum(row[at] for at, row in enumerate(result["confusion"]))
    samples = sum(map(sum, result["confusion"]))
    assert result["test_accuracy"] == right / samples


@pytest.mark.parametrize("topic", TOPICS)
def test_without_a_choice_the_last_epoch_is_tested(small_data, topic):
    _, rows, states, result = watched(topic, small_data, validation=20, save_best=False)
    assert states[-1]["best"] is None
    assert "best_epoch" not in result
    assert rows[-1].val_accuracy is not None
    assert "test_accuracy" in result


@pytest.mark.parametrize("topic", TOPICS)
def test_training_reads_no_validation_data(small_data, topic):
    """The weights after an epoch depend on what is held out, not on who is asked to choose."""
    _, _, chosen, _ = watched(topic, small_data, validation=0.3, save_best=True)
    _, _, plain, _ = watched(topic, small_data, validation=0.3, save_best=False)
    for one, other in zip(chosen, plain, strict=True):
        assert all(torch.equal(one["model"][name], each) for name, each in other["model"].items())


def test_patience(small_data):
    """A rate of almost nothing: no epoch is better than the first by much."""
    options = {"epochs": 30, "lr": 1e-30, "validation": 0.3, "patience": 2}
    _, rows, _, result = watched("mnist", small_data, **options)
    assert len(rows) == 3
    assert result["best_epoch"] == 1


def test_early_stop_is_resumed_to_the_same(cli, small_data, tmp_path):
    options = ["mnist", "--epochs", "9", "--lr", "1e-30", "--validation", "0.3", "--patience", "2"]
    where = ["--data-dir", small_data, "--out", tmp_path / "run"]
    assert cli(*options, *where).exit_code == 0
    before = json.loads((tmp_path / "run" / "run.json").read_text())
    assert cli("mnist", *where, "--resume").exit_code == 0
    after = json.loads((tmp_path / "run" / "run.json").read_text())
    assert [row["epoch"] for row in after["history"]] == [1, 2, 3]
    assert after["result"]["test_loss"] == before["result"]["test_loss"]


def test_saved_weights_are_the_chosen_ones(cli, small_data, tmp_path):
    run = tmp_path / "run"
    options = ["diabetes", "--recipe", "tuned", "--epochs", "6", "--validation", "0.3"]
    done = cli(*options, "--save-best", "--out", run, "--data-dir", small_data)
    assert done.exit_code == 0, done.stderr
    document = json.loads((run / "run.json").read_text())
    assert document["run"]["best"]["epoch"] == document["result"]["best_epoch"]
    saved, state = load_checkpoint(run / "model.pt"), load_checkpoint(run / "checkpoint.pt")
    best = state["training"]["best"]["model"]
    assert all(torch.equal(saved[name], each) for name, each in best.items())
    loaded = ptnotes.load(run, best=True)
    assert torch.equal(loaded.model.linear1.weight, best["linear1.weight"])
    found = build(document, saved)
    assert torch.equal(found.linear3.bias, best["linear3.bias"])


def test_model_of_a_run_in_memory_is_the_chosen_one(small_data):
    options = {"epochs": 6, "recipe": "tuned", "data_dir": small_data, "quiet": True}
    run = ptnotes.train("diabetes", **options, validation=0.3, save_best=True)
    assert torch.equal(run.model.linear1.weight, run._state["best"]["model"]["linear1.weight"])


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["mnist", "--save-best"], "--validation"),
        (["names", "--patience", "3"], "--validation"),
        (["diabetes", "--validation", "0.2"], "--hold-out"),
        (["mnist", "--validation", "1.5"], "'1.5'"),
        (["mnist", "--validation", "1"], "'1'"),
        (["mnist", "--validation", "nan"], "'nan'"),
        (["mnist", "--validation", "-3"], "'-3'"),
        (["diabetes", "--folds", "3", "--seeds", "2"], "choose one"),
    ],
)
def test_wrong_usage(cli, small_data, tmp_path, options, named):
    done = cli(*options, "--data-dir", small_data)
    assert done.exit_code == 2
    assert named in done.stderr
    assert done.stderr.count("\n") == 1


def test_too_few_samples(cli, small_data, tmp_path):
    done = cli("mnist", "--validation", "640", "--out", tmp_path / "r", "--data-dir", small_data)
    assert done.exit_code == 1
    assert "640" in done.stderr
    assert not (tmp_path / "r").exists()


def test_folds(cli, small_data):
    """Every row is tested once; mean and deviation are those of the folds."""
    options = ["diabetes", "--recipe", "tuned", "--folds", "4", "--epochs", "2"]
    done = cli(*options, "--json", "--data-dir", small_data)
    assert done.exit_code == 0, done.stderr
    document = json.loads(done.stdout)
    runs = document["result"]["runs"]
    assert [each["fold"] for each in runs] == [1, 2, 3, 4]
    mean = sum(each["test_accuracy"] for each in runs) / 4
    assert math.isclose(document["result"]["test_accuracy"], mean)
    assert document["result"]["test_accuracy_std"] >= 0
    assert document["config"]["folds"] == 4
    assert document["config"]["hold_out"] == 0


@given(st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
@example((10, 10))
@example((0, 10))
@example((9883, 10_000))
def test_wilson(counts):
    """Its ends are the true shares from which what was seen is 1.96 standard deviations away."""
    right, samples = counts
    accuracy = right / samples
    low, high = wilson_interval(accuracy, samples)
    assert 0 <= low <= accuracy <= high <= 1
    for end in (low, high):
        away = 1.959964 * math.sqrt(end * (1 - end) / samples)
        assert abs(accuracy - end) == pytest.approx(away, rel=1e-4, abs=1e-9)
