"""runs list, show, compare; and the pictures."""

import csv
import errno
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from rich.cells import cell_len

from ptnotes.events import Marked, Table
from ptnotes.runs import overview, tables
from tests.test_cli import failure


@pytest.fixture
def two(run_of):
    return [
        run_of("mnist", "--epochs", "2"),
        run_of("mnist", "--epochs", "2", "--recipe", "tuned"),
    ]


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


def test_result_is_shown_though_its_picture_fails(cli, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", full)
    done = cli("linreg", "--epochs", "3", "--plot", tmp_path / "x.png", "--json")
    assert "No space left" in failure(done)
    assert len(json.loads(done.stdout)["history"]) == 3
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("topic", ["backward", "linreg", "logistic", "diabetes", "seq"])
@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_plot_of_every_topic(cli, tmp_path, topic, ending):
    path = tmp_path / f"curve.{ending}"
    sample = ["--sample"] if topic == "diabetes" else []
    assert cli(topic, *sample, "--epochs", "3", "--plot", path).exit_code == 0
    assert path.stat().st_size > 1000


def test_confusion_of_a_run_that_is_not_kept(cli, small_data, tmp_path):
    path = tmp_path / "matrix.png"
    command = ["names", "--epochs", "1", "--data-dir", small_data, "--confusion", path]
    assert cli(*command).exit_code == 0
    with Image.open(path) as image:
        assert image.size[0] > 200


@pytest.mark.parametrize("option", ["--plot", "--confusion"])
def test_picture_that_has_no_place(cli, small_data, tmp_path, option):
    path = tmp_path / "nowhere" / "x.png"
    assert "no directory" in failure(cli("names", "--data-dir", small_data, option, path))
