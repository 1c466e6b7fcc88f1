"""The four networks for digits and their training (notes, lines 531-744)."""

from collections.abc import Generator
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from ptnotes.engine.loop import count_parameters
from ptnotes.events import Progress
from ptnotes.models import mnist as models
from ptnotes.models.shapes import trace
from ptnotes.topics import conv_demo, mnist
from ptnotes.verify.claims.claim import Finding, Settings, claim, error_of, finding
from ptnotes.verify.claims.training import run_topic

IMAGES = torch.zeros(1, 1, 28, 28)


def _flattened(arch: str) -> int:
    """The input size of the network's last layer."""
    return trace(models.MODELS[arch](), IMAGES)[-1].inputs[-1]


class _ResNetOfTheNotes(models.ResNet):
    """Line 742: self.view, and rblock2 is never called. ``flatten`` corrects the first."""

    def __init__(self, *, flatten: bool) -> None:
        super().__init__()
        self.flatten = flatten

    def forward(self, x: Tensor) -> Tensor:
        in_size = x.size(0)
        x = self.mp(F.relu(self.conv1(x)))
        x = self.rblock1(x)
        x = self.mp(F.relu(self.conv2(x)))
        x = (x if self.flatten else self).view(in_size, -1)  # type: ignore[operator]
        return self.fc(x)  # type: ignore[no-any-return]


@claim(line=539, statement="784 → 512 → 256 → 128 → 64 → 32 → 10")
def mlp_layers() -> Finding:
    """The sizes between the six layers, and their parameters."""
    steps = trace(models.MODELS["mlp"](), IMAGES)
    sizes = [steps[0].inputs[-1], *(step.outputs[-1] for step in steps)]
    expected = [784, 512, 256, 128, 64, 32, 10]
    parameters = sum((a + 1) * b for a, b in pairwise(expected))
    return finding(
        sizes == expected and count_parameters(models.MODELS["mlp"]()) == parameters,
        sizes=sizes,
        parameters=parameters,
    )


@claim(line=565, statement="a CNN has far fewer parameters than a fully connected network")
def cnn_has_fewer_parameters() -> Finding:
    """The notes' two networks for the same digits."""
    counts = {arch: count_parameters(models.MODELS[arch]()) for arch in ("cnn", "mlp")}
    return finding(counts["cnn"] < counts["mlp"] / 50, **counts)


@claim(line=661, statement="the CNN flattens to 320")
def cnn_flattens_to_320() -> Finding:
    """The input size of the last layer, traced through the network."""
    size = _flattened("cnn")
    return finding(size == 320, flattened=size)


@claim(line=715, statement="the Inception network flattens to 1408")
def inception_flattens_to_1408() -> Finding:
    """The input size of the last layer, traced through the network."""
    size = _flattened("inception")
    return finding(size == 1408, flattened=size)


@claim(line=742, statement="the ResNet flattens to 512")
def resnet_flattens_to_512() -> Finding:
    """The input size of the last layer, traced through the network."""
    size = _flattened("resnet")
    return finding(size == 512, flattened=size)


@claim(line=715, statement="the four branches of InceptionA give 88 channels")
def inception_joins_88_channels() -> Finding:
    """The shape of each branch on (1, 10, 12, 12), and of the concatenation."""
    shapes = {
        name: list(y.shape) for name, y in conv_demo.branches(torch.zeros(1, 10, 12, 12)).items()
    }
    joined = shapes.pop("torch.cat(dim=1)")
    return finding(
        joined == [1, 88, 12, 12]
        and sum(shape[1] for shape in shapes.values()) == 88
        and all(shape[2:] == [12, 12] for shape in shapes.values()),
        channels=[shape[1] for shape in shapes.values()],
        joined=joined,
    )


@claim(
    line=715,
    statement="a branch has a 1×1, then a 5×5 convolution",
    correction="without a ReLU between them the two are one linear map",
)
def branches_are_linear() -> Finding:
    """Additivity of the 5×5 branch, without and with a ReLU between."""
    block = models.InceptionA(10).double()
    a, b = torch.randn(2, 1, 10, 12, 12, dtype=torch.float64)

    def nonlinearity(between: nn.Module) -> float:
        def branch(x: Tensor) -> Tensor:
            return block.branch5x5_2(between(block.branch5x5_1(x)))  # type: ignore[no-any-return]

        zero = branch(torch.zeros_like(a))  # the biases
        return (branch(a + b) - (branch(a) + branch(b) - zero)).abs().max().item()

    with torch.no_grad():
        plain, with_relu = nonlinearity(nn.Identity()), nonlinearity(nn.ReLU())
    return finding(plain < 1e-12 < 1e-3 < with_relu, notes=plain, right=with_relu)


