"""Small image files made here."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

# what --help promises, and modes that a file of that ending can hold
FORMATS = ("png", "jpg", "webp", "bmp", "tif", "gif")


def noise(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve RGB images of several sizes and formats, two levels deep."""
    root = tmp_path / "images"
    (root / "a" / "b").mkdir(parents=True)
    for index in range(12):
        below = ("", "a/", "a/b/")[index % 3]
        ending = ("png", "jpg", "webp", "bmp", "tif", "PNG")[index % 6]
        image = Image.fromarray(noise(index, 8 + index, 20 - index, 3))
        image.save(root / f"{below}{index}.{ending}")
    (root / "notes.md").write_text("no image")
    return root


@pytest.fixture
def pixels_of() -> Callable[[Path], list[np.ndarray]]:
    """Every image below a folder as torchvision's loader has it: (H, W, 3)."""

    def read(root: Path) -> list[np.ndarray]:
        found = []
        for path in sorted(root.rglob("*")):
            if path.suffix.lower().removeprefix(".") in FORMATS:
                with Image.open(path) as image:
                    found.append(np.asarray(image.convert("RGB")))
        return found

    return read


@pytest.fixture
def result(cli: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """``result(SOURCE, …)`` → the result of a run that must succeed."""
    import json

    def invoke(*arguments: str | Path, **options: Any) -> dict[str, Any]:
        done = cli("stats", *arguments, "--json", **options)
        assert done.exit_code == 0, done.stderr
        document = json.loads(done.stdout)
        assert list(document) == ["topic", "version", "config", "environment", "result"]
        assert document["topic"] == "stats"
        found: dict[str, Any] = document["result"]
        return found

    return invoke
