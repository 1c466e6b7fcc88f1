"""Tensors, .grad and .data, back-propagation (notes, lines 9-67)."""

import warnings
from collections.abc import Callable, Generator

import torch
from torch import Tensor

from ptnotes.events import Progress
from ptnotes.topics import backward
from ptnotes.verify.claims.claim import Finding, Settings, claim, error_of, finding
from ptnotes.verify.claims.training import run_topic


def _weight() -> Tensor:
    return torch.tensor([1.0], requires_grad=True)


def _grad(tensor: Tensor) -> float | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns about .grad of a tensor that is no leaf
        return None if tensor.grad is None else tensor.grad.sum().item()


@claim(line=38, statement=".grad is None at first")
def grad_is_none_at_first() -> Finding:
    """A new tensor that requires a gradient, before any backward()."""
    w = _weight()
    return finding(w.grad is None, grad=_grad(w))


@claim(line=39, statement=".grad is filled by .backward()")
def grad_is_filled_by_backward() -> Finding:
    """(2 − w·1)² at w = 1: the gradient is 2·1·(1·1 − 2)."""
    w = _weight()
    ((2.0 - w * 1.0) ** 2).sum().backward()
    return finding(_grad(w) == 2 * 1 * (1 * 1 - 2), grad=_grad(w))


@claim(line=40, statement="a gradient requires no gradient itself")
def grad_requires_no_grad() -> Finding:
    """requires_grad of .grad after backward()."""
    w = _weight()
    (w * 3).sum().backward()
    requires_grad = w.grad is None or w.grad.requires_grad
    return finding(not requires_grad, requires_grad=requires_grad)


@claim(
    line=36,
    statement="every tensor has a .grad",
    correction="only leaf tensors keep it; others need retain_grad()",
)
def only_leaves_keep_grad() -> Finding:
    """.grad of ŷ = w·x after backward(), without and with retain_grad()."""
    w = _weight()
    y_hat = w * 2.0
    (y_hat**2).sum().backward()
    kept = w * 2.0
    kept.retain_grad()
    (kept**2).sum().backward()
    return finding(
        _grad(y_hat) is None and _grad(w) is not None and _grad(kept) is not None,
        notes=_grad(y_hat),
        right={"leaf": _grad(w), "retain_grad": _grad(kept)},
    )


@claim(line=42, statement=".data requires no gradient and is not tracked")
def data_is_not_tracked() -> Finding:
    """requires_grad of .data and of a product with it; .data shares the storage."""
    w = _weight()
    product = w.data * 2
    return finding(
        not w.data.requires_grad and product.grad_fn is None and w.data.data_ptr() == w.data_ptr(),
        requires_grad=w.data.requires_grad,
        grad_fn=str(product.grad_fn),
    )


@claim(
    line=42,
    statement="a change through .data does not affect autograd",
    correction="autograd does not notice it, and the gradient is wrong; in no_grad() it raises",
)
def data_escapes_the_checks() -> Finding:
    """d(w²)/dw at w = 3; a saved factor is overwritten with 10, by .data and in no_grad()."""

    def gradient(overwrite: Callable[[Tensor], object]) -> float | None:
        w = torch.tensor([3.0], requires_grad=True)
        factor = w * 1.0
        loss = factor**2  # keeps ``factor`` for backward()
        overwrite(factor)
        loss.backward()
        return _grad(w)

    def in_no_grad(factor: Tensor) -> None:
        with torch.no_grad():
            factor.fill_(10.0)

    right = gradient(lambda factor: None)
    wrong = gradient(lambda factor: factor.data.fill_(10.0))
    error = error_of(lambda: gradient(in_no_grad))
    return finding(
        right == 6 and wrong == 20 and error == "RuntimeError",
        notes=wrong,
        right={"untouched": right, "in no_grad()": error},
    )


@claim(
    line=54,
    statement="a number must be in brackets",
    correction="only for torch.Tensor; torch.tensor(1.0) is a scalar",
)
def brackets_are_needed() -> Finding:
    """torch.Tensor(1.0) and torch.tensor(1.0)."""
    error = error_of(lambda: torch.Tensor(1.0))
    scalar = torch.tensor(1.0)
    return finding(error == "TypeError" and scalar.shape == (), notes=error, right=str(scalar))


@claim(line=58, statement="by default no gradient is computed")
def no_gradient_by_default() -> Finding:
    """requires_grad of a new tensor."""
    w = torch.tensor([1.0])
    return finding(not w.requires_grad, requires_grad=w.requires_grad)


@claim(line=67, statement="x is converted to a tensor automatically when it is multiplied by w")
def numbers_become_tensors() -> Finding:
    """A tensor times a Python float, and its gradient."""
    w = _weight()
    product = w * 3.0
    product.backward()
    return finding(
        isinstance(product, Tensor) and _grad(w) == 3.0, product=product.item(), grad=_grad(w)
    )


@claim(line=67, statement="the gradient must be set to zero after each update")
def gradients_add_up() -> Finding:
    """The same backward() twice, then a third time after zero_()."""
    w = _weight()
    seen = []
    for clear in (False, False, True):
        if clear and w.grad is not None:
            w.grad.zero_()
        ((2.0 - w) ** 2).sum().backward()
        seen.append(_grad(w))
    once, twice, cleared = seen
    return finding(once == cleared == -2 and twice == -4, grads=seen)


@claim(line=67, statement="the loss (ŷ − y)² has the gradient 2x(xw − y)")
def gradient_by_hand() -> Finding:
    """Autograd and the formula at 1000 random w, x, y, in float64."""
    w, x, y = torch.randn(3, 1000, dtype=torch.float64)
    w.requires_grad_()
    ((y - w * x) ** 2).sum().backward()
    assert w.grad is not None
    difference = (w.grad - 2 * x * (x * w.detach() - y)).abs().max().item()
    return finding(difference < 1e-12, largest_difference=difference)


@claim(
    line=67,
    statement="after 1000 epochs w is 2, and the prediction for 4 is 8",
    needs="training",
)
def backward_finds_two(settings: Settings) -> Generator[Progress, None, Finding]:
    """The notes' loop: 3000 updates with lr 0.01."""
    result = yield from run_topic(backward, backward.RECIPES["notes"], settings)
    return finding(
        abs(result["weight"] - 2) < 1e-4 and abs(result["prediction"] - 8) < 1e-3,
        weight=result["weight"],
        prediction=result["prediction"],
    )
