"""Each assumption is seen to hold and to fail, and speaks for claims of the ledger."""

import numpy as np
import pytest
from scipy.integrate import quad

from normtheory.claims import assumptions, ledger
from normtheory.claims.assumptions import ASSUMPTIONS, NORMAL_TO_TWO_POINTS, findings
from normtheory.theory import activation_statistics

B, D = 4000, 6


@pytest.fixture(autouse=True)
def without_the_divergence(monkeypatch):
    """No assumption reads it, and nothing costs as much."""
    monkeypatch.setattr("normtheory.theory.activations._COMPARED", 2)


def draws():
    return np.random.default_rng(5)


def normal(scale=1.0, shift=0.0):
    return shift + scale * draws().standard_normal((B, D))


def points(share, d=D):
    """Units with two points, one of this weight: kurtosis 1/(w(1-w)) - 3."""
    column = np.repeat([1.0, -1.0], [round(share * B), B - round(share * B)])
    return np.stack([draws().permutation(column) for _ in range(d)], axis=1)


def correlated(r):
    return np.sqrt(1 - r) * normal() + np.sqrt(r) * draws().standard_normal((B, 7))[:, 6:]


def shaped(power):
    h = normal()
    return np.sign(h) * np.abs(h) ** power


# assumption -> activations for which it holds, and some beside the limit for which it does not
CASES = {
    "two balanced modes": (points(0.40), points(0.35)),
    "low kurtosis": (points(0.22), points(0.20)),
    "noise of the variance": (points(0.14), points(0.15)),
    "length of the target": (normal(1.03), normal(0.9)),
    "white second moments": (normal(), correlated(0.15)),
    "not negative": (abs(normal()), normal(1, 2)),
    "uncorrelated units": (correlated(0.05), correlated(0.15)),
    "normal units": (shaped(1.05), shaped(1.4)),
    "near the fixed point": (normal(1.15, 0.08), normal(1.4, 0.0)),
    "standardized units": (normal(1.02, 0.08), normal(1.15, 0.0)),
    "half of the inputs": (normal(2, 0.1), normal(2, 0.7)),
}


def findings_of(h):
    return findings(activation_statistics(h, draws()))


def found(name, h):
    (one,) = [f for f in findings_of(h) if f.name == name]
    return one


def test_every_assumption_has_its_cases():
    assert list(CASES) == [each.name for each in ASSUMPTIONS]


@pytest.mark.parametrize("name", CASES)
def test_it_holds_on_one_side_of_its_limit_and_not_on_the_other(name):
    holds, fails = (found(name, h) for h in CASES[name])
    assert (holds.share, holds.answer) == (1, "holds")
    assert (fails.share, fails.answer) == (0, "no")


@pytest.mark.parametrize("name", CASES)
def test_units_are_counted_one_by_one(name):
    holds, fails = CASES[name]
    share = found(name, np.concatenate([holds[:, :1], fails[:, :3]], axis=1)).share
    whole = {"length of the target", "white second moments", "uncorrelated units"}
    assert share in (0, 1) if name in whole else share == 0.25


def test_the_claims_exist_and_the_words_are_filled_in():
    ids = {claim.id for claim in ledger.claims()}
    for each in ASSUMPTIONS:
        assert set(each.claims) <= ids and each.claims
        assert "{" not in each.says and "\n" not in each.says
    assert "κ < 1.287" in ASSUMPTIONS[0].says


def test_the_normal_distribution_is_that_far_from_two_points():
    def integrand(z):
        return abs(abs(z) - 1) * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)

    distance = quad(integrand, -12, 12, points=[-1, 0, 1])[0]
    assert pytest.approx(distance, rel=1e-9) == NORMAL_TO_TWO_POINTS


def test_a_sample_of_the_assumed_distribution_passes_however_small():
    rng = np.random.default_rng(0)
    for b in (20, 100, 1000):
        units = {f.name: f.share for f in findings_of(rng.standard_normal((b, 200)))}
        for name in ("normal units", "near the fixed point", "standardized units"):
            assert units[name] > 0.97, (b, name)


def test_what_cannot_be_told_is_not_answered():
    few = {f.name: f.answer for f in findings_of(normal()[:5])}
    assert few["white second moments"] == "cannot tell"
    dead = findings_of(np.full((9, 2), 0.5))
    answers = {f.name: f.answer for f in dead}
    assert answers["uncorrelated units"] == "cannot tell"
    assert answers["low kurtosis"] == "no"
    assert all(f.measured for f in dead)


def test_a_percentage_rounds_neither_to_none_nor_to_all():
    def answer(share):
        return assumptions.Finding("", "", (), share, "").answer

    answers = [answer(s) for s in (0.0, 1e-4, 0.5, 0.9999, 1.0)]
    assert answers == ["no", "in 1 %", "in 50 %", "in 99 %", "holds"]
