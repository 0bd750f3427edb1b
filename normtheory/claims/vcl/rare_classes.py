"""Littwin & Wolf, after Theorem 2: which clusters the trained loss parts, and what is too rare."""

import math
from functools import cache

import numpy as np
import scipy
from scipy import optimize

from normtheory.claims import Claim, Later
from normtheory.claims.vcl.beta_force import loss
from normtheory.claims.vcl.mixture import WEIGHT
from normtheory.claims.vcl.patterns import kurtosis_of
from normtheory.theory.certified import certify
from normtheory.theory.mixtures import EQUAL_VARIANCE_BOUNDARY
from normtheory.theory.two_batch_loss import best_ratio, expected_loss

far_means = Claim(
    id="vcl.far-means",
    source="after Theorem 2, Fig. 2",
    says="If both clusters have relatively high prior probabilities, the weights of the unit will "
    "encourage a separation; if one has a small one, they will merge. For $p=0.1<0.2113$ the two "
    "clusters unite, for $p=0.25$ the projection discriminates between them",
    verdict="amended",
    breaks={"p": 0.25},
    parameters=(WEIGHT,),
)


def _two_points(n, p, t):
    """E[L] at σ²/β = t of clusters without width, by the counts of both batches."""
    ones = np.arange(n + 1)
    weights = scipy.stats.binom.pmf(ones, n, p)
    u = ones * (n - ones) / (n * (n - 1) * p * (1 - p))
    below = 1 / (t * u + 1)
    return 1 - 2 * t * (weights @ below) + t * t * (weights @ u**2) * (weights @ below**2)


@cache
def _separated(n, p):
    """The least loss of clusters without width, over all scales."""
    return optimize.minimize_scalar(
        lambda log: _two_points(n, p, math.exp(log)),
        bounds=(-3, 8),
        method="bounded",
        options={"xatol": 1e-9},
    ).fun


def _merged(n):
    """The least loss of the normal distribution."""
    return best_ratio(lambda t: expected_loss("normal", n, t)).loss


@cache
def _boundary(n):
    """From which p on clusters that lie far apart are better parted than merged."""
    merged = _merged(n)
    return optimize.brentq(lambda p: _separated(n, p) - merged, 0.15, 0.4, xtol=1e-9)


def _counted(n, p, t):
    """The loss of clusters without width, from batches written out and their sample variances."""
    batches = np.tril(np.ones((n + 1, n)), -1)
    s = batches.var(axis=1, ddof=1)
    weights = np.array([math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)])
    beta = p * (1 - p) / t
    ratio = s[:, None] / (s + beta)
    return weights @ (1 - ratio) ** 2 @ weights


def _best(function):
    """The scale of the least value, and that value."""
    found = optimize.minimize_scalar(
        lambda log: function(math.exp(log)), bounds=(-1.5, 4.5), method="bounded"
    )
    return math.exp(found.x), found.fun


def _least(function):
    return _best(function)[1]


SIZES = (2, 3, 5, 10, 20)


def _beside(starts):
    """Whether merging is better 0.5 % before, and separation 0.5 % after."""
    for n, start in zip(SIZES, starts, strict=False):
        merged = _least(lambda t, n=n: loss("normal", n, t))
        beside = 0.995 * start, 1.005 * start
        low, high = (_least(lambda t, n=n, p=p: _counted(n, p, t)) for p in beside)
        if not high < merged < low:
            return False
    return True


@far_means.amendment("numeric")
def depends_on_the_size(starts=Later(lambda: tuple(_boundary(n) for n in SIZES))):
    r"""Between the two projections, with equal covariances, means far apart and each at its best
    $\sigma^2/\beta$, the loss that is trained prefers separation from $p={starts[0]:.4f}$,
    {starts[1]:.4f}, {starts[2]:.4f}, {starts[3]:.4f}, {starts[4]:.4f} on at $n=2, 3, 5, 10, 20$."""
    return _beside(starts), "0.5 % on either side, batches written out"


