"""Absurd values: computed all the same, or refused in a line, and never out of memory."""

import json
import math
from itertools import islice

import pytest
import torch

from ptnotes import api
from ptnotes.events import Result, Row, Snapshot

HUGE = 10**30
TRAINED = {
    **{topic: {} for topic in ("backward", "linreg", "logistic", "seq")},
    **{
        f"{topic} {recipe}": {"recipe": recipe}
        for topic in ("diabetes", "mnist", "names")
        for recipe in ("notes", "tuned")
    },
}


@pytest.mark.parametrize("training", TRAINED)
def test_epochs_without_end_begin_at_once(training, small_data):
    topic, options = training.split()[0], TRAINED[training]
    if topic in ("diabetes", "mnist", "names"):
        options = options | {"data_dir": small_data}
    events = api.events(topic, epochs=HUGE, device="cpu", **options)
    next(event for event in events if isinstance(event, Row))
    events.close()


def test_seeds_without_end_begin_at_once():
    events = api.events("linreg", epochs=1, seeds=10**9)
    assert [row.seed for row in islice((e for e in events if isinstance(e, Row)), 3)] == [0, 1, 2]
    events.close()


@pytest.mark.parametrize("option", ["batch_size", "shards"])
@pytest.mark.parametrize(
    "topic", ["diabetes", "mnist", pytest.param("names", marks=pytest.mark.slow)]
)
def test_huge_batch_or_shards(topic, option, small_data):
    """No more than there is: the samples, or those of a batch."""
    for recipe in ("notes", "tuned"):
        options = {"recipe": recipe, "epochs": 1, "data_dir": small_data, option: HUGE}
        *_, result = api.events(topic, device="cpu", **options)
        assert isinstance(result, Result)


@pytest.mark.parametrize(
    "arguments",
    [
        ["linreg", "--lr", "1e308"],
        ["seq", "--lr", "1e38"],  # float32 holds it, but not ten times as much: Adam's first step
        ["linreg", "--lr", "1" + 400 * "0"],
        ["losses", "--logits", "1e308,-1e308"],
    ],
    ids=lambda arguments: " ".join(arguments)[:20],
)
def test_numbers_beyond_float32_are_refused(cli, arguments):
    done = cli(*arguments)
    assert done.exit_code == 2
    assert arguments[1].strip("-") in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("topic", "options"),
    [
        ("linreg", {"lr": 10**400}),
        ("logistic", {"weight_decay": 1e308}),
        ("mnist", {"shift": 10**6}),  # the images and their margins would be 10¹⁶ bytes
        ("conv-demo", {"height": 10**10}),
        ("conv-demo", {"stride": HUGE}),
        ("conv-demo", {"padding": 10**9}),
        ("losses", {"logits": [[math.inf, 1.0]], "targets": [0]}),
        ("losses", {"logits": [[math.nan, 1.0]], "targets": [0]}),
        ("losses", {"logits": [[10**400, 1.0]], "targets": [0]}),
        ("losses", {"logits": [["a", "b"]], "targets": [0]}),
        ("losses", {"logits": [[1.0, 2.0]], "targets": [0.5]}),
    ],
    ids=str,
)
def test_refused_in_python(topic, options):
    with pytest.raises(ValueError):
        list(api.events(topic, **options))


def test_weights_that_are_nan_have_diverged(small_data):
    """BCELoss would refuse the outputs with a RuntimeError of its own."""
    events = api.events("diabetes", epochs=3, data_dir=small_data, device="cpu")
    snapshot = next(event for event in events if isinstance(event, Snapshot))
    snapshot.state()["model"]["linear1.weight"].fill_(math.nan)
    with pytest.raises(Exception, match="diverged"):
        list(events)


def test_large_convolution_takes_no_memory(cli):
    """Its size is worked out without numbers: blocks of channels would take 58 GB."""
    done = cli("conv-demo", "--input", "30000x30000", "--kernel", "1", "--json")
    found = json.loads(done.stdout)["result"]
    assert found["torch_output_size"] == found["output_size"] == [30000, 30000]
    assert found["torch_computed_on"] == "meta"


def test_no_float64_on_the_device(small_data, monkeypatch):
    """MPS has none: no tensor of a training is, before its end."""
    from torch.utils._python_dispatch import TorchDispatchMode

    seen = set()

    class Dtypes(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            result = func(*args, **(kwargs or {}))
            if isinstance(result, torch.Tensor):
                seen.add((result.dtype, str(func)))
            return result

    for training, options in TRAINED.items():
        topic = training.split()[0]
        if topic in ("diabetes", "mnist", "names"):
            options = options | {"data_dir": small_data, "shards": 1}
        with Dtypes():
            for event in api.events(topic, epochs=2, device="cpu", **options):
                if isinstance(event, Row) and event.epoch == 2:
                    break
    assert seen
    assert not [each for each in seen if each[0] == torch.float64]
