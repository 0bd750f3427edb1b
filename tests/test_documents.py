"""The pages beside the code are true: README, CONTRIBUTING, CITATION, and docs."""

import json
import re
import tomllib
from pathlib import Path

import nbformat
import numpy as np
import pytest
import yaml

from benchmarks import example
from normtheory import experiments
from normtheory.claims import ledger
from normtheory.claims.report import sources, summary
from normtheory.cli import COMMANDS, main, site
from normtheory.cli.options import between
from normtheory.cli.site import MARKS
from normtheory.cli.verify import BEGIN, END
from normtheory.experiments.suite.loss_weights import LOSSES
from normtheory.nn import regularize

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]


def test_the_readme_begins_with_the_two_commands():
    commands = re.findall(r"^make \w+", README, re.MULTILINE)
    assert commands[:2] == ["make lab", "make test"]
    assert len(README.partition("make lab")[0].splitlines()) <= 4


def test_the_first_link_of_the_readme_is_the_sites(tmp_path):
    """The workflow fills it from the repository's own name (tests/test_workflow.py)."""
    page = tmp_path / "README.md"
    page.write_text(README)
    linked = between("link", page, MARKS, site.LINK.format("https://a.github.io/b"))
    assert re.search(r"\]\(([^)]+)\)", linked)[1] == "https://a.github.io/b/"


def test_the_ledger_in_the_readme_is_current():
    between = README.partition(BEGIN)[2].partition(END)[0]
    assert between.strip() == summary(ledger.claims()), (
        "run `normtheory verify --summary README.md --errata docs/errata.md`"
    )


