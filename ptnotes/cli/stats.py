"""``stats``: mean and standard deviation of an image data set."""

import contextlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ptnotes.cli import options, pixels
from ptnotes.cli.completion import sources
from ptnotes.cli.failures import named_failures
from ptnotes.cli.main import app, show

if TYPE_CHECKING:
    from ptnotes.stats.sharding import Shard


def _shard(value: str | None) -> "Shard":
    """``"2/4"`` → part 2 of 4."""
    from ptnotes.stats.sharding import Shard

    parts = re.fullmatch(r"([1-9]\d{0,5})/([1-9]\d{0,5})", value or "1/1")
    if parts is None or int(parts[1]) > int(parts[2]):
        raise typer.BadParameter(
            f"'{value}' is not a part and how many there are, like 1/4", param_hint="--shard"
        )
    return Shard(int(parts[1]), int(parts[2]))


# what changes how an answer looks, not what is read
WITH_MERGE = {
    "source",
    "merge",
    "sample_std",
    "precision",
    "histogram",
    "theme",
    "form",
    "order",
    "scale",
    "as_json",
    "quiet",
}


def _check_merge(context: typer.Context) -> None:
    """Part files carry the options that they were read with: none of those can be given again."""
    for name in context.params:
        given = context.get_parameter_source(name)
        if given is not None and given.name == "COMMANDLINE" and name not in WITH_MERGE:
            option = "--" + name.replace("_", "-")
            raise typer.BadParameter(f"{option} belongs to the runs that wrote the parts")


def _sample_directory(source: list[str]) -> Path:
    if source != ["mnist"]:
        raise typer.BadParameter("of the data sets by name it holds mnist", param_hint="--sample")
    from ptnotes.datasets.paths import sample_directory

    with named_failures():
        return sample_directory()


