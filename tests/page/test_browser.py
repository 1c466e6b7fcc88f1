"""The page in a browser: its networks compute what torch computes, and nothing leaves it."""

import json

import pytest
import torch

from ptnotes.datasets import names as names_data
from ptnotes.page import build
from ptnotes.predict.images import FRAMES, center_in_frame
from ptnotes.topics import diabetes, names
from tests.page.pages import SEVEN, described, draw, logits, value


def test_networks_compute_what_torch_computes(models, opened):
    tab = opened(build.page([described("mnist", model) for model in models.values()]))
    images = torch.randn(5, 1, 28, 28)
    for number, model in enumerate(models.values()):
        found = logits(tab, number, [[value(image)] for image in images])
        torch.testing.assert_close(found, model(images).detach(), rtol=0, atol=1e-4)


def test_surnames(opened):
    torch.manual_seed(0)
    model = names.RNNClassifier(3).eval()
    tab = opened(build.page([described("names", model, ["A", "B", "C"])]))
    for name in ("Müller", "O'Neill", "欧阳", "x"):
        codes = torch.tensor([names_data.encode(name)])
        assert tab.evaluate("(name) => encode(name).data", name) == codes[0].tolist()
        with torch.inference_mode():
            expected = model(codes, torch.tensor([codes.shape[1]]))
        found = logits(tab, 0, [[value(codes[0]), value(codes[0])]])
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)
    tab.fill("#name", "Kowalska")
    assert len(tab.query_selector_all(".bars .bar")) == 3


def test_features(opened):
    torch.manual_seed(0)
    model = diabetes.Model(relu=True).eval()
    tab = opened(build.page([described("diabetes", model, ["0", "1"])]))
    tab.fill("#feature1", "0.5")
    features = torch.zeros(1, 8)
    features[0, 1] = 0.5
    share = f"{model(features).item():.2%}"
    assert tab.inner_text(".bars").split()[-1] == share


def test_drawing_is_centred_as_predict_does(models, opened):
    tab = opened(build.page([described("mnist", models["mlp"])]))
    draw(tab, SEVEN, tab.query_selector("#pad").bounding_box())
    pixels = tab.evaluate("""() => Array.from(inputs[0].context.getImageData(0, 0, 280, 280).data)
        .filter((_, index) => index % 4 === 0)""")
    levels = torch.tensor(pixels, dtype=torch.float32).view(280, 280)
    levels[levels <= 0.04 * levels.max()] = 0
    expected = torch.from_numpy(center_in_frame(levels.numpy(), FRAMES["mnist"]).astype("int16"))
    code = "(pixels) => Array.from(centerInFrame(Float64Array.from(pixels), 280, 280, 20, true))"
    found = torch.tensor(tab.evaluate(code, pixels)).view(28, 28)
    assert (found - expected).abs().max() <= 1  # of 255: sums in another precision
    assert len(tab.query_selector_all(".bars .bar")) == 10
    tab.click("text=Clear")
    assert len(tab.query_selector_all(".bars .bar")) == 0


def test_keyboard(models, opened):
    tab = opened(build.page([described("mnist", models["mlp"])]))
    tab.focus("#pad")
    for key in ("ArrowUp", " ", *["ArrowDown"] * 6):
        tab.keyboard.press("Space" if key == " " else key)
    assert len(tab.query_selector_all(".bars .bar")) == 10
    tab.keyboard.press("Escape")
    assert len(tab.query_selector_all(".bars .bar")) == 0


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_narrow_and_wide(width, scheme, models, opened):
    cells = [[10] * 10] * 10
    history = [{"epoch": n, "train_loss": 1 / n, "test_accuracy": 0.9} for n in range(1, 9)]
    runs = [
        described("mnist", model, confusion=cells, history=history) for model in models.values()
    ]
    tab = opened(build.page(runs), width=width, color_scheme=scheme)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_chinese(models, opened):
    tab = opened(build.page([described("mnist", models["mlp"])]), locale="zh-CN")
    assert "写一个数字" in tab.inner_text("main")
    tab.click("#language")
    assert "Draw a digit" in tab.inner_text("main")


def test_read_while_it_is_drawn(models, opened):
    """The answer is there before the pen is lifted."""
    tab = opened(build.page([described("mnist", models["mlp"])]))
    box = tab.query_selector("#pad").bounding_box()
    tab.mouse.move(box["x"] + 90, box["y"] + 60)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 190, box["y"] + 200, steps=8)
    tab.wait_for_selector(".bars .bar")
    assert len(tab.query_selector_all(".bars .bar")) == 10
    tab.mouse.up()


def test_command(cli, tmp_path, opened):
    run, out = tmp_path / "run", tmp_path / "lesson.html"
    assert cli("mnist", "--sample", "--epochs", "1", "--out", run).exit_code == 0
    done = cli("runs", "page", run, "--out", out, "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["result"]["bytes"] == out.stat().st_size < 400_000
    tab = opened(out.read_text(encoding="utf-8"))
    assert tab.query_selector(".mistakes") is not None
