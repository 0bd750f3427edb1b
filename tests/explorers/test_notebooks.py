"""Notebooks: thin cells, every knob in one of them, and nbval sees a changed number."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from normtheory import explorers
from normtheory.claims import ledger

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
WIDGET = "application/vnd.jupyter.widget-view+json"
STATEMENTS = (ast.Import, ast.ImportFrom, ast.Assign, ast.Expr)


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


def test_cells_are_thin(notebook):
    for cell in code_cells(notebook):
        body = ast.parse(cell.source).body
        assert all(isinstance(node, STATEMENTS) for node in body), cell.source
        assert len(body) <= 5, cell.source
        assert ";" not in cell.source


def test_outputs_are_stored_and_come_from_one_run(notebook):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))
    assert "widgets" not in notebook.metadata
    for cell in code_cells(notebook):
        for output in cell.outputs:
            assert output.output_type in ("execute_result", "display_data", "stream"), cell.source


def test_no_path_of_the_machine_is_stored(notebook):
    text = nbformat.writes(notebook)
    assert not re.search(r"(/home/|/root/|/tmp/|/Users/|C:\\\\)", text)


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


def with_a_changed_number(path):
    """What one explorer's sweep needs of a notebook, a digit of its stored text changed."""
    notebook = nbformat.read(path, as_version=4)
    cells = code_cells(notebook)
    sweep = next(cell for cell in cells if ".sweep()" in cell.source)
    called = sweep.source.partition(".")[0].strip()
    own = next(cell for cell in cells if re.search(rf"^{called} = ", cell.source, re.M))
    imports = [c for c in cells if c.source.startswith("from normtheory") and c is not own]
    (output,) = sweep.outputs
    text = output["data"]["text/plain"]
    digit = re.search(r"\d(?=\D*$)", text)
    changed = str((int(digit[0]) + 1) % 10)
    output["data"]["text/plain"] = text[: digit.start()] + changed + text[digit.end() :]
    notebook.cells = [*imports, own, sweep]
    return notebook


def test_nbval_sees_a_changed_number_in_every_notebook(tmp_path):
    last = {}
    for path in NOTEBOOKS:
        notebook = with_a_changed_number(path)
        last[path.stem] = len(notebook.cells) - 1
        nbformat.write(notebook, tmp_path / path.name)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-q"]
    command += ["-p", "no:cacheprovider", "-p", "no:xdist", str(tmp_path)]
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": paths}
    # in CI pytest's summary repeats the messages, which are counted below
    environment.pop("CI", None)
    found = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, env=environment
    ).stdout
    # the sweep of each copy fails, and nothing else does
    failed = re.findall(r"FAILED (\S+)\.ipynb::Cell (\d+)", found)
    assert {stem: int(cell) for stem, cell in failed} == last, found
    assert len(failed) == len(last), found
    assert found.count("Cell outputs differ") == len(last), found
