"""Littwin & Wolf, Eq. 17: does beta make the variance of each neuron's output grow?"""

import itertools
import math

import numpy as np

from normtheory.claims import Claim, Later, Parameter, sp
from normtheory.claims.vcl.beta import BETA
from normtheory.claims.vcl.beta_force import SETTINGS, loss, rule, slope, target, turns_of_the_force
from normtheory.claims.vcl.pair_loss import gains, pair_loss, rate_of_change, searched
from normtheory.claims.vcl.sample_variance import LAW, SIGMA, SIZE
from normtheory.theory.trained_minimizer import least_loss, pair_functional, two_point_limit
from normtheory.theory.two_batch_loss import expected_loss, loss_slope
from normtheory.theory.variance_rules import has_rule

POSITIVE_BETA = Parameter(
    "beta", BETA.symbol, BETA.meaning, 1.0, (0, math.inf), typical=(0.01, 20), log=True
)

beta_grows_variance = Claim(
    id="vcl.beta-grows-variance",
    source="Eq. 17",
    says=r"$\beta$ encourages the variance of each neuron's output to grow, since $\beta$ "
    r"becomes more insignificant; as $\beta$ grows there is a stronger driving force",
    verdict="amended",
    breaks={"n": 2, "beta": 1.0, "sigma": 1.0, "law": "normal"},
    parameters=(POSITIVE_BETA, SIZE, LAW, SIGMA),
)


@beta_grows_variance.counterexample("numeric")
def the_variance_shrinks(goal=target("normal", 2), force=-float(loss_slope("normal", 2, 1.0))):
    r"""Normal distribution, $n=2$: the variance is drawn to $\sigma^2={goal:.4f}\beta$, so at
    $\sigma=\beta=1$ it shrinks (force on $\log\sigma^2$ {force:.3f})."""
    right = slope("normal", 2, 0.995 * goal) < 0 < slope("normal", 2, 1.005 * goal)
    right &= abs(force / -slope("normal", 2, 1.0) - 1) < 1e-6
    return right and force < 0, f"by quadrature {-slope('normal', 2, 1.0):.6f}"


@beta_grows_variance.counterexample("numeric")
def a_weaker_force(
    ten=-float(loss_slope("normal", 2, 0.1)), thousand=-float(loss_slope("normal", 2, 0.001))
):
    r"""There the force on $\sigma^2$ at $\sigma=1$ is {ten:.4f} for $\beta=10$ and weaker,
    {thousand:.5f}, for $\beta=1000$."""
    found = [-slope("normal", 2, t) for t in (0.1, 0.001)]
    return np.allclose((ten, thousand), found, rtol=1e-6) and ten > thousand, "by quadrature"


@beta_grows_variance.amendment("numeric")
def one_target(goals=Later(lambda: tuple(target(*each) for each in SETTINGS))):
    r"""The expected loss depends on $\sigma^2/\beta$ only and has its least value at a finite
    $t^*$: the variance grows while $\sigma^2<t^*\beta$ and shrinks beyond. At $n=2$ it is
    {goals[0]:.4f} for the normal distribution, {goals[1]:.4f} for Laplace's, {goals[2]:.4f} for the
    uniform one."""
    right = True
    for each, goal in zip(SETTINGS, goals, strict=True):
        right &= slope(*each, 0.995 * goal) < 0 < slope(*each, 1.005 * goal)
    return right, f"{len(SETTINGS)} distributions and sizes; that the force crosses once: below"


@beta_grows_variance.amendment("certified")
def shape_in_beta(
    border=6,
    *,
    low=0.01,
    high=100,
    normal=Later(lambda: {n: turns_of_the_force("normal", n, 0.01, 100) for n in range(2, 11)}),
    atoms=Later(lambda: [turns_of_the_force("two-point", n, 0.01, 100) for n in range(2, 11)]),
):
    r"""For $\beta$ from {low:g} to {high:d} and $n$ up to 10 the force on $\sigma^2=1$ rises to a
    maximum and then falls: for two balanced points, and for the normal distribution below
    $n={border:d}$; from there on it first falls to a negative minimum."""
    right = all(each == (1, -1) for each in atoms)
    right &= all(each == ((-1, 1, -1) if n >= border else (1, -1)) for n, each in normal.items())
    return right, "its slope in β has one sign or a slope of one sign, box by box"


