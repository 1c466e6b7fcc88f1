"""Images from Python: what ``ptnotes.stats.channel_stats`` iterates over."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ptnotes.errors import DataError, UsageError
from ptnotes.stats import pixel_selection
from ptnotes.stats.items import Item
from ptnotes.stats.layout import AS_ITEMS, IN_BATCHES, IN_FILES, Axes, Layout, recognize, to_nchw
from ptnotes.stats.pixel_selection import EVERY_PIXEL, PixelOptions
from ptnotes.stats.sources.arrays import DTYPES, MAX_COUNTED_CHANNELS, to_numpy

IMAGE_KEYS = ("image", "img", "pixel_values")  # of samples that are dicts


def python_items(
    data: Any,
    layout: Axes | None = None,
    key: str | None = None,
    pixels: PixelOptions = EVERY_PIXEL,
) -> Iterator[Item]:
    """PIL images, and blocks (N, C, H, W), of what ``ptnotes.stats.channel_stats`` takes.

    Raises TypeError for what isn't an image, UsageError if its shape leaves open what its axes are
    or a sample's keys which one is the image, DataError for no pixels or floats outside [0, 1].
    """
    whole = _array(data)
    if whole is not None and whole.dtype != object:
        block = _block(whole, "the array", IN_FILES, layout, pixels)
        for number in range(len(block)):
            yield Item(f"image {number}", block[number : number + 1])
        return
    loader = _is_instance(data, "torch.utils.data", "DataLoader")
    batched = loader and data.batch_sampler is not None
    layouts = IN_BATCHES if batched else AS_ITEMS
    if not isinstance(data, Iterable):  # a Dataset, which may not raise IndexError at its end
        count = len(data)
        data = map(data.__getitem__, range(count))
    for number, sample in enumerate(data):
        image = _image_of(sample, key)
        name = f"{'batch' if batched else 'image'} {number}"
        if not isinstance(image, Image.Image):
            array = _array(image)
            if array is None:
                raise TypeError(
                    f"{type(image).__name__} is neither an image, a tensor nor an array"
                )
            image = _block(array, name, layouts, layout, pixels)
        yield Item(name, image)


def _image_of(sample: Any, key: str | None) -> Any:
    """The image of a sample: the first of a tuple or list, or by its key."""
    if not isinstance(sample, Mapping):
        if key is not None:
            raise UsageError(
                f"key names an entry of a dict, and a sample is {type(sample).__name__}"
            )
        return sample[0] if isinstance(sample, tuple | list) and sample else sample
    found = [name for name in (IMAGE_KEYS if key is None else (key,)) if name in sample]
    if len(found) != 1:
        names = ", ".join(map(str, list(sample)[:20]))
        raise UsageError(f"a sample is a dict of {names}: key= says which one is the image")
    return sample[found[0]]


def _is_instance(value: Any, module: str, name: str) -> bool:
    """isinstance without importing a module: who has an instance has imported it already."""
    imported = sys.modules.get(module)
    return imported is not None and isinstance(value, getattr(imported, name))


def _array(value: Any) -> NDArray[Any] | None:
    """The array of a tensor or array, None for other values."""
    if _is_instance(value, "torch", "Tensor"):
        return to_numpy(value)
    return value if isinstance(value, np.ndarray) else None


def _block(
    array: NDArray[Any],
    name: str,
    layouts: tuple[Layout, ...],
    layout: Axes | None,
    pixels: PixelOptions,
) -> NDArray[Any]:
    """(N, C, H, W)."""
    if not 2 <= array.ndim <= 4:
        raise TypeError(f"an image or a batch of them has 2 to 4 axes, not {array.shape}")
    if array.dtype.name not in DTYPES:
        raise TypeError(f"{name} holds {array.dtype}; images are {', '.join(DTYPES)}")
    if array.size == 0:
        raise DataError(f"there are no images in {name}: its shape {array.shape} has no pixels")
    block = to_nchw(array, recognize(name, array.shape, layouts, layout))
    if block.shape[1] > MAX_COUNTED_CHANNELS:
        raise DataError(
            f"{name} holds images of {block.shape[1]} channels; the most are {MAX_COUNTED_CHANNELS}"
        )
    if array.dtype.kind == "f":
        _check_range(block, name, pixels)
    return block


def _check_range(block: NDArray[Any], name: str, pixels: PixelOptions) -> None:
    """Raises DataError for floats outside [0, 1] where pixels count."""
    counted = block
    if pixels.selects:
        counted = block.transpose(1, 0, 2, 3)[:, pixel_selection.kept(block, pixels)]
    if counted.size and (counted.min() < 0 or counted.max() > 1):
        raise DataError(
            f"{name} holds values from {counted.min():.4g} to {counted.max():.4g}, outside [0, 1]: "
            "they are normalized already; take Normalize out of the transforms, or divide by 255"
        )
