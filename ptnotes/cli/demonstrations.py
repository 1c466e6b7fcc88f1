"""The commands that show something small and train nothing, in the order of the notes."""

import math
import re
from typing import Annotated

import typer

from ptnotes.cli import options
from ptnotes.cli.main import app, show


def _numbers(value: str) -> list[list[float]]:
    """``"1,2; 3,4"`` → [[1, 2], [3, 4]]."""
    try:
        rows = [[float(number) for number in row.split(",")] for row in value.split(";")]
    except ValueError:
        rows = []
    if not rows or not all(math.isfinite(number) for row in rows for number in row):
        raise typer.BadParameter(
            f"'{value}' is not finite numbers with commas between", param_hint="--logits"
        )
    return rows


def _classes(value: str) -> list[int]:
    """``"2,0"`` → [2, 0]."""
    try:
        return [int(number) for number in value.split(",")]
    except ValueError:
        raise typer.BadParameter(
            f"'{value}' is not whole numbers with commas between", param_hint="--target"
        ) from None


def _size(value: str) -> tuple[int, int]:
    """``"28x28"`` → (28, 28)."""
    sides = re.fullmatch(r"([1-9]\d{0,4})[x×]([1-9]\d{0,4})", value)
    if sides is None:
        raise typer.BadParameter(f"'{value}' is not HEIGHTxWIDTH, like 28x28", param_hint="--input")
    return int(sides[1]), int(sides[2])


@app.command()
def losses(
    logits: Annotated[
        str,
        typer.Option(metavar="Z,Z,…[;Z,Z,…]", help="A sample's logits; ';' between samples."),
    ] = "0.2,0.1,-0.1",
    target: Annotated[
        str, typer.Option(metavar="CLASS[,CLASS…]", help="The class of each sample, from 0.")
    ] = "0",
    sample: options.SampleUnread = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Softmax, cross-entropy in numpy and torch, NLLLoss, the BCE table."""
    rows, targets = _numbers(logits), _classes(target)

    from ptnotes.topics import losses as topic

    show(topic.run(logits=rows, targets=targets), as_json, quiet)


@app.command()
def tensors(
    sample: options.SampleUnread = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """view and reshape, .grad and .data, ToTensor and Normalize and back."""
    from ptnotes.topics import tensors as topic

    show(topic.run(), as_json, quiet)


@app.command()
def conv_demo(
    size: Annotated[
        str, typer.Option("--input", metavar="HEIGHTxWIDTH", help="The input's size.")
    ] = "28x28",
    kernel: Annotated[int, typer.Option(min=1, max=99999, help="The kernel's side.")] = 5,
    stride: Annotated[int, typer.Option(min=1, max=99999, help="Pixels a step.")] = 1,
    padding: Annotated[int, typer.Option(min=0, max=99999, help="Zeros on each side.")] = 0,
    dilation: Annotated[
        int, typer.Option(min=1, max=99999, help="Pixels from one weight to the next.")
    ] = 1,
    sample: options.SampleUnread = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Channels, padding, stride, pooling, the output size, every shape in the nets."""
    height, width = _size(size)

    from ptnotes.topics import conv_demo as topic

    events = topic.run(
        height=height,
        width=width,
        kernel=kernel,
        stride=stride,
        padding=padding,
        dilation=dilation,
    )
    show(events, as_json, quiet)


@app.command()
def rnn_demo(
    seed: options.Seed = 0,
    sample: options.SampleUnread = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """RNN step by step, shapes, LSTM and GRU cells by hand against torch's."""
    from ptnotes.topics import rnn_demo as topic

    show(topic.run(seed=seed), as_json, quiet)
