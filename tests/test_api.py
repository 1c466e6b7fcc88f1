"""The Python API: what a notebook relies on."""

import json
import shutil
import subprocess
import sys
from collections import deque
from pathlib import Path

import matplotlib.figure
import numpy as np
import pandas as pd
import pytest
import torch

import ptnotes
from ptnotes.errors import DataError, UsageError
from ptnotes.events import EpochRow, Header, Result
from ptnotes.topics import TITLES, TRAINED

README = Path(__file__).parents[1] / "README.md"


def python_block():
    """The README's Python, as one would paste it."""
    text = README.read_text(encoding="utf-8")
    return text.split("```python\n")[1].split("```")[0]


@pytest.mark.skipif(not README.exists(), reason="needs the checkout")
def test_readme(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(python_block(), "README.md", "exec"), {})


def test_import_loads_neither_torch_nor_pandas():
    code = "import sys, ptnotes; print(sorted({'torch', 'pandas', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_public_names_are_there():
    assert {*ptnotes.__all__} <= {*dir(ptnotes)}
    for name in ptnotes.__all__:
        assert callable(getattr(ptnotes, name))
    with pytest.raises(AttributeError, match="nonsense"):
        _ = ptnotes.nonsense


def test_topics():
    table = ptnotes.topics()
    assert list(table.index) == list(TITLES)
    assert list(table.index[table["trained"]]) == list(TRAINED)


@pytest.fixture(scope="module")
def digits(small_data):
    return ptnotes.train(
        "mnist", arch="cnn", epochs=2, seed=3, data_dir=small_data, device="cpu", quiet=True
    )


def test_run_says_what_the_document_says(digits, document, small_data):
    options = ["--epochs", "2", "--seed", "3", "--data-dir", small_data]
    wanted = document("mnist", "--arch", "cnn", *options)
    assert digits.config == wanted["config"]
    assert digits.result["test_accuracy"] == wanted["result"]["test_accuracy"]
    assert isinstance(digits.history, pd.DataFrame)
    assert list(digits.history["train_loss"]) == [row["train_loss"] for row in wanted["history"]]
    assert list(digits.history["epoch"]) == [1, 2]


def test_model_is_trained_and_in_eval_mode(digits, small_data):
    from ptnotes.datasets import mnist

    images, labels = mnist.read(small_data, "t10k")
    pixels = mnist.normalize(
        images, digits.config["mean"], digits.config["std"], torch.device("cpu")
    )
    assert not digits.model.training
    with torch.inference_mode():
        accuracy = (digits.model(pixels).argmax(1) == labels).double().mean().item()
    assert accuracy == pytest.approx(digits.result["test_accuracy"], abs=0.02)


def test_table_is_shown_unless_quiet(capsys, small_data):
    options = {"epochs": 1, "data_dir": small_data, "device": "cpu"}
    ptnotes.train("diabetes", **options)
    assert "train loss" in capsys.readouterr().out
    ptnotes.train("diabetes", **options, quiet=True)
    assert capsys.readouterr().out == ""


def test_what_a_notebook_shows(digits):
    assert "mnist cnn" in repr(digits)
    html = digits._repr_html_()
    assert html.count("<tr") == 3
    assert isinstance(digits.plot(), matplotlib.figure.Figure)


def test_saved_run_is_like_any_other(digits, cli, tmp_path, small_data):
    digits.save(tmp_path / "api")
    found = ptnotes.load(tmp_path / "api")
    assert found.result == digits.result
    pd.testing.assert_frame_equal(found.history, digits.history)
    for name, weight in digits.model.state_dict().items():
        assert torch.equal(found.model.state_dict()[name], weight)
    command = ["mnist", "--epochs", "3", "--data-dir", small_data, "--out"]
    assert cli(*command, tmp_path / "api", "--resume").exit_code == 0
    assert cli(*command, tmp_path / "cli", "--seed", "3").exit_code == 0
    histories = [
        [row["train_loss"] for row in json.loads((path / "run.json").read_text())["history"]]
        for path in (tmp_path / "api", tmp_path / "cli")
    ]
    assert histories[0] == histories[1]
    with pytest.raises(UsageError, match="already holds a run"):
        digits.save(tmp_path / "api")
    digits.save(tmp_path / "api", force=True)
    found.save(tmp_path / "copy")
    assert ptnotes.load(tmp_path / "copy").result == digits.result
    assert list(ptnotes.runs(tmp_path)["topic"]) == ["mnist"] * 3


