"""Several seeds: each one's result, mean and standard deviation."""

import json
import statistics
from dataclasses import replace

import pytest

from ptnotes.engine.repeat import repeat
from ptnotes.errors import DivergedError
from ptnotes.events import EpochRow, Header, Progress, Result, Row, SeedRows


def topic(seed):
    yield Header("topic", {"seed": seed, "device": "cpu"}, {"threads": 1}, rows=1)
    yield Progress(1, 1, 1)
    yield EpochRow(1, 0.5)
    yield Result({"test_accuracy": seed / 10, "solved": seed > 3, "text": "ohlol", "parameters": 9})


def test_repeat():
    header, *events, result = repeat(topic, range(2, 5))
    assert (header.rows, header.records) == (3, "result.runs")
    assert header.config["seeds"] == 3
    rows = [event for event in events if isinstance(event, Row)]
    assert [(row.seed, row.test_accuracy, row.solved) for row in rows] == [
        (2, 0.2, False),
        (3, 0.3, False),
        (4, 0.4, True),
    ]
    assert [row.record()["history"] for row in rows] == 3 * [[EpochRow(1, 0.5).record()]]
    assert {event.of for event in events if isinstance(event, Progress)} == {
        "seed 2",
        "seed 3",
        "seed 4",
    }
    assert result.values["test_accuracy"] == pytest.approx(0.3)
    assert result.values["test_accuracy_std"] == pytest.approx(statistics.stdev([0.2, 0.3, 0.4]))
    assert result.values["solved"] == pytest.approx(1 / 3)
    assert "parameters" not in result.values


def diverging(bad):
    def run(seed):
        if seed in bad:
            yield Header("topic", {"seed": seed, "device": "cpu"}, {"threads": 1}, rows=1)
            raise DivergedError("the loss is nan at epoch 1, step 2")
        yield from topic(seed)

    return run


@pytest.mark.parametrize("bad", [[2], [3], [4], [2, 4]])
def test_a_seed_that_diverges_leaves_the_others(bad):
    header, *events, result = repeat(diverging(bad), range(2, 5))
    assert header.rows == 3
    rows = [event for event in events if isinstance(event, Row)]
    assert [row.seed for row in rows] == [2, 3, 4]
    assert [row.seed for row in rows if hasattr(row, "diverged")] == bad
    assert result.values["diverged"] == bad
    good = [seed / 10 for seed in (2, 3, 4) if seed not in bad]
    assert result.values["test_accuracy"] == pytest.approx(statistics.fmean(good))


def test_all_seeds_diverge():
    with pytest.raises(DivergedError, match="nan"):
        list(repeat(diverging([2, 3]), [2, 3]))


def test_diverged_seed_on_the_command_line(cli, monkeypatch):
    """Its row, the others' results, and exit code 1."""
    from ptnotes.topics import linreg

    real = linreg.run

    def run(recipe, *, device="cpu", threads=None, resume=None):
        yield from real(replace(recipe, lr=1e30) if recipe.seed == 1 else recipe, device=device)

    monkeypatch.setattr(linreg, "run", run)
    done = cli("linreg", "--epochs", "5", "--seeds", "3", "--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)["result"]
    assert found["diverged"] == [1]
    assert [run["seed"] for run in found["runs"]] == [0, 1, 2]
    assert "seed 1" in done.stderr.splitlines()[-1]


def test_document_and_table(document, cli):
    found = document("linreg", "--epochs", "3", "--seed", "4", "--seeds", "2")
    assert (found["config"]["seed"], found["config"]["seeds"]) == (4, 2)
    assert "history" not in found
    assert [run["seed"] for run in found["result"]["runs"]] == [4, 5]
    alone = document("linreg", "--epochs", "3", "--seed", "5")["result"]
    assert found["result"]["runs"][1]["weight"] == alone["weight"]
    assert {"weight", "weight_std"} <= set(found["result"])
    lines = cli("linreg", "--epochs", "3", "--seeds", "2").stdout.splitlines()
    assert sum("±" in line for line in lines) >= 3


def test_heading_names_the_seeds(cli):
    assert "seed 4–6" in cli("linreg", "--epochs", "3", "--seed", "4", "--seeds", "3").stdout


@pytest.mark.parametrize(
    "options", [["--seeds", "0"], ["--seed", "4294967295", "--seeds", "2"]], ids=["none", "beyond"]
)
def test_wrong_number(cli, options):
    done = cli("linreg", *options)
    assert done.exit_code == 2
    assert "--seeds" in done.stderr


def test_each_seeds_rows_come_with_its_result():
    _, *events, _ = repeat(diverging([3]), range(2, 5))
    assert [each for each in events if isinstance(each, SeedRows)] == [
        SeedRows(seed, (EpochRow(1, 0.5),)) for seed in (2, 4)
    ]
