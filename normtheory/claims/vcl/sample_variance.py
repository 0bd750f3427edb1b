"""Littwin & Wolf, Sec. 2: the variance of the sample variance."""

from fractions import Fraction

import numpy as np
import sympy as sp

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.claim import Parameter
from normtheory.theory.laws import LAWS, law
from normtheory.theory.montecarlo import THRESHOLD
from normtheory.theory.sample_variance import (
    enumerate_sample_variance,
    enumerate_two_point,
    simulate_variance_of_variance,
    variance_of_sample_variance,
)
from normtheory.theory.sample_variance_proofs import (
    derive_variance_of_variance,
    variance_by_projection,
    variance_of_variance_expression,
)

SIZE = Parameter(
    name="n",
    symbol="n",
    meaning="sample size",
    default=10,
    domain=(2, np.inf),
    closed=True,
    typical=(2, 50),
    integer=True,
)
LAW = Parameter(
    name="law",
    symbol=r"p_\rho",
    meaning="law of one activation",
    default="normal",
    choices=tuple(LAWS),
)
SIGMA = Parameter(
    name="sigma",
    symbol=r"\sigma",
    meaning="standard deviation of the activation",
    default=1.0,
    domain=(0, np.inf),
    typical=(0.1, 10),
    log=True,
)


def _formula(n, m4, sigma2):
    # the document's expression written for Fractions as well as floats
    return m4 / n - sigma2**2 * (n - 3) / (n * (n - 1))


def _is_derived(claimed, rng):
    centred, raw = derive_variance_of_variance()
    gap = sp.factor(sp.together(centred - claimed))
    projected = sp.factor(sp.together(variance_by_projection() - claimed))
    # a law that is not centred: substitute central moments by raw ones, nothing else may change
    mu, mu2, mu3, mu4 = sp.symbols("mu mu_2 mu_3 mu_4")
    m4, sigma = sp.symbols("m_4 sigma", positive=True)
    moved = claimed.subs(m4, mu4 - 4 * mu * mu3 + 6 * mu**2 * mu2 - 3 * mu**4)
    shifted = sp.factor(sp.expand(raw - moved.subs(sigma, sp.sqrt(mu2 - mu**2))))
    return Outcome(
        gap == projected == shifted == 0,
        f"15 index coincidences leave {gap}, Hoeffding's projection {projected}, "
        f"a law with any mean {shifted}",
    )


def _simulated(formula, rng):
    worst, where = 0.0, ""
    for name in LAWS:
        each = law(name, 1.3)
        for n in (2, 6):
            claimed = formula(n, each.moment(4), each.variance)
            pilot = simulate_variance_of_variance(each, n, rng, replicates=50_000)
            relative = pilot.standard_error * np.sqrt(pilot.replicates) / pilot.mean
            # an error of 2 % then lies five standard errors beyond the threshold
            replicates = max(int((relative * (THRESHOLD + 5) / 0.02) ** 2), 10_000)
            found = simulate_variance_of_variance(each, n, rng, replicates=replicates)
            if not found.agrees(claimed):
                return Outcome(False, f"{name}, n = {n}: {found}, claimed {claimed:.6g}")
            if found.deviation(claimed) >= worst:
                worst, where = found.deviation(claimed), f"{name}, n = {n}"
    return Outcome(True, f"5 laws x n = 2, 6 agree; worst {worst:.2f} SE ({where})")


def _enumerated(formula, rng):
    cases = 0
    for n in range(2, 13):
        for weight in (Fraction(1, 2), Fraction(1, 10), Fraction(2, 3)):
            variance = weight * (1 - weight)
            m4 = variance * (1 - 3 * variance)
            exact = enumerate_two_point(n, weight).mean(lambda v, s=variance: (v - s) ** 2)
            if exact != formula(n, m4, variance):
                return Outcome(False, f"n = {n}, weight {weight}: {exact} by enumeration")
            cases += 1
    atoms, weights = (0, 1, 5), (Fraction(1, 2), Fraction(1, 3), Fraction(1, 6))
    mean = sum(a * w for a, w in zip(atoms, weights, strict=True))
    m2, m4 = (sum((a - mean) ** k * w for a, w in zip(atoms, weights, strict=True)) for k in (2, 4))
    for n in range(2, 8):
        spread = enumerate_sample_variance(atoms, weights, n)
        if spread.mean(lambda v: (v - m2) ** 2) != formula(n, m4, m2):
            return Outcome(False, f"n = {n}, three atoms: enumeration disagrees")
        cases += 1
    return Outcome(True, f"{cases} discrete cases equal as fractions, n = 2 to 12")


def _variance_standing(n, law, sigma):
    return Standing("holds", f"Var(s²) = {_value(n, law, sigma):.4g} at n = {n}, {law}")


def _value(n, name, sigma):
    each = law(name, sigma)
    return variance_of_sample_variance(n, each.moment(4), each.variance)


VARIANCE_OF_VARIANCE = Claim(
    id="vcl.variance-of-variance",
    source="Eq. 1",
    statement=r"$\mathbb{E}[(\sigma^2-\sigma_s^2)^2] = "
    + sp.latex(variance_of_variance_expression())
    + r"$ for the unbiased sample variance $\sigma_s^2$ of $n$ independent draws",
    verdict="holds",
    parameters=(SIZE, LAW, SIGMA),
    at=_variance_standing,
    derivation=(
        r"Write $s^2=\sum_{ij}a_{ij}x_ix_j$ with $a_{ii}=1/n$ and $a_{ij}=-1/(n(n-1))$ for "
        r"$i\neq j$.",
        r"$\mathbb{E}[s^4]$ is a sum over quadruples of indices; only which of them coincide "
        r"matters: 15 set partitions, one into $r$ blocks occurring $n(n-1)\cdots(n-r+1)$ times.",
        r"With $\mathbb{E}x=0$ only $\{ijkl\}$ and the three pairings survive; subtracting "
        r"$\sigma^4$ leaves the claim. The same sum with raw moments shows that the mean is "
        r"irrelevant.",
        r"Second route: Hoeffding's projection of the kernel $(x-y)^2/2$ has "
        r"$\zeta_1=(m_4-\sigma^4)/4$ and $\zeta_2=(m_4+\sigma^4)/2$.",
    ),
    remark="For every n >= 2 and every law with a finite fourth moment.",
    evidence=(
        Evidence(
            kind="proof",
            shows="two independent derivations for symbolic n reduce to the expression",
            check=_is_derived,
            subject=variance_of_variance_expression(),
            mutant=variance_of_variance_expression().subs(
                sp.Symbol("sigma", positive=True), sp.Symbol("sigma", positive=True) * 2
            ),
            mutation="the standard deviation doubled",
        ),
        Evidence(
            kind="simulation",
            shows="Monte Carlo agrees for normal, Laplace, uniform, two-point and mixture laws",
            check=_simulated,
            subject=_formula,
            mutant=lambda n, m4, sigma2: 1.02 * _formula(n, m4, sigma2),
            mutation="the formula off by 2 %",
        ),
        Evidence(
            kind="simulation",
            shows="exact enumeration of two- and three-point laws in rational arithmetic agrees",
            check=_enumerated,
            subject=_formula,
            mutant=lambda n, m4, sigma2: m4 / n - sigma2**2 * (n - 2) / (n * (n - 1)),
            mutation="n - 3 replaced by n - 2",
        ),
    ),
)
