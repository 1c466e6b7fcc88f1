"""An image as the network sees it, in characters, and probabilities as bars."""

from collections.abc import Sequence

from torch import Tensor

from ptnotes.events import Marked, Table

BAR = 20  # cells at most, and MIN_BAR at least
MIN_BAR = 8
EIGHTHS = "▏▎▍▌▋▊▉"
SHADES = " ░▒▓█"


def in_colour(image: Tensor, classes: Sequence[str], probabilities: Tensor, columns: int) -> Table:
    """(28, 28) uint8 beside the probabilities of all classes, or above them on a narrow screen."""
    picture, end = _half_blocks(image), ("\n", "")  # an empty line before the next row
    headings = ("28×28 pixels", "probability")
    labels = max(map(len, classes)) + len("  " + "  100.00%")
    beside = columns - len(image) - 2 - labels
    if beside >= MIN_BAR:
        of_all = Marked(*_bars(classes, probabilities, min(BAR, beside)))
        return Table("as the network sees it", headings, [(Marked(*picture, end), of_all)])
    below = _bars(classes, probabilities, max(1, min(BAR, columns - labels)))
    cells = [(Marked(*picture),), (Marked(*below, end),)]
    return Table("as the network sees it", headings[:1], cells)


def _bars(classes: Sequence[str], probabilities: Tensor, width: int) -> list[tuple[str, str]]:
    """The parts of a Marked text: a line per class, its probability as a bar and in percent."""
    values = probabilities.tolist()
    label_width, largest = max(map(len, classes)), max(values)
    parts: list[tuple[str, str]] = []
    for label, value in zip(classes, values, strict=True):
        full, eighths = divmod(round(8 * width * value), 8)
        bar = "█" * full + (EIGHTHS[eighths - 1] if eighths else "")
        line = f"{label:<{label_width}}  {bar:<{width}}  {value:>7.2%}"
        parts += [(line, "accent" if value == largest else ""), ("\n", "")]
    return parts[:-1]


def _half_blocks(image: Tensor) -> list[tuple[str, str]]:
    """(28, 28) → the parts of a Marked text of 14 lines and 28 columns: a character is two pixels,
    one above the other.
    """
    parts = []
    for upper, lower in zip(image[::2].tolist(), image[1::2].tolist(), strict=True):
        for above, below in zip(upper, lower, strict=True):
            parts.append(("▀", f"{_gray(above)} on {_gray(below)}"))
        parts.append(("\n", ""))
    return parts[:-1]


def _gray(level: int) -> str:
    return f"#{level:02x}{level:02x}{level:02x}"


def in_shades(image: Tensor) -> str:
    """(28, 28) → 28 lines of 56 characters, for a character is about twice as high as wide."""
    shades = (image.float() / 255 * (len(SHADES) - 1)).round().int().tolist()
    return "\n".join("".join(2 * SHADES[shade] for shade in row) for row in shades)
