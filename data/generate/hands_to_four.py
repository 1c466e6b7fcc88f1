"""The skeletons of 0 to 4: for every digit several hands, the ways in which people write it.

What a hand takes from handwriting is where a stroke begins, turns and ends; no pixel of a
real image goes into it.
"""

import numpy as np

from .strokes import Hand, Point, Stroke, curve, joined, ring


def zero(rng: np.random.Generator) -> list[Stroke]:
    u = rng.uniform
    turn = rng.choice([-1, -1, -1, 1])
    return [ring(rng, (0.5, 0.5), (u(0.25, 0.72), 0.5), u(-130, -20), turn * u(345, 450))]


def zero_open(rng: np.random.Generator) -> list[Stroke]:
    u = rng.uniform
    return [ring(rng, (0.5, 0.5), (u(0.3, 0.65), 0.5), u(-120, -30), -u(290, 350))]


def zero_curled(rng: np.random.Generator) -> list[Stroke]:
    """The end runs into the oval, or the beginning stands out of it."""
    u = rng.uniform
    rx = u(0.28, 0.65)
    oval = ring(rng, (0.5, 0.5), (rx, 0.5), u(-110, -30), -u(340, 375))
    if u() < 0.5:
        (x, y), aside, below = oval[-1], u(-0.6, 0.1), u(0.0, 0.4)
    else:
        (x, y), aside, below = oval[0], u(-0.1, 0.35), u(-0.15, 0.05)
    return [oval, curve(rng, (x, y), (x + aside * 0.4, y + below * 0.4), (x + aside, y + below))]


def zero_slashed(rng: np.random.Generator) -> list[Stroke]:
    u = rng.uniform
    slash = curve(rng, (u(0.6, 0.95), u(-0.05, 0.25)), (u(0.05, 0.4), u(0.75, 1.05)))
    return [*zero(rng), slash]


def one(rng: np.random.Generator) -> list[Stroke]:
    bend = rng.normal(0, 0.035)
    lean = rng.uniform(-0.1, 0.4)
    return [curve(rng, (0.5 + lean, 0), (0.5 + lean / 2 + bend, 0.5), (0.5, 1), jitter=0.015)]


def one_flagged(rng: np.random.Generator) -> list[Stroke]:
    u = rng.uniform
    lean = u(-0.05, 0.3)
    start, top = (0.5 + lean - u(0.08, 0.42), u(0.06, 0.42)), (0.5 + lean, 0)
    middle = ((start[0] + top[0]) / 2, start[1] / 2 + u(-0.06, 0.06))
    flag = curve(rng, start, middle, top, jitter=0.015)
    return [flag, curve(rng, tuple(flag[-1]), (0.5 + lean / 2, 0.5), (0.5, 1), jitter=0.012)]


def one_footed(rng: np.random.Generator) -> list[Stroke]:
    u = rng.uniform
    strokes = one_flagged(rng) if u() < 0.8 else one(rng)
    foot = curve(rng, (0.5 - u(0.12, 0.5), 1), (0.5 + u(0.12, 0.5), 1), jitter=0.03)
    return [*strokes, foot]


def _two_head(rng: np.random.Generator) -> list[Point]:
    u = rng.uniform
    right, top = u(0.7, 1.0), u(0.0, 0.06)
    hook = [(u(-0.1, 0.3), u(0.08, 0.48)), (u(0.12, 0.4), top + u(0, 0.07))]
    if u() < 0.15:  # begins on top, without a hook
        hook = [(u(0.1, 0.3), top + u(0.0, 0.1))]
    turn = u(0.16, 0.36)
    knee = (right - u(0.0, 0.25), turn + u(0.16, 0.36))
    return [*hook, (u(0.5, 0.7), top), (right, turn), knee]


def two(rng: np.random.Generator) -> list[Stroke]:
    u = rng.uniform
    left, bottom = u(-0.05, 0.2), u(0.92, 1.0)
    body = [*_two_head(rng), (left + u(0.15, 0.35), u(0.74, 0.84)), (left, bottom)]
    base = [(u(0.4, 0.6), bottom + u(-0.08, 0.05)), (u(0.8, 1.2), bottom + u(-0.1, 0.08))]
    return joined(rng, body, base)


