"""``ptnotes stats`` beside the notes' loop, beside bare decoding, and on a large tar.

    PTNOTES_DATA=DIR python -m tests.benchmarks.stats mnist --repeats 5
    python -m tests.benchmarks.stats jpegs --images 10000 --repeats 3
    python -m tests.benchmarks.stats tar --images 100000 --repeats 3

``mnist``: the mean over batches of a DataLoader (notes, line 489) and ours, in turn in one process;
both read the files anew each time. ``jpegs``: photograph-like files of 500×375 in a temporary
directory; ours with one worker and with two, and two processes that only decode, as torchvision's
loader does (to RGB) and without its copy, in turn; then the memory of one run as a command, all its
processes added up. ``tar``: PNGs of 32×32 in a tar. Prints each time, and ratios round by round.
"""

import argparse
import io
import os
import platform
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib.metadata import version
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


def peak_memory(command: list[str]) -> float:
    """The largest memory of all processes of a command, in MB, looked at every 50 ms.

    Pages that several processes share count once (PSS), as they take room once.
    """
    peak = 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, sum(map(proportional, family(process.pid))))
            time.sleep(0.05)
    assert process.returncode == 0
    return peak / 1000


def family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(member for child in children for member in family(int(child)))]


def proportional(pid: int) -> int:
    """PSS in KB; 0 for a process that has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def seconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def spread(values: list[float], spec: str) -> str:
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"median {middle:{spec}} (min {low:{spec}}, max {high:{spec}})"


def in_turn(ways: dict[str, Callable[[], object]], repeats: int) -> dict[str, list[float]]:
    """Seconds of each way, round by round; a first round of all is not counted."""
    rounds = [{way: seconds(run) for way, run in ways.items()} for _ in range(1 + repeats)][1:]
    times = {way: [one[way] for one in rounds] for way in ways}
    for way, taken in times.items():
        print(f"{way}, s: {spread(taken, '.3f')}")
    return times


def print_ratio(name: str, over: list[float], under: list[float]) -> None:
    print(f"{name}: {spread([a / b for a, b in zip(over, under, strict=True)], '.2f')}")


def mnist(repeats: int, images: int) -> None:
    data_dir = Path(os.environ.get("PTNOTES_DATA", "data"))
    print("notes' loop:", notes_loop(data_dir))
    stats = ours("mnist", 1, data_dir)
    print("ours:       ", (*stats.mean, *stats.std))
    times = in_turn(
        {
            "notes' loop": lambda: notes_loop(data_dir),
            "ours": lambda: ours("mnist", 1, data_dir),
        },
        repeats,
    )
    print_ratio("notes' / ours", times["notes' loop"], times["ours"])


def jpegs(repeats: int, images: int) -> None:
    rng = np.random.default_rng(0)
    files = [photograph(rng) for _ in range(min(DISTINCT, images))]
    print(f"{images} files, {sum(map(len, files)) / len(files) / 1000:.0f} KB each on average")
    with tempfile.TemporaryDirectory() as name:
        for index in range(images):
            Path(name, f"{index:06}.jpg").write_bytes(files[index % len(files)])
        times = in_turn(
            {
                "ours, 2 workers": lambda: ours(name, 2),
                "bare to RGB, 2 processes": lambda: bare(Path(name), 2, to_rgb=True),
                "bare, 2 processes": lambda: bare(Path(name), 2, to_rgb=False),
                "ours, 1 worker": lambda: ours(name, 1),
            },
            repeats,
        )
        two = times["ours, 2 workers"]
        print(f"images per second: {spread([images / taken for taken in two], '.0f')}")
        print_ratio("rate of ours / bare to RGB", times["bare to RGB, 2 processes"], two)
        print_ratio("rate of ours / bare", times["bare, 2 processes"], two)
        print_ratio("rate of 2 workers / 1", times["ours, 1 worker"], two)
        command = [sys.executable, "-m", "ptnotes", "stats", name, "--workers", "2", "--json"]
        print(f"peak memory of all processes: {peak_memory(command):.0f} MB (n = 1)")


def tar(repeats: int, images: int) -> None:
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "pngs.tar"
        with tarfile.open(path, "w") as archive:
            for index in range(images):
                file = io.BytesIO()
                Image.fromarray(rng.integers(0, 256, (32, 32, 3), np.uint8)).save(file, "PNG")
                member = tarfile.TarInfo(f"{index:06}.png")
                member.size = file.tell()
                file.seek(0)
                archive.addfile(member, file)
        times = in_turn({"ours, 2 workers": lambda: ours(str(path), 2)}, repeats)
        rates = [images / taken for taken in times["ours, 2 workers"]]
        print(f"images per second: {spread(rates, '.0f')}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("mnist", "jpegs", "tar"))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--images", type=int, default=10_000)
    arguments = parser.parse_args()
    print(f"torch {version('torch')}, {os.cpu_count()} cores, {platform.machine()}")
    print(f"n = {arguments.repeats}")
    {"mnist": mnist, "jpegs": jpegs, "tar": tar}[arguments.what](
        arguments.repeats, arguments.images
    )


if __name__ == "__main__":
    main()
