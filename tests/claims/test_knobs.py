"""Every quantity that the list of claims calls a knob is a parameter of its claim, for a slider."""

from pathlib import Path

import numpy as np
import pytest
from refused import refuses

from normtheory.claims import Claim, ledger

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


# amended in words: they fail at no single setting
NEVER = {"vcl.near-two-modes", "vcl.stable-batchnorm"}


@pytest.mark.parametrize("id", [c.id for c in ledger.claims() if c.at])
def test_a_claim_fails_where_it_says_that_it_does(id):
    claim = ledger.claim(id)
    if claim.breaks:
        assert claim.verdict != "holds"
        assert claim.standing(**claim.breaks).state == "fails"
    else:
        assert claim.verdict == "holds" or id in NEVER
        rng = np.random.default_rng(0)
        drawn = [{p.name: p.draw(rng) for p in claim.parameters} for _ in range(10)]
        assert "fails" not in {claim.standing(**values).state for values in drawn}


@pytest.mark.parametrize(
    ("breaks", "message"),
    [({"m": 1}, "parameter must be one of"), ({"n": 0}, "n must be a whole number in")],
)
def test_a_setting_that_no_parameter_allows_is_refused(breaks, message):
    known = ledger.claim("vcl.same-activation")
    words = {"id": "a.b", "source": "Eq. 1", "says": "So", "verdict": "refuted"}
    refuses(ValueError, message, Claim, **words, breaks=breaks, parameters=known.parameters)
