"""Joo et al., Sec. 3: the sliced Wasserstein distance beside the Wasserstein distance."""

import numpy as np
from scipy.special import gammainc, gammaln, ndtr, roots_legendre

from normtheory.claims import Claim, Later, Parameter
from normtheory.claims.per.gradient import D
from normtheory.claims.per.quadrature import (
    directions,
    distance_to_point,
    line_distance,
    over_sphere,
)
from normtheory.claims.per.wasserstein import point_mass_factor
from normtheory.theory.radial_laws import scaled_normal_distance, scaled_normal_sliced_distance
from normtheory.theory.sliced_gap import (
    nearest_point_bound,
    ripple_distance,
    ripple_sliced_distance,
    sample_sliced_bound,
)
from normtheory.theory.sphere_average import mean_projection

sliced_equivalence = Claim(
    id="per.sliced-equivalence",
    source="Sec. 3",
    says="The sliced Wasserstein and the Wasserstein distance are equivalent metrics (in which "
    "sense is not said: with the same convergent sequences, or within constant factors)",
    verdict="amended",
    breaks={"n": 256, "d": 64},
    parameters=(
        Parameter.count("n", "n", "sample drawn from N(0, I)", 256, (1, 4096), log=True),
        D,
    ),
)


def _rippled(k):
    """W₁ between φ(x)(1 + sin kx) and φ, by sums: ∫|∫φ sin|."""
    x, step = np.linspace(-9, 9, 18_001, retstep=True)
    ripple = np.exp(-x * x / 2) * np.sin(k * x) / np.sqrt(2 * np.pi)
    # trapezoids between the points
    gathered = np.concatenate([[0.0], np.cumsum((ripple[1:] + ripple[:-1]) / 2)]) * step
    return float(np.abs(gathered).sum() * step)


def _rippled_slices(k, d):
    """The same averaged over slices: a slice at angle a has wave number k cos(a), damped."""
    nodes, weights = roots_legendre(32)
    angle = min(np.pi / 2, 9 / k) * (nodes + 1) / 2
    density = weights * np.sin(angle) ** (d - 2)
    seen = [np.exp(-((k * np.sin(a)) ** 2) / 2) * _rippled(k * np.cos(a)) for a in angle]
    total = np.sqrt(np.pi) / 2 * np.exp(gammaln((d - 1) / 2) - gammaln(d / 2))
    return float(min(np.pi / 2, 9 / k) / 2 * density @ seen / total)


def _ripples():
    """(k, d) -> (W₁, SW₁) by sums."""
    return {(k, d): (_rippled(k), _rippled_slices(k, d)) for d in (2, 3) for k in (5.0, 10.0, 20.0)}


@sliced_equivalence.counterexample("numeric")
def rippled_distributions(
    distance=ripple_distance,
    sliced=ripple_sliced_distance,
    ratios=Later(lambda: [ripple_distance(k) / ripple_sliced_distance(k, 2) for k in (5, 10, 20)]),
    *,
    found=Later(_ripples),
):
    r"""Along the distributions $\gamma\,(1+\sin(kx_1))$, $\gamma=N(0,I)$, $W_1/SW_1$ to $\gamma$
    grows without bound: in two dimensions it is {ratios[0]:.2f}, {ratios[1]:.1f} and
    {ratios[2]:.1f} at $k=5,10,20$."""
    right = all(abs(distance(k) / near - 1) < 1e-3 for (k, _), (near, _) in found.items())
    right &= all(abs(sliced(*at) / far - 1) < 1e-3 for at, (_, far) in found.items())
    own = [near / far for (_, d), (near, far) in found.items() if d == 2]
    return right and np.allclose(ratios, own, rtol=2e-3), "six settings by sums"


@sliced_equivalence.amendment("numeric")
def one_way_with_a_constant(constant=mean_projection):
    r"""$SW_1\leq\mathbb{E}|\theta_1|\,W_1$, as $|\langle\theta,x-y\rangle|$ averages to
    $\mathbb{E}|\theta_1|\,\|x-y\|$, with equality for scaled normal distributions."""
    most, least = 0.0, np.inf
    for d in (2, 3, 6, 50):
        # |s - 1| of E|Z₁| and of E‖Z‖, both by quadrature
        ratio = line_distance([0.0]) / distance_to_point(0.0, d) / constant(d)
        pairs = [(scaled_normal_sliced_distance(s), scaled_normal_distance(s, d)) for s in (0.2, 3)]
        ratios = [ratio, *(near / far / constant(d) for near, far in pairs)]
        most, least = max(most, *ratios), min(least, *ratios)
    return abs(most - 1) < 1e-8 and abs(least - 1) < 1e-8, "d = 2, 3, 6, 50 by quadrature"


sliced_equivalence.by_hand(
    "In the sense of convergence the two are equivalent among distributions with a first moment; "
    r"within constant factors they are not. The known bound by a power of $SW_1$ needs a common "
    "bounded support, and is weaker with every unit.",
    "amendment",
)


