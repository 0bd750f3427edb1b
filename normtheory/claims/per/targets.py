"""Joo et al., Eq. 1, Sec. 4.3.2 and 5: which targets PER can reach, and what is seen of it."""

import numpy as np
import scipy
from scipy.special import erfcx, ndtr

from normtheory.claims import Claim, Later, sp
from normtheory.claims.per.gradient import D
from normtheory.claims.per.quadrature import mean_root, over_sphere
from normtheory.theory.montecarlo import estimate
from normtheory.theory.radial_laws import mean_norm
from normtheory.theory.sliced_gap import sample_sliced_bound
from normtheory.theory.sphere_average import mean_projection

UNITS = 64

any_target = Claim(
    id="per.any-target",
    source="Sec. 5",
    says="One can utilize a task-specific prior when determining a target distribution, e.g. the "
    "Laplace distribution for making sparse activation",
    verdict="refuted",
)


def _square(t):
    """E e^{-tY²} of a Laplace variable of scale 1."""
    # ∫_0^∞ e^{-ty² - y} dy
    return np.sqrt(np.pi / t) / 2 * erfcx(1 / (2 * np.sqrt(t)))


def _difference(t):
    """The same of the difference of two: its density is (1 + |y|) e^{-|y|}/4 on either side."""
    first = _square(t)
    # ∫_0^∞ y e^{-ty² - y} dy by parts
    second = np.where(t < 1e-4, 1 - 6 * t + 60 * t * t, (1 - first) / (2 * t))
    return (first + second) / 2


def _laplace(rng):
    """Mean lengths of Y and of Y - Y', of 64 units, from draws."""

    def one(rng, n):
        return np.linalg.norm(rng.laplace(size=(n, UNITS)), axis=1)

    def two(rng, n):
        return np.linalg.norm(np.subtract(*rng.laplace(size=(2, n, UNITS))), axis=1)

    return [estimate(each, rng, replicates=40_000) for each in (one, two)]


@any_target.counterexample("simulation")
def laplace(
    collapsed=Later(lambda: mean_projection(UNITS) * mean_root(_square, UNITS)),
    target=Later(lambda: mean_projection(UNITS) * mean_root(_difference, UNITS)),
    *,
    drawn=Later(_laplace),
    units=UNITS,
):
    r"""With {units:d} Laplace units of scale 1 as the target, the loss is {target:.3f} at the
    target itself and {collapsed:.3f} at the point mass at 0."""
    share = over_sphere(np.abs, units)
    pairs = zip((collapsed, target), drawn, strict=True)
    return all(each.agrees(value / share) for value, each in pairs), "40000 draws"


def _distance():
    """c and E|c - Y| for a Laplace variable, integrated by the sign of c - Y."""
    c, y = sp.symbols("c y", positive=True)
    parts = (c + y, 0, sp.oo), (c - y, 0, c), (y - c, c, sp.oo)
    loss = sum(sp.integrate(far * sp.exp(-y) / 2, (y, low, high)) for far, low, high in parts)
    return c, sp.simplify(loss)


@any_target.counterexample("proof", rejects={"the target's density": lambda c, exp: exp(-c) / 2})
def away_from_zero(slope=lambda c, exp: 1 - exp(-c), value=1, *, distance=Later(_distance)):
    r"""In one unit the loss is least at 0, {value:d}, and grows on either side, at distance $c$
    with the slope $1-e^{-c}$: no activation gains by moving away."""
    c, loss = distance
    gap = sp.simplify(sp.diff(loss, c) - slope(c, sp.exp))
    return gap == 0 and sp.limit(loss, c, 0) == value, f"E|c - Y| = {loss}"


any_target.rests_on(
    "per.wasserstein-bound",
    r"For any target $Y$ with a first moment the same construction gives "
    r"$\mathbb{E}_\theta\mathbb{E}|\langle\theta,h-Y\rangle|=\mathbb{E}|\theta_1|\,"
    r"\mathbb{E}\|h-Y\|$.",
)
any_target.by_hand(
    "That is the mean distance to the target: each activation is drawn to the target's geometric "
    "median, whatever the others are; there is a single one unless the target lies on a line. For "
    "a centrally symmetric target it is the centre. All activations in one place are not sparse: a "
    "unit is zero in every one of them or in none."
)

rectified = Claim(
    id="per.rectified",
    source="Eq. 1, Sec. 3",
    says=r"PER matches the activations $h=\phi(Wh+b)$ of networks with ReLU, LeakyReLU or ELU to "
    r"$N(0,I)$",
    verdict="amended",
    breaks={"d": 64},
    parameters=(D,),
)


