"""Writes docs/images/*.png, the pictures of the pages: ``python docs/pictures.py [NAME…]``."""

import contextlib
import io
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageChops, ImageStat
from typer.testing import CliRunner

from ptnotes.cli import app

PLACE = Path(__file__).parent / "images"
DIFFERENCE = 2.0  # of 255, the mean over a picture: twice another learning rate is 4
COLOURS = 64  # of a picture: a third of the size, and no difference to be seen
RATES = ("0.003", "0.01", "0.03", "0.1")
NO_VALIDATION = "--sample --recipe tuned --validation 0 --no-save-best"
# the last command of each with --plot and the file, where it doesn't end in another option for it
COMMANDS: dict[str, str | list[str]] = {
    "backward": "backward",
    "linreg": "linreg --recipe tuned",
    "logistic": "logistic",
    "diabetes": "diabetes --sample",
    "mnist": "mnist --sample --epochs 5",
    "seq": "seq --recipe tuned",
    "names": "names --sample --epochs 8",
    "losses": "losses --logits 2,1,-1;0,3,0;0.2,0.1,-0.1 --target 0,2,0",
    "conv-demo": "conv-demo",
    "rnn-demo": "rnn-demo",
    "stats": "stats mnist --sample --histogram",
    "lr-find": "lr-find mnist --sample",
    "verify": "verify --quick",
    "reproduce": f"reproduce {Path(__file__).parent}/optimizers.toml --out runs --plot",
    "pictures/seeds": "mnist --sample --epochs 5 --seeds 5 --plot",
    "pictures/compare": [
        *(f"mnist --sample --epochs 5 --lr {rate} --out lr-{rate}" for rate in RATES),
        f"runs compare {' '.join(f'lr-{rate}' for rate in RATES)} --plot",
    ],
    "pictures/confusion": "mnist --sample --epochs 5 --lr 0.03 --confusion",
    "pictures/dark": "mnist --sample --epochs 5 --lr 0.03 --lang zh --theme dark --plot",
    "pictures/full-and-mini-batch": [
        f"diabetes {NO_VALIDATION} --batch-size full --out full",
        f"diabetes {NO_VALIDATION} --out mini-batch",
        "runs compare full mini-batch --plot",
    ],
}
LESSONS = ("backward", "linreg", "logistic", "diabetes", "mnist", "seq", "names", "losses")
LESSONS += ("conv-demo", "rnn-demo", "stats", "verify")
for lesson in LESSONS:  # of the Chinese pages
    command = COMMANDS[lesson]
    COMMANDS[f"zh/{lesson}"] = f"--lang zh {command}"
TAKES_FILE = ("--plot", "--histogram", "--confusion")


def draw(name: str, place: Path = PLACE) -> Path:
    """Run the commands in an empty directory and keep the picture, with a palette."""
    path = place.absolute() / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    given = COMMANDS[name]
    *first, last = [given] if isinstance(given, str) else given
    if not last.endswith(TAKES_FILE):
        last += " --plot"
    with tempfile.TemporaryDirectory() as directory, contextlib.chdir(directory):
        for command in (*first, f"{last} {path}"):
            arguments = ["--lang", "en", *command.split(), "--quiet"]  # the last --lang counts
            done = CliRunner().invoke(app, arguments)
            if done.exit_code:
                sys.exit(f"{arguments}: {done.output}")
    with Image.open(path) as picture:
        coloured = picture.convert("RGB")
    small = coloured.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    content = io.BytesIO()
    small.save(content, format="png", optimize=True)
    path.write_bytes(content.getvalue())
    return path


def alike(one: Path, other: Path) -> bool:
    """Whether two pictures show the same, whatever the fonts and the last digits."""
    with Image.open(one) as first, Image.open(other) as second:
        sizes = [a / b for a, b in zip(first.size, second.size, strict=True)]
        small = [each.convert("RGB").resize((48, 48)) for each in (first, second)]
    difference = ImageStat.Stat(ImageChops.difference(*small)).mean
    return max(abs(size - 1) for size in sizes) < 0.05 and max(difference) < DIFFERENCE


if __name__ == "__main__":
    for each in sys.argv[1:] or COMMANDS:
        made = draw(each)
        print(f"{made}: {made.stat().st_size / 1000:.0f} kB")
