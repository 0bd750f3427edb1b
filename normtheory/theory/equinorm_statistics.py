"""How far EquiNorm is from its ideal on average: one pass, stride, padding, batch noise.

Everything is an exact moment under a stated distribution, so that a slider can follow it and a
simulation can be held against it.
"""

from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from normtheory.theory import arguments as require
from normtheory.theory.convolution import retained_share
from normtheory.theory.precision import TOLERANCE

WEIGHT_LAWS = ("normal", "uniform", "Laplace")
ROOT_TWO_PI = float(np.sqrt(2 * np.pi))


def positive_covariance(law, offset):
    """E[(w - m) 1(w > 0)] in standard deviations, for weights of mean m = offset x sd.

    Half the mean absolute deviation at offset 0, falling to 0 as all weights get one sign.

    >>> round(positive_covariance("normal", 0.0) * ROOT_TWO_PI, 12)
    1.0
    """
    require.choice("law", law, WEIGHT_LAWS)
    t = abs(float(offset))
    if law == "normal":
        return float(np.exp(-t * t / 2) / ROOT_TWO_PI)
    if law == "uniform":
        return max(0.0, 3 - t * t) / (4 * 3**0.5)
    return float((1 + np.sqrt(2) * t) * np.exp(-np.sqrt(2) * t) / (2 * np.sqrt(2)))


def one_pass_ratio(fan_in: int, law: str = "normal", offset: float = 0.0) -> float:
    """E[one-pass denominator] / E[two-pass denominator] for iid weights.

    It is at most 1: one pass overstates the scale, by about the inverse of this ratio. For normal
    weights over equal channel sums it is sqrt(1 - 1/n) exp(-offset^2 / 2), so that it tends to 1
    with the fan-in only if the weights are centred.

    Parameters
    ----------
    fan_in : int
        n, the number of weights of an output channel, at least 2; inputs of equal sums.
    law : str
        One of `WEIGHT_LAWS`.
    offset : float
        Mean of the weights in standard deviations.

    Examples
    --------
    >>> round(one_pass_ratio(9) / (8 / 9) ** 0.5, 9)
    1.0
    >>> round(one_pass_ratio(10**6, offset=1.0), 4)
    0.6065
    """
    n = require.integer("fan_in", fan_in, minimum=2)
    offset = require.between("offset", offset, -100, 100, closed=True)
    # w_i - mean(w) has covariance 1 - 1/n with w_i, whatever the law
    one_pass = (1 - 1 / n) * positive_covariance(law, offset)
    return one_pass / (mean_deviation(n, law) / 2)


@cache
def mean_deviation(fan_in, law="normal"):
    """E|w_1 - mean(w)| for n iid weights of unit variance, from the characteristic function:
    E|Y| = (2 / pi) int_0^inf (1 - phi_Y(t)) / t^2 dt.

    >>> round(mean_deviation(2, "uniform") * 3**0.5, 9)
    1.0
    """
    n = require.integer("fan_in", fan_in, minimum=2)
    require.choice("law", law, WEIGHT_LAWS)
    t, weights = _panels()
    with np.errstate(under="ignore"):
        phi = _CHARACTERISTIC[law](t * (1 - 1 / n)) * _power(_CHARACTERISTIC[law](t / n), n - 1)
    # past the last panel phi is gone and 1 / t^2 integrates in closed form
    return float(2 / np.pi * (weights @ ((1 - phi) / t**2) + 1 / _LAST))


_LAST = 4000.0
_CHARACTERISTIC = {
    "normal": lambda t: np.exp(-t * t / 2),
    "uniform": lambda t: np.sinc(np.sqrt(3) * t / np.pi),
    "Laplace": lambda t: 1 / (1 + t * t / 2),
}


@cache
def _panels():
    nodes, weights = np.polynomial.legendre.leggauss(16)
    edges = np.concatenate([np.linspace(0, 40, 41), np.linspace(40, _LAST, 2000)[1:]])
    half = np.diff(edges) / 2
    t = (edges[:-1] + half)[:, None] + half[:, None] * nodes
    return t.ravel(), (half[:, None] * weights).ravel()


def _power(phi, exponent):
    # log1p keeps (1 - tiny)^n for fan-ins of any size; signs come from the uniform law's sinc
    with np.errstate(divide="ignore"):
        magnitude = np.exp(exponent * np.log1p(np.abs(phi) - 1))
    return magnitude * np.sign(phi) ** (exponent % 2 + 2)


