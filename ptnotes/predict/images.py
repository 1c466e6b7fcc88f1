"""An image of any size and colour, turned into MNIST's form by the set's own rule.

The rule: what is drawn is fitted into 20×20 pixels with its proportions kept, in gray levels, and
laid into 28×28 so that its centre of mass is in the middle. Fashion-MNIST and KMNIST fill 28×28.
"""

import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.Image import Resampling

from ptnotes.errors import DataError

SIZE = 28
LARGEST = 1000  # pixels: an image's longer side, before anything else is done with it
MOST = 50_000_000  # pixels in a file; a phone's photo has 12 to 50 million
# what cameras, scanners and drawing programs write; Pillow hands some others to programs
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "PPM", "ICO")
FAINTEST = 16  # of 255: what differs less from the paper isn't drawn
FRINGE = 0.04  # of the darkest: what interpolation and JPEG leave around a stroke
CLEAN = 2.0  # of 255: by how much the paper differs from its own tone in a drawing, not a photo


@dataclass(frozen=True)
class Form:
    """How a set's images fill their 28×28 pixels."""

    box: int
    by_mass: bool


FORMS = {
    "mnist": Form(20, by_mass=True),
    "sample": Form(20, by_mass=True),
    "fashion-mnist": Form(28, by_mass=False),
    "kmnist": Form(28, by_mass=False),
}


def read(path: Path, form: Form) -> NDArray[np.uint8]:
    """The image in a file as (28, 28), drawn in light on black. Raises DataError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, of odd metadata and of large images
            with Image.open(path, formats=FORMATS) as image:
                image.draft("RGB", (LARGEST, LARGEST))
                colours = _colours(image)
    except UnidentifiedImageError as error:
        raise DataError(f"{path} is not one of {', '.join(FORMATS)}, or damaged") from error
    except Exception as error:  # every format's decoder has errors of its own
        what = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
        raise DataError(f"{path} can't be read: {what}") from error
    drawn = ink(colours)
    if drawn.max() == 0:
        raise DataError(f"{path} shows nothing: it is all of one tone")
    return fitted(drawn, form)


def _colours(image: Image.Image) -> NDArray[np.float32]:
    """(H, W, 3) from 0 to 255, at most LARGEST high and wide. Raises ValueError."""
    if image.width * image.height > MOST:
        raise ValueError(f"it has {image.width}×{image.height} pixels; make it smaller")
    return np.asarray(_coloured(ImageOps.exif_transpose(image)), np.float32)


def _reduced(image: Image.Image) -> Image.Image:
    """At most LARGEST high and wide."""
    factor = -(-max(image.size) // LARGEST)
    return image.reduce(factor) if factor > 1 else image


def _coloured(image: Image.Image) -> Image.Image:
    """Reduced, and as RGB; what is transparent is paper."""
    if image.has_transparency_data:
        # premultiplied, so that the colour of what can't be seen doesn't count
        layer = _reduced(image.convert("RGBA").convert("RGBa")).convert("RGBA")
        papers = [Image.new("RGBA", layer.size, tone) for tone in ("white", "black")]
        flat = [Image.alpha_composite(paper, layer).convert("RGB") for paper in papers]
        # white strokes show on black alone
        return max(flat, key=lambda tone: float(np.asarray(tone).std()))
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        levels = np.asarray(_reduced(image.convert("F")))
        if not np.isfinite(levels).all():
            raise ValueError("a pixel is not a finite number")
        levels = (levels - levels.min()) * (255 / max(float(np.ptp(levels)), 1e-9))
        return Image.fromarray(np.rint(levels).astype(np.uint8)).convert("RGB")
    return _reduced(image.convert("RGB"))


def ink(colours: NDArray[np.float32]) -> NDArray[np.float32]:
    """(H, W, 3) → (H, W) from 0 to 255: how much each pixel differs from the paper.

    The paper is what most of the image's border shows, be it light or dark; so strokes of any
    colour come out light. Where the paper is not of one tone, as in a photo, Otsu's threshold
    separates it from the strokes. All 0 if nothing is drawn.
    """
    border = np.concatenate([colours[0], colours[-1], colours[:, 0], colours[:, -1]])
    paper = np.median(border, axis=0)
    found: NDArray[np.float32] = np.abs(colours - paper).max(axis=2)
    if found.max() < FAINTEST:
        return np.zeros_like(found)
    tone = float(np.median(np.abs(border - paper).max(axis=1)))
    threshold = FRINGE * float(found.max())
    if tone > CLEAN:
        threshold = max(threshold, _otsu(found))
    found[found <= threshold] = 0
    return found * np.float32(255 / found.max())


def _otsu(levels: NDArray[np.float32]) -> float:
    """The level from 0 to 255 that splits them into the two groups furthest apart."""
    counts, _ = np.histogram(levels, bins=256, range=(0, 256))
    below = np.cumsum(counts)
    sums = np.cumsum(counts * np.arange(256))
    above = below[-1] - below
    between = np.zeros(256)
    both = (below > 0) & (above > 0)
    means = sums[both] / below[both], (sums[-1] - sums[both]) / above[both]
    between[both] = below[both] * above[both] * (means[0] - means[1]) ** 2
    return float(between.argmax())


def fitted(drawn: NDArray[np.float32], form: Form) -> NDArray[np.uint8]:
    """(H, W) from 0 to 255, not all 0 → (28, 28): the drawn part, fitted and centred."""
    rows, columns = np.flatnonzero(drawn.any(axis=1)), np.flatnonzero(drawn.any(axis=0))
    part = drawn[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = part.shape
    scale = form.box / max(height, width)
    if scale != 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        # antialiased: Pillow widens its filter when it makes an image smaller
        small = Image.fromarray(part).resize(size, Resampling.BICUBIC)
        part = np.asarray(small).clip(0, 255)
        part = part * np.float32(255 / max(float(part.max()), 1.0))
    height, width = part.shape
    top, left = (SIZE - height) // 2, (SIZE - width) // 2
    if form.by_mass:
        top, left = (_start(part.sum(axis=axis)) for axis in (1, 0))
    image: NDArray[Any] = np.zeros((SIZE, SIZE), np.uint8)
    image[top : top + height, left : left + width] = np.rint(part)
    return image


def _start(mass: NDArray[np.float32]) -> int:
    """Where a profile begins so that its centre of mass comes to lie at 14, as MNIST has it."""
    centre = float((mass * np.arange(len(mass))).sum() / mass.sum())
    return int(min(max(SIZE // 2 - round(centre), 0), SIZE - len(mass)))
