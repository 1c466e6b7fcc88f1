"""Weights with a right checksum that are not the network's: refused in a line."""

import io
import os
import shutil
import zipfile

import pytest
import torch

from ptnotes.errors import DataError
from ptnotes.runs.checkpoint import load_checkpoint, save_checkpoint, with_checksum
from tests.test_cli import failure


@pytest.fixture
def copied(run_of, tmp_path):
    shutil.copytree(run_of("names", "--epochs", "2"), tmp_path / "run")
    return tmp_path / "run"


def changed(weight):
    return {
        "none": None,
        "text": "x",
        "list": weight.tolist(),
        "absurd shape": weight.new_zeros(1).expand(10**12),
        "transposed": weight.t(),
        "integers": weight.long(),
        "complex": weight.to(torch.complex64),
        "sparse": weight.to_sparse(),
        "without memory": torch.empty(weight.shape, device="meta"),
    }


@pytest.mark.parametrize("kind", changed(torch.zeros(1, 1)))
def test_tensor_that_does_not_fit(cli, copied, kind):
    weights = load_checkpoint(copied / "model.pt")
    name = next(name for name, each in weights.items() if each.dim() == 2)
    weights[name] = changed(weights[name])[kind]
    (copied / "model.pt").write_bytes(save_checkpoint(weights))
    assert "model.pt" in failure(cli("predict", copied, "Wu"))


@pytest.mark.parametrize("content", [None, 5, [], {}, {"model": {}}, {3: torch.zeros(1)}])
def test_what_is_no_state_dict(cli, copied, content):
    (copied / "model.pt").write_bytes(save_checkpoint(content))
    assert "model.pt" in failure(cli("predict", copied, "Wu"))


class Program:
    def __reduce__(self):
        return os.mkdir, ("executed",)


@pytest.mark.parametrize("new_format", [True, False])
def test_pickle_that_is_a_program(cli, copied, new_format, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    buffer = io.BytesIO()
    torch.save({"a": Program()}, buffer, _use_new_zipfile_serialization=new_format)
    (copied / "model.pt").write_bytes(with_checksum(buffer.getvalue()))
    assert "model.pt" in failure(cli("predict", copied, "Wu"))
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("pickled", [b"", b"\x80\x02.", b"\x80\x02}q\x00h\x07.", b"\x80\x02(l."])
def test_pickle_that_is_damaged(tmp_path, pickled):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/version", "3\n")
    (tmp_path / "x.pt").write_bytes(with_checksum(buffer.getvalue()))
    with pytest.raises(DataError, match=r"x\.pt"):
        load_checkpoint(tmp_path / "x.pt")