def two_looped(rng: np.random.Generator) -> list[Stroke]:
    u = rng.uniform
    size, left, low = u(0.06, 0.42), u(-0.2, 0.15), u(0.93, 1.0)
    across = low - size * u(0.2, 0.7)  # where the tail crosses the way down
    loop = [(left + u(0.22, 0.42), low - u(0.03, 0.1)), (left + 0.12, low)]
    loop += [(left, low - size * 0.5), (left + u(0.1, 0.25), low - size), (u(0.35, 0.55), across)]
    tail = [(u(0.65, 0.8), low + u(-0.1, 0.06)), (u(0.75, 1.3), low + u(-0.25, 0.16))]
    return [curve(rng, *_two_head(rng), *loop, *tail)]


def two_big_looped(rng: np.random.Generator) -> list[Stroke]:
    """The loop takes half of the height, and the tail falls to the right out of its top."""
    u = rng.uniform
    left, top, right = u(-0.2, 0.1), u(0.5, 0.72), u(0.7, 0.95)
    head = [(u(0, 0.25), u(0.08, 0.3)), (u(0.35, 0.6), 0), (right, u(0.15, 0.28))]
    if u() < 0.15:  # no hook: straight down
        head = [(right + u(-0.1, 0.2), 0), (right, 0.3)]
    down = [(right - u(0.08, 0.22), top - u(0, 0.08)), (u(0.35, 0.5), 0.9), (left + 0.18, 0.99)]
    loop = [(left, (top + 1) / 2 + 0.05), (left + u(0.15, 0.3), top), (0.5, top + u(0.03, 0.12))]
    tail = [(u(0.68, 0.8), u(0.8, 0.92)), (u(0.8, 1.2), u(0.86, 1.08))]
    return [curve(rng, *head, *down, *loop, *tail)]


def two_angular(rng: np.random.Generator) -> list[Stroke]:
    u = rng.uniform
    head = [(u(0, 0.2), u(0.05, 0.2)), (0.5, u(0, 0.04)), (u(0.8, 0.95), u(0.08, 0.2))]
    down = [(u(0.45, 0.6), u(0.5, 0.65)), (u(0, 0.15), u(0.95, 1))]
    return joined(rng, head, down, [(u(0.85, 1.15), u(0.92, 1.05))])


def _three_belly(rng: np.random.Generator, reach: float) -> list[Point]:
    u = rng.uniform
    aside = u(-0.15, 0.08)
    bottom = u(0.25, 0.5) + aside
    end = [(bottom, u(0.98, 1.03)), (bottom - u(0.15, 0.55), u(0.74, 1.0))]
    turn = [(reach + aside, u(0.62, 0.78)), (reach - u(0.08, 0.25) + aside, u(0.88, 0.95))]
    if u() < 0.15:  # the pen leaves before the bottom
        end = end[:1]
    return [(u(0.58, 0.75) + aside / 2, u(0.44, 0.53)), *turn, *end]


def three(rng: np.random.Generator) -> list[Stroke]:
    u = rng.uniform
    waist = (u(0.15, 0.6), u(0.4, 0.54))
    start = [(u(-0.1, 0.22), u(0.03, 0.25)), (u(0.3, 0.45), u(0, 0.05))]
    right = u(0.68, 0.98)
    bow = [(right - u(0.05, 0.2), u(0.03, 0.08)), (right, u(0.18, 0.28))]
    bow += [(right - u(0.1, 0.2), waist[1] - u(0.04, 0.1)), waist]
    return joined(rng, [*start, *bow], _three_belly(rng, u(0.66, 1.08)))


def three_looped(rng: np.random.Generator) -> list[Stroke]:
    u = rng.uniform
    start = [(u(0.0, 0.2), u(0.05, 0.2)), (0.4, 0.01), (u(0.7, 0.85), u(0.1, 0.2))]
    size = u(0.02, 0.07)
    loop = [(0.6, 0.4), (u(0.25, 0.4), 0.47 + size), (u(0.2, 0.32), 0.45), (0.38, 0.45 - size)]
    return [curve(rng, *start, *loop, *_three_belly(rng, u(0.78, 1.0)))]


