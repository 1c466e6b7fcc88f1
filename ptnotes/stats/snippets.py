"""Mean and std as other frameworks take them: their order of the channels, their scale, their code.

A snippet needs no more than the import that its first word names.
"""

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from ptnotes.errors import UsageError
from ptnotes.stats.statistics import ChannelStats, channel_names

Order = Literal["rgb", "bgr"]


@dataclass(frozen=True)
class Numbers:
    """What a snippet says: an entry per channel, in ``order``, where white is ``scale``.

    ``largest`` is white in the images: 255, 65535, or 1 for floats.
    """

    mean: Sequence[float]
    std: Sequence[float]
    order: Order
    scale: float
    largest: int
    precision: int

    def in_tuple(self, values: Sequence[float]) -> str:
        comma = "," * (len(values) == 1)
        return f"({', '.join(self._texts(values))}{comma})"

    def in_list(self, values: Sequence[float]) -> str:
        return f"[{', '.join(self._texts(values))}]"

    def _texts(self, values: Sequence[float]) -> list[str]:
        # as many significant digits, whatever the scale
        places = max(1, self.precision - len(str(int(self.scale))) + 1)
        return [f"{value:.{places}f}" for value in values]


def _torchvision(found: Numbers) -> str:
    return (
        f"transforms.Normalize(mean={found.in_tuple(found.mean)}, std={found.in_tuple(found.std)})"
    )


def _timm(found: Numbers) -> str:
    channels = len(found.mean)
    mean, std = found.in_tuple(found.mean), found.in_tuple(found.std)
    return f"timm.data.create_transform(input_size=({channels}, 224, 224), mean={mean}, std={std})"


def _albumentations(found: Numbers) -> str:
    mean, std = found.in_tuple(found.mean), found.in_tuple(found.std)
    white = found.largest / found.scale
    return f"A.Normalize(mean={mean}, std={std}, max_pixel_value={white:.1f})"


def _keras(found: Numbers) -> str:
    variance = [std * std for std in found.std]
    mean = found.in_list(found.mean)
    return f"keras.layers.Normalization(axis=-1, mean={mean}, variance={found.in_list(variance)})"


def _mmengine(found: Numbers) -> str:
    reads_bgr = len(found.mean) == 3 and found.order == "rgb"
    mean, std = found.in_list(found.mean), found.in_list(found.std)
    return (
        "data_preprocessor = dict(type='ImgDataPreprocessor', "
        f"mean={mean}, std={std}, bgr_to_rgb={reads_bgr})"
    )


def _detectron2(found: Numbers) -> str:
    lines = [
        f"cfg.MODEL.PIXEL_MEAN = {found.in_list(found.mean)}",
        f"cfg.MODEL.PIXEL_STD = {found.in_list(found.std)}",
    ]
    if len(found.mean) == 3:
        lines.append(f'cfg.INPUT.FORMAT = "{found.order.upper()}"')
    return "\n".join(lines)


def _yaml(found: Numbers) -> str:
    return f"mean: {found.in_list(found.mean)}\nstd: {found.in_list(found.std)}"


def _json(found: Numbers) -> str:
    order = found.order if len(found.mean) == 3 else None
    numbers = {"mean": [*found.mean], "std": [*found.std], "order": order, "scale": found.scale}
    return json.dumps(numbers)


def _csv(found: Numbers) -> str:
    names = channel_names(len(found.mean))
    names = names[::-1] if found.order == "bgr" else names
    text = io.StringIO()
    rows = zip(names, found.mean, found.std, strict=True)
    csv.writer(text, lineterminator="\n").writerows([("channel", "mean", "std"), *rows])
    return text.getvalue().rstrip("\n")


@dataclass(frozen=True)
class Form:
    """How a framework takes them: ``scaled`` if it divides by the largest level first."""

    write: Callable[[Numbers], str]
    order: Order = "rgb"
    scaled: bool = True


FORMS = {
    "torchvision": Form(_torchvision),
    "timm": Form(_timm),
    "albumentations": Form(_albumentations),
    "keras": Form(_keras, scaled=False),
    "mmengine": Form(_mmengine, scaled=False),
    "detectron2": Form(_detectron2, order="bgr", scaled=False),
    "yaml": Form(_yaml),
    "json": Form(_json),
    "csv": Form(_csv),
}


def snippet(
    stats: ChannelStats,
    std: Sequence[float],
    form: str,
    *,
    order: Order | None = None,
    scale: int | None = None,
    precision: int = 4,
) -> str:
    """The text for a framework of FORMS, in its order and scale or those given.

    ``scale`` is 1 or 255: what white is. Without it, a framework that takes pixels as they are
    stored gets the images' own: 255, 65535, or 1 for floats. Raises UsageError for an order of
    what has not three channels.
    """
    chosen, largest = FORMS[form], stats.values.scale
    if order == "bgr" and stats.channels != 3:
        raise UsageError(f"--order bgr is for three channels, and these have {stats.channels}")
    used = order or chosen.order
    factor = float(scale) if scale else (1.0 if chosen.scaled else float(largest))
    step = -1 if used == "bgr" and stats.channels == 3 else 1
    mean, deviation = ([value * factor for value in each][::step] for each in (stats.mean, std))
    return chosen.write(Numbers(mean, deviation, used, factor, largest, precision))
