"""--help, completion, the language, and ``ptnotes`` alone."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer
from rich.cells import cell_len

from ptnotes import language
from ptnotes.cli import app
from ptnotes.cli.completion import saved_runs
from ptnotes.cli.help import PANELS

COMMANDS = list(typer.main.get_command(app).commands)


def test_every_command_has_its_panel(cli):
    assert sorted(COMMANDS) == sorted(name for names in PANELS.values() for name in names)
    text = cli("--help").stdout
    rows = [line.split()[1] for line in text.splitlines() if line.startswith("│ ")]
    order = [name for names in PANELS.values() for name in names]
    assert [name for name in rows if name in order] == order


@pytest.mark.parametrize("width", ["20", "60", "300"])
@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_help_fits(command, width, cli):
    done = cli(*command, "-h", env={"COLUMNS": width})
    assert done.exit_code == 0
    assert max(cell_len(line.rstrip()) for line in done.stdout.splitlines()) <= int(width)
    assert "<bool>" not in done.stdout


@pytest.mark.parametrize("command", ["mnist", "names", "linreg"])
def test_examples_are_valid(command, cli):
    text = cli(command, "--help", env={"COLUMNS": "200"}).stdout
    examples = [line.split() for line in text.splitlines() if line.strip().startswith("ptnotes ")]
    assert len(examples) == 3
    for _, name, *options in examples:
        if name == command:  # --help ends it after the options are parsed
            assert cli(name, *options, "--help").exit_code == 0


def test_defaults_are_numbers(cli):
    text = " ".join(cli("mnist", "--help", env={"COLUMNS": "200"}).stdout.split())
    assert "[default: 10 (notes), 3 to 5 (tuned)]" in text
    assert "the recipe's" not in text


def test_alone(cli):
    done = cli()
    assert done.exit_code == 0
    assert "ptnotes mnist --sample" in done.stdout


@pytest.mark.parametrize(
    "arguments", [("--lang", "zh", "-h"), ("-h", "--lang=zh"), ("mnist", "-h", "--lang", "zh")]
)
def test_language_anywhere(arguments, cli):
    text = cli(*arguments).stdout
    assert str(language.lookup("Learn" if "mnist" not in arguments else "Training")) in text


@pytest.mark.parametrize("arguments", [("--lang", "fr"), ("linreg", "--lang")])
def test_language_that_there_is_not(arguments, cli):
    done = cli(*arguments)
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1


def test_choices_in_any_case(document):
    assert document("seq", "--cell", "LSTM", "--epochs", "1")["config"]["cell"] == "lstm"


def test_completion_of_runs(tmp_path, monkeypatch):
    for name in ("runs/one", "runs/two", "other"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "runs/one/run.json").touch()
    (tmp_path / "runs/two/run.json").touch()
    monkeypatch.chdir(tmp_path)
    assert saved_runs("") == [str(Path("runs/one")), str(Path("runs/two"))]
    assert saved_runs("runs/t") == [str(Path("runs/two"))]
    assert saved_runs("nowhere/") == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell with pipefail")
def test_reader_that_goes_away():
    """A pipe's reader has enough: the writer ends like any program that SIGPIPE ends."""
    command = f"{sys.executable} -m ptnotes linreg --epochs 3000 | head -3"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True)
    assert done.returncode in (0, 141)
    assert done.stderr == b""
