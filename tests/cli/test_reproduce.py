"""``reproduce`` of an experiment, on small data; of documents: tests/reproduce."""

import io
import json
import signal
import subprocess
import sys
import time
from itertools import product
from pathlib import Path

import pandas as pd
import pytest
from rich.cells import cell_len

from ptnotes.reproduce import experiment, grid, running
from ptnotes.topics import TRAINED

LINES = """\
title = "Lines"
[[run]]
topic = "linreg"
epochs = 20
lr = [0.01, 0.1]
seeds = 2
expect = { weight = "-9..9" }

[[run]]
topic = "seq"
epochs = 2
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lines.toml").write_text(LINES)
    return tmp_path


def result_of(done):
    return json.loads(done.stdout)["result"]


def without_times(document):
    runs = [
        {name: each for name, each in run.items() if name not in ("wall_seconds", "directory")}
        for run in document["runs"]
    ]
    return document | {"runs": runs}


def test_runs_are_kept(place, cli):
    done = cli("reproduce", "lines.toml", "--json")
    assert done.exit_code == 0, done.stderr
    first = result_of(done)
    assert first["finished_runs"] == 5
    assert (first["expectations_met"], first["expectations_missed"]) == (2, 0)
    cells = first["cells"]
    assert [(each["run"], each["measure"], each["n"]) for each in cells] == [
        ("linreg-epochs-20-lr-0.01", "weight", 2),
        ("linreg-epochs-20-lr-0.1", "weight", 2),
        ("seq-epochs-2", "solved", 1),
    ]
    assert cells[0]["mean"] == pytest.approx(sum(cells[0]["values"].values()) / 2)
    assert cells[0]["std"] > 0
    assert "std" not in cells[2]
    places = sorted((place / "runs" / "lines").rglob("run.json"))
    assert len(places) == 5
    written = [each.stat().st_mtime_ns for each in places]
    again = result_of(cli("reproduce", "lines.toml", "--json"))
    assert again == first  # to the times: they are those of the runs
    assert [each.stat().st_mtime_ns for each in places] == written
    more = result_of(cli("reproduce", "lines.toml", "--json", "--seeds", "3"))
    assert more["finished_runs"] == 9
    assert more["cells"][0]["values"].items() > cells[0]["values"].items()


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [3])
def test_jobs_change_no_bit(place, cli, jobs):
    alone = cli("reproduce", "lines.toml", "--json", "--out", "alone")
    several = cli("reproduce", "lines.toml", "--json", "--out", "several", "--jobs", jobs)
    assert several.exit_code == 0, several.stderr
    assert without_times(result_of(several)) == without_times(result_of(alone))


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_failed_run_is_a_row(place, cli, jobs):
    (place / "x.toml").write_text(
        '[[run]]\ntopic = "linreg"\nlr = [1e30, 0.01]\nepochs = 20\nexpect = { weight = "> 9" }\n'
        '[[run]]\ntopic = "diabetes"\nexpect = { train_accuracy = "> 0" }'
    )
    done = cli(
        "reproduce", "x.toml", "--json", "--data-dir", place, "--jobs", jobs, "--plot", "x.png"
    )
    assert done.exit_code == 1
    result = result_of(done)
    assert result["finished_runs"] == 1
    assert [each["run"] for each in result["failed"]] == [
        "linreg-lr-1e+30-epochs-20, seed 0",
        "diabetes, seed 0",
    ]
    diverged, trained, unread = result["cells"]
    assert (diverged["n"], list(diverged["failed"]), diverged["met"]) == (0, ["0"], False)
    assert (trained["n"], trained["failed"], trained["met"]) == (1, {}, False)
    assert (unread["n"], unread["met"]) == (0, False)
    assert all(each["error"] in done.stderr.replace("\n", " ") for each in result["failed"])
    assert (place / "x.png").exists()


def test_formats(place, cli):
    """The first makes the runs, which the others find."""
    found = {}
    for form in ("markdown", "csv", "latex", "json", "table"):
        done = cli("reproduce", "lines.toml", "--format", form)
        assert done.exit_code == 0, done.stderr
        found[form] = done.stdout
    table = pd.read_csv(io.StringIO(found["csv"]))
    assert list(table["n"]) == [2, 2, 1]
    assert list(table["lr"])[:2] == [0.01, 0.1]
    assert {"mean", "std", "expected", "met", "failed"} <= set(table.columns)
    assert len(json.loads(found["json"])["result"]["cells"]) == 3
    lines = found["markdown"].splitlines()
    assert len(lines) == 5
    assert len({line.count("|") for line in lines}) == 1
    assert found["latex"].isascii()
    assert found["latex"].startswith(r"\begin{tabular}")
    assert found["latex"].count(r"\\") == 4
    assert "linreg-epochs-20-lr-0.01" in found["table"]


def test_a_grid_has_its_options_as_columns(place, cli):
    (place / "x.toml").write_text('[[run]]\ntopic = "linreg"\nepochs = [1, 2]\nlr = [0.1, 0.2]')
    done = cli("reproduce", "x.toml", "--format", "markdown")
    head, _, *rows = done.stdout.splitlines()
    assert [each.strip() for each in head.strip("|").split("|")] == ["epochs", "lr", "weight", "n"]
    assert len(rows) == 4


def test_the_table_fits(place, cli):
    for lang, width in product(["en", "zh"], [60, 80, 120]):  # the first makes the runs
        done = cli("reproduce", "lines.toml", "--lang", lang, env={"COLUMNS": str(width)})
        assert done.exit_code == 0, done.stderr
        assert max(map(cell_len, done.stdout.splitlines())) <= width


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["lines.toml", "lines.toml"], 2),
        (["lines.toml", "run.json"], 2),
        (["lines.toml", "--tolerance", "0.1"], 2),
        (["lines.toml", "--json", "--format", "csv"], 2),
        (["lines.toml", "--sample", "--data-dir", "."], 2),
        (["lines.toml", "--plot", "x.txt"], 2),
        (["lines.toml", "--jobs", "0"], 2),
        (["lines.toml", "--out", "lines.toml"], 1),
        (["nothing.toml"], 1),
        (["run.json", "--jobs", "2"], 2),
        (["run.json", "--format", "csv"], 2),
        (["run.json", "--sample"], 2),
        ([], 2),
    ],
)
def test_wrong_usage(place, cli, arguments, code):
    done = cli("reproduce", *arguments)
    assert done.exit_code == code
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert [each.name for each in place.iterdir()] == ["lines.toml"]


def test_wrong_line_runs_nothing(place, cli):
    (place / "lines.toml").write_text(LINES + "cell = 'gruu'\n")
    done = cli("reproduce", "lines.toml")
    assert done.exit_code == 2
    assert "lines.toml, line 12: " in done.stderr
    assert not (place / "runs").exists()


def test_a_directory_that_holds_another_run(place, cli):
    assert cli("linreg", "--epochs", "2", "--out", "out/seq-epochs-2/seed-2").exit_code == 0
    done = cli("reproduce", "lines.toml", "--out", "out")
    assert done.exit_code == 2
    assert "seq-epochs-2" in done.stderr
    assert [each.name for each in (place / "out").iterdir()] == ["seq-epochs-2"]
    (place / "out/seq-epochs-2/seed-2/run.json").write_text("{}")
    assert cli("reproduce", "lines.toml", "--out", "out").exit_code == 1


def test_settings_that_the_file_has_no_more(place, cli):
    """A name of its own says nothing of the options: they are compared."""
    text = '[[run]]\nname = "x"\ntopic = "linreg"\nepochs = 3\n'
    (place / "x.toml").write_text(text + "lr = 0.1")
    assert cli("reproduce", "x.toml").exit_code == 0
    (place / "x.toml").write_text(text)
    assert cli("reproduce", "x.toml").exit_code == 2
    (place / "x.toml").write_text(text.replace("3", "5") + "lr = 0.1")  # goes on
    assert result_of(cli("reproduce", "x.toml", "--json"))["finished_runs"] == 1
    assert json.loads((place / "runs/x/x/seed-0/run.json").read_text())["history"][-1]["epoch"] == 5


def test_shipped_experiment_by_its_name(place, cli, monkeypatch):
    """Which runs it would take; they would take minutes."""

    def end_at_once(tasks, machine):
        yield from (running.Outcome(task, None, "not run") for task in tasks)

    monkeypatch.setattr(running, "in_turn", end_at_once)
    done = cli("reproduce", "notes.toml", "--sample", "--json")
    assert done.exit_code == 1
    cells = result_of(done)["cells"]
    assert {each["topic"] for each in cells} == set(TRAINED)
    read = json.loads(done.stdout)["config"]
    assert read["out"].endswith("notes-sample")
    there = grid.cells(experiment.read(Path("notes.toml")))
    assert len(cells) == sum(len(each.measures) or 1 for each in there)


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_interrupt_keeps_what_is_finished(place, jobs):
    (place / "x.toml").write_text(
        '[[run]]\ntopic = "linreg"\nepochs = 5\n[[run]]\nname = "long"\ntopic = "linreg"\n'
        "epochs = 1000000\nseeds = 2"
    )
    command = [sys.executable, "-m", "ptnotes", "reproduce", "x.toml", "--jobs", jobs, "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if (place / f"runs/x/long/seed-{int(jobs) - 1}/checkpoint.pt").exists():
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        stdout, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    result = json.loads(stdout)["result"]
    assert result["interrupted"] is True
    assert [each["run"] for each in result["cells"]] == ["linreg-epochs-5"]
    assert (place / "runs/x/long/seed-0/checkpoint.pt").exists()
