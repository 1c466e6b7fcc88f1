"""Small data sets made here, in the real formats, and the command line in process."""

import gzip
import json
import os
import socket
import struct
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

if "PYTEST_XDIST_WORKER" in os.environ:  # workers share the cores: a tenth of the time
    os.environ.setdefault("OMP_NUM_THREADS", "1")

from ptnotes.engine.runtime import configure_allocator

configure_allocator()  # as the command line does it: before torch is imported

import torch  # noqa: E402
from hypothesis import settings  # noqa: E402
from typer.main import get_command  # noqa: E402
from typer.testing import CliRunner  # noqa: E402

settings.register_profile("no deadline", deadline=None)  # the first call of torch takes a second
settings.load_profile("no deadline")

os.environ["PTNOTES_LANG"] = "en"  # whatever the locale
REAL_DATA = os.environ.pop("PTNOTES_DATA", None)  # only the tests that ask for it see it


@pytest.fixture
def real_data() -> Path:
    if REAL_DATA is None:
        pytest.skip("needs the real data: set PTNOTES_DATA to its directory")
    return Path(REAL_DATA)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    look_up = socket.getaddrinfo

    def loopback_only(host: Any, *arguments: Any, **options: Any) -> Any:
        if host not in ("127.0.0.1", "localhost"):
            raise socket.gaierror(f"{host}: no network in tests")
        return look_up(host, *arguments, **options)

    monkeypatch.setattr("socket.getaddrinfo", loopback_only)


@pytest.fixture(autouse=True)
def same_threads() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def write_idx(path: Path, array: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    header = struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    path.write_bytes(header + array.astype(np.uint8).tobytes())


def write_csv(path: Path, rows: list[str]) -> None:
    path.write_bytes(gzip.compress(("\n".join(rows) + "\n").encode()))


def _digits(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Noise, and a bright 6x6 block whose place is the label."""
    labels = np.arange(count) % 10
    images = rng.integers(0, 60, (count, 28, 28))
    for image, label in zip(images, labels, strict=True):
        top, left = 2 + 12 * (label // 5), 1 + 5 * (label % 5)
        image[top : top + 6, left : left + 6] += 190
    return images, labels


@pytest.fixture(scope="session")
def small_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory: 640 + 130 digits, 100 diabetes rows, 300 + 60 names of 3 countries."""
    directory = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    for split, count in (("train", 640), ("t10k", 130)):
        images, labels = _digits(count, rng)
        write_idx(directory / f"MNIST/raw/{split}-images-idx3-ubyte", images)
        write_idx(directory / f"MNIST/raw/{split}-labels-idx1-ubyte", labels)
    features = rng.uniform(-1, 1, (100, 8)).round(4)
    labels = (features[:, 1] < 0.3).astype(int)
    write_csv(
        directory / "diabetes.csv.gz",
        [
            ",".join(map(str, row)) + f",{label}"
            for row, label in zip(features, labels, strict=True)
        ],
    )
    endings = {"Here": "son", "There": "ová", "Elsewhere": "ić"}
    for split, count in (("train", 300), ("test", 60)):
        rows = []
        for index in range(count):
            country = list(endings)[index % 3]
            stem = "".join(rng.choice(list("abdegilmnorst"), rng.integers(1, 8)))
            rows.append(f'"{stem.title()}{endings[country]}","{country}"')
        write_csv(directory / f"names_{split}.csv.gz", rows)
    return directory


_command = cache(get_command)


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """``cli("mnist", "--json")`` → the result: exit_code, stdout, stderr."""
    from ptnotes.cli import app

    def invoke(*arguments: str | Path, **options: Any) -> Any:
        given = [str(argument) for argument in arguments]
        with monkeypatch.context() as patched:
            # typer makes the command anew each time, which takes longer than most of what it does;
            # help changes it
            if len(given) > 1 and not {"-h", "--help"} & {*given}:
                patched.setattr("typer.testing._get_command", _command, raising=False)
            return CliRunner().invoke(app, given, **options)

    return invoke


@pytest.fixture
def document(cli: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """``document("linreg")`` → the one JSON document on stdout of a run that must succeed."""

    def invoke(*arguments: str | Path) -> dict[str, Any]:
        result = cli(*arguments, "--json", "--device", "cpu")
        assert result.exit_code == 0, result.stderr
        loaded: dict[str, Any] = json.loads(result.stdout)
        return loaded

    return invoke
