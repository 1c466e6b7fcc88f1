"""A batch in shards gives the batch's loss, gradients and outputs; threads change no bit."""

import math
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from ptnotes.engine.loading import PaddedSequences, make_loader
from ptnotes.engine.shards import Shards
from ptnotes.models.mnist import MODELS
from ptnotes.topics.names import RNNClassifier

CPU = torch.device("cpu")


def loss_of(model, criterion):
    return lambda *batch: criterion(model(*batch[:-1]), batch[-1])


@given(st.integers(1, 40), st.integers(1, 5), st.sampled_from(["mean", "sum"]))
def test_shards_add_up(samples, count, reduction):
    torch.manual_seed(samples)
    model, criterion = nn.Linear(5, 3), nn.CrossEntropyLoss(reduction=reduction)
    x, y = torch.randn(samples, 5), torch.randint(0, 3, (samples,))
    whole = criterion(model(x), y)
    gradients = torch.autograd.grad(whole, [*model.parameters()])
    with Shards(count, model, criterion) as shards:
        loss = shards.backward(loss_of(model, criterion), x, y)
        outputs = shards.forward(x)
    torch.testing.assert_close(loss, whole.detach())
    torch.testing.assert_close(tuple(p.grad for p in model.parameters()), gradients)
    torch.testing.assert_close(outputs, model(x).detach())


def test_packed_sequences_stay_sorted():
    torch.manual_seed(0)
    lengths = torch.randint(1, 12, (70,))
    codes = torch.randint(1, 128, (70, 12))
    data = PaddedSequences(codes, lengths, torch.randint(0, 4, (70,)), device=CPU)
    codes, lengths, labels = next(iter(make_loader(data, 70)))
    model, criterion = RNNClassifier(4), nn.CrossEntropyLoss()
    with Shards(2, model, criterion) as shards:
        loss = shards.backward(loss_of(model, criterion), codes, lengths, labels)
        outputs = shards.forward(codes, lengths)
    torch.testing.assert_close(outputs, model(codes, lengths).detach())
    gradients = [parameter.grad for parameter in model.parameters()]
    model.zero_grad()
    whole = criterion(model(codes, lengths), labels)
    whole.backward()
    torch.testing.assert_close(loss, whole.detach())
    torch.testing.assert_close(gradients, [parameter.grad for parameter in model.parameters()])


def trained(arch, count, threads):
    """The weights after four updates, and the outputs for a batch."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    x, y = torch.randn(61, 1, 28, 28), torch.randint(0, 10, (61,))
    model, criterion = MODELS[arch](), nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    with Shards(count, model, criterion) as shards:
        for _ in range(4):
            optimizer.zero_grad()
            shards.backward(loss_of(model, criterion), x, y)
            optimizer.step()
        return {**model.state_dict(), "outputs": shards.forward(x)}


@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize("arch", ["mlp", "cnn"])
def test_threads_change_no_bit(arch, count):
    one, *others = (trained(arch, count, threads) for threads in (1, 2, 3, 8))
    for other in others:
        torch.testing.assert_close(other, one, rtol=0, atol=0)


def test_gradients_are_added_to_those_there():
    """As loss.backward() does."""
    model, criterion = nn.Linear(5, 3), nn.CrossEntropyLoss()
    x, y = torch.randn(8, 5), torch.randint(0, 3, (8,))
    with Shards(2, model, criterion) as shards:
        shards.backward(loss_of(model, criterion), x, y)
        once = model.weight.grad.clone()
        shards.backward(loss_of(model, criterion), x, y)
    torch.testing.assert_close(model.weight.grad, 2 * once)


def test_torchs_threads_are_given_back():
    torch.set_num_threads(2)
    model = nn.Linear(5, 3)
    with pytest.raises(ZeroDivisionError), Shards(2, model, nn.CrossEntropyLoss()):
        assert torch.get_num_threads() == 1
        assert workers()
        raise ZeroDivisionError
    assert torch.get_num_threads() == 2
    assert not workers()


def workers():
    return [thread for thread in threading.enumerate() if thread.name == "shard"]


class Picky(nn.Linear):
    """Refuses 13, wherever it stands."""

    def forward(self, x):
        if (x == 13).any():
            raise ValueError("13")
        return super().forward(x)


@pytest.mark.parametrize("place", [0, 1])  # the caller's own shard, and the worker's
def test_error_in_a_shard_is_raised(place):
    torch.set_num_threads(2)
    x, y = torch.ones(4, 5), torch.zeros(4).long()
    x[place] = 13
    model, criterion = Picky(5, 3), nn.CrossEntropyLoss()
    with Shards(2, model, criterion) as shards:
        with pytest.raises(ValueError, match="13"):
            shards.backward(loss_of(model, criterion), x, y)
        x[place] = 1
        shards.backward(loss_of(model, criterion), x, y)  # the workers still work
    assert torch.get_num_threads() == 2


class Transposed(nn.Module):
    """A weight whose gradient autograd returns transposed in memory."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(5, 3))

    def forward(self, x):
        return (x * self.weight.t()).sum(2)


