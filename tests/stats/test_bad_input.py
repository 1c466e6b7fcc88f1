"""What a user can get wrong: one line that says so, and nothing half-written."""

import io
import struct
import tarfile
import zipfile
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from tests.conftest import write_idx
from tests.stats.conftest import noise
from tests.test_cli import failure


@pytest.fixture
def refused(cli):
    """``refused(…)`` → the line on stderr of a run that must fail with exit code 1."""
    return lambda *arguments, **options: failure(cli("stats", *arguments, **options))


@pytest.mark.parametrize(
    "arguments",
    [
        ["one", "two"],
        ["x", "--shard", "5/4", "--out", "p.json"],
        ["x", "--shard", "0/4", "--out", "p.json"],
        ["x", "--shard", "half", "--out", "p.json"],
        ["x", "--workers", "0"],
        ["x", "--limit", "0"],
        ["x", "--resize", "0"],
        ["x", "--center-crop", "-1"],
        ["x", "--precision", "0"],
        ["x", "--weight", "kilogram"],
        ["x", "--alpha", "green"],
        ["x", "--split", "validation"],
        ["x", "--merge", "--rgb"],
        ["x", "--merge", "--weight", "pixel"],
    ],
)
def test_wrong_usage(cli, arguments):
    done = cli("stats", *arguments)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--rgb", "--grayscale"], "--grayscale"),
        (["--shard", "1/2"], "--out"),
        (["--weight", "image", "--sample-std"], "--sample-std"),
        (["--split", "test"], "--split"),
        (["--compare", "--shard", "1/2", "--out", "p.json"], "--compare"),
        (["--histogram", "levels.jpeg"], "--histogram"),
    ],
)
def test_options_that_do_not_go_together(cli, folder, arguments, named):
    done = cli("stats", folder, *arguments)
    assert done.exit_code == 2
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("ptnotes: ")]
    assert named in line


def test_floats_have_no_histogram(cli, tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((5, 9, 9), np.float32))
    done = cli("stats", tmp_path / "x.npy", "--histogram", tmp_path / "h.png")
    assert done.exit_code == 2
    assert not (tmp_path / "h.png").exists()


def test_one_pixel_has_no_sample_std(cli, tmp_path):
    Image.new("L", (1, 1)).save(tmp_path / "x.png")
    assert cli("stats", tmp_path / "x.png").exit_code == 0
    assert cli("stats", tmp_path / "x.png", "--sample-std").exit_code == 2


def test_an_array_takes_no_glob_and_only_bytes_are_resized(cli, tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((5, 9, 9), np.float32))
    for option in (("--glob", "*.png"), ("--resize", "2")):
        assert cli("stats", tmp_path / "x.npy", *option).exit_code == 2


def test_empty_folder(refused, tmp_path):
    assert "no images in" in refused(tmp_path)


def test_no_images_match(refused, folder):
    assert "none matches *.heic" in refused(folder, "--glob", "*.heic")


@pytest.mark.parametrize("source", ["nowhere", "nowhere.tar", "nowhere.npy", "nowhere.jpg"])
def test_path_that_is_not_there(refused, tmp_path, source):
    line = refused(tmp_path / source)
    assert source in line
    assert "mnist" in line


def test_file_that_says_nothing(refused, tmp_path):
    (tmp_path / "data.bin").write_bytes(b"123")
    assert "data.bin" in refused(tmp_path / "data.bin")


def test_missing_paths_in_a_list(refused, folder, tmp_path):
    (tmp_path / "list.txt").write_text(f"{folder}/0.png\n\n{tmp_path}/gone.png\n")
    assert "gone.png (No such file or directory)" in refused(tmp_path / "list.txt")
    assert "lists no path" in refused("-", input="")


def test_name_that_is_not_utf_8(refused, folder):
    (folder / "caf\udce9.png").write_text("no image")
    assert "caf\\udce9.png" in refused(folder)


