import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import RandomSampler

from ptnotes.engine.loading import (
    CharDropout,
    DeviceDataset,
    EpochOnDevice,
    PaddedSequences,
    RandomTranslation,
    make_loader,
)

CPU = torch.device("cpu")


def seeded(seed):
    return torch.Generator().manual_seed(seed)


@given(st.integers(1, 50), st.integers(1, 60), st.booleans())
def test_every_sample_once(count, batch_size, shuffle):
    data = DeviceDataset(torch.arange(count), torch.arange(count) * 2, device=CPU)
    batches = list(make_loader(data, batch_size, shuffle=seeded(0) if shuffle else None))
    assert len(batches) == -(-count // batch_size)
    assert sorted(torch.cat([x for x, _ in batches]).tolist()) == list(range(count))
    assert all(torch.equal(y, 2 * x) for x, y in batches)


def test_shuffle_depends_on_seed_and_epoch_alone():
    data = DeviceDataset(torch.arange(100), device=CPU)

    def orders(seed):
        loader = make_loader(data, 10, shuffle=seeded(seed))
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
    (x, lengths, labels), last = list(make_loader(data, 3))
    assert lengths.tolist() == [3, 2, 1]
    assert labels.tolist() == [1, 2, 0]
    assert x.tolist() == [[6, 7, 8], [9, 9, 0], [5, 0, 0]]
    assert last[0].tolist() == [[1, 2, 3, 4]]


@given(st.integers(0, 3), st.integers(0, 5))
def test_translation_keeps_the_pixels(shift, seed):
    """A pixel in the middle moves by up to ``shift`` each way; outside is background."""
    images = torch.zeros(20, 1, 9, 7)
    images[:, :, 4, 3] = torch.arange(1.0, 21).view(20, 1)
    data = RandomTranslation(
        images, torch.arange(20), shift=shift, background=-1.0, generator=seeded(seed), device=CPU
    )
    x, y = data[[3, 5, 8]]
    assert x.shape == (3, 1, 9, 7)
    assert y.tolist() == [3, 5, 8]
    assert x.amax(dim=(1, 2, 3)).tolist() == [4, 6, 9]
    for image in x[:, 0]:
        row, column = divmod(int(image.argmax()), 7)
        assert abs(row - 4) <= shift
        assert abs(column - 3) <= shift
        assert (image == -1).sum() == 63 - (9 - abs(row - 4)) * (7 - abs(column - 3))


def test_shifts_are_drawn_anew_and_by_the_seed():
    def moved(seed):
        images = torch.rand(50, 1, 8, 8, generator=torch.Generator().manual_seed(0))
        data = RandomTranslation(
            images, torch.arange(50), shift=2, background=0.0, generator=seeded(seed), device=CPU
        )
        return data[list(range(50))][0], data[list(range(50))][0]

    first, second = moved(1)
    assert not torch.equal(first, second)
    assert torch.equal(first, moved(1)[0])
    assert not torch.equal(first, moved(2)[0])


def test_character_dropout():
    codes, lengths = torch.full((400, 9), 65), torch.full((400,), 9)
    data = CharDropout(
        codes, lengths, torch.arange(400), share=0.1, unknown=1, generator=seeded(0), device=CPU
    )
    masked = data[list(range(400))][0]
    assert set(masked.unique().tolist()) == {1, 65}
    assert 0.07 < (masked == 1).float().mean() < 0.13
    assert (data.codes == 65).all()


@given(st.integers(1, 300), st.integers(1, 40), st.integers(0, 3))
def test_buckets_hold_every_sequence_once(count, batch_size, seed):
    lengths = torch.randint(1, 20, (count,), generator=torch.Generator().manual_seed(seed))
    codes = torch.arange(1, 20).repeat(count, 1)
    data = PaddedSequences(codes, lengths, torch.arange(count), device=CPU)
    loader = make_loader(data, batch_size, shuffle=seeded(seed), buckets=True)
    batches = list(loader)
    assert len(batches) == len(loader) == -(-count // batch_size)
    assert sorted(torch.cat([labels for *_, labels in batches]).tolist()) == list(range(count))


def test_buckets_bring_like_lengths_together():
    lengths = torch.randint(1, 20, (4000,), generator=torch.Generator().manual_seed(0))
    data = PaddedSequences(torch.ones(4000, 20).long(), lengths, lengths, device=CPU)

    def spread(**how):
        batches = list(make_loader(data, 100, shuffle=seeded(0), **how))
        return sum((lengths.max() - lengths.min()).item() for _, lengths, _ in batches)

    assert spread(buckets=True) < 0.3 * spread()
    loader = make_loader(data, 100, shuffle=seeded(0), buckets=True)
    (_, first, _), *_ = loader
    (_, again, _), *_ = loader
    assert not torch.equal(first, again)  # the next epoch has another order


def test_an_order_on_the_device_has_the_same_batches():
    """As on an accelerator: the samples' order comes there once an epoch."""
    data = DeviceDataset(torch.arange(23), device=CPU)
    batches, again = (torch.Generator().manual_seed(3) for _ in range(2))
    expected = [batch for (batch,) in make_loader(data, 5, shuffle=batches)]
    sampler = EpochOnDevice(RandomSampler(data, generator=again), 5, CPU)
    found = [data[index][0] for index in sampler]
    assert len(sampler) == len(found) == 5
    assert all(map(torch.equal, found, expected))
    assert torch.equal(batches.get_state(), again.get_state())
