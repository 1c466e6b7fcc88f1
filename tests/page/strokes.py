"""The ten digits as strokes of a pen, and the manners in which they are drawn in the page.

A stroke is a list of points (x, y) in a square from 0 to 1, y downwards; a curve is written as the
points through which a hand goes.
"""

import math
import random

Stroke = list[tuple[float, float]]


def arc(cx: float, cy: float, rx: float, ry: float, start: float, end: float) -> Stroke:
    """Points on an ellipse from one angle to another, in degrees, 0 at the right and 90 below."""
    steps = max(2, round(abs(end - start) / 15))
    angles = [math.radians(start + (end - start) * step / steps) for step in range(steps + 1)]
    return [(cx + rx * math.cos(angle), cy + ry * math.sin(angle)) for angle in angles]


# three hands: as in school, in a hurry, and as printed
DIGITS: dict[int, list[list[Stroke]]] = {
    0: [
        [arc(0.5, 0.5, 0.26, 0.4, -80, 290)],
        [arc(0.5, 0.5, 0.34, 0.36, -120, 215)],
        [arc(0.5, 0.5, 0.2, 0.42, -90, 270)],
    ],
    1: [
        [[(0.5, 0.1), (0.5, 0.9)]],
        [[(0.58, 0.1), (0.45, 0.9)]],
        [[(0.36, 0.28), (0.53, 0.1), (0.53, 0.9)]],
    ],
    2: [
        [[*arc(0.5, 0.3, 0.24, 0.2, -170, 30), (0.28, 0.88), (0.78, 0.88)]],
        [
            [
                *arc(0.48, 0.32, 0.26, 0.22, -150, 45),
                *arc(0.36, 0.8, 0.1, 0.09, 60, 330),
                (0.82, 0.9),
            ]
        ],
        [[(0.26, 0.2), *arc(0.5, 0.32, 0.24, 0.22, -130, 20), (0.24, 0.9), (0.76, 0.9)]],
    ],
    3: [
        [[*arc(0.46, 0.3, 0.24, 0.2, -160, 90), *arc(0.46, 0.7, 0.28, 0.2, -90, 160)]],
        [[*arc(0.5, 0.28, 0.2, 0.18, -140, 80), *arc(0.48, 0.69, 0.24, 0.22, -70, 140)]],
        [[(0.26, 0.12), (0.74, 0.12), (0.48, 0.42), *arc(0.48, 0.66, 0.26, 0.24, -80, 150)]],
    ],
    4: [
        [[(0.36, 0.1), (0.26, 0.56), (0.78, 0.56)], [(0.66, 0.3), (0.62, 0.92)]],
        [[(0.3, 0.14), (0.28, 0.5), (0.7, 0.48)], [(0.7, 0.12), (0.68, 0.9)]],
        [[(0.62, 0.92), (0.62, 0.1), (0.2, 0.64), (0.82, 0.64)]],
    ],
    5: [
        [
            [(0.32, 0.12), (0.28, 0.46), *arc(0.46, 0.66, 0.27, 0.23, -110, 140)],
            [(0.32, 0.12), (0.74, 0.12)],
        ],
        [[(0.74, 0.1), (0.36, 0.12), (0.32, 0.44), *arc(0.46, 0.66, 0.25, 0.24, -100, 130)]],
        [[(0.72, 0.14), (0.3, 0.14), (0.3, 0.48), *arc(0.48, 0.68, 0.25, 0.21, -90, 150)]],
    ],
    6: [
        [[(0.64, 0.1), (0.42, 0.3), *arc(0.48, 0.68, 0.2, 0.22, -160, -540)]],
        [[(0.56, 0.08), (0.36, 0.44), *arc(0.5, 0.72, 0.2, 0.18, 170, -190)]],
        [
            [
                (0.7, 0.16),
                *arc(0.54, 0.52, 0.28, 0.4, -70, -180),
                *arc(0.5, 0.68, 0.22, 0.21, 180, -180),
            ]
        ],
    ],
    7: [
        [[(0.24, 0.14), (0.76, 0.14), (0.44, 0.9)]],
        [[(0.26, 0.2), (0.5, 0.12), (0.74, 0.16), (0.6, 0.5), (0.52, 0.9)]],
        [[(0.24, 0.14), (0.76, 0.14), (0.42, 0.9)], [(0.38, 0.5), (0.68, 0.5)]],
    ],
    8: [
        [[*arc(0.5, 0.3, 0.2, 0.19, 90, -270), *arc(0.5, 0.7, 0.24, 0.21, -90, 270)]],
        [
            [
                *((0.68, 0.2), (0.5, 0.1), (0.34, 0.24), (0.42, 0.42), (0.6, 0.56), (0.68, 0.74)),
                *((0.5, 0.9), (0.32, 0.76), (0.4, 0.56), (0.6, 0.4), (0.7, 0.22)),
            ]
        ],
        [arc(0.5, 0.28, 0.19, 0.18, -90, 270), arc(0.5, 0.68, 0.25, 0.22, -90, 270)],
    ],
    9: [
        [[*arc(0.48, 0.32, 0.22, 0.22, -20, -380), (0.66, 0.6), (0.6, 0.9)]],
        [[*arc(0.5, 0.3, 0.2, 0.19, 0, -360), (0.7, 0.9)]],
        [[*arc(0.48, 0.32, 0.22, 0.2, 0, -360), *arc(0.46, 0.62, 0.25, 0.28, -10, 120)]],
    ],
}

# how the square lies in the pad of 280 × 280 pixels: left, top, width, height; by how much it
# slants; by how many of its hundredths a point is off. The pen is 20 wide: small is thick
MANNERS = {
    "middle": (40, 30, 200, 220, 0.0, 0),
    "large, thin": (12, 12, 256, 256, 0.0, 0),
    "small, thick": (120, 110, 70, 80, 0.0, 0),
    "in a corner": (8, 150, 110, 120, 0.0, 0),
    "slanted": (50, 35, 180, 210, 0.25, 0),
    "slanted back": (50, 35, 180, 210, -0.25, 0),
    "shaky": (40, 30, 200, 220, 0.1, 4),
    "tiny": (130, 130, 45, 55, 0.0, 0),
}


def drawn(digit: int, hand: int, manner: str) -> list[Stroke]:
    """The strokes in pixels of the pad; the same ones every time."""
    left, top, width, height, slant, off = MANNERS[manner]
    rng = random.Random(3 * digit + hand)
    tremor = [
        [(rng.gauss(0, off / 100), rng.gauss(0, off / 100)) for _ in each]
        for each in DIGITS[digit][hand]
    ]
    return [
        [
            (left + width * (x + dx + slant * (0.5 - y)), top + height * (y + dy))
            for (x, y), (dx, dy) in zip(stroke, noise, strict=True)
        ]
        for stroke, noise in zip(DIGITS[digit][hand], tremor, strict=True)
    ]
