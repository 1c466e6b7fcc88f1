"""Figures that are saved, whatever matplotlib's settings and the installed fonts are."""

import os
import subprocess
import sys

import pytest
from matplotlib import font_manager

from ptnotes.errors import DataError, PtnotesWarning
from ptnotes.language import set_language
from ptnotes.plots import figure as figures
from ptnotes.plots.figure import CJK_FONTS, drawable, label, new_figure, save

DRAW = """
import sys
from pathlib import Path
from ptnotes.errors import DataError
from ptnotes.plots.figure import new_figure, save
try:
    figure = new_figure(2, 2)
    figure.suptitle("title")
    save(figure, Path(sys.argv[1]))
except DataError as error:
    print("DataError:", error)
"""


def drawn(path, **environment):
    """stdout and stderr of a process that draws a figure; nothing may warn."""
    command = [sys.executable, "-W", "error", "-c", DRAW, str(path)]
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    done = subprocess.run(
        command, env=kept | environment, capture_output=True, text=True, check=True
    )
    return done.stdout, done.stderr


def test_settings_that_matplotlib_warns_of(tmp_path):
    """No home, no place for its cache, an unknown key, a font that isn't installed."""
    (tmp_path / "matplotlibrc").write_text("font.family: Nonsense\nunknown.key: 1\n")
    rc = {"MATPLOTLIBRC": str(tmp_path / "matplotlibrc")}
    place = tmp_path / "file"
    place.write_text("")
    assert drawn(tmp_path / "x.png", MPLCONFIGDIR=str(place / "below"), **rc) == ("", "")
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


def test_settings_that_matplotlib_refuses(tmp_path):
    out, errors = drawn(tmp_path / "x.png", MPLBACKEND="nonsense", MPLCONFIGDIR=str(tmp_path))
    assert (out.splitlines()[0][:10], errors) == ("DataError:", "")
    assert "MPLBACKEND" in out


def test_figure_that_can_not_be_drawn(tmp_path, monkeypatch):
    """As with text.usetex in the user's settings and no latex."""

    def failing(*_, **__):
        raise RuntimeError("latex could\nnot be found")

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", failing)
    with pytest.raises(DataError, match=r"x\.png can't be drawn: latex could not be found"):
        save(new_figure(2, 2), tmp_path / "x.png")
    assert list(tmp_path.iterdir()) == []


installed = {font.name for font in font_manager.fontManager.ttflist} & {*CJK_FONTS}


@pytest.fixture
def no_cjk_font(monkeypatch):
    monkeypatch.setattr("ptnotes.plots.figure.CJK_FONTS", ())
    figures._warn_of_fonts.cache_clear()
    yield
    figures._warn_of_fonts.cache_clear()


@pytest.fixture
def chinese():
    set_language("zh")
    yield
    set_language(None)


@pytest.mark.usefixtures("no_cjk_font")
def test_letters_without_a_font(recwarn):
    names = ["plain", "ü", "实验", "a\x1b[0m\n", "b\udcc3\udcbc\udcff", "\ud800"]
    with pytest.warns(PtnotesWarning, match="install"):
        texts, family = drawable(names)
    assert drawable(names)[0] == texts and not recwarn.list  # said once
    assert texts[:2] == ["plain", "ü"]
    assert texts[2] == r"\u5b9e\u9a8c"
    assert texts[3] == r"a\x1b[0m\n"
    assert texts[4:] == ["bü�", r"\ud800"]
    assert not set(family or ()) & installed
    assert drawable(["plain"]) == (["plain"], None)


@pytest.mark.usefixtures("no_cjk_font", "chinese")
def test_labels_without_a_font():
    with pytest.warns(PtnotesWarning, match="install"):
        assert label("epoch") == "epoch"


@pytest.mark.skipif(not installed, reason="needs a font with Chinese letters")
@pytest.mark.usefixtures("chinese")
def test_labels_with_a_font():
    assert label("epoch") == "轮"
    assert label("$\\epsilon$") == "$\\epsilon$"


@pytest.mark.skipif(not installed, reason="needs a font with Chinese letters")
@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_letters_with_a_font(tmp_path, ending, recwarn):
    texts, family = drawable(["实验", "run"])
    assert texts == ["实验", "run"]
    figure = new_figure(2, 2)
    figure.suptitle(texts[0], fontfamily=family)
    figure.savefig(tmp_path / f"x.{ending}")  # warns of every missing glyph
    assert not recwarn.list
