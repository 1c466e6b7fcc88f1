"""The commands on single numbers and on the diabetes table, in the order of the notes."""

import typer

from ptnotes.cli import options
from ptnotes.cli.main import app
from ptnotes.cli.training import hyperparameters, source_of, train


@app.command()
def backward(
    context: typer.Context,
    recipe: options.Recipe = "notes",
    epochs: options.Epochs = None,
    lr: options.LearningRate = None,
    seed: options.Seed = 0,
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
    """One weight, update by update: the gradient by hand beside autograd's."""
    from ptnotes.topics import backward as topic

    hyper = hyperparameters(topic.RECIPES[recipe], epochs=epochs, lr=lr)
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
        recipe=recipe,
        seed=seed,
        device=device,
        threads=threads,
        **hyper,
    )


@app.command()
def linreg(
    context: typer.Context,
    recipe: options.Recipe = "notes",
    epochs: options.Epochs = None,
    lr: options.LearningRate = None,
    seed: options.Seed = 0,
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
    """Linear regression with nn.Module, MSELoss and SGD."""
    from ptnotes.topics import linreg as topic

    hyper = hyperparameters(topic.RECIPES[recipe], epochs=epochs, lr=lr)
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
        recipe=recipe,
        seed=seed,
        device=device,
        threads=threads,
        **hyper,
    )


@app.command()
def logistic(
    context: typer.Context,
    recipe: options.Recipe = "notes",
    epochs: options.Epochs = None,
    lr: options.LearningRate = None,
    seed: options.Seed = 0,
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
    """Logistic regression on one feature, and the BCE table."""
    from ptnotes.topics import logistic as topic

    hyper = hyperparameters(topic.RECIPES[recipe], epochs=epochs, lr=lr)
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
        recipe=recipe,
        seed=seed,
        device=device,
        threads=threads,
        **hyper,
    )


@app.command()
def diabetes(
    context: typer.Context,
    recipe: options.Recipe = "notes",
    epochs: options.Epochs = None,
    batch_size: options.FullOrBatchSize = None,
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
    """Eight features through an 8-6-4-1 net, full batch or mini-batches."""
    from ptnotes.topics import diabetes as topic

    size = int(batch_size) if batch_size not in (None, "full") else batch_size
    hyper = hyperparameters(topic.RECIPES[recipe], epochs=epochs, batch_size=size, lr=lr)
    source = source_of(context, "diabetes", sample=sample, data_dir=data_dir)
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