def test_gradient_of_another_layout_than_its_weight():
    torch.manual_seed(0)
    x, y = torch.randn(6, 3, 5), torch.randint(0, 3, (6,))
    model, criterion = Transposed(), nn.CrossEntropyLoss()
    (other_layout,) = torch.autograd.grad(model(x).sum(), [model.weight])
    assert other_layout.stride() != model.weight.stride()
    with Shards(2, model, criterion) as shards:
        shards.backward(loss_of(model, criterion), x, y)
    found = model.weight.grad
    assert found.stride() == model.weight.stride()
    model.zero_grad()
    criterion(model(x), y).backward()
    torch.testing.assert_close(found, model.weight.grad)


@pytest.mark.parametrize("arch", ["cnn", "inception", "resnet"])
def test_fused_optimizer_with_channels_last(arch):
    """It goes through weights and gradients in memory order: both need one layout."""
    x, y = torch.randn(20, 1, 28, 28), torch.randint(0, 10, (20,))
    weights = []
    for count in (1, 2):
        torch.manual_seed(0)
        model, criterion = (
            MODELS[arch]().to(memory_format=torch.channels_last),
            nn.CrossEntropyLoss(),
        )
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, fused=True)
        with Shards(count, model, criterion) as shards:
            for _ in range(2):
                optimizer.zero_grad()
                shards.backward(loss_of(model, criterion), x, y)
                for parameter in model.parameters():
                    assert parameter.grad.stride() == parameter.stride()
                optimizer.step()
        weights.append(model.state_dict())
    torch.testing.assert_close(*weights, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    ("model", "criterion"),
    [
        (nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.2)), nn.CrossEntropyLoss()),
        (nn.GRU(3, 3, 2, dropout=0.2), nn.CrossEntropyLoss()),
        (nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)), nn.CrossEntropyLoss()),
        (nn.Linear(3, 3), nn.CrossEntropyLoss(weight=torch.ones(3))),
        (nn.Linear(3, 3), nn.NLLLoss(weight=torch.ones(3))),
        (nn.Linear(3, 3), nn.KLDivLoss(reduction="batchmean")),
        (nn.RReLU(), nn.CrossEntropyLoss()),
        (nn.InstanceNorm2d(2, track_running_stats=True), nn.CrossEntropyLoss()),
        (nn.Linear(3, 3), F.cross_entropy),
        (nn.Linear(3, 3), lambda outputs, targets: (outputs - targets).square().sum()),
    ],
    ids=[
        *("dropout", "between layers", "batch norm", "weights", "nll", "kl", "rrelu", "running"),
        *("function", "lambda"),
    ],
)
def test_what_does_not_add_up_is_refused(model, criterion):
    with pytest.raises(ValueError):
        Shards(2, model, criterion)
    Shards(1, model, criterion)  # a whole batch is no shard


def test_after_its_end_the_caller_computes():
    torch.set_num_threads(2)
    model, criterion = nn.Linear(5, 3), nn.CrossEntropyLoss()
    with Shards(2, model, criterion) as shards:
        inside = shards.forward(torch.ones(4, 5))
    assert torch.equal(shards.forward(torch.ones(4, 5)), inside)


def test_parameter_that_is_not_used_gets_no_gradient():
    """As with loss.backward()."""
    model, criterion = (
        nn.ModuleDict({"used": nn.Linear(5, 3), "not": nn.Linear(5, 3)}),
        nn.CrossEntropyLoss(),
    )
    x, y = torch.randn(8, 5), torch.randint(0, 3, (8,))
    with Shards(2, model, criterion) as shards:
        shards.backward(lambda x, y: criterion(model["used"](x), y), x, y)
    assert model["used"].weight.grad is not None
    assert model["not"].weight.grad is None


def test_ignored_targets_are_refused():
    model, criterion = nn.Linear(5, 3), nn.CrossEntropyLoss(ignore_index=1)
    x, y = torch.randn(8, 5), torch.tensor([0, 2] * 4)
    with Shards(2, model, criterion) as shards:
        shards.backward(loss_of(model, criterion), x, y)
        y[3] = 1
        with pytest.raises(ValueError, match="ignore_index"):
            shards.backward(loss_of(model, criterion), x, y)


class FunctionalDropout(nn.Linear):
    """Draws without a module that says so."""

    def forward(self, x):
        return F.dropout(super().forward(x), 0.5, self.training)


