"""Two runs in one process: each is what it is alone, and torch's global state is the caller's."""

from concurrent.futures import ThreadPoolExecutor
from itertools import zip_longest

import pytest
import torch

from ptnotes import api
from ptnotes.events import Result, Snapshot
from tests.runs.conftest import same

RUNS = {
    "linreg": {"epochs": 30},
    "logistic": {"epochs": 30},
    "seq": {"epochs": 5, "via": "embedding"},
    "diabetes": {"epochs": 2, "recipe": "tuned"},
    "mnist": {"epochs": 1, "recipe": "tuned"},
    "names": {"epochs": 1, "recipe": "tuned", "batch_size": 64},
}


def events(topic, data, seed):
    options = RUNS[topic] | ({"data_dir": data} if topic in ("diabetes", "mnist", "names") else {})
    return api.events(topic, seed=seed, device="cpu", **options)


def state_at_the_end(found):
    *_, snapshot = (event for event in found if isinstance(event, Snapshot))
    state = snapshot.state()
    return {name: state[name] for name in ("model", "optimizer", "generators", "rows")}


@pytest.fixture
def callers_state():
    """What torch has of the caller's: it is looked at again when the test has ended."""
    torch.set_num_threads(2)
    torch.manual_seed(7)
    random = torch.get_rng_state()
    yield
    assert torch.get_num_threads() == 2
    assert torch.equal(torch.get_rng_state(), random)


@pytest.mark.parametrize("other", ["linreg", "mnist", "names"])
@pytest.mark.parametrize("topic", RUNS)
def test_alternately(topic, other, small_data, callers_state):
    alone = [state_at_the_end(events(each, small_data, seed=5)) for each in (topic, other)]
    both = zip_longest(*(events(each, small_data, seed=5) for each in (topic, other)))
    found = [state_at_the_end(each) for each in zip(*both, strict=True)]
    assert same(found, alone)


def test_the_second_has_its_threads_too(small_data, callers_state):
    """The first one computes already, with one thread of torch's."""
    first, second = (events("mnist", small_data, seed) for seed in (1, 2))
    for _ in range(5):
        next(first)
    assert next(second).environment["threads"] == 2
    first.close()
    second.close()


@pytest.mark.slow
def test_in_threads(small_data, callers_state):
    """Each thread's weights are drawn from its own seed."""
    runs = [
        (topic, small_data, seed) for seed in range(4) for topic in ("mnist", "linreg", "names")
    ]

    def trained(arguments):
        return state_at_the_end(events(*arguments))

    alone = [trained(run) for run in runs]
    with ThreadPoolExecutor(4) as pool:
        assert same(list(pool.map(trained, runs)), alone)


@pytest.mark.parametrize("topic", ["rnn-demo", "conv-demo"])
def test_demonstrations(topic, callers_state):
    """Their numbers don't depend on what is drawn between two tables, and leave the caller's."""
    (alone,) = (event for event in api.events(topic) if isinstance(event, Result))
    disturbed = []
    for event in api.events(topic):
        torch.rand(1)
        disturbed.append(event)
    assert same(disturbed[-1].values, alone.values)
    torch.manual_seed(7)


@pytest.mark.parametrize("topic", ["diabetes", "mnist", "names"])
def test_epochs_draw_nothing_global(topic, small_data):
    """Nor does the loader: what a run at its side builds meanwhile would be another model."""
    states = [
        torch.get_rng_state()
        for event in events(topic, small_data, seed=0)
        if isinstance(event, Snapshot)
    ]
    assert len(states) > 1
    assert all(torch.equal(state, states[0]) for state in states)
