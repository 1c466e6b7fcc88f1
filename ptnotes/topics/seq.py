"""hello → ohlol: cell by cell, with the layer, with an embedding (notes, lines 873-1066)."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ptnotes.engine.device import environment, prepare, seed_weights
from ptnotes.engine.shards import one_thread
from ptnotes.engine.state import State, TrainingState
from ptnotes.events import Event, Header, Marked, Result, Row, column, config_of

# 1 data
ALPHABET = "ehlo"
X_DATA = torch.tensor([1, 0, 2, 2, 3])  # hello
Y_DATA = torch.tensor([3, 1, 2, 3, 2])  # ohlol
TARGET = "".join(ALPHABET[index] for index in Y_DATA.tolist())

CELLS = {"rnn": nn.RNNCell, "lstm": nn.LSTMCell, "gru": nn.GRUCell}
LAYERS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


@dataclass(frozen=True)
class Recipe:
    """Adam; with ``head`` the state has 8 numbers, and a linear layer makes logits of them."""

    name: str
    cell: str
    via: str
    epochs: int
    lr: float
    head: bool = False
    seed: int = 0


# with a tanh state as logits many seeds don't converge; this is the first with which all nine do
SEED = 2


def _of_the_notes(cell: str, via: str) -> Recipe:
    """The notes have the RNN in all three ways, LSTM and GRU only with the embedding.

    Cell by cell the gated ones get the layer's 100 epochs: 20 are too few for a state that starts
    near 0.
    """
    epochs = 20 if via == "embedding" or (cell, via) == ("rnn", "cell") else 100
    lr = 0.05 if via == "embedding" else 0.1
    return Recipe("notes", cell, via, epochs=epochs, lr=lr, seed=SEED)


VARIANTS = {"cell": "rnn", "via": "cell"}
PAIRS = [(cell, via) for cell in LAYERS for via in ("cell", "layer", "embedding")]
RECIPES = {
    "notes": {pair: _of_the_notes(*pair) for pair in PAIRS},
    "tuned": {pair: Recipe("tuned", *pair, epochs=60, lr=0.05, head=True) for pair in PAIRS},
}
WITH_HEAD = 8  # hidden size below a linear head


# 2 models: characters (5) → logits (5, 4)
class CellModel(nn.Module):
    """One cell, called once a character; its hidden state of 4 is the logits (line 902)."""

    def __init__(self, cell: str, hidden_size: int = 4) -> None:
        super().__init__()
        self.rnncell = CELLS[cell](input_size=4, hidden_size=hidden_size)

    def forward(self, characters: Tensor) -> Tensor:
        one_hot = F.one_hot(characters, 4).float()  # (5, 4)
        state = None  # zeros
        logits = []
        for x in one_hot.unsqueeze(1):  # (1, 4): a batch of one
            state = self.rnncell(x, state)
            # an LSTM cell's state is the pair (h, c)
            logits.append(state[0] if isinstance(state, tuple) else state)
        return torch.cat(logits)


class LayerModel(nn.Module):
    """The same with torch's layer, which does the loop (line 915)."""

    def __init__(self, cell: str, hidden_size: int = 4) -> None:
        super().__init__()
        self.rnn = LAYERS[cell](input_size=4, hidden_size=hidden_size)

    def forward(self, characters: Tensor) -> Tensor:
        one_hot = F.one_hot(characters, 4).float().unsqueeze(1)  # (5, 1, 4)
        outputs, _ = self.rnn(one_hot)  # (5, 1, 4)
        return outputs.flatten(0, 1)  # type: ignore[no-any-return]


class EmbeddingModel(nn.Module):
    """Embedding of 10, two layers of 8, a linear head (lines 935, 1001, 1065)."""

    def __init__(self, cell: str) -> None:
        super().__init__()
        self.emb = nn.Embedding(4, 10)
        self.rnn = LAYERS[cell](input_size=10, hidden_size=8, num_layers=2, batch_first=True)
        self.fc = nn.Linear(8, 4)

    def forward(self, characters: Tensor) -> Tensor:
        embedded = self.emb(characters.unsqueeze(0))  # (1, 5, 10)
        outputs, _ = self.rnn(embedded)  # (1, 5, 8)
        return self.fc(outputs).view(-1, 4)  # type: ignore[no-any-return]


