import gzip
import shutil

import numpy as np
import pytest
import torch

from ptnotes.datasets import mnist
from ptnotes.errors import DataError
from tests.conftest import write_idx

IMAGES = "MNIST/raw/train-images-idx3-ubyte"
LABELS = "MNIST/raw/train-labels-idx1-ubyte"


@pytest.fixture
def broken(small_data, tmp_path):
    """A copy of the data to break."""
    shutil.copytree(small_data, tmp_path / "data")
    return tmp_path / "data"


def test_reads(small_data):
    images, labels = mnist.read(small_data, "train")
    assert images.shape == (640, 28, 28)
    assert images.dtype == torch.uint8
    assert labels.dtype == torch.int64
    assert labels[:12].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]


def test_reads_gzipped(broken):
    expected, _ = mnist.read(broken, "train")
    raw = (broken / IMAGES).read_bytes()
    (broken / IMAGES).unlink()
    (broken / f"{IMAGES}.gz").write_bytes(gzip.compress(raw))
    assert torch.equal(mnist.read(broken, "train")[0], expected)


@pytest.mark.parametrize("packed", [False, True])
def test_arrays_and_tensors_are_the_same_and_writable(broken, packed):
    if packed:
        raw = (broken / IMAGES).read_bytes()
        (broken / IMAGES).unlink()
        (broken / f"{IMAGES}.gz").write_bytes(gzip.compress(raw))
    images, labels = mnist.read_arrays(broken, "train")
    assert (images.dtype, labels.dtype) == (np.uint8, np.int64)
    assert images.flags.writeable
    tensors = mnist.read(broken, "train")
    assert torch.equal(tensors[0], torch.from_numpy(images))
    assert torch.equal(tensors[1], torch.from_numpy(labels))


def test_normalize():
    images = torch.tensor([0, 255], dtype=torch.uint8).repeat(392).reshape(1, 28, 28)
    found = mnist.normalize(images, 0.5, 0.25, torch.device("cpu"))
    assert (found.shape, found.dtype) == ((1, 1, 28, 28), torch.float32)
    assert found.unique().tolist() == [-2, 2]
    assert images.max() == 255  # unchanged


def test_real(real_data):
    images, labels = mnist.read(real_data, "train")
    assert images.shape == (60000, 28, 28)
    assert labels.bincount().tolist() == [
        5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949
    ]  # fmt: skip
    assert mnist.read(real_data, "t10k")[0].shape == (10000, 28, 28)


@pytest.mark.parametrize("keep", [0, 3, 4, 10, 16, 1000])
def test_truncated(broken, keep):
    path = broken / IMAGES
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match="train-images"):
        mnist.read(broken, "train")


def test_wrong_magic(broken):
    shutil.copy(broken / LABELS, broken / IMAGES)
    with pytest.raises(DataError, match="IDX"):
        mnist.read(broken, "train")


def test_broken_gzip(broken):
    (broken / IMAGES).rename(broken / f"{IMAGES}.gz")
    with pytest.raises(DataError, match="can't be read"):
        mnist.read(broken, "train")


def test_counts_that_differ(broken):
    labels = mnist.read(broken, "train")[1]
    write_idx(broken / LABELS, labels[:-1].numpy())
    with pytest.raises(DataError, match="640 images, but 639 labels"):
        mnist.read(broken, "train")


def test_label_out_of_range(broken):
    labels = mnist.read(broken, "train")[1]
    labels[5] = 10
    write_idx(broken / LABELS, labels.numpy())
    with pytest.raises(DataError, match="label 10"):
        mnist.read(broken, "train")


def test_other_size(broken):
    images = mnist.read(broken, "train")[0]
    write_idx(broken / IMAGES, images[:, :20].numpy())
    with pytest.raises(DataError, match="shape"):
        mnist.read(broken, "train")
