"""A network as the steps of a real pass: its layers by hooks, and functions as torch calls them."""

import copy
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence
from torch.overrides import TorchFunctionMode

from ptnotes.engine.shards import one_thread

# what networks call beside their layers, by torch's names, and the type that they have as steps
FUNCTIONS = ("add", "avg_pool2d", "cat", "flatten", "max_pool2d", "relu", "sigmoid", "tanh")
FUNCTION = "function"
WARM_UP, PASSES = 3, 20  # passes before time is measured, and while it is


@dataclass(frozen=True)
class Step:
    """A call of a layer without sublayers, or of one of FUNCTIONS.

    ``layer`` is the layer's name in the network, or a function's below that of the layer in which
    it is called. ``output`` is that of the first sample; of packed sequences it is (elements,
    features). ``parameters`` are those that no step before has: they add up to the network's.
    ``multiply_adds`` takes a product and its addition as one; biases, activations, pooling and
    look-ups count nothing.
    """

    layer: str
    kind: str
    output: Tensor
    parameters: int
    multiply_adds: int


def steps(network: nn.Module, inputs: Sequence[Tensor], *, batched: bool = True) -> list[Step]:
    """One pass of a network, step by step, with or without gradients, as the caller has them.

    ``batched`` says that a batch is the first axis of what is not packed. The shapes and
    multiply-adds are those of one sample where ``inputs`` hold one.
    """
    found: list[Step] = []
    counted: set[int] = set()  # the identities of parameters

    def note(layer: str, module: nn.Module | None, output: Any, packed: bool, _: float) -> None:
        while not isinstance(output, Tensor):  # of (outputs, state), (h, c), (data, …)
            packed |= isinstance(output, PackedSequence)
            output = output[0]
        new = [each for each in module.parameters() if id(each) not in counted] if module else []
        counted.update(map(id, new))
        found.append(
            Step(
                layer,
                type(module).__name__ if module else FUNCTION,
                output[0] if batched and not packed else output,
                sum(each.numel() for each in new),
                multiply_adds(module, output) if module else 0,
            )
        )

    _run(network, inputs, note)
    return found


@torch.inference_mode()
def time_shares(network: nn.Module, inputs: Sequence[Tensor]) -> list[float]:
    """Each step's share of the time of all: medians of PASSES passes, with one thread.

    Convolutions have the memory layout of the training.
    """
    network = copy.deepcopy(network).to(memory_format=torch.channels_last)
    # of each pass; no outputs, whose memory is needed again, as in any pass
    passes: list[list[float]] = [[] for _ in range(WARM_UP + PASSES)]
    with one_thread():
        for seconds in passes:
            _run(network, inputs, lambda *step, to=seconds: to.append(step[-1]))
    medians = np.median(passes[WARM_UP:], axis=0)
    shares: list[float] = (medians / medians.sum()).tolist()
    return shares


def _run(network: nn.Module, inputs: Sequence[Tensor], note: Callable[..., None]) -> None:
    """A pass; each step, when it ends, is noted: the name of a layer or function, the layer if it
    is one, its output, whether that is of packed sequences, and its seconds, without those of the
    steps within it.
    """
    recorder = _Recorder(note)
    with recorder.hooked(network), recorder:
        network(*inputs)


class _Recorder(TorchFunctionMode):
    """Notes layers by hooks, and functions as torch calls them while it is entered."""

    def __init__(self, note: Callable[..., None]) -> None:
        super().__init__()
        self._note = note
        self._path = [""]  # names of the layers with sublayers that are running
        self._begun: list[float] = []  # of the running steps, later by what the steps within took

    @contextmanager
    def hooked(self, network: nn.Module) -> Iterator[None]:
        with ExitStack() as hooks:
            for name, layer in network.named_modules():
                if any(True for _ in layer.children()):
                    before, after = self._entering(name), self._leave
                else:
                    before, after = self._begin, self._ending(name)
                hooks.callback(layer.register_forward_pre_hook(before).remove)
                hooks.callback(layer.register_forward_hook(after).remove)
            yield

    def _entering(self, name: str) -> Callable[..., None]:
        return lambda *_: self._path.append(name)

    def _leave(self, *_: Any) -> None:
        self._path.pop()

    def _begin(self, *_: Any) -> None:
        self._begun.append(time.perf_counter())

    def _end(self) -> float:
        """The seconds of the step that ends."""
        seconds = time.perf_counter() - self._begun.pop()
        self._begun = [begun + seconds for begun in self._begun]
        return seconds

    def _ending(self, name: str) -> Callable[..., None]:
        def end(layer: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
            seconds = self._end()
            packed = isinstance(layer, nn.Embedding) and inputs[0].dim() == 1
            self._note(name, layer, output, packed, seconds)

        return end

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        name = getattr(func, "__name__", "")
        if self._begun or name not in FUNCTIONS:
            return func(*args, **kwargs or {})
        self._begin()
        output = func(*args, **kwargs or {})
        seconds = self._end()
        self._note(f"{self._path[-1]}.{name}".removeprefix("."), None, output, False, seconds)
        return output


def multiply_adds(layer: nn.Module, output: Tensor) -> int:
    """Of a layer that gave this output: every matrix of weights is used once per position.

    Padding counts like other input, and of a recurrent network the first step like the others.
    """
    if isinstance(layer, nn.Embedding):
        return 0
    width = output.shape[1 if isinstance(layer, nn.Conv2d) else -1]
    weights = sum(each.numel() for each in layer.parameters() if each.dim() > 1)
    return weights * (output.numel() // width)
