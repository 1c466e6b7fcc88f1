"""Channels, kernel, padding, stride, max-pooling, the output size; Inception's concat, the residual
add, the shapes inside the four nets (notes, 556-744)."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ptnotes.engine.device import environment, keep_global_state, seed_weights
from ptnotes.errors import UsageError
from ptnotes.events import Event, Header, Result, Table
from ptnotes.models.mnist import MODELS, InceptionA, ResidualBlock
from ptnotes.models.shapes import trace
from ptnotes.quantities import written
from ptnotes.reference import output_size

FIVE_BY_FIVE = [  # lines 607 and 621
    [3, 4, 6, 5, 7],
    [2, 4, 6, 8, 2],
    [1, 6, 7, 8, 4],
    [9, 7, 4, 6, 2],
    [3, 7, 5, 4, 1],
]
KERNEL = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]  # line 608
FOUR_BY_FOUR = [[3, 4, 6, 5], [2, 4, 6, 8], [1, 6, 7, 5], [9, 7, 4, 6]]  # line 633


def convolve(*, stride: int = 1, padding: int = 0) -> list[list[int]]:
    """The notes' 5×5 input through Conv2d with the notes' kernel (lines 606-624)."""
    layer = nn.Conv2d(1, 1, kernel_size=3, stride=stride, padding=padding, bias=False)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(KERNEL).view(1, 1, 3, 3))
        output = layer(torch.tensor(FIVE_BY_FIVE, dtype=torch.float32).view(1, 1, 5, 5))
    return output[0, 0].int().tolist()  # type: ignore[no-any-return]


def pool() -> list[list[int]]:
    """The notes' 4×4 input through MaxPool2d(2) (lines 632-635)."""
    image = torch.tensor(FOUR_BY_FOUR, dtype=torch.float32).view(1, 1, 4, 4)
    return nn.MaxPool2d(2)(image)[0, 0].int().tolist()  # type: ignore[no-any-return]


def torch_size(
    size: tuple[int, int], *, kernel: int, stride: int, padding: int, dilation: int
) -> tuple[tuple[int, ...], str]:
    """The size of Conv2d's output, and where it was computed.

    A convolution too large to compute in passing (10⁷ products) runs on torch's "meta" device,
    which works out shapes without numbers.
    """
    area = (size[0] + 2 * padding) * (size[1] + 2 * padding)
    on = "cpu" if area * kernel**2 <= 10**7 else "meta"
    layer = nn.Conv2d(1, 1, kernel, stride, padding, dilation, device=on)
    output = layer(torch.zeros(1, 1, *size, device=on))
    return tuple(output.shape[2:]), on


def branches(x: Tensor) -> dict[str, Tensor]:
    """x (N, C, H, W) through each of InceptionA's four branches, and joined (line 715)."""
    inception = InceptionA(x.shape[1])
    found: dict[str, Tensor] = {}

    def keep(name: str) -> Any:
        return lambda layer, inputs, output: found.__setitem__(name, output)

    for name in ("branch1x1", "branch5x5_2", "branch3x3_3", "branch_pool"):
        getattr(inception, name).register_forward_hook(keep(name))
    with torch.inference_mode():
        joined = inception(x)
    return found | {"torch.cat(dim=1)": joined}


def run(
    *,
    height: int = 28,
    width: int = 28,
    kernel: int = 5,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    only: Sequence[str] = (),
) -> Iterator[Event]:
    """The user's own convolution, then the notes' examples: of PARTS those in ``only``, or all.

    Raises UsageError.
    """
    if unknown := set(only) - set(PARTS):
        raise UsageError(f"only: there is no {', '.join(unknown)}; there is {', '.join(PARTS)}")
    size = (height, width)
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    try:
        for side in size:
            output_size(side, kernel, **options)
    except ValueError as error:
        raise UsageError(f"--kernel: {error}") from error
    config = {"input": list(size), "kernel": kernel, **options}
    chosen = [part for part in PARTS if not only or part in only]
    if only:
        config["only"] = chosen
    yield Header("conv-demo", config, environment(torch.device("cpu")))

    result: dict[str, Any] = {}
    for part in chosen:
        with keep_global_state(), seed_weights(0):  # of values that nothing shows
            tables, values = PARTS[part](size, kernel, options)
        yield from tables
        result |= values
    yield Result(result)


# the tables of a part of the demonstration, and its values in the document
Part = tuple[list[Table], dict[str, Any]]


def _size(size: tuple[int, int], kernel: int, options: dict[str, int]) -> Part:
    formula = tuple(output_size(side, kernel, **options) for side in size)
    real, on = torch_size(size, kernel=kernel, **options)
    values = {
        "output_size": list(formula),
        "torch_output_size": list(real),
        "agrees_with_torch": formula == real,
        "torch_computed_on": on,
    }
    return [_worked_example(size, kernel, real=real, **options)], values


