import torch
from hypothesis import given
from hypothesis import strategies as st

from ptnotes.batches import InMemory, PaddedSequences, batched

CPU = torch.device("cpu")


@given(st.integers(1, 50), st.integers(1, 60), st.booleans())
def test_every_sample_once(count, batch_size, shuffle):
    data = InMemory(torch.arange(count), torch.arange(count) * 2, device=CPU)
    batches = list(batched(data, batch_size, shuffle=shuffle, seed=0))
    assert len(batches) == -(-count // batch_size)
    assert sorted(torch.cat([x for x, _ in batches]).tolist()) == list(range(count))
    assert all(torch.equal(y, 2 * x) for x, y in batches)


def test_shuffle_depends_on_seed_and_epoch_alone():
    data = InMemory(torch.arange(100), device=CPU)

    def orders(seed):
        loader = batched(data, 10, shuffle=True, seed=seed)
        epochs = []
        for _ in range(2):
            torch.rand(3)  # other draws must not matter
            epochs.append(torch.cat([x for (x,) in loader]).tolist())
        return epochs

    first, second = orders(4)
    assert first != second
    assert orders(4) == [first, second]
    assert orders(5) != [first, second]


def test_sequences_come_longest_first_and_cut():
    codes = torch.tensor([[5, 0, 0, 0], [6, 7, 8, 0], [9, 9, 0, 0], [1, 2, 3, 4]])
    data = PaddedSequences(codes, torch.tensor([1, 3, 2, 4]), torch.arange(4), device=CPU)
    (x, lengths, labels), last = list(batched(data, 3))
    assert lengths.tolist() == [3, 2, 1]
    assert labels.tolist() == [1, 2, 0]
    assert x.tolist() == [[6, 7, 8], [9, 9, 0], [5, 0, 0]]
    assert last[0].tolist() == [[1, 2, 3, 4]]
