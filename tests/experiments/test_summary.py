"""docs/findings.md says what is stored."""

import pytest

from normtheory.experiments import plan, report, summary
from normtheory.experiments.effects import NOT, OPEN
from normtheory.experiments.experiment import CORE_HOURS
from normtheory.experiments.findings import KINDS

COPIED = ("vcl.fig2",)


def test_an_answer_is_counted_and_stands_beside_its_sentence(copied, rewrite):
    record, _ = report.load("vcl.fig2")
    why = {"kind": "document", "claim": "vcl.few-modes"}
    findings = [{**each, "verdict": NOT, "why": why} for each in record["findings"]]
    rewrite(copied / "vcl.fig2.json", findings=findings)
    page = summary.page(copied)
    count = len(record["findings"])
    assert f"{count} findings:" in page and f"| **{NOT}** | {count} |" in page
    assert f"| – {KINDS['document']} | {count} |" in page and f"| – {KINDS['scale']} | 0 |" in page
    sentence = record["findings"][0]["sentence"]
    link = "[vcl.few-modes](errata.md#vclfew-modes)"
    assert f"| **{NOT}**; {KINDS['document']}: {link} | {sentence} |" in page
    # nothing is concluded from answers that are no longer there
    assert ": Nothing: lesson rests on" in page
    assert "Nothing is stored for vcl.fig1" in page


def test_chance_is_counted_over_the_findings_that_rest_on_seeds(copied, rewrite):
    record, _ = report.load("vcl.fig2")
    exact, *others = record["findings"]
    rewrite(copied / "vcl.fig2.json", findings=[{**exact, "statistic": "exact"}, *others])
    page = summary.page(copied)
    assert f"{len(others)} of them rest on seeds" in page
    assert f"**{0.1 * len(others):.0f} misses are to be expected at most" in page


def test_what_is_open_for_want_of_a_run_is_told_from_what_is_beyond_ten_core_hours(
    copied, rewrite, monkeypatch
):
    record, _ = report.load("vcl.fig2")
    first, *others = ({**each, "verdict": OPEN, "needed": 40} for each in record["findings"])
    rewrite(copied / "vcl.fig2.json", findings=[first, *others])
    run = plan.planned("vcl.fig2", "toy", 40)
    assert run.hours < CORE_HOURS and not run.gpu
    count = len(record["findings"])
    page = summary.page(copied)
    assert f"at most {CORE_HOURS} core-hours | {count} |" in page and "or a GPU | 0 |" in page
    assert "Not all that could be decided has been: 1 next runs of" in page
    for dear in (run._replace(hours=CORE_HOURS + 0.1), run._replace(gpu=True)):
        monkeypatch.setattr(summary, "next_runs", lambda content, dear=dear: {dear: count})
        page = summary.page(copied)
        assert f"at most {CORE_HOURS} core-hours | 0 |" in page and f"a GPU | {count} |" in page
        assert "Not all that could be decided has been" not in page


def test_what_differs_from_the_document_is_a_table(copied):
    page = summary.page(copied)
    record, _ = report.load("vcl.fig2")
    for each in record["deviations"]:
        row = f"| {each['what']} | {each['document'] or 'not stated'} | {each['ours']} |"
        assert row in page


def test_a_damaged_record_is_refused(copied):
    path = copied / "vcl.fig2.json"
    path.write_text(path.read_text(encoding="utf-8")[:-100], encoding="utf-8")
    with pytest.raises(ValueError, match=r"vcl\.fig2\.json must be a whole record"):
        summary.page(copied)
