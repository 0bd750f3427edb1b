"""Littwin & Wolf, Sec. 2.1: moments and kurtosis of a projected two-component Gaussian mixture."""

import numpy as np
import sympy as sp

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.claim import Parameter
from normtheory.theory.laws import gaussian_mixture
from normtheory.theory.mixtures import (
    mixture_kurtosis,
    mixture_moments,
    printed_fourth_moment,
    printed_kurtosis,
)
from normtheory.theory.montecarlo import THRESHOLD, estimate
from normtheory.theory.phases import kurtosis_expression
from normtheory.theory.precision import TOLERANCE, relative_error

WEIGHT = Parameter(
    name="p",
    symbol="p",
    meaning="weight of component 1",
    default=0.25,
    domain=(0, 1),
    typical=(0.01, 0.99),
)
SEPARATION = Parameter(
    name="separation",
    symbol=r"|\mu_1-\mu_2|",
    meaning="distance of the projected means",
    default=3.0,
    domain=(0, np.inf),
    closed=True,
    typical=(0, 8),
)
SIGMA_1, SIGMA_2 = (
    Parameter(
        name=f"sigma{i}",
        symbol=rf"\sigma_{i}",
        meaning=f"standard deviation of component {i}",
        default=1.0,
        domain=(0, np.inf),
        typical=(0.2, 4),
    )
    for i in (1, 2)
)
KNOBS = (WEIGHT, SEPARATION, SIGMA_1, SIGMA_2)

# (p, separation, var1, var2): the last ones have unequal variances
EQUAL = ((0.1, 3.0, 1.0, 1.0), (0.25, 2.0, 0.5, 0.5), (0.5, 4.0, 1.0, 1.0))
UNEQUAL = ((0.1, 3.0, 0.25, 1.0), (0.25, 2.0, 4.0, 0.5), (0.5, 1.0, 0.1, 3.0))


def _printed_m4(p, separation, var1, var2):
    return printed_fourth_moment(p, separation**2, p * var1 + (1 - p) * var2)


def _true_m4(p, separation, var1, var2):
    return mixture_moments(p, separation, 0.0, var1, var2).m4


def _printed_kappa(p, separation, var1, var2):
    return printed_kurtosis(p, separation**2, p * var1 + (1 - p) * var2)


def _true_kappa(p, separation, var1, var2):
    return mixture_kurtosis(p, separation, 0.0, var1, var2)


def _fourth_power(setting, rng):
    each = gaussian_mixture(*setting)
    relative = np.sqrt(each.moment(8) / each.moment(4) ** 2 - 1)
    replicates = int((relative * (THRESHOLD + 5) / 0.02) ** 2)  # 2 % is five errors too far

    def replicate(rng, size):
        return np.square(np.square(each.draw(rng, size, np.float32), dtype=np.float64))

    return estimate(replicate, rng, replicates=replicates, chunk=1 << 15)


def _simulated_m4(formula, rng):
    worst = 0.0
    for setting in EQUAL + UNEQUAL:
        found = _fourth_power(setting, rng)
        if not found.agrees(formula(*setting)):
            return Outcome(False, f"(p, δ, var1, var2) = {setting}: {found}")
        worst = max(worst, found.deviation(formula(*setting)))
    return Outcome(True, f"{len(EQUAL + UNEQUAL)} mixtures agree, worst {worst:.2f} SE")


def _simulation_contradicts(formula, rng):
    """Passes when Monte Carlo rules the formula out on a mixture with unequal variances."""
    setting = UNEQUAL[0]
    found, claimed = _fourth_power(setting, rng), formula(*setting)
    return Outcome(
        not found.agrees(claimed),
        f"(p, δ, var1, var2) = {setting}: m4 = {found}, formula {claimed:.5g}, "
        f"{found.deviation(claimed):.0f} SE apart",
    )


def _moments_proved(gap, rng):
    e = kurtosis_expression()
    rest = sp.expand(e["derived m4"] - e["printed m4"] - gap)
    variance = sp.expand(e["derived variance"] - e["variance"])
    s1, s2 = sp.symbols("s_1 s_2", positive=True)
    equal = sp.expand(gap.subs(s2, s1))
    return Outcome(
        rest == variance == equal == 0,
        f"m4 - printed - gap = {rest}, variance - printed = {variance}, gap at s1 = s2: {equal}",
    )


def _gap():
    return kurtosis_expression()["gap"]


def _wrong_gap():
    s1, s2, p = sp.symbols("s_1 s_2 p", positive=True)
    return _gap() + 3 * p * (1 - p) * (s1 - s2) ** 2


def _moments_standing(p, separation, sigma1, sigma2):
    true = _true_m4(p, separation, sigma1**2, sigma2**2)
    printed = _printed_m4(p, separation, sigma1**2, sigma2**2)
    return _compare("m4", true, printed)


