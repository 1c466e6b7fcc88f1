"""Figures made and saved; matplotlib draws without a display."""

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ptnotes.errors import DataError, PtnotesError, PtnotesWarning, UsageError
from ptnotes.files import atomic_write, check_writable
from ptnotes.language import language, translate

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg", ".pdf")
WIDTH = 4.4  # inches: in a column of 3.3 inches its letters are still of 7 points
DPI = 200
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


def load_matplotlib() -> None:
    """Raises DataError if the user's settings forbid it."""
    try:
        with _silent():
            import matplotlib.figure  # noqa: F401
    except Exception as error:  # of a matplotlibrc, or of MPLBACKEND
        what = "matplotlib can't be used; its settings are a matplotlibrc file and MPLBACKEND"
        raise DataError(f"{what}: {_one_line(error)}") from error


def new_figure(width: float, height: float) -> "Figure":
    """An empty figure of so many inches. Raises DataError if the user's settings forbid it."""
    load_matplotlib()
    from matplotlib.figure import Figure

    with _silent():
        figure = Figure(figsize=(width, height), layout="constrained")
    # pyplot would register it with a notebook's display; without it the figure shows itself
    figure._repr_png_ = lambda: _png(figure)  # type: ignore[attr-defined]
    return figure


def _png(figure: "Figure") -> bytes:
    content = io.BytesIO()
    with _silent():
        figure.savefig(content, format="png", dpi=DPI)
    return content.getvalue()


def save(figure: "Figure", path: Path) -> None:
    """PNG, SVG or PDF by the ending. Raises DataError."""
    try:
        with _silent():
            atomic_write(path, lambda temporary: figure.savefig(temporary, dpi=DPI))
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


def cjk_families() -> list[str]:
    """The font families of CJK_FONTS that are installed."""
    from matplotlib import font_manager

    with _silent():
        installed = {font.name for font in font_manager.fontManager.ttflist}
    return [each for each in CJK_FONTS if each in installed]


def label(text: str) -> str:
    """A text of a figure in the language of the screen; in English if no font has its letters.

    To be drawn within ``theme.applied``, which names the font.
    """
    if language() == "en":
        return text
    translated = translate(text)
    return translated if drawable([translated])[0] == [translated] else text


def drawable(texts: Sequence[str]) -> tuple[list[str], list[str] | None]:
    """Texts as they can be drawn, and the font families for them: None is matplotlib's default.

    What no installed font has, and what is no character, becomes a backslash escape, with a
    PtnotesWarning, once, that names a font. A name whose bytes the locale can't decode is taken for
    UTF-8.
    """
    decoded = [_decoded(each) for each in texts]
    if all(each.isascii() and each.isprintable() for each in decoded):
        return decoded, None
    from matplotlib import font_manager, rcParams

    families = list(dict.fromkeys([*rcParams["font.family"], *cjk_families()]))
    with _silent():
        properties = [font_manager.FontProperties(family=[each]) for each in families]
        fonts = [font_manager.get_font(font_manager.findfont(each)) for each in properties]

    def known(letter: str) -> bool:
        return any(font.get_char_index(ord(letter)) for font in fonts)

    def escaped(text: str) -> str:
        return "".join(
            each if each.isprintable() and known(each) else each.encode("unicode_escape").decode()
            for each in text
        )

    if any(each.isprintable() and not known(each) for text in decoded for each in text):
        _warn_of_fonts()
    return [escaped(each) for each in decoded], families


@cache  # once
def _warn_of_fonts() -> None:
    warnings.warn(
        "no installed font has all letters of the figure: install one with Chinese letters, such "
        "as Noto Sans CJK (Debian's fonts-noto-cjk)",
        PtnotesWarning,
        stacklevel=3,
    )
