"""RNN, LSTM and GRU: cells, shapes, parameters (notes, lines 750-867 and 938-1091)."""

from typing import cast

import torch
from torch import Tensor, nn

from ptnotes.engine.loop import count_parameters
from ptnotes.topics import rnn_demo
from ptnotes.topics.rnn_demo import difference
from ptnotes.verify.claims.claim import Finding, claim, error_of, finding


@claim(line=760, statement="h' = f(W·x + W·h + b)")
def rnn_formula() -> Finding:
    """nn.RNNCell and the formula with tanh and the same weights: equal to 1e-6."""
    error = rnn_demo.cells_by_hand()["rnn"]
    return finding(error <= 1e-6, largest_difference=error)


@claim(line=803, statement="the input and hidden size determine the sizes of the weights")
def sizes_determine_weights() -> Finding:
    """The weights and biases of RNNCell(4, 2)."""
    cell = nn.RNNCell(input_size=4, hidden_size=2)
    shapes = {name: list(parameter.shape) for name, parameter in cell.named_parameters()}
    expected = {"weight_ih": [2, 4], "weight_hh": [2, 2], "bias_ih": [2], "bias_hh": [2]}
    return finding(shapes == expected, **shapes)


@claim(
    line=805,
    statement="an RNN cell is in essence a linear layer",
    correction="linear, then tanh",
)
def rnn_cell_is_not_linear() -> Finding:
    """f(x₁ + x₂) and f(x₁) + f(x₂) − f(0): for the cell, and before its tanh."""
    cell, h = nn.RNNCell(4, 2), torch.zeros(1, 2)
    a, b = torch.randn(2, 1, 4)
    with torch.no_grad():

        def nonlinearity(before_tanh: bool) -> float:
            f = (lambda x: torch.atanh(cell(x, h))) if before_tanh else (lambda x: cell(x, h))
            return difference(f(a + b), f(a) + f(b) - f(torch.zeros(1, 4)))

        whole, inside = nonlinearity(before_tanh=False), nonlinearity(before_tanh=True)
    return finding(inside < 1e-4 < 1e-3 < whole, notes=whole, right={"before the tanh": inside})


@claim(line=825, statement="RNNCell step by step: inputs (1, 4), hidden (1, 2)")
def cell_shapes() -> Finding:
    """Line 825's loop over three inputs."""
    cell, hidden = nn.RNNCell(4, 2), torch.zeros(1, 2)
    shapes = []
    for x in torch.randn(3, 1, 4):
        hidden = cell(x, hidden)
        shapes.append([list(x.shape), list(hidden.shape)])
    return finding(shapes == [[[1, 4], [1, 2]]] * 3, shapes=shapes[0], steps=len(shapes))


@claim(line=832, statement="RNN does the loop over the cell")
def layer_is_the_loop() -> Finding:
    """nn.RNN, and nn.RNNCell with the same weights, called step by step."""
    layer, cell = nn.RNN(4, 2), nn.RNNCell(4, 2)
    x, hidden = torch.randn(3, 5, 4), torch.zeros(5, 2)
    with torch.no_grad():
        for target, source in zip(cell.parameters(), layer.parameters(), strict=True):
            target.copy_(source)
        outputs, last = layer(x)
        by_cell = []
        for step in x:
            hidden = cell(step, hidden)
            by_cell.append(hidden)
    error = max(difference(torch.stack(by_cell), outputs), difference(hidden, last[0]))
    return finding(error < 1e-6, largest_difference=error)


@claim(
    line=852,
    statement="h is (layers, N, hidden), the output (length, N, hidden)",
    correction="(layers · directions, N, hidden) and (length, N, directions · hidden)",
)
def hidden_has_directions() -> Finding:
    """nn.RNN(4, 2) with two layers on 5 sequences of 3, in one direction and in both."""
    one, both = (
        rnn_demo.layer_shapes(nn.RNN, layers=2, bidirectional=ways, batch_first=False)
        for ways in (False, True)
    )
    return finding(
        one == {"input": [3, 5, 4], "output": [3, 5, 2], "hidden": [2, 5, 2]}
        and both == {"input": [3, 5, 4], "output": [3, 5, 4], "hidden": [4, 5, 2]},
        notes=one,
        right=both,
    )


@claim(
    line=867,
    statement="with batch_first the batch dimension comes first",
    correction="in input and output, not in the hidden state",
)
def batch_first_spares_the_hidden_state() -> Finding:
    """nn.RNN(4, 2) with two layers on 5 sequences of 3, with and without batch_first."""
    last, first = (
        rnn_demo.layer_shapes(nn.RNN, layers=2, bidirectional=False, batch_first=way)
        for way in (False, True)
    )
    return finding(
        first["input"] == [5, 3, 4]
        and first["output"] == [5, 3, 2]
        and first["hidden"] == last["hidden"] == [2, 5, 2],
        notes=last,
        right=first,
    )


@claim(line=974, statement="LSTM: the gates i, f, o with sigmoid, g with tanh")
def lstm_gates() -> Finding:
    """The formulas, gate by gate, and nn.LSTMCell: equal to 1e-6."""
    error = rnn_demo.cells_by_hand()["lstm"]
    return finding(error <= 1e-6, largest_difference=error)


@claim(line=952, statement="one linear layer over [x, h] gives all four gates of the LSTM")
def lstm_with_one_bias() -> Finding:
    """The notes' cell and nn.LSTMCell, whose two biases are added up: equal to 1e-6."""
    error = rnn_demo.cells_by_hand()["lstm_of_the_notes"]
    return finding(error <= 1e-6, largest_difference=error)


