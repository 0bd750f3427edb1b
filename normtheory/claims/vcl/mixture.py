"""Littwin & Wolf, Sec. 2.1: moments and kurtosis of a projected two-component Gaussian mixture."""

import numpy as np

from normtheory.claims import Claim, Parameter, half_line, sp
from normtheory.theory.mixtures import (
    mixture_kurtosis,
    mixture_moments,
    printed_fourth_moment,
    printed_kurtosis,
)
from normtheory.theory.precision import TOLERANCE

WEIGHT = Parameter("p", "p", "weight of component 1", 0.25, (0, 1), typical=(0.01, 0.99))
SEPARATION = Parameter(
    "separation", r"|\mu_1-\mu_2|", "distance of the projected means", 3.0, half_line, True, (0, 8)
)
SIGMA_1, SIGMA_2 = (
    Parameter(
        f"sigma{i}",
        rf"\sigma_{i}",
        f"standard deviation of component {i}",
        1.0,
        half_line,
        typical=(0.2, 4),
    )
    for i in (1, 2)
)
KNOBS = (WEIGHT, SEPARATION, SIGMA_1, SIGMA_2)

# (p, separation, var1, var2)
UNEQUAL = ((0.1, 3.0, 0.25, 1.0), (0.25, 2.0, 4.0, 0.5), (0.5, 1.0, 0.1, 3.0))


def _printed_m4(p, separation, var1, var2):
    return printed_fourth_moment(p, separation**2, p * var1 + (1 - p) * var2)


def _true_m4(p, separation, var1, var2):
    return float(mixture_moments(p, separation, 0.0, var1, var2).m4)


def _printed_kappa(p, separation, var1, var2):
    return printed_kurtosis(p, separation**2, p * var1 + (1 - p) * var2)


def _true_kappa(p, separation, var1, var2):
    return float(mixture_kurtosis(p, separation, 0.0, var1, var2))


_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(8)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


def quadrature(p, separation, var1, var2):
    """Variance and fourth moment, by Gauss-Hermite quadrature: exact for polynomials."""
    separation, var1, var2 = (np.asarray(each)[..., None] for each in (separation, var1, var2))
    x1, x2 = separation + np.sqrt(var1) * _NODES, np.sqrt(var2) * _NODES
    mean = (p * x1 @ _WEIGHTS + (1 - p) * x2 @ _WEIGHTS)[..., None]
    return tuple(
        p * (x1 - mean) ** k @ _WEIGHTS + (1 - p) * (x2 - mean) ** k @ _WEIGHTS for k in (2, 4)
    )


def _settings(rng, count=100):
    for _ in range(count):
        var1, var2 = np.exp(rng.normal(0, 1, 2))
        yield rng.uniform(0.01, 0.99), rng.uniform(0, 6), var1, var2


def _derived():
    """p, δ, s1, s2, σ² and m4 from the moment generating function about the mean."""
    p, delta, s1, s2 = sp.symbols("p delta s_1 s_2", positive=True)
    t = sp.symbols("t")
    mgf = p * sp.exp((1 - p) * delta * t + s1 * t**2 / 2)
    mgf += (1 - p) * sp.exp(-p * delta * t + s2 * t**2 / 2)
    return p, delta, s1, s2, *(sp.expand(sp.diff(mgf, t, k).subs(t, 0)) for k in (2, 4))


mixture_moments_claim = Claim(
    id="vcl.mixture-moments",
    source="Eq. 8 and the lines after it",
    says=r"For $\rho=\theta^\top x$, $x$ from $p\,\mathcal N(\mu_1,\Sigma_1)+(1-p)\,\mathcal "
    r"N(\mu_2,\Sigma_2)$, $\Sigma_w=p\Sigma_1+(1-p)\Sigma_2$, $\alpha=p(1-p)$, "
    r"$B=\theta^\top\Sigma_b\theta$, $W=\theta^\top\Sigma_w\theta$: "
    r"$m_4=\alpha(1-3\alpha)B^2+6\alpha WB+3W^2$ and $\sigma^2=\alpha B+W$",
    verdict="amended",
    breaks={"p": 0.1, "separation": 3.0, "sigma1": 0.5, "sigma2": 1.0},
    parameters=KNOBS,
)


