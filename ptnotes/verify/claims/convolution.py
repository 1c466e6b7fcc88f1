"""Convolution, padding, stride, pooling, the output size (notes, lines 556-636)."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ptnotes import reference as formulas
from ptnotes.topics import conv_demo
from ptnotes.verify.claims.claim import Finding, claim, finding

IMAGE = np.array(conv_demo.FIVE_BY_FIVE, dtype=np.float64)
KERNEL = np.array(conv_demo.KERNEL, dtype=np.float64)


@claim(
    line=568,
    statement="a convolution is invariant under translation",
    correction="it is equivariant: the output moves with the object",
)
def convolution_is_equivariant() -> Finding:
    """A 5×5 object, and the same object moved by two pixels, through one convolution."""
    layer = nn.Conv2d(1, 1, kernel_size=3, padding=1, bias=False)
    image = torch.zeros(1, 1, 20, 20)
    image[..., 5:10, 5:10] = torch.rand(5, 5)
    with torch.no_grad():
        still, moved = layer(image), layer(image.roll(2, dims=3))
    invariant = (moved - still).abs().max().item()
    equivariant = (moved - still.roll(2, dims=3)).abs().max().item()
    return finding(
        equivariant < 1e-6 < 0.01 < invariant,
        notes={"change of the output": invariant},
        right={"change of the moved output": equivariant},
    )


@claim(line=598, statement="Conv2d(5, 10, 3) on (1, 5, 100, 100) gives (1, 10, 98, 98)")
def channels_and_sizes() -> Finding:
    """The output and weight of line 597's layer."""
    layer = nn.Conv2d(5, 10, kernel_size=3)
    output, weight = list(layer(torch.randn(1, 5, 100, 100)).shape), list(layer.weight.shape)
    return finding(
        output == [1, 10, 98, 98] and weight == [10, 5, 3, 3], output=output, weight=weight
    )


@claim(line=590, statement="several channels: one kernel for each, the results are added")
def channels_are_added() -> Finding:
    """Conv2d(3, 2, 3), and the sum of three cross-correlations per output channel."""
    layer = nn.Conv2d(3, 2, kernel_size=3, bias=False).double()
    x = torch.randn(1, 3, 8, 8, dtype=torch.float64)
    with torch.no_grad():
        by_torch = layer(x)[0].numpy()
    by_hand = [
        sum(
            formulas.cross_correlation(x[0, c].numpy(), layer.weight[o, c].detach().numpy())
            for c in range(3)
        )
        for o in range(2)
    ]
    difference = np.abs(np.array(by_hand) - by_torch).max().item()
    return finding(difference < 1e-12, largest_difference=difference)


@claim(line=610, statement="padding 1 keeps 5×5 for a 3×3 kernel")
def padding_one() -> Finding:
    """Conv2d on the notes' input, and the sums by hand."""
    by_torch = conv_demo.convolve(padding=1)
    by_hand = formulas.cross_correlation(IMAGE, KERNEL, padding=1).astype(int).tolist()
    return finding(by_torch == by_hand and len(by_torch) == len(by_torch[0]) == 5, output=by_torch)


@claim(line=622, statement="stride 2 turns 5×5 into 2×2 for a 3×3 kernel")
def stride_two() -> Finding:
    """Conv2d on the notes' input, and the sums by hand."""
    by_torch = conv_demo.convolve(stride=2)
    by_hand = formulas.cross_correlation(IMAGE, KERNEL, stride=2).astype(int).tolist()
    return finding(by_torch == by_hand and len(by_torch) == len(by_torch[0]) == 2, output=by_torch)


@claim(line=634, statement="MaxPool2d(2) halves height and width and keeps the maximum of each 2×2")
def max_pooling() -> Finding:
    """MaxPool2d on the notes' 4×4 input, and numpy's maxima of its four parts."""
    image = np.array(conv_demo.FOUR_BY_FOUR)
    by_torch = conv_demo.pool()
    by_hand = image.reshape(2, 2, 2, 2).max(axis=(1, 3)).tolist()
    return finding(by_torch == by_hand, output=by_torch)


@claim(line=634, statement="pooling does not change the number of channels")
def pooling_keeps_channels() -> Finding:
    """MaxPool2d(2) on 7 channels; it has no parameters."""
    layer = nn.MaxPool2d(kernel_size=2)
    shape = list(layer(torch.randn(1, 7, 8, 8)).shape)
    return finding(shape == [1, 7, 4, 4] and not list(layer.parameters()), shape=shape)