@claim(line=725, statement="the residual addition requires F(x) in the shape of x")
def residual_needs_one_shape() -> Finding:
    """A block on 16 channels, and x + F(x) with 16 and 32."""
    x = torch.randn(1, 16, 12, 12)
    shape = list(models.ResidualBlock(16)(x).shape)
    error = error_of(lambda: x + nn.Conv2d(16, 32, kernel_size=3, padding=1)(x))
    return finding(shape == [1, 16, 12, 12] and error == "RuntimeError", same=shape, other=error)


@claim(line=723, statement="H(x) = F(x) + x")
def residual_adds_x() -> Finding:
    """ResidualBlock and relu(x + conv2(relu(conv1(x)))); and the identity for F = 0."""
    block, x = models.ResidualBlock(4), torch.rand(1, 4, 6, 6)
    with torch.no_grad():
        by_hand = torch.relu(x + block.conv2(torch.relu(block.conv1(x))))
        difference = (block(x) - by_hand).abs().max().item()
        for parameter in block.parameters():
            parameter.zero_()
        identity = torch.equal(block(x), x)
    return finding(difference < 1e-6 and identity, largest_difference=difference, identity=identity)


@claim(
    line=742,
    statement="the ResNet flattens with x = self.view(in_size, −1)",
    correction="a module has no view: x.view or x.flatten(1)",
)
def modules_have_no_view() -> Finding:
    """The notes' forward as printed, and with x.view."""
    printed = error_of(lambda: _ResNetOfTheNotes(flatten=False)(IMAGES))
    shape = list(_ResNetOfTheNotes(flatten=True)(IMAGES).shape)
    return finding(printed == "AttributeError" and shape == [1, 10], notes=printed, right=shape)


@claim(
    line=742,
    statement="the ResNet has two residual blocks",
    correction="forward() calls one: the weights of the other never get a gradient",
)
def second_block_is_never_called() -> Finding:
    """Parameters without a gradient after backward(), with the notes' forward and with ours."""

    def untouched(model: nn.Module) -> int:
        model(torch.randn(2, 1, 28, 28)).sum().backward()
        return sum(p.numel() for p in model.parameters() if p.grad is None)

    printed, right = untouched(_ResNetOfTheNotes(flatten=True)), untouched(models.ResNet())
    return finding(
        printed == count_parameters(models.ResidualBlock(32)) and right == 0,
        notes=printed,
        right=right,
    )


@claim(
    line=554,
    statement="the loss is printed as the mean of every 300 batches",
    correction="the last 38 of 938 batches are in no printed mean",
)
def last_batches_are_never_printed() -> Finding:
    """The notes' counting over a DataLoader of 60,000 samples."""
    batches = len(DataLoader(TensorDataset(torch.zeros(60_000)), batch_size=64))
    printed = running = 0
    for batch_idx in range(batches):
        running += 1
        if batch_idx % 300 == 299:
            printed, running = printed + running, 0
    return finding(batches == 938 and running == 38, notes=printed, right=batches)


def _accuracy_claim(
    arch: str, settings: Settings, low: float, high: float
) -> Generator[Progress, None, Finding]:
    recipe = mnist.RECIPES["notes"][arch]
    result = yield from run_topic(mnist, recipe, settings, data_dir=settings.data_dir)
    accuracy = result["test_accuracy"]
    return finding(low <= accuracy <= high, test_accuracy=accuracy, band=[low, high])


@claim(
    line=554,
    statement="accuracy of the six layers after ten epochs (others reached 97 to 97.73 %)",
    needs="training",
)
def mlp_accuracy(settings: Settings) -> Generator[Progress, None, Finding]:
    """The notes' recipe on MNIST; the accepted range is 96.5 to 98.3 %."""
    return (yield from _accuracy_claim("mlp", settings, 0.965, 0.983))


@claim(
    line=674,
    statement="accuracy of the CNN after ten epochs (others reached 98.57 to 98.83 %)",
    needs="training",
)
def cnn_accuracy(settings: Settings) -> Generator[Progress, None, Finding]:
    """The notes' recipe on MNIST; the accepted range is 98.3 to 99.2 %."""
    return (yield from _accuracy_claim("cnn", settings, 0.983, 0.992))


@claim(
    line=715,
    statement="accuracy of Inception after ten epochs (others reached 98.58 to 98.91 %)",
    needs="training",
)
def inception_accuracy(settings: Settings) -> Generator[Progress, None, Finding]:
    """The notes' recipe on MNIST; the accepted range is 98.2 to 99.2 %."""
    return (yield from _accuracy_claim("inception", settings, 0.982, 0.992))


@claim(
    line=742,
    statement="accuracy of the ResNet after ten epochs (others reached 97.6 % after one)",
    needs="training",
)
def resnet_accuracy(settings: Settings) -> Generator[Progress, None, Finding]:
    """The notes' recipe on MNIST, both blocks called; the accepted range is 98.5 to 99.4 %."""
    return (yield from _accuracy_claim("resnet", settings, 0.985, 0.994))
