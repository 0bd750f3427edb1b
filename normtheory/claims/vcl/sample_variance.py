"""Littwin & Wolf, Sec. 2: the variance of the sample variance, and the law that minimises it."""

from fractions import Fraction

import numpy as np
import sympy as sp

from normtheory.claims.claim import Claim, Evidence, Outcome, Parameter, Standing
from normtheory.theory.law_search import kurtosis_functional, minimize_over_laws
from normtheory.theory.laws import LAWS, law
from normtheory.theory.montecarlo import THRESHOLD
from normtheory.theory.precision import TOLERANCE, relative_error
from normtheory.theory.sample_variance import (
    derive_variance_of_variance,
    enumerate_sample_variance,
    enumerate_two_point,
    simulate_variance_of_variance,
    variance_by_projection,
    variance_constancy,
    variance_of_sample_variance,
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


def _balanced():
    return np.array([-1.0, 1.0]), np.array([0.5, 0.5])


def _unbalanced():
    return np.array([-1.0, 1.0]), np.array([0.49, 0.51])


def _slack_is_square(weight, rng):
    q, x, y, s, m4 = sp.symbols("q x y s m_4", positive=True)
    # for any law: m4 - sigma^4 = E[(y - sigma^2)^2] >= 0 for the slack y = (rho - mu)^2
    mean = {0: 1, 1: s, 2: m4}
    terms = sp.Poly((y - s) ** 2, y).terms()
    slack = sp.expand(sum(c * mean[power] for (power,), c in terms) - (m4 - s**2))
    # zero only when |rho - mu| is constant: two atoms, whose kurtosis is 1 for one weight only
    atoms = ((1 - q), -q)
    m2 = sp.factor(q * atoms[0] ** 2 + (1 - q) * atoms[1] ** 2)
    excess = sp.factor((q * atoms[0] ** 4 + (1 - q) * atoms[1] ** 4) / m2**2 - 1)
    roots = sp.solve(sp.numer(excess), q)
    # first-order condition: the influence function of the minimiser is (x^2 - 1)^2
    influence = sp.factor(x**4 - 1 - 2 * (x**2 - 1) - (x**2 - 1) ** 2)
    return Outcome(
        slack == 0 and influence == 0 and roots == [weight],
        f"kappa - 1 = {excess} for weights (q, 1 - q): zero only at q = {roots}, "
        f"slack identity {slack}",
    )


def _optimised(candidate, rng):
    atoms, weights = candidate
    grid = np.linspace(-6, 6, 2001)
    kappa, influence, _ = kurtosis_functional(atoms, weights, grid)
    found = [
        each
        for k in (2, 3, 5, 7)
        for each in minimize_over_laws(kurtosis_functional, k, rng, starts=8, spread=2.0)
    ]
    lowest, highest = found[0].value, found[0].value
    shapes = set()
    for each in found:
        lowest, highest = min(lowest, each.value), max(highest, each.value)
        merged = each.merged(1e-2)
        shapes.add((len(merged.atoms), round(float(merged.weights[0]), 3)))
    at_atoms = kurtosis_functional(atoms, weights, atoms)[1]
    stationary = influence.min() > -TOLERANCE["float64"] and np.allclose(at_atoms, 0, atol=1e-12)
    agrees = relative_error([lowest, highest], [kappa, kappa]) < 1e-6
    return Outcome(
        bool(stationary and agrees and shapes == {(2, 0.5)}),
        f"{len(found)} starts with 2 to 7 free atoms end in kappa [{lowest:.6f}, {highest:.6f}], "
        f"(atoms, weight) {sorted(shapes)}; candidate {kappa:.6f}, least influence "
        f"{influence.min():.4f}",
    )


def _best_by_enumeration(weight, rng):
    """For every n, the weight of a two-point law that minimises the exact E(1 - s^2/sigma^2)^2."""
    best = []
    grid = [Fraction(j, 100) for j in range(40, 61)]
    for n in (2, 3, 4, 5, 8):
        losses = [
            enumerate_two_point(n, q).mean(lambda v, s=q * (1 - q): (1 - v / s) ** 2) for q in grid
        ]
        best.append(grid[losses.index(min(losses))])
    return Outcome(set(best) == {weight}, f"best weight {sorted(set(map(str, best)))} at each n")


def _minimizer_standing(law, n):
    value = variance_constancy(n, _kurtosis(law))
    least = variance_constancy(n, 1.0)
    return Standing("holds", f"{law}: L = {value:.4g}, balanced two-point: {least:.4g}, n = {n}")


def _kurtosis(name):
    return law(name).kurtosis


TWO_POINT_MINIMIZER = Claim(
    id="vcl.two-point-minimizer",
    source="Theorem 1, Eq. 2-5",
    statement=r"Any law that minimises $\mathbb{E}[(\sigma^2-\sigma_s^2)^2]$ at fixed variance "
    r"is that of $aZ+b$, $Z\sim\mathrm{Bernoulli}(1/2)$, $a\neq0$",
    verdict="holds",
    parameters=(LAW, SIZE),
    at=_minimizer_standing,
    derivation=(
        r"At fixed $\sigma^2$ the objective is an increasing affine function of $m_4$ (Eq. 1), "
        r"for every $n\geq2$.",
        r"$m_4-\sigma^4=\mathbb{E}[(y-\sigma^2)^2]$ with $y=(\rho-\mu)^2$: zero exactly when "
        r"$|\rho-\mu|=\sigma$ almost surely.",
        r"Then $\rho$ has the two atoms $\mu\pm\sigma$, and the mean forces equal weights.",
        r"First-order condition: moving mass to $x$ changes $\kappa$ at the rate "
        r"$(z^2-1)^2\geq0$, $z=(x-\mu)/\sigma$, zero only on the atoms.",
    ),
    remark="For Eq. 2 and every n >= 2. The loss that is trained (Eq. 17: two batches, beta > 0) "
    "has other minimisers; see vcl.beta-grows-variance.",
    evidence=(
        Evidence(
            kind="proof",
            shows="m4 - sigma^4 is a square that vanishes for one weight of two atoms only",
            check=_slack_is_square,
            subject=sp.Rational(1, 2),
            mutant=sp.Rational(51, 100),
            mutation="Bernoulli(0.51)",
        ),
        Evidence(
            kind="numeric",
            shows="laws with up to 7 free atoms and weights all end there; first-order condition",
            check=_optimised,
            subject=_balanced(),
            mutant=_unbalanced(),
            mutation="Bernoulli(0.51)",
        ),
        Evidence(
            kind="simulation",
            shows="by exact enumeration the balanced two-point law is best for n = 2, 3, 4, 5, 8",
            check=_best_by_enumeration,
            subject=Fraction(1, 2),
            mutant=Fraction(49, 100),
            mutation="weight 0.49",
        ),
    ),
)


def _scale_free(objective, rng):
    worst = 0.0
    for name in LAWS:
        for n in (2, 3, 10):
            values = [objective(n, law(name, sigma)) for sigma in (0.03, 1.0, 40.0)]
            worst = max(worst, relative_error(values, [values[1]] * 3))
    return Outcome(worst < TOLERANCE["float64"], f"largest relative change {worst:.1e}")


def _scale_free_proof(power, rng):
    m4, sigma, c = sp.symbols("m_4 sigma c", positive=True)
    loss = variance_of_variance_expression() / sigma**power
    scaled = loss.subs({m4: c**4 * m4, sigma: c * sigma}, simultaneous=True)
    gap = sp.factor(sp.together(scaled - loss))
    return Outcome(gap == 0, f"L(c rho) - L(rho) = {gap}")


VARIANCE_CONSTRAINT = Claim(
    id="vcl.variance-constraint",
    source="Sec. 2.1, Eq. 6",
    statement=r"The condition on the variance is redundant for "
    r"$L_s(p)=\mathbb{E}[(1-\sigma_s^2/\sigma^2)^2]$, since neurons with fixed activations do "
    r"not contribute",
    verdict="holds",
    parameters=(
        Parameter(
            name="scale",
            symbol="c",
            meaning="factor on all activations",
            default=1.0,
            domain=(0, np.inf),
            typical=(0.01, 100),
            log=True,
        ),
    ),
    at=lambda scale: Standing(
        "holds", f"L = {variance_constancy(10, 3.0):.4g} at scale {scale:.3g} (normal, n = 10)"
    ),
    derivation=(
        r"$L_s=\kappa/n-(n-3)/(n(n-1))$ by Eq. 1, and $\kappa$ does not change under "
        r"$\rho\mapsto c\rho$, $c\neq0$.",
        r"So every law with $\sigma>0$ has a multiple with the prescribed variance and the same "
        r"loss: the two problems have the same value and the same minimisers up to scale.",
    ),
    remark="At sigma = 0 the loss is 0/0: the constraint excludes constant activations, and so "
    "must the unconstrained problem. Eq. 2 without the division is not scale-free: there the "
    "constraint is needed.",
    evidence=(
        Evidence(
            kind="proof",
            shows="the loss is unchanged by a factor on the activations",
            check=_scale_free_proof,
            subject=4,
            mutant=2,
            mutation="division by sigma^2 instead of sigma^4",
        ),
        Evidence(
            kind="numeric",
            shows="five laws at three scales have the same loss",
            check=_scale_free,
            subject=lambda n, each: _formula(n, each.moment(4), each.variance) / each.variance**2,
            mutant=lambda n, each: _formula(n, each.moment(4), each.variance),
            mutation="Eq. 2, the loss before the division by sigma^4",
        ),
    ),
)
