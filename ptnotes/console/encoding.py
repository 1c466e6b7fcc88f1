"""Characters that an output's encoding lacks, replaced by ones that it has."""

import codecs

HANDLER = "ptnotes"
# the first that the encoding has; GBK has √ and ×, and ASCII neither
SUBSTITUTES = {
    **{"✓": "√+", "✗": "×x", "✎": "※*", "★": "☆*", "▼": "v", "▲": "^", "•": "·*", "·": "."},
    **{"−": "-", "—": "-", "…": "~", "→": ">", "←": "<", "⌊": "[", "⌋": "]"},
    **{"×": "x", "±": "~", "≤": "<", "≥": ">", "≈": "~", "²": "2", "³": "3", "░": ".", "▒": "+"},
    **dict.fromkeys("▓█▀▄", "#"),
    **{"━": "=", "─": "-"},
    **dict.fromkeys("│┃", "|"),
    **dict.fromkeys("╭╮╰╯┌┐└┘├┤┬┴┼", "+"),
    **dict(zip("▁▂▃▄▅▆▇", ".:-=+*%", strict=True)),
}


def _replace(error: UnicodeError) -> tuple[str, int]:
    """A handler of encoding errors: a substitute, else a backslash escape."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    found = []
    for each in error.object[error.start : error.end]:
        for substitute in SUBSTITUTES.get(each, ""):
            try:
                substitute.encode(error.encoding)
            except UnicodeEncodeError:
                continue
            found.append(substitute)
            break
        else:
            found.append(each.encode("ascii", "backslashreplace").decode())
    return "".join(found), error.end


codecs.register_error(HANDLER, _replace)
