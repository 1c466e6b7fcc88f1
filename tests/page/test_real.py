"""Pages of networks trained on the real data: its test sets, and digits drawn by hand."""

import pytest
import torch

from ptnotes.datasets import mnist
from ptnotes.datasets import names as names_data
from ptnotes.models.mnist import MODELS
from ptnotes.page import build
from tests.page.pages import logits, read, value
from tests.page.strokes import DIGITS, MANNERS, drawn


@pytest.mark.slow
@pytest.mark.parametrize("arch", MODELS)
def test_real_images(arch, cli, real_data, tmp_path, opened):
    """The page of a trained network, on 500 images of the test set."""
    run = tmp_path / "run"
    options = ["--arch", arch, "--epochs", "1", "--data-dir", real_data, "--out", run]
    assert cli("mnist", *options).exit_code == 0
    html = build.page([build.describe(run)])
    images, _ = mnist.read(real_data, "t10k", "mnist")
    pixels = mnist.normalize(images[:500], 0.1307, 0.3081, torch.device("cpu"))
    _, model = build.network.load(run)
    with torch.inference_mode():
        expected = model(pixels)
    found = logits(opened(html), 0, [[value(image)] for image in pixels])
    assert (found - expected).abs().max() < 1e-4


@pytest.mark.slow
def test_real_surnames(cli, real_data, tmp_path, opened):
    """200 names of the test set, of all countries and lengths."""
    run = tmp_path / "run"
    options = ["--recipe", "tuned", "--epochs", "1", "--data-dir", real_data, "--out", run]
    assert cli("names", *options).exit_code == 0
    _, test, _ = names_data.read(real_data)
    tab = opened(build.page([build.describe(run)]))
    _, model = build.network.load(run)
    chosen = range(0, len(test.codes), len(test.codes) // 200)[:200]
    rows = [test.codes[row, : test.lengths[row]] for row in chosen]
    with torch.inference_mode():
        expected = torch.cat([model(row[None], torch.tensor([len(row)])) for row in rows])
    found = logits(tab, 0, [[value(row), value(row)] for row in rows])
    assert (found - expected).abs().max() < 1e-4


@pytest.mark.slow
def test_handwriting(cli, real_data, tmp_path, opened):
    """30 digits as strokes of the mouse, in one manner after the other. All of them in every
    manner: docs/runs.md.
    """
    run = tmp_path / "run"
    options = ["--arch", "cnn", "--recipe", "tuned", "--data-dir", real_data, "--out", run]
    assert cli("mnist", *options).exit_code == 0
    tab = opened(build.page([build.describe(run)]))
    box = tab.query_selector("#pad").bounding_box()
    manners = [each for each in MANNERS if each != "tiny"]
    wrong = []
    for digit, hands in DIGITS.items():
        for hand in range(len(hands)):
            manner = manners[(3 * digit + hand) % len(manners)]
            if read(tab, drawn(digit, hand, manner), box) != str(digit):
                wrong.append((digit, hand, manner))
    assert len(wrong) <= 3, wrong
