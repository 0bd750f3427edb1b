"""Standardization loss, Sec. 1 and 3: what it penalises, and what it leaves out."""

import numpy as np
import scipy
from scipy.integrate import quad
from scipy.special import digamma

from normtheory.claims import Claim, Later, sp
from normtheory.claims.stdloss.divergence import COPIES, LAW
from normtheory.theory.gaussian_divergence import divergence_parts, pair_offset
from normtheory.theory.standardization import batch_loss, batch_offset, divergence, shape_cost

gaussian_target = Claim(
    id="stdloss.gaussian-target",
    source="Sec. 1, contribution 1; Sec. 3",
    says="The loss penalises activation patterns that diverge from standardized Gaussian "
    "distributions; it is the KL divergence of the activations' distribution, assumed Gaussian, to "
    "the standard Gaussian",
    verdict="refuted",
    breaks={"law": "two-point"},
    parameters=(LAW,),
)


def _correlated_divergence(rho):
    """KL of two standardized Gaussian units of that correlation from N(0, I), exactly."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(8)
    weights = np.outer(weights, weights) / weights.sum() ** 2
    x, z = nodes[:, None], nodes[None, :]
    y = rho * x + np.sqrt(1 - rho**2) * z
    log_p = -(x**2 - 2 * rho * x * y + y**2) / (2 * (1 - rho**2)) - np.log(1 - rho**2) / 2
    return float((weights * (log_p + (x**2 + y**2) / 2)).sum())


@gaussian_target.counterexample("numeric", rejects={"uncorrelated": {"rho": 0.0}})
def correlated_units(rho=0.9, kl=float(-np.log(1 - 0.9**2) / 2)):
    r"""Within the assumption of a Gaussian: two Gaussian units of mean 0, variance 1 and
    correlation {rho:g} cost exactly 0, and their divergence from $\mathcal N(0,I)$ is
    $-\frac12\log(1-\rho^2)={kl:.3f}$."""
    free = not divergence(np.zeros(2), np.ones(2)).any()
    return free and abs(_correlated_divergence(rho) / kl - 1) < 1e-9, "mean log ratio of densities"


@gaussian_target.counterexample("numeric", rejects={"what a hundredth of a nat is": 0.01})
def batches_of_any_shape(cost=0.0, *, rng):
    """Outside it: activations -1, 1, -1, 1 cost {cost:g}, and so do any values after
    standardization, and any number of equal units."""
    columns = [np.resize([-1.0, 1.0], 64), np.arange(64.0), rng.exponential(size=64), np.eye(64)[0]]
    columns += [rng.standard_normal(64)] * 5
    h = np.stack(columns, axis=1)
    h = (h - h.mean(axis=0)) / h.std(axis=0)
    # by the formula, and by the log of the variance itself
    own = ((h**2).mean(axis=0) - 1 - np.log(h.var(axis=0))).sum() / 2
    right = abs(batch_loss(h) - cost) < 1e-9 and abs(own - cost) < 1e-9
    # and it does charge another variance
    for scale in (1.05, 2.0):
        charged = h.shape[1] * (scale**2 - 1 - np.log(scale**2)) / 2
        right &= abs(batch_loss(scale * h) / charged - 1) < 1e-9
    return right, "two values, a ramp, exponential draws, one outlier, five equal units"


gaussian_target.by_hand(
    "The divergence of a distribution with atoms, and that of equal units, is infinite: they put "
    "weight where a Gaussian has none.",
    "counterexample",
)


@gaussian_target.amendment("proof")
def what_the_loss_leaves_out(
    loss=lambda squares, logs, d: (squares - d - logs) / 2, correlation=lambda logdet: -logdet / 2
):
    r"""It penalises each unit's mean and variance, nothing else:
    $\mathrm{KL}(P\|\mathcal N(0,I))=\frac12\sum_j(\mu_j^2+\sigma_j^2-1-\log\sigma_j^2)
    -\frac12\log\det R+J(P)$, with $R$ the correlation matrix and $J$ the entropy that $P$ lacks
    against a Gaussian of its covariance."""
    squares, logs, logdet, lacks = sp.symbols("S L D J", real=True)
    d = sp.Symbol("d", positive=True)
    # log det(2 pi e Sigma) of Sigma = diag(sigma) R diag(sigma), and -E log N(0, I)
    entropy = (d * sp.log(2 * sp.pi) + d + logs + logdet) / 2 - lacks
    cross = (squares + d * sp.log(2 * sp.pi)) / 2
    parts = loss(squares, logs, d) + correlation(logdet) + lacks
    gap = sp.expand(cross - entropy - parts)
    return gap == 0, f"cross entropy minus entropy minus the three parts = {gap}"


gaussian_target.rests_on(
    "stdloss.max-entropy",
    "The entropy that is lacking is never negative, and neither is the part of the correlations: "
    "the loss is a lower bound.",
    role="amendment",
)


@gaussian_target.amendment("numeric")
def parts_of_other_shapes(parts=divergence_parts):
    """The three parts add up to the divergence for uniform and semicircle distributions and for
    correlated Gaussian units."""
    right = True
    shapes = {
        "uniform": (lambda z: 1 / (2 * np.sqrt(3)), np.sqrt(3)),
        "semicircle": (lambda z: np.sqrt(max(4 - z * z, 0)) / (2 * np.pi), 2.0),
    }
    for law, (density, half) in shapes.items():
        for mean, sigma in ((0.0, 1.0), (0.5, 2.0), (-1.0, 0.4)):

            def integrand(z, density=density, mean=mean, sigma=sigma):
                p = density(z)
                log_q = -((mean + sigma * z) ** 2) / 2 - np.log(2 * np.pi) / 2
                return p * (np.log(max(p, 1e-300) / sigma) - log_q)

            value = quad(integrand, -half, half, limit=200)[0]
            right &= abs(sum(parts(law, mean, sigma)) / value - 1) < 1e-6
    correlated = sum(parts("normal", correlation=[[1, 0.7], [0.7, 1]]))
    right &= abs(correlated / _correlated_divergence(0.7) - 1) < 1e-9
    return right, "by quadrature at three means and scales, and at correlation 0.7"


@gaussian_target.amendment("numeric")
def batches_of_two(alpha=1.5, gain=float(batch_offset(2) - pair_offset(1.5))):
    r"""The expected loss of a batch of 2 is smallest not for the Gaussian but for Wigner's
    semicircle, by {gain:.4f}: at fixed variance it is $\log2-\mathbb E\log|x_1-x_2|$ and a
    constant, convex in the distribution."""
    # E x^2 = 1; for normal values x_1 - x_2 has variance 2
    normal = quad(lambda z: 2 * np.exp(-z * z / 4) * np.log(z) / np.sqrt(4 * np.pi), 0, 40)[0]
    right = abs((1 / 4 - 1 / 2 - normal) / gain - 1) < 1e-5
    # and among symmetric beta distributions it is the semicircle, alpha = 3/2
    right &= all(pair_offset(alpha + d) > pair_offset(alpha) for d in (-0.005, 0.005))
    right &= abs(pair_offset(3 / 2) - np.log(2) - 1 / 4) < 1e-9
    return right, "against the Gaussian by quadrature, and two beta distributions beside it"


def _cosines():
    """k and the mean of cos(kb) over the semicircle's density of b: only the second is not 0."""
    b = sp.Symbol("b")
    density = (1 - sp.cos(2 * b)) / sp.pi
    return [(k, sp.integrate(sp.cos(k * b) * density, (b, 0, sp.pi))) for k in range(1, 5)]


