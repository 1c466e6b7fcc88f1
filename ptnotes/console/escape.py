"""Text from outside, made fit for a terminal."""


def printable(text: str) -> str:
    """Line breaks, control sequences and lone surrogates as backslash escapes."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )
