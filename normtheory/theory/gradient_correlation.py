r"""How alike the gradients at two inputs are, in wide random rectifier networks at initialisation.

A pair of inputs whose pre-activations have correlation :math:`\rho` in a layer is co-active in a
share :math:`P = (\pi - \arccos\rho)/2\pi` of its units. Passing back through the layer multiplies
the correlation of the gradients by :math:`\kappa_0(\rho) = 2P`; passing forward takes the
correlation to :math:`\kappa_1(\rho)` (the arc-cosine kernels of order 0 and 1). Everything else is
a product of these.

Networks, all with He weights of variance 2/n:

- ``plain``: :math:`h \to W\,\mathrm{relu}(h)`;
- ``plain+BN``: the same with the mean and the variance over a large batch removed from h;
- ``residual``: :math:`h \to h + \beta W\,\mathrm{relu}(h)`;
- ``residual+BN``: :math:`h \to h + \beta W\,\mathrm{relu}(\mathrm{BN}(h))`.

With BN the batch is taken as large and its typical pair as uncorrelated, so that the mean removed
is :math:`\kappa_1(0) = 1/\pi` of the mean square. `depth` counts rectifier layers.
"""

import numpy as np
from numpy.typing import ArrayLike

from normtheory.theory import arguments as require
from normtheory.theory.arguments import Array, Numbers

NETWORKS = ("plain", "plain+BN", "residual", "residual+BN")
BATCH_MEAN = 1 / np.pi


def coactivation(rho: ArrayLike) -> Array:
    r"""Share of units active for both of two inputs with pre-activation correlation `rho`.

    >>> coactivation([0.0, 1.0]).tolist()
    [0.25, 0.5]
    """
    return arc_cosine(rho, 0) / 2


def arc_cosine(rho: ArrayLike, order: int) -> Array:
    r"""The normalised arc-cosine kernel :math:`\kappa_0` or :math:`\kappa_1` (Cho & Saul 2009).

    :math:`\kappa_0 = (\pi - \arccos\rho)/\pi` and
    :math:`\kappa_1 = (\sqrt{1-\rho^2} + (\pi - \arccos\rho)\rho)/\pi`.

    Parameters
    ----------
    rho : array_like of float
        In [-1, 1].
    order : int
        0 or 1.

    Examples
    --------
    >>> arc_cosine([0.0, 1.0], 1).round(4).tolist(), arc_cosine([0.0, 1.0], 0).tolist()
    ([0.3183, 1.0], [0.5, 1.0])
    """
    rho = _correlation(rho)
    require.choice("order", order, (0, 1))
    return _kernels(rho)[order]


def correlation_by_depth(
    rho: ArrayLike,
    depth: int,
    *,
    network: str = "plain",
    beta: float = 1.0,
    bias_variance: float = 0.0,
) -> tuple[Array, Array]:
    r"""Correlations of pre-activations and of gradients, layer by layer, in the limit of width.

    Parameters
    ----------
    rho : array_like of float
        Correlation of the two inputs, in [-1, 1].
    depth : int
        Rectifier layers.
    network : str
        One of `NETWORKS`.
    beta : float
        Scale of the residual branch, positive; unused without one.
    bias_variance : float
        Variance of the biases of a plain network, at least 0, for inputs of mean square 1.

    Returns
    -------
    forward : ndarray, shape (depth, ...)
        Correlation of what enters the rectifier of layer 1, ..., depth.
    gradient : ndarray, shape (depth + 1, ...)
        Correlation of the gradients with respect to the input of a network of depth 0, ..., depth.

    Examples
    --------
    >>> correlation_by_depth(0.0, 3)[1].round(4).tolist()
    [1.0, 0.5, 0.3016, 0.2003]
    >>> correlation_by_depth(0.0, 3, network="plain+BN")[1].tolist()
    [1.0, 0.5, 0.25, 0.125]
    """
    rho = _correlation(rho)
    depth = require.integer("depth", depth, minimum=1)
    require.choice("network", network, NETWORKS)
    beta = require.positive("beta", beta)
    bias_variance = require.between("bias_variance", bias_variance, 0, np.inf, closed=True)
    forward, gradient = [rho], [np.ones_like(rho)]
    size = 1.0  # mean square (with BN: variance) of the pre-activations
    for _ in range(depth):
        now = forward[-1]
        active, new = _kernels(now)
        if network == "plain":
            share, factor = size / (size + bias_variance), active
            new = share * new + 1 - share
            size += bias_variance
        elif network == "plain+BN":
            factor = active
            new = (new - BATCH_MEAN) / (1 - BATCH_MEAN)
        else:
            removed = BATCH_MEAN if network == "residual+BN" else 0.0
            branch = beta**2 / (size if removed else 1.0)
            factor = (1 + branch * active) / (1 + branch)
            new = (now + branch * (new - removed)) / (1 + branch * (1 - removed))
            size += beta**2 * (1 - removed)
        forward.append(np.minimum(np.maximum(new, -1), 1))
        gradient.append(gradient[-1] * factor)
    return np.stack(forward[:-1]), np.stack(gradient)


def plain_scaling(angle: ArrayLike, depth: ArrayLike) -> Numbers:
    r"""Limit :math:`(1 + \theta L/3\pi)^{-3}` of the gradients' correlation in a deep
    plain network, for inputs at a small angle :math:`\theta`.

    A layer takes a small angle to :math:`\theta - \theta^2/3\pi` and multiplies by
    :math:`1 - \theta/\pi`.

    Parameters
    ----------
    angle, depth : array_like
        At least 0; they broadcast.

    Examples
    --------
    >>> round(float(plain_scaling(0.1, 100)), 4)
    0.1142
    """
    angle = require.finite("angle", angle, at_least=0)
    return (1 + angle * require.finite("depth", depth, at_least=0) / (3 * np.pi)) ** -3.0


