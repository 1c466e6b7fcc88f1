"""Digits as MNIST has them, drawn: 28×28 grey images of the hands' strokes, distorted at random.

An image depends on the seed, its split and its number alone. As in MNIST the ink is fitted into a
20×20 box, its aspect kept, and centred by mass. Grey levels are multiples of 17: 16 levels, which
halves the files and keeps the last bits of the floating-point arithmetic out of them.
"""

import struct

import numpy as np

from .hands_from_five import FROM_FIVE
from .hands_to_four import TO_FOUR
from .strokes import Stroke

SEED = 1
SPLITS = {"train": 12_000, "t10k": 2_000}
SIZE, BOX = 28, 20
LEVELS = 16
HANDS = TO_FOUR | FROM_FIVE
CENTRES = np.arange(BOX)[:, None] + 0.5  # of the pixels along a side


def skeleton(rng: np.random.Generator, digit: int) -> list[Stroke]:
    weights = np.array([weight for weight, _ in HANDS[digit]])
    _, hand = HANDS[digit][rng.choice(len(weights), p=weights / weights.sum())]
    return hand(rng)


def bend(rng: np.random.Generator, points: np.ndarray) -> np.ndarray:
    """Smooth elastic distortion: three waves of random direction and length."""
    bent = points.copy()
    strength = rng.gamma(2, 0.016)
    for _ in range(3):
        direction = rng.normal(0, 2.2, 2)
        shift = rng.normal(0, strength, 2)
        bent += shift * np.sin(points @ direction + rng.uniform(0, 2 * np.pi))[:, None]
    return bent


def lean(rng: np.random.Generator, points: np.ndarray) -> np.ndarray:
    """A random affine map: width, slant (mostly to the right), rotation."""
    width = np.exp(rng.normal(-0.3, 0.26))
    slant = rng.normal(0.17, 0.27)
    angle = rng.normal(0, 0.12)
    x, y = width * (points[:, 0] - 0.5) - slant * (points[:, 1] - 0.5), points[:, 1] - 0.5
    return np.stack(
        [x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)], axis=1
    )


def overshoot(rng: np.random.Generator, stroke: Stroke) -> Stroke:
    """The pen lands before the stroke begins and leaves after it ends, or the other way round."""
    begin, end = np.clip(rng.normal(0, 0.025, 2), -0.06, 0.08)
    stroke = stroke.copy()
    for tip, inner, length in ((0, 2, begin), (-1, -3, end)):
        along = stroke[tip] - stroke[inner]
        stroke[tip] += along / (np.hypot(*along) + 1e-9) * length
    return stroke


def fit(points: np.ndarray, radius: float) -> np.ndarray:
    """Move and scale, the aspect kept, until the ink fills the box in its longer direction."""
    low, high = points.min(axis=0), points.max(axis=0)
    scale = (BOX - 2 * radius) / (high - low).max()
    return (points - (low + high) / 2) * scale + BOX / 2


def ink(points: np.ndarray, radii: np.ndarray, pen_down: np.ndarray, soft: float) -> np.ndarray:
    """Coverage (20, 20) in 0 to 1: how far each pixel lies within the nearest piece's radius.

    ``pen_down`` (points - 1) says which pieces between two points are drawn.
    """
    (x, y), (along_x, along_y) = points[:-1][pen_down].T, np.diff(points, axis=0)[pen_down].T
    across, down = (CENTRES - x)[None], (CENTRES - y)[:, None]  # (1, 20, pieces), (20, 1, pieces)
    length = np.maximum(along_x**2 + along_y**2, 1e-9)
    t = np.clip(across * (along_x / length) + down * (along_y / length), 0, 1)
    away = np.sqrt((across - along_x * t) ** 2 + (down - along_y * t) ** 2)
    radius = radii[:-1][pen_down] + np.diff(radii)[pen_down] * t
    return np.clip(0.5 - (away - radius).min(axis=-1) / soft, 0, 1)


def centred(box: np.ndarray) -> np.ndarray:
    """The box's image in 28×28, its centre of mass in the middle to the nearest pixel."""
    mass = box.sum()
    top, left = (
        round(SIZE / 2 - 0.5 - (box.sum(axis=1 - axis) * np.arange(BOX)).sum() / mass)
        for axis in (0, 1)
    )
    top, left = (min(max(place, 0), SIZE - BOX) for place in (top, left))
    image = np.zeros((SIZE, SIZE), dtype=np.uint8)
    image[top : top + BOX, left : left + BOX] = box
    return image


def pen(rng: np.random.Generator, digit: int, points: int) -> tuple[float, np.ndarray]:
    """The pen's radius in pixels, and what pressure and a rough edge make of it at each point."""
    spread, widest = (0.42, 3.6) if digit == 1 else (0.33, 2.8)  # a broad pen fills loops
    radius = float(np.clip(np.exp(rng.normal(0.2, spread)), 0.6, widest))
    waves = np.linspace(0, rng.uniform(2, 9), points) + rng.uniform(0, 2 * np.pi)
    pressure = rng.uniform(0, 0.3) * np.sin(waves)
    rough = rng.uniform(0, 0.12) * rng.normal(0, 1, points)
    return radius, radius * (1 + pressure + rough)


def draw(split: str, number: int, seed: int = SEED) -> tuple[np.ndarray, int]:
    """The image (28, 28) uint8 and its label."""
    rng = np.random.default_rng([seed, list(SPLITS).index(split), number])
    digit = int(rng.integers(10))
    strokes = [overshoot(rng, stroke) for stroke in skeleton(rng, digit)]
    points = lean(rng, bend(rng, np.concatenate(strokes)))
    pen_down = np.ones(len(points) - 1, dtype=bool)
    pen_down[np.cumsum([len(stroke) for stroke in strokes])[:-1] - 1] = False

    radius, radii = pen(rng, digit, len(points))
    coverage = ink(fit(points, radius), radii, pen_down, soft=rng.uniform(0.9, 1.7))
    levels = np.floor(coverage * (LEVELS - 1) + 0.5).astype(np.int64)
    return centred(levels * (255 // (LEVELS - 1))), digit


def idx(array: np.ndarray) -> bytes:
    """The IDX file of an array of bytes: a magic number, the sizes, the bytes."""
    return struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def files() -> dict[str, bytes]:
    """MNIST's four files, not compressed yet, by their path."""
    contents = {}
    for split, count in SPLITS.items():
        images, labels = zip(*(draw(split, number) for number in range(count)), strict=True)
        contents[f"MNIST/raw/{split}-images-idx3-ubyte"] = idx(np.stack(images))
        contents[f"MNIST/raw/{split}-labels-idx1-ubyte"] = idx(np.array(labels, dtype=np.uint8))
    return contents
