"""Only training needs torch: everything else works where it cannot be imported, and loads none."""

import json
from pathlib import Path

import pytest
from ran import ran

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
# as an environment without torch; scipy would ask a torch that is None in sys.modules for Tensor
BLOCKED = """
import sys
from importlib.machinery import PathFinder
class WithoutTorch(PathFinder):
    @classmethod
    def find_spec(cls, name, *given):
        return None if name.partition(".")[0] == "torch" else super().find_spec(name, *given)
sys.meta_path[sys.meta_path.index(PathFinder)] = WithoutTorch
"""
STORED = """
from normtheory.experiments import catalogue, digits_run, report, show
from normtheory.experiments.devices import resolve_device
entries = [catalogue.experiment(id) for id in catalogue.ids()]
found = show("vcl.fig2")
assert found.picture(dpi=30).startswith(b"\\x89PNG")
judged = catalogue.experiment("vcl.fig2").judge(found.arrays, found.content["scale"])
assert [each.verdict for each in judged] == [each["verdict"] for each in found.content["findings"]]
assert found.lesson() and repr(found)
assert digits_run("none").picture(rate=0.1, depth=2, seed=0).text.startswith("Not started")
assert resolve_device("auto") == "cpu"
selu = catalogue.experiment("selu.depth")
assert len(selu.run(selu.scale("smoke").configuration, 0, "cpu")["mean"]) == 4
print(len(entries))
"""
TRAINING = """
from normtheory.experiments import catalogue
entry = catalogue.experiment("vcl.fig2")
entry.run(entry.scale("smoke").configuration, 0, "cpu")
"""


def test_stored_results_are_drawn_and_judged_where_torch_cannot_be_imported():
    done = ran("-c", BLOCKED + STORED)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 33


def test_training_is_refused_there():
    done = ran("-c", BLOCKED + TRAINING)
    assert done.returncode != 0 and "torch" in done.stderr.splitlines()[-1]


def first_explorer(path):
    """The code of a notebook up to its first explorer, that cell included."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    codes = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    last = next(i for i, code in enumerate(codes) if "= explorers." in code)
    return "\n".join(codes[: last + 1])


def test_a_kernel_that_has_run_a_notebooks_first_explorer_has_not_loaded_torch():
    # of all notebooks this one shows a stored result before
    code = first_explorer(NOTEBOOKS / "11_side_by_side.ipynb")
    assert "experiments.show(" in code
    assert ran("-c", f"{code}\nimport sys; print('torch' in sys.modules)").stdout.endswith(
        "False\n"
    )


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_no_notebooks_first_explorer_needs_torch(path):
    done = ran("-c", BLOCKED + first_explorer(path))
    assert done.returncode == 0, done.stderr
