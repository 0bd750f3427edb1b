"""docs/what-to-use.md says what is stored, and where it stops."""

from pathlib import Path

import numpy as np

from normtheory.experiments import advice, report, stored
from normtheory.experiments.atlas import METHODS
from normtheory.experiments.effects import OPEN

COPIED = advice.IDS
PAGE = Path(__file__).parents[2] / "docs" / "what-to-use.md"


def test_what_is_said_of_the_columns_was_run():
    maps, used = (
        stored.show(id).content["configuration"] for id in ("suite.atlas", "suite.inference")
    )
    page = " ".join(advice.page().split())
    assert "of nine, at which more than half" in page and len(maps["rates"]) == 9
    assert "are right after 60 steps" in page and maps["steps"] == 60
    assert "gains a quarter of the range" in page and used["brighter"] == 0.25


def test_a_line_holds_the_medians_of_its_method():
    row = METHODS.index("EquiNorm")
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    head = next(line for line in lines if line.startswith("| method"))
    line = next(line for line in lines if line.startswith("| EquiNorm"))
    cells = ([cell.strip() for cell in each.split("|")[1:-1]] for each in (head, line))
    cells = dict(zip(*cells, strict=True))
    accuracy = stored.arrays("suite.atlas")["accuracy"][:, row]
    assert cells["learns, 24 layers"] == f"{np.median((accuracy[:, 1] > 0.5).sum(-1)):.0f}"
    used = stored.arrays("suite.inference")
    shares = 100 * used["accuracy"][:, row]
    assert cells["brighter"] == f"{np.median(shares[:, 0] - shares[:, 4]):.1f}"
    assert cells["one row"] == f"{np.median(used['inference cost'][:, row, 0, 1]):.2f}"
    assert cells["perplexity"] == ""  # no transformer had it
    sizes = stored.arrays("suite.batch-size")
    best = sizes["held"][:, row, 0, :, 1].argmax(-1)
    found = [100 * sizes["accuracy"][seed, row, 0, rate, 1] for seed, rate in enumerate(best)]
    assert cells["batch 2 (%)"] == f"{np.median(found):.1f}"


def test_what_is_open_is_said_with_its_command(copied, rewrite):
    path = copied / "suite.loss-weights.json"
    content, _ = report.load("suite.loss-weights")
    findings = [{**each, "verdict": OPEN, "needed": None} for each in content["findings"]]
    rewrite(path, findings=findings)
    page = advice.page(copied)
    assert f"Open: {content['findings'][0]['sentence']};" in page
    assert "`normtheory figures suite.loss-weights --scale paper" in page
    assert "How heavy may a loss be?** Nothing: lesson rests on" in page
