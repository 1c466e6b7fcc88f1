"""IDX files: read as their header says, or refused without a byte more in memory."""

import gzip
import os
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ptnotes.datasets.idx import MAX_UNPACKED, read_idx
from ptnotes.errors import DataError

MB = 1 << 20


def header(*shape):
    return struct.pack(f">4B{len(shape)}I", 0, 0, 8, len(shape), *shape)


@settings(max_examples=20)
@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=1, max_dims=4)))
def test_packed_and_unpacked(tmp_path_factory, array):
    directory = tmp_path_factory.mktemp("idx")
    content = header(*array.shape) + array.tobytes()
    (directory / "x-ubyte").write_bytes(content)
    (directory / "x-ubyte.gz").write_bytes(gzip.compress(content, 1))
    for name in ("x-ubyte", "x-ubyte.gz"):
        found = read_idx(directory / name, array.ndim)
        assert found.flags.writeable
        np.testing.assert_array_equal(found, array)


@settings(max_examples=60)
@given(st.binary(max_size=80), st.integers(0, 255), st.booleans())
def test_any_bytes_are_an_array_or_an_error(tmp_path_factory, content, dimensions, packed):
    path = tmp_path_factory.mktemp("idx") / ("x-ubyte.gz" if packed else "x-ubyte")
    begins = bytes([0, 0, 8, dimensions])
    for each in (content, begins + content, begins + struct.pack(">I", 1) * dimensions + b"x"):
        path.write_bytes(gzip.compress(each, 1) if packed else each)
        try:
            assert read_idx(path, dimensions).ndim == dimensions
        except DataError as error:
            assert path.name in str(error)


@pytest.fixture
def peak():
    """``peak(f)`` → the most bytes that Python and numpy held while ``f`` failed."""

    def measure(action):
        tracemalloc.start()
        try:
            with pytest.raises(DataError) as failed:
                action()
            return tracemalloc.get_traced_memory()[1], str(failed.value)
        finally:
            tracemalloc.stop()

    return measure


@pytest.mark.parametrize("name", ["x-ubyte", "x-ubyte.gz"])
def test_header_that_promises_more_than_memory_holds(tmp_path, peak, name):
    content = header(2**32 - 1, 2**32 - 1, 28) + bytes(784)
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    most, line = peak(lambda: read_idx(tmp_path / name, 3))
    assert most < 4 * MB
    assert name in line
    if name.endswith("gz"):
        assert f"{MAX_UNPACKED >> 20} MB" in line


def test_small_file_that_unpacks_to_a_lot(tmp_path, peak):
    with gzip.open(tmp_path / "x-ubyte.gz", "wb", 1) as file:
        file.write(header(2, 28, 28))
        for _ in range(64):
            file.write(bytes(MB))
    most, line = peak(lambda: read_idx(tmp_path / "x-ubyte.gz", 3))
    assert most < 4 * MB
    assert "promises" in line


def test_file_with_a_hole(tmp_path, peak):
    with open(tmp_path / "x-ubyte", "wb") as file:
        file.write(header(2, 28, 28))
        file.truncate(1 << 33)
    most, _ = peak(lambda: read_idx(tmp_path / "x-ubyte", 3))
    assert most < 4 * MB


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "x-ubyte")
    with pytest.raises(DataError, match="regular file"):
        read_idx(tmp_path / "x-ubyte", 3)
