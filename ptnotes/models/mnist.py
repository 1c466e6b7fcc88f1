"""The four nets for 28×28 digits, with the notes' layer names (notes, lines 531-744).

Each takes (N, 1, 28, 28) and gives logits (N, 10); forward() shows the shapes on the way.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class MLP(nn.Module):
    """Six linear layers (notes, line 539)."""

    def __init__(self) -> None:
        super().__init__()
        self.l1 = nn.Linear(784, 512)
        self.l2 = nn.Linear(512, 256)
        self.l3 = nn.Linear(256, 128)
        self.l4 = nn.Linear(128, 64)
        self.l5 = nn.Linear(64, 32)
        self.l6 = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(1)  # (N, 784)
        x = F.relu(self.l1(x))  # (N, 512)
        x = F.relu(self.l2(x))  # (N, 256)
        x = F.relu(self.l3(x))  # (N, 128)
        x = F.relu(self.l4(x))  # (N, 64)
        x = F.relu(self.l5(x))  # (N, 32)
        return self.l6(x)  # type: ignore[no-any-return]  # (N, 10)


class CNN(nn.Module):
    """Two convolutions, each with ReLU and max-pooling (notes, line 661).

    Pooling before ReLU gives the same values and spares three quarters of the ReLU's work.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, kernel_size=5)
        self.conv2 = nn.Conv2d(10, 20, kernel_size=5)
        self.pooling = nn.MaxPool2d(2)
        self.fc = nn.Linear(320, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.pooling(self.conv1(x)))  # (N, 10, 12, 12)
        x = F.relu(self.pooling(self.conv2(x)))  # (N, 20, 4, 4)
        return self.fc(x.flatten(1))  # type: ignore[no-any-return]  # (N, 320) → (N, 10)


class InceptionA(nn.Module):
    """Four branches side by side, (N, C, H, W) → (N, 88, H, W) (notes, line 715)."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch1x1 = nn.Conv2d(in_channels, 16, kernel_size=1)
        self.branch5x5_1 = nn.Conv2d(in_channels, 16, kernel_size=1)
        self.branch5x5_2 = nn.Conv2d(16, 24, kernel_size=5, padding=2)
        self.branch3x3_1 = nn.Conv2d(in_channels, 16, kernel_size=1)
        self.branch3x3_2 = nn.Conv2d(16, 24, kernel_size=3, padding=1)
        self.branch3x3_3 = nn.Conv2d(24, 24, kernel_size=3, padding=1)
        self.branch_pool = nn.Conv2d(in_channels, 24, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        branch1x1 = self.branch1x1(x)  # (N, 16, H, W)
        branch5x5 = self.branch5x5_2(self.branch5x5_1(x))  # (N, 24, H, W)
        branch3x3 = self.branch3x3_2(self.branch3x3_1(x))  # (N, 24, H, W)
        branch3x3 = self.branch3x3_3(branch3x3)
        pooled = F.avg_pool2d(x, kernel_size=3, stride=1, padding=1)
        branch_pool = self.branch_pool(pooled)  # (N, 24, H, W)
        return torch.cat([branch1x1, branch5x5, branch3x3, branch_pool], dim=1)


class Inception(nn.Module):
    """Two convolutions, each followed by an InceptionA (notes, line 715)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, kernel_size=5)
        self.conv2 = nn.Conv2d(88, 20, kernel_size=5)
        self.incep1 = InceptionA(in_channels=10)
        self.incep2 = InceptionA(in_channels=20)
        self.mp = nn.MaxPool2d(2)
        self.fc = nn.Linear(1408, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.mp(self.conv1(x)))  # (N, 10, 12, 12)
        x = self.incep1(x)  # (N, 88, 12, 12)
        x = F.relu(self.mp(self.conv2(x)))  # (N, 20, 4, 4)
        x = self.incep2(x)  # (N, 88, 4, 4)
        return self.fc(x.flatten(1))  # type: ignore[no-any-return]  # (N, 1408) → (N, 10)


class ResidualBlock(nn.Module):
    """relu(x + F(x)), shape unchanged (notes, line 742)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.conv1(x))
        y = self.conv2(y)
        return F.relu(x + y)


class ResNet(nn.Module):
    """Two convolutions, each followed by a residual block (notes, line 742)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, kernel_size=5)
        self.conv2 = nn.Conv2d(16, 32, kernel_size=5)
        self.mp = nn.MaxPool2d(2)
        self.rblock1 = ResidualBlock(16)
        self.rblock2 = ResidualBlock(32)
        self.fc = nn.Linear(512, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.mp(self.conv1(x)))  # (N, 16, 12, 12)
        x = self.rblock1(x)
        x = F.relu(self.mp(self.conv2(x)))  # (N, 32, 4, 4)
        x = self.rblock2(x)
        return self.fc(x.flatten(1))  # type: ignore[no-any-return]  # (N, 512) → (N, 10)


MODELS = {"mlp": MLP, "cnn": CNN, "inception": Inception, "resnet": ResNet}
