"""Two documents of one run, value by value; what is a time is left out. No torch here."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from ptnotes.datasets.digests import is_same_content
from ptnotes.quantities import SHARES
from ptnotes.runs.older import completed

Document = dict[str, Any]
Verdict = Literal["equal to the bit", "within tolerance", "differs"]
EQUAL: Final = "equal to the bit"
WITHIN: Final = "within tolerance"
DIFFERS: Final = "differs"
RELATIVE = 10  # times the tolerance: that of a number that is no share, relative to its size
ROUNDING = 1 + 1e-9  # 0.782 - 0.78 is more than 0.002
ABSENT = object()


@dataclass(frozen=True)
class Difference:
    """A value that isn't what was recorded; None is one that isn't there.

    ``value`` is its place in the document: "history[2].test_loss".
    """

    value: str
    recorded: Any
    now: Any
    verdict: Verdict


@dataclass
class Comparison:
    """How many values came out how, and those that differ."""

    counts: Counter[Verdict] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        """The worst of all values."""
        return DIFFERS if self.counts[DIFFERS] else WITHIN if self.counts[WITHIN] else EQUAL


def compare(recorded: Document, now: Document, tolerance: float = 0.0) -> Comparison:
    """History and result of a run and of the same run again. What isn't within the tolerance is
    listed first, and of that the top of the result.

    Values that only ``now`` has don't count: an older version recorded less. With a ``tolerance`` T
    shares, such as accuracies, may differ by T; losses and other floats by T or by RELATIVE · T of
    their size, whichever is more; of N predictions that are counted, or make the share of a class
    of n samples, T · N may differ. Texts, truth values and other whole numbers must be equal.
    """
    found = Comparison()
    predictions = _predictions(recorded["result"])
    for part, empty in (("history", []), ("result", {})):
        for place, name, one, other, samples in _pairs(
            part, part, recorded.get(part, empty), now.get(part, empty), predictions
        ):
            verdict = _verdict(name, one, other, tolerance * predictions / samples)
            found.counts[verdict] += 1
            if verdict != EQUAL:
                then, here = (None if each is ABSENT else each for each in (one, other))
                found.differences.append(Difference(place, then, here, verdict))
    found.differences.sort(key=lambda each: (each.verdict != DIFFERS, each.value.count("[")))
    return found


def _pairs(
    place: str, name: str, one: Any, other: Any, samples: float
) -> Iterator[tuple[str, str, Any, Any, float]]:
    """Every recorded value with that of now, its place and name, and the samples it is of."""
    if isinstance(one, dict) and isinstance(other, dict):
        samples = _count(one.get("samples")) or samples
        for key, value in one.items():
            if "seconds" not in key:
                yield from _pairs(f"{place}.{key}", key, value, other.get(key, ABSENT), samples)
    elif isinstance(one, list) and isinstance(other, list):
        for index, value in enumerate(one):
            found = other[index] if index < len(other) else ABSENT
            yield from _pairs(f"{place}[{index}]", name, value, found, samples)
        for index, value in enumerate(other[len(one) :], start=len(one)):
            yield f"{place}[{index}]", name, ABSENT, value, samples
    else:
        yield place, name, one, other, 1 if name == "confusion" else samples


def _predictions(result: Mapping[str, Any]) -> int:
    """How many samples were predicted, from their classes; 1 where the document doesn't say."""
    rows = result.get("per_class")
    rows = rows if isinstance(rows, list) else []
    return sum(_count(row.get("samples")) for row in rows if isinstance(row, dict)) or 1


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _verdict(name: str, one: Any, other: Any, tolerance: float) -> Verdict:
    """``tolerance`` is that of a share of these samples, or of a count."""
    if not (_is_number(one) and _is_number(other)):
        return EQUAL if type(one) is type(other) and one == other else DIFFERS
    if one == other and math.copysign(1, one) == math.copysign(1, other):
        return EQUAL
    allowed = tolerance
    if not _is_share(name) and name != "confusion":
        if isinstance(one, int) and isinstance(other, int):
            return DIFFERS
        allowed *= max(1, RELATIVE * max(abs(one), abs(other)))
    return WITHIN if tolerance and abs(one - other) <= allowed * ROUNDING else DIFFERS


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_share(name: str) -> bool:
    """Its standard deviation is one too."""
    return name.removesuffix("_std").endswith(SHARES)


def environment(recorded: Document, now: Document) -> list[dict[str, Any]]:
    """What else differs: {"part", "name", "recorded", "now"}, of which None is "not recorded".

    The parts are "environment", "config" and "data_files", whose values are SHA-256; files are the
    same if one is packed and the other not. What older versions had no name for is as it was then.
    """
    found = []
    for part in ("environment", "config", "data_files"):
        then, here = (_part(each, part) for each in (recorded, now))
        if part == "config":
            whole = completed(recorded["topic"], then)
            then = {name: value for name, value in whole.items() if name in here} | then
        if part == "data_files" and here and not then:
            here = {"files": len(here)}
        for name in dict.fromkeys([*then, *here]):
            one, other = then.get(name), here.get(name)
            packed = part == "data_files" and one and other and is_same_content(one, other)
            if one != other and not packed:
                found.append({"part": part, "name": name, "recorded": one, "now": other})
    return found


def _part(document: Document, part: str) -> dict[str, Any]:
    values = dict(document.get(part, {}))
    if part == "environment":
        version = {"ptnotes": document.get("version")}
        return version | values | {"processes": values.get("processes", 1)}
    if part == "data_files":
        return {name.removesuffix(".gz"): digest for name, digest in values.items()}
    return values
