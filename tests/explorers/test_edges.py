"""Texts and badges where a slider is at its end, or a number that they name does not exist."""

import math
import re

import mpmath
import numpy as np
import pytest
from scipy import optimize, stats
from test_pinned import ORACLES, hold

from normtheory.claims import ledger
from normtheory.theory.selu import iterate_moments


def text(made, name, **values):
    explorer = made(name)
    return explorer.scene(**{**explorer.values, **values}).text


@pytest.mark.slow
def test_what_an_explorer_takes_it_can_draw(explorer):
    for knob in explorer.parameters.values():
        ends = (math.nextafter(end, 1.0) for end in knob.domain if end)
        for value in (5e-324, 1e-300, 1e-100, *ends, -1e-20, 1e-20, 1e100, 1e300):
            try:
                knob.validate(value)
            except ValueError:
                continue
            at = {**explorer.values, knob.name: value}
            told = [explorer.scene(**at).text, *(reason for *_, reason in explorer.standings(**at))]
            assert not any(re.search(r"\b(nan|inf)\b", str(each)) for each in told), (at, told)


@pytest.mark.parametrize("epsilon", [9e-4, 1e-6, 1e-12])
def test_a_thin_event_is_rare_and_not_impossible(made, epsilon):
    # two bands about 4 ε² wide beside a ratio of 1
    found = text(made, "ratio_bound", n=10, epsilon=epsilon).numbers["p"]
    assert found == pytest.approx(8 * epsilon**2 * stats.f(9, 9).pdf(1), rel=1e-4)
    # sample variances that are as near as that are equal
    assert text(made, "ratio_bound", n=10, epsilon=epsilon, law="two-point").numbers["p"] == 0


# (explorer, setting) -> words that its text has, and words that it has not
CLOSE = {"p": 0.7, "separation": 1e-6, "sigma1": 1e-4, "sigma2": 2e-4}
TOLD = [
    ("gradient_decay", {"depth": 300, "bn": "with"}, "Depth 300 with BN", "!"),
    ("gradient_noise", {"depth": 300}, "Depth 300", "!"),
    ("weight_norm_descent", {"steps": 500}, "step 500", "!"),
    # the slope at equal means is that of 6 D ((1 - p)² v₂ - p² v₁), here positive
    ("phase_map", CLOSE, "merging is best", "!"),
    ("phase_map", {**CLOSE, "separation": 1e-5}, "merging is best", "!"),
    ("phase_shift", {"gap_x": 0.0}, "equal means", "Theorem 2 names the"),
    ("phase_shift", {"gap_x": 0.0, "gap_y": 1.0}, "Theorem 2 names the", "equal means"),
    ("phase_shift", {"gap_x": 5e-324}, "Theorem 2 names the LDA", "equal means"),
    ("phase_map", {"separation": 0.0}, "", "line of the means"),
    ("phase_map", {"separation": 1e-9}, "line of the means", "!"),
    ("sliced_wasserstein", {"d": 1, "angle": 30.0}, "", "°"),
    ("sliced_wasserstein", {"d": 2, "angle": 30.0}, "30°", "!"),
    ("standardization_batch", {"b": 5, "estimator": "biased"}, "variance over b", "b - 1"),
    ("standardization_batch", {"b": 5, "estimator": "unbiased"}, "variance over b", "b - 1"),
    ("equilibrium_expressivity", {"kernel": "box blur"}, "no value", "!"),
    ("equilibrium_expressivity", {"kernel": "identity"}, "EquiNorm's by 0", "!"),
    ("equilibrium_noise", {"channels": 15}, "16 channels, the next even number, of", "!"),
    ("equilibrium_noise", {"channels": 16}, "16 channels of", "!"),
    ("weight_norm_descent", {"eta": 1.0, "steps": 60}, "loss below 1e-20", "!"),
    ("weight_norm_descent", {"eta": 1.5, "steps": 100}, "loss below 1e-20", "!"),
    ("weight_norm_descent", {"eta": 1.5, "steps": 0}, "loss 1.5", "!"),
    ("trained_loss", {"law": "uniform", "n": 10}, "", "no closed form"),
    ("trained_loss", {"beta": 5e-324}, "σ²/β is beyond floating point", "E[L]"),
    ("trained_loss", {"beta": 1e-306, "sigma": 40.0}, "σ²/β is beyond floating point", "E[L]"),
    ("trained_loss", {"beta": 1e-306}, "E[L] = 1.257", "beyond"),
    ("moment_estimation", {"law": "uniform", "n": 10}, "", "no closed form"),
]


