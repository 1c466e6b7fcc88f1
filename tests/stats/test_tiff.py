"""TIFFs of many bands and of 16 bits, and 16-bit PNGs, as their reference writers make them."""

import io
import lzma
import os
import subprocess
import sys
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from ptnotes.errors import DataError
from ptnotes.stats import channel_stats
from ptnotes.stats.codecs import deep
from tests.stats.conftest import noise
from tests.test_cli import failure

imagecodecs = pytest.importorskip("imagecodecs")
tifffile = pytest.importorskip("tifffile")

MB = 1 << 20
BANDS = {"photometric": "minisblack", "planarconfig": "contig"}


def values(dtype, *shape):
    generator = np.random.default_rng(1)
    if np.dtype(dtype).kind == "f":
        return generator.random(shape).astype(dtype)
    return generator.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("bands", [2, 4, 5, 8, 13])
@pytest.mark.parametrize("compression", [None, "lzw", "deflate", "zstd", "packbits"])
def test_many_bands(tmp_path, dtype, bands, compression):
    if compression == "packbits" and dtype == "float32":
        pytest.skip("nobody packs floats so")
    array = values(dtype, 20, 30, bands)
    tifffile.imwrite(tmp_path / "x.tif", array, compression=compression, **BANDS)
    found = channel_stats(tmp_path / "x.tif")
    assert found == channel_stats(array, layout="HWC")
    assert (found.channels, list(found.sizes)) == (bands, [(20, 30)])


@pytest.mark.parametrize("options", [{"tile": (16, 16)}, {"byteorder": ">"}, {"predictor": True}])
def test_however_it_is_written(tmp_path, options):
    array = values("uint16", 20, 30, 8)
    compression = "deflate" if "predictor" in options else None
    tifffile.imwrite(tmp_path / "x.tif", array, compression=compression, **BANDS, **options)
    assert channel_stats(tmp_path / "x.tif") == channel_stats(array, layout="HWC")


def test_planes_and_rgb_with_further_bands(tmp_path):
    array = values("uint16", 8, 20, 30)
    planes = {"photometric": "minisblack", "planarconfig": "separate"}
    tifffile.imwrite(tmp_path / "x.tif", array, **planes)
    assert channel_stats(tmp_path / "x.tif") == channel_stats(array, layout="CHW")
    for bands, dtype in ((4, "uint8"), (5, "uint8"), (4, "uint16")):
        array = values(dtype, 20, 30, bands)
        extra = ["unspecified"] * (bands - 3)
        tifffile.imwrite(tmp_path / "y.tif", array, photometric="rgb", extrasamples=extra)
        assert channel_stats(tmp_path / "y.tif") == channel_stats(array, layout="HWC")


def deep_png(array):
    return imagecodecs.png_encode(array)


@pytest.mark.parametrize("ending", ["tif", "png"])
def test_16_bit_rgb_is_read_whole(tmp_path, ending):
    array = values("uint16", 20, 30, 3)
    path = tmp_path / f"x.{ending}"
    if ending == "tif":
        tifffile.imwrite(path, array, photometric="rgb")
    else:
        path.write_bytes(deep_png(array))
    found = channel_stats(path)
    assert found == channel_stats(array)
    assert found.values.scale == 65535
    with Image.open(path) as image:  # torchvision's loader has 8 bits of it
        assert channel_stats(path, rgb=True) == channel_stats([np.asarray(image.convert("RGB"))])
    with pytest.raises(DataError, match="can't be converted or resized; --rgb reads 8 bits"):
        channel_stats(path, resize=9)


def test_transparency_is_left_out(tmp_path):
    for bands in (2, 4):
        array = values("uint16", 20, 30, bands)
        expected = channel_stats(array[..., :-1], layout="HWC")
        photometric = "rgb" if bands == 4 else "minisblack"
        tifffile.imwrite(
            tmp_path / "x.tif",
            array,
            photometric=photometric,
            planarconfig="contig",
            extrasamples=["unassalpha"],
        )
        (tmp_path / "x.png").write_bytes(deep_png(array))
        for path in (tmp_path / "x.tif", tmp_path / "x.png"):
            assert channel_stats(path) == expected
            with pytest.raises(DataError, match="can only be dropped"):
                channel_stats(path, alpha="white")


def test_what_pillow_reads_right_is_left_to_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tifffile", None)
    rgba = noise(0, 9, 7, 4)
    Image.fromarray(rgba).save(tmp_path / "a.tif")
    tifffile.imwrite(tmp_path / "b.tif", rgba[..., :3], photometric="rgb", compression="lzw")
    assert channel_stats(tmp_path).images == 2
    for path in tmp_path.iterdir():
        path.unlink()
    gray = values("uint16", 9, 7)
    tifffile.imwrite(tmp_path / "a.tif", gray)
    Image.fromarray(gray).save(tmp_path / "b.png")
    assert channel_stats(tmp_path, workers=2).values.scale == 65535


