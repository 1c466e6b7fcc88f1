"""hello → ohlol, and names (notes, lines 873-1066 and 1093-1123)."""

import math
from collections.abc import Generator
from dataclasses import replace
from functools import partial

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from ptnotes.datasets import names as data
from ptnotes.engine.loading import DeviceDataset, make_loader
from ptnotes.engine.loop import LossMeter
from ptnotes.events import Progress
from ptnotes.topics import names, seq
from ptnotes.verify.claims.claim import Finding, Settings, claim, error_of, finding
from ptnotes.verify.claims.training import run_topic


@claim(
    line=902,
    statement="the tanh state of the RNN cell is used as logits",
    correction="then the loss of a character cannot go below ln(1 + 3e⁻²) = 0.3408",
)
def tanh_as_logits() -> Finding:
    """The loss of the best state (1, −1, −1, −1), of 100,000 random states, of free logits."""
    target = torch.tensor([0])
    best = F.cross_entropy(torch.tensor([[1.0, -1.0, -1.0, -1.0]]).double(), target).item()
    states = torch.tanh(10 * torch.randn(100_000, 4, dtype=torch.float64))
    reached = F.cross_entropy(states, target.expand(100_000), reduction="none").min().item()
    free = F.cross_entropy(torch.tensor([[20.0, -20, -20, -20]]).double(), target).item()
    bound = math.log(1 + 3 * math.exp(-2))
    return finding(
        abs(best - bound) < 1e-12 and best <= reached < best + 0.01 and free < 1e-12,
        notes={"lowest": reached, "of five": 5 * best},
        right={"linear head": free},
    )


@claim(
    line=903,
    statement="the loss is summed over the characters; line 916 averages it",
    correction="the sum is five times as large: the two are not comparable",
)
def sum_is_five_times_the_mean() -> Finding:
    """Both losses of the five characters, of one network."""
    logits = seq.MODELS["cell"]("rnn")(seq.X_DATA)
    summed = sum(F.cross_entropy(logits[[i]], seq.Y_DATA[[i]]).item() for i in range(5))
    mean = F.cross_entropy(logits, seq.Y_DATA).item()
    return finding(math.isclose(summed, 5 * mean, rel_tol=1e-6), notes=summed, right=mean)


@claim(
    line=922,
    statement="an embedding maps sparse vectors to dense ones of fewer or more dimensions",
)
def embedding_is_a_row_of_weights() -> Finding:
    """nn.Embedding(4, 10), and one-hot vectors times its weights."""
    embedding = nn.Embedding(4, 10)
    dense = embedding(seq.X_DATA)
    by_hand = F.one_hot(seq.X_DATA, 4).float() @ embedding.weight
    return finding(dense.shape == (5, 10) and torch.equal(dense, by_hand), shape=list(dense.shape))


@claim(line=935, statement="(1, 5) → embedding (1, 5, 10) → RNN (1, 5, 8) → linear → (5, 4)")
def embedding_model_shapes() -> Finding:
    """The shapes within the embedding model, on hello."""
    model = seq.MODELS["embedding"]("rnn")
    shapes: list[list[int]] = []
    assert isinstance(model, seq.EmbeddingModel)
    for layer in (model.emb, model.rnn):
        layer.register_forward_hook(
            lambda _, inputs, output: shapes.append(
                list((output[0] if isinstance(output, tuple) else output).shape)
            )
        )
    shapes.append(list(model(seq.X_DATA).shape))
    return finding(shapes == [[1, 5, 10], [1, 5, 8], [5, 4]], shapes=shapes)


@claim(
    line=903,
    statement="after 20 epochs the RNN cell gives ohlol",
    correction="only for some seeds",
    needs="training",
)
def ohlol_is_luck(settings: Settings) -> Generator[Progress, None, Finding]:
    """The notes' 20 epochs with the seeds 1 to 20."""
    recipe = seq.RECIPES["notes"]["rnn", "cell"]
    texts = []
    for seed in range(1, 21):
        result = yield from run_topic(seq, recipe, replace(settings, seed=seed))
        texts.append(result["text"])
    right = texts.count("ohlol")
    others = sorted({*texts} - {"ohlol"})
    return finding(10 <= right < 20, notes=others, right=f"{right} of 20 seeds")


@claim(
    line=936,
    statement="after 20 epochs the model with embedding and linear head gives ohlol",
    needs="training",
)
def ohlol_with_embedding(settings: Settings) -> Generator[Progress, None, Finding]:
    """The notes' 20 epochs with the seeds 1 to 20."""
    recipe = seq.RECIPES["notes"]["rnn", "embedding"]
    right = 0
    for seed in range(1, 21):
        result = yield from run_topic(seq, recipe, replace(settings, seed=seed))
        right += result["text"] == "ohlol"
    return finding(right >= 18, of_20_seeds=right)


