"""The shapes that pass through a model."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Step:
    """A layer that was called: its name, what came in and went out, its own parameters."""

    layer: str
    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    parameters: int


def trace(model: nn.Module, x: Tensor) -> list[Step]:
    """Every call of a layer without sublayers, in the order of the calls."""
    steps: list[Step] = []

    def note(name: str) -> Any:
        def hook(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            parameters = sum(parameter.numel() for parameter in layer.parameters())
            shapes = tuple(inputs[0].shape), tuple(output.shape)
            steps.append(Step(name, type(layer).__name__, *shapes, parameters))

        return hook

    hooks = [
        layer.register_forward_hook(note(name))
        for name, layer in model.named_modules()
        if not list(layer.children())
    ]
    with torch.inference_mode():
        model(x)
    for hook in hooks:
        hook.remove()
    return steps
