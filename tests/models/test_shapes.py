import torch

from ptnotes.models.mnist import MODELS
from ptnotes.models.shapes import trace


def test_trace_lists_every_call():
    model = MODELS["cnn"]()
    steps = trace(model, torch.zeros(2, 1, 28, 28))
    assert [step.layer for step in steps] == ["conv1", "pooling", "conv2", "pooling", "fc"]
    assert steps[0].outputs == (2, 10, 24, 24)
    assert steps[-1].inputs == (2, 320)
    assert sum(step.parameters for step in steps) == 8_490
    assert all(not layer._forward_hooks for layer in model.modules())
