"""``reproduce`` of documents: the same runs again, compared with what was recorded."""

import contextlib
import json
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ptnotes import api
from ptnotes.errors import DeviceError, DivergedError, UsageError
from ptnotes.events import Event, Header, Marked, Progress, Result, Row, RunRecord, column
from ptnotes.reproduce import comparison, difference_tables, recorded
from ptnotes.reproduce.comparison import DIFFERS, EQUAL, WITHIN, Document, Verdict


@dataclass(frozen=True)
class DocumentRow(Row):
    """A document, and what came out when its run was made again: how many of its values are equal.

    ``environment`` lists what else differs, ``differences`` the values that do; ``diverged`` is why
    there is no result, ``command`` what one would type.
    """

    topic: str
    command: str | None
    environment: list[dict[str, Any]]
    differences: list[dict[str, Any]]
    diverged: str | None
    verdict: Verdict = column("verdict", "<16")
    equal: int = column("equal")
    within_tolerance: int = column("within")
    differs: int = column("differ")
    file: str = column("document")

    def shown(self, name: str) -> Marked | None:
        """The verdict in its colour."""
        return difference_tables.marked(self.verdict) if name == "verdict" else None


def events(
    paths: Sequence[Path],
    *,
    tolerance: float | None = None,
    device: str | None = None,
    threads: int | None = None,
    data_dir: Path | None = None,
) -> Iterator[Event]:
    """Run again what the documents record, and compare: a row per document, then what differs.

    ``paths`` are runs' directories, their run.json, or what ``--json`` has printed. All are read
    before anything runs, and nothing is written. ``tolerance`` is that of ``comparison.compare``,
    0 if it isn't given; ``device`` is the document's if it is here, else the best that is.

    The result says whether all are reproduced, be it within the tolerance. Raises UsageError for a
    tolerance that isn't from 0 to 1, DataError for a document or data that can't be read, and what
    a training raises besides.
    """
    import torch

    from ptnotes.engine.device import environment

    tolerance = tolerance or 0.0
    if not 0 <= tolerance <= 1:
        raise UsageError(f"--tolerance is {tolerance}, not a number from 0 to 1")
    documents = [recorded.read(path) for path in paths]
    config = {"files": list(map(str, paths)), "tolerance": tolerance}
    here = environment(torch.device("cpu"))
    yield Header("reproduce", config, here, rows=len(paths), records="result.runs")
    rows: list[DocumentRow] = []
    told: list[dict[str, Any]] = []
    for path, document in zip(paths, documents, strict=True):
        options = _options(path, document, device) | {"threads": threads}
        if options.get("data", "sample") != "sample":
            options["data_dir"] = data_dir
        now, diverged = RunRecord(), None
        try:
            told = yield from _again(path, document, options, now, told)
        except DivergedError as error:
            diverged = str(error)
        row = _row(path, document, _plain(now.document()), tolerance, diverged)
        rows.append(row)
        yield row
    for row in rows:
        yield from difference_tables.values(row)
    counts = Counter(row.verdict for row in rows)
    yield Result(
        {"reproduced": not counts[DIFFERS], "documents": len(rows), "equal": counts[EQUAL]}
        | {"within_tolerance": counts[WITHIN], "differs": counts[DIFFERS]}
    )


def _options(path: Path, document: Document, device: str | None) -> dict[str, Any]:
    """Those of the document, with a device that is here. Raises DataError, DeviceError."""
    from ptnotes.engine.device import pick_device
    from ptnotes.topics.options import check_value

    options = recorded.options_of(document)
    try:
        check_value("device", options.setdefault("device", "auto"))
    except ValueError as error:
        raise recorded.unusable(path, error) from error
    if device is not None:
        return options | {"device": device}
    try:
        pick_device(options["device"])
    except DeviceError:
        return options | {"device": "auto"}
    return options


def _again(
    path: Path,
    document: Document,
    options: dict[str, Any],
    now: RunRecord,
    told: list[dict[str, Any]],
) -> Generator[Event, None, list[dict[str, Any]]]:
    """Fill ``now`` with the run, as far as it is recorded. Yields Progress and, before it trains,
    what else differs, unless that was ``told`` of the document before. Returns what differs.
    """
    rows = recorded.rows_of(document) if recorded.is_unfinished(document) else None
    differing: list[dict[str, Any]] = []
    try:
        found = api.events(document["topic"], **options)
    except (TypeError, ValueError) as error:  # an option or value that there isn't
        raise recorded.unusable(path, error) from error
    with contextlib.closing(now.follow(found)) as followed, _usable(path):
        for event in followed:
            match event:
                case Header():
                    differing = comparison.environment(document, _plain(now.document()))
                    if differing != told:
                        yield from difference_tables.environment(str(path), differing)
                case Progress():
                    yield replace(event, of=f"{path} {event.of}".strip())
            if rows is not None and len(now.rows) >= len(rows):
                break
    return differing


@contextlib.contextmanager
def _usable(path: Path) -> Iterator[None]:
    """Options that don't fit each other are the document's fault: DataError."""
    try:
        yield
    except UsageError as error:
        raise recorded.unusable(path, error) from error


def _plain(document: Document) -> Document:
    """As JSON has it."""
    found: Document = json.loads(json.dumps(document))
    return found


def _row(
    path: Path, document: Document, now: Document, tolerance: float, diverged: str | None
) -> DocumentRow:
    found = comparison.compare(recorded.measured(document), now, tolerance)
    return DocumentRow(
        topic=document["topic"],
        command=now.get("command"),
        environment=comparison.environment(document, now),
        differences=[asdict(each) for each in found.differences],
        diverged=diverged,
        verdict=DIFFERS if diverged else found.verdict,
        equal=found.counts[EQUAL],
        within_tolerance=found.counts[WITHIN],
        differs=found.counts[DIFFERS],
        file=str(path),
    )
