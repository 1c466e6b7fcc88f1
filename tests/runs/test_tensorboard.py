"""--log-dir: what is written for TensorBoard, and without its package."""

import sys

import pytest

from ptnotes import api
from ptnotes.runs.tensorboard import tag


def scalars(directory):
    """Tag → (step, value) of a directory, as TensorBoard reads them."""
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(directory)).Reload()
    return {
        name: [(each.step, each.value) for each in found.Scalars(name)]
        for name in found.Tags()["scalars"]
    }


@pytest.mark.filterwarnings("default")  # of TensorBoard's own imports
def test_every_number_of_a_row(document, tmp_path, small_data):
    pytest.importorskip("tensorboard")
    options = ["--epochs", "3", "--data-dir", small_data, "--batch-size", "64"]
    history = document("names", *options, "--log-dir", tmp_path / "log")["history"]
    found = scalars(tmp_path / "log")
    assert {"loss/train", "loss/test", "accuracy/test", "seconds/train"} <= found.keys()
    for name in ("test_loss", "train_loss", "test_accuracy"):
        values = [(row["epoch"], pytest.approx(row[name])) for row in history]
        assert found[tag(name)] == values


@pytest.mark.filterwarnings("default")
def test_a_resumed_run_is_written_once(tmp_path):
    """And so is one that replaces another."""
    pytest.importorskip("tensorboard")
    for epochs, resume in ((20, False), (40, True)):
        given = {"out": tmp_path / "run", "log_dir": tmp_path / "log", "resume": resume}
        api.train("linreg", epochs=epochs, quiet=True, **given)
    steps = [step for step, _ in scalars(tmp_path / "log")["loss/train"]]
    assert steps == list(range(1, 41))


@pytest.mark.filterwarnings("default")
def test_each_seed_has_its_directory(document, tmp_path):
    pytest.importorskip("tensorboard")
    document("linreg", "--epochs", "5", "--seeds", "2", "--seed", "3", "--log-dir", tmp_path)
    weights = [scalars(tmp_path / f"seed-{seed}")["weight"] for seed in (3, 4)]
    assert [len(each) for each in weights] == [5, 5]
    assert weights[0] != weights[1]


def test_without_the_package(cli, tmp_path, monkeypatch):
    """Before anything is trained or written."""
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    done = cli("linreg", "--log-dir", tmp_path / "log", "--out", tmp_path / "run")
    assert done.exit_code == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert "pip install tensorboard" in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("default")
def test_where_nothing_can_be_written(cli, tmp_path):
    pytest.importorskip("tensorboard")
    (tmp_path / "file").write_text("")
    done = cli("linreg", "--log-dir", tmp_path / "file")
    assert done.exit_code == 1
    assert "can't be written" in done.stderr.splitlines()[-1]


def test_tags():
    """What is alike stands side by side."""
    assert tag("train_loss") == "loss/train"
    assert tag("val_accuracy") == "accuracy/val"
    assert tag("gradient_by_hand") == "gradient_by_hand"
    assert tag("weight") == "weight"
