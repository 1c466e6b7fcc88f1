"""Linear and logistic regression, the sigmoid, BCE (notes, lines 69-219)."""

import math
import warnings
from collections.abc import Generator

import torch
import torch.nn.functional as F
from torch import nn

from ptnotes import reference as formulas
from ptnotes.verify.claims.claim import Finding, Settings, claim, error_of, found
from ptnotes.verify.claims.training import outcome
from ptnotes.events import Progress
from ptnotes.topics import linreg, logistic

X = torch.tensor([[1.0], [2.0], [3.0]])
Y = torch.tensor([[2.0], [4.0], [6.0]])


def _stale(loss: type[nn.Module], **arguments: bool) -> tuple[str, str]:
    """The reduction that an old argument means, and what torch says to it."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        reduction = str(loss(**arguments).reduction)
    return reduction, type(said[0].message).__name__ if said else "no warning"


@claim(line=82, says="ŷ = w·x + b for a 3×1 mini-batch is 3×1")
def linear_maps_a_batch() -> Finding:
    """nn.Linear(1, 1) on (3, 1) beside w·x + b row by row."""
    model = nn.Linear(1, 1)
    y_hat = model(X)
    by_hand = [model.weight.item() * x + model.bias.item() for x in (1.0, 2.0, 3.0)]
    difference = max(abs(a - b) for a, b in zip(y_hat[:, 0].tolist(), by_hand, strict=True))
    return found(
        y_hat.shape == (3, 1) and difference < 1e-6,
        shape=list(y_hat.shape),
        largest_difference=difference,
    )


@claim(line=94, says="super().__init__() is a must in a module's constructor")
def super_init_is_a_must() -> Finding:
    """A module that assigns a layer without calling it first."""

    class WithoutSuper(nn.Module):
        def __init__(self) -> None:
            self.linear = nn.Linear(1, 1)

    refused = error_of(WithoutSuper)
    return found(refused == "AttributeError", without=refused)


@claim(line=102, says="MSELoss(size_average=True)", right="deprecated: reduction='mean'")
def size_average_is_stale() -> Finding:
    """What the old argument means in today's torch, and what torch says to it."""
    mse, bce = _stale(nn.MSELoss, size_average=True), _stale(nn.BCELoss, size_average=False)
    return found(
        mse[0] == "mean" and bce[0] == "sum" and mse[1] == "UserWarning",
        notes=f"{mse[1]}",
        right=[mse[0], bce[0]],
    )


@claim(
    line=112,
    says="parameters go into stochastic gradient descent",
    right="on the full batch it is gradient descent: nothing is drawn",
)
def full_batch_is_not_stochastic() -> Finding:
    """The gradient of the whole batch in three orders, beside those of single samples."""
    model = nn.Linear(1, 1).double()

    def slope(rows: list[int]) -> float:
        loss = F.mse_loss(model(X[rows].double()), Y[rows].double())
        return float(torch.autograd.grad(loss, model.weight)[0])

    full = [slope(order) for order in ([0, 1, 2], [2, 0, 1], [1, 2, 0])]
    single = [slope([row]) for row in range(3)]
    return found(
        max(full) - min(full) < 1e-12 and max(single) - min(single) > 0.01,
        notes={"sample by sample": single},
        right={"full batch, three orders": full},
    )


@claim(
    line=120,
    says="printing the loss builds no graph, so it is safe",
    right="the graph is there already; loss.item() is what lets go of it",
)
def printing_the_loss() -> Finding:
    """Whether a sum of losses, and a sum of loss.item(), hold a graph."""
    model = nn.Linear(1, 1)
    losses = [F.mse_loss(model(X), Y) for _ in range(3)]
    printed = [str(loss) for loss in losses]
    total: torch.Tensor = torch.stack(losses).sum()
    numbers = sum(loss.item() for loss in losses)
    return found(
        all("grad_fn" in text for text in printed)
        and total.grad_fn is not None
        and isinstance(numbers, float),
        notes={"grad_fn": type(losses[0].grad_fn).__name__},
        right={"loss.item()": type(numbers).__name__},
    )


@claim(line=168, says="the sigmoid brings ŷ into [0, 1]", right="into (0, 1); only rounding ends")
def sigmoid_is_open() -> Finding:
    """σ(−700) in float64 is above 0; in float32, 1 − σ(20) rounds to 0, and σ(−20) doesn't."""
    small = torch.sigmoid(torch.tensor(-700.0, dtype=torch.float64)).item()
    rounded = torch.sigmoid(torch.tensor(20.0)).item()
    other = torch.sigmoid(torch.tensor(-20.0)).item()
    return found(
        0 < small < 1e-300 and rounded == 1 and 0 < other < 1e-8,
        notes={"float32 σ(20)": rounded},
        right={"σ(−700)": small, "1 − σ(20)": other},
    )


