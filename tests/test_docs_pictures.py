"""The pages' pictures are what their commands draw: python docs/pictures.py NAME mends one."""

import pytest

from ptnotes.plots.figure import cjk_families
from tests.documentation import script

pytestmark = pytest.mark.docs

pictures = script("pictures")


@pytest.mark.slow
@pytest.mark.parametrize("name", pictures.COMMANDS)
def test_picture(name, tmp_path):
    if "--lang zh" in pictures.COMMANDS[name] and not cjk_families():
        pytest.skip("needs a Chinese font")
    drawn = pictures.draw(name, tmp_path)
    assert pictures.alike(drawn, pictures.PLACE / f"{name}.png")


def test_another_curve_is_another_picture(tmp_path, monkeypatch):
    monkeypatch.setitem(pictures.COMMANDS, "linreg", "linreg --recipe tuned --lr 0.03")
    drawn = pictures.draw("linreg", tmp_path)
    assert not pictures.alike(drawn, pictures.PLACE / "linreg.png")
    assert pictures.alike(drawn, drawn)
