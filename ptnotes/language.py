"""The language of the screen: the English texts in the code, or their Chinese ones in zh.json.

A text is written in English where it is used, and translated where it is shown. What varies in it,
such as a number or a name, stands as ``{}`` in the catalogue; in Chinese, where the order is
another, as ``{0}`` and ``{1}``.
"""

import json
import locale
import os
import re
from contextvars import ContextVar
from functools import cache, lru_cache
from importlib.resources import files

LANGUAGES = ("en", "zh")
VARIABLE = "PTNOTES_LANG"
LONGEST = 1000  # characters of a text with holes: finding what fills them takes longer than in line
_current: ContextVar[str | None] = ContextVar("language", default=None)


def set_language(language: str | None) -> None:
    """Show texts in one of LANGUAGES from now on; None is the user's own."""
    _current.set(language)


def language() -> str:
    """The one that was set, else PTNOTES_LANG's, else the locale's, else English."""
    return _current.get() or of_environment()


def of_environment() -> str:
    """PTNOTES_LANG's language, else the locale's; English where it is none of LANGUAGES."""
    chosen = os.environ.get(VARIABLE)
    if chosen is None:
        names = (os.environ.get(each) for each in ("LC_ALL", "LC_MESSAGES", "LANG"))
        chosen = next(filter(None, names), None) or locale.getlocale()[0] or ""
    return "zh" if chosen.lower().startswith(("zh", "chinese")) else "en"


def translate(text: str) -> str:
    """The text in the language of the screen; in English if the catalogue doesn't have it."""
    if language() == "en" or not text:
        return text
    return lookup(text) or text


def translate_phrase(text: str) -> str:
    """A text that may be data: of several words it is translated, a single one is a name."""
    return translate(text) if " " in text else text


@lru_cache(maxsize=4096)
def lookup(text: str) -> str | None:
    """A text's Chinese, or None."""
    if "{}" not in text and text in (known := catalogue()):
        return known[text]
    if len(text) > LONGEST:
        return None
    for pattern, chinese in _patterns():
        if found := pattern.fullmatch(text):
            return chinese.format(*map(_filled, found.groups()))
    return None


def _filled(value: str) -> str:
    """What is put in may be a text too, as in an error that quotes another; a word is a name."""
    return (lookup(value) if " " in value else None) or value


@cache
def catalogue() -> dict[str, str]:
    """English → Chinese."""
    text = files("ptnotes").joinpath("zh.json").read_text(encoding="utf-8")
    groups: dict[str, dict[str, str]] = json.loads(text)
    return {english: chinese for group in groups.values() for english, chinese in group.items()}


@cache
def _patterns() -> list[tuple["re.Pattern[str]", str]]:
    """Those with holes, the longest first: the most of a text is fixed in it."""
    holed = sorted((each for each in catalogue() if "{}" in each), key=len, reverse=True)
    return [
        (re.compile("(.+?)".join(map(re.escape, each.split("{}"))), re.DOTALL), catalogue()[each])
        for each in holed
    ]