@beta_grows_variance.range("numeric", rejects={"first it falls": (-1, 1, -1)})
def shape_of_others(turns=(1, -1), *, count=200):
    r"""At $n=2$ it also rises and then falls for Laplace's, the uniform distribution and the
    mixture, at {count:d} values of $\beta$ from $10^{-6}$ to $10^4$."""
    found = set()
    for name in ("laplace", "uniform", "mixture"):
        force = [-slope(name, 2, 1 / beta) for beta in np.geomspace(1e-6, 1e4, count)]
        signs = np.sign(np.diff(force))
        found.add(tuple(signs[np.r_[True, np.diff(signs) != 0]].astype(int).tolist()))
    return found == {turns}, "three distributions, integrated"


@beta_grows_variance.amendment("numeric")
def the_minimiser_at_two(
    goal=target("two-point", 2), rest=lambda x: (x - 1) * (1 + x) ** 3, *, least=Later(searched)
):
    r"""At $n=2$ the minimiser over all distributions and scales is still two balanced points, at
    $t^*=x/2$ with $(x-1)(1+x)^3=1$, $t^*={goal:.4f}$."""
    value = pair_loss(np.sqrt(goal) * np.array([-1, 1]), (0.5, 0.5))
    more = min(gains(None, place, math.sqrt(goal)) for place in np.linspace(-8, 8, 161))
    right = abs(rest(2 * goal) - 1) < 1e-4 and abs(least - value) < 1e-8 and more > -1e-10
    return right, f"loss {value:.6f}, least of 8 searches {least:.6f}"


def _least_at(rng):
    return [least_loss(n, k, rng, starts=3) for n, k in ((3, 4), (4, 3), (5, 3))]


@beta_grows_variance.amendment("numeric")
def the_minimiser_at_other_sizes(
    goals=Later(lambda: tuple(target("two-point", n) for n in (3, 4, 5))), *, found=Later(_least_at)
):
    r"""So it is at $n=3, 4, 5$, $t^*={goals[0]:.3f}$, {goals[1]:.3f}, {goals[2]:.3f}, among
    distributions of up to three modes (four at $n=3$)."""
    right = True
    for n, goal, (value, variance, kappa) in zip((3, 4, 5), goals, found, strict=True):
        right &= abs(variance / goal - 1) < 5e-3 and abs(kappa - 1) < 1e-3
        right &= abs(value - loss("two-point", n, goal)) < 1e-6
    return right, "searched: κ = " + ", ".join(f"{each[2]:.3f}" for each in found)


@beta_grows_variance.amendment("numeric")
def held_scale(
    limit=two_point_limit(),
    two=float(expected_loss("two-point", 2, 1.0)),
    three=Later(lambda: float(pair_functional(1.0)([-1, 0, 1], [0.45, 0.1, 0.45], [0.0])[0])),
):
    r"""Held at $\sigma^2/\beta$ above {limit:.4f} two balanced points are no longer best at $n=2$:
    there a point mass at the mean starts to pay. At $\sigma^2=\beta$ three modes of weights
    $\frac9{20}, \frac1{10}, \frac9{20}$ have {three:.4f} against {two:.4f}."""
    at = [gains(limit * (1 + s), 0.0, step=1e-7) for s in (-2e-4, 2e-4)]
    exact = pair_loss((-1, 1), (0.5, 0.5), 1.0), pair_loss((-1, 0, 1), (0.45, 0.1, 0.45), 1.0)
    right = at[0] > 0 > at[1]
    right &= np.allclose((two, three), exact, rtol=1e-9) and exact[1] < exact[0]
    return right, "0.02 % on either side of the limit"


