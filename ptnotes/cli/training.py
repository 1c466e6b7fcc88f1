"""What the commands that train something share. No command lives here."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ptnotes.cli.main import named_failures, show

if TYPE_CHECKING:
    from ptnotes.rows import Event


def hyperparameters(recipe: Any, **given: Any) -> Mapping[str, Any]:
    """The recipe's fields, each replaced by the option that was given for it."""
    return dataclasses.asdict(recipe) | {
        name: value for name, value in given.items() if value is not None
    }


def source_of(name: str, *, sample: bool, data_dir: Path | None) -> Mapping[str, Any]:
    """The data set to read, and where it lies."""
    if not sample:
        return {"data": name, "data_dir": data_dir}
    from ptnotes.datasets.locate import sample_directory

    with named_failures():
        return {"data": "sample", "data_dir": sample_directory()}


def train(
    run: "Callable[..., Iterable[Event]]",
    *,
    seeds: int,
    as_json: bool,
    quiet: bool,
    **settings: Any,
) -> None:
    """Run a topic once, or with so many seeds, and show it."""
    if seeds == 1:
        events = run(**settings)
    else:
        from ptnotes.seeds import repeat

        events = repeat(run, seeds, **settings)
    show(events, as_json, quiet)
