"""How a quantity is written on screen: one format for each, by its name in the JSON document."""

import math
from typing import Any

SHARES = ("accuracy", "accuracy_interval", "share", "precision", "recall", "f1", "probability")
IDENTITIES = ("seed", "epoch", "line", "date")  # numbers that count nothing


def written(name: str, value: Any) -> str:
    """Shares in percent with two decimals, losses with four, times in seconds with two, counts
    with a comma between thousands.
    """
    if isinstance(value, dict):
        return ", ".join(
            f"{key.replace('_', ' ')} {written(key, each)}" for key, each in value.items()
        )
    if isinstance(value, list | tuple):
        return "[" + ", ".join(written(name, each) for each in value) + "]"
    if isinstance(value, float):
        return format(value, spec_of(name, value))
    if isinstance(value, int) and not isinstance(value, bool) and not name.endswith(IDENTITIES):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    return str(value)


def spec_of(name: str, value: float) -> str:
    """The format of a float."""
    if name.endswith(SHARES):
        return ".2%"
    if name.endswith("seconds"):
        return ".2f"
    if name.endswith("loss"):
        return ".4f" if 1e-3 <= abs(value) < 1e4 or not value else ".2e"
    return ",.0f" if 1e4 <= abs(value) < 1e15 else ".6g"


def is_round(number: int) -> bool:
    """Whether it is one of 1, 2, 5, 10, 20, 50, …: of many rows, those that are shown."""
    return str(number).rstrip("0") in ("1", "2", "5")


def with_deviation(name: str, mean: float, deviation: float) -> str:
    """``99.23% ± 0.07%``: as many digits as the deviation bears, which has two."""
    if not (math.isfinite(deviation) and deviation > 0):
        return f"{written(name, mean)} ± {written(name, deviation)}"
    factor, sign = (100, "%") if name.endswith(SHARES) else (1, "")
    places = max(0, 1 - math.floor(math.log10(deviation * factor)))
    if places > 9:
        return f"{mean * factor:.6g}{sign} ± {deviation * factor:.2g}{sign}"
    return f"{mean * factor:.{places}f}{sign} ± {deviation * factor:.{places}f}{sign}"
