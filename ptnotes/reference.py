"""The notes' formulas in float64, with which torch's functions are compared."""

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

BCE_TABLE = ((1.0, 0.2), (1.0, 0.8), (0.0, 0.3), (0.0, 0.7))  # (y, ŷ) of lines 187-190


def softmax(logits: Array) -> Array:
    """exp(zᵢ) / Σ exp(zⱼ) along the last dimension (notes, line 387).

    The largest logit is subtracted first: the quotient is the same, and exp cannot overflow.
    """
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def log_softmax(logits: Array) -> Array:
    """log(softmax) without taking the logarithm of a probability that is 0 (notes, line 435)."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))


def cross_entropy(logits: Array, targets: Sequence[int]) -> Array:
    """−log softmax(z)[y] of every sample: (N, C), N targets → (N) (notes, lines 393 and 451)."""
    return -log_softmax(logits)[np.arange(len(targets)), targets]


def cross_entropy_of_the_notes(logits: Array, targets: Sequence[int]) -> Array:
    """As lines 398-401 compute it: NaN or infinite where exp overflows or underflows."""
    one_hot = np.eye(logits.shape[-1])[list(targets)]
    with np.errstate(all="ignore"):
        powers = np.exp(logits)
        losses = -one_hot * np.log(powers / powers.sum(axis=-1, keepdims=True))
        return np.asarray(losses.sum(axis=-1))


def binary_cross_entropy(y: float, y_hat: float) -> float:
    """−(y·log ŷ + (1 − y)·log(1 − ŷ)), ŷ within (0, 1) (notes, line 184)."""
    return -(y * math.log(y_hat) + (1 - y) * math.log(1 - y_hat))


def bce_table() -> list[dict[str, float]]:
    """The rows of lines 187-190, each with its loss."""
    return [
        {"y": y, "y_hat": y_hat, "loss": binary_cross_entropy(y, y_hat)} for y, y_hat in BCE_TABLE
    ]


def sigmoid(x: float) -> float:
    """1 / (1 + e⁻ˣ), for x ≥ −709 (notes, line 166)."""
    return 1 / (1 + math.exp(-x))


def output_size(size: int, kernel: int, *, stride: int, padding: int, dilation: int) -> int:
    """⌊(size + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.

    The formula of line 636, with the floor and the dilation that are missing there. Raises
    ValueError if the kernel is larger than the padded input.
    """
    padded, extent = size + 2 * padding, dilation * (kernel - 1) + 1
    if extent > padded:
        dilated = f" (dilation {dilation})" if dilation > 1 else ""
        raise ValueError(
            f"a kernel of {extent}{dilated} is larger than the padded input of {padded}; "
            "take a smaller kernel or more padding"
        )
    return (padded - extent) // stride + 1


def cross_correlation(image: Array, kernel: Array, *, stride: int = 1, padding: int = 0) -> Array:
    """The output of Conv2d for one channel: (H, W), (K, K) → (H', W') (notes, line 607)."""
    padded = np.pad(image, padding)
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape)
    return np.asarray((windows[::stride, ::stride] * kernel).sum(axis=(-2, -1)))


def mean_and_std(batches: Iterable[Array]) -> tuple[float, float]:
    """The mean and standard deviation of all values, whatever the sizes of the batches.

    Sums in float64, each value counted once; lines 488-491 average over the batches instead, so
    that the values of a short last batch count too much.
    """
    count, total, squares = 0, 0.0, 0.0
    for batch in batches:
        values = batch.astype(np.float64)
        count += values.size
        total += float(values.sum())
        squares += float(np.square(values).sum())
    mean = total / count
    return mean, math.sqrt(max(squares / count - mean**2, 0.0))


def mean_and_std_of_the_notes(batches: Iterable[NDArray[np.float32]]) -> tuple[float, float]:
    """Lines 488-491: averages over the batches' averages, in float32. The std may be NaN."""
    means, squares = np.float32(0), np.float32(0)
    number = 0
    for batch in batches:
        means += batch.mean(dtype=np.float32)
        squares += np.square(batch).mean(dtype=np.float32)
        number += 1
    mean = means / np.float32(number)
    with np.errstate(invalid="ignore"):
        return float(mean), float(np.sqrt(squares / np.float32(number) - mean**2))
