"""ToTensor, Normalize, mean and standard deviation, view (notes, lines 464-529)."""

import math
from collections.abc import Iterator

import numpy as np
import torch
from PIL import Image
from torchvision import transforms

from ptnotes import reference as formulas
from ptnotes.datasets import mnist
from ptnotes.topics import tensors
from ptnotes.verify.claims.claim import Finding, Settings, claim, error_of, finding

IMAGENET = tensors.CONSTANTS["ImageNet"]


def _random_image(height: int = 6, width: int = 8) -> Image.Image:
    generator = np.random.default_rng(0)
    return Image.fromarray(generator.integers(0, 256, (height, width, 3), dtype=np.uint8))


def _in_batches(images: np.ndarray, size: int = 64) -> Iterator[np.ndarray]:
    return (images[start : start + size] for start in range(0, len(images), size))


@claim(line=471, statement="ToTensor scales [0, 255] to [0, 1]")
def to_tensor_scales() -> Finding:
    """All 256 values; and the axes, (H, W, C) → (C, H, W)."""
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    tensor = transforms.ToTensor()(grey)
    expected = torch.from_numpy(grey).double() / 255
    shape = list(transforms.ToTensor()(_random_image(6, 8)).shape)
    error = (tensor[0].double() - expected).abs().max().item()
    return finding(error < 1e-7 and shape == [3, 6, 8], largest_error=error, shape=shape)


@claim(line=471, statement="Resize(256), CenterCrop(224) gives 224×224 for any image")
def resize_and_crop() -> Finding:
    """The notes' transforms on a 500×375 and a 300×600 image."""
    pipeline = transforms.Compose(
        [
            transforms.Resize(256),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize(*IMAGENET),
        ]
    )
    shapes = [list(pipeline(_random_image(*size)).shape) for size in ((375, 500), (600, 300))]
    return finding(shapes == [[3, 224, 224]] * 2, shapes=shapes)


@claim(line=499, statement="Normalize: output = (input − mean) / std")
def normalize_formula() -> Finding:
    """transforms.Normalize and the formula with ImageNet's constants, channel by channel."""
    x = torch.rand(3, 5, 5)
    by_torch = transforms.Normalize(*IMAGENET)(x)
    by_hand = torch.stack([(channel - m) / s for channel, m, s in zip(x, *IMAGENET, strict=True)])
    difference = (by_torch - by_hand).abs().max().item()
    return finding(difference < 1e-6, largest_difference=difference)


@claim(line=501, statement="Normalize must come after ToTensor")
def normalize_comes_after_to_tensor() -> Finding:
    """Normalize on an image, and on its tensor."""
    normalize = transforms.Normalize(*IMAGENET)
    error = error_of(lambda: normalize(_random_image()))
    accepted = error_of(lambda: normalize(transforms.ToTensor()(_random_image())))
    return finding(error == "TypeError" and accepted is None, on_an_image=error)


@claim(line=503, statement="inverting Normalize restores the image")
def normalize_can_be_undone() -> Finding:
    """All 256 values through ToTensor, Normalize and back, with each pair of constants."""
    trips = [tensors.round_trip(*constants) for constants in tensors.CONSTANTS.values()]
    return finding(
        all(trip["same_pixels"] and trip["max_error"] < 1e-6 for trip in trips),
        max_error=max(trip["max_error"] for trip in trips),
    )


@claim(
    line=498,
    statement="Normalize makes an image's mean 0 and its standard deviation 1",
    correction="those of the data set; single images still differ",
)
def normalize_is_for_the_set() -> Finding:
    """100 images of different brightness, normalized with the mean and std of all."""
    images = (
        torch.rand(100, 1, 8, 8, dtype=torch.float64)
        * torch.linspace(0.2, 1, 100)[:, None, None, None]
    )
    mean, std = formulas.mean_and_std([images.numpy()])
    normalized = transforms.Normalize((mean,), (std,))(images)
    of_images = normalized.mean(dim=(1, 2, 3))
    whole = [normalized.mean().item(), normalized.std(correction=0).item()]
    return finding(
        abs(whole[0]) < 1e-9 and abs(whole[1] - 1) < 1e-6 and of_images.std().item() > 0.1,
        notes={"images' means": [of_images.min().item(), of_images.max().item()]},
        right={"the set's mean and std": [abs(round(number, 6)) for number in whole]},
    )


