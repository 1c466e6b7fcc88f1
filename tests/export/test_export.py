"""Exported networks, read without ptnotes: they compute what torch computes."""

import importlib.util
import json
import shutil

import numpy as np
import pytest
import torch

import ptnotes
from ptnotes import topics
from ptnotes.errors import DataError
from ptnotes.export import command
from ptnotes.models.mnist import MODELS
from ptnotes.runs import document as documents
from ptnotes.runs.checkpoint import load_checkpoint, save_checkpoint

onnx = pytest.importorskip("onnx", reason="needs ptnotes[onnx]")
onnxruntime = pytest.importorskip("onnxruntime", reason="needs ptnotes[onnx]")
safetensors = pytest.importorskip("safetensors", reason="needs ptnotes[safetensors]")

COUNTRIES = ["Here", "There", "Elsewhere"]
IMAGES = {"data": "mnist", "mean": 0.1307, "std": 0.3081}


@pytest.fixture(autouse=True)
def no_data(tmp_path, monkeypatch):
    """The inputs of the check are the sample's."""
    monkeypatch.chdir(tmp_path)


def made(topic, classes=(), **config):
    """A run's document, and its network, untrained."""
    torch.manual_seed(0)
    document = {"topic": topic, "config": config, "run": {"classes": list(classes)}}
    return document, topics.module(topic).build_model(config, classes).eval()


def exported(document, model, path):
    """What the command says, and the ONNX model in the file it wrote."""
    said = command.export(document, model, "onnx", path)
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return said, session


@pytest.mark.parametrize("arch", MODELS)
def test_digits(arch, tmp_path):
    document, model = made("mnist", "0123456789", arch=arch, **IMAGES)
    said, session = exported(document, model, tmp_path / "x.onnx")
    assert said["largest_difference"] <= 1e-5
    assert said["checked_inputs"] == 200
    assert said["bytes"] == (tmp_path / "x.onnx").stat().st_size
    for batch in (1, 7):
        levels = torch.rand(batch, 1, 28, 28)
        with torch.inference_mode():
            expected = model((levels - IMAGES["mean"]) / IMAGES["std"])
        (found,) = session.run(["logits"], {"image": levels.numpy()})
        np.testing.assert_allclose(found, expected.numpy(), rtol=1e-5, atol=1e-5)


