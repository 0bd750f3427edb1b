"""The field's words in every text: pages, notebooks' Markdown, docstrings."""

import ast
import re
from pathlib import Path

import nbformat
import pytest
from sources import MODULES, PACKAGE, TOGETHER, nodes
from words import FIELD, faults

from normtheory.experiments import catalogue

ROOT = Path(__file__).parents[1]
# by hand; what is written from the ledger and from experiments' findings has tests of its own
PAGES = ["README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/benchmarks.md",
         "docs/scaling.md", "docs/testing.md", "docs/versions.md"]  # fmt: skip
pytestmark = TOGETHER
NOTEBOOKS = sorted(path.relative_to(ROOT) for path in (ROOT / "notebooks").glob("*.ipynb"))
ROOMS = ["theory", "nn", "figures", "experiments", "explorers", "cli", "pages", "data"]
RULES = FIELD | {r"\b(kappa|lambda|sigma|rho)\b": "a letter: κ, λ, σ, ρ"}
CODE = re.compile(r"```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$\n]*\$|\]\([^)]*\)|<!--.*?-->", re.DOTALL)
# an argument with its type, a line of a doctest, and code
ARGUMENT = re.compile(r"^\s*[\w, *]+ : .*$|^\s*(>>>|\.\.\.).*(\n\s*\S.*)*|`[^`]*`", re.MULTILINE)


def docstrings(room):
    """Place and text of every docstring of a room, without what it names of the code."""
    for path in (path for path in MODULES if path.is_relative_to(PACKAGE / room)):
        for node in nodes(path):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
                yield path.name, ARGUMENT.sub("", ast.get_docstring(node) or "")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_uses_the_fields_words(page):
    assert not list(faults(CODE.sub(" ", (ROOT / page).read_text("utf-8")), RULES))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_uses_the_fields_words(path):
    cells = nbformat.read(ROOT / path, as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert not list(faults(CODE.sub(" ", text), RULES))


@pytest.mark.parametrize("room", ROOMS)
def test_docstrings_use_the_fields_words(room):
    found = [(name, each) for name, text in docstrings(room) for each in faults(text, FIELD)]
    assert not found


@pytest.mark.parametrize("id", catalogue.ids())
def test_what_an_experiment_prints_uses_the_fields_words(id):
    entry = catalogue.experiment(id)
    said = [entry.title, entry.source, entry.says, entry.lesson.sentence]
    for each in entry.findings:
        effect = each.region.effect
        said += [each.sentence, each.quantity, each.unit, *each.beyond.values(), effect.because]
    said += [
        words for scale in entry.scales.values() for each in scale.deviations for words in each
    ]
    assert not [(text, found) for text in said for found in faults(text, FIELD)]


@pytest.mark.parametrize(
    "text", ["the normal law", "one component's deviations", "kappa is 3", "Laws of a unit"]
)
def test_another_word_is_found(text):
    assert list(faults(text, RULES))


@pytest.mark.parametrize(
    "text",
    ["the power law", "the law of large numbers", "standard\ndeviations", "absolute deviation"],
)
def test_a_right_word_is_none(text):
    assert not list(faults(text, RULES))
