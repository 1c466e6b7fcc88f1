"""A topic with several seeds: each one's result, then mean and standard deviation."""

import statistics
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, make_dataclass, replace
from typing import Any

from ptnotes.errors import DivergedError
from ptnotes.events import Event, Header, Progress, Result, Row, column

# results that are no measurements
LEFT_OUT = ("parameters", "best_epoch")


@dataclass(frozen=True)
class DivergedRow(Row):
    """A seed that came to no result, and why."""

    seed: int = column("seed", "d")
    diverged: str = column("diverged")


def repeat(
    run: Callable[..., Iterable[Event]], seeds: int, *, seed: int, **settings: Any
) -> Iterator[Event]:
    """Run a topic with the seeds ``seed``, ``seed`` + 1, …; a row for each.

    The result holds mean and sample standard deviation of every number that the topic's own result
    holds, over the seeds that came to one; those that diverged are listed under "diverged". Raises
    DivergedError if all of them did, and whatever else the topic does.
    """
    results: list[dict[str, float]] = []
    diverged: list[int] = []
    for each in range(seed, seed + seeds):
        try:
            for event in run(seed=each, **settings):
                match event:
                    case Header() if each == seed:
                        config = event.config | {"seed": seed, "seeds": seeds}
                        yield replace(
                            event, config=config, rows=seeds, shown=None, rows_in_result="runs"
                        )
                    case Progress():
                        yield replace(event, of=f"seed {each}")
                    case Result():
                        results.append(_numbers(event.values))
                        yield _row(each, results[-1])
        except DivergedError as error:
            diverged.append(each)
            if len(diverged) == seeds:
                raise
            yield DivergedRow(each, str(error))
    yield Result(_summary(results) | ({"diverged": diverged} if diverged else {}))


def _numbers(values: dict[str, Any]) -> dict[str, float]:
    """A truth value counts as 1 or 0: its mean is a share."""
    return {
        name: value
        for name, value in values.items()
        if isinstance(value, int | float) and name not in LEFT_OUT
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
    summary: dict[str, Any] = {}
    for name in results[0]:
        values = [result[name] for result in results]
        summary[name] = statistics.fmean(values)
        if len(values) > 1:
            summary[f"{name}_std"] = statistics.stdev(values)
    return summary
