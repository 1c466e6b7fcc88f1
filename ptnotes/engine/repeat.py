"""A topic with several seeds: each one's result, then mean and standard deviation."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, make_dataclass, replace
from typing import Any

from ptnotes.engine import distributed
from ptnotes.errors import DivergedError
from ptnotes.events import Event, Header, Progress, Result, Row, SeedRows, column

# a seed, its numbers or why there are none, and its rows
Outcome = tuple[int, dict[str, float] | DivergedError, tuple[Row, ...]]
NOT_MEASURED = ("parameters", "best_epoch")


@dataclass(frozen=True)
class DivergedRow(Row):
    """A seed that came to no result, and why."""

    seed: int = column("seed", "d")
    diverged: str = column("diverged")


def repeat(run: Callable[[int], Iterable[Event]], seeds: Sequence[int]) -> Iterator[Event]:
    """``run`` a topic with each of the seeds; a row for each, after its SeedRows.

    The result holds mean and sample standard deviation of every number that the topic's own result
    holds, over the seeds that came to one; those that diverged are listed under "diverged". Raises
    DivergedError if all of them did, and whatever else the topic does. Under torchrun each process
    has its share of the seeds, and the rows come at the end.
    """
    rank, processes = distributed.sharing()
    own: list[Outcome] = []
    for seed in seeds[rank::processes]:
        for event in _outcome(run, seed):
            match event:
                case Header() if seed == seeds[rank]:
                    config = event.config | {"seed": seeds[0], "seeds": len(seeds)}
                    yield replace(event, config=config, rows=len(seeds), records="result.runs")
                case Progress():
                    yield replace(event, of=f"seed {seed}")
                case tuple():
                    own.append(event)
                    if processes == 1:
                        yield from _rows_of(event)
    outcomes = own
    if processes > 1:
        outcomes = distributed.gather_in_order(own)
        for outcome in outcomes:
            yield from _rows_of(outcome)
    results = [found for _, found, _ in outcomes if not isinstance(found, DivergedError)]
    diverged = [seed for seed, found, _ in outcomes if isinstance(found, DivergedError)]
    if not results:
        raise outcomes[-1][1]  # type: ignore[misc]  # all of them diverged
    yield Result(_summary(results) | ({"diverged": diverged} if diverged else {}))


def _outcome(run: Callable[[int], Iterable[Event]], seed: int) -> Iterator[Event | Outcome]:
    """The events of a run, in the end the seed and its numbers or why it has none."""
    rows = []
    try:
        with distributed.alone():
            for event in run(seed):
                yield event
                if isinstance(event, Row):
                    rows.append(event)
                if isinstance(event, Result):
                    yield seed, _numbers(event.values), tuple(rows)
    except DivergedError as error:
        yield seed, error, ()


def _rows_of(outcome: Outcome) -> Iterator[Event]:
    seed, found, rows = outcome
    if isinstance(found, DivergedError):
        yield DivergedRow(seed, str(found))
    else:
        yield SeedRows(seed, rows)
        yield _row(seed, found)


def _numbers(values: dict[str, Any]) -> dict[str, float]:
    """A truth value counts as 1 or 0: its mean is a share."""
    return {
        name: value
        for name, value in values.items()
        if isinstance(value, int | float) and name not in NOT_MEASURED
    }


def _row(seed: int, numbers: dict[str, float]) -> Row:
    """The seed and its numbers, a column for each."""
    columns: list[tuple[str, type, Any]] = [("seed", int, column("seed", "d"))]
    for name, value in numbers.items():
        columns.append((name, type(value), column(name.replace("_", " "), _spec(name, value))))
    row: Row = make_dataclass("SeedRow", columns, bases=(Row,), frozen=True)(seed, **numbers)
    return row


def _spec(name: str, value: float) -> str:
    if name.endswith(("accuracy", "share")):
        return ".2%"
    if name.endswith("seconds"):
        return ".2f"
    return "d" if isinstance(value, int) else ".4g"


def _summary(results: list[dict[str, float]]) -> dict[str, Any]:
    """``name`` and ``name_std`` of every number; with one seed there is no deviation."""
    import pandas as pd

    table = pd.DataFrame(results).astype(float)
    summary: dict[str, Any] = {}
    for name in results[0]:
        summary[name] = float(table[name].mean())
        if len(table) > 1:
            summary[f"{name}_std"] = float(table[name].std())
    return summary
