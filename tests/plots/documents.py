"""Commands whose documents the pictures are drawn from, and what is read off a figure."""

import numpy as np

COMMANDS = {
    "backward": ["backward", "--epochs", "3"],
    "linreg": ["linreg", "--recipe", "tuned", "--epochs", "40"],
    "logistic": ["logistic", "--epochs", "20"],
    "losses": ["losses"],
    "lr-find": ["lr-find", "linreg"],
    "conv-demo": "conv-demo --only size --only padding --only stride --only pooling".split(),
    "rnn-demo": ["rnn-demo"],
    "seq": ["seq"],
    "verify": ["verify", "--quick", "--only", "losses", "--only", "autograd"],
}


def texts_of(figure):
    from matplotlib.text import Text

    return [each.get_text() for each in figure.findobj(Text) if each.get_text()]


def line_of(axes, label):
    (found,) = [line for line in axes.lines if line.get_label() == label]
    return np.transpose(found.get_data())
