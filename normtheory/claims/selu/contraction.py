"""From where a layer takes mean and variance to the fixed point, and when it does not."""

from math import erf, pi

import numpy as np
from scipy import optimize

from normtheory.claims import Claim, Later, Parameter, sp
from normtheory.claims.selu import dynamics as own
from normtheory.claims.selu.constants import MEAN, VARIANCE
from normtheory.theory import iterate_moments, moment_jacobian, spectral_radius
from normtheory.theory.certified import certify
from normtheory.theory.selu import ALPHA, LAMBDA
from normtheory.theory.selu_stability import (
    collapse_weight_sums,
    stable_weight_sums,
    surviving_norms,
)

contraction = Claim(
    id="selu.contraction",
    source="Self-Normalizing Neural Networks",
    says="With the scaling factors any passing value is contracted to the defined mean and "
    "variance",
    verdict="amended",
    breaks={"tau": 1.1},
    parameters=(
        MEAN,
        VARIANCE,
        Parameter("omega", r"\omega", "sum of a unit's weights", 0.0, typical=(-1.5, 1.5)),
        Parameter(
            "tau", r"\tau", "squared norm of a unit's weights", 1.0, (0, np.inf), typical=(0.4, 3.0)
        ),
    ),
)
STARTS = np.meshgrid(np.linspace(-20, 20, 21), np.geomspace(1e-3, 400, 16))
FLOOR = ALPHA * LAMBDA
GOAL = "contraction to mean 0 and variance 1: "


def _limit(omega, tau, mean=0.0, variance=1.0):
    moments = iterate_moments(mean, variance, 400, omega=omega, tau=tau)
    return tuple(float(each[-1]) for each in moments)


@contraction.counterexample("numeric")
def another_fixed_point(moments=_limit(0, 1.1), *, tau=1.1, found=Later(own.settled, 0, 1, 0, 1.1)):
    r"""Squared weight norm {tau:g}: the layers settle at mean {moments[0]:.3f} and variance
    {moments[1]:.2f}."""
    return np.allclose(moments, found, rtol=1e-6), "200 layers from (0, 1), by quadrature"


@contraction.counterexample("numeric")
def all_variance_lost(
    end=_limit(0.8, 1.0, -2.0, 0.1)[0],
    *,
    omega=0.8,
    mean=-2.0,
    variance=0.1,
    found=Later(own.settled, -2.0, 0.1, 0.8, 1.0),
):
    r"""Weight sum {omega:g} from mean {mean:g}, variance {variance:g}: all variance is lost, every
    unit ends at {end:.3f}."""
    at = optimize.brentq(lambda x: FLOOR * np.expm1(omega * x) - x, -FLOOR, -0.1)
    right = abs(end / at - 1) < 1e-6 and abs(found[0] / at - 1) < 1e-6 and found[1] < 1e-6
    return right, f"200 layers by quadrature; fixed point of the activation {at:.6f}"


@contraction.counterexample("numeric")
def growth_without_limit(
    by_sum=LAMBDA, by_norm=2.7 * LAMBDA**2 * (1 - 1 / pi) / 2, *, tau=2.7, at=1e9
):
    r"""Weight sum 1 from (1, 1): the moments grow without limit, in the end the mean by
    {by_sum:.4f} a layer. Squared norm {tau:g}: the variance grows without limit, in the end by
    {by_norm:.4f} a layer."""
    mean, variance = own.settled(1.0, 1.0, 1.0, 1.0, 200)
    grown = own.layer(mean, variance, 1.0)[0] / mean
    last = own.layer(0.0, at, 0.0, tau)[1] / at
    right = mean > 100 and abs(grown / by_sum - 1) < 1e-3
    right &= last > 1 and abs(last / by_norm - 1) < 1e-3
    return right, f"by {grown:.6f} after 200 layers; by {last:.6f} at a variance of {at:.0e}"


