"""EquiNorm, Sec. 6.1: whether its batch statistics have less noise than BatchNorm's."""

import numpy as np

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.claim import Parameter
from normtheory.theory.equilibrium_statistics import batch_noise
from normtheory.theory.montecarlo import estimate
from normtheory.theory.precision import relative_error

BATCH = Parameter(
    name="batch",
    symbol="B",
    meaning="examples in a batch",
    default=128,
    domain=(2, 4096),
    closed=True,
    typical=(4, 512),
    integer=True,
    log=True,
)
CHANNELS = Parameter(
    name="channels",
    symbol="C",
    meaning="input channels",
    default=96,
    domain=(1, 4096),
    closed=True,
    typical=(2, 512),
    integer=True,
    log=True,
)
CORRELATION = Parameter(
    name="correlation",
    symbol=r"\rho",
    meaning="correlation of any two channels before the ReLU",
    default=0.0,
    domain=(0, 0.95),
    closed=True,
)

MEAN = 1 / np.sqrt(2 * np.pi)  # of a rectified standard normal


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
        return batch / 2 * (own - (one - other) ** 2)

    return draw


def _compared(setting, rng):
    channels, correlation = setting
    # as many replicates as put the expected difference some fifteen standard errors from zero
    replicates = {2: 40_000, 8: 24_000, 32: 10_000}[channels]
    draw = _noise_gap(channels, correlation, batch=32)
    found = estimate(draw, rng, replicates=replicates, chunk=500)
    return found, (
        f"{channels} channels of correlation {correlation:g}: batch x (EquiNorm's - BatchNorm's "
        f"added variance) = {found.mean:.2g}"
    )


def _noisier(setting, rng):
    found, detail = _compared(setting, rng)
    return Outcome(found.interval()[0] > 0, detail)


def _quieter(setting, rng):
    found, detail = _compared(setting, rng)
    return Outcome(found.interval()[1] < 0, detail)


def _moments_by_angle(formula, rng):
    """Two channels in polar coordinates: an integral over the angle, not over a common factor."""
    worst = 0.0
    theta = (np.arange(200_000) + 0.5) * 2 * np.pi / 200_000
    for correlation in (0.0, 0.3, 0.8):
        one = np.maximum(np.cos(theta), 0)
        other = np.maximum(np.cos(theta - np.arccos(correlation)), 0)
        # E[radius^2] = 2, E[radius^4] = 8
        square, fourth = 2 * ((one - other) ** 2).mean(), 8 * ((one - other) ** 4).mean()
        total = 2 * ((one + other) ** 2).mean() / (2 * MEAN) ** 2
        found = formula(2, correlation)
        worst = max(
            worst,
            relative_error(found.equilibrium_shift, total),
            relative_error(found.equilibrium_scale, total - 1),
            relative_error(4 * found.batchnorm_scale + 1, fourth / square**2),
        )
    return Outcome(
        worst < 1e-6,
        "two channels, three correlations: quadrature over a common factor and over the angle "
        + ("agree to 6 digits" if worst < 1e-6 else f"differ by {worst:.2g}"),
    )


def _scaled(channels, correlation):
    noise = batch_noise(channels, correlation)
    return noise._replace(equilibrium_scale=1.02 * noise.equilibrium_scale)


def _crossing(claimed, rng):
    found = []
    for limit, attribute in [(2, "scale_ratio"), (2, "ratio")]:
        channels = limit
        while getattr(batch_noise(channels), attribute) >= 1:
            channels += 2
        found.append(channels)
    many = batch_noise(4096)
    correlation = np.linspace(0, 0.5, 501)
    lasting = [batch_noise(4096, c).ratio for c in correlation]
    found.append(round(float(correlation[np.searchsorted(lasting, 1.0)]), 2))
    return Outcome(
        found == claimed and abs(many.ratio - 2 / 3) < 1e-3,
        f"uncorrelated: quieter in the scale from {found[0]}, altogether from {found[1]} channels; "
        f"4096 channels: ratio {many.ratio:.3f}, above 1 from correlation {found[2]}",
    )