def test_in_archives_and_with_workers(tmp_path):
    array = values("uint16", 20, 30, 8)
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for name in "abc":
            file = io.BytesIO()
            tifffile.imwrite(file, array, **BANDS)
            archive.writestr(f"{name}.tif", file.getvalue())
    found = channel_stats(tmp_path / "x.zip", workers=2)
    assert (found.images, found.mean) == (3, channel_stats(array, layout="HWC").mean)


@pytest.mark.parametrize("missing", ["tifffile", "imagecodecs"])
def test_without_the_package(cli, tmp_path, monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    tifffile.imwrite(tmp_path / "x.tif", values("uint16", 20, 30, 8), **BANDS)
    line = failure(cli("stats", tmp_path))
    assert missing in line
    assert "pip install 'ptnotes[tiff]'" in line


def test_a_broken_one_and_nothing_on_stderr(tmp_path):
    tifffile.imwrite(tmp_path / "x.tif", values("uint16", 20, 30, 8), compression="lzw", **BANDS)
    content = (tmp_path / "x.tif").read_bytes()
    for broken in (content[:1000], content[:300] + bytes(200) + content[500:]):
        (tmp_path / "x.tif").write_bytes(broken)
        done = subprocess.run(
            [sys.executable, "-m", "ptnotes", "stats", str(tmp_path), "--quiet"],
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stdout) == (1, "")
        (line,) = done.stderr.splitlines()
        assert "x.tif (" in line
    (tmp_path / "x.tif").unlink()
    png = deep_png(values("uint16", 20, 30, 3))
    (tmp_path / "x.png").write_bytes(png[: len(png) // 2])
    assert channel_stats([Image.new("L", (1, 1))]).images == 1
    with pytest.raises(DataError, match=r"x\.png \("):
        channel_stats(tmp_path)


@pytest.mark.parametrize("compression", [None, "deflate", "lzw", "zstd", "lzma"])
def test_more_than_the_bounds(tmp_path, monkeypatch, compression):
    tifffile.imwrite(
        tmp_path / "x.tif", np.zeros((600, 600, 8), "uint16"), compression=compression, **BANDS
    )
    monkeypatch.setattr(deep, "MAX_DEEP", MB)
    with pytest.raises(DataError, match="the most are"):
        channel_stats(tmp_path)
    monkeypatch.undo()
    monkeypatch.setattr(deep, "MAX_BANDS", 7)
    with pytest.raises(DataError, match="the most are 7 bands"):
        channel_stats(tmp_path)


def test_compressions_whose_content_decides_its_size_are_refused(tmp_path):
    rgbx = {"photometric": "rgb", "extrasamples": ["unspecified"], "planarconfig": "separate"}
    tifffile.imwrite(tmp_path / "x.tif", noise(0, 4, 64, 64), compression="jpeg", **rgbx)
    with pytest.raises(DataError, match="JPEG"):
        channel_stats(tmp_path)


def test_integers_of_more_than_16_bits(tmp_path):
    small = values("uint16", 20, 30, 8)
    tifffile.imwrite(tmp_path / "x.tif", small.astype("int32"), **BANDS)
    assert channel_stats(tmp_path) == channel_stats(small, layout="HWC")
    tifffile.imwrite(tmp_path / "x.tif", small.astype("int32") - 40000, **BANDS)
    with pytest.raises(DataError, match="more than 16 bits"):
        channel_stats(tmp_path)


PACK = {"deflate": zlib.compress, "lzma": lzma.compress, "zstd": imagecodecs.zstd_encode}


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="says what was held")
@pytest.mark.parametrize(
    "compression",
    ["zstd", *(pytest.param(each, marks=pytest.mark.slow) for each in ("deflate", "lzma"))],
)
def test_a_strip_that_unpacks_to_more_than_it_should(tmp_path, compression):
    packed = PACK[compression](bytes(256 * MB))
    code = f"""
from ptnotes.errors import DataError
from ptnotes.stats import channel_stats
try:
    channel_stats({str(tmp_path)!r})
except DataError as error:
    print(error)
print(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])
"""
    with tifffile.TiffWriter(tmp_path / "x.tif") as writer:
        writer.write(
            iter([packed]),
            shape=(20, 30, 8),
            dtype="uint16",
            compression=compression,
            photometric="minisblack",
            planarconfig="contig",
        )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout.splitlines()[-1]) < 200_000  # KB
