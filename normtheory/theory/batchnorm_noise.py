"""How much a batch's mean and variance move the output (rho - mu_s) / sigma_s of batchnorm.

For normal activations mu_s and sigma_s are independent and everything has a closed form. `z` is
the input's activation in standard deviations from the mean; the input is not in the batch.
Source: Littwin & Wolf (2018), Sec. 2.3.
"""

import numpy as np
from numpy.typing import ArrayLike

from normtheory.theory.arguments import Array, require_finite, require_integer
from normtheory.theory.precision import gamma_ratio_excess


def inverse_deviation_variance(n: int) -> float:
    """Var(sigma / sigma_s) of the normal distribution.

    Parameters
    ----------
    n : int
        Batch size, at least 4 (infinite below).

    Raises
    ------
    ValueError
        If n < 4.

    Examples
    --------
    >>> round(float(inverse_deviation_variance(20)), 6)
    0.032375
    """
    n = require_integer("n", n, minimum=4)
    # (n-1)/(n-3) - (n-1)/(2 r) with r = (Gamma((n-1)/2) / Gamma((n-2)/2))^2, close to (n-3)/2
    excess = gamma_ratio_excess(np.array((n - 2) / 2))
    return (n - 1) * (excess + 0.5) / ((n - 3) * ((n - 2) / 2 + excess))


def output_variance(n: int, z: ArrayLike) -> Array | float:
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
    n, z = require_integer("n", n, minimum=4), require_finite("z", z)
    return (z**2 * inverse_deviation_variance(n) + (n - 1) / (n - 3) / n)[()]
