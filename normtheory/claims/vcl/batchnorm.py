"""Littwin & Wolf, Eq. 18-20: what batchnorm needs of a batch's mean and variance."""

import itertools
import math
from fractions import Fraction

import numpy as np
from scipy import integrate

from normtheory.claims import Claim, Parameter, sp
from normtheory.claims.vcl.batchnorm_noise import inverse_moments, two_point_output
from normtheory.claims.vcl.patterns import FEW_POINTS, LEVELS, patterns, spread
from normtheory.claims.vcl.ratio import EPSILON
from normtheory.claims.vcl.sample_variance import LAW, SIZE
from normtheory.theory.batchnorm_noise import output_variance
from normtheory.theory.laws import law as make_law
from normtheory.theory.sample_variance import variance_constancy

INPUT = Parameter(
    "rho",
    r"(\rho-\mu)/\sigma",
    "the input's activation, in standard deviations from the mean",
    1.0,
    typical=(-4, 4),
)


def bad_share(n, tolerance):
    """P[|(rho - mu_s)/(rho - mu) - 1| > tolerance] over normal inputs and normal batches.

    The ratio's error is the quotient of two centred normal variables: Cauchy, scale 1/sqrt(n).
    """
    return 2 / math.pi * math.atan(1 / (tolerance * math.sqrt(n)))


def _off(z, n, tolerance):
    """P[|m / z| > tolerance] for m ~ N(0, 1/n), by quadrature."""
    end = tolerance * abs(z) * math.sqrt(n)
    x = np.linspace(-end, end, 20_001)
    return 1 - integrate.simpson(np.exp(-(x**2) / 2), x=x) / math.sqrt(2 * math.pi)


def _bad_share(n, tolerance):
    """`_off` averaged over normal inputs: in the plane, the angle beyond a slope."""

    def bad(z):
        return math.exp(-(z**2) / 2) * math.erfc(tolerance * z * math.sqrt(n / 2))

    ends = (0, 1 / (tolerance * math.sqrt(n)), 40)
    total = sum(integrate.quad(bad, *pair)[0] for pair in itertools.pairwise(sorted(ends)))
    return total * math.sqrt(2 / math.pi)


batchnorm_approximation = Claim(
    id="vcl.batchnorm-approximation",
    source="Eq. 18-19",
    says=r"$\frac{\rho(x)-\mu_s}{\rho(x)-\mu}\approx1$ since $\mu_s$ is the more reliable "
    r"statistic; since this applies to all inputs, stability reduces to $\sigma/\sigma_s\approx1$",
    verdict="amended",
    breaks={"n": 20, "rho": 1.0},
    parameters=(INPUT, SIZE),
)


@batchnorm_approximation.counterexample("numeric")
def many_inputs(few=bad_share(20, 0.1), many=bad_share(250, 0.1)):
    r"""Normal distribution, $n=20$: {few:.1%} of the inputs have a ratio further than a tenth from
    1, at $n=250$ still {many:.1%}."""
    exact = _bad_share(20, 0.1), _bad_share(250, 0.1)
    return np.allclose((few, many), exact, rtol=1e-6), "averaged over inputs by quadrature"


@batchnorm_approximation.amendment("numeric")
def one_input(off=lambda z, n, tolerance: math.erfc(tolerance * abs(z) * math.sqrt(n / 2))):
    r"""It holds for one input far from the mean: at $z=(\rho-\mu)/\sigma$ and normal draws the
    ratio is off by more than $\delta$ in a share
    $\mathrm{erfc}(\delta|z|\sqrt{n/2})$ of the batches."""
    settings = ((1.0, 20, 0.1), (-2.0, 10, 0.3), (3.0, 100, 0.05), (0.1, 5, 0.1))
    right = all(abs(off(*each) / _off(*each) - 1) < 1e-8 for each in settings)
    return right, f"{len(settings)} settings by quadrature"


@batchnorm_approximation.amendment("numeric")
def all_inputs(share=bad_share):
    r"""Over normal inputs the ratio's error has a Cauchy distribution of scale $1/\sqrt n$ (no
    mean): it exceeds $\delta$ for a share $\frac2\pi\arctan\frac1{\delta\sqrt n}$ of them."""
    settings = ((5, 0.3), (20, 0.1), (250, 0.1), (250, 0.01), (20, 3.0))
    right = all(abs(share(*each) / _bad_share(*each) - 1) < 1e-6 for each in settings)
    return right, f"{len(settings)} settings by quadrature"


