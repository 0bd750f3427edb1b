"""Littwin & Wolf, Sec. 2: the variance of the sample variance."""

from fractions import Fraction

import numpy as np

from normtheory.claims import Claim, Later, Parameter, sp
from normtheory.theory.laws import LAWS
from normtheory.theory.laws import law as make_law
from normtheory.theory.sample_variance import (
    enumerate_sample_variance,
    enumerate_two_point,
    variance_of_sample_variance,
)
from normtheory.theory.sample_variance_proofs import (
    derive_variance_of_variance,
    variance_by_projection,
)

SIZE = Parameter.count("n", "n", "sample size", 10, (2, 50), (2, np.inf))
LAW = Parameter("law", r"p_\rho", "distribution of one activation", "normal", choices=tuple(LAWS))
SIGMA = Parameter.positive(
    "sigma", r"\sigma", "standard deviation of the activation", 1.0, (0.1, 10)
)

variance_of_variance = Claim(
    id="vcl.variance-of-variance",
    source="Eq. 1",
    says=r"$\mathbb{E}[(\sigma^2-\sigma_s^2)^2]=\frac{m_4}{n}-\frac{\sigma^4(n-3)}{n(n-1)}$ "
    r"for the unbiased sample variance $\sigma_s^2$ of $n$ independent draws",
    verdict="holds",
    parameters=(SIZE, LAW, SIGMA),
)


def _formula(n, m4, sigma2):
    # the document's expression, for numbers, fractions and symbols
    return m4 / n - sigma2**2 * (n - 3) / (n * (n - 1))


@variance_of_variance.shown("proof")
def for_every_size(value=_formula):
    r"""$\mathbb E[(\sigma^2-\sigma_s^2)^2]=\frac{m_4}n-\frac{\sigma^4(n-3)}{n(n-1)}$ for every
    $n\geq2$ and every distribution with a finite fourth moment, whatever its mean."""
    n, m4, sigma = sp.symbols("n m_4 sigma", positive=True)
    claimed = value(n, m4, sigma**2)
    centred, raw = derive_variance_of_variance()
    symbols = {each.name: each for each in centred.free_symbols}
    own = {n: symbols["n"], m4: symbols["m_4"], sigma: symbols["sigma"]}
    gap = sp.factor(sp.together(centred - claimed.subs(own)))
    # with another mean: central moments in raw ones, nothing else may change
    mu, mu2, mu3, mu4 = sp.symbols("mu mu_2 mu_3 mu_4")
    moved = claimed.subs(own).subs(symbols["m_4"], mu4 - 4 * mu * mu3 + 6 * mu**2 * mu2 - 3 * mu**4)
    moved = moved.subs(symbols["sigma"], sp.sqrt(mu2 - mu**2))
    shifted = sp.factor(sp.expand(raw - moved))
    return gap == shifted == 0, f"15 coincidences of indices leave {gap}, with a mean {shifted}"


def _counted(atoms, weights, n):
    """E (s² - σ²)² draw by draw, m4 and σ², in fractions."""
    from itertools import product

    mean = sum(a * w for a, w in zip(atoms, weights, strict=True))
    m2, m4 = (sum((a - mean) ** k * w for a, w in zip(atoms, weights, strict=True)) for k in (2, 4))
    total = Fraction(0)
    for draw in product(range(len(atoms)), repeat=n):
        chance = Fraction(1)
        for k in draw:
            chance *= weights[k]
        values = [atoms[k] for k in draw]
        s = (sum(v * v for v in values) - Fraction(sum(values) ** 2, n)) / (n - 1)
        total += chance * (s - m2) ** 2
    return total, m4, m2


def _cases():
    weights = Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)
    found = [(n, *_counted((0, 1, 5), weights, n)) for n in (2, 3, 5)]
    for q in (Fraction(1, 2), Fraction(1, 10)):
        found += [(n, *_counted((0, 1), (1 - q, q), n)) for n in (2, 3, 4, 7)]
    return found


@variance_of_variance.shown("simulation")
def all_draws(value=_formula, code=variance_of_sample_variance, *, cases=Later(_cases)):
    r"""All draws from distributions on two and three points, counted in fractions, give it
    exactly."""
    exact = all(value(n, m4, m2) == total for n, total, m4, m2 in cases)
    near = [float(code(n, float(m4), float(m2)) / float(total)) for n, total, m4, m2 in cases]
    return exact and np.allclose(near, 1, rtol=1e-12), f"{len(cases)} cases, n = 2 to 7"


