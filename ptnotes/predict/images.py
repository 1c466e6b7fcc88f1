"""An image of any size and colour in MNIST's form, made by the rule of the data set itself.

The rule: the foreground is scaled into 20×20 pixels with its aspect ratio kept, in gray levels, and
placed in 28×28 pixels with its centre of mass in the middle. Fashion-MNIST and KMNIST use the whole
28×28 pixels.
"""

import math
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageOps, UnidentifiedImageError
from PIL.Image import Resampling

from ptnotes.errors import DataError
from ptnotes.runs.document import DOCUMENT
from ptnotes.stats.decode import silence_libtiff

SIZE = 28
MAX_SIDE = 1000  # pixels: a longer side is reduced before any other processing
MAX_PIXELS = 50_000_000  # in a file; a phone's photo has 12 to 50 million
MAX_ROWS = 65_535  # in a file, as in a JPEG; every row takes memory of its own
# what cameras, scanners and drawing programs write; Pillow runs external programs for some others
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "PPM", "ICO")
MIN_CONTRAST = 16  # of 255: with a smaller maximum the image is blank
NOISE_FLOOR = 0.04  # of the maximum: interpolation and JPEG leave such a fringe around a stroke
MAX_BACKGROUND_NOISE = 2.0  # of 255: median deviation of a border of one tone, unlike a photo's
LINES = 40  # to which the foreground is reduced to count its figures: a line is 2.5 % of its height
MIN_HEIGHT = 0.55  # of a figure, of the foreground's height; the bar of a 5 and a dot are lower


@dataclass(frozen=True)
class Frame:
    """How a set's images use their 28×28 pixels: ``box`` is the foreground's longer side."""

    box: int
    by_mass: bool  # the centre of mass is in the middle, not that of the bounding box


FRAMES = {
    "mnist": Frame(20, by_mass=True),
    "sample": Frame(20, by_mass=True),
    "fashion-mnist": Frame(28, by_mass=False),
    "kmnist": Frame(28, by_mass=False),
}


def preparation(config: Mapping[str, Any]) -> tuple[Frame, float, float]:
    """A run's frame, and the mean and std of its images' pixels. Raises DataError."""
    try:
        frame, mean, std = FRAMES[config["data"]], float(config["mean"]), float(config["std"])
        if not (math.isfinite(mean) and math.isfinite(std) and std):
            raise ValueError(std)
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{DOCUMENT} names no set of images, mean and std") from error
    return frame, mean, std


def read(path: Path) -> NDArray[np.float32]:
    """The foreground of the image in a file: (H, W) from 0 to 255, not all 0. Raises DataError."""
    if os.path.isdir(path):
        raise DataError(f"{path} is a folder that holds no images, or can't be read")
    if os.path.exists(path) and not os.path.isfile(path):
        raise DataError(f"{path} is not an ordinary file")  # a pipe would be waited for
    Image.init()
    formats = [each for each in FORMATS if each in Image.OPEN]  # of AVIF, not every Pillow
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, of odd metadata and of large images
            # not by its name: Pillow maps some files, and one that is cut short ends the process
            with open(path, "rb") as file, Image.open(file, formats=formats) as image:
                if image.format == "TIFF":
                    silence_libtiff()
                if image.format != "MPO" and getattr(image, "is_animated", False):
                    raise ValueError("it holds more than one image; save each in its own file")
                image.draft("RGB", (MAX_SIDE, MAX_SIDE))
                rgb = _decode(image)
    except UnidentifiedImageError as error:
        raise DataError(f"{path} is not one of {', '.join(formats)}, or damaged") from error
    except Exception as error:  # every format's decoder has errors of its own
        what = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
        raise DataError(f"{path} can't be read: {what}") from error
    levels = foreground(rgb)
    if levels.max() == 0:
        raise DataError(f"{path} is blank: it is all of one tone")
    return levels


def _decode(image: Image.Image) -> NDArray[np.float32]:
    """(H, W, 3) from 0 to 255, at most MAX_SIDE high and wide. Raises ValueError."""
    if image.width * image.height > MAX_PIXELS or image.height > MAX_ROWS:
        raise ValueError(f"it has {image.width}×{image.height} pixels; make it smaller")
    return np.asarray(_to_rgb(ImageOps.exif_transpose(image)), np.float32)


