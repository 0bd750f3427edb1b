r"""Self-normalizing networks of finite width with random weights, and their mean-field
distribution.

With independent weights of mean 0 and variance 1/n the weight sum of a unit is not 0: it varies
from unit to unit with variance 1. Over the units of a layer the pre-activations are then normal
with mean 0 and variance :math:`\mu^2 + \nu`, not :math:`\nu`.
"""

import numpy as np
from numpy.typing import ArrayLike

from normtheory.theory import arguments as require
from normtheory.theory.arguments import Array, Numbers
from normtheory.theory.selu import (
    ALPHA,
    LAMBDA,
    layer_moments,
    moment_jacobian,
    moment_map,
    nodes,
    preactivation,
    scaled_elu,
)


def random_layer_map(
    mean: ArrayLike, variance: ArrayLike, *, alpha: ArrayLike = ALPHA, lam: ArrayLike = LAMBDA
) -> tuple[Numbers, Numbers]:
    r"""Mean and variance over the units of a wide layer with weights N(0, 1/n).

    Parameters
    ----------
    mean : array_like
    variance : array_like
        At least 0, and positive where the mean is 0.
    alpha, lam
        As in `moment_map`.

    Examples
    --------
    >>> mean, variance = random_layer_map(0.0, 1.0)
    >>> round(float(variance), 12)
    1.0
    """
    mean = require.moderate("mean", mean)
    second = mean**2 + require.finite("variance", variance, at_least=0)
    return moment_map(0.0, second, alpha=alpha, lam=lam)


def random_layers(
    mean: ArrayLike, variance: ArrayLike, steps: int, *, alpha: ArrayLike, lam: ArrayLike
) -> Array:
    """Variances before the first of `steps` layers of `random_layer_map` and after each.

    Parameters
    ----------
    mean, variance, alpha, lam : array_like
        The variance positive; all broadcast.
    steps : int
        At least 0.

    Returns
    -------
    ndarray
        Of shape (steps + 1, ...); NaN from where a variance has grown by more than 1e8.

    Examples
    --------
    >>> random_layers(0.0, [1.0, 1.5], 3, alpha=ALPHA, lam=LAMBDA).round(2)[:, 1].tolist()
    [1.5, 1.37, 1.28, 1.21]
    """
    start, most = require.moderate("variance", variance, positive=True), 1e8
    steps = require.integer("steps", steps, minimum=0)
    mean, v, alpha, lam = preactivation(mean, start, alpha, lam, 1.0, 1.0)
    zero, found = np.zeros_like(v), [v]
    for _ in range(steps):
        mean, v = layer_moments(zero, mean**2 + v, alpha, lam)
        found.append(v)
        v = np.where(v > most * start, np.nan, v)
    return np.stack(found)


def layer_spread(
    variance: float,
    depth: ArrayLike,
    width: int,
    *,
    alpha: float = ALPHA,
    lam: float = LAMBDA,
    centred: bool = False,
) -> Numbers:
    r"""Relative standard deviation, over networks, of one input's second moment after `depth`
    layers, to first order in 1/width, at a fixed point.

    Each layer adds :math:`\mathrm{Var}(f(z)^2)/n` and multiplies what came before by the squared
    slope of the second moment's map.

    Parameters
    ----------
    variance : float
        Of the pre-activations, which is the fixed second moment; positive.
    depth : array_like of int, at least 1
    width : int, at least 1
    alpha, lam : float, positive
    centred : bool
        Of the variance over the units instead, which differs where their mean is not 0.

    Examples
    --------
    >>> round(float(layer_spread(1.0, 20, 100)), 2)
    0.2
    """
    variance = require.positive("variance", variance)
    depth = require.integers("depth", depth, minimum=1)
    width = require.integer("width", width, minimum=1)
    alpha, lam = require.positive("alpha", alpha), require.positive("lam", lam)
    require.flag("centred", centred)
    z, weight = nodes(np.zeros(()), np.sqrt(np.asarray(variance)))
    f = scaled_elu(z, alpha, lam)
    mean, square = (weight * f).sum(), (weight * f**2).sum()

    def added(values):
        return (weight * (values - (weight * values).sum()) ** 2).sum() / width

    (_, shift), (_, slope) = moment_jacobian(0.0, variance, alpha=alpha, lam=lam)
    kept = (slope + 2 * mean * shift) ** 2  # of the second moment's square, by each layer
    before = added(f**2) * (1 - kept ** (depth - 1)) / (1 - kept)
    if centred:
        return np.sqrt(added((f - mean) ** 2) + slope**2 * before) / (square - mean**2)
    return np.sqrt(added(f**2) + kept * before) / square


def propagate_moments(
    mean: float,
    variance: float,
    *,
    depth: int,
    width: int,
    rng: np.random.Generator,
    alpha: float = ALPHA,
    lam: float = LAMBDA,
    samples: int = 64,
    centred: bool = False,
) -> tuple[Array, Array]:
    """Mean and variance, over units and inputs, after each layer of one random network: (depth,)
    each.

    Parameters
    ----------
    mean : float
    variance : float
        Moments of the normal inputs of dimension `width`; a positive variance.
    depth, width : int
        At least 1, and 2.
    alpha, lam : float
        Constants of the activation.
    samples : int
        Inputs sent through the network, at least 1.
    centred : bool
        Subtract from each unit's weights their mean, so that the weight sum is 0.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> mean, variance = propagate_moments(0.0, 1.0, depth=3, width=50, rng=rng)
    >>> mean.shape
    (3,)
    """
    depth = require.integer("depth", depth, minimum=1)
    width = require.integer("width", width, minimum=2)
    samples = require.integer("samples", samples, minimum=1)
    mean, variance = require.number("mean", mean), require.positive("variance", variance)
    alpha, lam = require.number("alpha", alpha), require.number("lam", lam)
    require.flag("centred", centred)
    h = mean + np.sqrt(variance) * require.rng(rng).standard_normal((samples, width))
    found = []
    for _ in range(depth):
        weights = rng.standard_normal((width, width)) / np.sqrt(width)  # (in, out)
        if centred:
            weights -= weights.mean(axis=0)
            weights *= np.sqrt(width / (width - 1))
        h = scaled_elu(h @ weights, alpha, lam)
        found.append((h.mean(), h.var()))
    return tuple(np.array(found).T)