def circle_kernel(points: int, depth: int, *, network: str = "plain", beta: float = 1.0) -> Array:
    r"""Correlation of the derivative of the network's output between points of a circle of inputs.

    For inputs :math:`(\cos t, \sin t)` the output of a wide network is a stationary Gaussian
    process of kernel :math:`K(t)`, and its derivative in t has the kernel :math:`-K''(t)`, returned
    at the angles 2 pi j / points, divided by its value at 0. Both derivatives are carried through
    the layers by the chain rule.

    Parameters
    ----------
    points : int
        Equally spaced inputs on the circle, an even number >= 4.
    network : str
        "plain" or "residual". (With BN there is no formula in the limit of width: a unit's
        statistics over so small a set of inputs stay random, and the output is no Gaussian
        process.)

    Examples
    --------
    >>> circle_kernel(256, 24)[1].round(3).item()
    0.684
    """
    points = require.integer("points", points, minimum=4)
    if points % 2:
        raise ValueError(f"points must be even, got {points}")
    angle = 2 * np.pi * np.minimum(np.arange(points), points - np.arange(points)) / points
    return derivative_kernel(angle, depth, network=network, beta=beta)


def derivative_kernel(angle, depth, *, network="plain", beta=1.0):
    """`circle_kernel` at given angles in [0, pi], of which the first is 0.

    >>> derivative_kernel([0.0, 0.1], 1).round(4).tolist()
    [1.0, 0.9316]
    """
    angle = require.finite("angle", angle, ndim=1)
    depth = require.integer("depth", depth, minimum=1)
    require.choice("network", network, ("plain", "residual"))
    weight = require.positive("beta", beta) ** 2
    k, first, second = np.cos(angle), -np.sin(angle), -np.cos(angle)
    for _ in range(depth):
        sine = np.sqrt(np.maximum(1 - k**2, 1e-30))  # 0 at the ends, where `first` is 0 as well
        open_angle = np.pi - np.arccos(np.clip(k, -1, 1))
        new = (sine + open_angle * k) / np.pi
        new_first = open_angle / np.pi * first
        new_second = first**2 / (np.pi * sine) + open_angle / np.pi * second
        if network == "residual":
            new, new_first, new_second = (
                (old + weight * x) / (1 + weight)
                for old, x in ((k, new), (first, new_first), (second, new_second))
            )
        k, first, second = new, new_first, new_second
    return second / second[0]


def plain_peak_frequency(depth: int) -> float:
    r"""Frequency on the circle of the largest power of a deep plain network's gradients.

    For small angles the kernel is :math:`(1 - 2as)/(1 + as)^4`, :math:`a = L/3\pi`, the derivative
    of :math:`s/(1 + as)^3`: its integral, the power at frequency 0, vanishes. The power rises from
    there and falls as the inverse square beyond the frequency given here.

    >>> round(plain_peak_frequency(1000), 2)
    186.72
    """
    from scipy.integrate import quad
    from scipy.optimize import minimize_scalar

    depth = require.integer("depth", depth, minimum=1)

    def power(x):
        sine = quad(lambda s: s / (1 + s) ** 3, 0, np.inf, weight="sin", wvar=x)[0]
        return x * sine

    found = minimize_scalar(
        lambda x: -power(x), bounds=(0.5, 4.0), method="bounded", options={"xatol": 1e-9}
    )
    return float(found.x) * depth / (3 * np.pi)


def spectrum(kernel: ArrayLike) -> Array:
    """Power at the frequencies 1, ..., points/2 - 1 of a stationary kernel on a circle.

    >>> spectrum([1.0, 0.0, 0.0, 0.0, 0.0, 0.0]).tolist()
    [1.0, 1.0]
    """
    kernel = require.finite("kernel", kernel, ndim=1)
    return np.fft.rfft(kernel).real[1 : len(kernel) // 2]


def spectral_exponent(power: ArrayLike, band: tuple[int, int] = (3, 64)) -> float:
    """Slope of log power against log frequency over a band: 0 for white noise, -2 for Brownian.

    The odd frequencies are left out where they have less than half the power of the even ones: a
    layer has none above 1, and a branch of small scale hardly any.

    >>> round(float(spectral_exponent(np.arange(1, 128.0) ** -2)), 6)
    -2.0
    """
    power, band = require.finite("power", power, ndim=1), require.finite("band", band, ndim=1)
    if band.size != 2:
        raise ValueError(f"band must hold two frequencies, got {band.tolist()}")
    frequency = np.arange(1, len(power) + 1)
    keep = (frequency >= band[0]) & (frequency <= band[1]) & (power > 0)
    even = frequency % 2 == 0
    if power[keep & ~even].sum() < power[keep & even].sum() / 2:
        keep &= even
    if keep.sum() < 2:
        raise ValueError(f"band must hold at least two frequencies with power, got {band.tolist()}")
    return np.polyfit(np.log(frequency[keep]), np.log(power[keep]), 1)[0]


def _kernels(rho):
    open_angle = np.pi - np.arccos(rho)
    return open_angle / np.pi, (np.sqrt(1 - rho * rho) + open_angle * rho) / np.pi


def _correlation(rho):
    return require.all_between("rho", rho, -1, 1, closed=True)
