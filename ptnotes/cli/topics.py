"""The commands of the topics, in the order of the notes."""

import math
import re
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, Literal

import typer

from ptnotes.cli import options
from ptnotes.cli.examples import EXAMPLES, next_commands
from ptnotes.cli.failures import named_failures, say
from ptnotes.cli.groups import drawing, mini_batches, training
from ptnotes.cli.main import app, show
from ptnotes.cli.optimization import (
    augmentation,
    batch_size,
    full_or_batch_size,
    label_smoothing,
    optimization,
    precision,
)
from ptnotes.cli.signature import Command, add_options
from ptnotes.topics import TITLES
from ptnotes.topics.defaults import DEFAULTS


def command(topic: str, *groups: Command) -> Callable[[Command], Command]:
    """Adds the command of a topic, with the options of ``groups`` after its own."""

    def register(function: Command) -> Command:
        with_options = add_options(*groups, defaults=DEFAULTS.get(topic))(function)
        return app.command(topic, help=TITLES[topic], epilog=EXAMPLES[topic])(with_options)

    return register


def with_sample(given: dict[str, Any]) -> dict[str, Any]:
    """The options with the data set that ``sample`` stands for. Raises BadParameter."""
    sample, others = given.get("sample"), {**given}
    others.pop("sample", None)
    if not sample:
        return others
    if given.get("data", "mnist") not in ("mnist", None):
        raise typer.BadParameter(f"the sample holds no {given['data']}", param_hint="--sample")
    if given.get("data_dir"):
        raise typer.BadParameter("the sample has its own --data-dir", param_hint="--sample")
    return others | {"data": "sample"}


def run(topic: str, *, as_json: bool, quiet: bool, sample: bool = False, **given: Any) -> None:
    """Run a topic with the options given, show it, and exit with 1 if a seed diverged."""
    given = with_sample({**given, "sample": sample})

    from ptnotes import api
    from ptnotes.engine.runtime import skip_dynamo

    skip_dynamo()
    with named_failures():
        events = api.events(topic, **given)
    kept = [given[name] for name in ("out", "plot", "confusion", "log_dir") if given.get(name)]
    result = show(events, as_json, quiet, files=kept, hints=next_commands(topic, given, sample))
    if "diverged" in result:
        named = ", ".join(map(str, result["diverged"]))
        if given.get("folds"):
            say(f"training diverged in fold {named}; try a lower --lr")
        else:
            say(f"training diverged with seed {named}; try a lower --lr")
        raise typer.Exit(1)


@command("backward", training)
def backward(**shared: Any) -> None:
    run("backward", **shared)


@command("linreg", training, optimization)
def linreg(**shared: Any) -> None:
    run("linreg", **shared)


@command("logistic", training, optimization)
def logistic(**shared: Any) -> None:
    run("logistic", **shared)


@command("diabetes", full_or_batch_size, training, optimization, mini_batches)
def diabetes(
    hold_out: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            metavar="SHARE",
            show_default="0 (notes), 0.2 (tuned)",
            rich_help_panel=options.TRAINING,
            help="Rows to test with, which nothing is trained on.",
        ),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(
            min=2,
            metavar="K",
            show_default="none",
            rich_help_panel=options.TRAINING,
            help="Cross-validate: K runs, each tested on another part; mean and deviation.",
        ),
    ] = None,
    **shared: Any,
) -> None:
    run("diabetes", hold_out=hold_out, folds=folds, **shared)


def _numbers(value: str) -> list[list[float]]:
    """``"1,2; 3,4"`` → [[1, 2], [3, 4]]."""
    try:
        rows = [[float(number) for number in row.split(",")] for row in value.split(";")]
    except ValueError:
        rows = []
    if not rows or not all(math.isfinite(number) for row in rows for number in row):
        raise typer.BadParameter(f"'{value}' is not finite numbers with commas between")
    return rows


def _classes(value: str) -> list[int]:
    """``"2,0"`` → [2, 0]."""
    try:
        return [int(number) for number in value.split(",")]
    except ValueError:
        raise typer.BadParameter(f"'{value}' is not whole numbers with commas between") from None


