"""The documentation says what the code does."""

import json
import re
import subprocess
import tomllib

import pytest

from ptnotes.verify.claims import CLAIMS
from tests.documentation import ROOT, script

pytestmark = pytest.mark.docs


generate, translations = script("generate"), script("translations")


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
        assert f'"{each.stem}": ' in script
        assert each.stat().st_size <= 60_000


@pytest.mark.parametrize("page", translations.PAGES)
def test_translations_are_in_step(page):
    """python docs/translations.py --mark PAGE, after the Chinese is right again."""
    assert translations.stale(page) == []


def test_a_changed_section_is_named(tmp_path, monkeypatch):
    """Of either language, and a mark that was renewed for an unchanged translation."""
    monkeypatch.setattr(translations, "ROOT", tmp_path)
    monkeypatch.setattr(translations, "PAGES", {"zh.md": "en.md"})
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org"]
    (tmp_path / "en.md").write_text("# A\n\none\n\n## B\n\ntwo\n", encoding="utf-8")
    (tmp_path / "zh.md").write_text("# 甲\n\n一\n\n## 乙\n\n二\n", encoding="utf-8")
    assert translations.stale("zh.md") == ["# 甲", "## 乙"]
    translations.mark("zh.md", unchanged=False)
    assert translations.stale("zh.md") == []
    for each in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run([*git, *each], cwd=tmp_path, check=True)
    english = (tmp_path / "en.md").read_text(encoding="utf-8")
    (tmp_path / "en.md").write_text(english.replace("two", "three"), encoding="utf-8")
    assert translations.stale("zh.md") == ["## 乙"]
    with pytest.raises(SystemExit, match="乙"):
        translations.mark("zh.md", unchanged=False)
    chinese = (tmp_path / "zh.md").read_text(encoding="utf-8")
    (tmp_path / "zh.md").write_text(chinese.replace("二", "三"), encoding="utf-8")
    assert translations.stale("zh.md") == ["## 乙"]
    translations.mark("zh.md", unchanged=False)
    assert translations.stale("zh.md") == []


def test_mistakes_are_claims_in_both_languages():
    pages = [
        (ROOT / name).read_text(encoding="utf-8")
        for name in ("docs/mistakes.md", "docs/zh/mistakes.md")
    ]
    known = {claim.id for claim in CLAIMS}
    found = [set(re.findall(r"`([a-z0-9]+(?:-[a-z0-9]+)+)`", page)) for page in pages]
    assert found[0] == found[1]
    assert len(found[0] & known) >= 10
    assert found[0] <= known
    blocks = [re.findall(r"```python\n.*?```", page, re.DOTALL) for page in pages]
    assert blocks[0] == blocks[1]
    numbers = [set(re.findall(r"\d+[.,]\d+", page)) for page in pages]
    assert numbers[0] == numbers[1]


@pytest.mark.parametrize(
    "page", [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")], ids=lambda page: page.name
)
def test_links_and_pictures_are_there(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text) + re.findall(
        r'src="([^":]+)"', text
    ):
        assert (page.parent / target).exists(), target


def test_citation_names_this_version():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"version: {project['version']}\n" in citation


def test_chinese_keeps_to_the_glossary():
    """None of the words of its last table, on a page or on the screen."""
    table = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").partition("| 不用 |")[2]
    avoided = re.findall(r"^\| (\w+) \| ", table, re.MULTILINE)
    assert len(avoided) > 5
    pages = [ROOT / "README.zh-CN.md", *(ROOT / "docs" / "zh").glob("*.md")]
    for path in [*pages, ROOT / "ptnotes" / "zh.json"]:
        text = path.read_text(encoding="utf-8")
        assert [word for word in avoided if word in text] == [], path


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md", "docs/mnist.md"])
def test_accuracies_are_those_that_were_measured(page):
    measured = json.loads((ROOT / "docs" / "measured" / "notes.json").read_text(encoding="utf-8"))
    text = (ROOT / page).read_text(encoding="utf-8")
    topics = {"mnist"} if "mnist" in page else {"mnist", "names"}
    cells = [cell for cell in measured["cells"] if cell["topic"] in topics]
    assert len(cells) >= 4
    for cell in cells:
        assert f"{100 * cell['mean']:.2f} %" in text, cell["run"]


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_means_of_thirty_seeds_are_those_that_were_measured(page):
    measured = json.loads((ROOT / "docs" / "measured" / "thirty.json").read_text(encoding="utf-8"))
    text = (ROOT / page).read_text(encoding="utf-8")
    for cell in measured["cells"]:
        if cell["topic"] in ("mnist", "names"):
            said = f"{100 * cell['mean']:.2f} % ± {100 * cell['std']:.2f}"
            assert said in text, cell["run"]
