"""A network as a list of operations, which a page runs without torch (torch.fx).

Every value is of one sample: an image (C, H, W), a vector (F), a sequence of codes (S).
"""

import operator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn
from torch.nn.utils.rnn import pack_padded_sequence

from ptnotes.errors import InternalError
from ptnotes.models.packed_gru import PackedGRU

Operation = dict[str, Any]


class Graph:
    """``operations`` in their order, each with the numbers of its inputs among ``inputs`` and the
    operations before it, and ``weights``, all of them one after the other (float32).
    """

    def __init__(self) -> None:
        self.inputs: list[str] = []
        self.operations: list[Operation] = []
        self.weights: list[Tensor] = []
        self._length = 0

    def add_weight(self, weight: Tensor) -> list[int]:
        """Where it begins, and its shape."""
        self.weights.append(weight.detach().float().flatten())
        place, self._length = self._length, self._length + weight.numel()
        return [place, *weight.shape]

    @property
    def width(self) -> int:
        """How many outputs the last layer has."""
        widths = [each["weight"][1] for each in self.operations if "weight" in each]
        return int(widths[-1]) if widths else 0

    def flat_weights(self) -> Tensor:
        """All of them (float32)."""
        return torch.cat(self.weights)


class _Tracer(fx.Tracer):
    """torch's own layers and PackedGRU are single operations."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, PackedGRU) or super().is_leaf_module(m, module_qualified_name)

    def create_arg(self, a: Any) -> Any:
        if isinstance(a, nn.Module):  # the embedding that PackedGRU takes
            names = [name for name, module in self.root.named_modules() if module is a]
            return self.create_node("get_attr", names[0], (), {})
        return super().create_arg(a)


def trace(model: nn.Module) -> Graph:
    """The operations of a network in eval mode.

    Raises InternalError for an operation that a page can't run.
    """
    found, numbers = Graph(), dict[fx.Node, int]()
    modules = dict(model.named_modules())
    tracer = _Tracer(autowrap_functions=(pack_padded_sequence,))
    for node in tracer.trace(model).nodes:
        if node.op == "placeholder":
            numbers[node] = len(numbers)
            found.inputs.append(node.target)
            continue
        if node.op == "get_attr":
            continue
        if node.op == "output":
            found.operations.append({"op": "output", "in": [numbers[node.args[0]]]})
            return found
        operation = _operation(node, modules, found)
        if operation is None:
            raise InternalError(f"a page can't run {node.op} {node.target}")
        name, sources, details = operation
        numbered = [numbers[each] for each in sources]
        label = node.target if node.op == "call_module" else ""
        found.operations.append({"op": name, "in": numbered, "name": label, **details})
        numbers[node] = len(numbers)
    raise InternalError("the network has no output")


def _operation(
    node: fx.Node, modules: dict[str, nn.Module], graph: Graph
) -> tuple[str, list[Any], dict[str, Any]] | None:
    """The name of a node's operation, its inputs, its weights and settings."""
    first: Any = node.args[0]
    if node.op == "call_module":
        layer = modules[str(node.target)]
        if isinstance(layer, PackedGRU):
            return "gru", [first], _gru(layer, modules, node.kwargs["embedding"], graph)
        return _of_layer(layer, first, graph)
    target: Any = node.target
    if target in (F.relu, torch.relu):
        return "relu", [first], {}
    if target is torch.sigmoid:
        return "sigmoid", [first], {}
    if target is F.avg_pool2d:
        sizes = {"kernel": 1, "stride": 2, "padding": 3}
        taken = {
            name: node.kwargs.get({"kernel": "kernel_size"}.get(name, name))
            or (node.args[place] if len(node.args) > place else None)
            for name, place in sizes.items()
        }
        return "avg_pool2d", [first], taken
    if target is torch.cat and (node.kwargs.get("dim") or [*node.args, 0][1]) == 1:
        return "cat", list(first), {}
    if target in (operator.add, torch.add):
        return "add", list(node.args), {}
    if target is operator.getitem:
        return "item", [first], {"index": node.args[1]}
    if target == "flatten" or target is torch.flatten:
        return "flatten", [first], {}
    if target == "t" or target is pack_padded_sequence:
        return "same", [first], {}
    return None


def _of_layer(
    layer: nn.Module, first: Any, graph: Graph
) -> tuple[str, list[Any], Operation] | None:
    match layer:
        case nn.Linear() if layer.bias is not None:
            weights = {
                "weight": graph.add_weight(layer.weight),
                "bias": graph.add_weight(layer.bias),
            }
            return "linear", [first], weights
        case nn.Conv2d(groups=1, dilation=(1, 1)) if layer.bias is not None:
            weights = {
                "weight": graph.add_weight(layer.weight),
                "bias": graph.add_weight(layer.bias),
            }
            return (
                "conv2d",
                [first],
                weights | {"stride": layer.stride[0], "padding": layer.padding[0]},
            )
        case nn.MaxPool2d():
            return "max_pool2d", [first], {"kernel": layer.kernel_size, "stride": layer.stride}
        case nn.ReLU():
            return "relu", [first], {}
        case nn.Sigmoid():
            return "sigmoid", [first], {}
    return None


def _gru(
    layer: PackedGRU, modules: dict[str, nn.Module], embedding: Any, graph: Graph
) -> Operation:
    """Layer by layer and direction by direction: W_ih (3H, I), W_hh (3H, H), b_ih, b_hh (3H)."""
    embed: Any = modules[embedding.target]
    cells = [
        [
            graph.add_weight(getattr(layer, f"{name}_l{depth}{reverse}"))
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        ]
        for depth in range(layer.num_layers)
        for reverse in ("", "_reverse")
    ]
    return {
        "embedding": graph.add_weight(embed.weight),
        "cells": cells,
        "hidden": layer.hidden_size,
    }
