"""A real browser for the tests in this folder: fails on errors in the console, keeps pictures."""

import os
import re
from pathlib import Path

import chromium
import lab
import nbformat
import pytest
from playwright.sync_api import sync_playwright

ARTIFACTS = Path(os.environ.get("NORMTHEORY_ARTIFACTS", "test-artifacts")).absolute()


def keep(shown, name):
    """Keep a picture of a page, or of one element, as ``test-artifacts/<name>.png``."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w.-]+", "-", name).strip("-")
    shown.screenshot(path=ARTIFACTS / f"{name}.png")


@pytest.fixture(scope="session", name="keep")
def keeper():
    """The function that keeps a picture."""
    return keep


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium."""
    path = chromium.find()
    assert path, f"there is no Chromium to test with: {chromium.HOW_TO_GET_ONE}"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(chromium.FLAGS))
        yield started
        started.close()


@pytest.fixture(scope="session")
def in_lab(tmp_path_factory):
    """Puts a notebook into the one JupyterLab of this worker, and returns its address.

    Each gets a name, and so a kernel, of its own.
    """
    folder = tmp_path_factory.mktemp("notebooks")
    with lab.serve(folder, tmp_path_factory.mktemp("home")) as address:

        def put(notebook):
            name = f"{len(list(folder.glob('*.ipynb')))}.ipynb"
            nbformat.write(notebook, folder / name)
            return address(name)

        put.folder = folder
        yield put


@pytest.fixture
def own_errors():
    """What the application reports in its console without any explorer: nothing."""
    return frozenset()


@pytest.fixture
def page(browser, request, own_errors):
    """An empty page in a profile of its own; an error in its console fails the test at the end.

    Its last picture is kept as ``test-artifacts/<test>.png``.
    """
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    errors = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    yield opened
    keep(opened, request.node.name)
    context.close()
    errors = [error for error in errors if error not in own_errors]
    assert not errors, "the page reported errors:\n" + "\n".join(errors)
