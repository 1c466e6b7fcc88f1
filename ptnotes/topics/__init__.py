"""The lessons, one file each, in the order of the notes. A lesson yields events.

Called, ``ptnotes.topics()`` is their table: ``ptnotes.api.topics``.
"""

import sys
from importlib import import_module
from types import ModuleType

from ptnotes import CallableModule

# in the order of the notes
TITLES = {
    "backward": "One weight, update by update: the gradient by hand beside autograd's.",
    "linreg": "Linear regression with nn.Module, MSELoss and SGD.",
    "logistic": "Logistic regression on one feature, and the BCE table.",
    "diabetes": "Eight features through an 8-6-4-1 network, full batch or mini-batches.",
    "losses": "Softmax, cross-entropy in numpy and torch, NLLLoss, the BCE table.",
    "tensors": "view and reshape, .grad and .data, ToTensor and Normalize and back.",
    "conv-demo": "Channels, padding, stride, pooling, the output size, the shapes in the networks.",
    "mnist": "Handwritten digits: fully connected, CNN, Inception, ResNet.",
    "rnn-demo": "RNN step by step, shapes, LSTM and GRU cells by hand against torch's.",
    "seq": "hello → ohlol with a recurrent network.",
    "names": "Surname to country: a bidirectional GRU on packed sequences.",
}
TRAINED = ("backward", "linreg", "logistic", "diabetes", "mnist", "seq", "names")


def module(topic: str) -> ModuleType:
    """The lesson of a topic, named as its command is. Imports torch."""
    return import_module(f"ptnotes.topics.{topic.replace('-', '_')}")


sys.modules[__name__].__class__ = CallableModule
