"""What differs between a document and the same run again, as tables for a screen."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ptnotes.events import Marked, Table
from ptnotes.language import translate
from ptnotes.quantities import written
from ptnotes.reproduce.comparison import DIFFERS, EQUAL, WITHIN, Verdict

if TYPE_CHECKING:
    from ptnotes.reproduce.again import DocumentRow

ROLES: dict[Verdict, str] = {EQUAL: "good", WITHIN: "warning", DIFFERS: "bad"}
SHOWN = 20  # values of a document
DIGEST = 12  # characters of a SHA-256
LONGEST = 40  # characters of a value
DIGITS = 5  # of numbers that look alike with fewer


def marked(verdict: Verdict) -> Marked:
    """The verdict in its colour."""
    return Marked((translate(verdict), ROLES[verdict]))


def environment(path: str, differing: Sequence[dict[str, Any]]) -> Iterator[Table]:
    """A table of what else differs, if anything does: ``comparison.environment``."""
    rows = []
    for each in differing:
        name = each["name"] if each["part"] == "data_files" else each["name"].replace("_", " ")
        if (each["part"], name) == ("data_files", "files"):
            name = translate("data files")
        rows.append((Marked((translate(name), "")), *_both(each)))
    if rows:
        yield Table(f"What else differs: {path}", ("", "recorded", "now"), rows)


def values(row: "DocumentRow") -> Iterator[Table]:
    """A table of the values that differ, if any do; of many, the first."""
    cells: list[tuple[str, ...]] = [
        (Marked((each["value"], "")), *_both(each), marked(each["verdict"]))
        for each in row.differences[:SHOWN]
    ]
    if more := row.differences[SHOWN:]:
        cells.append((Marked((translate(f"and {len(more):,} more"), "dim")), "", "", ""))
    if cells:
        title = f"Values that differ: {row.file}"
        if other := [Path(each["name"]).name for each in row.environment if _is_other_file(each)]:
            title = f"Values that differ, with another {', '.join(other)}: {row.file}"
        yield Table(title, ("value", "recorded", "now", "verdict"), cells)


def _is_other_file(each: dict[str, Any]) -> bool:
    return each["part"] == "data_files" and isinstance(each["recorded"], str)


def _both(each: dict[str, Any]) -> tuple[str, str]:
    """Both values as they are shown, with as many digits as it takes to tell them apart."""
    place: str = each["name"] if "part" in each else each["value"]
    name = re.sub(r"\[\d+\]", "", place).rpartition(".")[2].removesuffix("_std")
    pair = each["recorded"], each["now"]
    texts = [_shown(written(name, value)) for value in pair]
    for digits in range(DIGITS, 18) if all(isinstance(value, float) for value in pair) else ():
        if texts[0] != texts[1]:
            break
        texts = [f"{value:.{digits}g}" for value in pair]
    missing = Marked((translate("not recorded" if "part" in each else "none"), "dim"))
    one, other = (
        missing if value is None else Marked((text, ""))
        for value, text in zip(pair, texts, strict=True)
    )
    return one, other


def _shown(text: str) -> str:
    """A digest's beginning; the beginning of what is long."""
    if re.fullmatch("[0-9a-f]{64}", text):
        return text[:DIGEST] + "…"
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
