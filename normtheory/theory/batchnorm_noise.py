"""How much a batch's mean and variance move the output (rho - mu_s) / sigma_s and the gradients.

For normal activations mu_s and sigma_s are independent and everything has a closed form. `z` is
the input's activation in standard deviations from the mean; the input is not in the batch.
Sources: Littwin & Wolf (2018), Sec. 2.3; Salimans & Kingma (2016) for the gradients and for
mean-only batchnorm.
"""

import numpy as np
from numpy.typing import ArrayLike

from normtheory.theory import arguments as require
from normtheory.theory.arguments import Array, Numbers
from normtheory.theory.precision import gamma_ratio_excess


def inverse_deviation_variance(n: int) -> float:
    """Var(sigma / sigma_s) of the normal distribution.

    Parameters
    ----------
    n : int
        Batch size, at least 4 (infinite below).

    Examples
    --------
    >>> round(float(inverse_deviation_variance(20)), 6)
    0.032375
    """
    n = require.integer("n", n, minimum=4)
    # (n-1)/(n-3) - (n-1)/(2 r) with r = (Gamma((n-1)/2) / Gamma((n-2)/2))^2, close to (n-3)/2
    excess = gamma_ratio_excess(np.array((n - 2) / 2))
    return (n - 1) * (excess + 0.5) / ((n - 3) * ((n - 2) / 2 + excess))


def output_variance(n: int, z: ArrayLike) -> Numbers:
    """Variance over batches of batchnorm's output at one input, normal distribution.

    Parameters
    ----------
    n : int
        Batch size, at least 4.
    z : float or array

    Examples
    --------
    >>> round(float(output_variance(20, 0.0)), 6)  # at the mean only the mean matters
    0.055882
    """
    n, z = require.integer("n", n, minimum=4), require.finite("z", z)
    return (z**2 * inverse_deviation_variance(n) + (n - 1) / (n - 3) / n)[()]


def mean_only_noise(batch: ArrayLike) -> Numbers:
    r"""Mean square error of a mean-only BN gradient against that of an infinite batch, 1/b, for
    incoming gradients of variance 1.

    Parameters
    ----------
    batch : int or array_like of int, at least 2

    Examples
    --------
    >>> float(mean_only_noise(4))
    0.25
    """
    return 1.0 / require.integers("batch", batch, minimum=2)


def full_noise(batch: ArrayLike) -> Numbers:
    r"""The same for full batch normalization of normal activations of variance 1.

    With s the batch standard deviation the gradient is :math:`s^{-1}` times the projection of the
    incoming gradients (independent of the activations) off 1 and the normalised activations:
    :math:`\frac{b-2}{b-3} - 2\frac{b-2}{b}E[s^{-1}] + 1`, that is 2.5/b for large b. It is
    infinite at b = 3, and 1 at b = 2, where BN passes no gradient at all. `batch` as in
    `mean_only_noise`.

    >>> full_noise([2, 3]).tolist(), round(float(full_noise(1000.0) * 1000), 2)
    ([1.0, inf], 2.5)
    """
    b = require.integers("batch", batch, minimum=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        # E 1/s for s^2 chi-squared of b - 1 degrees over b, and 1 less it, from (E 1/s)^2
        excess = gamma_ratio_excess((b - 2) / 2)
        squared = (b - 2) / 2 + excess
        inverse = np.sqrt(b / 2 / squared)
        noise = 1 / (b - 3) + 2 * (excess - 1) / squared / (1 + inverse) + 4 * inverse / b
    return np.where(b <= 2, 1.0, np.where(b <= 3, np.inf, noise))


def batch_norm_gradient(x: ArrayLike, delta: ArrayLike, *, mean_only: bool = False) -> Array:
    """Gradient that batch normalization of `x` passes back, for incoming gradients `delta`.

    A batch that does not vary, but for rounding, is refused unless `mean_only`.

    Parameters
    ----------
    x, delta : array_like, shape (..., batch)
        They broadcast.
    mean_only : bool
        Subtract the batch mean only.

    Examples
    --------
    >>> batch_norm_gradient([0.0, 1.0], [3.0, 1.0]).tolist()
    [0.0, 0.0]
    >>> batch_norm_gradient([0.0, 1.0], [3.0, 1.0], mean_only=True).tolist()
    [1.0, -1.0]
    """
    x, delta = require.broadcast(
        x=np.atleast_1d(require.finite("x", x).astype(float)),
        delta=np.atleast_1d(require.finite("delta", delta).astype(float)),
    )
    centred = delta - delta.mean(axis=-1, keepdims=True)
    if require.flag("mean_only", mean_only):
        return centred
    mean = x.mean(axis=-1, keepdims=True)
    spread = x.std(axis=-1, keepdims=True)
    if not (spread > 4 * np.finfo(float).eps * np.abs(mean)).all():
        raise ValueError("x must vary over the batch, got constant values")
    x = (x - mean) / spread
    return (centred - x * (x * delta).mean(axis=-1, keepdims=True)) / spread
