"""Badges at the ends of their sliders, where what holds for many or deep is not yet so."""

import math

import numpy as np
import pytest
from scipy import stats

from normtheory.claims import ledger
from normtheory.theory.joint_laws import JOINT_LAWS


@pytest.mark.parametrize("s", [1, 4, 256])
def test_all_slices_of_one_unit_are_the_gradient(s):
    assert ledger.claim("per.slices").standing(d=1, s=s).reason.numbers["share"] == 1


@pytest.mark.parametrize("s, share", [(1, 0.7052), (4, 0.8935)])
def test_two_units_are_told_to_three_digits(s, share):
    turn = 2 * np.pi * np.arange(100_000) / 100_000
    slope = 2 * stats.norm.cdf(math.sqrt(2) * np.cos(turn)) - 1
    mean, square = (slope * np.cos(turn)).mean(), (slope**2).mean()
    exact = mean / math.sqrt(mean**2 * (1 - 1 / s) + square / s)
    assert exact == pytest.approx(share, rel=1e-4)
    found = ledger.claim("per.slices").standing(d=2, s=s).reason.numbers["share"]
    assert found == pytest.approx(exact, rel=1e-6)


@pytest.mark.parametrize("law, state", [("two-point", "holds"), ("uniform", "holds")])
def test_a_distance_within_which_all_are_says_nothing(law, state):
    # atoms at 0 and ±4 of weights 15/16 and 1/32: as far from ±1 as any
    assert 15 / 16 * 1 + 1 / 16 * 3 == 9 / 8
    claim = ledger.claim("vcl.near-two-modes")
    assert claim.standing(law=law).state == state
    assert claim.standing(law="mixture").reason.numbers["bound"] > 9 / 8
    assert claim.standing(law="mixture").state == "silent"


def test_one_pass_is_told_by_mean_denominators():
    w = np.random.default_rng(0).normal(size=(200_000, 2))
    shifted = w - w.mean(axis=1, keepdims=True)
    one, two = (np.where(each > 0, shifted, 0).sum(axis=1) for each in (w, shifted))
    numbers = (
        ledger.claim("equinorm.single-pass")
        .standing(fan_in=2, weight_law="normal", offset=0.0)[1]
        .numbers
    )
    assert numbers["share"] == pytest.approx(100 * one.mean() / two.mean(), rel=0.01)
    # what a kernel finds on average is half of it
    assert (one / two).mean() == pytest.approx(0.5, abs=0.01)
    for case, words in ledger.claim("equinorm.single-pass").at.cases.items():
        assert "share" not in words or "mean denominator" in words, case


@pytest.mark.parametrize("law", ["normal", "uniform", "Laplace"])
def test_two_weights_have_the_largest_scale_that_there_is(law):
    reason = ledger.claim("equinorm.output-scale").standing(fan_in=2, weight_law=law).reason
    assert reason.numbers["deviation"] == pytest.approx(math.sqrt(2 * (math.pi - 1)), rel=1e-12)