@claim(
    line=1120,
    statement="ord(c) of every character is the index of one of 128 embeddings",
    correction="letters beyond ASCII raise: remove accents, and map the rest to one code",
)
def names_beyond_ascii() -> Finding:
    """Ślusàrski and 王 through nn.Embedding(128, 4), as ord() and as this data set encodes them."""
    embedding = nn.Embedding(data.CHARACTERS, 4)
    spellings = ("Ślusàrski", "王")
    codes = [torch.tensor([ord(character) for character in name]) for name in spellings]
    errors = {error_of(partial(embedding, code)) for code in codes}
    shapes = [list(embedding(torch.tensor(data.encode(name))).shape) for name in spellings]
    return finding(
        errors == {"IndexError"} and shapes == [[9, 4], [1, 4]],
        notes=sorted(map(str, errors)),
        right=shapes,
    )


@claim(
    line=1120,
    statement="the loss per name is total_loss / samples",
    correction="total_loss adds up means over 256 names: this is 256 times too small",
)
def names_loss_is_too_small() -> Finding:
    """Both for 10 batches of 256 losses, and the mean of all losses."""
    losses = torch.rand(2560, dtype=torch.float64)
    means = losses.view(10, 256).mean(dim=1)
    meter = LossMeter(epoch=1)
    for mean in means:
        meter.add(mean, 256)
    printed = means.sum().item() / 2560
    return finding(
        math.isclose(meter.mean(), losses.mean().item())
        and math.isclose(256 * printed, meter.mean()),
        notes=printed,
        right=meter.mean(),
    )


@claim(line=1120, statement="packed sequences: padding has no effect on the hidden state")
def packing_skips_padding() -> Finding:
    """A bidirectional GRU on three padded sequences, packed, and on each without padding."""
    gru = nn.GRU(3, 4, num_layers=2, bidirectional=True)
    lengths = torch.tensor([6, 4, 1])
    padded = torch.randn(6, 3, 3)
    with torch.no_grad():
        _, packed = gru(pack_padded_sequence(padded, lengths))
        _, unpacked = gru(padded)
        unpadded = torch.cat(
            [gru(padded[:length, [row]])[1] for row, length in enumerate(lengths.tolist())], dim=1
        )
    packed_error, unpacked_error = (
        (hidden - unpadded).abs().max().item() for hidden in (packed, unpacked)
    )
    return finding(
        packed_error < 1e-6 < 1e-3 < unpacked_error, packed=packed_error, unpacked=unpacked_error
    )


@claim(line=1120, statement="hidden[−1] and hidden[−2] are the two directions of the last layer")
def last_two_states_are_two_directions() -> Finding:
    """The two, and the last step of the forward output, the first of the backward output."""
    gru = nn.GRU(3, 4, num_layers=2, bidirectional=True)
    with torch.no_grad():
        output, hidden = gru(torch.randn(6, 5, 3))
    forwards = torch.equal(hidden[-2], output[-1, :, :4])
    backwards = torch.equal(hidden[-1], output[0, :, 4:])
    return finding(forwards and backwards, forwards=forwards, backwards=backwards)


@claim(line=1120, statement="the classifier maps B×S codes to B×18 logits")
def classifier_shapes() -> Finding:
    """The network on codes (3, 7) with the lengths 7, 5, 2."""
    model = names.RNNClassifier(18)
    shape = list(model(torch.randint(1, 128, (3, 7)), torch.tensor([7, 5, 2])).shape)
    return finding(shape == [3, 18], shape=shape)


@claim(line=1121, statement="shuffled batches of 256 contain every name once per epoch")
def every_name_once() -> Finding:
    """13,374 numbers through the loader of the training: each of them, and the last batch."""
    dataset = DeviceDataset(torch.arange(13_374), device=torch.device("cpu"))
    loader = make_loader(dataset, 256, shuffle=torch.Generator().manual_seed(0))
    batches = [batch for (batch,) in loader]
    counted = torch.cat(batches).sort().values
    return finding(
        torch.equal(counted, torch.arange(13_374)) and len(batches) == math.ceil(13_374 / 256),
        batches=len(batches),
        last=len(batches[-1]),
    )


@claim(
    line=1120,
    statement="each file defines its own table of countries",
    correction="this works only because both files contain all 18; use the training file's",
    needs="data",
)
def both_files_hold_all_countries(settings: Settings) -> Finding:
    """The labels in both files; and those that would change in a file without the first country."""
    train, test, countries = data.read(settings.data_dir)
    present = [len(part.labels.unique()) for part in (train, test)]
    fewer = countries[1:]
    shifted = sum(countries.index(name) != fewer.index(name) for name in fewer)
    return finding(
        present == [len(countries)] * 2 == [18, 18] and shifted == 17,
        notes={"labels that would shift": shifted},
        right={"countries": present},
    )


@claim(
    line=1123,
    statement="the names are trained for 100 epochs",
    correction="the test accuracy is highest early, near 85 %, then it falls",
    needs="training",
)
def names_accuracy(settings: Settings) -> Generator[Progress, None, Finding]:
    """The notes' recipe on the real files; the accepted ranges are 82.5 to 86 %, epochs 5 to 40."""
    result = yield from run_topic(
        names, names.RECIPES["notes"], settings, data_dir=settings.data_dir
    )
    last, best, epoch = (result[k] for k in ("test_accuracy", "best_test_accuracy", "best_epoch"))
    return finding(
        0.825 <= last < best <= 0.86 and 5 <= epoch <= 40,
        notes={"after 100 epochs": last},
        right={"best": best, "epoch": epoch},
    )