def strided_imbalance(size: int, stride: int, smoothness: float) -> float:
    """Root mean square of the strided output's mean over that of the output itself.

    Zero without a stride. Random 3 x 3 normal kernels after the shift, on noise blurred by a
    Gaussian of standard deviation `smoothness` pixels, on a size x size torus. The mean of every
    `stride`-th output collects the Fourier components that alias to zero.

    Parameters
    ----------
    size : int
        Height and width of the input, at least 3.
    stride : int, from 1 to `size`
    smoothness : float
        Blur in pixels, from 0 (white noise).

    Examples
    --------
    >>> round(strided_imbalance(32, 1, 0.0), 12), round(strided_imbalance(32, 2, 0.0), 4)
    (0.0, 0.0551)
    """
    size = require.integer("size", size, minimum=3)
    stride = require.integer("stride", stride, minimum=1)
    require.between("stride", stride, 1, size, closed=True)
    smoothness = require.between("smoothness", smoothness, 0, size, closed=True)
    frequency = np.fft.fftfreq(size)  # cycles per pixel
    box = (1 + 2 * np.cos(2 * np.pi * frequency)) / 3
    blur = np.exp(-((2 * np.pi * frequency * smoothness) ** 2))
    sampled = np.exp(2j * np.pi * np.outer(frequency, np.arange(0, size, stride))).mean(axis=1)
    power = (1 - np.outer(box, box) ** 2) * np.outer(blur, blur)
    # what ought to cancel leaves a rounding error: a wave is passed, or it is not
    passed = np.outer(np.abs(sampled), np.abs(sampled)) ** 2
    passed[passed < TOLERANCE["float64"] ** 2] = 0
    return float(np.sqrt((power * passed).sum() / power.sum()))


def stride_magnitude(size, stride):
    """How much the factor stride^2 in r overstates a flat image's total: (ceil(size / stride)
    stride / size)^2, which is 1 only if the stride divides the size.

    >>> stride_magnitude(8, 2), round(stride_magnitude(7, 2), 3)
    (1.0, 1.306)
    """
    size = require.integer("size", size, minimum=1)
    stride = require.integer("stride", stride, minimum=1)
    return (-(-size // stride) * stride / size) ** 2


def padded_imbalance(size: int, kernel_size: int = 3, padding: str = "zero") -> float:
    """Mean output of a flat image, root mean square over random normal kernels after the shift,
    in units of the mean magnitude r / n that each sign is to contribute.

    Zero for the paddings that let every weight meet every input of a flat image.

    >>> padded_imbalance(4, padding="cyclic"), round(padded_imbalance(4), 3)
    (0.0, 0.124)
    """
    kept = retained_share(size, kernel_size, padding)
    n = kept.size
    if n == 1:
        return 0.0
    spread = np.sqrt(((kept - kept.mean()) ** 2).sum())
    return float(spread / (n * mean_deviation(n) / 2))


class BatchNoise(NamedTuple):
    """Variance, times the batch size, that the batch statistics add to a standardized output."""

    equilibrium_shift: float
    equilibrium_scale: float
    batchnorm_shift: float
    batchnorm_scale: float

    @property
    def ratio(self):
        """EquiNorm's noise over BatchNorm's, shift and scale together."""
        own = self.equilibrium_shift + self.equilibrium_scale
        return own / (self.batchnorm_shift + self.batchnorm_scale)

    @property
    def scale_ratio(self):
        """EquiNorm's noise over BatchNorm's in the scale alone."""
        return self.equilibrium_scale / self.batchnorm_scale


@np.errstate(under="ignore")
def batch_noise(channels: int, correlation: float = 0.0) -> BatchNoise:
    """First-order noise of EquiNorm's and BatchNorm's statistics for one output unit.

    The unit sees `channels` rectified standard normals, any two of correlation `correlation`
    before the rectifier, through weights +1 and -1 in equal numbers: y. With X the sum of the
    inputs, EquiNorm's scale has relative variance Var(X) / E[X]^2 / batch and its shift, which
    moves an example in proportion to its own X, E[X^2] / E[X]^2 / batch; BatchNorm's shift has
    1 / batch and its scale (kappa - 1) / 4 / batch with the kurtosis of y.

    Parameters
    ----------
    channels : int, even, at least 2
    correlation : float
        In [0, 1).

    Examples
    --------
    >>> batch_noise(2).ratio > 1 > batch_noise(64).ratio
    True
    """
    channels = require.integer("channels", channels, minimum=2)
    if channels % 2:
        raise ValueError(f"channels must be even, got {channels}")
    correlation = require.between("correlation", correlation, 0, 1, closed="low")
    mean, variance, fourth = _rectified_given_common(correlation)
    # law of total variance over the common factor; y is symmetric given it
    common = _average(mean**2) - _average(mean) ** 2
    relative = (common + _average(variance) / channels) / _average(mean) ** 2
    kurtosis = (3 * _average(variance**2) + _average(fourth) / channels) / _average(variance) ** 2
    return BatchNoise(1 + relative, relative, 1.0, float((kurtosis - 1) / 4))


@cache
def _hermite():
    # correlated units turn on within a narrow range of the common factor
    nodes, weights = np.polynomial.hermite_e.hermegauss(192)
    return nodes, weights / weights.sum()


def _average(values):
    return float(values @ _hermite()[1])


@lru_cache(maxsize=256)
def _rectified_given_common(correlation):
    """Mean, variance and fourth cumulant of one rectified channel given the common factor."""
    mu, s = np.sqrt(correlation) * _hermite()[0], np.sqrt(1 - correlation)
    raw = [ndtr(mu / s), None, None, None, None]
    raw[1] = mu * raw[0] + s * np.exp(-((mu / s) ** 2) / 2) / ROOT_TWO_PI
    for k in (2, 3, 4):
        raw[k] = mu * raw[k - 1] + (k - 1) * s * s * raw[k - 2]
    mean = raw[1]
    variance = raw[2] - mean**2
    central = raw[4] - 4 * mean * raw[3] + 6 * mean**2 * raw[2] - 3 * mean**4
    return mean, variance, central - 3 * variance**2