def bomb(width: int, height: int) -> bytes:
    """A PNG whose header promises more than its few bytes hold."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def test_decompression_bomb(refused, folder):
    (folder / "bomb.png").write_bytes(bomb(50_000, 50_000))
    line = refused(folder)
    assert "bomb.png (" in line
    assert "decompression bomb" in line


def test_symlink_loops(cli, refused, result, folder):
    whole = result(folder)["images"]
    try:
        (folder / "a" / "up").symlink_to(folder)
    except OSError:
        pytest.skip("needs the right to make symlinks")
    (folder / "twice").symlink_to(folder / "a")
    assert result(folder)["images"] == whole
    (folder / "itself.png").symlink_to(folder / "itself.png")
    assert "itself.png (Too many levels of symbolic links)" in refused(folder)


def test_everything_broken(refused, tmp_path):
    (tmp_path / "x.png").write_text("")
    assert "none of 1 images can be read" in refused(tmp_path, "--skip-errors")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_float_array_that_is_not_finite(refused, result, tmp_path, value):
    array = np.full((4, 2, 5, 5), 0.5, np.float32)
    array[2, 1, 0, 0] = value
    np.save(tmp_path / "x.npy", array)
    line = refused(tmp_path / "x.npy")
    assert "image 2 of" in line
    assert "NaN" in line
    assert result(tmp_path / "x.npy", "--skip-errors")["images"] == 3


@pytest.mark.parametrize(
    ("array", "named"),
    [
        (np.zeros((2,) * 5, np.uint8), "2 to 4 axes"),
        (np.zeros((2, 3, 3), np.int64), "int64"),
        (np.zeros((0, 3, 3), np.uint8), "(0, 3, 3)"),
        (np.array([{"an": "object"}], dtype=object), "can't be read"),
    ],
    ids=["dimensions", "type", "empty", "pickled"],
)
def test_array_that_holds_no_images(refused, tmp_path, array, named):
    np.save(tmp_path / "x.npy", array, allow_pickle=True)
    assert named in refused(tmp_path / "x.npy")


def test_several_arrays_in_one_file(refused, tmp_path):
    array = noise(0, 2, 3, 3)
    np.savez(tmp_path / "x.npz", train=array, test=array)
    assert "train, test" in refused(tmp_path / "x.npz")
    torch.save({"state": torch.zeros(3)}, tmp_path / "x.pt")
    assert "none" in refused(tmp_path / "x.pt")


@pytest.mark.parametrize(
    "name", ["x.npy", "x.npz", "x.pt", "x-ubyte", "x-ubyte.gz", "x.tar", "x.zip"]
)
@pytest.mark.parametrize("content", [b"", b"not what it is called"], ids=["empty", "text"])
def test_file_that_is_not_what_it_is_called(refused, tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert name in refused(tmp_path / name)


def test_truncated_files(refused, tmp_path):
    np.save(tmp_path / "x.npy", noise(0, 9, 20, 20))
    write_idx(tmp_path / "x-ubyte", noise(0, 9, 20, 20))
    torch.save(torch.zeros(9, 20, 20), tmp_path / "x.pt")
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("0.png", bytes(5000))
    with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo("0.png")
        member.size = 5000
        archive.addfile(member, io.BytesIO(np.random.default_rng(0).bytes(5000)))
    for name in ("x.npy", "x-ubyte", "x.pt", "x.zip", "x.tar.gz"):
        path = tmp_path / name
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        assert name in refused(path)


def test_damaged_member_of_a_zip(refused, result, tmp_path):
    file = io.BytesIO()
    Image.fromarray(noise(0, 9, 9)).save(file, "BMP")
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for name in ("good.bmp", "bad.bmp"):
            archive.writestr(name, file.getvalue())
    content = bytearray((tmp_path / "x.zip").read_bytes())
    content[content.rindex(b"bad.bmp", 0, 700 + len(file.getvalue())) + 100] ^= 255
    (tmp_path / "x.zip").write_bytes(content)
    assert "bad.bmp (Bad CRC-32" in refused(tmp_path / "x.zip")
    assert result(tmp_path / "x.zip", "--skip-errors")["images"] == 1


def test_results_that_can_not_be_written(refused, folder, tmp_path):
    assert "no directory" in refused(folder, "--histogram", tmp_path / "none" / "h.png")
    assert "is a directory" in refused(folder, "--shard", "1/2", "--out", tmp_path)


def test_broken_images_leave_no_part(refused, folder, tmp_path):
    for index in range(40):
        (folder / f"broken{index}.png").write_text("")
    refused(folder, "--shard", "1/2", "--out", tmp_path / "part.json")
    assert [path.name for path in tmp_path.iterdir()] == ["images"]