def _channels(*_: Any) -> Part:
    layer = nn.Conv2d(5, 10, kernel_size=3)  # lines 593-597
    with torch.inference_mode():
        output = layer(torch.randn(1, 5, 100, 100))
    shapes = {
        "input": [1, 5, 100, 100],
        "weight": list(layer.weight.shape),
        "output": list(output.shape),
    }
    title = "Channels: Conv2d(5, 10, kernel_size=3) (line 593)"
    return [_shapes(title, "tensor", shapes)], {"channels": shapes}


def _padding(*_: Any) -> Part:
    return _example("Padding 1 (line 610)", "padding", FIVE_BY_FIVE, KERNEL, convolve(padding=1))


def _stride(*_: Any) -> Part:
    return _example("Stride 2 (line 622)", "stride", FIVE_BY_FIVE, KERNEL, convolve(stride=2))


def _pooling(*_: Any) -> Part:
    title = "Max-pooling 2×2 (line 634)"
    return _example(title, "max_pooling", FOUR_BY_FOUR, None, pool())


def _example(
    title: str,
    name: str,
    image: list[list[int]],
    kernel: list[list[int]] | None,
    output: list[list[int]],
) -> Part:
    """Matrices side by side."""
    matrices = {"input": image, "kernel": kernel, "output": output}
    shown = {each: _matrix(matrix) for each, matrix in matrices.items() if matrix}
    return [Table(title, tuple(shown), [tuple(shown.values())])], {name: output}


def _inception(*_: Any) -> Part:
    joined = branches(torch.randn(1, 10, 12, 12))
    shapes = {name: list(output.shape) for name, output in joined.items()}
    title = "InceptionA on (1, 10, 12, 12): four branches and their concat (line 715)"
    return [_shapes(title, "branch", shapes)], {"inception": shapes}


def _residual(*_: Any) -> Part:
    block, x = ResidualBlock(16), torch.randn(1, 16, 12, 12)
    with torch.inference_mode():
        residual = block.conv2(torch.relu(block.conv1(x)))
        same = torch.equal(torch.relu(x + residual), block(x))
    shapes = {"x": list(x.shape), "F(x)": list(residual.shape), "relu(x + F(x))": list(x.shape)}
    title = "The residual add: x and F(x) have one shape (line 742)"
    return [_shapes(title, "tensor", shapes)], {"residual": {"shapes": shapes, "adds_up": same}}


def _networks(*_: Any) -> Part:
    traces = {arch: trace(MODELS[arch](), torch.zeros(1, 1, 28, 28)) for arch in MODELS}
    headings = ("layer", "kind", "input", "output", "params")
    tables = []
    for arch, steps in traces.items():
        rows = [
            (s.layer, s.kind, _by(s.inputs), _by(s.outputs), _count(s.parameters)) for s in steps
        ]
        tables.append(Table(f"{arch}: the layers, as they are called", headings, rows))
    values = {
        "flattened": {arch: steps[-1].inputs[-1] for arch, steps in traces.items()},
        "shapes": {
            arch: [{"layer": s.layer, "output": list(s.outputs)} for s in steps]
            for arch, steps in traces.items()
        },
    }
    return tables, values


# in the order in which they are shown, which is that of the document too
PARTS: dict[str, Callable[..., Part]] = {
    "size": _size,
    "channels": _channels,
    "padding": _padding,
    "stride": _stride,
    "pooling": _pooling,
    "inception": _inception,
    "residual": _residual,
    "shapes": _networks,
}


def _shapes(title: str, heading: str, shapes: dict[str, list[int]]) -> Table:
    rows = [(name, str(tuple(shape))) for name, shape in shapes.items()]
    return Table(title, (heading, "shape"), rows)


def _worked_example(
    size: tuple[int, int],
    kernel: int,
    *,
    stride: int,
    padding: int,
    dilation: int,
    real: tuple[int, ...],
) -> Table:
    """⌊(size + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1, step by step."""
    extent = dilation * (kernel - 1) + 1
    rows: list[tuple[str, ...]] = []
    for name, side, found in zip(("height", "width"), size, real, strict=True):
        padded = side + 2 * padding
        room = padded - extent
        steps = (
            f"padded    {side} + 2·{padding} = {padded}\n"
            f"kernel    {dilation}·({kernel} − 1) + 1 = {extent}\n"
            f"room      {padded} − {extent} = {room}\n"
            f"steps     ⌊{room} / {stride}⌋ = {room // stride}\n"
            f"output    {room // stride} + 1 = {room // stride + 1}"
        )
        rows.append((name, steps, str(found)))
    title = "Output size: ⌊(size + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1"
    return Table(title, ("", "formula", "Conv2d's"), rows)


def _matrix(values: list[list[int]]) -> str:
    width = max(len(str(value)) for row in values for value in row)
    return "\n".join(" ".join(f"{value:{width}}" for value in row) for row in values)


def _count(parameters: int) -> str:
    return f"{written('parameters', parameters):>7}" if parameters else ""


def _by(shape: tuple[int, ...]) -> str:
    """Without the batch: (1, 16, 12, 12) → 16×12×12."""
    return "×".join(map(str, shape[1:]))
