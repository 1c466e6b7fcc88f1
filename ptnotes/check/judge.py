"""The verdict on a run: each check that it passes leads to the next."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ptnotes.check import verdicts
from ptnotes.check.figures import accuracy_of, contradictions, deviations, shown
from ptnotes.check.submissions import Submission, refusal, runs_in
from ptnotes.check.verdicts import Finding
from ptnotes.check.weights import Weights, miss
from ptnotes.datasets.digests import is_same_content
from ptnotes.errors import DataError, PtnotesError
from ptnotes.runs import document as documents
from ptnotes.runs import schema
from ptnotes.runs.document import Document
from ptnotes.runs.older import completed

ROOM = 1 << 20  # bytes that a file may have beyond TIMES the reference's
TIMES = 4
HOW = ("device", "shards")  # where it was computed: no part of the task
UNFORESEEN = (ArithmeticError, LookupError, TypeError, ValueError, RuntimeError, AttributeError)
OF_SEED = ("seed", "validation_sha256")


@dataclass(frozen=True)
class Task:
    """What is asked for: a run as the ``reference``'s, whose directory is ``directory``."""

    directory: Path
    reference: Document
    tolerance: float
    any_seed: bool
    weights: Weights | None

    def limit(self, name: str) -> int:
        """Bytes of a submission's file of this name."""
        path = self.directory / name
        return ROOM + TIMES * (path.stat().st_size if path.exists() else 0)


def judge(submission: Submission, task: Task) -> Finding:
    """That of the submission's run that comes farthest; of several, the first."""
    found = runs_in(submission)
    if isinstance(found, Finding):
        return found
    best: Finding | None = None
    for run in found:
        each = judge_run(run, submission, task)
        if best is None or each.rank > best.rank:
            best = each
        if best.verdict == verdicts.OK:
            break
    assert best is not None
    return best


def judge_run(run: Path, submission: Submission, task: Task) -> Finding:
    """The verdict on one run of a submission."""
    for name in (documents.DOCUMENT, *((documents.MODEL,) if task.weights else ())):
        if reason := refusal(run / name, submission, task.limit(name)):
            return Finding(verdicts.REFUSED, (reason,), run)
    try:
        document = schema.read(run)
    except DataError as error:
        return Finding(verdicts.DAMAGED, (_within(run, error),), run)
    for verdict, reasons in _objections(document, task):
        if reasons:
            return Finding(verdict, tuple(reasons), run, _claimed(document))
    if task.weights is None:
        return Finding(verdicts.OK, (), run, _claimed(document))
    return _weighed(run, document, task.weights)


def _within(run: Path, error: PtnotesError) -> str:
    """Without the path of the run, which is told beside it."""
    return str(error).replace(f"{run}/", "").removeprefix(f"{run} ")


def _claimed(document: Document) -> dict[str, Any]:
    name, accuracy = accuracy_of(document["result"])
    is_number = isinstance(accuracy, int | float)
    return {"seed": document["config"].get("seed")} | ({name: accuracy} if is_number else {})


def _objections(document: Document, task: Task) -> Iterator[tuple[verdicts.Verdict, list[str]]]:
    """Check by check, what speaks against a run; later checks rely on earlier ones."""
    wanted = task.reference
    if document["topic"] != wanted["topic"]:
        topic = shown("topic", document["topic"])
        yield verdicts.OTHER_TOPIC, [f"its topic is {topic}, not {wanted['topic']}"]
        return
    yield verdicts.OTHER_CONFIGURATION, _differing(document, wanted, task.any_seed)
    if not document["run"]["finished"]:
        yield verdicts.UNFINISHED, [f"{len(document['history'])} epochs are done"]
    yield verdicts.CONTRADICTORY, list(contradictions(document))
    yield verdicts.FIGURES_OFF, deviations(document["result"], wanted["result"], task.tolerance)


def _differing(document: Document, wanted: Document, any_seed: bool) -> list[str]:
    """Settings that aren't the reference's; what was read from the data differs for other data."""
    topic, free = wanted["topic"], {*HOW, *(OF_SEED if any_seed else ())}
    config, asked = (completed(topic, each["config"]) for each in (document, wanted))
    if config["validation"] != asked["validation"]:
        free |= {"validation_samples", "validation_sha256"}  # which follow from it
    found = []
    for name in dict.fromkeys([*asked, *config]):
        if name not in free and config.get(name) != asked.get(name):
            is_there, wanted_is = (
                shown(name, each[name]) if name in each else "none" for each in (config, asked)
            )
            found.append(f"its {name.replace('_', ' ')} is {is_there}, not {wanted_is}")
    if document["run"]["classes"] != wanted["run"]["classes"]:
        found.append("its classes are others")
    digests, wanted_digests = (each.get("data_files", {}) for each in (document, wanted))
    for name, digest in wanted_digests.items():
        other = digests.get(name) or digests.get(name.removesuffix(".gz"))
        if other and not is_same_content(digest, other):
            found.append(f"its {name} was another file")
    return found


def _weighed(run: Path, document: Document, weights: Weights) -> Finding:
    try:
        measured = weights.measure(run, document)
    except PtnotesError as error:
        return Finding(verdicts.DAMAGED, (_within(run, error),), run, _claimed(document))
    except UNFORESEEN as error:
        reason = f"its weights can't be measured: {type(error).__name__}"
        return Finding(verdicts.DAMAGED, (reason,), run, _claimed(document))
    missed = miss(document["result"], measured)
    name, accuracy = accuracy_of(measured)
    told = _claimed(document) | ({"measured_accuracy": accuracy} if name else {})
    if missed:
        return Finding(verdicts.OTHER_WEIGHTS, (missed,), run, told)
    return Finding(verdicts.OK, (), run, told)
