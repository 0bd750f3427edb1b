"""docs/findings.md says what is stored."""

import json
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


def test_a_verdict_is_counted_and_stands_beside_its_sentence(tmp_path):
    record = json.loads(report.stored_path("vcl.fig2").read_text(encoding="utf-8"))
    for finding in record["findings"]:
        finding["verdict"] = "not reproduced"
    (tmp_path / "vcl.fig2.json").write_text(json.dumps(record), encoding="utf-8")
    page = summary.page(tmp_path)
    count = len(record["findings"])
    assert f"{count} findings: 0 reproduced, {count} not reproduced, 0 undecided" in page
    assert f"| **not reproduced** | {record['findings'][0]['sentence']} |" in page
    assert "Nothing is stored for vcl.fig1" in page


def test_a_damaged_record_is_refused(tmp_path):
    shutil.copy(report.stored_path("vcl.fig2"), tmp_path)
    path = tmp_path / "vcl.fig2.json"
    path.write_text(path.read_text(encoding="utf-8")[:-100], encoding="utf-8")
    with pytest.raises(ValueError, match="must be JSON as written by normtheory figures"):
        summary.page(tmp_path)


def test_the_command_writes_it(tmp_path, capsys):
    path = tmp_path / "findings.md"
    assert cli.main(["figures", "--summary", str(path)]) == 0
    assert path.read_text(encoding="utf-8") == summary.page()
    assert cli.main(["figures", "--summary", str(tmp_path)]) == 2
    assert "summary must be a file that can be written" in capsys.readouterr().err
