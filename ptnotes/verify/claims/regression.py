"""Linear and logistic regression, the sigmoid, BCE (notes, lines 69-219)."""

import math
import warnings
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from weakref import WeakSet

import torch
import torch.nn.functional as F
from torch import nn

from ptnotes import reference as formulas
from ptnotes.events import Progress
from ptnotes.topics import linreg, logistic
from ptnotes.verify.claims.claim import Finding, Settings, claim, error_of, finding
from ptnotes.verify.claims.training import run_topic

X = torch.tensor([[1.0], [2.0], [3.0]])
Y = torch.tensor([[2.0], [4.0], [6.0]])


@dataclass(eq=False)
class _Saved:
    """A tensor that a graph has saved for backward()."""

    tensor: torch.Tensor


def _stale(loss: type[nn.Module], **arguments: bool) -> tuple[str, str]:
    """The reduction that an old argument selects, and the warning that torch gives."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        reduction = str(loss(**arguments).reduction)
    return reduction, type(caught[0].message).__name__ if caught else "no warning"


@claim(line=82, statement="ŷ = w·x + b for a 3×1 mini-batch is 3×1")
def linear_maps_a_batch() -> Finding:
    """nn.Linear(1, 1) on (3, 1), and w·x + b row by row."""
    model = nn.Linear(1, 1)
    y_hat = model(X)
    by_hand = [model.weight.item() * x + model.bias.item() for x in (1.0, 2.0, 3.0)]
    difference = max(abs(a - b) for a, b in zip(y_hat[:, 0].tolist(), by_hand, strict=True))
    return finding(
        y_hat.shape == (3, 1) and difference < 1e-6,
        shape=list(y_hat.shape),
        largest_difference=difference,
    )


@claim(line=94, statement="a module's constructor must call super().__init__()")
def super_init_is_a_must() -> Finding:
    """A module that assigns a layer without that call."""

    class WithoutSuper(nn.Module):
        def __init__(self) -> None:
            self.linear = nn.Linear(1, 1)

    error = error_of(WithoutSuper)
    return finding(error == "AttributeError", without=error)


@claim(line=102, statement="MSELoss(size_average=True)", correction="deprecated: reduction='mean'")
def size_average_is_stale() -> Finding:
    """The reduction that the old argument selects in this torch, and its warning."""
    mse, bce = _stale(nn.MSELoss, size_average=True), _stale(nn.BCELoss, size_average=False)
    return finding(
        mse[0] == "mean" and bce[0] == "sum" and mse[1] == "UserWarning",
        notes=f"{mse[1]}",
        right=[mse[0], bce[0]],
    )


@claim(
    line=112,
    statement="the parameters are updated by stochastic gradient descent",
    correction="with the full batch it is gradient descent: no sample is drawn",
)
def full_batch_is_not_stochastic() -> Finding:
    """The gradient of the full batch in three orders, and the gradients of single samples."""
    model = nn.Linear(1, 1).double()

    def slope(rows: list[int]) -> float:
        loss = F.mse_loss(model(X[rows].double()), Y[rows].double())
        return float(torch.autograd.grad(loss, model.weight)[0])

    full = [slope(order) for order in ([0, 1, 2], [2, 0, 1], [1, 2, 0])]
    single = [slope([row]) for row in range(3)]
    return finding(
        max(full) - min(full) < 1e-12 and max(single) - min(single) > 0.01,
        notes={"sample by sample": single},
        right={"full batch, three orders": full},
    )


def _saved_tensors(keep: Callable[[torch.Tensor], object]) -> int:
    """How many tensors a loss's graph still holds when only ``keep(loss)`` is kept."""
    saved: WeakSet[_Saved] = WeakSet()

    def pack(tensor: torch.Tensor) -> _Saved:
        saved.add(holder := _Saved(tensor))
        return holder

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda holder: holder.tensor):
        kept = keep(F.mse_loss(nn.Linear(1, 1)(X), Y))
    count = len(saved)
    del kept
    return count


@claim(
    line=120,
    statement="printing the loss builds no graph, so it is safe",
    correction="the graph exists already, and the loss keeps it in memory; loss.item() does not",
)
def printing_the_loss() -> Finding:
    """The tensors that a graph holds when the loss is kept, printed, and when loss.item() is."""

    def printed(loss: torch.Tensor) -> torch.Tensor:
        str(loss)
        return loss

    with_loss, with_number = _saved_tensors(printed), _saved_tensors(lambda loss: loss.item())
    return finding(
        with_loss > 0 and with_number == 0,
        notes={"loss": with_loss},
        right={"loss.item()": with_number},
    )


@claim(
    line=168,
    statement="the sigmoid maps ŷ into [0, 1]",
    correction="into (0, 1); only rounding gives 0 or 1",
)
def sigmoid_is_open() -> Finding:
    """σ(−700) in float64 is above 0; in float32, 1 − σ(20) rounds to 0 and σ(−20) does not."""
    small = torch.sigmoid(torch.tensor(-700.0, dtype=torch.float64)).item()
    rounded = torch.sigmoid(torch.tensor(20.0)).item()
    other = torch.sigmoid(torch.tensor(-20.0)).item()
    return finding(
        0 < small < 1e-300 and rounded == 1 and 0 < other < 1e-8,
        notes={"float32 σ(20)": rounded},
        right={"σ(−700)": small, "1 − σ(20)": other},
    )


