"""What notebooks show of the explorers: all of them, with every knob, a picture and a sweep."""

import ast
from pathlib import Path

import nbformat
import pytest

from normtheory import explorers
from normtheory.claims import ledger

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
WIDGET = "application/vnd.jupyter.widget-view+json"


def name(path):
    return path.stem


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=name)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def explored(notebook):
    """Names of the explorers that a notebook calls."""
    for cell in code_cells(notebook):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Attribute) and node.attr in explorers.catalogue():
                yield node.attr


def test_each_explorer_has_a_picture_and_is_swept(notebook):
    shown = 0
    for cell in code_cells(notebook):
        for output in cell.outputs:
            if WIDGET in output.get("data", {}):
                shown += 1
                assert "image/png" in output["data"] and "text/plain" in output["data"]
    sweeps = sum(cell.source.count(".sweep()") for cell in code_cells(notebook))
    # the same explorer may be shown again at other values
    assert len(set(explored(notebook))) <= sweeps <= shown


def test_every_explorer_is_in_a_notebook():
    used = {e for path in NOTEBOOKS for e in explored(nbformat.read(path, as_version=4))}
    assert used == set(explorers.catalogue())


def test_every_claim_is_in_a_notebook():
    shown = set()
    for path in NOTEBOOKS:
        for cell in code_cells(nbformat.read(path, as_version=4)):
            for node in ast.walk(ast.parse(cell.source)):
                if getattr(getattr(node, "func", None), "attr", "").startswith("ledger_"):
                    shown.update(c.id for a in node.args for c in ledger.select([a.value]))
    assert shown == {claim.id for claim in ledger.claims()}


def test_every_knob_of_every_claim_is_a_slider():
    sliders = {}
    for each in explorers.catalogue():
        explorer = getattr(explorers, each)()
        for claim in explorer.claims:
            sliders.setdefault(claim.id, set()).update(explorer.parameters)
    missing = [
        f"{claim.id}: {parameter.name}"
        for claim in ledger.claims()
        for parameter in claim.parameters
        if parameter.name not in sliders.get(claim.id, ())
    ]
    assert not missing
