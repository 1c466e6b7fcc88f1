"""Page faults and CPU time of an epoch, with glibc's thresholds raised and as they are.

    python -m tests.benchmarks.allocator --rounds 5

The second epoch of the notes' recipe on the sample; each in a process of its own, in turn.
"""

import argparse
import json
import os
import resource
import subprocess
import sys

from ptnotes.engine.runtime import configure_allocator
from tests.benchmarks.report import Row, add_json, report

ARCHITECTURES = ("mlp", "cnn", "resnet", "inception")
BATCHES = 12_000 // 64  # full ones of an epoch


def measured(arch: str) -> list[float]:
    """Page faults per batch, seconds of CPU time."""
    configure_allocator()
    from ptnotes import api
    from ptnotes.events import EpochRow

    running = api.events("mnist", arch=arch, data="sample", epochs=2)
    usages = [
        resource.getrusage(resource.RUSAGE_SELF) for event in running if isinstance(event, EpochRow)
    ]
    before, after = usages
    faults = after.ru_minflt - before.ru_minflt
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return [faults / BATCHES, seconds]


def in_a_process(arch: str, platform: str) -> list[float]:
    command = [sys.executable, "-m", "tests.benchmarks.allocator", "--once", arch]
    environment = os.environ | {"PTNOTES_PLATFORM": platform}
    done = subprocess.run(command, capture_output=True, check=True, env=environment)
    found: list[float] = json.loads(done.stdout)
    return found


def compared(arch: str, rounds: int) -> Row:
    pairs = [(in_a_process(arch, ""), in_a_process(arch, "plain")) for _ in range(rounds)]
    return {
        "": arch,
        "faults a batch": [raised[0] for raised, _ in pairs],
        "as they are": [plain[0] for _, plain in pairs],
        "CPU time, raised / as they are": [raised[1] / plain[1] for raised, plain in pairs],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--once", help=argparse.SUPPRESS)
    add_json(parser)
    arguments = parser.parse_args()
    if arguments.once:
        print(json.dumps(measured(arguments.once)))
    else:
        report([compared(arch, arguments.rounds) for arch in ARCHITECTURES], arguments.json)


if __name__ == "__main__":
    main()
