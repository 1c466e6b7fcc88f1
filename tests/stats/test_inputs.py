"""What ptnotes stats counts."""

import gzip
import json
import shutil
import tarfile
import zipfile

import numpy as np
import pytest
import torch

from ptnotes.stats import pipeline
from tests.conftest import write_idx
from tests.stats.conftest import noise
from tests.test_cli import failure

MEAN, STD = 0.1306604762738429, 0.30810780385646264


def expected(images):
    """Mean and std over all pixels of arrays (H, W, C), as numpy has them."""
    pixels = np.concatenate([image.reshape(-1, image.shape[2]) for image in images]) / 255
    return {
        "mean": pytest.approx(pixels.mean(axis=0).tolist(), rel=1e-12),
        "std": pytest.approx(pixels.std(axis=0).tolist(), rel=1e-12),
    }


def core(found):
    """A result without what differs from run to run."""
    return {
        key: value for key, value in found.items() if key not in ("seconds", "images_per_second")
    }


def test_mnist(result, real_data):
    found = result("mnist", "--data-dir", real_data)
    assert found["mean"] == [pytest.approx(MEAN, abs=1e-15)]
    assert found["std"] == [pytest.approx(STD, abs=1e-15)]
    assert (found["images"], found["pixels"]) == (60_000, 47_040_000)
    assert found["normalize"] == "transforms.Normalize(mean=(0.1307,), std=(0.3081,))"
    assert result("mnist", "--data-dir", real_data, "--split", "test")["images"] == 10_000


def test_mnist_file_by_file(result, real_data):
    whole = core(result("mnist", "--data-dir", real_data))
    idx = real_data / "MNIST/raw/train-images-idx3-ubyte"
    assert core(result(idx if idx.exists() else f"{idx}.gz")) == whole


def test_folder(result, folder, pixels_of):
    found = result(folder, "--precision", "6")
    images = pixels_of(folder)
    assert found | expected(images) == found
    assert found["images"] == 12
    assert found["pixels"] == sum(image.shape[0] * image.shape[1] for image in images)
    assert found["channels"] == 3
    assert found["depth"] == "8-bit"
    assert found["mean_255"] == pytest.approx([255 * mean for mean in found["mean"]])
    assert found["distinct_sizes"] == 12
    assert {(size["height"], size["width"]) for size in found["sizes"]} <= {
        image.shape[:2] for image in images
    }
    lists = ("mean", "std", "mean_255", "std_255", "min", "max", "zero_share", "full_share")
    assert all(len(found[key]) == 3 for key in lists)
    line = eval(found["normalize"], {"transforms": torch_transforms()})
    assert line.mean == pytest.approx(found["mean"], abs=5e-7)


def torch_transforms():
    from torchvision import transforms

    return transforms


