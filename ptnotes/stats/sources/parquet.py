"""Images in the rows of parquet files, as data sets on the Hugging Face hub have them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ptnotes.errors import DataError
from ptnotes.stats.decode import describe_error
from ptnotes.stats.extras import require
from ptnotes.stats.items import Content, Item, check_encoded
from ptnotes.stats.sources.files import ImageSource, Wanted
from ptnotes.stats.sources.named import listed

MAX_GROUP = 1 << 30  # bytes that the images of a row group unpack to, as the file declares
MAX_ROWS = 1 << 24  # of a row group
# a dictionary's value may stand in every row: rows read at once, times all that a group unpacks to
MAX_READ = 1 << 28
ROWS_AT_ONCE = 64


def parquet(path: Path, key: str | None) -> ImageSource:
    """The images of a column: ``key``, or the only one of images. Raises DataError."""

    def names() -> Iterator[str]:
        with _opened(path) as file:
            yield from (f"row {row}" for row in range(_rows(path, file.metadata)))

    def items(wanted: Wanted) -> Iterator[Item]:
        with _opened(path) as file:
            column, leaf = _column(path, file.schema_arrow, key)
            _rows(path, file.metadata)
            start = 0
            for group in range(file.metadata.num_row_groups):
                count = file.metadata.row_group(group).num_rows
                rows = range(start, start + count)
                chosen = bytearray(wanted(row, f"row {row}") for row in rows)
                if any(chosen):
                    contents = _contents(path, file, group, column, leaf)
                    for row, is_wanted, content in zip(rows, chosen, contents, strict=True):
                        if is_wanted:
                            yield Item(f"row {row}", content)
                start += count

    with _opened(path) as file:
        _column(path, file.schema_arrow, key)
    return ImageSource(f"{path} (it has no rows)", names, items)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """As a ParquetFile. What pyarrow raises meanwhile becomes a DataError."""
    pq = require(str(path), "parquet", "pyarrow.parquet")
    try:
        with open(path, "rb") as file:
            yield pq.ParquetFile(file, pre_buffer=False, buffer_size=1 << 20)
    except DataError:
        raise
    except Exception as error:  # pyarrow's own, OSError, MemoryError
        raise DataError(f"{path} can't be read: {describe_error(error)}") from error


def _rows(path: Path, metadata: Any) -> int:
    """How many there are, by row groups. Raises DataError for more than are held in memory."""
    counts = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
    if counts and not 0 <= min(counts) <= max(counts) <= MAX_ROWS:
        raise DataError(
            f"{path} has a row group of {max(counts)} rows, and {MAX_ROWS} are the most"
        )
    return sum(counts)


def _column(path: Path, schema: Any, key: str | None) -> tuple[str, str]:
    """The column of the images and the path of its bytes in the file."""
    pa = require(str(path), "parquet", "pyarrow")

    def is_binary(kind: Any) -> bool:
        return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))

    structs, binaries = {}, {}
    for field in schema:
        kind = field.type
        if pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
            if is_binary(kind.field("bytes").type):
                structs[field.name] = f"{field.name}.bytes"
        elif is_binary(kind):
            binaries[field.name] = field.name
    everything = structs | binaries
    if key is not None:
        if key not in everything:
            raise DataError(
                f"{path} has no column {key} of images; of bytes are {listed(everything)}"
            )
        return key, everything[key]
    kinds = _features(schema)
    declared = {name for name in everything if kinds.get(name) == "Image"}
    others = {name for name in everything if kinds.get(name, "Image") == "Image"}
    found = sorted(declared or (others & structs.keys()) or others)
    if not found:
        raise DataError(f"{path} has no column of images; its columns are {listed(schema.names)}")
    if len(found) > 1:
        raise DataError(
            f"{path} has {len(found)} columns of images ({listed(found)}); "
            "--key says which one to read"
        )
    return found[0], everything[found[0]]


def _features(schema: Any) -> dict[str, str]:
    """What the columns are by the file's own account, where datasets wrote it."""
    try:
        features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
        return {name: str(feature["_type"]) for name, feature in features.items()}
    except (KeyError, TypeError, ValueError, AttributeError):
        return {}


def _contents(path: Path, file: Any, group: int, column: str, leaf: str) -> Iterator[Content]:
    """The encoded images of a row group, in order, a few rows at once."""
    metadata = file.metadata.row_group(group)
    chunks = (metadata.column(index) for index in range(metadata.num_columns))
    size = next(chunk for chunk in chunks if chunk.path_in_schema == leaf).total_uncompressed_size
    if size > max(MAX_GROUP, path.stat().st_size):
        raise DataError(
            f"{path} has a row group that unpacks to {size >> 20} MB, and {MAX_GROUP >> 20} MB "
            "are the most"
        )
    rows = min(ROWS_AT_ONCE, max(1, MAX_READ // max(size, 1)))
    for batch in file.iter_batches(rows, row_groups=[group], columns=[leaf], use_threads=False):
        array = batch.column(0)
        if leaf != column:
            array = array.field("bytes")
        for value in array:
            yield _content(value)


def _content(value: Any) -> Content:
    if not value.is_valid:
        return DataError("its bytes are not in the file")
    try:
        buffer = value.as_buffer()
        check_encoded(buffer.size)
        return bytes(buffer)
    except DataError as error:
        return error
