"""What a figure should be."""

import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptnotes.reproduce.expectation import parse

NUMBERS = st.floats(-1e6, 1e6)
COMPARE = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
}
SPACES = st.sampled_from(["", " ", "  "])


@given(st.sampled_from(sorted(COMPARE)), NUMBERS, NUMBERS, SPACES)
def test_comparisons(sign, bound, value, space):
    expectation = parse("test_loss", f"{space}{sign}{space}{bound!r}{space}")
    for each in (value, bound):
        assert expectation.is_met(each) == COMPARE[sign](each, bound)


@given(NUMBERS, NUMBERS, NUMBERS, SPACES)
def test_bands(one, other, value, space):
    low, high = sorted((one, other))
    expectation = parse("test_loss", f"{low!r}{space}..{space}{high!r}")
    assert expectation.is_met(value) == (low <= value <= high)
    assert expectation.is_met(low)
    assert expectation.is_met(high)
    assert expectation.ends() == (low, high)
    if low < high:
        with pytest.raises(ValueError, match="first number is larger"):
            parse("test_loss", f"{high!r}..{low!r}")


@pytest.mark.parametrize(
    "text",
    [
        *("", "0.9", "~ 0.9", "=> 0.9", "= 0.9", ">= nan", ">= 1e999", ">= 0.9 or so", ">= 0,9"),
        *("0.1..", "..1", "0.1...0.2", ">= 90%", 0.9, True, ["> 1"]),
    ],
)
def test_none_of_the_forms(text):
    with pytest.raises(ValueError, match="test_accuracy"):
        parse("test_accuracy", text)


@given(st.text())
def test_any_text_is_parsed_or_refused(text):
    try:
        expectation = parse("test_loss", text)
    except ValueError:
        return
    assert expectation.bounds


@pytest.mark.parametrize(
    ("measure", "text", "shown"),
    [
        ("test_accuracy", ">= 0.985", "≥ 98.5%"),
        ("test_accuracy", "0.97..0.9773", "97%–97.73%"),
        ("test_accuracy", ">= 0.98765", "≥ 98.765%"),
        ("test_loss", "< 0.05", "< 0.05"),
        ("solved", "== 1", "= 1"),
    ],
)
def test_shown_with_all_digits(measure, text, shown):
    assert str(parse(measure, text)) == shown
