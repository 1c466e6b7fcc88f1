"""More features, Dataset and DataLoader, diabetes (notes, lines 221-360)."""

import multiprocessing
import os
from collections.abc import Generator
from functools import partial
from itertools import chain
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

from ptnotes.verify.claims.claim import Finding, Settings, claim, error_of, evaluate, found
from ptnotes.verify.claims.training import outcome
from ptnotes.datasets import diabetes as data
from ptnotes.events import Progress
from ptnotes.topics import diabetes


class _ProcessNumbers(Dataset[int]):
    """Every sample is the number of the process that fetches it."""

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> int:
        return os.getpid()


class _LengthPassed(Dataset[int]):
    """The skeleton of line 327: its length is ``pass``, that is None."""

    def __len__(self) -> Any:
        pass

    def __getitem__(self, index: int) -> int:
        return index


def _loader(samples: int, **options: Any) -> DataLoader[Any]:
    return DataLoader(TensorDataset(torch.arange(samples)), **options)


def _eight_columns(rows: int) -> tuple[Tensor, Tensor]:
    """Random rows in the form of the diabetes data: (N, 8) and (N, 1), float64."""
    return torch.randn(rows, 8).double(), torch.randint(0, 2, (rows, 1)).double()


@claim(line=245, says="Z = X·W + b for the whole batch at once")
def batch_is_one_product() -> Finding:
    """nn.Linear(8, 1) on 20 rows beside Σ xₙ·wₙ + b, row by row."""
    model = nn.Linear(8, 1).double()
    x, _ = _eight_columns(20)
    by_hand = torch.stack([(row * model.weight[0]).sum() + model.bias[0] for row in x])
    z = model(x)
    difference = (z[:, 0] - by_hand).abs().max().item()
    return found(
        z.shape == (20, 1) and difference < 1e-12,
        shape=list(z.shape),
        largest_difference=difference,
    )


@claim(line=252, says="8 → 6 → 4 → 1 with sigmoids gives one number for each sample")
def three_layers_give_one_number() -> Finding:
    """The shape and range of the net's output on 20 rows, and its parameters."""
    model = diabetes.Model()
    x, _ = _eight_columns(20)
    y_hat = model(x.float())
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return found(
        y_hat.shape == (20, 1)
        and 0 < y_hat.min().item() <= y_hat.max().item() < 1
        and parameters == (8 + 1) * 6 + (6 + 1) * 4 + (4 + 1) * 1,
        shape=list(y_hat.shape),
        parameters=parameters,
    )


@claim(
    line=267,
    says="the net is trained on the x_data of line 202",
    right="that is 3×1, and the net wants N×8",
)
def net_wants_eight_features() -> Finding:
    """The 8-6-4-1 net on (3, 1) and on (759, 8)."""
    model = diabetes.Model()
    refused = error_of(lambda: model(torch.tensor([[1.0], [2.0], [3.0]])))
    shape = list(model(torch.zeros(759, 8)).shape)
    return found(refused == "RuntimeError" and shape == [759, 1], notes=refused, right=shape)


@claim(
    line=262,
    says="lr 0.01 on the summed BCE, like the lr 0.01 on the averaged one of line 358",
    right="the sum's gradient is 759 times as large: lr 7.59 on the mean",
)
def sum_is_a_larger_step() -> Finding:
    """One update of each from the same weights, in float64."""
    x, y = _eight_columns(759)
    start = nn.Linear(8, 1).double()

    def updated(reduction: str, lr: float) -> Tensor:
        loss = F.binary_cross_entropy_with_logits(start(x), y, reduction=reduction)
        (gradient,) = torch.autograd.grad(loss, start.weight)
        return start.weight.detach() - lr * gradient

    summed, same = updated("sum", 0.01), updated("mean", 7.59)
    averaged = updated("mean", 0.01)
    step, small_step = ((weight - start.weight).abs().max().item() for weight in (summed, averaged))
    return found(
        torch.allclose(summed, same, atol=1e-12) and step > 100 * small_step,
        notes={"step of the mean": small_step},
        right={"step of the sum": step, "mean, lr 7.59": (same - start.weight).abs().max().item()},
    )


@claim(line=301, says="10,000 samples in batches of 1000 are 10 iterations")
def ten_iterations() -> Finding:
    """The length of that DataLoader, and the batches that it yields."""
    loader = _loader(10_000, batch_size=1000)
    return found(len(loader) == sum(1 for _ in loader) == 10, iterations=len(loader))


