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

from tests.test_cli import failure


@pytest.fixture
def two(run_of):
    return [
        run_of("mnist", "--epochs", "2"),
        run_of("mnist", "--epochs", "2", "--save-best", "--recipe", "tuned"),
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
    text = cli("runs", "list", tmp_path, env={"COLUMNS": "80"}).stdout
    assert all(len(line) <= 80 for line in text.splitlines())
    assert "2/2" in text
    assert "damaged" in text


def test_terminal_without_a_width(cli, two):
    """As COLUMNS says it where it isn't known."""
    assert "2/2" in cli("runs", "list", two[0], env={"COLUMNS": "0"}).stdout


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
    for named in ("Configuration", "History", "Confusion", "Class by class", "one_cycle"):
        assert named in done.stdout
    assert "<svg" in (tmp_path / "c.svg").read_text()
    assert (tmp_path / "m.pdf").read_bytes().startswith(b"%PDF")


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
    assert all(re.search(rf"{run}\b", done.stdout) for run in runs)
    for name in ("recipe", "best accuracy", "nesterov"):
        assert len(re.findall(rf"^{name} ", done.stdout, re.M)) == 3


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
