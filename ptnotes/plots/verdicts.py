"""The verdicts on the notes' claims, by section."""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ptnotes.plots.figure import label, new_figure
from ptnotes.plots.lettering import WIDE, headline
from ptnotes.plots.theme import BEST, TEST, WRONG, muted, text_on

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def verdicts(document: Mapping[str, Any]) -> "Figure":
    """A bar for each section, in the order of the notes: how many claims hold, are corrected, fail.

    ``document["result"]["claims"]`` has an object with "section" and "verdict" for each.
    """
    from matplotlib.ticker import MaxNLocator

    claims = document.get("result", {}).get("claims", [])
    counts = Counter((claim["section"], claim["verdict"]) for claim in claims)
    sections = list(dict.fromkeys(claim["section"] for claim in claims))
    totals = Counter(claim["verdict"] for claim in claims)
    figure = new_figure(WIDE, 1.3 + 0.27 * max(2, len(sections)))
    axes = figure.subplots()
    reached = dict.fromkeys(sections, 0)
    colours = {"holds": BEST, "corrected": TEST, "fails": WRONG, "error": muted()}
    for verdict, colour in colours.items():
        widths = [counts[section, verdict] for section in sections]
        if not any(widths) and verdict != "fails":
            continue
        bars = axes.barh(
            sections,
            widths,
            left=list(reached.values()),
            color=colour,
            edgecolor=axes.get_facecolor(),
            label=f"{label(verdict)}: {totals[verdict]}",
        )
        written = axes.bar_label(
            bars, [str(width or "") for width in widths], label_type="center", fontsize="small"
        )
        for text in written:
            text.set_color(text_on(bars[0].get_facecolor()[:3]))
        for section, width in zip(sections, widths, strict=True):
            reached[section] += width
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel(label("claims"))
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=len(colours))
    headline(figure, document, label(f"{len(claims)} claims checked"))
    return figure
