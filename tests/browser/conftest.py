"""A real browser for the tests in this folder: fails on errors in the console, keeps pictures."""

import os
import re
from pathlib import Path

import chromium
import lab
import nbformat
import patience
import pytest
from playwright.sync_api import expect, sync_playwright
from shown import GRID, STOPS, made

from normtheory.explorers import still

HEAD = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
ARTIFACTS = Path(os.environ.get("NORMTHEORY_ARTIFACTS", "test-artifacts")).absolute()


def keep(shown, name):
    """Keep a picture of a page, or of one element, as ``test-artifacts/<name>.png``."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w.-]+", "-", name).strip("-")
    shown.screenshot(path=ARTIFACTS / f"{name}.png")


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
def in_lab(jupyter):
    """Puts a notebook into the server's folder, and returns its address.

    Each gets a name, and so a kernel, of its own.
    """

    def put(notebook, app="lab"):
        name = f"{len(list(jupyter.folder.glob('*.ipynb')))}.ipynb"
        nbformat.write(notebook, jupyter.folder / name)
        return jupyter.address(name, app)

    put.folder = jupyter.folder
    return put


@pytest.fixture(scope="package")
def still_page(tmp_path_factory):
    """Writes a page without a kernel that holds some explorers, and returns its address."""
    folder, embedded = tmp_path_factory.mktemp("still"), {}

    def put(names):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(still, "POSITIONS", STOPS)
            patch.setattr(still, "PICTURES", GRID)
            for name in set(names) - set(embedded):
                embedded[name] = still.embed(made(name))
        body = "".join(map(embedded.get, names)) + still.assets([made(name) for name in names])
        path = folder / f"{len(list(folder.iterdir()))}.html"
        path.write_text(f"<!doctype html>{HEAD}<body>{body}", encoding="utf-8")
        return path.as_uri()

    return put


@pytest.fixture
def thinned(monkeypatch):
    """The tables of `still_page`, for a test that asks how they are made."""
    monkeypatch.setattr(still, "POSITIONS", STOPS)
    monkeypatch.setattr(still, "PICTURES", GRID)


@pytest.fixture(autouse=True)
def patient(browser):
    """What Playwright waits for may take longer on a machine that is slower now."""
    milliseconds = 60_000 * patience.slowness()
    expect.set_options(timeout=milliseconds)
    for context in browser.contexts:
        context.set_default_timeout(milliseconds)


@pytest.fixture
def own_errors():
    """What the application reports in its console without any explorer: nothing."""
    return frozenset()


@pytest.fixture
def page(browser, request, own_errors, patient):
    """An empty page in a profile of its own; an error in its console fails the test at the end.

    Its last picture is kept as ``test-artifacts/<test>.png``.
    """
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(60_000 * patience.slowness())
    opened = context.new_page()
    errors = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    yield opened
    keep(opened, request.node.name)
    context.close()
    errors = [error for error in errors if error not in own_errors]
    assert not errors, "the page reported errors:\n" + "\n".join(errors)
