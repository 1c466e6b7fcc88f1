"""The commands on digits, characters and names, in the order of the notes."""

from typing import Annotated, Literal

import typer

from ptnotes.cli import options
from ptnotes.cli.main import app
from ptnotes.cli.training import hyperparameters, source_of, train


@app.command()
def mnist(
    context: typer.Context,
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
    seeds: options.Seeds = 1,
    device: options.Device = "auto",
    threads: options.Threads = None,
    data_dir: options.DataDir = None,
    sample: options.Sample = False,
    out: options.Out = None,
    resume: options.Resume = False,
    force: options.Force = False,
    save_best: options.SaveBest = False,
    plot: options.Plot = None,
    confusion: options.Confusion = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Handwritten digits: fully connected, CNN, Inception, ResNet."""
    from ptnotes.topics import mnist as topic

    hyper = hyperparameters(
        topic.RECIPES[recipe][arch], epochs=epochs, batch_size=batch_size, lr=lr, momentum=momentum
    )
    if sample and data != "mnist":
        raise typer.BadParameter(f"the sample holds no {data}", param_hint="--sample")
    source = source_of(context, data, sample=sample, data_dir=data_dir)
    train(
        context,
        topic.run,
        seeds=seeds,
        out=out,
        resume=resume,
        force=force,
        save_best=save_best,
        plot=plot,
        confusion=confusion,
        as_json=as_json,
        quiet=quiet,
        arch=arch,
        recipe=recipe,
        seed=seed,
        device=device,
        threads=threads,
        **source,
        **hyper,
    )


@app.command()
def seq(
    context: typer.Context,
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
    seeds: options.Seeds = 1,
    device: options.Device = "auto",
    threads: options.Threads = None,
    sample: options.SampleUnread = False,
    out: options.Out = None,
    resume: options.Resume = False,
    force: options.Force = False,
    plot: options.Plot = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """hello → ohlol with a recurrent network."""
    from ptnotes.topics import seq as topic

    hyper = hyperparameters(topic.RECIPES[recipe][cell, via], epochs=epochs, lr=lr)
    train(
        context,
        topic.run,
        seeds=seeds,
        out=out,
        resume=resume,
        force=force,
        plot=plot,
        as_json=as_json,
        quiet=quiet,
        cell=cell,
        via=via,
        recipe=recipe,
        seed=seed,
        device=device,
        threads=threads,
        **hyper,
    )


@app.command()
def names(
    context: typer.Context,
    recipe: options.Recipe = "notes",
    epochs: options.Epochs = None,
    batch_size: options.BatchSize = None,
    lr: options.LearningRate = None,
    seed: options.Seed = 0,
    seeds: options.Seeds = 1,
    device: options.Device = "auto",
    threads: options.Threads = None,
    data_dir: options.DataDir = None,
    sample: options.Sample = False,
    out: options.Out = None,
    resume: options.Resume = False,
    force: options.Force = False,
    save_best: options.SaveBest = False,
    plot: options.Plot = None,
    confusion: options.Confusion = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Surname to country: a bidirectional GRU on packed sequences."""
    from ptnotes.topics import names as topic

    hyper = hyperparameters(topic.RECIPES[recipe], epochs=epochs, batch_size=batch_size, lr=lr)
    source = source_of(context, "names", sample=sample, data_dir=data_dir)
    train(
        context,
        topic.run,
        seeds=seeds,
        out=out,
        resume=resume,
        force=force,
        save_best=save_best,
        plot=plot,
        confusion=confusion,
        as_json=as_json,
        quiet=quiet,
        recipe=recipe,
        seed=seed,
        device=device,
        threads=threads,
        **source,
        **hyper,
    )
