import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptnotes.console.encoding import HANDLER


@pytest.mark.parametrize(
    ("encoding", "text", "shown"),
    [
        ("gbk", "✓ 手写数字 − ŷ", "√ 手写数字 - \\u0177"),
        ("ascii", "✓ ✗ × │", "+ x x |"),
        ("latin-1", "✗ ×", "× ×"),
        ("utf-8", "✓ \udce9", "✓ \\udce9"),
    ],
)
def test_a_character_that_the_encoding_has_not(encoding, text, shown):
    assert text.encode(encoding, HANDLER).decode(encoding) == shown


@given(st.text(), st.sampled_from(["ascii", "gbk", "cp437", "cp936", "latin-1", "utf-8", "big5"]))
def test_nothing_fails(text, encoding):
    text.encode(encoding, HANDLER)
