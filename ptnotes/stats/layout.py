"""The axes of an array of images: recognized from its shape where one reading is sensible."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, get_args

from numpy.typing import NDArray

from ptnotes.errors import UsageError

Layout = Literal["HW", "CHW", "HWC", "NHW", "NCHW", "NHWC"]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
Channels = Literal["first", "last"]
Axes = Layout | Channels  # what can be said of an array: all its axes, or where its channels are

# what is recognized: of two axes in a file, the first may as well count flattened images
IN_FILES: tuple[Layout, ...] = ("CHW", "HWC", "NHW", "NCHW", "NHWC")
IN_BATCHES: tuple[Layout, ...] = ("NHW", "NCHW", "NHWC")
AS_ITEMS: tuple[Layout, ...] = ("HW", "CHW", "HWC", "NCHW", "NHWC")

MAX_CHANNELS = 4  # that are recognized as such; a side is recognized from one pixel more on


def recognize(
    where: str, shape: Sequence[int], layouts: Sequence[Layout], given: Axes | None
) -> Layout:
    """The layout of an array of 2 to 4 axes: ``given``, or the sensible one of ``layouts``.

    Raises UsageError if ``given`` has another number of axes or makes no sense of the channels, or
    if not exactly one is sensible.
    """
    fitting = [each for each in LAYOUTS if len(each) == len(shape)]
    if given == "first" or given == "last":
        with_channels = [each for each in fitting if each in layouts and "C" in each]
        if with_channels:
            return _by_channels(where, shape, with_channels, given)
    elif given is not None:
        if given in fitting:
            return given
        raise UsageError(f"{where} has the shape {tuple(shape)}, which is not {given}")
    found = [each for each in layouts if each in fitting and _is_sensible(each, shape)]
    if len(found) == 1 or (found and shape[0] == 1):  # CHW and NHW: one gray image either way
        return found[0]
    raise UsageError(
        f"{where} has the shape {tuple(shape)}; say what its axes are: --layout "
        f"{' or '.join(fitting)} (in Python, layout=)"
    )


def _by_channels(
    where: str, shape: Sequence[int], layouts: Iterable[Layout], channels: Channels
) -> Layout:
    """Any number of channels, unless the axis at the other end is the one that looks like them."""
    at_end = {"last" if each.endswith("C") else "first": each for each in layouts}
    layout = at_end.pop(channels)
    count = dict(zip(layout, shape, strict=True))["C"]
    if count > MAX_CHANNELS and any(_is_sensible(other, shape) for other in at_end.values()):
        raise UsageError(
            f"{where} has the shape {tuple(shape)}: {channels}, the channels would be {count}; "
            "layout= takes any axes"
        )
    return layout


def _is_sensible(layout: Layout, shape: Sequence[int]) -> bool:
    sizes = dict(zip(layout, shape, strict=True))
    sides = min(sizes["H"], sizes["W"])
    return sizes.get("C", 1) <= MAX_CHANNELS and (sides > MAX_CHANNELS or layout == "HW")


def nchw_shape(layout: Layout, shape: Sequence[int]) -> tuple[int, int, int, int]:
    """(N, C, H, W); an axis that isn't there counts 1."""
    sizes = dict(zip(layout, shape, strict=True))
    return sizes.get("N", 1), sizes.get("C", 1), sizes["H"], sizes["W"]


def to_nchw(array: NDArray[Any], layout: Layout) -> NDArray[Any]:
    """The same values as (N, C, H, W), without a copy."""
    if "N" not in layout:
        array = array[None]
    if "C" not in layout:
        return array[:, None]
    return array.transpose(0, 3, 1, 2) if layout.endswith("C") else array
