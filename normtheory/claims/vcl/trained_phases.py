"""Littwin & Wolf, Sec. 1: which projection of two clusters the loss that is trained leads to."""

import itertools

import numpy as np
from scipy import optimize
from scipy.special import erfcx

from normtheory.claims import Claim, Later, Parameter
from normtheory.claims.vcl.mixture import WEIGHT
from normtheory.theory.certified import certify
from normtheory.theory.mixtures import EQUAL_VARIANCE_BOUNDARY
from normtheory.theory.trained_minimizer import mixture_loss, trained_boundary

DISTANCE = Parameter.positive(
    "separation",
    r"\Delta",
    "distance of the means, in standard deviations of a component",
    5.0,
    (0.5, 20),
)
RATIO = Parameter.positive(
    "ratio", r"\sigma^2/\beta", "variance over β, the same for both directions", 1.0, (0.1, 20)
)

two_projections = Claim(
    id="vcl.two-projections",
    source="Sec. 1",
    says="When applied to a mixture of two Gaussians, the regularization leads to one of two "
    "possible projections: either the LDA projection that maximally separates between the two "
    "Gaussians, or the orthogonal projection that is least sensitive to their differences",
    verdict="amended",
    breaks={"p": 0.5, "separation": 20.0, "ratio": 5.0},
    parameters=(WEIGHT, DISTANCE, RATIO),
)


def _loss(p, separation, ratio):
    """E[L] at n = 2, the density of the difference of two draws integrated numerically."""
    variance = p * (1 - p) * separation**2 + 1
    beta = variance / ratio
    d = np.linspace(-separation - 16, separation + 16, 8001)
    density = (p * p + (1 - p) ** 2) * np.exp(-np.minimum(d * d / 4, 300))
    for mean in (separation, -separation):
        density = density + p * (1 - p) * np.exp(-np.minimum((d - mean) ** 2 / 4, 300))
    s = d * d / 2
    # the integrands vanish at both ends: the trapezoidal rule converges exponentially
    mean, square, one, two = (
        (density * f).sum() * (d[1] - d[0]) / np.sqrt(4 * np.pi)
        for f in (s, s * s, 1 / (s + beta), 1 / (s + beta) ** 2)
    )
    return 1 - 2 * mean * one + square * two


def _at_best_scale(p, separation):
    return optimize.minimize_scalar(
        lambda log: _loss(p, separation, np.exp(log)), bounds=(-4, 2), method="bounded"
    )


def _wider_is_better(p, separation, ratio, step=1e-3):
    """Whether moving the means apart lowers the loss; without a ratio at the best scale."""
    here = ratio or np.exp(_at_best_scale(p, separation).x)
    return _loss(p, separation * (1 - step), here) > _loss(p, separation * (1 + step), here)


def _least_at(p, separation, ratio):
    """Effective distance with the least loss."""
    found = optimize.minimize_scalar(
        lambda d: float(mixture_loss(p, d, 1.0, 1.0, ratio)),
        bounds=(0, separation),
        method="bounded",
        options={"xatol": 1e-9},
    )
    return float(found.x)


@two_projections.counterexample("numeric")
def neither(
    best=Later(_least_at, 0.5, 20.0, 5.0),
    less=Later(
        lambda: float(
            mixture_loss(0.5, 0.0, 1.0, 1.0, 5.0)
            - mixture_loss(0.5, _least_at(0.5, 20.0, 5.0), 1.0, 1.0, 5.0)
        )
    ),
):
    r"""Equal covariances, $n=2$, $p=\frac12$, $\sigma^2/\beta=5$, means 20 standard deviations
    apart: a direction along which they are {best:.2f} apart has a loss {less:.3f} below that of
    merging, and the LDA direction more than merging."""
    near, here, far = (_loss(0.5, f * best, 5.0) for f in (0.993, 1, 1.007))
    merged, apart = _loss(0.5, 0.0, 5.0), _loss(0.5, 20.0, 5.0)
    right = near > here < far and abs((merged - here) / less - 1) < 1e-3 and apart > merged
    return right, f"least {here:.4f}, merging {merged:.4f}, LDA {apart:.4f}"


