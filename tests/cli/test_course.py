"""``topics``: the course, and which of its trainings are done."""

import json
from pathlib import Path

import pytest

import ptnotes
from ptnotes.topics import LESSONS, TRAINED

NOTES_END = 1123


@pytest.fixture(autouse=True)
def in_an_empty_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def lessons(cli):
    done = cli("topics", "--json")
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)["result"]


def test_every_lesson_with_its_commands(cli):
    found = lessons(cli)
    assert [each["topic"] for each in found["lessons"]] == list(LESSONS)
    assert found["done"] == 0
    trained = [each for each in found["lessons"] if each["trained"]]
    assert found["trainings"] == sum(len(each["commands"]) for each in trained)
    for lesson in found["lessons"]:
        for each in lesson["commands"]:
            assert each["command"].startswith(f"ptnotes {lesson['topic']}")
            assert each["seconds"] > 0
            assert each["done"] is (False if lesson["topic"] in TRAINED else None)


def test_commands_are_commands(cli):
    for topic, lesson in LESSONS.items():
        for each in lesson.commands:
            assert cli(topic, *each.options, "--help").exit_code == 0


def test_what_has_a_sample_reads_data(cli):
    for topic, lesson in LESSONS.items():
        samples = {each.sample_seconds is not None for each in lesson.commands}
        assert samples == {"--sample" in cli(topic, "--help").stdout}


def test_chapters_and_lines_are_those_of_the_notes():
    for lesson in LESSONS.values():
        for each in lesson.commands:
            assert set(each.chapters) <= {f"P{number:02}" for number in range(4, 14)}
            for part in each.lines.split(", "):
                first, last = map(int, part.split("–"))
                assert 0 < first < last <= NOTES_END


def test_a_finished_run_is_done(cli):
    trained = cli("seq", "--via", "layer", "--epochs", "2", "--out", "runs/a", "--quiet")
    assert trained.exit_code == 0, trained.stderr
    found = lessons(cli)
    commands = {
        each["command"]: each["done"] for one in found["lessons"] for each in one["commands"]
    }
    assert [name for name, done in commands.items() if done] == [
        "ptnotes seq --cell rnn --via layer"
    ]
    assert found["done"] == 1
    table = ptnotes.topics()
    assert table.loc["seq", "done"] == 1
    assert table.loc["seq", "experiments"] == 5
    assert table.loc["linreg", "chapters"] == "P05"


def test_a_damaged_run_is_not(cli):
    Path("run").mkdir()
    Path("run/run.json").write_text("{")
    assert lessons(cli)["done"] == 0


@pytest.mark.parametrize("columns", ["20", "60", "80", "120", "300"])
def test_any_width(cli, columns):
    done = cli("topics", env={"COLUMNS": columns})
    assert done.exit_code == 0
    if columns not in ("20", "60"):
        assert "ptnotes seq --cell lstm --via embedding" in done.stdout
        assert max(map(len, done.stdout.splitlines())) <= int(columns)


def test_quiet_leaves_the_numbers(cli):
    done = cli("topics", "--quiet")
    assert done.stdout.split() == ["done", "0", "trainings", "14"]
