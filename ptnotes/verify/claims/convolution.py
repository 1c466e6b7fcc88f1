"""Convolution, padding, stride, pooling, the output size (notes, lines 556-636)."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ptnotes import reference as formulas
from ptnotes.verify.claims.claim import Finding, claim, found
from ptnotes.topics import conv_demo

IMAGE = np.array(conv_demo.FIVE_BY_FIVE, dtype=np.float64)
KERNEL = np.array(conv_demo.KERNEL, dtype=np.float64)


@claim(
    line=568,
    says="a convolution is invariant under translation",
    right="equivariant: its output moves with the object",
)
def convolution_is_equivariant() -> Finding:
    """A 5×5 blob and the same blob two pixels on, through one convolution."""
    layer = nn.Conv2d(1, 1, kernel_size=3, padding=1, bias=False)
    image = torch.zeros(1, 1, 20, 20)
    image[..., 5:10, 5:10] = torch.rand(5, 5)
    with torch.no_grad():
        still, moved = layer(image), layer(image.roll(2, dims=3))
    invariant = (moved - still).abs().max().item()
    equivariant = (moved - still.roll(2, dims=3)).abs().max().item()
    return found(
        equivariant < 1e-6 < 0.01 < invariant,
        notes={"change of the output": invariant},
        right={"change of the moved output": equivariant},
    )


@claim(line=598, says="Conv2d(5, 10, 3) on (1, 5, 100, 100) gives (1, 10, 98, 98)")
def channels_and_sizes() -> Finding:
    """Input, output and weight of line 597's layer."""
    layer = nn.Conv2d(5, 10, kernel_size=3)
    output, weight = list(layer(torch.randn(1, 5, 100, 100)).shape), list(layer.weight.shape)
    return found(
        output == [1, 10, 98, 98] and weight == [10, 5, 3, 3], output=output, weight=weight
    )


@claim(line=590, says="many channels: one kernel for each, their results added")
def channels_are_added() -> Finding:
    """Conv2d(3, 2, 3) beside the sum of three cross-correlations for each output."""
    layer = nn.Conv2d(3, 2, kernel_size=3, bias=False).double()
    x = torch.randn(1, 3, 8, 8, dtype=torch.float64)
    with torch.no_grad():
        theirs = layer(x)[0].numpy()
    by_hand = [
        sum(
            formulas.cross_correlation(x[0, c].numpy(), layer.weight[o, c].detach().numpy())
            for c in range(3)
        )
        for o in range(2)
    ]
    difference = np.abs(np.array(by_hand) - theirs).max().item()
    return found(difference < 1e-12, largest_difference=difference)


@claim(line=610, says="padding 1 keeps 5×5 for a 3×3 kernel")
def padding_one() -> Finding:
    """Conv2d on the notes' input beside the sums by hand."""
    theirs = conv_demo.convolve(padding=1)
    by_hand = formulas.cross_correlation(IMAGE, KERNEL, padding=1).astype(int).tolist()
    return found(theirs == by_hand and len(theirs) == len(theirs[0]) == 5, output=theirs)


@claim(line=622, says="stride 2 makes 2×2 of 5×5 with a 3×3 kernel")
def stride_two() -> Finding:
    """Conv2d on the notes' input beside the sums by hand."""
    theirs = conv_demo.convolve(stride=2)
    by_hand = formulas.cross_correlation(IMAGE, KERNEL, stride=2).astype(int).tolist()
    return found(theirs == by_hand and len(theirs) == len(theirs[0]) == 2, output=theirs)


@claim(line=634, says="MaxPool2d(2) halves both sides and keeps each square's largest")
def max_pooling() -> Finding:
    """The notes' 4×4 input beside numpy's maxima of its four squares."""
    image = np.array(conv_demo.FOUR_BY_FOUR)
    theirs = conv_demo.pool()
    by_hand = image.reshape(2, 2, 2, 2).max(axis=(1, 3)).tolist()
    return found(theirs == by_hand, output=theirs)


