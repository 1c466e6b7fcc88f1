"""What --help says of the defaults is what the recipes have."""

import pytest

from ptnotes.topics import TRAINED, module
from ptnotes.topics.defaults import DEFAULTS


def written(value):
    match value:
        case bool():
            return "yes" if value else "no"
        case str():
            return value
        case int():
            return f"{value:,}"
    return f"{value:g}"


def described(values):
    low, high = written(min(values)), written(max(values))
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
