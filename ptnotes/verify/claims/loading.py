"""More features, Dataset and DataLoader, diabetes (notes, lines 221-360)."""

import multiprocessing
import os
from collections.abc import Generator
from itertools import chain
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

from ptnotes.datasets import diabetes as data
from ptnotes.engine.loop import count_parameters
from ptnotes.events import Progress
from ptnotes.topics import diabetes
from ptnotes.verify.claims.claim import Finding, Settings, claim, error_of, finding
from ptnotes.verify.claims.training import run_topic


class _ProcessNumbers(Dataset[int]):
    """Every sample is the id of the process that reads it."""

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> int:
        return os.getpid()


class _LengthPassed(Dataset[int]):
    """The skeleton of line 327: the body of __len__ is ``pass``."""

    def __len__(self) -> Any:
        pass

    def __getitem__(self, index: int) -> int:
        return index


def _loader(samples: int, **options: Any) -> DataLoader[Any]:
    return DataLoader(TensorDataset(torch.arange(samples)), **options)


def _eight_columns(rows: int) -> tuple[Tensor, Tensor]:
    """Random rows like those of the diabetes data: (N, 8) and (N, 1), float64."""
    return torch.randn(rows, 8).double(), torch.randint(0, 2, (rows, 1)).double()


@claim(line=245, statement="Z = X·W + b for the whole batch at once")
def batch_is_one_product() -> Finding:
    """nn.Linear(8, 1) on 20 rows, and Σ xₙ·wₙ + b row by row."""
    model = nn.Linear(8, 1).double()
    x, _ = _eight_columns(20)
    by_hand = torch.stack([(row * model.weight[0]).sum() + model.bias[0] for row in x])
    z = model(x)
    difference = (z[:, 0] - by_hand).abs().max().item()
    return finding(
        z.shape == (20, 1) and difference < 1e-12,
        shape=list(z.shape),
        largest_difference=difference,
    )


@claim(line=252, statement="8 → 6 → 4 → 1 with sigmoids gives one number per sample")
def three_layers_give_one_number() -> Finding:
    """The shape and range of the network's output on 20 rows, and its parameters."""
    model = diabetes.Model()
    x, _ = _eight_columns(20)
    y_hat = model(x.float())
    parameters = count_parameters(model)
    return finding(
        y_hat.shape == (20, 1)
        and 0 < y_hat.min().item() <= y_hat.max().item() < 1
        and parameters == (8 + 1) * 6 + (6 + 1) * 4 + (4 + 1) * 1,
        shape=list(y_hat.shape),
        parameters=parameters,
    )


@claim(
    line=267,
    statement="the network is trained on the x_data of line 202",
    correction="that is 3×1, and the network takes N×8",
)
def net_wants_eight_features() -> Finding:
    """The 8-6-4-1 network on (3, 1) and on (759, 8)."""
    model = diabetes.Model()
    error = error_of(lambda: model(torch.tensor([[1.0], [2.0], [3.0]])))
    shape = list(model(torch.zeros(759, 8)).shape)
    return finding(error == "RuntimeError" and shape == [759, 1], notes=error, right=shape)


