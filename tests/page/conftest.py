"""A page in Chromium; without it, or without Playwright, its tests skip."""

import pytest
import torch

from ptnotes.models.mnist import MODELS
from tests.page import pages
from tests.runs.conftest import run_of


@pytest.fixture(scope="module")
def chromium():
    pytest.importorskip("playwright.sync_api", reason="needs playwright")
    if pages.CHROMIUM is None:
        pytest.skip("needs Chromium")
    with pages.chromium() as browser:
        yield browser


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


@pytest.fixture(scope="module")
def models():
    torch.manual_seed(0)
    return {arch: model().eval() for arch, model in MODELS.items()}


__all__ = ["run_of"]
