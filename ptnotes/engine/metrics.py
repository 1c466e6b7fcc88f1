"""What a trained classifier's outputs say: predictions, the classification report, errors."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ptnotes.engine.distributed import share_out
from ptnotes.engine.loading import Batches
from ptnotes.engine.shards import Shards
from ptnotes.events import MisclassifiedImages

MAX_ERRORS = 20  # images in a picture
Z_95 = 1.959963984540054  # standard deviations of a normal distribution that hold 95 % of it


def predict_class(logits: Tensor) -> Tensor:
    """(N, classes) → (N): the class with the largest logit."""
    return logits.argmax(dim=1)


def threshold(probabilities: Tensor) -> Tensor:
    """(N, …) → (N, …): 1 where the probability of 1 is 0.5 or more, else 0."""
    return (probabilities >= 0.5).float()


@torch.inference_mode()
def predict_logits(shards: Shards, batches: Batches) -> tuple[Tensor, Tensor]:
    """Outputs (N, …) of the shards' model, in eval mode, and targets (N, …), in order."""
    shards.model.eval()

    def compute(batch: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        *inputs, targets = batch
        return shards.forward(*inputs).cpu(), targets.cpu()

    outputs, targets = zip(*share_out(batches, compute), strict=True)
    return torch.cat(outputs), torch.cat(targets)


def wilson_interval(accuracy: float, samples: int) -> list[float]:
    """Wilson's 95 % interval of the accuracy that ``samples`` independent ones would show.

    Both are fractions. Unlike mean ± 1.96 standard errors it is never beyond 0 or 1, and has a
    width where all samples are right.
    """
    spread = Z_95**2 / samples
    middle = (accuracy + spread / 2) / (1 + spread)
    half = math.sqrt(accuracy * (1 - accuracy) * spread + spread**2 / 4) / (1 + spread)
    # rounding must not leave the accuracy, or 0 and 1, outside
    return [max(0.0, min(middle - half, accuracy)), min(1.0, max(middle + half, accuracy))]


def classification_report(
    predicted: Tensor, targets: Tensor, classes: tuple[str, ...]
) -> dict[str, Any]:
    """For a Result: "confusion", true classes down and predicted ones across, and "per_class".

    ``predicted`` and ``targets`` are labels (N). A precision is None where nothing was predicted,
    a recall where there is nothing to find, and F1 where there is neither.
    """
    size = len(classes)
    cells = torch.bincount(targets.long() * size + predicted.long(), minlength=size * size)
    confusion = cells.view(size, size).tolist()
    return {"confusion": confusion, "per_class": per_class(confusion, classes)}


def per_class(confusion: list[list[int]], classes: tuple[str, ...]) -> list[dict[str, Any]]:
    """Samples, precision, recall and F1 of every class; the last three are fractions."""
    found = []
    for index, name in enumerate(classes):
        right = confusion[index][index]
        samples, predicted = sum(confusion[index]), sum(row[index] for row in confusion)
        found.append(
            {
                "class": name,
                "samples": samples,
                "precision": right / predicted if predicted else None,
                "recall": right / samples if samples else None,
                "f1": 2 * right / (samples + predicted) if samples + predicted else None,
            }
        )
    return found


def most_confident_errors(
    logits: Tensor, labels: Tensor, images: Tensor, classes: tuple[str, ...]
) -> MisclassifiedImages:
    """The MAX_ERRORS images (N, H, W) that are misclassified with the highest probability."""
    probabilities, predicted = logits.softmax(dim=1).max(dim=1)
    confidence = probabilities.masked_fill(predicted == labels, -1.0)
    wrong = int((predicted != labels).sum())
    worst = confidence.argsort(descending=True, stable=True)[: min(wrong, MAX_ERRORS)]
    return MisclassifiedImages(
        images=images[worst].numpy(),
        places=worst.tolist(),
        labels=[classes[label] for label in labels[worst].tolist()],
        predictions=[classes[label] for label in predicted[worst].tolist()],
        probabilities=probabilities[worst].tolist(),
    )
