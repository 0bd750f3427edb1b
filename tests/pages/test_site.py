"""The static site's folder: what is checked before the work, and what becomes of a former site."""

import json
import os
import re
from pathlib import Path
from unittest import mock

import nbformat
import pytest
from imagined import rows
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from normtheory.claims import ledger, published
from normtheory.cli import main
from normtheory.cli.site import MARKS
from normtheory.experiments import advice, report
from normtheory.pages import app, site, wall
from normtheory.pages.destination import MARK
from tests.refused import refuses

FORMER = "<p>the former site"
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.fixture
def notebooks(tmp_path):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    nbformat.write(new_notebook(cells=[new_markdown_cell("# A lesson")]), folder / "00.ipynb")
    return folder


@pytest.fixture
def former(tmp_path):
    """A site that stands already."""
    folder = tmp_path / "web"
    folder.mkdir()
    (folder / MARK).write_text("")
    (folder / "index.html").write_text(FORMER)
    (folder / "gone.html").write_text("a page that there is no more")
    return folder


@pytest.fixture
def figures(tmp_path):
    """A folder with one result: drawing all of them takes a minute."""
    folder = tmp_path / "figures"
    folder.mkdir()
    for suffix in (".json", ".npz"):
        stored = report.stored_path("vcl.fig2").with_suffix(suffix)
        (folder / stored.name).write_bytes(stored.read_bytes())
    return folder


@pytest.fixture
def build(notebooks, figures, monkeypatch):
    """Builds a site with a quick stand-in for Sphinx; returns the pages' sources."""
    seen = {}

    def run(source, destination, doctrees, address):
        for path in source.rglob("*.md"):
            seen[path.relative_to(source).as_posix()] = path.read_text("utf-8")
        destination.mkdir()
        (destination / "index.html").write_text("<p>the new site")

    monkeypatch.setattr(site, "_run_sphinx", run)

    def call(destination, **given):
        given = {
            "notebooks": notebooks,
            "rows": rows(ledger.claims()),
            "figures": figures,
            "rooms": (),
        } | given
        site.build(destination, **given)
        return seen

    return call


def test_the_reference_is_among_the_results(build, tmp_path):
    pages = build(tmp_path / "new", rooms=("theory",))
    assert "\nreference\n" in pages["index.md"]
    assert "autofunction:: normtheory.theory.lda_direction" in pages["reference-theory.md"]


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebooks_links_lead_to_what_every_host_has(path):
    cells = [each.source for each in nbformat.read(path, as_version=4).cells]
    links = {link for cell in cells for link in re.findall(r"\]\(([^)#:]+)\)", cell)}
    assert links <= {each.name for each in NOTEBOOKS.glob("*.ipynb")}


# the builder's parts announce to each other what will change in them
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")
@pytest.mark.slow
def test_the_projects_own_site_is_built_and_its_advice_leads_to_findings_and_atlas(tmp_path):
    site.build(tmp_path / "web", notebooks=NOTEBOOKS, rows=rows(ledger.claims()))
    pages = {path.name: path.read_text("utf-8") for path in (tmp_path / "web").glob("*.html")}
    assert {path.stem + ".html" for path in NOTEBOOKS.glob("*.ipynb")} <= pages.keys()
    assert 'href="what-to-use.html"' in pages["index.html"]
    linked = set(re.findall(r'href="figures\.html#([\w-]+)"', pages["what-to-use.html"]))
    assert linked == {id.replace(".", "-") for id in advice.IDS}
    assert all(f'id="{each}"' in pages["figures.html"] for each in linked)
    assert 'href="11_side_by_side.html"' in pages["what-to-use.html"]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_new_site_takes_the_place_of_a_former_one(build, former, tmp_path):
    sources = build(former)
    assert names(former) == [MARK, "index.html", published.SCHEMA.name, "ledger.json"]
    assert "new" in (former / "index.html").read_text()
    entries = {f"claims/{claim.id}.md" for claim in ledger.claims()}
    assert set(sources) == {"ledger.md", "errata.md", "figures.md", "index.md"} | entries
    wrong = [claim for claim in ledger.claims() if claim.verdict != "holds"]
    document, claim = next(iter(ledger.DOCUMENTS.values())), ledger.claims()[0]
    assert f"## {document}\n\n<span id=" in sources["ledger.md"]
    for page, held in (("ledger.md", ledger.claims()), ("errata.md", wrong)):
        text = sources[page]
        assert text.count("\n### ") == text.count('<p class="nt-record"') == len(held)
        for each in held:
            assert f'id="{wall.anchor(each.id)}"' in text and wall.name(each) in text
    assert "../" not in sources["index.md"] and claim.id in sources["index.md"]
    assert sources["index.md"].count('<li class="nt-tile"') == len(ledger.claims())
    assert "](pictures/vcl.fig2.png)" in sources["figures.md"]
    assert names(tmp_path) == ["figures", "notebooks", "web"]
    build(former)  # its own mark is there