@beta_grows_variance.range("numeric")
def its_polynomial(coefficients=(28, 122, -12, -77, -12, -4)):
    r"""The limit is the positive root of $28t^5+122t^4-12t^3-77t^2-12t-4$."""
    roots = np.roots(coefficients)
    positive = roots[(abs(roots.imag) < 1e-9) & (roots.real > 0)].real
    slopes = [(gains(positive[-1] * (1 + s), 0.0, step=1e-7)) for s in (-1e-4, 1e-4)]
    exact = abs(positive[-1] / two_point_limit() - 1) < 1e-6
    right = len(positive) == 1 and slopes[0] > 0 > slopes[1] and exact
    return right, f"the only positive root {positive[-1]:.6f}"


@beta_grows_variance.range("proof")
def no_place_pays(constant=(28, 122, -12, -77, -12, -4), *, found=Later(rate_of_change)):
    r"""Below the limit no place pays: mass moved from $\pm\sigma$ to $x\sigma$ changes the loss at
    the rate $(x^2-1)^2P(x^2)$ over a positive number, where all coefficients of $P$ are positive
    for $\sigma^2<\beta$ but the constant one, which is
    $-(t+2)^2(28t^5+122t^4-12t^3-77t^2-12t-4)/t^7$ at $t=\sigma^2/\beta$."""
    upper = [found[power] for power in found if power]
    positive = all(c > 0 for each in upper for c in each.shift(1).all_coeffs())
    # the coefficients in 1/t are those in t from the other end
    t = sp.Symbol("t")
    claimed = -sp.Poly(constant, t) * sp.Poly((t + 2) ** 2, t)
    same = claimed.all_coeffs()[::-1] == found[0].all_coeffs()
    powers = ", ".join(str(power) for power in sorted(found))
    return positive and same and not any(p % 2 for p in found), f"powers of x: {powers}"


beta_grows_variance.by_hand(
    r"$\beta$ does become insignificant, as the text says; but the loss then tends to its value "
    r"without $\beta$, which is not its minimum.",
    "range",
)


@beta_grows_variance.derivation("numeric")
def expected_terms(value=expected_loss, force=loss_slope):
    r"""With $u=\sigma_s^2/\sigma^2$ and $t=\sigma^2/\beta$: $\mathbb E[L]=1-2t\,\mathbb E[u]\,
    \mathbb E[(tu+1)^{-1}]+t^2\,\mathbb E[u^2]\,\mathbb E[(tu+1)^{-2}]$."""
    right = True
    for each, t in itertools.product(SETTINGS, (0.03, 1.0, 30.0)):
        u, w = rule(*each)
        if u.size < 100:
            both = w @ (1 - t * u[:, None] / (t * u + 1)) ** 2 @ w
            right &= abs(both - loss(*each, t)) < 1e-12
        right &= abs(value(*each, t) / loss(*each, t) - 1) < 1e-3
        right &= abs(force(*each, t) / slope(*each, t) - 1) < 1e-3
    return right, f"{3 * len(SETTINGS)} settings, densities integrated"


@beta_grows_variance.derivation("numeric")
def far_from_beta(constant=2.0):
    r"""As $t\to0$ it is $1-2t$, so the variance grows, with a force $2/\beta$ on $\sigma^2$ that
    vanishes for large $\beta$."""
    t = 1e-6
    found = [(1 - loss(*each, t)) / t for each in SETTINGS]
    found += [-slope(*each, t) / t for each in SETTINGS]
    return np.allclose(found, constant, rtol=1e-3), f"{len(SETTINGS)} distributions at t = 1e-6"


@beta_grows_variance.derivation("numeric")
def far_beyond(limit=lambda n: 4 * (n + 1) / ((n - 3) * (n - 5)), below=6):
    r"""As $t\to\infty$ it grows without bound for atoms and for the normal distribution below
    $n={below:d}$; from there on the latter's tends to $\frac{4(n+1)}{(n-3)(n-5)}$ from below.
    Either way the least value is inside."""
    right = all(0 < limit(n) - loss("normal", n, 1e5) < 0.003 * limit(n) for n in (8, 10, 30))
    unbounded = [n for n in range(2, 9) if loss("normal", n, 1e9) > 1.25 * loss("normal", n, 1e6)]
    atoms = loss("two-point", 10, 1e9) > 1e5 * loss("two-point", 10, 1e6)
    return right and atoms and unbounded == list(range(2, below)), "t up to 1e9"


