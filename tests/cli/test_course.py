"""``topics``: the lessons, and which of them the saved runs have done."""

import json

import pytest

import ptnotes
from ptnotes.topics import LESSONS, TITLES


@pytest.fixture
def lessons(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def invoke():
        done = cli("topics", "--json")
        assert done.exit_code == 0
        return json.loads(done.stdout)["result"]["lessons"]

    return invoke


def commands(lessons):
    return {each["command"]: each["done"] for lesson in lessons for each in lesson["commands"]}


def test_every_topic_in_the_order_of_the_notes(lessons):
    found = lessons()
    assert [lesson["topic"] for lesson in found] == list(TITLES)
    firsts = [int(lesson.lines.replace(",", "–").split("–")[0]) for lesson in LESSONS.values()]
    assert len(firsts) == len(TITLES)


def test_done_is_what_a_finished_run_has_done(cli, lessons):
    assert set(commands(lessons()).values()) == {False, None}
    assert cli("linreg", "--epochs", "3", "--out", "runs/line").exit_code == 0
    assert cli("seq", "--cell", "gru", "--via", "embedding", "--out", "runs/s").exit_code == 0
    done = [name for name, is_done in commands(lessons()).items() if is_done]
    assert done == ["ptnotes linreg", "ptnotes seq --cell gru --via embedding"]


def test_the_next_command_works(cli, lessons):
    """Each command of the list is one that the command line takes."""
    for command in commands(lessons()):
        _, *arguments = command.split()
        assert cli(*arguments, "--help").exit_code == 0


def test_in_python(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = ptnotes.topics()
    assert list(table.index) == list(TITLES)
    assert table.loc["mnist", "experiments"] == 4
    assert table.loc["linreg", "chapters"] == "P05"
