"""What ptnotes inspect refuses, in one line: other topics, inputs, damaged and diverged runs."""

import shutil

import pytest

from ptnotes.runs.checkpoint import load_checkpoint, save_checkpoint
from tests.inspect.conftest import NAME
from tests.test_cli import failure


def refused(result):
    """The one line on stderr of a command that was not carried out."""
    assert result.exit_code != 0
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    (line,) = [each for each in result.stderr.splitlines() if each.startswith("ptnotes: ")]
    return line


def test_what_there_is_not(cli, digits, surnames, run_of, rows, tmp_path):
    """Before anything is shown."""
    linreg, backward = run_of("linreg", "--epochs", "2"), run_of("backward", "--epochs", "2")
    for arguments, expected in (
        ((tmp_path,), "no run"),
        ((backward,), "run of backward"),
        ((linreg, "5"), "no input"),
        ((digits, "--maps"), "--maps"),
        ((digits, "--best"), "best epoch"),
        ((digits, "--plot", tmp_path / "x.txt"), "--plot"),
    ):
        assert expected in refused(cli("inspect", *arguments, "--json")), arguments
    for arguments, expected in (
        ((digits, tmp_path / "none.png"), "none.png"),
        ((digits, rows), "rows.csv"),
        ((surnames, " "), "empty"),
        ((surnames, "-"), "standard input"),
        ((surnames, "a" * 41), "41 characters"),
        ((run_of("diabetes", "--epochs", "2"), f"{rows}:2"), "line 2"),
        ((run_of("diabetes", "--epochs", "2"), tmp_path / "none.csv"), "none.csv"),
    ):
        assert expected in refused(cli("inspect", *arguments, "--json")), arguments
    assert [each.name for each in tmp_path.iterdir()] == ["rows.csv"]


@pytest.fixture
def copied(surnames, tmp_path):
    shutil.copytree(surnames, tmp_path / "run")
    return tmp_path / "run"


@pytest.mark.parametrize("name", ["model.pt", "run.json"])
def test_incomplete_run(cli, copied, name):
    (copied / name).unlink()
    assert name in failure(cli("inspect", copied))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e38])
@pytest.mark.parametrize("given", [[], [NAME]])
def test_diverged_network(cli, copied, value, given):
    weights = load_checkpoint(copied / "model.pt")
    weights["fc.weight"][:] = value
    (copied / "model.pt").write_bytes(save_checkpoint(weights))
    assert "finite" in failure(cli("inspect", copied, *given))


def test_weights_of_another_network(cli, copied, digits):
    shutil.copy(digits / "model.pt", copied / "model.pt")
    assert "run.json" in failure(cli("inspect", copied))


def test_embedding_of_zeros(inspected, copied, tmp_path):
    weights = load_checkpoint(copied / "model.pt")
    weights["embedding.weight"][:] = 0
    (copied / "model.pt").write_bytes(save_checkpoint(weights))
    result = inspected(copied, NAME, "--plot", tmp_path / "x.png")
    assert result["embedding"]["variance_shares"] == [0, 0]