def _kurtosis_standing(p, separation, sigma1, sigma2):
    true = _true_kappa(p, separation, sigma1**2, sigma2**2)
    printed = _printed_kappa(p, separation, sigma1**2, sigma2**2)
    return _compare("kappa", true, printed)


def _compare(name, true, printed):
    if abs(true - printed) <= TOLERANCE["float64"] * max(1.0, abs(true)):
        return Standing("holds", f"{name} = {true:.4g}, as printed")
    return Standing("fails", f"{name} = {true:.4g}, printed {printed:.4g}")


MIXTURE_MOMENTS = Claim(
    id="vcl.mixture-moments",
    source="Eq. 8 and the lines after it",
    statement=r"For $\rho=\theta^\top x$, $x$ from $p\,\mathcal N(\mu_1,\Sigma_1)+(1-p)\,\mathcal "
    r"N(\mu_2,\Sigma_2)$, $\Sigma_w=p\Sigma_1+(1-p)\Sigma_2$, $\alpha=p(1-p)$, "
    r"$B=\theta^\top\Sigma_b\theta$, $W=\theta^\top\Sigma_w\theta$: "
    r"$m_4=\alpha(1-3\alpha)B^2+6\alpha WB+3W^2$ and $\sigma^2=\alpha B+W$",
    verdict="amended",
    amendment=r"With $D=\theta^\top(\Sigma_1-\Sigma_2)\theta$, $m_4=\alpha(1-3\alpha)B^2+6\alpha "
    r"WB+3W^2+3\alpha D^2+6\alpha(1-2p)DB$. The printed $m_4$ is right exactly when $D=0$ or "
    r"$D=-2(1-2p)B$; the printed $\sigma^2$ always.",
    counterexample="p = 0.1, means 3 apart, variances 0.25 and 1: "
    f"m4 = {_true_m4(*UNEQUAL[0]):.4g}, printed {_printed_m4(*UNEQUAL[0]):.4g}",
    parameters=KNOBS,
    at=_moments_standing,
    derivation=(
        r"$\mu_1-\mu=(1-p)\delta$, $\mu_2-\mu=-p\delta$; differentiate the moment generating "
        r"function $p\,e^{(1-p)\delta t+s_1t^2/2}+(1-p)\,e^{-p\delta t+s_2t^2/2}$ four times at 0.",
        r"$\delta^4$: $\alpha((1-p)^3+p^3)=\alpha(1-3\alpha)$. $\delta^2$: "
        r"$6\alpha((1-p)s_1+ps_2)=6\alpha(W+(1-2p)D)$. $\delta^0$: "
        r"$3(ps_1^2+(1-p)s_2^2)=3(W^2+\alpha D^2)$.",
        r"The printed formula has $D=0$: its first line writes $\Sigma_2$ for both components, "
        r"while $\Sigma_w$ is defined with both.",
    ),
    remark="Theorem 2 prints Sigma_2 for both components, N(mu_1, Sigma_2) and N(mu_2, Sigma_2), "
    "and defines Sigma_w with a Sigma_1 that occurs nowhere else; we read Sigma_1, Sigma_2. "
    "Literally, with one covariance (Sigma_w = Sigma_2), D = 0 and the printed moments are right.",
    evidence=(
        Evidence(
            kind="simulation",
            shows="with unequal variances Monte Carlo rules the printed m4 out",
            check=_simulation_contradicts,
            subject=_printed_m4,
            mutant=_true_m4,
            mutation="the corrected formula, which Monte Carlo must not rule out",
        ),
        Evidence(
            kind="proof",
            shows="m4 from the moment generating function is the printed one plus the two terms",
            check=_moments_proved,
            subject=_gap(),
            mutant=_wrong_gap(),
            mutation="coefficient of alpha D^2 6 instead of 3",
            about="amendment",
        ),
        Evidence(
            kind="simulation",
            shows="the corrected m4 agrees with Monte Carlo for equal and unequal variances",
            check=_simulated_m4,
            subject=_true_m4,
            mutant=lambda *setting: 1.02 * _true_m4(*setting),
            mutation="the formula off by 2 %",
            about="amendment",
        ),
    ),
)