@beta_grows_variance.derivation("proof")
def crosses_once(elasticity=lambda g2, g3, g4: 3 * g4 / g3 - 2 * g3 / g2):
    r"""The force has no other zero: with $G_k=\mathbb E(1+tu)^{-k}$ the force on $\log\sigma^2$ is
    $2tG_2(1-t\,\mathbb E[u^2]G_3/G_2)$, and $\frac{d\ln(tG_3/G_2)}{d\ln t}=3G_4/G_3-2G_3/G_2\geq
    G_4/G_3>0$, since $G_3^2\leq G_2G_4$."""
    t, u, v, k, m = sp.symbols("t u v k m", positive=True)
    g1, g2, g3, g4 = sp.symbols("G1:5", positive=True)

    def falls(order):  # G_k - G_(k+1), from t d(1 + tu)^-k / dt = -k ((1+tu)^-k - (1+tu)^-(k+1))
        return {1: g1 - g2, 2: g2 - g3, 3: g3 - g4}[order] * -order

    one = (1 + t * u) ** -k
    pointwise = sp.simplify(t * sp.diff(one, t) + k * (one - one / (1 + t * u)))
    # E[L] = 1 - 2 t G_1 + t^2 m G_2 with m = E[u^2] and E[u] = 1
    change = -2 * t * (g1 + falls(1)) + t**2 * m * (2 * g2 + falls(2))
    force = sp.expand(-change - 2 * t * g2 * (1 - t * m * g3 / g2))
    grows = sp.simplify(1 + falls(3) / g3 - falls(2) / g2 - elasticity(g2, g3, g4))
    # Cauchy-Schwarz, G_3^2 <= G_2 G_4, term by term: with a = 1/(1 + tu), b = 1/(1 + tv)
    a, b = 1 / (1 + t * u), 1 / (1 + t * v)
    terms = (a**2 * b**4 + a**4 * b**2) / 2 - (a * b) ** 3 - (a * b * (a - b)) ** 2 / 2
    # by it G_4/G_3 >= G_3/G_2, so what is left of the expression is not negative
    x, y = sp.symbols("x y", nonnegative=True)
    left = sp.expand(elasticity(1, x, x * (x + y)) - (x + y))
    right = pointwise == force == grows == sp.simplify(terms) == 0 and left.is_nonnegative
    return right, f"with x = G3/G2 and x + y = G4/G3 it exceeds G4/G3 by {left}"


@beta_grows_variance.derivation("proof")
def two_points_at_two(value=lambda x: (2 + (1 - x) ** 2 + 1 / (1 + x) ** 2) / 4):
    r"""Two balanced points at $n=2$, $x=2t$: $\frac12+\frac14(1-x)^2+\frac14(1+x)^{-2}$."""
    x = sp.symbols("x", positive=True)
    # each batch has u = 0 or u = 2, each with probability 1/2
    total = sum((1 - a / (b + 1)) ** 2 for a in (0, x) for b in (0, x)) / 4
    gap = sp.cancel(total - value(x))
    return gap == 0, f"four pairs of batches minus this: {gap}"


@beta_grows_variance.badge(
    holds="β makes the variance grow: at σ²/β = {ratio:.3g} the force is {force:+.3g}",
    fails="β makes the variance grow: not here, at σ²/β = {ratio:.3g} the force is {force:+.3g}",
    undecided="β makes the variance grow: not computed for the {law:s} distribution at n = {n:d}; "
    "try n = 2",
)
def growth_at(beta, n, law, sigma):
    if not has_rule(law, n):
        return None, {}
    ratio = sigma**2 / beta
    force = -float(loss_slope(law, n, ratio))
    return force > 0, {"ratio": ratio, "force": force}
