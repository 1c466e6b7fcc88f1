"""What is pasted into a framework gives mean 0 and deviation 1 there: each snippet is executed."""

import csv
import json
import os
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from ptnotes.errors import UsageError
from ptnotes.stats import channel_stats
from ptnotes.stats.snippets import FORMS, snippet

os.environ.setdefault("KERAS_BACKEND", "torch")


@pytest.fixture(scope="module")
def colours():
    """Images (40, 8, 8, 3) of one colour each, which no resizing changes; unlike channels."""
    rng = np.random.default_rng(1)
    low, high = (3, 100, 180), (40, 160, 250)
    each = rng.integers(low, high, (40, 3), dtype=np.uint8)
    return np.broadcast_to(each[:, None, None], (40, 8, 8, 3)).copy()


@pytest.fixture(scope="module")
def stats(colours):
    return channel_stats(colours)


def text_of(stats, form, **options):
    return snippet(stats, stats.std, form, precision=8, **options)


def check(normalized, axis=-1):
    """Mean 0 and deviation 1 of every channel."""
    channels = np.moveaxis(np.asarray(normalized, dtype=np.float64), axis, 0).reshape(3, -1)
    assert np.abs(channels.mean(axis=1)).max() < 1e-4
    assert np.abs(channels.std(axis=1) - 1).max() < 1e-4


def test_torchvision(stats, colours):
    from torchvision.transforms import v2 as transforms

    normalize = eval(text_of(stats, "torchvision"), {"transforms": transforms})
    to_image = transforms.Compose(
        [transforms.ToImage(), transforms.ToDtype(torch.float32, scale=True), normalize]
    )
    check(torch.stack([to_image(each) for each in colours]), axis=1)


def test_timm(stats, colours):
    timm = pytest.importorskip("timm")
    transform = eval(text_of(stats, "timm"), {"timm": timm})
    check(torch.stack([transform(Image.fromarray(each)) for each in colours]), axis=1)


@pytest.mark.parametrize("scale", [None, 255])
def test_albumentations(stats, colours, scale):
    A = pytest.importorskip("albumentations")
    normalize = eval(text_of(stats, "albumentations", scale=scale), {"A": A})
    check([normalize(image=each)["image"] for each in colours])


def test_keras(stats, colours):
    keras = pytest.importorskip("keras")
    layer = eval(text_of(stats, "keras"), {"keras": keras})
    check(layer(colours.astype(np.float32)).numpy())  # on the backend torch


@pytest.mark.parametrize("order", ["rgb", "bgr"])
def test_mmengine(stats, colours, order):
    """Which gets images as OpenCV reads them: BGR."""
    model = pytest.importorskip("mmengine.model")
    found = {}
    exec(text_of(stats, "mmengine", order=order), found)
    options = found["data_preprocessor"]
    preprocessor = getattr(model, options.pop("type"))(**options)
    bgr = [torch.from_numpy(each[..., ::-1].copy()).permute(2, 0, 1) for each in colours]
    check(preprocessor({"inputs": bgr})["inputs"], axis=1)


@pytest.mark.parametrize("order", ["rgb", "bgr", None])
def test_detectron2(stats, colours, order):
    """Its model computes (image - PIXEL_MEAN) / PIXEL_STD of an image in INPUT.FORMAT."""
    cfg = SimpleNamespace(MODEL=SimpleNamespace(), INPUT=SimpleNamespace())
    exec(text_of(stats, "detectron2", order=order), {"cfg": cfg})
    assert cfg.INPUT.FORMAT == (order or "bgr").upper()
    images = colours[..., ::-1] if cfg.INPUT.FORMAT == "BGR" else colours
    check((images - np.array(cfg.MODEL.PIXEL_MEAN)) / np.array(cfg.MODEL.PIXEL_STD))


def test_data(stats):
    found = json.loads(text_of(stats, "json", order="bgr", scale=255))
    assert found["order"] == "bgr"
    assert found["scale"] == 255
    assert found["mean"] == [255 * each for each in reversed(stats.mean)]
    header, *rows = csv.reader(text_of(stats, "csv").splitlines())
    assert header == ["channel", "mean", "std"]
    assert [float(row[1]) for row in rows] == list(stats.mean)
    assert [row[0] for row in rows] == ["red", "green", "blue"]
    lines = dict(line.split(": ") for line in text_of(stats, "yaml").splitlines())
    assert json.loads(lines["std"]) == pytest.approx(stats.std, abs=1e-8)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_gray_of_every_depth(form, dtype):
    """A snippet of one channel speaks of one, in the images' own scale or on [0, 1]."""
    images = np.random.default_rng(0).random((4, 9, 9))
    largest = np.iinfo(dtype).max if dtype != np.float32 else 1
    stats = channel_stats((images * largest).astype(dtype), layout="NHW")
    text = snippet(stats, stats.std, form, precision=6)
    assert "BGR" not in text
    with pytest.raises(UsageError, match="three channels"):
        snippet(stats, stats.std, form, order="bgr")
    if form == "detectron2":
        cfg = SimpleNamespace(MODEL=SimpleNamespace())
        exec(text, {"cfg": cfg})
        assert cfg.MODEL.PIXEL_MEAN == pytest.approx([stats.mean[0] * largest], rel=1e-3)
