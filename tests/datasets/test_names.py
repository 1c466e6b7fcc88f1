import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptnotes.datasets import names
from ptnotes.errors import DataError
from tests.conftest import write_csv


@given(st.text())
def test_any_name_has_codes(name):
    codes = names.encode(name)
    assert codes
    assert all(0 < code < names.CHARACTERS for code in codes)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1))
def test_ascii_is_itself(name):
    assert names.encode(name) == [ord(character) for character in name]


@pytest.mark.parametrize(
    ("name", "ascii_name"), [("Müller", "Muller"), ("Dvořák", "Dvorak"), ("Nguyễn", "Nguyen")]
)
def test_accents_are_folded(name, ascii_name):
    assert names.encode(name) == names.encode(ascii_name)


def test_what_cannot_be_folded_is_unknown():
    assert names.encode("李") == [names.UNKNOWN]
    assert names.encode("") == [names.UNKNOWN]
    assert names.encode("a\tb") == [ord("a"), names.UNKNOWN, ord("b")]


@given(st.lists(st.text(), min_size=1, max_size=20))
def test_padding(texts):
    sequences = [names.encode(text) for text in texts]
    codes, lengths = names.pad(sequences)
    assert codes.shape == (len(texts), max(map(len, sequences)))
    for row, length, sequence in zip(codes, lengths, sequences, strict=True):
        assert row[:length].tolist() == sequence
        assert not row[length:].any()


def test_na_is_a_name(tmp_path):
    write_csv(tmp_path / "names_train.csv.gz", ['"NA","Korean"', '"Null","English"'])
    write_csv(tmp_path / "names_test.csv.gz", ['"nan","English"'])
    train, test, countries = names.read(tmp_path)
    assert countries == ["English", "Korean"]
    assert train.labels.tolist() == [1, 0]
    assert train.lengths.tolist() == [2, 4]
    assert test.labels.tolist() == [0]


def test_country_that_training_does_not_have(tmp_path):
    write_csv(tmp_path / "names_train.csv.gz", ["Kim,Korean"])
    write_csv(tmp_path / "names_test.csv.gz", ["Kim,Korean", "Doe,English"])
    with pytest.raises(DataError, match=r"line 2.*English"):
        names.read(tmp_path)


def test_real(real_data):
    train, test, countries = names.read(real_data)
    assert (len(train.labels), len(test.labels), len(countries)) == (13374, 6700, 18)
    majority = test.labels.bincount().max().item() / len(test.labels)
    assert majority == pytest.approx(0.468, abs=0.001)