@mixture_moments_claim.counterexample("numeric")
def unequal_variances(true=_true_m4(*UNEQUAL[0]), printed=float(_printed_m4(*UNEQUAL[0]))):
    r"""$p=\frac1{10}$, means 3 apart, variances $\frac14$ and 1: $m_4={true:.4g}$, printed
    {printed:.4g}."""
    _, exact = quadrature(*UNEQUAL[0])
    within, alpha = 0.1 * 0.25 + 0.9, 0.09
    said = alpha * (1 - 3 * alpha) * 81 + 6 * alpha * within * 9 + 3 * within**2
    return np.allclose((true, printed), (exact, said), rtol=1e-12), f"by quadrature {exact:.6f}"


@mixture_moments_claim.amendment("proof")
def right_moments(
    m4=lambda a, b, w, d, p: (
        a * (1 - 3 * a) * b**2
        + 6 * a * w * b
        + 3 * w**2
        + 3 * a * d**2
        + 6 * a * (1 - 2 * p) * d * b
    ),
    variance=lambda a, b, w: a * b + w,
):
    r"""With $D=\theta^\top(\Sigma_1-\Sigma_2)\theta$, $m_4=\alpha(1-3\alpha)B^2+6\alpha
    WB+3W^2+3\alpha D^2+6\alpha(1-2p)DB$. The printed $\sigma^2=\alpha B+W$ is right."""
    p, delta, s1, s2, second, fourth = _derived()
    alpha, within = p * (1 - p), p * s1 + (1 - p) * s2
    claimed = m4(alpha, delta**2, within, s1 - s2, p), variance(alpha, delta**2, within)
    gaps = sp.expand(fourth - claimed[0]), sp.expand(second - claimed[1])
    return gaps == (0, 0), f"derivatives of the moment generating function minus these: {gaps}"


@mixture_moments_claim.amendment("proof")
def where_the_printed_one_is_right(other=lambda p, b: -2 * (1 - 2 * p) * b):
    r"""The printed $m_4$ is right exactly when $D=0$ or $D=-2(1-2p)B$."""
    p, delta, s1, s2, _, fourth = _derived()
    d, a, within = sp.symbols("d"), p * (1 - p), p * s1 + (1 - p) * s2
    b = delta**2
    printed = a * (1 - 3 * a) * b**2 + 6 * a * within * b + 3 * within**2
    roots = sp.solve(sp.expand((fourth - printed).subs(s1, s2 + d)), d)
    rest = [sp.simplify(root - other(p, b)) for root in roots if root != 0]
    return len(roots) == 2 and rest == [0], f"roots in D: {roots}"


mixture_moments_claim.by_hand(
    r"Theorem 2 prints $\Sigma_2$ for both components, and defines $\Sigma_w$ with a $\Sigma_1$ "
    r"that occurs nowhere else; we read $\Sigma_1$ and $\Sigma_2$. Literally, with one covariance, "
    "$D$ vanishes and the printed moments are right.",
    "range",
)


@mixture_moments_claim.derivation("proof")
def by_powers(
    fourth=lambda a, p: a * (1 - 3 * a),
    square=lambda a, w, p, d: 6 * a * (w + (1 - 2 * p) * d),
    none=lambda a, w, d: 3 * (w**2 + a * d**2),
):
    r"""About the mean the components lie at $(1-p)\delta$ and $-p\delta$. In $m_4$ the coefficient
    of $\delta^4$ is $\alpha((1-p)^3+p^3)=\alpha(1-3\alpha)$, of $\delta^2$ it is
    $6\alpha((1-p)s_1+ps_2)=6\alpha(W+(1-2p)D)$, and $3(ps_1^2+(1-p)s_2^2)=3(W^2+\alpha D^2)$ is
    left."""
    p, delta, s1, s2, _, m4 = _derived()
    a, w, d = p * (1 - p), p * s1 + (1 - p) * s2, s1 - s2
    found = [sp.Poly(m4, delta).coeff_monomial(delta**k) for k in (4, 2, 0)]
    claimed = fourth(a, p), square(a, w, p, d), none(a, w, d)
    gaps = [sp.expand(one - two) for one, two in zip(found, claimed, strict=True)]
    return gaps == [0, 0, 0], f"coefficients minus these: {gaps}"