def test_resumed_from_python(small_data, tmp_path):
    options = {"data_dir": small_data, "device": "cpu", "quiet": True}
    ptnotes.train("names", epochs=1, out=tmp_path / "run", **options)
    run = ptnotes.train("names", epochs=2, out=tmp_path / "run", resume=True, **options)
    whole = ptnotes.train("names", epochs=2, **options)
    assert list(run.history["train_loss"]) == list(whole.history["train_loss"])
    assert list(run.predict(["Novák", "Meyer"])["input"]) == ["Novák", "Meyer"]


def test_predictions(digits, small_data, tmp_path):
    from PIL import Image

    from ptnotes.datasets import mnist

    images, _ = mnist.read(small_data, "t10k")
    Image.fromarray(images[0].numpy()).save(tmp_path / "digit.png")
    table = digits.predict([tmp_path / "digit.png"])
    assert list(table.columns) == ["input", "prediction", "probabilities"]
    (probabilities,) = table["probabilities"]
    assert set(probabilities) == set("0123456789")
    assert sum(probabilities.values()) == pytest.approx(1)
    assert table["prediction"][0] == max(probabilities, key=probabilities.get)
    with pytest.raises(DataError, match="nowhere"):
        digits.predict("nowhere.png")


@pytest.mark.parametrize("topic", TRAINED)
def test_every_topic_is_trained_saved_and_loaded(topic, small_data, tmp_path):
    data = {"data_dir": small_data} if topic in ("diabetes", "mnist", "names") else {}
    run = ptnotes.train(topic, epochs=1, device="cpu", quiet=True, out=tmp_path / "run", **data)
    again = ptnotes.load(tmp_path / "run")
    weights = run.model.state_dict()
    assert weights
    assert all(torch.equal(again.model.state_dict()[name], weights[name]) for name in weights)
    assert again.history.equals(run.history)


def test_events(small_data):
    events = list(ptnotes.events("mnist", arch="mlp", epochs=1, data_dir=small_data, device="cpu"))
    assert isinstance(events[0], Header)
    assert isinstance(events[-1], Result)
    assert sum(isinstance(event, EpochRow) for event in events) == 1
    *_, result = ptnotes.events(
        "conv-demo", height=9, width=9, kernel=3, stride=1, padding=0, dilation=1
    )
    assert result.values["output_size"] == [7, 7]


def test_saving_onto_itself_and_without_a_source(small_data, tmp_path):
    options = {"epochs": 1, "data_dir": small_data, "device": "cpu", "quiet": True}
    run = ptnotes.train("names", out=tmp_path / "a", validation=0.2, save_best=True, **options)
    run.save(tmp_path / "a", force=True)
    loaded = ptnotes.load(tmp_path / "a")
    loaded.save(tmp_path / "b")
    assert ptnotes.load(tmp_path / "b", best=True).result == run.result
    shutil.rmtree(tmp_path / "a")
    with pytest.raises(DataError, match="no run any more"):
        loaded.save(tmp_path / "b", force=True)
    assert ptnotes.load(tmp_path / "b").result == run.result


def test_global_random_state_is_the_callers(digits, small_data):
    torch.manual_seed(1)
    wanted = torch.rand(3)
    torch.manual_seed(1)
    run = ptnotes.train("diabetes", epochs=1, data_dir=small_data, device="cpu", quiet=True)
    _ = run.model
    assert torch.equal(torch.rand(3), wanted)


def test_two_runs_at_a_time(small_data):
    """One that ends gives torch its threads back; the other's bits stay the same."""
    torch.set_num_threads(2)
    options = {"epochs": 2, "shards": 1, "arch": "mlp", "data_dir": small_data, "device": "cpu"}

    def losses(events):
        return [event.train_loss for event in events if isinstance(event, EpochRow)]

    other = ptnotes.events("linreg", epochs=5, device="cpu")
    next(other)
    both = ptnotes.events("mnist", **options)
    for _ in range(4):
        next(both)
    deque(other, maxlen=0)
    assert losses(both) == losses(ptnotes.events("mnist", **options))