@claim(line=297, says="iterations are samples / batch size", right="rounded up")
def iterations_are_rounded_up() -> Finding:
    """759 samples in batches of 32: how many come, and how large the last is."""
    sizes = [len(batch) for (batch,) in _loader(759, batch_size=32)]
    return found(
        len(sizes) == -(-759 // 32) and sizes[-1] == 759 % 32,
        notes=759 / 32,
        right={"iterations": len(sizes), "in the last": sizes[-1]},
    )


@claim(line=308, says="batch_size=2, shuffle=True: first shuffled, then cut into twos")
def shuffled_then_cut() -> Finding:
    """Two passes over 100 samples: each once a pass, in twos, in another order."""
    loader = _loader(100, batch_size=2, shuffle=True)
    first, second = ([batch.tolist() for (batch,) in loader] for _ in range(2))
    once = [sorted(chain.from_iterable(batches)) == list(range(100)) for batches in (first, second)]
    return found(
        all(once) and {len(batch) for batch in first} == {2} and first != second,
        batches=len(first),
        begins=[first[0], second[0]],
    )


@claim(
    line=327,
    says="a Dataset's __len__ with pass in it",
    right="returns None: the DataLoader needs a number",
)
def length_must_be_a_number() -> Finding:
    """len() of a DataLoader over the skeleton, and over one that says how long it is."""
    refused = error_of(lambda: len(DataLoader(_LengthPassed())))
    length = len(DataLoader(_ProcessNumbers()))
    return found(refused == "TypeError" and length == 2, notes=refused, right=length)


@claim(line=334, says="num_workers reads with threads", right="with processes")
def workers_are_processes() -> Finding:
    """The process numbers that fetch the samples, without a worker and with one."""
    # fork alone lets the worker start without importing torch again; elsewhere it is spawned
    ways = multiprocessing.get_all_start_methods()
    context = "fork" if "fork" in ways else "spawn"
    here = {int(sample) for sample in DataLoader(_ProcessNumbers())}
    loader = DataLoader(_ProcessNumbers(), num_workers=1, multiprocessing_context=context)
    there = {int(sample) for sample in loader}
    return found(
        here == {os.getpid()} and os.getpid() not in there,
        notes="the same process" if there == here else "another process",
        right={"processes": len(here | there)},
    )


@claim(line=340, says="if __name__ == '_main_'", right="'__main__', or the program does nothing")
def main_has_four_underscores() -> Finding:
    """Both conditions where __name__ is what a program's is."""
    printed, right = (
        evaluate(f"__name__ == {name!r}", __name__="__main__") for name in ("_main_", "__main__")
    )
    return found(right and not printed, notes=printed, right=right)


@claim(line=340, says="for epoch in range(100) without a colon", right="with one")
def for_needs_a_colon() -> Finding:
    """Both loops, compiled."""
    printed, right = (
        error_of(partial(compile, f"for epoch in range(100){end}\n    pass", "notes", "exec"))
        for end in ("", ":")
    )
    return found(printed == "SyntaxError" and right is None, notes=printed, right="compiles")


@claim(line=358, says="xy[:, :-1] and xy[:, [-1]] are (N, 8) and (N, 1)")
def last_column_in_brackets() -> Finding:
    """The shapes of both slices of (759, 9), and of xy[:, -1]."""
    xy = torch.zeros(759, 9)
    shapes = [list(part.shape) for part in (xy[:, :-1], xy[:, [-1]], xy[:, -1])]
    return found(shapes == [[759, 8], [759, 1], [759]], shapes=shapes)


@claim(
    line=358,
    says="label 1 of the diabetes data stands for diabetes",
    right="496 ones and 263 zeros, and the ones have the lower glucose: 1 reads as healthy",
    needs="data",
)
def ones_have_the_lower_glucose(settings: Settings) -> Finding:
    """Counts, and the mean of the second column, by label."""
    x, y = data.read(settings.data_dir)
    ones = y[:, 0] == 1
    glucose = {"1": x[ones, 1].mean().item(), "0": x[~ones, 1].mean().item()}
    counts = {"1": int(ones.sum()), "0": int((~ones).sum())}
    return found(
        counts == {"1": 496, "0": 263} and glucose["1"] < glucose["0"],
        notes={"rows": len(x), "columns": x.shape[1]},
        right={"counts": counts, "glucose": glucose},
    )


@claim(
    line=358,
    says="three sigmoid layers, lr 0.01, 100 epochs learn to tell the classes apart",
    right="every answer is the larger class: its share is the accuracy",
    needs="training",
)
def diabetes_learns_the_larger_class(settings: Settings) -> Generator[Progress, None, Finding]:
    """The notes' complete program, batches of 32."""
    result = yield from outcome(diabetes, settings, "notes", data_dir=settings.data_dir)
    return found(
        result["train_accuracy"] == result["larger_class_share"],
        notes={"accuracy": result["train_accuracy"]},
        right={"larger class's share": result["larger_class_share"]},
    )
