"""Notebooks as files: thin cells, fresh outputs, nothing that GitHub refuses; and a stored number
that is changed makes strict nbval fail. Their run itself is nbval's (`make test`)."""

import ast
import copy
import re
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
from ran import ran

from normtheory.cli.check import NBVAL

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
_TOO_THICK = (ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While, ast.comprehension)
_NUMBER = re.compile(r"\d+\.\d+|\d+")

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_cells(path):
    return [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]


def test_there_is_an_index_to_start_from():
    assert NOTEBOOKS
    assert NOTEBOOKS[0].name == "00_start_here.ipynb"


@every_notebook
def test_cells_are_thin(path):
    for cell in code_cells(path):
        tree = ast.parse(cell.source)
        assert len(tree.body) <= 3, f"one call a cell:\n{cell.source}"
        # nbval does not honour it
        assert ";" not in cell.source
        for node in ast.walk(tree):
            assert not isinstance(node, _TOO_THICK), f"no definitions or loops:\n{cell.source}"
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module]
            else:
                continue
            assert all(n.partition(".")[0] == "normtheory" for n in names), cell.source


@every_notebook
def test_prose_carries_it(path):
    cells = nbformat.read(path, as_version=4).cells
    prose = sum(len(c.source.split()) for c in cells if c.cell_type == "markdown")
    code = sum(len(c.source.split()) for c in cells if c.cell_type == "code")
    assert cells[0].cell_type == "markdown"
    assert prose > 5 * code


@every_notebook
def test_outputs_are_those_of_one_run_from_top_to_bottom(path):
    cells = code_cells(path)
    assert cells
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        assert not [o for o in cell.outputs if o.output_type == "error"]
        assert not [o for o in cell.outputs if o.output_type == "stream" and o.name == "stderr"]


@every_notebook
def test_no_widget_state_and_no_trace_of_the_machine(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert "widgets" not in notebook.metadata
    assert notebook.metadata.kernelspec.name == "python3"
    assert not re.search(r"/(home|root|tmp|Users)/|site-packages", path.read_text())
    assert path.stat().st_size < 2_000_000


def test_the_hook_before_a_commit_has_nothing_to_strip():
    strip = ["--keep-output", "--keep-count", "--keep-id", "--verify"]
    done = ran("-m", "nbstripout", *strip, *NOTEBOOKS)
    assert done.returncode == 0, done.stdout


def change_a_number(path):
    """The notebook up to its first cell that prints a number, with that number changed.

    What follows the cell is left out: it cannot matter any more, and would have to run.
    """
    notebook = copy.deepcopy(nbformat.read(path, as_version=4))
    for position, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        for output in cell.outputs:
            for bundle, key in texts(output):
                found = _NUMBER.search(bundle[key])
                if found:
                    before, after = bundle[key][: found.start()], bundle[key][found.end() :]
                    bundle[key] = f"{before}{float(found[0]) + 1:g}{after}"
                    notebook.cells = notebook.cells[: position + 1]
                    return notebook
    raise AssertionError(f"{path.name} prints no number: nothing in it is tested")


def texts(output):
    """The places of an output that nbval compares and that hold text of ours."""
    if output.output_type == "stream":
        yield output, "text"
    elif output.output_type in ("display_data", "execute_result"):
        for kind in ("text/plain", "text/markdown", "text/html"):
            if kind in output.data and "widget-view" not in " ".join(output.data):
                yield output.data, kind


@pytest.mark.slow  # `normtheory check` is seen to refuse a changed number of a small notebook
@every_notebook
def test_a_changed_number_fails_strict_nbval_and_is_shown(path, tmp_path):
    nbformat.write(change_a_number(path), tmp_path / path.name)
    report = tmp_path / "report.xml"
    command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", *NBVAL, f"--junitxml={report}"]
    where = {"cwd": FOLDER.parent, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(FOLDER.parent)}
    done = ran(*command, tmp_path, **where)
    assert done.returncode == 1, done.stdout[-3000:] + done.stderr[-3000:]
    (failure,) = ElementTree.parse(report).iter("failure")
    stored, fresh = re.search(r"\[-(.*?)-\]\{\+(.*?)\+\}", failure.text).groups()
    assert float(_NUMBER.search(stored)[0]) == pytest.approx(
        float(_NUMBER.search(fresh)[0]) + 1, rel=1e-4
    )
    assert f"{path.name} --store" in failure.text


@every_notebook
def test_a_notebook_stores_a_number_that_nbval_compares(path):
    changed = change_a_number(path)
    stored = nbformat.read(path, as_version=4).cells[: len(changed.cells)]
    assert [a == b for a, b in zip(changed.cells, stored, strict=True)].count(False) == 1
