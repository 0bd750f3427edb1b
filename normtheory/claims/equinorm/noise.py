"""EquiNorm, Sec. 6.1: whether its batch statistics have less noise than BatchNorm's."""

import numpy as np
from scipy.optimize import brentq

from normtheory.claims import Claim, Later, Parameter, sp
from normtheory.theory.equinorm_statistics import batch_noise

BATCH = Parameter.count("batch", "B", "examples in a batch", 128, (4, 512), (2, 4096), log=True)
CHANNELS = Parameter.count("channels", "C", "input channels", 96, (2, 512), (1, 4096), log=True)
CORRELATION = Parameter(
    name="correlation",
    symbol=r"\rho",
    meaning="correlation of any two channels before the ReLU",
    default=0.0,
    domain=(0, 0.95),
    closed=True,
)
MEAN = 1 / np.sqrt(2 * np.pi)  # of a rectified standard normal

noisy = Claim(
    id="equinorm.batch-noise",
    source="Sec. 6.1",
    says="The batch statistics have less noise with EquiNorm than with BatchNorm (believed to "
    "cause its overfitting)",
    verdict="amended",
    breaks={"channels": 2, "correlation": 0.0},
    parameters=(BATCH, CHANNELS, CORRELATION),
)


def _covariance(correlation):
    """Of two rectified normals: the arc-cosine kernel, independent of the quadrature."""
    angle = np.arccos(correlation)
    return (np.sin(angle) + (np.pi - angle) * correlation) / (2 * np.pi) - MEAN**2


