"""What is drawn on a terminal: nothing is lost, wider than the terminal, or in mid-word."""

import io
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.text import Text

from ptnotes import language
from ptnotes.console import render
from ptnotes.console.render import OutputConsole, present
from ptnotes.console.summary import Ending
from ptnotes.console.theme import sparkline
from ptnotes.events import EpochRow, Header, Marked, Progress, Result, Table

PER_CLASS = [
    {"class": name, "samples": count, "precision": 0.9, "recall": recall, "f1": 0.9}
    for name, count, recall in (("0", 980, 0.99), ("1", 1135, 0.995), ("2", 1032, 0.9))
]


def events():
    config = {"arch": "cnn", "recipe": "notes", "data": "mnist", "seed": 0, "device": "cpu"}
    yield Header("mnist", config | {"epochs": 3}, {"threads": 2}, rows=3)
    for epoch, (loss, accuracy) in enumerate([(1.5, 0.9), (0.5, 0.97), (0.6, 0.96)], 1):
        yield Progress(epoch, 5, 10)
        yield EpochRow(epoch, loss, test_loss=loss, test_accuracy=accuracy, train_seconds=3.0)
    yield Table("Names", ("name", "country"), [("欧阳", Marked(("China", "good")))])
    yield Result({"test_accuracy": 0.96, "parameters": 8490, "per_class": PER_CLASS})


@pytest.fixture
def screen(monkeypatch):
    """``screen(events, width=60)``: the text on a terminal of that width, its colours removed."""

    def invoke(found, width=80, color=None, **options):
        file = io.StringIO()

        def console(**_):
            return OutputConsole(
                file=file, force_terminal=True, width=width, color_system=color, highlight=False
            )

        monkeypatch.setattr(render, "OutputConsole", console)
        present(found, **options)
        return Text.from_ansi(file.getvalue()).plain if color is None else file.getvalue()

    return invoke


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120, 300])
def test_no_line_is_wider_than_the_terminal(screen, width):
    lines = screen(events(), width).splitlines()
    assert max(cell_len(line.rstrip()) for line in lines) <= width
    rows = [line for line in lines if line.split()[:1] in (["1"], ["2"], ["3"])]
    assert len(rows) == 3


def test_what_a_result_means(screen):
    text = screen(events())
    for told in ("96.00%", "8490", "36.07% (1)", "2 90.00%", "2: 97.00%", "1.5000 → 0.6000"):
        assert told in text


def test_best_epoch_and_the_change_of_the_loss_are_marked(screen):
    rows = [line.split() for line in screen(events()).splitlines() if "%" in line][:3]
    assert [("★" in row, "▼" in row, "▲" in row) for row in rows] == [
        (True, False, False),
        (True, True, False),
        (False, False, True),
    ]


def test_files_and_the_next_command(screen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = Path("runs/x")
    run.mkdir(parents=True)
    (run / "run.json").touch()
    (run / ".lock").touch()
    ending = Ending([run, Path("missing.png")], ["ptnotes runs show runs/x"])
    text = screen(events(), ending=ending)
    assert f"{run}: run.json " in text
    assert "missing.png" not in text
    assert "next: ptnotes runs show runs/x" in text


def test_failure_has_no_ending(screen, monkeypatch):
    def failing():
        yield from events()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        screen(failing(), ending=Ending([], ["ptnotes runs show x"]))


def test_colours_and_none(screen, monkeypatch):
    assert "\x1b[" in screen(events(), color="truecolor")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in screen(events(), color="truecolor")


def test_chinese(screen):
    language.set_language("zh")
    try:
        text = screen(events())
    finally:
        language.set_language(None)
    for english in ("epoch", "test accuracy", "majority class"):
        assert str(language.lookup(english)) in text


def test_sparkline():
    assert sparkline([3.0, 2.0, 1.0], 10) == "█▅▁"
    assert len(sparkline([float(each) for each in range(1000)], 30)) == 30
    assert sparkline([1.0, 1.0], 10) == "▁▁"
    assert sparkline([], 10) == ""
