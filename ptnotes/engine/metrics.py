"""How a trained classifier does, class by class."""

from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from ptnotes.engine.loading import Batches
from ptnotes.engine.shards import Parts
from ptnotes.events import Mistakes

SHOWN = 20  # mistakes in a picture


@torch.inference_mode()
def outputs(model: nn.Module, batches: Batches, *, parts: int = 1) -> tuple[Tensor, Tensor]:
    """The model's outputs (N, …) and the targets (N, …), in eval mode, in the batches' order.

    ``parts`` as in ``engine.fit``, so that the outputs are those that were evaluated.
    """
    model.eval()
    found, wanted = [], []
    with Parts(parts) if parts > 1 else nullcontext() as side_by_side:
        for *inputs, targets in batches:
            part = model(*inputs) if side_by_side is None else side_by_side.forward(model, inputs)
            found.append(part.cpu())
            wanted.append(targets.cpu())
    return torch.cat(found), torch.cat(wanted)


def report(predicted: Tensor, targets: Tensor, classes: tuple[str, ...]) -> dict[str, Any]:
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


def mistakes(logits: Tensor, labels: Tensor, images: Tensor, classes: tuple[str, ...]) -> Mistakes:
    """The SHOWN images (N, H, W) that the net is wrong about with the highest probability."""
    probabilities, predicted = logits.softmax(dim=1).max(dim=1)
    confidence = probabilities.masked_fill(predicted == labels, -1.0)
    wrong = int((predicted != labels).sum())
    worst = confidence.argsort(descending=True, stable=True)[: min(wrong, SHOWN)]
    return Mistakes(
        images=images[worst].numpy(),
        places=worst.tolist(),
        labels=[classes[label] for label in labels[worst].tolist()],
        predictions=[classes[label] for label in predicted[worst].tolist()],
        probabilities=probabilities[worst].tolist(),
    )
