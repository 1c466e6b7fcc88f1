"""Figures made and saved; matplotlib draws without a display."""

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ptnotes.errors import DataError, PtnotesError, UsageError
from ptnotes.files import atomic_write, check_writable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg", ".pdf")
# with Chinese, Japanese and Korean letters: of Linux, Windows and macOS
CJK_FONTS = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Micro Hei"),
    *("WenQuanYi Zen Hei", "Droid Sans Fallback", "Microsoft YaHei", "SimHei", "PingFang SC"),
    *("Hiragino Sans GB", "Heiti SC", "Arial Unicode MS", "Noto Sans CJK JP", "IPAexGothic"),
    *("Yu Gothic", "Hiragino Sans", "Malgun Gothic", "Apple SD Gothic Neo", "NanumGothic"),
)


def check_path(path: Path, option: str) -> None:
    """Raises UsageError or DataError, before the work, for a file that can't be drawn to."""
    if path.suffix.lower() not in FORMATS:
        raise UsageError(f"{option}: {path} should end in {', '.join(FORMATS)}")
    check_writable(path)


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Nothing of matplotlib's on stderr: of its cache, the fonts, the user's settings."""
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def new_figure(width: float, height: float) -> "Figure":
    """An empty figure of so many inches. Raises DataError if the user's settings forbid it."""
    try:
        with _silent():
            from matplotlib.figure import Figure

            figure = Figure(figsize=(width, height), layout="constrained")
    except Exception as error:  # of a matplotlibrc, or of MPLBACKEND
        what = "matplotlib can't be used; its settings are a matplotlibrc file and MPLBACKEND"
        raise DataError(f"{what}: {_one_line(error)}") from error
    # pyplot would register it with a notebook's display; without it the figure shows itself
    figure._repr_png_ = lambda: _png(figure)  # type: ignore[attr-defined]
    return figure


def _png(figure: "Figure") -> bytes:
    content = io.BytesIO()
    with _silent():
        figure.savefig(content, format="png", dpi=100)
    return content.getvalue()


def save(figure: "Figure", path: Path) -> None:
    """PNG, SVG or PDF by the ending. Raises DataError."""
    try:
        with _silent():
            atomic_write(path, lambda temporary: figure.savefig(temporary, dpi=100))
    except PtnotesError:
        raise
    except Exception as error:  # settings such as text.usetex need programs of their own
        raise DataError(f"{path} can't be drawn: {_one_line(error)}") from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _decoded(text: str) -> str:
    with contextlib.suppress(UnicodeEncodeError):  # of surrogates that stand for no byte
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return text


def drawable(texts: Sequence[str]) -> tuple[list[str], list[str] | None]:
    """Texts as they can be drawn, and the font families for them: None is matplotlib's default.

    What no installed font has, and what is no character, becomes a backslash escape. A name whose
    bytes the locale can't decode is taken for UTF-8.
    """
    decoded = [_decoded(each) for each in texts]
    if all(each.isascii() and each.isprintable() for each in decoded):
        return decoded, None
    from matplotlib import font_manager, rcParams

    with _silent():
        installed = {font.name for font in font_manager.fontManager.ttflist}
        families = [*rcParams["font.family"], *(each for each in CJK_FONTS if each in installed)]
        properties = [font_manager.FontProperties(family=[each]) for each in families]
        fonts = [font_manager.get_font(font_manager.findfont(each)) for each in properties]

    def known(letter: str) -> bool:
        return letter.isprintable() and any(font.get_char_index(ord(letter)) for font in fonts)

    def escaped(text: str) -> str:
        return "".join(
            each if known(each) else each.encode("unicode_escape").decode() for each in text
        )

    return [escaped(each) for each in decoded], families
