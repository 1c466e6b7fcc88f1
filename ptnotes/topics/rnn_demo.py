"""RNNCell step by step, the shapes of RNN, LSTM and GRU, their cells by hand (notes, 794-1091)."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from ptnotes.engine.device import environment, keep_global_state, seed_weights
from ptnotes.events import Event, Header, Result, Table
from ptnotes.models import recurrent_cells

BATCH_SIZE, SEQ_LEN, INPUT_SIZE, HIDDEN_SIZE = 1, 3, 4, 2  # lines 819-822


def difference(a: Tensor, b: Tensor) -> float:
    """The largest absolute difference of two tensors of one shape."""
    return (a - b).abs().max().item()


def layer_shapes(
    kind: type[nn.RNN | nn.LSTM | nn.GRU], *, layers: int, bidirectional: bool, batch_first: bool
) -> dict[str, list[int]]:
    """The shapes of one layer's input, output and last hidden state (lines 846-867)."""
    layer = kind(
        INPUT_SIZE,
        HIDDEN_SIZE,
        num_layers=layers,
        bidirectional=bidirectional,
        batch_first=batch_first,
    )
    batch, length = 5, SEQ_LEN  # a batch that differs from the other sizes
    x = torch.randn((batch, length, INPUT_SIZE) if batch_first else (length, batch, INPUT_SIZE))
    output, hidden = layer(x)
    h = hidden[0] if isinstance(hidden, tuple) else hidden
    return {"input": list(x.shape), "output": list(output.shape), "hidden": list(h.shape)}


def cells_by_hand() -> dict[str, float]:
    """The largest difference of each cell by hand from torch's, on a batch of 16, weights shared.

    The states are random, not zero: with h = 0 the two forms of the GRU could not differ as they
    do in use.
    """
    x, h, c = torch.randn(16, 10), torch.randn(16, 20), torch.randn(16, 20)
    rnn, lstm, gru = nn.RNNCell(10, 20), nn.LSTMCell(10, 20), nn.GRUCell(10, 20)
    with torch.no_grad():
        h_lstm, c_lstm = lstm(x, (h, c))
        by_gates, one_bias = (
            max(difference(h_hand, h_lstm), difference(c_hand, c_lstm))
            for h_hand, c_hand in (
                recurrent_cells.lstm_cell(lstm, x, h, c),
                recurrent_cells.lstm_cell_of_the_notes(lstm, x, h, c),
            )
        )
        return {
            "rnn": difference(recurrent_cells.rnn_cell(rnn, x, h), rnn(x, h)),
            "lstm": by_gates,
            "lstm_of_the_notes": one_bias,
            "gru": difference(recurrent_cells.gru_cell(gru, x, h), gru(x, h)),
            "gru_of_the_notes": difference(
                recurrent_cells.gru_cell_of_the_notes(gru, x, h), gru(x, h)
            ),
        }


def run(*, seed: int = 0) -> Iterator[Event]:
    """Tables of what the notes' recurrent demonstrations show, and the numbers."""
    yield Header("rnn-demo", {"seed": seed}, environment(torch.device("cpu")))
    with keep_global_state(), seed_weights(seed):
        found = list(_tables())  # at once: nothing else draws in between
    yield from found


def _tables() -> Iterator[Event]:
    cell = nn.RNNCell(INPUT_SIZE, HIDDEN_SIZE)
    hidden = torch.zeros(BATCH_SIZE, HIDDEN_SIZE)
    steps = []
    with torch.no_grad():
        for index, x in enumerate(torch.randn(SEQ_LEN, BATCH_SIZE, INPUT_SIZE)):
            by_hand = recurrent_cells.rnn_cell(cell, x, hidden)
            hidden = cell(x, hidden)
            steps.append(
                {
                    "step": index,
                    "input_shape": list(x.shape),
                    "hidden_shape": list(hidden.shape),
                    "hidden": hidden[0].tolist(),
                    "difference": difference(by_hand, hidden),
                }
            )
    yield Table(
        "RNNCell(4, 2): h = tanh(W·x + b + W·h + b), step by step (line 825)",
        ("step", "input", "hidden", "h", "by hand, off by"),
        [
            (
                str(step["step"]),
                str(tuple(step["input_shape"])),
                str(tuple(step["hidden_shape"])),
                " ".join(f"{value:.4f}" for value in step["hidden"]),
                f"{step['difference']:.0e}",
            )
            for step in steps
        ],
    )

    shapes = [
        {"layers": layers, "directions": 1 + bidirectional, "batch_first": batch_first}
        | layer_shapes(nn.RNN, layers=layers, bidirectional=bidirectional, batch_first=batch_first)
        for layers in (1, 2)
        for bidirectional in (False, True)
        for batch_first in (False, True)
    ]
    yield Table(
        "RNN(4, 2) on 5 sequences of 3: batch_first never applies to h (lines 846-867)",
        ("layers", "dirs", "batch first", "input", "output", "h"),
        [
            tuple(str(tuple(v) if isinstance(v, list) else v) for v in row.values())
            for row in shapes
        ],
    )

    differences = cells_by_hand()
    yield Table(
        "Cells by hand, with torch's weights: largest difference from torch's",
        ("cell", "difference"),
        [(name.replace("_", " "), f"{value:.1e}") for name, value in differences.items()],
    )
    parameters = {
        name: sum(parameter.numel() for parameter in kind(100, 128, num_layers=2).parameters())
        for name, kind in (("rnn", nn.RNN), ("gru", nn.GRU), ("lstm", nn.LSTM))
    }
    yield Table(
        "Parameters of two layers, 100 → 128: 1, 3 and 4 times as many (line 1073)",
        ("layer", "parameters"),
        [(name, f"{count:,}") for name, count in parameters.items()],
    )
    yield Result(
        {
            "steps": steps,
            "shapes": shapes,
            "differences": differences,
            "parameters": parameters,
            "largest_difference": max(
                value for name, value in differences.items() if name != "gru_of_the_notes"
            ),
            "difference_of_the_notes_gru": differences["gru_of_the_notes"],
        }
    )
