"""The claims as links: each opens its explorer where it fails, and the ledger links back."""

import re
from urllib.parse import parse_qsl, urlsplit

import pytest

from normtheory import explorers
from normtheory.claims import ledger
from normtheory.explorers import still
from normtheory.explorers.mathml import page
from normtheory.pages import wall

CLAIMS = ledger.claims()


@pytest.fixture(scope="module")
def places():
    with pytest.MonkeyPatch.context() as patch:
        # this is about addresses, and pictures take seconds
        patch.setattr(still, "embed", lambda explorer: "")
        modes, bounds = (still.living(name, (), {}) for name in ("few_modes", "wasserstein_bound"))
    pages = {"00_start_here": [modes], "03_modes": [modes], "05_bounds": [bounds]}
    return wall.places([each for page, made in pages.items() for each in wall.seen(page, made)])


def test_a_claim_is_opened_at_a_setting_at_which_it_fails(places):
    assert places["vcl.few-modes"].address == "03_modes.html#few_modes?upper=0.01"
    # its counterexample is the explorer's default
    assert places["vcl.sample-patterns"].address == "03_modes.html#few_modes"
    for id, found in places.items():
        claim, fragment = ledger.claim(id), urlsplit(found.address).fragment
        name, _, query = fragment.partition("?")
        explorer = getattr(explorers, name)()
        values = {
            key: text if explorer.parameters[key].choices else float(text)
            for key, text in parse_qsl(query)
        }
        state = dict(each[:2] for each in explorer.standings(**values))[id]
        assert state == "fails" or not claim.breaks


def test_every_claim_has_a_tile_of_its_verdict_that_leads_somewhere(places):
    made = wall.tiles(CLAIMS, places)
    found = re.findall(r'data-verdict="(\w+)" data-document="(\w+)"><a href="([^"]+)"', made)
    assert [each[:2] for each in found] == [(c.verdict, c.document) for c in CLAIMS]
    for claim, (_, _, address) in zip(CLAIMS, found, strict=True):
        ours = places.get(claim.id)
        assert address == (ours.address if ours else f"ledger.html#{wall.anchor(claim.id)}")


def test_the_filters_count_the_verdicts():
    made = wall.filters(CLAIMS)
    counts = {word: int(count) for count, word in re.findall(r">(\d+) (\w+)</button>", made)}
    assert counts == {v: sum(c.verdict == v for c in CLAIMS) for v in {c.verdict for c in CLAIMS}}


def test_a_heading_can_be_read_and_links_both_ways(places):
    claim = ledger.claim("vcl.few-modes")
    text = wall.headed("# The ledger\n\n### `vcl.few-modes`\n\nSo.", [claim], places, "ledger")
    assert "### Few modes: Sec. 2\n" in text and '<span id="vcl-few-modes"></span>' in text
    assert 'href="03_modes.html#few_modes?upper=0.01">Where it fails: A few modes' in text
    assert 'href="errata.html#vcl-few-modes"' in text and "ledger.html" not in text
    assert 'href="claims/vcl.few-modes.html">how to cite it</a>' in text
    assert text.endswith("\n\nSo.") and text.startswith("# The ledger\n\n<form")


def test_a_page_that_is_known_by_its_source_alone_leads_to_the_same_settings(places):
    names = ["few_modes", "wasserstein_bound", "watch"]
    found = wall.places(wall.listed("03", "/voila/render/03.ipynb", names))
    assert found.keys() == places.keys()
    for id, place in found.items():
        page, _, fragment = place.address.partition("#")
        assert page == "/voila/render/03.ipynb" and place.title == places[id].title
        # at least what differs from the defaults, exactly where that is
        wanted = dict(parse_qsl(urlsplit(places[id].address).fragment.partition("?")[2]))
        assert wanted.items() <= dict(parse_qsl(fragment.partition("?")[2])).items()


@pytest.mark.parametrize("name", ["few_modes", "sliced_wasserstein", "equilibrium_noise"])
def test_a_claim_that_an_explorer_is_about_is_found_by_the_explorers_name(name):
    found = [each.claim for each in wall.listed("03", "/03", [name])]
    assert found == [claim.id for claim in getattr(explorers, name)().claims]


def test_a_claim_without_an_explorer_holds_its_entry_where_the_ledger_has_no_page(places):
    made = wall.tiles(CLAIMS, places, page="")
    tiles = made.split('<li class="nt-tile"')[1:]
    for claim, tile in zip(CLAIMS, tiles, strict=True):
        assert (claim.id in places) == ("<a href=" in tile) == ("<details>" not in tile)
        for sentence in claim.sentences:
            assert (claim.id in places) != (page(sentence.text) in tile), sentence.text
