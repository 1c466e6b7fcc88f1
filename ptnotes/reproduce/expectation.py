"""What a figure should be: ">= 0.985", "0.97..0.9773"."""

import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

from ptnotes.quantities import SHARES

NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    ">=": (operator.ge, "≥"),
    "<=": (operator.le, "≤"),
    "==": (operator.eq, "="),
    ">": (operator.gt, ">"),
    "<": (operator.lt, "<"),
}
FORMS = '">= 0.985", "<= 0.1", "> 0", "< 1", "== 1" or "0.97..0.98"'


@dataclass(frozen=True)
class Expectation:
    """Bounds of a figure; all of ``bounds`` must hold."""

    measure: str
    bounds: tuple[tuple[str, float], ...]

    def is_met(self, value: float) -> bool:
        return all(COMPARISONS[sign][0](value, bound) for sign, bound in self.bounds)

    def ends(self) -> tuple[float | None, float | None]:
        """The least and the largest figure that is expected, or next to it; None is no bound."""
        low = [bound for sign, bound in self.bounds if sign in (">=", ">", "==")]
        high = [bound for sign, bound in self.bounds if sign in ("<=", "<", "==")]
        return next(iter(low), None), next(iter(high), None)

    def __str__(self) -> str:
        """``≥ 98.5%``, ``97%–97.73%``."""
        numbers = [_exact(self.measure, bound) for _, bound in self.bounds]
        if len(numbers) > 1:
            return "–".join(numbers)
        return f"{COMPARISONS[self.bounds[0][0]][1]} {numbers[0]}"


def parse(measure: str, text: object) -> Expectation:
    """An expectation from its text in a file. Raises ValueError."""
    wrong = ValueError(f"{measure} is expected to be {text!r}, which is none of {FORMS}")
    if not isinstance(text, str):
        raise wrong
    if found := re.fullmatch(rf"\s*(>=|<=|==|>|<)\s*({NUMBER})\s*", text):
        bounds: tuple[tuple[str, float], ...] = ((found[1], float(found[2])),)
    elif found := re.fullmatch(rf"\s*({NUMBER})\s*\.\.\s*({NUMBER})\s*", text):
        bounds = ((">=", float(found[1])), ("<=", float(found[2])))
        if bounds[0][1] > bounds[1][1]:
            raise ValueError(f"{measure}: no figure is in {text!r}: its first number is larger")
    else:
        raise wrong
    if not all(math.isfinite(bound) for _, bound in bounds):
        raise wrong
    return Expectation(measure, bounds)


def _exact(measure: str, number: float) -> str:
    """All digits of it: what is rounded would be another bound."""
    if measure.endswith(SHARES):
        return f"{round(100 * number, 10):.12g}%"
    return f"{number:.12g}"
