"""The trained network of a run, and what a run must hold for it."""

import os
from pathlib import Path
from typing import Any

from torch import nn

from ptnotes.errors import DataError, UsageError
from ptnotes.models.mnist import MODELS
from ptnotes.runs import document as documents
from ptnotes.runs.document import Document
from ptnotes.runs.checkpoint import unseal
from ptnotes.topics import diabetes, names

NETWORKS: dict[str, Any] = {
    "mnist": lambda config, classes: MODELS[config["arch"]](),
    "names": lambda config, classes: names.RNNClassifier(len(classes)),
    "diabetes": lambda config, classes: diabetes.Model(config["relu"]),
}


def load(run: Path, *, best: bool = False) -> tuple[Document, nn.Module]:
    """A run's document, and its network in eval mode on the CPU: of the last epoch or the best.

    Raises DataError if a file is missing or isn't what it should be, UsageError for a run of a
    topic that has no input of one's own.
    """
    document = documents.read(run)
    topic, config, classes = document["topic"], document["config"], document["run"]["classes"]
    if topic not in NETWORKS:
        raise UsageError(f"{run} is a run of {topic}: predict takes {', '.join(NETWORKS)}")
    path = run / (documents.BEST if best else documents.MODEL)
    if best and not os.path.exists(path):
        raise UsageError(f"{run} keeps no best epoch: --save-best does, when the run is trained")
    weights = unseal(path)
    network: nn.Module = NETWORKS[topic](config, classes)
    try:
        network.load_state_dict(weights)
    except (RuntimeError, TypeError, AttributeError) as error:
        raise DataError(f"{path} is not of the network that {documents.DOCUMENT} names") from error
    return document, network.eval()