@two_projections.amendment("numeric")
def merging_stops_where_theorem_2_says(limit=EQUAL_VARIANCE_BOUNDARY[0]):
    r"""With equal covariances and $n=2$ merging is locally best up to $p=(1-\sqrt{1/3})/2=
    {limit:.4f}$, the boundary of Theorem 2, whatever the distance, for $\sigma^2/\beta$ from
    $\frac1{20}$ to 50."""
    right = True
    for ratio in (0.05, 0.3815, 1.0, 5.0, 50.0):
        less = [_loss(p, 0.03, ratio) < _loss(p, 0.0, ratio) for p in (limit - 2e-4, limit + 2e-4)]
        right &= less == [False, True]
    return right, "σ²/β from 0.05 to 50, 0.0002 on either side"


@two_projections.amendment("numeric")
def where_separating_starts(
    free=Later(lambda: tuple(trained_boundary(d) for d in (1.0, 5.0, 20.0))),
    one=Later(lambda: tuple(trained_boundary(d, 1.0) for d in (1.0, 3.0, 5.0, 20.0))),
    five=Later(lambda: tuple(trained_boundary(d, 5.0) for d in (1.0, 3.0))),
):
    r"""What $\beta$ moves is the other end. Full separation is locally best only from
    $p={free[0]:.4f}$, {free[1]:.4f}, {free[2]:.4f} on for means 1, 5, 20 apart when every direction
    takes its best scale; held at $\sigma^2/\beta=1$ from {one[0]:.4f}, {one[1]:.4f}, {one[2]:.4f},
    {one[3]:.4f} at distance 1, 3, 5, 20; held at 5 from {five[0]:.4f} and {five[1]:.4f} at distance
    1 and 3, and for no $p$ at distance 5."""
    settings = [
        *zip(free, (1, 5, 20), (None,) * 3, strict=True),
        *zip(one, (1, 3, 5, 20), (1.0,) * 4, strict=True),
        *zip(five, (1, 3), (5.0,) * 2, strict=True),
    ]
    right = not _wider_is_better(0.5, 5.0, 5.0)
    for p, distance, ratio in settings:
        right &= _wider_is_better(1.002 * p, distance, ratio)
        right &= not _wider_is_better(0.998 * p, distance, ratio)
        if not right:
            break
    return right, f"{len(settings)} settings, 0.2 % on either side"


@two_projections.amendment("numeric")
def between_the_two(best=Later(_least_at, 0.25, 5.0, 1.0)):
    r"""Between the two ends neither projection is best: for $p=\frac14$, $\sigma^2/\beta=1$ and
    means 5 apart the best direction has them {best:.2f} apart."""
    near, here, far = (_loss(0.25, f * best, 1.0) for f in (0.993, 1, 1.007))
    every = [_loss(0.25, d, 1.0) for d in np.linspace(0, 5, 51)]
    return near > here < far and here <= min(every) + 1e-9, f"least {here:.6f} of 51"


@two_projections.amendment("numeric")
def both_at_once(start=Later(trained_boundary, 20.0, 0.1), *, limit=EQUAL_VARIANCE_BOUNDARY[0]):
    r"""At small $\sigma^2/\beta$ the two ends overlap: at $\frac1{10}$ and distance 20 separating
    is locally best from $p={start:.4f}$ on, while merging still is."""
    right = _wider_is_better(1.003 * start, 20.0, 0.1) and start < limit
    right &= not _wider_is_better(0.997 * start, 20.0, 0.1)
    right &= _loss(1.003 * start, 0.1, 0.1) > _loss(1.003 * start, 0.0, 0.1)
    return right, "0.3 % on either side"


def _per_cumulant(b, inverse):
    """What a small fourth cumulant κ₄ adds to the loss at n = 2, over κ₄, at variance 1: half the
    square of a difference is Z², and means of f(Z²) change by κ₄ E f(Z²) He₄(Z)/48. `inverse` is
    E 1/(Z² + β)."""
    square = inverse / (2 * b) - inverse / 2 + 1 / (2 * b)  # E (Z² + β)⁻²
    moments = b * b + 6 * b + 3
    # E He₄(Z)/(Z² + β)², and E He₄(Z)/(Z² + β)
    second = 1 - (2 * b + 6) * inverse + moments * square
    return square / 2 + second / 16 - (moments * inverse - b - 5) / 24


