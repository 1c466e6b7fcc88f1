"""What a network computes for one input: gradient × input, a name's prefixes, the first weights."""

import string
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ptnotes.datasets import names

LETTERS = string.ascii_letters  # of the embedding's map


def of_pixels(network: nn.Module, image: Tensor, mean: float, std: float, label: int) -> Tensor:
    """Gradient × input of a class's logit over an image (28, 28) of levels from 0 to 255.

    The input is the level from 0 to 1, before normalization: where it is black the product is 0.
    """
    levels = (image.float() / 255).requires_grad_()
    pixels = (levels - mean) / std
    score = network(pixels.view(1, 1, *image.shape))[0, label]
    (gradient,) = torch.autograd.grad(score, levels)
    return (gradient * levels).detach()


def of_characters(network: nn.Module, inputs: tuple[Tensor, ...], label: int) -> Tensor:
    """Gradient × input of a class's logit over one name: codes (1, S) and length (1) → (S).

    The input is the embedding of each character; the products are added over its features.
    """
    found: list[Tensor] = []

    def keep(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        found.append(output.detach().requires_grad_())
        return found[0]

    embedding = network.get_submodule("embedding")
    with embedding.register_forward_hook(keep):
        score = network(*inputs)[0, label]
    (gradient,) = torch.autograd.grad(score, found[0])
    return (gradient * found[0]).sum(-1).detach().flatten()


def of_features(network: nn.Module, row: Tensor) -> Tensor:
    """Gradient × input of label 1's logit, the input of the last sigmoid, over a row (8)."""
    logits: list[Tensor] = []

    def keep(layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        logits.append(inputs[0])

    features = row.clone().requires_grad_()
    with network.get_submodule("sigmoid").register_forward_pre_hook(keep):
        network(features.unsqueeze(0))
    (gradient,) = torch.autograd.grad(logits[-1].sum(), features)
    return (gradient * features).detach()


@torch.inference_mode()
def by_prefix(network: nn.Module, codes: list[int]) -> Tensor:
    """(S, classes): a name's probabilities after its first character, its second, …"""
    prefixes = [codes[:length] for length in range(len(codes), 0, -1)]  # longest first
    logits: Tensor = network(*names.pad(prefixes))
    return logits.softmax(dim=1).flip(0)


class Filters(NamedTuple):
    """The weights of the first layer as images: (N, rows, columns)."""

    layer: str
    values: Tensor


def filters(network: nn.Module) -> Filters:
    """Of a network for images of 28×28 pixels and one channel."""
    name, first = next(
        (name, layer)
        for name, layer in network.named_modules()
        if isinstance(layer, nn.Conv2d | nn.Linear)
    )
    weight = first.weight.detach()
    return Filters(name, weight[:, 0] if weight.dim() == 4 else weight.view(-1, 28, 28))


class Map(NamedTuple):
    """Points (N, 2) in the plane of the largest variance, and the share of it on each axis."""

    points: NDArray[np.float64]
    variance_shares: NDArray[np.float64]


def principal_components(vectors: Tensor) -> Map:
    """(N, features) → their first two principal components.

    A component's direction is that in which its largest entry is positive.
    """
    centred = vectors.double().numpy()
    centred = centred - centred.mean(axis=0)
    _, scales, directions = np.linalg.svd(centred, full_matrices=False)
    largest = np.abs(directions[:2]).argmax(axis=1)
    directions = directions[:2] * np.sign(directions[[0, 1], largest])[:, None]
    variances = scales**2
    return Map(centred @ directions.T, variances[:2] / (variances.sum() or 1))


def letter_map(network: nn.Module) -> Map:
    """The embeddings of LETTERS."""
    codes = torch.tensor([ord(letter) for letter in LETTERS])
    weight: Tensor = network.get_submodule("embedding").weight  # type: ignore[assignment]
    return principal_components(weight.detach()[codes])
