"""What verify shows: a summary per section, and claims in words."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ptnotes.events import Event, Marked, Table
from ptnotes.language import translate, translate_phrase
from ptnotes.quantities import written

if TYPE_CHECKING:
    from ptnotes.verify.claims import Claim
    from ptnotes.verify.runner import ClaimRow

MARKS = {
    "holds": ("✓ hold", "good"),
    "corrected": ("✎ corrected", "accent"),
    "fails": ("✗ fail", "bad"),
    "error": ("! error", "bad"),
}
VERDICTS = {"holds": "✓ holds", "corrected": "✎ corrected", "fails": "✗ fails", "error": "! error"}


def summary(rows: Sequence["ClaimRow"]) -> Iterator[Event]:
    """How many claims of each section got which verdict; then the corrected ones in words, and
    those that are not confirmed, which come last: nobody has to scroll up for them.
    """
    yield _sections(rows)
    for title, verdicts in (
        ("Corrected", ("corrected",)),
        ("Not confirmed", ("fails", "error")),
    ):
        found = [row for row in by_line(rows) if row.verdict in verdicts]
        if found:
            yield Table(title, ("line", "", ""), [line for row in found for line in _words(row)])


def every(rows: Sequence["ClaimRow"]) -> Iterator[Event]:
    """All claims with what was measured, sorted by line; then the sections."""
    cells: list[tuple[str, ...]] = []
    for row in by_line(rows):
        verdict = Marked((translate(VERDICTS[row.verdict]), MARKS[row.verdict][1]))
        claim = Marked((translate(row.says), ""), (f"  {row.id}", "dim"))
        cells += [(str(row.line), verdict, claim), ("", "", measured(row.measured) + "\n")]
    yield Table("Claims, by line", ("line", "verdict", "claim, and what was measured"), cells)
    yield _sections(rows)


def listing(claims: Sequence["Claim"]) -> Table:
    """The claims as the notes have them, and what is right."""
    cells: list[tuple[str, ...]] = []
    for claim in claims:
        cells.append((str(claim.line), Marked((claim.id, "accent")), claim.statement))
        if claim.correction:
            cells.append(("", "", Marked((f"→ {translate(claim.correction)}", "good"))))
    headings = ("line", "claim", "the notes say → what is right")
    return Table("The notes' checkable claims", headings, cells)


def by_line(rows: Sequence["ClaimRow"]) -> list["ClaimRow"]:
    return sorted(rows, key=lambda row: row.line)


def _sections(rows: Sequence["ClaimRow"]) -> Table:
    """In the order of the notes."""
    verdicts = [each for each in MARKS if each != "error" or any(r.verdict == each for r in rows)]
    cells: list[tuple[str, ...]] = []
    for section in dict.fromkeys(row.section for row in rows):
        found: list[str] = [row.verdict for row in rows if row.section == section]
        cells.append((section, *(_count(found.count(each), each) for each in verdicts)))
    return Table("Sections", ("section", *(MARKS[each][0] for each in verdicts)), cells)


def _count(count: int, verdict: str) -> Marked:
    return Marked((f"{count:3}" if count else "", MARKS[verdict][1]))


def _words(row: "ClaimRow") -> list[tuple[str, ...]]:
    """``line N  the notes say … / right is … / measured …``"""
    found: list[tuple[str, ...]] = [(str(row.line), _label("the notes say"), row.says)]
    if row.right:
        found.append(("", _label("right is"), row.right))
    return [*found, ("", _label("measured"), measured(row.measured) + "\n")]


def _label(text: str) -> Marked:
    return Marked((translate(text), "dim"))


def measured(values: dict[str, Any]) -> str:
    """Of a correction, what came out in the notes' way and in the right one, a line each."""
    if set(values) == {"notes", "right"}:
        ways = (("the notes' way", values["notes"]), ("the right way", values["right"]))
        return "\n".join(f"{translate(name)}: {_values(each)}" for name, each in ways)
    return _values(values)


def _values(value: Any) -> str:
    if isinstance(value, dict):
        named = ((translate(name), written(name, each)) for name, each in value.items())
        return ", ".join(f"{name} = {text}" for name, text in named)
    return translate_phrase(written("", value))
