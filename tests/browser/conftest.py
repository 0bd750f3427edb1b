"""A real browser for the tests in this folder: fails on errors in the console, keeps pictures.

One Chromium, one Jupyter server with one page of JupyterLab on it, one app and one built site serve
all tests.
"""

import os
import re
from pathlib import Path

import chromium
import lab
import patience
import pytest
from playwright.sync_api import expect, sync_playwright
from shown import GRID, MODULES, STOPS, thin
from window import SECONDS, Window, new_context

from normtheory.explorers import scripts, still

HEAD = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
ARTIFACTS = Path(os.environ.get("NORMTHEORY_ARTIFACTS", "test-artifacts")).absolute()


def keep(shown, name):
    """Keep a picture of a page, or of one element, as ``test-artifacts/<name>.png``."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w.-]+", "-", name).strip("-")
    shown.screenshot(path=ARTIFACTS / f"{name}.png")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Keep the picture of each page that a failed test has seen."""
    report = yield
    if report.failed and call.when == "call":
        for name, value in getattr(item, "funcargs", {}).items():
            if name in ("page", "opened", "window", "jupyterlab", "screen"):
                first = value[0] if isinstance(value, tuple) else value
                keep(getattr(first, "page", first), f"{item.name}-{name}")
    return report


@pytest.fixture(scope="package", name="keep")
def keeper():
    """The function that keeps a picture."""
    return keep


@pytest.fixture(scope="package")
def browser():
    """A headless Chromium."""
    path = chromium.find()
    assert path, f"there is no Chromium to test with: {chromium.HOW_TO_GET_ONE}"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(chromium.FLAGS))
        yield started
        started.close()


@pytest.fixture(scope="package")
def jupyter(tmp_path_factory):
    """The one Jupyter server: what ``normtheory lab`` starts in an empty home."""
    with lab.serve(tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.fixture(scope="package")
def jupyterlab(browser, jupyter):
    """The one page of JupyterLab: at the address that the command prints, and then on a notebook of
    all kinds of explorers, when its cells have run."""
    window = Window(new_context(browser))
    lab.connect(window.page, jupyter.printed)
    jupyter.put("samples", lab.samples(jupyter.folder))
    lab.open_beside(window.page, "samples.ipynb")
    lab.run(window.page)
    yield window
    window.context.close()


@pytest.fixture(scope="package")
def app(tmp_path_factory):
    """The one app, on a folder with a plain page, one whose name is an attack, and pages of all
    explorers."""
    folder = tmp_path_factory.mktemp("pages")
    for name, notebook in lab.app_pages().items():
        lab.put(folder, name, notebook)
    with lab.serve_app(folder, tmp_path_factory.mktemp("log") / "log") as started:
        yield started


@pytest.fixture(scope="package")
def still_page(tmp_path_factory):
    """Writes a page without a kernel that holds some explorers, and returns its address."""
    folder = tmp_path_factory.mktemp("still")

    def put(explorers, stops=STOPS, pictures=GRID):
        with pytest.MonkeyPatch.context() as patch:
            thin(patch, stops, pictures)
            topics = {each.formula.topic for each in explorers if each.formula}
            body = "".join(map(still.embed, explorers)) + still.assets(topics)
        path = folder / f"{len(list(folder.iterdir()))}.html"
        path.write_text(f"<!doctype html>{HEAD}<body>{body}", encoding="utf-8")
        return path.as_uri()

    return put


@pytest.fixture
def thinned(monkeypatch):
    """The tables of `still_page`, for a test that asks how they are made."""
    thin(monkeypatch)


@pytest.fixture(autouse=True)
def patient(browser):
    """What Playwright waits for may take longer on a machine that is slower now."""
    milliseconds = 1000 * SECONDS * patience.slowness()
    expect.set_options(timeout=milliseconds)
    for context in browser.contexts:
        context.set_default_timeout(milliseconds)


@pytest.fixture(scope="package")
def profile(browser):
    """The profile of all empty pages, in which scripts that were fetched once are kept."""
    return new_context(browser)


@pytest.fixture(scope="package")
def modules(profile):
    """An empty page that has loaded the explorers' scripts as `modules`."""
    page = profile.new_page()
    page.evaluate(MODULES, [scripts.source("explorer"), scripts.companions()])
    yield page
    page.close()


@pytest.fixture
def window(profile):
    """An empty page that is nobody to any server; an error in its console fails the test at the
    end."""
    opened = Window(profile)
    yield opened
    opened.page.close()
    profile.clear_cookies()
    profile.clear_permissions()
    opened.assert_clean()


@pytest.fixture
def page(window):
    """The page of `window`."""
    return window.page