@claim(
    line=262,
    statement="lr 0.01 with the summed BCE, as with the averaged BCE of line 358",
    correction="the gradient of the sum is 759 times as large: like lr 7.59 with the mean",
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
    return finding(
        torch.allclose(summed, same, atol=1e-12) and step > 100 * small_step,
        notes={"step of the mean": small_step},
        right={"step of the sum": step, "mean, lr 7.59": (same - start.weight).abs().max().item()},
    )


@claim(line=301, statement="10,000 samples in batches of 1000 are 10 iterations")
def ten_iterations() -> Finding:
    """The length of that DataLoader, and the number of batches that it yields."""
    loader = _loader(10_000, batch_size=1000)
    return finding(len(loader) == sum(1 for _ in loader) == 10, iterations=len(loader))


@claim(
    line=297,
    statement="the number of iterations is samples / batch size",
    correction="rounded up",
)
def iterations_are_rounded_up() -> Finding:
    """759 samples in batches of 32: the number of batches, and the size of the last."""
    sizes = [len(batch) for (batch,) in _loader(759, batch_size=32)]
    return finding(
        len(sizes) == -(-759 // 32) and sizes[-1] == 759 % 32,
        notes=759 / 32,
        right={"iterations": len(sizes), "in the last": sizes[-1]},
    )


@claim(
    line=308,
    statement="batch_size=2, shuffle=True: first shuffled, then divided into batches of two",
)
def shuffled_then_cut() -> Finding:
    """Two passes over 100 samples: every sample once per pass, in batches of two, reordered."""
    loader = _loader(100, batch_size=2, shuffle=True)
    first, second = ([batch.tolist() for (batch,) in loader] for _ in range(2))
    once = [sorted(chain.from_iterable(batches)) == list(range(100)) for batches in (first, second)]
    return finding(
        all(once) and {len(batch) for batch in first} == {2} and first != second,
        batches=len(first),
        begins=[first[0], second[0]],
    )


@claim(
    line=327,
    statement="a Dataset's skeleton has pass as the body of __len__",
    correction="then it returns None, and the DataLoader raises",
)
def length_must_be_a_number() -> Finding:
    """A pass over a DataLoader of the skeleton, and of a Dataset with a length."""
    error = error_of(lambda: list(DataLoader(_LengthPassed())))
    length = len(list(DataLoader(_ProcessNumbers())))
    return finding(error == "TypeError" and length == 2, notes=error, right=length)


@claim(line=334, statement="num_workers is a number of threads", correction="of processes")
def workers_are_processes() -> Finding:
    """The ids of the processes that read the samples, without a worker and with one."""
    # a forked worker does not import torch again; not every system can fork
    methods = multiprocessing.get_all_start_methods()
    context = "fork" if "fork" in methods else "spawn"
    here = {int(sample) for sample in DataLoader(_ProcessNumbers())}
    loader = DataLoader(_ProcessNumbers(), num_workers=1, multiprocessing_context=context)
    there = {int(sample) for sample in loader}
    return finding(
        here == {os.getpid()} and os.getpid() not in there,
        notes="the same process" if there == here else "another process",
        right={"processes": len(here | there)},
    )


@claim(line=358, statement="xy[:, :-1] and xy[:, [-1]] are (N, 8) and (N, 1)")
def last_column_in_brackets() -> Finding:
    """The shapes of both slices of (759, 9), and of xy[:, -1]."""
    xy = torch.zeros(759, 9)
    shapes = [list(part.shape) for part in (xy[:, :-1], xy[:, [-1]], xy[:, -1])]
    return finding(shapes == [[759, 8], [759, 1], [759]], shapes=shapes)


@claim(
    line=358,
    statement="label 1 of the diabetes data means diabetes",
    correction="it is the larger class (496 of 759) with the lower glucose, so probably healthy",
    needs="data",
)
def ones_have_the_lower_glucose(settings: Settings) -> Finding:
    """The number of rows and the mean of the second column, by label."""
    x, y = data.read(settings.data_dir)
    ones = y[:, 0] == 1
    glucose = {"1": x[ones, 1].mean().item(), "0": x[~ones, 1].mean().item()}
    counts = {"1": int(ones.sum()), "0": int((~ones).sum())}
    return finding(
        counts == {"1": 496, "0": 263} and glucose["1"] < glucose["0"],
        notes={"rows": len(x), "columns": x.shape[1]},
        right={"counts": counts, "glucose": glucose},
    )


@claim(
    line=358,
    statement="three sigmoid layers with lr 0.01 learn to separate the classes in 100 epochs",
    correction="every prediction is the larger class: its share is the accuracy",
    needs="training",
)
def diabetes_learns_the_larger_class(settings: Settings) -> Generator[Progress, None, Finding]:
    """The notes' complete program, batches of 32."""
    result = yield from run_topic(
        diabetes, diabetes.RECIPES["notes"], settings, data_dir=settings.data_dir
    )
    return finding(
        result["train_accuracy"] == result["larger_class_share"],
        notes={"accuracy": result["train_accuracy"]},
        right={"larger class's share": result["larger_class_share"]},
    )
