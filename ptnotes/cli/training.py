"""The commands that train something, in the order of the notes."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from ptnotes.cli import options
from ptnotes.cli.main import app, named_failures, show


def _hyperparameters(recipe: Any, **given: Any) -> Mapping[str, Any]:
    """The recipe's fields, each replaced by the option that was given for it."""
    return dataclasses.asdict(recipe) | {
        name: value for name, value in given.items() if value is not None
    }


def _source(name: str, *, sample: bool, data_dir: Path | None) -> Mapping[str, Any]:
    """The data set to read, and where it lies."""
    if not sample:
        return {"data": name, "data_dir": data_dir}
    from ptnotes.datasets.locate import sample_directory

    with named_failures():
        return {"data": "sample", "data_dir": sample_directory()}


@app.command()
def backward(
    recipe: options.Recipe = "notes",
    epochs: options.Epochs = None,
    lr: options.LearningRate = None,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    threads: options.Threads = None,
    sample: options.SampleUnread = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """One weight, update by update: the gradient by hand beside autograd's."""
    from ptnotes.topics import backward as topic

    hyper = _hyperparameters(topic.RECIPES[recipe], epochs=epochs, lr=lr)
    events = topic.run(recipe=recipe, seed=seed, device=device, threads=threads, **hyper)
    show(events, as_json, quiet)


@app.command()
def linreg(
    recipe: options.Recipe = "notes",
    epochs: options.Epochs = None,
    lr: options.LearningRate = None,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    threads: options.Threads = None,
    sample: options.SampleUnread = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Linear regression with nn.Module, MSELoss and SGD."""
    from ptnotes.topics import linreg as topic

    hyper = _hyperparameters(topic.RECIPES[recipe], epochs=epochs, lr=lr)
    events = topic.run(recipe=recipe, seed=seed, device=device, threads=threads, **hyper)
    show(events, as_json, quiet)


@app.command()
def logistic(
    recipe: options.Recipe = "notes",
    epochs: options.Epochs = None,
    lr: options.LearningRate = None,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    threads: options.Threads = None,
    sample: options.SampleUnread = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Logistic regression on one feature, and the BCE table."""
    from ptnotes.topics import logistic as topic

    hyper = _hyperparameters(topic.RECIPES[recipe], epochs=epochs, lr=lr)
    events = topic.run(recipe=recipe, seed=seed, device=device, threads=threads, **hyper)
    show(events, as_json, quiet)


@app.command()
def diabetes(
    recipe: options.Recipe = "notes",
    epochs: options.Epochs = None,
    batch_size: options.FullOrBatchSize = None,
    lr: options.LearningRate = None,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    threads: options.Threads = None,
    data_dir: options.DataDir = None,
    sample: options.Sample = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Eight features through an 8-6-4-1 net, full batch or mini-batches."""
    from ptnotes.topics import diabetes as topic

    size = int(batch_size) if batch_size not in (None, "full") else batch_size
    hyper = _hyperparameters(topic.RECIPES[recipe], epochs=epochs, batch_size=size, lr=lr)
    source = _source("diabetes", sample=sample, data_dir=data_dir)
    events = topic.run(recipe=recipe, seed=seed, device=device, threads=threads, **source, **hyper)
    show(events, as_json, quiet)


@app.command()
def mnist(
    arch: Annotated[
        Literal["mlp", "cnn", "inception", "resnet"], typer.Option(help="The network.")
    ] = "cnn",
    data: Annotated[
        Literal["mnist", "fashion-mnist", "kmnist"], typer.Option(help="The data set.")
    ] = "mnist",
    recipe: options.Recipe = "notes",
    epochs: options.Epochs = None,
    batch_size: options.BatchSize = None,
    lr: options.LearningRate = None,
    momentum: options.Momentum = None,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    threads: options.Threads = None,
    data_dir: options.DataDir = None,
    sample: options.Sample = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Handwritten digits: fully connected, CNN, Inception, ResNet."""
    from ptnotes.topics import mnist as topic

    hyper = _hyperparameters(
        topic.RECIPES[recipe], epochs=epochs, batch_size=batch_size, lr=lr, momentum=momentum
    )
    if sample and data != "mnist":
        raise typer.BadParameter(f"the sample holds no {data}", param_hint="--sample")
    source = _source(data, sample=sample, data_dir=data_dir)
    events = topic.run(
        arch=arch,
        recipe=recipe,
        seed=seed,
        device=device,
        threads=threads,
        **source,
        **hyper,
    )
    show(events, as_json, quiet)


@app.command()
def seq(
    cell: Annotated[
        Literal["rnn", "lstm", "gru"], typer.Option(help="The recurrent unit.")
    ] = "rnn",
    via: Annotated[
        Literal["cell", "layer", "embedding"],
        typer.Option(help="Cell by cell, with torch's layer, or with an embedding before it."),
    ] = "cell",
    recipe: options.Recipe = "notes",
    epochs: options.Epochs = None,
    lr: options.LearningRate = None,
    # with a tanh state as logits many seeds get stuck; 2 is the first that all nine nets learn from
    seed: options.Seed = 2,
    device: options.Device = "auto",
    threads: options.Threads = None,
    sample: options.SampleUnread = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """hello → ohlol with a recurrent network."""
    from ptnotes.topics import seq as topic

    hyper = _hyperparameters(topic.RECIPES[recipe][cell, via], epochs=epochs, lr=lr)
    events = topic.run(
        cell=cell, via=via, recipe=recipe, seed=seed, device=device, threads=threads, **hyper
    )
    show(events, as_json, quiet)


@app.command()
def names(
    recipe: options.Recipe = "notes",
    epochs: options.Epochs = None,
    batch_size: options.BatchSize = None,
    lr: options.LearningRate = None,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    threads: options.Threads = None,
    data_dir: options.DataDir = None,
    sample: options.Sample = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Surname to country: a bidirectional GRU on packed sequences."""
    from ptnotes.topics import names as topic

    hyper = _hyperparameters(topic.RECIPES[recipe], epochs=epochs, batch_size=batch_size, lr=lr)
    source = _source("names", sample=sample, data_dir=data_dir)
    events = topic.run(recipe=recipe, seed=seed, device=device, threads=threads, **source, **hyper)
    show(events, as_json, quiet)
