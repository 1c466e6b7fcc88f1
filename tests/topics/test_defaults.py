"""What --help says of the defaults is what the recipes have."""

import pytest

from ptnotes.topics import TRAINED, module
from ptnotes.topics.defaults import DEFAULTS


def described(values):
    low, high = (
        f"{each:,}" if isinstance(each, int) else f"{each:g}" for each in (min(values), max(values))
    )
    return low if low == high else f"{low} to {high}"


@pytest.mark.parametrize("topic", TRAINED)
def test_defaults(topic):
    recipes = {
        name: list(found.values()) if isinstance(found, dict) else [found]
        for name, found in module(topic).RECIPES.items()
    }
    for field, text in DEFAULTS[topic].items():
        notes, tuned = (
            described([getattr(each, field) for each in recipes[name]])
            for name in ("notes", "tuned")
        )
        assert text == (notes if notes == tuned else f"{notes} (notes), {tuned} (tuned)")
