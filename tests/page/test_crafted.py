"""Pages of runs that someone else made: what is in them stays text, and breaks no page."""

import shutil

import pytest

from ptnotes.page import build
from ptnotes.runs import document as documents
from ptnotes.runs.checkpoint import load_checkpoint, save_checkpoint
from tests.page.pages import DIGITS, SEVEN, described, draw

HOSTILE = ["</script><img src=x onerror=document.title='evil'>", "\u202e]]><!--", "x" * 5000]


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


@pytest.mark.slow
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
def test_runs_that_no_page_can_be_made_of(change, cli, run_of, tmp_path):
    run, out = tmp_path / "run", tmp_path / "page.html"
    shutil.copytree(run_of("mnist", "--epochs", "1"), run)
    document = documents.read(run)
    document["result"] = {}
    change(document)
    (run / documents.DOCUMENT).write_bytes(documents.encode(document))
    done = cli("runs", "page", run, "--out", out)
    assert done.exit_code == 1
    assert len(done.stderr.splitlines()) == 1
    assert not out.exists()
