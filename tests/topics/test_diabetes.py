import pytest
import torch

from ptnotes.errors import DataError
from ptnotes.topics.diabetes import Model, split


def test_shape():
    y = Model()(torch.zeros(5, 8))
    assert y.shape == (5, 1)
    assert ((y > 0) & (y < 1)).all()


@pytest.mark.parametrize(("size", "reduction"), [("full", "sum"), ("32", "mean")])
def test_loss_falls(document, small_data, size, reduction):
    found = document("diabetes", "--batch-size", size, "--data-dir", small_data, "--lr", "0.1")
    assert found["config"]["loss_reduction"] == reduction
    assert found["config"]["batch_size"] == (size if size == "full" else int(size))
    assert found["history"][-1]["train_loss"] < found["history"][0]["train_loss"]
    assert found["history"][-1]["train_accuracy"] == found["result"]["train_accuracy"]


def test_share_of_the_larger_class(document, real_data):
    found = document("diabetes", "--data-dir", real_data)
    assert found["result"]["larger_class_share"] == 496 / 759
    assert found["result"]["train_accuracy"] == 496 / 759  # nothing learnt
    assert len(found["history"]) == 100


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def test_hold_out_is_seeded_and_apart():
    x, y = torch.arange(759.0).view(-1, 1), torch.zeros(759, 1)
    (train, _), (test, _) = split(x, y, 0.2, seeded(3))
    assert (len(train), len(test)) == (607, 152)
    assert sorted([*train.flatten().tolist(), *test.flatten().tolist()]) == x.flatten().tolist()
    assert torch.equal(test, split(x, y, 0.2, seeded(3))[1][0])
    assert not torch.equal(test, split(x, y, 0.2, seeded(4))[1][0])


@pytest.mark.parametrize(("rows", "hold_out"), [(1, 0.2), (2, 0.2), (1, 0.9)])
def test_too_few_rows_to_hold_out(rows, hold_out):
    with pytest.raises(DataError, match="too few"):
        split(torch.zeros(rows, 8), torch.zeros(rows, 1), hold_out, seeded(0))


def test_tuned_on_small_data(document, small_data):
    found = document("diabetes", "--recipe", "tuned", "--data-dir", small_data)
    assert found["history"][-1]["train_loss"] < found["history"][0]["train_loss"]
    assert {"epoch", "train_loss", "val_loss", "val_accuracy"} <= set(found["history"][0])
    assert {"test_loss", "test_accuracy", "test_accuracy_interval"} <= set(found["result"])


def test_tuned_on_real_data(document, real_data):
    found = document(
        "diabetes", "--recipe", "tuned", "--data-dir", real_data, "--seeds", "5", "--threads", "1"
    )
    assert found["result"]["test_accuracy"] >= 0.73
