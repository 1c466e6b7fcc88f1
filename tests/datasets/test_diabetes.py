import gzip

import pytest

from ptnotes.datasets import diabetes
from ptnotes.errors import DataError
from tests.conftest import write_csv

GOOD = "0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,1"


def test_real(real_data):
    x, y = diabetes.read(real_data)
    assert x.shape == (759, 8)
    assert y.shape == (759, 1)
    assert int(y.sum()) == 496
    glucose = x[:, 1]
    assert glucose[y[:, 0] == 1].mean() < glucose[y[:, 0] == 0].mean()


@pytest.mark.parametrize(
    "row",
    [
        "0.1,0.2,0.3,0.4,0.5,0.6,0.7,1",  # a column is missing
        GOOD + ",9",
        GOOD.replace("0.3", "abc"),
        GOOD.replace("0.3", ""),
        GOOD.replace("0.3", "nan"),
        GOOD.replace("0.3", "inf"),
        GOOD[:-1] + "2",
    ],
)
def test_bad_row_is_named(tmp_path, row):
    write_csv(tmp_path / diabetes.FILE, [GOOD, row])
    with pytest.raises(DataError, match="line 2"):
        diabetes.read(tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"", gzip.compress(b""), b"plain text", gzip.compress(GOOD.encode() * 99)[:-9]],
    ids=["empty", "packed nothing", "not packed", "cut off"],
)
def test_unreadable_file(tmp_path, content):
    (tmp_path / diabetes.FILE).write_bytes(content)
    with pytest.raises(DataError, match=diabetes.FILE):
        diabetes.read(tmp_path)


def test_not_text(tmp_path):
    (tmp_path / diabetes.FILE).write_bytes(gzip.compress(b"\xff\xfe\x00\x80"))
    with pytest.raises(DataError, match="can't be read"):
        diabetes.read(tmp_path)
