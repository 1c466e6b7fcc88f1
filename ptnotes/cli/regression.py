"""The commands on single numbers and on the diabetes table, in the order of the notes."""

from ptnotes.cli import options
from ptnotes.cli.main import app
from ptnotes.cli.training import hyperparameters, source_of, train


@app.command()
def backward(
    recipe: options.Recipe = "notes",
    epochs: options.Epochs = None,
    lr: options.LearningRate = None,
    seed: options.Seed = 0,
    seeds: options.Seeds = 1,
    device: options.Device = "auto",
    threads: options.Threads = None,
    sample: options.SampleUnread = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """One weight, update by update: the gradient by hand beside autograd's."""
    from ptnotes.topics import backward as topic

    hyper = hyperparameters(topic.RECIPES[recipe], epochs=epochs, lr=lr)
    train(
        topic.run,
        seeds=seeds,
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
    recipe: options.Recipe = "notes",
    epochs: options.Epochs = None,
    lr: options.LearningRate = None,
    seed: options.Seed = 0,
    seeds: options.Seeds = 1,
    device: options.Device = "auto",
    threads: options.Threads = None,
    sample: options.SampleUnread = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Linear regression with nn.Module, MSELoss and SGD."""
    from ptnotes.topics import linreg as topic

    hyper = hyperparameters(topic.RECIPES[recipe], epochs=epochs, lr=lr)
    train(
        topic.run,
        seeds=seeds,
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
    recipe: options.Recipe = "notes",
    epochs: options.Epochs = None,
    lr: options.LearningRate = None,
    seed: options.Seed = 0,
    seeds: options.Seeds = 1,
    device: options.Device = "auto",
    threads: options.Threads = None,
    sample: options.SampleUnread = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Logistic regression on one feature, and the BCE table."""
    from ptnotes.topics import logistic as topic

    hyper = hyperparameters(topic.RECIPES[recipe], epochs=epochs, lr=lr)
    train(
        topic.run,
        seeds=seeds,
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
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Eight features through an 8-6-4-1 net, full batch or mini-batches."""
    from ptnotes.topics import diabetes as topic

    size = int(batch_size) if batch_size not in (None, "full") else batch_size
    hyper = hyperparameters(topic.RECIPES[recipe], epochs=epochs, batch_size=size, lr=lr)
    source = source_of("diabetes", sample=sample, data_dir=data_dir)
    train(
        topic.run,
        seeds=seeds,
        as_json=as_json,
        quiet=quiet,
        recipe=recipe,
        seed=seed,
        device=device,
        threads=threads,
        **source,
        **hyper,
    )