@contraction.amendment(
    "certified", rejects={"V(x)/x grows": {"falls": lambda x: -own.variance_slopes(x)[1]}}
)
def every_start(
    rate=float(moment_jacobian(0.0, 1.0)[1, 1]),
    falls=lambda x: own.variance_slopes(x)[1],
    *,
    low=1e-3,
    high=1e3,
):
    r"""With $\omega = 0, \tau = 1$ the variance maps by $\nu\to V(\nu)$, whatever the mean. $V$
    grows and $V(\nu)/\nu$ falls for ${low:g}\leq\nu\leq{high:g}$, so every start there goes to
    (0, 1), in the end by the factor {rate:.4f} a layer."""
    from flint import arb

    def differences(x):
        up, down = (own.layer(0, share * x)[1] for share in (1.001, 0.999))
        return own.layer(0, x)[1], (up - down) / 0.002

    ours = [(float(falls(arb(x)).mid()) * LAMBDA**2, *differences(x)) for x in (0.01, 1.0, 50.0)]
    slope = ours[1][2]
    if abs(slope / rate - 1) > 1e-5 or any(abs(a / (v - up) - 1) > 1e-3 for a, v, up in ours):
        return False, "the slope, or the derivative of V(x)/x, is another"
    region = [(np.log(low), np.log(high))]
    shrinks = certify(lambda t: falls(t.exp()), region)
    grows = certify(lambda t: own.variance_slopes(t.exp())[0], region)
    return shrinks.covered and grows.covered, f"V/x {shrinks}; V' {grows}; slope {slope:.4f}"


@contraction.amendment("certified")
def stable_sums(low=stable_weight_sums()[0], high=stable_weight_sums()[1], *, far=50, beside=1e-3):
    r"""With $\tau = 1$ the point (0, 1) is fixed for every $\omega$, and attracts its neighbourhood
    exactly for ${low:.3f} < \omega < {high:.3f}$."""
    right = np.allclose([own.radius(end) for end in (low, high)], 1, atol=1e-6)
    right &= all(np.allclose(own.layer(0.0, 1.0, w), (0, 1), atol=1e-12) for w in (-1.0, 0.5))
    sides = [(k, 1, (low + beside, high - beside)) for k in range(3)]
    for k, sign, side in (*sides, (0, -1, (high + beside, far)), (1, -1, (-far, low - beside))):
        right = right and certify(lambda w, k=k, s=sign: s * own.stability(w)[k], [side]).covered
    return right, f"Jury's conditions, linear in ω, up to ±{far}, {beside:g} beside the ends"


@contraction.amendment("numeric")
def dead_attractors(low=collapse_weight_sums()[0], high=collapse_weight_sums()[1]):
    r"""Without variance the layers can stay at one mean, or alternate between two. This dead state
    attracts what is near it for $\omega>\ln(\lambda\alpha)/(\lambda\alpha-1)={high:.3f}$ and for
    $\omega<-\sqrt{\ln(\lambda^2\alpha)/(\lambda^2\alpha-1)}={low:.3f}$, and not between."""
    near = [own.growth(end * share) for end in (low, high) for share in (1 - 1e-3, 1 + 1e-3)]
    right = [each > 0 for each in near] == [True, False] * 2
    right &= all(own.growth(w) > 0 for w in (-0.7, -0.5, 0.3, 0.6))
    return right, "growth of a variance of 1e-10 by quadrature, 0.1 % beside both ends"


def _ends(share):
    """Whether all starts of a wide grid arrive at (0, 1), and whether some lose all variance."""
    omegas = share * np.array(collapse_weight_sums())
    found = [iterate_moments(*STARTS, 400, omega=w)[1][-1] for w in omegas]
    return all(np.abs(f - 1).max() < 1e-6 for f in found), all((f < 1e-6).any() for f in found)


@contraction.amendment(
    "numeric",
    rejects={"all arrive": lambda share: (True, False), "some die": lambda share: (False, True)},
)
def starts_of_a_wide_grid(
    ends=lambda share: (share < 1, share > 1),
    *,
    inside=0.95,
    outside=1.05,
    count=STARTS[0].size,
    found=Later(lambda: {share: _ends(share) for share in (0.95, 1.05)}),
):
    r"""At {inside:g} of either end all of {count:d} starts, with means from -20 to 20 and variances
    from 1/1000 to 400, still arrive at (0, 1), at {outside:g} of it some lose all variance."""
    return all(ends(share) == found[share] for share in (inside, outside)), "a grid, 400 layers"


