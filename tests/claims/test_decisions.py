"""What the documents print, as it was copied, and what the badges say at random settings: a digest
of each module's and of each claim's is stored, and none changes unnoticed.

After a change that is meant, ``python tests/claims/test_decisions.py`` stores the new ones.
"""

import hashlib
import importlib
import pkgutil
from pathlib import Path

import numpy as np
import pytest

from normtheory import claims
from normtheory.claims import ledger

STORED = Path(__file__).with_name("decisions.txt")
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(claims.__path__, "normtheory.claims.")
    if module.name.count(".") > 2
)
WITH_BADGE = {claim.id: claim for claim in ledger.claims() if claim.at}


def told(value):
    """A constant in words; None of what is no data."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, dict):
        value = list(value.items())
    if isinstance(value, list | tuple):
        return " ".join(str(told(each)) for each in value)
    return f"{value:.9g}" if isinstance(value, int | float) else str(value) * isinstance(value, str)


def decision(name):
    """The digest of a module's constants, or of a claim's badge at six settings."""
    if name in WITH_BADGE:
        claim, rng = WITH_BADGE[name], np.random.default_rng(1)
        drawn = ({p.name: p.draw(rng) for p in claim.parameters} for _ in range(6))
        texts = [str(claim.standing(**values)) for values in drawn]
    else:
        constants = vars(importlib.import_module(name)).items()
        texts = [f"{key} {told(value)}" for key, value in constants if key.isupper()]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


@pytest.mark.parametrize("name", [*MODULES, *WITH_BADGE])
def test_a_decision_changes_on_purpose(name):
    stored = dict(line.split() for line in STORED.read_text().splitlines())
    assert decision(name) == stored[name], "if meant: python tests/claims/test_decisions.py"


if __name__ == "__main__":
    STORED.write_text("".join(f"{name} {decision(name)}\n" for name in (*MODULES, *WITH_BADGE)))