def _batch_noise_standing(batch, channels, correlation):
    even = max(channels + channels % 2, 2)
    noise = batch_noise(even, correlation)
    own = (noise.equilibrium_shift + noise.equilibrium_scale) / batch
    other = (noise.batchnorm_shift + noise.batchnorm_scale) / batch
    return Standing(
        "holds" if noise.ratio < 1 else "fails",
        f"added variance {own:.3g} against BatchNorm's {other:.3g} ({even} channels)",
    )


BATCH_NOISE = Claim(
    id="equinorm.batch-noise",
    source="Sec. 6.1",
    statement="the batch statistics have less noise with EquiNorm than with BatchNorm (believed "
    "to cause its overfitting)",
    verdict="amended",
    parameters=(BATCH, CHANNELS, CORRELATION),
    at=_batch_noise_standing,
    amendment="with enough input channels that are hardly correlated. For rectified normal inputs "
    "and weights of equal size: from 4 uncorrelated channels the scale is less noisy, from 8 scale "
    "and shift together, and with many channels EquiNorm adds 2/3 of BatchNorm's variance to an "
    "output. With a correlation of 0.21 or more before the rectifier it adds more, however many "
    "channels there are. Its shift is never less noisy than BatchNorm's: on average "
    r"$\mathbb E[X^2]/\mathbb E[X]^2$ times as noisy, $X$ the sum of an example's inputs.",
    derivation=(
        r"Both methods make the batch mean zero; to first order EquiNorm's shift moves an example "
        r"by BatchNorm's amount times $X/\mathbb EX$.",
        r"The denominator is $\frac12\sum_cv_c|w'_c|$ because $\sum_cv_cw'_c=0$: a mean over "
        r"channels and batch, of relative variance $\mathrm{Var}(X)/(B\,\mathbb E[X]^2)$ for "
        r"weights of equal size.",
        r"BatchNorm's $1/\hat\sigma$ has relative variance $(\kappa-1)/(4B)$.",
        r"A rectified normal has $\mathrm{Var}/\mathbb E^2=\pi-1=2.14$: one channel is noisier than"
        r" $(\kappa-1)/4=1/2$, $C$ independent ones divide it by $C$, correlated ones do not.",
    ),
    remark="First order in 1/batch; the batch size scales both alike. Brightness differences "
    "between images are such a correlation, so which side a real network is on is a measurement. "
    "Normalizing by the first quarter of the batch multiplies all of this by 4.",
    evidence=(
        Evidence(
            kind="simulation",
            shows="with two channels EquiNorm is the noisier",
            check=_noisier,
            subject=(2, 0.0),
            mutant=(32, 0.0),
            mutation="32 channels",
        ),
        Evidence(
            kind="simulation",
            shows="with eight correlated channels EquiNorm is the noisier",
            check=_noisier,
            subject=(8, 0.5),
            mutant=(32, 0.0),
            mutation="32 uncorrelated channels",
        ),
        Evidence(
            kind="simulation",
            shows="with 32 uncorrelated channels EquiNorm is less noisy",
            check=_quieter,
            subject=(32, 0.0),
            mutant=(8, 0.5),
            mutation="eight correlated channels",
            about="amendment",
        ),
        Evidence(
            kind="numeric",
            shows="the moments behind the formula agree with an integral over the angle",
            check=_moments_by_angle,
            subject=batch_noise,
            mutant=_scaled,
            mutation="a scale noise 2 % larger",
            about="amendment",
        ),
        Evidence(
            kind="numeric",
            shows="where the comparison turns",
            check=_crossing,
            subject=[4, 8, 0.21],
            mutant=[2, 8, 0.21],
            mutation="quieter in the scale from two channels on",
            about="amendment",
        ),
    ),
)