@gaussian_target.derivation("proof")
def its_potential(
    inside=lambda x: x**2 / 4 - sp.Rational(1, 2),
    steeper=lambda z: (z - 1 / z) / 2,
    *,
    terms=Later(_cosines),
):
    r"""Its condition for a minimum: $\mathbb E\log|x-x_2|$ is $x^2/4-\frac12$ in all of the
    semicircle's support, and less beyond, where at $x=z+\frac1z$ its slope is
    $\frac12(z-\frac1z)=\frac12\sqrt{x^2-4}$ smaller."""
    a, z = sp.symbols("a z", positive=True)
    # log|2 cos a - 2 cos b| is the sum of -(2/k) cos(ka) cos(kb), and beyond log z less that of
    # (2/k) z⁻ᵏ cos(kb)
    here = sum(-sp.Rational(2, k) * sp.cos(k * a) * part for k, part in terms)
    far = sp.log(z) - sum(sp.Rational(2, k) * z**-k * part for k, part in terms)
    gap = sp.simplify(sp.expand_trig(here - inside(2 * sp.cos(a))))
    x = z + 1 / z
    less = sp.diff(inside(x) - far, z) - steeper(z) * sp.diff(x, z)
    return gap == sp.simplify(less) == 0, f"inside and beyond minus these: {gap}"


