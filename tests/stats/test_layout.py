"""What the axes of an array are: recognized where one reading is sensible, else asked for."""

import gzip
import json

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from ptnotes.errors import DataError, UsageError
from ptnotes.stats import channel_stats
from tests.conftest import write_idx
from tests.stats.conftest import noise

# shape, and (images, channels, height, width) as which it is read
RECOGNIZED = {
    (24, 20, 3): (1, 3, 24, 20),
    (24, 20, 1): (1, 1, 24, 20),
    (1, 24, 20): (1, 1, 24, 20),
    (50, 24, 20): (50, 1, 24, 20),
    (5, 24, 20): (5, 1, 24, 20),
    (6, 3, 24, 20): (6, 3, 24, 20),
    (6, 24, 20, 3): (6, 3, 24, 20),
    (6, 24, 20, 4): (6, 4, 24, 20),
    (3, 1, 24, 20): (3, 1, 24, 20),
    (3, 24, 20, 1): (3, 1, 24, 20),
}
REFUSED = [
    (24, 20),  # an image, or 24 rows of 20 features
    (3, 24, 20),  # an image of three channels, or three gray ones
    (2, 24, 20),
    (3, 24, 3),
    (60, 3, 64),  # a flattened set
    (6, 24, 20, 8),  # more channels than an image has
    (6, 13, 24, 20),
    (6, 3, 4, 4),
    (6, 3, 24, 3),
]
LAYOUTS = {"HW": (1, 1), "CHW": (1, 7), "HWC": (1, 7), "NHW": (7, 1)}
LAYOUTS |= {"NCHW": (6, 7), "NHWC": (6, 7)}


def seen(found):
    ((height, width),) = found.sizes
    return found.images, found.channels, height, width


def save(path, array):
    if path.suffix == ".npy":
        np.save(path, array)
    elif path.suffix == ".npz":
        np.savez(path, images=array)
    else:
        torch.save(torch.from_numpy(array), path)


@pytest.mark.parametrize("name", ["x.npy", "x.npz", "x.pt"])
@pytest.mark.parametrize("shape", RECOGNIZED, ids=str)
def test_shape_with_one_sensible_reading(tmp_path, name, shape):
    array = noise(0, *shape)
    save(tmp_path / name, array)
    found = channel_stats(tmp_path / name)
    assert seen(found) == RECOGNIZED[shape]
    assert found == channel_stats(array) == channel_stats(torch.from_numpy(array))
    if found.channels > 1:
        by_channel = array.reshape(-1, found.channels) if shape[-1] == found.channels else None
        if by_channel is not None:
            assert found.mean == pytest.approx(tuple(by_channel.mean(axis=0) / 255), rel=1e-12)


@pytest.mark.parametrize("shape", REFUSED, ids=str)
def test_shape_with_two_readings_is_refused(cli, tmp_path, shape):
    save(tmp_path / "x.npy", noise(0, *shape))
    done = cli("stats", tmp_path / "x.npy")
    assert done.exit_code == 2
    assert done.stdout.count("channel") == 0
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("ptnotes: ")]
    assert str(shape) in line
    assert "--layout" in line
    for whole in (noise(0, *shape), torch.from_numpy(noise(0, *shape))):
        with pytest.raises(UsageError, match="layout"):
            channel_stats(whole)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["x.npy", "x.npz", "x.pt"])
def test_layout_decides(result, tmp_path, layout, name):
    shape = [{"N": 6, "C": 7, "H": 9, "W": 8}[axis] for axis in layout]
    shape[0] = 7 if layout == "NHW" else shape[0]
    array = noise(0, *shape)
    save(tmp_path / name, array)
    found = result(tmp_path / name, "--layout", layout)
    assert (found["images"], found["channels"]) == LAYOUTS[layout]
    assert found["sizes"] == [{"height": 9, "width": 8, "images": found["images"]}]
    axes = tuple(place for place, axis in enumerate(layout) if axis != "C")
    expected = np.atleast_1d(array.mean(axis=axes) / 255)
    assert found["mean"] == pytest.approx(expected.tolist(), rel=1e-12)
    assert channel_stats(array, layout=layout).mean == tuple(found["mean"])


