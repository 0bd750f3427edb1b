"""What the data-dependent initialisation standardises."""

import numpy as np
import scipy

from normtheory.claims import Claim, Later, Parameter, sp
from normtheory.theory.precision import TOLERANCE
from normtheory.theory.weight_norm import data_dependent_scale, unit_scatter

KINDS_OF_DATA = ("white", "shifted", "correlated", "rectified")

init = Claim(
    id="weightnorm.init",
    source="My Notes - Weight Normalization",
    says="They first give an initial minibatch to the network and compute mean activation and std "
    "per layer. Then given the initial weight values sampled from mean 0 and std 0.05, they set "
    r"$g = 1/\mathrm{std}$ and $b = -\mathrm{mean}/\mathrm{std}$",
    verdict="amended",
    breaks={"data": "rectified"},
    parameters=(
        Parameter(
            "data", r"\mathrm{data}", "what enters the layer", "rectified", choices=KINDS_OF_DATA
        ),
        Parameter.count("width", "n", "inputs of the layer", 64, (4, 512), (2, 1e5), log=True),
    ),
)


def data_moments(data, width):
    """Mean and covariance eigenvalues of a kind of data, each of shape (width,)."""
    ones = np.ones(width)
    if data == "shifted":
        return ones, ones
    if data == "correlated":
        return 0 * ones, 1 / np.arange(1, width + 1)
    if data == "rectified":
        return ones / np.sqrt(2 * np.pi), ones * (0.5 - 0.5 / np.pi)
    return 0 * ones, ones


