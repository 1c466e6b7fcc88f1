"""RNN, LSTM and GRU: cells, shapes, parameters (notes, lines 750-867 and 938-1091)."""

from typing import cast

import torch
from torch import Tensor, nn

from ptnotes.verify.claims.claim import Finding, claim, error_of, evaluate, found
from ptnotes.topics import rnn_demo
from ptnotes.topics.rnn_demo import difference


def _parameters(layer: nn.Module) -> int:
    return sum(parameter.numel() for parameter in layer.parameters())


@claim(line=760, says="h' = f(W·x + W·h + b)")
def rnn_formula() -> Finding:
    """nn.RNNCell beside the formula with tanh, weights shared: equal to 1e-6."""
    off = rnn_demo.cells_by_hand()["rnn"]
    return found(off <= 1e-6, largest_difference=off)


@claim(line=803, says="input and hidden size determine the weights' sizes")
def sizes_determine_weights() -> Finding:
    """The weights and biases of RNNCell(4, 2)."""
    cell = nn.RNNCell(input_size=4, hidden_size=2)
    shapes = {name: list(parameter.shape) for name, parameter in cell.named_parameters()}
    expected = {"weight_ih": [2, 4], "weight_hh": [2, 2], "bias_ih": [2], "bias_hh": [2]}
    return found(shapes == expected, **shapes)


@claim(line=805, says="an RNN cell is at heart a linear layer", right="linear, then tanh")
def rnn_cell_is_not_linear() -> Finding:
    """f(x₁ + x₂) beside f(x₁) + f(x₂) − f(0): for the cell, and before its tanh."""
    cell, h = nn.RNNCell(4, 2), torch.zeros(1, 2)
    a, b = torch.randn(2, 1, 4)
    with torch.no_grad():

        def off(before_tanh: bool) -> float:
            f = (lambda x: torch.atanh(cell(x, h))) if before_tanh else (lambda x: cell(x, h))
            return difference(f(a + b), f(a) + f(b) - f(torch.zeros(1, 4)))

        whole, inside = off(before_tanh=False), off(before_tanh=True)
    return found(inside < 1e-4 < 1e-3 < whole, notes=whole, right={"before the tanh": inside})


@claim(line=825, says="RNNCell step by step: inputs (1, 4), hidden (1, 2)")
def cell_shapes() -> Finding:
    """Line 825's loop over three inputs."""
    cell, hidden = nn.RNNCell(4, 2), torch.zeros(1, 2)
    shapes = []
    for x in torch.randn(3, 1, 4):
        hidden = cell(x, hidden)
        shapes.append([list(x.shape), list(hidden.shape)])
    return found(shapes == [[[1, 4], [1, 2]]] * 3, shapes=shapes[0], steps=len(shapes))


@claim(line=832, says="RNN does the cell's loop")
def layer_is_the_loop() -> Finding:
    """nn.RNN beside nn.RNNCell with the same weights, called step by step."""
    layer, cell = nn.RNN(4, 2), nn.RNNCell(4, 2)
    x, hidden = torch.randn(3, 5, 4), torch.zeros(5, 2)
    with torch.no_grad():
        for mine, theirs in zip(cell.parameters(), layer.parameters(), strict=True):
            mine.copy_(theirs)
        outputs, last = layer(x)
        by_cell = []
        for step in x:
            hidden = cell(step, hidden)
            by_cell.append(hidden)
    off = max(difference(torch.stack(by_cell), outputs), difference(hidden, last[0]))
    return found(off < 1e-6, largest_difference=off)


@claim(line=834, says="hidden_size= = hidden_size", right="one =")
def one_equals_sign() -> Finding:
    """Both calls, evaluated."""
    call = "RNN(input_size=4, hidden_size{} 2, num_layers=1)"
    printed = error_of(lambda: evaluate(call.format("= ="), RNN=nn.RNN))
    right = evaluate(call.format("="), RNN=nn.RNN)
    return found(printed == "SyntaxError", notes=printed, right=str(right))


@claim(
    line=852,
    says="h is (layers, N, hidden), the output (length, N, hidden)",
    right="(layers · directions, N, hidden) and (length, N, directions · hidden)",
)
def hidden_has_directions() -> Finding:
    """nn.RNN(4, 2) with two layers on 5 sequences of 3, one way and both."""
    one, both = (
        rnn_demo.layer_shapes(nn.RNN, layers=2, bidirectional=ways, batch_first=False)
        for ways in (False, True)
    )
    return found(
        one == {"input": [3, 5, 4], "output": [3, 5, 2], "hidden": [2, 5, 2]}
        and both == {"input": [3, 5, 4], "output": [3, 5, 4], "hidden": [4, 5, 2]},
        notes=one,
        right=both,
    )


@claim(
    line=867,
    says="batch_first puts the batch first",
    right="in input and output, never in the hidden state",
)
def batch_first_spares_the_hidden_state() -> Finding:
    """nn.RNN(4, 2) with two layers on 5 sequences of 3, with and without batch_first."""
    last, first = (
        rnn_demo.layer_shapes(nn.RNN, layers=2, bidirectional=False, batch_first=way)
        for way in (False, True)
    )
    return found(
        first["input"] == [5, 3, 4]
        and first["output"] == [5, 3, 2]
        and first["hidden"] == last["hidden"] == [2, 5, 2],
        notes=last,
        right=first,
    )


@claim(line=974, says="the LSTM's gates: i, f, o by sigmoid, g by tanh")
def lstm_gates() -> Finding:
    """The cell written out gate by gate beside nn.LSTMCell: equal to 1e-6."""
    off = rnn_demo.cells_by_hand()["lstm"]
    return found(off <= 1e-6, largest_difference=off)