def test_layout_in_the_document_and_in_parts(cli, tmp_path):
    np.save(tmp_path / "x.npy", noise(0, 3, 9, 8))
    done = cli("stats", tmp_path / "x.npy", "--layout", "CHW", "--json")
    assert json.loads(done.stdout)["config"]["layout"] == "CHW"
    for index, layout in enumerate(("CHW", "NHW"), 1):
        options = ["--layout", layout, "--shard", f"{index}/2", "--out", tmp_path / f"{index}.json"]
        assert cli("stats", tmp_path / "x.npy", *options).exit_code == 0
    merged = cli("stats", "--merge", tmp_path / "1.json", tmp_path / "2.json")
    assert merged.exit_code == 1
    assert "layout" in merged.stderr


def test_layout_that_does_not_fit(cli, folder, tmp_path):
    np.save(tmp_path / "x.npy", noise(0, 3, 9, 8))
    assert cli("stats", tmp_path / "x.npy", "--layout", "NCHW").exit_code == 2
    assert cli("stats", tmp_path / "x.npy", "--layout", "CWH").exit_code == 2
    assert cli("stats", folder, "--layout", "HWC").exit_code == 2
    with pytest.raises(UsageError):
        channel_stats([noise(0, 9, 8)], layout="CHW")


def test_layout_chooses_among_the_arrays_of_a_file(tmp_path):
    np.savez(tmp_path / "x.npz", image=noise(0, 9, 8), labels=np.arange(9))
    assert channel_stats(tmp_path / "x.npz", layout="HW").images == 1


def test_the_idx_format_lists_gray_images(tmp_path):
    write_idx(tmp_path / "x-ubyte", noise(0, 3, 24, 20))
    (tmp_path / "y-ubyte.gz").write_bytes(gzip.compress((tmp_path / "x-ubyte").read_bytes()))
    for name in ("x-ubyte", "y-ubyte.gz"):
        assert seen(channel_stats(tmp_path / name)) == (3, 1, 24, 20)


@pytest.mark.parametrize("kind", [np.asarray, torch.from_numpy], ids=["array", "tensor"])
@pytest.mark.parametrize("shape", [(3, 24, 20), (24, 20, 3), (2, 3, 24, 20), (2, 24, 20, 3)])
def test_items_either_way_around(kind, shape):
    array = noise(0, *shape)
    found = channel_stats([kind(array)])
    assert seen(found) == (2 if array.ndim == 4 else 1, 3, 24, 20)
    axes = tuple(place for place, size in enumerate(shape) if size != 3)
    assert found.mean == pytest.approx(tuple(array.mean(axis=axes) / 255), rel=1e-12)


@pytest.mark.parametrize("shape", [(8, 24, 20), (24, 20, 8), (3, 24, 3), (2, 24, 20, 8)], ids=str)
def test_items_of_unknown_axes(shape):
    with pytest.raises(UsageError, match="layout"):
        channel_stats([torch.from_numpy(noise(0, *shape))])


def test_gray_batches_however_they_are_batched():
    images = torch.from_numpy(noise(1, 66, 24, 20))
    by_sampler = DataLoader(images, batch_sampler=[range(64), range(64, 66)])
    for loader in (DataLoader(images, batch_size=64), by_sampler):
        assert seen(channel_stats(loader)) == (66, 1, 24, 20)


def test_batches_of_what_is_no_image():
    for shape in ((64, 784), (64, 3, 1024)):
        with pytest.raises(UsageError, match="layout"):
            channel_stats(DataLoader(torch.zeros(*shape), batch_size=8))


def test_images_with_no_pixels_and_none_at_all():
    with pytest.raises(DataError, match="no images"):
        channel_stats(np.zeros((0, 28, 28), np.uint8))


@pytest.mark.parametrize("data", [5, None, {"image": 1}, b"bytes", torch.zeros(9, 9).to_sparse()])
def test_what_holds_no_images_is_a_type_error(data):
    with pytest.raises(TypeError):
        channel_stats(data)


def test_tensors_without_values():
    with pytest.raises(TypeError):
        channel_stats([torch.zeros(9, 9, device="meta")])
