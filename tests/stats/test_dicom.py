"""DICOM files, as pydicom writes them."""

import io
import sys

import numpy as np
import pytest

from ptnotes.errors import DataError
from ptnotes.stats import channel_stats
from ptnotes.stats.codecs import deep
from tests.stats.conftest import noise
from tests.test_cli import failure

pydicom = pytest.importorskip("pydicom", minversion="3")

RANDOM = np.random.default_rng(0)
CT = RANDOM.integers(-1000, 1000, (20, 30), np.int16)
XRAY = RANDOM.integers(0, 4096, (20, 30), np.uint16)


def write(path, pixels, *, stored=None, deflated=False, compressed=False, **elements):
    """Frames come first, colours last."""
    from pydicom.uid import CTImageStorage, DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

    meta = pydicom.dataset.FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
    syntax = DeflatedExplicitVRLittleEndian if deflated else ExplicitVRLittleEndian
    meta.TransferSyntaxUID = syntax
    found = pydicom.dataset.FileDataset(None, {}, file_meta=meta, preamble=bytes(128))
    colour = pixels.shape[-1] == 3
    found.Rows, found.Columns = pixels.shape[-3:-1] if colour else pixels.shape[-2:]
    found.SamplesPerPixel = 3 if colour else 1
    if colour:
        found.PlanarConfiguration = 0
    found.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    found.BitsAllocated = 8 * pixels.itemsize
    found.BitsStored = stored or found.BitsAllocated
    found.HighBit = found.BitsStored - 1
    found.PixelRepresentation = int(pixels.dtype.kind == "i")
    frames = pixels.ndim - 2 - colour
    if frames:
        found.NumberOfFrames = len(pixels)
    found.PixelData = pixels.tobytes()
    for name, value in elements.items():
        setattr(found, name, value)
    if compressed:
        found.compress(pydicom.uid.RLELossless)
    found.save_as(path, enforce_file_format=True)
    return path


@pytest.mark.parametrize("compressed", [False, True])
def test_ct_in_hounsfield_units(result, tmp_path, compressed):
    path = write(
        tmp_path / "x.dcm", CT, RescaleSlope="2", RescaleIntercept="-24", compressed=compressed
    )
    found = result(path)
    values = CT * 2.0 - 24
    assert (found["depth"], found["channels"]) == ("float", 1)
    assert found["mean"] == pytest.approx([values.mean()], rel=1e-14)
    assert found["std"] == pytest.approx([values.std()], rel=1e-14)


def test_an_intercept_of_0_is_a_unit_too(tmp_path):
    write(tmp_path / "a.dcm", CT, RescaleSlope="1", RescaleIntercept="0")
    write(tmp_path / "b.dcm", CT, RescaleSlope="1", RescaleIntercept="-1024")
    found = channel_stats(tmp_path)
    assert found.mean == pytest.approx((CT.mean() - 512,))


def test_stored_levels(tmp_path):
    assert channel_stats(write(tmp_path / "x.dcm", XRAY, stored=12)) == channel_stats([XRAY])
    found = channel_stats(write(tmp_path / "x.dcm", CT))
    assert (found.mean, found.values.scale) == (pytest.approx((CT.mean(),)), 1)
    inverted = write(tmp_path / "x.dcm", XRAY, stored=12, PhotometricInterpretation="MONOCHROME1")
    assert channel_stats(inverted) == channel_stats([4095 - XRAY])


def test_colours_and_frames(tmp_path):
    images = noise(0, 4, 20, 30, 3)
    assert channel_stats(write(tmp_path / "x.dcm", images[0])) == channel_stats([images[0]])
    path = write(tmp_path / "x.dcm", images)
    with pytest.warns(match="several pages"):
        assert channel_stats(path) == channel_stats([images[0]])
    assert channel_stats(path, pages="all") == channel_stats(images)


def test_without_an_ending_and_in_an_archive(tmp_path):
    import zipfile

    file = io.BytesIO()
    write(file, XRAY)
    (tmp_path / "IM0001").write_bytes(file.getvalue())
    assert channel_stats(tmp_path, glob="IM*", workers=2) == channel_stats([XRAY])
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("x.dcm", file.getvalue())
    assert channel_stats(tmp_path / "x.zip") == channel_stats([XRAY])


@pytest.mark.parametrize("damage", ["cut", "cut short", "text", "flipped"])
def test_a_broken_one(cli, capfd, tmp_path, damage):
    path = write(tmp_path / "x.dcm", CT)
    content = path.read_bytes()
    flipped = content[:132] + bytes(x ^ 255 for x in content[132:400]) + content[400:]
    path.write_bytes(
        {"cut": content[:900], "cut short": content[:300], "text": b"hello", "flipped": flipped}[
            damage
        ]
    )
    assert "x.dcm (" in failure(cli("stats", path))
    assert capfd.readouterr().err == ""


def test_what_is_not_read(tmp_path):
    path = write(tmp_path / "x.dcm", CT, deflated=True)
    with pytest.raises(DataError, match="deflated"):
        channel_stats(path)
    path = write(tmp_path / "x.dcm", XRAY, PhotometricInterpretation="PALETTE COLOR")
    with pytest.raises(DataError, match="PALETTE COLOR"):
        channel_stats(path)


def test_more_than_the_bounds(tmp_path, monkeypatch):
    path = write(tmp_path / "x.dcm", XRAY, Rows=60000, Columns=60000)
    with pytest.raises(DataError, match="the most are"):
        channel_stats(path)
    monkeypatch.setattr(deep, "MAX_DEEP", 100)
    with pytest.raises(DataError, match="the most are"):
        channel_stats(write(tmp_path / "x.dcm", XRAY))


def test_without_the_package(cli, tmp_path, monkeypatch):
    path = write(tmp_path / "x.dcm", XRAY)
    monkeypatch.setitem(sys.modules, "pydicom", None)
    line = failure(cli("stats", path))
    assert "DICOM is read with pydicom: pip install 'ptnotes[dicom]'" in line