@variance_of_variance.range("simulation")
def patterns(
    two=lambda n, q: enumerate_two_point(n, q).mean(lambda v: (v - q * (1 - q)) ** 2),
    three=lambda n, atoms, weights, variance: enumerate_sample_variance(atoms, weights, n).mean(
        lambda v: (v - variance) ** 2
    ),
):
    r"""The patterns of a sample, counted with their multiplicities, give the same."""
    weights, right = (Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)), True
    tenth = Fraction(1, 10)
    for n in (2, 3, 5):
        total, _, m2 = _counted((0, 1, 5), weights, n)
        right &= three(n, (0, 1, 5), weights, m2) == total
        right &= two(n, tenth) == _counted((0, 1), (1 - tenth, tenth), n)[0]
    return right, "n = 2, 3, 5 in fractions"


@variance_of_variance.derivation("proof")
def the_weights(diagonal=lambda n: 1 / n, other=lambda n: -1 / (n * (n - 1))):
    r"""Write $s^2=\sum_{ij}a_{ij}x_ix_j$ with $a_{ii}=1/n$ and $a_{ij}=-1/(n(n-1))$ for
    $i\neq j$."""
    right = True
    for n in (2, 3, 5):
        x = sp.symbols(f"x1:{n + 1}")
        mean = sum(x) / sp.Integer(n)
        s = sp.Poly(sp.expand(sum((each - mean) ** 2 for each in x) / (n - 1)), *x)
        size = sp.Integer(n)
        right &= s.coeff_monomial(x[0] ** 2) == diagonal(size)
        right &= s.coeff_monomial(x[0] * x[1]) == 2 * other(size)
    return right, "n = 2, 3, 5 multiplied out"


@variance_of_variance.derivation("simulation")
def set_partitions(count=15, survive=(1, 3)):
    r"""$\mathbb{E}[s^4]$ is a sum over quadruples of indices; only which of them coincide matters:
    {count:d} set partitions, one into $r$ blocks occurring $n(n-1)\cdots(n-r+1)$ times. With
    $\mathbb{E}x=0$ only {survive[0]:d} with a single block and the {survive[1]:d} pairings
    survive."""
    from itertools import product

    # restricted growth strings
    def begins_anew(s):
        return all(each <= max(s[:k], default=-1) + 1 for k, each in enumerate(s))

    found = list(filter(begins_anew, product(range(4), repeat=4)))
    sizes = [sorted(s.count(each) for each in set(s)) for s in found]
    kept = sizes.count([4]), sizes.count([2, 2])
    return len(found) == count and kept == tuple(survive), f"{len(found)} listed"


@variance_of_variance.derivation("proof")
def hoeffding(
    first=lambda m4, s: (m4 - s**4) / 4, second=lambda m4, s: (m4 + s**4) / 2, value=_formula
):
    r"""Second route: Hoeffding's projection of the kernel $(x-y)^2/2$ has
    $\zeta_1=(m_4-\sigma^4)/4$ and $\zeta_2=(m_4+\sigma^4)/2$."""
    n, m4, s, x, y = sp.symbols("n m_4 sigma x y", positive=True)
    moments = {0: 1, 1: 0, 2: s**2, 4: m4}

    def expect(polynomial, *over):
        terms = sp.Poly(sp.expand(polynomial), *over).terms()
        # third moments meet a mean of zero
        return sum(c * sp.prod([moments.get(k, 0) for k in powers]) for powers, c in terms)

    kernel = (x - y) ** 2 / 2
    given = expect(kernel, y)
    zeta = expect(given**2, x) - s**4, expect(kernel**2, x, y) - s**4
    gaps = sp.expand(zeta[0] - first(m4, s)), sp.expand(zeta[1] - second(m4, s))
    total = (4 * (n - 2) * zeta[0] + 2 * zeta[1]) / (n * (n - 1))
    own = {each.name: each for each in variance_by_projection().free_symbols}
    rest = sp.simplify(total - value(n, m4, s**2))
    code = variance_by_projection().subs({own["n"]: n, own["m_4"]: m4, own["sigma"]: s})
    return gaps == (0, 0) and rest == sp.simplify(code - total) == 0, f"rest {gaps}, {rest}"


@variance_of_variance.badge(
    holds="Eq. 1: Var(s²) = {value:.4g} at n = {n:d}, {law:s} distribution, σ = {sigma:.3g}"
)
def value_at(n, law, sigma):
    each = make_law(law, sigma)
    return True, {"value": float(variance_of_sample_variance(n, each.moment(4), each.variance))}