@claim(line=634, says="pooling leaves the number of channels alone")
def pooling_keeps_channels() -> Finding:
    """MaxPool2d(2) on 7 channels, and its parameters."""
    layer = nn.MaxPool2d(kernel_size=2)
    shape = list(layer(torch.randn(1, 7, 8, 8)).shape)
    return found(shape == [1, 7, 4, 4] and not list(layer.parameters()), shape=shape)


@claim(line=607, says="Conv2d convolves", right="it cross-correlates: the kernel isn't flipped")
def conv2d_is_cross_correlation() -> Finding:
    """Conv2d on the notes' input beside both sums by hand."""
    theirs = np.array(conv_demo.convolve())
    flipped = formulas.cross_correlation(IMAGE, KERNEL[::-1, ::-1])
    straight = formulas.cross_correlation(IMAGE, KERNEL)
    return found(
        np.array_equal(theirs, straight) and not np.array_equal(theirs, flipped),
        notes=flipped[0].tolist(),
        right=straight[0].tolist(),
    )


@claim(line=608, says="the axes are B C W H and O I W H", right="N C H W and O I H W")
def height_comes_before_width() -> Finding:
    """A kernel 1 high and 3 wide on an image of 5 rows and 9 columns."""
    layer = nn.Conv2d(1, 1, kernel_size=(1, 3))
    output = list(layer(torch.zeros(1, 1, 5, 9)).shape)
    weight = list(layer.weight.shape)
    smaller = formulas.output_size(5, 3, stride=1, padding=0, dilation=1)
    return found(
        output == [1, 1, 5, 7] and weight == [1, 1, 1, 3], notes=[1, 1, smaller, 9], right=output
    )


@claim(
    line=614,
    says="padding = kernel_size // 2 keeps the size",
    right="for odd kernels, stride 1 and dilation 1",
)
def half_the_kernel_keeps_the_size() -> Finding:
    """Sizes of 28 through Conv2d, padding of half the kernel."""

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
    return found(set(kept.values()) == {28} and 28 not in lost.values(), notes=lost, right=kept)


@claim(
    line=636,
    says="the output's size is (size + 2·padding − kernel) / stride + 1",
    right="with the floor and the dilation",
)
def output_size() -> Finding:
    """Both formulas beside Conv2d's output for 240 sizes, kernels, strides, paddings, dilations."""
    tried = right = printed = 0
    for size, kernel, stride, padding, dilation in _grid():
        layer = nn.Conv2d(1, 1, kernel, stride, padding, dilation)
        real = layer(torch.zeros(1, 1, size, size)).shape[-1]
        options = {"stride": stride, "padding": padding, "dilation": dilation}
        tried += 1
        right += formulas.output_size(size, kernel, **options) == real
        printed += (size + 2 * padding - kernel) / stride + 1 == real
    return found(
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


@claim(line=698, says="torch.cat(outputs, dim=1) joins the channels")
def cat_joins_channels() -> Finding:
    """(2, 3, 4, 4) and (2, 5, 4, 4) along dimension 1."""
    a, b = torch.randn(2, 3, 4, 4), torch.randn(2, 5, 4, 4)
    joined = torch.cat([a, b], dim=1)
    whole: Tensor = joined[:, :3]
    return found(
        joined.shape == (2, 8, 4, 4) and torch.equal(whole, a) and torch.equal(joined[:, 3:], b),
        shape=list(joined.shape),
    )


@claim(
    line=734,
    says="max-pooling x makes it fit when F(x) has other channels",
    right="pooling can't change channels: a 1×1 convolution can",
)
def pooling_is_no_shortcut() -> Finding:
    """x with 16 channels, F(x) with 32 and half the size: pooled, and projected."""
    x = torch.randn(1, 16, 12, 12)
    wanted = [1, 32, 6, 6]
    pooled = list(F.max_pool2d(x, 2).shape)
    projected = list(nn.Conv2d(16, 32, kernel_size=1, stride=2)(x).shape)
    return found(projected == wanted and pooled != wanted, notes=pooled, right=projected)
