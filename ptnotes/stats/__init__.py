"""Per-channel mean and standard deviation of image data sets, exact and fast (notes, line 489).

Importing this imports neither torch nor torchvision nor pandas.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from ptnotes.errors import DataError, UsageError
from ptnotes.stats import sources
from ptnotes.stats.answer import single_kind
from ptnotes.stats.counting import accumulate_mixed
from ptnotes.stats.decode import Alpha, DecodeOptions, Pages
from ptnotes.stats.layout import Axes, Channels, Layout
from ptnotes.stats.partial import PartialStats
from ptnotes.stats.per_image import Weight
from ptnotes.stats.pipeline import chunks, drain, gather
from ptnotes.stats.pixel_selection import PixelOptions
from ptnotes.stats.sharding import Selection
from ptnotes.stats.sources.python import python_items
from ptnotes.stats.statistics import ChannelStats

__all__ = ["ChannelStats", "channel_stats"]


def channel_stats(
    data: Any,
    *,
    weight: Weight = "pixel",
    alpha: Alpha = "drop",
    rgb: bool = False,
    grayscale: bool = False,
    resize: int | None = None,
    center_crop: int | None = None,
    glob: str | None = None,
    layout: Layout | None = None,
    channels: Channels | None = None,
    key: str | None = None,
    skip_errors: bool = False,
    pages: Pages = "first",
    every: int | None = None,
    ignore: float | Sequence[float] | None = None,
    mask: str | Path | None = None,
    mask_values: bool = False,
    foreground: bool = False,
    by: Literal["folder"] | None = None,
    covariance: bool = False,
    workers: int = 1,
) -> ChannelStats:
    """The exact per-channel statistics of a data set (notes, line 489).

    ``data`` is a path (or name) as the command takes it, a Dataset, a DataLoader, an array or
    tensor of images, or an iterable of PIL images, and of arrays and tensors (H, W), (C, H, W),
    (H, W, C), (B, C, H, W) or (B, H, W, C). ``layout`` ("HW" to "NHWC") says which of these it is
    where the shape leaves it open: one to four channels are recognized, beside longer sides.
    ``channels`` ("first", "last") says only where they are, and allows any number of them.
    Of a tuple or list, the first element is taken; the second is the label. Of a dict, "image",
    "img" or "pixel_values", or ``key``, which also names one of several arrays in a file.
    uint8 and uint16 are counted on [0, 1], floats are taken as they are, on [0, 1], as ToTensor
    gives them.

    ``rgb`` to ``center_crop`` apply to paths and PIL images, ``glob``, ``pages``
    ("all" counts every page or frame of a file as an image), ``every`` (of a video, one of so
    many frames) and ``workers`` to paths.
    Pixels are left out that have the value ``ignore`` (NaN, too) in every channel, or in each the
    one of its sequence; where the ``mask`` of an image in a file is 0: a folder of masks, or what
    their names end in; with ``foreground``, up to Otsu's threshold of an image. ``by="folder"`` and
    ``mask_values`` fill the result's ``groups``, ``covariance`` its ``covariance`` and
    ``components``.

    More than one worker starts processes, so the calling script needs its ``__main__`` guard.

    Raises DataError if there are no images, if they differ in kind, if one can't be read and
    ``skip_errors`` is False, or if floats leave [0, 1]: something has normalized them already.
    Raises UsageError, a ValueError, where ``layout`` is needed, TypeError for what isn't an image.
    """
    if layout is not None and channels is not None:
        raise UsageError("layout= and channels= exclude each other")
    axes: Axes | None = layout or channels
    values = ignore if isinstance(ignore, Sequence) else [] if ignore is None else [ignore]
    chosen = PixelOptions(
        ",".join(map(str, values)) or None,
        None if mask is None else str(mask),
        mask_values,
        foreground,
        by,
        covariance,
    )
    options = DecodeOptions(alpha, rgb, grayscale, resize, center_crop, pages, chosen)
    options.check(weight)
    details: Weight | None = "image" if weight == "image" else None
    if isinstance(data, str | Path):
        source = sources.find(
            str(data), pattern=glob, layout=axes, key=key, every=every, mask=chosen.mask
        )
        partial, _ = drain(gather(source, options, Selection(), details=details, workers=workers))
        return single_kind(partial, skip_errors=skip_errors)
    if option := chosen.of_files:
        raise UsageError(f"{option} goes with images in files")
    chunked = chunks(python_items(data, axes, key, chosen))
    partial = sum((accumulate_mixed(chunk, options, details) for chunk in chunked), PartialStats())
    if partial.images_seen == 0:
        raise DataError("there are no images in it")
    return single_kind(partial, skip_errors=skip_errors)
