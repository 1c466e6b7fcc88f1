"""The packed GRU against torch's own: outputs, states and gradients, whatever its options."""

import copy

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from ptnotes.models.packed_gru import PackedGRU, places

LENGTHS = st.lists(st.integers(1, 9), min_size=1, max_size=12).map(
    lambda lengths: torch.tensor(sorted(lengths, reverse=True))
)


class OfTorch(nn.GRU):
    """nn.GRU of what the embedding makes of the codes."""

    def forward(self, packed, hx=None, *, embedding):
        embedded = PackedSequence(embedding(packed.data), *packed[1:])
        return super().forward(embedded, hx)


def networks(layers=2, dtype=torch.float64, **options):
    """An embedding, the packed GRU, and torch's with the same weights."""
    torch.manual_seed(0)
    embedding = nn.Embedding(20, 6, dtype=dtype)
    options = {"bidirectional": True, "dtype": dtype} | options
    ours, theirs = PackedGRU(6, 4, layers, **options), OfTorch(6, 4, layers, **options)
    theirs.load_state_dict(ours.state_dict())
    return embedding, ours, theirs


def results(embedding, gru, packed, hx=None):
    """Padded output, final states, and the gradients of a weighted sum of both."""
    output, hidden = gru(packed, hx, embedding=embedding)
    padded, _ = pad_packed_sequence(output)
    total = sum(
        (part * torch.linspace(-1, 2, part.numel(), dtype=part.dtype).view_as(part)).sum()
        for part in (padded, hidden)
    )
    gradients = torch.autograd.grad(total, [*embedding.parameters(), *gru.parameters()])
    return padded.detach(), hidden.detach(), gradients


def packed_codes(lengths, **options):
    codes = torch.randint(0, 20, (len(lengths), int(lengths.max())))
    return pack_padded_sequence(codes.t(), lengths, **options)


@given(LENGTHS, st.integers(1, 3))
def test_as_torch(lengths, layers):
    embedding, ours, theirs = networks(layers)
    packed = packed_codes(lengths)
    found = results(embedding, ours, packed)
    assert found[1].shape == (2 * layers, len(lengths), 4)
    torch.testing.assert_close(found, results(embedding, theirs, packed))


@given(LENGTHS)
def test_embedded_input(lengths):
    """As nn.GRU is called: with the embeddings themselves."""
    embedding, ours, theirs = networks()
    codes = packed_codes(lengths)
    embedded = PackedSequence(embedding(codes.data), *codes[1:])
    (output, hidden), (wanted, wanted_hidden) = ours(embedded), theirs(codes, embedding=embedding)
    torch.testing.assert_close([output.data, hidden], [wanted.data, wanted_hidden])


def test_single_precision():
    lengths = torch.randint(1, 15, (200,)).sort(descending=True).values
    embedding, ours, theirs = networks(dtype=torch.float32)
    packed = packed_codes(lengths)
    found, wanted = results(embedding, ours, packed), results(embedding, theirs, packed)
    torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    "options",
    [
        {"bidirectional": False},
        {"bias": False},
        {"bidirectional": False, "bias": False, "layers": 1},
        {"dropout": 0.3},
    ],
    ids=str,
)
def test_options_that_torch_computes(options):
    embedding, ours, theirs = networks(**options)
    packed = packed_codes(torch.tensor([5, 3, 3, 1]))
    both = []
    for gru in (ours, theirs):
        torch.manual_seed(1)  # dropout draws
        both.append(results(embedding, gru, packed))
    torch.testing.assert_close(both[0], both[1], rtol=0, atol=0)


@pytest.mark.parametrize(
    "options", [{"padding_idx": 0}, {"max_norm": 0.5}, {"scale_grad_by_freq": True}], ids=str
)
def test_embedding_with_options(options):
    embedding, ours, theirs = networks()
    packed = packed_codes(torch.tensor([6, 4, 3]))
    both = []
    for gru in (ours, theirs):
        torch.manual_seed(0)
        embedding = nn.Embedding(20, 6, dtype=torch.float64, **options)
        both.append(results(embedding, gru, packed))
    torch.testing.assert_close(*both)


class Doubled(nn.Embedding):
    """One that does more than look its weights up."""

    def forward(self, codes):
        return 2 * super().forward(codes)


def with_hook(name, hook):
    embedding = nn.Embedding(20, 6, dtype=torch.float64)
    getattr(embedding, name)(hook)
    return embedding


@pytest.mark.filterwarnings("ignore:Full backward hook is firing")
@pytest.mark.parametrize(
    "make",
    [
        lambda: Doubled(20, 6, dtype=torch.float64),
        lambda: with_hook("register_forward_hook", lambda module, inputs, output: -output),
        lambda: with_hook("register_full_backward_hook", lambda module, *_: module.seen()),
        lambda: nn.utils.parametrizations.weight_norm(nn.Embedding(20, 6, dtype=torch.float64)),
    ],
    ids=["subclass", "forward hook", "backward hook", "parametrized"],
)
def test_embedding_that_does_more(make):
    _, ours, theirs = networks()
    packed, both = packed_codes(torch.tensor([6, 4, 3])), []
    for gru in (ours, theirs):
        torch.manual_seed(0)
        embedding, calls = make(), []
        embedding.seen = lambda calls=calls: calls.append(1)
        both.append((*results(embedding, gru, packed), calls))
    torch.testing.assert_close(*both)


