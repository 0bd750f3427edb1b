"""What the documents print, as it was copied, and what the badges say at random settings."""

import importlib
import pkgutil

import numpy as np
import pytest
from digests import changes_on_purpose, digest

from normtheory import claims
from normtheory.claims import ledger

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(claims.__path__, "normtheory.claims.")
    if module.name.count(".") > 2
)
WITH_BADGE = {claim.id: claim for claim in ledger.claims() if claim.at}
NAMES = [*MODULES, *WITH_BADGE]


def words(value):
    """A constant in words; None of what is no data."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, dict):
        value = list(value.items())
    if isinstance(value, list | tuple):
        return " ".join(str(words(each)) for each in value)
    return f"{value:.9g}" if isinstance(value, int | float) else str(value) * isinstance(value, str)


def told(name):
    """The digest of a module's constants, or of a claim's badge at six settings."""
    if name in WITH_BADGE:
        claim, rng = WITH_BADGE[name], np.random.default_rng(1)
        drawn = ({p.name: p.draw(rng) for p in claim.parameters} for _ in range(6))
        texts = [str(claim.standing(**values)) for values in drawn]
    else:
        constants = vars(importlib.import_module(name)).items()
        texts = [f"{key} {words(value)}" for key, value in constants if key.isupper()]
    return digest("\n".join(texts))


@pytest.mark.parametrize("name", NAMES)
def test_a_decision_changes_on_purpose(name):
    changes_on_purpose(__file__, name, told(name))
