"""The map of statements is what stands in the documentation, and names what there is."""

from pathlib import Path

import pytest

from normtheory import explorers, theory
from normtheory.claims import ledger


@pytest.fixture(scope="module")
def rows():
    """Claim -> (where, claim, theory, explorers, notebooks) as cells."""
    text = (Path(__file__).parents[2] / "docs" / "map.md").read_text("utf-8")
    cells = [line[2:-2].split(" | ") for line in text.splitlines() if "| `" in line]
    return {cell[1].split("`")[1]: [each.strip() for each in cell] for cell in cells}


def test_every_claim_has_a_row_and_every_explorer_is_somewhere(rows):
    assert list(rows) == [claim.id for claim in ledger.claims()]
    shown = {name.strip("`") for row in rows.values() for name in row[3].split(", ")} - {""}
    assert shown <= set(explorers.catalogue()) and len(shown) > 35


def test_rows_name_what_a_reader_finds_there(rows):
    where, claim, functions, here, notebooks = rows["vcl.phase-shift"]
    assert where.startswith("Theorem 2") and claim == "`vcl.phase-shift`: amended"
    assert "`lda_direction`" in functions and "`phase_shift`" in here and "02" in notebooks
    assert hasattr(theory, "lda_direction")
