"""Files of a run that are damaged, forged, or of something else."""

import io
import json
import os
import pickle
import shutil
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ptnotes.errors import DataError
from ptnotes.runs import document as documents
from ptnotes.runs.checkpoint import load_checkpoint, save_checkpoint, with_checksum
from tests.runs.conftest import same
from tests.test_cli import failure


class Executed:
    """Unpickled without care, it makes a file."""

    def __init__(self, trace):
        self.trace = str(trace)

    def __reduce__(self):
        return os.mkdir, (self.trace,)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without named pipes")
@pytest.mark.parametrize("name", ["run.json", "checkpoint.pt", "model.pt"])
def test_pipe_in_the_place_of_a_file(cli, run, small_data, name):
    """Reading it would not end."""
    (run / name).unlink()
    os.mkfifo(run / name)
    for command in (
        ["mnist", "--data-dir", small_data, "--out", run, "--resume"],
        ["predict", run, "x.png"],
    ):
        line = failure(cli(*command)) if name != "model.pt" or command[0] == "predict" else name
        assert name in line or command[0] == "predict"


def test_file_that_would_fill_the_memory(cli, run):
    with (run / "model.pt").open("r+b") as file:
        file.truncate(1 << 40)  # sparse
    assert "model.pt" in failure(cli("predict", run, "x.png"))


def test_half_a_checkpoint(resumed, run):
    path = run / "checkpoint.pt"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "cut short" in resumed()


def test_no_checkpoint(resumed, run):
    (run / "checkpoint.pt").unlink()
    assert "checkpoint.pt can't be read: No such file" in resumed()


@given(place=st.floats(0, 1, exclude_max=True), mask=st.integers(1, 255))
def test_flipped_byte(run_of, tmp_path_factory, place, mask):
    """Anywhere: every byte is under the checksum, or part of it."""
    whole = (run_of("mnist", "--epochs", "2") / "checkpoint.pt").read_bytes()
    content = bytearray(whole)
    content[int(place * len(content))] ^= mask
    path = tmp_path_factory.mktemp("flipped") / "checkpoint.pt"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"checkpoint\.pt"):
        load_checkpoint(path)


def test_flipped_byte_is_one_line(resumed, run):
    content = bytearray((run / "checkpoint.pt").read_bytes())
    content[len(content) // 2] ^= 1
    (run / "checkpoint.pt").write_bytes(content)
    assert "checkpoint.pt is damaged" in resumed()


def test_checkpoint_of_another_architecture(resumed, run, run_of):
    other = run_of("mnist", "--arch", "mlp", "--epochs", "1")
    shutil.copy(other / "checkpoint.pt", run)
    assert "another run" in resumed()


def test_checkpoint_whose_weights_do_not_fit(resumed, run, run_of):
    checkpoint = load_checkpoint(run / "checkpoint.pt")
    other = load_checkpoint(run_of("mnist", "--arch", "mlp", "--epochs", "1") / "checkpoint.pt")
    checkpoint["training"]["model"] = other["training"]["model"]
    (run / "checkpoint.pt").write_bytes(save_checkpoint(checkpoint))
    assert "another training" in resumed()


def _nan_weight(training):
    next(iter(training["model"].values())).fill_(float("nan"))


def _empty_optimizer_state(training):
    first = next(iter(training["optimizer"]["state"].values()))
    first["momentum_buffer"] = torch.empty(0)


@pytest.mark.parametrize("forge", [_nan_weight, _empty_optimizer_state])
def test_forged_checkpoint_changes_no_file(resumed, run, forge):
    checkpoint = load_checkpoint(run / "checkpoint.pt")
    forge(checkpoint["training"])
    (run / "checkpoint.pt").write_bytes(save_checkpoint(checkpoint))
    before = {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()}
    assert "another training" in resumed()
    assert {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()} == before


@pytest.mark.parametrize("dump", [pickle.dumps, save_checkpoint], ids=["pickle", "checksum"])
@pytest.mark.parametrize("name", ["checkpoint.pt", "model.pt"])
def test_nothing_in_a_file_is_executed(cli, resumed, run, tmp_path, dump, name):
    trace = tmp_path / "trace"
    (run / name).write_bytes(dump({"format": 1, "conv1.weight": Executed(trace)}))
    line = resumed() if name == "checkpoint.pt" else failure(cli("predict", run, "x.png"))
    assert name in line
    assert not trace.exists()


def test_other_things_in_the_place_of_a_checkpoint(resumed, run):
    for value in ([1, 2], {"format": 99}, torch.zeros(3)):
        (run / "checkpoint.pt").write_bytes(save_checkpoint(value))
        assert "not a checkpoint of this version" in resumed()
    torch.save({"conv1.weight": torch.zeros(3)}, run / "checkpoint.pt")
    assert "not written by ptnotes" in resumed()


def test_compressed_weights(cli, run):
    """A small file may unpack to more than the memory holds."""
    packed = io.BytesIO()
    with (
        ZipFile(run / "model.pt") as stored,
        ZipFile(packed, "w", ZIP_DEFLATED) as compressed,
    ):
        for entry in stored.infolist():
            compressed.writestr(entry.filename, stored.read(entry))
    (run / "model.pt").write_bytes(with_checksum(packed.getvalue()))
    assert "model.pt" in failure(cli("predict", run, "x.png"))


def test_checkpoints_are_read_by_torch_alone(tmp_path):
    value = {"weight": torch.randn(30, 30), "epochs": [1, 2.5, None, "text"]}
    (tmp_path / "x.pt").write_bytes(save_checkpoint(value))
    assert same(torch.load(tmp_path / "x.pt", weights_only=True), value)
    assert same(load_checkpoint(tmp_path / "x.pt"), value)


def test_weights_of_another_network(cli, run, run_of):
    shutil.copy(run_of("mnist", "--arch", "mlp", "--epochs", "1") / "model.pt", run)
    assert "not of the network" in failure(cli("predict", run, "x.png"))


def test_changed_document(cli, run):
    text = (run / "run.json").read_text()
    (run / "run.json").write_text(text.replace('"seed": 0', '"seed": 7'))
    assert "checksum" in failure(cli("runs", "show", run))
    for content in ("", "[]", "{", '{"run": 3}', '{"run": {}}', "\x00", "[" * 200_000):
        (run / "run.json").write_text(content)
        assert "run.json is damaged" in failure(cli("predict", run, "x.png"))
    (run / "run.json").unlink()
    assert "holds no run" in failure(cli("predict", run, "x.png"))


def test_document_without_its_parts(cli, run):
    document = {"run": json.loads((run / "run.json").read_text())["run"], "topic": "mnist"}
    (run / "run.json").write_bytes(documents.encode(document))
    assert "run.json is damaged" in failure(cli("runs", "show", run))


def test_document_of_another_version(cli, run):
    document = json.loads((run / "run.json").read_text())
    document["run"]["format"] = 99
    (run / "run.json").write_bytes(documents.encode(document))
    assert "another version" in failure(cli("runs", "show", run))
