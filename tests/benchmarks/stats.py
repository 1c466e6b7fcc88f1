"""``ptnotes stats`` beside the notes' loop, beside bare decoding, and on many files.

    PTNOTES_DATA=DIR python -m tests.benchmarks.stats mnist --repeats 5
    python -m tests.benchmarks.stats jpegs --images 4000 --repeats 3
    python -m tests.benchmarks.stats tar --images 100000 --repeats 3
    python -m tests.benchmarks.stats files --images 1000000 --repeats 1

``mnist``: the mean over batches of a DataLoader (notes, line 489) and ours, in turn in one process;
both read the files anew each time. ``jpegs``: photograph-like files of 500×375 in a temporary
directory; ours with one worker and with two, and two processes that only decode, as torchvision's
loader does (to RGB) and without its copy, in turn; then whole commands: their time on one file and
on 300, and the memory of all processes on all files. ``tar``: PNGs of 32×32 in a tar. ``files``:
PNGs of 16×16, a thousand to a folder. A ratio is that of a round.
"""

import argparse
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from PIL import Image

from ptnotes.stats import sources
from ptnotes.stats.answer import single_kind
from ptnotes.stats.decode import DecodeOptions
from ptnotes.stats.pipeline import CHUNK, drain, gather
from ptnotes.stats.sharding import Selection
from ptnotes.stats.statistics import ChannelStats
from tests.benchmarks.__main__ import ratios
from tests.benchmarks.memory import peak_memory
from tests.benchmarks.report import Row, add_json, report

DISTINCT = 200  # photographs made; the other files are copies of them


def notes_loop(data_dir: Path) -> tuple[float, float]:
    """Lines 488-491, with the names of the notes."""
    # in here, since worker processes import this module
    import torch
    from torch.utils.data import DataLoader
    from torchvision import datasets, transforms

    train_set = datasets.MNIST(str(data_dir), train=True, transform=transforms.ToTensor())
    train_loader = DataLoader(train_set, batch_size=64)
    channels_sum, channels_squared_sum, num_batches = torch.zeros(1), torch.zeros(1), 0
    for data, _ in train_loader:
        channels_sum += torch.mean(data, dim=[0, 2, 3])
        channels_squared_sum += torch.mean(data**2, dim=[0, 2, 3])
        num_batches += 1
    mean = channels_sum / num_batches
    std = (channels_squared_sum / num_batches - mean**2) ** 0.5
    return mean.item(), std.item()


def ours(source: str, workers: int, data_dir: Path | None = None) -> ChannelStats:
    found = sources.find(source, data_dir=data_dir)
    read, _ = drain(gather(found, DecodeOptions(), Selection(), workers=workers))
    return single_kind(read, skip_errors=False)


def decode(paths: list[str], to_rgb: bool) -> None:
    for path in paths:
        with Image.open(path) as image:
            image.load()
            if to_rgb:
                image.convert("RGB")


def bare(directory: Path, workers: int, to_rgb: bool) -> None:
    paths = sorted(map(str, directory.iterdir()))
    chunks = [paths[start : start + CHUNK] for start in range(0, len(paths), CHUNK)]
    with ProcessPoolExecutor(workers, get_context("forkserver")) as pool:
        list(pool.map(partial(decode, to_rgb=to_rgb), chunks))


def photograph(rng: np.random.Generator) -> bytes:
    """Smooth colours and grain: about 110 KB as a JPEG of quality 90, as ImageNet's files."""
    x, y = np.linspace(0, 1, 500)[None, :, None], np.linspace(0, 1, 375)[:, None, None]
    waves = rng.uniform(2, 12, (2, 3))
    smooth = 127 + 80 * np.sin(waves[0] * x + waves[1] * y)
    pixels = (smooth + rng.normal(0, 25, (375, 500, 3))).clip(0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=90)
    return file.getvalue()


def seconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def in_turn(ways: dict[str, Callable[[], object]], repeats: int) -> dict[str, list[float]]:
    """Seconds of each way, round by round; a first round of all is not counted."""
    rounds = [{way: seconds(run) for way, run in ways.items()} for _ in range(1 + repeats)][1:]
    return {way: [one[way] for one in rounds] for way in ways}


def row(what: str, values: list[float]) -> Row:
    return {"": what, "measured": values}


