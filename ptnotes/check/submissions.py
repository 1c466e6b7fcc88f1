"""Where the submissions are, and the runs in them: bounded, and without following a link."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ptnotes.check.verdicts import NOT_FOUND, REFUSED, Finding
from ptnotes.errors import DataError
from ptnotes.runs import document as documents

MOST_ENTRIES = 100_000  # of a submission that are looked at: a quarter of a second
MOST_LEVELS = 32  # of directories in each other
MOST_RUNS = 20  # of a submission that are checked
PACKED = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz")


@dataclass(frozen=True)
class Submission:
    """A participant's directory; ``name`` is its path as the caller has it."""

    name: str
    path: Path


def submissions(directories: Sequence[Path]) -> list[Submission]:
    """A run itself is one, else every subdirectory; links and archives too, to be said so.

    Hidden ones and other files are none. Raises DataError.
    """
    found = []
    for directory in directories:
        try:
            if documents.holds_run(directory):
                # the caller's own link is followed, and ".." has a name
                found.append(Submission(str(directory), Path(os.path.realpath(directory))))
                continue
            with os.scandir(directory) as entries:
                names = sorted(each.name for each in entries if _is_one(each))
        except OSError as error:
            raise DataError(f"{directory} can't be read: {error.strerror}") from error
        if not names:
            raise DataError(f"{directory} holds no submission: no run, and no directory")
        # a name of its own: in a spreadsheet "=…" would be a formula, "./=…" is none
        found += [Submission(os.path.join(directory, name), directory / name) for name in names]
    return found


def _is_one(entry: os.DirEntry[str]) -> bool:
    if entry.name.startswith("."):
        return False
    return entry.is_symlink() or entry.is_dir() or entry.name.lower().endswith(PACKED)


def runs_in(submission: Submission) -> list[Path] | Finding:
    """The directories of the runs, those on top first, or why there are none."""
    root = submission.path
    if os.path.islink(root) or _is_outside(root, root.parent):
        return Finding(REFUSED, ("it is a link",))
    if not root.is_dir():
        return Finding(NOT_FOUND, ("it is an archive, not a directory: unpack it",))
    found: list[Path] = []
    try:
        for place in _directories(root):
            if os.path.lexists(place / documents.DOCUMENT):
                found.append(place)
            if len(found) == MOST_RUNS:
                break
    except _TooManyError:
        if not found:
            return Finding(REFUSED, (f"it holds more than {MOST_ENTRIES:,} files",))
    except OSError as error:
        return Finding(NOT_FOUND, (f"it can't be read: {os.strerror(error.errno or 0)}",))
    return found or Finding(NOT_FOUND, ("it holds no run",))


class _TooManyError(Exception):
    """MOST_ENTRIES are looked at."""


def _directories(root: Path) -> Iterator[Path]:
    """The directory and those below it, level by level, by name. Hidden ones are passed over."""
    left, level = MOST_ENTRIES, [root]
    for _ in range(MOST_LEVELS):
        below = []
        for place in level:
            yield place
            names = []
            try:
                with os.scandir(place) as entries:
                    for entry in entries:
                        left -= 1
                        if not left:
                            raise _TooManyError
                        if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False):
                            names.append(entry.name)
            except OSError:
                if place == root:
                    raise
                continue  # below, what can't be read holds no run
            below += [place / name for name in sorted(names)]
        level = below


def refusal(path: Path, submission: Submission, limit: int) -> str | None:
    """Why a file is not to be read: it leads out of the submission, or is too large."""
    if _is_outside(path, submission.path):
        return f"{path.name} is a link that leads out of the submission"
    try:
        size = path.stat().st_size
    except OSError:
        return None  # reading it says why
    if size > limit:
        return f"{path.name} is too large: {size:,} bytes, and at most {limit:,}"
    return None


def _is_outside(path: Path, directory: Path) -> bool:
    """By a link anywhere in the path; on Windows by a junction."""
    real = Path(os.path.realpath(path))
    return not real.is_relative_to(os.path.realpath(directory))
