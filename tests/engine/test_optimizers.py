"""Which options an optimizer has, what is refused, the rates of a schedule."""

import typing

import pytest
import torch
from torch import nn

from ptnotes import api
from ptnotes.engine.optimizers import (
    OF_FULL_BATCHES,
    OFF,
    OPTIMIZERS,
    RANGE_TEST,
    SCHEDULES,
    make_optimizer,
    make_schedule,
    options_of,
    with_optimizer,
)
from ptnotes.errors import DataError, UsageError
from ptnotes.events import Snapshot
from ptnotes.runs.older import completed
from ptnotes.topics import module
from ptnotes.topics.options import recipe_of
from tests.runs.conftest import same

VALUES = {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1, "schedule": "cosine"}


def test_which_options_mean_something():
    found = {name: options_of(name) - {"schedule"} for name in OPTIMIZERS}
    assert found["sgd"] == {"momentum", "nesterov", "weight_decay"}
    assert found["rmsprop"] == {"momentum", "weight_decay"}
    assert found["rprop"] == found["lbfgs"] == set()
    others = found.keys() - {"sgd", "rmsprop", "rprop", "lbfgs"}
    assert all(found[name] == {"weight_decay"} for name in others)
    assert [name for name in OPTIMIZERS if "schedule" not in options_of(name)] == ["rprop"]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_means_nothing_is_refused(name):
    """And what means something is in the optimizer."""
    for option in ("momentum", "weight_decay"):
        layer = nn.Linear(2, 1)
        given = {option: VALUES[option]}
        if option in options_of(name):
            made = make_optimizer(name, layer.parameters(), lr=0.1, fused=True, **given)
            assert made.param_groups[0][option] == VALUES[option]
        else:
            with pytest.raises(UsageError, match=f"--{option.replace('_', '-')} .* {name}"):
                make_optimizer(name, layer.parameters(), lr=0.1, **given)


def test_without_momentum_there_is_no_nesterov():
    layer = nn.Linear(2, 1)
    (group,) = make_optimizer("sgd", layer.parameters(), lr=1, nesterov=True).param_groups
    assert not group["nesterov"]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_recipes_own_options_are_off_where_they_mean_nothing(name):
    recipe = recipe_of(module("linreg"), {"recipe": "tuned", "optimizer": name})
    for option, off in OFF.items():
        if option not in options_of(name):
            assert getattr(recipe, option) == off
    assert recipe.nesterov == (name == "sgd")
    given = {"recipe": "tuned", "optimizer": name, "momentum": 0.0, "nesterov": False}
    assert recipe_of(module("linreg"), given).momentum == 0


@pytest.mark.parametrize("option", OFF)
@pytest.mark.parametrize("name", ["rprop", "asgd", "lbfgs"])
def test_options_given_are_refused(name, option):
    given = {"optimizer": name, option: VALUES[option]}
    if option in options_of(name):
        assert getattr(recipe_of(module("linreg"), given), option) == VALUES[option]
    else:
        with pytest.raises(UsageError):
            recipe_of(module("linreg"), given)


def test_nesterov_needs_momentum():
    with pytest.raises(UsageError, match="momentum"):
        recipe_of(module("linreg"), {"nesterov": True})
    assert recipe_of(module("linreg"), {"nesterov": True, "momentum": 0.5}).nesterov
    assert not recipe_of(module("linreg"), {"nesterov": False, "momentum": 0.5}).nesterov


@pytest.mark.parametrize(("name", "batch_size"), [("rprop", 32), ("lbfgs", 32), ("lbfgs", "full")])
def test_optimizers_of_full_batches(name, batch_size):
    """L-BFGS isn't for the lessons that compute a batch in shards at all."""
    recipe = type("Recipe", (), {})()
    recipe.optimizer, recipe.batch_size = name, batch_size
    with pytest.raises(UsageError, match="another --optimizer"):
        with_optimizer(recipe, {})