def test_what_the_readme_lists_exists():
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^make (\w+)|`make (\w+)", README, re.MULTILINE):
        target = "".join(target)
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    (listed,) = re.findall(r"`normtheory ([\w|]+\|[\w|]+)`", README)
    assert set(listed.split("|")) == set(COMMANDS)


def test_the_readme_counts_what_there_is():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`\w+`.*?) \|", README, re.MULTILINE)))
    assert set(project["optional-dependencies"]) <= set(extras)
    (least,) = re.findall(r"need Python (3\.\d+)", README)
    assert project["requires-python"] == f">={least}"
    (core,) = re.findall(r"`pip install normtheory` brings (.*?): the mathematics", README)
    brought = {re.match(r"[\w-]+", each)[0] for each in project["dependencies"]}
    # lazy-loader is ours alone to call
    assert set(re.split(r", | and ", core)) == brought - {"lazy-loader"}
    first = sources().partition(",")[0].lower()
    for page in ("errata", "coverage", "theorems"):
        assert f"the {first} " in (ROOT / "docs" / f"{page}.md").read_text()


def places(text):
    """What a link into a page can name: its headings, as GitHub writes them, and ids."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\((?!\w+:)([^)\s]+)\)", page.read_text("utf-8")):
        name, _, place = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        assert not place or place in places(target.read_text("utf-8")), link


@pytest.mark.parametrize(
    ("command", "id", "page"),
    [
        ("verify --coverage", "vcl.few-modes", "coverage"),
        ("verify --theorems", "vcl.few-modes", "theorems"),
        ("verify --map", "vcl.few-modes", "map"),
        ("figures --summary", "vcl.fig2", "findings"),
        ("figures --advice", "vcl.fig2", "what-to-use"),
    ],
)
def test_a_page_is_what_its_command_writes(command, id, page, tmp_path, capsys):
    path, (name, option) = tmp_path / "page.md", command.split()
    assert main([name, option, str(path)]) == 0
    found, stored = (each.read_text("utf-8") for each in (path, DOCS / f"{page}.md"))
    assert found == stored, f"run `normtheory {command} docs/{page}.md`"
    assert capsys.readouterr().out in ("", f"wrote {path}\n")  # nothing was run
    for line in ([name, option, str(tmp_path)], [name, id, option, str(path)]):
        assert main(line) == 2
        said = capsys.readouterr().err
        assert said.startswith(f"normtheory {name}: ") and said.count("\n") == 1
    assert "name no ids with" in said


def test_the_program_in_the_readme_trains_and_records(capsys, tmp_path, monkeypatch):
    import torch

    monkeypatch.chdir(tmp_path)
    (program,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (record,) = re.findall(r"```py\n(.*?)```", README, re.DOTALL)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        exec(compile(program + record, "README.md", "exec"), {})
    out = capsys.readouterr().out
    (accuracy,) = re.findall(r"test accuracy ([\d.]+)", out)
    assert float(accuracy) > 0.8
    stored = json.loads(example.STORED.read_text())["accuracy"]["`ProjectedErrorLoss()`"]
    assert float(accuracy) == pytest.approx(stored[0], abs=0.02)
    assert re.search(r"^2 +1797 +128 ", out, re.MULTILINE) and "vcl.few-modes" in out
    assert main(["inspect", "layers.npz"]) == 0


def test_the_table_of_that_program_is_of_the_program_as_it_stands():
    stored = json.loads(example.STORED.read_text())
    between = README.partition(example.BEGIN)[2].partition(example.END)[0]
    assert between.strip() == example.table(stored), "run `normtheory bench --example README.md`"
    assert stored["digest"] == example.digest(README)
    assert stored["digest"] != example.digest(README.replace("1e-2", "1e-1"))
    assert list(stored["accuracy"]) == list(example.METHODS)


def test_the_weight_of_that_program_is_one_that_costs_no_loss_accuracy():
    found = experiments.show("suite.loss-weights").arrays
    gained = 100 * (found["accuracy"] - found["plain"][:, None, ..., None]).mean(axis=(2, 3))
    by_weight = dict(zip(found["weight"][0], np.median(gained, axis=0).T, strict=True))
    assert (by_weight[0.01] > -1).all() and (by_weight[0.1] > -1).all()
    sphere = LOSSES.index("sphere")
    assert by_weight[1][sphere] > 0 and (np.delete(by_weight[1], sphere) < -10).all()
    assert (by_weight[10] < -10).all()
    said = " ".join(regularize.__doc__.split())
    assert "0.01, which the README's example takes, and 0.1 cost no loss a point" in said
    assert (
        "1 costs ten points and more, but for the sphere divergence, and so does 10 with every"
        in said
    )
    assert "1e-2 * handle.penalty()" in README and "0.01 and 0.1 cost no loss a point" in README


def test_each_method_changes_the_program_and_a_page_without_it_is_refused():
    source = example.program(README)
    for method, exchanged in example.METHODS.items():
        assert all(old in source for old in exchanged), method
    with pytest.raises(ValueError, match="page must hold a program with"):
        example.accuracy("pass", "none", 0)


def test_the_first_notebook_shows_that_program_and_names_what_there_is():
    from normtheory import nn

    cells = nbformat.read(ROOT / "notebooks" / "00_start_here.ipynb", as_version=4).cells
    (cell,) = [c.source for c in cells if c.source.startswith("## In your own network")]
    assert re.findall(r"```python\n.*?```", README, re.DOTALL)[0] in cell
    table = [
        line.rpartition("|")[0].rpartition("|")[2] for line in cell.splitlines() if "](" in line
    ]
    named = re.findall(r"`(\w+)`", " ".join(table))
    assert len(named) >= 10
    assert set(named) <= set(nn.__all__)


def test_the_citation_names_the_five_sources():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    titles = " ".join(each["title"] for each in citation["references"])
    assert len(citation["references"]) == 5
    for title in ledger.DOCUMENTS.values():
        # the blog's three notes are one source
        name = re.sub(r"^.*\(\d{4}\), |^Blog notes: | \(\d{4}\)$", "", title)
        assert name in titles


def test_everything_says_the_same_version_and_license():
    from normtheory import __version__

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert project["version"] == citation["version"] == __version__
    assert project["license"] == citation["license"] == "BSD-3-Clause"
    assert "the normtheory developers" in (ROOT / "LICENSE").read_text()
