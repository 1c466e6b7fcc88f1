"""Files of several pages or frames: each counts as an image, and a file counts whole or not."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import IO

from PIL import Image, UnidentifiedImageError

from ptnotes.stats import codecs
from ptnotes.stats.counting import accumulate_images
from ptnotes.stats.decode import DecodeOptions, describe_error
from ptnotes.stats.items import InArchive, Item, Page, opened
from ptnotes.stats.partial import PartialStats
from ptnotes.stats.per_image import ImageSums, Weight

PAGED = {"TIFF", "GIF", "PNG", "WEBP", "AVIF"}  # not a photo with a preview, nor layers


def accumulate(
    items: Iterable[Item], options: DecodeOptions, details: Weight | None
) -> PartialStats:
    """Decode and count a chunk of images, or all pages of a chunk of files."""
    if options.pages == "first":
        return accumulate_images(items, options, details)
    whole = PartialStats()
    rows: list[ImageSums] = []
    for item in items:
        one = _all_pages(item, options, details)
        rows += one.rows
        whole += one
    return replace(whole, rows=tuple(rows))


def _all_pages(item: Item, options: DecodeOptions, details: Weight | None) -> PartialStats:
    if not isinstance(item.content, str | InArchive | bytes):
        return accumulate_images([item], options, details)
    try:
        with opened(item.content) as file:
            found = accumulate_images(_pages(item.name, file, options), options, details)
    except Exception as error:  # as an image's, of almost any type
        return PartialStats(broken=((item.name, describe_error(error)),), broken_count=1)
    if found.broken:
        return PartialStats(broken=found.broken[:1], broken_count=1)
    return replace(found, first_of_several=0, extra_pages=found.images_seen - 1)


def _pages(name: str, file: IO[bytes], options: DecodeOptions) -> Iterator[Item]:
    """Each page as an item to be read before the next one is asked for."""
    try:
        image = Image.open(file)
    except UnidentifiedImageError:
        if (codec := codecs.of_file(file)) is None:
            raise
        for number in range(codec.count(file)):
            yield Item(f"{name} page {number + 1}", Page(file, None, codec, number))
        return
    with image:
        codec = codecs.of_image(image)
        for number in itertools.count():
            if options.rgb or options.grayscale:  # what Pillow makes of it
                codec = None
            yield Item(f"{name} page {number + 1}", Page(file, image, codec, number))
            if image.format not in PAGED:
                return
            try:
                image.seek(number + 1)
                codec = codecs.of_image(image)
            except EOFError:
                return
            except SyntaxError:  # a page of a TIFF that Pillow has no mode for
                codec = codecs.TIFF