def _rate(ratio):
    b = 1 / ratio
    return _per_cumulant(b, np.sqrt(np.pi / (2 * b)) * erfcx(np.sqrt(b / 2)))


@two_projections.derivation("certified")
def near_merging(rate=_rate):
    r"""At $n=2$ only differences of two draws enter, which have no third cumulant. Near merging, at
    fixed variance and to leading order in the distance, the loss changes in proportion to the
    fourth cumulant of the projection, at a rate that is positive for all $\sigma^2/\beta$ from
    $\frac1{20}$ to 50."""
    right = True
    for p, ratio in itertools.product((0.1, 0.4), (0.1, 1.0, 20.0)):
        alpha, distance = p * (1 - p), 0.05
        cumulant = alpha * (1 - 6 * alpha) * distance**4 / (alpha * distance**2 + 1) ** 2
        change = _loss(p, distance, ratio) - _loss(p, 0.0, ratio)
        right &= abs(change / cumulant / rate(ratio) - 1) < 5e-3
    if not right:
        return False, "another rate"
    from flint import arb

    def scaled(log):
        b = log.exp()
        root = (b / 2).sqrt()
        return b * _per_cumulant(b, (arb.pi() / (2 * b)).sqrt() * (b / 2).exp() * root.erfc())

    covered = certify(scaled, [(-3.95, 3.0)])
    return covered.covered, f"log β {covered}; by differences of the loss at 6 settings"


two_projections.rests_on(
    "vcl.phase-shift", "The fourth cumulant changes its sign at the boundary of Theorem 2."
)


@two_projections.derivation("numeric")
def closed_form(value=mixture_loss):
    r"""At $n=2$ the sample variance is half the square of a difference, itself a mixture of normal
    variables, so the expected loss is a sum of Voigt profiles."""
    right = True
    for p, distance, ratio in itertools.product((0.1, 0.5), (0.0, 3.0, 8.0), (0.1, 1.0, 5.0)):
        right &= abs(value(p, distance, 1.0, 1.0, ratio) / _loss(p, distance, ratio) - 1) < 1e-8
    # unequal variances: far components, each pair seen as it is
    x, w = np.polynomial.hermite_e.hermegauss(120)
    w = w / w.sum()
    points = np.concatenate([3 + np.sqrt(2) * x, x])
    weights = np.concatenate([0.3 * w, 0.7 * w])
    s = (points[:, None] - points) ** 2 / 2
    variance = weights @ s @ weights
    one, two = (weights @ (1 / (s + variance) ** k) @ weights for k in (1, 2))
    exact = 1 - 2 * variance * one + (weights @ s**2 @ weights) * two
    right &= abs(value(0.3, 3.0, 2.0, 1.0, 1.0) / exact - 1) < 1e-3
    return right, "18 settings with equal variances, one with unequal ones, by quadrature"


@two_projections.badge(
    holds_merge="one of two projections is best: here merging, loss {merged:.4g} against "
    "{apart:.4g}",
    holds_lda="one of two projections is best: here LDA's, loss {apart:.4g} against {merged:.4g}",
    fails="one of two projections is best: not here, the best has the means {best:.3g} apart, loss "
    "{least:.4g} against {merged:.4g} (merging) and {apart:.4g} (LDA)",
)
def projection_at(p, separation, ratio):
    effective = np.linspace(0, separation, 201)
    losses = mixture_loss(p, effective, 1.0, 1.0, ratio)
    merged, apart, k = float(losses[0]), float(losses[-1]), int(losses.argmin())
    numbers = {
        "best": float(effective[k]),
        "least": float(losses[k]),
        "merged": merged,
        "apart": apart,
    }
    if np.ptp(losses) <= 1e-9 * merged:
        return None, {}
    return ("holds_merge" if k == 0 else "holds_lda" if k == 200 else False), numbers
