"""Files of tensors with a checksum in them; loading one executes nothing.

A .pt file is a zip archive, and a zip archive may end in a comment: here, the SHA-256 of all other
bytes. The zip's own CRCs leave its headers out. ``torch.load`` reads such a file like any other.
"""

import hashlib
import io
import os
import pickletools
import warnings
from collections.abc import Set
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile

import torch

from ptnotes.errors import DataError
from ptnotes.files import read_file

MARK = b"ptnotes sha256 "
LENGTH = len(MARK) + 64  # bytes of the comment
SIZE_OF_LENGTH = 2  # what the zip format gives its comment's length, right before it
# what the pickle of a state dict names
STATE_DICT = {
    "collections OrderedDict",
    "torch._utils _rebuild_tensor_v2",
    *(f"torch {kind}Storage" for kind in ("Float", "Double", "Half", "BFloat16")),
}


def save_checkpoint(value: Any) -> bytes:
    """The content of a .pt file that holds ``value``: plain values and tensors."""
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return with_checksum(buffer.getvalue())


def with_checksum(content: bytes) -> bytes:
    """A zip archive with its checksum; it ends in the length of its comment, which is 0."""
    comment = MARK + hashlib.sha256(content).hexdigest().encode()
    return content[:-SIZE_OF_LENGTH] + LENGTH.to_bytes(SIZE_OF_LENGTH, "little") + comment


def load_checkpoint(path: Path, *, allowed: Set[str] | None = None) -> Any:
    """The value in a file that ``save_checkpoint`` made, on the CPU.

    ``allowed``, such as STATE_DICT, is all that its pickle may name: of what torch takes for
    harmless, ``bytearray(10 ** 12)`` would fill the memory. Raises DataError if the file is
    missing, cut short, changed, or made by something else.
    """
    try:
        content = read_file(path)
    except OSError as error:
        raise DataError(f"{path} can't be read: {os.strerror(error.errno or 0)}") from error
    body, comment = content[:-LENGTH], content[-LENGTH:]
    if not comment.startswith(MARK):
        raise DataError(f"{path} was cut short, or was not written by ptnotes")
    original = body[:-SIZE_OF_LENGTH] + bytes(SIZE_OF_LENGTH)
    length = body[-SIZE_OF_LENGTH:]
    digest = hashlib.sha256(original).hexdigest().encode()
    if digest != comment[len(MARK) :] or length != LENGTH.to_bytes(SIZE_OF_LENGTH, "little"):
        raise DataError(f"{path} is damaged: its checksum is wrong")
    try:
        _check_archive(content, allowed)
        with warnings.catch_warnings(action="ignore"):
            return torch.load(io.BytesIO(content), weights_only=True, map_location="cpu")
    except Exception as error:  # its unpickler fails with whatever a damaged stream leads to
        raise DataError(f"{path} holds more than plain values and tensors") from error


def _check_archive(content: bytes, allowed: Set[str] | None) -> None:
    """torch compresses nothing; entries that are compressed, or share bytes, could fill the memory.

    Raises ValueError for these, and for what isn't allowed.
    """
    with ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        if any(entry.compress_type != ZIP_STORED for entry in entries):
            raise ValueError("compressed")
        if sum(entry.file_size for entry in entries) > len(content):
            raise ValueError("larger than the file")
        if allowed is None:
            return
        # torch finds entries whatever their case
        (pickle,) = (each for each in entries if each.filename.lower().endswith("data.pkl"))
        for code, value, _ in pickletools.genops(archive.read(pickle)):
            if "GLOBAL" in code.name and value not in allowed:
                raise ValueError(f"it names {value}")