@pytest.mark.slow
def test_a_site_is_made_where_nothing_is(build, tmp_path):
    first = build(tmp_path / "some" / "where" / "deep")["index.md"]
    assert "\n00\n" in first
    assert names(tmp_path / "some" / "where") == ["deep"]
    # not a folder for its owner alone: a server must read it
    made = tmp_path / "some" / "where" / "deep"
    assert made.stat().st_mode == made.parent.stat().st_mode


def test_pages_come_without_sources_and_a_cells_prints_are_one(tmp_path):
    source = tmp_path / "pages"
    source.mkdir()
    printed = [new_output("stream", text=text) for text in ("one", "two")]
    notebook = new_notebook(cells=[new_markdown_cell("# A lesson"), new_code_cell("1")])
    notebook.cells[1].outputs = printed
    notebook.metadata.language_info = {"name": "python", "pygments_lexer": "python"}
    nbformat.write(notebook, source / "lesson.ipynb")
    index = source / "index.md"
    index.write_text("# All\n\n```{toctree}\nlesson\n```\n")
    site._run_sphinx(source, tmp_path / "web", tmp_path / "doctrees")
    page = (tmp_path / "web" / "lesson.html").read_text("utf-8")
    assert page.count("output stream") == 1 and "favicon.svg" in page and "site.css" in page
    assert not list((tmp_path / "web" / "_sources").glob("*.txt"))
    options = (tmp_path / "web" / "_static" / "documentation_options.js").read_text("utf-8")
    assert "HAS_SOURCE: false" in options and "SHOW_SEARCH_SUMMARY: false" in options
    # a page that is listed and not there
    index.write_text("# All\n\n```{toctree}\nlesson\nnowhere\n```\n")
    with pytest.raises(RuntimeError, match="could not be built"):
        site._run_sphinx(source, tmp_path / "again", tmp_path / "doctrees")