def _size(value: str) -> tuple[int, int]:
    """``"28x28"`` → (28, 28)."""
    sides = re.fullmatch(r"([1-9]\d{0,4})[x×]([1-9]\d{0,4})", value)
    if sides is None:
        raise typer.BadParameter(f"'{value}' is not HEIGHTxWIDTH, like 28x28", param_hint="--input")
    return int(sides[1]), int(sides[2])


@command("losses", drawing)
def losses(
    logits: Annotated[
        Any,
        typer.Option(
            metavar="Z,Z,…[;Z,Z,…]",
            parser=_numbers,
            help="A sample's logits; ';' between samples.",
        ),
    ] = "0.2,0.1,-0.1",
    target: Annotated[
        Any,
        typer.Option(
            metavar="CLASS[,CLASS…]", parser=_classes, help="The class of each sample, from 0."
        ),
    ] = "0",
    **shared: Any,
) -> None:
    run("losses", logits=logits, targets=target, **shared)


@command("tensors")
def tensors(**shared: Any) -> None:
    run("tensors", **shared)


Part = StrEnum(
    "Part",
    ["channels", "padding", "stride", "pooling", "size", "inception", "residual", "shapes"],
)


@command("conv-demo", drawing)
def conv_demo(
    size: Annotated[
        str, typer.Option("--input", metavar="HEIGHTxWIDTH", help="The input's size.")
    ] = "28x28",
    kernel: Annotated[
        int, typer.Option(min=1, max=99999, metavar="N", help="The kernel's side.")
    ] = 5,
    stride: Annotated[int, typer.Option(min=1, max=99999, metavar="N", help="Pixels a step.")] = 1,
    padding: Annotated[
        int, typer.Option(min=0, max=99999, metavar="N", help="Zeros on each side.")
    ] = 0,
    dilation: Annotated[
        int, typer.Option(min=1, max=99999, metavar="N", help="Pixels from one weight to the next.")
    ] = 1,
    only: Annotated[
        list[Part] | None,
        typer.Option(
            metavar="PART",
            case_sensitive=False,
            show_default="all",
            help=f"Of {', '.join(Part)}; may be repeated.",
        ),
    ] = None,
    **shared: Any,
) -> None:
    height, width = _size(size)
    shared |= {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}
    run("conv-demo", height=height, width=width, only=list(map(str, only or ())), **shared)


@command(
    "mnist",
    batch_size,
    training,
    optimization,
    label_smoothing,
    augmentation,
    mini_batches,
    precision,
)
def mnist(
    arch: Annotated[
        Literal["mlp", "cnn", "inception", "resnet"] | None,
        typer.Option(
            metavar="ARCH",
            show_default="cnn",
            case_sensitive=False,
            rich_help_panel=options.MODEL,
            help="The network: mlp, cnn, inception or resnet.",
        ),
    ] = None,
    data: Annotated[
        Literal["mnist", "fashion-mnist", "kmnist"] | None,
        typer.Option(
            metavar="SET",
            show_default="mnist",
            case_sensitive=False,
            rich_help_panel=options.DATA,
            help="The data set: mnist, fashion-mnist or kmnist.",
        ),
    ] = None,
    **shared: Any,
) -> None:
    run("mnist", arch=arch, data=data, **shared)


@command("rnn-demo", drawing)
def rnn_demo(seed: options.Seed = 0, **shared: Any) -> None:
    run("rnn-demo", seed=seed, **shared)


@command("seq", training)
def seq(
    cell: Annotated[
        Literal["rnn", "lstm", "gru"] | None,
        typer.Option(
            show_default="rnn",
            case_sensitive=False,
            rich_help_panel=options.MODEL,
            help="The recurrent unit.",
        ),
    ] = None,
    via: Annotated[
        Literal["cell", "layer", "embedding"] | None,
        typer.Option(
            metavar="HOW",
            show_default="cell",
            case_sensitive=False,
            rich_help_panel=options.MODEL,
            help="cell: one step at a time; layer: torch's; embedding: with one before it.",
        ),
    ] = None,
    **shared: Any,
) -> None:
    run("seq", cell=cell, via=via, **shared)


@command("names", batch_size, training, optimization, label_smoothing, mini_batches, precision)
def names(**shared: Any) -> None:
    run("names", **shared)
