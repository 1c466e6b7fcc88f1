"""The examples of the pages say what they say: python docs/executed.py mends them."""

import re

import pytest

from tests.documentation import ROOT, script

pytestmark = pytest.mark.docs

executed = script("executed")


def has_examples(path):
    return executed.EXAMPLE.search(path.read_text(encoding="utf-8"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    [path for path in executed.PAGES if has_examples(path)],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_examples(path):
    written = path.read_text(encoding="utf-8")
    again = executed.Page(path).made_again()
    assert executed.same(written, again), executed.difference(written, again)


@pytest.fixture
def page(tmp_path):
    def made_again(text):
        path = tmp_path / "page.md"
        path.write_text(text, encoding="utf-8")
        return executed.Page(path).made_again()

    return made_again


CONSOLE = "```console\n$ ptnotes losses --logits 2,1,-1 --target 0 | head -8\n{}```\n"


def test_console(page):
    """Made again, and a number that was changed is another."""
    made = page(CONSOLE.format("something else\n"))
    assert not executed.same(CONSOLE.format("something else\n"), made)
    assert executed.same(page(made), made)
    number = re.search(r"0\.\d{4}", made)[0]
    assert not executed.same(made.replace(number, f"{float(number) * 1.02:.4f}"), made)


def test_python(page):
    """Output and exception; what runs first is not shown."""
    before = "<!-- before:\nname = 'x'\n-->\n\n"
    code = "```python\nprint(name)\n1 / 0\n```\n\n```text\n```\n"
    assert page(before + code) == before + code.replace(
        "```text\n", "```text\nx\nZeroDivisionError: division by zero\n"
    )
    with pytest.raises(SystemExit, match="ZeroDivisionError"):
        page("```python\n1 / 0\n```\n")


def test_excerpts_are_in_their_files(page):
    line = "criterion = nn.MSELoss()\n"
    page(f"```python\n# ptnotes/topics/linreg.py\n{line}```\n")
    with pytest.raises(SystemExit, match=r"linreg\.py"):
        page(f"```python\n# ptnotes/topics/linreg.py\n{line.replace('MSE', 'BCE')}```\n")


@pytest.mark.parametrize(
    ("old", "new", "alike"),
    [
        ("took 1.2 s", "took 13 s", True),
        ("loss 1.20", "loss 1.201", True),
        ("loss 1.20", "loss 1.22", False),
        ("bias 3e-08", "bias -7e-09", True),
        ("on 2026-11-27", "on 2027-01-01", True),
        ("(1 thread)", "(8 threads)", True),
        ("epoch  loss  train s\n1  0.5  1.3", "epoch  loss  train s\n1  0.5  9.9", True),
        ("epoch  loss  train s\n1  0.5  1.3", "epoch  loss  train s\n1  0.6  1.3", False),
        ("wall seconds  1.3", "wall seconds  9.9", True),
        ("three rows", "three columns", False),
        ("1 2", "1", False),
    ],
)
def test_what_may_differ(old, new, alike):
    assert executed.same(old, new) == alike


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "zh").glob("*.md")), ids=lambda p: p.name)
def test_both_languages_have_the_same_code(page):
    english = ROOT / "docs" / page.name
    blocks = [
        re.findall(r"^```python\n.*?^```$", path.read_text(encoding="utf-8"), re.DOTALL | re.M)
        for path in (english, page)
    ]
    assert blocks[0] == blocks[1]
