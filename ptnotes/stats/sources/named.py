"""Which of the arrays in a file holds the images."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from ptnotes.errors import DataError
from ptnotes.stats.layout import Axes

MAX_LISTED = 20  # names in an error


def holds_images(layout: Axes | None) -> Callable[[int], bool]:
    """The test for an array's number of axes: labels have one, images three or as many as said."""
    open_ = layout in (None, "first", "last")
    return lambda ndim: ndim >= 3 if open_ else ndim == len(layout or "")


def choose(
    path: Path, axes: Mapping[str, int], holds_images: Callable[[int], bool], key: str | None
) -> str:
    """The name of the array to read: ``key``, or the only one with as many axes as images have.

    ``axes`` are their numbers, by name. Raises DataError.
    """
    if key is not None and key not in axes:
        raise DataError(f"{path} holds no {key}; it holds {listed(axes)}")
    found = [name for name, number in axes.items() if holds_images(number)]
    if key is None and len(found) > 1:
        raise DataError(
            f"{path} holds {len(found)} arrays ({listed(found)}); --key says which one to read"
        )
    if key is None and not found:
        raise DataError(f"{path} should hold one array of images, and holds none")
    return found[0] if key is None else key


def listed(names: Iterable[str]) -> str:
    """The first few, or "none"."""
    first = list(names)
    more = ", …" if len(first) > MAX_LISTED else ""
    return ", ".join(first[:MAX_LISTED]) + more or "none"
