from functools import cache

import pytest
import torch

from ptnotes import api
from ptnotes.datasets import names as data
from ptnotes.errors import DeviceError
from ptnotes.events import Table
from ptnotes.topics.names import RNNClassifier


def test_shape():
    codes, lengths = data.pad([data.encode(name) for name in ("Nakamura", "Meyer", "Wu")])
    assert RNNClassifier(18)(codes, lengths).shape == (3, 18)


def test_padding_does_not_matter():
    torch.manual_seed(0)
    model = RNNClassifier(5)
    codes, lengths = data.pad([data.encode("Nakamura"), data.encode("Wu")])
    alone, length = data.pad([data.encode("Wu")])
    assert torch.allclose(model(codes, lengths)[1], model(alone, length)[0], atol=1e-6)


def test_where_there_is_mps(small_data, monkeypatch):
    """torch's packed sequences fail on it: auto takes the CPU, with the CPU's shards."""
    monkeypatch.setattr(torch.backends.mps, "is_available", cache(lambda: True))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    header = next(api.events("names", data_dir=small_data))
    assert (header.config["device"], header.config["shards"]) == ("cpu", 2)
    with pytest.raises(DeviceError, match="--device cpu"):
        next(api.events("names", device="mps", data_dir=small_data))


def test_shown_names_have_their_own_predictions(tmp_path):
    """Those that the saved run makes of them, whatever the order of a batch."""
    out = tmp_path / "run"
    found = list(api.events("names", data="sample", epochs=6, out=out))
    (table,) = [event for event in found if isinstance(event, Table)]
    again = api.load(out).predict([name for name, *_ in table.rows])
    assert [str(predicted) for *_, predicted in table.rows] == again["prediction"].tolist()
    assert len(set(again["prediction"])) > 3
    assert [country for _, country, _ in table.rows] == sorted(row[1] for row in table.rows)


def test_loss_falls(document, small_data):
    found = document("names", "--epochs", "8", "--batch-size", "50", "--data-dir", small_data)
    assert found["history"][-1]["train_loss"] < found["history"][0]["train_loss"]
    accuracies = [row["test_accuracy"] for row in found["history"]]
    best = found["result"]["best_test_accuracy"]
    assert best == max(accuracies) == accuracies[found["result"]["best_epoch"] - 1]
    assert best > 0.8


@pytest.mark.slow
def test_five_epochs_on_real_data(document, real_data):
    found = document("names", "--epochs", "5", "--data-dir", real_data)
    assert found["result"]["test_accuracy"] > 0.76


def test_tuned_loss_falls(document, small_data):
    found = document("names", "--recipe", "tuned", "--data-dir", small_data, "--batch-size", "50")
    assert found["history"][-1]["train_loss"] < found["history"][0]["train_loss"]
    assert found["result"]["test_accuracy"] > 0.8


@pytest.mark.slow
def test_tuned_on_real_data(document, real_data):
    found = document("names", "--recipe", "tuned", "--data-dir", real_data)
    assert found["result"]["test_accuracy"] >= 0.84
