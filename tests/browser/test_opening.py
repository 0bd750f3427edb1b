"""The notebooks as they are opened: soon alive in the app, and not marked as unsaved in Lab."""

import shutil
import time

import lab
import nbformat
import pytest
from patience import slowness, until

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FOLDER = lab.ROOT / "notebooks"
NAMES = sorted(path.stem for path in FOLDER.glob("*.ipynb"))
WIDGET = "application/vnd.jupyter.widget-view+json"
ALIVE = 10  # seconds of a free machine until the last explorer of a page has drawn its setting
# once the kernel has told its language, which JupyterLab compares with what the notebook says
DIRTY = """async (path) => {
  const { context, content } = jupyterapp.shell.currentWidget;
  await context.sessionContext.session.kernel.info;
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  return [context.path === path, content.model.cells.length, context.model.dirty];
}"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The app on copies of the notebooks."""
    folder = tmp_path_factory.mktemp("own")
    for name in NAMES:
        shutil.copy(FOLDER / f"{name}.ipynb", folder)
    with lab.serve_app(folder, tmp_path_factory.mktemp("log") / "log") as started:
        yield started


@pytest.mark.parametrize("name", NAMES)
def test_all_explorers_of_a_page_are_soon_alive(page, pages, name, record_property):
    cells = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    expected = sum(WIDGET in output.get("data", {}) for output in outputs)
    page.goto(pages.printed)  # the token, once
    start = time.perf_counter()
    page.goto(f"{pages.root}/voila/render/{name}.ipynb", wait_until="commit")
    alive = page.locator(".nt-explorer[data-settled]")
    until(lambda: alive.count() == expected, f"{expected} explorers", ALIVE, lab.resting(page))
    record_property("seconds", round((time.perf_counter() - start) / slowness(), 1))
    assert expected > 1


@pytest.mark.parametrize("name", (NAMES[0], NAMES[3], NAMES[-1]))
def test_opening_a_notebook_leaves_it_saved(page, jupyter, name):
    shutil.copy(FOLDER / f"{name}.ipynb", jupyter.folder)
    stored = (jupyter.folder / f"{name}.ipynb").read_bytes()
    lab.connect(page, jupyter.address(name))
    shown, cells, dirty = page.evaluate(DIRTY, f"{name}.ipynb")
    assert shown and cells and not dirty
    assert not page.locator(".jp-Document-dirty, .jp-mod-dirty").count()
    assert (jupyter.folder / f"{name}.ipynb").read_bytes() == stored
