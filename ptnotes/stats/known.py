"""Constants that are pasted everywhere, beside what the data set has: ``ptnotes stats`` alone."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from ptnotes.engine.runtime import light_environment
from ptnotes.events import Event, Header, Result, Table

Channels = tuple[float, ...]


@dataclass(frozen=True)
class Constants:
    """A mean and std in circulation: where they are printed and how they came about.

    ``exact_mean`` and ``exact_std`` are those of the training pixels, as ``exact_source`` has them.
    """

    data: str
    printed_by: str
    mean: Channels
    std: Channels
    computed_as: str
    exact_mean: Channels
    exact_std: Channels
    exact_source: str


HALF_A_DIGIT = 5e-5  # of what is printed
SET_STD = "the std of the set"
MEAN_OF_STDS = "the mean of every image's std"
KNOWN = (
    Constants(
        "ImageNet",
        "torchvision, timm; ×255 mmdetection",
        (0.485, 0.456, 0.406),
        (0.229, 0.224, 0.225),
        f"probably {MEAN_OF_STDS}, of a subset that is lost, resized to 256 and cropped to 224 "
        "(pytorch/vision #1965)",
        (0.4845, 0.4541, 0.4025),
        (0.2724, 0.2637, 0.2761),
        "all training images, resized and cropped so: pytorch/vision #1439",
    ),
    Constants(
        "CIFAR-10",
        "kuangliu/pytorch-cifar and what is made from it",
        (0.4914, 0.4822, 0.4465),
        (0.2023, 0.1994, 0.2010),
        f"{MEAN_OF_STDS} (chenyaofo/image-classification-codebase #5)",
        (0.4914, 0.4822, 0.4465),
        (0.2470, 0.2435, 0.2616),
        "MadryLab/robustness #70",
    ),
    Constants(
        "CIFAR-10, other",
        "gpleiss/efficient_densenet_pytorch, for CIFAR-10",
        (0.5071, 0.4867, 0.4408),
        (0.2675, 0.2565, 0.2761),
        "CIFAR-100's own numbers, on the wrong data set (its issue #68)",
        (0.4914, 0.4822, 0.4465),
        (0.2470, 0.2435, 0.2616),
        "CIFAR-10's: MadryLab/robustness #70",
    ),
    Constants(
        "MNIST",
        "the notes (line 542), pytorch/examples",
        (0.1307,),
        (0.3081,),
        SET_STD,
        (0.130660,),
        (0.308108,),
        "ptnotes stats mnist",
    ),
)


def _text(values: Channels) -> str:
    return ", ".join(f"{value:.4f}" for value in values)


def run() -> Iterator[Event]:
    """Yields a table of KNOWN, and the same as a Result."""
    yield Header("stats", {}, light_environment())
    numbers, origins = [], []
    for each in KNOWN:
        off = max(abs(a - b) for a, b in zip(each.std, each.exact_std, strict=True))
        means = f"{_text(each.mean)}\n{_text(each.exact_mean)}"
        stds = f"{_text(each.std)}\n{_text(each.exact_std)}"
        said = f"{off:.2g}" if off > HALF_A_DIGIT else ""
        numbers.append((each.data, "printed\nexact", means, stds, said))
        origins.append((each.data, each.printed_by, each.computed_as))
    yield Table("Constants in circulation", ("data", "", "mean", "std", "std off by"), numbers)
    yield Table("Where they come from", ("data", "printed by", "computed as"), origins)
    yield Result({"known": [asdict(each) for each in KNOWN]})
