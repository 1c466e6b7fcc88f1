"""``channel_stats``: from Python, over whatever yields images."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ptnotes.errors import DataError
from ptnotes.stats import sources
from ptnotes.stats.answer import settled
from ptnotes.stats.sources.arrays import DEPTHS, numpy_of
from ptnotes.stats.channel_stats import ChannelStats
from ptnotes.stats.pipeline import Choice, finished, gather
from ptnotes.stats.decode import Alpha, Item, Reading
from ptnotes.stats.per_image import Weight
from ptnotes.stats.tally import Tally, tally_block, tally_images
from ptnotes.stats.workers import chunks


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
    skip_errors: bool = False,
    workers: int = 1,
) -> ChannelStats:
    """The exact per-channel statistics of a data set (notes, line 489).

    ``data`` is a path (or name) as the command takes it, a Dataset, a DataLoader, or an iterable of
    PIL images, tensors (H, W), (C, H, W) or (B, C, H, W), arrays (H, W), (H, W, C) or (B, H, W, C).
    Of a tuple or list, the first part is taken: the label comes second. What is uint8 or uint16 is
    counted, floats are taken on [0, 1], as ToTensor gives them.

    ``rgb`` to ``center_crop`` apply to paths and PIL images, ``glob`` and ``workers`` to paths.
    More than one worker starts processes, so the calling script needs its ``__main__`` guard.

    Raises DataError if there are no images, if they differ in kind, if one can't be read and
    ``skip_errors`` is False, or if floats leave [0, 1]: something has normalized them already.
    Raises TypeError for what isn't an image.
    """
    reading = Reading(alpha, rgb, grayscale, resize, center_crop)
    details: Weight | None = "image" if weight == "image" else None
    if isinstance(data, str | Path):
        source = sources.find(str(data), pattern=glob)
        steps = gather(source, reading, Choice(), details=details, workers=workers)
        tally, _ = finished(steps)
        return settled(tally, skip_errors=skip_errors)
    whole = sum((_tally(chunk, reading, details) for chunk in chunks(_items(data))), Tally())
    if whole.done == 0:
        raise DataError("there are no images in it")
    return settled(whole, skip_errors=skip_errors)


def _items(data: Any) -> Iterator[Item]:
    """Images, and blocks (N, C, H, W)."""
    from torch.utils.data import DataLoader

    batched = isinstance(data, DataLoader) and data.batch_size is not None
    if not isinstance(data, Iterable):  # a Dataset, which may not raise IndexError at its end
        data = map(data.__getitem__, range(len(data)))
    for number, sample in enumerate(data):
        image = sample[0] if isinstance(sample, tuple | list) else sample
        name = f"{'batch' if batched else 'image'} {number}"
        if not isinstance(image, Image.Image):
            image = _block(image, batched=batched)
            _check_values(image, name)
        yield Item(name, image)


def _tally(chunk: Sequence[Item], reading: Reading, details: Weight | None) -> Tally:
    """Images one by one, blocks of one shape together."""
    whole = Tally()
    for shape, group in itertools.groupby(chunk, key=_shape):
        items = list(group)
        if shape is None:
            whole += tally_images(items, reading, details)
        else:
            block = np.concatenate([item.content for item in items])
            names = [item.name for item in items for _ in range(len(item.content))]  # type: ignore[arg-type]
            whole += tally_block(block, names.__getitem__, details)
    return whole


def _shape(item: Item) -> tuple[Any, ...] | None:
    content = item.content
    return (*content.shape[1:], content.dtype) if isinstance(content, np.ndarray) else None


def _check_values(block: NDArray[Any], name: str) -> None:
    if block.dtype.name not in DEPTHS:
        raise TypeError(f"{name} holds {block.dtype}; images are {', '.join(DEPTHS)}")
    if block.dtype.kind == "f" and block.size and (block.min() < 0 or block.max() > 1):
        raise DataError(
            f"{name} holds values from {block.min():.4g} to {block.max():.4g}, outside [0, 1]: "
            "they are normalized already; take Normalize out of the transforms, or divide by 255"
        )


def _block(sample: Any, *, batched: bool) -> NDArray[Any]:
    """(N, C, H, W). Raises TypeError for what isn't an image or a batch of them."""
    import torch

    if isinstance(sample, torch.Tensor):
        array, channels_last = numpy_of(sample), False
    elif isinstance(sample, np.ndarray):
        array, channels_last = sample, True
    else:
        raise TypeError(f"{type(sample).__name__} is neither an image, a tensor nor an array")
    if array.ndim == 3 and batched:
        return array[:, None]
    if array.ndim == 2:
        return array[None, None]
    if array.ndim not in (3, 4):
        raise TypeError(f"an image or a batch of them has 2 to 4 dimensions, not {array.shape}")
    if array.ndim == 3:
        array = array[None]
    return array.transpose(0, 3, 1, 2) if channels_last else array