@claim(line=166, says="σ(x) = 1 / (1 + e⁻ˣ)")
def sigmoid_formula() -> Finding:
    """The formula beside torch.sigmoid from −30 to 30, in float64."""
    x = torch.linspace(-30, 30, 601, dtype=torch.float64)
    by_hand = torch.tensor([formulas.sigmoid(value) for value in x.tolist()], dtype=torch.float64)
    difference = (by_hand - torch.sigmoid(x)).abs().max().item()
    return found(difference < 1e-15, largest_difference=difference)


@claim(line=176, says="a saturated function's slope goes to 0 at both ends")
def sigmoid_saturates() -> Finding:
    """Autograd's slope of σ at 0, ±5, ±20."""
    x = torch.tensor([-20.0, -5.0, 0.0, 5.0, 20.0], dtype=torch.float64, requires_grad=True)
    (slopes,) = torch.autograd.grad(torch.sigmoid(x).sum(), x)
    left, near, middle, also_near, right = slopes.tolist()
    return found(
        max(left, right) < 1e-8 < min(near, also_near) < middle == 0.25, slopes=slopes.tolist()
    )


@claim(line=186, says="BCE: 1.6094, 0.2231, 0.3567, 1.2040")
def bce_table() -> Finding:
    """The formula of line 184 on the table's four rows, beside torch's function."""
    losses = [row["loss"] for row in formulas.bce_table()]
    y, y_hat = torch.tensor(formulas.BCE_TABLE, dtype=torch.float64).unbind(dim=1)
    theirs = F.binary_cross_entropy(y_hat, y, reduction="none").tolist()
    printed = [1.6094, 0.2231, 0.3567, 1.2040]
    return found(
        [round(loss, 4) for loss in losses] == printed
        and all(math.isclose(a, b) for a, b in zip(losses, theirs, strict=True)),
        losses=[round(loss, 4) for loss in losses],
    )


@claim(line=192, says="the mini-batch's BCE is 0.8483")
def bce_of_the_batch() -> Finding:
    """nn.BCELoss on the table's four rows, beside the mean of the formula's losses."""
    y, y_hat = torch.tensor(formulas.BCE_TABLE, dtype=torch.float64).unbind(dim=1)
    theirs = nn.BCELoss()(y_hat, y).item()
    losses = [row["loss"] for row in formulas.bce_table()]
    return found(
        round(theirs, 4) == 0.8483 and math.isclose(theirs, sum(losses) / 4), mean=round(theirs, 4)
    )


@claim(line=203, says="BCE's labels are made with torch.Tensor, as floats")
def bce_needs_floats() -> Finding:
    """nn.BCELoss with labels 0 and 1 as floats and as integers."""
    y_hat = torch.tensor([[0.2], [0.3], [0.9]])
    floats = nn.BCELoss()(y_hat, torch.tensor([[0.0], [0.0], [1.0]])).item()
    integers = error_of(lambda: nn.BCELoss()(y_hat, torch.tensor([[0], [0], [1]])))
    return found(integers == "RuntimeError" and floats > 0, floats=floats, integers=integers)


@claim(
    line=214,
    says="logistic regression on 1, 2, 3 with labels 0, 0, 1 is trained to its end",
    right="the points are separable: there is no optimum, the weight grows for ever",
)
def separable_points_have_no_optimum() -> Finding:
    """The loss on the line w = k, b = −2.5k: it falls as long as k grows."""
    labels = torch.tensor([[0.0], [0.0], [1.0]], dtype=torch.float64)
    losses = {
        str(k): F.binary_cross_entropy_with_logits(k * X.double() - 2.5 * k, labels).item()
        for k in (1, 4, 16, 64)
    }
    values = list(losses.values())
    return found(
        values == sorted(values, reverse=True) and values[-1] > 0,
        notes={"1": values[0]},
        right=losses,
    )


@claim(line=120, says="linear regression finds w = 2, b = 0", needs="training")
def linreg_finds_two(settings: Settings) -> Generator[Progress, None, Finding]:
    """10,000 epochs with lr 0.01."""
    result = yield from outcome(linreg, settings, "notes")
    return found(
        abs(result["weight"] - 2) < 0.01 and abs(result["bias"]) < 0.02,
        weight=result["weight"],
        bias=result["bias"],
    )


@claim(
    line=219,
    says="1000 epochs of logistic regression",
    right="three times as many make the weight larger, and again three times as many",
    needs="training",
)
def logistic_weight_grows(settings: Settings) -> Generator[Progress, None, Finding]:
    """The weight after 1000, 3000 and 9000 epochs."""
    weights = []
    for epochs in (1000, 3000, 9000):
        result = yield from outcome(logistic, settings, "notes", epochs=epochs)
        weights.append(result["weight"])
    return found(weights[0] < weights[1] < weights[2], notes=weights[0], right=weights[1:])
