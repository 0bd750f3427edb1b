"""Texts and badges where a slider is at its end, or a number that they name does not exist."""

import math
import re

import mpmath
import numpy as np
import pytest
from scipy import integrate, optimize, stats
from test_pinned import ORACLES, hold

from normtheory.claims import ledger


def text(made, name, **values):
    explorer = made(name)
    return explorer.scene(**{**explorer.values, **values}).text


@pytest.mark.slow
def test_what_an_explorer_takes_it_can_draw(explorer):
    for knob in explorer.parameters.values():
        ends = (math.nextafter(end, 1.0) for end in knob.domain if end)
        for value in (1e-300, 1e-100, *ends, -1e-20, 1e-20, 1e100, 1e300):
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


@pytest.mark.parametrize(
    "name, typed, words",
    [
        ("gradient_decay", {"depth": 300, "bn": "with"}, "Depth 300 with BN"),
        ("gradient_noise", {"depth": 300}, "Depth 300"),
        ("weight_norm_descent", {"steps": 500}, "step 500"),
    ],
)
def test_a_value_beyond_the_picture_is_the_one_that_is_told(made, name, typed, words):
    assert words in text(made, name, **typed)


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


@pytest.mark.parametrize("eta, steps", [(2.5, 100), (5.0, 50), (8.0, 20)])
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


@pytest.mark.parametrize("gap_y", [-6.0, 0.5, 6.0])
def test_no_direction_is_better_than_the_best(made, gap_y):
    found = text(made, "phase_shift", gap_y=gap_y).numbers
    assert found["best"] <= min(found["lda"], found["merging"])


def test_what_is_close_is_so_beside_the_standard_deviations(made):
    # the slope at equal means is that of 6 D ((1 - p)² v₂ - p² v₁), here positive
    setting = {"p": 0.7, "separation": 1e-6, "sigma1": 1e-4, "sigma2": 2e-4}
    assert "merging is best" in text(made, "phase_map", **setting)
    assert "merging is best" in text(made, "phase_map", **{**setting, "separation": 1e-5})


def test_equal_means_have_no_line(made):
    assert "line of the means" not in text(made, "phase_map", separation=0.0)
    assert "line of the means" in text(made, "phase_map", separation=1e-9)


@pytest.mark.parametrize("n", [2, 3, 20])
@pytest.mark.parametrize("law", ["independent", "bimodal"])
def test_no_sample_has_a_kurtosis_below_one(made, law, n):
    found = text(made, "joint_laws", law=law, n=n).numbers["kurt"]
    assert 1 - 1e-12 <= found <= n, "m₄/m₂² of n numbers lies between 1 and n"
    assert n > 2 or found == pytest.approx(1)


def test_one_unit_has_no_slice_at_an_angle(made):
    assert "°" not in text(made, "sliced_wasserstein", d=1, angle=30.0)
    assert "30°" in text(made, "sliced_wasserstein", d=2, angle=30.0)


@pytest.mark.parametrize("b", [5, 32])
def test_the_gradient_is_that_of_the_variance_over_b(made, b):
    values = {}
    for estimator in ("biased", "unbiased"):
        said = text(made, "standardization_batch", b=b, sigma=1.0, estimator=estimator)
        values[estimator] = said.numbers["gradient"]
        assert "variance over b" in said
    # E (m + (h - m)(1 - 1/s²))² = 1/b + E s² - 2 + E 1/s²
    inverse = stats.invgamma((b - 1) / 2, scale=b / 2).mean()
    assert values["biased"] == values["unbiased"] == pytest.approx(inverse - 1)


def test_what_has_no_scale_has_no_output(made):
    assert "no value" in text(made, "equilibrium_expressivity", kernel="box blur")
    state, reason = ledger.claim("equinorm.expressivity").standing(kernel="box blur")
    assert state == "fails" and "no value" in reason
    assert "EquiNorm's by 0" in text(made, "equilibrium_expressivity", kernel="identity")


def test_a_zero_gradient_points_nowhere(made):
    said = text(made, "projected_error", r=0.0)
    badge = ledger.claim("per.gradient").standing(r=0.0).reason
    assert "points along" not in said + badge
    assert said.numbers["own"] == badge.numbers["length"] == 0


@pytest.mark.parametrize("eta, steps", [(1.0, 60), (1.5, 100)])
def test_a_loss_below_rounding_is_not_told_to_two_digits(made, eta, steps):
    assert "loss below 1e-20" in text(made, "weight_norm_descent", eta=eta, steps=steps)
    assert "loss 1.5" in text(made, "weight_norm_descent", eta=eta, steps=0)


@pytest.mark.parametrize(
    "p, q, words",
    [(4.0, 4.0, "1/p + 1/q of at least 1"), (0.5, 2.0, "from 1 on"), (2.0, 0.5, "from 1 on")],
)
def test_the_reason_why_there_is_no_norm_is_the_one_that_holds(p, q, words):
    state, reason = ledger.claim("equinorm.same-norm").standing(p=p, q=q)
    assert state == "outside" and words in reason


def test_a_badge_beside_a_slider_that_it_ignores_says_at_what_it_stands():
    for depth in (1, 40):
        assert (
            "with skips at β = 1" in ledger.claim("shattered.noise-colour").standing(depth=depth)[1]
        )


