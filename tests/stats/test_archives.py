"""Tars and zips that are damaged, hostile, or hold what isn't an image."""

import bz2
import gzip
import io
import stat
import struct
import tarfile
import tracemalloc
import warnings
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ptnotes.errors import DataError
from ptnotes.stats import channel_stats, items
from tests.stats.conftest import noise
from tests.test_cli import failure

MB = 1 << 20


def png(seed=0):
    content = io.BytesIO()
    Image.fromarray(noise(seed, 8, 8, 3)).save(content, "PNG")
    return content.getvalue()


def member(name, size=0, kind=tarfile.REGTYPE, link=""):
    found = tarfile.TarInfo(name)
    found.size, found.type, found.linkname = size, kind, link
    return found


def tar(path, *members, mode="w"):
    """Members are (TarInfo, bytes), or a name for a small PNG."""
    with tarfile.open(path, mode) as archive:
        for each in members:
            info, content = (member(each, len(png())), png()) if isinstance(each, str) else each
            archive.addfile(info, io.BytesIO(content))
    return path


def zipped(path, contents, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that come twice
        for name, content in contents:
            archive.writestr(name, content)
    return path


@pytest.fixture
def peak():
    """``peak(PATH)`` → the most bytes that Python held, and the error of reading it."""

    def measure(path):
        tracemalloc.start()
        try:
            with pytest.raises(DataError) as failed:
                channel_stats(path)
            return tracemalloc.get_traced_memory()[1], str(failed.value)
        finally:
            tracemalloc.stop()

    return measure


def test_links_and_devices_in_a_tar_are_named(cli, result, tmp_path):
    path = tar(
        tmp_path / "x.tar",
        "a.png",
        (member("soft.png", kind=tarfile.SYMTYPE, link="/etc/passwd"), b""),
        (member("hard.png", kind=tarfile.LNKTYPE, link="a.png"), b""),
        (member("device.png", kind=tarfile.CHRTYPE), b""),
        (member("notes.md", kind=tarfile.SYMTYPE, link="a.png"), b""),
    )
    line = failure(cli("stats", path))
    assert "3 of 4 images" in line
    assert all(name in line for name in ("soft.png", "hard.png", "device.png"))
    assert result(path, "--skip-errors")["images"] == 1


def test_links_in_a_zip_are_named(cli, tmp_path):
    link = zipfile.ZipInfo("link.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = zipped(tmp_path / "x.zip", [("a.png", png()), (link, b"/etc/passwd")])
    assert "link.png (a link" in failure(cli("stats", path))


def test_names_lead_nowhere(result, tmp_path):
    names = ["../../a.png", "/b.png", "a\nb.png", "\x1b[31m.png", "C:\\c.png", "a.png", "a.png"]
    assert result(tar(tmp_path / "x.tar", *names))["images"] == len(names)
    pairs = [(name, png()) for name in names]
    assert result(zipped(tmp_path / "x.zip", pairs))["images"] == len(names)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.tar", "x.zip"]


@pytest.mark.parametrize("ending", ["tar", "tar.gz", "tar.bz2", "tar.xz"])
def test_tar_that_is_damaged_between_its_members(cli, tmp_path, ending):
    compress = {"tar": bytes, "tar.gz": gzip.compress, "tar.bz2": bz2.compress}
    import lzma

    compress["tar.xz"] = lzma.compress
    whole = tar(tmp_path / "whole.tar", *(f"{index}.png" for index in range(10))).read_bytes()
    step = 512 + -(-len(png()) // 512) * 512
    flipped = bytearray(whole)
    flipped[5 * step + 10] ^= 255
    path = tmp_path / f"x.{ending}"
    for content in (bytes(flipped), whole[: 5 * step + 100], whole + whole):
        path.write_bytes(compress[ending](content))
        assert path.name in failure(cli("stats", path))
    path.write_bytes(compress[ending](whole[: 10 * step]))  # no end is an end
    assert channel_stats(path).images == 10


def test_compression_is_known_by_content(tmp_path):
    with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as archive:
        archive.addfile(member("a.png", len(png())), io.BytesIO(png()))
    (tmp_path / "x.tar.gz").rename(tmp_path / "x.tar")
    assert channel_stats(tmp_path / "x.tar").images == 1


def with_size(info, size):
    """The header block of a member whose size is given in base 256, as any number can be."""
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    block[124:136] = (size % 2**96).to_bytes(12, "big")
    block[124] |= 0x80 if size >= 0 else 0xFF
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


@pytest.mark.parametrize("size", [-512, -1024, -(2**40), 2**40, 2**70, 2**90])
@pytest.mark.parametrize("name", ["b.png", "b.txt"])
def test_sizes_that_can_not_be(cli, tmp_path, name, size):
    start = tar(tmp_path / "x.tar", "a.png").read_bytes()[: 512 + -(-len(png()) // 512) * 512]
    (tmp_path / "x.tar").write_bytes(start + with_size(member(name), size) + bytes(1024))
    done = cli("stats", tmp_path / "x.tar")
    assert done.exit_code == 1
    assert "x.tar" in done.stderr


@pytest.mark.parametrize("kind", [b"L", b"x", b"S"], ids=["long name", "pax", "sparse"])
def test_headers_that_promise_or_hold_too_much(tmp_path, peak, kind):
    filler = b"a" * 512 if kind != b"S" else b"1" * 504 + b"\1" + bytes(7)
    for size in (64 * MB, 2**50):
        header = bytearray(with_size(member("x", kind=kind), size))
        if kind == b"S":
            header[482] = 1  # its list of holes goes on
            header[148:156] = b" " * 8
            header[148:156] = b"%06o\0 " % sum(header)
        with gzip.open(tmp_path / "x.tar.gz", "wb", 1) as file:
            file.write(bytes(header))
            for _ in range(64 * MB // len(filler)):
                file.write(filler)
        most, line = peak(tmp_path / "x.tar.gz")
        assert most < 16 * MB
        assert "x.tar.gz" in line


def test_chain_of_headers(cli, tmp_path):
    link = member("././@LongLink", 512, b"L").tobuf(tarfile.GNU_FORMAT) + b"x".ljust(512, b"\0")
    (tmp_path / "x.tar").write_bytes(link * 2000 + bytes(1024))
    assert "x.tar" in failure(cli("stats", tmp_path / "x.tar"))


@pytest.fixture
def small_bound(monkeypatch):
    """Images in archives may have a megabyte."""
    monkeypatch.setattr(items, "MAX_ENCODED", MB)


def test_large_members_are_not_unpacked(small_bound, tmp_path, peak):
    content = bytes(64 * MB)
    tar(tmp_path / "x.tar", (member("a.png", len(content)), content))
    tar(tmp_path / "x.tar.gz", (member("a.png", len(content)), content), mode="w:gz")
    zipped(tmp_path / "x.zip", [("a.png", content)])
    for name in ("x.tar", "x.tar.gz", "x.zip"):
        most, line = peak(tmp_path / name)
        assert most < 16 * MB
        assert "a.png (64 MB in an archive, and 1 MB are the most)" in line


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_zip_that_lies_about_a_size(tmp_path, peak, method):
    path = zipped(tmp_path / "x.zip", [("a.png", bytes(160 * MB))], method)
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, content.rindex(b"PK\1\2") + 24, 1000)
    path.write_bytes(content)
    most, line = peak(path)
    assert most < 128 * MB
    assert "a.png (" in line


@pytest.mark.parametrize("offset", [8, 10], ids=["encrypted", "method"])
def test_zip_member_that_can_not_be_read(cli, result, tmp_path, offset):
    path = zipped(tmp_path / "x.zip", [("b.png", png()), ("a.png", png())], zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    content[content.rindex(b"PK\1\2") + offset] |= 1 if offset == 8 else 99
    path.write_bytes(content)
    assert "a.png (" in failure(cli("stats", path))
    assert result(path, "--skip-errors")["images"] == 1


def test_zip_names_that_are_not_the_utf_8_they_claim_to_be(cli, tmp_path):
    content = bytearray(
        zipped(tmp_path / "x.zip", [("aaaa.png", png())])
        .read_bytes()
        .replace(b"aaaa.png", b"a\xe9\xe8a.png")
    )
    content[content.rindex(b"PK\1\2") + 9] |= 8
    (tmp_path / "x.zip").write_bytes(content)
    assert "x.zip" in failure(cli("stats", tmp_path / "x.zip"))


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """A small tar, tar.gz and zip, as bytes."""
    directory = tmp_path_factory.mktemp("archives")
    names = [f"{index}.png" for index in range(3)]
    paths = [tar(directory / "x.tar", *names), tar(directory / "x.tar.gz", *names, mode="w:gz")]
    paths.append(zipped(directory / "x.zip", [(name, png()) for name in names]))
    return {path.name: path.read_bytes() for path in paths}


@settings(max_examples=60)
@given(
    name=st.sampled_from(["x.tar", "x.tar.gz", "x.zip"]),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=6),
    cut=st.floats(0, 1) | st.just(1.0),
)
def test_any_damage_is_an_answer_or_an_error(archives, tmp_path_factory, name, changes, cut):
    content = bytearray(archives[name])
    for place, value in changes:
        content[int(place * (len(content) - 1))] = value
    path = tmp_path_factory.mktemp("x") / name
    path.write_bytes(content[: int(cut * len(content))])
    try:
        assert channel_stats(path).images <= 3
    except DataError as error:
        assert name in str(error) or ".png" in str(error)


def test_a_member_of_a_sparse_tar(cli, tmp_path):
    header = bytearray(with_size(member("a.pgm", kind=b"S"), 512))
    header[386:410] = b"00000000000\0" + b"00000001000\0"
    header[483:495] = b"00000010000\0"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    (tmp_path / "x.tar").write_bytes(
        bytes(header) + np.zeros(512, np.uint8).tobytes() + bytes(1024)
    )
    assert "a.pgm (a link, a device or a sparse file" in failure(cli("stats", tmp_path / "x.tar"))
