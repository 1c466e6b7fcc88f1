"""The frames of a video."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from ptnotes.errors import DataError
from ptnotes.stats.decode import describe_error
from ptnotes.stats.extras import require
from ptnotes.stats.items import Item
from ptnotes.stats.sources.files import ImageSource, Wanted

SUFFIXES = (".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg")
# a playlist named like a video would have FFmpeg open other files
OPTIONS = {
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo",
    "protocol_whitelist": "none",
}


def video(path: Path, every: int) -> ImageSource:
    """The first frame and each that is ``every`` further, as 8-bit RGB, or gray if it is stored as
    8-bit gray; not rotated. Raises DataError.
    """

    def frames() -> Iterator[Any]:
        with _opened(path) as stream:
            yield from itertools.islice(stream.container.decode(stream), 0, None, every)

    def name(place: int) -> str:
        return f"frame {place * every}"

    def names() -> Iterator[str]:
        return (name(place) for place, _ in enumerate(frames()))

    def items(wanted: Wanted) -> Iterator[Item]:
        for place, frame in enumerate(frames()):
            if wanted(place, name(place)):
                stored = "gray" if frame.format.name == "gray" else "rgb24"
                yield Item(name(place), frame.to_ndarray(format=stored))

    with _opened(path) as stream:
        declared = int(stream.frames)
    expected = -(-declared // every) or None
    return ImageSource(f"{path} (it has no frames)", names, items, False, lambda: expected)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Its first video stream. What FFmpeg raises meanwhile becomes a DataError."""
    av = require(str(path), "video", "av")
    most = 2 * (Image.MAX_IMAGE_PIXELS or 1 << 30)  # Pillow's own bound
    try:
        with open(path, "rb") as file, av.open(file, options=OPTIONS) as container:
            if not container.streams.video:
                raise DataError(f"{path} has no frames")
            stream = container.streams.video[0]
            stream.codec_context.options = {"max_pixels": str(most)}  # a frame of its own size too
            yield stream
    except DataError:
        raise
    except Exception as error:  # FFmpeg's own, OSError
        raise DataError(f"{path} can't be read: {describe_error(error)}") from error
