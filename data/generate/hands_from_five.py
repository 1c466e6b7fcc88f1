"""The skeletons of 5 to 9, as hands_to_four has them for the others."""

import numpy as np

from .strokes import Hand, Point, Stroke, curve, joined, ring


def _five_bowl(rng: np.random.Generator, top: float) -> list[Point]:
    """From the stem's foot, at the height ``top``, around and back."""
    u = rng.uniform
    right, low, bottom = u(0.55, 1.0), u(0.55, 0.72), u(0.28, 0.52)
    end = [(bottom, u(0.97, 1.03)), (bottom - u(0.15, 0.6), u(0.72, 1.0))]
    if u() < 0.25:  # the pen leaves before the bottom
        end = end[:1]
    turn = [(right, max(low, top + 0.15)), (right - u(0.05, 0.2), u(0.86, 0.93))]
    return [(u(0.4, 0.6), top - u(-0.02, 0.1)), *turn, *end]


def five(rng: np.random.Generator) -> list[Stroke]:
    u = rng.uniform
    x, foot = u(0.1, 0.45), u(0.26, 0.54)
    bar = [(x + u(0.2, 1.0), u(-0.16, 0.12)), (x, u(0, 0.06))]
    return joined(rng, bar, [(x - u(-0.03, 0.25), foot)], _five_bowl(rng, foot))


def five_barred(rng: np.random.Generator) -> list[Stroke]:
    """The bar comes last, with a pen lifted: it may miss the stem."""
    u = rng.uniform
    x, foot = u(0.1, 0.4), u(0.26, 0.52)
    body = joined(rng, [(x, u(0, 0.1)), (x - u(-0.03, 0.22), foot)], _five_bowl(rng, foot))
    left = x + u(-0.08, 0.2)
    return [*body, curve(rng, (left, u(-0.05, 0.08)), (left + u(0.4, 1.0), u(-0.15, 0.06)))]


def five_flowing(rng: np.random.Generator) -> list[Stroke]:
    u = rng.uniform
    left = u(0.08, 0.3)
    head = [(u(0.7, 1.25), u(-0.05, 0.1)), (left + u(0.2, 0.4), u(0, 0.06)), (left, u(0.2, 0.34))]
    end = [(u(0.7, 0.9), u(0.8, 0.9)), (0.4, 1.0), (u(-0.15, 0.2), u(0.82, 1.0))]
    return [curve(rng, *head, (0.4, u(0.4, 0.5)), (u(0.7, 0.92), u(0.55, 0.66)), *end)]


def six(rng: np.random.Generator) -> list[Stroke]:
    u = rng.uniform
    crest = u(0.36, 0.68)  # where the loop's top lies
    left, right = u(-0.02, 0.12), u(0.65, 1.15)
    back = [(u(0.2, 1.0), u(0, 0.05)), (left + u(0.08, 0.3), u(0.2, 0.34)), (left, u(0.55, 0.7))]
    bottom = [(left + u(0.12, 0.25), 0.94), (u(0.4, 0.6), 1.0), (right, u(0.72, 0.86))]
    close = [(right - u(0.15, 0.35), crest), (left + u(0.1, 0.35), crest + u(0.05, 0.18))]
    end = [(left + u(-0.06, 0.15), u(0.7, 0.9))] if u() < 0.7 else []  # else the loop stays open
    return [curve(rng, *back, *bottom, *close, *end)]


def six_inner(rng: np.random.Generator) -> list[Stroke]:
    """A wide back, and a small loop inside that comes down again before it reaches the back."""
    u = rng.uniform
    left, right, crest = u(-0.05, 0.1), u(0.65, 1.1), u(0.36, 0.68)
    inner = left + (right - left) * u(0.2, 0.6)
    back = [(u(0.2, 0.9), u(0, 0.06)), (left + u(0.03, 0.25), u(0.2, 0.36)), (left, u(0.55, 0.72))]
    bottom = [(left + u(0.12, 0.3), u(0.9, 0.98)), ((inner + right) / 2 - u(0, 0.15), 1.0)]
    loop = [(right, u(0.68, 0.84)), ((inner + right) / 2 + u(0, 0.15), crest)]
    close = [(inner, crest + u(0.1, 0.25)), (inner + u(-0.02, 0.2), u(0.92, 1.05))]
    return [curve(rng, *back, *bottom, *loop, *close)]


def six_straight(rng: np.random.Generator) -> list[Stroke]:
    """A stem with little bend, and a loop that leans on it."""
    u = rng.uniform
    crest, left, right = u(0.42, 0.72), u(-0.05, 0.15), u(0.6, 1.1)
    stem = [(left + u(-0.05, 0.55), 0), (left + u(-0.02, 0.2), 0.4), (left, u(0.7, 0.8))]
    loop = [(left + u(0.15, 0.35), 0.98), (right, u(0.76, 0.92)), (right - u(0, 0.2), crest + 0.06)]
    close = [((left + right) / 2 - u(0, 0.1), crest), (left + u(-0.05, 0.2), u(0.75, 0.95))]
    return [curve(rng, *stem, *loop, *close)]


