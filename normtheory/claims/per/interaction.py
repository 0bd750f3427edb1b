"""Joo et al., Sec. 3.1: what PER sees of the interaction between units."""

from itertools import product

import numpy as np
from scipy.special import roots_legendre

from normtheory.claims import Claim, Later, Parameter, sp
from normtheory.claims.per.gradient import D
from normtheory.claims.per.quadrature import error_of_norm, mean_distance, over_sphere
from normtheory.theory.joint_laws import correlated_normal_error
from normtheory.theory.projected_error import projected_error_loss
from normtheory.theory.sphere_average import projected_error_of_norm

interaction = Claim(
    id="per.interaction",
    source="Sec. 3.1",
    says=r"Unlike an $L^p$ norm, PER captures the interaction between hidden units through "
    "general projections",
    verdict="amended",
    breaks={"rho": 0.7, "d": 2},
    parameters=(
        Parameter(
            "rho", r"\rho", "correlation of each pair of units", 0.7, (-1, 1), typical=(-0.99, 0.99)
        ),
        D,
    ),
)


def _spread(rho, d, variance=1.0, *, energy=False):
    """PER of normal units with correlation rho, from the variance along each direction."""

    def along(u):
        q = variance * np.maximum(0, 1 - rho + d * rho * u * u)
        repulsion = (1 + np.sqrt(q)) / np.sqrt(np.pi) if energy else 0.0
        return np.sqrt(2 / np.pi * (1 + q)) - repulsion

    return over_sphere(along, d)


def _on_the_sphere(covariance):
    """PER of three normal units, by quadrature in height and angle."""
    nodes, weights = roots_legendre(40)
    angle = 2 * np.pi * np.arange(80) / 80
    flat = np.sqrt(1 - nodes**2)[:, None]
    theta = np.stack([flat * np.cos(angle), flat * np.sin(angle), nodes[:, None] + 0 * angle])
    q = np.einsum("iab,ij,jab->ab", theta, covariance, theta)
    return float(weights / 2 @ np.sqrt(2 / np.pi * (1 + q)).mean(axis=1))


def _power(h):
    return float(np.mean(np.sum(np.abs(h), axis=1)))


@interaction.amendment("numeric", rejects={"the L¹ norm": {"loss": _power}})
def no_sum_over_units(
    loss=projected_error_loss,
    mixed=Later(lambda: projected_error_of_norm([8**0.5, 2.0, 0.0], 2) @ [1, -2, 1]),
    *,
    size=2.0,
):
    r"""PER is no sum over units, as $\sum_j|h_j|^p$ is: its mixed difference in two units of size
    {size:g} is {mixed:.4f}, that of a sum 0."""
    both, one, none = (np.array([h]) for h in ([size, size], [size, 0.0], [0.0, 0.0]))
    own = error_of_norm(size * np.sqrt(2), 2) - 2 * error_of_norm(size, 2) + error_of_norm(0.0, 2)
    found = loss(both) - 2 * loss(one) + loss(none)
    return abs(found - own) < 1e-10 and abs(mixed - own) < 1e-10, "d = 2, by quadrature"


interaction.rests_on(
    "per.all-moments",
    r"But the interaction is that of the length $\|h\|$: it is the same for all turns and "
    "reflections of each activation.",
    "amendment",
)


@interaction.amendment("numeric")
def a_triangles_sign(
    same=correlated_normal_error(0.45, 3), other=correlated_normal_error(-0.45, 3), *, rho=0.45
):
    r"""So for two normal units of variance 1 the sign of their correlation does not enter. For
    three the sign of a triangle does: all correlations {rho:g} give {same:.5f}, one of them
    negative {other:.5f}."""
    covariance = np.full((3, 3), rho) + (1 - rho) * np.eye(3)
    turned = covariance * [[1, -1, 1], [-1, 1, 1], [1, 1, 1]]
    right = np.allclose((same, other), [_on_the_sphere(c) for c in (covariance, turned)], rtol=1e-9)
    pairs = [abs(_spread(r, 2) - _spread(-r, 2)) < 1e-12 for r in (0.1, 0.5, 0.9)]
    return right and all(pairs), "by quadrature on the sphere"