def test_every_way_to_the_same_images(result, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "CHUNK", 2)
    whole = core(result(folder))
    with tarfile.open(tmp_path / "images.tar", "w") as archive:
        archive.add(folder, "images")
    with tarfile.open(tmp_path / "images.tar.xz", "w:xz") as archive:
        archive.add(folder, "images")
    with zipfile.ZipFile(tmp_path / "images.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in folder.rglob("*"):
            archive.write(path, path.relative_to(tmp_path))
    paths = [str(path) for path in folder.rglob("*.*") if path.suffix != ".md"]
    listed = "\n".join(paths) + "\n"
    (tmp_path / "paths.txt").write_text(listed)
    for name in ("images.tar", "images.tar.xz", "images.zip", "paths.txt"):
        assert core(result(tmp_path / name)) == whole
    assert core(result(folder, "--workers", "2")) == whole
    assert core(result(tmp_path / "images.tar", "--workers", "2")) == whole
    assert core(result("-", input=listed)) == whole


def test_glob(result, folder):
    assert result(folder, "--glob", "*.webp")["images"] == 2
    assert result(folder, "--glob", "a/*.jpg")["images"] == 2
    assert (
        result(folder / "1.jpg" if (folder / "1.jpg").exists() else folder / "a/1.jpg")["images"]
        == 1
    )


@pytest.mark.parametrize("ending", ["npy", "npz", "pt"])
@pytest.mark.parametrize(
    ("shape", "channels_last"),
    [((5, 8, 6), False), ((5, 3, 8, 6), False), ((5, 8, 6, 3), True)],
)
def test_arrays(result, tmp_path, ending, shape, channels_last):
    array = noise(0, *shape)
    path = tmp_path / f"images.{ending}"
    if ending == "npy":
        np.save(path, array)
    elif ending == "npz":
        np.savez(path, images=array, labels=np.arange(5))
    else:
        torch.save((torch.from_numpy(array), torch.arange(5)), path)
    if array.ndim == 3:
        array = array[..., None]
    elif not channels_last:
        array = array.transpose(0, 2, 3, 1)
    found = result(path)
    assert found | expected(list(array)) == found
    assert found["sizes"] == [{"height": 8, "width": 6, "images": 5}]


@pytest.mark.parametrize("dtype", ["uint16", "float16", "float32", "float64"])
def test_deeper_arrays(result, tmp_path, dtype):
    values = np.random.default_rng(0).random((4, 2, 5, 6))
    scale = 65535 if dtype == "uint16" else 1
    array = (values * scale).astype(dtype)
    np.save(tmp_path / "x.npy", array)
    found = result(tmp_path / "x.npy")
    exact = array.astype(np.float64) / scale
    assert found["mean"] == pytest.approx(exact.mean(axis=(0, 2, 3)).tolist(), rel=1e-12)
    assert found["std"] == pytest.approx(exact.std(axis=(0, 2, 3)).tolist(), rel=1e-12)
    assert found["depth"] == ("16-bit" if dtype == "uint16" else "float")
    assert ("mean_255" in found) == (dtype == "uint16")


def test_bfloat16(result, tmp_path):
    tensor = torch.rand(3, 1, 5, 5).to(torch.bfloat16)
    torch.save(tensor, tmp_path / "x.pt")
    found = result(tmp_path / "x.pt")
    assert found["mean"] == [pytest.approx(tensor.double().mean().item(), rel=1e-12)]


def test_idx_of_colours(result, tmp_path):
    array = noise(0, 4, 3, 5, 6)
    write_idx(tmp_path / "x-ubyte", array)
    (tmp_path / "y-ubyte.gz").write_bytes(gzip.compress((tmp_path / "x-ubyte").read_bytes()))
    found = result(tmp_path / "x-ubyte")
    assert found | expected(list(array.transpose(0, 2, 3, 1))) == found
    assert core(result(tmp_path / "y-ubyte.gz")) == core(found)


def test_sets_by_name(result, small_data, tmp_path):
    assert result("mnist", "--data-dir", small_data)["images"] == 640
    assert result("mnist", "--data-dir", small_data, "--split", "test")["images"] == 130
    shutil.copytree(small_data / "MNIST", tmp_path / "FashionMNIST")
    assert result("fashion-mnist", "--data-dir", tmp_path)["images"] == 640


def test_sample(cli, small_data, monkeypatch):
    monkeypatch.setattr("ptnotes.datasets.paths.SAMPLE_PLACES", (small_data,))
    done = cli("stats", "mnist", "--sample", "--json")
    document = json.loads(done.stdout)
    assert document["config"]["data"] == "sample"
    assert document["result"]["images"] == 640
    assert cli("stats", "kmnist", "--sample").exit_code == 2


@pytest.mark.parametrize("name", ["cifar10", "cifar100", "svhn"])
def test_torchvisions_sets_without_network(cli, tmp_path, name):
    line = failure(cli("stats", name, "--data-dir", tmp_path, "--json"))
    assert "could not be downloaded" in line or "scipy" in line
    assert list(tmp_path.iterdir()) == []


def test_torchvisions_sets(result, tmp_path, monkeypatch):
    class Small:
        def __init__(self, root, train):
            self.data = noise(int(train), 3, 32, 32, 3)

    monkeypatch.setattr("torchvision.datasets.CIFAR10", Small)
    found = result("cifar10", "--data-dir", tmp_path)
    assert found | expected(list(noise(1, 3, 32, 32, 3))) == found
