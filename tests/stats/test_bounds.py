"""Small files that promise or unpack to a lot: refused in a line that states the bound."""

import io
import tracemalloc
import zipfile

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ptnotes.errors import DataError
from ptnotes.stats import channel_stats, decode
from ptnotes.stats.sources import arrays
from tests.stats.conftest import noise

MB = 1 << 20
ABSURD = [(10**9, 28, 28), (10**18, 28, 28), (2**63, 9, 9), (10**6, 10**6, 10**6, 3), (-5, 28, 28)]


def npy(shape, dtype="|u1", content=b"", fortran=False):
    file = io.BytesIO()
    header = {"descr": dtype, "fortran_order": fortran, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + content


def npz(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return path


@pytest.fixture
def small_bounds(monkeypatch):
    """A packed file may take two megabytes, an image one."""
    monkeypatch.setattr(arrays, "MAX_UNPACKED", 2 * MB)
    monkeypatch.setattr(arrays, "MAX_IMAGE", MB)


@pytest.fixture
def refused():
    """``refused(PATH)`` → the error of reading it, with few bytes held."""

    def read(path, **options):
        tracemalloc.start()
        try:
            with pytest.raises(DataError) as failed:
                channel_stats(path, **options)
            assert tracemalloc.get_traced_memory()[1] < 16 * MB
        finally:
            tracemalloc.stop()
        assert path.name in str(failed.value)
        return str(failed.value)

    return read


@pytest.mark.parametrize("shape", ABSURD, ids=str)
def test_header_that_promises_more_than_memory_holds(refused, tmp_path, shape):
    (tmp_path / "x.npy").write_bytes(npy(shape, content=bytes(100)))
    refused(tmp_path / "x.npy")
    refused(npz(tmp_path / "x.npz", images=npy(shape, content=bytes(100))))


def test_npz_that_unpacks_to_a_lot(small_bounds, refused, tmp_path):
    content = npy((64, 1024, 1024), content=bytes(64 * MB))
    line = refused(npz(tmp_path / "x.npz", images=content))
    assert "64 MB, and 2 MB are the most" in line
    assert ".npy" in line


def test_npz_that_numpy_did_not_compress(refused, tmp_path):
    with zipfile.ZipFile(tmp_path / "x.npz", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("x.npy", npy((64, 1024, 1024), content=bytes(64 * MB)))
    assert "numpy" in refused(tmp_path / "x.npz")


def test_arrays_beside_the_images_are_not_unpacked(tmp_path):
    images = npy((9, 28, 28), content=noise(0, 9, 28, 28).tobytes())
    path = npz(tmp_path / "x.npz", images=images, labels=npy((64 * MB,), content=bytes(64 * MB)))
    tracemalloc.start()
    assert channel_stats(path).images == 9
    assert tracemalloc.get_traced_memory()[1] < 16 * MB
    tracemalloc.stop()


def test_npz_as_large_as_its_images_is_read(small_bounds, tmp_path):
    array = noise(0, 9, 3, 500, 500)
    np.savez(tmp_path / "x.npz", images=array)
    assert channel_stats(tmp_path / "x.npz") == channel_stats(array)


@pytest.mark.parametrize("member", [b"", b"no array", npy((3,))[:20]], ids=["empty", "text", "cut"])
def test_npz_that_holds_none(refused, tmp_path, member):
    refused(npz(tmp_path / "x.npz", images=member))
    with zipfile.ZipFile(tmp_path / "y.npz", "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert "none" in refused(tmp_path / "y.npz")


def test_images_of_an_array_that_are_too_large(small_bounds, refused, tmp_path):
    (tmp_path / "x.npy").write_bytes(npy((9, 1024, 1025), content=bytes(9 * 1024 * 1025)))
    assert "1 MB" in refused(tmp_path / "x.npy")
    (tmp_path / "y.npy").write_bytes(npy((9, 1000, 9, 9), content=bytes(9 * 81 * 1000)))
    assert "512 channels" in refused(tmp_path / "y.npy", layout="NCHW")


def test_array_larger_than_memory_is_read_piece_by_piece(tmp_path):
    with open(tmp_path / "x.npy", "wb") as file:
        file.write(npy((64, 1024, 1024)))
        file.truncate(file.tell() + 64 * MB)
    tracemalloc.start()
    assert channel_stats(tmp_path / "x.npy").images == 64
    assert tracemalloc.get_traced_memory()[1] < 8 * MB
    tracemalloc.stop()


@pytest.mark.parametrize("version", [(1, 0), (2, 0)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_every_form_of_an_npy_file(tmp_path, version, order):
    array = np.asarray(noise(0, 50, 28, 28), order=order)
    with open(tmp_path / "x.npy", "wb") as file:
        np.lib.format.write_array(file, array, version)
    assert channel_stats(tmp_path / "x.npy") == channel_stats(array)


@settings(max_examples=60)
@given(
    place=st.integers(0, 140),
    value=st.binary(min_size=1, max_size=8),
    packed=st.booleans(),
)
def test_any_damaged_header_is_an_answer_or_an_error(tmp_path_factory, place, value, packed):
    content = bytearray(npy((9, 28, 28), content=bytes(9 * 784)))
    content[place : place + len(value)] = value
    directory = tmp_path_factory.mktemp("x")
    path = npz(directory / "x.npz", images=bytes(content)) if packed else directory / "x.npy"
    if not packed:
        path.write_bytes(content)
    try:
        channel_stats(path)
    except (DataError, ValueError) as error:  # a shape may need a layout
        assert path.name in str(error)


TENSORS = {
    "sparse": lambda: torch.zeros(50, 28, 28).to_sparse(),
    "meta": lambda: torch.zeros(50, 28, 28, device="meta"),
    "float8": lambda: torch.zeros(50, 28, 28).to(torch.float8_e4m3fn),
    "expanded": lambda: torch.zeros(1).expand(10**9, 224, 224),
    "complex": lambda: torch.zeros(50, 28, 28, dtype=torch.complex64),
}


@pytest.mark.parametrize("kind", TENSORS)
def test_tensors_that_are_no_images(refused, tmp_path, kind):
    torch.save(TENSORS[kind](), tmp_path / "x.pt")
    refused(tmp_path / "x.pt")


def test_pt_that_unpacks_to_a_lot(small_bounds, refused, tmp_path):
    torch.save(torch.zeros(9, 1000, 1000, dtype=torch.uint8), tmp_path / "y.pt")
    with (
        zipfile.ZipFile(tmp_path / "y.pt") as stored,
        zipfile.ZipFile(tmp_path / "x.pt", "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for member in stored.infolist():
            packed.writestr(member.filename, stored.read(member))
    assert "2 MB are the most" in refused(tmp_path / "x.pt")


@pytest.mark.parametrize(
    ("size", "options"),
    [((30000, 1), {"resize": 256}), ((3, 2), {"resize": 10**5}), ((3, 2), {"center_crop": 10**5})],
)
def test_image_that_would_be_resized_to_gigapixels(tmp_path, size, options):
    Image.new("RGB", size).save(tmp_path / "x.png")
    with pytest.raises(DataError, match=str(decode.MAX_RESIZED)):
        channel_stats(tmp_path / "x.png", **options)


def test_formats_and_shapes_that_take_more_memory_than_pixels(refused, tmp_path, monkeypatch):
    Image.new("RGB", (60, 40)).save(tmp_path / "x.webp")
    monkeypatch.setattr(decode, "MAX_GREEDY", 7199)
    assert "7199" in refused(tmp_path / "x.webp")
    Image.new("L", (1, 600)).save(tmp_path / "y.png")
    monkeypatch.setattr(decode, "MAX_ROWS", 599)
    assert "600 rows, and 599" in refused(tmp_path / "y.png")


@pytest.mark.parametrize("mode", ["I;16", "I", "F", "LA", "RGBA", "P"])
def test_pieces_add_up_to_the_image(tmp_path, monkeypatch, mode):
    values = noise(0, 40, 30, 4)
    image = {
        "I;16": lambda: Image.fromarray(values[..., 0].astype(np.uint16) * 257),
        "I": lambda: Image.fromarray(values[..., 0].astype(np.int32)),
        "F": lambda: Image.fromarray(values[..., 0].astype(np.float32) / 255),
        "LA": lambda: Image.fromarray(values[..., :2].copy()),
        "RGBA": lambda: Image.fromarray(values),
        "P": lambda: Image.fromarray(values[..., :3]).quantize(16),
    }[mode]()
    options = {"transparency": 3} if mode == "P" else {}
    image.save(tmp_path / "x.png" if mode not in "IF" else tmp_path / "x.tif", **options)
    (path,) = tmp_path.iterdir()
    whole = channel_stats(path, alpha="white")
    monkeypatch.setattr(decode, "PIECE", 100)
    assert channel_stats(path, alpha="white") == whole


def test_weights_of_large_images_are_those_of_small_ones(monkeypatch):
    for array in (noise(0, 6, 30, 30), noise(0, 6, 30, 30).astype(np.uint16)):
        whole = channel_stats(array, weight="image")
        monkeypatch.setattr("ptnotes.stats.blocks.MAX_AS_INT64", 1)
        monkeypatch.setattr("ptnotes.stats.accumulators.COUNTED_AT_ONCE", 100)
        assert channel_stats(array, weight="image") == whole
        monkeypatch.undo()
