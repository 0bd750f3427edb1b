"""Links that readers have kept lead where they led: pages, explorers, sliders and choices.

They were written down when the ledger became versioned. A link that fails here is mended in the
product, never in this list.
"""

import ast
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
from imagined import rows
from shown import made

from normtheory.claims import errata, ledger
from normtheory.pages import entries, wall

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
EXPLORERS = {
    "00_start_here.html#phase_shift?p=0.4&gap_x=-2.5": {"p": 0.4, "gap_x": -2.5},
    "01_sample_variance.html#sample_variance?n=25&law=two-point": {"n": 25, "law": "two-point"},
    "02_phase_shift.html#phase_map?separation=1.75&sigma2=0.5": {"separation": 1.75, "sigma2": 0.5},
    "02_phase_shift.html#mixture_kurtosis_formula?p=0.211325": {"p": 0.211325},
    "03_variance_constancy_loss.html#few_modes?upper=0.01": {"upper": 0.01},
    "03_variance_constancy_loss.html#few_modes": {},
    "03_variance_constancy_loss.html#ratio_bound?epsilon=0.9&law=laplace": {
        "epsilon": 0.9,
        "law": "laplace",
    },
    "03_variance_constancy_loss.html#trained_phases?p=0.5&ratio=0.1": {"p": 0.5, "ratio": 0.1},
    "04_projected_error.html#pseudo_huber_loss?x=-3": {"x": -3},
    "04_projected_error.html#joint_laws?law=bimodal&d=1024": {"law": "bimodal", "d": 1024},
    "05_sliced_wasserstein.html#wasserstein_bound?nu=sphere&size=2": {"nu": "sphere", "size": 2},
    "06_standardization_loss.html#standardization_loss?mu=-1&sigma=2.5": {"mu": -1, "sigma": 2.5},
    "06_standardization_loss.html#standardization_blind_spots?law=correlated+copies": {
        "law": "correlated copies"
    },
    "07_equilibrium_normalization.html#equilibrium_denominator"
    "?weights=both+signs%2C+in+a+dark+channel+only&passes=2": {
        "weights": "both signs, in a dark channel only",
        "passes": 2,
    },
    "08_selu.html#selu_moments?variance=2&omega=0.5": {"variance": 2, "omega": 0.5},
    "voila/render/02_phase_shift.ipynb#phase_map?p=0.1": {"p": 0.1},
    "lab/tree/08_selu.ipynb#selu_dropout?rate=0.5": {"rate": 0.5},
    "notebooks/05_sliced_wasserstein.ipynb#sliced_wasserstein?angle=45": {"angle": 45},
}
ENTRIES = ("ledger.html#vcl-few-modes", "errata.html#vcl-phase-shift")
READ = """links => links.map(([spec, fragment]) => {
  try { return modules.setting.read(spec, fragment); } catch (error) { return error.message; }
})"""


def shown(notebook):
    """The explorers that a notebook's cells call."""
    cells = nbformat.read(ROOT / "notebooks" / notebook, as_version=4).cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    calls = [n for text in code for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Call)]
    return {call.func.attr for call in calls if isinstance(call.func, ast.Attribute)}


def read(modules, links):
    """What the browser reads from each (explorer's name, fragment)."""
    return modules.evaluate(READ, [(made(name).spec, part) for name, part in links])


def test_links_to_views_say_what_they_said(modules):
    parts = [urlsplit(link) for link in EXPLORERS]
    names = [part.fragment.partition("?")[0] for part in parts]
    found = read(modules, [(n, f"#{p.fragment}") for n, p in zip(names, parts, strict=True)])
    for part, name, values, got in zip(parts, names, EXPLORERS.values(), found, strict=True):
        notebook = Path(part.path).with_suffix(".ipynb").name
        assert name in shown(notebook), f"{notebook} shows {name} no more"
        assert got == made(name).values | values == made(name).complete(values)


def test_a_link_that_was_never_written_is_refused(modules):
    wrong = ("#few_modes?uper=0.1", "#few_modes?n=0", "#phase_map")
    unknown, outside, stranger = read(modules, [("few_modes", part) for part in wrong])
    assert "uper" in unknown and "n must be" in outside and stranger is None


def test_links_to_entries_of_the_ledger_and_the_errata_find_their_place():
    claims = ledger.claims()
    pages = {
        "ledger.html": entries.ledger_page(claims, rows(claims)),
        "errata.html": errata.errata(claims, rows(claims)),
    }
    for link in ENTRIES:
        page, _, place = link.partition("#")
        text = wall.headed(pages[page], claims, {}, page.removesuffix(".html"))
        assert text.count(f'<span id="{place}"></span>') == 1
    assert len(EXPLORERS) + len(ENTRIES) == 20