def test_surnames_of_any_length_in_any_order(tmp_path):
    document, model = made("names", COUNTRIES)
    _, session = exported(document, model, tmp_path / "x.onnx")
    for lengths in ([4], [2, 9, 1, 5, 5, 3, 7]):
        codes = torch.zeros(len(lengths), max(lengths), dtype=torch.int64)
        expected = []
        for row, length in zip(codes, lengths, strict=True):
            row[:length] = torch.randint(32, 127, (length,))
            with torch.inference_mode():  # each alone, without padding
                expected.append(model(row[None, :length], torch.tensor([length])))
        given = {"codes": codes.numpy(), "lengths": np.array(lengths)}
        (found,) = session.run(["logits"], given)
        np.testing.assert_allclose(found, torch.cat(expected).numpy(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("topic", "config", "name", "features"),
    [
        ("diabetes", {"relu": True}, "features", 8),
        ("diabetes", {"relu": False}, "features", 8),
        ("linreg", {}, "x", 1),
        ("logistic", {}, "x", 1),
    ],
)
def test_features(topic, config, name, features, tmp_path):
    document, model = made(topic, **config)
    _, session = exported(document, model, tmp_path / "x.onnx")
    for batch in (1, 7):
        x = torch.randn(batch, features)
        (found,) = session.run(None, {name: x.numpy()})
        np.testing.assert_allclose(found, model(x).detach().numpy(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("topic", "classes", "config"),
    [
        ("mnist", "0123456789", {"arch": "cnn"} | IMAGES),
        ("names", COUNTRIES, {}),
        ("seq", (), {"cell": "lstm", "via": "embedding", "head": False}),
        ("seq", (), {"cell": "gru", "via": "cell", "head": True}),
    ],
)
def test_safetensors(topic, classes, config, tmp_path):
    """The file alone says what its weights are of, and a fresh network takes them."""
    document, model = made(topic, classes, **config)
    path = tmp_path / "x.safetensors"
    assert command.export(document, model, "safetensors", path)["largest_difference"] == 0
    with safetensors.safe_open(path, "pt") as file:
        said = file.metadata()
        weights = {name: file.get_tensor(name) for name in file.keys()}
    assert said["topic"] == topic
    assert json.loads(said["classes"]) == list(classes)
    fresh = topics.module(topic).build_model(json.loads(said["config"]), classes)
    fresh.load_state_dict(weights)
    expected = model.state_dict()
    assert all(torch.equal(each, expected[name]) for name, each in fresh.state_dict().items())


def test_command(cli, tmp_path):
    run, out = tmp_path / "run", tmp_path / "cnn.onnx"
    assert cli("mnist", "--sample", "--epochs", "1", "--out", run).exit_code == 0
    done = cli("runs", "export", run, "--out", out, "--json")
    assert done.exit_code == 0, done.stderr
    result = json.loads(done.stdout)["result"]
    assert result["file"] == str(out)
    assert result["bytes"] == out.stat().st_size
    said = {each.key: each.value for each in onnx.load(out).metadata_props}
    assert said["ptnotes"] == ptnotes.__version__
    assert json.loads(said["classes"]) == list("0123456789")
    assert (
        json.loads(said["config"])["mean"]
        == json.loads((run / "run.json").read_text())["config"]["mean"]
    )
    done = cli("runs", "export", run, "--to", "safetensors", "--best")
    assert done.exit_code == 2  # no best epoch was saved
    assert not (tmp_path / "model.safetensors").exists()
    said = ptnotes.load(run).export(tmp_path / "x.safetensors", "safetensors")
    assert said["bytes"] == (tmp_path / "x.safetensors").stat().st_size


def test_real_inputs_where_they_are(small_data, tmp_path):
    document, model = made("names", COUNTRIES)
    said = command.export(document, model, "onnx", tmp_path / "x.onnx", small_data)
    assert (said["checked_on"], said["checked_inputs"]) == (str(small_data), 60)
    document, model = made("mnist", "0123456789", arch="mlp", **IMAGES | {"data": "kmnist"})
    said = command.export(document, model, "onnx", tmp_path / "x.onnx", small_data)
    assert said["checked_on"] != str(small_data)  # it holds no KMNIST


@pytest.mark.parametrize("to", ["onnx", "safetensors"])
def test_a_file_that_computes_something_else(to, monkeypatch, tmp_path):
    """It is never there, and one of its name stays."""
    document, model = made("linreg")
    other = made("linreg")[1]
    with torch.no_grad():
        other.linear.weight += 1e-4
    if to == "onnx":
        from ptnotes.export import onnx_model

        build = onnx_model.build
        monkeypatch.setattr(onnx_model, "build", lambda _, *rest: build(other, *rest))
    else:
        monkeypatch.setattr(command, "build", lambda *_: other)
    (tmp_path / "old").write_text("old")
    for name in ("old", "new"):
        with pytest.raises(DataError, match=r"differ.*3\.0e-04"):
            command.export(document, model, to, tmp_path / name)
    assert [each.name for each in tmp_path.iterdir()] == ["old"]
    assert (tmp_path / "old").read_text() == "old"


@pytest.mark.parametrize(("to", "package"), [("onnx", "onnxruntime"), ("safetensors",) * 2])
def test_missing_package(to, package, cli, monkeypatch, tmp_path):
    run, out = tmp_path / "run", tmp_path / "x"
    assert cli("linreg", "--epochs", "1", "--out", run).exit_code == 0
    find = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name, *rest: None if name == package else find(name)
    )
    done = cli("runs", "export", run, "--to", to, "--out", out)
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1].endswith(f"pip install {package}")
    assert not out.exists()


@pytest.mark.parametrize(("topic", "to"), [("backward", "safetensors"), ("seq", "onnx")])
def test_topics_without_such_a_form(topic, to, cli, tmp_path):
    run, out = tmp_path / "run", tmp_path / "x"
    assert cli(topic, "--epochs", "1", "--out", run).exit_code == 0
    done = cli("runs", "export", run, "--to", to, "--out", out)
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1
    assert not out.exists()


def _infinite(document, weights):
    weights["fc.bias"][0] = float("inf")


def _no_normalization(document, weights):
    del document["config"]["mean"]


def _zero_std(document, weights):
    document["config"]["std"] = 0


def _other_classes(document, weights):
    document["run"]["classes"] = ["<img onerror=x>", "\x1b[2J"]
    document["result"] = {}


def _other_weights(document, weights):
    weights["fc.bias"] = torch.zeros(3)


@pytest.mark.parametrize("to", ["onnx", "safetensors"])
@pytest.mark.parametrize(
    "change", [_infinite, _no_normalization, _zero_std, _other_classes, _other_weights]
)
def test_crafted_run(change, to, cli, run_of, tmp_path):
    run, out = tmp_path / "run", tmp_path / "x"
    shutil.copytree(run_of("mnist", "--epochs", "1"), run)
    document, weights = documents.read(run), load_checkpoint(run / documents.MODEL)
    change(document, weights)
    (run / documents.DOCUMENT).write_bytes(documents.encode(document))
    (run / documents.MODEL).write_bytes(save_checkpoint(weights))
    done = cli("runs", "export", run, "--to", to, "--out", out)
    assert done.exit_code == 1
    assert len(done.stderr.splitlines()) == 1
    assert "\x1b[2J" not in done.stderr
    assert not out.exists()


def test_places_that_can_not_be_written(tmp_path):
    document, model = made("linreg")
    with pytest.raises(DataError):
        command.export(document, model, "onnx", tmp_path / "none" / "x.onnx")
