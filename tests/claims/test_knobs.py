"""Every quantity that the list of claims calls a knob is a parameter of its claim, for a slider."""

from pathlib import Path

import pytest

from normtheory.claims import ledger

KNOBS = dict(
    line.split(": ") for line in Path(__file__).with_name("knobs.txt").read_text().splitlines()
)
# words of the list whose parameter has another name; several readings where claims differ
READINGS = {
    "σ": ["sigma"],
    "σ₁": ["sigma1"],
    "σ₂": ["sigma2"],
    "ε": ["epsilon"],
    "κ": ["kappa"],
    "β": ["beta"],
    "γ": ["gamma"],
    "δ": ["delta"],
    "η": ["eta"],
    "ω": ["omega"],
    "τ": ["tau"],
    "ρ": ["rho"],
    "correlation": ["rho"],
    "µ": ["mu", "mean"],
    "target µ": ["mean"],
    "ν": ["nu size", "start", "variance"],
    "h": ["r"],
    "slices": ["s"],
    "scale": ["scale", "sigma"],
    "law family": ["law"],
    "weight law": ["weight_law"],
    "fan-in": ["fan_in"],
    "BN": ["bn"],
    "mode positions and weights": ["upper middle position"],
    "means": ["gap_x gap_y"],
    "both covariances": ["sd1_x sd1_y corr1 sd2_x sd2_y corr2"],
}


@pytest.mark.parametrize("id", KNOBS)
def test_every_knob_of_the_list_is_a_parameter(id):
    names = {p.name for p in ledger.claim(id).parameters}
    for knob in KNOBS[id].split(", "):
        readings = READINGS.get(knob, [knob])
        assert any(set(reading.split()) <= names for reading in readings), knob


@pytest.mark.parametrize("id", [c.id for c in ledger.claims() if c.parameters])
def test_a_claim_with_knobs_says_how_it_stands_at_the_documents_own_setting(id):
    standing = ledger.claim(id).standing()
    assert standing.state in ("holds", "fails")
    assert standing.reason