@interaction.amendment("numeric")
def correlation_is_rewarded(
    loss=correlated_normal_error,
    two=100 * (1 - correlated_normal_error(1, 2) / correlated_normal_error(0, 2)),
    many=100 * (1 - correlated_normal_error(1, 64) / correlated_normal_error(0, 64)),
):
    r"""At fixed variances PER falls as normal units correlate: correlation is rewarded, not
    penalized. The effect is small: from none to full correlation {two:.1f} % at $d=2$,
    {many:.1f} % at $d=64$."""
    own = {(r, d): _spread(r, d) for d in (2, 64) for r in (-1 / d, 0.0, 0.3, 0.7, 1.0)}
    right = all(abs(loss(*each) - value) < 1e-5 for each, value in own.items())
    falls = [100 * (1 - own[1.0, d] / own[0.0, d]) for d in (2, 64)]
    return right and np.allclose((two, many), falls, rtol=1e-3), "10 settings by quadrature"


@interaction.amendment("numeric")
def with_the_repulsion(
    loss=lambda rho, d: correlated_normal_error(rho, d, energy=True),
    less=0.013241,
    *,
    wide=9,
    rho=0.9,
):
    r"""The repulsion $-\frac12\mathbb{E}_\theta\mathbb{E}|\langle\theta,h-h'\rangle|$ turns that
    round for units of variance 1: with it their loss is least without correlation. Far from the
    target it does not: two units of variance {wide:d} have {less:.4f} less at a correlation of
    {rho:g} than without."""
    pairs = list(product((0.3, 0.7, 0.95), (2, 8, 64)))
    gaps = [abs(loss(*p) / _spread(*p, energy=True) - 1) for p in pairs]
    right = max(gaps) < 1e-4 and abs(_spread(0.0, 8, energy=True)) < 1e-12
    gained = _spread(0.0, 2, wide, energy=True) - _spread(rho, 2, wide, energy=True)
    right &= loss(0.3, 8) > 0 and abs(less / gained - 1) < 0.01
    return right, f"{len(pairs)} settings by quadrature"


interaction.rests_on(
    "per.all-moments",
    "Other units need not gain by it: coins have one length, whether they agree, differ or are "
    "independent.",
    "range",
)


@interaction.derivation("numeric", rejects={"of the slope alone": lambda r, slope, curve: curve})
def mixed_derivative(factor=lambda r, slope, curve: (curve - slope / r) / r**2):
    r"""$\frac{\partial^2L}{\partial h_1\partial h_2}=h_1h_2\frac{g'(r)}r$ with $g=L'/r$, while that
    of a sum over units is 0."""
    worst, step = 0.0, 1e-3
    for a, b in ((1.0, 0.5), (2.0, 2.0)):
        r = float(np.hypot(a, b))
        low, mid, high = (error_of_norm(r + k * step, 2) for k in (-1, 0, 1))
        claimed = a * b * factor(r, (high - low) / (2 * step), (high - 2 * mid + low) / step**2)
        corners = [
            i * j * error_of_norm(float(np.hypot(a + i * step, b + j * step)), 2)
            for i, j in product((-1, 1), repeat=2)
        ]
        worst = max(worst, abs(sum(corners) / (4 * step**2) / claimed - 1))
    return worst < 1e-4, "differences at two activations"