def seven(rng: np.random.Generator) -> list[Stroke]:
    u = rng.uniform
    left, right, rise = u(-0.1, 0.25), u(0.75, 1.02), abs(rng.normal(0, 0.12))
    bar = [
        (left, rise + 0.03),
        ((left + right) / 2, rise / 2 + u(-0.02, 0.08)),
        (right, u(0, 0.06)),
    ]
    foot = u(0.05, 0.65)
    down = [((right + foot) / 2 + u(-0.14, 0.08), u(0.42, 0.55)), (foot, 1)]
    return joined(rng, bar, down)


def seven_waved(rng: np.random.Generator) -> list[Stroke]:
    """The bar begins on top, dips and rises again to the corner."""
    u = rng.uniform
    right, dip = u(0.8, 1.02), u(0.08, 0.3)
    bar = [(u(-0.1, 0.1), dip - u(0.06, 0.28)), (u(0.15, 0.4), dip), (right, u(-0.02, 0.06))]
    foot = u(0.1, 0.65)
    return joined(rng, bar, [((right + foot) / 2 + u(-0.14, 0.08), u(0.42, 0.55)), (foot, 1)])


def seven_crossed(rng: np.random.Generator) -> list[Stroke]:
    u = rng.uniform
    strokes = seven(rng) if u() < 0.7 else seven_waved(rng)
    x, y = strokes[1][len(strokes[1]) // 2]
    left = (x - u(0.12, 0.5), y + u(-0.05, 0.12))
    return [*strokes, curve(rng, left, (x + u(0.12, 0.5), y + u(-0.1, 0.05)))]


def seven_hooked(rng: np.random.Generator) -> list[Stroke]:
    """A short stroke down opens the bar."""
    u = rng.uniform
    strokes = seven(rng) if u() < 0.7 else seven_crossed(rng)
    x, y = strokes[0][0]
    return [curve(rng, (x + u(-0.08, 0.06), y + u(0.08, 0.35)), (x, y)), *strokes]


def seven_round(rng: np.random.Generator) -> list[Stroke]:
    u = rng.uniform
    bar = [(u(-0.1, 0.2), u(0.05, 0.3)), (u(0.3, 0.5), u(0, 0.08)), (u(0.75, 0.92), u(0.02, 0.1))]
    foot = u(0.1, 0.6)
    down = [(foot + u(0.08, 0.3), 0.65), (foot, 1)]
    return [curve(rng, *bar, (u(0.7, 0.9), u(0.28, 0.38)), *down)]


def eight(rng: np.random.Generator) -> list[Stroke]:
    """An S, and back up on the other side; the end may miss the beginning or pass it."""
    u = rng.uniform
    top, waist, over = u(0.18, 0.45), u(0.36, 0.7), u(-0.2, 0.22)
    low = u(0.2, 0.48) * min(1, 1.8 * (1 - waist))
    head = 0.5 + over  # the upper loop's middle
    ess = [(head + top * u(0.3, 1.8), u(-0.02, 0.22)), (head, 0), (head - top, u(0.14, 0.28))]
    belly = [(0.5, waist), (0.5 + low, u(0.7, 0.8)), (0.5, 1), (0.5 - low, u(0.7, 0.84))]
    back = [(0.5, waist + u(-0.03, 0.08)), (head + top * u(0.7, 1.1), u(0.12, 0.28))]
    return [curve(rng, *ess, *belly, *back, (head + top * u(0.1, 1.3), u(-0.05, 0.1)))]


def eight_rings(rng: np.random.Generator) -> list[Stroke]:
    u = rng.uniform
    waist = u(0.4, 0.54)
    upper = ring(rng, (0.5 + u(-0.05, 0.1), waist / 2), (u(0.2, 0.38), waist / 2), 80, u(350, 390))
    radius = (1 - waist) / 2
    return [upper, ring(rng, (0.5, waist + radius), (u(0.25, 0.42), radius), -100, -u(350, 390))]


def eight_slanted(rng: np.random.Generator) -> list[Stroke]:
    """Begun at the waist or the right, the loops narrow and far apart, with a straight back."""
    u = rng.uniform
    loop = u(0.12, 0.3)
    head = [(u(0.8, 0.95), u(0.08, 0.2)), (0.6, 0), (0.6 - loop, 0.15), (0.52, u(0.38, 0.45))]
    foot = [(0.65 + loop / 2, 0.75), (0.4, 1), (0.35 - loop, u(0.8, 0.9)), (0.45, 0.55)]
    return [curve(rng, *head, *foot, (u(0.75, 0.95), u(0.15, 0.25)), (u(0.8, 0.95), u(0.03, 0.12)))]


def eight_crossed(rng: np.random.Generator) -> list[Stroke]:
    """From the left shoulder across to the lower loop, and back across to the upper one."""
    u = rng.uniform
    waist, low, top = u(0.4, 0.6), u(0.25, 0.48), u(0.2, 0.45)
    down = [(0.5 - top * u(0.6, 1.2), u(0, 0.25)), (0.5, waist), (0.5 + low, u(0.76, 0.9))]
    turn = [(0.5, 1), (0.5 - low, u(0.76, 0.9)), (0.5, waist + 0.02)]
    over = [(0.5 + top, u(0.1, 0.25)), (u(0.4, 0.6), 0), (0.5 - top * u(0.2, 1.1), u(0.02, 0.2))]
    return [curve(rng, *down, *turn, *over)]


def eight_open_below(rng: np.random.Generator) -> list[Stroke]:
    """From the left foot around the upper loop to the right foot: the lower loop may stay open."""
    u = rng.uniform
    waist, low = u(0.42, 0.6), u(0.25, 0.45)
    up = [(0.5 - low, 1 - u(0, 0.08)), (0.5, waist + 0.03), (u(0.75, 0.9), waist * 0.45), (0.5, 0)]
    down = [(u(0.1, 0.25), waist * 0.45), (0.5, waist), (0.5 + low, u(0.75, 0.95))]
    return [curve(rng, *up, *down, (0.5 + low * u(-1, 0.8), u(0.95, 1.02)))]


def _nine_loop(rng: np.random.Generator, right: float) -> list[Point]:
    u = rng.uniform
    bottom = u(0.36, 0.7)
    start = [(right - u(-0.1, 0.35), u(0.03, 0.25)), (u(0.35, 0.6), u(0, 0.03))]
    left = [(u(-0.1, 0.15), bottom * u(0.4, 0.65)), (u(0.2, 0.45), bottom)]
    return [*start, *left, (right - u(0.05, 0.2), bottom * u(0.6, 0.9)), (right, u(0.06, 0.36))]


def nine(rng: np.random.Generator) -> list[Stroke]:
    u = rng.uniform
    right = u(0.75, 0.95)
    foot = right - u(-0.12, 0.35)
    tail = [((right + foot) / 2 + u(-0.03, 0.05), 0.55), (foot, 1)]
    return joined(rng, _nine_loop(rng, right), tail)


def nine_curved(rng: np.random.Generator) -> list[Stroke]:
    u = rng.uniform
    right = u(0.75, 0.95)
    tail = [(right - u(0, 0.08), 0.55), (right - u(0.12, 0.3), 0.88), (u(0.25, 0.5), 1)]
    tail += [(u(-0.05, 0.2), u(0.85, 0.97))] if u() < 0.6 else []
    return joined(rng, _nine_loop(rng, right), tail)


def nine_flowing(rng: np.random.Generator) -> list[Stroke]:
    """The tail turns out of the loop in one go, as in a mirrored 6 upside down."""
    u = rng.uniform
    right, bottom = u(0.7, 0.9), u(0.35, 0.5)
    loop = [(right - u(0.05, 0.2), bottom * 0.7), (0.4, bottom), (u(0, 0.15), bottom * 0.6)]
    over = [(0.35, 0.03), (right - 0.1, u(0, 0.08)), (right, u(0.25, 0.35))]
    return [curve(rng, *loop, *over, (right - u(0.03, 0.12), 0.65), (u(0.3, 0.75), 1))]


def nine_parted(rng: np.random.Generator) -> list[Stroke]:
    """Loop and tail meet badly: the loop ends short of the tail, or the tail begins above it."""
    u = rng.uniform
    right = u(0.75, 0.95)
    loop = curve(rng, *_nine_loop(rng, right - u(-0.03, 0.15)))
    x = right + u(-0.05, 0.08)
    tail = [(x - u(-0.02, 0.12), 0.55), (x - u(-0.12, 0.4), 1)]
    return [loop, curve(rng, (x, u(-0.06, 0.25)), *tail)]


def nine_open(rng: np.random.Generator) -> list[Stroke]:
    """The loop stays open on top, as in a cupped 4 with a long stem."""
    u = rng.uniform
    right, bottom = u(0.7, 0.9), u(0.4, 0.52)
    cup = [(u(0.4, 0.6), u(0, 0.06)), (u(0.05, 0.15), bottom * 0.5), (0.3, bottom)]
    stem = [(right, u(0.0, 0.12)), (right - u(0, 0.1), 0.55), (right - u(0.05, 0.3), 1)]
    return joined(rng, [*cup, (right - 0.05, bottom * u(0.5, 0.75)), stem[0]], stem[1:])


FROM_FIVE: dict[int, list[tuple[int, Hand]]] = {
    5: [(40, five), (35, five_barred), (25, five_flowing)],
    6: [(40, six), (30, six_straight), (30, six_inner)],
    7: [(40, seven), (18, seven_crossed), (15, seven_hooked), (12, seven_waved), (15, seven_round)],
    8: [
        (45, eight),
        (15, eight_rings),
        (18, eight_slanted),
        (12, eight_crossed),
        (10, eight_open_below),
    ],
    9: [(32, nine), (20, nine_curved), (18, nine_flowing), (10, nine_open), (20, nine_parted)],
}