def rates(name, steps, updates=None):
    layer = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.4)
    scheduler = make_schedule(name, optimizer, steps=steps)
    found = []
    for _ in range(updates or steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if scheduler:
            scheduler.step()
    return found


def test_schedules():
    assert set(SCHEDULES) == {"constant", "one-cycle", "cosine"}
    assert rates("constant", 3) == [0.4] * 3
    one_cycle, cosine = rates("one-cycle", 10), rates("cosine", 10)
    assert max(one_cycle) == pytest.approx(0.4)
    assert one_cycle[0] < 0.1 and one_cycle[-1] < 0.01
    assert cosine[0] == 0.4 and cosine[5] == pytest.approx(0.2)
    assert cosine == sorted(cosine, reverse=True) and cosine[-1] < 0.02
    rising = rates(RANGE_TEST, 1, updates=41)
    assert rising[20] == pytest.approx(4) and rising[40] == pytest.approx(40)
    for name in SCHEDULES:  # a single update
        assert len(rates(name, 1)) == 1


@pytest.mark.parametrize("topic", ["linreg", "logistic"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_trains(topic, name):
    run = api.train(topic, optimizer=name, epochs=30, quiet=True)
    losses = run.history["train_loss"]
    assert losses.iloc[-1] < losses.iloc[0]
    assert run.config["optimizer"] == name


def test_sgd_is_what_the_update_rule_says(document):
    """w ← w − lr · ∂loss/∂w, by hand."""
    first, second = document("linreg", "--epochs", "2", "--weight-decay", "0.5")["history"]
    w, b = first["weight"], first["bias"]
    gradient = sum(2 * (w * x + b - 2 * x) * x for x in (1, 2, 3)) / 3 + 0.5 * w
    assert second["weight"] == pytest.approx(w - 0.01 * gradient, rel=1e-5)


def test_commands_offer_them_all():
    from ptnotes.cli.optimization import optimization

    offered = typing.get_type_hints(optimization)
    for name, there in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES)):
        assert typing.get_args(typing.get_args(offered[name])[0]) == tuple(there)


@pytest.mark.parametrize("schedule", ["one-cycle", "cosine"])
def test_a_schedule_is_laid_out(cli, document, tmp_path, schedule):
    """Resumed with another number of epochs it would be another one."""
    options = ["--schedule", schedule, "--lr", "0.05"]
    found = document("linreg", "--epochs", "40", *options, "--out", tmp_path)
    constant = document("linreg", "--epochs", "40", "--lr", "0.05")
    assert found["history"] != constant["history"]
    assert cli("linreg", "--out", tmp_path, "--resume", "--epochs", "50").exit_code == 2
    assert cli("linreg", "--out", tmp_path, "--resume").exit_code == 0
    assert found["config"]["schedule"] == schedule


SAVED = (
    # topic, what an older version's configuration says, what it doesn't
    ("linreg", {"momentum": 0.0}, {"optimizer": "sgd", "nesterov": False, "schedule": "constant"}),
    ("linreg", {"momentum": 0.9}, {"optimizer": "sgd", "nesterov": True, "weight_decay": 0}),
    ("mnist", {"one_cycle": True, "nesterov": False}, {"optimizer": "sgd", "nesterov": False}),
    ("mnist", {"one_cycle": True}, {"schedule": "one-cycle"}),
    ("names", {"one_cycle": False}, {"optimizer": "adamw", "schedule": "constant"}),
    ("diabetes", {"one_cycle": False}, {"optimizer": "sgd", "schedule": "constant"}),
    ("diabetes", {"one_cycle": True}, {"optimizer": "adamw", "schedule": "one-cycle"}),
)


@pytest.mark.parametrize(("topic", "said", "meant"), SAVED)
def test_settings_of_older_runs(topic, said, meant):
    assert completed(topic, said).items() >= (meant | said).items()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_resumed_to_the_bit(name, tmp_path):
    """What each keeps: moments, step sizes, averages, L-BFGS's directions."""

    def states(**options):
        found = api.events("linreg", optimizer=name, lr=0.01, device="cpu", **options)
        return [event.state() for event in found if isinstance(event, Snapshot)]

    states(epochs=20, out=tmp_path)
    *_, resumed = states(epochs=40, out=tmp_path, resume=True)
    *_, whole = states(epochs=40)
    for part in ("model", "optimizer", "rows"):
        assert same(resumed[part], whole[part])


def test_a_state_of_another_shape_is_refused(tmp_path):
    """torch's kernels would read beyond it."""
    for name, field in (("asgd", "ax"), ("adamax", "exp_inf"), ("lbfgs", "old_dirs")):
        *_, last = (
            event
            for event in api.events("linreg", optimizer=name, epochs=5)
            if isinstance(event, Snapshot)
        )
        state = last.state()
        kept = state["optimizer"]["state"][0]
        kept[field] = [torch.zeros(1)] if field == "old_dirs" else torch.zeros(())
        recipe = recipe_of(module("linreg"), {"optimizer": name, "epochs": 9})
        with pytest.raises(DataError, match=f"the optimizer's {field}"):
            list(module("linreg").run(recipe, resume=state))


@pytest.mark.parametrize(
    ("topic", "options", "named"),
    [
        ("mnist", ["--optimizer", "rprop"], "not of a mini-batch"),
        ("names", ["--optimizer", "lbfgs"], "not of a mini-batch"),
        ("diabetes", ["--optimizer", "rprop"], "not of a mini-batch"),
        ("diabetes", ["--optimizer", "lbfgs", "--batch-size", "full"], "several times"),
        ("linreg", ["--optimizer", "adam", "--momentum", "0.5"], "--momentum"),
        ("mnist", ["--optimizer", "adam", "--nesterov"], "--nesterov"),
        ("linreg", ["--optimizer", "rprop", "--schedule", "cosine"], "--schedule"),
        ("linreg", ["--nesterov"], "--momentum"),
        ("linreg", ["--optimizer", "adadelta"], "adadelta"),
        ("linreg", ["--schedule", "lr-find"], "lr-find"),
    ],
)
def test_refused_in_a_line(cli, topic, options, named):
    sample = [] if topic == "linreg" else ["--sample"]
    done = cli(topic, *sample, *options)
    assert done.exit_code == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert named in line


@pytest.mark.parametrize("name", [each for each in OPTIMIZERS if each not in OF_FULL_BATCHES])
@pytest.mark.parametrize("topic", ["mnist", "names", "diabetes"])
def test_mini_batches(topic, name, document, small_data):
    """A step of each, other than the others' (Adam without decay is AdamW)."""
    options = ["--epochs", "1", "--lr", "0.002", "--optimizer", name, "--data-dir", small_data]
    if topic == "mnist":
        options += ["--arch", "mlp"]
    config = document(topic, *options)["config"]
    assert config["optimizer"] == name
    assert config["momentum"] == (0.5 if topic == "mnist" and name in ("sgd", "rmsprop") else 0)


def test_rprop_takes_the_full_batch_of_diabetes(document):
    options = ["--sample", "--batch-size", "full", "--epochs", "5"]
    history = document("diabetes", *options, "--optimizer", "rprop")["history"]
    assert history[-1]["train_loss"] < history[0]["train_loss"]


def test_what_a_practitioner_sets_is_recorded(document, small_data):
    options = ["--label-smoothing", "0.2", "--shift", "2", "--schedule", "cosine"]
    options += ["--weight-decay", "0.01", "--nesterov"]
    where = ["--arch", "mlp", "--epochs", "1", "--data-dir", small_data]
    found, plain = document("mnist", *where, *options), document("mnist", *where)
    asked = {"label_smoothing": 0.2, "shift": 2, "schedule": "cosine", "one_cycle": False}
    asked |= {"weight_decay": 0.01, "nesterov": True, "momentum": 0.5}
    assert found["config"].items() >= asked.items()
    assert found["history"][0]["train_loss"] != plain["history"][0]["train_loss"]
    for option in ("--label-smoothing", "--shift", "--weight-decay"):
        assert option in found["command"]
