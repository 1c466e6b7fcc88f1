import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptnotes.quantities import with_deviation, written


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("test_accuracy", 0.98765, "98.77%"),
        ("train_loss", 0.123456, "0.1235"),
        ("train_loss", 1.5e-7, "1.50e-07"),
        ("wall_seconds", 3.14159, "3.14"),
        ("parameters", 576810, "576,810"),
        ("parameters", 8490, "8490"),
        ("seed", 4294967295, "4294967295"),
        ("solved", True, "True"),
        ("text", "ohlol", "ohlol"),
        ("best", {"epoch": 3, "test_accuracy": 0.5}, "epoch 3, test accuracy 50.00%"),
    ],
)
def test_one_format_for_a_quantity(name, value, text):
    assert written(name, value) == text


@pytest.mark.parametrize(
    ("mean", "deviation", "text"),
    [
        (0.992341, 0.000684, "99.234% ± 0.068%"),
        (0.7638, 0.0355, "76.4% ± 3.5%"),
        (0.5, 0.0, "50.00% ± 0.00%"),
    ],
)
def test_as_many_digits_as_the_deviation_bears(mean, deviation, text):
    assert with_deviation("test_accuracy", mean, deviation) == text


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(0, allow_infinity=False))
def test_any_deviation_is_written(mean, deviation):
    assert " ± " in with_deviation("loss", mean, deviation)
