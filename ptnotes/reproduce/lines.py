"""On which line of a TOML file a key stands: tomllib's values don't say it."""

import tomllib
from collections.abc import Iterator
from typing import Any

Place = tuple[str | int, ...]  # keys, and the number of a table in an array of them: ("run", 2)


class Lines:
    """The lines of a TOML text's keys and tables, from 1. Raises tomllib.TOMLDecodeError."""

    def __init__(self, text: str) -> None:
        tomllib.loads(text)  # what follows takes it for valid
        self._found: dict[Place, int] = {}
        self._tables: dict[Place, int] = {}
        above: Place = ()
        for line, content in _statements(text):
            if content.lstrip().startswith("["):
                above = self._header(tomllib.loads(content), line)
            else:
                self._add(tomllib.loads(content), above, line)

    def of(self, *place: str | int) -> int:
        """The line of a key; of what isn't there, that of the table in which it would be."""
        while place and place not in self._found:
            place = place[:-1]
        return self._found.get(place, 1)

    def _header(self, table: dict[str, Any], line: int) -> Place:
        """``[a.b]`` or ``[[a.b]]``: the place of the table, in the last one of an array."""
        place: Place = ()
        value: Any = table
        while value:
            (name, value), *_ = value.items()
            place = (*place, name)
            if isinstance(value, list):  # [[a]] is {"a": [{}]}
                self._tables[place] = self._tables.get(place, -1) + 1
                value = None
            if place in self._tables:
                place = (*place, self._tables[place])
        self._found.setdefault(place, line)
        return place

    def _add(self, value: Any, place: Place, line: int) -> None:
        """All keys of a statement stand on its first line."""
        if place:
            self._found.setdefault(place, line)
        items: Any = ()
        if isinstance(value, dict):
            items = value.items()
        elif isinstance(value, list):
            items = enumerate(value)
        for name, each in items:
            self._add(each, (*place, name), line)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Each ``key = value`` and header of a valid TOML text with its first line.

    A statement goes over several lines only within brackets or quotes, so that a part of it is no
    valid TOML, and the shortest piece that is one is a whole statement.
    """
    first, piece = 1, ""
    for number, line in enumerate(text.split("\n"), 1):
        if not piece:
            first = number
        piece += line + "\n"
        try:
            found = tomllib.loads(piece)
        except tomllib.TOMLDecodeError:
            continue
        if found:
            yield first, piece
        piece = ""
