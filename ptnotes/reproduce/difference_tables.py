"""What differs between a document and the same run again, as tables for a screen."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from ptnotes.events import Marked, Table
from ptnotes.language import translate
from ptnotes.quantities import written
from ptnotes.reproduce.comparison import DIFFERS, EQUAL, WITHIN, Verdict

ROLES: dict[Verdict, str] = {EQUAL: "good", WITHIN: "warning", DIFFERS: "bad"}
SHOWN = 20  # values of a document
DIGEST = 12  # characters of a SHA-256
LONGEST = 40  # characters of a value


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


def values(path: str, differing: Sequence[dict[str, Any]]) -> Iterator[Table]:
    """A table of the values that differ, if any do; of many, the first."""
    rows: list[tuple[str, ...]] = [
        (Marked((each["value"], "")), *_both(each), marked(each["verdict"]))
        for each in differing[:SHOWN]
    ]
    if more := differing[SHOWN:]:
        rows.append((Marked((translate(f"and {len(more):,} more"), "dim")), "", "", ""))
    if rows:
        headings = ("value", "recorded", "now", "verdict")
        yield Table(f"Values that differ: {path}", headings, rows)


def _both(each: dict[str, Any]) -> tuple[str, str]:
    """Both values as they are shown; all digits where fewer would be the same."""
    place: str = each["name"] if "part" in each else each["value"]
    name = re.sub(r"\[\d+\]", "", place).rpartition(".")[2].removesuffix("_std")
    pair = each["recorded"], each["now"]
    one, other = (_shown(written(name, value)) for value in pair)
    if one == other:
        one, other = (repr(value) for value in pair)
    nothing = "not recorded" if "part" in each else "none"
    missing = Marked((translate(nothing), "dim"))
    cells = [Marked((text, "")) for text in (one, other)]
    return tuple(  # type: ignore[return-value]  # there are two
        missing if value is None else cell for value, cell in zip(pair, cells, strict=True)
    )


def _shown(text: str) -> str:
    """A digest's beginning; the beginning of what is long."""
    if re.fullmatch("[0-9a-f]{64}", text):
        return text[:DIGEST] + "…"
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
