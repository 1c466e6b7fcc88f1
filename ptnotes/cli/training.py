"""What the commands that train something share. No command lives here."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ptnotes.cli import options
from ptnotes.cli.main import named_failures, show

if TYPE_CHECKING:
    from ptnotes.events import Event


def hyperparameters(recipe: Any, **given: Any) -> Mapping[str, Any]:
    """The recipe's fields, each replaced by the option that was given for it."""
    return dataclasses.asdict(recipe) | {
        name: value for name, value in given.items() if value is not None
    }


def source_of(
    context: typer.Context, name: str, *, sample: bool, data_dir: Path | None
) -> Mapping[str, Any]:
    """The data set to read, and where it lies. PTNOTES_DATA doesn't stand in --sample's way."""
    if not sample:
        return {"data": name, "data_dir": data_dir}
    if "data_dir" in _given(context):
        raise typer.BadParameter("the sample has its own --data-dir", param_hint="--sample")
    from ptnotes.datasets.paths import sample_directory

    with named_failures():
        return {"data": "sample", "data_dir": sample_directory()}


def train(
    context: typer.Context,
    run: "Callable[..., Iterable[Event]]",
    *,
    seeds: int,
    out: Path | None,
    resume: bool,
    force: bool,
    plot: Path | None,
    as_json: bool,
    quiet: bool,
    save_best: bool = False,
    confusion: Path | None = None,
    **settings: Any,
) -> None:
    """Run a topic once, or with so many seeds, show it, and keep it if asked to."""
    keep: dict[str, Any] = {"out": out, "resume": resume, "force": force, "plot": plot}
    keep |= {"save_best": save_best, "confusion": confusion}
    if seeds > 1:
        if settings["seed"] + seeds - 1 > options.LARGEST_SEED:
            raise typer.BadParameter(
                f"they would go beyond {options.LARGEST_SEED}", param_hint="--seeds"
            )
        if any(keep.values()):
            named = ", ".join(f"--{name.replace('_', '-')}" for name in keep if keep[name])
            raise typer.BadParameter(f"{named}: one run at a time", param_hint="--seeds")
        from ptnotes.engine.repeat import repeat

        events = repeat(run, seeds, **settings)
    elif any(keep.values()):
        from ptnotes.runs.resume import kept

        topic = str(context.info_name)
        events = kept(topic, run, settings, given=_given(context), **keep)
    else:
        events = iter(run(**settings))
    result = show(events, as_json, quiet)
    if seeds > 1 and "diverged" in result:
        named = ", ".join(map(str, result["diverged"]))
        typer.echo(f"ptnotes: training diverged with seed {named}; try a lower --lr", err=True)
        raise typer.Exit(1)


def _given(context: typer.Context) -> frozenset[str]:
    """The settings that the command line names; --sample is the name of a data set."""
    named = set()
    for name in context.params:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            named.add(name)
    return frozenset(named | {"data"} if "sample" in named else named)
