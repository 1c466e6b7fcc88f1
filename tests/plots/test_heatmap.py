"""Hidden states over time."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from ptnotes.plots import heatmap
from ptnotes.plots.pictures import picture
from ptnotes.plots.theme import drawn
from ptnotes.topics import seq


def test_states_of_rnn_demo(documents):
    result = documents["rnn-demo"]["result"]
    states, differences = drawn("light", picture, documents["rnn-demo"]).axes
    heat = states.images[0].get_array()
    assert heat[:, 0].tolist() == [0, 0]
    assert heat[:, 1:].T.tolist() == [step["hidden"] for step in result["steps"]]
    widths = [bar.get_width() for bar in differences.patches]
    assert widths == [max(heatmap.EXACT, each) for each in result["differences"].values()]
    colours = [to_hex(bar.get_facecolor()) for bar in differences.patches]
    assert colours.count(colours[0]) == 4  # the notes' GRU is another cell


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize(
    ("via", "options", "size"),
    [
        ("cell", [], 4),
        ("layer", [], 4),
        ("embedding", [], 8),
        ("cell", ["--recipe", "tuned"], 8),
        ("layer", ["--recipe", "tuned"], 8),
    ],
)
def test_states_of_seq(document, cell, via, options, size):
    """A state for every character, and the probabilities that gave the text."""
    found = document("seq", "--cell", cell, "--via", via, "--epochs", "2", *options)
    hidden, likely, loss = drawn("light", picture, found).axes
    result = found["result"]
    assert np.shape(result["hidden"]) == (5, size)
    assert np.max(np.abs(result["hidden"])) <= 1
    assert hidden.images[0].get_array().T.tolist() == result["hidden"]
    assert [text.get_text() for text in hidden.get_xticklabels()] == list("hello")
    assert [text.get_text() for text in likely.get_xticklabels()] == list(result["text"])
    assert np.sum(result["probabilities"], axis=1) == pytest.approx(np.ones(5))
    most = np.argmax(result["probabilities"], axis=1)
    assert "".join(seq.ALPHABET[index] for index in most) == result["text"]
    assert loss.lines[0].get_ydata().tolist() == [r["train_loss"] for r in found["history"]]


def test_without_a_head_the_state_is_the_logits(documents):
    result = documents["seq"]["result"]
    powers = np.exp(result["hidden"])
    softmax = powers / powers.sum(axis=1, keepdims=True)
    assert softmax == pytest.approx(np.array(result["probabilities"]), abs=1e-6)


def test_texts_of_seq(documents):
    """What the network said, where it changed; the last change is always there."""
    history = [
        {"epoch": epoch, "train_loss": 1 / epoch, "text": f"{epoch // 2:05}"}
        for epoch in range(1, 42)
    ]
    figure = picture(documents["seq"] | {"history": history})
    said = [text.get_text() for text in figure.axes[-1].texts]
    assert said[0] == "00020"
    assert len(said) == len(set(said)) <= heatmap.TEXTS
    frames = [each for each in figure.axes[1].patches if not each.get_fill()]
    assert len(frames) == 5
