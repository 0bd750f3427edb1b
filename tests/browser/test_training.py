"""A training run in a real JupyterLab: start, live curves, stop, and a slider that ends it."""

import re

import pytest
from playwright.sync_api import expect
from shown import Shown

pytestmark = pytest.mark.browser
TRAINING = re.compile(r"Step [1-9]\d* of 300: none accuracy")


def test_a_run_is_started_watched_and_stopped(jupyterlab):
    page = jupyterlab.page
    shown = Shown(page, "Training now: none, BN")
    root = shown.root
    text, progress = root.locator(".nt-text"), root.locator("progress")
    start, stop = (root.get_by_role("button", name=n, exact=True) for n in ("start", "stop"))
    expect(text).to_contain_text("Not started")
    expect(stop).to_be_disabled()

    start.click()
    expect(text).to_contain_text(TRAINING)
    expect(progress).to_be_visible()
    expect(start).to_be_disabled()
    stop.click()
    expect(start).to_be_enabled()
    expect(progress).to_be_hidden()
    reached = text.text_content()
    with page.expect_download():  # after which the kernel has nothing more to say
        shown.button("CSV")
    assert text.text_content() == reached

    # another run from the beginning, ended by a slider
    start.click()
    expect(text).not_to_have_text(reached)
    slider = root.locator('.nt-control[data-name="depth"] input[type="range"]')
    slider.focus()
    slider.press("ArrowRight")
    expect(text).to_contain_text("with 7 layers")
    shown.settle({"depth": 7})
    expect(text).to_contain_text("Not started")
    expect(start).to_be_enabled()
    expect(root.locator(".nt-error")).to_be_empty()