@interaction.derivation("numeric", rejects={"its square root": lambda q: np.sqrt(q)})
def of_a_normal_distribution(loss=lambda q: np.sqrt(2 / np.pi) * np.sqrt(1 + q)):
    r"""For $N(0,\Sigma)$ PER is $\sqrt{2/\pi}\,\mathbb{E}_\theta\sqrt{1+q}$ with
    $q=\theta^\top\Sigma\theta$: the mean of $\mathbb{E}|c-Z|$ for normal $c$ of variance $q$."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights /= weights.sum()
    sizes = 0.05, 0.3, 1.0, 2.0
    found = [weights @ mean_distance(np.sqrt(q) * nodes) / loss(q) for q in sizes]
    return np.allclose(found, 1, rtol=1e-5), "4 variances by quadrature"


@interaction.derivation("proof", rejects={"the other way round": {"attraction": -1}})
def monotone_in_the_correlation(attraction=1, repulsion=1):
    r"""With equal correlations $\rho$ and variances 1 it is $q=1+\rho t$, where $t=du^2-1$ has mean
    0 over the directions. So the slope in $\rho$ is the mean of $t\,(g'(1+\rho t)-g'(1))$, for
    PER, $g=\sqrt{1+q}$, with the sign of $-\rho$ in every direction; with the repulsion,
    $g=\sqrt2\sqrt{1+q}-\sqrt q$, with that of $\rho$."""
    # x = √(1 + q) and y = √q at 1 + ρt, r = √2; 2g' and what its change is over 1 - q = -ρt
    x, y, r = sp.symbols("x y r", positive=True)
    first = (1 / x - 1 / r) - attraction * (r**2 - x**2) / (x * r * (r + x))
    # √2/√(1 + q) < 1/√q exactly for q < 1: their squares' difference is (q - 1)/(q (1 + q))
    second = 2 / (1 + y**2) - 1 / y**2 - repulsion * (y**2 - 1) / (y**2 * (1 + y**2))
    gaps = sp.simplify(first), sp.simplify(second)
    return gaps == (0, 0), f"both changes minus positive multiples of 1 - q and q - 1: {gaps}"


interaction.by_hand(
    r"PER of normal units is concave in $\Sigma$, and the same for $D\Sigma D$ where $D$ is a "
    "diagonal of signs."
)


@interaction.derivation("simulation", rejects={"all of it": lambda covariance: covariance})
def averaged_over_signs(mean=lambda covariance: covariance * np.eye(len(covariance)), *, rng):
    r"""The mean of $D\Sigma D$ over all signs is the diagonal of $\Sigma$: at any fixed variances
    PER of normal units is largest without correlation."""
    right, most = True, -np.inf
    for d in (2, 3, 3, 3, 4, 5):
        root = rng.standard_normal((d, d)) * rng.uniform(0.3, 3, (d, 1))
        covariance = root @ root.T
        turns = [np.diag(signs) for signs in product((-1, 1), repeat=d)]
        averaged = sum(turn @ covariance @ turn for turn in turns) / len(turns)
        right &= np.allclose(averaged, mean(covariance), atol=1e-12)
        if d == 3:
            most = max(most, _on_the_sphere(covariance) - _on_the_sphere(mean(covariance)))
    return right and most < 0, "all signs of 2 to 5 units; PER of 3 covariances by quadrature"


@interaction.badge(
    holds="Sec. 3.1: PER sees the correlation, {gap:.2g} less than without it: {value:.4f}, and so "
    "rewards it",
    fails="Sec. 3.1: PER captures the interaction: not its sign, two units that correlate by "
    "{rho:.3g} and by {opposite:.3g} have the same PER {value:.4f}",
    silent="Sec. 3.1: no correlation to see, PER {value:.4f}",
    outside_one="Sec. 3.1: one unit has nothing to interact with",
    outside_impossible="Sec. 3.1: {d:d} units cannot all correlate by {rho:.3g}",
)
def interaction_at(rho, d):
    if d == 1:
        return "outside_one", {}
    if rho < -1 / (d - 1):
        return "outside_impossible", {}
    value, without = correlated_normal_error(rho, d), correlated_normal_error(0.0, d)
    gap = without - value
    if gap < 1e-9:
        return "silent", {"value": value}
    return d > 2, {"value": value, "gap": gap, "opposite": -rho}
