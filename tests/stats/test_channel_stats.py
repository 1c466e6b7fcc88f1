"""``channel_stats`` over whatever yields images."""

import pickle

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, TensorDataset
from torchvision.transforms import v2

from ptnotes.errors import DataError
from ptnotes.stats import ChannelStats, channel_stats
from tests.stats.conftest import noise

IMAGES = noise(0, 10, 7, 5, 3)  # (N, H, W, C)


class Pictures(Dataset):
    """Images and labels, as torchvision's data sets give them; no __iter__, no end."""

    def __init__(self, transform=None):
        self.transform = transform

    def __len__(self):
        return len(IMAGES)

    def __getitem__(self, index):
        image = Image.fromarray(IMAGES[index % len(IMAGES)])
        return self.transform(image) if self.transform else image, index


@pytest.fixture(scope="module")
def whole():
    return channel_stats(list(IMAGES))


def test_expected(whole):
    assert isinstance(whole, ChannelStats)
    assert whole.mean == pytest.approx(tuple((IMAGES / 255).mean(axis=(0, 1, 2))), rel=1e-14)
    assert whole.std == pytest.approx(tuple((IMAGES / 255).std(axis=(0, 1, 2))), rel=1e-14)
    assert pickle.loads(pickle.dumps(whole)) == whole


@pytest.mark.parametrize(
    "data",
    [
        [IMAGES],
        [Image.fromarray(image) for image in IMAGES],
        Pictures(),
        Pictures(v2.PILToTensor()),
        torch.from_numpy(IMAGES).permute(0, 3, 1, 2),
        TensorDataset(torch.from_numpy(IMAGES).permute(0, 3, 1, 2), torch.arange(10)),
        DataLoader(Pictures(v2.PILToTensor()), batch_size=3, shuffle=True),
        DataLoader(Pictures(v2.PILToTensor()), batch_size=None),
        (image for image in IMAGES),
    ],
    ids=[
        "batch",
        "pil",
        "dataset",
        "tensors",
        "tensor",
        "pairs",
        "loader",
        "unbatched",
        "iterator",
    ],
)
def test_all_the_same_bits(whole, data):
    assert channel_stats(data) == whole


def test_path(whole, tmp_path):
    for index, image in enumerate(IMAGES):
        Image.fromarray(image).save(tmp_path / f"{index}.png")
    assert channel_stats(tmp_path) == channel_stats(str(tmp_path), workers=2) == whole
    gray = channel_stats(tmp_path, grayscale=True, resize=4, glob="[0-4].png", weight="image")
    assert (gray.images, gray.channels, gray.weight) == (5, 1, "image")


def test_floats_of_to_tensor(whole):
    to_tensor = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])
    found = channel_stats(DataLoader(Pictures(to_tensor), batch_size=4))
    assert found.values.scale == 1
    assert found.mean == pytest.approx(whole.mean, rel=1e-7)
    assert found == channel_stats(Pictures(to_tensor))


def test_gray_batches():
    images = torch.from_numpy(noise(1, 6, 5, 7))
    found = channel_stats(DataLoader(TensorDataset(images), batch_size=4))
    assert (found.images, found.channels, found.pixels) == (6, 1, 210)
    assert channel_stats(list(images)) == found


def test_transforms_of_pil_images():
    found = channel_stats(Pictures(), grayscale=True, center_crop=4)
    assert (found.channels, found.pixels) == (1, 160)


def test_normalized_already(whole):
    transform = v2.Compose(
        [v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.5] * 3, [0.25] * 3)]
    )
    with pytest.raises(DataError, match="take Normalize out"):
        channel_stats(DataLoader(Pictures(transform), batch_size=4))


def test_broken_values():
    image = np.full((5, 5, 1), np.nan, dtype=np.float32)
    with pytest.raises(DataError, match="NaN"):
        channel_stats([image])
    good = np.zeros((5, 5, 1), dtype=np.float32)
    assert channel_stats([good, image], skip_errors=True).images == 1


@pytest.mark.parametrize("data", [[], DataLoader(TensorDataset(torch.zeros(0, 3, 2, 2)))])
def test_nothing(data):
    with pytest.raises(DataError, match="no images"):
        channel_stats(data)


@pytest.mark.parametrize("shape", [(0, 3, 1), (3, 0, 1), (2, 0, 3, 3)])
def test_images_without_pixels(shape):
    with pytest.raises(DataError, match="no pixels"):
        channel_stats([np.zeros(shape, np.uint8)])


@pytest.mark.parametrize("data", [["text"], [np.zeros(3)], [np.zeros((2, 2), np.int64)], [3]])
def test_no_images(data):
    with pytest.raises(TypeError):
        channel_stats(data)


def test_mixed_kinds():
    with pytest.raises(DataError, match="several kinds"):
        channel_stats([IMAGES[0], IMAGES[0, ..., 0]])


def test_the_callers_file_stays_open(tmp_path):
    Image.fromarray(IMAGES[0]).save(tmp_path / "x.png")
    with Image.open(tmp_path / "x.png") as image:
        channel_stats([image])
        assert image.getpixel((0, 0)) == tuple(IMAGES[0, 0, 0])
