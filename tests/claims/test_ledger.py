"""The whole ledger: every claim of the documents, its evidence passing, its mutants rejected."""

import ast
import os
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from found import numbers, stored
from refused import refuses
from words import alike

from normtheory.claims import STATES, ledger, selu
from normtheory.claims.badge import LOST
from normtheory.claims.errata import errata
from normtheory.claims.sentence import BY_HAND, Sentence
from normtheory.explorers import rows as shown

# the ledger is run once, on one worker
pytestmark = pytest.mark.xdist_group("ledger")
NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
ALL = Sentence.mutants
IDS = Path(__file__).with_name("ids.txt").read_text().split()


MOST = 2  # wrong answers of a sentence that are tried in the quick tests


def spread(sentence, claimed):
    """Some of a sentence's wrong answers: those that are named, and two of the others."""
    found = list(ALL(sentence, claimed))
    named = len(sentence.rejects)
    computed = found[: len(found) - named]
    return computed[:: max(1, -(-len(computed) // MOST))] + found[len(found) - named :]


class Rows(dict):
    """The evidence of each claim, run when it is asked for, with some of its wrong answers."""

    def __missing__(self, id):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Sentence, "mutants", spread)
            self[id] = ledger.check(ledger.claim(id))
        return self[id]


@pytest.fixture(scope="module")
def rows():
    return Rows()


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


@pytest.mark.slow
@pytest.mark.parametrize("id", IDS)
def test_every_check_refuses_all_of_its_wrong_answers(id):
    row = ledger.check(ledger.claim(id))
    assert not [(e.text, e.mutants) for e in row.sentences if not e.rejects]


def asked_for(cell):
    """What a cell of a notebook shows of the ledger: (function, claims), from its source."""
    for node in ast.walk(ast.parse(cell.source)):
        match node:
            case ast.Call(func=ast.Attribute(attr="ledger_rows" | "ledger_evidence" as name)):
                yield name, [each.value for each in node.args]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_stores_what_the_ledger_says_today(rows, path, monkeypatch):
    monkeypatch.setattr(shown, "_verified", rows.__getitem__)
    cells = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    compared = 0
    for cell in cells:
        for name, patterns in asked_for(cell):
            told = repr(getattr(shown, name)(*patterns))
            assert told in [o.get("data", {}).get("text/plain") for o in cell.outputs]
            compared += 1
    assert compared or path.stem == "11_side_by_side"  # that one has experiments alone


@pytest.mark.parametrize("id", IDS)
def test_the_evidence_finds_what_it_found(rows, id):
    known, found = stored(id), numbers(rows[id])
    assert found == pytest.approx(known, rel=1e-3), (
        "if meant: python tests/digests.py tests/found.py"
    )
    if known:
        wrong = [1.01 * number + 1e-5 for number in known]
        assert found != pytest.approx(wrong, rel=1e-3)


CLAIMS = ledger.claims()
WITH_BADGE = [c for c in CLAIMS if c.parameters]


def settings(claim, times):
    """Random settings of a claim's parameters, the same in every run."""
    rng = np.random.default_rng(0)
    return [{p.name: p.draw(rng) for p in claim.parameters} for _ in range(times)]


@pytest.mark.parametrize("claim", WITH_BADGE, ids=lambda c: c.id)
def test_a_claim_answers_at_every_setting_of_its_knobs(claim):
    for values in settings(claim, 40):
        standing = claim.standing(**values)
        assert standing.state in STATES
        assert standing.reason and standing.reason != LOST
        assert not list(alike(standing.reason)), standing.reason


@pytest.mark.parametrize("claim", [c for c in CLAIMS if c.at], ids=lambda c: c.id)
def test_a_badge_speaks_words_and_follows_every_knob_or_says_that_it_does_not(claim):
    followed = set()
    for values in settings(claim, 12):
        here = claim.standing(**values)
        assert not re.search(
            r"True|False|<=|>=|\b(kappa|sigma|alpha|lambda|beta)\b|\$", here.reason
        )
        for other in settings(claim, 6):
            for name in claim.at.ignores:
                assert claim.standing(**{**values, name: other[name]}) == here, name
            followed |= {
                name for name in other if claim.standing(**{**values, name: other[name]}) != here
            }
    assert followed == {p.name for p in claim.parameters} - set(claim.at.ignores)


def test_what_a_sentence_rests_on_is_a_claim():
    named = {
        e.kind.removeprefix("shown in ")
        for c in CLAIMS
        for e in c.sentences
        if "shown in" in e.kind
    }
    assert named <= set(IDS)


def test_few_sentences_are_argued_by_hand():
    kinds = [each.kind for claim in CLAIMS for each in claim.sentences]
    assert kinds.count(BY_HAND) <= 0.15 * len(kinds)


def test_the_errata_in_the_documentation_are_current(rows):
    stored = Path(__file__).parents[2] / "docs" / "errata.md"
    assert stored.read_text() == errata(ledger.claims(), rows), (
        "run `normtheory verify --summary README.md --errata docs/errata.md`"
    )


def test_no_row_is_unsupported_without_evidence(rows):
    empty = [id for id in IDS if not rows[id].sentences]
    assert [id for id in empty if ledger.claim(id).verdict != "unsettled"] == []


def test_random_numbers_depend_on_the_claim_the_evidence_and_the_seed_alone():
    first = ledger.generator("vcl.phase-shift", 0).random(4)
    assert (ledger.generator("vcl.phase-shift", 0).random(4) == first).all()
    for other in [("vcl.phase-shift", 1), ("vcl.ratio-bound", 0), ("vcl.phase-shift", 0, 7)]:
        assert (ledger.generator(*other).random(4) != first).all()


def test_an_unknown_id_is_an_error_that_suggests_the_nearest():
    with pytest.raises(ValueError, match=r"'vcl.phase-shft'; the nearest is 'vcl.phase-shift'"):
        ledger.select(["vcl.phase-shft"])
    refuses(ValueError, "no claim is called 'zzz", ledger.select, ["vcl.*", "zzz*"])


def test_globs_select_in_ledger_order():
    assert [c.id for c in ledger.select(["vcl.mix*", "vcl.var*"])] == [
        i for i in IDS if i.startswith(("vcl.mix", "vcl.var"))
    ]


def test_a_pattern_is_no_id():
    refuses(ValueError, "id must name one claim, got the pattern 'vcl", ledger.claim, "vcl.phase-*")


def test_an_unknown_document_is_refused():
    refuses(ValueError, r"document must be one of vcl, .* got 'adam'", ledger.claims, "adam")


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


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda names: names.replace("constants", ""), "selu.constants"),
        (lambda names: names + "two-words", "selu.two-words"),
        (lambda names: names + "constants", "one of them twice"),
    ],
)
def test_a_list_that_is_not_of_the_modules_claims_is_an_error(change, wrong, monkeypatch):
    monkeypatch.setattr(selu, "CLAIMS", change(selu.CLAIMS))
    with pytest.raises(ValueError, match=f"list its modules' claims, not {re.escape(wrong)}$"):
        ledger._of.__wrapped__("selu")