@pytest.mark.slow
def test_a_link_to_a_site_stays_a_link(build, former, tmp_path):
    (tmp_path / "link").symlink_to(former)
    build(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert names(former) == [MARK, "index.html", published.SCHEMA.name, "ledger.json"]


def test_a_former_site_outlives_a_build_that_fails(build, former, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="figures must be a folder that normtheory figures wrote"):
        build(former, figures=tmp_path / "nowhere")

    def fail(*folders):
        raise RuntimeError("no pages")

    monkeypatch.setattr(site, "_run_sphinx", fail)
    refuses(RuntimeError, "no pages", build, former)
    assert (former / "index.html").read_text() == FORMER
    assert names(tmp_path) == ["figures", "notebooks", "web"]


@pytest.mark.slow
def test_a_former_site_outlives_a_move_that_fails(build, former, tmp_path, monkeypatch):
    # the stand-in for Sphinx leaves a site that cannot be moved
    rename = type(former).rename

    def refuse(path, target):
        if path.name == "site":
            raise OSError("cannot be moved")
        return rename(path, target)

    monkeypatch.setattr(type(former), "rename", refuse)
    refuses(OSError, "cannot be moved", build, former)
    assert (former / "index.html").read_text() == FORMER
    assert names(tmp_path) == ["figures", "notebooks", "web"]


@pytest.mark.parametrize("address", ["github.io", "https://", "https://a.b/#c", 'https://a.b/"'])
def test_an_address_is_one_of_the_web(notebooks, tmp_path, address):
    with pytest.raises(ValueError, match=r"address must be like https://"):
        site.check(tmp_path / "web", notebooks, None, address)


def test_what_another_project_built_is_refused(notebooks, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / ".buildinfo").write_text("# Sphinx build info version 1")
    with pytest.raises(ValueError, match="destination must be empty or hold a former site"):
        site.check(other, notebooks)


def test_what_builds_the_pages_must_be_there(notebooks, tmp_path, monkeypatch):
    monkeypatch.setattr(site, "_BUILDERS", ("sphinx", "nosuchtheme"))
    with pytest.raises(ModuleNotFoundError) as missing:
        site.check(tmp_path / "web", notebooks)
    assert missing.value.name == "nosuchtheme"


@pytest.mark.parametrize("content", [None, "{", "no picture"])
def test_the_command_checks_figures_before_it_runs_evidence(tmp_path, monkeypatch, capsys, content):
    def refuse(*given):
        raise AssertionError("the evidence ran")

    monkeypatch.setattr("normtheory.cli.site.run", refuse)
    figures = tmp_path / "figures"
    figures.mkdir()
    if content == "no picture":
        (figures / "vcl.fig2.npz").write_bytes(b"PK cut")
        content = json.dumps({"experiment": "vcl.fig2"})
    if content:
        (figures / "vcl.fig2.json").write_text(content)
    assert main(["site", str(tmp_path / "web"), "--figures", str(figures)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("normtheory site: ") and error.count("\n") == 1
    assert not (tmp_path / "web").exists()


def test_the_command_prints_the_first_page(monkeypatch, capsys):
    monkeypatch.setattr("normtheory.cli.site.run", lambda claims, seed, jobs: ())
    monkeypatch.setattr(site, "check", lambda *given: None)
    monkeypatch.setattr(site, "build", lambda folder, **given: f"{folder}/index.html")
    assert main(["site", "web"]) == 0
    assert capsys.readouterr().out == "web/index.html\n"


def test_the_command_puts_the_address_into_a_page(monkeypatch, tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text("one\n{}\nold\n{}\ntwo\n".format(*MARKS))
    monkeypatch.setattr("normtheory.cli.site.run", lambda claims, seed, jobs: ())
    monkeypatch.setattr(site, "build", lambda folder, **given: f"{folder}/index.html")
    link = ["site", str(tmp_path / "web"), "--link", str(page)]
    assert main(link) == 2 and "link needs an address" in capsys.readouterr().err
    assert main([*link, "--address", "nowhere"]) == 2 and "\nold\n" in page.read_text()
    assert main([*link, "--address", "https://a.github.io/b/"]) == 0
    assert "](https://a.github.io/b/): " in page.read_text() and "old" not in page.read_text()
    page.write_text("no marks")
    assert main([*link, "--address", "https://a.github.io/b/"]) == 2


def test_the_destination_must_be_below_a_folder(notebooks, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    refused = pytest.raises(ValueError, match="destination must be in a folder that can be written")
    with refused:
        site.check(tmp_path / "file" / "web", notebooks)
    monkeypatch.setattr(os, "access", lambda folder, how: folder != tmp_path)
    assert site.check(tmp_path / "notebooks" / "web", notebooks) == ["00"]
    with refused:
        site.check(tmp_path / "web", notebooks)


def test_the_app_is_served_on_a_folder_with_notebooks(notebooks, tmp_path, monkeypatch):
    started, voila = [], mock.Mock()
    voila.initialize = started.append
    monkeypatch.setattr("normtheory.pages.guard.App.instance", lambda: voila)
    monkeypatch.setenv("JUPYTER_PATH", "mine")
    refuses(ValueError, "notebooks must be a folder that holds notebooks", app.serve, tmp_path)
    app.serve(notebooks)
    assert started == [app.options(notebooks, port=8866, browser=True)]
    assert voila.start.call_count == 1
    assert voila.voila_configuration.prelaunch_hook is app.prepare
    templates, _, mine = os.environ["JUPYTER_PATH"].partition(os.pathsep)
    assert (Path(templates) / "voila" / "templates").is_dir() and mine == "mine"
    for browser in (True, False):
        chosen = app.options(notebooks, port=1, browser=browser)
        assert ("--no-browser" in chosen) is not browser
