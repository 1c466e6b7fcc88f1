"""The pages' pictures are what their commands draw: python docs/pictures.py NAME mends one."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
if not (ROOT / "docs").exists():
    pytest.skip("needs the checkout", allow_module_level=True)
pytestmark = pytest.mark.docs

spec = importlib.util.spec_from_file_location("pictures", ROOT / "docs" / "pictures.py")
pictures = importlib.util.module_from_spec(spec)
spec.loader.exec_module(pictures)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Glyph")  # without a Chinese font
@pytest.mark.parametrize("name", pictures.COMMANDS)
def test_picture(name, tmp_path):
    drawn = pictures.draw(name, tmp_path)
    assert pictures.alike(drawn, pictures.PLACE / f"{name}.png")


def test_another_curve_is_another_picture(tmp_path, monkeypatch):
    monkeypatch.setitem(pictures.COMMANDS, "linreg", "linreg --recipe tuned --lr 0.03")
    drawn = pictures.draw("linreg", tmp_path)
    assert not pictures.alike(drawn, pictures.PLACE / "linreg.png")
    assert pictures.alike(drawn, drawn)
