"""Littwin & Wolf, Eq. 18-20: what batchnorm needs of a batch's mean and variance."""

import math

import numpy as np
import sympy as sp

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.claim import Parameter
from normtheory.claims.vcl.ratio import EPSILON, LEVELS
from normtheory.claims.vcl.sample_variance import LAW, SIZE
from normtheory.theory.batchnorm_noise import output_variance
from normtheory.theory.laws import discrete, law
from normtheory.theory.montecarlo import estimate
from normtheory.theory.sample_variance import (
    enumerate_sample_variance,
    enumerate_two_point,
    variance_constancy,
)

INPUT = Parameter(
    name="rho",
    symbol=r"(\rho-\mu)/\sigma",
    meaning="the input's activation, in standard deviations from the mean",
    default=1.0,
    domain=(-np.inf, np.inf),
    typical=(-4, 4),
)


def bad_share(n, tolerance):
    """P[|(rho - mu_s)/(rho - mu) - 1| > tolerance] over normal inputs and normal batches.

    The ratio's error is the quotient of two centred normal variables: Cauchy, scale 1/sqrt(n).
    """
    return 2 / math.pi * math.atan(1 / (tolerance * math.sqrt(n)))


def _sampled_share(inputs, n, tolerance, rng, replicates=200_000):
    def replicate(rng, size):
        mean = rng.standard_normal(size) / math.sqrt(n)
        return (np.abs(mean) > tolerance * np.abs(inputs(rng, size))).astype(float)

    return estimate(replicate, rng, replicates=replicates)


def _normal_inputs(rng, size):
    return rng.standard_normal(size)


def _many_inputs_off(inputs, rng):
    """Passes when at n = 20 most inputs have a ratio further than 10 % from 1."""
    found = _sampled_share(inputs, 20, 0.1, rng)
    low, _ = found.interval()
    return Outcome(low > 0.5, f"n = 20: off by more than 10 % for {found.mean:.1%} of inputs")


def _cauchy_share(formula, rng):
    worst = 0.0
    for n, tolerance in ((5, 0.3), (20, 0.1), (250, 0.1), (250, 0.01)):
        found = _sampled_share(
            lambda rng, size: rng.standard_normal(size), n, tolerance, rng, 10**6
        )
        if not found.agrees(formula(n, tolerance)):
            return Outcome(False, f"n = {n}: {found}, formula {formula(n, tolerance):.4f}")
        worst = max(worst, found.deviation(formula(n, tolerance)))
    return Outcome(True, f"four settings agree, worst {worst:.2f} SE")


def _input_variance(coefficients, rng):
    """n Var(output | input z) of the normal law tends to c0 + c1 z^2 for large n."""
    c0, c1 = coefficients
    worst = 0.0
    for z in (0.0, 0.5, math.sqrt(2), 3.0):
        coarse, fine = (n * output_variance(n, z) for n in (1000, 2000))
        limit = 2 * fine - coarse  # the next term is of order 1/n
        worst = max(worst, abs(limit / (c0 + c1 * z * z) - 1))
    return Outcome(worst < 1e-4, f"largest relative error {worst:.1e} at z = 0, 0.5, 1.41, 3")


def _approximation_standing(rho, n):
    # the batch's mean is about normal with deviation sigma/sqrt(n)
    off = math.erfc(0.1 * abs(rho) * math.sqrt(n / 2))
    state = "holds" if off < 0.05 else "fails"
    return Standing(state, f"the ratio is off by more than 10 % in {off:.1%} of batches")


BATCHNORM_APPROXIMATION = Claim(
    id="vcl.batchnorm-approximation",
    source="Eq. 18-19",
    statement=r"$\frac{\rho(x)-\mu_s}{\rho(x)-\mu}\approx1$ since $\mu_s$ is the more reliable "
    r"statistic; since this applies to all inputs, stability reduces to $\sigma/\sigma_s\approx1$",
    verdict="amended",
    amendment=r"For one input with $|\rho-\mu|\gg\sigma/\sqrt n$. Over normal inputs the ratio's "
    r"error has a Cauchy law of scale $1/\sqrt n$ (no mean): it exceeds $\delta$ for a share "
    r"$\frac2\pi\arctan\frac1{\delta\sqrt n}$ of them. Stability reduces to $\sigma/\sigma_s$ "
    r"only for $|z|\gg2/\sqrt{\kappa-1}$: to leading order the output's variance over batches is "
    r"$\frac1n(1+\frac{\kappa-1}4z^2)$, the 1 from the mean, for a law without skewness.",
    counterexample=f"normal law, n = 20: {bad_share(20, 0.1):.1%} of the inputs have a ratio "
    f"further than 10 % from 1, at n = 250 still {bad_share(250, 0.1):.1%}",
    parameters=(INPUT, SIZE),
    at=_approximation_standing,
    derivation=(
        r"The ratio is $1-m/z$ with $z=(\rho-\mu)/\sigma$ and $m=(\mu_s-\mu)/\sigma$ of variance "
        r"$1/n$: close to 1 for $|z|\gg1/\sqrt n$, far from it near the mean.",
        r"The output is $(z-m)\sigma/\sigma_s$, to first order $z-m-\frac z2(\sigma_s^2/\sigma^2"
        r"-1)$, of variance $\frac1n+\frac{z^2}4\frac{\kappa-1}n$.",
    ),
    evidence=(
        Evidence(
            kind="simulation",
            shows="at n = 20 most normal inputs have a ratio further than 10 % from 1",
            check=_many_inputs_off,
            subject=_normal_inputs,
            mutant=lambda rng, size: np.full(size, 4.0),
            mutation="inputs four deviations from the mean, for which the sentence is true",
        ),
        Evidence(
            kind="simulation",
            shows="the share of such inputs follows the Cauchy law",
            check=_cauchy_share,
            subject=bad_share,
            mutant=lambda n, tolerance: 1.02 * bad_share(n, tolerance),
            mutation="2 % more",
            about="amendment",
        ),
        Evidence(
            kind="numeric",
            shows="normal law: the output's variance tends to (1 + z^2/2)/n, 1 from the mean",
            check=_input_variance,
            subject=(1.0, 0.5),
            mutant=(1.0, 0.51),
            mutation="coefficient of z^2 2 % larger",
            about="amendment",
        ),
    ),
)