def _falls(low=20.0, high=40.0):
    """W₁ at `high` times `high`, and the slope of SW₁ in log k by dimension."""
    slopes = {d: np.log2(_rippled_slices(low, d) / _rippled_slices(high, d)) for d in (2, 3, 5)}
    return _rippled(high) * high, slopes


@sliced_equivalence.amendment("numeric", rejects={"the power 1/(d + 1)": lambda d: d + 1})
def no_better_power(power=lambda d: d, level=2 / np.pi, *, found=Later(_falls)):
    r"""Along the ripples $W_1\sim\frac2\pi/k$ and $SW_1\sim k^{-d}$, so no bound
    $W_1\leq C\,SW_1^a$ holds with $a>1/d$."""
    near, slopes = found
    right = [abs(fall / power(d) - 1) < 8e-3 for d, fall in slopes.items()]
    return abs(near / level - 1) < 5e-3 and all(right), "k from 20 to 40 at d = 2, 3, 5, by sums"


@sliced_equivalence.derivation("numeric")
def first_moments(factor=point_mass_factor, *, rng):
    r"""$SW_1\to0$ brings the characteristic functions along, and the first moments, since
    $|\int\|x\|d\nu-\int\|x\|d\gamma|\leq SW_1/\mathbb{E}|\theta_1|$, with equality for scaled
    normal distributions: together that is convergence in $W_1$."""
    most = 0.0
    for d in (2, 5, 20):
        norm, line = distance_to_point(0.0, d), line_distance([0.0])
        if abs(norm / (factor(d) * line) - 1) > 1e-8:
            return False, f"no equality at d = {d}"
        theta = directions(d, 400, rng)
        for scale in (0.0, 0.5, 3.0):
            h = scale * rng.standard_normal((60, d))
            moment = abs(float(np.linalg.norm(h, axis=1).mean()) - norm)
            most = max(most, moment / (factor(d) * np.mean([line_distance(h @ t) for t in theta])))
    # the mean over 400 slices has an error of its own
    return most < 1.02, "equality in 2, 5 and 20 dimensions; 9 samples"


sliced_equivalence.by_hand(
    r"A direction at an angle $a$ to the first axis sees the ripples with wave number $k\cos a$, "
    r"damped by a normal density in $k\sin a$: only directions near the axis see them."
)


@sliced_equivalence.derivation("numeric")
def samples_look_near(
    constant=Later(sample_sliced_bound, 1),
    points=nearest_point_bound,
    ratio=Later(lambda: nearest_point_bound(512, 64) / sample_sliced_bound(512)),
):
    r"""A sample of $n$ draws from $\gamma$ has a mean $SW_1$ of at most
    $\int\sqrt{\Phi(1-\Phi)}/\sqrt n={constant:.4f}/\sqrt n$ in any dimension (by the standard
    deviation of a binomial share at every place), while
    $W_1\geq\mathbb{E}\min_i\|Z-h_i\|\geq\int(1-n\,P(\|Z\|\leq t))^+dt$: at $n=512$ and $d=64$ at
    least {ratio:.1f} times as much."""
    y, step = np.linspace(-30, 30, 60_001, retstep=True)
    own = float(np.sqrt(ndtr(y) * ndtr(-y)).sum() * step)
    right = abs(constant / own - 1) < 1e-6
    for n, d in ((1, 2), (32, 8), (512, 8), (512, 64)):
        t, step = np.linspace(0, np.sqrt(d) + 9, 100_001, retstep=True)
        far = float(np.maximum(0, 1 - n * gammainc(d / 2, t * t / 2)).sum() * step)
        right &= abs(points(n, d) / far - 1) < 2e-3
    return right and abs(ratio * own / np.sqrt(512) / far - 1) < 2e-3, "by sums over a grid"


@sliced_equivalence.range("numeric")
def unbounded_supports(sliced=lambda far, d: far * mean_projection(d)):
    r"""For $d=1$ the two are equal. Over unbounded supports no power below 1 can hold: point masses
    at 0 and at distance $R$ have $W_1=R$ and $SW_1=R\,\mathbb{E}|\theta_1|$."""
    own = [over_sphere(lambda u, far=far: np.abs(far * u), d) for far in (1.0, 1e3) for d in (2, 9)]
    wanted = [sliced(far, d) for far in (1.0, 1e3) for d in (2, 9)]
    return np.allclose(own, wanted, rtol=1e-3), "R = 1 and 1000, d = 2 and 9"


@sliced_equivalence.badge(
    holds="Sec. 3: in one dimension the two distances are the same, for every sample",
    fails="Sec. 3: equivalent, but not within a constant factor: W₁ of a sample is at least "
    "{ratio:.3g} times a bound on its mean SW₁, for point masses {factor:.3g} times",
    undecided="Sec. 3: equivalent within a constant factor? This sample does not say: W₁ is at "
    "least {ratio:.3g} times a bound on its mean SW₁",
)
def equivalence_at(n, d):
    if d == 1:
        return True, {}
    ratio, factor = nearest_point_bound(n, d) / sample_sliced_bound(n), point_mass_factor(d)
    return False if ratio > factor else None, {"ratio": ratio, "factor": factor}
