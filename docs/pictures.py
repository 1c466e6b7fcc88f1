"""Writes docs/images/*.png, the pictures of the pages: ``python docs/pictures.py [NAME…]``."""

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from typer.testing import CliRunner

from ptnotes.cli import app

PLACE = Path(__file__).parent / "images"
COLOURS = 64  # of a picture: a third of the size, and no difference to be seen
# each with --plot FILE; stats says --histogram
COMMANDS = {
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
    "stats": "stats mnist --sample",
    "lr-find": "lr-find mnist --sample",
    "verify": "verify --quick",
    "reproduce": "reproduce docs/optimizers.toml",
}


def draw(name: str) -> None:
    """Run the command and keep its picture, with a palette."""
    path = PLACE / f"{name}.png"
    option = "--histogram" if name == "stats" else "--plot"
    arguments = ["--lang", "en", *COMMANDS[name].split(), option, str(path), "--quiet"]
    with tempfile.TemporaryDirectory() as directory:
        if name == "reproduce":
            arguments += ["--out", directory]
        done = CliRunner().invoke(app, arguments)
    if done.exit_code:
        sys.exit(f"{arguments}: {done.output}")
    with Image.open(path) as picture:
        coloured = picture.convert("RGB")
    small = coloured.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    content = io.BytesIO()
    small.save(content, format="png", optimize=True)
    path.write_bytes(content.getvalue())
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    PLACE.mkdir(exist_ok=True)
    for each in sys.argv[1:] or COMMANDS:
        draw(each)