@app.command()
def stats(
    context: typer.Context,
    source: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SOURCE]",
            show_default="constants in circulation",
            autocompletion=sources,
            help="mnist, fashion-mnist, kmnist, cifar10, cifar100, svhn; a folder, an image, a "
            "tar or zip; .npy, .npz, .pt, IDX, HDF5, zarr; parquet; a video; a text file of paths, "
            "or - for standard input.",
        ),
    ] = None,
    split: Annotated[
        Literal["train", "test"] | None,
        typer.Option(show_default="train", help="Which part of a data set by name."),
    ] = None,
    glob: Annotated[
        str | None,
        typer.Option(metavar="PATTERN", show_default="by ending", help="Which files to read."),
    ] = None,
    layout: Annotated[
        Literal["HW", "CHW", "HWC", "NHW", "NCHW", "NHWC"] | None,
        typer.Option(
            metavar="AXES",
            show_default="by shape",
            help="An array's axes: HW, CHW, HWC, NHW, NCHW or NHWC.",
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            show_default="the only one",
            help="Of a file with several arrays, columns or images of a sample, the one to read.",
        ),
    ] = None,
    pages: Annotated[
        Literal["first", "all"],
        typer.Option(help="Of a file of several pages or frames, the first or all."),
    ] = "first",
    every: Annotated[
        int | None,
        typer.Option(min=1, show_default="1", help="Of a video, one of so many frames."),
    ] = None,
    weight: Annotated[
        Literal["pixel", "image"],
        typer.Option(help="What counts the same: every pixel, or every image whatever its size."),
    ] = "pixel",
    sample_std: Annotated[
        bool, typer.Option("--sample-std", help="Divide by n - 1 pixels instead of n.")
    ] = False,
    compare: Annotated[
        bool, typer.Option("--compare", help="Show beside it what two usual shortcuts give.")
    ] = False,
    rgb: Annotated[bool, typer.Option("--rgb", help="Read every image as RGB.")] = False,
    grayscale: Annotated[
        bool, typer.Option("--grayscale", help="Read every image as gray levels.")
    ] = False,
    alpha: Annotated[
        Literal["drop", "white", "black"],
        typer.Option(help="Drop transparency, or lay the image over a colour."),
    ] = "drop",
    ignore: pixels.Ignore = None,
    ignore_color: pixels.IgnoreColor = None,
    mask: pixels.Mask = None,
    mask_values: pixels.MaskValues = False,
    foreground: pixels.Foreground = False,
    by: pixels.By = None,
    covariance: pixels.Covariance = False,
    resize: Annotated[
        int | None,
        typer.Option(min=1, show_default="no", help="The shorter side, as v2.Resize takes it."),
    ] = None,
    center_crop: Annotated[
        int | None, typer.Option(min=1, show_default="no", help="As v2.CenterCrop takes it.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, show_default="all", help="Read only so many images, drawn by --seed."),
    ] = None,
    seed: options.Seed = 0,
    skip_errors: Annotated[
        bool, typer.Option("--skip-errors", help="Leave out images that can't be read.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, show_default="all cores", help="Processes that decode.")
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(metavar="I/N", show_default="all", help="Read only part I of N; wants --out."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="PART.json", help="Where a part's sums are kept.")
    ] = None,
    merge: Annotated[
        bool, typer.Option("--merge", help="The sources are part files: add them up.")
    ] = False,
    histogram: Annotated[
        Path | None, typer.Option(metavar="FILE.png", help="Draw how often each level occurs.")
    ] = None,
    theme: options.Theme = "light",
    form: Annotated[
        Literal[
            "torchvision",
            "timm",
            "albumentations",
            "keras",
            "mmengine",
            "detectron2",
            "yaml",
            "json",
            "csv",
        ],
        typer.Option(
            "--format",
            metavar="FRAMEWORK",
            help="What to paste: for torchvision, timm, albumentations, keras, mmengine or "
            "detectron2, or as yaml, json or csv; alone on stdout with --quiet.",
        ),
    ] = "torchvision",
    order: Annotated[
        Literal["rgb", "bgr"] | None,
        typer.Option(show_default="the framework's", help="The order of its channels."),
    ] = None,
    scale: Annotated[
        Literal["1", "255"] | None,
        typer.Option(show_default="the framework's", help="What white is in its numbers."),
    ] = None,
    precision: Annotated[
        int, typer.Option(min=1, max=17, help="Decimals of the line to paste and the table.")
    ] = 4,
    data_dir: options.DataDir = None,
    sample: options.Sample = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Exact mean and std per channel of an image data set, and the Normalize to paste."""
    if not source:
        from ptnotes.stats import known

        show(known.run(), as_json, quiet)
        return
    if merge:
        _check_merge(context)
    elif len(source) > 1:
        raise typer.BadParameter("one SOURCE at a time; only --merge takes several")
    if sample:
        data_dir = _sample_directory(source)

    from ptnotes.stats import command
    from ptnotes.stats.decode import DecodeOptions
    from ptnotes.stats.sharding import Selection

    output = command.OutputOptions(
        sample_std, precision, histogram, theme, form, order, int(scale) if scale else None
    )
    if merge:
        events = command.merge(paths=[Path(path) for path in source], output=output)
    else:
        events = command.run(
            source=source[0],
            split=split,
            data_dir=data_dir,
            sample=sample,
            pattern=glob,
            layout=layout,
            key=key,
            every=every,
            decode=DecodeOptions(
                alpha,
                rgb,
                grayscale,
                resize,
                center_crop,
                pages,
                pixels.asked(ignore, ignore_color, mask, mask_values, foreground, by, covariance),
            ),
            selection=Selection(_shard(shard), limit, seed),
            weight=weight,
            compare=compare,
            skip_errors=skip_errors,
            workers=workers,
            out=out,
            output=output,
        )
    with contextlib.closing(events):  # an interruption stops the workers
        given = context.get_parameter_source("form")
        asked = given is not None and given.name == "COMMANDLINE"
        alone = quiet and not as_json and asked
        show(events, as_json, quiet, text=_snippet if alone else None)


def _snippet(document: dict[str, Any]) -> str:
    """What a shard comes to is in its part file: it has nothing to paste."""
    return str(document["result"].get("snippet", {}).get("text", ""))
