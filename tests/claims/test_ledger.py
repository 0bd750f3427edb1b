"""The whole ledger: every claim of the documents, its evidence passing, its mutants rejected."""

import os
from pathlib import Path

import numpy as np
import pytest

from normtheory.claims import STATES, ledger
from normtheory.claims.before import Claim, Evidence, Outcome
from normtheory.claims.errata import errata

# the ledger is run once, on one worker, which uses all cores by itself
pytestmark = pytest.mark.xdist_group("ledger")
IDS = Path(__file__).with_name("ids.txt").read_text().split()


@pytest.fixture(scope="module")
def rows():
    """The evidence of every claim, run once."""
    return {row.id: row for row in ledger.verify(workers=os.cpu_count() or 1)}


def test_every_claim_of_the_documents_is_in_the_ledger_in_order():
    assert [c.id for c in ledger.claims()] == IDS


@pytest.mark.parametrize("id", IDS)
def test_evidence_supports_the_verdict(rows, id):
    failed = [(e.text, e.detail) for e in rows[id].sentences if not e.passed]
    assert not failed


@pytest.mark.parametrize("id", IDS)
def test_every_check_refuses_its_wrong_answers(rows, id):
    accepted = [(e.text, e.mutants) for e in rows[id].sentences if not e.rejects]
    assert not accepted


@pytest.mark.parametrize("id", [c.id for c in ledger.claims() if c.parameters])
def test_a_claim_answers_at_every_setting_of_its_knobs(id):
    claim = ledger.claim(id)
    rng = np.random.default_rng(0)
    for _ in range(20):
        standing = claim.standing(**{p.name: p.draw(rng) for p in claim.parameters})
        assert standing.state in STATES
        assert standing.reason


def test_the_errata_in_the_documentation_are_current(rows):
    stored = Path(__file__).parents[2] / "docs" / "errata.md"
    assert stored.read_text() == errata(ledger.claims(), rows), (
        "run `normtheory verify --summary README.md --errata docs/errata.md`"
    )


def test_no_row_is_unsupported_without_evidence(rows):
    empty = [id for id, row in rows.items() if not row.sentences]
    assert [id for id in empty if ledger.claim(id).verdict != "unsettled"] == []


def test_random_numbers_depend_on_the_claim_the_evidence_and_the_seed_alone():
    first = ledger.generator("vcl.phase-shift", 0).random(4)
    assert (ledger.generator("vcl.phase-shift", 0).random(4) == first).all()
    for other in [("vcl.phase-shift", 1), ("vcl.ratio-bound", 0), ("vcl.phase-shift", 0, 7)]:
        assert (ledger.generator(*other).random(4) != first).all()


def test_an_unknown_id_is_an_error_that_suggests_the_nearest():
    with pytest.raises(ValueError, match=r"'vcl.phase-shft'; the nearest is 'vcl.phase-shift'"):
        ledger.select(["vcl.phase-shft"])
    with pytest.raises(ValueError, match="no claim is called 'zzz"):
        ledger.select(["vcl.*", "zzz*"])


def test_globs_select_in_ledger_order():
    assert [c.id for c in ledger.select(["vcl.mix*", "vcl.var*"])] == [
        i for i in IDS if i.startswith(("vcl.mix", "vcl.var"))
    ]


def test_a_pattern_is_no_id():
    with pytest.raises(ValueError, match="id must name one claim, got the pattern 'vcl"):
        ledger.claim("vcl.phase-*")


def test_an_unknown_document_is_refused():
    with pytest.raises(ValueError, match=r"document must be one of vcl, .* got 'adam'"):
        ledger.claims("adam")


def checked(check):
    evidence = Evidence(
        kind="numeric", shows="s", check=check, subject=1, mutant=2, mutation="two for one"
    )
    claim = Claim(id="vcl.x", source="", statement="", verdict="holds", evidence=(evidence,))
    return ledger.check(claim)


def test_a_check_that_raises_fails_and_says_why():
    def broken(subject, rng):
        raise ArithmeticError("no such number")

    row = checked(broken)
    assert not row.supported
    assert row.sentences[0].detail == "raised ArithmeticError: no such number"


def test_a_check_that_accepts_its_mutant_does_not_support():
    assert checked(lambda subject, rng: Outcome(subject == 1, "")).supported
    assert not checked(lambda subject, rng: Outcome(True, "")).supported
    assert not checked(lambda subject, rng: Outcome(False, "")).supported


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1, 51))
def test_no_false_alarm_at_other_master_seeds(seed):
    alarms = [
        (row.id, e.text, e.detail)
        for row in ledger.verify(seed=seed, workers=os.cpu_count() or 1)
        for e in row.sentences
        if not (e.passed and e.rejects)
    ]
    assert not alarms
