"""The packed GRU against torch's own: states and gradients."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from ptnotes.models.packed_gru import final_states, places

LENGTHS = st.lists(st.integers(1, 9), min_size=1, max_size=12).map(
    lambda lengths: torch.tensor(sorted(lengths, reverse=True))
)


def networks(layers, dtype=torch.float64):
    torch.manual_seed(0)
    embedding = nn.Embedding(20, 6, dtype=dtype)
    return embedding, nn.GRU(6, 4, layers, bidirectional=True, dtype=dtype)


def of_torch(embedding, gru, codes, lengths):
    _, hidden = gru(pack_padded_sequence(embedding(codes.t()), lengths))
    return hidden[-2:]


def states_and_gradients(states_of, embedding, gru, codes, lengths):
    parameters = [*embedding.parameters(), *gru.parameters()]
    states = states_of(embedding, gru, codes, lengths)
    weights = torch.linspace(-1, 2, states.numel(), dtype=states.dtype).view_as(states)
    return states.detach(), torch.autograd.grad((states * weights).sum(), parameters)


@given(LENGTHS, st.integers(1, 3))
def test_as_torch(lengths, layers):
    codes = torch.randint(0, 20, (len(lengths), int(lengths[0])))
    embedding, gru = networks(layers)
    found = states_and_gradients(final_states, embedding, gru, codes, lengths)
    assert found[0].shape == (2, len(lengths), 4)
    torch.testing.assert_close(
        found, states_and_gradients(of_torch, embedding, gru, codes, lengths)
    )


def test_single_precision():
    lengths = torch.randint(1, 15, (200,)).sort(descending=True).values
    codes = torch.randint(0, 20, (200, 15))
    embedding, gru = networks(2, torch.float32)
    found = states_and_gradients(final_states, embedding, gru, codes, lengths)
    wanted = states_and_gradients(of_torch, embedding, gru, codes, lengths)
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4)


@given(LENGTHS)
def test_places(lengths):
    """Every element's number in its sequence, followed by hand."""
    codes = torch.stack(
        [torch.arange(100 * row, 100 * row + lengths[0]) for row in range(len(lengths))]
    )
    packed = pack_padded_sequence(codes.t(), lengths)
    found = places(packed.batch_sizes, lengths)
    assert found.sizes == packed.batch_sizes.tolist()
    length = lengths[packed.data // 100]
    reversed_ = packed.data // 100 * 100 + length - 1 - packed.data % 100
    assert torch.equal(packed.data[found.mirrored], reversed_)
    later = packed.data[len(lengths) :]
    assert torch.equal(packed.data[found.previous], later - 1)
    assert torch.equal(packed.data[found.last], torch.arange(len(lengths)) * 100 + lengths - 1)


def test_without_gradients():
    embedding, gru = networks(2)
    codes, lengths = torch.randint(0, 20, (3, 5)), torch.tensor([5, 2, 1])
    with torch.inference_mode():
        found = final_states(embedding, gru, codes, lengths)
        torch.testing.assert_close(found, of_torch(embedding, gru, codes, lengths))


def test_unsorted_lengths_are_refused():
    embedding, gru = networks(1)
    with pytest.raises(RuntimeError, match="sorted"):
        final_states(embedding, gru, torch.ones(2, 5).long(), torch.tensor([2, 5]))