@claim(line=952, says="one linear layer over [x, h] makes the LSTM's four gates")
def lstm_with_one_bias() -> Finding:
    """The notes' cell beside nn.LSTMCell, whose two biases are added: equal to 1e-6."""
    off = rnn_demo.cells_by_hand()["lstm_of_the_notes"]
    return found(off <= 1e-6, largest_difference=off)


@claim(line=987, says="LSTM: output (32, 10, 128), hidden (2, 32, 128)")
def lstm_shapes() -> Finding:
    """Line 981's layer on (32, 10, 100)."""
    layer = nn.LSTM(100, 128, num_layers=2, batch_first=True, dropout=0.2)
    output, (h, c) = layer(torch.randn(32, 10, 100))
    shapes = [list(tensor.shape) for tensor in (output, h, c)]
    return found(shapes == [[32, 10, 128], [2, 32, 128], [2, 32, 128]], shapes=shapes)


@claim(
    line=942,
    says="the LSTM solves the vanishing gradient",
    right="mitigates: its forget gate must stay open",
)
def lstm_mitigates_vanishing() -> Finding:
    """The gradient through 200 steps to c₀: as torch starts, and with the forget gate open."""

    def gradient(open_gate: bool) -> float:
        layer = nn.LSTM(4, 8)
        if open_gate:
            with torch.no_grad():
                cast(Tensor, layer.bias_hh_l0)[8:16].fill_(10.0)  # σ(10) is almost 1
        c0 = torch.zeros(1, 1, 8, requires_grad=True)
        output, _ = layer(torch.randn(200, 1, 4), (torch.zeros(1, 1, 8), c0))
        (slope,) = torch.autograd.grad(output[-1].sum(), c0)
        return float(slope.norm())

    usual, kept = gradient(open_gate=False), gradient(open_gate=True)
    return found(usual < 1e-6 < 1e-3 < kept, notes=usual, right=kept)


@claim(line=1039, says="h' = z·h + (1 − z)·h̃")
def gru_update() -> Finding:
    """The cell written out beside nn.GRUCell, with torch's candidate: equal to 1e-6."""
    off = rnn_demo.cells_by_hand()["gru"]
    return found(off <= 1e-6, largest_difference=off)


@claim(
    line=1035,
    says="h̃ = tanh(W·[r*h, x] + b)",
    right="in torch tanh(W·x + b + r*(W·h + b)): another cell",
)
def gru_candidate() -> Finding:
    """Both forms beside nn.GRUCell with the same weights."""
    off = rnn_demo.cells_by_hand()
    return found(
        off["gru"] <= 1e-6 and off["gru_of_the_notes"] > 1e-3,
        notes=off["gru_of_the_notes"],
        right=off["gru"],
    )


@claim(line=1051, says="GRU: output (32, 10, 128), hidden (2, 32, 128)")
def gru_shapes() -> Finding:
    """Line 1046's layer on (32, 10, 100)."""
    layer = nn.GRU(100, 128, num_layers=2, batch_first=True, dropout=0.2)
    output, h = layer(torch.randn(32, 10, 100), torch.zeros(2, 32, 128))
    shapes = [list(output.shape), list(h.shape)]
    return found(shapes == [[32, 10, 128], [2, 32, 128]], shapes=shapes)


@claim(line=1073, says="a GRU has fewer parameters than an LSTM")
def gru_has_fewer_parameters() -> Finding:
    """Both with 100 features, 128 hidden, two layers: 3 to 4."""
    gru, lstm = (_parameters(kind(100, 128, num_layers=2)) for kind in (nn.GRU, nn.LSTM))
    return found(4 * gru == 3 * lstm, gru=gru, lstm=lstm)


@claim(line=1076, says="a GRU keeps one state, an LSTM two")
def gru_keeps_one_state() -> Finding:
    """What the cells return."""
    x, h = torch.randn(1, 4), torch.zeros(1, 2)
    gru, lstm = nn.GRUCell(4, 2)(x, h), nn.LSTMCell(4, 2)(x, (h, h))
    states = {"gru": 1 if isinstance(gru, torch.Tensor) else len(gru), "lstm": len(lstm)}
    return found(states == {"gru": 1, "lstm": 2}, **states)


@claim(line=1075, says="a GRU has two gates, an LSTM three, and each a candidate")
def gates() -> Finding:
    """Rows of the cells' weights over the hidden size, less the candidate."""
    rows = {
        name: kind(4, 2).weight_hh.shape[0] // 2 - 1
        for name, kind in (("gru", nn.GRUCell), ("lstm", nn.LSTMCell))
    }
    return found(rows == {"gru": 2, "lstm": 3}, **rows)


@claim(
    line=1001,
    says="the state h₀ = 0 is built for LSTM and GRU, and not handed over",
    right="none is needed: zeros are the default",
)
def zeros_are_the_default() -> Finding:
    """LSTM and GRU with and without a zero state."""
    x, zeros = torch.randn(5, 1, 10), torch.zeros(2, 1, 8)
    lstm, gru = nn.LSTM(10, 8, num_layers=2), nn.GRU(10, 8, num_layers=2)
    without, given = [lstm(x)[0], gru(x)[0]], [lstm(x, (zeros, zeros))[0], gru(x, zeros)[0]]
    off = max(difference(a, b) for a, b in zip(without, given, strict=True))
    as_for_gru = error_of(lambda: lstm(x, zeros))
    return found(
        off == 0 and as_for_gru is not None,
        notes={"h alone, to the LSTM": as_for_gru},
        right={"largest difference": off},
    )