def printed_batchnorm_bound(n, kappa, epsilon):
    """The right-hand side of Eq. 20."""
    return 1 - variance_constancy(n, kappa) / epsilon**2


def _event(spread, epsilon):
    """Exact P[1/sqrt(1+e) <= sigma/sigma_s <= 1/sqrt(1-e)] of an enumerated law of s^2."""
    u = np.array([float(v) for v in spread.values])
    w = np.array([float(p) for p in spread.probabilities])
    u = u / (w @ u)
    return (np.abs(u - 1)[:, None] <= epsilon * (1 + 1e-12)).T @ w


def _normal_event(n, epsilon):
    from scipy.special import gammainc

    half = (n - 1) / 2
    return gammainc(half, half * (1 + epsilon)) - gammainc(half, half * (1 - epsilon))


def _violations(bound, rng):
    slack, cases, empty = np.inf, 0, 0
    settings = [(n, law("two-point"), enumerate_two_point(n, 0.5)) for n in range(2, 12)]
    for _ in range(200):
        k, n = int(rng.integers(2, 4)), int(rng.integers(2, 8))
        weights = rng.dirichlet(np.ones(k)) + 1e-3
        atoms, weights = rng.normal(size=k), weights / weights.sum()
        settings.append((n, discrete(atoms, weights), enumerate_sample_variance(atoms, weights, n)))
    for n, each, spread in settings:
        values = bound(n, each.kurtosis, LEVELS)
        slack = min(slack, float((_event(spread, LEVELS) - values)[values > 0].min(initial=1)))
        cases, empty = cases + LEVELS.size, empty + int((values <= 0).sum())
    for n in range(2, 100):
        values = bound(n, 3.0, LEVELS)
        slack = min(slack, float((_normal_event(n, LEVELS) - values)[values > 0].min(initial=1)))
        cases, empty = cases + LEVELS.size, empty + int((values <= 0).sum())
    return Outcome(
        slack >= 0, f"{cases} cases, empty in {empty / cases:.0%}, else least slack {slack:.4f}"
    )


def _same_event(ends, rng):
    """1/sqrt(1+e) <= sigma/sigma_s <= 1/sqrt(1-e) is |sigma_s^2/sigma^2 - 1| <= e."""
    e, u = sp.symbols("e u", positive=True)
    low, high = ends(e)
    # sigma/sigma_s = u^(-1/2) falls with u, so the ends change places
    gaps = [
        sp.simplify(sp.solve(sp.Eq(1 / sp.sqrt(u), end), u)[0] - target)
        for end, target in ((low, 1 + e), (high, 1 - e))
    ]
    return Outcome(gaps == [0, 0], f"ends of the interval for s²/σ² differ from 1 ± e by {gaps}")


def _bound_standing(n, epsilon, law):
    bound = float(printed_batchnorm_bound(n, _kurtosis(law), epsilon))
    empty = ": empty" if bound <= 0 else ""
    return Standing("holds", f"probability at least {bound:.3g}{empty}")


def _kurtosis(name):
    return law(name).kurtosis


BATCHNORM_BOUND = Claim(
    id="vcl.batchnorm-bound",
    source="Eq. 20",
    statement=r"For $1>\varepsilon>0$: $P\big[\frac1{\sqrt{1+\varepsilon}}\leq\frac\sigma{\sigma_s}"
    r"\leq\frac1{\sqrt{1-\varepsilon}}\big]\geq1-\frac1{\varepsilon^2}\big(\frac\kappa n-"
    r"\frac{n-3}{n(n-1)}\big)$",
    verdict="holds",
    parameters=(SIZE, EPSILON, LAW),
    at=_bound_standing,
    derivation=(
        r"The event is $|\sigma_s^2/\sigma^2-1|\leq\varepsilon$; Chebyshev's inequality with the "
        r"variance of Eq. 1 bounds its complement.",
    ),
    remark="Empty unless kappa < n e^2 + (n-3)/(n-1): always at n = 2, for the normal law unless "
    "n > 1 + 2/e^2.",
    evidence=(
        Evidence(
            kind="proof",
            shows="the event is Chebyshev's event",
            check=_same_event,
            subject=lambda e: (1 / sp.sqrt(1 + e), 1 / sp.sqrt(1 - e)),
            mutant=lambda e: (1 / (1 + e), 1 / (1 - e)),
            mutation="without the square roots",
        ),
        Evidence(
            kind="numeric",
            shows="no violation over enumerated laws and the normal law",
            check=_violations,
            subject=printed_batchnorm_bound,
            mutant=lambda n, kappa, eps: 1 - variance_constancy(n, kappa) / eps,
            mutation="epsilon instead of its square",
        ),
    ),
)
