"""view and reshape, .grad and .data, ToTensor and Normalize and back (notes, 24-67, 464-529)."""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchvision import transforms

from ptnotes.engine.device import environment
from ptnotes.events import Event, Header, Result, Table

SHAPES = ((3, 4), (2, -1), (-1, 3), (2, 2, -1))  # lines 524-527, of 12 elements
REFUSED_SHAPES = ((5, -1), (3, 5), (-1, -1))
CONSTANTS = {  # mean, std: lines 471 and 542
    "ImageNet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "MNIST": ((0.1307,), (0.3081,)),
}


def refusal(tensor: Tensor, shape: tuple[int, ...]) -> str | None:
    """What ``view`` says to a shape that it cannot make; None if it can."""
    try:
        tensor.view(shape)
    except RuntimeError as error:
        return str(error)
    return None


def round_trip(mean: tuple[float, ...], std: tuple[float, ...]) -> dict[str, float | bool]:
    """Every 8-bit value in every channel through ToTensor and Normalize, and back."""
    values = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    image = np.repeat(values, len(mean), axis=2)  # (16, 16, C)
    tensor = transforms.ToTensor()(image)  # (C, 16, 16), on [0, 1]
    normalized = transforms.Normalize(mean, std)(tensor)
    shape = (-1, 1, 1)  # one constant a channel
    back = normalized * torch.tensor(std).view(shape) + torch.tensor(mean).view(shape)
    pixels = (back * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
    return {
        "smallest": tensor.min().item(),
        "largest": tensor.max().item(),
        "max_error": (back - tensor).abs().max().item(),
        "same_pixels": bool((pixels == image).all()),
    }


def gradients() -> dict[str, Any]:
    """.grad of w in (2 − w·1)², w = 1, from step to step; and of what depends on w."""
    w = torch.tensor([1.0], requires_grad=True)
    seen: dict[str, Any] = {"before_backward": w.grad}
    y_hat = w * 1.0
    ((2.0 - y_hat) ** 2).sum().backward()
    assert w.grad is not None
    seen["after_backward"] = w.grad.item()
    ((2.0 - w * 1.0) ** 2).sum().backward()
    seen["after_a_second_backward"] = w.grad.item()  # they add up
    w.grad.zero_()
    seen["after_zero"] = w.grad.item()
    seen["grad_requires_grad"] = w.grad.requires_grad
    seen["data_requires_grad"] = w.data.requires_grad
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns that a non-leaf has none
        seen["of_a_tensor_that_is_no_leaf"] = y_hat.grad
    return seen


def run() -> Iterator[Event]:
    """Tables of what the notes say of tensors, and the numbers."""
    yield Header("tensors", {}, environment(torch.device("cpu")))

    twelve = torch.arange(12)
    views = {str(shape): list(twelve.view(shape).shape) for shape in SHAPES}
    refused = {str(shape): refusal(twelve, shape) for shape in REFUSED_SHAPES}
    yield Table(
        "view of 12 elements",
        ("view", "shape or refusal"),
        [
            *((f"view{call}", str(tuple(shape))) for call, shape in views.items()),
            *((f"view{call}", f"refused: {message}") for call, message in refused.items()),
        ],
    )

    view = twelve.view(3, 4)
    view[0, 0] = 100
    written_through = int(twelve[0])
    turned = view.t()  # (4, 3), strides that no view can flatten
    copy = turned.reshape(12)
    storage = {
        "written_through_view": written_through,
        "view_shares_storage": view.data_ptr() == twelve.data_ptr(),
        "view_of_transposed": refusal(turned, (12,)),
        "reshape_of_transposed": copy.tolist(),
        "reshape_copies": copy.data_ptr() != turned.data_ptr(),
    }
    yield Table(
        "One storage",
        ("what", "result"),
        [(name.replace("_", " "), str(value)) for name, value in storage.items()],
    )

    grad = gradients()
    yield Table(
        ".grad of w in (2 − w·x)², at w = 1, x = 1",
        ("when", "value"),
        [(name.replace("_", " "), str(value)) for name, value in grad.items()],
    )

    trips = {name: round_trip(mean, std) for name, (mean, std) in CONSTANTS.items()}
    yield Table(
        "ToTensor, Normalize and back: all 256 pixel values",
        ("constants", "on [0, 1]", "max error", "same pixels"),
        [
            (
                name,
                f"{trip['smallest']:g} to {trip['largest']:g}",
                f"{trip['max_error']:.1e}",
                str(trip["same_pixels"]),
            )
            for name, trip in trips.items()
        ],
    )
    yield Result(
        {
            "views": views,
            "refused": refused,
            "storage": storage,
            "grad": grad,
            "round_trip": trips,
            "max_error": max(float(trip["max_error"]) for trip in trips.values()),
        }
    )