def mnist(repeats: int, images: int) -> list[Row]:
    data_dir = Path(os.environ.get("PTNOTES_DATA", "data"))
    times = in_turn(
        {
            "notes": lambda: notes_loop(data_dir),
            "ours": lambda: ours("mnist", 1, data_dir),
        },
        repeats,
    )
    notes, own = times.values()
    return [
        row("MNIST's 60,000 training images, read and counted, s", own),
        row("the notes' loop (line 489) on them, s", notes),
        row("… times ours", ratios(notes, own)),
    ]


def jpegs(repeats: int, images: int) -> list[Row]:
    rng = np.random.default_rng(0)
    files = [photograph(rng) for _ in range(min(DISTINCT, images))]
    size = sum(map(len, files)) / len(files) / 1000
    with tempfile.TemporaryDirectory() as name:
        for index in range(images):
            Path(name, f"{index:06}.jpg").write_bytes(files[index % len(files)])
        two, to_rgb, plain, one = in_turn(
            {
                "ours, 2 workers": lambda: ours(name, 2),
                "bare to RGB, 2 processes": lambda: bare(Path(name), 2, to_rgb=True),
                "bare, 2 processes": lambda: bare(Path(name), 2, to_rgb=False),
                "ours, 1 worker": lambda: ours(name, 1),
            },
            repeats,
        ).values()
        command = [sys.executable, "-m", "ptnotes", "stats", "--json"]
        peaks = [peak_memory([*command, name, "--workers", "2"]) for _ in range(repeats)]
        few = Path(name, "few")
        few.mkdir()
        for index in range(300):
            few.joinpath(f"{index}.jpg").symlink_to(Path(name, f"{index:06}.jpg"))
        started = in_turn(
            {
                "one JPEG": lambda: start(["stats", str(few / "0.jpg")]),
                "300 JPEGs, one worker": lambda: start(["stats", str(few), "--workers", "1"]),
                "300 JPEGs, two workers": lambda: start(["stats", str(few), "--workers", "2"]),
            },
            repeats,
        )
    return [
        row(
            f"{images:,} JPEGs of 500×375, {size:.0f} KB each, two workers, images a second",
            [images / taken for taken in two],
        ),
        row("… times the speed of two processes that only decode", ratios(plain, two)),
        row("… times that with the conversion to RGB, as in torchvision's", ratios(to_rgb, two)),
        row("… times the speed of one worker", ratios(one, two)),
        row("peak memory of all processes, MiB", peaks),
        *(row(f"{what}, start to exit, s", taken) for what, taken in started.items()),
    ]


def start(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "ptnotes", *arguments, "--quiet"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def tar(repeats: int, images: int) -> list[Row]:
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "pngs.tar"
        with tarfile.open(path, "w") as archive:
            for index in range(images):
                content = png(rng, 32)
                member = tarfile.TarInfo(f"{index:06}.png")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        times = in_turn({"ours, 2 workers": lambda: ours(str(path), 2)}, repeats)
    what = f"PNGs of 32×32 in a tar of {images:,}, two workers, images a second"
    return [row(what, [images / taken for taken in times["ours, 2 workers"]])]


def png(rng: np.random.Generator, size: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(rng.integers(0, 256, (size, size, 3), np.uint8)).save(file, "PNG")
    return file.getvalue()


def files(repeats: int, images: int) -> list[Row]:
    rng = np.random.default_rng(0)
    distinct = [png(rng, 16) for _ in range(DISTINCT)]
    with tempfile.TemporaryDirectory() as name:
        for index in range(images):
            folder = Path(name, f"{index // 1000:04}")
            folder.mkdir(exist_ok=True)
            folder.joinpath(f"{index:07}.png").write_bytes(distinct[index % DISTINCT])
        first, whole = [], []
        for _ in range(repeats):
            started = time.perf_counter()
            steps = gather(sources.find(name), DecodeOptions(), Selection(), workers=2)
            next(steps)
            first.append(time.perf_counter() - started)
            drain(steps)
            whole.append(time.perf_counter() - started)
        command = [sys.executable, "-m", "ptnotes", "stats", name, "--workers", "2", "--json"]
        peak = peak_memory(command)
    return [
        row(f"{images:,} PNGs of 16×16, two workers: the first progress, s", first),
        row("… all of them, s", whole),
        row("… peak memory of all processes, MiB", [peak]),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ways = {"mnist": mnist, "jpegs": jpegs, "tar": tar, "files": files}
    parser.add_argument("what", choices=ways)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--images", type=int, default=10_000)
    add_json(parser)
    arguments = parser.parse_args()
    report(ways[arguments.what](arguments.repeats, arguments.images), arguments.json)


if __name__ == "__main__":
    main()
