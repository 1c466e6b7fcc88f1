"""Commands that work when pasted: the end of a topic's --help, what to type after a training."""

import shlex
from typing import Any

from ptnotes.cli.help import examples
from ptnotes.topics import PREDICTING, TRAINED

EXAMPLES = {
    "backward": examples(
        "ptnotes backward",
        "ptnotes backward --recipe tuned",
        "ptnotes backward --lr 0.1 --epochs 20 --plot backward.png",
    ),
    "linreg": examples(
        "ptnotes linreg",
        "ptnotes linreg --recipe tuned --plot loss.png",
        "ptnotes linreg --seeds 10 --epochs 1000",
    ),
    "logistic": examples(
        "ptnotes logistic",
        "ptnotes logistic --epochs 100000 --quiet",
        "ptnotes logistic --recipe tuned",
    ),
    "diabetes": examples(
        "ptnotes diabetes --sample",
        "ptnotes diabetes --recipe tuned --seeds 10",
        "ptnotes diabetes --batch-size full --epochs 1000 --plot loss.png",
    ),
    "losses": examples(
        "ptnotes losses",
        "ptnotes losses --logits 2,1,0.1 --target 0",
        'ptnotes losses --logits "1,2,3; 3,2,1" --target 2,0',
    ),
    "tensors": examples("ptnotes tensors", "ptnotes tensors --json", "ptnotes tensors --lang zh"),
    "conv-demo": examples(
        "ptnotes conv-demo",
        "ptnotes conv-demo --input 32x32 --kernel 3 --stride 2 --padding 1",
        "ptnotes conv-demo --json",
    ),
    "mnist": examples(
        "ptnotes mnist --sample --out runs/first",
        "ptnotes mnist --arch resnet --recipe tuned --plot curve.png",
        "ptnotes mnist --arch mlp --seeds 5 --json",
    ),
    "rnn-demo": examples(
        "ptnotes rnn-demo", "ptnotes rnn-demo --seed 1", "ptnotes rnn-demo --json"
    ),
    "seq": examples(
        "ptnotes seq",
        "ptnotes seq --cell lstm --via embedding",
        "ptnotes seq --recipe tuned --cell gru --via layer",
    ),
    "names": examples(
        "ptnotes names --sample --epochs 5 --out runs/names",
        "ptnotes names --recipe tuned --out runs/countries",
        "ptnotes predict runs/names Yamamoto",
    ),
}


def next_commands(topic: str, given: dict[str, Any], sample: bool) -> list[str]:
    """What to type after a training: keep it, look at it, use it."""
    if topic not in TRAINED or given.get("seeds"):
        return []
    if out := given.get("out"):
        place = shlex.quote(str(out))
        used = {"names": [f"ptnotes predict {place} Yamamoto Rossi"]}
        # a page in which one draws a digit: nobody has a file of one at hand
        page = [f"ptnotes runs page {place} --out {place}.html"] if topic in PREDICTING else []
        return [f"ptnotes runs show {place}", *used.get(topic, []), *page]
    words = [topic, *(["--sample"] if sample else [])]
    for name in ("arch", "cell", "via", "recipe", "data_dir"):
        if given.get(name):
            words += [f"--{name.replace('_', '-')}", shlex.quote(str(given[name]))]
    return [f"ptnotes {' '.join(words)} --out runs/{given.get('arch') or topic}"]
