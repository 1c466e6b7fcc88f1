import pytest
import torch

from ptnotes.engine.loop import count_parameters
from ptnotes.models.mnist import MODELS, InceptionA, ResidualBlock

PARAMETERS = {"mlp": 576_810, "cnn": 8_490, "inception": 97_298, "resnet": 41_514}


@pytest.mark.parametrize("arch", MODELS)
def test_shape_and_parameters(arch):
    model = MODELS[arch]()
    assert model(torch.zeros(3, 1, 28, 28)).shape == (3, 10)
    assert count_parameters(model) == PARAMETERS[arch]


def test_inception_concatenates_88_channels():
    assert InceptionA(10)(torch.zeros(2, 10, 12, 12)).shape == (2, 88, 12, 12)


def test_residual_block_adds_its_input():
    block = ResidualBlock(4)
    for parameter in block.parameters():
        torch.nn.init.zeros_(parameter)
    x = torch.rand(2, 4, 5, 5)
    assert torch.equal(block(x), x)


def test_pooling_before_relu_is_the_notes_order():
    torch.manual_seed(0)
    model, x = MODELS["cnn"](), torch.randn(2, 1, 28, 28)
    notes = model.pooling(torch.relu(model.conv1(x)))
    notes = model.pooling(torch.relu(model.conv2(notes)))
    assert torch.equal(model(x), model.fc(notes.view(2, -1)))
