"""Texts that are no UTF-8, whatever pandas stores strings in."""

import pandas as pd

from ptnotes.frames import frame


def test_names_that_are_no_utf_8():
    """On Linux a file's name is bytes; these come as lone surrogates."""
    names = ["\udcff.png", "a", "\ud800"]
    found = frame([(name, 1) for name in names], ("input", "count"))
    assert list(found["input"]) == names
    assert list(found["count"]) == [1, 1, 1]


def test_choice_of_the_storage_is_the_callers():
    before = pd.get_option("mode.string_storage")
    frame([], ("a",))
    assert pd.get_option("mode.string_storage") == before