@pytest.mark.parametrize("frozen", ["embedding", "weight_hh_l0", "bias_ih_l1_reverse", "all"])
def test_frozen_parts(frozen):
    embedding, ours, theirs = networks()
    packed = packed_codes(torch.tensor([5, 3, 1]))
    embedding.requires_grad_(frozen not in ("embedding", "all"))
    both = []
    for gru in (ours, theirs):
        for name, parameter in gru.named_parameters():
            parameter.requires_grad_(frozen not in (name, "all"))
        output, hidden = gru(packed, embedding=embedding)
        if frozen != "all":
            (output.data.sum() + hidden.square().sum()).backward()
        parameters = [*embedding.parameters(), *gru.parameters()]
        both.append((hidden.detach(), [parameter.grad for parameter in parameters]))
        embedding.zero_grad()
    torch.testing.assert_close(*both)


def test_backward_twice():
    """With retain_graph: the second pass has what the first one had."""
    embedding, ours, _ = networks()
    _, hidden = ours(packed_codes(torch.tensor([4, 4, 2])), embedding=embedding)
    weights = [*embedding.parameters(), *ours.parameters()]
    one, two = (
        torch.autograd.grad(hidden.square().sum(), weights, retain_graph=True) for _ in range(2)
    )
    torch.testing.assert_close(two, one, rtol=0, atol=0)


@pytest.mark.parametrize("code", [-1, 20, 39, 40])
def test_code_that_is_not_in_the_embedding(code):
    """Not one of the other direction's, whose table follows."""
    embedding, ours, _ = networks()
    packed = packed_codes(torch.tensor([3, 1]))
    packed.data[2] = code
    with pytest.raises((IndexError, RuntimeError)):
        ours(packed, embedding=embedding)


def test_second_derivatives_are_refused():
    embedding, ours, _ = networks()
    _, hidden = ours(packed_codes(torch.tensor([3, 1])), embedding=embedding)
    with pytest.raises(RuntimeError, match="second derivatives"):
        torch.autograd.grad(hidden.sum(), ours.weight_hh_l0, create_graph=True)


def test_dropout_in_eval_mode():
    embedding, ours, theirs = networks(dropout=0.3)
    packed = packed_codes(torch.tensor([5, 3, 1]))
    torch.testing.assert_close(
        results(embedding, ours.eval(), packed), results(embedding, theirs.eval(), packed)
    )


def test_initial_state():
    embedding, ours, theirs = networks()
    packed, hx = packed_codes(torch.tensor([4, 2])), torch.randn(4, 2, 4, dtype=torch.float64)
    torch.testing.assert_close(
        results(embedding, ours, packed, hx), results(embedding, theirs, packed, hx)
    )


def test_unsorted_sequences():
    embedding, ours, theirs = networks()
    packed = packed_codes(torch.tensor([2, 5, 1, 5]), enforce_sorted=False)
    torch.testing.assert_close(results(embedding, ours, packed), results(embedding, theirs, packed))


def test_sequences_that_are_not_packed():
    embedding, ours, theirs = networks()
    codes = torch.randint(0, 20, (5, 3))
    wanted = nn.GRU.forward(theirs, embedding(codes))
    torch.testing.assert_close(ours(codes, embedding=embedding), wanted)


def test_fast_path_is_taken(monkeypatch):
    """Where it applies nn.GRU's own forward isn't called, or the rest tests nothing."""
    monkeypatch.setattr(nn.GRU, "forward", None)
    embedding, ours, _ = networks(dropout=0.3)
    ours.eval()(packed_codes(torch.tensor([3, 1])), embedding=embedding)


@given(LENGTHS)
def test_places(lengths):
    """Every element's number in its sequence, followed by hand."""
    codes = torch.stack(
        [torch.arange(100 * row, 100 * row + lengths[0]) for row in range(len(lengths))]
    )
    packed = pack_padded_sequence(codes.t(), lengths)
    found = places(packed.batch_sizes)
    assert found.sizes == packed.batch_sizes.tolist()
    length = lengths[packed.data // 100]
    reversed_ = packed.data // 100 * 100 + length - 1 - packed.data % 100
    assert torch.equal(packed.data[found.mirrored], reversed_)
    later = packed.data[len(lengths) :]
    assert torch.equal(packed.data[found.previous], later - 1)
    assert torch.equal(packed.data[found.last], torch.arange(len(lengths)) * 100 + lengths - 1)


def test_without_gradients():
    embedding, ours, theirs = networks()
    packed = packed_codes(torch.tensor([5, 2, 1]))
    with torch.inference_mode():
        found, wanted = (gru(packed, embedding=embedding)[1] for gru in (ours, theirs))
        torch.testing.assert_close(found, wanted)


def test_copies_and_saved_weights():
    """The class adds no parameter: nn.GRU loads its weights."""
    _, ours, _ = networks()
    plain = nn.GRU(6, 4, 2, bidirectional=True, dtype=torch.float64)
    plain.load_state_dict(copy.deepcopy(ours).state_dict())