@batchnorm_approximation.amendment(
    "numeric", rejects={"no skewness": lambda z, g, kappa: 1 + (kappa - 1) / 4 * z**2}
)
def any_distribution(
    limit=lambda z, g, kappa: 1 + g * z + (kappa - 1) / 4 * z**2,
    even=lambda kappa: 2 / math.sqrt(kappa - 1),
    *,
    least=2,
):
    r"""For an input that is not in the batch, and a finite $\kappa$, $n$ times the variance of its
    output over the batches of $\sigma_s>\sigma/{least:d}$ tends to
    $1+\gamma z+\frac{\kappa-1}4z^2$, with the skewness $\gamma$: the 1 comes from the mean, the
    last term from the variance. Without skewness the last is more only for
    $|z|>2/\sqrt{\kappa-1}$, and only far beyond that stability reduces to $\sigma/\sigma_s$. All
    batches are such in the end; but over all of them the variance is infinite at every $n$ where
    a batch can be without spread."""
    right = all(w**9 + (1 - w) ** 9 > 0 for w in (0.5, 0.3, 0.1))  # nine draws of one value
    for weight, z in itertools.product((0.5, 0.3, 0.1), (-3.0, 0.0, 0.7, 2.0)):
        coarse, fine = (two_point_output(n, weight, z, least) for n in (20_000, 40_000))
        alpha = weight * (1 - weight)
        found = limit(z, (1 - 2 * weight) / math.sqrt(alpha), 1 / alpha - 3)
        right &= abs(2 * fine - coarse - found) < 1e-3 * (1 + z * z)
    for kappa in (1.8, 3.0, 9.0):
        right &= abs(limit(even(kappa), 0, kappa) - 2) < 1e-9
    return right, "two points of three weights at four inputs"


@batchnorm_approximation.derivation("numeric", rejects={"no zero": 0.05})
def pearsons_inequality(
    zero=0.0, place=lambda g, kappa: -2 * g / (kappa - 1), balanced=1.0, *, least=2
):
    r"""For $\kappa>1$ its least value, at $z=-2\gamma/(\kappa-1)$, is
    $1-\gamma^2/(\kappa-1)\geq0$, which is Pearson's inequality; two points of unequal weights
    attain {zero:g}. At $\kappa=1$, two points of equal weights, it is {balanced:g} at every $z$."""
    right, found = True, []
    for weight in (0.3, 0.1, 0.02):
        alpha = weight * (1 - weight)
        z = place((1 - 2 * weight) / math.sqrt(alpha), 1 / alpha - 3)
        found.append(two_point_output(100_000, weight, z, least))
        beside = [two_point_output(100_000, weight, (1 + s) * z, least) for s in (-0.01, 0.01)]
        right &= abs(found[-1] - zero) < 2e-3 and min(beside) > found[-1]
    even = [two_point_output(100_000, 0.5, z, least) for z in (-3.0, 0.0, 1.0, 3.0)]
    return right and np.allclose(even, balanced, rtol=2e-3), "four weights at 100,000 draws"


@batchnorm_approximation.derivation("numeric")
def normal_draws(variance=output_variance):
    r"""For normal draws mean and variance of a batch are independent, and the output's variance
    is $(z^2+\frac1n)\mathbb E[q^2]-z^2\mathbb E[q]^2$ with $q=\sigma/\sigma_s$."""
    right = True
    for n, z in itertools.product((4, 8, 20, 300), (0.0, 0.5, 3.0)):
        first, second = inverse_moments(n)
        right &= abs(variance(n, z) / ((z * z + 1 / n) * second - z * z * first**2) - 1) < 1e-8
    return right, "moments of q by quadrature, 12 settings"


@batchnorm_approximation.derivation("proof")
def to_first_order(ratio=lambda z, m: 1 - m / z, terms=(-1, -0.5)):
    r"""The ratio is $1-m/z$ with $m=(\mu_s-\mu)/\sigma$. The output $(z-m)\sigma/\sigma_s$ is
    $z-m-\frac z2(\sigma_s^2/\sigma^2-1)$ to first order."""
    z, m, u = sp.symbols("z m u", positive=True)
    output = (z - m) / sp.sqrt(u)
    slopes = [sp.diff(output, x).subs({m: 0, u: 1}) for x in (m, u)]
    same = sp.simplify((z - m) / z - ratio(z, m)) == 0
    return same and slopes == [terms[0], sp.nsimplify(terms[1]) * z], f"slopes {slopes}"


@batchnorm_approximation.badge(
    holds="Eq. 18's ratio is about 1: off by more than 10 % in only {off:.1%} of batches of normal "
    "draws",
    fails="Eq. 18's ratio is about 1: not here, off by more than 10 % in {off:.1%} of batches of "
    "normal draws",
)
def approximation_at(rho, n):
    off = math.erfc(0.1 * abs(rho) * math.sqrt(n / 2))
    return off < 0.05, {"off": off}


def printed_batchnorm_bound(n, kappa, epsilon):
    """The right-hand side of Eq. 20."""
    return 1 - variance_constancy(n, kappa) / epsilon**2