@pytest.mark.parametrize("name, setting, words, others", TOLD)
def test_a_text_is_worded_right_at_its_edges(made, name, setting, words, others):
    said = text(made, name, **setting)
    assert words in said and others not in said


def test_what_is_told_beyond_the_picture_is_true_there(made):
    decay = text(made, "gradient_decay", depth=300, bn="with", rho=0.0).numbers
    assert decay["without"] == pytest.approx(decay["half"]) == pytest.approx(0.5**300)
    badge = ledger.claim("weightnorm.replaces-variance").standing(steps=500).reason.numbers
    descent = text(made, "weight_norm_descent", eta=0.1, steps=500).numbers
    assert descent["reached"] == pytest.approx(badge["variance"], rel=1e-9)


@pytest.mark.parametrize("depth, beta", [(2, 0.2), (5, 0.02), (24, 0.0011)])
def test_smooth_gradients_are_not_called_half_white(made, depth, beta):
    found = text(made, "gradient_noise", depth=depth, beta=beta).numbers
    assert found["skipped"] > 0.99 and -2.3 < found["skips_exponent"] < -1.9


@pytest.mark.parametrize("delta", [1e-9, 1e-6, 1e-2])
def test_slopes_are_farthest_apart_where_a_small_delta_turns(made, delta):
    def gap(log):
        x = math.exp(log)
        return 2 * stats.norm.cdf(x) - 1 - x / math.hypot(delta, x)

    most = -optimize.minimize_scalar(gap, bracket=(math.log(delta) * 2 / 3, 0)).fun
    found = text(made, "pseudo_huber_loss", delta=delta).numbers["steepest"]
    assert found == pytest.approx(most, rel=1e-6)


@pytest.mark.parametrize("spread", [1 + 1e-9, 1.5, 1e5])
def test_an_angle_that_is_small_is_not_none(spread):
    found = ledger.claim("per.natural-gradient").standing(spread=spread).reason.numbers["degrees"]
    # the angle whose tangent is the geometric mean's half difference
    assert found == pytest.approx(
        math.degrees(math.atan((math.sqrt(spread) - 1 / math.sqrt(spread)) / 2)), rel=1e-6
    )


@pytest.mark.parametrize("eta", [1.5, 2.1, 3.0, 5.0, 8.0])
@pytest.mark.parametrize("steps", [20, 100])
def test_a_norm_that_rounding_decides_is_not_told(made, eta, steps):
    with mpmath.workdps(250):
        angle, norm, g = mpmath.pi / 3, mpmath.mpf(1), mpmath.mpf(1)
        for _ in range(steps):
            across = eta * g * 2 * mpmath.sin(angle) / norm
            g -= eta * (g - 2 * mpmath.cos(angle))
            angle, norm = angle - mpmath.atan2(across, norm), mpmath.hypot(norm, across)
    said = text(made, "weight_norm_descent", eta=eta, steps=steps)
    badge = ledger.claim("weightnorm.gradients").standing(eta=eta, steps=steps).reason
    for numbers in (said.numbers, badge.numbers):
        assert numbers.get("norm", float(norm)) == pytest.approx(float(norm), rel=1e-5)
    assert (
        ("rounding" in said) == ("rounding" in badge) == (steps == 100 and eta in (3.0, 5.0, 8.0))
    )


