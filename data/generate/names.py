"""Family names by country, from surnames.txt: real names, written down for this project.

Every country gives a third of what the real files hold, or as many as the list has. What is taken
lies evenly spread over the alphabet, and every third of it is for testing: no dice, so the same
list always gives the same files. A spelling appears once.
"""

import csv
import io
from pathlib import Path

SURNAMES = Path(__file__).with_name("surnames.txt")
# both of the real files together
REAL_COUNTS = {
    "Arabic": 2000,
    "Chinese": 268,
    "Czech": 519,
    "Dutch": 297,
    "English": 3668,
    "French": 277,
    "German": 724,
    "Greek": 203,
    "Irish": 232,
    "Italian": 709,
    "Japanese": 991,
    "Korean": 94,
    "Polish": 139,
    "Portuguese": 74,
    "Russian": 9408,
    "Scottish": 100,
    "Spanish": 298,
    "Vietnamese": 73,
}


def written_down() -> dict[str, list[str]]:
    """The list: country → names, sorted. Raises ValueError if a spelling appears twice."""
    names: dict[str, list[str]] = {}
    seen: set[str] = set()
    for line in SURNAMES.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            country = line.strip("[]")
            names[country] = []
        elif line and not line.startswith("#"):
            for name in line.split(","):
                if name.strip().casefold() in seen:
                    raise ValueError(f"'{name.strip()}' is written down twice")
                seen.add(name.strip().casefold())
                names[country].append(name.strip())
    return {country: sorted(names[country]) for country in sorted(names)}


def spread(names: list[str], count: int) -> list[str]:
    """``count`` of the names, evenly spaced."""
    return [names[number * len(names) // count] for number in range(count)]


def splits() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Rows (name, country) to train and to test on, by country as in the real files."""
    train, test = [], []
    for country, names in written_down().items():
        taken = spread(names, min(len(names), round(REAL_COUNTS[country] / 3)))
        for number, name in enumerate(taken):
            (test if number % 3 == 2 else train).append((name, country))
    return train, test


def table(rows: list[tuple[str, str]]) -> bytes:
    """CSV as the real files have it: every field in quotes, lines ending in CR LF."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def files() -> dict[str, bytes]:
    """The two files, not compressed yet, by their path."""
    train, test = splits()
    return {"names_train.csv": table(train), "names_test.csv": table(test)}
