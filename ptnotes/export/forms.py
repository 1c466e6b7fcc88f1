"""What a topic's network takes and gives, in words and as inputs on which an export is checked."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ptnotes.datasets import diabetes, mnist, names
from ptnotes.datasets.paths import data_directory, places, sample_directory
from ptnotes.datasets.tables import read_table
from ptnotes.predict.images import preparation
from ptnotes.runs.document import Document
from ptnotes.topics import linreg, logistic, seq

CHECKED = 200  # inputs, at most


@dataclass(frozen=True)
class Form:
    """The inputs of the ONNX model (name → element type and shape, N and S being any number) and
    its output; what they mean; and what the network itself takes, where that differs.
    """

    inputs: dict[str, tuple[str, tuple[int | str, ...]]]
    output: str
    meaning: str
    raw: str | None = None


FORMS = {
    "mnist": Form(
        {"image": ("FLOAT", ("N", 1, 28, 28))},
        "logits",
        "gray levels from 0 to 1, strokes light on dark; the model normalizes them",
        "gray levels from 0 to 1, strokes light on dark, minus the configuration's mean, divided"
        " by its std",
    ),
    "names": Form(
        {"codes": ("INT64", ("N", "S")), "lengths": ("INT64", ("N",))},
        "logits",
        "ASCII codes of the letters without accents, 1 for other characters, each row padded with"
        " 0 to S; how many codes of each row count",
    ),
    "diabetes": Form(
        {"features": ("FLOAT", ("N", 8))}, "probability", "eight features from -1 to 1"
    ),
    "linreg": Form({"x": ("FLOAT", ("N", 1))}, "y", "x"),
    "logistic": Form({"x": ("FLOAT", ("N", 1))}, "probability", "hours of study"),
}


@dataclass(frozen=True)
class Samples:
    """Inputs as the network takes them, and by the names and in the form of the ONNX model;
    ``source`` is where they are from.
    """

    network: tuple[Tensor, ...]
    model: dict[str, NDArray[Any]]
    source: str

    def __len__(self) -> int:
        return len(self.network[0])


def samples(document: Document, data_dir: Path | None) -> Samples:
    """Inputs of the run's data set, of the test set where it has one, if the files are there; else
    of the sample that ships with ptnotes. Nothing is downloaded. Raises DataError.
    """
    match document["topic"]:
        case "mnist":
            return _images(document["config"], data_dir)
        case "names":
            return _surnames(data_dir)
        case "diabetes":
            directory = _directory("diabetes.csv.gz", data_dir)
            features, _ = diabetes.read(directory)
            return _plain("features", features[:CHECKED], str(directory))
        case "linreg":
            return _plain("x", linreg.X_DATA, "lesson")
        case "logistic":
            return _plain("x", logistic.X_DATA, "lesson")
    return _plain("characters", seq.X_DATA, "lesson")


def _plain(name: str, x: Tensor, source: str) -> Samples:
    return Samples((x,), {name: x.numpy()}, source)


def _directory(path: str, given: Path | None) -> Path:
    """The data directory if the file is in it, else the sample's."""
    directory = data_directory(given)
    there = any((directory / each).is_file() for each in places(path))
    return directory if there else sample_directory()


def _images(config: dict[str, Any], data_dir: Path | None) -> Samples:
    _, mean, std = preparation(config)
    name = config["data"] if config["data"] in mnist.FOLDERS else "mnist"
    directory = _directory(f"{mnist.FOLDERS[name]}/raw/t10k-images-idx3-ubyte.gz", data_dir)
    if directory == sample_directory():
        name = "mnist"
    found, _ = mnist.read(directory, "t10k", name)
    chosen = found[:CHECKED]
    levels = chosen.unsqueeze(1).numpy().astype(np.float32) / 255
    normalized = mnist.normalize(chosen, mean, std, torch.device("cpu"))
    return Samples((normalized,), {"image": levels}, str(directory))


def _surnames(data_dir: Path | None) -> Samples:
    path = "names_test.csv.gz"
    directory = _directory(path, data_dir)
    found = read_table(directory / path, ["name", "country"])["name"][:CHECKED]
    # longest first, as pack_padded_sequence requires
    encoded = sorted(map(names.encode, found), key=len, reverse=True)
    codes, lengths = names.pad(encoded)
    model = {"codes": codes.numpy(), "lengths": lengths.numpy()}
    return Samples((codes, lengths), model, str(directory))