@pytest.mark.parametrize("eta, steps", [(2.5, 100), (5.0, 50), (8.0, 20), (14.9, 20)])
def test_a_length_that_explodes_does_not_drown_the_turning(made, eta, steps):
    teacher, v, g = complex(1, math.sqrt(3)), 1 + 0j, 1.0
    for _ in range(steps):
        # seen from v: along it, and across
        seen = teacher * v.conjugate() / abs(v)
        v += 1j * v / abs(v) * eta * g * seen.imag / abs(v)
        g -= eta * (g - seen.real)
    said = text(made, "weight_norm_descent", eta=eta, steps=steps).numbers
    assert said["norm"] == pytest.approx(abs(v), rel=1e-3)
    assert said["reached"] == pytest.approx(g**2, rel=1e-6)


@pytest.mark.parametrize("separation, boundary", [(1e-6, 0.21132), (199.0, 0.23406)])
def test_the_boundary_is_that_of_the_distance_that_is_told(made, separation, boundary):
    said = text(made, "trained_phases", separation=separation).numbers
    assert said["free"] == pytest.approx(boundary, abs=1e-5)


def test_a_little_more_than_one_is_no_probability():
    reason = ledger.claim("vcl.ratio-bound").standing(n=2, epsilon=1 - 1e-9, law="normal").reason
    assert reason.numbers["bound"] > 1 and "at least probability 1:" not in reason


def test_a_small_beta_has_the_error_of_few_close_draws(made):
    # σ²/β = 10⁹ at n = 10; 9 s²/σ² is chi-square with 9 degrees of freedom
    log = np.arange(-60, 8, 0.01)
    u = np.exp(log)
    weight = stats.chi2(9).pdf(9 * u) * 9 * u * 0.01
    powers = [(weight @ (1e9 * u) ** k) * (weight @ (1e9 * u + 1.0) ** -k) for k in range(5)]
    first = 1 - 2 * powers[1] + powers[2]
    second = 1 - 4 * powers[1] + 6 * powers[2] - 4 * powers[3] + powers[4]
    found = text(made, "moment_estimation", n=10, beta=1e-9).numbers["vcl"]
    assert found == pytest.approx(math.sqrt(second / first**2 - 1), rel=1e-6)


def test_a_zero_gradient_points_nowhere(made):
    said = text(made, "projected_error", r=0.0)
    badge = ledger.claim("per.gradient").standing(r=0.0).reason
    assert "points along" not in said + badge
    assert said.numbers["own"] == badge.numbers["length"] == 0


def test_the_leading_order_is_called_so(made):
    # beside it the text has the exact noise at n = 10
    noise = text(made, "batchnorm_noise", n=10, kappa=3.0).numbers
    badge = ledger.claim("vcl.stable-batchnorm").standing(kappa=3.0).reason
    exact = 10 * (noise["shift"] + noise["part"])
    assert badge.numbers["total"] < 0.9 * exact and "to leading order" in badge


def test_little_variance_is_not_none(made):
    said = text(made, "selu_moments", mean=0.0, variance=1e-9).numbers
    assert said["next_variance"] == pytest.approx(2.0177e-9, rel=1e-3)
    badge = ledger.claim("selu.contraction")
    assert badge.standing(mean=0.0, variance=1e-9, omega=0.0, tau=1.0).state != "fails"
    assert "lost" in badge.standing(mean=0.0, variance=1e-5, omega=0.0, tau=0.2).reason


@pytest.mark.parametrize("steps", [60.0, 150.0, 200.0])
def test_what_falls_without_end_is_followed_beyond_the_table(steps):
    # near 0 the way to a half takes, for four targets, √2 π log 2 / 2
    claim = ledger.claim("per.pretrained-target")
    at = [claim.standing(steps=time).reason.numbers["left"] for time in (steps - 10, steps)]
    assert math.log(at[0] / at[1]) == pytest.approx(10 * math.sqrt(2) / math.pi, rel=1e-3)


