"""runs list, show, compare; and the pictures."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

from ptnotes.events import Marked, Table
from ptnotes.runs import overview
from tests.test_cli import failure


def result(cli, *arguments):
    done = cli(*arguments, "--json")
    assert done.exit_code == 0, done.stderr
    document = json.loads(done.stdout)
    assert list(document) == ["topic", "version", "config", "environment", "result"]
    return document["result"]


def test_list(cli, two, run_of, tmp_path):
    for name, run in (("a", two[0]), ("b/c", two[1]), ("d", run_of("linreg", "--epochs", "4"))):
        shutil.copytree(run, tmp_path / name)
    (tmp_path / "d" / "run.json").write_text("{")
    runs = result(cli, "runs", "list", tmp_path)["runs"]
    assert [run["run"] for run in runs] == [str(tmp_path / name) for name in ("a", "b/c", "d")]
    assert runs[0]["topic"] == "mnist"
    assert runs[0]["epochs_done"] == runs[0]["epochs"] == 2
    assert runs[0]["last_accuracy"] <= runs[0]["best_accuracy"]
    assert {"recipe", "data", "seconds", "seed", "date", "arch"} <= set(runs[0])
    assert "damaged" in runs[2]
    text = cli("runs", "list", tmp_path, env={"COLUMNS": "120"}).stdout
    assert "damaged" in text


RUN_KEYS = [
    *("run", "topic", "arch", "recipe", "data", "seed", "epochs", "epochs_done", "finished"),
    *(
        "measure",
        "best_accuracy",
        "best_epoch",
        "last_accuracy",
        "test_accuracy",
        "seconds",
        "date",
    ),
]


def test_documents_keep_their_names(cli, two):
    """What scripts read: in this order, as they have always been."""
    listed = result(cli, "runs", "list", *two)
    assert list(listed) == ["runs"]
    assert all(list(run) == RUN_KEYS for run in listed["runs"])
    shown = result(cli, "runs", "show", two[0])
    assert list(shown) == [*RUN_KEYS, "document"]
    compared = result(cli, "runs", "compare", *two)
    assert list(compared) == ["runs", "differs"]
    assert list(compared["runs"][0]) == RUN_KEYS


@pytest.fixture
def named(two, run_of, tmp_path, monkeypatch):
    """Runs with names of their own, in the current directory: one is Chinese, one damaged."""
    others = [run_of("linreg", "--epochs", "4"), run_of("names", "--epochs", "1")]
    for name, run in zip(("a", "欧阳的数字", "line", "names"), [*two, *others], strict=True):
        shutil.copytree(run, tmp_path / "runs" / name)
    (tmp_path / "runs" / "damaged").mkdir()
    (tmp_path / "runs" / "damaged" / "run.json").write_text("{")
    monkeypatch.chdir(tmp_path)
    return [f"runs/{name}" for name in ("a", "damaged", "line", "names", "欧阳的数字")]


def rows_of(text):
    return [line for line in text.splitlines() if line.startswith("runs/")]


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120, 300])
@pytest.mark.parametrize("command", ["list", "show", "compare"])
def test_tables_of_every_width(cli, named, width, command):
    chosen = {"list": ["runs"], "show": named[:1], "compare": [*named[:1], *named[2:]]}[command]
    done = cli("runs", command, *chosen, env={"COLUMNS": str(width)})
    assert done.exit_code == 0, done.stderr
    assert max(cell_len(line) for line in done.stdout.splitlines() if "─" in line) <= width


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_row_per_run(cli, named, width):
    """Of the same width, whatever the letters of its name."""
    lines = rows_of(cli("runs", "list", "runs", env={"COLUMNS": str(width)}).stdout)
    assert [line.split()[0] for line in lines] == named
    assert len({cell_len(line) for line in lines}) == 1


def test_quiet_list_is_paths(cli, named):
    assert cli("runs", "list", "--quiet").stdout.splitlines() == named
    (document,) = cli("runs", "list", "--quiet", "--json").stdout.splitlines()
    assert len(json.loads(document)["result"]["runs"]) == len(named)


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        (["topic=mnist"], {"runs/a", "runs/欧阳的数字"}),
        (["topic=MNIST", "recipe=tuned"], {"runs/欧阳的数字"}),
        (["finished=true", "best-epoch=1", "topic=names"], {"runs/names"}),
        (["topic=seq"], set()),
    ],
)
@pytest.mark.parametrize("form", ["table", "csv", "markdown"])
def test_filter(cli, named, conditions, expected, form):
    options = [part for each in conditions for part in ("--filter", each)]
    assert set(cli("runs", "list", *options, "--quiet").stdout.splitlines()) == expected
    done = cli("runs", "list", *options, "--format", form, env={"COLUMNS": "120"})
    assert done.exit_code == 0, done.stderr
    assert {name for name in named if name in done.stdout} == expected


@pytest.mark.parametrize("name", ["best_accuracy", "best-accuracy", "date", "seconds", "topic"])
def test_sort(cli, named, name):
    done = cli("runs", "list", "--sort", name, "--json")
    runs = json.loads(done.stdout)["result"]["runs"]
    values = [run.get(name.replace("-", "_")) for run in runs]
    there = [value for value in values if value is not None]
    assert values == there + [None] * (len(values) - len(there))
    assert there == sorted(there, reverse=name.endswith("accuracy"))


@pytest.mark.parametrize(
    "options", [["--sort", "size"], ["--filter", "mnist"], ["--filter", "size=3"]]
)
def test_name_that_runs_do_not_have(cli, named, options):
    done = cli("runs", "list", *options)
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1


def roles(table):
    """Text → its role, of the cells that have one."""
    cells = [cell for row in table.rows for cell in row if isinstance(cell, Marked)]
    return {text.strip(): role for cell in cells for text, role in cell.parts if role}


def tables_of(events):
    return {event.title: event for event in events if isinstance(event, Table)}


def test_best_of_comparable_runs_is_marked(named):
    found = overview.summaries([Path("runs")])
    best = max(run["best_accuracy"] for run in found if run.get("topic") == "mnist")
    (table,) = tables_of(overview.listing(directories=[Path("runs")], width=120)).values()
    marked = [text for text, role in roles(table).items() if role == "best"]
    assert marked == [f"{best:.2%} ★"]  # the run of names stands alone
    compared = tables_of(overview.compare(directories=[Path(named[0]), Path(named[4])]))
    assert "best" in roles(next(iter(compared.values()))).values()


def test_terminal_without_a_width(cli, two):
    """As COLUMNS says it where it isn't known."""
    assert "mnist" in cli("runs", "list", two[0], env={"COLUMNS": "0"}).stdout


