"""ptnotes runs show."""

import re

import pytest

from ptnotes.runs import overview, tables
from tests.runs.test_overview import result, roles, tables_of


def test_show_marks_the_diagonal_and_the_best_epoch(two):
    shown = tables_of(overview.show(directory=two[0]))
    for index, row in enumerate(shown["Confusion: true down, predicted across"].rows):
        assert [cell.parts[0][1] for cell in row[1:]] == [
            "good" if predicted == index else "bad" for predicted in range(10)
        ]
    assert list(roles(shown["History"]).values()) == ["best"]


def test_show_says_each_fact_once(cli, two):
    lines = cli("runs", "show", two[1]).stdout.splitlines()
    facts = [line.split("  ")[0] for line in lines if re.match("[a-z][a-z ]+  ", line)]
    facts = [fact for fact in facts if fact not in ("name", "epoch", "class")]
    assert {"batch size", "torch", "parameters", "recipe", "best accuracy"} <= set(facts)
    assert len(facts) == len(set(facts))


def test_confusion_matrix_without_room_is_a_list(two):
    assert "The most frequent confusions" in tables_of(overview.show(directory=two[0], width=30))


def test_first_best_and_last_epoch_of_many_are_shown():
    rows = [{"epoch": epoch, "test_accuracy": 0.5} for epoch in range(1, 1234)]
    table = tables.history(rows, {"measure": "test_accuracy", "best_epoch": 777}, 80)
    epochs = [int(row[0]) for row in table.rows]
    assert epochs == [1, 2, 5, 10, 20, 50, 100, 200, 500, 777, 1000, 1233]
    assert len(tables.history(rows[:150], {"best_epoch": 77}, 80).rows) <= 22


def test_numbers_stand_below_each_other():
    differing = {"lr": [0.01, 10, 0.0005]}
    runs = [{"run": name, "seconds": 1.0, "finished": True} for name in "abc"]
    (table,) = tables.compared(runs, differing, 80)
    assert [row[2] for row in table.rows] == [" 0.01  ", "10     ", " 0.0005"]


def test_show(cli, two, tmp_path):
    shown = result(cli, "runs", "show", two[1])
    assert shown["document"]["config"]["one_cycle"]
    assert len(shown["document"]["history"]) == 2
    done = cli(
        "runs", "show", two[1], "--plot", tmp_path / "c.svg", "--confusion", tmp_path / "m.pdf",
        env={"COLUMNS": "80"},
    )  # fmt: skip
    assert done.exit_code == 0
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    for named in ("Configuration", "History", "Confusion", "Class by class", "one cycle"):
        assert named in done.stdout
    assert "<svg" in (tmp_path / "c.svg").read_text()
    assert (tmp_path / "m.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.slow
def test_show_many_classes(cli, run_of, tmp_path):
    names = run_of("names", "--epochs", "2", "--sample", "--seed", "3")
    text = cli("runs", "show", names, env={"COLUMNS": "80"}).stdout
    assert "The most frequent confusions" in text
    assert all(len(line) <= 80 for line in text.splitlines())


def test_show_without_classes(cli, run_of, tmp_path):
    run = run_of("linreg", "--epochs", "4")
    assert "History" in cli("runs", "show", run).stdout
    done = cli("runs", "show", run, "--confusion", tmp_path / "m.png")
    assert done.exit_code == 2
    assert "no finished run of a classifier" in done.stderr
