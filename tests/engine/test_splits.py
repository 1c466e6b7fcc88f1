"""Held out parts: disjoint, complete, each class in its share, the same from the same stream."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ptnotes.engine.splits import stratified_folds, stratified_split
from ptnotes.errors import DataError

LABELS = st.lists(st.integers(0, 5), min_size=2, max_size=60).map(torch.tensor)


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def is_partition(split, labels):
    together = torch.cat([split.train, split.held_out]).sort().values
    return together.tolist() == list(range(len(labels)))


@given(LABELS, st.data())
def test_split(labels, data):
    count = data.draw(st.integers(1, len(labels) - 1))
    split = stratified_split(labels, count, seeded(0))
    assert is_partition(split, labels)
    assert len(split.held_out) == count
    for label in labels.unique().tolist():
        exact = int((labels == label).sum()) * count / len(labels)
        assert abs(int((labels[split.held_out] == label).sum()) - exact) < 1
    again = stratified_split(labels, count, seeded(0))
    assert again.sha256() == split.sha256()
    assert split.described()["validation_samples"] == count


def test_share_and_another_stream():
    labels = torch.arange(1000) % 10
    split = stratified_split(labels, 0.1, seeded(0))
    assert torch.bincount(labels[split.held_out]).tolist() == [10] * 10
    assert split.sha256() != stratified_split(labels, 0.1, seeded(1)).sha256()
    if_one_moved = split.held_out.clone()
    if_one_moved[0] += 1
    assert type(split)(split.train, if_one_moved).sha256() != split.sha256()


@pytest.mark.parametrize("held_out", [10, 11, 0.01, 0.99])
def test_nothing_left(held_out):
    with pytest.raises(DataError, match="too few"):
        stratified_split(torch.zeros(10).long(), held_out, seeded(0))


@given(LABELS, st.data())
def test_folds(labels, data):
    count = data.draw(st.integers(2, len(labels)))
    folds = stratified_folds(labels, count, seeded(0))
    assert all(is_partition(each, labels) for each in folds)
    tested = torch.cat([each.held_out for each in folds]).sort().values
    assert tested.tolist() == list(range(len(labels)))
    sizes = [len(each.held_out) for each in folds]
    assert max(sizes) - min(sizes) <= 1
    for label in labels.unique().tolist():
        of_class = [int((labels[each.held_out] == label).sum()) for each in folds]
        assert max(of_class) - min(of_class) <= 1


@pytest.mark.parametrize("count", [1, 11])
def test_impossible_folds(count):
    with pytest.raises(DataError, match="folds"):
        stratified_folds(torch.zeros(10).long(), count, seeded(0))
