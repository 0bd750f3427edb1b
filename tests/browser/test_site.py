"""The static site in a real browser: from a file, below a path, without scripts."""

import base64
import functools
import http.server
import re
import shutil
import threading
import warnings
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from imagined import rows
from lab import KERNEL
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from playwright.sync_api import expect
from shown import Shown, agree, made, move_each_slider, rarely
from window import faults, new_context

from normtheory import experiments
from normtheory.claims import ledger
from normtheory.experiments import report
from normtheory.explorers import controls, recording, tables
from normtheory.figures import drawing
from normtheory.pages import site

pytestmark = pytest.mark.browser
NAMES = {"00_first": "few_modes", "01_second": "weight_norm_noise"}  # computed, tabulated
FIGURES = ("vcl.fig2", "equinorm.fig3", "weightnorm.training")  # drawing all of them takes a minute


def lesson(name, other):
    """A notebook as it is stored: an explorer with its picture, text, a table, a link."""
    explorer = made(name)
    picture = base64.b64encode(drawing.render(explorer.scene(), "png", 50)).decode()
    widget = {
        "application/vnd.jupyter.widget-view+json": {"model_id": "0"},
        "image/png": picture,
        "text/plain": repr(explorer),
    }
    cells = [
        new_markdown_cell(f"# A lesson on {name}\n\nWhere $x^2$ is told. [Go on]({other}.ipynb)"),
        new_markdown_cell(f"$$x = {' + '.join(['y^2'] * 40)}$$"),
        new_code_cell(
            f"from normtheory import explorers\n\nexplorer = explorers.{name}()\nexplorer",
            outputs=[new_output("execute_result", data=widget)],
        ),
        new_code_cell(
            "explorer.sweep()",
            outputs=[new_output("execute_result", data={"text/plain": "stored text"})],
        ),
    ]
    return new_notebook(cells=cells, metadata=KERNEL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The site's folder; no evidence is run for it."""
    notebooks = tmp_path_factory.mktemp("notebooks")
    for (name, explorer), other in zip(NAMES.items(), reversed(NAMES), strict=True):
        nbformat.write(lesson(explorer, other), notebooks / f"{name}.ipynb")
    figures = tmp_path_factory.mktemp("figures")
    for id in FIGURES:
        for suffix in (".json", ".npz"):
            stored = report.stored_path(id).with_suffix(suffix)
            shutil.copy(stored, figures / stored.name)
    destination = tmp_path_factory.mktemp("web") / "some" / "where"
    with warnings.catch_warnings():
        # the builder's parts announce to each other what will change in them
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        site.build(
            destination, notebooks=notebooks, rows=rows(ledger.claims()), figures=figures, rooms=()
        )
    return destination


@pytest.fixture(scope="module")
def served(folder):
    """The site's address two folders below a server's root."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    handler = functools.partial(Quiet, directory=folder.parents[1])
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/some/where"
        server.shutdown()


@pytest.fixture(params=["file", pytest.param("served", marks=pytest.mark.slow)])
def visit(request, folder, window):
    """Opens a page of the site; nothing is missing there."""
    base = folder.as_uri() if request.param == "file" else request.getfixturevalue("served")
    yield lambda name: window.page.goto(f"{base}/{name}")
    window.assert_local()
    assert not window.missing


# what the place of a page could break; the other tests are served in `make test-all`
both = pytest.mark.parametrize("visit", ["file", "served"], indirect=True)


@pytest.mark.parametrize(
    "visit", ["file", pytest.param("served", marks=pytest.mark.slow)], indirect=True
)
@pytest.mark.parametrize("name", NAMES)
def test_an_explorer_is_alive(visit, page, name):
    visit(f"{name}.html")
    explorer = made(NAMES[name])
    shown = Shown(page, NAMES[name])
    assert shown.values() == explorer.values
    agree(shown, explorer, (2**-15, 1e-11))
    stops = controls.POSITIONS if explorer.formula else tables.POSITIONS
    for first, stop in move_each_slider(shown, explorer, stops, list(explorer.parameters)[:1]):
        agree(shown, explorer, (2**-15, 1e-11), **{**explorer.values, first: stop})
    assert page.get_by_text("stored text").count()
    assert page.locator("math").count()


@pytest.mark.parametrize(
    "visit", [pytest.param("file", marks=pytest.mark.slow), "served"], indirect=True
)
def test_pages_lead_to_each_other(visit, page):
    visit("index.html")
    page.get_by_role("link", name="A lesson on few_modes").first.click()
    page.get_by_role("link", name="Go on").click()
    page.get_by_role("heading", name="A lesson on weight_norm_noise").wait_for()
    page.locator("a.prev-page").click()
    page.get_by_role("heading", name="A lesson on few_modes").wait_for()
    page.locator("a.next-page").click()
    page.get_by_role("heading", name="A lesson on weight_norm_noise").wait_for()
    assert not page.get_by_role("heading", name="A lesson on few_modes").count()


@pytest.mark.parametrize("name", ["index", *rarely(*NAMES)])
def test_few_stops_of_the_tab_key_lie_before_the_first_slider(visit, page, name):
    visit(f"{name}.html")
    page.locator('.nt-explorer input[type="range"]').first.wait_for()
    reached = listed = False
    for _ in range(9):
        page.keyboard.press("Tab")
        reached = page.evaluate("document.activeElement.type") == "range"
        if reached:
            break
        if page.evaluate("document.activeElement.closest('.sidebar-tree') !== null"):
            # the pages are one stop, and the arrows go through them
            assert not listed
            listed = page.evaluate("document.activeElement.textContent")
            page.keyboard.press("ArrowDown")
            assert page.evaluate("document.activeElement.textContent") != listed
    assert reached and listed


@both
def test_the_search_finds_a_claim(visit, page):
    visit("search.html?q=lesson")
    found = page.locator("#search-results a", has_text="A lesson on weight_norm_noise")
    found.first.wait_for()
    assert found.first.get_attribute("href")


def test_every_link_leads_to_a_page_that_is_there(folder):
    pages = list(folder.rglob("*.html"))
    assert (folder / "claims" / "vcl.few-modes.html") in pages
    assert {"ledger.html", "errata.html", "figures.html"} <= {path.name for path in pages}
    for path in pages:
        text = path.read_text(encoding="utf-8")
        for target in re.findall(r'(?:href|src)="([^"#]+)', text):
            parts = urlsplit(target)
            if not parts.scheme:
                assert (path.parent / unquote(parts.path)).exists(), f"{path.name}: {target}"


def test_the_figures_page_shows_pictures_and_findings(visit, page):
    visit("figures.html")
    pictures = page.locator("article img")
    assert pictures.count() == len(FIGURES)
    assert pictures.evaluate_all(
        "nodes => nodes.every((n) => n.complete && n.naturalWidth && n.alt)"
    )
    assert page.get_by_role("cell", name="reproduced", exact=True).count()


@pytest.mark.slow
def test_the_figures_page_plays_the_training_runs_from_their_arrays(visit, page, keep):
    made = recording(experiments.course("weightnorm.training"))
    visit("figures.html#weightnorm.training?step=400&seed=2")
    shown = Shown(page, made.title)
    shown.settle({"step": 400, "seed": "2"}, "the setting of the link")
    agree(shown, made, (2**-15, 1e-9), step=400, seed="2")
    assert shown.text() == made.scene(step=400, seed="2").text
    keep(shown.root, "course")
    # the other one stands where it was, and has an address of its own
    other = recording(experiments.course("equinorm.fig3"))
    short = Shown(page, other.title)
    short.settle(other.values)
    short.press("step", "Home")
    short.settle({"step": 0})
    agree(short, other, (2**-15, 1e-9), step=0)
    page.wait_for_url("**/figures.html#equinorm.fig3?step=0")
    short.button("reset")
    short.settle(other.values)
    short.control("step").get_by_role("button").click()
    seen = []
    short.wait_until(lambda: seen.append(short.values()["step"]) or seen[-1] < 10, "the start")
    short.wait_until(lambda: seen.append(short.values()["step"]) or seen[-1] == 30, "the end")
    assert len(set(seen)) > 5
    assert shown.values() == {"step": 400, "seed": "2"}


def test_without_scripts_the_picture_stays(browser, folder):
    context = new_context(browser, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{folder.as_uri()}/00_first.html")
    picture = page.locator("noscript img")
    assert picture.is_visible()
    assert picture.get_attribute("alt").startswith(made("few_modes").title)
    context.close()


def test_on_a_phone_the_picture_stays_in_sight_of_its_last_slider(visit, page):
    page.set_viewport_size({"width": 360, "height": 740})
    visit("00_first.html")
    shown = Shown(page, NAMES["00_first"])
    shown.root.locator(".nt-control").last.evaluate("node => node.scrollIntoView({block: 'end'})")
    box = shown.root.locator(".nt-scroll").bounding_box()
    assert box["y"] >= 0 and box["y"] + box["height"] < 740


def test_a_phone_needs_no_sideways_scrolling(visit, page):
    page.set_viewport_size({"width": 360, "height": 740})
    for name in ("00_first.html", "ledger.html", "figures.html"):
        visit(name)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


def test_the_first_page_is_alive_with_one_slider_and_opens_claims_where_they_fail(
    visit, page, keep
):
    visit("index.html")
    shown = Shown(page, site.FIRST[0])
    (_,) = shown.root.locator('input[type="range"]').all()
    box = shown.root.bounding_box()
    assert box["y"] + box["height"] < 800, "more than the first screen"
    assert shown.root.locator(".nt-badge").first.is_visible()
    keep(page, "first-page")
    shown.press(site.FIRST[1], "Home")
    shown.settle()
    assert shown.marks()[0] == "fails"
    page.locator(".nt-tile").filter(has_text="distinct modes would have").locator("a").click()
    there = Shown(page, "few_modes")
    claim = ledger.claim("vcl.few-modes")
    there.settle(there_at := made("few_modes").complete(claim.breaks))
    assert there.values() == there_at and there.marks()[0] == "fails"
    there.claim(claim.id).locator("a").click()
    page.wait_for_url("**/claims/vcl.few-modes.html")
    assert "@software{normtheory.vcl.few-modes," in page.locator("pre").inner_text()
    page.get_by_role("link", name="in the ledger").click()
    page.wait_for_url("**/ledger.html#vcl-few-modes")
    entry = page.locator("section").filter(has=page.locator("h3", has_text="Few modes")).last
    there.wait_until(lambda: entry.bounding_box()["y"] < 900, "the entry in view")
    entry.get_by_role("link", name="Where it fails").click()
    page.wait_for_url("**/00_first.html#few_modes?upper=0.01")


# all explorers of a page have their pictures
DRAWN = """() => [...document.querySelectorAll(".nt-still")].every(
  (each) => each.querySelector("[data-settled]"))"""


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize(
    "name", ["index", "ledger", "errata", "figures", "claims/vcl.few-modes", "01_second"]
)
def test_axe_finds_no_fault_on_a_whole_page(browser, folder, name, width, scheme):
    viewport = {"width": width, "height": 844}
    page = browser.new_page(viewport=viewport, color_scheme=scheme)
    page.goto(f"{folder.as_uri()}/{name}.html")
    page.wait_for_function(DRAWN)
    told = faults(page)
    page.close()
    assert not told, told


@pytest.mark.parametrize("name", ["index", *rarely("ledger", "errata")])
def test_claims_are_filtered_by_verdict_document_and_word(visit, page, name, keep):
    visit(f"{name}.html")
    held = [c for c in ledger.claims() if name != "errata" or c.verdict != "holds"]
    told = page.locator(".nt-filter output")
    expect(told).to_have_text(f"{len(held)} of {len(held)}")
    page.locator('.nt-filter [data-verdict="refuted"]').click()
    page.get_by_label("document", exact=True).select_option("per")
    refuted = [c for c in held if c.verdict == "refuted" and c.document == "per"]
    expect(told).to_have_text(f"{len(refuted)} of {len(held)}")
    assert page.locator(".nt-tile:visible, .nt-record:visible").count() == len(refuted)
    page.get_by_label("a word", exact=True).fill("nosuchword")
    expect(told).to_have_text(f"0 of {len(held)}")
    page.get_by_label("a word", exact=True).fill("")
    keep(page, f"filtered-{name}")