@claim(
    line=607,
    statement="Conv2d computes a convolution",
    correction="a cross-correlation: the kernel is not flipped",
)
def conv2d_is_cross_correlation() -> Finding:
    """Conv2d on the notes' input, and both by hand."""
    by_torch = np.array(conv_demo.convolve())
    flipped = formulas.cross_correlation(IMAGE, KERNEL[::-1, ::-1])
    straight = formulas.cross_correlation(IMAGE, KERNEL)
    return finding(
        np.array_equal(by_torch, straight) and not np.array_equal(by_torch, flipped),
        notes=flipped[0].tolist(),
        right=straight[0].tolist(),
    )


@claim(line=608, statement="the axes are B C W H and O I W H", correction="N C H W and O I H W")
def height_comes_before_width() -> Finding:
    """A kernel 1 high and 3 wide on an image of 5 rows and 9 columns."""
    layer = nn.Conv2d(1, 1, kernel_size=(1, 3))
    output = list(layer(torch.zeros(1, 1, 5, 9)).shape)
    weight = list(layer.weight.shape)
    smaller = formulas.output_size(5, 3, stride=1, padding=0, dilation=1)
    return finding(
        output == [1, 1, 5, 7] and weight == [1, 1, 1, 3], notes=[1, 1, smaller, 9], right=output
    )


@claim(
    line=614,
    statement="padding = kernel_size // 2 keeps the size",
    correction="for odd kernels, stride 1 and dilation 1",
)
def half_the_kernel_keeps_the_size() -> Finding:
    """The output size of Conv2d on 28×28 with that padding."""

    def size(kernel: int, **options: int) -> int:
        layer = nn.Conv2d(1, 1, kernel, padding=kernel // 2, **options)  # type: ignore[arg-type]
        return int(layer(torch.zeros(1, 1, 28, 28)).shape[-1])

    kept = {f"kernel {kernel}": size(kernel) for kernel in (1, 3, 5, 7)}
    lost = {
        "kernel 2": size(2),
        "kernel 4": size(4),
        "stride 2": size(3, stride=2),
        "dilation 2": size(3, dilation=2),
    }
    return finding(set(kept.values()) == {28} and 28 not in lost.values(), notes=lost, right=kept)


@claim(
    line=636,
    statement="the output size is (size + 2·padding − kernel) / stride + 1",
    correction="rounded down, and with the dilation",
)
def output_size() -> Finding:
    """Both formulas and Conv2d for 240 sizes, kernels, strides, paddings and dilations."""
    tried = right = printed = 0
    for size, kernel, stride, padding, dilation in _grid():
        layer = nn.Conv2d(1, 1, kernel, stride, padding, dilation)
        real = layer(torch.zeros(1, 1, size, size)).shape[-1]
        options = {"stride": stride, "padding": padding, "dilation": dilation}
        tried += 1
        right += formulas.output_size(size, kernel, **options) == real
        printed += (size + 2 * padding - kernel) / stride + 1 == real
    return finding(
        right == tried and printed < tried, notes=f"{printed}/{tried}", right=f"{right}/{tried}"
    )


def _grid() -> list[tuple[int, int, int, int, int]]:
    return [
        (size, kernel, stride, padding, dilation)
        for size in (9, 10, 13, 28)
        for kernel in (1, 2, 3, 4, 5)
        for stride in (1, 2, 3)
        for padding in (0, 1)
        for dilation in (1, 2)
    ]


@claim(line=698, statement="torch.cat(outputs, dim=1) concatenates the channels")
def cat_joins_channels() -> Finding:
    """(2, 3, 4, 4) and (2, 5, 4, 4) along dimension 1."""
    a, b = torch.randn(2, 3, 4, 4), torch.randn(2, 5, 4, 4)
    joined = torch.cat([a, b], dim=1)
    whole: Tensor = joined[:, :3]
    return finding(
        joined.shape == (2, 8, 4, 4) and torch.equal(whole, a) and torch.equal(joined[:, 3:], b),
        shape=list(joined.shape),
    )


@claim(
    line=734,
    statement="max-pooling of x adapts it when F(x) has other channels",
    correction="pooling cannot change the channels; a 1×1 convolution can",
)
def pooling_is_no_shortcut() -> Finding:
    """x with 16 channels, F(x) with 32 and half the size: x pooled, and x projected."""
    x = torch.randn(1, 16, 12, 12)
    wanted = [1, 32, 6, 6]
    pooled = list(F.max_pool2d(x, 2).shape)
    projected = list(nn.Conv2d(16, 32, kernel_size=1, stride=2)(x).shape)
    return finding(projected == wanted and pooled != wanted, notes=pooled, right=projected)
