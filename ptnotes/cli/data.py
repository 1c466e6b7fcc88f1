"""``data``: the data sets on this machine."""

from enum import StrEnum
from typing import Annotated

import typer

from ptnotes.cli import options
from ptnotes.cli.failures import say
from ptnotes.cli.help import examples, new_group
from ptnotes.cli.main import app, show

data = new_group("The data sets: list, download, verify.")
app.add_typer(data, name="data")


class Set(StrEnum):
    """What can be downloaded."""

    MNIST = "mnist"
    FASHION_MNIST = "fashion-mnist"
    KMNIST = "kmnist"
    DIABETES = "diabetes"
    NAMES = "names"
    ALL = "all"


@data.command(
    "list",
    epilog=examples(
        "ptnotes data list", "ptnotes data list --all", "ptnotes data list --data-dir data"
    ),
)
def list_sets(
    every: Annotated[bool, typer.Option("--all", help="Every file of every data set too.")] = False,
    data_dir: options.DataDir = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Every data set: whether its files are right, their size, their place."""
    from ptnotes.datasets import inventory

    show(inventory.listing(data_dir=data_dir, files=every or as_json), as_json, quiet)


@data.command(
    epilog=examples(
        "ptnotes data download",
        "ptnotes data download mnist names",
        "ptnotes data download kmnist --data-dir data",
    )
)
def download(
    sets: Annotated[
        list[Set] | None,
        typer.Argument(metavar="SET", help=f"Of {', '.join(Set)} (the default)."),
    ] = None,
    data_dir: options.DataDir = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Fetch what is missing or wrong; a file gets its name when its checksum is right."""
    from ptnotes.datasets import inventory

    chosen = set(sets or [Set.ALL])
    names = [each.value for each in Set if each != Set.ALL and chosen & {each, Set.ALL}]
    show(inventory.download(names, data_dir=data_dir), as_json, quiet)


@data.command(
    epilog=examples(
        "ptnotes data verify", "ptnotes data verify --sample", "ptnotes data verify --data-dir data"
    )
)
def verify(
    data_dir: options.DataDir = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="The sample that ships with ptnotes.")
    ] = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Compare the files with the manifest; exit code 1 if one is wrong, truncated or missing."""
    from ptnotes.datasets import inventory

    result = show(inventory.verify(data_dir=data_dir, sample=sample), as_json, quiet)
    if result["failed"]:
        say(f"not what they should be: {', '.join(result['failed'])}")
        raise typer.Exit(1)
