"""Images from Python: what ``ptnotes.stats.channel_stats`` iterates over."""

import sys
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ptnotes.errors import DataError
from ptnotes.stats.items import Item
from ptnotes.stats.layout import AS_ITEMS, IN_BATCHES, IN_FILES, Layout, recognize, to_nchw
from ptnotes.stats.sources.arrays import DTYPES, to_numpy


def python_items(data: Any, layout: Layout | None = None) -> Iterator[Item]:
    """PIL images, and blocks (N, C, H, W), of what ``ptnotes.stats.channel_stats`` takes.

    Raises TypeError for what isn't an image, UsageError if its shape leaves open what its axes are,
    DataError for no pixels or floats outside [0, 1].
    """
    whole = _array(data)
    if whole is not None and whole.dtype != object:
        block = _block(whole, "the array", IN_FILES, layout)
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
        image = sample[0] if isinstance(sample, tuple | list) and sample else sample
        name = f"{'batch' if batched else 'image'} {number}"
        if not isinstance(image, Image.Image):
            array = _array(image)
            if array is None:
                raise TypeError(
                    f"{type(image).__name__} is neither an image, a tensor nor an array"
                )
            image = _block(array, name, layouts, layout)
        yield Item(name, image)


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
    array: NDArray[Any], name: str, layouts: tuple[Layout, ...], layout: Layout | None
) -> NDArray[Any]:
    """(N, C, H, W)."""
    if not 2 <= array.ndim <= 4:
        raise TypeError(f"an image or a batch of them has 2 to 4 axes, not {array.shape}")
    if array.dtype.name not in DTYPES:
        raise TypeError(f"{name} holds {array.dtype}; images are {', '.join(DTYPES)}")
    if array.size == 0:
        raise DataError(f"there are no images in {name}: its shape {array.shape} has no pixels")
    if array.dtype.kind == "f" and (array.min() < 0 or array.max() > 1):
        raise DataError(
            f"{name} holds values from {array.min():.4g} to {array.max():.4g}, outside [0, 1]: "
            "they are normalized already; take Normalize out of the transforms, or divide by 255"
        )
    return to_nchw(array, recognize(name, array.shape, layouts, layout))
