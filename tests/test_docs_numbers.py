"""Percentages in the pages' prose have a source: docs/measured, an output that the slow tests run
again, or the ledger of claims.
"""

import json
import re
import statistics
from collections.abc import Iterator
from typing import Any

import pytest

from ptnotes.engine.metrics import wilson_interval
from tests.benchmarks.report import PERCENT
from tests.documentation import ROOT

DOCS = ROOT / "docs"
LEDGER = DOCS / "claims.md"
PAGES = [
    *ROOT.glob("README*.md"),
    *(page for page in sorted(DOCS.rglob("*.md")) if page.name not in ("claims.md", "commands.md")),
]
BLOCK = re.compile(r"<!-- \w+:.*?<!-- end -->|```.*?```", re.DOTALL)  # tables, code, outputs
PERCENTAGE = re.compile(r"\d+\.\d\d(?= ?%)|(?<=± )\d+\.\d\d")  # a deviation, too
COUNTED = [3136 / 6700, 225 / 933]  # names of Russia, as the page says
COMPUTED = wilson_interval(0.9878, 10_000)


def measured(document: dict[str, Any]) -> Iterator[float]:
    """Every accuracy of an experiment or a benchmark, with means and deviations, in percent."""
    for cell in document.get("cells", []):
        numbers = [cell.get("mean"), cell.get("std"), *cell["values"].values()]
        yield from (100 * number for number in numbers if number is not None)
    for row in document.get("rows", []):
        for name, found in row.items():
            if name.endswith(PERCENT):
                yield from (*found, statistics.mean(found))
                yield from [statistics.stdev(found)] if len(found) > 1 else []


@pytest.fixture(scope="module")
def sources() -> set[str]:
    """Every percentage of two decimals that has a source."""
    documents = [json.loads(path.read_text("utf-8")) for path in (DOCS / "measured").glob("*.json")]
    numbers = [number for document in documents for number in measured(document)]
    numbers += [100 * share for share in (*COUNTED, *COMPUTED)]
    outputs = [block for page in PAGES for block in BLOCK.findall(page.read_text("utf-8"))]
    texts = [LEDGER.read_text("utf-8"), *outputs]
    found = {each for text in texts for each in PERCENTAGE.findall(text)}
    return found | {f"{number:.2f}" for number in numbers}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_percentages_were_measured(page, sources):
    prose = BLOCK.sub("", page.read_text("utf-8"))
    assert [each for each in PERCENTAGE.findall(prose) if each not in sources] == []
