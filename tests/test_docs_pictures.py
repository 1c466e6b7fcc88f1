"""The pages' pictures are what their commands draw: python docs/pictures.py NAME mends one."""

import importlib.util
from pathlib import Path

import pytest

from ptnotes.plots.figure import cjk_families

ROOT = Path(__file__).parents[1]
if not (ROOT / "docs").exists():
    pytest.skip("needs the checkout", allow_module_level=True)
pytestmark = pytest.mark.docs

spec = importlib.util.spec_from_file_location("pictures", ROOT / "docs" / "pictures.py")
pictures = importlib.util.module_from_spec(spec)
spec.loader.exec_module(pictures)


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
