"""Softmax and cross-entropy (notes, lines 362-462)."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from ptnotes import reference as formulas
from ptnotes.verify.claims.claim import Finding, claim, error_of, evaluate, found
from ptnotes.topics.losses import PREDICTIONS, TARGETS

LOGITS = np.array([[0.2, 0.1, -0.1]])  # lines 399 and 414, class 0


def _random() -> tuple[torch.Tensor, torch.Tensor]:
    """Logits (200, 7) in float64 and targets (200)."""
    return 5 * torch.randn(200, 7, dtype=torch.float64), torch.randint(0, 7, (200,))


@claim(line=378, says="with softmax the probabilities add up to 1")
def softmax_adds_up() -> Finding:
    """Softmax of 200 random samples beside torch's; and three sigmoids' 0.8 + 0.6 + 0.9."""
    logits, _ = _random()
    probabilities = formulas.softmax(logits.numpy())
    off = np.abs(probabilities.sum(axis=1) - 1).max().item()
    difference = np.abs(probabilities - F.softmax(logits, dim=1).numpy()).max().item()
    return found(
        off < 1e-12 and difference < 1e-12, off=off, from_torch=difference, line_368=0.8 + 0.6 + 0.9
    )


@claim(line=382, says="every output of softmax is ≥ 0", right="> 0; only rounding reaches 0")
def softmax_is_positive() -> Finding:
    """Softmax of (0, −700) in float64, and of (0, −200) in float32."""
    wide = formulas.softmax(np.array([0.0, -700.0]))[1].item()
    narrow = F.softmax(torch.tensor([0.0, -200.0]), dim=0)[1].item()
    return found(wide > 0 and narrow == 0, notes={"float32": narrow}, right={"float64": wide})


@claim(line=387, says="softmax has |exp(z)| above the line", right="exp(z) is positive: no bars")
def softmax_needs_no_bars() -> Finding:
    """Both forms on 200 random samples."""
    logits, _ = _random()
    powers = torch.exp(logits)
    with_bars = powers.abs() / powers.sum(dim=1, keepdim=True)
    without = powers / powers.sum(dim=1, keepdim=True)
    return found(
        torch.equal(with_bars, without) and bool((powers > 0).all()),
        notes=with_bars[0, 0].item(),
        right=without[0, 0].item(),
    )


@claim(line=402, says="cross-entropy in numpy: 0.9729")
def cross_entropy_in_numpy() -> Finding:
    """Lines 398-401 on the logits 0.2, 0.1, −0.1."""
    loss = formulas.cross_entropy_of_the_notes(LOGITS, [0])[0].item()
    return found(round(loss, 4) == 0.9729, loss=round(loss, 4))


@claim(line=416, says="torch's CrossEntropyLoss gives the same")
def cross_entropy_in_torch() -> Finding:
    """nn.CrossEntropyLoss on those logits, beside numpy."""
    loss = nn.CrossEntropyLoss()(torch.from_numpy(LOGITS), torch.tensor([0])).item()
    by_hand = formulas.cross_entropy(LOGITS, [0])[0].item()
    return found(abs(loss - by_hand) < 1e-12, torch=round(loss, 4), numpy=round(by_hand, 4))


@claim(
    line=400,
    says="softmax is exp(z) / Σ exp(z), computed just so",
    right="that overflows; subtract the largest logit first",
)
def softmax_overflows() -> Finding:
    """The cross-entropy of (1000, 0, −1000), class 1: as in the notes, and as it should be."""
    logits = np.array([[1000.0, 0.0, -1000.0]])
    printed = formulas.cross_entropy_of_the_notes(logits, [1])[0].item()
    right = formulas.cross_entropy(logits, [1])[0].item()
    torchs = F.cross_entropy(torch.from_numpy(logits), torch.tensor([1])).item()
    return found(not np.isfinite(printed) and right == torchs == 1000, notes=printed, right=right)


@claim(line=406, says="Torch.nn.CrossEntropyLoss()", right="torch, with a small t")
def torch_is_lower_case() -> Finding:
    """Both names, evaluated."""
    printed = error_of(lambda: evaluate("Torch.nn.CrossEntropyLoss()", torch=torch))
    right = evaluate("torch.nn.CrossEntropyLoss()", torch=torch)
    return found(printed == "NameError", notes=printed, right=str(right))


@claim(line=410, says="no softmax before CrossEntropyLoss: it is in there")
def no_softmax_before_cross_entropy() -> Finding:
    """The loss of line 414's logits, and with a softmax in front."""
    z, y = torch.from_numpy(LOGITS), torch.tensor([0])
    plain = F.cross_entropy(z, y).item()
    twice = F.cross_entropy(F.softmax(z, dim=1), y).item()
    own = -np.log(formulas.softmax(LOGITS))[0, 0].item()
    return found(abs(plain - own) < 1e-12 and twice > plain, plain=plain, with_softmax=twice)


@claim(line=424, says="the two predictions' losses are 0.4966 and 1.2389")
def two_predictions() -> Finding:
    """nn.CrossEntropyLoss and the formula on lines 420 and 421."""
    theirs, ours = [], []
    for prediction in PREDICTIONS:
        logits = torch.tensor(prediction, dtype=torch.float64)
        theirs.append(round(nn.CrossEntropyLoss()(logits, torch.tensor(TARGETS)).item(), 4))
        ours.append(round(formulas.cross_entropy(logits.numpy(), TARGETS).mean().item(), 4))
    return found(theirs == ours == [0.4966, 1.2389], losses=theirs)


@claim(line=435, says="LogSoftmax(x) = log(exp(x) / Σ exp(x)), of the same shape")
def log_softmax_formula() -> Finding:
    """The formula beside nn.LogSoftmax on 200 random samples."""
    logits, _ = _random()
    theirs = nn.LogSoftmax(dim=1)(logits)
    difference = np.abs(formulas.log_softmax(logits.numpy()) - theirs.numpy()).max().item()
    return found(difference < 1e-12 and theirs.shape == logits.shape, largest_difference=difference)


@claim(line=451, says="NLLLoss(x, y) = −x[y], averaged")
def nll_takes_the_target() -> Finding:
    """nn.NLLLoss beside −x[y] on 200 random samples."""
    logits, y = _random()
    x = nn.LogSoftmax(dim=1)(logits)
    theirs, by_hand = nn.NLLLoss()(x, y).item(), -x[torch.arange(200), y].mean().item()
    return found(abs(theirs - by_hand) < 1e-12, torch=theirs, by_hand=by_hand)


@claim(line=462, says="CrossEntropyLoss = LogSoftmax + NLLLoss")
def cross_entropy_is_both() -> Finding:
    """Both on 200 random samples: equal to 1e-7."""
    logits, y = _random()
    whole = nn.CrossEntropyLoss()(logits, y).item()
    parts = nn.NLLLoss()(nn.LogSoftmax(dim=1)(logits), y).item()
    by_formula = formulas.cross_entropy(logits.numpy(), y.tolist()).mean().item()
    difference = max(abs(whole - parts), abs(whole - by_formula))
    return found(difference <= 1e-7, largest_difference=difference)
