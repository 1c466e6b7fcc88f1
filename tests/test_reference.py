"""The formulas and torch's own functions on random inputs."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ptnotes import reference

logits = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 5), st.integers(1, 6)),
    elements=st.floats(-1e4, 1e4),
)
side = st.integers(1, 30)


@given(logits)
def test_softmax(z):
    found = reference.softmax(z)
    assert found.sum(axis=-1) == pytest.approx(1)
    assert np.allclose(found, F.softmax(torch.from_numpy(z), dim=-1).numpy(), atol=1e-12)


@given(logits, st.data())
def test_cross_entropy(z, data):
    targets = [data.draw(st.integers(0, z.shape[1] - 1)) for _ in z]
    theirs = F.cross_entropy(torch.from_numpy(z), torch.tensor(targets), reduction="none")
    assert np.allclose(reference.cross_entropy(z, targets), theirs.numpy(), rtol=1e-12, atol=1e-12)


def test_notes_cross_entropy_overflows():
    z = np.array([[1000.0, 0.0]])
    assert math.isnan(reference.cross_entropy_of_the_notes(z, [0])[0])
    assert reference.cross_entropy(z, [0])[0] == 0


@given(st.floats(0.01, 0.99), st.sampled_from([0.0, 1.0]))
def test_binary_cross_entropy(y_hat, y):
    theirs = F.binary_cross_entropy(*torch.tensor([[y_hat], [y]], dtype=torch.float64))
    assert reference.binary_cross_entropy(y, y_hat) == pytest.approx(theirs.item())


@given(side, st.integers(1, 7), st.integers(1, 4), st.integers(0, 3), st.integers(1, 3))
def test_output_size(size, kernel, stride, padding, dilation):
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    layer = torch.nn.Conv2d(1, 1, kernel, **options, device="meta")
    x = torch.zeros(1, 1, size, size, device="meta")
    if dilation * (kernel - 1) + 1 > size + 2 * padding:
        with pytest.raises(ValueError, match="larger than the padded input"):
            reference.output_size(size, kernel, **options)
    else:
        assert reference.output_size(size, kernel, **options) == layer(x).shape[-1]


@given(side, side, st.integers(1, 3), st.integers(1, 3), st.integers(0, 2), st.integers(0, 9))
def test_cross_correlation(height, width, kernel, stride, padding, seed):
    if kernel > min(height, width) + 2 * padding:
        return
    rng = np.random.default_rng(seed)
    image, weights = rng.normal(size=(height, width)), rng.normal(size=(kernel, kernel))
    found = reference.cross_correlation(image, weights, stride=stride, padding=padding)
    theirs = F.conv2d(
        torch.from_numpy(image)[None, None],
        torch.from_numpy(weights)[None, None],
        stride=stride,
        padding=padding,
    )
    assert np.allclose(found, theirs[0, 0].numpy())


@given(hnp.arrays(np.float64, st.integers(2, 60), elements=st.floats(0, 1)), st.integers(1, 60))
def test_mean_and_std_do_not_depend_on_the_batches(values, size):
    batches = [values[start : start + size] for start in range(0, len(values), size)]
    mean, std = reference.mean_and_std(batches)
    assert mean == pytest.approx(values.mean(), abs=1e-12)
    assert std == pytest.approx(values.std(), abs=1e-7)
