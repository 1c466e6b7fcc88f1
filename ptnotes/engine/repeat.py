"""A topic with several seeds or folds: each one's result, then mean and standard deviation."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, make_dataclass, replace
from typing import Any

from ptnotes.engine import distributed
from ptnotes.errors import DivergedError
from ptnotes.events import Event, Header, Progress, Result, Row, SeedRows, column

# a seed or fold, its numbers or why there are none, and its rows
Outcome = tuple[int, dict[str, float] | DivergedError, tuple[Row, ...]]
NOT_MEASURED = ("parameters", "best_epoch")


def repeat(
    run: Callable[[int], Iterable[Event]], numbers: Sequence[int], over: str = "seed"
) -> Iterator[Event]:
    """``run`` a topic with each seed, or ``over`` "fold"; a row for each, after its SeedRows.

    The result holds mean and sample standard deviation of every number that the topic's own result
    holds, over those that came to one; those that diverged are listed under "diverged". Raises
    DivergedError if all of them did, and whatever else the topic does. Under torchrun each process
    has its share of them, and the rows come at the end.
    """
    rank, processes = distributed.sharing()
    own: list[Outcome] = []
    for number in numbers[rank::processes]:
        for event in _outcome(run, number):
            match event:
                case Header() if number == numbers[rank]:
                    config = event.config | {over: numbers[0], f"{over}s": len(numbers)}
                    yield replace(event, config=config, rows=len(numbers), records="result.runs")
                case Progress():
                    yield replace(event, of=f"{over} {number}")
                case tuple():
                    own.append(event)
                    if processes == 1:
                        yield from _rows_of(event, over)
    outcomes = own
    if processes > 1:
        outcomes = distributed.gather_in_order(own)
        for outcome in outcomes:
            yield from _rows_of(outcome, over)
    results = [found for _, found, _ in outcomes if not isinstance(found, DivergedError)]
    diverged = [number for number, found, _ in outcomes if isinstance(found, DivergedError)]
    if not results:
        raise outcomes[-1][1]  # type: ignore[misc]  # all of them diverged
    yield Result(_summary(results) | ({"diverged": diverged} if diverged else {}))


def _outcome(run: Callable[[int], Iterable[Event]], number: int) -> Iterator[Event | Outcome]:
    """The events of a run, in the end its number, and what it came to or why to nothing."""
    rows = []
    try:
        with distributed.alone():
            for event in run(number):
                yield event
                if isinstance(event, Row):
                    rows.append(event)
                if isinstance(event, Result):
                    yield number, _numbers(event.values), tuple(rows)
    except DivergedError as error:
        yield number, error, ()


def _rows_of(outcome: Outcome, over: str) -> Iterator[Event]:
    number, found, rows = outcome
    if isinstance(found, DivergedError):
        yield _row(over, number, {"diverged": str(found)})
    else:
        yield SeedRows(number, rows)
        yield _row(over, number, found, [row.record() for row in rows])


def _numbers(values: dict[str, Any]) -> dict[str, float]:
    """A truth value counts as 1 or 0: its mean is a share."""
    return {
        name: value
        for name, value in values.items()
        if isinstance(value, int | float) and name not in NOT_MEASURED
    }


def _row(
    over: str,
    number: int,
    found: Mapping[str, float | str],
    history: list[dict[str, Any]] | None = None,
) -> Row:
    """The seed or fold and what it came to, a column for each number; or why to nothing.

    The history is for the document alone.
    """
    columns: list[tuple[str, type, Any]] = [(over, int, column(over, "d"))]
    for name, value in found.items():
        columns.append((name, type(value), column(name.replace("_", " "), _spec(name, value))))
    columns.append(("history", list, field(default=None)))
    made: Any = make_dataclass("OutcomeRow", columns, bases=(Row,), frozen=True)
    row: Row = made(number, **found, history=history or None)
    return row


def _spec(name: str, value: float | str) -> str:
    if isinstance(value, str):
        return ""
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
