"""Each claim has a permanent page that says how to cite it and leads to where else it stands."""

import re

import pytest
from imagined import rows

from normtheory import __version__
from normtheory.claims import ledger, published
from normtheory.pages import entries, wall

CLAIMS = {claim.id: claim for claim in ledger.claims()}
ADDRESS = "https://somebody.github.io/normtheory"


def test_a_page_names_the_claim_and_links_back():
    claim = CLAIMS["vcl.few-modes"]
    place = wall.Place(claim.id, "03_modes", "03_modes.html#few_modes?upper=0.01", "A few modes", 1)
    text = entries.page(claim, rows([claim])[claim.id], {claim.id: place}, ADDRESS)
    assert text.startswith("---\norphan: true\n---\n\n# Few modes: Sec. 2\n")
    assert claim.says in text and claim.verdict in text
    assert re.findall(r'href="([^"]+)"', text) == [
        "../03_modes.html#few_modes?upper=0.01",
        "../ledger.html#vcl-few-modes",
        "../errata.html#vcl-few-modes",
    ]
    assert text.count(f"{ADDRESS}/claims/vcl.few-modes.html") == 2


@pytest.mark.parametrize("address", [None, ADDRESS])
def test_every_claim_can_be_cited(address):
    for claim in CLAIMS.values():
        plain, bibtex = published.citation(claim, address)
        for text in (plain, bibtex):
            assert claim.id in text and claim.verdict in text and __version__ in text
            assert (ADDRESS in text) == (address is not None)
        assert bibtex.startswith(f"@software{{normtheory.{claim.id},\n")
        assert bibtex.count("{") == bibtex.count("}")
        assert not re.search(r"(?<!\\)[&%#]", bibtex)
        fields = re.findall(r"^  (\w+) = \{.+\},$", bibtex, re.MULTILINE)
        assert fields == ["author", "title", "note", "version", *["url"] * bool(address)]


def test_the_ledgers_page_leads_to_the_json_and_its_schema():
    text = entries.ledger_page(tuple(CLAIMS.values()), rows(CLAIMS.values()))
    for name in ("ledger.json", "ledger-1.schema.json"):
        assert f'href="{name}"' in text
    assert published.SCHEMA.name == "ledger-1.schema.json"