@claim(line=166, statement="σ(x) = 1 / (1 + e⁻ˣ)")
def sigmoid_formula() -> Finding:
    """The formula and torch.sigmoid from −30 to 30, in float64."""
    x = torch.linspace(-30, 30, 601, dtype=torch.float64)
    by_hand = torch.tensor([formulas.sigmoid(value) for value in x.tolist()], dtype=torch.float64)
    difference = (by_hand - torch.sigmoid(x)).abs().max().item()
    return finding(difference < 1e-15, largest_difference=difference)


@claim(line=176, statement="the derivative of a saturating function approaches 0 at both ends")
def sigmoid_saturates() -> Finding:
    """The derivative of σ by autograd at 0, ±5, ±20."""
    x = torch.tensor([-20.0, -5.0, 0.0, 5.0, 20.0], dtype=torch.float64, requires_grad=True)
    (slopes,) = torch.autograd.grad(torch.sigmoid(x).sum(), x)
    left, near, middle, also_near, right = slopes.tolist()
    return finding(
        max(left, right) < 1e-8 < min(near, also_near) < middle == 0.25, slopes=slopes.tolist()
    )


@claim(line=186, statement="BCE: 1.6094, 0.2231, 0.3567, 1.2040")
def bce_table() -> Finding:
    """The formula of line 184 and torch's function on the four rows of the table."""
    losses = [row["loss"] for row in formulas.bce_table()]
    y, y_hat = torch.tensor(formulas.BCE_TABLE, dtype=torch.float64).unbind(dim=1)
    by_torch = F.binary_cross_entropy(y_hat, y, reduction="none").tolist()
    printed = [1.6094, 0.2231, 0.3567, 1.2040]
    return finding(
        [round(loss, 4) for loss in losses] == printed
        and all(math.isclose(a, b) for a, b in zip(losses, by_torch, strict=True)),
        losses=[round(loss, 4) for loss in losses],
    )


@claim(line=192, statement="the mini-batch's BCE is 0.8483")
def bce_of_the_batch() -> Finding:
    """nn.BCELoss on the four rows of the table, and the mean of the formula's losses."""
    y, y_hat = torch.tensor(formulas.BCE_TABLE, dtype=torch.float64).unbind(dim=1)
    by_torch = nn.BCELoss()(y_hat, y).item()
    losses = [row["loss"] for row in formulas.bce_table()]
    return finding(
        round(by_torch, 4) == 0.8483 and math.isclose(by_torch, sum(losses) / 4),
        mean=round(by_torch, 4),
    )


@claim(line=203, statement="labels for BCE are floats, made with torch.Tensor")
def bce_needs_floats() -> Finding:
    """nn.BCELoss with labels 0 and 1 as floats and as integers."""
    y_hat = torch.tensor([[0.2], [0.3], [0.9]])
    floats = nn.BCELoss()(y_hat, torch.tensor([[0.0], [0.0], [1.0]])).item()
    integers = error_of(lambda: nn.BCELoss()(y_hat, torch.tensor([[0], [0], [1]])))
    return finding(integers == "RuntimeError" and floats > 0, floats=floats, integers=integers)


@claim(
    line=214,
    statement="logistic regression is trained on 1, 2, 3 with labels 0, 0, 1",
    correction="the points are separable: there is no optimum, the weight grows without bound",
)
def separable_points_have_no_optimum() -> Finding:
    """The loss at w = k, b = −2.5k for growing k: it always falls."""
    labels = torch.tensor([[0.0], [0.0], [1.0]], dtype=torch.float64)
    losses = {
        str(k): F.binary_cross_entropy_with_logits(k * X.double() - 2.5 * k, labels).item()
        for k in (1, 4, 16, 64)
    }
    values = list(losses.values())
    return finding(
        values == sorted(values, reverse=True) and values[-1] > 0,
        notes={"1": values[0]},
        right=losses,
    )


@claim(line=120, statement="linear regression finds w = 2, b = 0", needs="training")
def linreg_finds_two(settings: Settings) -> Generator[Progress, None, Finding]:
    """10,000 epochs with lr 0.01."""
    result = yield from run_topic(linreg, linreg.RECIPES["notes"], settings)
    return finding(
        abs(result["weight"] - 2) < 0.01 and abs(result["bias"]) < 0.02,
        weight=result["weight"],
        bias=result["bias"],
    )


@claim(
    line=219,
    statement="logistic regression is trained for 1000 epochs",
    correction="the weight goes on growing with three and nine times as many",
    needs="training",
)
def logistic_weight_grows(settings: Settings) -> Generator[Progress, None, Finding]:
    """The weight after 1000, 3000 and 9000 epochs."""
    weights = []
    for epochs in (1000, 3000, 9000):
        recipe = replace(logistic.RECIPES["notes"], epochs=epochs)
        result = yield from run_topic(logistic, recipe, settings)
        weights.append(result["weight"])
    return finding(weights[0] < weights[1] < weights[2], notes=weights[0], right=weights[1:])