@pytest.mark.parametrize("omega", [-14.9, 1.5, 14.9])
def test_a_fixed_point_stays_though_it_repels(made, omega):
    said = text(made, "selu_moments", mean=0.0, variance=1.0, omega=omega)
    assert (said.numbers["last_mean"], said.numbers["last_variance"]) == pytest.approx((0, 1))
    state, reason = ledger.claim("selu.contraction").standing(omega=omega)
    assert state == "fails" and "repels" in reason


@pytest.mark.parametrize("tau", [0.4, 0.999, 1.001, 1.3])
def test_another_fixed_point_is_not_denied(tau):
    """Where the moments come to rest elsewhere, if slowly, it is (0, 1) that is no fixed point."""
    m, v = (float(x[-1]) for x in iterate_moments(0.0, 1.0, 400, tau=tau))
    after = [float(x[-1]) for x in iterate_moments(m, v, 1, tau=tau)]
    assert after == pytest.approx([m, v], abs=1e-6) and max(abs(m), abs(v - 1)) > 1e-4
    state, reason = ledger.claim("selu.contraction").standing(tau=tau)
    assert state == "fails" and not re.search("(?<!this is )no fixed point", reason)


@pytest.mark.parametrize(
    "name, typed",
    [
        ("phase_shift", {"corr1": 1e-6}),
        ("phase_shift", {"corr2": -1e-6, "gap_y": 1.0}),
        ("mixture_kurtosis_formula", {"p": 1e-10, "sigma2": 1.1}),
        ("mixture_kurtosis_formula", {"sigma1": 1.0 + 1e-11}),
    ],
)
def test_what_fails_by_less_than_is_printed_is_said_to_be_close(made, name, typed):
    standings = made(name).standings(**{**made(name).values, **typed})
    assert any(state == "fails" for _, state, _ in standings)
    for _, state, reason in standings:
        assert not re.search(r"(\S+) against \1(?= |$)", reason)
        assert ("billionth" in reason) == (state == "fails")


def test_growth_is_told_by_what_grows():
    reason = ledger.claim("selu.contraction").standing(mean=1.0, variance=1.0, omega=3.0).reason
    assert reason.numbers["m"] > 1e6 and "mean" in reason.template


def test_slopes_that_differ_do_not_differ_by_nothing():
    for x in (4.0, 60.0):
        reason = ledger.claim("per.pseudo-huber").standing(x=x, delta=1.0).reason
        other = x / math.hypot(1, x)
        gap = 2 * stats.norm.cdf(x) - 1 - other
        assert float(reason.rsplit("differ by ", 1)[1]) == pytest.approx(gap, rel=0.05)


@pytest.mark.parametrize(
    "name, typed",
    [
        pytest.param("trained_phases", {"separation": 1e-3, "ratio": 0.1}, marks=pytest.mark.slow),
        pytest.param("trained_phases", {"separation": 100.0, "ratio": 0.3}, marks=pytest.mark.slow),
        pytest.param("trained_phases", {"separation": 199.0, "ratio": 0.1}, marks=pytest.mark.slow),
        ("gradient_decay", {"rho": math.nextafter(-1, 0)}),
        ("gradient_decay", {"rho": 1e-9 - 1, "bn": "with"}),
        ("gradient_decay", {"rho": 1 - 1e-6, "depth": 60}),
    ],
)
def test_what_is_told_far_out_is_what_the_oracle_finds(made, name, typed):
    values = made(name).values | typed
    for what, number in text(made, name, **typed).numbers.items():
        if what not in values:
            hold(number, ORACLES[name](**values)[0][what], what)


@pytest.mark.parametrize("separation, ratio", [(1e-9, 1.0), (1e-3, 1.0), (5.0, 1e-9), (0.01, 0.01)])
def test_close_means_and_small_variances_have_the_limit_of_theorem_2(made, separation, ratio):
    said = text(made, "trained_phases", separation=separation, ratio=ratio).numbers
    assert said["held"] == pytest.approx((1 - 1 / math.sqrt(3)) / 2, abs=1e-5)
