"""What a benchmark found, as a table on the terminal and as a document for the pages.

PTNOTES_DATA=DIR python -m tests.benchmarks.shards --json FILE
python docs/measured.py shards FILE --machine "two x86-64 cores, AVX-512"
"""

import argparse
import json
import math
import shlex
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ptnotes.engine.distributed import world_size
from ptnotes.engine.runtime import light_environment

Row = dict[str, str | list[float]]  # texts, and every value that was measured
PERCENT = "% (mean ± sd)"  # how the name of a column ends whose values are accuracies
REPEATS = "n"


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", type=Path, metavar="FILE", help="for docs/measured.py")


def spread(values: Sequence[float]) -> str:
    """The median, and of several values the extremes, to three digits of the median."""
    middle = statistics.median(values)
    digits = max(0, 2 - math.floor(math.log10(middle))) if middle > 0 else 2
    shown = f"{middle:,.{digits}f}"
    if len(values) > 1:
        shown += f" ({min(values):,.{digits}f}–{max(values):,.{digits}f})"
    return shown


def texts(rows: Sequence[Row]) -> list[dict[str, str]]:
    """The cells of each row; how often it was measured where that isn't the same everywhere."""
    counts = [[len(value) for value in row.values() if isinstance(value, list)] for row in rows]
    alike = len({count for row in counts for count in row}) <= 1
    found = []
    for row, count in zip(rows, counts, strict=True):
        cells = {name: _text(name, value) for name, value in row.items()}
        often = ", ".join(dict.fromkeys(map(str, count)))  # of the columns, where they differ
        found.append(cells if alike else cells | {REPEATS: often})
    return found


def _text(name: str, value: str | list[float]) -> str:
    if isinstance(value, str):
        return value
    if name.endswith(PERCENT) and len(value) > 1:
        return f"{statistics.mean(value):.2f} ± {statistics.stdev(value):.2f}"
    return f"{value[0]:.2f}" if name.endswith(PERCENT) else spread(value)


def heading(rows: Sequence[Row]) -> str:
    """What the numbers of these rows are; nothing of rows of texts."""
    measured = [
        (name, len(value)) for row in rows for name, value in row.items() if isinstance(value, list)
    ]
    counts = {count for _, count in measured}
    parts = [f"n = {counts.pop()}"] if len(counts) == 1 else []
    if measured and parts != ["n = 1"] and not all(name.endswith(PERCENT) for name, _ in measured):
        parts.insert(0, "median (min–max)")
    return ", ".join(parts)


def report(rows: list[Row], path: Path | None) -> None:
    """Print the table; write the document with the command, versions and every value to path."""
    names = dict.fromkeys(name for row in texts(rows) for name in row)
    table = Table(title=heading(rows))
    for name in names:
        table.add_column(name, overflow="fold")
    for row in texts(rows):
        table.add_row(*(row.get(name, "") for name in names))
    Console().print(table)
    if path:
        document: dict[str, Any] = {
            "command": _command(),
            "environment": light_environment(),
            "rows": rows,
        }
        path.write_text(json.dumps(document, indent=1, ensure_ascii=False), encoding="utf-8")


def _command() -> str:
    """The one that runs, without --json and its file."""
    words = sys.orig_argv[1:]
    if "--json" in words:
        place = words.index("--json")
        words = [*words[:place], *words[place + 2 :]]
    words = [word for word in words if not word.startswith("--json=")]
    if (processes := world_size()) == 1:
        return shlex.join(["python", *words])
    arguments = words[words.index("-m") :]  # torchrun puts -u before them
    return shlex.join(["torchrun", "--nproc-per-node", str(processes), *arguments])
