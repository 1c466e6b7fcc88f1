"""Every command line of the pages has options that there are."""

import re
import shlex

import pytest

from tests.documentation import script

pytestmark = pytest.mark.docs

PAGES = script("executed").PAGES
ENDS = {"&&", "||", "|", ";", ">", "2>", "<"}


def commands(text):
    """The arguments of each ``ptnotes`` in blocks of bash."""
    for block in re.findall(r"```bash\n(.*?)```", text, re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            starts = [at + 1 for at, word in enumerate(words) if word == "ptnotes"]
            for start in starts:
                rest = words[start:]
                end = next((at for at, word in enumerate(rest) if word in ENDS), len(rest))
                yield rest[:end]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_options_are_there(page, cli):
    """--help ends a command after its options are parsed."""
    for arguments in commands(page.read_text(encoding="utf-8")):
        done = cli(*arguments, "--help")
        assert done.exit_code == 0, (arguments, done.output)


def test_a_renamed_option_is_found(cli):
    (arguments,) = commands("```bash\nptnotes mnist --architecture cnn  # a network\n```")
    assert arguments == ["mnist", "--architecture", "cnn"]
    assert cli(*arguments, "--help").exit_code == 2


def test_the_pages_have_commands():
    found = [each for page in PAGES for each in commands(page.read_text(encoding="utf-8"))]
    assert len(found) > 80
