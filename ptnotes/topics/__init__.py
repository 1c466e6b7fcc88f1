"""The lessons, one file each, in the order of the notes. A lesson yields events.

Called, ``ptnotes.topics()`` is their table: ``ptnotes.api.topics``.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

from ptnotes import CallableModule


@dataclass(frozen=True)
class Command:
    """One experiment of a lesson: ``ptnotes TOPIC`` with these options.

    ``chapters`` are those of the course 《PyTorch深度学习实践》 whose headings the notes have: the
    last ten of its thirteen. ``lines`` are the notes'. ``seconds`` is what the whole command took
    with its defaults, ``sample_seconds`` with --sample: docs/topics.md says on what machine.
    """

    options: tuple[str, ...]
    chapters: tuple[str, ...]
    lines: str
    seconds: float
    sample_seconds: float | None = None

    def settings(self) -> dict[str, str]:
        """("--arch", "mlp") → {"arch": "mlp"}"""
        names = (name.removeprefix("--") for name in self.options[::2])
        return dict(zip(names, self.options[1::2], strict=True))


@dataclass(frozen=True)
class Lesson:
    """A topic: what it shows, the notes' lines, its experiments, the default one among them.

    ``picture`` is what --plot draws; None for the one topic without a picture.
    """

    title: str
    picture: str | None
    lines: str
    commands: tuple[Command, ...]


def _only(
    title: str, picture: str | None, chapters: tuple[str, ...], lines: str, *seconds: float
) -> Lesson:
    return Lesson(title, picture, lines, (Command((), chapters, lines, *seconds),))


# In the order of the notes; the seconds are those of docs/measured/lessons.json.
LESSONS = {
    "backward": _only(
        "One weight, update by update: the gradient by hand beside autograd's.",
        "The line through the data; the loss over w with the path of training.",
        ("P04",),
        "9–67",
        2.5,
    ),
    "linreg": _only(
        "Linear regression with nn.Module, MSELoss and SGD.",
        "The line through the data; the loss over w and b with the path of training.",
        ("P05",),
        "69–134",
        3.9,
    ),
    "logistic": _only(
        "Logistic regression on one feature, and the BCE table.",
        "The sigmoid over the data; the weight that never stops growing.",
        ("P06",),
        "136–219",
        2.3,
    ),
    "diabetes": _only(
        "Eight features through an 8-6-4-1 network, full batch or mini-batches.",
        "Loss and accuracy over epochs beside the majority class.",
        ("P07", "P08"),
        "221–360",
        3.7,
        3.8,
    ),
    "losses": _only(
        "Softmax, cross-entropy in numpy and torch, NLLLoss, the BCE table.",
        "Cross-entropy and BCE over the probability.",
        ("P06", "P09"),
        "182–196, 362–462",
        2.1,
    ),
    "tensors": _only(
        "view and reshape, .grad and .data, ToTensor and Normalize and back.",
        None,
        ("P04",),  # lines 464-529, on images and view, stand under no heading of the course
        "24–67, 464–529",
        4.0,
    ),
    "conv-demo": _only(
        "Channels, padding, stride, pooling, the output size, the shapes in the networks.",
        "Input, kernel and output as grids of numbers.",
        ("P10", "P11"),
        "556–744",
        2.1,
    ),
    "mnist": Lesson(
        "Handwritten digits: fully connected, CNN, Inception, ResNet.",
        "Loss and accuracy over epochs.",
        "531–744",
        (
            # under a heading of the notes' own, not the course's
            Command(("--arch", "mlp"), (), "531–554", 29.7, 8.0),
            Command(("--arch", "cnn"), ("P10",), "639–674", 40.3, 9.2),
            Command(("--arch", "inception"), ("P11",), "676–715", 220.3, 46.6),
            Command(("--arch", "resnet"), ("P11",), "717–744", 72.3, 16.5),
        ),
    ),
    "rnn-demo": _only(
        "RNN step by step, shapes, LSTM and GRU cells by hand against torch's.",
        "The hidden states over time.",
        ("P12",),
        "794–867, 938–1091",
        2.2,
    ),
    "seq": Lesson(
        "hello → ohlol with a recurrent network.",
        "The hidden states over time, and the loss.",
        "873–1066",
        (
            Command(("--cell", "rnn", "--via", "cell"), ("P12",), "873–903", 2.0),
            Command(("--cell", "rnn", "--via", "layer"), ("P12",), "904–916", 2.1),
            Command(("--cell", "rnn", "--via", "embedding"), ("P12",), "918–936", 2.1),
            Command(("--cell", "lstm", "--via", "embedding"), ("P12",), "989–1002", 2.2),
            Command(("--cell", "gru", "--via", "embedding"), ("P12",), "1053–1066", 2.2),
        ),
    ),
    "names": _only(
        "Surname to country: a bidirectional GRU on packed sequences.",
        "Loss and accuracy over epochs, and the confusion matrix.",
        ("P13",),
        "1093–1123",
        194.2,
        30.6,
    ),
}
TITLES = {topic: lesson.title for topic, lesson in LESSONS.items()}
TRAINED = ("backward", "linreg", "logistic", "diabetes", "mnist", "seq", "names")
PREDICTING = ("mnist", "names", "diabetes")  # their networks take a user's own input


def course(runs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every lesson as the JSON document of ``ptnotes topics`` has it.

    A command is done if one of ``runs``, summaries of saved runs, has finished it; None where
    there is nothing to save.
    """
    lessons: list[dict[str, Any]] = []
    for topic, lesson in LESSONS.items():
        commands = [_command(topic, each, runs) for each in lesson.commands]
        told = {"topic": topic, "title": lesson.title, "picture": lesson.picture}
        lessons.append(
            told | {"lines": lesson.lines, "trained": topic in TRAINED, "commands": commands}
        )
    return lessons


def _command(topic: str, command: Command, runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    wanted = {"topic": topic, "finished": True, **command.settings()}
    done = any(wanted.items() <= run.items() for run in runs if "damaged" not in run)
    return {
        "command": " ".join(("ptnotes", topic, *command.options)),
        "chapters": list(command.chapters),
        "lines": command.lines,
        "seconds": command.seconds,
        "sample_seconds": command.sample_seconds,
        "done": done if topic in TRAINED else None,
    }


def module(topic: str) -> ModuleType:
    """The lesson of a topic, named as its command is. Imports torch."""
    return import_module(f"ptnotes.topics.{topic.replace('-', '_')}")


sys.modules[__name__].__class__ = CallableModule
