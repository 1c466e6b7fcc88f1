"""A network as an ONNX model, made of the operations that ``ptnotes.page.graph`` finds.

Not by torch.onnx.export: it can't trace packed sequences, and asks for onnxscript and a recent
torch. ONNX's own GRU takes the lengths of padded sequences, and is one node a layer.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper
from torch import nn

from ptnotes import __version__
from ptnotes.export.forms import Form
from ptnotes.page.graph import Graph, Operation, trace

OPSET, IR_VERSION = 17, 8  # of 2022: every onnxruntime from 1.12 on reads them
DIRECTIONS = 2


def build(
    model: nn.Module,
    form: Form,
    normalization: tuple[float, float] | None,
    metadata: Mapping[str, str],
) -> ModelProto:
    """The model, whose first input is normalized with this mean and std.

    Raises InternalError for a network with other operations than the lessons' have.
    """
    graph = trace(model.eval())
    nodes = _Nodes(graph)
    inputs: list[Any] = list(form.inputs)
    if normalization is not None:
        mean, std = (nodes.constant(np.float32(each)) for each in normalization)
        inputs[0] = nodes.add("Div", nodes.add("Sub", inputs[0], mean), std)
    nodes.convert(graph, inputs, form.output)
    made = helper.make_graph(
        nodes.nodes,
        "ptnotes",
        [
            helper.make_tensor_value_info(name, getattr(TensorProto, kind), shape)
            for name, (kind, shape) in form.inputs.items()
        ],
        [helper.make_tensor_value_info(form.output, TensorProto.FLOAT, ("N", graph.width))],
        nodes.initializers,
    )
    proto = helper.make_model(
        made,
        producer_name="ptnotes",
        producer_version=__version__,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    helper.set_model_props(proto, dict(metadata))
    return proto


class _Nodes:
    """Nodes and weights, in the order of the operations."""

    def __init__(self, graph: Graph) -> None:
        self.nodes: list[NodeProto] = []
        self.initializers: list[TensorProto] = []
        self._weights = graph.flat_weights().numpy()

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """A node with one output, and the output's name."""
        name = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name, **attributes))
        return name

    def constant(self, value: NDArray[Any] | np.generic, name: str = "") -> str:
        """A weight or a constant, and its name."""
        name = name or f"constant_{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def _weight(self, place: list[int]) -> NDArray[np.float32]:
        start, *shape = place
        found: NDArray[np.float32] = self._weights[start : start + int(np.prod(shape))]
        return found.reshape(shape)

    def _named(self, operation: Operation) -> list[str]:
        """A layer's weight and bias."""
        return [
            self.constant(self._weight(operation[part]), f"{operation['name']}.{part}")
            for part in ("weight", "bias")
        ]

    def convert(self, graph: Graph, inputs: list[Any], output: str) -> None:
        """All operations; the last one's result gets the name ``output``."""
        values = list(inputs)
        for operation in graph.operations:
            sources = [values[number] for number in operation["in"]]
            if operation["op"] == "output":
                break
            lengths = inputs[-1]  # what only the GRU reads
            values.append(self._convert(operation, sources, lengths))
        self.nodes.append(helper.make_node("Identity", sources, [output], output))

    def _convert(self, operation: Operation, sources: list[Any], lengths: str) -> Any:
        """The name of an operation's result, or several in a tuple."""
        match operation["op"]:
            case "same":  # torch's order of the axes, and packed sequences: the GRU needs neither
                return sources[0]
            case "item":
                return sources[0][operation["index"]]
            case "relu":
                return self.add("Relu", *sources)
            case "sigmoid":
                return self.add("Sigmoid", *sources)
            case "add":
                return self.add("Add", *sources)
            case "cat":
                return self.add("Concat", *sources, axis=1)
            case "flatten":
                return self.add("Flatten", *sources)
            case "linear":
                return self.add("Gemm", *sources, *self._named(operation), transB=1)
            case "conv2d":
                details = _window(operation, operation["weight"][3])
                return self.add("Conv", *sources, *self._named(operation), **details)
            case "max_pool2d":
                return self.add("MaxPool", *sources, **_window(operation, operation["kernel"]))
            case "avg_pool2d":  # padding counts, as torch has it by default
                details = _window(operation, operation["kernel"])
                return self.add("AveragePool", *sources, **details, count_include_pad=1)
        return self._gru(operation, sources[0], lengths)

    def _gru(self, operation: Operation, codes: str, lengths: str) -> tuple[str, list[str]]:
        """All steps of the last layer (S, 2, N, H), and the last states of each layer and
        direction (N, H). Codes are (N, S).
        """
        name = operation["name"]
        table = self.constant(self._weight(operation["embedding"]), "embedding.weight")
        steps = self.add("Transpose", self.add("Gather", table, codes), perm=[1, 0, 2])
        counts = self.add("Cast", lengths, to=TensorProto.INT32)
        states: list[str] = []
        outputs: list[str] = []
        for layer in range(len(operation["cells"]) // DIRECTIONS):
            if outputs:  # both directions of a step, one after the other
                order = self.add("Transpose", outputs[0], perm=[0, 2, 1, 3])
                steps = self.add("Reshape", order, self.constant(np.array([0, 0, -1], np.int64)))
            cells = operation["cells"][DIRECTIONS * layer : DIRECTIONS * (layer + 1)]
            weights = [
                self.constant(value, f"{name}.{part}_l{layer}")
                for part, value in zip("WRB", self._gru_weights(cells), strict=True)
            ]
            outputs = [f"{name}.steps_l{layer}", f"{name}.states_l{layer}"]
            self.nodes.append(
                helper.make_node(
                    "GRU",
                    [steps, *weights, counts],
                    outputs,
                    f"{name}_l{layer}",
                    hidden_size=operation["hidden"],
                    direction="bidirectional",
                    linear_before_reset=1,  # as torch has it, not as the notes' formula
                )
            )
            for direction in range(DIRECTIONS):
                place = self.constant(np.int64(direction))
                states.append(self.add("Gather", outputs[1], place, axis=0))
        return outputs[0], states

    def _gru_weights(self, cells: list[list[list[int]]]) -> list[NDArray[np.float32]]:
        """W (2, 3H, I), R (2, 3H, H), B (2, 6H), of a layer's two directions."""
        w_ih, w_hh, b_ih, b_hh = (
            np.stack([_reordered(self._weight(cell[part])) for cell in cells]) for part in range(4)
        )
        return [w_ih, w_hh, np.concatenate([b_ih, b_hh], 1)]


def _reordered(gates: NDArray[np.float32]) -> NDArray[np.float32]:
    """torch's reset, update, new → ONNX's update, reset, new."""
    reset, update, new = np.split(gates, 3)
    return np.concatenate([update, reset, new])


def _window(operation: Operation, kernel: int) -> dict[str, list[int]]:
    padding = operation.get("padding", 0)
    return {
        "kernel_shape": [kernel, kernel],
        "strides": [operation["stride"]] * 2,
        "pads": [padding] * 4,
    }
