r"""Self-normalizing networks: what one layer of a scaled ELU does to mean and variance.

A unit sees :math:`z = \sum_i w_i x_i`, whose inputs have mean :math:`\mu` and variance :math:`\nu`.
By the central limit theorem z is taken as normal with mean :math:`\mu\omega` and variance
:math:`\nu\tau`, where :math:`\omega = \sum w_i` and :math:`\tau = \sum w_i^2`. The activation is
:math:`\lambda z` for z > 0 and :math:`\lambda\alpha(e^z - 1)` otherwise.

Letters: `mean`, `variance` are :math:`\mu, \nu`; `omega`, `tau` as above; `alpha`, `lam` are
:math:`\alpha, \lambda`.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from normtheory.theory import arguments as require
from normtheory.theory.arguments import Array, Numbers

ALPHA = 1.6732632423543772
LAMBDA = 1.0507009873554805

_SQRT_2PI = np.sqrt(2 * np.pi)
# Below this standard deviation of z the closed forms subtract numbers that agree to s^2, so the
# same integrals are taken by quadrature, split at the kink, where nothing cancels.
NARROW = 0.05
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)


def scaled_elu(x: ArrayLike, alpha: ArrayLike = ALPHA, lam: ArrayLike = LAMBDA) -> Array:
    """The activation: `lam` x for x > 0, `lam` `alpha` (exp(x) - 1) otherwise.

    Parameters
    ----------
    x, alpha, lam : array_like of float
        They broadcast.

    Examples
    --------
    >>> scaled_elu([1.0, 0.0]).round(4).tolist()
    [1.0507, 0.0]
    """
    x = require.finite("x", x).astype(float)
    alpha, lam = require.moderate("alpha", alpha), require.moderate("lam", lam)
    return lam * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def moment_map(
    mean: ArrayLike,
    variance: ArrayLike,
    *,
    alpha: ArrayLike = ALPHA,
    lam: ArrayLike = LAMBDA,
    omega: ArrayLike = 0.0,
    tau: ArrayLike = 1.0,
) -> tuple[Numbers, Numbers]:
    """Mean and variance after one layer, in closed form (Klambauer et al. 2017, Eq. 4-5).

    Parameters
    ----------
    mean : array_like of float
        Of the inputs. All arguments broadcast.
    variance : array_like of float
        Of the inputs, positive.
    alpha, lam, omega : array_like of float
        Constants of the activation, sum of a unit's weights.
    tau : array_like of float
        Squared norm of a unit's weights, positive.

    Examples
    --------
    >>> mean, variance = moment_map(0.0, 1.0)
    >>> bool(abs(mean) < 1e-15), round(float(variance), 12)
    (True, 1.0)
    """
    return layer_moments(*preactivation(mean, variance, alpha, lam, omega, tau))


def moment_jacobian(
    mean: ArrayLike,
    variance: ArrayLike,
    *,
    alpha: ArrayLike = ALPHA,
    lam: ArrayLike = LAMBDA,
    omega: ArrayLike = 0.0,
    tau: ArrayLike = 1.0,
) -> Array:
    """Derivative of `moment_map` with respect to (mean, variance), (..., 2, 2): row 0 is the new
    mean, row 1 the new variance.

    >>> moment_jacobian(0.0, 1.0).round(4).tolist()
    [[0.0, 0.0888], [0.0, 0.7826]]
    """
    m, v, alpha, lam = preactivation(mean, variance, alpha, lam, omega, tau)
    omega, tau = np.broadcast_arrays(omega, tau, m)[:2]
    s = np.sqrt(v)
    below, once, twice, density = exponential_moments(m, v)
    above = special.ndtr(m / s)
    positive = m * above + s * density
    new_mean = lam * (positive + alpha * (once - below))
    slope = lam * (above + alpha * once)
    # d/dv E f = E f'' / 2, and f' jumps by lam (1 - alpha) at the kink
    curvature = lam * (alpha * once + (1 - alpha) * density / s)
    mean_m, mean_v = slope, curvature / 2
    square_m = 2 * lam**2 * (positive + alpha**2 * (twice - once))
    square_v = lam**2 * (above + alpha**2 * (2 * twice - once))
    rows = [
        [omega * mean_m, tau * mean_v],
        [omega * (square_m - 2 * new_mean * mean_m), tau * (square_v - 2 * new_mean * mean_v)],
    ]
    return np.stack([np.stack(np.broadcast_arrays(*r), axis=-1) for r in rows], axis=-2)


def spectral_radius(jacobian: ArrayLike) -> Numbers:
    """Largest modulus of the eigenvalues of square matrices.

    Parameters
    ----------
    jacobian : array_like of shape (..., k, k)

    Examples
    --------
    >>> round(float(spectral_radius(moment_jacobian(0.0, 1.0))), 4)
    0.7826
    """
    jacobian = require.finite("jacobian", jacobian)
    if jacobian.ndim < 2 or jacobian.shape[-1] != jacobian.shape[-2]:
        raise ValueError(f"jacobian must be square, got shape {jacobian.shape}")
    return np.abs(np.linalg.eigvals(jacobian)).max(axis=-1)


def iterate_moments(
    mean: ArrayLike,
    variance: ArrayLike,
    steps: int,
    *,
    alpha: float = ALPHA,
    lam: float = LAMBDA,
    omega: float = 0.0,
    tau: float = 1.0,
) -> tuple[Array, Array]:
    """Moments before the first layer and after each of `steps` layers, (steps + 1, ...) each.

    Parameters
    ----------
    mean : array_like of float
    variance : array_like of float, at least 0
    steps : int, at least 0
    alpha, lam, omega, tau
        As in `moment_map`.

    Examples
    --------
    >>> mean, variance = iterate_moments(3.0, 9.0, 60)
    >>> round(float(variance[-1]), 4)
    1.0
    """
    mean, variance = (
        require.moderate("mean", mean),
        require.moderate("variance", require.finite("variance", variance, at_least=0)),
    )
    means, variances = [mean.astype(float)], [variance.astype(float)]
    for _ in range(require.integer("steps", steps, minimum=0)):
        # a collapsed layer has a variance of rounding errors, or none: below this it is the same
        old = mean, np.maximum(variance, 1e-30)
        new = moment_map(*old, alpha=alpha, lam=lam, omega=omega, tau=tau)
        # a fixed point stays where it is, though it may repel what rounding makes of it
        moved = np.maximum(abs(new[0] - old[0]) / np.sqrt(old[1]), abs(new[1] / old[1] - 1))
        mean, variance = np.where(moved < 1e-12, np.broadcast_arrays(*old), new)
        means.append(mean)
        variances.append(variance)
    return np.stack(np.broadcast_arrays(*means)), np.stack(np.broadcast_arrays(*variances))


def preactivation(mean, variance, alpha, lam, omega, tau):
    """Mean and variance of z, with alpha and lam, after checking: all of one shape."""
    mean, variance, alpha, lam, omega, tau = require.broadcast(
        mean=require.moderate("mean", mean),
        variance=require.moderate("variance", variance, positive=True),
        alpha=require.moderate("alpha", alpha),
        lam=require.moderate("lam", lam),
        omega=require.moderate("omega", omega),
        tau=require.moderate("tau", tau, positive=True),
    )
    return mean * omega, variance * tau, alpha, lam


def layer_moments(m, v, alpha, lam):
    """`moment_map` of what `preactivation` has checked."""
    mean, variance = _moments(m, v, alpha)
    return lam * mean, lam**2 * variance


def exponential_moments(m, v):
    """P(z<0), E[e^z; z<0], E[e^2z; z<0] and the density of z/s at 0, for z ~ N(m, v)."""
    s = np.sqrt(v)
    density = np.exp(-(m**2) / (2 * v)) / _SQRT_2PI
    return special.ndtr(-m / s), _tilted(m, v, 1), _tilted(m, v, 2), density


def _tilted(m, v, k):
    # E[e^(kz); z<0] = e^(km + k^2 v/2) Phi(-x), where for x > 0 the two factors overflow and
    # underflow against each other; erfcx carries the product
    x = (m + k * v) / np.sqrt(v)
    right = special.erfcx(np.maximum(x, 0) / np.sqrt(2)) / 2 * np.exp(-(m**2) / (2 * v))
    left = np.exp(np.where(x > 0, 0, k * m + k**2 * v / 2)) * special.ndtr(-x)
    return np.where(x > 0, right, left)


def _moments(m, v, alpha):
    """Mean and variance of the activation for lam = 1: in closed form, by quadrature where z is
    narrow.

    Each closed form is free of cancellation on its own side: far right the activation is linear in
    z, far left it is a small exponential above its floor -alpha.
    """
    s = np.sqrt(v)
    below, once, twice, density = exponential_moments(m, v)
    above = special.ndtr(m / s)
    p1 = m * above + s * density
    p2 = (m**2 + v) * above + m * s * density
    mean = p1 + alpha * (once - below)
    # left: f = h - alpha with h = alpha e^z below 0 and z + alpha above
    h1 = p1 + alpha * above + alpha * once
    h2 = p2 + 2 * alpha * p1 + alpha**2 * (above + twice)
    # right: f = z + g with g = alpha (e^z - 1) - z below 0; Cov(z, g) = v E g' (Stein)
    l1, l2 = m * below - s * density, (m**2 + v) * below - m * s * density
    cross = (m + v) * once - s * density
    g1 = alpha * (once - below) - l1
    g2 = alpha**2 * (twice - 2 * once + below) - 2 * alpha * (cross - l1) + l2
    right = v + 2 * v * (alpha * once - below) + g2 - g1**2
    mean, variance = np.array(mean), np.where(m < 0, h2 - h1**2, right)
    narrow = s < NARROW
    if narrow.any():
        z, weight = nodes(m[narrow], s[narrow])
        values = scaled_elu(z, alpha[narrow][:, None], 1.0)
        mean[narrow] = centre = (weight * values).sum(-1)
        variance[narrow] = (weight * (values - centre[:, None]) ** 2).sum(-1)
    return mean, variance


def nodes(m, s):
    """Points of z and their normal weights, Gauss-Legendre on both sides of the kink."""
    cut = np.clip(-m / s, -9.0, 9.0)[..., None]
    half = np.concatenate([(cut + 9) / 2 * _WEIGHTS, (9 - cut) / 2 * _WEIGHTS], axis=-1)
    t = np.concatenate(
        [(cut + 9) / 2 * (_NODES + 1) - 9, 9 - (9 - cut) / 2 * (1 - _NODES)], axis=-1
    )
    return m[..., None] + s[..., None] * t, half * np.exp(-(t**2) / 2) / _SQRT_2PI
