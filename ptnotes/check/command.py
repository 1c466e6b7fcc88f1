"""``runs check``: a row per submission."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from ptnotes.check import verdicts
from ptnotes.check.figures import ACCURACIES
from ptnotes.check.judge import Task, judge
from ptnotes.check.submissions import submissions
from ptnotes.check.verdicts import Finding
from ptnotes.check.weights import Weights, miss
from ptnotes.console.escape import printable
from ptnotes.engine.device import environment
from ptnotes.errors import DataError, UsageError
from ptnotes.events import Event, Header, Marked, Progress, Result, Table
from ptnotes.frames import frame
from ptnotes.language import translate
from ptnotes.quantities import written
from ptnotes.runs import schema
from ptnotes.topics import TRAINED

if TYPE_CHECKING:
    import pandas as pd

TOLERANCE = 0.005
SHOWN, RECORDED = 3, 10  # reasons of a submission, on the screen and in the document
LONGEST = 200  # characters of one: it may quote what the submission says
ROLES = {verdicts.OK: "good", verdicts.NOT_FOUND: "warning", verdicts.UNFINISHED: "warning"}
COLUMNS = ("submission", "verdict", "reason", "seed", "accuracy", "measured_accuracy", "run")


def events(
    directories: Sequence[Path],
    against: Path,
    *,
    tolerance: float = TOLERANCE,
    any_seed: bool = False,
    evaluate: bool = False,
    data_dir: Path | None = None,
) -> Iterator[Event]:
    """Check every submission against the run in ``against``; the result lists them.

    ``tolerance`` is that of accuracies, ``any_seed`` leaves the seed to the participant,
    ``evaluate`` measures the weights, on the data in ``data_dir``. Raises UsageError for data
    without evaluation, DataError for a reference that isn't a finished run, whose own weights
    don't give its figures here, and for directories without submissions.
    """
    if data_dir and not evaluate:
        raise UsageError("--data-dir is for --evaluate, which measures the weights")
    task = _task(against, tolerance, any_seed, evaluate, data_dir)
    found = submissions(directories)
    config = {"command": "check", "against": str(against), "tolerance": tolerance}
    config |= {"any_seed": any_seed, "evaluate": evaluate}
    yield Header("runs", config, environment(torch.device("cpu")))
    rows, cells = [], []
    for number, submission in enumerate(found, 1):
        yield Progress(None, number - 1, len(found), of="submissions")
        finding = judge(submission, task)
        rows.append(_row(submission.name, finding))
        alone = len(directories) == 1  # then what all have in common goes without saying
        shown = submission.path.name if alone else submission.name
        cells.append(_cells(shown or submission.name, finding, evaluate))
    headings = ("submission", "verdict", "accuracy", *(["measured"] if evaluate else []), "")
    yield Table("Submissions", headings, cells)
    counts = Counter(row["verdict"] for row in rows)
    verdict_counts = {each: counts[each] for each in verdicts.ORDER if counts[each]}
    yield Result(
        {"ok": counts[verdicts.OK], "not_ok": len(rows) - counts[verdicts.OK]}
        | {"verdicts": verdict_counts, "submissions": rows}
    )


def _task(
    against: Path, tolerance: float, any_seed: bool, evaluate: bool, data_dir: Path | None
) -> Task:
    """The reference, its own weights tried. Raises DataError."""
    reference = schema.read(against)
    if reference["topic"] not in TRAINED or not reference["run"]["finished"]:
        raise DataError(f"{against} is no finished run: nothing can be checked against it")
    weights = Weights(reference, data_dir) if evaluate else None
    if weights and (reason := miss(reference["result"], weights.measure(against, reference))):
        raise DataError(f"{against} does not give its own figures on this data: {reason}")
    return Task(against, reference, tolerance, any_seed, weights)


def _row(name: str, finding: Finding) -> dict[str, Any]:
    row: dict[str, Any] = {"submission": name, "verdict": finding.verdict}
    row["reason"] = "; ".join(_told(finding, RECORDED))
    return row | finding.claimed | ({"run": str(finding.run)} if finding.run else {})


def _told(finding: Finding, most: int) -> list[str]:
    told = [each[:LONGEST] for each in finding.reasons[:most]]
    more = len(finding.reasons) - most
    return [*told, f"and {more:,} more"] if more > 0 else told


def _cells(name: str, finding: Finding, evaluate: bool) -> tuple[str, ...]:
    claimed = {key: each for key, each in finding.claimed.items() if key.endswith("accuracy")}
    measured = claimed.pop("measured_accuracy", None)
    accuracies = [*claimed.values(), None][:1] + ([measured] if evaluate else [])
    reasons = map(translate, _told(finding, SHOWN))
    return (
        Marked((name, "")),
        Marked((translate(finding.verdict), ROLES.get(finding.verdict, "bad"))),
        *("" if each is None else written("accuracy", each) for each in accuracies),
        Marked(("\n".join(reasons), "")),
    )


def table(rows: Sequence[dict[str, Any]]) -> "pd.DataFrame":
    """The submissions as a table, in COLUMNS; control characters are escaped."""

    plain = []
    for row in rows:
        accuracy = next((row[each] for each in row if each in ACCURACIES), None)
        named = row | {"accuracy": accuracy}
        plain.append({name: printable(v) if isinstance(v, str) else v for name, v in named.items()})
    return frame(plain, COLUMNS).astype({"seed": "Int64"})
