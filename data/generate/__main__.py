"""Write the sample data: ``python -m data.generate [--out DIR]``."""

import argparse
import gzip
import hashlib
import io
from pathlib import Path

from . import diabetes, digits, names

SAMPLE = Path(__file__).parents[1] / "sample"


def contents() -> dict[str, bytes]:
    """Every file's content by its path, without the .gz."""
    return names.files() | diabetes.files() | digits.files()


def compress(content: bytes) -> bytes:
    """Gzip with neither time nor name, so that the same zlib always gives the same bytes."""
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=packed, mtime=0) as file:
        file.write(content)
    return packed.getvalue()


def write(directory: Path) -> None:
    """All files, gzipped, and SHA256SUMS."""
    sums = {}
    for name, content in contents().items():
        path = directory / f"{name}.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        packed = compress(content)
        path.write_bytes(packed)
        sums[f"{name}.gz"] = hashlib.sha256(packed).hexdigest()
    lines = [f"{sums[name]}  {name}\n" for name in sorted(sums)]
    (directory / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write the sample data.")
    parser.add_argument("--out", type=Path, default=SAMPLE, help="where (default: data/sample)")
    write(parser.parse_args().out)
