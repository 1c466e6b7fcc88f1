import pytest
import torch
from torch import nn

from ptnotes.models import recurrent_cells as cells


@pytest.fixture
def state():
    torch.manual_seed(0)
    return torch.randn(6, 3), torch.randn(6, 5), torch.randn(6, 5)


def test_rnn(state):
    x, h, _ = state
    cell = nn.RNNCell(3, 5)
    assert torch.allclose(cells.rnn_cell(cell, x, h), cell(x, h), atol=1e-6)


@pytest.mark.parametrize("by_hand", [cells.lstm_cell, cells.lstm_cell_of_the_notes])
def test_lstm(state, by_hand):
    x, h, c = state
    cell = nn.LSTMCell(3, 5)
    for mine, torchs in zip(by_hand(cell, x, h, c), cell(x, (h, c)), strict=True):
        assert mine.shape == (6, 5)
        assert torch.allclose(mine, torchs, atol=1e-6)


def test_gru(state):
    x, h, _ = state
    cell = nn.GRUCell(3, 5)
    assert torch.allclose(cells.gru_cell(cell, x, h), cell(x, h), atol=1e-6)


def test_gru_of_the_notes_differs_unless_the_state_is_zero(state):
    x, h, _ = state
    cell = nn.GRUCell(3, 5)
    with torch.no_grad():
        cell.bias_hh.zero_()  # outside the product in one form, inside in the other
    zero = torch.zeros_like(h)
    assert torch.allclose(cells.gru_cell_of_the_notes(cell, x, zero), cell(x, zero), atol=1e-6)
    assert (cells.gru_cell_of_the_notes(cell, x, h) - cell(x, h)).abs().max() > 0.01
