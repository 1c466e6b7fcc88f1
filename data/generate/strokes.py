"""Strokes of a pen: smooth curves, curves that meet in corners, ovals.

They lie in a box of about 1×1, x to the right and y down, and come out different each time.
"""

from collections.abc import Callable

import numpy as np

Stroke = np.ndarray  # (points, 2)
Hand = Callable[[np.random.Generator], list[Stroke]]
Point = tuple[float, float]

POINTS_A_SPAN = 6
JITTER = 0.025  # standard deviation of a control point, in box heights


def curve(rng: np.random.Generator, *points: Point, jitter: float = JITTER) -> Stroke:
    """A Catmull-Rom spline through the points, each a little off its place."""
    control = np.array(points) + rng.normal(0, jitter, (len(points), 2))
    first, last = 2 * control[:1] - control[1:2], 2 * control[-1:] - control[-2:-1]
    padded = np.concatenate([first, control, last])
    t = (np.arange(POINTS_A_SPAN) / POINTS_A_SPAN)[:, None, None]
    a, b, c, d = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    spans = b + t * (c - a) / 2 + t**2 * (a - 2.5 * b + 2 * c - d / 2)
    spans = spans + t**3 * (1.5 * (b - c) + (d - a) / 2)  # (points a span, spans, 2)
    return np.concatenate([spans.swapaxes(0, 1).reshape(-1, 2), control[-1:]])


def joined(rng: np.random.Generator, *parts: list[Point]) -> list[Stroke]:
    """Curves that meet in corners: each begins where the one before it ended."""
    strokes: list[Stroke] = []
    for part in parts:
        start = [tuple(strokes[-1][-1])] if strokes else []
        strokes.append(curve(rng, *start, *part))
        if start:
            strokes[-1][0] = start[0]
    return strokes


def ring(
    rng: np.random.Generator, centre: Point, radii: Point, start: float, sweep: float
) -> Stroke:
    """An oval from the angle ``start`` (degrees, 0 right, 90 down) on; it drifts in or out."""
    along = np.linspace(0, 1, 30)
    angles = np.radians(start + sweep * along)
    grow = 1 + rng.normal(0, 0.09) * along
    for waves in (2, 3):
        grow += rng.normal(0, 0.05) * np.sin(waves * angles + rng.uniform(0, 6))
    unit = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.array(centre) + np.array(radii) * unit * grow[:, None]
