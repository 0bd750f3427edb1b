"""Littwin & Wolf, Theorem 1 and Eq. 6: what minimises the variance of the variance."""

from fractions import Fraction
from math import comb

import numpy as np

from normtheory.claims import Claim, Later, Parameter, sp
from normtheory.claims.vcl.patterns import kurtosis_of
from normtheory.claims.vcl.sample_variance import LAW, SIZE
from normtheory.theory.laws import law as make_law
from normtheory.theory.sample_variance import variance_constancy

two_point_minimizer = Claim(
    id="vcl.two-point-minimizer",
    source="Theorem 1, Eq. 2-5",
    says=r"Any distribution that minimises $\mathbb{E}[(\sigma^2-\sigma_s^2)^2]$ at fixed variance "
    r"is that of $aZ+b$, $Z\sim\mathrm{Bernoulli}(1/2)$, $a\neq0$",
    verdict="holds",
    parameters=(LAW, SIZE),
)


@two_point_minimizer.shown("proof")
def only_two_balanced_points(weight=Fraction(1, 2)):
    r"""$m_4-\sigma^4=\mathbb{E}[(y-\sigma^2)^2]$ with $y=(\rho-\mu)^2$: zero exactly when
    $|\rho-\mu|=\sigma$ almost surely. Then $\rho$ has the two points $\mu\pm\sigma$, and the mean
    forces equal weights."""
    q, y, s, m4 = sp.symbols("q y s m_4", positive=True)
    mean = {0: 1, 1: s, 2: m4}
    terms = sp.Poly((y - s) ** 2, y).terms()
    slack = sp.expand(sum(c * mean[power] for (power,), c in terms) - (m4 - s**2))
    # points 1 - q and -q with the weights q and 1 - q have mean 0
    second, fourth = (q * (1 - q) ** k + (1 - q) * q**k for k in (2, 4))
    excess = sp.factor(fourth / second**2 - 1)
    roots = sp.solve(sp.numer(excess), q)
    return slack == 0 and roots == [weight], f"identity {slack}, κ - 1 = {excess}, zero at {roots}"


def _searched(rng):
    """(κ, rarer weight after merging near atoms) of descents with 3 to 5 atoms."""
    from scipy.optimize import minimize

    found = []
    for k in (3, 4, 5):

        def objective(z, k=k):
            weights = np.exp(z[k:] - z[k:].max())
            return kurtosis_of(z[:k], weights / weights.sum())

        for _ in range(5):
            z = minimize(objective, rng.normal(0, 1.5, 2 * k), tol=1e-12).x
            weights = np.exp(z[k:] - z[k:].max())
            weights /= weights.sum()
            upper = weights[z[:k] > weights @ z[:k]].sum()
            found.append((objective(z), min(upper, 1 - upper)))
    return np.array(found).T


@two_point_minimizer.shown("numeric")
def every_search_ends_there(weight=0.5, kappa=1.0, *, found=Later(_searched)):
    r"""Descents from distributions of three to five free points and weights all end in two, of
    weight $\frac12$ each and $\kappa=1$."""
    right = np.allclose(found[0], kappa, atol=1e-5) and np.allclose(found[1], weight, atol=5e-3)
    return right, f"{found.shape[1]} descents"


def _loss(n, q):
    """E (1 - s²/σ²)² of two points, all counts, in fractions."""
    variance = q * (1 - q)
    total = Fraction(0)
    for j in range(n + 1):
        s = Fraction(j * (n - j), n * (n - 1))
        total += comb(n, j) * q**j * (1 - q) ** (n - j) * (1 - s / variance) ** 2
    return total


@two_point_minimizer.shown("simulation")
def at_every_size(weight=Fraction(1, 2)):
    r"""Among two points the balanced ones are best at every $n$: $n=2, 3, 4, 5, 8$ counted in
    fractions."""
    right = True
    for n in (2, 3, 4, 5, 8):
        beside = [_loss(n, weight + Fraction(s, 200)) for s in (-1, 1)]
        right &= min(beside) > _loss(n, weight)
    return right, "half a percent of the weight on either side"


two_point_minimizer.rests_on(
    "vcl.variance-of-variance",
    r"At fixed $\sigma^2$ the objective is an increasing affine function of $m_4$ (Eq. 1).",
)