@mixture_moments_claim.derivation("numeric")
def in_numbers(true=_true_m4, printed=_printed_m4, *, rng):
    r"""The printed formula has $D=0$: its first line writes $\Sigma_2$ for both components, while
    $\Sigma_w$ is defined with both."""
    right = True
    for p, separation, var1, var2 in _settings(rng):
        exact = quadrature(p, separation, var1, var2)[1], quadrature(p, separation, var2, var2)[1]
        found = true(p, separation, var1, var2), printed(p, separation, var2, var2)
        right &= np.allclose(found, exact, rtol=1e-10)
    return right, "100 random mixtures by quadrature"


def _same(true, printed):
    numbers = {"true": float(true), "printed": float(printed)}
    if abs(true - printed) <= TOLERANCE["float64"] * max(1.0, abs(true)):
        return True, numbers
    return "fails_close" if np.isclose(true, printed, 1e-9, 0) else False, numbers


@mixture_moments_claim.badge(
    holds="the fourth moment is the printed one: {fourth:.4g}",
    fails="the fourth moment is the printed one: not here, {fourth:.4g} against "
    "{printed_fourth:.4g}",
    fails_close="the fourth moment is the printed one: not here, but within a billionth of "
    "{fourth:.4g}",
)
def moments_at(p, separation, sigma1, sigma2):
    setting = p, separation, sigma1**2, sigma2**2
    same, numbers = _same(_true_m4(*setting), _printed_m4(*setting))
    return same, {"fourth": numbers["true"], "printed_fourth": numbers["printed"]}


mixture_kurtosis_claim = Claim(
    id="vcl.mixture-kurtosis",
    source="Eq. 9",
    says=r"$\kappa(\rho)=3+\frac{\alpha(1-6\alpha)(\theta^\top\Sigma_b\theta)^2}"
    r"{(\alpha\,\theta^\top\Sigma_b\theta+\theta^\top\Sigma_w\theta)^2}$, $\alpha=p(1-p)$",
    verdict="amended",
    breaks={"p": 0.5, "separation": 1.0, "sigma1": 0.1**0.5, "sigma2": 3**0.5},
    parameters=KNOBS,
)


@mixture_kurtosis_claim.counterexample("numeric")
def another_kurtosis(true=_true_kappa(*UNEQUAL[2]), printed=float(_printed_kappa(*UNEQUAL[2]))):
    r"""$p=\frac12$, means 1 apart, variances $\frac1{10}$ and 3: $\kappa={true:.4g}$, printed
    {printed:.4g}."""
    second, fourth = quadrature(*UNEQUAL[2])
    said = 3 - 0.125 / (0.25 + 1.55) ** 2
    right = np.allclose((true, printed), (fourth / second**2, said), rtol=1e-12)
    return right, f"by quadrature {fourth / second**2:.6f}"


@mixture_kurtosis_claim.amendment("proof")
def right_kurtosis(
    excess=lambda a, b, w, d, p: (
        a * ((1 - 6 * a) * b**2 + 6 * (1 - 2 * p) * d * b + 3 * d**2) / (a * b + w) ** 2
    ),
):
    r"""$\kappa=3+\alpha\frac{(1-6\alpha)B^2+6(1-2p)DB+3D^2}{(\alpha B+W)^2}$ with
    $D=\theta^\top(\Sigma_1-\Sigma_2)\theta$."""
    p, delta, s1, s2, second, fourth = _derived()
    within = p * s1 + (1 - p) * s2
    claimed = excess(p * (1 - p), delta**2, within, s1 - s2, p)
    gap = sp.expand(sp.cancel(claimed * (p * (1 - p) * delta**2 + within) ** 2))
    gap = sp.expand(fourth - 3 * second**2 - gap)
    return gap == 0, f"m4 - 3 σ⁴ minus this times σ⁴: {gap}"


