"""The confusion matrix, and precision, recall and F1 of every class."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ptnotes.engine.metrics import (
    classification_report,
    most_confident_errors,
    per_class,
    threshold,
)

CLASSES = ("a", "b", "c")
LABELS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1)


def test_by_hand():
    found = classification_report(torch.tensor([0, 0, 1, 0]), torch.tensor([0, 1, 1, 0]), CLASSES)
    assert found["confusion"] == [[2, 0, 0], [1, 1, 0], [0, 0, 0]]
    a, b, c = found["per_class"]
    assert (a["class"], a["samples"], a["precision"], a["recall"]) == ("a", 2, 2 / 3, 1.0)
    assert a["f1"] == pytest.approx(0.8)
    assert (b["samples"], b["precision"], b["recall"]) == (2, 1.0, 0.5)
    assert c == {"class": "c", "samples": 0, "precision": None, "recall": None, "f1": None}


@given(LABELS)
def test_against_counting(pairs):
    targets, predicted = (torch.tensor(each) for each in zip(*pairs, strict=True))
    found = classification_report(predicted, targets, CLASSES)
    for row in range(3):
        for cell in range(3):
            assert found["confusion"][row][cell] == pairs.count((row, cell))
    for index, each in enumerate(found["per_class"]):
        precision, recall = each["precision"], each["recall"]
        assert each["samples"] == sum(target == index for target, _ in pairs)
        if precision and recall:
            assert each["f1"] == pytest.approx(2 * precision * recall / (precision + recall))
        elif each["f1"] is not None:
            assert each["f1"] == 0


def test_threshold():
    assert threshold(torch.tensor([[0.2], [0.5], [0.9]])).tolist() == [[0], [1], [1]]


def test_matrix_of_nothing():
    assert {each["f1"] for each in per_class([[0] * 3] * 3, CLASSES)} == {None}


def test_most_confident_errors_come_first():
    logits = torch.tensor([[9.0, 0, 0], [0, 2.0, 0], [0, 0, 5.0], [1.0, 0, 0]])
    images = torch.arange(4, dtype=torch.uint8).view(4, 1, 1).expand(4, 2, 2)
    found = most_confident_errors(logits, torch.tensor([0, 0, 1, 2]), images, CLASSES)
    assert found.places == [2, 1, 3]
    assert found.labels == ["b", "a", "c"]
    assert found.predictions == ["c", "b", "a"]
    assert found.images[:, 0, 0].tolist() == [2, 1, 3]
    assert found.probabilities == sorted(found.probabilities, reverse=True)
    assert most_confident_errors(logits[:1], torch.tensor([0]), images[:1], CLASSES).places == []


def test_in_the_result(document, small_data):
    for topic, classes in (("mnist", 10), ("names", 3), ("diabetes", 2)):
        found = document(topic, "--recipe", "tuned", "--epochs", "2", "--data-dir", small_data)
        matrix = found["result"]["confusion"]
        assert len(matrix) == len(found["result"]["per_class"]) == classes
        right = sum(matrix[index][index] for index in range(classes))
        accuracy = found["result"]["test_accuracy"]
        assert right / sum(map(sum, matrix)) == pytest.approx(accuracy)
