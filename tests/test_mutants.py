"""`make mutants` on a small project: what is changed, what is not, and what is noticed."""

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_SPEC = importlib.util.spec_from_file_location("mutation", Path(__file__).with_name("mutation.py"))
mutation = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(mutation)
HERE = Path(__file__).parent
MODULE = '''"""Numbers: 1 + 1."""


def share(part, whole: "1 + 1" = 4) -> "2 * 2":
    """Of 1 < 2."""
    if part < 0 or not whole:
        raise ValueError(f"{whole + 1} and 2 + 2")
    return part / whole


def forgotten(items):
    return items[0]
'''
TESTS = """import pytest
from normtheory.data.toy import share


def test_a_share():
    assert share(3, 4) == 0.75
    assert share(3) == 0.75
    assert share(0) == 0
    with pytest.raises(ValueError):
        share(1, 0)
    with pytest.raises(ValueError):
        share(-0.5)
"""
KILLED = {
    'def share(part, whole: "1 + 1" = 5) -> "2 * 2":',
    'def share(part, whole: "1 + 1" = 3) -> "2 * 2":',
    "if part <= 0 or not whole:",
    "if part < 0 and not whole:",
    "if part < 0 or whole:",
    "if part < 1 or not whole:",
    "if part < (-1) or not whole:",
    "return part * whole",
}
LISTED, SURVIVED = "return items[1]", "return items[(-1)]"


@pytest.fixture
def project(tmp_path):
    for name, text in {
        "normtheory/__init__.py": "",
        "normtheory/data/__init__.py": "",
        "normtheory/data/toy.py": MODULE,
        "tests/data/test_toy.py": TESTS,
        "docs/testing.md": (
            "before\n<!-- mutants: written by make mutants -->\n"
            "| room | seed |\n|---|---|\n| theory | 1 | 2 | 2 | 0 | 0 | 0 | 100 % |\n"
            "<!-- /mutants -->\n"
            "| `return items[0] → return items[1]` | why |\n"
        ),
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for name in ("mutants.py", "mutation.py", "nearest.py"):
        shutil.copy(HERE / name, tmp_path / "tests")
    return tmp_path


@pytest.mark.slow
def test_every_change_is_noticed_or_named_and_the_code_left_as_it_was(project):
    command = [sys.executable, "tests/mutants.py", "data", "--number", "100", "--seed", "3"]
    for _ in range(2):  # the second time by what the first has found
        subprocess.run(command, cwd=project, check=True)
        every_change_is_told(project)


def every_change_is_told(project):
    told = (project / "build" / "mutants" / "data-3.txt").read_text(encoding="utf-8")
    found = {}
    for state, change in re.findall(r"(\w+)\t.* → (.*)\t.*\n", told):
        found.setdefault(state, set()).add(change)
    assert found["killed"] == KILLED
    assert (found["listed"], found["survived"]) == ({LISTED}, {SURVIVED})
    assert told.count("\ttests/data/test_toy.py::test_a_share\n") == len(KILLED)
    assert (project / "normtheory" / "data" / "toy.py").read_text(encoding="utf-8") == MODULE
    page = (project / "docs" / "testing.md").read_text(encoding="utf-8")
    assert page.startswith("before\n") and "\n| data | 3 | 10 | 8 | 0 | 1 | 1 | 80 % |\n" in page
    assert "\n| theory | 1 | 2 | 2 | 0 | 0 | 0 | 100 % |\n" in page


def test_the_seed_decides_the_mutants_and_a_larger_draw_holds_the_smaller(project, monkeypatch):
    monkeypatch.setattr(mutation, "ROOT", project)
    drawn = [
        list(map(str, mutation.draw("data", *how))) for how in ((4, 3), (4, 3), (8, 3), (4, 5))
    ]
    assert drawn[0] == drawn[1] == drawn[2][:4] != drawn[3]
