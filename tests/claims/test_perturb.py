"""What 1.5 % in a function of theory does to the checks: some evidence must notice each of them."""

import sys

import pytest

from normtheory.claims import Claim, ledger
from normtheory.claims.perturb import BLIND, _loaded, perturb, used
from normtheory.theory import sample_variance

NAME = "sample_variance.variance_constancy"


def claim_with(check):
    made = Claim(id="vcl.x", source="", says="", verdict="holds")
    made.shown("numeric")(check)
    return made


def blind(spread=0.5):
    """Normal units vary by {spread:g} at n = 5."""
    return abs(sample_variance.variance_constancy(5, 3.0) - spread) < 0.05, ""


def seeing(spread=0.5):
    """Normal units vary by {spread:g} at n = 5."""
    return abs(sample_variance.variance_constancy(5, 3.0) - spread) < 1e-9, ""


def test_it_tells_a_check_that_sees_from_one_that_is_blind():
    assert NAME in used(claim_with(seeing))
    for check, noticed in ((seeing, "seeing"), (blind, "")):
        found = [each for each in perturb(claim_with(check)) if each.function == NAME]
        assert [(each.up, each.noticed) for each in found] == [(True, noticed), (False, noticed)]
    assert sample_variance.variance_constancy(5, 3.0) == 0.5  # as it was


def test_a_claim_comes_from_the_module_that_makes_it(monkeypatch):
    claim = ledger.claim("vcl.few-modes")
    made = sys.modules["normtheory.claims.vcl.modes"]
    # another module takes it from there, and is found first
    monkeypatch.delitem(sys.modules, made.__name__)
    monkeypatch.setitem(sys.modules, made.__name__, made)
    holders = [m for n, m in sys.modules.items() if n.startswith("normtheory.claims.")]
    held = (m for m in holders if any(each is claim for each in vars(m).values()))
    assert next(held) is not made
    again = _loaded(claim)
    assert again.id == claim.id and again is not claim


@pytest.mark.slow
def test_a_real_claim_notices_what_it_stands_on():
    found = {each.function: each.noticed for each in perturb(ledger.claim("vcl.few-modes"))}
    assert NAME in found
    assert all(found.values())


def test_what_only_another_claim_asks_at_import_is_passed_over():
    # the module of both computes variances for vcl.few-modes when it is loaded
    assert NAME in used(ledger.claim("vcl.sample-patterns"))
    assert not list(perturb(ledger.claim("vcl.sample-patterns")))


@pytest.mark.long
def test_every_function_that_claims_use_is_noticed_by_some_check():
    noticed, blind = {}, set()
    for claim in ledger.claims():
        for each in perturb(claim):
            key = each.function, each.up
            noticed[key] = noticed.get(key, False) or bool(each.noticed)
            if not each.noticed and each.reason:
                blind |= {(claim.id, each.function), ("*", each.function)}
    missed = {function for (function, _), found in noticed.items() if not found}
    assert missed <= {function for _, function in BLIND}
    assert set(BLIND) <= blind, "listed, but noticed"
    assert len(missed) <= len({function for function, _ in noticed}) / 10