def test_list_of_nothing(cli, tmp_path):
    assert "holds no run" in failure(cli("runs", "list", tmp_path))
    assert "no directory" in failure(cli("runs", "list", tmp_path / "nowhere"))


@pytest.mark.skipif(sys.platform == "win32", reason="paths there are short")
def test_list_in_odd_directories(cli, two, tmp_path):
    """Links that lead back, a path that is too long to be named, and more than Python recurses."""
    shutil.copytree(two[0], tmp_path / "z" / "run")
    shutil.copytree(two[0], tmp_path / "z" / "run" / ".writing-0" / "run")  # a process was killed
    (tmp_path / "z" / "up").symlink_to(tmp_path)
    (tmp_path / "loop").symlink_to("loop")
    here = Path.cwd()
    try:
        for name, depth in (("d", 1500), (30 * "e", 200)):
            os.chdir(tmp_path)
            for _ in range(depth):
                os.mkdir(name)
                os.chdir(name)
    finally:
        os.chdir(here)
    try:
        runs = result(cli, "runs", "list", tmp_path)["runs"]
        assert [run["run"] for run in runs] == [str(tmp_path / "z" / "run")]
    finally:  # pytest's own removal recurses
        shutil.rmtree(tmp_path / "z")
        subprocess.run(["rm", "-r", tmp_path / "d", tmp_path / (30 * "e")], check=True)


@pytest.mark.parametrize("form", ["csv", "markdown", "json", "table"])
def test_list_in_every_format(cli, two, form):
    done = cli("runs", "list", *two, "--format", form)
    assert done.exit_code == 0, done.stderr
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        assert [row["run"] for row in rows] == [str(run) for run in two]
        accuracies = [float(row["last_accuracy"]) for row in rows]
        documents = [json.loads((run / "run.json").read_text()) for run in two]
        assert [row["seed"] for row in rows] == ["0", "0"]
        assert accuracies == [each["result"]["test_accuracy"] for each in documents]
    elif form == "json":
        assert len(json.loads(done.stdout)["result"]["runs"]) == 2
    elif form == "markdown":
        assert len(done.stdout.splitlines()) == 4
        assert "nan" not in done.stdout
    else:
        assert str(two[0].name) in done.stdout


def test_overview_needs_neither_torch_nor_pandas(two):
    code = (
        "import sys; from ptnotes.cli import app\n"
        f"try: app(['runs', 'list', {str(two[0])!r}])\n"
        "except SystemExit as error: assert not error.code\n"
        "print(sorted({'torch', 'pandas', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_compare(cli, two, run_of, tmp_path):
    runs = [*two, run_of("linreg", "--epochs", "4")]
    found = result(cli, "runs", "compare", *runs, "--plot", tmp_path / "both.png")
    assert found["differs"]["lr"] == [0.01, 0.08, 0.01]
    assert found["differs"]["topic"] == ["mnist", "mnist", "linreg"]
    assert found["differs"]["arch"] == ["cnn", "cnn", None]
    assert "seed" not in found["differs"]
    assert len(found["runs"]) == 3
    assert (tmp_path / "both.png").read_bytes().startswith(b"\x89PNG")
    assert cli("runs", "compare", two[0]).exit_code == 2


def test_compare_many(cli, two, tmp_path, monkeypatch):
    """Their names stay readable in 80 columns."""
    runs = [f"runs/lr-{number}" for number in range(1, 13)]
    for number, run in enumerate(runs):
        shutil.copytree(two[number % 2], tmp_path / run)
    monkeypatch.chdir(tmp_path)
    done = cli(
        "runs", "compare", *runs, "--plot", tmp_path / "all.png",
        env={"COLUMNS": "80"},
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    lines = rows_of(done.stdout)
    assert len(lines) % len(runs) == 0  # so many tables, each with all runs
    for name in ("recipe", "last", "nesterov"):
        assert len(re.findall(rf"\b{name}\b", done.stdout)) == 1


@pytest.mark.parametrize("name", ["a$\\foo$", "mk[/x]", "mk[red]", "_hidden"])
def test_directory_with_a_name_of_its_own(cli, run_of, tmp_path, name, monkeypatch):
    """No markup, no formula, and in the legend."""
    for directory in ("plain", name):
        shutil.copytree(run_of("linreg", "--epochs", "4"), tmp_path / directory, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    done = cli("runs", "compare", "plain", name, "--plot", "both.svg", env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.stderr
    assert name in done.stdout
    assert name.replace("\\", "") in (tmp_path / "both.svg").read_text().replace("\\", "")
    assert cli("runs", "show", name, "--plot", "one.png").exit_code == 0