def _layers(*, per="unit", scale=data_dependent_scale, at_once=False):
    """Worst departure from mean 0, variance 1 over the units of three rectifier layers."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((96, 20)) + 0.5
    h, raw, worst = x, x, 0.0
    for _ in range(3):
        v = 0.05 * rng.standard_normal((20, 20))
        g, b = scale(raw if at_once else h, v, per=per)
        t = h @ (v * (g / np.sqrt((v**2).sum(axis=1)))[:, None]).T + b
        worst = max(worst, float(np.abs(t.mean(0)).max()), float(np.abs(t.var(0) - 1).max()))
        h, raw = np.maximum(t, 0), np.maximum(raw @ v.T, 0)
    return worst


@init.counterexample("numeric", rejects={"statistics per unit": {"per": "unit"}})
def one_mean_and_one_std(share=unit_scatter(*data_moments("rectified", 20))[0], per="layer"):
    r"""Rectified inputs: one mean and one std for the layer leave {share:.0%} of the mean square
    in the means of the units, and single units far from mean 0 and variance 1."""
    # per input a rectified normal has mean square 1/2 and squared mean 1/(2 pi)
    z = np.linspace(0, 12, 40_001)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    first, second = (np.trapezoid(z**k * density, z) for k in (1, 2))
    worst = _layers(per=per)
    right = abs(share / (first**2 / second) - 1) < 1e-6 and worst > 0.5
    return right, f"20 units, three layers: worst departure {worst:.2g}"


def _without_length(inputs, v, *, per):
    # as the note puts it: statistics of v.x, not of v.x / |v|
    g, b = data_dependent_scale(inputs, v, per=per)
    return g / np.linalg.norm(v, axis=1), b


@init.amendment(
    "numeric",
    rejects={
        "statistics of v.x": _without_length,
        "all layers from one pass through the unscaled network": {"at_once": True},
    },
)
def per_unit_layer_by_layer(scale=data_dependent_scale, at_once=False):
    r"""Per unit, on $t = v\cdot x/\|v\|$, one layer after the other: then every unit of every layer
    has mean 0 and variance 1 on that batch, exactly, whatever the data on which they vary."""
    worst = _layers(scale=scale, at_once=at_once)
    try:
        data_dependent_scale(np.ones((4, 3)), np.ones((1, 3)))
    except ValueError:  # on equal inputs no unit varies
        return worst < TOLERANCE["float64"], "20 units in each of three rectifier layers, batch 96"
    return False, "a unit without variance is given one"


@init.derivation("proof")
def the_unit(unit=lambda t, m, sigma: (t - m) / sigma):
    r"""With these $g$ and $b$ the unit is $(t-m)/\sigma$, $m$ and $\sigma$ those of $t$."""
    t, m, sigma = sp.symbols("t m sigma", positive=True)
    gap = sp.cancel(t / sigma - m / sigma - unit(t, m, sigma))
    return gap == 0, f"g t + b minus this: {gap}"


def _directions():
    """Points and weights on the sphere in 3 dimensions, exact for polynomials of degree 4."""
    height, weight = np.polynomial.legendre.leggauss(4)
    z, t = (x.ravel() for x in np.meshgrid(height, 2 * np.pi * np.arange(8) / 8, indexing="ij"))
    radius = np.sqrt(1 - z**2)
    return np.stack([radius * np.cos(t), radius * np.sin(t), z], axis=1), np.repeat(weight / 16, 8)


@init.derivation("numeric")
def how_units_differ(scatter=unit_scatter, rectified=1 / np.pi, *, sphere=Later(_directions)):
    r"""With one $m$ and $\sigma$ per layer the means $u\cdot\mu$ of random directions $u$ keep the
    share $\|\mu\|^2/(\|\mu\|^2 + \mathrm{tr}\,\Sigma)$ of the mean square, $1/\pi={rectified:.3f}$
    after rectifiers. The variances $u^\top\Sigma u$ differ, too, unless $\Sigma$ is a multiple of
    $I$, as it is for white and for rectified white inputs."""
    directions, weight = sphere
    right = abs(scatter(*data_moments("rectified", 50))[0] / rectified - 1) < 1e-12
    unequal = [data for data in KINDS_OF_DATA if np.ptp(data_moments(data, 50)[1]) > 1e-9]
    right &= unequal == ["correlated"]
    for data in KINDS_OF_DATA:
        mean, spectrum = data_moments(data, 3)
        variance = directions**2 @ spectrum
        between, average = weight @ (directions @ mean) ** 2, weight @ variance
        found = between / (between + average), weight @ (variance - average) ** 2 / average**2
        share, spread = scatter(mean, spectrum)
        right &= np.allclose((share, spread**2), found, rtol=1e-12, atol=1e-12)
    return right, "all directions of 3 inputs, four kinds of data"


def _lengths(rng):
    """Root mean square length of weights of std 0.05, for 64, 400 and 1600 inputs."""
    return {
        n: float(np.sqrt((0.05 * rng.standard_normal((2_000, n)) ** 2 * 0.05).sum(axis=1).mean()))
        for n in (64, 400, 1600)
    }


@init.derivation("simulation", rejects={"too small by the length": lambda n: n**0.5 / 20})
def statistics_without_the_length(
    left=lambda n: 20 / n**0.5, few=20 / 64**0.5, *, lengths=Later(_lengths)
):
    r"""If std is that of $v\cdot x$, the result is too large: its standard deviation is
    $1/\|v\|\approx20/\sqrt n$, {few:.1f} at 64 inputs, 1 at 400 and 1/2 at 1600."""
    right = all(abs(left(n) * length - 1) < 5e-3 for n, length in lengths.items())
    right &= abs(few * lengths[64] - 1) < 5e-3
    v, x = np.random.default_rng(0).standard_normal((2, 40, 64))
    t = x @ v[0]
    right &= abs((t / np.linalg.norm(v[0]) / t.std()).std() * np.linalg.norm(v[0]) - 1) < 1e-12
    told = f"{lengths[64]:.3f}, {lengths[400]:.3f}, {lengths[1600]:.3f}"
    return right, f"lengths {told} of 2,000 draws"


@init.range("numeric")
def on_another_batch(mean=lambda b: (2 / b) ** 0.5, variance=lambda b: 2 / b**0.5, *, size=100_000):
    r"""On another batch of $b$ the means of normal units are off by $\sqrt{2/b}$ and the variances
    by $2/\sqrt b$ (standard deviations, for large $b$)."""
    # (m' - m)/s is Student's t times sqrt(2/(b - 1)), s'²/s² has the F distribution
    spread = scipy.stats.t(size - 1).std() * (2 / (size - 1)) ** 0.5
    found = mean(size) / spread, variance(size) / scipy.stats.f(size - 1, size - 1).std()
    return np.allclose(found, 1, rtol=1e-3), f"Student's t and F distribution at b = {size:,}"


@init.badge(
    holds="one mean and std per layer standardise the units: all units of white data are alike",
    fails="one mean and std per layer standardise the units: not here, {share:.0%} of the mean "
    "square is left in the units' means, and their variances spread by ±{spread:.0%}; per unit is "
    "exact",
)
def init_at(data, width):
    share, spread = unit_scatter(*data_moments(data, width))
    return max(share, spread) < 1e-9, {"share": share, "spread": spread}
