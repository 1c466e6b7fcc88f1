"""``ptnotes stats`` without a data set: constants in circulation beside the exact ones."""

import json

import pytest

from ptnotes.stats import channel_stats
from ptnotes.stats.known import KNOWN


def test_document(cli):
    done = cli("stats", "--json")
    assert done.exit_code == 0
    known = {each["data"]: each for each in json.loads(done.stdout)["result"]["known"]}
    assert {"ImageNet", "CIFAR-10", "MNIST"} <= known.keys()
    assert known["CIFAR-10"]["std"] == [0.2023, 0.1994, 0.2010]
    assert known["CIFAR-10"]["exact_std"] == [0.2470, 0.2435, 0.2616]


def test_every_channel_has_its_number():
    for each in KNOWN:
        columns = (each.mean, each.std, each.exact_mean, each.exact_std)
        assert len({len(column) for column in columns}) == 1
        assert all(0 < value < 1 for column in columns for value in column)


def test_screen(cli):
    done = cli("stats")
    assert done.exit_code == 0
    assert all(each.data in done.stdout for each in KNOWN)


def test_mnist_is_exact(real_data, monkeypatch):
    monkeypatch.setenv("PTNOTES_DATA", str(real_data))
    (mnist,) = [each for each in KNOWN if each.data == "MNIST"]
    stats = channel_stats("mnist")
    assert stats.mean == pytest.approx(mnist.exact_mean, abs=5e-7)
    assert stats.std == pytest.approx(mnist.exact_std, abs=5e-7)
