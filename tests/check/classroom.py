"""Forty submissions, made of a few small runs: honest, mistaken, edited and hostile ones."""

import io
import os
import re
import shutil
import zipfile
from collections.abc import Callable
from copy import copy
from pathlib import Path
from typing import Any

import torch

from ptnotes.engine.metrics import per_class, wilson_interval
from ptnotes.runs import document as documents
from ptnotes.runs.checkpoint import load_checkpoint, save_checkpoint, with_checksum

ASKED = ("diabetes", "--hold-out", "0.2", "--lr", "0.05", "--optimizer", "adam")
ASKED += ("--sample", "--epochs", "10")
Change = Callable[[Path], object]


class Program:
    def __reduce__(self) -> Any:
        return os.mkdir, ("executed",)


class Filler:
    """What torch's safe unpickler lets pass."""

    def __reduce__(self) -> Any:
        return bytearray, (1 << 40,)


def edited(change: Callable[[dict[str, Any]], object]) -> Change:
    """run.json changed, with a checksum made again."""

    def edit(run: Path) -> None:
        document = documents.read(run)
        change(document)
        (run / "run.json").write_bytes(documents.encode(document))

    return edit


def with_weights(change: Callable[[dict[str, torch.Tensor]], object]) -> Change:
    """model.pt changed, with a checksum made again."""

    def edit(run: Path) -> None:
        weights = load_checkpoint(run / "model.pt")
        changed = change(weights)
        (run / "model.pt").write_bytes(save_checkpoint(weights if changed is None else changed))

    return edit


def claim_more(document: dict[str, Any]) -> None:
    """A higher accuracy, in the result alone."""
    document["result"]["test_accuracy"] += 0.004


def claim_in_history(document: dict[str, Any]) -> None:
    """A higher accuracy of the last epoch, in the history alone."""
    document["history"][-1]["test_accuracy"] += 0.004


def right_once_more(document: dict[str, Any]) -> None:
    """One wrong prediction counted as right, and every figure that follows from it."""
    result, last = document["result"], document["history"][-1]
    cells = result["confusion"]
    true, predicted = next(
        (true, predicted)
        for true, row in enumerate(cells)
        for predicted, count in enumerate(row)
        if count and true != predicted
    )
    cells[true][predicted] -= 1
    cells[true][true] += 1
    right, samples = sum(row[at] for at, row in enumerate(cells)), sum(map(sum, cells))
    result["test_accuracy"] = last["test_accuracy"] = right / samples
    result["test_accuracy_interval"] = wilson_interval(right / samples, samples)
    result["per_class"] = per_class(cells, tuple(document["run"]["classes"]))


def pickled(program: object) -> Change:
    def write(run: Path) -> None:
        buffer = io.BytesIO()
        torch.save({"weights": program}, buffer)
        (run / "model.pt").write_bytes(with_checksum(buffer.getvalue()))

    return write


def overlapping(run: Path) -> None:
    """A zip whose entries share their bytes: small on disk, large in memory."""
    buffer = io.BytesIO()
    torch.save({"weights": torch.zeros(1000)}, buffer)
    with zipfile.ZipFile(buffer, "a") as archive:
        data = archive.getinfo("archive/data/0")
        for number in range(100):
            other = copy(data)
            other.filename = f"archive/data/{number + 1}"
            archive.filelist.append(other)
        archive.writestr("archive/last", b"")
    (run / "model.pt").write_bytes(with_checksum(buffer.getvalue()))


