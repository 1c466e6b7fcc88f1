"""An inspection as tables for a screen of ``width`` cells."""

from collections.abc import Iterator, Sequence
from itertools import islice

from rich.cells import cell_len

from ptnotes.events import Marked, Table
from ptnotes.inspect.inspection import Inspection, Seen
from ptnotes.language import translate
from ptnotes.predict.inference import Prediction
from ptnotes.quantities import written

TOP = 3  # classes beside a prefix of a surname
MOST = 5  # classes of an image
ADDS = "multiply-\nadds"
GAP = 2  # cells between columns
OPTIONAL = ("min", "max", "mean", "zeros", "type")  # left out first where it is narrow

Columns = dict[str, list[str]]  # heading → cells


def tables(found: Inspection, width: int) -> Iterator[Table]:
    """The layers; then what an input gives, where there is one."""
    yield layers(found, width)
    if found.seen is None:
        return
    if found.seen.by_prefix is not None:
        yield _prefixes(found, found.seen)
    elif found.topic == "diabetes":
        yield _features(found, found.seen)
    else:
        shares = islice(found.seen.probabilities.items(), MOST)
        cells = [(Marked((label, "")), f"{share:>7.2%}") for label, share in shares]
        yield Table("Probabilities", ("class", "probability"), cells)


def layers(found: Inspection, width: int) -> Table:
    """A row per step, and their sum."""
    rows = found.layers()
    totals = {key: sum(each[key] for each in rows) for key in ("parameters", "multiply_adds")}
    columns: Columns = {
        "layer": [*(_plain(each["layer"]) for each in rows), _total()],
        "type": [*(each["type"] for each in rows), ""],
        "output": [*("×".join(map(str, each["output"])) for each in rows), ""],
    }
    numbers = {
        "parameters": [_count(each["parameters"]) for each in [*rows, totals]],
        ADDS: [_count(each["multiply_adds"]) for each in [*rows, totals]],
        "time": [*(f"{each['time_share']:.1%}" for each in rows), ""],
    }
    if found.seen:
        for name in ("min", "mean", "max"):
            numbers[name] = [*(f"{each[name]:.2f}" for each in rows), ""]
        numbers["zeros"] = [*(f"{each['zero_share']:.1%}" for each in rows), ""]
    columns |= {name: _right(name, cells) for name, cells in numbers.items()}
    return Table(_title(found), *_fitting(columns, width))


def _title(found: Inspection) -> str:
    if found.topic == "names":
        return f"Layers, for the surname {found.letters()}"
    return "Layers, for one sample"


def _total() -> str:
    return Marked((translate("total"), "accent"))


def _count(number: int) -> str:
    return written("count", number) if number else ""


def _right(heading: str, cells: Sequence[str]) -> list[str]:
    """Numbers flush right, below their heading."""
    width = max(map(cell_len, [*translate(heading).split("\n"), *cells]))
    return [_plain(each.rjust(width)) for each in cells]


def _plain(text: str) -> str:
    """A name, which is no text to translate."""
    return Marked((text, ""))


def _fitting(columns: Columns, width: int) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Headings and rows of as many columns as there is room for."""
    kept = dict(columns)
    for name in OPTIONAL:
        if _width(kept) > width:
            kept.pop(name, None)
    return tuple(kept), list(zip(*kept.values(), strict=True))


def _width(columns: Columns) -> int:
    lines = [[*translate(name).split("\n"), *cells] for name, cells in columns.items()]
    return sum(max(map(cell_len, each)) for each in lines) + GAP * (len(columns) - 1)


def _prefixes(found: Inspection, seen: Seen) -> Table:
    assert seen.by_prefix is not None
    text, rows = found.letters(), []
    for end, probabilities in enumerate(seen.by_prefix, start=1):
        ranked = Prediction("", probabilities).ranked(found.classes)
        likely = (f"{label} {share:.1%}" for label, share in islice(ranked.items(), TOP))
        prefix = Marked((text[: end - 1], "dim"), (text[end - 1], "accent"))
        contribution = f"{seen.contributions[end - 1].item():>+6.2f}"
        rows.append((prefix, _plain(", ".join(likely)), contribution))
    return Table("Character by character", ("read", "top three", "gradient × input"), rows)


def _features(found: Inspection, seen: Seen) -> Table:
    values: Sequence[float] = found.sample.inputs[0][0].tolist()
    rows = [
        (str(number), f"{value:>7.4f}", f"{contribution:>+7.4f}")
        for number, (value, contribution) in enumerate(
            zip(values, seen.contributions.tolist(), strict=True), start=1
        )
    ]
    return Table("Feature by feature", ("feature", "value", "gradient × input"), rows)