@contraction.amendment("certified")
def surviving(low=surviving_norms()[0], high=surviving_norms()[1], *, small=1e-3, large=1e3):
    r"""With $\tau \neq 1$ the fixed point is another. At $\omega = 0$ there is one with $\nu > 0$
    exactly for ${low:.4f} < \tau < {high:.3f}$: below, the variance dies, above, it grows without
    limit."""
    # V(x)/x falls: what it tends to at both ends decides
    ends = own.layer(0, 1e-13)[1] / 1e-13, own.layer(0, 1e13)[1] / 1e13
    if not np.allclose((ends[0] * low, ends[1] * high), 1, rtol=1e-5):
        return False, "V(x)/x tends to something else"
    falls = certify(lambda t: own.variance_slopes(t.exp())[1], [(np.log(small), np.log(large))])
    told = f"V(x)/x falls from {ends[0]:.5f} to {ends[1]:.5f}: for x from {small:g} to {large:g}"
    return falls.covered, f"{told} {falls}"


@contraction.amendment("numeric")
def another_sum_has_other_limits(
    moments=_limit(-2.0, 4.0), *, omega=-2, tau=4, found=Later(own.settled, 0, 1, -2, 4)
):
    r"""Another $\omega$ has other limits: at $\omega={omega:d}$, $\tau={tau:d}$ the layers settle
    at mean {moments[0]:.2f}, variance {moments[1]:.1f}."""
    return np.allclose(moments, found, rtol=1e-6), "200 layers from (0, 1), by quadrature"


@contraction.range("numeric")
def single_units(narrow=erf(0.1 / 2**0.5), wide=1 - erf(1 / 2**0.5), *, least=0.1):
    r"""Weights drawn from $N(0,1/n)$ have a weight sum of variance 1: {narrow:.0%} of the units
    have $|\omega|<{least:g}$, the range of the paper's theorem, and {wide:.0%} have
    $|\omega|>1$."""
    lines = np.linspace(-least, least, 4001), np.linspace(1, 12, 4001)
    shares = [np.trapezoid(np.exp(-(x**2) / 2), x) / np.sqrt(2 * np.pi) for x in lines]
    right = np.allclose((narrow, wide), (shares[0], 2 * shares[1]), rtol=1e-5)
    return right, f"the normal density integrated: {shares[0]:.4f} and {2 * shares[1]:.4f}"


contraction.rests_on(
    "selu.initialisation",
    "What contracts at initialisation is the average over the units, not the single unit.",
    role="range",
)


@contraction.derivation("numeric")
def ends_of_the_ratio(
    small=LAMBDA**2 * ((1 + ALPHA**2) / 2 - (1 - ALPHA) ** 2 / (2 * pi)),
    large=LAMBDA**2 * (1 / 2 - 1 / (2 * pi)),
):
    r"""$\omega = 0$: the input's mean plays no role, and $\nu \to V(\tau\nu)$ with $V(x)/x$ between
    $\lambda^2(\frac{1+\alpha^2}2 - \frac{(1-\alpha)^2}{2\pi}) = {small:.3f}$ for small and
    $\lambda^2(\frac12 - \frac1{2\pi}) = {large:.3f}$ for large $x$: one positive fixed point if
    $1/\tau$ lies between, else none."""
    found = own.layer(5.0, 1e-13)[1] / 1e-13, own.layer(-3.0, 1e13)[1] / 1e13
    told = f"by quadrature {found[0]:.5f}, {found[1]:.5f}"
    return np.allclose((small, large), found, rtol=1e-5), told


@contraction.derivation("numeric")
def jacobian_by_weight_sum(factor=lambda omega: omega):
    r"""$\tau = 1$: at (0, 1) the first column of the Jacobian is $\omega$ times that at
    $\omega=1$, and the second does not depend on $\omega$."""
    found = [own.jacobian(w) / (factor(w), 1.0) for w in (-2.0, 0.5, 3.0)]
    right = np.allclose(found, own.jacobian(1.0), rtol=1e-4, atol=1e-7)
    return right, "differences at 3 weight sums"


@contraction.derivation("numeric")
def one_dead_mean(factor=lambda mu: (mu + FLOOR) ** 2, root=np.log(FLOOR) / (FLOOR - 1)):
    r"""Without variance the mean follows $\mu \to \lambda\alpha(e^{\omega\mu}-1)$, whose negative
    fixed point multiplies a small variance by $(\mu+\lambda\alpha)^2$: by 1 at
    $\omega = \ln(\lambda\alpha)/(\lambda\alpha-1)$."""
    right = True
    for w in (0.7, 0.8, 0.95):
        mean, _ = own.dead_state(w)
        right &= mean < 0 and abs(factor(mean) / (own.layer(mean, 1e-10, w)[1] / 1e-10) - 1) < 1e-4
    mean, _ = own.dead_state(root)
    return right and abs((mean + FLOOR) ** 2 - 1) < 1e-6, "small variances at 3 weight sums"


