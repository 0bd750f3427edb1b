"""What a page shows as it is stored, and what its kernel computes and keeps."""

import contextlib
import io
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook, new_output

from normtheory.pages.app import prepare
from normtheory.pages.replay import replayed

FOLDER = Path(__file__).parents[2] / "notebooks"
NAMES = sorted(path.stem for path in FOLDER.glob("*.ipynb"))
WIDGET = "application/vnd.jupyter.widget-view+json"
PRINTED = [new_output("stream", text="it's 1\n")]
SHOWN = [new_output("execute_result", data={"text/plain": "two", "text/html": "<b>two</b>"})]
MOST = 210  # MB of a page's kernel at its peak; 250 are promised
PEAK = r"""import re, sys
held = re.search(r"VmHWM:\s+(\d+) kB", open("/proc/self/status").read())
print(int(held[1]) / 1024, "torch" in sys.modules)"""


def ran(source, **names):
    """What a source prints and displays, and the names that it leaves."""
    shown, out = [], io.StringIO()
    names["display"] = lambda data, raw: shown.append(data)
    with contextlib.redirect_stdout(out):
        exec(source, names)
    return out.getvalue(), shown, names


def test_a_cell_keeps_its_names_and_shows_its_outputs_as_they_are_stored():
    source = "import math\nn = math.floor(2.5)\nprint(1 / 0)\nexplorers.ledger_rows('vcl.*')"
    printed, shown, names = ran(replayed(source, PRINTED + SHOWN))
    assert printed == "it's 1\n"
    assert shown == [SHOWN[0].data] and names["n"] == 2
    assert ran(replayed("result", SHOWN), result=3)[1] == [SHOWN[0].data]


@pytest.mark.parametrize(
    ("source", "outputs"),
    [
        ("print(1)", []),
        ("explorers.few_modes()", [new_output("execute_result", data={WIDGET: {}})]),
        ("run.folded()", [*SHOWN, new_output("display_data", data={WIDGET: {}})]),
        ("explorer.move(n=3)", SHOWN),
        ("found.append(1)\nprint(1)", PRINTED),
        ("1 + 1", SHOWN),
        ("print(1)", [new_output("stream", name="stderr", text="oh")]),
        ("print(1)", [new_output("error", ename="E", evalue="e", traceback=[])]),
        ("%matplotlib inline\nprint(1)", PRINTED),
    ],
)
def test_what_may_change_or_lives_is_computed(source, outputs):
    assert replayed(source, outputs) == source


def prepared(notebook):
    prepare(SimpleNamespace(get_query_argument=lambda name, default: default), notebook, "")
    return notebook


def test_a_page_prints_what_is_stored():
    cell = new_code_cell("print('anew')", outputs=PRINTED)
    page = prepared(new_notebook(cells=[cell, new_code_cell("print('none')")]))
    assert [ran(each.source)[0] for each in page.cells] == ["it's 1\n", "none\n"]
    assert page.metadata.voila.theme == "light"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells a process's peak")
@pytest.mark.parametrize("name", NAMES)
def test_a_pages_kernel_stays_small_and_shows_what_is_stored(name):
    stored = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    page = prepared(nbformat.read(FOLDER / f"{name}.ipynb", as_version=4))
    page.cells.append(new_code_cell(PEAK))
    NotebookClient(page, timeout=600, kernel_name="python3").execute()
    peak, torch = page.cells.pop().outputs[0].text.split()
    assert float(peak) < MOST and torch == "False"
    alive = 0
    for cell, before in zip(page.cells, stored.cells, strict=True):
        for output, was in zip(cell.get("outputs", []), before.get("outputs", []), strict=True):
            if WIDGET in was.get("data", {}):
                alive += 1
                assert WIDGET in output.data
            else:
                assert output.get("data") == was.get("data")
                assert output.get("text") == was.get("text")
    assert alive > 1