@two_point_minimizer.derivation("proof")
def first_order_condition(rate=lambda z: (z**2 - 1) ** 2):
    r"""First-order condition: moving mass to $x$ changes $\kappa$ at the rate $(z^2-1)^2\geq0$,
    $z=(x-\mu)/\sigma$, zero only on the two points."""
    z, e = sp.symbols("z epsilon", real=True)
    half = (1 - e) / 2
    mean = e * z
    second, fourth = (
        sp.expand(half * ((1 - mean) ** k + (-1 - mean) ** k) + e * (z - mean) ** k) for k in (2, 4)
    )
    gap = sp.expand(sp.diff(fourth / second**2, e).subs(e, 0) - rate(z))
    return gap == 0, f"derivative at the two points minus this: {gap}"


two_point_minimizer.rests_on(
    "vcl.beta-grows-variance",
    "The loss that is trained, with two batches and a constant, has this minimiser in small "
    "batches with the scale free; held at a large scale it has others.",
    role="range",
)


@two_point_minimizer.badge(
    holds="Theorem 1: two balanced points have the least loss, {least:.4g}; the {law:s} "
    "distribution has {relative:.4g} at n = {n:d}"
)
def minimizer_at(law, n):
    found, least = (float(variance_constancy(n, k)) for k in (make_law(law).kurtosis, 1.0))
    return found >= least, {"relative": found, "least": least}


variance_constraint = Claim(
    id="vcl.variance-constraint",
    source="Sec. 2.1, Eq. 6",
    says=r"The condition on the variance is redundant for "
    r"$L_s(p)=\mathbb{E}[(1-\sigma_s^2/\sigma^2)^2]$, since neurons with fixed activations do "
    r"not contribute",
    verdict="holds",
    parameters=(Parameter.positive("scale", "c", "factor on all activations", 1.0, (0.01, 100)),),
)


@variance_constraint.shown("proof", rejects={"before the division": lambda n, m4, s: m4 / n})
def scale_free(value=lambda n, m4, sigma: m4 / sigma**4 / n - (n - 3) / (n * (n - 1))):
    r"""$L_s=\kappa/n-(n-3)/(n(n-1))$ by Eq. 1, and $\kappa$ does not change under
    $\rho\mapsto c\rho$, $c\neq0$."""
    n, m4, sigma, c = sp.symbols("n m_4 sigma c", positive=True)
    printed = (m4 / n - sigma**4 * (n - 3) / (n * (n - 1))) / sigma**4
    scaled = value(n, m4, sigma), value(n, c**4 * m4, c * sigma)
    gaps = tuple(sp.simplify(each - printed) for each in scaled)
    return gaps == (0, 0), f"at scale 1 and c minus Eq. 1 over σ⁴: {gaps}"


@variance_constraint.shown("numeric")
def five_distributions(code=variance_constancy):
    r"""Five distributions at three scales have the same loss, counted or in their moments."""
    right = True
    for name, n in (("normal", 2), ("laplace", 3), ("uniform", 10), ("mixture", 5)):
        for sigma in (0.03, 1.0, 40.0):
            each = make_law(name, sigma)
            exact = each.moment(4) / n - each.variance**2 * (n - 3) / (n * (n - 1))
            right &= abs(code(n, each.kurtosis) / (exact / each.variance**2) - 1) < 1e-9
    for n in (2, 5, 8):
        right &= abs(code(n, 1.0) / float(_loss(n, Fraction(1, 2))) - 1) < 1e-9
    return right, "15 settings"


variance_constraint.by_hand(
    r"So every distribution with a positive $\sigma$ has a multiple with the prescribed variance "
    "and the same loss: the two problems have the same value and the same minimisers up to scale."
)
variance_constraint.by_hand(
    "Without any variance the loss is undefined: the constraint excludes constant activations, and "
    "so must the unconstrained problem.",
    "range",
)


@variance_constraint.range("proof")
def before_the_division(power=4):
    r"""Eq. 2 without the division is not scale-free, it grows like $c^4$: there the constraint is
    needed."""
    n, m4, sigma, c = sp.symbols("n m_4 sigma c", positive=True)
    plain = m4 / n - sigma**4 * (n - 3) / (n * (n - 1))
    scaled = plain.subs({m4: c**4 * m4, sigma: c * sigma}, simultaneous=True)
    return sp.simplify(scaled / plain - c**power) == 0, "Eq. 1 at c over Eq. 1 at 1"


@variance_constraint.badge(
    holds="the loss does not depend on the scale: {loss:.4g} at scale {scale:.3g} (normal, n = 10)"
)
def constraint_at(scale):
    return True, {"loss": float(variance_constancy(10, 3.0))}
