"""The page in a browser: its networks compute what torch computes, and nothing leaves it."""

import json
import shutil

import pytest
import torch

from ptnotes.datasets import mnist
from ptnotes.datasets import names as names_data
from ptnotes.models.mnist import MODELS
from ptnotes.page import build
from ptnotes.predict.images import FRAMES, center_in_frame
from ptnotes.runs import document as documents
from ptnotes.runs.checkpoint import load_checkpoint, save_checkpoint
from ptnotes.topics import diabetes, names
from tests.page.strokes import DIGITS as DIGITS_AS_STROKES
from tests.page.strokes import MANNERS, drawn

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
if BROWSER is None:
    pytest.skip("needs Chromium", allow_module_level=True)

DIGITS = [str(digit) for digit in range(10)]
FRAME = {"box": 20, "byMass": True, "mean": 0.1307, "std": 0.3081}
SEVEN = [(90, 60), (190, 60), (150, 130), (120, 230)]


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium, tmp_path):
    """``opened(html, width=…)``: the page in a tab; in the end it has asked for nothing."""
    asked, errors, contexts = [], [], []

    def invoke(html, **options):
        path = tmp_path / "page.html"
        path.write_text(html, encoding="utf-8")
        width = options.pop("width", 1280)
        context = chromium.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        tab = context.new_page()
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("console", lambda message: errors.append(message.text))
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.goto(path.as_uri())
        return tab

    yield invoke
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert errors == []
    for context in contexts:
        context.close()


def described(topic, model, classes=DIGITS, **more):
    run = {"title": topic, "path": "runs/x", "topic": topic, "classes": classes, "facts": []}
    run |= {"config": {"data": topic}, "history": [], "frame": FRAME, "graph": build.encode(model)}
    return run | more


def logits(tab, run, inputs):
    """What the page's network number ``run`` gives for each of the lists of inputs."""
    code = """([run, inputs]) => inputs.map((one) => Array.from(readers[run].network.run(
        ...one.map(({ shape, data }) => ({ shape, data: Float32Array.from(data) }))).logits))"""
    return torch.tensor(tab.evaluate(code, [run, inputs]))


def value(tensor):
    return {"shape": list(tensor.shape), "data": tensor.flatten().tolist()}


@pytest.fixture(scope="module")
def models():
    torch.manual_seed(0)
    return {arch: model().eval() for arch, model in MODELS.items()}


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


def draw(tab, points, box, steps=8):
    scale = box["width"] / 280
    tab.mouse.move(box["x"] + points[0][0] * scale, box["y"] + points[0][1] * scale)
    tab.mouse.down()
    for x, y in points[1:]:
        tab.mouse.move(box["x"] + x * scale, box["y"] + y * scale, steps=steps)
    tab.mouse.up()


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


def test_crafted_run(models, opened):
    """Names that would be tags, an end of the script, a huge history: text, all of it."""
    evil = "</script><img src=x onerror=document.title='evil'>\u2028"
    classes = [evil, "x" * 5000, *DIGITS[2:]]
    history = [{"epoch": n, "train_loss": 1e300} for n in range(100_000)]
    run = described("mnist", models["mlp"], classes, history=build._thinned(history))
    run |= {"title": evil, "path": evil, "config": {"data": evil, evil: evil}}
    run |= {"facts": [(evil, evil)], "confusion": [[1] * 10] * 10}
    html = build.page([run])
    assert len(html) < 4_000_000
    tab = opened(html, width=360)
    draw(tab, SEVEN, tab.query_selector("#pad").bounding_box())
    assert tab.title() == "ptnotes"
    assert evil.strip() in tab.inner_text("main")
    assert evil.strip() in tab.inner_text(".bars")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360


HOSTILE = ["</script><img src=x onerror=document.title='evil'>", "\u202e]]><!--", "x" * 5000]


@pytest.mark.parametrize("width", [360, 1280])
def test_crafted_run_in_files(cli, tmp_path, opened, width):
    """Classes, settings and versions that would be tags or take all the room, and weights that
    are no numbers, in a run whose checksums are right.
    """
    run = tmp_path / "run"
    assert cli("mnist", "--sample", "--epochs", "1", "--out", run).exit_code == 0
    document, weights = documents.read(run), load_checkpoint(run / documents.MODEL)
    document["run"]["classes"][:3] = HOSTILE
    document["run"]["date"] = HOSTILE[0]
    document["config"] |= dict.fromkeys(["__proto__", "constructor", *HOSTILE], HOSTILE[0])
    document["environment"]["torch"] = document["config"]["arch"] = HOSTILE[2]
    document["result"] |= {HOSTILE[0]: HOSTILE[2], "test_loss": 1e308}
    rows = [{"epoch": 1, "train_loss": 1e308, "test_loss": -1e308}, {"epoch": 2, "train_loss": 0}]
    document["history"] = rows * 50_000
    document["config"]["arch"] = "cnn"  # else there is no network
    weights["fc.bias"][0] = float("nan")
    (run / documents.DOCUMENT).write_bytes(documents.encode(document))
    (run / documents.MODEL).write_bytes(save_checkpoint(weights))
    (run / documents.MISTAKES).write_bytes(b"<svg onload=document.title='evil'>")

    out = tmp_path / "page.html"
    done = cli("runs", "page", run, "--out", out)
    assert done.exit_code == 0, done.stderr
    assert out.stat().st_size < 1_000_000
    tab = opened(out.read_text(encoding="utf-8"), width=width)
    draw(tab, SEVEN, tab.query_selector("#pad").bounding_box())
    assert "not finite" in tab.inner_text("main")
    assert tab.query_selector_all(".bars .bar") == []
    assert HOSTILE[0] in tab.inner_text("main")
    assert tab.title() == "ptnotes"
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document["run"]["classes"].append("more"),
        lambda document: document["config"].pop("mean"),
        lambda document: document["config"].update(std="nan"),
        lambda document: document["config"].update(std=0),
        lambda document: document["config"].update(data="<b>"),
    ],
    ids=["classes", "mean", "std", "zero", "data"],
)
def test_runs_that_no_page_can_be_made_of(change, cli, tmp_path):
    run, out = tmp_path / "run", tmp_path / "page.html"
    assert cli("mnist", "--sample", "--epochs", "1", "--out", run).exit_code == 0
    document = documents.read(run)
    document["result"] = {}
    change(document)
    (run / documents.DOCUMENT).write_bytes(documents.encode(document))
    done = cli("runs", "page", run, "--out", out)
    assert done.exit_code == 1
    assert len(done.stderr.splitlines()) == 1
    assert not out.exists()


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
    for digit, hands in DIGITS_AS_STROKES.items():
        for hand in range(len(hands)):
            manner = manners[(3 * digit + hand) % len(manners)]
            tab.click("text=Clear")
            for stroke in drawn(digit, hand, manner):
                draw(tab, stroke, box, steps=1)
            if tab.inner_text(".bars .best") != str(digit):
                wrong.append((digit, hand, manner))
    assert len(wrong) <= 3, wrong