def _below(t, c=0.0):
    """E e^{-t min(Z - c, 0)²}."""
    # completing the square in the part below c
    scale = np.sqrt(1 + 2 * t)
    return ndtr(-c) + np.exp(-c * c * t / (1 + 2 * t)) / scale * ndtr(c / scale)


def floor(c, d):
    """E‖min(Z - c, 0)‖: the least W₁ to N(0, I) of activations that are all at least c."""
    return mean_root(lambda t: _below(t, c), d)


def _floors(rng):
    """The same from draws, by c."""
    found = {}
    for c in (0.0, -1.0):

        def lengths(rng, n, c=c):
            return np.linalg.norm(np.minimum(rng.standard_normal((n, UNITS)) - c, 0), axis=1)

        found[c] = estimate(lengths, rng, replicates=100_000)
    return found


@rectified.amendment("simulation")
def out_of_reach(
    relu=Later(floor, 0.0, UNITS),
    share=Later(lambda: 100 * floor(0.0, UNITS) / mean_norm(UNITS)),
    *,
    drawn=Later(_floors),
    units=UNITS,
):
    r"""Behind ReLU the target is out of reach, whatever the loss: every distribution on the
    positive orthant has $W_1\geq\mathbb{E}\|\min(Z,0)\|$ to $N(0,I)$, which is {relu:.2f} for
    {units:d} units, {share:.0f} % of that of the collapsed one; $\max(Z,0)$ attains it."""
    # E‖Z‖ from its square root's own series in 1/d
    norm = np.sqrt(units) * (1 - 1 / (4 * units) + 1 / (32 * units**2))
    low, high = drawn[0.0].interval()
    return drawn[0.0].agrees(relu) and low < share * norm / 100 < high, "100000 draws"


@rectified.amendment("simulation")
def with_a_bias(least=Later(floor, -1.0, UNITS), *, drawn=Later(_floors)):
    r"""A bias behind the ReLU, as Sec. 4.1 adds for other reasons, brings it nearer: activations
    above $-1$, which are those of ELU as well, have a floor of {least:.2f}."""
    return drawn[-1.0].agrees(least), "100000 draws"


rectified.by_hand(
    "The nearest place of the orthant to a draw from the target is that draw with its negative "
    "units set to zero, so no coupling costs less. LeakyReLU has no such limit."
)


@rectified.badge(
    fails="Eq. 1: activations are matched to N(0, I): not behind ReLU, which keeps them at least "
    "W₁ = {least:.3g} away at d = {d:d}, {share:.3g} % of the distance of all at 0"
)
def rectified_at(d):
    least = float(floor(0.0, d))
    return False, {"least": least, "share": 100 * least / float(mean_norm(d))}


sampled_target = Claim(
    id="per.sampled-target",
    source="Sec. 4.3.2",
    says=r"The closeness $SW_1(N(0,I),\nu)$ is computed by approximating the Gaussian measure with "
    r"samples drawn from $N(0,I)$",
    verdict="amended",
)


def _two_samples(n):
    """The mean W₁ of two samples of n from N(0, 1): ∫E|F - G|, two binomial shares."""
    y, step = np.linspace(-6, 6, 241, retstep=True)
    apart, total = np.abs(np.arange(-n, n + 1)), 0.0
    for share in ndtr(y):
        weights = scipy.stats.binom.pmf(np.arange(n + 1), n, share)
        total += apart @ np.convolve(weights, weights[::-1])
    return float(total * step / n)


def _sorted(rng, n=256):
    """The same from draws."""

    def apart(rng, size):
        one, two = np.sort(rng.standard_normal((2, size, n)))
        return np.abs(one - two).mean(axis=1)

    return estimate(apart, rng, replicates=60_000, chunk=2000)


@sampled_target.amendment("simulation")
def not_zero_at_the_target(level=Later(_two_samples, 256), *, drawn=Later(_sorted), n=256):
    r"""So computed it is not 0 at the target: {n:d} activations drawn from $N(0,I)$ have a mean
    distance of {level:.4f} to as many draws, in any dimension."""
    return drawn.agrees(level), f"60000 pairs of samples of {n}, sorted"


@sampled_target.amendment("numeric")
def falls_with_the_root(
    constant=Later(lambda: 2 / np.sqrt(np.pi) * sample_sliced_bound(1)),
    *,
    large=Later(_two_samples, 1024),
):
    r"""For large $n$ it is
    $\frac2{\sqrt\pi}\int\sqrt{\Phi(1-\Phi)}/\sqrt n={constant:.2f}/\sqrt n$, and a little less
    for small: values near it are as close as this way of computing can see."""
    share = large * np.sqrt(1024) / constant
    return 0.985 < share < 1, f"n = 1024: {share:.4f} of it, by binomial sums"
