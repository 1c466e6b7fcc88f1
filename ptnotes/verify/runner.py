"""Every checkable claim of the notes, run and judged."""

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import torch

from ptnotes.verify.claims import LEDGER, Claim, Finding, Settings
from ptnotes.engine.device import environment, pick_device, prepare
from ptnotes.errors import UsageError
from ptnotes.events import Event, Header, Progress, Result, Row, Table, column

Verdict = Literal["holds", "corrected", "fails"]


@dataclass(frozen=True)
class ClaimRow(Row):
    """A judged claim. On screen what it is and what was measured; the rest is for JSON."""

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
    names = {claim.id for claim in LEDGER} | {claim.section for claim in LEDGER}
    for name in only:
        if name not in names:
            near = get_close_matches(name, sorted(names), n=1)
            hint = f"did you mean '{near[0]}'?" if near else "--list shows them"
            raise UsageError(f"--only: there is no claim or section '{name}'; {hint}")
    chosen = [
        claim
        for claim in LEDGER
        if (not only or claim.id in only or claim.section in only)
        and not (quick and claim.needs != "nothing")
    ]
    if not chosen:
        raise UsageError("--only: these claims need data or training; leave --quick out")
    return chosen


def judge(claim: Claim, settings: Settings) -> Generator[Progress, None, ClaimRow]:
    """Run a claim's check; yields the Progress of a training.

    A check that raises has failed: what it raised is what was measured.
    """
    prepare(seed=settings.seed, device="cpu", threads=settings.threads)
    started = time.perf_counter()
    try:
        finding = claim.check() if claim.needs == "nothing" else claim.check(settings)
        if isinstance(finding, Generator):
            finding = yield from _named(finding, claim.id)
    except Exception as error:
        finding = Finding(False, {"error": f"{type(error).__name__}: {error}"})
    verdict: Verdict = (
        "fails" if not finding.holds else "holds" if claim.right is None else "corrected"
    )
    return ClaimRow(
        verdict=verdict,
        line=claim.line,
        id=claim.id,
        section=claim.section,
        says=claim.says,
        right=claim.right,
        how=claim.how,
        needs=claim.needs,
        measured=finding.measured,
        seconds=time.perf_counter() - started,
    )


def _named(
    check: Generator[Progress, None, Finding], name: str
) -> Generator[Progress, None, Finding]:
    """The check with its name on every Progress."""
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
    on = pick_device(device)
    settings = Settings(seed, device, threads, data_dir)
    started = time.perf_counter()
    config = {"only": list(only), "quick": quick, "seed": seed, "device": str(on)}
    yield Header("verify", config, environment(on), rows=len(claims), rows_in_result="claims")
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


def ledger(*, only: Sequence[str], quick: bool) -> Iterator[Event]:
    """The claims themselves, none of them checked. Raises UsageError."""
    claims = select(only, quick=quick)
    yield Header("verify", {"only": list(only), "quick": quick}, environment(torch.device("cpu")))
    yield Table(
        "The notes' checkable claims",
        ("line", "claim", "the notes say → what is right"),
        [
            (str(claim.line), claim.id, claim.says + (f"\n→ {claim.right}" if claim.right else ""))
            for claim in claims
        ],
    )
    keys = ("id", "section", "line", "says", "right", "how", "needs")
    listed = [{key: getattr(claim, key) for key in keys} for claim in claims]
    yield Result({"listed": len(claims), "claims": listed})