def test_the_leading_order_is_called_so(made):
    # beside it the text has the exact noise at n = 10
    noise = text(made, "batchnorm_noise", n=10, kappa=3.0).numbers
    badge = ledger.claim("vcl.stable-batchnorm").standing(kappa=3.0).reason
    exact = 10 * (noise["shift"] + noise["part"])
    assert badge.numbers["total"] < 0.9 * exact and "to leading order" in badge


@pytest.mark.parametrize("start", [0.05, 1.0, 5.0])
def test_the_flow_is_told_to_all_its_digits(made, start):
    node, weight = np.polynomial.legendre.leggauss(400)
    weight = weight * (1 - node * node) ** 30.5  # a direction's first coordinate, of 64

    def fall(_, log):
        r = np.exp(log[0])
        return [-64 * (weight * node * (2 * stats.norm.cdf(r * node) - 1)).sum() / weight.sum() / r]

    way = integrate.solve_ivp(fall, (0, 20), [math.log(8 * start)], rtol=1e-10, dense_output=True)
    for steps in (0.3, 5.0, 6.0, 20.0):
        found = text(made, "collapse", start=start, steps=steps).numbers["reached"]
        assert found == pytest.approx(float(np.exp(way.sol(steps)[0])) / 8, rel=1e-5)


def test_what_is_not_known_here_is_not_said_to_have_no_closed_form(made):
    for name in ("trained_loss", "moment_estimation"):
        assert "no closed form" not in text(made, name, law="uniform", n=10)


@pytest.mark.parametrize("steps", [60.0, 150.0, 200.0])
def test_what_falls_without_end_is_followed_beyond_the_table(made, steps):
    # near 0 the way to a half takes log 2 / √(2/π) for PER, and for four targets √2 π log 2 / 2
    for name, rate in (("collapse", math.sqrt(2 / math.pi)), ("target", math.sqrt(2) / math.pi)):
        at = []
        for time in (steps - 10, steps):
            if name == "collapse":
                at.append(text(made, name, start=1.0, steps=time).numbers["reached"])
            else:
                reason = ledger.claim("per.pretrained-target").standing(steps=time).reason
                at.append(reason.numbers["left"])
        assert math.log(at[0] / at[1]) == pytest.approx(10 * rate, rel=1e-3)


def test_little_variance_is_not_none(made):
    said = text(made, "selu_moments", mean=0.0, variance=1e-9).numbers
    assert said["next_variance"] == pytest.approx(2.0177e-9, rel=1e-3)
    badge = ledger.claim("selu.contraction")
    assert badge.standing(mean=0.0, variance=1e-9, omega=0.0, tau=1.0).state != "fails"
    assert "lost" in badge.standing(mean=0.0, variance=1e-5, omega=0.0, tau=0.2).reason


@pytest.mark.parametrize("omega", [-14.9, 1.5, 14.9])
def test_a_fixed_point_stays_though_it_repels(made, omega):
    said = text(made, "selu_moments", mean=0.0, variance=1.0, omega=omega)
    assert (said.numbers["last_mean"], said.numbers["last_variance"]) == pytest.approx((0, 1))
    state, reason = ledger.claim("selu.contraction").standing(omega=omega)
    assert state == "fails" and "repels" in reason


def test_growth_is_told_by_what_grows():
    reason = ledger.claim("selu.contraction").standing(mean=1.0, variance=1.0, omega=3.0).reason
    assert reason.numbers["m"] > 1e6 and "mean" in reason.template


def test_slopes_that_differ_do_not_differ_by_nothing():
    for x in (4.0, 60.0):
        reason = ledger.claim("per.pseudo-huber").standing(x=x, delta=1.0).reason
        other = x / math.hypot(1, x)
        gap = 2 * stats.norm.cdf(x) - 1 - other
        assert float(reason.rsplit("differ by ", 1)[1]) == pytest.approx(gap, rel=0.05)


def test_the_picture_is_clipped_and_not_the_text(made):
    found = text(made, "weight_norm_descent", eta=14.9, steps=20).numbers["reached"]
    g = ledger.claim("weightnorm.gradients").standing(eta=14.9, steps=20).reason.numbers["g"]
    assert found == pytest.approx(g**2) and found > 1e40


@pytest.mark.parametrize(
    "name, typed",
    [
        ("trained_phases", {"separation": 1e-3, "ratio": 0.1}),
        ("trained_phases", {"separation": 100.0, "ratio": 0.3}),
        ("trained_phases", {"separation": 199.0, "ratio": 0.1}),
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


def test_what_rounding_decides_is_undecided():
    claim = ledger.claim("vcl.two-projections")
    assert claim.standing(p=0.25, separation=1e-9, ratio=1.0).state == "undecided"
    assert claim.standing(p=0.25, separation=5.0, ratio=1e-9).state == "undecided"


def test_an_odd_number_of_channels_is_not_told_as_what_was_drawn(made):
    odd, even = (str(text(made, "equilibrium_noise", channels=k)) for k in (15, 16))
    assert "16 channels, the next even number, of" in odd and odd != even
    assert "16 channels of" in even
