"""Which Chinese sections are older than the English ones they were made from.

    python docs/translations.py                 lists them
    python docs/translations.py --mark PAGE     says that PAGE's changed sections are right now

Under each heading of a Chinese page stands a checksum of the English section and the Chinese one
together, so that it holds for neither if one of them changes. ``--mark`` renews those whose Chinese
has changed since the last commit; of others, ``--unchanged`` says that they needn't.
"""

import argparse
import hashlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = {"README.zh-CN.md": "README.md"}
PAGES |= {
    f"docs/zh/{page.name}": f"docs/{page.name}"
    for page in sorted((ROOT / "docs" / "zh").glob("*.md"))
}
# what docs/measured.py and docs/executed.py write is in step by itself
GENERATED = re.compile(
    r"(?<=-->\n)(?:(?!<!--).)*(?=<!-- end -->)|(?<=^```console\n).*?(?=^```$)",
    re.DOTALL | re.MULTILINE,
)
MARK = re.compile(r"<!-- in step: (\w*) -->\n+")


def sections(text: str) -> list[str]:
    """Each from its heading on; headings of code blocks are none."""
    found: list[list[str]] = []
    code = False
    for line in text.splitlines():
        code ^= line.startswith("```")
        if not code and re.match("#{1,2} ", line):
            found.append([])
        if found:
            found[-1].append(line)
    return ["\n".join(lines).strip() + "\n" for lines in found]


def pairs(page: str) -> Iterator[tuple[str, str, str]]:
    """(English, Chinese without its mark, the mark) of each section of a Chinese page."""
    english = sections((ROOT / PAGES[page]).read_text(encoding="utf-8"))
    chinese = sections((ROOT / page).read_text(encoding="utf-8"))
    if len(english) != len(chinese):
        raise SystemExit(f"{page} has {len(chinese)} sections, and {PAGES[page]} {len(english)}")
    for theirs, ours in zip(english, chinese, strict=True):
        mark = MARK.search(ours)
        yield theirs, plain(ours), mark[1] if mark else ""


def plain(section: str) -> str:
    """Without its mark, a blank line behind the heading."""
    heading, _, rest = MARK.sub("", section).partition("\n")
    return f"{heading}\n\n{rest.lstrip()}"


def checksum(english: str, chinese: str) -> str:
    written = (GENERATED.sub(_commands, section) for section in (english, chinese))
    return hashlib.sha256("\0".join(written).encode()).hexdigest()[:12]


def _commands(found: re.Match[str]) -> str:
    return "\n".join(line for line in found[0].splitlines() if line.startswith("$ "))


def stale(page: str) -> list[str]:
    """The Chinese headings of sections that are not in step."""
    return [ours.split("\n")[0] for en, ours, mark in pairs(page) if checksum(en, ours) != mark]


def mark(page: str, unchanged: bool) -> None:
    shown = ["git", "show", f"HEAD:{page}"]
    before = subprocess.run(shown, capture_output=True, text=True, cwd=ROOT).stdout
    old = {plain(section) for section in sections(before)}
    made = []
    for english, ours, was in pairs(page):
        found = checksum(english, ours)
        if found != was and ours in old and not unchanged:
            heading = ours.split("\n")[0]
            raise SystemExit(f"{page}: '{heading}' is as it was; translate it, or --unchanged")
        heading, _, rest = ours.partition("\n")
        made.append(f"{heading}\n<!-- in step: {found} -->\n{rest}")
    (ROOT / page).write_text("\n".join(made), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mark", metavar="PAGE", choices=PAGES)
    parser.add_argument("--unchanged", action="store_true")
    given = parser.parse_args()
    if given.mark:
        mark(given.mark, given.unchanged)
    for each in PAGES:
        for heading in stale(each):
            print(f"{each}: {heading}")
