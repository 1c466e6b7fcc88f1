"""Softmax and cross-entropy (notes, lines 362-462)."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from ptnotes import reference as formulas
from ptnotes.topics.losses import PREDICTIONS, TARGETS
from ptnotes.verify.claims.claim import Finding, claim, finding

LOGITS = np.array([[0.2, 0.1, -0.1]])  # lines 399 and 414, class 0


def _random() -> tuple[torch.Tensor, torch.Tensor]:
    """Logits (200, 7) in float64 and targets (200)."""
    return 5 * torch.randn(200, 7, dtype=torch.float64), torch.randint(0, 7, (200,))


@claim(line=378, statement="with softmax the probabilities add up to 1")
def softmax_adds_up() -> Finding:
    """Softmax of 200 random samples, ours and torch's; line 368's sigmoids: 0.8 + 0.6 + 0.9."""
    logits, _ = _random()
    probabilities = formulas.softmax(logits.numpy())
    error = np.abs(probabilities.sum(axis=1) - 1).max().item()
    difference = np.abs(probabilities - F.softmax(logits, dim=1).numpy()).max().item()
    return finding(
        error < 1e-12 and difference < 1e-12,
        off=error,
        from_torch=difference,
        line_368=0.8 + 0.6 + 0.9,
    )


@claim(
    line=382,
    statement="every output of softmax is ≥ 0",
    correction="every output is > 0; only rounding gives 0",
)
def softmax_is_positive() -> Finding:
    """Softmax of (0, −700) in float64, and of (0, −200) in float32."""
    wide = formulas.softmax(np.array([0.0, -700.0]))[1].item()
    narrow = F.softmax(torch.tensor([0.0, -200.0]), dim=0)[1].item()
    return finding(wide > 0 and narrow == 0, notes={"float32": narrow}, right={"float64": wide})


@claim(line=402, statement="cross-entropy in numpy: 0.9729")
def cross_entropy_in_numpy() -> Finding:
    """Lines 398-401 on the logits 0.2, 0.1, −0.1."""
    loss = formulas.cross_entropy_of_the_notes(LOGITS, [0])[0].item()
    return finding(round(loss, 4) == 0.9729, loss=round(loss, 4))


@claim(line=416, statement="torch's CrossEntropyLoss gives the same")
def cross_entropy_in_torch() -> Finding:
    """nn.CrossEntropyLoss and numpy on those logits."""
    loss = nn.CrossEntropyLoss()(torch.from_numpy(LOGITS), torch.tensor([0])).item()
    by_hand = formulas.cross_entropy(LOGITS, [0])[0].item()
    return finding(abs(loss - by_hand) < 1e-12, torch=round(loss, 4), numpy=round(by_hand, 4))


@claim(
    line=400,
    statement="softmax is computed as exp(z) / Σ exp(z)",
    correction="this overflows for large logits; subtract the largest first",
)
def softmax_overflows() -> Finding:
    """The cross-entropy of (1000, 0, −1000), class 1, computed in both ways and by torch."""
    logits = np.array([[1000.0, 0.0, -1000.0]])
    printed = formulas.cross_entropy_of_the_notes(logits, [1])[0].item()
    right = formulas.cross_entropy(logits, [1])[0].item()
    torchs = F.cross_entropy(torch.from_numpy(logits), torch.tensor([1])).item()
    return finding(not np.isfinite(printed) and right == torchs == 1000, notes=printed, right=right)


@claim(line=410, statement="no softmax before CrossEntropyLoss: it is part of the loss")
def no_softmax_before_cross_entropy() -> Finding:
    """The loss of line 414's logits, without and with a softmax before it."""
    z, y = torch.from_numpy(LOGITS), torch.tensor([0])
    plain = F.cross_entropy(z, y).item()
    twice = F.cross_entropy(F.softmax(z, dim=1), y).item()
    own = -np.log(formulas.softmax(LOGITS))[0, 0].item()
    return finding(abs(plain - own) < 1e-12 and twice > plain, plain=plain, with_softmax=twice)


@claim(line=424, statement="the losses of the two predictions are 0.4966 and 1.2389")
def two_predictions() -> Finding:
    """nn.CrossEntropyLoss and the formula on the logits of lines 420 and 421."""
    by_torch, by_hand = [], []
    for prediction in PREDICTIONS:
        logits = torch.tensor(prediction, dtype=torch.float64)
        by_torch.append(round(nn.CrossEntropyLoss()(logits, torch.tensor(TARGETS)).item(), 4))
        by_hand.append(round(formulas.cross_entropy(logits.numpy(), TARGETS).mean().item(), 4))
    return finding(by_torch == by_hand == [0.4966, 1.2389], losses=by_torch)


@claim(line=435, statement="LogSoftmax(x) = log(exp(x) / Σ exp(x)), of the same shape")
def log_softmax_formula() -> Finding:
    """The formula and nn.LogSoftmax on 200 random samples."""
    logits, _ = _random()
    by_torch = nn.LogSoftmax(dim=1)(logits)
    difference = np.abs(formulas.log_softmax(logits.numpy()) - by_torch.numpy()).max().item()
    return finding(
        difference < 1e-12 and by_torch.shape == logits.shape, largest_difference=difference
    )


@claim(line=451, statement="NLLLoss(x, y) = −x[y], averaged")
def nll_takes_the_target() -> Finding:
    """nn.NLLLoss and the mean of −x[y] on 200 random samples."""
    logits, y = _random()
    x = nn.LogSoftmax(dim=1)(logits)
    by_torch, by_hand = nn.NLLLoss()(x, y).item(), -x[torch.arange(200), y].mean().item()
    return finding(abs(by_torch - by_hand) < 1e-12, torch=by_torch, by_hand=by_hand)


@claim(line=462, statement="CrossEntropyLoss = LogSoftmax + NLLLoss")
def cross_entropy_is_both() -> Finding:
    """Both on 200 random samples: equal to 1e-7."""
    logits, y = _random()
    whole = nn.CrossEntropyLoss()(logits, y).item()
    parts = nn.NLLLoss()(nn.LogSoftmax(dim=1)(logits), y).item()
    by_formula = formulas.cross_entropy(logits.numpy(), y.tolist()).mean().item()
    difference = max(abs(whole - parts), abs(whole - by_formula))
    return finding(difference <= 1e-7, largest_difference=difference)
