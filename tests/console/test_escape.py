from hypothesis import given
from hypothesis import strategies as st

from ptnotes.console.escape import printable


@given(st.text(st.characters(codec=None)))
def test_printable(text):
    found = printable(text)
    assert found.isprintable()
    found.encode()  # no lone surrogates
    if text.isprintable():
        assert found == text


def test_by_hand():
    assert printable("Müller\x1b[0m\n\udcff") == r"Müller\x1b[0m\n\udcff"
