"""The table of an experiment for other programs and for texts: CSV, Markdown, LaTeX."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from ptnotes.language import translate
from ptnotes.reproduce.tables import FigureRow, named

if TYPE_CHECKING:
    import pandas as pd

# in a LaTeX document's text, whatever its encoding and packages
LATEX = {"±": "$\\pm$", "≥": "$\\geq$", "≤": "$\\leq$", "–": "--"}
VERDICTS = {" ✓": " (met)", " ✗": " (not met)", "✗": "failed"}


def table(rows: Sequence[Mapping[str, Any]]) -> "pd.DataFrame":
    """A row per figure with its numbers as they are: of the records of FigureRows."""
    import pandas as pd

    options = list(dict.fromkeys(name for row in rows for name in row["options"]))
    found = [
        {"run": row["run"], "topic": row["topic"]}
        | {name: row["options"].get(name) for name in options}
        | {name: row.get(name) for name in ("measure", "mean", "std", "n", "expected", "met")}
        | {"failed": len(row["failed"])}
        for row in rows
    ]
    return pd.DataFrame(found, dtype=object)


def readable(rows: Sequence[Mapping[str, Any]]) -> "pd.DataFrame":
    """A table for a text: what distinguishes the runs, mean ± sd, n, what was expected.

    If all runs have the same options, those that vary are columns; else their names are.
    """
    import pandas as pd

    made = [read(row) for row in rows]
    varying = _varying(made)
    one = len({each.measure for each in made}) == 1
    found = []
    for row in made:
        options = {translate(name.replace("_", " ")): row.options[name] for name in varying}
        line = options or {translate("run"): row.run}
        if not one:
            line[translate("measure")] = named(row.measure)
        line[named(row.measure) if one else translate("mean ± sd")] = row.figure()
        line["n"] = row.count()
        line[translate("expected")] = str(row.judged())
        found.append({name: str(value) for name, value in line.items()})
    frame = pd.DataFrame(found)
    empty = frame.columns[-1] if not any(frame.iloc[:, -1]) else None
    return frame.drop(columns=empty) if empty else frame


def read(record: Mapping[str, Any]) -> FigureRow:
    """The row of an experiment's document."""
    values: dict[str, Any] = {each.name: record.get(each.name) for each in fields(FigureRow)}
    return FigureRow(**values)


def _varying(rows: Sequence[FigureRow]) -> list[str]:
    names = rows[0].options.keys()
    if len({row.topic for row in rows}) > 1 or any(row.options.keys() != names for row in rows):
        return []
    varying = [
        name for name in names if any(row.options[name] != rows[0].options[name] for row in rows)
    ]
    distinct = {str([row.options[name] for name in varying]) for row in rows}
    return varying if len(distinct) == len({row.run for row in rows}) else []


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    text: str = table(rows).to_csv(index=False, lineterminator="\n")
    return text.rstrip("\n")


def as_markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    frame = readable(rows).map(lambda cell: cell.replace("|", "\\|"))
    right = {"n", translate("mean ± sd"), *(named(row["measure"]) for row in rows)}
    aligned = ["right" if name in right else "left" for name in frame.columns]
    return str(frame.to_markdown(index=False, disable_numparse=True, colalign=aligned))


def as_latex(rows: Sequence[Mapping[str, Any]]) -> str:
    """For the package booktabs."""
    text: str = readable(rows).to_latex(index=False, escape=True)
    for letter, command in (LATEX | VERDICTS).items():
        text = text.replace(letter, command)
    return text.rstrip("\n")


FORMS = {"markdown": as_markdown, "csv": as_csv, "latex": as_latex}


def writer(form: str | None) -> Callable[[Mapping[str, Any]], str] | None:
    """What writes an experiment's document in one of FORMS; None for another form.

    Of a document without cells, as of one that was interrupted early, it writes nothing.
    """
    write = FORMS.get(form or "")
    if write is None:
        return None

    def written(document: Mapping[str, Any]) -> str:
        rows = document["result"]["cells"]
        return write(rows) if rows else ""

    return written
