"""Several seeds: each one's result, mean and standard deviation."""

import statistics

import pytest

from ptnotes.rows import EpochRow, Header, Progress, Result
from ptnotes.seeds import repeat


def topic(*, seed, **_):
    yield Header("topic", {"seed": seed, "device": "cpu"}, {"threads": 1}, rows=1)
    yield Progress(1, 1, 1)
    yield EpochRow(1, 0.5)
    yield Result({"test_accuracy": seed / 10, "solved": seed > 3, "text": "ohlol", "parameters": 9})


def test_repeat():
    header, *events, result = repeat(topic, 3, seed=2, lr=0.1)
    assert (header.rows, header.rows_in_result) == (3, "runs")
    assert header.config["seeds"] == 3
    rows = [event for event in events if not isinstance(event, Progress)]
    assert [(row.seed, row.test_accuracy, row.solved) for row in rows] == [
        (2, 0.2, False),
        (3, 0.3, False),
        (4, 0.4, True),
    ]
    assert {event.of for event in events if isinstance(event, Progress)} == {
        "seed 2",
        "seed 3",
        "seed 4",
    }
    assert result.values["test_accuracy"] == pytest.approx(0.3)
    assert result.values["test_accuracy_std"] == pytest.approx(statistics.stdev([0.2, 0.3, 0.4]))
    assert result.values["solved"] == pytest.approx(1 / 3)
    assert "parameters" not in result.values


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


def test_wrong_number(cli):
    assert cli("linreg", "--seeds", "0").exit_code == 2
