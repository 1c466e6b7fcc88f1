"""``runs export``: a run's network as an ONNX model or as safetensors, and its check."""

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from ptnotes import __version__
from ptnotes.engine.runtime import light_environment
from ptnotes.engine.shards import one_thread
from ptnotes.errors import DataError, UsageError
from ptnotes.events import Event, Header, Result
from ptnotes.export.forms import FORMS, Form, Samples, samples
from ptnotes.files import atomic_write, check_writable
from ptnotes.predict.images import preparation
from ptnotes.predict.network import build, check_classes, read_weights
from ptnotes.runs import schema
from ptnotes.runs.document import Document

Format = Literal["onnx", "safetensors"]
PACKAGES = {"onnx": ("onnx", "onnxruntime"), "safetensors": ("safetensors",)}
TOLERANCE = 1e-5  # of the largest output, and of 1 where all are smaller


def run(*, run: Path, to: Format, out: Path, best: bool, data_dir: Path | None) -> Iterator[Event]:
    """Write the run's network to ``out``. Raises as ``export`` does, and DataError or UsageError
    for a run that can't be read.
    """
    check_writable(out)
    document = schema.read(run)
    check_possible(document, to)
    network = build(document, read_weights(run, best=best))
    yield Header("export", {"run": str(run), "to": to, "out": str(out)}, light_environment())
    yield Result(export(document, network, to, out, data_dir))


def export(
    document: Document, network: nn.Module, to: Format, out: Path, data_dir: Path | None = None
) -> dict[str, Any]:
    """Write a network in eval mode to ``out``, if what is read from the file computes what the
    network computes; what was written, and how far apart they were.

    Raises UsageError for a topic whose network has no such form, DataError for a package that is
    missing, for weights that have diverged and for a file that can't be written or computes
    something else.
    """
    check_possible(document, to)
    given = samples(document, data_dir)
    with torch.inference_mode(), one_thread():
        expected = network(*given.network)
    _check_outputs(document, expected)
    difference = [0.0]

    def write(temporary: Path) -> None:
        found = (_write_onnx if to == "onnx" else _write_safetensors)(
            document, network, temporary, given
        )
        difference[0] = (found - expected).abs().max().item()
        allowed = TOLERANCE * max(1.0, expected.abs().max().item())
        if not difference[0] <= allowed:
            raise DataError(
                f"{out} is not written: the outputs differ from torch's by {difference[0]:.1e}, "
                f"and at most {allowed:.1e} is allowed"
            )

    atomic_write(out, write)
    checked = {"checked_inputs": len(given), "checked_on": given.source}
    size = {"file": str(out), "bytes": out.stat().st_size}
    return size | checked | {"largest_difference": difference[0]}


def check_possible(document: Document, to: Format) -> None:
    """Raises UsageError for a topic whose network has no such form, DataError for a missing
    package.
    """
    topic = document["topic"]
    if to == "onnx" and topic not in FORMS:
        raise UsageError(f"a run of {topic} has no ONNX form: those of {', '.join(FORMS)} have one")
    if topic not in (*FORMS, "seq"):
        raise UsageError(f"a run of {topic} has no network to export")
    missing = [name for name in PACKAGES[to] if importlib.util.find_spec(name) is None]
    if missing:
        raise DataError(f"--to {to} needs {', '.join(missing)}: pip install {' '.join(missing)}")


def _check_outputs(document: Document, outputs: Tensor) -> None:
    if not torch.isfinite(outputs).all():
        raise DataError("the outputs are not finite: the network's weights have diverged")
    if document["topic"] in ("mnist", "names"):
        check_classes(document["run"]["classes"], outputs.shape[1])


def _write_onnx(document: Document, network: nn.Module, path: Path, given: Samples) -> Tensor:
    """The outputs of the file."""
    import onnxruntime

    from ptnotes.export import onnx_model

    topic = document["topic"]
    form = FORMS[topic]
    used = preparation(document["config"])[1:] if topic == "mnist" else None
    metadata = _metadata(document, f"{', '.join(form.inputs)}: {form.meaning}")
    made = onnx_model.build(network, form, used, metadata)
    path.write_bytes(made.SerializeToString())
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    # of the bytes: no file may be open when it gets its name
    session = onnxruntime.InferenceSession(
        path.read_bytes(), options, providers=["CPUExecutionProvider"]
    )
    (found,) = session.run([form.output], given.model)
    return torch.from_numpy(found)


def _write_safetensors(
    document: Document, network: nn.Module, path: Path, given: Samples
) -> Tensor:
    """The outputs of a network with the file's weights."""
    from safetensors.torch import load, save

    form = FORMS.get(document["topic"], Form({}, "", "indices of characters in ehlo"))
    metadata = _metadata(document, form.raw or form.meaning)
    weights = {name: each.contiguous() for name, each in network.state_dict().items()}
    path.write_bytes(save(weights, metadata))
    with torch.inference_mode(), one_thread():
        found: Tensor = build(document, load(path.read_bytes()))(*given.network)
    return found


def _metadata(document: Document, inputs: str) -> dict[str, str]:
    """What a reader needs to know of the network: texts, some of them JSON."""
    return {
        "ptnotes": __version__,
        "topic": document["topic"],
        "inputs": inputs,
        "classes": json.dumps(document["run"]["classes"], ensure_ascii=False),
        "config": json.dumps(document["config"], ensure_ascii=False),
    }