def test_interrupted_training_ends(monkeypatch, tmp_path):
    """It gives back torch's threads and the lock, though a traceback holds its frames."""
    torch.set_num_threads(2)

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("ptnotes.console.cells.line", interrupt)
        with pytest.raises(KeyboardInterrupt) as held:
            ptnotes.train("linreg", epochs=3, out=tmp_path / "run")
    assert held.value.__traceback__ is not None
    assert torch.get_num_threads() == 2
    ptnotes.train("linreg", epochs=3, out=tmp_path / "run", resume=True, quiet=True)


def test_numbers_of_numpy(tmp_path):
    run = ptnotes.train(
        "linreg", epochs=np.int64(3), lr=np.float64(0.02), out=str(tmp_path / "run"), quiet=True
    )
    assert (run.config["epochs"], run.config["lr"]) == (3, 0.02)
    assert ptnotes.load(str(tmp_path / "run")).config == run.config


@pytest.mark.parametrize(
    ("topic", "options", "error", "named"),
    [
        ("mnst", {}, ValueError, "mnst"),
        ("mnist", {"archh": "cnn"}, TypeError, "'archh'; did you mean 'arch'"),
        ("mnist", {"arch": "vgg"}, ValueError, "arch"),
        ("mnist", {"recipe": "secret"}, ValueError, "recipe"),
        ("mnist", {"data": "cifar10"}, ValueError, "data"),
        ("mnist", {"batch_size": "full"}, ValueError, "batch_size"),
        ("mnist", {"epochs": 0}, ValueError, "epochs"),
        ("mnist", {"epochs": 1.5}, ValueError, "epochs"),
        ("mnist", {"lr": float("nan")}, ValueError, "lr"),
        ("mnist", {"seed": -1}, ValueError, "seed"),
        ("linreg", {"device": "tpu"}, ValueError, "device"),
        ("linreg", {"data_dir": "."}, TypeError, "data_dir"),
        ("linreg", {"save_best": True}, TypeError, "save_best"),
        ("seq", {"via": "magic"}, ValueError, "via"),
        ("losses", {}, ValueError, "trains nothing"),
        ("linreg", {"seeds": 3}, ValueError, "seeds"),
        ("linreg", {"lr": True}, ValueError, "lr"),
        ("linreg", {"out": ""}, ValueError, "path"),
        ("linreg", {"threads": 3_000_000_000}, ValueError, "threads"),
        ("linreg", {"outt": "x"}, TypeError, "did you mean 'out'"),
        ("diabetes", {"relu": "no"}, ValueError, "relu"),
        ("linreg", {"resume": True}, UsageError, "--out"),
        ("mnist", {"data_dir": "nowhere"}, DataError, "nowhere"),
        ("mnist", {"data": "sample", "data_dir": "."}, UsageError, "sample"),
    ],
)
def test_what_is_wrong_is_named(topic, options, error, named):
    with pytest.raises(error, match=named):
        ptnotes.train(topic, quiet=True, **options)


@pytest.mark.parametrize(
    ("topic", "options", "error"),
    [
        ("conv-demo", {"stride": 0}, ValueError),
        ("conv-demo", {"padding": -1}, ValueError),
        ("rnn-demo", {"seed": -1}, ValueError),
        ("linreg", {"seeds": 0}, ValueError),
        ("losses", {"logits": [1, 2, 3]}, UsageError),
        ("losses", {"out": "runs"}, TypeError),
        ("tensors", {"epochs": 3}, TypeError),
    ],
)
def test_wrong_values_of_events(topic, options, error):
    with pytest.raises(error):
        deque(ptnotes.events(topic, **options), maxlen=0)


def test_torchs_threads_are_given_back():
    torch.set_num_threads(2)
    ptnotes.train("linreg", epochs=1, threads=1, quiet=True)
    assert torch.get_num_threads() == 2