def _noise_gap(channels, correlation, batch):
    """Draws of EquiNorm's minus BatchNorm's squared change of one output between two batches."""
    w = np.repeat([1.0, -1.0], channels // 2)
    deviation = np.sqrt(channels * (_covariance(1.0) - _covariance(correlation)))
    total = channels * MEAN / 2  # what the denominator tends to

    def inputs(rng, *shape):
        common = rng.standard_normal((*shape, 1), dtype=np.float32)
        own = rng.standard_normal((*shape, channels), dtype=np.float32)
        own *= np.float32(np.sqrt(1 - correlation))
        own += np.float32(np.sqrt(correlation)) * common
        return np.maximum(own, 0, out=own)

    def equilibrium(v, example):
        shifted = w - ((v @ w) / v.sum(axis=1))[:, None]
        below = (np.maximum(shifted, 0) * v).sum(axis=1)
        return (shifted * example).sum(axis=1) / below * total / deviation

    def standardized(x, example):
        y = x @ w.astype(np.float32)
        return (example @ w - y.mean(axis=1)) / y.std(axis=1)

    def draw(rng, size):
        example = inputs(rng, size)
        batches = [inputs(rng, size, batch) for _ in range(2)]
        one, other = (equilibrium(x.mean(axis=1, dtype=float), example) for x in batches)
        own = (one - other) ** 2
        one, other = (standardized(x, example) for x in batches)
        return own - (one - other) ** 2

    return draw


def _measured(channels, correlation, replicates, rng):
    """The gap in standard errors, from batches of 32; and the first-order ratio of the noises, from
    drawn moments."""
    draw = _noise_gap(channels, correlation, batch=32)
    gap = np.concatenate([draw(rng, 500) for _ in range(replicates // 500)])
    common, own = rng.standard_normal((200_000, 1)), rng.standard_normal((200_000, channels))
    x = np.maximum(np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own, 0)
    total, y = x.sum(axis=1), x @ np.repeat([1.0, -1.0], channels // 2)
    square = (total**2).mean() / total.mean() ** 2
    kurtosis = (y**4).mean() / (y**2).mean() ** 2
    ratio = (square + square - 1) / (1 + (kurtosis - 1) / 4)
    return gap.mean() / (gap.std() / np.sqrt(gap.size)), ratio


@noisy.counterexample("simulation")
def few_or_correlated_channels(
    two=batch_noise(2).ratio,
    eight=batch_noise(8, 0.5).ratio,
    *,
    correlation=0.5,
    pair=Later(_measured, 2, 0.0, 20_000),
    correlated=Later(_measured, 8, 0.5, 12_000),
):
    r"""EquiNorm adds {two:.2f} times BatchNorm's variance to an output of two uncorrelated
    rectified normal inputs with weights of equal size, and {eight:.2f} times with eight inputs of
    correlation {correlation:g} before the rectifier."""
    right = abs(pair[1] / two - 1) < 0.007 and abs(correlated[1] / eight - 1) < 0.007
    return right and min(pair[0], correlated[0]) > 4, "noisier in batches of 32, too"


@noisy.amendment("simulation")
def many_channels(share=batch_noise(32).ratio, *, found=Later(_measured, 32, 0.0, 6_000)):
    r"""With enough input channels that are hardly correlated it is less: {share:.2f} times with 32
    uncorrelated ones."""
    return abs(found[1] / share - 1) < 0.007 and found[0] < -4, "quieter in batches of 32, too"


def _uncorrelated(channels):
    """EquiNorm's and BatchNorm's scale noise, from the moments of a rectified normal."""
    second, third, fourth = 1 / 2, 2 * MEAN, 3 / 2
    variance = second - MEAN**2
    central = fourth - 4 * MEAN * third + 6 * MEAN**2 * second - 3 * MEAN**4
    kurtosis = 3 + (central / variance**2 - 3) / channels
    return variance / MEAN**2 / channels, (kurtosis - 1) / 4


@noisy.amendment("proof")
def where_it_turns(scale=4, both=8, limit=2 / 3, *, many=4096):
    r"""From {scale:d} uncorrelated channels on the scale is less noisy, from {both:d} scale and
    shift together, and with very many channels EquiNorm adds {limit:.2f} of BatchNorm's variance
    (even numbers of channels)."""
    z, c = sp.symbols("z C", positive=True)
    density = sp.exp(-z * z / 2) / sp.sqrt(2 * sp.pi)
    powers = [sp.integrate(z**k * density, (z, 0, sp.oo)) for k in range(1, 5)]
    first, second, third, fourth = powers
    variance = second - first**2
    central = fourth - 4 * first * third + 6 * first**2 * second - 3 * first**4
    own, other = variance / first**2 / c, (2 + (central / variance**2 - 3) / c) / 4
    # times C both differences are linear in C, and rise
    gaps = [sp.Poly(sp.expand(c * (other - k * own)), c) for k in (1, 2)]
    turns = [2 * (sp.floor(-gap.coeff_monomial(1) / gap.coeff_monomial(c) / 2) + 1) for gap in gaps]
    right = turns == [scale, both] and abs(limit * (1 + sp.limit(other, c, sp.oo)) - 1) < 1e-9
    for channels in (2, 8, many):
        a, b = (float(each.subs(c, channels)) for each in (own, other))
        right &= abs(batch_noise(channels).ratio * (1 + b) / (1 + 2 * a) - 1) < 1e-6
        right &= abs(batch_noise(channels).scale_ratio * b / a - 1) < 1e-6
    return bool(right), "times their number the differences are linear in the channels"


def _ratio_of_endless_channels(correlation):
    """Given what the channels share, y is normal; its variance is averaged on a grid."""
    z = np.linspace(-9, 9, 1201)
    weight = np.exp(-z * z / 2)
    weight /= weight.sum()
    x = np.maximum(np.sqrt(correlation) * z[:, None] + np.sqrt(1 - correlation) * z, 0)
    mean = x @ weight
    variance = x**2 @ weight - mean**2
    square = weight @ mean**2 / (weight @ mean) ** 2
    kurtosis = 3 * (weight @ variance**2) / (weight @ variance) ** 2
    return (2 * square - 1) / (1 + (kurtosis - 1) / 4)


@noisy.amendment("numeric")
def correlated_channels(
    turn=Later(brentq, lambda rho: batch_noise(4096, rho).ratio - 1, 0.1, 0.5),
    *,
    found=Later(brentq, lambda rho: _ratio_of_endless_channels(rho) - 1, 0.1, 0.5),
):
    r"""With a correlation of {turn:.2f} or more before the rectifier it adds more, however many
    channels there are."""
    above = [batch_noise(channels, found + 0.01).ratio > 1 for channels in (2, 8, 64, 4096)]
    return abs(found / turn - 1) < 5e-3 and all(above), f"endless channels: {found:.4f}"


@noisy.derivation("numeric")
def moments_of_two_channels(noise=batch_noise):
    r"""The shift has $\mathbb E[X^2]/\mathbb E[X]^2$ times the variance of BatchNorm's and is never
    less noisy, with $X$ the sum of an example's inputs; the scale has
    $\mathrm{Var}(X)/\mathbb E[X]^2$, against $(\kappa-1)/4$."""
    theta, right = (np.arange(100_000) + 0.5) * 2 * np.pi / 100_000, True
    for correlation in (0.0, 0.3, 0.8):
        one = np.maximum(np.cos(theta), 0)
        other = np.maximum(np.cos(theta - np.arccos(correlation)), 0)
        # in polar coordinates, E[radius^2] = 2 and E[radius^4] = 8
        square, fourth = 2 * ((one - other) ** 2).mean(), 8 * ((one - other) ** 4).mean()
        total = 2 * ((one + other) ** 2).mean() / (2 * MEAN) ** 2
        own = (total, total - 1, 1, (fourth / square**2 - 1) / 4)
        right &= np.allclose(noise(2, correlation), own, rtol=1e-6)
    return right, "two channels, three correlations, integrated over the angle"


@noisy.derivation("numeric")
def a_single_channel(equinorm=np.pi - 1, batchnorm=1 / 2):
    r"""A rectified normal has $\mathrm{Var}/\mathbb E^2=\pi-1={equinorm:.2f}$: one channel is
    noisier than $(\kappa-1)/4\to{batchnorm:g}$. Independent channels divide it by their number,
    correlated ones do not."""
    found = [_uncorrelated(1)[0], 64 * batch_noise(64).equilibrium_scale]
    right = np.allclose(found, equinorm, rtol=1e-9)
    return right and abs(_uncorrelated(10**6)[1] / batchnorm - 1) < 1e-5, "1, 64 and 10⁶ channels"


noisy.by_hand(
    r"Both methods make the batch mean zero; to first order EquiNorm's shift moves an example by "
    r"BatchNorm's amount times $X/\mathbb EX$."
)
noisy.by_hand(
    r"The denominator is half of $\sum_cv_c|w'_c|$, because $\sum_cv_cw'_c$ vanishes: a mean over "
    "channels and batch."
)
noisy.rests_on(
    "vcl.variance-of-variance",
    "To first order the inverse standard deviation has a quarter of the relative variance of the "
    "sample variance.",
)
noisy.by_hand(
    "This is the first order in the inverse batch size, which scales both alike. Brightness "
    "differences between images are such a correlation, so which side a real network is on is a "
    "measurement.",
    "range",
)


@noisy.badge(
    holds="less noise than BatchNorm: added variance {own:.3g} against {other:.3g} to first order "
    "({even:d} channels; which is less does not depend on the batch size)",
    fails="less noise than BatchNorm: not here, added variance {own:.3g} against {other:.3g} to "
    "first order ({even:d} channels; which is less does not depend on the batch size)",
)
def batch_noise_at(batch, channels, correlation):
    even = max(channels + channels % 2, 2)
    noise = batch_noise(even, correlation)
    own = (noise.equilibrium_shift + noise.equilibrium_scale) / batch
    other = (noise.batchnorm_shift + noise.batchnorm_scale) / batch
    return noise.ratio < 1, {"own": own, "other": other, "even": even}
