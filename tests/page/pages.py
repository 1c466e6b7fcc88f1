"""Runs as the page has them, what their networks give in it, and strokes of the mouse."""

import shutil
from contextlib import contextmanager

import torch

from ptnotes.page import build
from ptnotes.page.graph import trace

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DIGITS = [str(digit) for digit in range(10)]
FRAME = {"box": 20, "byMass": True, "mean": 0.1307, "std": 0.3081}
SEVEN = [(90, 60), (190, 60), (150, 130), (120, 230)]


def described(topic, model, classes=DIGITS, **more):
    run = {"title": topic, "path": "runs/x", "topic": topic, "classes": classes, "facts": []}
    run |= {
        "config": {"data": topic},
        "history": [],
        "frame": FRAME,
        "graph": build.encode(trace(model)),
    }
    return run | more


def logits(tab, run, inputs):
    """What the page's network number ``run`` gives for each of the lists of inputs."""
    code = """([run, inputs]) => inputs.map((one) => Array.from(readers[run].network.run(
        ...one.map(({ shape, data }) => ({ shape, data: Float32Array.from(data) }))).logits))"""
    return torch.tensor(tab.evaluate(code, [run, inputs]))


def value(tensor):
    return {"shape": list(tensor.shape), "data": tensor.flatten().tolist()}


@contextmanager
def chromium():
    """A browser; needs Playwright and Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def read(tab, strokes, box):
    """What the page makes of strokes on an empty pad."""
    tab.click("text=Clear")
    for stroke in strokes:
        draw(tab, stroke, box, steps=1)
    return tab.inner_text(".bars .best")


def draw(tab, points, box, steps=8):
    scale = box["width"] / 280
    tab.mouse.move(box["x"] + points[0][0] * scale, box["y"] + points[0][1] * scale)
    tab.mouse.down()
    for x, y in points[1:]:
        tab.mouse.move(box["x"] + x * scale, box["y"] + y * scale, steps=steps)
    tab.mouse.up()