@claim(line=987, statement="LSTM: output (32, 10, 128), hidden (2, 32, 128)")
def lstm_shapes() -> Finding:
    """Line 981's layer on (32, 10, 100)."""
    layer = nn.LSTM(100, 128, num_layers=2, batch_first=True, dropout=0.2)
    output, (h, c) = layer(torch.randn(32, 10, 100))
    shapes = [list(tensor.shape) for tensor in (output, h, c)]
    return finding(shapes == [[32, 10, 128], [2, 32, 128], [2, 32, 128]], shapes=shapes)


@claim(
    line=942,
    statement="the LSTM solves the vanishing gradient",
    correction="it mitigates it, as long as the forget gate is open",
)
def lstm_mitigates_vanishing() -> Finding:
    """The gradient at c₀ through 200 steps: initialized by torch, and with an open forget gate."""

    def gradient(open_gate: bool) -> float:
        layer = nn.LSTM(4, 8)
        if open_gate:
            with torch.no_grad():
                cast(Tensor, layer.bias_hh_l0)[8:16].fill_(10.0)  # σ(10) is almost 1
        c0 = torch.zeros(1, 1, 8, requires_grad=True)
        output, _ = layer(torch.randn(200, 1, 4), (torch.zeros(1, 1, 8), c0))
        (slope,) = torch.autograd.grad(output[-1].sum(), c0)
        return float(slope.double().norm())  # the squares of float32 are 0 too soon

    usual, kept = gradient(open_gate=False), gradient(open_gate=True)
    return finding(usual < 1e-6 < 1e-3 < kept, notes=usual, right=kept)


@claim(line=1039, statement="h' = z·h + (1 − z)·h̃")
def gru_update() -> Finding:
    """The formulas, with torch's candidate, and nn.GRUCell: equal to 1e-6."""
    error = rnn_demo.cells_by_hand()["gru"]
    return finding(error <= 1e-6, largest_difference=error)


@claim(
    line=1035,
    statement="h̃ = tanh(W·[r*h, x] + b)",
    correction="torch computes tanh(W·x + b + r*(W·h + b)), which is another cell",
)
def gru_candidate() -> Finding:
    """Both forms and nn.GRUCell with the same weights."""
    errors = rnn_demo.cells_by_hand()
    return finding(
        errors["gru"] <= 1e-6 and errors["gru_of_the_notes"] > 1e-3,
        notes=errors["gru_of_the_notes"],
        right=errors["gru"],
    )


@claim(line=1051, statement="GRU: output (32, 10, 128), hidden (2, 32, 128)")
def gru_shapes() -> Finding:
    """Line 1046's layer on (32, 10, 100)."""
    layer = nn.GRU(100, 128, num_layers=2, batch_first=True, dropout=0.2)
    output, h = layer(torch.randn(32, 10, 100), torch.zeros(2, 32, 128))
    shapes = [list(output.shape), list(h.shape)]
    return finding(shapes == [[32, 10, 128], [2, 32, 128]], shapes=shapes)


@claim(line=1073, statement="a GRU has fewer parameters than an LSTM")
def gru_has_fewer_parameters() -> Finding:
    """Both with 100 features, hidden size 128, two layers: the ratio is 3 to 4."""
    gru, lstm = (count_parameters(kind(100, 128, num_layers=2)) for kind in (nn.GRU, nn.LSTM))
    return finding(4 * gru == 3 * lstm, gru=gru, lstm=lstm)


@claim(line=1076, statement="a GRU has one state, an LSTM two")
def gru_keeps_one_state() -> Finding:
    """The number of tensors that the cells return."""
    x, h = torch.randn(1, 4), torch.zeros(1, 2)
    gru, lstm = nn.GRUCell(4, 2)(x, h), nn.LSTMCell(4, 2)(x, (h, h))
    states = {"gru": 1 if isinstance(gru, torch.Tensor) else len(gru), "lstm": len(lstm)}
    return finding(states == {"gru": 1, "lstm": 2}, **states)


@claim(line=1075, statement="a GRU has two gates, an LSTM three, and both have a candidate")
def gates() -> Finding:
    """The rows of the cells' weights divided by the hidden size, minus the candidate."""
    rows = {
        name: kind(4, 2).weight_hh.shape[0] // 2 - 1
        for name, kind in (("gru", nn.GRUCell), ("lstm", nn.LSTMCell))
    }
    return finding(rows == {"gru": 2, "lstm": 3}, **rows)


@claim(
    line=1001,
    statement="h₀ = 0 is built for LSTM and GRU, and not passed",
    correction="it is not needed: zeros are the default",
)
def zeros_are_the_default() -> Finding:
    """LSTM and GRU with and without a zero state."""
    x, zeros = torch.randn(5, 1, 10), torch.zeros(2, 1, 8)
    lstm, gru = nn.LSTM(10, 8, num_layers=2), nn.GRU(10, 8, num_layers=2)
    without, given = [lstm(x)[0], gru(x)[0]], [lstm(x, (zeros, zeros))[0], gru(x, zeros)[0]]
    error = max(difference(a, b) for a, b in zip(without, given, strict=True))
    as_for_gru = error_of(lambda: lstm(x, zeros))
    return finding(
        error == 0 and as_for_gru is not None,
        notes={"h alone, to the LSTM": as_for_gru},
        right={"largest difference": error},
    )