def _quadrature_kurtosis(p, separation, var1, var2):
    """kappa by Gauss-Hermite quadrature of each component: exact for polynomials."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(8)
    weights = weights / weights.sum()
    x1, x2 = separation + np.sqrt(var1) * nodes, np.sqrt(var2) * nodes
    mean = p * weights @ x1 + (1 - p) * weights @ x2
    m2, m4 = (p * weights @ (x1 - mean) ** k + (1 - p) * weights @ (x2 - mean) ** k for k in (2, 4))
    return m4 / m2**2


def _largest_error(formula, settings):
    return max(relative_error(formula(*s), _quadrature_kurtosis(*s)) for s in settings)


def _settings(rng, count, equal):
    for _ in range(count):
        var1, var2 = np.exp(rng.normal(0, 1, 2))
        yield rng.uniform(0.01, 0.99), rng.uniform(0, 6), var1, var1 if equal else var2


def _kappa_by_quadrature(formula, rng):
    settings = [*_settings(rng, 200, False), *EQUAL, *UNEQUAL]
    worst = _largest_error(formula, settings)
    return Outcome(worst < TOLERANCE["float64"], f"largest relative error {worst:.1e} over 206")


def _kappa_contradicted(formula, rng):
    setting = UNEQUAL[2]
    exact = _quadrature_kurtosis(*setting)
    return Outcome(
        bool(abs(exact - formula(*setting)) > 0.1),
        f"(p, δ, var1, var2) = {setting}: kappa = {exact:.4f}, formula {formula(*setting):.4f}",
    )


def _kappa_when_equal(formula, rng):
    settings = [*_settings(rng, 200, True), *EQUAL]
    worst = _largest_error(formula, settings)
    return Outcome(worst < TOLERANCE["float64"], f"largest relative error {worst:.1e} over 203")


def _kappa_proved(coefficient, rng):
    p, delta, s1, s2 = sp.symbols("p delta s_1 s_2", positive=True)
    e = kurtosis_expression()
    alpha, gap = p * (1 - p), s1 - s2
    excess = (1 - 6 * alpha) * delta**4 + coefficient * (1 - 2 * p) * gap * delta**2 + 3 * gap**2
    # over the common denominator variance^2: polynomials, so expansion decides
    rest = sp.expand(e["derived m4"] - 3 * e["variance"] ** 2 - alpha * excess)
    printed = sp.factor((e["derived"] - e["printed"]).subs(s2, s1))
    return Outcome(
        rest == printed == 0,
        f"m4 - 3 sigma^4 - alpha(...) = {rest}; derived - printed at s1 = s2: {printed}",
    )


MIXTURE_KURTOSIS = Claim(
    id="vcl.mixture-kurtosis",
    source="Eq. 9",
    statement=r"$\kappa(\rho)=3+\frac{\alpha(1-6\alpha)(\theta^\top\Sigma_b\theta)^2}"
    r"{(\alpha\,\theta^\top\Sigma_b\theta+\theta^\top\Sigma_w\theta)^2}$, $\alpha=p(1-p)$",
    verdict="amended",
    amendment=r"$\kappa=3+\alpha\frac{(1-6\alpha)B^2+6(1-2p)DB+3D^2}{(\alpha B+W)^2}$ with "
    r"$D=\theta^\top(\Sigma_1-\Sigma_2)\theta$; Eq. 9 is the case of equal variances along "
    r"$\theta$.",
    counterexample="p = 0.5, means 1 apart, variances 0.1 and 3: "
    f"kappa = {_true_kappa(*UNEQUAL[2]):.4g}, printed {_printed_kappa(*UNEQUAL[2]):.4g}",
    parameters=KNOBS,
    at=_kurtosis_standing,
    derivation=(
        r"$m_4-3\sigma^4$ with $\sigma^2=\alpha B+W$: the terms in $WB$ and $W^2$ cancel.",
        r"Left are $\alpha(1-6\alpha)B^2$ (as printed) and $3\alpha D^2+6\alpha(1-2p)DB$.",
    ),
    remark="Theorem 2 prints Sigma_2 for both components; we read Sigma_1, Sigma_2, as Sigma_w has "
    "it. Literally (Sigma_w = Sigma_2) D = 0 and Eq. 9 is exact. "
    "For D = 0 the excess has one sign for all directions; with D free it takes both "
    "signs at every p, since (1-6a)B^2 + 6(1-2p)DB + 3D^2 has discriminant 24(1-3a) > 0.",
    evidence=(
        Evidence(
            kind="numeric",
            shows="with unequal variances the printed kurtosis is wrong",
            check=_kappa_contradicted,
            subject=_printed_kappa,
            mutant=_true_kappa,
            mutation="the corrected formula, which quadrature must not rule out",
        ),
        Evidence(
            kind="numeric",
            shows="with equal variances the printed kurtosis is exact",
            check=_kappa_when_equal,
            subject=_printed_kappa,
            mutant=lambda p, d, v1, v2: 3 + 1.02 * (_printed_kappa(p, d, v1, v2) - 3),
            mutation="the excess off by 2 %",
        ),
        Evidence(
            kind="proof",
            shows="the excess times sigma^4 is alpha ((1-6 alpha) B^2 + 6 (1-2p) D B + 3 D^2)",
            check=_kappa_proved,
            subject=6,
            mutant=3,
            mutation="coefficient 3 instead of 6 before (1 - 2p) D B",
            about="amendment",
        ),
        Evidence(
            kind="numeric",
            shows="the corrected kurtosis equals Gauss-Hermite quadrature on random mixtures",
            check=_kappa_by_quadrature,
            subject=_true_kappa,
            mutant=lambda p, d, v1, v2: _true_kappa(1 - p, d, v1, v2),
            mutation="the weights exchanged",
            about="amendment",
        ),
    ),
)