def cut(name: str) -> Change:
    def shorten(run: Path) -> None:
        content = (run / name).read_bytes()
        (run / name).write_bytes(content[: len(content) // 2])

    return shorten


def written(name: str, content: bytes) -> Change:
    return lambda run: (run / name).write_bytes(content)


def linked(run: Path) -> None:
    """Somebody else's document."""
    target = run.parents[1] / "outside.json"
    (run / "run.json").rename(target)
    (run / "run.json").symlink_to(target)


def sparse(name: str) -> Change:
    """A terabyte of nothing."""

    def enlarge(run: Path) -> None:
        with (run / name).open("rb+") as file:
            file.truncate(1 << 40)

    return enlarge


def piped(name: str) -> Change:
    def replace(run: Path) -> None:
        (run / name).unlink()
        os.mkfifo(run / name)

    return replace


def set_to(part: str, name: str, value: Any) -> Change:
    return edited(lambda document: document[part].__setitem__(name, value))


def without(*names: str) -> Change:
    def remove(run: Path) -> None:
        for name in names:
            (run / name).unlink()

    return remove


def deeper(path: str) -> Change:
    def move(run: Path) -> None:
        beside = run.with_name("moved")
        run.rename(beside)
        (run / path).parent.mkdir(parents=True)
        beside.rename(run / path)

    return move


def emptied(run: Path) -> None:
    shutil.rmtree(run)
    run.mkdir()


def endless(run: Path) -> None:
    """Directories in each other, the run in the last."""
    deeper("/".join(["d"] * 100))(run)


def is_link(run: Path) -> None:
    run.rename(run.parents[1] / "elsewhere")
    run.symlink_to(run.parents[1] / "elsewhere")


def replaced(accuracy: str) -> Change:
    """Every test accuracy in run.json, edited as text."""

    def edit(run: Path) -> None:
        content = (run / "run.json").read_text()
        edited, count = re.subn(r'(test_accuracy": )[\d.]+', rf"\g<1>{accuracy}", content)
        assert count
        (run / "run.json").write_text(edited)

    return edit


def zeroed(weights: dict[str, torch.Tensor]) -> None:
    weights["linear3.weight"].zero_()


def diverged(weights: dict[str, torch.Tensor]) -> None:
    weights["linear3.weight"][0, 0] = torch.nan


def nothing(run: Path) -> None:
    """As it was trained."""


OTHER_SEED = (*ASKED, "--seed", "1")
# name, the verdict with --evaluate, the run that it is made of, what is done to it: a change, or
# the run whose weights it gets
CASES: list[tuple[str, str, tuple[str, ...], Change | tuple[str, ...]]] = [
    ("right", "ok", ASKED, nothing),
    ("trained with one thread", "ok", (*ASKED, "--threads", "1"), nothing),
    ("deep in it", "ok", ASKED, deeper("work/week 1/runs/names")),
    ("only what counts", "ok", ASKED, without("curve.png", "checkpoint.pt", "metrics.csv")),
    ("wrong seed", "other configuration", OTHER_SEED, nothing),
    ("fewer epochs", "other configuration", (*ASKED[:-1], "9"), nothing),
    ("other rate", "other configuration", (*ASKED, "--lr", "0.002"), nothing),
    ("other batch", "other configuration", (*ASKED, "--batch-size", "64"), nothing),
    ("other recipe", "other configuration", (*ASKED, "--recipe", "tuned"), nothing),
    ("validated", "other configuration", (*ASKED, "--validation", "0.2"), nothing),
    ("other data", "other configuration", (*ASKED[:-3], *ASKED[-2:]), nothing),
    ("other topic", "other topic", ("linreg", "--epochs", "5"), nothing),
    ("no topic", "other topic", ASKED, edited(lambda found: found.update(topic="=1+1"))),
    ("interrupted", "unfinished", ASKED, edited(lambda found: found["run"].update(finished=False))),
    ("epochs edited", "contradictory", (*ASKED[:-1], "9"), set_to("config", "epochs", 10)),
    ("seed edited", "other weights", OTHER_SEED, set_to("config", "seed", 0)),
    ("accuracy edited", "damaged", ASKED, replaced("0.97")),
    ("accuracy, checksum", "contradictory", ASKED, edited(claim_more)),
    ("history, checksum", "contradictory", ASKED, edited(claim_in_history)),
    ("all figures, checksum", "other weights", ASKED, edited(right_once_more)),
    ("infinite accuracy", "damaged", ASKED, replaced("1e999")),
    ("no confusion", "figures off", ASKED, edited(lambda found: found["result"].pop("confusion"))),
    ("weights zeroed", "other weights", ASKED, with_weights(zeroed)),
    ("weights of a seed", "other weights", ASKED, OTHER_SEED),
    ("weights of a topic", "damaged", ASKED, ("linreg", "--epochs", "5")),
    ("weights not finite", "damaged", ASKED, with_weights(diverged)),
    ("weights missing", "damaged", ASKED, without("model.pt")),
    ("weights cut", "damaged", ASKED, cut("model.pt")),
    ("document cut", "damaged", ASKED, cut("run.json")),
    ("document nested", "damaged", ASKED, written("run.json", b"[" * 100_000)),
    ("pickle with code", "damaged", ASKED, pickled(Program())),
    ("pickle that fills", "damaged", ASKED, pickled(Filler())),
    ("zip that fills", "damaged", ASKED, overlapping),
    ("weights of a terabyte", "refused", ASKED, sparse("model.pt")),
    ("pipe", "damaged", ASKED, piped("model.pt")),
    ("linked out", "refused", ASKED, linked),
    ("link", "refused", ASKED, is_link),
    ("empty", "not found", ASKED, emptied),
    ("without end", "not found", ASKED, endless),
    ("\x1b[31m=\n,", "ok", ASKED, nothing),
]


def build(place: Path, run_of: Callable[..., Path]) -> dict[str, str]:
    """Fill ``place`` with the submissions; name → verdict."""
    place.mkdir()
    expected = {}
    for number, (name, verdict, command, change) in enumerate(CASES, 1):
        named = f"{number:02} {name}"
        shutil.copytree(run_of(*command), place / named)
        if isinstance(change, tuple):
            shutil.copyfile(run_of(*change) / "model.pt", place / named / "model.pt")
        else:
            change(place / named)
        expected[named] = verdict
    return expected
