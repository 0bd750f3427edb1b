"""Littwin & Wolf, Theorem 1 and Eq. 6: the law that minimises the variance of the variance."""

from fractions import Fraction

import numpy as np
import sympy as sp

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.claim import Parameter
from normtheory.claims.vcl.sample_variance import LAW, SIZE
from normtheory.theory.law_search import kurtosis_functional, minimize_over_laws
from normtheory.theory.laws import LAWS, law
from normtheory.theory.precision import TOLERANCE, relative_error
from normtheory.theory.sample_variance import (
    enumerate_two_point,
    variance_constancy,
    variance_of_sample_variance,
)
from normtheory.theory.sample_variance_proofs import (
    variance_of_variance_expression,
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
    "has this minimiser at n = 2 with the scale free, others when sigma^2/beta is held above "
    "0.855; see vcl.beta-grows-variance.",
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


def _variance(n, each):
    return variance_of_sample_variance(n, each.moment(4), each.variance)


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
            subject=lambda n, each: _variance(n, each) / each.variance**2,
            mutant=lambda n, each: _variance(n, each),
            mutation="Eq. 2, the loss before the division by sigma^4",
        ),
    ),
)
