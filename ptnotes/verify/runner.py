"""Runs the checks of the notes' claims and gives each a verdict."""

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import torch

from ptnotes.engine.device import environment, pick_device, prepare
from ptnotes.engine.shards import one_thread
from ptnotes.errors import UsageError
from ptnotes.events import Event, Header, Progress, Result, Row, Table, column
from ptnotes.verify.claims import CLAIMS, Claim, Finding, Settings

Verdict = Literal["holds", "corrected", "fails"]


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


def judge(claim: Claim, settings: Settings) -> Generator[Progress, None, ClaimRow]:
    """Run a claim's check; yields the Progress of a training.

    A check that raises an exception has failed, and the exception is what was measured.
    """
    prepare(device="cpu", threads=settings.threads)
    torch.manual_seed(settings.seed)  # for each claim, so that it does not depend on the others
    started = time.perf_counter()
    try:
        if claim.needs == "nothing":
            with one_thread():  # far faster than two on busy cores, and no slower on idle ones
                finding = claim.check()
        else:
            finding = claim.check(settings)
        if isinstance(finding, Generator):
            finding = yield from _named(finding, claim.id)
    except Exception as error:
        finding = Finding(False, {"error": f"{type(error).__name__}: {error}"})
    verdict: Verdict = (
        "fails" if not finding.holds else "holds" if claim.correction is None else "corrected"
    )
    return ClaimRow(
        **_described(claim),
        verdict=verdict,
        measured=finding.measured,
        seconds=time.perf_counter() - started,
    )


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
) -> Iterator[Event]:
    """Yields a row per claim. Raises UsageError, DeviceError."""
    claims = select(only, quick=quick)
    used_device = pick_device(device)
    settings = Settings(seed, device, threads, data_dir)
    started = time.perf_counter()
    config = {"only": list(only), "quick": quick, "seed": seed, "device": str(used_device)}
    yield Header(
        "verify", config, environment(used_device), rows=len(claims), records="result.claims"
    )
    counts = dict.fromkeys(("holds", "corrected", "fails"), 0)
    failed = []
    for claim in claims:
        row = yield from judge(claim, settings)
        counts[row.verdict] += 1
        if row.verdict == "fails":
            failed.append(row.id)
        yield row
    yield Result(
        {
            "checked": len(claims),
            **counts,
            "failed": failed,
            "wall_seconds": time.perf_counter() - started,
        }
    )


def list_claims(*, only: Sequence[str], quick: bool) -> Iterator[Event]:
    """The claims, without running a check. Raises UsageError."""
    claims = select(only, quick=quick)
    yield Header("verify", {"only": list(only), "quick": quick}, environment(torch.device("cpu")))
    rows = []
    for claim in claims:
        correction = f"\n→ {claim.correction}" if claim.correction else ""
        rows.append((str(claim.line), claim.id, claim.statement + correction))
    headings = ("line", "claim", "the notes say → what is right")
    yield Table("The notes' checkable claims", headings, rows)
    yield Result({"listed": len(claims), "claims": list(map(_described, claims))})
