"""Recurrent cells written out gate by gate, with the weights of torch's (notes, 805, 950-1039).

torch stacks the gates in one weight: (gates·H, features); ``chunk`` takes them apart again.
"""

import torch
from torch import Tensor, nn


def rnn_cell(cell: nn.RNNCell, x: Tensor, h: Tensor) -> Tensor:
    """x (N, features), h (N, H) → h' (N, H): a linear map, then tanh (line 760)."""
    return torch.tanh(x @ cell.weight_ih.T + cell.bias_ih + h @ cell.weight_hh.T + cell.bias_hh)


def lstm_cell(cell: nn.LSTMCell, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    """x (N, features), h and c (N, H) → h', c' (N, H) (lines 954-974)."""
    gates = x @ cell.weight_ih.T + cell.bias_ih + h @ cell.weight_hh.T + cell.bias_hh  # (N, 4H)
    i, f, g, o = gates.chunk(4, dim=1)
    i = torch.sigmoid(i)  # input gate: what is stored
    f = torch.sigmoid(f)  # forget gate: what is kept
    g = torch.tanh(g)  # the candidate
    o = torch.sigmoid(o)  # output gate: what is shown
    c = f * c + i * g
    return o * torch.tanh(c), c


def lstm_cell_of_the_notes(
    cell: nn.LSTMCell, x: Tensor, h: Tensor, c: Tensor
) -> tuple[Tensor, Tensor]:
    """One linear layer over [x, h] with one bias (line 952): torch's two biases, added."""
    linear = nn.Linear(cell.input_size + cell.hidden_size, 4 * cell.hidden_size)
    with torch.no_grad():
        linear.weight.copy_(torch.cat([cell.weight_ih, cell.weight_hh], dim=1))
        linear.bias.copy_(cell.bias_ih + cell.bias_hh)
    i, f, g, o = linear(torch.cat([x, h], dim=1)).chunk(4, dim=1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def gru_cell(cell: nn.GRUCell, x: Tensor, h: Tensor) -> Tensor:
    """x (N, features), h (N, H) → h' (N, H). The reset gate acts after W·h + b (torch's way)."""
    from_x = (x @ cell.weight_ih.T + cell.bias_ih).chunk(3, dim=1)
    from_h = (h @ cell.weight_hh.T + cell.bias_hh).chunk(3, dim=1)
    r = torch.sigmoid(from_x[0] + from_h[0])  # reset gate
    z = torch.sigmoid(from_x[1] + from_h[1])  # update gate: how much of h stays
    candidate = torch.tanh(from_x[2] + r * from_h[2])
    return z * h + (1 - z) * candidate


def gru_cell_of_the_notes(cell: nn.GRUCell, x: Tensor, h: Tensor) -> Tensor:
    """The same with line 1035's candidate: the reset gate acts on h, before the weights."""
    from_x = (x @ cell.weight_ih.T + cell.bias_ih).chunk(3, dim=1)
    w_r, w_z, w_n = cell.weight_hh.chunk(3)
    b_r, b_z, b_n = cell.bias_hh.chunk(3)
    r = torch.sigmoid(from_x[0] + h @ w_r.T + b_r)
    z = torch.sigmoid(from_x[1] + h @ w_z.T + b_z)
    candidate = torch.tanh(from_x[2] + (r * h) @ w_n.T + b_n)
    return z * h + (1 - z) * candidate