def three_flat(rng: np.random.Generator) -> list[Stroke]:
    u = rng.uniform
    bar = [(u(0.0, 0.2), u(0, 0.14)), (u(0.65, 1.0), u(-0.1, 0.06))]
    return joined(rng, bar, [(u(0.25, 0.55), u(0.32, 0.48))], _three_belly(rng, u(0.7, 1.0)))


def three_plain(rng: np.random.Generator) -> list[Stroke]:
    """Written in one go: the waist is hardly there."""
    u = rng.uniform
    start = [(u(0.05, 0.25), u(0.03, 0.15)), (0.5, 0.0), (u(0.7, 0.85), u(0.15, 0.25))]
    waist = (u(0.5, 0.65), u(0.42, 0.5))
    return [curve(rng, *start, waist, *_three_belly(rng, u(0.75, 0.95)))]


def _four_stem(rng: np.random.Generator, top: float) -> Stroke:
    u = rng.uniform
    x = u(0.6, 0.85)
    return curve(rng, (x + u(-0.02, 0.1), top), (x, 0.5), (x - u(-0.03, 0.12), 1), jitter=0.015)


def four_open(rng: np.random.Generator) -> list[Stroke]:
    u = rng.uniform
    bar = u(0.42, 0.66)
    left = [(u(0.05, 0.4), u(0, 0.12)), (u(0.02, 0.15), bar * 0.6), (u(-0.02, 0.1), bar)]
    strokes = joined(rng, left, [(u(0.8, 1.15), bar + u(-0.1, 0.03))])
    return [*strokes, _four_stem(rng, u(-0.02, 0.3))]


def four_cupped(rng: np.random.Generator) -> list[Stroke]:
    """Open, the left stroke turning into the bar without a corner."""
    u = rng.uniform
    bar = u(0.4, 0.62)
    cup = [(u(0.05, 0.3), u(0, 0.12)), (u(0, 0.1), bar * 0.65), (0.15, bar), (0.42, bar + 0.02)]
    return [curve(rng, *cup, (u(0.7, 1.0), bar - u(0, 0.15))), _four_stem(rng, u(-0.02, 0.25))]


def four_closed(rng: np.random.Generator) -> list[Stroke]:
    u = rng.uniform
    bar, x = u(0.5, 0.72), u(0.55, 0.8)
    side = [(x, 0), (u(0.25, 0.4), bar * 0.55), (u(-0.05, 0.1), bar)]
    strokes = joined(rng, side, [(x + u(0.05, 0.4), bar + u(-0.06, 0.04))])
    stem = curve(rng, (x + u(-0.04, 0.04), u(0, 0.08)), (x - u(-0.02, 0.08), 1), jitter=0.015)
    return [*strokes, stem]


def four_one_stroke(rng: np.random.Generator) -> list[Stroke]:
    """Like a 9 with corners: down, across, up and down again."""
    u = rng.uniform
    bar = u(0.4, 0.55)
    left = [(u(0.1, 0.5), u(0, 0.15)), (u(0, 0.12), bar)]
    right = (u(0.7, 0.9), u(0.02, 0.2))
    across = [(0.4, bar + u(-0.05, 0.03)), right]
    return joined(rng, left, across, [(right[0] - u(0.02, 0.12), 0.6), (u(0.5, 0.75), 1)])


# each digit's hands, and how often each is met among a hundred
TO_FOUR: dict[int, list[tuple[int, Hand]]] = {
    0: [(60, zero), (10, zero_open), (25, zero_curled), (5, zero_slashed)],
    1: [(62, one), (23, one_flagged), (15, one_footed)],
    2: [(38, two), (30, two_looped), (20, two_big_looped), (12, two_angular)],
    3: [(60, three), (15, three_looped), (10, three_flat), (15, three_plain)],
    4: [(40, four_open), (25, four_cupped), (20, four_closed), (15, four_one_stroke)],
}