@mixture_kurtosis_claim.amendment("numeric")
def where_eq_9_is_right(
    printed=_printed_kappa,
    other=lambda p, b: -2 * (1 - 2 * p) * b,
    example=_true_kappa(0.1, 1.0, 0.4, 2.0),
    *,
    rng,
):
    r"""Eq. 9 is the case of equal variances along $\theta$; it is also right where
    $D=-2(1-2p)B$, such as $p=\frac1{10}$, means 1 apart, variances $\frac25$ and 2
    ($\kappa={example:.6f}$)."""
    right = True
    for p, separation, var1, _ in _settings(rng):
        difference = other(p, separation**2)
        for var2 in (var1, var1 - difference):
            if var2 > 0:
                second, fourth = quadrature(p, separation, var1, var2)
                found = printed(p, separation, var1, var2)
                right &= abs(found / (fourth / second**2) - 1) < 1e-9
    second, fourth = quadrature(0.1, 1.0, 0.4, 2.0)
    right &= abs(fourth / second**2 / example - 1) < 1e-9
    return right, f"100 random mixtures; there {fourth / second**2:.6f}"


mixture_kurtosis_claim.by_hand(
    r"Theorem 2 prints $\Sigma_2$ for both components; we read $\Sigma_1$ and $\Sigma_2$, as "
    r"$\Sigma_w$ has it. Literally, with one covariance, Eq. 9 is exact.",
    "range",
)


@mixture_kurtosis_claim.range("proof")
def both_signs(discriminant=lambda a: 24 * (1 - 3 * a)):
    r"""For $D=0$ the excess has one sign for all directions; with $D$ free it takes both signs at
    every $p$, since $(1-6\alpha)B^2+6(1-2p)DB+3D^2$ has the discriminant $24(1-3\alpha)>0$."""
    p, b, d = sp.symbols("p B D", positive=True)
    a = p * (1 - p)
    form = sp.Poly((1 - 6 * a) * b**2 + 6 * (1 - 2 * p) * d * b + 3 * d**2, d)
    gap = sp.expand(sp.discriminant(form, d) / b**2 - discriminant(a))
    # alpha is at most 1/4
    return gap == 0 and bool(discriminant(sp.Rational(1, 4)) > 0), f"discriminant minus this: {gap}"


@mixture_kurtosis_claim.derivation("proof")
def what_cancels(left=lambda a, b, d, p: 3 * a * d**2 + 6 * a * (1 - 2 * p) * d * b):
    r"""In $m_4-3\sigma^4$ with $\sigma^2=\alpha B+W$ the terms in $WB$ and $W^2$ cancel. Left are
    $\alpha(1-6\alpha)B^2$ (as printed) and $3\alpha D^2+6\alpha(1-2p)DB$."""
    p, delta, s1, s2, second, fourth = _derived()
    a, b = p * (1 - p), delta**2
    gap = fourth - 3 * second**2 - a * (1 - 6 * a) * b**2 - left(a, b, s1 - s2, p)
    return sp.expand(gap) == 0, f"rest {sp.expand(gap)}"


@mixture_kurtosis_claim.derivation("numeric")
def kurtosis_in_numbers(kappa=_true_kappa, *, rng):
    r"""The kurtosis of the explorers is that of the mixture's moments."""
    right = True
    for setting in _settings(rng):
        second, fourth = quadrature(*setting)
        right &= abs(kappa(*setting) / (fourth / second**2) - 1) < 1e-10
    return right, "100 random mixtures by quadrature"


@mixture_kurtosis_claim.badge(
    holds="Eq. 9 gives the kurtosis: {true:.4g}",
    fails="Eq. 9 gives the kurtosis: not here, {true:.4g} against {printed:.4g}",
    fails_close="Eq. 9 gives the kurtosis: not here, but within a billionth of {true:.4g}",
)
def kurtosis_at(p, separation, sigma1, sigma2):
    setting = p, separation, sigma1**2, sigma2**2
    return _same(_true_kappa(*setting), _printed_kappa(*setting))
