"""docs/findings.md says what is stored."""

import shutil
from pathlib import Path

import pytest

from normtheory import cli
from normtheory.experiments import report, summary

PAGE = Path(__file__).parents[2] / "docs" / "findings.md"


def test_the_page_is_that_of_the_stored_results():
    assert PAGE.read_text(encoding="utf-8") == summary.page(), (
        "run `normtheory figures --summary docs/findings.md`"
    )


@pytest.fixture
def copied(tmp_path):
    """The record of one stored result, to be changed."""
    path = report.stored_path("vcl.fig2")
    for each in (path, path.with_suffix(".npz")):
        shutil.copy(each, tmp_path)
    return tmp_path / path.name


def test_a_verdict_is_counted_and_stands_beside_its_sentence(copied, rewrite):
    record, _ = report.load("vcl.fig2")
    findings = [{**finding, "verdict": "not reproduced"} for finding in record["findings"]]
    rewrite(copied, findings=findings)
    page = summary.page(copied.parent)
    count = len(record["findings"])
    assert f"{count} findings: 0 reproduced, {count} not reproduced, 0 undecided" in page
    assert f"| **not reproduced** | {record['findings'][0]['sentence']} |" in page
    assert "Nothing is stored for vcl.fig1" in page


def test_a_damaged_record_is_refused(copied):
    copied.write_text(copied.read_text(encoding="utf-8")[:-100], encoding="utf-8")
    with pytest.raises(ValueError, match=r"vcl\.fig2\.json must be a whole record"):
        summary.page(copied.parent)


def test_the_command_writes_it(tmp_path, capsys):
    path = tmp_path / "findings.md"
    assert cli.main(["figures", "--summary", str(path)]) == 0
    assert path.read_text(encoding="utf-8") == summary.page()
    assert cli.main(["figures", "--summary", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("normtheory figures: summary must name a file") and "\n" not in said[:-1]
