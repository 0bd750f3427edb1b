"""Rows of the ledger as a notebook shows them."""

import re
from pathlib import Path

import pytest

from normtheory import explorers
from normtheory.claims.ledger import Row
from normtheory.claims.sentence import SentenceRow
from normtheory.explorers.rows import LedgerEvidence

ERRATA = (Path(__file__).parents[2] / "docs" / "errata.md").read_text()


def test_evidence_is_shown_with_the_numbers_of_the_errata():
    shown = explorers.ledger_evidence("per.gaussian-measure")
    head, *lines = repr(shown).splitlines()
    assert head == "per.gaussian-measure: amended"
    assert len(lines) == 3
    errata = {re.sub(r"^(-|\d+\.) ", "- ", each) for each in ERRATA.splitlines()}
    for line in lines:
        assert line in errata
        assert line in shown._repr_markdown_().splitlines()


def test_evidence_that_fails_is_not_passed_over():
    def found(passed):
        return SentenceRow("numeric", "shown", "one is one", passed, "gap 1", "one is two", True)

    row = Row("vcl.one", "holds", (found(True), found(False)), 0.0)
    assert repr(LedgerEvidence([row])).startswith("vcl.one: holds, but numeric: 1 of 2 pass; not:")


def test_an_unknown_claim_is_refused():
    with pytest.raises(ValueError, match="no claim is called"):
        explorers.ledger_evidence("vcl.zzz*")
