"""``lr-find``: which learning rate to train a topic with."""

from typing import Annotated, Any, Literal

import typer

from ptnotes.cli import topics
from ptnotes.cli.failures import named_failures
from ptnotes.cli.groups import training
from ptnotes.cli.help import examples
from ptnotes.cli.main import app, show
from ptnotes.cli.optimization import (
    augmentation,
    full_or_batch_size,
    label_smoothing,
    optimization,
    precision,
)
from ptnotes.cli.signature import add_options, part_of

GROUPS = (
    part_of(topics.mnist, "arch", "data"),
    part_of(training, "recipe"),
    full_or_batch_size,
    part_of(optimization, "optimizer", "momentum", "nesterov", "weight_decay"),
    label_smoothing,
    augmentation,
    part_of(topics.mnist, "sample", "data_dir"),
    precision,
    part_of(training, "seed", "device", "threads", "plot", "theme"),
)


@add_options(*GROUPS)
def lr_find(
    topic: Annotated[
        Literal["linreg", "logistic", "diabetes", "mnist", "names"],
        typer.Argument(
            metavar="TOPIC",
            show_default=False,
            case_sensitive=False,
            help="What is trained.",
        ),
    ],
    **shared: Any,
) -> None:
    """Let the learning rate rise over a short training until the loss explodes; a rate to train
    with.
    """
    as_json, quiet, plot, theme = (
        shared.pop(name) for name in ("as_json", "quiet", "plot", "theme")
    )
    given = topics.with_sample({name: value for name, value in shared.items() if value is not None})

    from ptnotes import lr_find as finding
    from ptnotes.engine.runtime import skip_dynamo

    skip_dynamo()
    with named_failures():
        events = finding.run(topic, given, plot=plot, theme=theme)
    show(events, as_json, quiet, files=[plot] if plot else [])


app.command(
    "lr-find",
    epilog=examples(
        "ptnotes lr-find mnist --sample --plot rates.png",
        "ptnotes lr-find names --recipe tuned",
        "ptnotes lr-find linreg --optimizer adam --json",
    ),
)(lr_find)
