"""Videos, as PyAV writes them."""

import sys

import numpy as np
import pytest

from ptnotes.errors import DataError, UsageError
from ptnotes.stats import channel_stats
from tests.stats.conftest import noise
from tests.test_cli import failure

av = pytest.importorskip("av")

FRAMES = noise(0, 25, 48, 64, 3)


def write(path, frames=FRAMES, codec="ffv1", pixels="bgr0"):
    """Without loss by default: the frames come out again as they are."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pixels
        for each in frames:
            stored = "gray" if each.ndim == 2 else "rgb24"
            container.mux(stream.encode(av.VideoFrame.from_ndarray(each, format=stored)))
        container.mux(stream.encode())
    return path


def test_frames_are_images(result, tmp_path):
    path = write(tmp_path / "x.mkv")
    assert channel_stats(path) == channel_stats(FRAMES)
    assert channel_stats(path, every=4) == channel_stats(FRAMES[::4])
    assert channel_stats(path, workers=2, resize=20).images == 25
    found = result(path, "--every", "10")
    assert (found["images"], found["mean"]) == (3, list(channel_stats(FRAMES[::10]).mean))
    assert result(path, "--limit", "5")["images_in_all"] == 25


def test_gray(tmp_path):
    path = write(tmp_path / "x.mkv", FRAMES[..., 0], pixels="gray")
    assert channel_stats(path) == channel_stats(FRAMES[..., 0])


@pytest.mark.parametrize("ending", ["mp4", "mov", "avi", "mpg"])
def test_what_others_write(tmp_path, ending):
    path = write(tmp_path / f"x.{ending}", codec="mpeg2video", pixels="yuv420p")
    with av.open(str(path)) as container:
        expected = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(expected) == 25
    assert channel_stats(path) == channel_stats(expected)


def test_parts(cli, result, tmp_path):
    path = write(tmp_path / "x.mkv")
    parts = [tmp_path / f"{index}.json" for index in (1, 2)]
    for index, part in enumerate(parts, 1):
        assert cli("stats", path, "--shard", f"{index}/2", "--out", part).exit_code == 0
    assert result("--merge", *parts)["mean"] == list(channel_stats(FRAMES).mean)


@pytest.mark.parametrize("damage", ["nothing", "text", "cut", "playlist"])
def test_a_broken_one(cli, capfd, tmp_path, damage):
    path = write(tmp_path / "x.mp4", codec="mpeg4", pixels="yuv420p")
    content = path.read_bytes()
    playlist = f"#EXTM3U\n#EXTINF:1,\n{write(tmp_path / 'y.mkv')}\n".encode()
    path.write_bytes(
        {"nothing": b"", "text": b"hello", "cut": content[:2000], "playlist": playlist}[damage]
    )
    assert "x.mp4 can't be read" in failure(cli("stats", path))
    assert capfd.readouterr().err == ""


def test_sound_alone(cli, tmp_path):
    with av.open(str(tmp_path / "x.mkv"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), "s16", "mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
    assert "x.mkv has no frames" in failure(cli("stats", tmp_path / "x.mkv"))


def test_frames_larger_than_images_may_be(tmp_path, monkeypatch):
    path = write(tmp_path / "x.mkv")
    monkeypatch.setattr("PIL.Image.MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(DataError, match=r"x\.mkv"):
        channel_stats(path)


def test_without_the_package(cli, tmp_path, monkeypatch):
    path = write(tmp_path / "x.mkv")
    monkeypatch.setitem(sys.modules, "av", None)
    assert "x.mkv is read with av: pip install 'ptnotes[video]'" in failure(cli("stats", path))


def test_options_that_are_not_for_it(folder, tmp_path):
    path = write(tmp_path / "x.mkv")
    for source, options in (
        (folder, {"every": 2}),
        (path, {"glob": "*"}),
        (path, {"key": "x"}),
        (path, {"layout": "NHW"}),
    ):
        with pytest.raises(UsageError):
            channel_stats(source, **options)