MODELS = {"cell": CellModel, "layer": LayerModel, "embedding": EmbeddingModel}


def build_model(config: Mapping[str, Any], classes: Sequence[str]) -> nn.Module:
    """The notes' network; with a head its logits are free of tanh's bounds."""
    model: type[nn.Module] = MODELS[config["via"]]
    if config["via"] == "embedding" or not config["head"]:
        return model(config["cell"])  # that with the embedding has a head anyway
    return nn.Sequential(model(config["cell"], WITH_HEAD), nn.Linear(WITH_HEAD, 4))


@dataclass(frozen=True)
class TextRow(Row):
    """One update: the loss per character before it, what the network says after it."""

    epoch: int = column("epoch")
    train_loss: float = column("train loss", ".4f")
    text: str = column("text")

    def shown(self, name: str) -> Marked | None:
        """The text with its right characters apart from the wrong ones."""
        if name != "text":
            return None
        right = zip(self.text, TARGET, strict=False)
        return Marked(*((said, "good" if said == is_right else "bad") for said, is_right in right))


def decode(logits: Tensor) -> str:
    """(5, 4) → the five likeliest characters."""
    return "".join(ALPHABET[index] for index in logits.argmax(dim=1).tolist())


def hidden_states(model: nn.Module, characters: Tensor) -> Tensor:
    """(5) → (5, H): the state after each character, of the upper layer where there are two."""
    if isinstance(model, EmbeddingModel):
        outputs, _ = model.rnn(model.emb(characters.unsqueeze(0)))
        return outputs[0]  # type: ignore[no-any-return]
    without_head = model[0] if isinstance(model, nn.Sequential) else model
    return without_head(characters)  # type: ignore[no-any-return]


def run(
    recipe: Recipe,
    *,
    device: str = "auto",
    threads: int | None = None,
    resume: State | None = None,
) -> Iterator[Event]:
    """Yields a row per epoch; continues from the state ``resume``.

    Raises DeviceError, DivergedError.
    """
    started = time.perf_counter()
    used_device = prepare(device=device, threads=threads, auto="cpu")
    x, y = X_DATA.to(used_device), Y_DATA.to(used_device)
    with seed_weights(recipe.seed):
        model = build_model(vars(recipe), ()).to(used_device)

    # 3 loss and optimizer: cell by cell the notes sum over the characters, else they average
    criterion = nn.CrossEntropyLoss(reduction="sum" if recipe.via == "cell" else "mean")
    optimizer = torch.optim.Adam(model.parameters(), lr=recipe.lr)

    config = config_of(recipe, loss_reduction=criterion.reduction, device=str(used_device))
    yield Header("seq", config, environment(used_device), recipe.epochs)
    training = TrainingState(model, optimizer, started=started, row=TextRow)
    yield from training.begin(resume)

    # 4 training cycle
    with one_thread():
        for epoch in training.epochs(recipe.epochs):
            logits = model(x)  # forward: (5) → (5, 4)
            loss = criterion(logits, y)
            optimizer.zero_grad()
            loss.backward()  # backward
            optimizer.step()  # update

            per_character = loss.item() / (len(y) if criterion.reduction == "sum" else 1)
            with torch.inference_mode():
                text = decode(model(x))
            yield from training.after(TextRow(epoch, per_character, text))

    text = training.rows[-1].text
    with torch.inference_mode():
        hidden, logits = hidden_states(model, x), model(x)
    measured = {
        "text": text,
        "solved": text == TARGET,
        "hidden": hidden.tolist(),
        "probabilities": logits.softmax(dim=1).tolist(),
    }
    yield Result(measured | training.totals())
