"""Which of several arrays, entries and channels: ``--key``, dict samples, ``channels``."""

import sys
from collections import UserDict

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from ptnotes.errors import DataError, UsageError
from ptnotes.stats import channel_stats
from tests.stats.conftest import noise
from tests.test_cli import failure

IMAGES, OTHERS = noise(0, 6, 9, 8, 3), noise(1, 7, 9, 8)


@pytest.fixture(params=["x.npz", "x.pt"])
def several(request, tmp_path):
    arrays = {"train": IMAGES, "test": OTHERS, "one": IMAGES[0], "flat": OTHERS[0], "labels": [1]}
    path = tmp_path / request.param
    if path.suffix == ".npz":
        np.savez(path, **arrays)
    else:
        torch.save({name: torch.as_tensor(value) for name, value in arrays.items()}, path)
    return path


def test_one_of_several_arrays_by_name(cli, result, several):
    line = failure(cli("stats", several))
    assert "(train, test, one); --key" in line
    found = result(several, "--key", "train")
    assert (found["images"], found["mean"]) == (6, list(channel_stats(IMAGES).mean))
    assert channel_stats(several, key="test") == channel_stats(OTHERS)
    assert channel_stats(several, key="one") == channel_stats([IMAGES[0]])
    assert channel_stats(several, key="flat", layout="HW").images == 1
    with pytest.raises(UsageError, match="layout"):
        channel_stats(several, key="flat")
    with pytest.raises(DataError, match="it holds train, test, one, flat, labels"):
        channel_stats(several, key="validation")
    with pytest.raises(DataError, match="2 to 4 axes"):
        channel_stats(several, key="labels")


def test_the_key_belongs_to_the_options_of_parts(cli, several, tmp_path):
    parts = []
    for index, key in enumerate(("train", "test"), 1):
        parts.append(tmp_path / f"{index}.json")
        done = cli("stats", several, "--key", key, "--shard", f"{index}/2", "--out", parts[-1])
        assert done.exit_code == 0, done.stderr
    assert "key is train in one and test" in failure(cli("stats", "--merge", *parts))


def test_a_key_of_what_has_none(cli, folder, tmp_path):
    np.save(tmp_path / "x.npy", IMAGES)
    for source in (folder, tmp_path / "x.npy", "mnist"):
        done = cli("stats", source, "--key", "train")
        assert done.exit_code == 2, done.stderr
        assert "--key" in done.stderr


def test_an_npy_of_one_image_is_one(tmp_path):
    np.save(tmp_path / "x.npy", IMAGES[0])
    found = channel_stats(tmp_path / "x.npy")
    assert (found.images, found.channels) == (1, 3)
    np.save(tmp_path / "x.npy", noise(0, 60, 50, 8))  # an image of eight bands, or sixty gray ones
    assert channel_stats(tmp_path / "x.npy", channels="last").channels == 8


@pytest.mark.parametrize("key", ["image", "img", "pixel_values", "view"])
@pytest.mark.parametrize("kind", [dict, UserDict])
def test_samples_that_are_dicts(key, kind):
    samples = [kind({"label": 3, key: image}) for image in IMAGES]
    chosen = {"key": "view"} if key == "view" else {}
    assert channel_stats(samples, **chosen) == channel_stats(IMAGES)
    if kind is dict:
        tensors = [{key: torch.from_numpy(image).permute(2, 0, 1)} for image in IMAGES]
        found = channel_stats(DataLoader(tensors, batch_size=4), **chosen)
        assert found == channel_stats(IMAGES)


@pytest.mark.parametrize(
    ("sample", "key"),
    [
        ({"label": 3, "view": IMAGES[0]}, None),
        ({"image": IMAGES[0], "img": IMAGES[1]}, None),
        ({"image": IMAGES[0]}, "img"),
        ((IMAGES[0], 3), "image"),
        ({}, None),
    ],
)
def test_samples_that_leave_open_which_is_the_image(sample, key):
    with pytest.raises(UsageError, match="key"):
        channel_stats([sample], key=key)


@pytest.mark.parametrize("shape", [(13, 24, 20), (5, 13, 24, 20), (3, 24, 20), (5, 3, 24, 20)])
def test_where_the_channels_are(tmp_path, shape):
    first = noise(0, *shape)
    last = np.moveaxis(first, -3, -1)
    np.save(tmp_path / "x.npy", last)
    expected = channel_stats(first, layout="CHW" if len(shape) == 3 else "NCHW")
    assert expected.channels == shape[-3]
    assert channel_stats([first], channels="first") == expected
    assert channel_stats([torch.from_numpy(last)], channels="last") == expected
    assert channel_stats(last, channels="last") == channel_stats(first, channels="first")
    assert channel_stats(tmp_path / "x.npy", channels="last") == expected


@pytest.mark.parametrize(
    ("shape", "channels"),
    [((3, 224, 224), "last"), ((224, 224, 3), "first"), ((5, 3, 24, 20), "last")],
)
def test_counts_of_channels_that_make_no_sense(shape, channels):
    with pytest.raises(UsageError, match="channels would be"):
        channel_stats([noise(0, *shape)], channels=channels)
    with pytest.raises(UsageError, match="channels would be"):
        channel_stats(noise(0, *shape), channels=channels)


def test_more_channels_than_can_be_counted():
    with pytest.raises(DataError, match="600 channels"):
        channel_stats([noise(0, 600, 9, 9)], channels="first")
    with pytest.raises(UsageError, match="exclude"):
        channel_stats(IMAGES, channels="last", layout="NHWC")


def test_channels_where_there_are_none():
    gray = torch.from_numpy(OTHERS)
    assert channel_stats(DataLoader(gray, batch_size=3), channels="first").images == 7
    assert channel_stats(list(gray), channels="last").images == 7


def test_torch_is_not_imported_for_dicts():
    import subprocess

    code = (
        "import sys, numpy; from ptnotes.stats import channel_stats\n"
        "channel_stats([{'image': numpy.zeros((9, 9, 3), 'uint8')}])\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
