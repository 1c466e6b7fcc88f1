"""The tables that benchmarks print and keep, and the figures that the package takes from them."""

import json
import statistics

import pytest

from ptnotes.topics import LESSONS
from tests.benchmarks import report
from tests.documentation import ROOT, script

MEASURED = ROOT / "docs" / "measured"


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([2.27], "2.27"),
        ([1.0, 2.0, 4.0], "2.00 (1.00–4.00)"),
        ([1009.6, 1002.2, 1038.0], "1,010 (1,002–1,038)"),
        ([0.0634, 0.0651, 0.0622], "0.0634 (0.0622–0.0651)"),
        ([12.34, 9.5], "10.9 (9.5–12.3)"),
        ([0.0, 0.0], "0.00 (0.00–0.00)"),
    ],
)
def test_median_and_extremes(values, text):
    assert report.spread(values) == text


def test_rows_say_how_often_they_were_measured():
    alike = [{"network": "cnn", "s": [1.0, 3.0, 2.0], "K": [1.0, 1.0, 1.0]}]
    assert report.texts(alike) == [
        {"network": "cnn", "s": "2.00 (1.00–3.00)", "K": "1.00 (1.00–1.00)"}
    ]
    assert report.heading(alike) == "median (min–max), n = 3"
    once = [*alike, {"network": "mlp", "s": [5.0]}]
    assert [row["n"] for row in report.texts(once)] == ["3", "1"]
    assert report.heading(once) == "median (min–max)"
    several = [{"page": "cnn", "kB": [1.0], "opening, ms": [2.0, 3.0, 4.0]}]
    assert [row["n"] for row in report.texts(several)] == ["1, 3"]
    assert report.heading([{"s": [5.0]}]) == "n = 1"


def test_rows_of_texts_alone():
    rows = [{"run": "cnn", "2 processes": "equal"}]
    assert (report.texts(rows), report.heading(rows)) == (rows, "")


def test_the_command_of_a_benchmark_under_torchrun(monkeypatch):
    monkeypatch.setattr("sys.orig_argv", "python -u -m tests.benchmarks.exchange".split())
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert report._command() == "torchrun --nproc-per-node 2 -m tests.benchmarks.exchange"


def test_accuracies_are_means():
    rows = [{"run": "cnn", f"last, {report.PERCENT}": [98.0, 99.0]}]
    assert report.texts(rows)[0][f"last, {report.PERCENT}"] == "98.50 ± 0.71"
    assert report.heading(rows) == "n = 2"


def test_document_is_a_table_of_a_page(tmp_path, monkeypatch, capsys):
    """From the benchmark to the page: the command without the file, every value."""
    monkeypatch.setattr("sys.orig_argv", "x -m tests.benchmarks --epochs 5 --json f.json".split())
    path = tmp_path / "f.json"
    report.report([{"epoch": "cnn", "s": [1.0, 2.0, 4.0]}], path)
    assert "2.00 (1.00–4.00)" in capsys.readouterr().out
    measured = script("measured")
    monkeypatch.setattr(measured, "MEASURED", tmp_path)
    kept = measured.kept(json.loads(path.read_text(encoding="utf-8")), "a machine")
    (tmp_path / "epochs.json").write_text(json.dumps(kept), encoding="utf-8")
    page = measured.filled("<!-- measured: epochs -->\nold\n<!-- end -->\n")
    assert "`python -m tests.benchmarks --epochs 5`, " in page
    assert ", a machine, " in page
    assert "median (min–max), n = 3:" in page
    assert "| epoch | s |\n| --- | --: |\n| cnn | 2.00 (1.00–4.00) |\n" in page
    assert "old" not in page


def measured_rows(name):
    return json.loads((MEASURED / f"{name}.json").read_text(encoding="utf-8"))["rows"]


def test_seconds_of_the_lessons_are_those_that_were_measured():
    rows = {row["command"].strip("`"): row for row in measured_rows("lessons")}
    for topic, lesson in LESSONS.items():
        for command in lesson.commands:
            row = rows[" ".join((topic, *command.options))]
            assert command.seconds == pytest.approx(statistics.median(row["full, s"]), abs=0.05)
            if command.sample_seconds is not None:
                measured = statistics.median(row["`--sample`, s"])
                assert command.sample_seconds == pytest.approx(measured, abs=0.05)


@pytest.mark.parametrize(
    ("page", "text"),
    [("README.md", "takes {} to {} times as long"), ("README.zh-CN.md", "{} 到 {} 倍")],
)
def test_the_notes_speed_is_what_was_measured(page, text):
    ratios = [statistics.median(row["notes' / ours"]) for row in measured_rows("epochs")]
    said = text.format(f"{min(ratios):.1f}", f"{max(ratios):.1f}")
    assert said in (ROOT / page).read_text(encoding="utf-8")