def _reduce(image: Image.Image) -> Image.Image:
    """At most MAX_SIDE high and wide."""
    factor = -(-max(image.size) // MAX_SIDE)
    return image.reduce(factor) if factor > 1 else image


def _to_rgb(image: Image.Image) -> Image.Image:
    """Reduced, and as RGB; transparent pixels become background."""
    if image.has_transparency_data:
        # premultiplied, so that the colour of transparent pixels does not count
        layer = _reduce(image.convert("RGBA").convert("RGBa")).convert("RGBA")
        backgrounds = [Image.new("RGBA", layer.size, tone) for tone in ("white", "black")]
        flat = [Image.alpha_composite(each, layer).convert("RGB") for each in backgrounds]
        # white strokes are visible on black only
        return max(flat, key=lambda rgb: float(np.asarray(rgb).std()))
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        levels = np.asarray(_reduce(image.convert("F")))
        if not np.isfinite(levels).all():
            raise ValueError("a pixel is not a finite number")
        levels = (levels - levels.min()) * (255 / max(float(np.ptp(levels)), 1e-9))
        return Image.fromarray(np.rint(levels).astype(np.uint8)).convert("RGB")
    return _reduce(image.convert("RGB"))


def foreground(rgb: NDArray[np.float32]) -> NDArray[np.float32]:
    """(H, W, 3) → (H, W) from 0 to 255: how much each pixel differs from the background.

    The background is the median of the image's border, light or dark, so strokes of any colour
    come out light. Where it is not of one tone, as in a photo, Otsu's threshold separates it from
    the strokes. All 0 for a blank image.
    """
    border = np.concatenate([rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1]])
    background = np.median(border, axis=0)
    contrast: NDArray[np.float32] = np.abs(rgb - background).max(axis=2)
    if contrast.max() < MIN_CONTRAST:
        return np.zeros_like(contrast)
    noise = float(np.median(np.abs(border - background).max(axis=1)))
    threshold = NOISE_FLOOR * float(contrast.max())
    if noise > MAX_BACKGROUND_NOISE:
        threshold = max(threshold, _otsu(contrast))
    contrast[contrast <= threshold] = 0
    return contrast * np.float32(255 / contrast.max())


def _otsu(levels: NDArray[np.float32]) -> float:
    """The level from 0 to 255 that maximizes the variance between the two groups it separates."""
    counts, _ = np.histogram(levels, bins=256, range=(0, 256))
    below = np.cumsum(counts)
    sums = np.cumsum(counts * np.arange(256))
    above = below[-1] - below
    between = np.zeros(256)
    both = (below > 0) & (above > 0)
    means = sums[both] / below[both], (sums[-1] - sums[both]) / above[both]
    between[both] = below[both] * above[both] * (means[0] - means[1]) ** 2
    return float(between.argmax())


def _crop(levels: NDArray[np.float32]) -> NDArray[np.float32]:
    rows, columns = np.flatnonzero(levels.any(axis=1)), np.flatnonzero(levels.any(axis=0))
    return levels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def figures(levels: NDArray[np.float32]) -> int:
    """How many figures stand side by side in (H, W) from 0 to 255, not all 0: at least 1.

    A figure is a connected part of the foreground, about half as high as all of it or higher.
    Parts that are nearer than about 10 % of that height count as connected.
    """
    mask = Image.fromarray(np.where(_crop(levels) > 0, np.uint8(255), np.uint8(0)))
    scale = LINES / max(mask.height, mask.width / 6)
    size = max(1, round(mask.width * scale)), max(1, round(mask.height * scale))
    parts = mask.resize(size, Resampling.BOX).point(lambda level: 255 * (level > 0))
    parts = parts.filter(ImageFilter.MaxFilter(3))  # a pixel wider on every side
    middle = parts.height // 2  # what is higher than half of the foreground crosses it
    crossed = (np.asarray(parts)[middle] > 0).astype(int)
    starts = np.flatnonzero(np.diff(crossed, prepend=0) > 0).tolist()  # at most 120
    count = 0
    for label, x in enumerate(starts if len(starts) > 1 else (), start=1):
        if parts.getpixel((x, middle)) == 255:
            ImageDraw.floodfill(parts, (x, middle), label)
            rows = (np.asarray(parts) == label).any(axis=1)
            count += int(rows.mean() >= MIN_HEIGHT)
    return max(1, count)


def center_in_frame(levels: NDArray[np.float32], frame: Frame) -> NDArray[np.uint8]:
    """(H, W) from 0 to 255, not all 0 → (28, 28): the foreground, scaled and centred."""
    crop = _crop(levels)
    height, width = crop.shape
    scale = frame.box / max(height, width)
    if scale != 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        # antialiased: Pillow widens its filter when it makes an image smaller
        crop = np.asarray(Image.fromarray(crop).resize(size, Resampling.BICUBIC)).clip(0, 255)
        crop = crop * np.float32(255 / max(float(crop.max()), 1.0))
    height, width = crop.shape
    top, left = (SIZE - height) // 2, (SIZE - width) // 2
    if frame.by_mass:
        top, left = (_offset(crop.sum(axis=axis)) for axis in (1, 0))
    image: NDArray[Any] = np.zeros((SIZE, SIZE), np.uint8)
    image[top : top + height, left : left + width] = np.rint(crop)
    return image


def _offset(profile: NDArray[np.float32]) -> int:
    """Where a profile must begin for its centre of mass to be at 14, as in MNIST."""
    centre = float((profile * np.arange(len(profile))).sum() / profile.sum())
    return int(min(max(SIZE // 2 - round(centre), 0), SIZE - len(profile)))
