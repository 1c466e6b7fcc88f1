"""Values from a JSON document, checked: each function raises ValueError for what it can't be."""

import re
from fractions import Fraction
from typing import Any

# an exponent would make a number of any size; Python reads 4300 digits at most
EXACT = re.compile(r"-?\d{1,4000}(/[1-9]\d{0,3999})?", re.ASCII)


def check(holds: bool, what: str) -> None:
    """Raises ValueError if it doesn't hold."""
    if not holds:
        raise ValueError(what)


def number(value: Any, least: int = 0) -> int:
    """An integer from ``least`` on."""
    check(type(value) is int and value >= least, f"{value!r:.50} is no integer from {least} on")
    return int(value)


def text(value: Any) -> str:
    check(isinstance(value, str), f"{value!r:.50} is no text")
    return str(value)


def exact(value: Any) -> int | Fraction:
    """``"12"`` or ``"-1/3"``."""
    check(EXACT.fullmatch(text(value)) is not None, f"{value:.50} is no exact number")
    return Fraction(value) if "/" in value else int(value)