@pytest.mark.parametrize(
    "id, setting, state, words",
    [
        ("stdloss.max-entropy", {"law": "exponential"}, "holds", "1.000 nats"),
        ("per.interaction", {"rho": 0.004, "d": 2}, "", "by 0.004 and by -0.004"),
        ("per.interaction", {"rho": -0.004, "d": 512}, "", "by -0.004"),
        ("per.natural-gradient", {"spread": 1.0}, "", "I but for a factor"),
        ("vcl.sample-patterns", {"n": 2, "k": 1}, "fails", "not here, 1 against the printed 2"),
        ("vcl.learned-beta", {"ratio": 1.0}, "", "of every other σ² at β = 1 another"),
        ("equinorm.expressivity", {"kernel": "box blur"}, "fails", "no value"),
        ("equinorm.same-norm", {"p": 4.0, "q": 4.0}, "outside", "1/p + 1/q of at least 1"),
        ("equinorm.same-norm", {"p": 0.5, "q": 2.0}, "outside", "from 1 on"),
        ("equinorm.same-norm", {"p": 2.0, "q": 0.5}, "outside", "from 1 on"),
        ("shattered.noise-colour", {"depth": 1}, "", "with skips at β = 1"),
        ("shattered.noise-colour", {"depth": 40}, "", "with skips at β = 1"),
        # what rounding decides
        ("vcl.two-projections", {"p": 0.25, "separation": 1e-9, "ratio": 1.0}, "undecided", ""),
        ("vcl.two-projections", {"p": 0.25, "separation": 5.0, "ratio": 1e-9}, "undecided", ""),
        # a bound beyond the largest number
        ("vcl.beta-stabilizes", {"beta": 1e-300, "n": 10, "scale": 1.0}, "undecided", ""),
        ("vcl.beta-stabilizes", {"beta": 1.0, "n": 10, "scale": 1.0}, "holds", ""),
        ("shattered.resilience", {"depth": 1}, "fails", ""),
        ("shattered.similar-inputs", {"depth": 1}, "fails", ""),
        ("shattered.similar-inputs", {"depth": 2, "beta": 0.2}, "holds", ""),
    ],
)
def test_a_badge_stands_and_is_worded_right_at_its_edges(id, setting, state, words):
    standing = ledger.claim(id).standing(**setting)
    assert words in str(standing.reason) and state in ("", standing.state)


@pytest.mark.parametrize("start", [0.05, 1.0, 5.0])
def test_no_time_moves_nothing_and_a_way_towards_one_is_no_failure(start):
    states = [
        ledger.claim("per.pushes-to-normal").standing(start=start, steps=steps).state
        for steps in (0, 0.5, 20)
    ]
    assert states == ["silent", "undecided" if start > 1 else "fails", "fails"]


def printed(id, name):
    """A sentence of a claim."""
    return next(each for each in ledger.claim(id).sentences if each.name == name)


def test_a_sentence_and_its_badge_have_one_clock():
    drift = printed("per.pretrained-target", "they_drift")
    badge = ledger.claim("per.pretrained-target").standing(steps=drift.settings["time"])
    assert badge.reason.numbers["left"] == pytest.approx(drift.claimed["left"].value(), rel=5e-3)
    assert drift.claimed["left"].value() < 0.01
    for time in (1e-9, 1e-3):  # at (1, 1) the speed is 1/4, and the pace 4/π
        moved = ledger.claim("per.pretrained-target").standing(steps=time).reason.numbers["moved"]
        assert moved == pytest.approx(time / math.pi, rel=2e-3)


def test_doubling_a_unit_is_said_of_its_bias_too_and_changes_its_loss():
    for mu, sigma in [(0.0, 0.6798), (0.0, 1.0), (1.0, 0.5)]:
        state, reason = ledger.claim("stdloss.invariances").standing(mu=mu, sigma=sigma)
        change = 1.5 * (mu**2 + sigma**2) - math.log(2)
        if state == "fails":
            assert reason.numbers["other"] - reason.numbers["loss"] == pytest.approx(change)
        assert "weights and bias" in reason and "does not change" not in reason
        assert state == ("holds" if abs(change) < 1e-3 else "fails")


def test_the_law_that_standardization_is_blind_to_is_told_by_what_differs():
    said = {
        law: ledger.claim("per.statistics-blind").standing(law=law).reason for law in JOINT_LAWS
    }
    moments = JOINT_LAWS["skewed"].skewness, JOINT_LAWS["skewed"].kurtosis
    assert "skewness {:.3g} and kurtosis {:.3g} do".format(*moments) in said["skewed"]
    assert f"kurtosis {JOINT_LAWS['bimodal'].kurtosis:.3g} does" in said["bimodal"]
    assert "skewness" not in said["bimodal"] + said["correlated"] + said["independent"]
    assert "it is they" in said["independent"] and "0 and 3" not in said["independent"]


def test_a_mean_without_variance_is_said_with_its_layer():
    reason = ledger.claim("selu.contraction").standing(mean=2, variance=1, omega=1.5, tau=0.4)
    assert reason.reason.numbers["layers"] > 1, "it grows on: 4570 is no resting place"
