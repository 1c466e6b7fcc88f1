"""Light and dark figures."""

import numpy as np
import pytest
from PIL import Image

from ptnotes.language import set_language
from ptnotes.plots import theme
from ptnotes.plots.curves import curve
from ptnotes.plots.figure import new_figure, save
from tests.plots.test_curves import history
from tests.plots.test_figure import installed


def luminance(colour):
    from matplotlib.colors import to_rgb

    linear = [
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4
        for each in to_rgb(colour)
    ]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def contrast(one, other):
    """As WCAG 2 defines it: from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", theme.THEMES)
def test_contrast(name):
    ground = theme.GROUNDS[name]
    assert contrast(theme.TEXTS[name], ground) > 7
    for role in (theme.TRAIN, theme.TEST, theme.BEST):
        assert contrast(theme.CYCLES[name][int(role[1])], ground) > 3
    with theme.applied(name):
        assert contrast(theme.muted(), ground) > 4.5
        for share in (0.0, 0.3, 0.5, 1.0):
            for colours in (theme.scale(theme.TEST), theme.grey_scale()):
                cell = colours(share)
                assert contrast(theme.text_on(cell), cell) > 3


@pytest.mark.parametrize("name", theme.THEMES)
def test_background(tmp_path, name):
    save(theme.drawn(name, curve, history(0), "x"), tmp_path / "x.png")
    with Image.open(tmp_path / "x.png") as image:
        corner = image.convert("RGB").getpixel((0, 0))
        assert image.info["dpi"][0] == pytest.approx(200, abs=1)
        assert image.width >= 800
    assert "#{:02X}{:02X}{:02X}".format(*corner) == theme.GROUNDS[name]


def test_settings_are_put_back():
    from matplotlib import rcParams

    before = dict(rcParams)
    with theme.applied("dark"):
        assert dict(rcParams) != before
    assert dict(rcParams) == before


def test_no_such_theme():
    with pytest.raises(ValueError, match="light, dark"):
        theme.check_theme("blue")


@pytest.mark.skipif(not installed, reason="needs a font with Chinese letters")
@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_chinese_letters_in_any_text(tmp_path, ending, recwarn):
    """Of a figure that knows nothing of fonts."""

    def draw():
        figure = new_figure(2, 2)
        figure.subplots().set_xlabel("轮")
        return figure

    set_language("zh")
    try:
        theme.drawn("light", draw).savefig(tmp_path / f"x.{ending}")  # warns of missing glyphs
    finally:
        set_language(None)
    assert not recwarn.list
