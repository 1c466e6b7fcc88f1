"""The options that say which pixels count."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from ptnotes.stats.pixel_selection import PixelOptions

Ignore = Annotated[
    str | None,
    typer.Option(
        metavar="V",
        show_default="none",
        help="Leave out pixels with this value in every channel: nodata; nan is one, too.",
    ),
]
IgnoreColor = Annotated[
    str | None,
    typer.Option(metavar="R,G,B", show_default="none", help="Leave out pixels of this colour."),
]
Mask = Annotated[
    str | None,
    typer.Option(
        metavar="DIR|SUFFIX",
        show_default="none",
        help="Count where an image's mask isn't 0: of its name in DIR, or beside it with SUFFIX "
        "for its ending, like _mask.png.",
    ),
]
MaskValues = Annotated[
    bool, typer.Option("--mask-values", help="Show each label of the masks by itself, too.")
]
Foreground = Annotated[
    bool, typer.Option("--foreground", help="Count what lies above an image's Otsu threshold.")
]
By = Annotated[
    Literal["folder"] | None,
    typer.Option(show_default="no", help="Show each folder (each class) by itself, too."),
]
Covariance = Annotated[
    bool, typer.Option("--covariance", help="Show how the channels vary together, and the PCA.")
]


def asked(
    ignore: str | None,
    ignore_color: str | None,
    mask: str | None,
    mask_values: bool,
    foreground: bool,
    by: Literal["folder"] | None,
    covariance: bool,
) -> "PixelOptions":
    """Both ways to say what to ignore are one."""
    from ptnotes.stats.pixel_selection import PixelOptions

    if ignore is not None and ignore_color is not None:
        raise typer.BadParameter("--ignore and --ignore-color exclude each other")
    colour = ignore_color if ignore is None else ignore
    return PixelOptions(colour, mask, mask_values, foreground, by, covariance)
