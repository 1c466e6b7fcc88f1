"""Runs the checks of the notes' claims and gives each a verdict."""

import time
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import torch

from ptnotes.engine.device import environment, pick_device, prepare
from ptnotes.engine.shards import one_thread
from ptnotes.errors import DivergedError, InternalError, PtnotesError, UsageError
from ptnotes.events import Event, Header, Marked, Progress, Result, Row, column
from ptnotes.plots import figure
from ptnotes.plots.theme import drawn
from ptnotes.plots.verdicts import verdicts
from ptnotes.verify import tables
from ptnotes.verify.claims import CLAIMS, Claim, Finding, Settings

# the tables at the end; where rows are shown they are those
SHOWN = {"rows": lambda rows: (), "summary": tables.summary, "all": tables.every}

Verdict = Literal["holds", "corrected", "fails", "error"]


@dataclass(frozen=True)
class ClaimRow(Row):
    """A claim with its verdict; the fields that are no columns are for JSON only."""

    section: str
    says: str
    right: str | None
    how: str
    needs: str
    seconds: float
    verdict: Verdict = column("verdict", "<9")
    line: int = column("line", "d")
    id: str = column("claim", "<35")
    measured: dict[str, Any] = column("measured")

    def shown(self, name: str) -> Marked | None:
        """The verdict in colour."""
        if name != "verdict":
            return None
        return Marked(
            (f"{self.verdict:<9}", "bad" if self.verdict in ("fails", "error") else "good")
        )


def select(only: Sequence[str], *, quick: bool) -> list[Claim]:
    """The claims whose id or section is in ``only`` (all, if it is empty).

    ``quick`` leaves out those that need training or data. Raises UsageError for a name that is
    neither, or if none is left.
    """
    names = {claim.id for claim in CLAIMS} | {claim.section for claim in CLAIMS}
    for name in only:
        if name not in names:
            near = get_close_matches(name, sorted(names), n=1)
            hint = f"did you mean '{near[0]}'?" if near else "--list shows them"
            raise UsageError(f"--only: there is no claim or section '{name}'; {hint}")
    chosen = [
        claim
        for claim in CLAIMS
        if (not only or claim.id in only or claim.section in only)
        and not (quick and claim.needs != "nothing")
    ]
    if not chosen:
        raise UsageError("--only: these claims need data or training; leave --quick out")
    return chosen


def judge(
    claim: Claim, settings: Settings
) -> Generator[Progress, None, tuple[ClaimRow, Exception | None]]:
    """Run a claim's check; yields the Progress of a training.

    An unexpected exception is the check's fault, not the notes': the verdict is "error", and the
    exception is returned too. A training that diverges fails. Raises what the user can mend: other
    PtnotesErrors, such as DataError for missing data, and MemoryError.
    """
    prepare(device="cpu", threads=settings.threads)
    torch.manual_seed(settings.seed)  # for each claim, so that it does not depend on the others
    started = time.perf_counter()
    internal: Exception | None = None
    try:
        if claim.needs == "nothing":
            with one_thread():  # far faster than two on busy cores, and no slower on idle ones
                finding = claim.check()
        else:
            finding = claim.check(settings)
        if isinstance(finding, Generator):
            finding = yield from _named(finding, claim.id)
    except DivergedError as error:
        finding = Finding(False, {"error": str(error)})
    except (PtnotesError, MemoryError):
        raise
    except Exception as error:
        internal, finding = error, Finding(False, {"error": f"{type(error).__name__}: {error}"})
    confirmed: Verdict = "holds" if claim.correction is None else "corrected"
    verdict: Verdict = "error" if internal else confirmed if finding.holds else "fails"
    row = ClaimRow(
        **_described(claim),
        verdict=verdict,
        measured=finding.measured,
        seconds=time.perf_counter() - started,
    )
    return row, internal


def _described(claim: Claim) -> dict[str, Any]:
    """A claim under its names in JSON."""
    return {
        "id": claim.id,
        "section": claim.section,
        "line": claim.line,
        "says": claim.statement,
        "right": claim.correction,
        "how": claim.method,
        "needs": claim.needs,
    }


def _named(
    check: Generator[Progress, None, Finding], name: str
) -> Generator[Progress, None, Finding]:
    """The check, with its name in every Progress."""
    try:
        while True:
            yield replace(next(check), of=name)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


def run(
    *,
    only: Sequence[str],
    quick: bool,
    seed: int,
    device: str,
    threads: int | None,
    data_dir: Path | None,
    shown: Literal["rows", "summary", "all"] = "rows",
    plot: Path | None = None,
    theme: str = "light",
) -> Iterator[Event]:
    """Yields a row per claim, which the JSON document holds, or at the end tables for a screen:
    a summary, or all claims by line. Then the Result. ``plot`` gets the verdicts by section.

    Raises UsageError, DeviceError and DataError before; after the Result, which has the claims
    judged so far, DataError for a ``plot`` that can't be written, what a check raises that the user
    can mend, and InternalError if a check ended in another error.
    """
    claims = select(only, quick=quick)
    if plot:
        figure.check_path(plot, "--plot")
    used_device = pick_device(device)
    settings = Settings(seed, device, threads, data_dir)
    started = time.perf_counter()
    config = {"only": list(only), "quick": quick, "seed": seed, "device": str(used_device)}
    yield Header(
        "verify", config, environment(used_device), rows=len(claims), records="result.claims"
    )
    rows: list[ClaimRow] = []
    internal: dict[str, Exception] = {}
    ended: PtnotesError | KeyboardInterrupt | None = None
    for index, claim in enumerate(claims):
        try:
            yield Progress(None, index, len(claims), "claims")
            row, error = yield from judge(claim, settings)
        except (PtnotesError, KeyboardInterrupt) as failure:
            ended = failure
            break
        rows.append(row)
        if error:
            internal[row.id] = error
        if shown == "rows":
            yield row
    # interrupted, the document has the rows so far, and says so
    if shown != "rows" or not isinstance(ended, KeyboardInterrupt):
        yield from SHOWN[shown](rows)
        yield Result(_result(rows) | {"wall_seconds": time.perf_counter() - started})
    if plot and rows:
        found = {"claims": [row.record() for row in rows]}
        document = {"topic": "verify", "config": config, "result": found}
        figure.save(drawn(theme, verdicts, document), plot)
    if ended:
        raise ended
    for error in internal.values():
        raise InternalError(
            f"the check of {', '.join(internal)} ended in {type(error).__name__}: {error} "
            "(a bug of ptnotes, not of the notes; PTNOTES_DEBUG=1 says where)"
        ) from error


def _result(rows: Sequence[ClaimRow]) -> dict[str, Any]:
    """How many claims got which verdict."""
    counts = Counter(row.verdict for row in rows)
    return {
        "checked": len(rows),
        **{each: counts[each] for each in ("holds", "corrected", "fails")},
        "errors": counts["error"],
        "failed": [row.id for row in rows if row.verdict == "fails"],
    }


def list_claims(*, only: Sequence[str], quick: bool) -> Iterator[Event]:
    """The claims, without running a check. Raises UsageError."""
    claims = select(only, quick=quick)
    yield Header("verify", {"only": list(only), "quick": quick}, environment(torch.device("cpu")))
    yield tables.listing(claims)
    yield Result({"listed": len(claims), "claims": list(map(_described, claims))})