def _sure(n, low, high):
    """Certificates that merging is better for p from 1/20 to `low`, at every scale, and separation
    from `high` to 1/2, at the best scale of the middle of each box. The loss of merging is one
    number, integrated, with a millionth of it as margin.
    """
    from flint import arb

    merged, counts = _least(lambda t: loss("normal", n, t)), range(n // 2 + 1)

    def parted(p, s):
        # k and n - k together; the variance over p(1 - p)β does not depend on p
        v, q = p * (1 - p), 1 - p
        halves = [math.comb(n, k) / (2 if 2 * k == n else 1) for k in counts]
        w = [c * v**k * (p ** (n - 2 * k) + q ** (n - 2 * k)) for k, c in enumerate(halves)]
        u = [k * (n - k) * s / (n * (n - 1)) for k in counts]
        one, two, square = (
            sum(a * f(b) for a, b in zip(w, u, strict=True))
            for f in (lambda b: 1 / (1 + b), lambda b: 1 / (1 + b) ** 2, lambda b: b * b)
        )
        return 1 - 2 * v * s * one + square * two

    def gain(p):
        middle = float(p.mid())
        best = _best(lambda t: _counted(n, middle, t))[0] / (middle * (1 - middle))
        return merged * (1 - 1e-6) - parted(p, arb(best))

    region = [(0.05, low), (-0.2, 7.6)]  # log σ²/β from -1.5 to 4.5, over p(1 - p)
    above = certify(lambda p, log: parted(p, log.exp()) - merged * (1 + 1e-6), region)
    return above, certify(gain, [(high, 0.5)])


@far_means.amendment("certified")
def on_either_side(
    starts=Later(lambda: tuple(_boundary(n) for n in SIZES[:4])), *, before=0.94, after=1.005
):
    r"""This is sure at $n=2, 3, 5, 10$ for all $p$ but those beside the boundary: from
    $\frac1{20}$ to {before:g} of $p={starts[0]:.4f}$, {starts[1]:.4f}, {starts[2]:.4f},
    {starts[3]:.4f} merging is better, from {after:g} of it to $\frac12$ separation."""
    if not _beside(starts):
        return False, "another boundary"
    pairs = [_sure(n, before * p, after * p) for n, p in zip(SIZES, starts, strict=False)]
    told = "; ".join(f"n = {n}: {a}, {b}" for n, (a, b) in zip(SIZES, pairs, strict=False))
    return all(each.covered for pair in pairs for each in pair), told


@far_means.amendment("numeric")
def at_ten(size=10, merged=Later(_merged, 10), parted=Later(_separated, 10, 0.25), *, share=0.25):
    r"""So at $n={size:d}$, the document's size on UCI, $p=\frac14$ is too small for far means:
    merging has {merged:.4f}, and separation tends to {parted:.4f} as they move apart. At $n=2$ it
    is large enough."""
    found = _least(lambda t: loss("normal", size, t)), _least(lambda t: _counted(size, share, t))
    right = np.allclose((merged, parted), found, rtol=1e-3) and found[0] < found[1]
    two = _least(lambda t: loss("normal", 2, t)), _least(lambda t: _counted(2, share, t))
    return right and two[1] < two[0], f"n = 2: {two[0]:.4f} and {two[1]:.4f}"


@far_means.range("numeric")
def largest(size=11, *, limit=EQUAL_VARIANCE_BOUNDARY[0]):
    r"""The boundary is largest at $n={size:d}$; towards large batches it falls to Theorem 2's
    {limit:.4f}, where the loss is a matter of the kurtosis alone."""
    found = {n: _boundary(n) for n in (7, 8, 9, 10, 11, 12, 13)}
    falling = [_boundary(n) for n in (20, 50, 100, 300)]
    right = max(found, key=found.get) == size and falling == sorted(falling, reverse=True)
    return right and limit < falling[-1] < 1.015 * limit, f"n = 300: {falling[-1]:.4f}"


@far_means.badge(
    holds="Theorem 2 says which clusters the loss parts: far ones {way:s} at p = {p:.3g}, which "
    "the loss parts from {two:.4f} on at n = 2, from {ten:.4f} at n = 10",
    fails="Theorem 2 says which clusters the loss parts: not far ones at p = {p:.3g}, which it "
    "parts from {two:.4f} on at n = 2, from {ten:.4f} at n = 10",
)
def far_at(p):
    rare, two, ten = min(p, 1 - p), _boundary(2), _boundary(10)
    said = rare >= EQUAL_VARIANCE_BOUNDARY[0]
    numbers = {"two": two, "ten": ten, "way": "are parted" if said else "merge"}
    return said == (rare >= two) == (rare >= ten), numbers


far_means.rests_on(
    "vcl.two-projections",
    "Merging and separation are the two ends; at finite distances the best direction may lie "
    "between them.",
    role="range",
)


outliers = Claim(
    id="vcl.outliers",
    source="after Theorem 2",
    says="This might be beneficial for preventing overfitting on outliers, since artifacts that "
    "are specific to a small number of training examples have a small prior probability, and will "
    "be discouraged from propagating forward",
    verdict="amended",
)


def _detector(classes):
    """Kurtosis of a unit that answers to one of several equal classes."""
    q = 1 / classes
    return 1 / (q * (1 - q)) - 3


@outliers.amendment("numeric")
def whatever_is_rare(
    artifact=_detector(100), limit=EQUAL_VARIANCE_BOUNDARY[0], *, share=0.01, normal=3
):
    r"""A unit that answers to a share $q$ of the examples alone has $\kappa=\frac1{q(1-q)}-3$,
    {artifact:.1f} at $q={share:g}$, and above the {normal:d} of the normal distribution up to
    $q={limit:.4f}$: such units are discouraged."""
    places = share, limit - 1e-4, limit + 1e-4
    exact, below, above = (kurtosis_of((1, 0), (q, 1 - q)) for q in places)
    right = abs(artifact / exact - 1) < 1e-9
    return right and below > normal > above, f"κ = 3 at {limit:.4f} ± 0.0001"


@outliers.amendment("numeric")
def classes_are_rare_too(first=5, ten=_detector(10), hundred=_detector(100)):
    r"""But so are classes. Of $k$ equal ones each has the prior $\frac1k$, and a unit that detects
    one is discouraged from $k={first:d}$ on: $\kappa={ten:.2f}$ for the ten of CIFAR-10,
    {hundred:.2f} for the hundred of CIFAR-100."""
    found = {k: kurtosis_of(np.eye(k)[0], np.full(k, 1 / k)) for k in (*range(2, 12), 100)}
    start = min(k for k, kappa in found.items() if kappa > 3)
    right = start == first and np.allclose((ten, hundred), (found[10], found[100]), rtol=1e-9)
    return right, f"k = 4, 5: {found[4]:.3f}, {found[5]:.3f}"


@outliers.amendment("numeric")
def invisible(error=0.1, *, prior=0.1, rng):
    r"""Where Theorem 2 merges classes of equal covariances, the unit keeps nothing of the rare
    one: along the best direction both have the same distribution, and the best readout of a class
    of prior {prior:g} errs in a share of {error:g}, as without the unit."""
    density, found = scipy.stats.norm.pdf, []
    for d in (2, 3, 5):
        root, gap = rng.normal(size=(d, d)), rng.normal(0, 2, d)
        cov, a = root @ root.T + 0.2 * np.eye(d), prior * (1 - prior)

        def excess(theta, cov=cov, gap=gap, a=a):
            b, w = (theta @ gap) ** 2, theta @ cov @ theta
            return a * (1 - 6 * a) * b * b / (a * b + w) ** 2

        theta = optimize.minimize(excess, rng.normal(size=d), tol=1e-14).x
        apart = abs(theta @ gap) / math.sqrt(theta @ cov @ theta)

        def wrong(x, apart=apart):
            return min(prior * density(x - apart), (1 - prior) * density(x))

        found.append(scipy.integrate.quad(wrong, -np.inf, np.inf)[0])
    return np.allclose(found, error, rtol=1e-3), "minimised in 2, 3 and 5 dimensions"


outliers.rests_on(
    "vcl.phase-shift",
    "With equal covariances the prior alone decides whether two clusters are merged.",
)