@claim(
    line=489,
    statement="the mean and std of a set are averages over its batches",
    correction="over its pixels: in the notes' way a short last batch counts too much",
)
def batches_are_not_pixels() -> Finding:
    """65 images in batches of 64, the last image white: the notes' loop, and the formula."""
    images = np.random.default_rng(0).random((65, 1, 28, 28), dtype=np.float32) / 2
    images[-1] = 1.0
    wrong = formulas.mean_and_std_of_the_notes(_in_batches(images))
    right = formulas.mean_and_std(_in_batches(images))
    exact = images.mean(dtype=np.float64).item(), images.std(dtype=np.float64).item()
    return finding(
        all(math.isclose(a, b, rel_tol=1e-9) for a, b in zip(right, exact, strict=True))
        and abs(wrong[0] - exact[0]) > 0.1,
        notes=list(wrong),
        right=list(right),
    )


@claim(
    line=490,
    statement="the variance is E[X²] − E[X]², in float32",
    correction="this loses all digits when the deviation is small; float64 does not",
)
def variance_cancels() -> Finding:
    """64 images of 0.9 ± 0.0001, in float32 and float64, and numpy's std."""
    noise = np.random.default_rng(0).normal(0, 1e-4, (64, 1, 28, 28))
    images = (0.9 + noise).astype(np.float32)
    _, wrong = formulas.mean_and_std_of_the_notes(_in_batches(images))
    _, right = formulas.mean_and_std(_in_batches(images))
    exact = images.std(dtype=np.float64).item()
    error = abs(wrong - exact) / exact if math.isfinite(wrong) else math.inf
    return finding(
        math.isclose(right, exact, rel_tol=1e-4) and error > 0.1,
        notes=wrong,
        right=right,
    )


@claim(line=542, statement="the mean of MNIST is 0.1307 and its std 0.3081", needs="data")
def mnist_constants(settings: Settings) -> Finding:
    """Exact, from the counts of the 256 values in the 47,040,000 training pixels."""
    images, _ = mnist.read(settings.data_dir, "train")
    counts = torch.bincount(images.flatten(), minlength=256).tolist()
    pixels = sum(counts)
    total = sum(value * count for value, count in enumerate(counts))
    squares = sum(value**2 * count for value, count in enumerate(counts))
    mean = total / pixels / 255
    std = math.sqrt(pixels * squares - total**2) / pixels / 255
    return finding((round(mean, 4), round(std, 4)) == (0.1307, 0.3081), mean=mean, std=std)


@claim(line=148, statement="60,000 training images, 10,000 test images, 10 classes", needs="data")
def mnist_counts(settings: Settings) -> Finding:
    """The numbers of images and of different labels in both parts."""
    train, test = (mnist.read(settings.data_dir, split) for split in ("train", "t10k"))
    counts = [len(train[0]), len(test[0]), len(train[1].unique()), len(test[1].unique())]
    return finding(counts == [60_000, 10_000, 10, 10], counts=counts)


@claim(line=524, statement="12 elements: view(3, 4), (2, −1), (−1, 3), (2, 2, −1)")
def view_of_twelve() -> Finding:
    """The four shapes, and the order of the elements."""
    twelve = torch.arange(12)
    views = [twelve.view(shape) for shape in tensors.SHAPES]
    shapes = [list(view.shape) for view in views]
    return finding(
        shapes == [[3, 4], [2, 6], [4, 3], [2, 2, 3]]
        and all(torch.equal(view.flatten(), twelve) for view in views),
        shapes=shapes,
    )


@claim(line=520, statement="the product of the new shape must be the number of elements")
def view_keeps_the_number() -> Finding:
    """view(3, 5) and view(5, −1) of 12 elements."""
    messages = [tensors.refusal(torch.arange(12), shape) for shape in ((3, 5), (5, -1))]
    return finding(all(messages), refused=[message is not None for message in messages])


@claim(line=529, statement="at most one −1")
def view_takes_one_minus_one() -> Finding:
    """view(−1, −1) of 12 elements."""
    message = tensors.refusal(torch.arange(12), (-1, -1))
    return finding(message is not None, refused=message)


@claim(line=509, statement="a view shares its storage: a write to one changes the other")
def view_shares_storage() -> Finding:
    """A write through the view, and one through the original."""
    twelve = torch.arange(12)
    view = twelve.view(3, 4)
    view[0, 0] = 100
    twelve[11] = -1
    seen = [int(twelve[0]), int(view[2, 3])]
    return finding(seen == [100, -1] and view.data_ptr() == twelve.data_ptr(), seen=seen)


@claim(
    line=507,
    statement="view is what reshape is in numpy",
    correction="torch.reshape is; view raises where a copy is needed",
)
def view_is_not_reshape() -> Finding:
    """A transposed 3×4 tensor flattened by view, by torch's reshape and by numpy's."""
    turned = torch.arange(12).view(3, 4).t()
    message = tensors.refusal(turned, (12,))
    reshaped, in_numpy = turned.reshape(12), turned.numpy().reshape(12)
    return finding(
        message is not None and reshaped.tolist() == in_numpy.tolist(),
        notes=error_of(lambda: turned.view(12)),
        right=reshaped.tolist(),
    )