class FunctionalBatchNorm(nn.Linear):
    """Keeps running statistics that every shard writes."""

    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.register_buffer("mean", torch.zeros(3))
        self.register_buffer("var", torch.ones(3))

    def forward(self, x):
        return F.batch_norm(super().forward(x), self.mean, self.var, training=True)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (FunctionalDropout(5, 3), "twice"),
        (FunctionalBatchNorm(5, 3), "buffer"),
    ],
    ids=["dropout", "batch norm"],
)
def test_what_shows_in_the_first_step_is_refused(model, words):
    criterion = nn.CrossEntropyLoss()
    x, y = torch.randn(8, 5), torch.randint(0, 3, (8,))
    with Shards(2, model, criterion) as shards, pytest.raises(ValueError, match=words):
        shards.backward(loss_of(model, criterion), x, y)
    with Shards(1, model, criterion) as shards:
        shards.backward(loss_of(model, criterion), x, y)


def test_a_loss_that_is_nan_is_not_refused():
    """It diverged: the meter says so."""
    model, criterion = nn.Linear(5, 3), nn.CrossEntropyLoss()
    with Shards(2, model, criterion) as shards:
        loss = shards.backward(
            loss_of(model, criterion), torch.full((8, 5), math.nan), torch.zeros(8).long()
        )
    assert loss.isnan()


def test_empty_batch():
    model, criterion = nn.Linear(5, 3), nn.CrossEntropyLoss()
    for count in (1, 2):
        with Shards(count, model, criterion) as shards, pytest.raises(ValueError, match="empty"):
            shards.backward(loss_of(model, criterion), torch.empty(0, 5), torch.empty(0).long())


class Slow(nn.Linear):
    """Ctrl-C arrives while the main thread computes its shard or while it waits for the other."""

    interrupt = ""

    def forward(self, x):
        if not self.interrupt:
            return super().forward(x)
        if threading.current_thread() is threading.main_thread():
            if self.interrupt == "computing":
                raise KeyboardInterrupt
        else:
            time.sleep(0.1)  # the main thread has come to its wait
            if self.interrupt == "waiting":
                signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
            time.sleep(0.1)
        return super().forward(x)


@pytest.fixture
def ctrl_c():
    """Interrupts, in a process that was started in the background too."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("when", ["computing", "waiting"])
@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs pthread_kill")
def test_interrupted_step_leaves_nothing_behind(when, ctrl_c):
    """The next step's results are its own, not those of the shard that was still computed."""
    torch.set_num_threads(2)
    model, x = Slow(5, 3), torch.randn(8, 5)
    with Shards(2, model, nn.CrossEntropyLoss()) as shards:
        wanted = shards.forward(x)
        model.interrupt = when
        with pytest.raises(KeyboardInterrupt):
            shards.forward(torch.zeros(8, 5))
        model.interrupt = ""
        for _ in range(2):
            assert torch.equal(shards.forward(x), wanted)
    assert not workers()


def test_workers_keep_one_thread():
    """Whatever number another run sets before the worker computes for the first time."""
    torch.set_num_threads(2)
    with Shards(2, nn.Linear(5, 3), nn.CrossEntropyLoss()) as shards:
        time.sleep(0.1)  # it waits for its first job
        with ThreadPoolExecutor(1) as other:
            other.submit(torch.set_num_threads, 2).result()
        assert shards._map(lambda _: torch.get_num_threads(), [torch.zeros(2)]) == [1, 1]


def test_shards_inside_shards():
    """As a training that is started by another one's progress."""
    torch.set_num_threads(2)
    model, criterion = nn.Linear(5, 3), nn.CrossEntropyLoss()
    x = torch.randn(7, 5)
    with Shards(2, model, criterion) as outer, Shards(3, model, criterion) as inner:
        assert torch.equal(outer.forward(x), inner.forward(x))
    assert torch.get_num_threads() == 2
    assert not workers()


def test_shards_of_one_object_are_entered_once():
    torch.set_num_threads(2)
    shards = Shards(2, nn.Linear(5, 3), nn.CrossEntropyLoss())
    with shards, pytest.raises(RuntimeError, match="already"), shards:
        pass
    with shards:  # again, after its end
        assert len(workers()) == 1
    assert torch.get_num_threads() == 2
    assert not workers()


def test_threads_that_share_shards():
    """Each gets the outputs of its own batch."""
    torch.set_num_threads(2)
    model = nn.Linear(5, 3)
    batches = [torch.randn(9, 5) for _ in range(8)]
    with Shards(3, model, nn.CrossEntropyLoss()) as shards:
        wanted = [shards.forward(batch) for batch in batches]
        with ThreadPoolExecutor(4) as pool:
            for _ in range(20):
                found = pool.map(shards.forward, batches)
                assert all(map(torch.equal, found, wanted))