@contraction.derivation("numeric")
def two_dead_means(
    other=lambda omega, mu: LAMBDA * omega * mu,
    factor=lambda mu: (LAMBDA * (mu + FLOOR)) ** 2,
    square=np.log(LAMBDA * FLOOR) / (LAMBDA * FLOOR - 1),
):
    r"""For $\omega < 0$ the mean alternates between $\mu < 0$ and $\lambda\omega\mu > 0$, and two
    layers multiply a small variance by $\lambda^2(\mu+\lambda\alpha)^2$: by 1 at
    $\omega^2 = \ln(\lambda^2\alpha)/(\lambda^2\alpha-1)$."""
    right = True
    for w in (-0.8, -0.9, -1.0):
        low, high = sorted(own.dead_state(w))
        right &= abs(other(w, low) / high - 1) < 1e-6
        right &= abs(factor(low) / (own.growth(w) + 1) - 1) < 1e-4
    right &= abs(LAMBDA * (min(own.dead_state(-(square**0.5))) + FLOOR) - 1) < 1e-6
    return right, "small variances at 3 weight sums"


@contraction.derivation("proof", rejects={"falls": lambda r: (r - 1) / r**2})
def each_mean_once(slope=lambda r: (1 - r) / r**2):
    r"""In both, $\ln r/\mu$ with $r=1+\mu/(\lambda\alpha)$ is $\omega$, or $\lambda\omega^2$, and
    $\mu^2$ times its slope in $\mu$ is $1-\frac1r-\ln r$: 0 at $r=1$ with the slope
    $\frac{1-r}{r^2}$, and so negative. Each mean belongs to one weight sum, and beyond it the dead
    state attracts."""
    mu, k, r = sp.symbols("mu k r", positive=True)
    part = 1 - 1 / r - sp.log(r)
    ratio = sp.log(1 + mu / k) / mu
    gaps = mu**2 * sp.diff(ratio, mu) - part.subs(r, 1 + mu / k), sp.diff(part, r) - slope(r)
    right = [sp.simplify(gap) for gap in gaps] == [0, 0] and part.subs(r, 1) == 0
    return right, "both derivatives minus these are 0"


@contraction.badge(
    holds=GOAL + "within 0.001 in layer {layers:d}",
    fails_dead=GOAL
    + "not here, the variance is lost, all units are at {m:.3g} in layer {layers:d}",
    fails_grows=GOAL
    + "not here, the moments grow without limit (layer {layers:d}: mean {m:.1e}, variance {v:.1e})",
    fails_elsewhere=GOAL + "not here, but to mean {m:.3g}, variance {v:.3g}",
    fails_unfixed=GOAL
    + "not here, this is no fixed point; after 40 layers mean {m:.3g}, variance {v:.3g}",
    fails_repels=GOAL + "not here, this point repels, spectral radius {radius:.3f}",
    undecided="at mean {m:.3g}, variance {v:.3g} after 40 layers, still moving",
)
def contraction_at(mean, variance, omega, tau):
    largest = float(spectral_radius(moment_jacobian(0.0, 1.0, omega=omega, tau=tau)))
    m, v = mean, variance
    for layers in range(1, 41):
        old = m, v
        m, v = (float(x[1]) for x in iterate_moments(m, v, 1, omega=omega, tau=tau))
        found = {"m": m, "v": v, "layers": layers}
        if v < min(1e-6, old[1]):
            return "fails_dead", found
        if max(v, abs(m)) > 1e6:
            return "fails_grows", found
        near = max(abs(m), abs(v - 1))
        if tau == 1 and largest < 1 and near < 1e-3:
            return True, found
        if abs(m - old[0]) < 1e-4 and abs(v - old[1]) < 1e-4 * v and near > 0.01:
            return "fails_elsewhere", found
    if tau != 1:
        return "fails_unfixed", found
    return ("fails_repels", {"radius": largest}) if largest >= 1 else (None, found)
