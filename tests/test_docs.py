"""The documentation says what the code does."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
if not (ROOT / "docs").exists():
    pytest.skip("needs the checkout", allow_module_level=True)

spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
assert spec is not None
assert spec.loader is not None
generate = importlib.util.module_from_spec(spec)
spec.loader.exec_module(generate)


@pytest.mark.parametrize("name", generate.PAGES)
def test_generated_page_is_current(name):
    page = (generate.DOCS / name).read_text(encoding="utf-8")
    if name == "commands.md" and generate.TYPER not in page:
        pytest.skip(f"the page is not of {generate.TYPER}, which may lay help out otherwise")
    assert page == generate.PAGES[name]()


@pytest.mark.parametrize("command", generate.commands())
def test_every_command_has_its_page_and_its_row(command):
    assert (ROOT / "docs" / f"{command}.md").exists()
    assert f"docs/{command}.md" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_pages_show_their_pictures():
    """Each as the script makes it, and small: a checkout holds them all."""
    pictures = sorted((ROOT / "docs" / "images").glob("*.png"))
    script = (ROOT / "docs" / "pictures.py").read_text(encoding="utf-8")
    assert len(pictures) > 10
    for each in pictures:
        page = (ROOT / "docs" / f"{each.stem}.md").read_text(encoding="utf-8")
        assert f'src="images/{each.name}"' in page
        assert f'"{each.stem}": "{each.stem}' in script
        assert each.stat().st_size <= 60_000