def two_peaks_offset(b, width):
    """What a batch of b adds to the loss for two Gaussian peaks at equal weights, variance 1.

    Given k values in one peak, b s^2 / width^2 is a noncentral chi-squared variable: a Poisson
    mixture of chi-squared ones, whose mean logarithms are digamma functions.
    """
    k = np.arange(b + 1)
    off_centre = 4 * k * (b - k) / b * (1 - width**2) / width**2
    j = np.arange(int(off_centre.max()) + 200)
    with np.errstate(under="ignore"):
        weights = scipy.stats.poisson.pmf(j, off_centre[:, None] / 2)
        logs = weights @ digamma((b - 1) / 2 + j) + np.log(2 * width**2 / b)
    return float(-(scipy.stats.binom.pmf(k, b, 0.5) @ logs) / 2)


def _offset_by_transform(b, width):
    """The same from E e^(-t s^2): E log X is the integral of (e^-t - E e^(-tX)) / t."""
    k = np.arange(b + 1)
    share = scipy.stats.binom.pmf(k, b, 0.5)
    between = 4 * k * (b - k) / b**2 * (1 - width**2)

    def integrand(u):
        t = np.exp(u)
        wide = 1 + 2 * t * width**2 / b
        return np.exp(-t) - share @ (wide ** (-(b - 1) / 2) * np.exp(-t * between / wide))

    with np.errstate(under="ignore"):
        return -quad(integrand, -30, 60, limit=500, points=[0, 3], epsabs=1e-11)[0] / 2


def _normal_offset(b):
    # the mean logarithm of a chi-squared variable
    return (np.log(b / 2) - digamma((b - 1) / 2)) / 2


def _extra_cost(b):
    return two_peaks_offset(b, 0.3) - batch_offset(b)


PEAKED = (2, 3, 4, 16)


@gaussian_target.amendment("numeric")
def two_peaks(
    two=Later(_extra_cost, 2),
    three=Later(_extra_cost, 3),
    four=Later(_extra_cost, 4),
    sixteen=Later(_extra_cost, 16),
    *,
    width=0.3,
    found=Later(lambda: {b: _offset_by_transform(b, 0.3) - _normal_offset(b) for b in PEAKED}),
    cheaper=Later(lambda: [two_peaks_offset(b, 0.3) < _normal_offset(b) for b in range(2, 129)]),
):
    r"""Two peaks of width {width:g}, of mean 0 and variance 1 together, cost {two:+.3f},
    {three:+.3f}, {four:+.3f} and {sixteen:+.3f} against a Gaussian in batches of 2, 3, 4 and 16:
    batches from 4 to 128 values prefer them, smaller ones do not."""
    claimed = dict(zip(PEAKED, (two, three, four, sixteen), strict=True))
    right = all(abs(found[b] / claimed[b] - 1) < 1e-3 for b in PEAKED)
    return right and cheaper == [False] * 2 + [True] * 125, "by the transform of s²"


def _offsets_of_large_batches(b):
    """(kurtosis, offset) of a Gaussian and of two peaks of two widths."""
    found = [(3, _normal_offset(b))]
    for width in (0.3, 0.6):
        between = 1 - width**2
        kappa = between**2 + 6 * between * width**2 + 3 * width**4
        found.append((kappa, _offset_by_transform(b, width)))
    return found


@gaussian_target.amendment("numeric")
def large_batches(cost=shape_cost, *, b=400, found=Later(_offsets_of_large_batches, 400)):
    r"""In large batches the shape costs $\frac{\kappa+1}{4b}$ to first order, with $\kappa$ the
    kurtosis: $-\frac12\mathbb E\log(s^2/\sigma^2)=\frac1{2b}+\frac{\kappa-1}{4b}+\dots$"""
    right = all(abs(offset / cost(b, kappa) - 1) < 1e-2 for kappa, offset in found)
    return right, f"b = {b}: a Gaussian and two peaks, two widths"


gaussian_target.rests_on(
    "stdloss.batch-size",
    "In a batch the mean and the variance cost what they cost in expectation, and the shape enters "
    "through the mean logarithm of the sample variance alone; a distribution with an atom costs "
    "infinitely much, so that peaks must not be perfectly sharp.",
)


@gaussian_target.badge(
    holds="the loss is the divergence from a standard Gaussian: both are 0",
    fails="the loss is the divergence from a standard Gaussian: not here, the loss is 0 and the "
    "divergence {total:.3g}",
    fails_infinite="the loss is the divergence from a standard Gaussian: not here, the loss is 0 "
    "and the divergence infinite",
)
def gaussian_target_at(law):
    total = np.inf if law == COPIES else divergence_parts(law).total
    if total == np.inf:
        return "fails_infinite", {}
    return total == 0, {"total": total}
