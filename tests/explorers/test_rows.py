"""Rows of the ledger as a notebook shows them."""

import re
from pathlib import Path

from normtheory import explorers
from normtheory.claims import ledger
from normtheory.claims.claim import VERDICTS
from normtheory.claims.ledger import Row
from normtheory.claims.sentence import SentenceRow
from normtheory.explorers.rows import LedgerEvidence
from tests.refused import refuses

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
    refuses(ValueError, "no claim is called", explorers.ledger_evidence, "vcl.zzz*")


def test_the_rows_tell_what_is_said_and_what_is_true():
    shown = explorers.ledger_rows("per.gaussian-measure")
    (claim, _), *others = shown.pairs
    assert shown.supported and not others
    assert repr(shown) == "per.gaussian-measure  amended    proof, numeric: all pass"
    head, rule, row = shown._repr_markdown_().splitlines()
    assert head.count("|") == rule.count("|") == row.count("|") == 6
    assert row.startswith("| per.gaussian-measure | amended | ") and claim.said("amendment") in row


def test_the_overview_counts_every_claim_by_document_and_verdict():
    head, *rows, total = repr(explorers.ledger_overview()).splitlines()
    claims = ledger.claims()
    assert head.split() == ["document", *VERDICTS]
    for row, document in zip([*rows, total], [*ledger.DOCUMENTS, None], strict=True):
        own = [c for c in claims if document in (None, c.document)]
        counts = [sum(c.verdict == verdict for c in own) for verdict in VERDICTS]
        assert row.split() == [document or "all", *map(str, counts)]
    lines = explorers.ledger_overview()._repr_markdown_().splitlines()
    assert lines[2] == "| " + " | ".join(rows[0].split()) + " |"
    assert {line.count("|") for line in lines if "|" in line} == {len(VERDICTS) + 2}
