"""docs/coverage.md: each decidable sentence of the documents, and what decides it."""

import math

import numpy as np
import pytest

from normtheory.claims import coverage, ledger
from normtheory.experiments import stored

FINDINGS = {"vcl.fig1": ("Hidden units", {"low": "reproduced", "lower": "reproduced", "few": "no"})}


@pytest.mark.parametrize("document", ledger.DOCUMENTS)
def test_every_document_is_covered_and_every_claim_decides_a_sentence(document):
    named = {id for row in coverage.read(document) for id in row.ids}
    assert {claim.id for claim in ledger.claims(document)} <= named


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Write the only rows that there are, of VCL, and give the page of some of its claims."""
    monkeypatch.setattr(coverage.resources, "files", lambda package: tmp_path)
    (tmp_path / "vcl").mkdir()

    def page(text, *claims):
        (tmp_path / "vcl" / "coverage.toml").write_text(text, encoding="utf-8")
        return coverage.page([ledger.claim(id) for id in claims], FINDINGS)

    return page


ROW = '["Eq. 1"]\n"Few | many" = '


def test_a_row_shows_claim_finding_and_reason_in_order(written):
    text = ROW + '["vcl.few-modes", "vcl.fig1/low*", "vcl.fig1"]\n'
    text += '"More" = "unsettled: all of it was tried: twice"\n["Eq. 2"]\n"Most" = "citation"\n'
    lines = written(text, "vcl.few-modes").splitlines()
    assert lines[-5:-3] == ["| where | the document says | what became of it |", "|---|---|---|"]
    link = "(findings.md#vclfig1-hidden-units)"
    assert lines[-3:] == [
        r"| Eq. 1 | Few \| many | **amended**: [`vcl.few-modes`](errata.md#vclfew-modes); "
        f"**reproduced** (2): [`vcl.fig1/low*`]{link}; "
        f"**reproduced** (2), **no**: [`vcl.fig1`]{link} |",
        "| Eq. 1 | More | *unsettled*: all of it was tried: twice |",
        "| Eq. 2 | Most | *citation* |",
    ]
    counted = "3 sentences: 1 decided by a claim, 0 by an experiment alone; without either: "
    assert lines[-7] == f"{counted}1 citation, 1 unsettled."


def test_a_sentence_may_hold_where_its_claim_is_about_more(written):
    text = written(ROW + '"vcl.few-modes: holds"\n', "vcl.few-modes")
    assert "| **holds**: [`vcl.few-modes`](errata.md#vclfew-modes) |" in text


def test_an_experiment_alone_is_counted(written):
    text = written(ROW + '"vcl.fig1"\n')
    assert "1 sentences: 0 decided by a claim, 1 by an experiment alone." in text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "coverage.toml must be TOML"),
        ('sentence = "taste"\n', "coverage.toml must have places, each with rows, got 'sentence'"),
        ('["Eq. 1"]\n', "must have places, each with rows, got 'Eq. 1'"),
        ('[" "]\n"x" = "taste"\n', "must have places, each with rows, got ' '"),
        ('["Eq. 1"]\n" " = "taste"\n', r"toml, Eq\. 1, ' ' must have words"),
        (ROW + "1\n", r"toml, Eq\. 1, 'Few \| many' must name what decides it, .* got 1"),
        (ROW + "[1]\n", r"must name what decides it, one or a list, got \[1\]"),
        (ROW + "[]\n", r"must name what decides it, one or a list, got \[\]"),
        (ROW + '""\n', "must name what decides it, one or a list, got ''"),
        (ROW + '["taste", "vcl.few-modes"]\n', "must have its reason alone, got .*few-modes"),
        (ROW + '["vcl.few-modes", "taste"]\n', "must have its reason alone, got .*few-modes"),
        (ROW + '"unsettled"\n', "what is unsettled must say what was tried"),
        (ROW + '"vcl.many-modes"\n', "must name claims, findings or one of .* 'vcl.many-modes'"),
        (ROW + '"vcl.fig9"\n', "must name claims, findings or one of .* 'vcl.fig9'"),
        (ROW + '"vcl.fig1/x*"\n', r"must name claims, findings or one of .* 'vcl.fig1/x\*'"),
        (ROW + '"too hard"\n', "must name claims, findings or one of definition, .*'too hard'"),
        (ROW + '"vcl.few-modes: true"\n', "verdict must be one of holds, .* got 'true'"),
    ],
)
def test_a_bad_row_is_an_error_that_names_it(written, text, message):
    with pytest.raises(ValueError, match=message):
        written(text, "vcl.few-modes")


def test_a_claim_that_no_row_names_is_an_error(written):
    with pytest.raises(ValueError, match=r"toml must name every claim, not vcl\.phase-shift"):
        written(ROW + '"vcl.few-modes"\n', "vcl.few-modes", "vcl.phase-shift")


def test_what_was_tried_for_an_unsettled_row_is_so():
    tried = [row.decided[0] for each in ledger.DOCUMENTS for row in coverage.read(each)]
    (start,) = [each for each in tried if "13 depthwise layers of 9 weights a channel" in each]
    # a normal distribution cut off at two deviations keeps 0.774 of its variance
    assert "truncated N(0, 0.09²)" in start and "a factor of 10^20 off" in start
    assert round(13 * math.log10(0.774 * 0.09**2 * 9 / 2)) == -20
    (steps,) = [each for each in tried if "at a half and at a quarter of its best rate" in each]
    accuracy = np.median(stored.arrays("suite.atlas")["accuracy"][:, 10, 0], axis=0)
    quarter, half, best = accuracy[accuracy.argmax() - 2 : accuracy.argmax() + 1]
    assert "suite.atlas, where EquiNorm is behind" in steps and quarter < half < best
    (small,) = [each for each in tried if "nearly as well from batches of 16 on" in each]
    arrays = stored.arrays("stdloss.fig7")
    late = arrays["accuracy"][:, 2:, arrays["size"][0] >= 16]
    assert "stdloss.fig7" in small and np.abs(np.diff(np.median(late, axis=0), axis=0)).max() < 0.02