batchnorm_bound = Claim(
    id="vcl.batchnorm-bound",
    source="Eq. 20",
    says=r"For $1>\varepsilon>0$: $P\big[\frac1{\sqrt{1+\varepsilon}}\leq\frac\sigma{\sigma_s}"
    r"\leq\frac1{\sqrt{1-\varepsilon}}\big]\geq1-\frac1{\varepsilon^2}\big(\frac\kappa n-"
    r"\frac{n-3}{n(n-1)}\big)$",
    verdict="holds",
    parameters=(SIZE, EPSILON, LAW),
)


@batchnorm_bound.shown("proof")
def chebyshevs_event(
    low=lambda e: (1 + e) ** Fraction(-1, 2), high=lambda e: (1 - e) ** Fraction(-1, 2)
):
    r"""The event $\frac1{\sqrt{1+\varepsilon}}\leq\frac\sigma{\sigma_s}\leq
    \frac1{\sqrt{1-\varepsilon}}$ is $|\sigma_s^2/\sigma^2-1|\leq\varepsilon$, the one whose
    complement Chebyshev's inequality bounds."""
    e, u = sp.symbols("e u", positive=True)
    # σ/σ_s = u^(-1/2) falls with u, so the ends change places
    ends = [sp.solve(sp.Eq(1 / sp.sqrt(u), end), u)[0] for end in (low(e), high(e))]
    gaps = [sp.simplify(end - to) for end, to in zip(ends, (1 + e, 1 - e), strict=True)]
    return gaps == [0, 0], f"ends for s²/σ² differ from 1 ± ε by {gaps}"


@batchnorm_bound.shown(
    "numeric", rejects={"epsilon for its square": lambda n, kappa, e: 1 - spread(n, kappa) / e}
)
def no_violation(bound=printed_batchnorm_bound):
    r"""Its probability is nowhere below $1-\frac1{\varepsilon^2}\big(\frac\kappa n-
    \frac{n-3}{n(n-1)}\big)$."""
    from scipy.special import gammainc

    right, cases = True, 0
    for (atoms, weights), n in itertools.product(FEW_POINTS, (2, 3, 5, 7)):
        x = np.array(atoms) - np.dot(weights, atoms)
        variance = np.dot(weights, x**2)
        values, chance = patterns(atoms, weights, n)
        inside = (abs(values / variance - 1)[:, None] <= LEVELS * (1 + 1e-9)).T @ chance
        kappa = np.dot(weights, x**4) / variance**2
        right &= bool((bound(n, kappa, LEVELS) <= inside + 1e-9).all())
        right &= np.allclose(bound(n, kappa, LEVELS), 1 - spread(n, kappa) / LEVELS**2)
        cases += LEVELS.size
    for n in (2, 5, 20, 100, 1000, 10**5):
        half = (n - 1) / 2
        inside = gammainc(half, half * (1 + LEVELS)) - gammainc(half, half * (1 - LEVELS))
        right &= bool((bound(n, 3.0, LEVELS) <= inside + 1e-9).all())
        cases += LEVELS.size
    return right, f"{cases} exact probabilities, five discrete distributions and the normal one"


@batchnorm_bound.range("proof")
def where_it_says_something(
    most=lambda n, e: n * e**2 + (n - 3) / (n - 1),
    normal=lambda e: 1 + 2 / e**2,
    two=lambda e: 2 * e**2 - 1,
):
    r"""It is above 0 only for $\kappa<n\varepsilon^2+\frac{n-3}{n-1}$: for the normal distribution
    only for $n>1+2/\varepsilon^2$, and at $n=2$ never, since $2\varepsilon^2-1<1\leq\kappa$."""
    n, k, e = sp.symbols("n kappa e", positive=True)
    bound = 1 - (k / n - (n - 3) / (n * (n - 1))) / e**2
    ends = sp.solve(bound, k)[0], sp.solve(sp.numer(sp.together(bound.subs(k, 3))), n)[0]
    gaps = ends[0] - most(n, e), ends[1] - normal(e), ends[0].subs(n, 2) - two(e)
    gaps = [sp.simplify(gap) for gap in gaps]
    return gaps == [0, 0, 0], f"the ends minus these: {gaps}"


batchnorm_bound.rests_on(
    "vcl.variance-of-variance", "Chebyshev's inequality with the variance of Eq. 1."
)


@batchnorm_bound.badge(
    holds="Eq. 20: σ/σ_s is within its interval with probability at least {left:.3g}",
    silent="Eq. 20: probability at least {left:.3g}, which every event has",
)
def bound_at(n, epsilon, law):
    left = float(printed_batchnorm_bound(n, make_law(law).kurtosis, epsilon))
    return "holds" if left > 0 else "silent", {"left": left}
